//! Events becoming pictures, for the tests of what people and services are shown.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::agreement::{About, AgreedOn, Agreement, Level, Objective, Owner, Target};
use crate::alert;
use crate::catalog::Catalog;
use crate::config::{Config, Disk, PatternError};
use crate::event::{Event, Kind, Maker, Priority, Subject, decode};
use crate::measure::Measure;
use crate::responses::Responses;
use crate::service::coordinator::published_view::{self, ObjectiveDetail, PublishedView, Shared};
use crate::service::http::routes;
use crate::service::instruments::Instruments;
use crate::service::kafka::status::StreamStatus;
use crate::shard::Shard;
use crate::share::Share;
use crate::time::{DAY_MS, Elapsed, HOUR_MS, MINUTE_MS, Timestamp};
use crate::view::View;

pub(in crate::service) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// Monday at nine: the instant of every picture.
pub(in crate::service) fn now() -> Timestamp {
    at("2026-11-23T09:00:00Z")
}

pub(in crate::service) fn within(
    name: &str,
    measure: Measure,
    hours: i64,
    min_tickets: u64,
) -> Objective {
    let level = Level::Within {
        target: Target::calendar(Elapsed::from_ms(hours * HOUR_MS)),
        by_priority: [None; 4],
        share: Share::from_basis_points(9_000).unwrap(),
        min_tickets,
    };
    line(name, measure, level)
}

pub(in crate::service) fn none_over(name: &str, days: i64) -> Objective {
    line(
        name,
        Measure::FirstReply,
        Level::NoneOver(Target::calendar(Elapsed::from_ms(days * DAY_MS))),
    )
}

pub(in crate::service) fn line(name: &str, measure: Measure, level: Level) -> Objective {
    Objective::new(name, measure, level)
}

pub(in crate::service) fn agreement(
    team: &str,
    finnish: &str,
    english: &str,
    objectives: Vec<Objective>,
) -> Agreement {
    let about = About {
        name: team.into(),
        names: vec![("fi", finnish.into()), ("en", english.into())],
        agreed: chrono::NaiveDate::from_ymd_opt(2026, 9, 1)
            .map(|date| AgreedOn { date, people: 3 }),
        look_again: chrono::NaiveDate::from_ymd_opt(2027, 3, 1),
        hours: None,
        labels: Vec::new(),
        runbook_url: Some("https://wiki.example/answers?team=a&then=b".into()),
    };
    Agreement { owner: Owner::Team(team.into()), hours: None, objectives, about }
}

