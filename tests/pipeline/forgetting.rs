//! Eviction: a ticket that is at rest for long leaves only a tombstone, and no reading changes.

use std::sync::Arc;

use vaste::agreement::{About, Agreement, Owner};
use vaste::catalog::Catalog;
use vaste::checkpoint;
use vaste::event::{Outcome, Skip};
use vaste::measure::Measure;
use vaste::partition::{Partition, Published, Record, Start, Taken};
use vaste::review::{ReviewCounts, ReviewedBy, Reviews};
use vaste::shard::{Bounds, Shard};
use vaste::time::{DAY_MS, Elapsed, HOUR_MS, Timestamp};
use vaste::view::View;

use crate::simulated_team::{Team, log};

const DAYS: i64 = 150;

fn begin() -> Timestamp {
    Timestamp::parse("2026-01-01T00:00:00Z").unwrap()
}

fn day(days: i64) -> Timestamp {
    begin().plus(Elapsed::from_ms(days * DAY_MS))
}

/// The default of `state.reopen_within`.
const REOPEN_WITHIN: Elapsed = Elapsed::from_ms(28 * DAY_MS);

fn catalog() -> Arc<Catalog> {
    let team = |name: &str| Agreement {
        owner: Owner::Team(name.into()),
        hours: None,
        objectives: Vec::new(),
        about: About::default(),
    };
    Arc::new(Catalog::new(&[team("billing"), team("support")], &Measure::ALL))
}

fn records() -> Vec<String> {
    let team = |name| Team {
        name,
        every_minutes: 60,
        answers_minutes: 200,
        slows_percent: 100,
        forgets_one_of: 40,
    };
    log(&[team("billing"), team("support")], begin(), DAYS, 11)
}

/// A partition with its view.
struct Reader {
    partition: Partition,
    view: View,
}

impl Reader {
    fn new(catalog: &Arc<Catalog>) -> Self {
        let partition = Partition::new(Arc::clone(catalog), &"events".into(), 0, 1);
        Self { partition, view: View::new(Arc::clone(catalog), begin()) }
    }

    fn take(&mut self, record: &str) -> Outcome {
        let offset = self.partition.position();
        let payload = Some(record.as_bytes());
        let record = Record {
            offset,
            key: None,
            attributes: &[],
            payload,
            mapping: None,
            published: Published::Unknown,
        };
        match self.partition.take(&record, &mut self.view) {
            Taken::Processed(processed) => processed.outcome,
            other @ (Taken::AlreadyRead | Taken::OtherTopic) => unreachable!("{other:?}"),
        }
    }

    fn read(&mut self, now: Timestamp) -> Vec<String> {
        self.view.advance(now);
        while self.partition.advance_some(now, usize::MAX, &mut self.view) {}
        let readings = self.view.readings();
        readings.iter().map(|reading| serde_json::to_string(reading).unwrap()).collect()
    }

    fn forget(&mut self, now: Timestamp) -> usize {
        self.partition.forget_some(now, REOPEN_WITHIN, usize::MAX)
    }

    /// Restores it from its checkpoint, as after a restart.
    fn restart(&mut self, catalog: &Arc<Catalog>, now: Timestamp) {
        let (_, bytes) = self.partition.image(now).unwrap();
        let image = checkpoint::read(&bytes).unwrap();
        let restored = Partition::restore(&image, Arc::clone(catalog), &"events".into(), 0, 2);
        *self =
            Self { partition: restored.unwrap(), view: View::new(Arc::clone(catalog), begin()) };
        self.read(now);
    }
}

