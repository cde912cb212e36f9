//! Floods: copies, late records, and records of a wrong clock. The correct records read as if they
//! were alone.

use std::sync::Arc;

use vaste::catalog::Catalog;
use vaste::event::{Outcomes, Reason};
use vaste::partition::{Partition, Published, Record, Taken};
use vaste::time::{DAY_MS, Elapsed, Timestamp};
use vaste::view::View;

use crate::hostile::{at, catalog, partition};
use crate::random::Random;
use crate::simulated_team::{Team, log};

const BEGIN: &str = "2026-10-19T08:00:00Z";

/// Days that the records cover.
const DAYS: i64 = 20;

/// The records of three teams in that time.
fn records(every_minutes: i64) -> Vec<String> {
    let team = |name| Team {
        name,
        every_minutes,
        answers_minutes: 70,
        slows_percent: 80,
        forgets_one_of: 50,
    };
    log(&[team("billing"), team("support"), team("ghost")], at(BEGIN), DAYS, 7)
}

/// A partition with its view and the outcomes of its records.
struct Source {
    catalog: Arc<Catalog>,
    partition: Partition,
    view: View,
    outcomes: Outcomes,
}

impl Source {
    fn new() -> Self {
        let catalog = catalog();
        let view = View::new(Arc::clone(&catalog), at(BEGIN));
        Self { partition: partition(&catalog), view, catalog, outcomes: Outcomes::default() }
    }

    fn take(&mut self, payload: &str, timestamp: Option<Timestamp>) {
        let record = Record {
            offset: self.partition.position(),
            key: None,
            attributes: &[],
            payload: Some(payload.as_bytes()),
            mapping: None,
            published: timestamp.map_or(Published::Unknown, Published::Appended),
        };
        let taken = self.partition.take(&record, &mut self.view);
        let Taken::Processed(processed) = taken else { unreachable!("{taken:?}") };
        self.outcomes.count(&processed.outcome);
    }

    /// All readings and verdicts as of an instant.
    fn readings(&mut self, now: Timestamp) -> Vec<String> {
        self.view.advance(now);
        while self.partition.advance_some(now, usize::MAX, &mut self.view) {}
        let readings = self.view.readings();
        let readings = readings.iter().map(|reading| serde_json::to_string(reading).unwrap());
        let verdicts = self.view.verdicts();
        let verdicts = verdicts.iter().map(|verdict| serde_json::to_string(verdict).unwrap());
        readings.chain(verdicts).collect()
    }

    /// The samples that it counted, each once.
    fn counted(&self) -> Vec<String> {
        let all = self.partition.responses().iter();
        let line = |(scope, measure, counted): (_, vaste::measure::Measure, _)| {
            format!("{:?} {} {counted:?}", self.catalog.scope_name(scope), measure.label())
        };
        all.map(line).collect()
    }
}

fn days(days: i64) -> Timestamp {
    at(BEGIN).plus(Elapsed::from_ms(days * DAY_MS))
}

/// Instants to read at, some of them before the last record.
fn instants() -> [Timestamp; 3] {
    [days(DAYS), days(DAYS + 1), days(DAYS + 25)]
}

fn readings(mut source: Source) -> (Vec<String>, Vec<String>) {
    let readings = instants().into_iter().flat_map(|now| source.readings(now)).collect();
    (readings, source.counted())
}

/// The result of delivering every record once, in order.
fn in_order(records: &[String]) -> Source {
    let mut source = Source::new();
    records.iter().for_each(|record| source.take(record, None));
    assert_eq!(source.outcomes.applied, records.len() as u64);
    source
}

#[test]
fn a_million_deliveries_with_nine_copies_in_ten_read_as_each_record_once() {
    let mut records = records(4);
    records.truncate(100_000);
    assert_eq!(records.len(), 100_000);
    let mut random = Random::new(3);
    let mut source = Source::new();
    // Each ten times: at once, and again at random later.
    let mut later: Vec<&String> = Vec::new();
    for record in &records {
        for copy in 0..10 {
            if copy % 2 == 0 {
                source.take(record, None);
            } else {
                later.push(record);
            }
        }
        if later.len() > 20_000 {
            random.shuffle(&mut later);
            later.drain(10_000..).for_each(|record| source.take(record, None));
        }
    }
    later.drain(..).for_each(|record| source.take(record, None));
    assert_eq!((source.outcomes.applied, source.outcomes.duplicate), (100_000, 900_000));
    let once = in_order(&records);
    assert_eq!(source.partition.shard().timelines(), once.partition.shard().timelines());
    assert_eq!(readings(source), readings(once));
}

