//! Pages from pictures that real events made: what they say, and what they never let through.

use std::borrow::Cow;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::*;
use crate::agreement::{About, Agreement, Level, Objective, Owner, State, Target};
use crate::alert;
use crate::event::{Event, Kind, Maker, Priority, Subject};
use crate::measure::Measure;
use crate::rules::Rules;
use crate::service::http;
use crate::service::instruments::Instruments;
use crate::service::picture::{Shared, Stream};
use crate::shard::Shard;
use crate::share::Share;
use crate::time::{DAY_MS, Elapsed, HOUR_MS, MINUTE_MS, Timestamp};
use crate::view::View;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// Monday at nine: the instant of every picture.
fn now() -> Timestamp {
    at("2026-11-23T09:00:00Z")
}

fn within(name: &str, measure: Measure, hours: i64, min_tickets: u64) -> Objective {
    let level = Level::Within {
        target: Target::calendar(Elapsed::from_ms(hours * HOUR_MS)),
        by_priority: [None; 4],
        share: Share::from_basis_points(9_000).unwrap(),
        min_tickets,
    };
    line(name, measure, level)
}

fn none_over(name: &str, days: i64) -> Objective {
    line(
        name,
        Measure::FirstReply,
        Level::NoneOver(Target::calendar(Elapsed::from_ms(days * DAY_MS))),
    )
}

fn line(name: &str, measure: Measure, level: Level) -> Objective {
    Objective::new(name, measure, level)
}

fn agreement(team: &str, finnish: &str, english: &str, objectives: Vec<Objective>) -> Agreement {
    let about = About {
        name: team.into(),
        names: vec![("fi", finnish.into()), ("en", english.into())],
        agreed: chrono::NaiveDate::from_ymd_opt(2026, 9, 1).map(|day| (day, 3)),
        look_again: chrono::NaiveDate::from_ymd_opt(2027, 3, 1),
        hours: None,
        labels: Vec::new(),
        runbook_url: Some("https://wiki.example/answers?team=a&then=b".into()),
    };
    Agreement { owner: Owner::Team(team.into()), hours: None, objectives, about }
}

/// Teams in every state, and one that has not agreed.
fn agreements() -> Vec<Agreement> {
    let mut urgent = within("first-reply", Measure::FirstReply, 4, 20);
    if let Level::Within { by_priority, .. } = &mut urgent.level {
        let half_an_hour = Target::calendar(Elapsed::from_ms(30 * MINUTE_MS));
        by_priority[Priority::Urgent.index()] = Some(half_an_hour);
    }
    let few = within("solved", Measure::Resolution, 72, 80);
    let organisation = Agreement {
        owner: Owner::Organisation,
        hours: None,
        objectives: vec![none_over("nobody-forgotten", 30)],
        about: About { name: "Example Oy".into(), ..About::default() },
    };
    let press = About { name: "press".into(), ..About::default() };
    vec![
        agreement("billing", "Laskutus", "Billing", vec![urgent, none_over("nobody-forgotten", 5)]),
        agreement(
            "support",
            "Tuki",
            "Support",
            vec![within("first-reply", Measure::FirstReply, 8, 20), few],
        ),
        agreement(
            "orders",
            "Tilaukset",
            "Orders",
            vec![within("first-reply", Measure::FirstReply, 4, 20)],
        ),
        Agreement {
            owner: Owner::Team("press".into()),
            hours: None,
            objectives: Vec::new(),
            about: press,
        },
        organisation,
    ]
}

/// Events becoming a picture, through the same shard and view as in the service.
struct Story {
    rules: Arc<Rules>,
    shard: Shard,
    view: View,
    events: u64,
}

impl Story {
    fn new(agreements: &[Agreement]) -> Self {
        let measures = [Measure::FirstReply, Measure::NextReply, Measure::Resolution];
        let rules = Arc::new(Rules::new(agreements, &measures));
        let shard = Shard::new(Arc::clone(&rules));
        let view = View::new(Arc::clone(&rules), now());
        Self { rules, shard, view, events: 0 }
    }

