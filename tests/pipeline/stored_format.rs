//! The stored format: a checkpoint file of each version stays readable by every later build.
//!
//! `version-2.vaste` holds every kind of event, every priority, maker and field of a detail, a long
//! timeline, a tombstone, a resumed ticket and response counters. The build before the wire codes were
//! written down made it. The records are in `version-2.ndjson`, the long ticket in [`busy_records`].
//! `version-4.vaste` has the records of `version-4.ndjson`, too: kinds and fields that are new in version 4.
//!
//! [`the_present_version_is_written_byte_for_byte`] leaves what the present code writes in cargo's folder
//! for test files. When [`checkpoint::VERSION`] rises, keep that file here as the next fixture, and read it
//! in a test like those below.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use vaste::agreement::{About, Agreement, Level, Objective, Owner, Target};
use vaste::catalog::Catalog;
use vaste::checkpoint::{self, Checkpoint, Origin, RecordFingerprint, Tenure};
use vaste::event::{Kind, Outcome, Skip, decode};
use vaste::measure::Measure;
use vaste::name::UNCLAIMED;
use vaste::partition::{Partition, Published, Record};
use vaste::review::ReviewedBy;
use vaste::shard::Shard;
use vaste::team_log::TeamLog;
use vaste::time::{DAY_MS, Elapsed, HOUR_MS, Timestamp};
use vaste::view::View;

const VERSION_2: &[u8] = include_bytes!("version-2.vaste");
/// The same records; since version 3 an image may have the id of its topic and who has held it.
const VERSION_3: &[u8] = include_bytes!("version-3.vaste");
/// The same, and tickets that take over others, and messages that need no reply.
const VERSION_4: &[u8] = include_bytes!("version-4.vaste");
/// The same records, with what its evicted tickets have added to the past.
const VERSION_5: &[u8] = include_bytes!("version-5.vaste");
/// The same, and what teams say, and categories of a review.
const VERSION_6: &[u8] = include_bytes!("version-6.vaste");
/// The same, and the reviews of an evicted ticket.
const VERSION_7: &[u8] = include_bytes!("version-7.vaste");
/// The same, decisions that are moved or dropped, and a ticket that is brought without a review.
const VERSION_8: &[u8] = include_bytes!("version-8.vaste");
const TOPIC_ID: &str = "9_cCYlOHQvGRUcb2oCMQyA";
const PROCESS: u64 = 0x0123_4567_89ab_cdef;
const RECORDS: &str = include_str!("version-2.ndjson");
const RECORDS_OF_4: &str = include_str!("version-4.ndjson");
const RECORDS_OF_6: &str = include_str!("version-6.ndjson");
/// Records of a ticket that is evicted before the other records arrive.
const RECORDS_OF_7: &str = include_str!("version-7.ndjson");
const RECORDS_OF_8: &str = include_str!("version-8.ndjson");

/// Records of two more tickets that are evicted then: the first ones of version 2.
const EVICTED: usize = 4;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// Two teams; the objective makes the first replies of billing count in open time.
fn catalog() -> Arc<Catalog> {
    let target = Target::open(Elapsed::from_ms(4 * HOUR_MS));
    let objective = Objective::new("first-reply", Measure::FirstReply, Level::NoneOver(target));
    let team = |name: &str, objectives| Agreement {
        owner: Owner::Team(name.into()),
        hours: None,
        objectives,
        about: About::default(),
    };
    let agreements = [team("billing", vec![objective]), team("support", Vec::new())];
    Arc::new(Catalog::new(&agreements, &Measure::ALL))
}

/// The records of one ticket with more events than one block holds.
fn busy_records() -> Vec<String> {
    let record = |index: i64| {
        let (kind, time) = match index {
            0 => ("created", at("2026-06-01T00:00:00Z")),
            _ if index % 3 == 0 => ("agent_replied", minute(index)),
            _ => ("customer_replied", minute(index)),
        };
        format!(
            r#"{{"id":"{index}","source":"busy","type":"ticket.{kind}","time":"{time}","ticket":"B-1"}}"#
        )
    };
    (0..150).map(record).collect()
}

fn minute(minutes: i64) -> Timestamp {
    at("2026-06-01T00:00:00Z").plus(Elapsed::from_ms(minutes * 60_000))
}

/// The records of version 2 and 3.
fn older_records() -> Vec<String> {
    RECORDS.lines().map(str::to_owned).chain(busy_records()).collect()
}

/// The records of version 4 and 5.
fn records_of_4() -> Vec<String> {
    older_records().into_iter().chain(RECORDS_OF_4.lines().map(str::to_owned)).collect()
}

fn records() -> Vec<String> {
    let first = RECORDS_OF_7.lines().map(str::to_owned);
    let later = RECORDS_OF_6.lines().chain(RECORDS_OF_8.lines()).map(str::to_owned);
    first.chain(records_of_4()).chain(later).collect()
}

