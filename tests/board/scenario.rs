//! Test support: turns events into a published view.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::agreement::{
    About, AgreedOn, Agreement, Level, MessageOnSolved, Objective, Owner, Target, VerdictState,
};
use crate::agreement_log::{
    AgreementLog, ComparisonState, ConfigText, ObjectiveChange, VerdictsByText,
};
use crate::alert;
use crate::calendar::{Calendar, Definition, Holiday, Opening, WorkingDays, Zone};
use crate::catalog::Catalog;
use crate::check_list::CheckDraw;
use crate::checkpoint::{self, Origin};
use crate::config::{Config, Disk, PatternError};
use crate::event::{Event, Kind, Maker, Priority, PriorityNames, Subject, decode};
use crate::measure::Measure;
use crate::past::{HourlyTallies, TriedCatalog};
use crate::reading::Verdict;
use crate::responses::Responses;
use crate::review::Reviews;
use crate::service::coordinator::published_view::{self, ObjectiveDetail, PublishedView};
use crate::service::derived_past::DerivedPast;
use crate::service::kafka::probe::TopicState;
use crate::service::kafka::status::StreamStatus;
use crate::shard::Shard;
use crate::share::Share;
use crate::team_log::TeamLogs;
use crate::time::{DAY_MS, Elapsed, HOUR_MS, MINUTE_MS, Timestamp};
use crate::view::View;
use crate::waiting_walk::WaitingWalk;

#[path = "duty.rs"]
mod duty;
#[path = "server.rs"]
mod server;

pub(in crate::service) use duty::{duty, with_duty};
pub(in crate::service) use server::{fetch, fetch_bytes, serve};

/// Parses an instant.
pub(in crate::service) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// The instant of every published view: a Monday at nine.
pub(in crate::service) fn now() -> Timestamp {
    at("2026-11-23T09:00:00Z")
}

/// An objective that 90 % of tickets are within `hours`.
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
    objective(name, measure, level)
}

/// An objective that no first reply takes over `days`.
pub(in crate::service) fn none_over(name: &str, days: i64) -> Objective {
    objective(
        name,
        Measure::FirstReply,
        Level::NoneOver(Target::calendar(Elapsed::from_ms(days * DAY_MS))),
    )
}

/// An objective without earlier levels, alerts or splits.
pub(in crate::service) fn objective(name: &str, measure: Measure, level: Level) -> Objective {
    Objective::new(name, measure, level)
}

/// The agreement of a team, with its names in two languages.
pub(in crate::service) fn agreement(
    team: &str,
    finnish: &str,
    english: &str,
    objectives: Vec<Objective>,
) -> Agreement {
    let about = About {
        former_names: Vec::new(),
        message_on_solved: MessageOnSolved::default(),
        name: team.into(),
        names: vec![("en".into(), english.into()), ("fi".into(), finnish.into())],
        agreed: chrono::NaiveDate::from_ymd_opt(2026, 9, 1)
            .map(|date| AgreedOn { date, people: 3 }),
        look_again: chrono::NaiveDate::from_ymd_opt(2027, 3, 1),
        duty: None,
        review_categories: Vec::new(),
        hours: None,
        zone: None,
        labels: Vec::new(),
        runbook_url: Some("https://wiki.example/answers?team=a&then=b".into()),
    };
    Agreement { owner: Owner::Team(team.into()), hours: None, objectives, about }
}

/// Three teams with objectives, one without, and the organisation.
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

/// A team with opening hours whose targets are in working days.
pub(in crate::service) fn working_days() -> ViewBuilder {
    let days = |count| WorkingDays::new(count).map(Target::WorkingDays).unwrap();
    let mut hours = Definition::new(Zone::UTC);
    for day in hours.week.iter_mut().take(5) {
        *day = vec![Opening::parse("08:00-16:00").unwrap()];
    }
    let mut first_reply = within("first-reply", Measure::FirstReply, 4, 1);
    let mut solved = within("solved", Measure::Resolution, 4, 1);
    if let Level::Within { target, by_priority, .. } = &mut first_reply.level {
        *target = days(2);
        by_priority[Priority::Urgent.index()] = Some(Target::open(Elapsed::from_ms(2 * HOUR_MS)));
    }
    if let Level::Within { target, by_priority, .. } = &mut solved.level {
        *target = days(5);
        by_priority[Priority::Urgent.index()] = Some(days(1));
    }
    let limit = objective("nobody-forgotten", Measure::FirstReply, Level::NoneOver(days(1)));
    let parcels = agreement("parcels", "Paketit", "Parcels", vec![first_reply, solved, limit]);
    let hours = Some(Arc::new(Calendar::new(&hours).unwrap()));
    let mut builder = ViewBuilder::new(&[Agreement { hours, ..parcels }]);
    builder.apply(Kind::Created, Some("parcels"), "P-1", at("2026-11-19T09:00:00Z"));
    builder
}