    fn happens(&mut self, kind: Kind, team: Option<&str>, ticket: &str, at: Timestamp) {
        self.events += 1;
        let event = Event {
            kind,
            time: at,
            identity: self.events,
            subject: Subject::Ticket(Cow::Owned(ticket.to_owned())),
            team: team.map(|team| Cow::Owned(team.to_owned())),
            priority: None,
            channel: None,
            agent: None,
            maker: Maker::Customer,
            detail: None,
        };
        self.shard.apply(&event, &mut self.view);
    }

    /// So many tickets, an hour after each other until two days ago, answered after so many minutes.
    fn answered(&mut self, team: &str, name: &str, count: i64, minutes: i64) {
        for number in 0..count {
            let created = now().minus(Elapsed::from_ms(2 * DAY_MS + number * HOUR_MS));
            let ticket = format!("{team}-{name}-{number}");
            self.happens(Kind::Created, Some(team), &ticket, created);
            let replied = created.plus(Elapsed::from_ms(minutes * MINUTE_MS));
            self.happens(Kind::AgentReplied, Some(team), &ticket, replied);
            let solved = replied.plus(Elapsed::from_ms(20 * HOUR_MS));
            self.happens(Kind::Solved, Some(team), &ticket, solved);
        }
    }

    /// A ticket that has waited so many minutes.
    fn waits(&mut self, team: Option<&str>, ticket: &str, minutes: i64) {
        let created = now().minus(Elapsed::from_ms(minutes * MINUTE_MS));
        self.happens(Kind::Created, team, ticket, created);
    }

    fn picture(&mut self) -> Picture {
        self.shard.advance(now(), &mut self.view);
        let overdue = self
            .rules
            .objectives()
            .map(|(id, _, _)| (self.view.waiting_over(id), self.view.waiting_beyond(id, 80)));
        Picture {
            at: Some(now()),
            rules: Arc::clone(&self.rules),
            readings: self.view.readings(),
            verdicts: self.view.verdicts(),
            overdue: overdue.collect(),
            given_up: Vec::new(),
            alerts: alert::Alerts::new(&self.rules),
            stream: Stream::default(),
            started: now(),
            caught_up_at: Some(now()),
            frozen: None,
            trusted: None,
        }
    }
}

/// Billing misses both its objectives, support is at risk in one and has too few in the other, orders
/// meets its own, press has not agreed, and two tickets are nobody's.
fn story() -> Story {
    let mut story = Story::new(&agreements());
    story.answered("billing", "quick", 40, 65);
    story.answered("billing", "late", 5, 300);
    story.waits(Some("billing"), "forgotten", 6 * 24 * 60);
    story.waits(Some("billing"), "soon", 230);
    story.waits(Some("billing"), "new", 5);
    story.answered("support", "quick", 46, 200);
    story.answered("support", "late", 5, 600);
    story.answered("orders", "quick", 30, 15);
    story.answered("press", "any", 3, 90);
    story.waits(Some("press"), "press", 30);
    story.waits(None, "nobodys", 26 * 60);
    story.waits(Some("gone"), "of a team that is not declared", 3);
    story
}

fn frozen_now(mut picture: Picture, doubt: Doubt, has_been_trusted: bool) -> Picture {
    if has_been_trusted {
        picture = Picture { trusted: Some(Arc::new(story().picture())), ..picture };
    }
    Picture { frozen: Some(doubt), ..picture }
}

fn reader(code: &str) -> Reader {
    Reader { language: Language::from_code(code).unwrap(), is_asked: false }
}

fn html(picture: &Picture, route: &Route, code: &str) -> String {
    page(picture, route, reader(code)).html.into_string()
}