/// Teams in every state, and one that has not agreed.
pub(in crate::service) fn agreements() -> Vec<Agreement> {
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
pub(in crate::service) struct ScenarioRun {
    pub(in crate::service) catalog: Arc<Catalog>,
    shard: Shard,
    pub(in crate::service) view: View,
    events: u64,
}

impl ScenarioRun {
    pub(in crate::service) fn new(agreements: &[Agreement]) -> Self {
        let measures = [Measure::FirstReply, Measure::NextReply, Measure::Resolution];
        Self::of(Catalog::new(agreements, &measures))
    }

    fn of(catalog: Catalog) -> Self {
        let catalog = Arc::new(catalog);
        let shard = Shard::new(Arc::clone(&catalog));
        let view = View::new(Arc::clone(&catalog), now());
        Self { catalog, shard, view, events: 0 }
    }

    pub(in crate::service) fn happens(
        &mut self,
        kind: Kind,
        team: Option<&str>,
        ticket: &str,
        at: Timestamp,
    ) {
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

    /// What an event of the topic says: its ticket, its type, the minute, and further fields.
    fn told(&mut self, ticket: &str, kind: &str, minute: &str, more: &str) {
        self.events += 1;
        let record = format!(
            r#"{{"id":"{}","type":"ticket.{kind}","time":"{minute}:00Z","ticket":"{ticket}"{more}}}"#,
            self.events
        );
        let event = decode(record.as_bytes());
        self.shard.apply(&event.unwrap(), &mut self.view);
    }

    /// So many tickets, an hour after each other until two days ago, answered after so many minutes.
    pub(in crate::service) fn answered(
        &mut self,
        team: &str,
        name: &str,
        count: i64,
        minutes: i64,
    ) {
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
    pub(in crate::service) fn waits(&mut self, team: Option<&str>, ticket: &str, minutes: i64) {
        let created = now().minus(Elapsed::from_ms(minutes * MINUTE_MS));
        self.happens(Kind::Created, team, ticket, created);
    }

    pub(in crate::service) fn published(&mut self) -> PublishedView {
        self.shard.advance(now(), &mut self.view);
        let verdicts = self.view.verdicts();
        PublishedView {
            at: Some(now()),
            catalog: Arc::clone(&self.catalog),
            readings: self.view.readings(),
            details: ObjectiveDetail::all(&self.view, &verdicts),
            verdicts,
            given_up: Vec::new(),
            ratings: published_view::ratings(&self.view),
            alerts: alert::Alerts::new(&self.catalog),
            stream: StreamStatus::default(),
            responses: Arc::new(Responses::new(&self.catalog)),
            tickets_split: 0,
            started: now(),
            caught_up_at: Some(now()),
            frozen: None,
            trusted: None,
        }
    }
}

/// Billing misses both its objectives, support is at risk in one and has too few in the other, orders
/// meets its own, press has not agreed, and two tickets are nobody's.
pub(in crate::service) fn story() -> ScenarioRun {
    let mut story = ScenarioRun::new(&agreements());
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

/// A team that has agreed on everything there is: hours, pauses, earlier levels, parts, the market, a count;
/// its tickets of the last two weeks, some handed on, held up and late, and what customers say of them.
pub(in crate::service) fn care() -> ScenarioRun {
    let files = [
        ("calendars.yaml", include_str!("scenario/calendars.yaml")),
        ("care.yaml", include_str!("scenario/care.yaml")),
        ("orders.yaml", include_str!("scenario/orders.yaml")),
        ("organisation.yaml", include_str!("scenario/organisation.yaml")),
    ];
    let files = Files(files.into());
    let paths: Vec<PathBuf> = files.0.keys().map(PathBuf::from).collect();
    let config = Config::read(&paths, &files, "2026-11-23");
    assert!(!config.diagnostics.has_errors(), "{:?}", config.diagnostics.errors);
    let mut story = ScenarioRun::of(config.catalog());
    let priorities = [None, Some("low"), Some("normal"), Some("high")];
    let channels = ["chat", "email", "phone"];
    // Open from 6:00 to 14:00 UTC.
    for number in 0..40_usize {
        let day = [10, 11, 12, 13, 16, 17, 18, 19][number % 8];
        let ticket = format!("Q-{number}");
        let more = format!(
            r#","team":"care","channel":"{}"{}"#,
            channels[number % 3],
            priorities[number % 4].map_or(String::new(), |p| format!(r#","priority":"{p}""#))
        );
        let minute = number % 60;
        story.told(&ticket, "created", &format!("2026-11-{day}T07:{minute:02}"), &more);
        let replied = if number % 2 == 0 { "07:59" } else { "10:15" };
        story.told(&ticket, "agent_replied", &format!("2026-11-{day}T{replied}"), "");
        for asked in 0..number % 4 {
            story.told(&ticket, "customer_replied", &format!("2026-11-{day}T12:0{asked}"), "");
        }
        story.told(&ticket, "agent_replied", &format!("2026-11-{day}T12:30"), "");
        story.told(&ticket, "solved", &format!("2026-11-{day}T13:00"), "");
        if number % 3 == 0 {
            let score = format!(r#","score":{}"#, if number % 2 == 0 { 5 } else { 4 });
            story.told(&ticket, "rated", &format!("2026-11-{day}T13:30"), &score);
        }
    }
    for number in 0..12 {
        let ticket = format!("L-{number}");
        story.told(&ticket, "created", "2026-11-17T06:30", "");
        story.told(
            &ticket,
            "assigned",
            &format!("2026-11-17T{:02}:30", 7 + number % 3),
            r#","team":"orders""#,
        );
        story.told(&ticket, "assigned", "2026-11-17T10:30", r#","team":"care""#);
        story.told(&ticket, "pending", "2026-11-17T11:00", "");
        story.told(&ticket, "resumed", "2026-11-17T12:00", "");
        story.told(&ticket, "on_hold", "2026-11-18T06:30", "");
        story.told(&ticket, "resumed", &format!("2026-11-18T{:02}:45", 7 + number / 4), "");
        story.told(&ticket, "agent_replied", &format!("2026-11-18T{:02}:15", 10 + number % 3), "");
        story.told(&ticket, "solved", "2026-11-20T10:00", "");
        let score = format!(r#","score":{}"#, 1 + number % 3);
        story.told(&ticket, "rated", "2026-11-20T12:00", &score);
    }
    story.told("Q-1", "reviewed", "2026-11-20T12:00", r#","by":"aino","score":3"#);
    story.told("W-1", "created", "2026-11-19T09:00", r#","team":"care","priority":"urgent""#);
    story.told("W-2", "created", "2026-11-23T06:10", r#","team":"care","channel":"email""#);
    story
}

/// Files that are nowhere but here.
struct Files(BTreeMap<&'static str, &'static str>);

impl Disk for Files {
    fn read(&self, path: &Path) -> io::Result<String> {
        let found = self.0.iter().find(|(name, _)| Path::new(name) == path);
        found
            .map(|(_, text)| (*text).to_owned())
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such file"))
    }

    fn list(&self, _: &str) -> Result<Vec<PathBuf>, PatternError> {
        Ok(Vec::new())
    }
}

/// The service's own routes on a port of their own.
pub(in crate::service) fn serve(published: PublishedView) -> (tokio::runtime::Runtime, SocketAddr) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listener =
        runtime.block_on(tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
    let address = listener.local_addr().unwrap();
    let routes = routes::routes(Shared {
        instruments: Arc::new(Instruments::new(0, 0, now()).unwrap()),
        published: Arc::new(ArcSwap::from_pointee(published)),
    });
    runtime.spawn(async { axum::serve(listener, routes).await });
    (runtime, address)
}

/// Sends one request with `headers`, each ended by CRLF. Returns the head in lower case, and the body.
pub(in crate::service) fn answer(
    address: SocketAddr,
    request: &str,
    headers: &str,
) -> (String, String) {
    let (head, body) = answer_bytes(address, request, headers);
    (head, String::from_utf8(body).unwrap())
}

/// As [`answer`], for bodies that are not text.
pub(in crate::service) fn answer_bytes(
    address: SocketAddr,
    request: &str,
    headers: &str,
) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    // HTTP/1.0 has no chunks, so the body ends with the connection.
    let head = format!("{request} HTTP/1.0\r\nhost: board\r\n{headers}\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let head_end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    let body = answer.split_off(head_end + 4);
    (String::from_utf8(answer).unwrap().to_lowercase(), body)
}

/// What people and services are shown, beside the other pages.
pub(in crate::service) fn snapshot(name: &str, shown: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(".");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, shown));
}
