//! Regressions and corner cases that generated histories reach too seldom. Each covers a rule of
//! the design that no other test covers.

use std::borrow::Cow;
use std::sync::Arc;

use vaste::agreement::{
    About, Agreement, Completeness, Level, Objective, Owner, Tally, Target, VerdictState,
};
use vaste::amount::Amount;
use vaste::catalog::Catalog;
use vaste::event::{Event, EventDetail, Kind, Outcome, Priority, Skip};
use vaste::measure::Measure;
use vaste::reading::Reading;
use vaste::shard::Shard;
use vaste::share::Share;
use vaste::ticket::{Change, Sink};
use vaste::time::{DAY_MS, Elapsed, HOUR_MS, MINUTE_MS, Timestamp};
use vaste::window::{Bucket, WaitedQuantile};

use crate::history::{Pipeline, event, of_team, with_priority};
use crate::random::Random;

fn t0() -> Timestamp {
    Timestamp::parse("2026-03-02T00:00:00Z").unwrap()
}

fn at(ms: i64) -> Timestamp {
    t0().plus(Elapsed::from_ms(ms))
}

fn shown(ms: i64) -> Amount {
    Amount::Time(Bucket::of(Elapsed::from_ms(ms)).value())
}

fn objective(share_bp: u32, at_risk_bp: u32, min_tickets: u64) -> Objective {
    let level = Level::Within {
        target: Target::calendar(Elapsed::from_ms(4 * HOUR_MS)),
        by_priority: [None; 4],
        share: Share::from_basis_points(share_bp).unwrap(),
        min_tickets,
    };
    Objective {
        at_risk: Share::from_basis_points(at_risk_bp).unwrap(),
        ..Objective::new("o", Measure::FirstReply, level)
    }
}

fn all() -> Arc<Catalog> {
    Arc::new(Catalog::new(&[], &Measure::DEFAULT))
}

fn of(pipeline: &mut Pipeline, now: Timestamp, window_ms: i64, measure: Measure) -> Reading {
    let readings = pipeline.advance(now).readings();
    readings
        .into_iter()
        .find(|r| r.team.is_none() && r.measure == measure && r.window.ms() == window_ms)
        .unwrap()
}

#[test]
fn at_a_share_of_all_an_objective_with_all_tickets_met_is_met_and_not_at_risk() {
    let o = objective(10_000, 8_000, 20);
    assert_eq!(
        o.judge(Tally { decided: 20, ..Tally::default() }, Completeness::Whole, t0()),
        VerdictState::Met
    );
}

#[test]
fn an_objective_is_at_risk_from_the_agreed_part_of_the_budget_on() {
    let tally = Tally { decided: 20, missed: 1, ..Tally::default() };
    assert_eq!(
        objective(9_000, 5_000, 20).judge(tally, Completeness::Whole, t0()),
        VerdictState::AtRisk
    );
    assert_eq!(
        objective(9_000, 5_001, 20).judge(tally, Completeness::Whole, t0()),
        VerdictState::Met
    );
}

#[test]
fn history_from_the_begin_of_the_window_on_is_complete() {
    let owner = Owner::Team("billing".into());
    let agreement = Agreement {
        owner,
        hours: None,
        objectives: vec![objective(9_000, 8_000, 1)],
        about: About::default(),
    };
    let catalog = Arc::new(Catalog::new(&[agreement], &[]));
    let mut view = vaste::view::View::new(catalog, t0());
    view.set_history_from(Some(t0()));
    view.advance(at(7 * DAY_MS - 1));
    // `from` is rounded up to 30 min, so the window reaches t0 itself from 7d - 30min + 1ms on.
    assert_eq!(view.verdicts()[0].state, VerdictState::InsufficientData, "no ticket is decided");
    let limit = Agreement {
        owner: Owner::Organisation,
        hours: None,
        objectives: vec![Objective {
            level: Level::NoneOver(Target::calendar(Elapsed::from_ms(HOUR_MS))),
            ..objective(9_000, 8_000, 1)
        }],
        about: About::default(),
    };
    let mut view = vaste::view::View::new(Arc::new(Catalog::new(&[limit], &[])), t0());
    view.set_history_from(Some(t0()));
    view.advance(at(7 * DAY_MS - 30 * MINUTE_MS));
    assert_eq!(view.verdicts()[0].state, VerdictState::InsufficientData);
    view.advance(at(7 * DAY_MS));
    assert_eq!(view.verdicts()[0].state, VerdictState::Met);
}

fn into(to: &str) -> Event<'static> {
    let mut event = event(Kind::Merged, "T-1", at(1), 7);
    let detail = EventDetail { into: Some(Cow::Owned(to.to_owned())), ..EventDetail::default() };
    event.detail = Some(Box::new(detail));
    event
}