#[test]
fn eviction_changes_no_reading_and_old_events_are_recognised() {
    let catalog = catalog();
    let (mut forgets, mut keeps) = (Reader::new(&catalog), Reader::new(&catalog));
    let records = records();
    let mut forgotten = 0;
    let mut today = 1;
    for record in &records {
        let (_, time) = record.split_once("\"time\":\"").unwrap();
        let time = Timestamp::parse(time.split_once('"').unwrap().0).unwrap();
        while time > day(today) {
            assert_eq!(forgets.read(day(today)), keeps.read(day(today)), "day {today}");
            forgotten += forgets.forget(day(today));
            if today % 50 == 0 {
                forgets.restart(&catalog, day(today));
            }
            today += 1;
        }
        assert_eq!(forgets.take(record), Outcome::Applied);
        assert_eq!(keeps.take(record), Outcome::Applied);
    }
    assert_eq!(forgets.read(day(DAYS)), keeps.read(day(DAYS)));
    let (left, all) = (&forgets.partition, &keeps.partition);
    assert!(forgotten > 3_000, "{forgotten} tickets were evicted");
    assert_eq!(left.shard().timelines() + forgotten, all.shard().timelines());
    assert_eq!(left.shard().stub_count(), forgotten);
    assert_eq!(left.responses(), all.responses(), "counters do not change");

    // All records again: each is a duplicate or too old, and nothing counts twice.
    let before = forgets.read(day(DAYS));
    let (mut too_old, mut duplicates) = (0, 0);
    for record in &records {
        match forgets.take(record) {
            Outcome::Skipped(Skip::TooOld) => too_old += 1,
            Outcome::Duplicate => duplicates += 1,
            other @ (Outcome::Applied | Outcome::Skipped(_) | Outcome::Rejected(_)) => {
                unreachable!("{other:?}: {record}")
            }
        }
    }
    assert_eq!(too_old + duplicates, records.len());
    assert!(too_old > duplicates, "{too_old} too old, {duplicates} duplicates");
    assert_eq!(forgets.read(day(DAYS)), before);
    assert_eq!(forgets.partition.responses(), keeps.partition.responses());
}

fn event(id: &str, kind: &str, at: Timestamp) -> String {
    format!(
        "{{\"id\":\"{id}\",\"type\":\"ticket.{kind}\",\"time\":\"{at}\",\"ticket\":\"T-1\",\"team\":\"billing\"}}"
    )
}

fn of_another_ticket(id: u32, time: Timestamp) -> String {
    format!(
        r#"{{"id":"{id}","type":"ticket.note_added","time":"{time}","ticket":"T-2","team":"support"}}"#
    )
}

fn hours(day_number: i64, hours: i64) -> Timestamp {
    day(day_number).plus(Elapsed::from_ms(hours * HOUR_MS))
}

/// The answered tickets of one measure in 28 days.
fn answered(reader: &mut Reader, measure: &str, now: Timestamp) -> usize {
    let readings = reader.read(now);
    let of = format!(
        "\"team\":\"billing\",\"measure\":\"{measure}\",\"basis\":\"calendar\",\"window\":\"28d\""
    );
    let line = readings.iter().find(|line| line.contains(&of));
    let value: Option<serde_json::Value> = line.map(|line| serde_json::from_str(line).unwrap());
    value.map_or(0, |value| value["answered"].as_u64().unwrap().try_into().unwrap())
}

#[test]
fn a_reopened_evicted_ticket_continues_after_its_first_reply() {
    let catalog = catalog();
    let mut reader = Reader::new(&catalog);
    for record in [
        event("1", "created", day(0)),
        event("2", "agent_replied", hours(0, 1)),
        event("3", "solved", hours(0, 2)),
    ] {
        assert_eq!(reader.take(&record), Outcome::Applied);
    }
    reader.read(day(28));
    assert_eq!(reader.forget(hours(28, 1)), 0, "its last event is still in the longest window");
    reader.read(hours(28, 2));
    assert_eq!(reader.forget(hours(28, 3)), 0, "the clock is more than a day ahead of all records");
    assert_eq!(reader.take(&of_another_ticket(90, hours(28, 2))), Outcome::Applied);
    reader.read(hours(28, 3));
    assert_eq!(reader.forget(hours(28, 3)), 1);
    // Events up to its last one are known already. The tombstone survives a restart.
    reader.restart(&catalog, hours(28, 3));
    for record in
        [event("3", "solved", hours(0, 2)), event("9", "rated\",\"score\":5,\"x\":\"", hours(0, 2))]
    {
        assert_eq!(reader.take(&record), Outcome::Skipped(Skip::TooOld), "{record}");
    }
    // It is reopened: the customer waits for the next reply, not for a first one.
    for record in [
        event("4", "reopened", hours(40, 0)),
        event("5", "customer_replied", hours(40, 1)),
        event("6", "agent_replied", hours(40, 3)),
        event("7", "solved", hours(40, 4)),
    ] {
        assert_eq!(reader.take(&record), Outcome::Applied, "{record}");
    }
    assert_eq!(reader.take(&event("1", "created", day(0))), Outcome::Skipped(Skip::TooOld));
    assert_eq!(answered(&mut reader, "next_reply", hours(40, 5)), 1);
    assert_eq!(answered(&mut reader, "first_reply", hours(40, 5)), 0);
    // Evicted again, its tombstone moves forward.
    assert_eq!(reader.take(&of_another_ticket(91, hours(70, 0))), Outcome::Applied);
    reader.read(hours(70, 0));
    assert_eq!(reader.forget(hours(70, 0)), 1);
    assert_eq!(
        reader.take(&event("8", "agent_replied", hours(40, 4))),
        Outcome::Skipped(Skip::TooOld)
    );
    assert_eq!(reader.partition.shard().stub_count(), 1);
}