/// The words of a page, a line for each block, with the states of its objectives.
fn text(html: &str) -> String {
    const BLOCKS: [&str; 16] = [
        "p", "h1", "h2", "h3", "li", "tr", "dt", "article", "section", "main", "header", "caption",
        "title", "ul", "nav", "dl",
    ];
    let mut text = String::new();
    for piece in html.split('<').skip(1) {
        let (tag, words) = piece.split_once('>').unwrap();
        let name = tag.split([' ', '\n']).next().unwrap().trim_start_matches('/');
        if BLOCKS.contains(&name) {
            text.push('\n');
        } else if ["td", "th", "dd"].contains(&name) && !tag.starts_with('/') {
            text.push_str(" | ");
        }
        for attribute in ["data-state", "data-last-state", "data-team-state"] {
            if let Some((_, value)) = tag.split_once(&format!("{attribute}=\"")) {
                text.extend(["[", attribute, " ", value.split('"').next().unwrap(), "] "]);
            }
        }
        text.push_str(words);
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| line.replace('\u{a0}', " ") + "\n").collect()
}

fn snapshot(name: &str, page: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../../tests/board");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, page));
}

fn objective_of(team: &str, name: &str) -> Route {
    Route::Objective(team.to_owned(), name.to_owned())
}

#[test]
fn pages_say_how_every_team_stands_in_both_languages() {
    let picture = story().picture();
    for code in ["en", "fi"] {
        let shown = |route| text(&html(&picture, &route, code));
        snapshot(&format!("teams_{code}"), &shown(Route::Teams));
        let teams = ["billing", "press", "_unclaimed", "_all"];
        let teams = teams.map(|team| shown(Route::Team(team.to_owned())));
        snapshot(&format!("team_{code}"), &teams.join("\n=====\n\n"));
        let objectives = [
            ("billing", "first-reply"),
            ("billing", "nobody-forgotten"),
            ("support", "first-reply"),
            ("support", "solved"),
            ("orders", "first-reply"),
        ];
        let objectives = objectives.map(|(team, name)| shown(objective_of(team, name)));
        snapshot(&format!("objective_{code}"), &objectives.join("\n=====\n\n"));
        let missing =
            [Route::Unknown, Route::Team("nobody".to_owned()), objective_of("billing", "nothing")];
        snapshot(&format!("not_found_{code}"), &missing.map(shown).join("\n=====\n\n"));
    }
}

/// A miss that is certain before there are enough tickets, a history that begins within the window, and
/// nothing at all.
#[test]
fn pages_say_why_a_verdict_is_what_it_is() {
    let mut certain = Story::new(&agreements());
    certain.answered("orders", "late", 3, 600);
    let certain = certain.picture();
    let mut recent = story();
    recent.view.set_history_from(Some(now().minus(Elapsed::from_ms(DAY_MS))));
    let recent = recent.picture();
    let empty = Story::new(&agreements()).picture();
    for code in ["en", "fi"] {
        let orders = objective_of("orders", "first-reply");
        let nobody = objective_of("_all", "nobody-forgotten");
        let pages = [
            html(&certain, &orders, code),
            html(&recent, &orders, code),
            html(&recent, &nobody, code),
            html(&empty, &orders, code),
            html(&empty, &Route::Team("press".to_owned()), code),
        ];
        snapshot(&format!("why_{code}"), &pages.map(|page| text(&page)).join("\n=====\n\n"));
    }
}

#[test]
fn frozen_board_keeps_its_colours_and_says_so() {
    let mut story = story();
    story.view.set_frozen(true);
    let doubts = [
        Doubt::Starting,
        Doubt::Trouble("broker <b>down</b>".to_owned()),
        Doubt::PartitionsUnknown,
        Doubt::Overloaded,
        Doubt::PartitionsElsewhere { held: 1, all: 3 },
        Doubt::Behind { behind: 2, all: 3 },
    ];
    for code in ["en", "fi"] {
        let kept = frozen_now(story.picture(), Doubt::Behind { behind: 1, all: 3 }, true);
        let page = text(&html(&kept, &objective_of("billing", "first-reply"), code));
        snapshot(&format!("frozen_{code}"), &page);
        let mut pages = Vec::new();
        for doubt in &doubts {
            let fresh = frozen_now(story.picture(), doubt.clone(), false);
            pages.push(text(&html(&fresh, &Route::Team("billing".to_owned()), code)));
        }
        snapshot(&format!("being_read_{code}"), &pages.join("\n=====\n\n"));
    }
}