#[test]
fn a_known_event_is_a_duplicate_and_another_with_its_identity_conflicts() {
    let mut pipeline = Pipeline::new(&all(), 1, t0());
    assert_eq!(pipeline.apply(&into("T-2")), Outcome::Applied);
    assert_eq!(pipeline.apply(&into("T-2")), Outcome::Duplicate);
    assert_eq!(
        pipeline.apply(&event(Kind::Merged, "T-1", at(2), 7)),
        Outcome::Skipped(Skip::Conflicting)
    );
    // The one that sorts first is kept. The other is counted as conflicting.
    assert_eq!(
        pipeline.apply(&event(Kind::Merged, "T-1", at(0), 7)),
        Outcome::Skipped(Skip::Conflicting)
    );
}

#[test]
fn the_target_of_a_merge_is_no_part_of_its_identity() {
    let mut pipeline = Pipeline::new(&all(), 1, t0());
    assert_eq!(pipeline.apply(&into("T-2")), Outcome::Applied);
    assert_eq!(pipeline.apply(&into("T-3")), Outcome::Duplicate);
    assert_eq!(pipeline.apply(&into("T-1")), Outcome::Duplicate);
    assert_eq!(pipeline.apply(&event(Kind::Merged, "T-1", at(1), 7)), Outcome::Duplicate);
}

#[test]
fn priorities_of_one_instant_hold_in_the_order_of_their_names() {
    // high < low as text, so low is the later one: the target is 1 h, not 4 h.
    let mut by_priority = [None; 4];
    by_priority[Priority::Low.index()] = Some(Target::calendar(Elapsed::from_ms(HOUR_MS)));
    let mut o = objective(9_000, 8_000, 1);
    if let Level::Within { by_priority: own, .. } = &mut o.level {
        *own = by_priority;
    }
    let agreement = Agreement {
        owner: Owner::Organisation,
        hours: None,
        objectives: vec![o],
        about: About::default(),
    };
    let catalog = Arc::new(Catalog::new(&[agreement], &[]));
    let mut pipeline = Pipeline::new(&catalog, 1, t0());
    pipeline.apply(&event(Kind::Created, "T-1", t0(), 1));
    pipeline.apply(&with_priority(event(Kind::NoteAdded, "T-1", at(1), 2), Priority::Low));
    pipeline.apply(&with_priority(event(Kind::NoteAdded, "T-1", at(1), 3), Priority::High));
    assert_eq!(pipeline.advance(at(2 * HOUR_MS)).verdicts()[0].missed, 1);
}

/// `number` exchanges, an hour apart. Each is answered after 10 minutes plus its number in seconds.
fn long(number: u64) -> Vec<Event<'static>> {
    let mut events = vec![event(Kind::Created, "T-1", t0(), 0)];
    for n in 0..number {
        let asked = i64::try_from(n).unwrap() * HOUR_MS;
        let wait = 10 * MINUTE_MS + i64::try_from(n).unwrap() * 1_000;
        events.push(event(Kind::CustomerReplied, "T-1", at(asked + 1), 2 * n + 1));
        events.push(event(Kind::AgentReplied, "T-1", at(asked + 1 + wait), 2 * n + 2));
    }
    events
}