/// The reviews that a partition counts, those of evicted tickets included.
fn reviews_counted(reader: &mut Reader, now: Timestamp) -> ReviewCounts {
    let evicted = Arc::clone(reader.partition.shard().evicted_past().reviews());
    let reviews = reader.partition.reviews(now);
    Reviews::merged(&[reviews], &[evicted]).counts().clone()
}

#[test]
fn the_reviews_of_an_evicted_ticket_stay_counted_over_a_restart() {
    let catalog = catalog();
    let mut reader = Reader::new(&catalog);
    let record = |ticket: &str, kind: &str, hour: i64, more: &str| {
        let at = hours(1, hour);
        format!(
            r#"{{"id":"{ticket}-{hour}","type":"ticket.{kind}","time":"{at}","ticket":"{ticket}",{more}}}"#
        )
    };
    let by = |name: &str| format!(r#""by":"{name}","score":4"#);
    for record in [
        record("T-1", "created", 0, r#""team":"billing""#),
        record("T-1", "agent_replied", 1, r#""agent":"aino""#),
        record("T-1", "solved", 2, r#""agent":"aino""#),
        record("T-1", "reviewed", 3, &by("aino")),
        record("T-1", "reviewed", 4, &by("sara")),
        record("T-4", "created", 0, r#""team":"gone""#),
        record("T-4", "solved", 1, r#""agent":"aino""#),
        record("T-4", "reviewed", 2, &by("aino")),
        record("T-3", "created", 0, r#""team":"billing""#),
        record("T-3", "reviewed", 5, &by("aino")),
    ] {
        assert_eq!(reader.take(&record), Outcome::Applied, "{record}");
    }
    let mut expected = ReviewCounts::default();
    for (team, by, count) in [
        ("billing", ReviewedBy::Oneself, 1),
        ("billing", ReviewedBy::Other, 2),
        ("unclaimed", ReviewedBy::Other, 1),
    ] {
        expected.add(team.into(), by, count);
    }
    let now = day(90);
    // Eviction goes by the records, too.
    reader.take(&of_another_ticket(9, now));
    reader.read(now);
    let counted = |reader: &mut Reader| reviews_counted(reader, now).by_declared_team(&catalog);
    assert_eq!(counted(&mut reader), expected);
    assert_eq!(reader.forget(now), 2, "T-3 waits");
    assert_eq!(counted(&mut reader), expected);
    reader.restart(&catalog, now);
    assert_eq!(counted(&mut reader), expected);
}

#[test]
fn a_waiting_or_paused_ticket_or_one_with_future_events_is_never_evicted() {
    let catalog = catalog();
    for last in ["created", "customer_replied", "pending", "on_hold"] {
        let mut reader = Reader::new(&catalog);
        reader.take(&event("1", "created", day(0)));
        reader.take(&event("2", "agent_replied", hours(0, 1)));
        reader.take(&event("3", last, hours(0, 2)));
        reader.read(day(140));
        assert_eq!(reader.forget(day(140)), 0, "{last}");
    }
    let mut reader = Reader::new(&catalog);
    reader.take(&event("1", "created", day(0)));
    reader.take(&event("2", "solved", hours(0, 1)));
    reader.take(&event("3", "reopened", day(141)));
    reader.read(day(140));
    assert_eq!(reader.forget(day(140)), 0, "a future event keeps the ticket");
}

#[test]
fn a_shard_that_has_not_advanced_to_its_counters_has_no_checkpoint() {
    let catalog = catalog();
    let mut reader = Reader::new(&catalog);
    reader.take(&event("1", "created", day(0)));
    reader.read(day(10));
    let (_, bytes) = reader.partition.image(day(10)).unwrap();
    let image = checkpoint::read(&bytes).unwrap();
    let restored = Partition::restore(&image, Arc::clone(&catalog), &"events".into(), 0, 2);
    let mut early = Reader { partition: restored.unwrap(), view: View::new(catalog, begin()) };
    // Answered before the checkpoint, read after it. An image now would count that sample as
    // already counted and lose it.
    early.take(&event("2", "agent_replied", day(9)));
    early.read(day(8));
    assert!(early.partition.image(day(11)).is_none());
    early.read(day(11));
    assert!(early.partition.image(day(11)).is_some());
    assert_eq!(early.partition.responses().total(), 1);
}

#[test]
fn a_recreated_topic_is_detected_by_the_last_record_that_was_read() {
    let catalog = catalog();
    let mut reader = Reader::new(&catalog);
    let record = |offset: i64, timestamp: i64, payload: &'static [u8]| Record {
        offset,
        key: None,
        attributes: &[],
        payload: Some(payload),
        mapping: None,
        published: Published::Appended(Timestamp::from_ms(timestamp)),
    };
    let mut take = |record: Record<'_>| reader.partition.take(&record, &mut reader.view);
    for offset in 0..3 {
        assert!(matches!(take(record(offset, 1_000, b"poison")), Taken::Processed(_)));
    }
    assert_eq!(take(record(2, 1_000, b"poison")), Taken::AlreadyRead);
    assert_eq!(take(record(2, 1_001, b"poison")), Taken::OtherTopic, "the timestamp differs");
    assert_eq!(take(record(2, 1_000, b"poisons")), Taken::OtherTopic, "the length differs");
    assert_eq!(
        take(record(1, 1_001, b"poison")),
        Taken::AlreadyRead,
        "an earlier offset has no fingerprint"
    );
    // The last record is deleted, and the next one is not: reading goes on there.
    let first_left = reader.partition.position();
    reader.partition.starts_at(first_left - 1);
    assert_eq!(reader.partition.start(), Start::At(first_left - 1));
    reader.partition.starts_at(first_left);
    assert_eq!(reader.partition.start(), Start::At(first_left));
    // Read again from its beginning it has lower offsets. Checkpoints from here on replace the
    // older ones.
    let kept = |reader: &mut Reader| {
        reader.read(day(1));
        let (origin, _) = reader.partition.image(day(1)).unwrap();
        origin.name()
    };
    let before = kept(&mut reader);
    reader.partition.lost_records(day(1));
    assert_eq!(reader.partition.start(), Start::Beginning);
    let first = record(0, day(1).ms() - 5, b"poison");
    assert!(matches!(reader.partition.take(&first, &mut ()), Taken::Processed(_)));
    assert_eq!(reader.partition.history_from(), Some(day(1)), "the gap was noticed then");
    assert!(kept(&mut reader) > before);
}

#[test]
fn a_split_ticket_counts_for_nothing_even_from_a_checkpoint() {
    let catalog = catalog();
    let mut reader = Reader::new(&catalog);
    reader.take(&event("1", "created", day(0)));
    reader.read(day(1));
    let key = reader.partition.take_opened()[0];
    let (_, bytes) = reader.partition.image(day(1)).unwrap();
    let image = checkpoint::read(&bytes).unwrap();
    let restored = Partition::restore(&image, Arc::clone(&catalog), &"events".into(), 0, 2);
    // Before and after its first reading: the ticket is set aside, and its later events change
    // nothing.
    let restored = Reader { partition: restored.unwrap(), view: View::new(catalog, begin()) };
    for mut reader in [reader, restored] {
        assert!(reader.partition.set_aside(key, &mut reader.view));
        assert!(!reader.partition.set_aside(key ^ 1, &mut reader.view), "there is no such ticket");
        reader.take(&event("2", "agent_replied", day(1)));
        assert_eq!(reader.read(day(2)), Vec::<String>::new());
    }
}

#[test]
fn a_shard_that_is_full_refuses_new_tickets_and_says_so() {
    let mut shard = Shard::bounded(catalog(), Bounds { timelines: 2, stubs: 1 });
    let ticket = |number: u32| {
        format!(
            "{{\"id\":\"{number}\",\"type\":\"ticket.created\",\"time\":\"2026-01-01T00:00:00Z\",\
             \"ticket\":\"T-{number}\"}}"
        )
    };
    let mut apply =
        |number| shard.apply(&vaste::event::decode(ticket(number).as_bytes()).unwrap(), &mut ());
    assert_eq!(apply(1), Outcome::Applied);
    assert_eq!(apply(2), Outcome::Applied);
    assert_eq!(apply(3), Outcome::Skipped(Skip::TicketFull));
    assert_eq!(apply(1), Outcome::Duplicate, "known tickets still take events");
    assert!(shard.is_full());
}

/// The service advances a restored partition to whatever instant it knows first, which may be before the
/// one up to which the checkpoint has counted.
#[test]
fn a_late_event_after_a_restore_counts_no_sample_again_wherever_the_clock_begins() {
    let catalog = catalog();
    let mut reader = Reader::new(&catalog);
    for record in [event("1", "created", day(0)), event("2", "agent_replied", hours(0, 2))] {
        assert_eq!(reader.take(&record), Outcome::Applied);
    }
    reader.read(day(1));
    let counted = reader.partition.responses().total();
    assert!(counted > 0);
    reader.restart(&catalog, day(1));
    assert_eq!(reader.take(&event("3", "note_added", hours(0, 1))), Outcome::Applied);
    for now in [Timestamp::EVENT_MIN, day(0), hours(0, 1), day(1), day(2)] {
        while reader.partition.advance_some(now, usize::MAX, &mut ()) {}
        assert_eq!(reader.partition.responses().total(), counted, "{now}");
    }
}

/// A clock that was ahead takes windows and checkpoints along. Once it is right, all goes on from there.
#[test]
fn a_partition_that_a_wrong_clock_took_ahead_goes_on_from_the_right_time() {
    let catalog = catalog();
    let mut reader = Reader::new(&catalog);
    for record in [event("1", "created", day(0)), event("2", "agent_replied", hours(0, 2))] {
        reader.take(&record);
    }
    let right = reader.read(day(1));
    let counted = reader.partition.responses().total();
    reader.read(day(41));
    assert_eq!(reader.forget(day(41)), 0, "the clock alone evicts nothing");
    assert!(reader.partition.correct_time(day(1)));
    reader.view = View::new(Arc::clone(&catalog), begin());
    assert!(reader.read(day(1)) == right);
    assert_eq!(reader.partition.responses().total(), counted);
    assert!(!reader.partition.correct_time(day(1)), "there is nothing to correct");
    assert!(reader.partition.image(day(1)).is_some(), "checkpoints go on");
    // The same from a checkpoint that was written by the wrong clock.
    let mut ahead = Reader::new(&catalog);
    for record in [event("1", "created", day(0)), event("2", "agent_replied", hours(0, 2))] {
        ahead.take(&record);
    }
    ahead.read(day(41));
    ahead.restart(&catalog, day(41));
    assert!(ahead.partition.correct_time(day(1)));
    ahead.view = View::new(Arc::clone(&catalog), begin());
    assert!(ahead.read(day(1)) == right);
    assert_eq!(ahead.partition.responses().total(), counted);
    assert!(ahead.partition.image(day(1)).is_some());
}

#[test]
fn a_ticket_that_was_brought_to_its_team_stays_for_a_year() {
    let catalog = catalog();
    for (bring_to_team, kept_until) in [("false", 30), ("true", 367)] {
        let mut reader = Reader::new(&catalog);
        let reviewed = format!("reviewed\",\"score\":2,\"bring_to_team\":{bring_to_team},\"x\":\"");
        for record in [
            event("1", "created", day(0)),
            event("2", "agent_replied", hours(0, 1)),
            event("3", "solved", hours(0, 2)),
            event("4", &reviewed, day(1)),
        ] {
            assert_eq!(reader.take(&record), Outcome::Applied);
        }
        for today in [29, 30, 200, 365, 366, 367] {
            let record = of_another_ticket(today, day(today.into()));
            assert_eq!(reader.take(&record), Outcome::Applied);
            reader.read(day(today.into()));
            let evicted = usize::from(today == kept_until);
            assert_eq!(reader.forget(day(today.into())), evicted, "{bring_to_team}, day {today}");
        }
    }
}