/// Builds a published view from events, through the same shard and view as the service.
pub(in crate::service) struct ViewBuilder {
    pub(in crate::service) catalog: Arc<Catalog>,
    shard: Shard,
    walk: WaitingWalk,
    pub(in crate::service) view: View,
    tried: TriedCatalog,
    events: u64,
}

impl ViewBuilder {
    pub(in crate::service) fn new(agreements: &[Agreement]) -> Self {
        let measures = [Measure::FirstReply, Measure::NextReply, Measure::Resolution];
        let tried = TriedCatalog::new(agreements, &measures, &PriorityNames::default());
        Self::of(Catalog::new(agreements, &measures), tried)
    }

    fn of(catalog: Catalog, tried: TriedCatalog) -> Self {
        let catalog = Arc::new(catalog);
        let mut shard = Shard::new(Arc::clone(&catalog));
        let walk = WaitingWalk::new(&mut shard);
        let view = View::new(Arc::clone(&catalog), now());
        Self { catalog, shard, walk, view, tried, events: 0 }
    }

    pub(in crate::service) fn apply(
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
            ignored: Vec::new(),
        };
        self.enter(&event);
    }

    fn enter(&mut self, event: &Event<'_>) {
        self.shard.apply(event, &mut self.view);
    }

    /// The checkpoint of the shard.
    fn image(&self) -> Vec<u8> {
        let origin = Origin {
            topic: "ticket-events".into(),
            topic_id: None,
            tenure: None,
            partition: 0,
            epoch: 1,
            position: 0,
            written_at: now(),
            history_from: None,
            counted_to: now(),
            last_record: None,
            is_handed_over: false,
        };
        checkpoint::write(&self.shard, &Responses::new(&self.catalog), &self.catalog, &origin)
    }

    /// The past of all events so far.
    fn past(&self) -> DerivedPast {
        let image = self.image();
        let image = checkpoint::read(&image).unwrap();
        let mut tallies = HourlyTallies::new(Arc::clone(&self.catalog), now());
        image.add_to_past(&mut tallies, &[]).unwrap();
        let mut tried = self.tried.tallies(now());
        image.add_to_past(&mut tried, &[]).unwrap();
        let tried = self.tried.past(tried, &self.catalog);
        let mut draw = CheckDraw::new(Arc::clone(&self.catalog), now());
        image.add_to_checks(&mut draw, &[]).unwrap();
        DerivedPast {
            catalog: Arc::clone(&self.catalog),
            past: tallies.into_past(),
            tried,
            checks: draw.into_lists(),
        }
    }

    /// Applies a JSON record of the topic. `minute` is `YYYY-MM-DDTHH:MM`; `fields` start with a
    /// comma.
    pub(in crate::service) fn apply_record(
        &mut self,
        ticket: &str,
        kind: &str,
        minute: &str,
        fields: &str,
    ) {
        self.events += 1;
        let record = format!(
            r#"{{"id":"{}","type":"ticket.{kind}","time":"{minute}:00Z","ticket":"{ticket}"{fields}}}"#,
            self.events
        );
        let event = decode(record.as_bytes());
        self.enter(&event.unwrap());
    }

    /// Adds `count` tickets, one an hour up to two days ago. Each is answered after `minutes` and
    /// solved 20 hours later.
    pub(in crate::service) fn add_answered(
        &mut self,
        team: &str,
        name: &str,
        count: i64,
        minutes: i64,
    ) {
        for number in 0..count {
            let created = now().minus(Elapsed::from_ms(2 * DAY_MS + number * HOUR_MS));
            let ticket = format!("{team}-{name}-{number}");
            self.apply(Kind::Created, Some(team), &ticket, created);
            let replied = created.plus(Elapsed::from_ms(minutes * MINUTE_MS));
            self.apply(Kind::AgentReplied, Some(team), &ticket, replied);
            let solved = replied.plus(Elapsed::from_ms(20 * HOUR_MS));
            self.apply(Kind::Solved, Some(team), &ticket, solved);
        }
    }

    /// Adds `count` tickets, one an hour up to two days ago. Each ends after `minutes` without an answer.
    pub(in crate::service) fn add_ended(
        &mut self,
        team: &str,
        kind: Kind,
        count: i64,
        minutes: i64,
    ) {
        for number in 0..count {
            let created = now().minus(Elapsed::from_ms(2 * DAY_MS + number * HOUR_MS));
            let ticket = format!("{team}-{}-{number}", kind.label());
            self.apply(Kind::Created, Some(team), &ticket, created);
            let ended = created.plus(Elapsed::from_ms(minutes * MINUTE_MS));
            self.apply(kind, Some(team), &ticket, ended);
        }
    }

    /// Adds a ticket that has waited for `minutes`.
    pub(in crate::service) fn add_waiting(
        &mut self,
        team: Option<&str>,
        ticket: &str,
        minutes: i64,
    ) {
        let created = now().minus(Elapsed::from_ms(minutes * MINUTE_MS));
        self.apply(Kind::Created, team, ticket, created);
    }

    /// The published view of all events so far.
    pub(in crate::service) fn publish(&mut self) -> PublishedView {
        self.shard.advance(now(), &mut self.view);
        self.walk.follow(&mut self.shard, now());
        self.walk.go_on(&mut self.shard, now());
        self.view.set_waiting_lists(vec![self.walk.lists().clone()]);
        let verdicts = self.view.verdicts();
        let team_events = [self.shard.team_events(now())];
        PublishedView {
            team_logs: Arc::new(TeamLogs::merged(&team_events, &self.catalog)),
            reviews: Arc::new(Reviews::merged(&[self.shard.reviews(now())], &[])),
            at: Some(now()),
            catalog: Arc::clone(&self.catalog),
            readings: self.view.readings(),
            details: ObjectiveDetail::all(&self.view, &verdicts),
            verdicts,
            given_up: published_view::given_up(&self.view),
            flags: self.view.all_flags().collect(),
            ratings: published_view::ratings(&self.view),
            alerts: alert::Alerts::new(&self.catalog),
            wait_alarms: alert::WaitAlarms::default(),
            waiting_lists: self.view.waiting_lists().to_vec(),
            ticket_links: Arc::default(),
            stream: StreamStatus::default(),
            topic: TopicState::default(),
            responses: Some(Arc::new(Responses::new(&self.catalog))),
            responses_at_first: None,
            tickets_split: 0,
            started: now(),
            caught_up_at: Some(now()),
            frozen: None,
            changes: Arc::default(),
            past: Some(Arc::new(self.past())),
            trusted: None,
        }
    }
}