#[test]
fn a_frozen_picture_keeps_the_last_trusted_one_and_no_chain_of_them() {
    let trusted = Arc::new(story().picture());
    let frozen = Picture {
        frozen: Some(Doubt::Starting),
        trusted: Picture::last_trusted(&trusted),
        ..story().picture()
    };
    let next = Picture::last_trusted(&Arc::new(frozen)).unwrap();
    assert!(Arc::ptr_eq(&next, &trusted));
    assert!(next.trusted.is_none());
}

#[test]
fn hostile_names_inject_nothing_and_their_pages_are_found() {
    let names = [
        "<script>alert(1)</script>".to_owned(),
        "\"' onmouseover=x a=\"".to_owned(),
        "a/b?c#d%2F&amp;é".to_owned(),
        "\u{202e}\u{2069}gnillib".to_owned(),
        "   ".to_owned(),
        "W".repeat(128),
        "{ $count }".to_owned(),
        "]]>--><!--".to_owned(),
    ];
    for name in &names {
        let objective = within(name, Measure::FirstReply, 4, 1);
        let agreements = [agreement(name, name, name, vec![objective])];
        let mut story = Story::new(&agreements);
        story.answered(name, "t", 3, 10);
        let picture = story.picture();
        for route in [Route::Teams, Route::Team(name.clone()), objective_of(name, name)] {
            let page = page(&picture, &route, reader("fi"));
            assert!(page.is_found, "{name}");
            let html = page.html.into_string();
            for bad in ["<script", "\" onm", "<!--", "style=\""] {
                assert!(!html.contains(bad), "{name}: {bad} in {html}");
            }
            let shown = text(&html);
            assert!(!shown.contains(['\u{202e}', '\u{2069}']), "{shown}");
            let links = html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
            for link in links.filter(|link| link.starts_with("/teams/")) {
                let plain = |c: char| c.is_ascii_alphanumeric() || "/%?=-._~".contains(c);
                assert!(link.chars().all(plain), "{link}");
            }
        }
    }
}

#[test]
fn every_objective_carries_its_state_for_machines() {
    let picture = story().picture();
    let page = html(&picture, &Route::Teams, "en");
    for (team, objective, state) in [
        ("billing", "first-reply", State::Missed),
        ("billing", "nobody-forgotten", State::Missed),
        ("support", "first-reply", State::AtRisk),
        ("support", "solved", State::InsufficientData),
        ("orders", "first-reply", State::Met),
        ("_all", "nobody-forgotten", State::Met),
        ("press", "", State::NotAgreed),
        ("_unclaimed", "", State::NotAgreed),
    ] {
        let state = state.label();
        let hook =
            format!("data-team=\"{team}\" data-objective=\"{objective}\" data-state=\"{state}\"");
        assert!(page.contains(&hook), "{hook}");
    }
    let frozen = frozen_now(picture, Doubt::Starting, true);
    let page = html(&frozen, &Route::Teams, "en");
    assert!(
        page.contains(
            "data-objective=\"first-reply\" data-state=\"frozen\" data-last-state=\"met\""
        )
    );
}

#[test]
fn links_keep_the_language_that_was_asked_for() {
    let picture = story().picture();
    let asked = Reader { is_asked: true, ..reader("fi") };
    let page = page(&picture, &objective_of("billing", "first-reply"), asked).html.into_string();
    let links = page.split("<a ").skip(1).filter(|link| link.contains("href=\"/"));
    let (mut finnish, mut english) = (0, 0);
    for link in links {
        finnish += usize::from(link.contains("?lang=fi\""));
        english += usize::from(link.contains("?lang=en\""));
    }
    assert_eq!((finnish, english), (3, 1), "{page}");
}