#[test]
fn late_records_read_the_same_in_any_order() {
    let records = records(15);
    let once = readings(in_order(&records));
    for (seed, way) in
        (0..).zip(["anywhere", "backwards", "half a partition late", "read in between"])
    {
        let mut late: Vec<&String> = records.iter().collect();
        let mut random = Random::new(seed);
        let mut source = Source::new();
        match way {
            "backwards" => late.reverse(),
            "half a partition late" => late.rotate_left(records.len() / 2),
            _ => random.shuffle(&mut late),
        }
        for (number, record) in late.iter().enumerate() {
            if way == "read in between" && number % 500 == 0 {
                // Readings in between are corrected as more records arrive.
                source.readings(days(i64::try_from(number / 500).unwrap().min(DAYS)));
            }
            source.take(record, None);
        }
        assert_eq!(source.outcomes.applied, records.len() as u64, "{way}");
        // A sample is counted when it is first seen. So the counters are equal only if nothing was
        // read in between.
        let late = readings(source);
        assert_eq!(late.0, once.0, "{way}");
        if way != "read in between" {
            assert_eq!(late.1, once.1, "{way}");
        }
    }
}

#[test]
fn records_of_a_wrong_clock_lose_no_correct_record_and_move_no_window() {
    let records = records(15);
    let once = readings(in_order(&records));
    let wrong = |number: usize, kind: &str, ticket: &str| {
        format!(
            "{{\"id\":\"w-{number}\",\"type\":\"ticket.{kind}\",\"time\":\"2099-12-31T23:59:59Z\",\
             \"ticket\":\"{ticket}\",\"team\":\"billing\"}}"
        )
    };
    let mut source = Source::new();
    for (number, record) in records.iter().enumerate() {
        // The broker knows when the record was published, and correct records are not later than
        // that.
        let published = days(DAYS);
        if number % 100 == 50 {
            source.take(&wrong(number, "created", &format!("W-{number}")), Some(published));
            source.take(&wrong(number, "agent_replied", "T-7"), Some(published));
            source.take(&wrong(number, "solved", "T-9"), Some(published));
        }
        source.take(record, Some(published));
    }
    assert_eq!(source.outcomes.applied, records.len() as u64);
    assert_eq!(source.outcomes.rejected(Reason::Future), 3 * (records.len() as u64 / 100));
    assert_eq!(readings(source), once);
}

#[test]
fn without_broker_timestamps_a_record_from_2099_waits_and_moves_no_window() {
    let records = records(15);
    let once = readings(in_order(&records));
    let mut source = Source::new();
    for (number, record) in records.iter().enumerate() {
        if number == records.len() / 2 {
            let time = "2099-01-01T00:00:00Z";
            source.take(
                &format!(
                    "{{\"id\":\"w\",\"type\":\"ticket.created\",\"time\":\"{time}\",\"ticket\":\"W-1\"}}"
                ),
                None,
            );
        }
        source.take(record, None);
    }
    assert_eq!(source.outcomes.applied, records.len() as u64 + 1);
    assert_eq!(readings(source), once);
    // Even many tickets of that time end no wait before it comes.
    let mut source = in_order(&records);
    for number in 0..500 {
        let hour = number % 20;
        source.take(
            &format!(
                "{{\"id\":\"w-{number}\",\"type\":\"ticket.created\",\"time\":\"2099-06-01T{hour:02}:00:00Z\",\
                 \"ticket\":\"W-{number}\",\"team\":\"billing\"}}"
            ),
            None,
        );
    }
    assert_eq!(source.readings(days(DAYS)), in_order(&records).readings(days(DAYS)));
}