/// A team that does everything that changes figures without a sooner answer.
pub(in crate::service) fn flagged() -> ViewBuilder {
    let mut builder = ViewBuilder::new(&agreements());
    builder.add_answered("orders", "quick", 20, 65);
    builder.add_answered("orders", "near", 2, 235);
    let created = r#","team":"orders""#;
    for (ticket, kind, minute, fields) in [
        ("O-early", "agent_replied", "2026-11-20T07:30", ""),
        ("O-early", "created", "2026-11-20T08:00", created),
        ("O-bot", "created", "2026-11-20T08:00", created),
        ("O-bot", "agent_replied", "2026-11-20T08:00", ""),
        ("O-bot", "customer_replied", "2026-11-20T08:10", ""),
        ("O-bot", "no_reply_needed", "2026-11-20T08:20", ""),
        ("O-call", "created", "2026-11-20T08:00", r#","team":"orders","by":"agent""#),
        ("O-merged", "created", "2026-11-20T08:00", created),
        ("O-merged", "merged", "2026-11-20T09:00", r#","into":"O-nowhere""#),
        ("O-taken", "created", "2026-11-20T08:00", created),
        ("O-taken", "merged", "2026-11-20T09:00", r#","into":"O-bot""#),
        (
            "O-bot",
            "took_over",
            "2026-11-20T09:00",
            r#","from":"O-taken","waiting_since":"2026-11-20T08:00:00Z""#,
        ),
        ("O-moved", "created", "2026-11-20T08:00", created),
        ("O-moved", "assigned", "2026-11-20T09:00", r#","team":"billing","priority":"low""#),
        ("O-spam", "created", "2026-11-20T08:00", created),
        ("O-spam", "marked_spam", "2026-11-20T09:00", ""),
        ("O-gone", "created", "2026-11-20T08:00", created),
        ("O-gone", "deleted", "2026-11-20T09:00", ""),
    ] {
        builder.apply_record(ticket, kind, minute, fields);
    }
    builder
}

/// Teams in every state.
///
/// Billing misses both objectives. Support is at risk in one and has insufficient data in the
/// other. Orders meets its objective. Press has no agreement. Two tickets are unclaimed.
pub(in crate::service) fn teams_in_every_state() -> ViewBuilder {
    let mut builder = ViewBuilder::new(&agreements());
    builder.add_answered("billing", "quick", 40, 65);
    builder.add_answered("billing", "late", 5, 300);
    builder.add_waiting(Some("billing"), "forgotten", 6 * 24 * 60);
    builder.add_waiting(Some("billing"), "soon", 230);
    builder.add_waiting(Some("billing"), "new", 5);
    builder.add_answered("support", "quick", 46, 200);
    builder.add_answered("support", "late", 5, 600);
    builder.add_answered("orders", "quick", 30, 15);
    builder.add_answered("press", "any", 3, 90);
    builder.add_waiting(Some("press"), "press", 30);
    builder.add_waiting(None, "nobodys", 26 * 60);
    builder.add_waiting(Some("gone"), "of a team that is not declared", 3);
    builder
}

/// The team `care`, whose agreement uses every feature: hours, pauses, earlier levels, splits, the
/// market and a count. Its tickets cover two weeks; some are transferred, on hold or late, and
/// customers rate them.
pub(in crate::service) fn full_agreement() -> ViewBuilder {
    let mut builder = {
        let config = full_config();
        let tried = TriedCatalog::new(&config.agreements, &config.measures, &config.priority_names);
        ViewBuilder::of(config.catalog(), tried)
    };
    for number in 0..40 {
        quick_ticket(&mut builder, number);
    }
    for number in 0..12 {
        late_ticket(&mut builder, number);
    }
    builder.apply_record("Q-1", "reviewed", "2026-11-20T12:00", r#","by":"aino","score":3"#);
    let urgent = r#","team":"care","priority":"urgent""#;
    builder.apply_record("W-1", "created", "2026-11-19T09:00", urgent);
    let by_email = r#","team":"care","channel":"email""#;
    builder.apply_record("W-2", "created", "2026-11-23T06:10", by_email);
    builder
}

/// The agreements in `tests/board/scenario`.
fn full_config() -> Config {
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
    config
}

/// A ticket answered on the day it was created. The team is open from 6:00 to 14:00 UTC.
fn quick_ticket(builder: &mut ViewBuilder, number: usize) {
    const DAYS: [u8; 8] = [10, 11, 12, 13, 16, 17, 18, 19];
    const CHANNELS: [&str; 3] = ["chat", "email", "phone"];
    const PRIORITIES: [Option<&str>; 4] = [None, Some("low"), Some("normal"), Some("high")];
    let ticket = format!("Q-{number}");
    let day = DAYS[number % 8];
    let at = |time: &str| format!("2026-11-{day}T{time}");
    let channel = CHANNELS[number % 3];
    let priority = PRIORITIES[number % 4];
    let priority = priority.map_or(String::new(), |p| format!(r#","priority":"{p}""#));
    let fields = format!(r#","team":"care","channel":"{channel}"{priority}"#);
    builder.apply_record(&ticket, "created", &at(&format!("07:{:02}", number % 60)), &fields);
    let replied = if number.is_multiple_of(2) { "07:59" } else { "10:15" };
    builder.apply_record(&ticket, "agent_replied", &at(replied), "");
    for question in 0..number % 4 {
        builder.apply_record(&ticket, "customer_replied", &at(&format!("12:0{question}")), "");
    }
    builder.apply_record(&ticket, "agent_replied", &at("12:30"), "");
    builder.apply_record(&ticket, "solved", &at("13:00"), "");
    if number.is_multiple_of(3) {
        let score = if number.is_multiple_of(2) { 5 } else { 4 };
        builder.apply_record(&ticket, "rated", &at("13:30"), &format!(r#","score":{score}"#));
    }
}

/// A ticket that is transferred to another team and back, pending, on hold, and answered late.
fn late_ticket(builder: &mut ViewBuilder, number: usize) {
    let ticket = format!("L-{number}");
    let mut apply = |kind: &str, minute: &str, fields: &str| {
        builder.apply_record(&ticket, kind, &format!("2026-11-{minute}"), fields);
    };
    apply("created", "17T06:30", "");
    apply("assigned", &format!("17T{:02}:30", 7 + number % 3), r#","team":"orders""#);
    apply("assigned", "17T10:30", r#","team":"care""#);
    apply("pending", "17T11:00", "");
    apply("resumed", "17T12:00", "");
    apply("on_hold", "18T06:30", "");
    apply("resumed", &format!("18T{:02}:45", 7 + number / 4), "");
    apply("agent_replied", &format!("18T{:02}:15", 10 + number % 3), "");
    apply("solved", "20T10:00", "");
    apply("rated", "20T12:00", &format!(r#","score":{}"#, 1 + number % 3));
}

/// What changed in the agreements of [`agreements`]: a looser share with the verdicts by both texts, hours
/// whose verdicts are not known yet, and a new objective.
pub(in crate::service) fn changes() -> Vec<ObjectiveChange> {
    let present = agreements();
    let mut former = present.clone();
    if let Level::Within { share, min_tickets, .. } = &mut former[0].objectives[0].level {
        (*share, *min_tickets) = (Share::from_basis_points(9_500).unwrap(), 10);
    }
    former[0].about.agreed = None;
    former[0].objectives.truncate(1);
    let loaded_at = at("2026-11-20T07:30:00Z");
    let mut log = AgreementLog::new(ConfigText::default());
    let found = ObjectiveChange::between(&former, &present, loaded_at);
    log.load(ConfigText::default(), found, loaded_at);
    let verdict = |at: Timestamp, missed, state| Verdict {
        at,
        team: Some("billing".into()),
        objective: "first-reply".into(),
        decided: 40,
        missed,
        compliance: None,
        interval: None,
        below_level: None,
        answered: 40,
        unanswered: 0,
        unanswered_share: None,
        spam_over_target: 0,
        state,
        behind_market: false,
        history_from: None,
        breakdown: None,
    };
    log.compared(ComparisonState::Done, |change| {
        let instants = ObjectiveChange::instants(loaded_at);
        let both = instants.into_iter().zip(0..).map(|(at, missed)| {
            let former = verdict(at, missed, VerdictState::Missed);
            let present = verdict(at, missed, VerdictState::Met);
            let former = (!change.is_new).then_some(&former);
            VerdictsByText::new(at, former, Some(&present))
        });
        both.collect()
    });
    let mut closed = Definition::new(Zone::UTC);
    for day in &mut closed.week {
        day.extend(Opening::parse("08:00-16:00"));
    }
    let open = Arc::new(Calendar::new(&closed).unwrap());
    closed.holidays.push(Holiday::once(chrono::NaiveDate::from_ymd_opt(2026, 11, 18).unwrap()));
    let hours = Arc::new(Calendar::new(&closed).unwrap());
    let [mut former, mut present] = [present.clone(), present];
    (former[0].hours, present[0].hours) = (Some(open), Some(hours));
    let loaded_at = at("2026-11-22T12:00:00Z");
    log.load(
        ConfigText::default(),
        ObjectiveChange::between(&former, &present, loaded_at),
        loaded_at,
    );
    log.changes
}

/// A disk with a fixed set of files.
#[derive(Debug)]
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

/// Compares `shown` with a snapshot in this folder.
pub(in crate::service) fn assert_snapshot(name: &str, shown: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(".");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, shown));
}
