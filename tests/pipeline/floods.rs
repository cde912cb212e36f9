//! Far too much of something: copies, lateness, a wrong clock. What is honest reads as if it were alone.

use std::sync::Arc;

use vaste::catalog::Catalog;
use vaste::event::{Outcomes, Reason};
use vaste::partition::{Partition, Record, Taken};
use vaste::time::{DAY_MS, Elapsed, Timestamp};
use vaste::view::View;

use crate::hostile::{at, catalog, partition};
use crate::random::Random;
use crate::simulated_team::{Team, log};

const BEGIN: &str = "2026-10-19T08:00:00Z";

/// Days that the records of a desk are of.
const DAYS: i64 = 20;

/// What three teams publish in that time.
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

/// A partition that is read into a view, with what became of its records.
struct Desk {
    catalog: Arc<Catalog>,
    partition: Partition,
    view: View,
    outcomes: Outcomes,
}

impl Desk {
    fn new() -> Self {
        let catalog = catalog();
        let view = View::new(Arc::clone(&catalog), at(BEGIN));
        Self { partition: partition(&catalog), view, catalog, outcomes: Outcomes::default() }
    }

    fn take(&mut self, payload: &str, timestamp: Option<Timestamp>) {
        let record = Record {
            offset: self.partition.position(),
            key: None,
            payload: Some(payload.as_bytes()),
            timestamp: timestamp.map(Timestamp::ms),
        };
        let taken = self.partition.take(&record, &mut self.view);
        let Taken::Processed { outcome, .. } = taken else { unreachable!("{taken:?}") };
        self.outcomes.count(&outcome);
    }

    /// All readings and verdicts as of an instant.
    fn told(&mut self, now: Timestamp) -> Vec<String> {
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

/// Instants to look at, some of them while records are still to come.
fn instants() -> [Timestamp; 3] {
    [days(DAYS), days(DAYS + 1), days(DAYS + 25)]
}

fn told(mut desk: Desk) -> (Vec<String>, Vec<String>) {
    let told = instants().into_iter().flat_map(|now| desk.told(now)).collect();
    (told, desk.counted())
}

/// The desk that every record reaches once, in order.
fn honest(records: &[String]) -> Desk {
    let mut desk = Desk::new();
    records.iter().for_each(|record| desk.take(record, None));
    assert_eq!(desk.outcomes.applied, records.len() as u64);
    desk
}

#[test]
fn a_million_deliveries_of_which_nine_tenths_are_copies_read_as_each_once() {
    let mut records = records(4);
    records.truncate(100_000);
    assert_eq!(records.len(), 100_000);
    let mut random = Random::new(3);
    let mut desk = Desk::new();
    // Each ten times: at once, and again anywhere later.
    let mut later: Vec<&String> = Vec::new();
    for record in &records {
        for copy in 0..10 {
            if copy % 2 == 0 {
                desk.take(record, None);
            } else {
                later.push(record);
            }
        }
        if later.len() > 20_000 {
            random.shuffle(&mut later);
            later.drain(10_000..).for_each(|record| desk.take(record, None));
        }
    }
    later.drain(..).for_each(|record| desk.take(record, None));
    assert_eq!((desk.outcomes.applied, desk.outcomes.duplicate), (100_000, 900_000));
    let once = honest(&records);
    assert_eq!(desk.partition.shard().timelines(), once.partition.shard().timelines());
    assert_eq!(told(desk), told(once));
}

#[test]
fn however_late_records_come_they_read_the_same() {
    let records = records(15);
    let once = told(honest(&records));
    for (seed, way) in
        (0..).zip(["anywhere", "backwards", "half a partition late", "looked at meanwhile"])
    {
        let mut late: Vec<&String> = records.iter().collect();
        let mut random = Random::new(seed);
        let mut desk = Desk::new();
        match way {
            "backwards" => late.reverse(),
            "half a partition late" => late.rotate_left(records.len() / 2),
            _ => random.shuffle(&mut late),
        }
        for (number, record) in late.iter().enumerate() {
            if way == "looked at meanwhile" && number % 500 == 0 {
                // What is told meanwhile is taken back as more becomes known.
                desk.told(days(i64::try_from(number / 500).unwrap().min(DAYS)));
            }
            desk.take(record, None);
        }
        assert_eq!(desk.outcomes.applied, records.len() as u64, "{way}");
        // Each sample counts once when it is first seen: only who looks at the end counts the same.
        let late = told(desk);
        assert_eq!(late.0, once.0, "{way}");
        if way != "looked at meanwhile" {
            assert_eq!(late.1, once.1, "{way}");
        }
    }
}

#[test]
fn records_of_a_wrong_clock_lose_no_honest_one_and_move_no_window() {
    let records = records(15);
    let once = told(honest(&records));
    let wrong = |number: usize, kind: &str, ticket: &str| {
        format!(
            "{{\"id\":\"w-{number}\",\"type\":\"ticket.{kind}\",\"time\":\"2099-12-31T23:59:59Z\",\
             \"ticket\":\"{ticket}\",\"team\":\"billing\"}}"
        )
    };
    let mut desk = Desk::new();
    for (number, record) in records.iter().enumerate() {
        // Its broker knows when it was published, and honest records are no later than that.
        let published = days(DAYS);
        if number % 100 == 50 {
            desk.take(&wrong(number, "created", &format!("W-{number}")), Some(published));
            desk.take(&wrong(number, "agent_replied", "T-7"), Some(published));
            desk.take(&wrong(number, "solved", "T-9"), Some(published));
        }
        desk.take(record, Some(published));
    }
    assert_eq!(desk.outcomes.applied, records.len() as u64);
    assert_eq!(desk.outcomes.rejected(Reason::Future), 3 * (records.len() as u64 / 100));
    assert_eq!(told(desk), once);
}

#[test]
fn where_the_broker_has_no_timestamps_a_record_from_2099_waits_and_moves_no_window() {
    let records = records(15);
    let once = told(honest(&records));
    let mut desk = Desk::new();
    for (number, record) in records.iter().enumerate() {
        if number == records.len() / 2 {
            let time = "2099-01-01T00:00:00Z";
            desk.take(
                &format!(
                    "{{\"id\":\"w\",\"type\":\"ticket.created\",\"time\":\"{time}\",\"ticket\":\"W-1\"}}"
                ),
                None,
            );
        }
        desk.take(record, None);
    }
    assert_eq!(desk.outcomes.applied, records.len() as u64 + 1);
    assert_eq!(told(desk), once);
    // Even a whole desk of that time ends nothing before it has come.
    let mut desk = honest(&records);
    for number in 0..500 {
        let hour = number % 20;
        desk.take(
            &format!(
                "{{\"id\":\"w-{number}\",\"type\":\"ticket.created\",\"time\":\"2099-06-01T{hour:02}:00:00Z\",\
                 \"ticket\":\"W-{number}\",\"team\":\"billing\"}}"
            ),
            None,
        );
    }
    assert_eq!(desk.told(days(DAYS)), honest(&records).told(days(DAYS)));
}
