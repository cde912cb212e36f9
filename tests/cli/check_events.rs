//! Every rejection of a record, as `vaste check-events` prints it. Its suggested fix must work.

use std::fmt::Write as _;

use vaste::event::{
    OptionalField, Outcome, RECORD_BYTES_MAX, Reason, Skip, TEXT_BYTES_MAX, decode,
};
use vaste::replay::Replay;

use crate::run::{AFTER_ALL, Folder, page};

const GOOD: &str = r#"{"id":"e-1","type":"ticket.created","time":"2026-11-21T09:14:03.120+02:00","ticket":"T-1042","team":"billing","channel":"email","priority":"normal","source":"desk"}"#;
const REPLY: &str = r#"{"id":"e-2","type":"ticket.agent_replied","time":"2026-11-21T09:14:03Z","ticket":"T-1","agent":"aino"}"#;
const REVIEW: &str = r#"{"id":"e-3","type":"ticket.reviewed","time":"2026-11-21T09:14:03Z","ticket":"T-1","by":"sara","score":4,"categories":{"tone":5},"note":"well done","bring_to_team":true}"#;
const MERGED: &str = r#"{"id":"e-4","type":"ticket.merged","time":"2026-11-21T09:14:03Z","ticket":"T-1","into":"T-2"}"#;
const TAKEN: &str = r#"{"id":"e-1","type":"ticket.took_over","time":"2026-11-21T09:14:03Z","ticket":"T-1","from":"T-2","waiting_since":"2026-11-21T08:00:00Z"}"#;
const CONCERN: &str = r#"{"id":"e-5","type":"team.concern_raised","time":"2026-11-21T09:14:03Z","team":"billing","concern":"c-1","by":"ville","text":"nobody calls back"}"#;
const DECIDED: &str = r#"{"id":"e-7","type":"team.decided","time":"2026-11-21T09:14:03Z","team":"billing","decision":"d-1","by":"ville","text":"chats first","owner":"team lead","due":"2026-12-01","ticket":"T-2"}"#;
const TALKED: &str = r#"{"id":"e-8","type":"team.ticket_discussed","time":"2026-11-21T09:14:03Z","team":"billing","ticket":"T-2","by":"ville"}"#;
const MADE: &str = r#"{"id":"e-6","type":"ticket.created","time":"2026-11-21T09:14:03Z","ticket":"T-1","by":"agent"}"#;