/// What the present code writes after the records.
fn written() -> Vec<u8> {
    let catalog = catalog();
    let mut partition = Partition::new(Arc::clone(&catalog), &"ticket-events".into(), 3, 7);
    let mut view = View::new(Arc::clone(&catalog), at("2026-01-01T00:00:00Z"));
    partition.lost_records(at("2026-01-01T00:00:00Z"));
    assert!(!partition.set_topic_id(&TOPIC_ID.into()));
    partition.hold(PROCESS);
    for (offset, record) in (40..).zip(records()) {
        if offset == 40 + i64::try_from(EVICTED + RECORDS_OF_7.lines().count()).unwrap() {
            let now = at("2026-04-15T00:00:00Z");
            view.advance(now);
            while partition.advance_some(now, usize::MAX, &mut view) {}
            assert_eq!(partition.forget_some(now, Elapsed::from_ms(28 * DAY_MS), 100), 3);
        }
        let record = Record {
            offset,
            key: None,
            attributes: &[],
            payload: Some(record.as_bytes()),
            mapping: None,
            published: Published::Appended(Timestamp::from_ms(
                at("2026-06-02T00:00:00Z").ms() + offset,
            )),
        };
        partition.take(&record, &mut view);
    }
    let now = at("2026-06-03T00:00:00Z");
    view.advance(now);
    while partition.advance_some(now, usize::MAX, &mut view) {}
    partition.image(at("2026-06-03T00:00:00.5Z")).unwrap().1
}

#[test]
fn the_present_version_is_written_byte_for_byte() {
    let bytes = written();
    let name = format!("version-{}.vaste", checkpoint::VERSION);
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&kept, &bytes).unwrap();
    assert!(bytes == VERSION_8, "the stored bytes changed: compare with {}", kept.display());
}

#[test]
fn version_2_is_read_with_its_origin_and_its_counts() {
    let image = checkpoint::read(VERSION_2).unwrap();
    assert_eq!(image.version, 2);
    assert_eq!(
        image.origin,
        Origin {
            topic: "ticket-events".into(),
            topic_id: None,
            tenure: None,
            partition: 3,
            epoch: 8,
            position: 219,
            written_at: at("2026-06-03T00:00:00.5Z"),
            history_from: Some(at("2026-01-01T00:00:00Z")),
            counted_to: at("2026-06-03T00:00:00Z"),
            last_record: Some(RecordFingerprint {
                offset: 218,
                timestamp: at("2026-06-02T00:00:00.218Z").ms(),
                bytes: 106,
            }),
            is_handed_over: false,
        }
    );
    assert_eq!((image.timelines(), image.names(), image.stubs()), (7, 7, 2));
    assert_eq!(image.samples(), 124);
    let catalog = catalog();
    let mut counts = String::new();
    for (scope, measure, counted) in image.responses(&catalog).iter() {
        let team = catalog.scope_name(scope).unwrap_or(UNCLAIMED);
        let (measure, basis) = (measure.label(), counted.basis.label());
        if counted.total() > 0 {
            writeln!(counts, "{team} {measure} {basis} {} {}", counted.total(), counted.sum_ms)
                .unwrap();
        }
    }
    insta::assert_snapshot!(counts, @r"
    billing first_reply open 1 0
    billing customer_wait calendar 1 86400000
    billing agent_work calendar 1 86400000
    billing resolution calendar 1 86400000
    billing first_resolution calendar 1 86400000
    billing ownership calendar 2 92160000
    billing contacts calendar 1 0
    support next_reply calendar 1 5400000
    support update calendar 1 5460000
    support customer_wait calendar 3 104640000
    support agent_work calendar 3 98640000
    support resolution calendar 3 108120000
    support first_resolution calendar 2 95460000
    support ownership calendar 3 91560000
    support contacts calendar 3 3
    unclaimed first_reply calendar 1 180000
    unclaimed next_reply calendar 48 5760000
    unclaimed update calendar 48 8640000
    ");
}

#[test]
fn version_3_is_version_2_with_the_id_of_its_topic() {
    let [older, newer] = [VERSION_2, VERSION_3].map(|bytes| checkpoint::read(bytes).unwrap());
    assert_eq!(newer.version, 3);
    let tenure = Some(Tenure { process: PROCESS, since_epoch: 8 });
    let topic_id = Some(TOPIC_ID.to_owned());
    // A gap begins history when it is noticed, or when the broker stored the next record.
    let history_from = Some(at("2026-06-02T00:00:00.040Z"));
    let expected = Origin { topic_id, tenure, history_from, ..older.origin.clone() };
    assert_eq!(newer.origin, expected);
    let catalog = catalog();
    assert_eq!(newer.responses(&catalog), older.responses(&catalog));
    let again = |image: &Checkpoint<'_>| {
        let shard = image.restore(Arc::clone(&catalog)).unwrap();
        checkpoint::write(&shard, &image.responses(&catalog), &catalog, &expected)
    };
    assert!(again(&older) == again(&newer), "the same tickets");
}

