//! The board as a person sees it in Chromium: on a phone, a laptop and a wall, in every language.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use rdkafka::config::ClientConfig;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use serde_json::Value;

use crate::abuse::{NO_BROKER, Service};
use crate::browser::Browser;
use crate::demo::Demo;
use crate::process::{fetch, wait_for};

const LANGUAGES: [&str; 3] = ["en", "fi", "sv"];
const SCHEMES: [&str; 2] = ["light", "dark"];

/// The pages of the demo, with the names of their pictures.
const PAGES: [(&str, &str); 14] = [
    ("front", "/"),
    ("team", "/teams/deliveries"),
    ("objective", "/teams/deliveries/objectives/first-reply"),
    ("limit", "/teams/technical/objectives/nobody-forgotten"),
    ("unclaimed", "/teams/_unclaimed"),
    ("agenda", "/teams/deliveries/agenda"),
    ("turn", "/teams/deliveries/turn"),
    ("own", "/teams/deliveries/own?by=lumi"),
    ("organisation", "/teams/_all"),
    ("changed", "/teams/billing/objectives/first-reply"),
    ("tickets", "/teams/deliveries/objectives/first-reply/tickets"),
    ("search", "/search?q=ing"),
    ("stream", "/stream"),
    ("missing", "/teams/nobody"),
];

/// Screens: a name, the size in pixels, and whether it hangs on a wall.
const SCREENS: [(&str, [u32; 2], bool); 4] = [
    ("phone", [390, 844], false),
    // The laptop at 200 %.
    ("zoomed", [640, 400], false),
    ("laptop", [1280, 800], false),
    ("wall", [1920, 1080], true),
];

/// The address of a page in a language.
pub(crate) fn url(port: u16, path: &str, language: &str) -> String {
    let mark = if path.contains('?') { '&' } else { '?' };
    format!("http://127.0.0.1:{port}{path}{mark}lang={language}")
}

fn wall(port: u16, language: &str) -> String {
    url(port, "/", language) + "&wall"
}

/// The folder of the pictures, which stay with the test output.
pub(crate) fn pictures() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("board");
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A demo that has read all past events.
pub(crate) fn demo() -> Demo {
    let demo = Demo::start(&["--seed", "7"]);
    demo.metrics();
    demo
}

/// Whether the page is wider than the window, and how much of its text reaches the right third.
const FIT: &str = "(() => {
  const rects = [];
  const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const range = document.createRange();
    range.selectNodeContents(node);
    if (node.nodeValue.trim()) rects.push(...range.getClientRects());
  }
  const shown = rects.filter((rect) => rect.width > 1);
  return {
    sticksOut: document.documentElement.scrollWidth > innerWidth,
    rightThird: shown.filter((rect) => rect.right > innerWidth * 2 / 3).length / shown.length,
  };
})()";

#[test]
fn a_browser_fits_every_page_to_every_screen() {
    let Some(mut browser) = Browser::start() else { return };
    let demo = demo();
    let pictures = pictures();
    let mut wrong = String::new();
    for (screen, size, is_wall) in SCREENS {
        browser.resize(size);
        for language in LANGUAGES {
            let ticket = ticket(&demo);
            let pages = PAGES.into_iter().chain([("ticket", &*ticket)]);
            let pages: Vec<_> =
                pages.map(|(page, path)| (page, url(demo.port, path, language))).collect();
            let wall = [("screen", wall(demo.port, language))];
            for (page, url) in if is_wall { &wall[..] } else { &pages[..] } {
                for scheme in SCHEMES {
                    browser.set_media(scheme, "screen");
                    browser.open(url);
                    let name = format!("{page}-{screen}-{language}-{scheme}");
                    browser.screenshot(&pictures.join(format!("{name}.png")));
                    let fit = browser.evaluate(FIT);
                    if fit["sticksOut"] == true {
                        writeln!(wrong, "{name} sticks out of the window").unwrap();
                    }
                    let part = fit["rightThird"].as_f64().unwrap();
                    let is_short = ["missing", "search", "ticket"].contains(page);
                    if screen == "laptop" && !is_short && part < 0.1 {
                        writeln!(wrong, "{name} leaves the right third empty: {part}").unwrap();
                    }
                }
            }
        }
    }
    println!("pictures are in {}", pictures.display());
    assert!(wrong.is_empty(), "{wrong}");
    assert!(browser.faults.is_empty(), "{:?}", browser.faults);
}