fn check_long_ticket(events: &[Event<'static>], again: bool, step: bool) {
    let mut pipeline = Pipeline::new(&all(), 1, t0());
    for event in events {
        assert_eq!(pipeline.apply(event), Outcome::Applied);
        if step {
            pipeline.advance(at(300 * HOUR_MS));
        }
    }
    if again {
        for event in events {
            assert_eq!(pipeline.apply(event), Outcome::Duplicate);
        }
    }
    let reading = of(&mut pipeline, at(300 * HOUR_MS), 28 * DAY_MS, Measure::NextReply);
    // The first of 200 exchanges is the first reply. 10 min + 1 s .. 10 min + 199 s are 10 min +
    // 100 s on average.
    assert_eq!(reading.answered, 199);
    assert_eq!(reading.mean.unwrap().thousandths(), 700_000);
    let first = of(&mut pipeline, at(300 * HOUR_MS), 28 * DAY_MS, Measure::FirstReply);
    assert_eq!((first.answered, first.mean.unwrap().thousandths()), (1, 600_001));
}

#[test]
fn a_long_ticket_in_order_reads_correctly() {
    check_long_ticket(&long(200), false, false);
}

#[test]
fn a_long_ticket_delivered_twice_reads_correctly() {
    check_long_ticket(&long(200), true, false);
}

#[test]
fn a_long_ticket_in_order_read_after_each_event_reads_correctly() {
    let mut pipeline = Pipeline::new(&all(), 1, t0());
    for event in long(200) {
        pipeline.apply(&event);
        pipeline.advance(event.time);
    }
    let reading = of(&mut pipeline, at(300 * HOUR_MS), 28 * DAY_MS, Measure::NextReply);
    assert_eq!((reading.answered, reading.mean.unwrap().thousandths()), (199, 700_000));
}

#[test]
fn a_long_ticket_delivered_backwards_reads_correctly() {
    let mut events = long(200);
    events.reverse();
    check_long_ticket(&events, true, false);
}

#[test]
fn a_long_ticket_shuffled_with_readings_in_between_reads_correctly() {
    let mut events = long(200);
    Random::new(1).shuffle(&mut events);
    check_long_ticket(&events, true, true);
}

// --- Kaplan-Meier curve of the view. Window 24h at now = t0 + 48 h: from = t0 + 24 h, panes of 5
// min. ---

const NOW: i64 = 48 * HOUR_MS;
struct Queue(Pipeline, u64);
impl Queue {
    fn new() -> Self {
        Self(Pipeline::new(&all(), 1, t0()), 0)
    }
    fn wait(&mut self, from: i64, to: Option<(i64, Kind)>) {
        let key = format!("T-{}", self.1);
        self.0.apply(&event(Kind::Created, &key, at(from), 1));
        if let Some((to, kind)) = to {
            self.0.apply(&event(kind, &key, at(to), 2));
        }
        self.1 += 1;
    }
    fn p50(&mut self) -> WaitedQuantile<Amount> {
        of(&mut self.0, at(NOW), DAY_MS, Measure::FirstReply).q_with_waiting.p50
    }
    fn p90(&mut self) -> WaitedQuantile<Amount> {
        of(&mut self.0, at(NOW), DAY_MS, Measure::FirstReply).q_with_waiting.p90
    }
}

#[test]
fn a_given_up_wait_is_censored_not_answered() {
    // 10 are answered after 1 h. 12 are solved without an answer after 30 min: at risk until then,
    // and no answers. Curve: 22 at risk; at 30 min no change; at 1 h 10 of 10 answered.
    for kind in [Kind::Solved, Kind::Closed] {
        let mut queue = Queue::new();
        for n in 0..10 {
            queue.wait(NOW - 10 * HOUR_MS + n, Some((NOW - 9 * HOUR_MS + n, Kind::AgentReplied)));
        }
        for n in 0..12 {
            queue
                .wait(NOW - 10 * HOUR_MS + n, Some((NOW - 9 * HOUR_MS - 30 * MINUTE_MS + n, kind)));
        }
        assert_eq!(queue.p50(), WaitedQuantile::Value(shown(HOUR_MS)), "{kind:?}");
    }
}

/// 10 answered after 1 h, and 12 ended by `kind` after 2 h.
fn after_two_hours(kind: Kind) -> WaitedQuantile<Amount> {
    let mut queue = Queue::new();
    for n in 0..10 {
        queue.wait(NOW - 10 * HOUR_MS + n, Some((NOW - 9 * HOUR_MS + n, Kind::AgentReplied)));
    }
    for n in 0..12 {
        queue.wait(NOW - 10 * HOUR_MS + n, Some((NOW - 8 * HOUR_MS + n, kind)));
    }
    queue.p50()
}

#[test]
fn a_given_up_wait_is_at_risk_until_its_end_and_a_merged_one_never() {
    for kind in [Kind::Solved, Kind::Closed] {
        // 10 of 22 answered: the curve never reaches one half.
        assert_eq!(after_two_hours(kind), WaitedQuantile::MoreThan(shown(2 * HOUR_MS)), "{kind:?}");
    }
    for kind in [Kind::Merged, Kind::Deleted, Kind::MarkedSpam] {
        assert_eq!(after_two_hours(kind), WaitedQuantile::Value(shown(HOUR_MS)), "{kind:?}");
    }
}

#[test]
fn a_given_up_wait_from_before_the_window_enters_at_its_age() {
    // 12 begin at t0 and are solved at t0 + 30 h. Their age is 30 h then, and about 24 h when they
    // enter. They are not at risk at 1 h.
    let mut queue = Queue::new();
    for n in 0..10 {
        queue.wait(NOW - 10 * HOUR_MS + n, Some((NOW - 9 * HOUR_MS + n, Kind::AgentReplied)));
    }
    for n in 0..12 {
        queue.wait(n, Some((30 * HOUR_MS + n, Kind::Solved)));
    }
    assert_eq!(queue.p50(), WaitedQuantile::Value(shown(HOUR_MS)));
}

#[test]
fn a_quantile_that_the_curve_does_not_reach_is_more_than_the_longest_wait() {
    let mut queue = Queue::new();
    for n in 0..6 {
        queue.wait(NOW - 5 * HOUR_MS - n * MINUTE_MS, None);
    }
    let waited = Amount::Time(Elapsed::from_ms(5 * HOUR_MS + 5 * MINUTE_MS));
    assert_eq!(queue.p90(), WaitedQuantile::MoreThan(waited));
}

#[test]
fn an_answer_from_before_the_window_enters_by_the_middle_of_its_pane() {
    // Window 7d at now = t0 + 9d: from = t0 + 2d. Its panes are 30 min long up to 24 h before now.
    // 10 samples end in the first pane of the window (t0 + 2d .. + 30 min), after 2 h each. The
    // middle of the pane is 15 min into the window, so they enter at 1 h 45 min. 10 more are
    // answered after 1 h 50 min, all within the window.
    let now = 9 * DAY_MS;
    let mut pipeline = Pipeline::new(&all(), 1, t0());
    for n in 0..10 {
        let key = format!("A-{n}");
        let stop = 2 * DAY_MS + 20 * MINUTE_MS;
        pipeline.apply(&event(Kind::Created, &key, at(stop - 2 * HOUR_MS), 1));
        pipeline.apply(&event(Kind::AgentReplied, &key, at(stop), 2));
        let key = format!("B-{n}");
        let start = 5 * DAY_MS;
        pipeline.apply(&event(Kind::Created, &key, at(start), 1));
        pipeline.apply(&event(Kind::AgentReplied, &key, at(start + 110 * MINUTE_MS), 2));
    }
    // At 1 h 50 min there are 20 at risk and 10 answered, so one half is reached there. If the
    // first ten entered at 2 h (the begin of the pane) or later than 1 h 50 min, 10 of 10 would be
    // answered, and p90 would be 1 h 50 min, too.
    let reading = of(&mut pipeline, at(now), 7 * DAY_MS, Measure::FirstReply);
    assert_eq!(reading.from, at(2 * DAY_MS));
    assert_eq!(reading.q_with_waiting.p50, WaitedQuantile::Value(shown(110 * MINUTE_MS)));
    assert_eq!(reading.q_with_waiting.p90, WaitedQuantile::Value(shown(120 * MINUTE_MS)));
}

/// Counts samples that are reported as new, and late events by whether they correct a sample.
#[derive(Default)]
struct Counters {
    made: u32,
    late: [u32; 2],
}

impl Sink for Counters {
    fn apply(&mut self, change: Change<'_>, _: i64) {
        match change {
            Change::NewSample(_) => self.made += 1,
            Change::LateEvent { corrects } => self.late[usize::from(!corrects)] += 1,
            Change::Ended(_)
            | Change::Running(_)
            | Change::Rated(_)
            | Change::Flagged(_)
            | Change::Merged { .. }
            | Change::TookOver(_) => {}
        }
    }
}

#[test]
fn every_sample_is_counted_once_although_late_events_correct_it() {
    let agreement = Agreement {
        owner: Owner::Team("billing".into()),
        hours: None,
        objectives: vec![],
        about: About::default(),
    };
    let catalog = Arc::new(Catalog::new(&[agreement], &[Measure::FirstReply, Measure::Resolution]));
    let mut shard = Shard::new(Arc::clone(&catalog));
    let mut counters = Counters::default();
    let begin = Timestamp::parse("2026-03-02T08:00:00Z").unwrap();
    let at = |minutes: i64| begin.plus(Elapsed::from_ms(minutes * MINUTE_MS));
    let now = at(1_000);
    let mut happens = |kind, minutes, identity, counters: &mut Counters| {
        let event = of_team(event(kind, "T-1", at(minutes), identity), "billing");
        assert_eq!(shard.apply(&event, counters), Outcome::Applied);
        shard.advance(now, counters);
        counters.made
    };
    assert_eq!(happens(Kind::Created, 0, 1, &mut counters), 0);
    assert_eq!(happens(Kind::AgentReplied, 60, 2, &mut counters), 1);
    assert_eq!(happens(Kind::Solved, 90, 3, &mut counters), 2);
    // A late, earlier answer replaces the sample of the first reply. It is no new sample.
    assert_eq!(happens(Kind::AgentReplied, 30, 4, &mut counters), 2);
    // A late note changes nothing.
    assert_eq!(happens(Kind::NoteAdded, 70, 5, &mut counters), 2);
    assert_eq!(counters.late, [2, 0]);
    // Solved once more: that is another sample.
    assert_eq!(happens(Kind::Reopened, 100, 6, &mut counters), 2);
    assert_eq!(happens(Kind::Solved, 200, 7, &mut counters), 3);
    // Another catalog derives all again, and nothing is counted again.
    shard.adopt(catalog, &mut counters);
    shard.advance(now, &mut counters);
    assert_eq!(counters.made, 3);
}