#[test]
fn a_share_that_misses_its_level_never_looks_as_if_it_reached_it() {
    let agreed = Share::from_basis_points(9_000).unwrap();
    let objective = within("o", Measure::FirstReply, 4, 1);
    let mut verdict = story().picture().verdicts.swap_remove(0);
    for decided in 1..300_u64 {
        for missed in 0..=decided {
            (verdict.decided, verdict.missed) = (decided, missed);
            let line = sight::Line {
                slot: crate::rules::Slot::FIRST,
                objective: &objective,
                verdict: Some(&verdict),
                over_target: 0,
                due_soon: 0,
            };
            let is_met = agreed.is_met_by(decided - missed, decided);
            let shown = line.shown_share(agreed).unwrap();
            assert_eq!(shown >= 9_000, is_met);
            assert_eq!(shown == 10_000, missed == 0);
            assert_eq!(line.allowance().is_some_and(|(allowed, _)| missed <= allowed), is_met);
        }
    }
}

/// The service's own routes on a port of their own.
fn serve(picture: Picture) -> (tokio::runtime::Runtime, SocketAddr) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listener =
        runtime.block_on(tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
    let address = listener.local_addr().unwrap();
    let routes = http::routes(Shared {
        instruments: Arc::new(Instruments::new(0, &picture.rules, (0, now())).unwrap()),
        picture: Arc::new(ArcSwap::from_pointee(picture)),
    });
    runtime.spawn(async { axum::serve(listener, routes).await });
    (runtime, address)
}

/// The head and the body of the answer to one request.
fn answer(address: SocketAddr, request: &str, more: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!("{request} HTTP/1.1\r\nhost: board\r\nconnection: close\r\n{more}\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_lowercase(), body.to_owned())
}

#[test]
fn every_response_is_guarded_and_nothing_but_reading_is_allowed() {
    let (_runtime, address) = serve(story().picture());
    for (request, status) in [
        ("GET /", "200"),
        ("HEAD /", "200"),
        ("GET /teams/billing", "200"),
        ("GET /teams/%62illing/objectives/first-reply?lang=fi", "200"),
        ("GET /teams/_all", "200"),
        ("GET /teams/_unclaimed", "200"),
        ("GET /teams/unclaimed", "404"),
        ("GET /teams/nobody", "404"),
        ("GET /teams/%ff", "404"),
        ("GET /teams/billing/objectives/nothing", "404"),
        ("GET /nothing", "404"),
        ("GET /assets/board.css", "200"),
        ("GET /assets/icon.svg", "200"),
        ("GET /assets/..%2f..%2fsecret", "404"),
        ("GET /metrics", "200"),
        ("GET /-/ready", "200"),
        ("GET /-/healthy", "200"),
        ("POST /", "405"),
        ("DELETE /teams/billing", "405"),
        ("PUT /nothing", "405"),
    ] {
        let (head, body) = answer(address, request, "");
        assert!(head.starts_with(&format!("http/1.1 {status} ")), "{request}: {head}");
        for guard in [
            "content-security-policy: default-src 'none'; style-src 'self'; img-src 'self'; base-uri \
             'none'; form-action 'none'; frame-ancestors 'none'",
            "x-content-type-options: nosniff",
            "x-frame-options: deny",
            "referrer-policy: no-referrer",
        ] {
            assert!(head.contains(guard), "{request}: {guard} in {head}");
        }
        let is_page = head.contains("content-type: text/html");
        assert_eq!(is_page, head.contains("cache-control: no-store"), "{request}: {head}");
        assert_eq!(is_page && !request.starts_with("HEAD"), body.contains("<html"), "{request}");
    }
}

#[test]
fn language_is_that_of_the_address_then_of_the_browser() {
    let (_runtime, address) = serve(story().picture());
    for (path, more, lang) in [
        ("/", "", "en"),
        ("/", "accept-language: fi-FI,fi;q=0.9\r\n", "fi"),
        ("/?lang=fi", "accept-language: en\r\n", "fi"),
        ("/?a=b&lang=en", "accept-language: fi\r\n", "en"),
        ("/?lang=xx", "accept-language: fi\r\n", "fi"),
    ] {
        let (_, body) = answer(address, &format!("GET {path}"), more);
        assert!(body.contains(&format!("<html lang=\"{lang}\">")), "{path} {more}");
    }
}