#[test]
fn a_browser_finds_every_page_accessible() {
    let Some(mut browser) = Browser::start() else { return };
    let Ok(axe) = std::env::var("VASTE_TEST_AXE") else {
        println!("left out: no axe-core in VASTE_TEST_AXE; tests/run fetches it");
        return;
    };
    let axe = fs::read_to_string(axe).unwrap();
    let demo = demo();
    let mut wrong = String::new();
    browser.resize([1280, 800]);
    for language in LANGUAGES {
        let ticket = ticket(&demo);
        let paths = PAGES.iter().map(|(_, path)| *path).chain([&*ticket]);
        let pages: Vec<String> = paths.map(|path| url(demo.port, path, language)).collect();
        for url in pages.iter().chain([&wall(demo.port, language)]) {
            for scheme in SCHEMES {
                browser.set_media(scheme, "screen");
                browser.open(url);
                // Rows are checked as they look when they are open.
                browser.evaluate(
                    "document.querySelectorAll('main details').forEach((row) => { row.open = true })",
                );
                browser.evaluate(&format!("{axe}; true"));
                let found = browser.evaluate(
                    "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
                       violations.map(({ id, help, nodes }) =>
                         [id, help, ...nodes.slice(0, 3).map(({ html }) => html.slice(0, 160))].join(': ')))",
                );
                for violation in found.as_array().into_iter().flatten().filter_map(Value::as_str) {
                    writeln!(wrong, "{url} {scheme}: {violation}").unwrap();
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The page of a ticket that waits.
fn ticket(demo: &Demo) -> String {
    wait_for("a ticket that waits", || {
        let list = demo.get("/teams/deliveries/objectives/first-reply/tickets")?;
        let (_, link) = list.split_once("href=\"/tickets/")?;
        Some(format!("/tickets/{}", link.split('"').next()?))
    })
}

#[test]
fn a_browser_goes_from_a_missed_objective_to_a_ticket() {
    let Some(mut browser) = Browser::start() else { return };
    let demo = demo();
    browser.resize([1280, 800]);
    let path = ticket(&demo);
    browser.open(&url(demo.port, &path, "en"));
    let id = path.trim_start_matches("/tickets/").to_owned();
    assert!(browser.text("document.querySelector('main').textContent").contains(&id));
    // The same by the search.
    browser.open(&url(demo.port, "/", "en"));
    browser.evaluate(&format!(
        "(() => {{
           const field = document.querySelector('header input[name=q]');
           field.value = {id:?};
           field.form.requestSubmit();
           return true;
         }})()"
    ));
    browser.wait_until("the page of the ticket", &format!("location.pathname === {path:?}"));
    assert!(browser.faults.is_empty(), "{:?}", browser.faults);
}

#[test]
fn a_browser_opens_a_row_by_keyboard() {
    let Some(mut browser) = Browser::start() else { return };
    let demo = demo();
    browser.resize([1280, 800]);
    browser.open(&url(demo.port, "/", "en"));
    // The brand, the other languages and the other order come first.
    wait_for("a row to have the focus", || {
        browser.press("Tab", 9, "");
        let focused = browser.text("document.activeElement.nodeName");
        (focused == "SUMMARY").then_some(())
    });
    let outline = browser.text("getComputedStyle(document.activeElement).outlineStyle");
    assert_eq!(outline, "solid", "the focus can be seen");
    browser.press("Enter", 13, "\r");
    assert_eq!(browser.evaluate("document.activeElement.parentElement.open"), true);
}

/// The demo goes on, so the instant of a page moves on.
#[test]
fn a_browser_shows_news_without_loading_the_page_again() {
    let Some(mut browser) = Browser::start() else { return };
    let demo = demo();
    browser.resize([1280, 800]);
    browser.open(&url(demo.port, "/", "fi"));
    let before = browser.text("document.querySelector('.as-of').textContent");
    browser.evaluate(
        "window.isSamePage = true;
         const row = document.querySelector('[data-key=technical]');
         row.querySelector('summary').focus();
         row.querySelector('details').open = true;
         window.row = row;
         scrollTo(0, 40);
         true",
    );
    browser.wait_until(
        "the instant of the page to move on",
        &format!("document.querySelector('.as-of').textContent !== {before:?}"),
    );
    let kept = browser.evaluate(
        "[window.isSamePage, window.row.isConnected, window.row.querySelector('details').open,
          document.activeElement === window.row.querySelector('summary'), scrollY === 40]",
    );
    assert_eq!(kept, serde_json::json!(vec![true; 5]));
    assert!(browser.faults.is_empty(), "{:?}", browser.faults);
}