/// A duplicate has the same identity, time, kind, names, priority, maker and detail as the stored event.
#[test]
fn every_event_of_version_2_equals_its_record() {
    let mut shard = checkpoint::read(VERSION_2).unwrap().restore(catalog()).unwrap();
    for (index, record) in older_records().iter().enumerate() {
        let expected =
            if index < EVICTED { Outcome::Skipped(Skip::TooOld) } else { Outcome::Duplicate };
        let event = decode(record.as_bytes()).unwrap();
        assert_eq!(shard.apply(&event, &mut ()), expected, "{record}");
    }
}

#[test]
fn version_4_has_takeovers_and_messages_that_need_no_reply() {
    let image = checkpoint::read(VERSION_4).unwrap();
    assert_eq!((image.version, image.timelines()), (4, 8));
    let mut shard = image.restore(catalog()).unwrap();
    for record in RECORDS_OF_4.lines() {
        let event = decode(record.as_bytes()).unwrap();
        assert_eq!(shard.apply(&event, &mut ()), Outcome::Duplicate, "{record}");
    }
    let mut steps = String::new();
    for step in shard.trace("T-5", Timestamp::EVENT_END).unwrap() {
        let since = step.waiting_since.map(|since| since.to_string());
        let fields = [step.team, step.agent, step.from, since.map(Into::into)];
        let fields: Vec<Box<str>> =
            fields.into_iter().map(|field| field.unwrap_or_else(|| "-".into())).collect();
        writeln!(steps, "{} {} {}", step.at, step.kind.label(), fields.join(" ")).unwrap();
    }
    insta::assert_snapshot!(steps, @r"
    2026-06-01T07:30:00Z ticket.agent_replied support - - -
    2026-06-01T08:00:00Z ticket.created billing - - -
    2026-06-01T08:20:00Z ticket.took_over - - T-2 2026-06-01T08:00:00Z
    2026-06-01T08:21:00.500Z ticket.took_over - - T-unknown -
    2026-06-01T09:00:00Z ticket.no_reply_needed - aino - -
    2026-06-01T09:30:00Z ticket.took_over - - - 2026-05-31T23:59:59.999Z
    ");
}

#[test]
fn version_5_has_the_past_of_evicted_tickets() {
    let [older, newer] = [VERSION_4, VERSION_5]
        .map(|bytes| checkpoint::read(bytes).unwrap().restore(catalog()).unwrap());
    let changes =
        |shard: &Shard| shard.evicted_past().changes_of(Some("billing"), "first-reply").count();
    assert!(changes(&older) == 0 && changes(&newer) > 0);
    assert_eq!(older.evicted_past().known_from(), older.evicted_to(), "it has lost theirs");
    assert_eq!(newer.evicted_past().known_from(), None);
}

#[test]
fn version_6_has_what_teams_say() {
    let mut shard = checkpoint::read(VERSION_6).unwrap().restore(catalog()).unwrap();
    let mut said = String::new();
    for (team, events) in &*shard.team_events(Timestamp::EVENT_END) {
        for one in events {
            let texts = [&one.id, &one.by, &one.text, &one.owner];
            let texts = texts.map(|text| text.as_deref().unwrap_or("-")).join(", ");
            let due = one.due.map_or_else(|| "-".into(), |due| due.to_string());
            writeln!(said, "{team} {} {}: {texts}, {due}", one.at, one.kind.label()).unwrap();
        }
    }
    insta::assert_snapshot!(said);
    for record in records_of_4().into_iter().chain(RECORDS_OF_6.lines().map(str::to_owned)) {
        let event = decode(record.as_bytes()).unwrap();
        let outcome = shard.apply(&event, &mut ());
        assert!(matches!(outcome, Outcome::Duplicate | Outcome::Skipped(_)), "{record}");
    }
    assert_eq!(checkpoint::read(VERSION_5).unwrap().timelines(), shard.timelines() - 1);
}

#[test]
fn version_7_has_what_a_team_says_about_a_ticket() {
    let mut shard = checkpoint::read(VERSION_7).unwrap().restore(catalog()).unwrap();
    let events = shard.team_events(Timestamp::EVENT_END);
    let about = |kind: Kind| {
        let of_billing = events.get("billing").unwrap().iter();
        let of_kind = of_billing.filter(|one| one.kind == kind && one.ticket.is_some());
        of_kind.map(|one| one.ticket.as_deref().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(about(Kind::TicketDiscussed), ["T-judged"]);
    assert_eq!(about(Kind::Decided), ["T-judged"]);
}

#[test]
fn version_7_has_the_reviews_of_an_evicted_ticket() {
    let [older, newer] = [VERSION_6, VERSION_7]
        .map(|bytes| checkpoint::read(bytes).unwrap().restore(catalog()).unwrap());
    let counts = |shard: &Shard| {
        let reviews = shard.evicted_past().reviews();
        ReviewedBy::ALL.map(|by| reviews.get("billing", by))
    };
    assert_eq!((counts(&older), counts(&newer)), ([0, 0], [1, 1]));
}

#[test]
fn version_8_has_what_became_of_decisions_and_a_brought_ticket() {
    let mut shard = checkpoint::read(VERSION_8).unwrap().restore(catalog()).unwrap();
    let events = shard.team_events(Timestamp::EVENT_END);
    let log = TeamLog::of(events.get("support").unwrap().clone());
    let [moved, dropped] = log.decisions.as_slice() else { unreachable!("two were decided") };
    assert_eq!(moved.due.unwrap().to_string(), "2026-06-29");
    assert_eq!(moved.moved.as_ref().unwrap().said.text.as_deref(), Some("The desk moves first."));
    assert_eq!(dropped.dropped.as_ref().unwrap().by.as_deref(), Some("sara"));
    let [brought] = log.brought.as_slice() else { unreachable!("one was brought") };
    assert_eq!((&*brought.ticket, brought.said.text.as_deref()), ("T-5", Some("Who calls?")));
}

#[test]
fn the_steps_of_version_2_are_those_that_its_records_say() {
    let mut shard = checkpoint::read(VERSION_2).unwrap().restore(catalog()).unwrap();
    let mut steps = String::new();
    for ticket in ["T-1", "T-2", "T-3", "T-4", "T-back"] {
        steps.push_str(&steps_of(&mut shard, ticket));
    }
    insta::assert_snapshot!(steps, @r"
    T-1 2026-06-01T08:00:00Z ticket.created billing low email - - -
    T-1 2026-06-01T08:01:00Z ticket.bot_replied - - - - - -
    T-1 2026-06-01T08:10:00.001Z ticket.note_added support - - - - -
    T-1 2026-06-01T08:30:00Z ticket.agent_replied billing normal - aino - -
    T-1 2026-06-01T08:31:00Z ticket.pending - - - - - -
    T-1 2026-06-01T09:00:00Z ticket.customer_replied - high chat - - -
    T-1 2026-06-01T09:10:00Z ticket.on_hold - - - - - -
    T-1 2026-06-01T10:00:00Z ticket.resumed - - - - - -
    T-1 2026-06-01T10:05:00Z ticket.assigned support urgent - ville - -
    T-1 2026-06-01T10:30:00Z ticket.agent_replied - - - ville - -
    T-1 2026-06-01T10:31:00Z ticket.solved - - - - - -
    T-1 2026-06-01T11:00:00Z ticket.rated - - - - 1 -
    T-1 2026-06-01T11:05:00Z ticket.reviewed - - - - 5 -
    T-1 2026-06-01T11:06:00Z ticket.reviewed - - - - - -
    T-1 2026-06-01T12:00:00Z ticket.reopened - - - - - -
    T-1 2026-06-01T13:00:00Z ticket.closed - - - - - -
    T-2 2026-06-01T08:00:00Z ticket.created - - - - - -
    T-2 2026-06-01T08:20:00Z ticket.merged - - - - - T-1
    T-3 2026-06-01T08:00:00Z ticket.created - - - - - -
    T-3 2026-06-01T08:20:00Z ticket.deleted - - - - - -
    T-4 2026-06-01T08:00:00Z ticket.created - - - - - -
    T-4 2026-06-01T08:20:00Z ticket.marked_spam - - - - - -
    T-back 2026-06-01T08:00:00Z ticket.customer_replied - - - - - -
    ");
    let busy = shard.trace("B-1", Timestamp::EVENT_END).unwrap();
    assert_eq!(busy.len(), 150);
    assert!((0..).zip(&busy).all(|(index, step)| step.at == minute(index)));
}

/// One line an event: time, kind, then team, priority, channel, agent, score and target ticket.
fn steps_of(shard: &mut Shard, ticket: &str) -> String {
    let mut lines = String::new();
    for step in shard.trace(ticket, Timestamp::EVENT_END).unwrap() {
        let fields = [step.team, step.priority.map(|one| one.label().into()), step.channel];
        let fields =
            fields.into_iter().chain([step.agent, step.score.map(|s| s.to_string().into())]);
        let fields: Vec<Box<str>> =
            fields.chain([step.into]).map(|field| field.unwrap_or_else(|| "-".into())).collect();
        let kind = step.kind.label();
        writeln!(lines, "{ticket} {} {kind} {}", step.at, fields.join(" ")).unwrap();
    }
    lines
}
