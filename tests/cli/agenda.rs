//! The agenda of a team as its members use it, in Chromium: raise a concern, settle it, decide something.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;

use serde_json::json;

use crate::browser::Browser;
use crate::demo::Demo;
use crate::process::wait_for;
use crate::run::{Folder, page};

pub(crate) const AGENDA: &str = "/teams/billing/agenda";

/// Fills in the form of an action and sends it.
pub(crate) fn send(browser: &mut Browser, action: &str, fields: &serde_json::Value) {
    let sent = browser.evaluate(&format!(
        "(() => {{
           const action = document.querySelector('input[name=action][value={action}]');
           const form = action.form;
           for (const [name, value] of Object.entries({fields})) form.elements[name].value = value;
           form.requestSubmit();
           return true;
         }})()"
    ));
    assert_eq!(sent, true);
    browser.wait_until("the page to say that it was sent", "location.search.includes('sent')");
}

/// Waits until the text of the page has this, which comes by itself.
pub(crate) fn wait_until_shown(browser: &mut Browser, text: &str) {
    let has_text =
        format!("document.querySelector('main')?.textContent.includes({text:?}) === true");
    browser.wait_until(text, &has_text);
}

#[test]
fn a_browser_raises_a_concern_and_settles_it_and_records_a_decision() {
    let Some(mut browser) = Browser::start() else { return };
    let demo = Demo::start(&["--seed", "7"]);
    demo.metrics();
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("board");
    std::fs::create_dir_all(&pictures).unwrap();
    browser.resize([1280, 800]);
    let url = format!("http://127.0.0.1:{}{AGENDA}?lang=fi", demo.port);
    browser.open(&url);

    let words = "Laskut <b>myöhästyvät</b>.";
    send(&mut browser, "raise", &json!({ "by": "aino", "text": words }));
    wait_until_shown(&mut browser, "Laskut <b>myöhästyvät</b>.");
    assert_eq!(browser.evaluate("document.querySelector('main b') === null"), true);
    let team = format!("http://127.0.0.1:{}/teams/billing?lang=fi", demo.port);
    browser.open(&team);
    wait_until_shown(&mut browser, "Asialista tiimin keskusteluun: yksi avoin huoli");
    browser.open(&url);

    let decided =
        json!({ "by": "sara", "text": "Chatit ensin.", "owner": "vetäjä", "due": "2020-01-31" });
    send(&mut browser, "decide", &decided);
    wait_until_shown(&mut browser, "Chatit ensin.");
    wait_until_shown(&mut browser, "31.1.2020 mennessä; myöhässä");
    send(&mut browser, "note", &json!({ "by": "sara", "text": "Rauhallinen viikko." }));
    wait_until_shown(&mut browser, "Rauhallinen viikko.");
    browser.screenshot(&pictures.join("agenda-used-fi.png"));

    send(&mut browser, "settle", &json!({ "by": "sara", "text": "Kaksi auttaa." }));
    wait_until_shown(&mut browser, "selvitetty: sara");
    wait_until_shown(&mut browser, "Kaksi auttaa.");
    send(&mut browser, "finish", &json!({ "by": "mikko" }));
    wait_until_shown(&mut browser, "tehty (mikko");

    browser.set_media("light", "print");
    let forms =
        "[...document.querySelectorAll('form')].filter((form) => form.offsetHeight > 0).length";
    assert_eq!(browser.evaluate(forms), 0);
    browser.screenshot(&pictures.join("agenda-paper-fi.png"));
    assert!(browser.faults.is_empty(), "{:?}", browser.faults);

    let markdown = demo.get(&format!("{AGENDA}.md?lang=en")).unwrap();
    assert!(markdown.contains("- Laskut \\<b\\>myöhästyvät\\</b\\>. (aino, "), "{markdown}");
}

/// The page goes on while someone writes.
#[test]
fn a_browser_keeps_what_someone_types_while_the_page_changes() {
    let Some(mut browser) = Browser::start() else { return };
    let demo = Demo::start(&["--seed", "7"]);
    demo.metrics();
    browser.open(&format!("http://127.0.0.1:{}{AGENDA}?lang=en", demo.port));
    let before = browser.text("document.querySelector('.as-of').textContent");
    browser.evaluate(
        "(() => {
           const field = document.querySelector('input[value=raise]').form.elements.text;
           field.focus();
           field.value = 'half a sen';
           window.field = field;
           return true;
         })()",
    );
    wait_for("the page to go on", || {
        let now = browser.text("document.querySelector('.as-of').textContent");
        (now != before).then_some(())
    });
    let kept = browser.evaluate(
        "[window.field.isConnected, window.field.value === 'half a sen',
          document.activeElement === window.field]",
    );
    assert_eq!(kept, json!([true, true, true]));
}