#[test]
fn a_browser_says_that_the_connection_is_lost() {
    let Some(mut browser) = Browser::start() else { return };
    let demo = demo();
    browser.resize([1920, 1080]);
    browser.open(&wall(demo.port, "sv"));
    assert_eq!(browser.text("document.getElementById('connection').textContent"), "");
    let (code, _) = demo.terminate();
    assert_eq!(code, Some(0));
    browser.wait_until(
        "the page to say that the connection is lost",
        "document.getElementById('connection').textContent !== ''",
    );
    let said = browser.text("document.getElementById('connection').textContent");
    assert!(
        said.starts_with("Ingen anslutning till Vaste. Färger och siffror visar läget "),
        "{said}"
    );
    assert_eq!(browser.evaluate("document.querySelectorAll('#wall > li').length > 5"), true);
    browser.screenshot(&pictures().join("screen-lost.png"));
}

#[test]
fn a_browser_on_a_wall_turns_to_the_teams_that_do_not_fit() {
    let Some(mut browser) = Browser::start() else { return };
    let demo = demo();
    // A phone shows five at a time.
    browser.resize([390, 844]);
    browser.open(&wall(demo.port, "en"));
    // The order may change with an update, so both lists are of one moment.
    let keys = "const keys = (all) => [...all].map((team) => team.dataset.key).join(' ');";
    let lists = format!(
        "(() => {{ {keys}
           return keys(document.querySelectorAll('#wall > li')) + ';' +
             keys(document.querySelectorAll('#wall > li:not([hidden])')); }})()"
    );
    let teams_shown = |browser: &mut Browser| {
        let lists = browser.text(&lists);
        let (all, shown) = lists.split_once(';').unwrap();
        let list = |keys: &str| keys.split(' ').map(str::to_owned).collect::<Vec<_>>();
        (list(all), list(shown))
    };
    let (all, first) = teams_shown(&mut browser);
    assert!(all.len() > 5 && first == all[..5], "{all:?}: {first:?}");
    assert_eq!(browser.text("document.getElementById('wall-page').textContent"), "1 / 2");
    browser.wait_until(
        "the next page",
        "document.getElementById('wall-page').textContent === '2 / 2'",
    );
    let (all, second) = teams_shown(&mut browser);
    assert!(second == all[5..], "{all:?}: {second:?}");
    // Without the script, the page refreshes itself and shows the first ones.
    browser.call("Emulation.setScriptExecutionDisabled", &serde_json::json!({ "value": true }));
    let html = demo.get("/?lang=en&wall").unwrap();
    assert!(
        html.contains("<noscript><meta http-equiv=\"refresh\" content=\"30\"></noscript>"),
        "{html}"
    );
}

