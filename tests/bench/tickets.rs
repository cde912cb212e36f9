//! The cost of an event of a ticket with very many events, and of a question about a ticket that
//! has waited for years. Each is compared with a small ticket in the same run.
//!
//! `cargo bench --bench tickets`

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and panics when it cannot go on"
)]

#[expect(dead_code, reason = "other benchmarks need more of it")]
#[path = "../support/bench.rs"]
mod bench;
#[expect(dead_code, reason = "the benchmark draws whole numbers only")]
#[path = "../support/random.rs"]
mod random;

use std::borrow::Cow;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use bench::{median, timed};
use random::Random;
use vaste::agreement::{About, Agreement, Level, Objective, Owner, Target};
use vaste::calendar::{Calendar, Definition, Opening, Zone};
use vaste::catalog::Catalog;
use vaste::event::{Event, Kind, Maker, Subject};
use vaste::measure::Measure;
use vaste::shard::Shard;
use vaste::time::{DAY_MS, Elapsed, HOUR_MS, MINUTE_MS, Timestamp};
use vaste::view::View;

/// How often each case is run. The median counts.
const ROUNDS: usize = 5;

/// Events of each run, over all its tickets.
const EVENTS: usize = 100_000;

/// Questions about one ticket.
const QUESTIONS: usize = 20_000;

fn main() {
    let catalog = catalog();
    for (order, shuffle) in [("in order", false), ("in random order", true)] {
        // In order each event is derived by itself, which is the highest cost of a ticket. Out of
        // order a ticket is derived once for all events since its last reading.
        let small = median_of(|| per_event(&catalog, 100, shuffle));
        let large = median_of(|| per_event(&catalog, EVENTS, shuffle));
        println!(
            "an event {order}: {small:>6.0} ns in tickets of 100, {large:>6.0} ns in one of {EVENTS}: {:.2} times",
            large / small
        );
    }
    let day = median_of(|| per_question(&catalog, 1));
    let decade = median_of(|| per_question(&catalog, 3_650));
    println!(
        "a question: {day:>6.0} ns of a ticket open for a day, {decade:>6.0} ns for ten years: {:.2} times",
        decade / day
    );
}

/// Every measure with the hours of an office, and objectives of both kinds.
fn catalog() -> Arc<Catalog> {
    let mut definition = Definition::new(Zone::compiled_in("Europe/Helsinki").unwrap());
    for day in definition.week.iter_mut().take(5) {
        *day = ["08:00-11:30", "12:00-16:00"].map(|text| Opening::parse(text).unwrap()).into();
    }
    let level = Level::NoneOver(Target::open(Elapsed::from_ms(4 * HOUR_MS)));
    let agreement = Agreement {
        owner: Owner::Team("billing".into()),
        hours: Some(Arc::new(Calendar::new(&definition).unwrap())),
        objectives: vec![
            Objective::new("reply", Measure::FirstReply, level.clone()),
            Objective::new("solve", Measure::CustomerWait, level),
        ],
        about: About::default(),
    };
    Arc::new(Catalog::new(&[agreement], &Measure::ALL))
}

fn begin() -> Timestamp {
    Timestamp::parse("2026-01-05T08:00:00Z").unwrap()
}

/// The events of one ticket: asked, answered, pending, transferred and transferred back.
fn event(ticket: usize, number: usize) -> Event<'static> {
    let kinds = [
        Kind::CustomerReplied,
        Kind::AgentReplied,
        Kind::Pending,
        Kind::Assigned,
        Kind::CustomerReplied,
        Kind::Assigned,
    ];
    let kind = if number == 0 { Kind::Created } else { kinds[number % kinds.len()] };
    let team = ["billing", "support"][number % 2];
    let minutes = i64::try_from(number).unwrap() * 3;
    Event {
        kind,
        time: begin().plus(Elapsed::from_ms(minutes * MINUTE_MS)),
        identity: u64::try_from(ticket * EVENTS + number)
            .unwrap()
            .wrapping_mul(0x9E37_79B9_7F4A_7C15),
        subject: Subject::Ticket(Cow::Owned(format!("T-{ticket}"))),
        team: matches!(kind, Kind::Created | Kind::Assigned).then_some(Cow::Borrowed(team)),
        priority: None,
        channel: None,
        agent: None,
        maker: Maker::Customer,
        detail: None,
        ignored: Vec::new(),
    }
}

/// Nanoseconds for an event, in tickets of `each` events.
fn per_event(catalog: &Arc<Catalog>, each: usize, shuffle: bool) -> f64 {
    let batch = if shuffle { 500 } else { 1 };
    let tickets = EVENTS / each;
    // The tickets take turns, as in a stream.
    let mut events: Vec<Event<'static>> = (0..each)
        .flat_map(|number| (0..tickets).map(move |ticket| event(ticket, number)))
        .collect();
    if shuffle {
        Random::new(7).shuffle(&mut events);
    }
    let end = begin().plus(Elapsed::from_ms(400 * DAY_MS));
    let mut shard = Shard::new(Arc::clone(catalog));
    let mut view = View::new(Arc::clone(catalog), end);
    let took = timed(|| {
        for batch in events.chunks(batch) {
            for event in batch {
                black_box(shard.apply(event, &mut view));
            }
            shard.advance(end, &mut view);
        }
    });
    nanoseconds(took, events.len())
}

/// Nanoseconds for a question about a ticket that has waited for `days` days: how many wait, which
/// are over target, and when that changes.
fn per_question(catalog: &Arc<Catalog>, days: i64) -> f64 {
    let mut shard = Shard::new(Arc::clone(catalog));
    let now = Timestamp::parse("2026-11-24T12:00:00Z").unwrap();
    let mut view = View::new(Arc::clone(catalog), now);
    let mut created = event(0, 0);
    created.time = now.minus(Elapsed::from_ms(days * DAY_MS));
    shard.apply(&created, &mut view);
    shard.advance(now, &mut view);
    let ids: Vec<_> = catalog.objectives().map(|(id, ..)| id).collect();
    let took = timed(|| {
        for _ in 0..QUESTIONS {
            for &id in &ids {
                black_box((view.alert_verdicts(id), view.changes_at(id), view.breakdown(id)));
            }
        }
    });
    nanoseconds(took, QUESTIONS)
}

/// The median of a figure over all rounds.
fn median_of(figure: impl FnMut() -> f64) -> f64 {
    median(std::iter::repeat_with(figure).take(ROUNDS).collect())
}

#[expect(clippy::cast_precision_loss, reason = "a figure to print")]
fn nanoseconds(took: Duration, count: usize) -> f64 {
    took.as_secs_f64() * 1e9 / count as f64
}
