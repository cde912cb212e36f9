//! The name that someone chose in a form is offered again, and proves nothing.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use rdkafka::mocking::MockCluster;
use serde_json::json;

use crate::abuse::Service;
use crate::agenda::{AGENDA, send, wait_until_shown};
use crate::browser::Browser;
use crate::demo::Demo;
use crate::process::{fetch, wait_for};

/// Sends a request with these headers and this body. Returns the whole answer.
fn ask(port: u16, request: &str, headers: &[&str], body: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let length = format!("content-length: {}", body.len());
    let all = [&[request, "host: localhost", &length], headers].concat().join("\r\n");
    write!(stream, "{all}\r\n\r\n{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// The names that the fields for a name have, in the order of the page.
const NAMES: &str = "[...document.querySelectorAll('[name=by]:not([type=hidden])')]
  .map((field) => field.value)";

#[test]
fn a_browser_offers_the_name_that_was_chosen_last() {
    let Some(mut browser) = Browser::start() else { return };
    let demo = Demo::start(&["--seed", "7"]);
    demo.metrics();
    wait_for("the turn's list to be made", || {
        let turn: serde_json::Value =
            serde_json::from_str(&demo.get("/api/v1/teams/billing/turn")?).ok()?;
        turn["list"]["tickets"].as_array().is_some_and(|all| !all.is_empty()).then_some(())
    });
    let url = |page: &str| format!("http://127.0.0.1:{}/teams/{page}?lang=en", demo.port);
    let names = |browser: &mut Browser, page: &str| {
        browser.open(&url(page));
        let names = browser.evaluate(NAMES);
        let names: Vec<String> = serde_json::from_value(names).unwrap();
        assert!(!names.is_empty(), "{page}");
        names
    };
    assert!(names(&mut browser, "billing/agenda").iter().all(String::is_empty));
    send(&mut browser, "note", &json!({ "by": "mikko", "text": "A quiet week." }));
    wait_until_shown(&mut browser, "A quiet week.");
    for page in ["billing/agenda", "billing/turn", "billing/own"] {
        assert!(names(&mut browser, page).iter().all(|name| name == "mikko"), "{page}");
    }
    // Whoever looks at a list must still say so.
    let shown = browser.text("document.querySelector('main').textContent");
    assert!(shown.contains("Show my list") && !shown.contains("The list of mikko"), "{shown}");
    // Another team has other members; its concerns are for all.
    let others = names(&mut browser, "deliveries/agenda");
    assert!(others.iter().any(String::is_empty) && others.iter().any(|name| name == "mikko"));
    // A person who writes next is remembered next; scripts of the page do not see it.
    browser.open(&url("billing/agenda"));
    send(&mut browser, "note", &json!({ "by": "sara", "text": "Another one." }));
    assert!(names(&mut browser, "billing/turn").iter().all(|name| name == "sara"));
    assert_eq!(browser.evaluate("document.cookie"), "");
    assert!(browser.faults.is_empty(), "{:?}", browser.faults);

    // It is read without scripts, and what it says changes no event.
    let page =
        ask(demo.port, &format!("GET {AGENDA} HTTP/1.0"), &["cookie: vaste_person=aino"], "");
    assert!(page.contains("<option value=\"aino\" selected>"), "{page}");
    let cookie = ["cookie: vaste_person=aino"];
    let form = "action=note&text=Who+writes%3F";
    let refused = ask(demo.port, &format!("POST {AGENDA} HTTP/1.0"), &cookie, form);
    assert!(refused.starts_with("HTTP/1.0 403"), "{refused}");
    assert!(!refused.to_lowercase().contains("set-cookie"), "{refused}");
    let sent =
        ask(demo.port, &format!("POST {AGENDA} HTTP/1.0"), &cookie, &format!("{form}&by=sara"));
    assert!(sent.starts_with("HTTP/1.0 303"), "{sent}");
    assert!(
        sent.contains("vaste_person=sara; Path=/; Max-Age=31536000; SameSite=Strict; HttpOnly")
    );
}

#[test]
fn where_a_proxy_says_who_writes_no_name_is_remembered() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("events", 1, 1).unwrap();
    let brokers = cluster.bootstrap_servers();
    let kafka = format!("{{ brokers: [\"{brokers}\"], topic: events, group: named }}");
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start_with(folder, &kafka, ", person_header: X-User", "", &[]);
    wait_for("the service to be ready", || {
        fetch(service.port, "/-/ready").filter(|(status, _)| *status == 200)
    });
    let headers = ["x-user: sara", "cookie: vaste_person=aino"];
    let page = ask(service.port, &format!("GET {AGENDA} HTTP/1.0"), &headers, "");
    assert!(page.contains("name=\"text\"") && !page.contains("name=\"by\""), "{page}");
    assert!(!page.contains("aino"), "{page}");
    let form = "action=note&text=A+quiet+week.&by=mikko";
    let sent = ask(service.port, &format!("POST {AGENDA} HTTP/1.0"), &headers, form);
    assert!(sent.starts_with("HTTP/1.0 303"), "{sent}");
    assert!(!sent.to_lowercase().contains("set-cookie"), "{sent}");
    let noted = wait_for("the note", || {
        let (_, log) = fetch(service.port, "/api/v1/teams/billing/log")?;
        log.contains("A quiet week.").then_some(log)
    });
    assert!(noted.contains("sara") && !noted.contains("mikko"), "{noted}");
}