/// A team with hostile names, and a service that has read nothing yet.
#[test]
fn a_browser_runs_nothing_that_names_contain() {
    let Some(mut browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let hostile = r#"
team: "<script>window.hacked=1</script>"
name:
  fi: "\"><img src=x onerror=window.hacked=2>"
  en: "<svg onload=window.hacked=3>"
  sv: "'}]);window.hacked=4//"
runbook_url: "https://wiki.example/'onmouseover='window.hacked=5'x='"
objectives:
  - { name: "window.hacked", measure: first_reply, none_over: 1h }
"#;
    fs::write(folder.path().join("hostile-agreement.yaml"), hostile).unwrap();
    let service = Service::start_in(folder, NO_BROKER, "", &[]);
    let team = "/teams/%3Cscript%3Ewindow.hacked%3D1%3C%2Fscript%3E";
    let objective = format!("{team}/objectives/window.hacked");
    let unknown = "/teams/%22%3E%3Cscript%3Ewindow.hacked=7%3C%2Fscript%3E";
    for language in LANGUAGES {
        for path in ["/", team, &objective, unknown] {
            browser.open(&url(service.port, path, language));
            // The script takes over what it fetches.
            browser.evaluate(
                "fetch(location.href).then((response) => response.text()).then(() => true)",
            );
            let hacked = browser.evaluate(
                "window.hacked === undefined && !document.querySelector('main script, main img')",
            );
            assert_eq!(hacked, true, "{path} {language}");
        }
        let shown = browser.text("document.querySelector('main').textContent");
        assert!(!shown.is_empty());
        browser.open(&url(service.port, "/", language));
        let banner = browser.text("document.querySelector('.banner > p').textContent");
        for word in ["Kafka", "partition", "broker"] {
            assert!(!banner.contains(word), "a team does not know {word}: {banner}");
        }
    }
    assert!(browser.faults.is_empty(), "{:?}", browser.faults);
}

/// An agreement whose every text is hostile.
const HOSTILE_AGREEMENT: &str = r#"
team: "<script>window.hacked=21</script>"
was_named: ["<img src=x onerror=window.hacked=22>"]
name: { en: "\"><svg onload=window.hacked=23>" }
objectives:
  - name: "javascript:/@#+-"
    measure: first_reply
    within: 1h always
    min_tickets: 1
    market: { within: 2h always, source: "<img src=x onerror=window.hacked=27>" }
    split: { channel: ["<img src=x onerror=window.hacked=28>"] }
"#;

/// Ids of tickets with the characters that are allowed.
const ODD_IDS: [&str; 6] = [
    "javascript:alert/1//",
    "//evil.example/x",
    "../../../teams",
    "#a@b+c:1/",
    "data:text/html",
    "-1",
];

/// Publishes records that hostile or careless producers may write, two hours old, to two partitions.
fn publish_hostile_records(brokers: &str, topic: &str) {
    #[expect(clippy::disallowed_methods, reason = "a test of the running service")]
    let now = std::time::SystemTime::now();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap();
    let at = vaste::time::Timestamp::from_ms(i64::try_from(now.as_millis()).unwrap())
        .minus(vaste::time::Elapsed::from_ms(2 * vaste::time::HOUR_MS));
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", brokers).create().unwrap();
    let mut number = 0;
    let mut send = |partition: i32, key: &str, ticket: &str, kind: &str, more: Value| {
        number += 1;
        let id = format!("<img src=x onerror=window.hacked=30>{number}");
        let mut record = serde_json::json!({
            "id": id, "type": kind, "time": at.to_string(),
            "source": "<img src=x onerror=window.hacked=31>",
        });
        if !ticket.is_empty() {
            record["ticket"] = ticket.into();
        }
        record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let payload = record.to_string();
        let message = BaseRecord::to(topic).partition(partition).key(key).payload(&payload);
        producer.send(message).map_err(|(error, _)| error).unwrap();
    };
    let channel = "<img src=x onerror=window.hacked=28>";
    for id in ODD_IDS {
        let team = serde_json::json!({
            "team": "<img src=x onerror=window.hacked=22>", "channel": channel,
        });
        send(0, id, id, "ticket.created", team);
    }
    let key = "<img src=x onerror=window.hacked=32>";
    let other_team = serde_json::json!({ "team": "\"><img src=x onerror=window.hacked=33>" });
    send(0, key, "O-1", "ticket.created", other_team);
    send(0, key, "O-2", "ticket.<img src=x onerror=window.hacked=34>", serde_json::json!({}));
    send(0, key, "<img src=x onerror=window.hacked=35>", "ticket.created", serde_json::json!({}));
    // What people say in the team.
    for (number, kind) in ["concern_raised", "decided", "turn_noted"].into_iter().enumerate() {
        let said = serde_json::json!({
            "team": "<img src=x onerror=window.hacked=22>", "concern": "c", "decision": "d",
            "by": format!("<img src=x onerror=window.hacked=4{number}>"),
            "owner": "<img src=x onerror=window.hacked=37>",
            "text": format!("</textarea></title><svg onload=window.hacked=5{number}>"),
        });
        send(0, key, "", &format!("team.{kind}"), said);
    }
    // A ticket in two partitions.
    send(0, key, "split:@/#1", "ticket.created", serde_json::json!({}));
    send(1, key, "split:@/#1", "ticket.solved", serde_json::json!({}));
    producer.flush(std::time::Duration::from_secs(30)).unwrap();
}

/// Opens a page and checks that nothing in it runs, and that its links stay where they belong.
fn runs_nothing(browser: &mut Browser, port: u16, path: &str) {
    browser.open(&url(port, path, "en"));
    let wrong = browser.evaluate(
        "(() => {
           const wrong = [];
           if (window.hacked !== undefined) wrong.push(`hacked ${window.hacked}`);
           for (const { nodeName } of document.querySelectorAll('main script, main img')) {
             wrong.push(nodeName);
           }
           for (const element of document.querySelectorAll('*')) {
             for (const { name } of element.attributes) {
               if (name.startsWith('on') || name === 'style') wrong.push(name);
             }
           }
           for (const { href } of document.querySelectorAll('a')) {
             if (new URL(href).origin !== location.origin) wrong.push(href);
           }
           return wrong;
         })()",
    );
    assert_eq!(wrong, serde_json::json!([]), "{path}");
}