const TALK: &str = include_str!("talk.ndjson");

const BILLING: &str = "\
team: billing
agreed: { on: 2026-09-01, by: [aino, sara], look_again: 2026-11-01 }
objectives: [{ name: first-reply, measure: first_reply, none_over: 1d }]
duty: { members: [aino, sara], since: 2026-11-02, handover: \"Mon 09:00 Europe/Helsinki\" }
";

fn agenda(arguments: &[&str]) -> std::process::Output {
    let folder = Folder::new();
    folder.write("events.ndjson", TALK);
    folder.write("billing.yaml", BILLING);
    let mut all = vec!["agenda", "--agreements", "billing.yaml"];
    all.extend(arguments);
    all.push("events.ndjson");
    folder.vaste(&all)
}

#[test]
fn the_agenda_is_printed_as_text_and_as_markdown() {
    for (name, arguments) in [
        ("text_en", ["--team", "billing", "--lang", "en"]),
        ("text_fi", ["--team", "billing", "--lang", "fi"]),
        ("markdown", ["--team", "billing", "--format", "markdown"]),
        ("organisation", ["--team", "_all", "--at", "2026-11-19T12:00:00Z"]),
    ] {
        insta::assert_snapshot!(format!("agenda_{name}"), page(&agenda(&arguments)));
    }
}

const ORGANISATION: &str = "\
organisation: Esimerkki
agreed: { on: 2026-09-01, by: [aino, sara], look_again: 2027-03-01 }
objectives: [{ name: everyone, measure: first_reply, none_over: 5d }]
";

/// Nobody has the turn in orders; care has no turns, and its market is of long ago; chat has no level.
const TEAMS: [(&str, &str); 3] = [
    (
        "orders.yaml",
        "team: orders
objectives: [{ name: first-reply, measure: first_reply, none_over: 1d }]
duty: { members: [ville, aino], since: 2026-11-02, handover: \"Mon 09:00 UTC\",
        away: [{ who: ville, from: 2026-11-10, to: 2026-11-30 },
               { who: aino, from: 2026-11-16, to: 2026-11-16 }] }
",
    ),
    (
        "care.yaml",
        "team: care
agreed: { on: 2026-01-01, by: [mikko, sara], look_again: 2026-10-01 }
objectives:
  - { name: first-reply, measure: first_reply, within: 4h,
      market: { within: 24h, source: survey, as_of: 2025-01-15 } }
",
    ),
    ("chat.yaml", "team: chat\n"),
];

/// Tickets of nobody, of a team without a level, and of a team that no agreement has.
fn unanswered_for() -> String {
    [("U-1", "2026-11-10", ""), ("U-2", "2026-11-17", ""), ("C-1", "2026-11-01", "chat"),
     ("B-1", "2026-11-18", "oders"), ("X-1", "2026-11-18", "invoices")]
        .map(|(ticket, day, team)| {
            let team = if team.is_empty() { String::new() } else { format!(r#","team":"{team}""#) };
            let time = format!("{day}T08:00:00Z");
            format!(
                r#"{{"id":"{ticket}","type":"ticket.created","time":"{time}","ticket":"{ticket}"{team}}}"#
            ) + "\n"
        })
        .concat()
}

#[test]
fn the_organisation_talks_about_what_nobody_answers_for() {
    let folder = Folder::new();
    folder.write("events.ndjson", &(TALK.to_owned() + &unanswered_for()));
    folder.write("billing.yaml", BILLING);
    folder.write("organisation.yaml", ORGANISATION);
    for (name, text) in TEAMS {
        folder.write(name, text);
    }
    for lang in ["en", "fi", "sv"] {
        let mut all = vec!["agenda", "--team", "_all", "--at", "2026-11-19T12:00:00Z"];
        all.extend(["--lang", lang]);
        for file in ["organisation.yaml", "billing.yaml", "orders.yaml", "care.yaml", "chat.yaml"] {
            all.extend(["--agreements", file]);
        }
        all.push("events.ndjson");
        insta::assert_snapshot!(format!("agenda_unanswered_for_{lang}"), page(&folder.vaste(&all)));
    }
}

#[test]
fn without_such_a_team_the_agenda_says_which_there_is() {
    insta::assert_snapshot!(page(&agenda(&["--team", "biling"])));
    insta::assert_snapshot!(page(&agenda(&["--team", "billing", "--lang", "de"])));
}

/// Posts a body to a path on loopback. Returns the status.
fn post(port: u16, path: &str, body: &str) -> u16 {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let length = body.len();
    let head =
        format!("POST {path} HTTP/1.0\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

/// Judges the first ticket of a page whose form is still there.
fn judge(browser: &mut Browser, ticket: &str, fields: &serde_json::Value) {
    let sent = browser.evaluate(&format!(
        "(() => {{
           const field = document.querySelector('input[name=ticket][value={ticket:?}]');
           const form = field.form;
           form.closest('details').open = true;
           for (const [name, value] of Object.entries({fields})) form.elements[name].value = value;
           form.requestSubmit();
           return true;
         }})()"
    ));
    assert_eq!(sent, true);
    browser.wait_until("the page to say that it was sent", "location.search.includes('sent')");
}

#[test]
fn a_browser_does_a_turns_list_and_ones_own() {
    let Some(mut browser) = Browser::start() else { return };
    let demo = Demo::start(&["--seed", "7"]);
    demo.metrics();
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("board");
    std::fs::create_dir_all(&pictures).unwrap();
    browser.resize([1280, 800]);
    let url = |page: &str| format!("http://127.0.0.1:{}/teams/billing/{page}", demo.port);
    wait_for("the turn's list to be made", || {
        let turn: serde_json::Value =
            serde_json::from_str(&demo.get("/api/v1/teams/billing/turn")?).ok()?;
        turn["list"].is_object().then_some(())
    });
    browser.open(&url("turn?lang=en"));
    browser.screenshot(&pictures.join("turn-en.png"));
    let first = "document.querySelector('input[name=ticket]').value";
    let ticket = browser.text(first);
    // The first one to judge it closes the item; the others judge it because it is on their own lists.
    judge(&mut browser, &ticket, &json!({ "by": "aino", "score": "2", "note": "Too late." }));
    let is_judged = format!("!document.querySelector('input[name=ticket][value={ticket:?}]')");
    browser.wait_until("the ticket to be judged", &is_judged);
    for (by, score) in [("mikko", 5), ("sara", 4)] {
        let review = json!({ "ticket": ticket, "by": by, "score": score }).to_string();
        assert_eq!(post(demo.port, "/api/v1/reviews", &review), 202);
    }
    wait_until_shown(&mut browser, "as a whole: 2, 4, 5");
    let text = browser.text("document.querySelector('main').textContent");
    assert!(!text.contains("Too late."), "{text}");
    browser.open(&format!("http://127.0.0.1:{}/tickets/{ticket}?lang=en", demo.port));
    wait_until_shown(&mut browser, "reviewed");
    let text = browser.text("document.querySelector('main').textContent");
    assert!(!text.contains("of 5"), "{text}");

    browser.open(&url("own?lang=en&by=sara"));
    browser.screenshot(&pictures.join("own-en.png"));
    let mine = browser.text(first);
    let brought =
        json!({ "score": "3", "note": "What would you have said?", "bring_to_team": "true" });
    browser.evaluate("document.querySelector('input[name=bring_to_team]').checked = true");
    judge(&mut browser, &mine, &brought);
    wait_until_shown(&mut browser, "You gave it 3; 5 is best.");
    browser.open(&url("own?lang=en&by=mikko"));
    let text = browser.text("document.querySelector('main').textContent");
    assert!(!text.contains("What would you have said?"), "{text}");
    browser.open(&url("agenda?lang=en"));
    wait_until_shown(&mut browser, "What would you have said?");
    let items = "[...document.querySelector('.agenda').querySelectorAll('li > p')]
      .map((line) => line.textContent).join()";
    let brought = browser.text(items);
    // Two more members are asked to judge it, so nobody sees the score yet.
    assert!(brought.contains("1 of 3 have judged") && !brought.contains("score 3"), "{brought}");
    assert!(!brought.contains("sara"), "{brought}");
    assert!(browser.faults.is_empty(), "{:?}", browser.faults);
}

/// The start of the present turn of duty.
fn turn_start(demo: &Demo) -> Option<String> {
    let duty: serde_json::Value =
        serde_json::from_str(&demo.get("/api/v1/teams/billing/duty")?).ok()?;
    duty["current"]["starts"].as_str().map(str::to_owned)
}

/// Lets days pass until the next turn of duty.
fn hand_over(demo: &mut Demo) {
    let before = turn_start(demo).unwrap();
    for _ in 0..8 {
        demo.say("");
        // The view follows the clock of the demo.
        let at = wait_for("the turn", || turn_start(demo));
        if at != before {
            return;
        }
    }
    wait_for("the next turn", || turn_start(demo).filter(|at| *at != before));
}

/// The text of the section with this heading.
fn section(browser: &mut Browser, heading: &str) -> String {
    browser.text(&format!(
        "[...document.querySelectorAll('.agenda')]
           .find((one) => one.querySelector('h2').textContent.startsWith({heading:?}))
           ?.textContent"
    ))
}

/// Pictures of a page on a laptop and on a phone, in the dark, in Finnish and on paper.
fn take_pictures(browser: &mut Browser, url: &str, name: &str) {
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("board");
    std::fs::create_dir_all(&pictures).unwrap();
    let sizes = [("laptop", [1280, 800]), ("phone", [390, 844])];
    for (screen, size) in sizes {
        browser.resize(size);
        for language in ["en", "fi"] {
            for (scheme, medium) in [("light", "screen"), ("dark", "screen"), ("light", "print")] {
                browser.set_media(scheme, medium);
                browser.open(&url.replace("lang=en", &format!("lang={language}")));
                let fits = "document.documentElement.scrollWidth <= innerWidth";
                assert_eq!(browser.evaluate(fits), true, "{name} {screen} {language} {medium}");
                let file = format!("{name}-{screen}-{language}-{scheme}-{medium}.png");
                browser.screenshot(&pictures.join(file));
            }
        }
    }
    browser.resize([1280, 800]);
    browser.set_media("light", "screen");
    browser.open(url);
}

const LAST: &str = "Decided last time: is it done?";
const NOW: &str = "Decided since the handover";
/// The notes of two tickets that are brought to the team.
const NOTES: [&str; 2] = ["What would you have said?", "Who calls back?"];

/// The item of the agenda with this text, as an expression.
fn item_of(text: &str) -> String {
    format!(
        "[...document.querySelectorAll('.agenda > ul > li')]
           .find((item) => item.textContent.includes({text:?}))"
    )
}

/// The lines of the item with this text; empty without one.
fn brought(browser: &mut Browser, text: &str) -> String {
    let item = item_of(text);
    browser.text(&format!(
        "[...({item}?.querySelectorAll('p') ?? [])].map((line) => line.textContent).join('; ')"
    ))
}

/// In the first turn something is decided, and two tickets are brought.
fn first_turn(browser: &mut Browser, agenda: &str, own: &str) {
    browser.open(agenda);
    send(browser, "decide", &json!({ "by": "sara", "text": "Answer chats first." }));
    wait_until_shown(browser, "Answer chats first.");
    assert!(section(browser, NOW).contains("Answer chats first."));
    assert!(section(browser, LAST).contains("Nothing is left from last time."));
    for note in NOTES {
        browser.open(own);
        let ticket = browser.text("document.querySelector('input[name=ticket]').value");
        browser.evaluate("document.querySelector('input[name=bring_to_team]').checked = true");
        judge(browser, &ticket, &json!({ "score": "3", "note": note }));
        wait_until_shown(browser, note);
    }
}

/// One ticket is talked about, and a decision names the other, which is returned.
fn talk_about(browser: &mut Browser) -> String {
    let [first, second] = NOTES;
    let said = json!({ "by": "sara", "text": "We say sorry first." });
    let is_sent = browser.evaluate(&format!(
        "(() => {{
           const form = {item}.querySelector('form');
           for (const [name, value] of Object.entries({said})) form.elements[name].value = value;
           form.requestSubmit();
           return true;
         }})()",
        item = item_of(first)
    ));
    assert_eq!(is_sent, true);
    wait_until_shown(browser, "We say sorry first.");
    let item = brought(browser, first);
    assert!(item.contains("talked about (sara") && !item.contains("waiting"), "{item}");
    let ticket = brought(browser, second).split(':').next().unwrap().to_owned();
    let review = browser.text(&format!(
        "[...document.querySelector('select[name=review]').options]
           .find((option) => option.text === {ticket:?}).value"
    ));
    let decided = json!({ "by": "aino", "text": "The lead calls.", "review": review });
    send(browser, "decide", &decided);
    wait_until_shown(browser, &format!("about {ticket}"));
    let item = brought(browser, second);
    assert!(item.contains("talked about (aino") && item.contains("The lead calls."), "{item}");
    let left =
        "[...document.querySelectorAll('select[name=review] option')].map((one) => one.text)";
    let left = browser.evaluate(left);
    assert!(!left.as_array().unwrap().contains(&json!(ticket)), "{left}");
    ticket
}

