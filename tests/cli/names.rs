//! Names of teams: those that a team had before.

use crate::run::AFTER_ALL;

#[test]
fn events_with_a_former_name_count_for_the_team_and_doubtful_names_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let objective =
        "objectives: [{ name: soon, measure: first_reply, within: 4h, min_tickets: 1 }]\n";
    let agreement =
        |team: &str, former: &str| format!("team: {team}\nwas_named: {former}\n{objective}");
    write("good.yaml", &agreement("Accounts", "[invoices, \" Bills \"]"));
    write(
        "events.ndjson",
        "{\"id\":1,\"type\":\"ticket.created\",\"time\":\"2026-11-02T09:00Z\",\"ticket\":1,\"team\":\"invoices\"}\n\
         {\"id\":2,\"type\":\"ticket.assigned\",\"time\":\"2026-11-02T10:00Z\",\"ticket\":1,\"team\":\"Accounts\"}\n\
         {\"id\":3,\"type\":\"ticket.agent_replied\",\"time\":\"2026-11-02T15:00Z\",\"ticket\":1,\"team\":\"Bills\"}\n\
         {\"id\":4,\"type\":\"ticket.created\",\"time\":\"2026-11-02T16:00Z\",\"ticket\":2,\"team\":\"invoices\"}\n",
    );
    write("same.yaml", &agreement("billing", "[billing, old, old, unclaimed]"));
    write("one.yaml", &agreement("one", "[two, three]"));
    write("two.yaml", &agreement("two", "[three]"));
    write("all.yaml", "organisation: All\nwas_named: [Some]\nobjectives: []\n");
    let vaste = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_vaste"));
        let output = command.args(arguments).current_dir(folder.path()).output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    let mut page = vaste(&["check", "good.yaml"]);
    page += &vaste(&["check", "same.yaml", "all.yaml"]);
    page += &vaste(&["check", "one.yaml", "two.yaml"]);
    page += &vaste(&["check-events", "--at", AFTER_ALL, "--problems-only", "events.ndjson"]);
    page += &vaste(&["explain", "--agreements", "good.yaml", "1", "events.ndjson"]);
    insta::assert_snapshot!("former_names", page);
    let replayed =
        vaste(&["replay", "--agreements", "good.yaml", "--format", "json", "events.ndjson"]);
    let verdict = replayed.lines().find(|line| line.contains("\"objective\":\"soon\"")).unwrap();
    assert!(verdict.contains("\"team\":\"Accounts\""), "{verdict}");
    assert!(verdict.contains("\"missed\":1"), "the answer came after six hours: {verdict}");
    assert!(!replayed.contains("\"team\":\"unclaimed\",\"measure\":\"first_reply\""), "{replayed}");
}