/// A valid record, a part of it, and the invalid text that replaces it: the record is rejected, or a field is
/// left out. The fix is the valid record.
fn faults() -> Vec<(&'static str, &'static str, String)> {
    let long = |bytes: usize| "x".repeat(bytes);
    let mut faults: Vec<(&str, &str, String)> = [
        (GOOD, r#""id":"e-1","#, ""),
        (GOOD, r#""e-1""#, "1.7"),
        (GOOD, r#""e-1""#, r#""""#),
        (GOOD, r#""e-1""#, r#""e\u0000""#),
        (GOOD, r#""e-1""#, "null"),
        (GOOD, r#""ticket.created","#, "[],"),
        (GOOD, r#""type":"ticket.created","#, ""),
        (GOOD, r#""2026-11-21T09:14:03.120+02:00""#, r#""2026-11-21 09:14""#),
        (GOOD, r#""2026-11-21T09:14:03.120+02:00""#, r#""2026-02-30T09:14:03Z""#),
        (GOOD, r#""2026-11-21T09:14:03.120+02:00""#, r#""1989-12-31T23:59:59Z""#),
        (GOOD, r#""2026-11-21T09:14:03.120+02:00""#, r#""2100-01-01T00:00:00Z""#),
        (GOOD, r#""2026-11-21T09:14:03.120+02:00""#, "1763709243"),
        (GOOD, r#""ticket":"T-1042","#, ""),
        (GOOD, r#""T-1042""#, r#""T 1042""#),
        (GOOD, r#""T-1042""#, r#""<script>alert(1)</script>""#),
        (GOOD, r#""T-1042""#, r#""\u202eT-1042""#),
        (GOOD, r#""T-1042""#, "1e400"),
        (GOOD, r#""billing""#, r#""unclaimed""#),
        (GOOD, r#""billing""#, r#""billing\u0007""#),
        (GOOD, r#""team":"billing""#, r#""team":"billing","team":"support""#),
        (GOOD, r#""billing""#, "{}"),
        (GOOD, r#""email""#, "true"),
        (GOOD, r#""email""#, r#""a\nb""#),
        (GOOD, r#""normal""#, r#""P1""#),
        (GOOD, r#""normal""#, "1.5"),
        (GOOD, r#""desk""#, r#""\u001b[31m""#),
        (GOOD, r#""id":"e-1","#, r#""id":"e-1","id":"e-1","#),
        (GOOD, r#""desk"}"#, r#""desk""#),
        (GOOD, r#""desk"}"#, r#""desk"}}"#),
        (GOOD, r#""desk"}"#, r#""\ud800"}"#),
        (GOOD, GOOD, "[1,2]"),
        (GOOD, GOOD, "null"),
        (GOOD, GOOD, "ticket T-1042 created"),
        (GOOD, "{", "\u{feff}{"),
        (GOOD, "{", "\u{0}\u{0}\u{0}\u{0}\u{7}{"),
        (REPLY, r#""aino""#, r#""Aino Aalto""#),
        (REVIEW, r#""score":4"#, r#""score":6"#),
        (REVIEW, r#""score":4"#, r#""score":"four""#),
        (REVIEW, r#""score":4"#, r#""score":4.0"#),
        (REVIEW, r#""sara""#, "[]"),
        (REVIEW, "true", r#""yes""#),
        (MERGED, r#""T-2""#, r#""T 2""#),
        (CONCERN, r#""team":"billing","#, ""),
        (CONCERN, r#""billing""#, r#""_unclaimed""#),
        (CONCERN, r#""concern":"c-1","#, ""),
        (CONCERN, r#""c-1""#, r#""c 1""#),
        (REVIEW, r#"{"tone":5}"#, r#"{"tone":6}"#),
        (REVIEW, r#"{"tone":5}"#, "5"),
        (MADE, r#""agent""#, r#""bot""#),
        (TAKEN, r#""T-2""#, r#""T 2""#),
        (TAKEN, r#""2026-11-21T08:00:00Z""#, r#""yesterday""#),
        (TAKEN, r#""2026-11-21T08:00:00Z""#, r#""1970-01-01T00:00:00Z""#),
        (TAKEN, r#""2026-11-21T08:00:00Z""#, "1763709243"),
        (TAKEN, r#""2026-11-21T08:00:00Z""#, r#""2026-11-21T09:14:04Z""#),
    ]
    .into_iter()
    .chain(FAULTS_OF_DECISIONS)
    .map(|(good, part, bad)| (good, part, bad.to_owned()))
    .collect();
    faults.push((GOOD, "e-1", long(257)));
    faults.push((GOOD, "T-1042", long(129)));
    faults.push((GOOD, "billing", long(129)));
    faults.push((REVIEW, "well done", long(TEXT_BYTES_MAX + 1)));
    faults.push((CONCERN, "nobody calls back", long(TEXT_BYTES_MAX + 1)));
    faults.push((GOOD, "{", format!("{{\"padding\":\"{}\",", long(RECORD_BYTES_MAX))));
    faults
}

/// The same for what a team decides and talks about.
const FAULTS_OF_DECISIONS: [(&str, &str, &str); 7] = [
    (DECIDED, r#""decision":"d-1","#, ""),
    (DECIDED, r#""d-1""#, r#""d 1""#),
    (DECIDED, r#""team lead""#, "[]"),
    (DECIDED, r#""2026-12-01""#, r#""1.12.2026""#),
    (DECIDED, r#""T-2""#, r#""T 2""#),
    (TALKED, r#""ticket":"T-2","#, ""),
    (TALKED, r#""T-2""#, r#""T 2""#),
];

fn outcome_text(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Applied => "applied".to_owned(),
        Outcome::Duplicate => "duplicate".to_owned(),
        Outcome::Skipped(skip) => format!("skipped ({}): {}", skip.label(), skip.advice()),
        Outcome::Rejected(rejection) => {
            format!("rejected ({}): {rejection}", rejection.reason.label())
        }
    }
}

fn shortened(text: &str) -> String {
    if text.len() > 100 { format!("{} bytes", text.len()) } else { text.escape_debug().to_string() }
}

#[test]
fn every_rejection_names_key_value_and_a_fix_that_works() {
    let mut page = String::new();
    let (mut seen, mut seen_fields) = (Vec::new(), Vec::new());
    for (good, part, bad) in faults() {
        assert!(good.contains(part), "{part}");
        assert_eq!(Replay::new(None).take(decode(good.as_bytes())), Outcome::Applied, "{good}");
        let record = good.replacen(part, &bad, 1);
        let decoded = decode(record.as_bytes());
        let ignored = decoded.as_ref().map_or(Vec::new(), |event| event.ignored.clone());
        let outcome = Replay::new(None).take(decoded);
        match &outcome {
            Outcome::Rejected(rejection) => seen.push(rejection.reason),
            Outcome::Applied => assert!(!ignored.is_empty(), "{record}"),
            Outcome::Duplicate | Outcome::Skipped(_) => panic!("{record}: {outcome:?}"),
        }
        let mut text = outcome_text(&outcome);
        for one in &ignored {
            seen_fields.push(one.field);
            write!(text, "; left out: {}", one.advice).unwrap();
        }
        writeln!(page, "{}\n{text}\n", shortened(&bad)).unwrap();
    }
    // Only the service knows the broker's timestamp of a record.
    let at = |text| vaste::time::Timestamp::parse(text).unwrap();
    let ahead =
        vaste::event::too_far_ahead(at("2026-11-21T10:05:00.001Z"), at("2026-11-21T10:00:00Z"));
    writeln!(page, "{}", outcome_text(&Outcome::Rejected(ahead))).unwrap();
    seen.push(Reason::Future);
    // Filters have tests of their own.
    seen.push(Reason::FilterFailed);
    for reason in Reason::ALL {
        assert!(seen.contains(&reason), "no case for {}", reason.label());
    }
    for field in OptionalField::ALL {
        assert!(seen_fields.contains(&field), "no case for {}", field.label());
    }
    insta::assert_snapshot!("rejections", page);
}

#[test]
fn bytes_that_are_not_utf8_are_rejected_with_their_position() {
    for (bytes, reason) in [
        (&b"{\"id\":\"\xff\"}"[..], Reason::Malformed),
        (b"\xff\xfe{\0", Reason::UnsupportedEncoding),
        (b"\xfe\xff\0{", Reason::UnsupportedEncoding),
        (b"", Reason::Malformed),
    ] {
        let Err(Outcome::Rejected(rejection)) = decode(bytes) else { panic!("{bytes:?}") };
        assert_eq!(rejection.reason, reason, "{rejection}");
    }
}

#[test]
fn every_outcome_is_counted_once_and_they_add_up() {
    let mut replay = Replay::new(None);
    let unknown = GOOD.replace("ticket.created", "ticket.escalated");
    let odd = r#"{"id":4,"type":"survey.sent","time":{"at":1},"team":["x"]}"#;
    let conflicting = GOOD.replace("normal", "urgent");
    let respelt = GOOD.replace("billing", "b\\u0069lling").replace('{', "{ \"extra\":[{}], ");
    let merged_elsewhere = MERGED.replace("T-2", "T-3");
    let mut page = String::new();
    for record in [
        GOOD,
        GOOD,
        &respelt,
        &conflicting,
        &unknown,
        odd,
        "{}",
        MERGED,
        &merged_elsewhere,
        CONCERN,
        CONCERN,
    ] {
        writeln!(page, "{}", outcome_text(&replay.take(decode(record.as_bytes())))).unwrap();
    }
    let outcomes = replay.outcomes();
    let skipped: u64 = Skip::ALL.into_iter().map(|skip| outcomes.skipped(skip)).sum();
    let rejected: u64 = Reason::ALL.into_iter().map(|reason| outcomes.rejected(reason)).sum();
    assert_eq!(outcomes.applied + outcomes.duplicate + skipped + rejected, 11);
    assert_eq!(outcomes.total(), 11);
    writeln!(page, "{outcomes}").unwrap();
    insta::assert_snapshot!("outcomes", page);
}

#[test]
fn nesting_bombs_and_many_keys_are_skipped_or_refused_without_harm() {
    let depth = 100_000;
    let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let unknown = GOOD.replacen('{', &format!("{{\"deep\":{nested},"), 1);
    assert_eq!(Replay::new(None).take(decode(unknown.as_bytes())), Outcome::Applied);
    let known = GOOD.replace(r#""billing""#, &nested);
    assert_eq!(decode(known.as_bytes()).unwrap().ignored[0].field, OptionalField::Team);
    let subject = GOOD.replace(r#""T-1042""#, &nested);
    assert!(matches!(decode(subject.as_bytes()), Err(Outcome::Rejected(_))));
    let many: String = (0..20_000).map(|key| format!("\"k{key}\":1,")).collect();
    let many = GOOD.replacen('{', &format!("{{{many}"), 1);
    assert_eq!(Replay::new(None).take(decode(many.as_bytes())), Outcome::Applied);
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config {
        cases: 20_000,
        failure_persistence: Some(Box::new(
            proptest::test_runner::FileFailurePersistence::Direct("tests/regressions/decode.txt")
        )),
        ..Default::default()
    })]

    #[test]
    fn any_bytes_have_one_outcome(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..80)) {
        let mut replay = Replay::new(None);
        replay.take(decode(&bytes));
        proptest::prop_assert_eq!(replay.outcomes().total(), 1);
    }

    #[test]
    fn any_mutation_of_a_record_has_one_outcome(
        at in 0_usize..180, byte in proptest::num::u8::ANY, cut in 0_usize..180,
    ) {
        let mut bytes = GOOD.as_bytes().to_vec();
        if let Some(place) = bytes.get_mut(at) {
            *place = byte;
        }
        bytes.truncate(cut.max(1));
        let mut replay = Replay::new(None);
        replay.take(decode(&bytes));
        proptest::prop_assert_eq!(replay.outcomes().total(), 1);
    }
}

#[test]
fn a_type_without_its_prefix_is_recognised_and_a_count_of_records_needs_the_live_topic() {
    let folder = tempfile::tempdir().unwrap();
    let record =
        "{\"id\":\"1\",\"type\":\"created\",\"time\":\"2026-11-21T09:14:03Z\",\"ticket\":\"T\"}\n";
    std::fs::write(folder.path().join("events.ndjson"), record).unwrap();
    let vaste = |arguments: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_vaste"))
            .args(arguments)
            .current_dir(folder.path())
            .output()
            .unwrap();
        let printed = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code(), printed)
    };
    let (code, printed) = vaste(&["check-events", "events.ndjson"]);
    assert_eq!(code, Some(0));
    assert!(
        printed.contains("`type` is \"created\": did you mean \"ticket.created\"?"),
        "{printed}"
    );
    let (code, printed) =
        vaste(&["check-events", "--records", "1", "--config", "vaste.yaml", "events.ndjson"]);
    assert_eq!(code, Some(2));
    assert!(printed.contains("'--records <COUNT>' cannot be used with '[FILE]'"), "{printed}");
}

#[test]
fn an_answer_with_fields_that_cannot_be_read_is_an_answer_and_each_field_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "lansi.yaml",
        "team: L\u{e4}nsi\nobjectives:\n  - { name: soon, measure: first_reply, within: 4h, min_tickets: 1, \
         split: { channel: [email] } }\n",
    );
    write(
        "vaste.yaml",
        "agreements: [lansi.yaml]\npriorities: { Medium: normal, P 1: urgent, \"4\": urgent }\n",
    );
    // The team comes in two code points and with blanks; ids are numbers; times lack seconds.
    let team = "\" La\u{308}nsi \"";
    let created =
        format!("\"type\":\"ticket.created\",\"time\":\"2026-11-02 09:00 +0200\",\"team\":{team}");
    let answered = "\"type\":\"ticket.agent_replied\",\"time\":\"2026-11-02T07:30Z\"";
    let records = [
        format!("{{\"id\":1,{created},\"ticket\":7001,\"priority\":\"medium\"}}"),
        format!("{{\"id\":2,{answered},\"ticket\":\"7001\",\"priority\":\"whenever\"}}"),
        format!("{{\"id\":3,{created},\"ticket\":7002,\"priority\":4,\"channel\":\"E-Mail\"}}"),
        format!("{{\"id\":4,{answered},\"ticket\":7002,\"agent\":\"jane doe\",\"source\":[1]}}"),
        format!("{{\"id\":5,{created},\"ticket\":7003,\"priority\":\"p-1\"}}"),
        format!("{{\"id\":6,{answered},\"ticket\":7003,\"agent\":4711,\"team\":\"l\u{e4}nsi\"}}"),
        "{\"id\":7,\"type\":\"ticket.solved\",\"time\":\"2026-11-02 10:00\",\"ticket\":7003}"
            .to_owned(),
    ];
    write("events.ndjson", &records.join("\n"));
    let vaste = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_vaste"));
        let output = command.args(arguments).current_dir(folder.path()).output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    let checked =
        vaste(&["check-events", "--at", AFTER_ALL, "--config", "vaste.yaml", "events.ndjson"]);
    let replayed =
        vaste(&["replay", "--config", "vaste.yaml", "--format", "json", "events.ndjson"]);
    let decided = replayed.lines().find(|line| line.contains("\"objective\":\"soon\"")).unwrap();
    assert!(decided.contains("\"decided\":3,\"missed\":0"), "{decided}");
    insta::assert_snapshot!("fields_left_out", checked);
}

/// Runs `check-events` on these events, with an agreement of the team `billing`.
fn checked(events: &str, at: &str) -> String {
    let folder = Folder::new();
    folder.write(
        "billing.yaml",
        "team: billing\nobjectives: [{ name: soon, measure: first_reply, within: 4h, min_tickets: 1 }]\n",
    );
    folder.write("vaste.yaml", "agreements: [billing.yaml]\n");
    folder.write("events.ndjson", events.trim_start());
    page(&folder.vaste(&["check-events", "--at", at, "--config", "vaste.yaml", "events.ndjson"]))
}

/// Only a creation and an assignment make a ticket unclaimed by the name of a team that has no agreement.
#[test]
fn an_event_in_the_name_of_a_team_without_an_agreement_says_what_it_counts_for() {
    let events = r#"
{"id":1,"type":"ticket.created","time":"2026-11-02T07:00Z","ticket":1,"team":"warehouse"}
{"id":2,"type":"ticket.created","time":"2026-11-02T07:00Z","ticket":2,"team":"billing"}
{"id":3,"type":"ticket.customer_replied","time":"2026-11-02T07:30Z","ticket":2,"team":"warehouse"}
{"id":4,"type":"ticket.agent_replied","time":"2026-11-02T08:00Z","ticket":2,"team":"warehouse"}
{"id":5,"type":"ticket.agent_replied","time":"2026-11-02T08:00Z","ticket":2,"team":"biling"}
{"id":6,"type":"ticket.assigned","time":"2026-11-02T09:00Z","ticket":2,"team":"warehouse"}
"#;
    insta::assert_snapshot!("undeclared_team", checked(events, AFTER_ALL));
}

/// The service compares an event with the time of its record. A file has no such times.
#[test]
fn an_event_more_than_five_minutes_ahead_is_named() {
    let event = |id: u32, time: &str| {
        format!(
            "{{\"id\":{id},\"type\":\"ticket.created\",\"time\":\"{time}\",\"ticket\":{id},\"team\":\"billing\"}}\n"
        )
    };
    let times = [
        "2026-11-02T07:00:00Z",
        "2026-11-02T07:05:00Z",
        "2026-11-02T07:05:00.001Z",
        "2036-11-02T07:00:00Z",
    ];
    let events: Vec<String> = (1..).zip(times).map(|(id, time)| event(id, time)).collect();
    insta::assert_snapshot!("in_the_future", checked(&events.concat(), times[0]));
    // Without --at, by the clock.
    let folder = Folder::new();
    folder.write("events.ndjson", event(1, "2099-11-02T07:00:00Z"));
    let checked = page(&folder.vaste(&["check-events", "events.ndjson"]));
    assert!(checked.contains("; it is in the future"), "{checked}");
}

#[test]
fn words_of_other_systems_lead_to_the_type_that_they_mean() {
    let mut events = String::new();
    for (id, kind) in [
        "ticket.answered",
        "ticket.agent_answered",
        "resolved",
        "ticket.Replied",
        "issue.transferred",
        "x.y",
    ]
    .iter()
    .enumerate()
    {
        writeln!(
            events,
            "{{\"id\":{id},\"type\":\"{kind}\",\"time\":\"2026-11-02T07:00Z\",\"ticket\":1}}"
        )
        .unwrap();
    }
    insta::assert_snapshot!("other_words", checked(&events, AFTER_ALL));
}