#[test]
fn a_browser_runs_nothing_that_records_contain() {
    let Some(mut browser) = Browser::start() else { return };
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("events", 2, 1).unwrap();
    let brokers = cluster.bootstrap_servers();
    publish_hostile_records(&brokers, "events");
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("hostile-agreement.yaml"), HOSTILE_AGREEMENT).unwrap();
    let kafka = format!("{{ brokers: [\"{brokers}\"], topic: events, group: hostile }}");
    let service = Service::start_in(folder, &kafka, "", &[]);
    let get = |path: &str| fetch(service.port, path).map(|(_, body)| body);
    let teams = wait_for("the teams", || {
        let teams: Value = serde_json::from_str(&get("/api/v1/teams")?).unwrap();
        teams["frozen"].is_null().then_some(teams["teams"].as_array()?.clone())
    });
    let team = "/teams/%3Cscript%3Ewindow.hacked%3D21%3C%2Fscript%3E";
    let objective = format!("{team}/objectives/javascript%3A%2F%40%23%2B-");
    let tickets = format!("{objective}/tickets");
    wait_for("the tickets", || {
        let list: Value = serde_json::from_str(&get(&format!("/api/v1{tickets}"))?).unwrap();
        (list["tickets"].as_array()?.len() == ODD_IDS.len()).then_some(())
    });
    wait_for("the past", || get(&objective).filter(|page| page.contains("history.csv")));
    assert!(teams.len() >= 3, "{teams:?}");
    let stream = wait_for("what producers must know", || {
        get("/stream?lang=en").filter(|page| page.contains("split:@/#1"))
    });
    for number in [32, 33, 34, 35] {
        assert!(stream.contains(&format!("window.hacked={number}")), "{number}: {stream}");
    }
    let agenda = format!("{team}/agenda");
    let said = wait_for("what people say", || {
        get(&agenda).filter(|page| ["50", "51", "52"].iter().all(|number| page.contains(number)))
    });
    for number in [50, 51, 52] {
        assert!(said.contains(&format!("window.hacked={number}")), "{number}: {said}");
    }
    let searched = "/search?q=%3Cimg%20src=x%20onerror=window.hacked=36%3E";
    let former = "/teams/%3Cimg%20src=x%20onerror=window.hacked=22%3E";
    for path in ["/", "/?wall", team, former, &objective, &tickets, &agenda, "/stream", searched] {
        runs_nothing(&mut browser, service.port, path);
    }
    // Each id leads to the page of its ticket.
    for (at, id) in ODD_IDS.into_iter().enumerate() {
        browser.open(&url(service.port, &tickets, "en"));
        let links = "[...document.querySelectorAll('table.tickets th a')]";
        let link = format!("{links}.find((link) => link.textContent === {id:?})");
        let path = browser.text(&format!("{link}.getAttribute('href')"));
        assert!(path.starts_with("/tickets/"), "{at}: {path}");
        let path = path.split('?').next().unwrap();
        runs_nothing(&mut browser, service.port, path);
        let heading = browser.text("document.querySelector('h1').textContent");
        assert_eq!(heading, format!("Ticket {id}"), "{path}");
    }
    assert!(browser.faults.is_empty(), "{:?}", browser.faults);
}