#[test]
fn a_browser_follows_up_at_handovers_what_was_decided_and_what_was_brought() {
    let Some(mut browser) = Browser::start() else { return };
    let mut demo = Demo::start(&["--seed", "7", "--steps"]);
    demo.metrics();
    wait_for("the turn's list to be made", || {
        let turn: serde_json::Value =
            serde_json::from_str(&demo.get("/api/v1/teams/billing/turn")?).ok()?;
        turn["list"].is_object().then_some(())
    });
    let url = |page: &str| format!("http://127.0.0.1:{}/teams/billing/{page}", demo.port);
    let (agenda, own) = (url("agenda?lang=en"), url("own?lang=en&by=sara"));

    first_turn(&mut browser, &agenda, &own);
    hand_over(&mut demo);
    browser.open(&agenda);
    let last = section(&mut browser, LAST);
    assert!(last.contains("Answer chats first.") && last.contains("not done yet"), "{last}");
    assert!(!section(&mut browser, NOW).contains("Answer chats first."));
    send(&mut browser, "finish", &json!({ "by": "mikko" }));
    wait_until_shown(&mut browser, "done (mikko");

    hand_over(&mut demo);
    browser.open(&agenda);
    let last = section(&mut browser, LAST);
    assert!(last.contains("Answer chats first.") && last.contains("done (mikko"), "{last}");
    // Nobody has talked about the tickets in two talks. Now one is talked about, and a decision names the
    // other.
    for note in NOTES {
        let item = brought(&mut browser, note);
        assert!(item.contains("waiting to be talked about for"), "{item}");
    }
    take_pictures(&mut browser, &agenda, "agenda-handover");
    let ticket = talk_about(&mut browser);
    take_pictures(&mut browser, &agenda, "agenda-talked");

    hand_over(&mut demo);
    browser.open(&agenda);
    let last = section(&mut browser, LAST);
    assert!(last.contains("The lead calls.") && !last.contains("Answer chats first."), "{last}");
    assert!(NOTES.iter().all(|note| brought(&mut browser, note).is_empty()), "both are gone");
    assert!(browser.faults.is_empty(), "{:?}", browser.faults);

    let log: serde_json::Value =
        serde_json::from_str(&demo.get("/api/v1/teams/billing/log").unwrap()).unwrap();
    let all = log["brought"].as_array().unwrap();
    let find = |note: &str| all.iter().find(|one| one["note"] == note).unwrap();
    let of_second = find(NOTES[1]);
    assert_eq!((&of_second["is_discussed"], &of_second["ticket"]), (&json!(true), &json!(ticket)));
    assert_eq!(of_second["discussed"]["text"], "The lead calls.");
    let talk = json!({ "team": "billing", "ticket": ticket, "by": "aino" });
    assert_eq!(post(demo.port, "/api/v1/ticket_talks", &talk.to_string()), 202);
    let unknown = json!({ "team": "billing", "ticket": "T-0", "by": "aino" });
    assert_eq!(post(demo.port, "/api/v1/ticket_talks", &unknown.to_string()), 422);
}

#[test]
fn a_topic_of_agendas_that_cannot_be_used_is_an_error_with_a_way_out() {
    let folder = Folder::new();
    let kafka = "kafka: { brokers: [\"localhost:9092\"], topic: events, dead_letters: rejected }\n";
    let agendas = [
        "{ topic: events }",
        "{ topic: rejected }",
        "{ topic: team agendas, language: de }",
        "{ language: fi }",
        "team-agendas",
    ];
    let pages = agendas.map(|agendas| {
        folder
            .write("vaste.yaml", format!("{kafka}agendas: {agendas}\nstate: {{ store: state }}\n"));
        page(&folder.vaste(&["check", "vaste.yaml"]))
    });
    insta::assert_snapshot!(pages.join("\n"));
}