#[test]
fn a_browser_keeps_what_is_typed_while_the_page_changes() {
    let Some(mut browser) = Browser::start() else { return };
    let demo = demo();
    browser.resize([1280, 800]);
    browser.open(&url(demo.port, "/", "en"));
    browser.evaluate("document.querySelector('header input[name=q]').focus(); true");
    browser.call("Input.insertText", &serde_json::json!({ "text": "deliv" }));
    browser.evaluate("document.activeElement.setSelectionRange(1, 3); true");
    let before = browser.text("document.querySelector('.as-of').textContent");
    browser.wait_until(
        "the page to move on",
        &format!("document.querySelector('.as-of').textContent !== {before:?}"),
    );
    let field = browser.evaluate(
        "(() => {
           const { name, value, selectionStart, selectionEnd } = document.activeElement;
           return [name, value, selectionStart, selectionEnd];
         })()",
    );
    assert_eq!(field, serde_json::json!(["q", "deliv", 1, 3]));
    // What was typed is searched for.
    browser.press("Enter", 13, "\r");
    browser.wait_until("the search", "location.search.includes('q=deliv')");
    let found = browser.text("document.querySelector('main').textContent");
    assert!(found.contains("Deliveries"), "{found}");
    assert!(browser.faults.is_empty(), "{:?}", browser.faults);
}

#[test]
fn a_browser_prints_all_rows_in_black_on_white_without_navigation() {
    let Some(mut browser) = Browser::start() else { return };
    let demo = demo();
    browser.resize([800, 1100]);
    browser.set_media("dark", "print");
    browser.open(&url(demo.port, "/", "en"));
    let printed = browser.evaluate(
        "(() => {
           const style = (selector) => getComputedStyle(document.querySelector(selector));
           const all = (selector) => [...document.querySelectorAll(selector)];
           return {
             colours: [style('body').color, style('body').backgroundColor],
             navigation: all('nav').filter((nav) => nav.offsetHeight > 0).length,
             closed: all('.row-more').filter((row) => row.offsetHeight === 0).length,
           };
         })()",
    );
    let expected = serde_json::json!({
        "colours": ["rgb(0, 0, 0)", "rgb(255, 255, 255)"], "navigation": 0, "closed": 0,
    });
    browser.screenshot(&pictures().join("front-paper.png"));
    assert_eq!(printed, expected);
}
