//! Scenarios of the measures with expectations that were worked out by hand. Each covers a rule of
//! the design that generated histories reach too seldom.

use std::sync::Arc;

use vaste::agreement::{
    About, Agreement, Level, Market, MessageOnSolved, Objective, Owner, PreviousLevel, Split,
    Target,
};
use vaste::amount::Amount;
use vaste::catalog::Catalog;
use vaste::event::{EventDetail, Kind, Outcome, Priority};
use vaste::measure::{Basis, Measure, Pauses};
use vaste::reading::{Reading, SplitShown};
use vaste::replay::Replay;
use vaste::shard::Shard;
use vaste::share::Share;
use vaste::ticket::{Change, Flag, Sink};
use vaste::time::{DAY_MS, Elapsed, HOUR_MS, MINUTE_MS, Timestamp};
use vaste::window::{Bucket, WaitedQuantile};

use crate::generate::HOURS;
use crate::history::{Pipeline, event, of_team, with_priority};

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn hour() -> Elapsed {
    Elapsed::from_ms(HOUR_MS)
}

/// The team billing with the hours of a Finnish office: weekdays from 8 to 16, which is 6 to 14
/// UTC.
fn billing(objectives: Vec<Objective>) -> Agreement {
    let hours = Some(Arc::clone(&HOURS[0].fast));
    Agreement { owner: Owner::Team("billing".into()), hours, objectives, about: About::default() }
}

fn within(measure: Measure, target: Target) -> Objective {
    let level = Level::Within {
        target,
        by_priority: [None; 4],
        share: Share::EIGHTY_PERCENT,
        min_tickets: 1,
    };
    Objective::new("o", measure, level)
}

/// Tickets of billing, each with a question at one instant and an end at another.
struct Billing {
    pipeline: Pipeline,
    tickets: u32,
}

impl Billing {
    fn new() -> Self {
        let catalog = Arc::new(Catalog::new(&[billing(vec![])], &[Measure::FirstReply]));
        Self { pipeline: Pipeline::new(&catalog, 1, at("2026-01-12T00:00:00Z")), tickets: 0 }
    }

    fn wait(&mut self, number: u32, from: &str, kind: Kind, to: &str) {
        for _ in 0..number {
            let key = format!("T-{}", self.tickets);
            self.tickets += 1;
            let created = of_team(event(Kind::Created, &key, at(from), 1), "billing");
            self.pipeline.apply(&created);
            self.pipeline.apply(&event(kind, &key, at(to), 2));
        }
    }

    /// The reading of 24 hours in open time, of the team or of the organisation.
    fn reading(&mut self, now: &str, team: Option<&str>) -> Reading {
        let readings = self.pipeline.advance(at(now)).readings();
        let is_meant = |reading: &Reading| {
            reading.team.as_deref() == team
                && reading.basis == Basis::Open
                && reading.window.ms() == DAY_MS
        };
        readings.into_iter().find(is_meant).unwrap()
    }
}

fn shown(elapsed: Elapsed) -> WaitedQuantile<Amount> {
    WaitedQuantile::Value(Amount::Time(Bucket::of(elapsed).value()))
}

#[test]
fn a_given_up_wait_is_at_risk_up_to_its_open_time() {
    // All questions come two hours before the office opens. 12 are solved without an answer half an
    // hour after it opens. 10 are answered after a whole hour: at that age no other is at risk.
    let mut billing_tickets = Billing::new();
    billing_tickets.wait(12, "2026-01-12T04:00:00Z", Kind::Solved, "2026-01-12T06:30:00Z");
    billing_tickets.wait(10, "2026-01-12T04:00:00Z", Kind::AgentReplied, "2026-01-12T07:00:00Z");
    let reading = billing_tickets.reading("2026-01-12T12:00:00Z", Some("billing"));
    assert_eq!(reading.q_with_waiting.p50, shown(hour()));
}

#[test]
fn in_the_organisation_a_wait_from_before_the_window_enters_at_its_age_in_open_time_of_its_team() {
    // The window begins on Monday at 9 UTC. The first ten have waited three open hours then, and
    // ten when they are answered on Tuesday. The others wait one hour: at that age the first ten
    // are not at risk yet.
    let mut billing_tickets = Billing::new();
    billing_tickets.wait(10, "2026-01-12T06:00:00Z", Kind::AgentReplied, "2026-01-13T08:00:00Z");
    billing_tickets.wait(10, "2026-01-13T06:00:00Z", Kind::AgentReplied, "2026-01-13T07:00:00Z");
    let reading = billing_tickets.reading("2026-01-13T09:00:00Z", None);
    assert_eq!(reading.answered, 20);
    assert_eq!(reading.q_with_waiting.p90, shown(hour()));
}

#[test]
fn in_a_team_a_wait_from_before_the_window_enters_at_its_age_answered_or_not() {
    let mut billing_tickets = Billing::new();
    billing_tickets.wait(10, "2026-01-12T06:00:00Z", Kind::AgentReplied, "2026-01-13T08:00:00Z");
    billing_tickets.wait(10, "2026-01-13T06:00:00Z", Kind::AgentReplied, "2026-01-13T07:00:00Z");
    let p90 = |billing_tickets: &mut Billing| {
        billing_tickets.reading("2026-01-13T09:00:00Z", Some("billing")).q_with_waiting.p90
    };
    assert_eq!(p90(&mut billing_tickets), shown(hour()));
    // The answer comes after `now`: they wait, as long as the first ten.
    let mut billing_tickets = Billing::new();
    billing_tickets.wait(10, "2026-01-12T06:00:00Z", Kind::AgentReplied, "2026-01-13T10:00:00Z");
    billing_tickets.wait(10, "2026-01-13T06:00:00Z", Kind::AgentReplied, "2026-01-13T07:00:00Z");
    assert_eq!(p90(&mut billing_tickets), shown(hour()));
}

#[test]
fn a_running_wait_is_at_risk_up_to_its_open_time() {
    // 10 of 22 are answered after one hour, which is less than half. The others wait for two hours.
    let mut billing_tickets = Billing::new();
    billing_tickets.wait(10, "2026-01-12T06:00:00Z", Kind::AgentReplied, "2026-01-12T07:00:00Z");
    billing_tickets.wait(12, "2026-01-12T06:00:00Z", Kind::AgentReplied, "2026-01-12T10:00:00Z");
    let reading = billing_tickets.reading("2026-01-12T08:00:00Z", Some("billing"));
    assert_eq!(reading.waiting, 12);
    let two_hours = Amount::Time(Elapsed::from_ms(2 * HOUR_MS));
    assert_eq!(reading.q_with_waiting.p50, WaitedQuantile::MoreThan(two_hours));
}

#[test]
fn a_wait_over_an_earlier_target_stays_over_after_its_priority_changes() {
    // The target is one hour until noon, and four hours from then on. The question comes at ten,
    // and the ticket becomes urgent at half past eleven: it was over its target by then.
    let mut promised = within(Measure::FirstReply, Target::calendar(Elapsed::from_ms(4 * HOUR_MS)));
    let before = within(Measure::FirstReply, Target::calendar(hour()));
    promised.previous_levels = vec![PreviousLevel {
        until: at("2026-01-12T12:00:00Z"),
        level: before.level,
        over: before.over,
        unanswered_max: None,
    }];
    let catalog = Arc::new(Catalog::new(&[billing(vec![promised])], &[]));
    let missed = |urgent: bool| {
        let mut pipeline = Pipeline::new(&catalog, 1, at("2026-01-12T00:00:00Z"));
        let asked = at("2026-01-12T10:00:00Z");
        pipeline.apply(&of_team(event(Kind::Created, "T-1", asked, 1), "billing"));
        if urgent {
            let noted = event(Kind::NoteAdded, "T-1", at("2026-01-12T11:30:00Z"), 2);
            pipeline.apply(&with_priority(noted, Priority::Urgent));
        }
        pipeline.advance(at("2026-01-12T13:00:00Z")).verdicts()[0].missed
    };
    assert_eq!((missed(true), missed(false)), (1, 0));
}

#[test]
fn a_wait_transferred_by_a_reopening_has_the_age_of_its_new_holders_hours() {
    // An unclaimed ticket is reopened, with low priority and with billing as its holder from that
    // instant on. The hours of the organisation, which hold for unclaimed tickets, differ from
    // billing's.
    let all = Agreement {
        owner: Owner::Organisation,
        hours: Some(Arc::clone(&HOURS[1].fast)),
        objectives: vec![Objective::new(
            "o",
            Measure::Ownership,
            Level::Within {
                target: Target::open(hour()),
                by_priority: [Some(Target::open(Elapsed::from_ms(2 * HOUR_MS))), None, None, None],
                share: Share::EIGHTY_PERCENT,
                min_tickets: 1,
            },
        )],
        about: About::default(),
    };
    let catalog = Arc::new(Catalog::new(&[billing(vec![]), all], &[]));
    let mut pipeline = Pipeline::new(&catalog, 1, at("2026-01-12T00:00:00Z"));
    pipeline.apply(&event(Kind::Created, "T-1", at("2026-01-12T08:00:00Z"), 1));
    let reopened = event(Kind::Reopened, "T-1", at("2026-01-12T15:00:00Z"), 2);
    pipeline.apply(&of_team(with_priority(reopened, Priority::Low), "billing"));
    let verdict = &pipeline.advance(at("2026-01-12T16:00:00Z")).verdicts()[0];
    assert_eq!((verdict.decided, verdict.missed), (0, 0), "billing was closed since then");
}

#[test]
fn a_channel_that_only_another_team_splits_by_counts_as_other() {
    let split = |channel: &str| Objective {
        split: Split { priority: false, channels: vec![channel.into()] },
        ..within(Measure::FirstReply, Target::calendar(hour()))
    };
    let support = Agreement {
        owner: Owner::Team("support".into()),
        hours: None,
        objectives: vec![split("phone")],
        about: About::default(),
    };
    let catalog = Arc::new(Catalog::new(&[billing(vec![split("email")]), support], &[]));
    let mut pipeline = Pipeline::new(&catalog, 1, at("2026-01-12T00:00:00Z"));
    for (key, channel) in [("T-1", "email"), ("T-2", "phone"), ("T-3", "fax"), ("T-4", "phone")] {
        let mut asked =
            of_team(event(Kind::Created, key, at("2026-01-12T08:00:00Z"), 1), "billing");
        asked.channel = Some(channel.into());
        pipeline.apply(&asked);
        if key != "T-4" {
            pipeline.apply(&event(Kind::AgentReplied, key, at("2026-01-12T08:30:00Z"), 2));
        }
    }
    let readings = pipeline.advance(at("2026-01-12T09:00:00Z")).readings();
    let shown: Vec<_> = readings
        .iter()
        .filter(|reading| reading.team.as_deref() == Some("billing"))
        .filter(|reading| reading.window.ms() == DAY_MS && reading.basis == Basis::Calendar)
        .filter_map(|reading| match reading.split.as_ref()? {
            SplitShown::Channel(name) => Some((&**name, reading.answered, reading.waiting)),
            SplitShown::Priority(_) => None,
        })
        .collect();
    assert_eq!(shown, [("other", 2, 1), ("email", 1, 0)]);
}

#[test]
fn replay_evaluates_when_another_level_comes_into_force() {
    // The target is eight hours until noon, and one hour from then on. The question comes at ten.
    let mut promised = within(Measure::FirstReply, Target::calendar(hour()));
    let before = within(Measure::FirstReply, Target::calendar(Elapsed::from_ms(8 * HOUR_MS)));
    promised.previous_levels = vec![PreviousLevel {
        until: at("2026-01-12T12:00:00Z"),
        level: before.level,
        over: before.over,
        unanswered_max: None,
    }];
    promised.alerts.missed.hold = Elapsed::ZERO;
    let catalog = Arc::new(Catalog::new(&[billing(vec![promised])], &[]));
    let mut replay = Replay::new(Some(catalog));
    let asked = at("2026-01-12T10:00:00Z");
    replay.take(Ok(of_team(event(Kind::Created, "T-1", asked, 1), "billing")));
    let (_, transitions) = {
        let mut readings = replay.into_readings();
        let (view, transitions) = readings.at(at("2026-01-13T00:00:00Z"));
        (view.now(), transitions)
    };
    let fired: Vec<_> = transitions.iter().filter(|one| one.state == "firing").collect();
    assert_eq!(fired[0].at, at("2026-01-12T12:00:00Z"));
}

#[test]
fn an_alert_is_evaluated_when_a_ticket_leaves_a_longer_window_than_the_agreed_one() {
    // The ticket is answered on the first day at eight. The agreed window is empty soon after; the longest
    // one that the alert may rest on has 28 days, and the history is known for longer than that.
    let catalog = Arc::new(Catalog::new(
        &[billing(vec![within(Measure::FirstReply, Target::calendar(hour()))])],
        &[],
    ));
    let mut pipeline = Pipeline::new(&catalog, 1, at("2026-01-12T00:00:00Z"));
    for (identity, kind, time) in [
        (1, Kind::Created, "2026-01-12T06:00:00Z"),
        (2, Kind::AgentReplied, "2026-01-12T08:00:00Z"),
    ] {
        pipeline.apply(&of_team(event(kind, "T-1", at(time), identity), "billing"));
    }
    let (id, _, objective) = catalog.objectives().next().unwrap();
    let now = at("2026-02-09T01:00:00Z");
    assert!(objective.over_at(now) < Elapsed::from_ms(28 * DAY_MS));
    let changes_at = pipeline.advance(now).changes_at(id).unwrap();
    let leaves = at("2026-02-09T08:00:00Z");
    assert!(leaves <= changes_at && changes_at <= leaves.plus(hour()), "{changes_at}");
}

#[test]
fn replay_evaluates_when_open_time_exceeds_the_target() {
    // The question comes on Friday at half past two, half an hour before the office closes. On
    // Saturdays it opens at ten in the evening, but not on this one. One hour is exceeded on Monday
    // at half past eight.
    let mut promised = within(Measure::FirstReply, Target::open(hour()));
    promised.alerts.missed.hold = Elapsed::ZERO;
    let catalog = Arc::new(Catalog::new(&[billing(vec![promised])], &[]));
    let mut replay = Replay::new(Some(catalog));
    let asked = of_team(event(Kind::Created, "T-1", at("2026-01-16T12:30:00Z"), 1), "billing");
    replay.take(Ok(asked));
    let mut readings = replay.into_readings();
    let (view, transitions) = readings.at(at("2026-01-20T00:00:00Z"));
    assert_eq!(view.verdicts()[0].missed, 1);
    let fired: Vec<_> = transitions.iter().filter(|one| one.state == "firing").collect();
    assert_eq!(fired[0].at, at("2026-01-19T06:30:01Z"), "the first whole second beyond the target");
}

#[test]
fn a_wait_that_reopening_begins_stays_over_the_target_that_held_just_before() {
    // The target is one hour, and four for low priority. The question comes while the ticket is
    // solved. Two hours later the ticket is reopened with low priority.
    let mut promised = within(Measure::NextReply, Target::calendar(hour()));
    if let Level::Within { by_priority, .. } = &mut promised.level {
        by_priority[Priority::Low.index()] = Some(Target::calendar(Elapsed::from_ms(4 * HOUR_MS)));
    }
    let catalog = Arc::new(Catalog::new(&[billing(vec![promised])], &[]));
    let mut pipeline = Pipeline::new(&catalog, 1, at("2026-01-12T00:00:00Z"));
    for (identity, kind, time) in [
        (1, Kind::Created, "2026-01-12T06:00:00Z"),
        (2, Kind::AgentReplied, "2026-01-12T06:10:00Z"),
        (3, Kind::Solved, "2026-01-12T06:20:00Z"),
        (4, Kind::CustomerReplied, "2026-01-12T07:00:00Z"),
    ] {
        pipeline.apply(&of_team(event(kind, "T-1", at(time), identity), "billing"));
    }
    let reopened = event(Kind::Reopened, "T-1", at("2026-01-12T09:00:00Z"), 5);
    pipeline.apply(&with_priority(reopened, Priority::Low));
    assert_eq!(pipeline.advance(at("2026-01-12T08:59:59Z")).verdicts()[0].missed, 0, "solved");
    assert_eq!(pipeline.advance(at("2026-01-12T09:00:00Z")).verdicts()[0].missed, 1);
}

#[test]
fn a_solved_ticket_that_was_asked_again_goes_on_with_the_wait_of_a_merged_one() {
    // T-2 is asked again at seven, after it was solved. T-1 has waited since half past five when it is merged
    // into T-2 at half past seven.
    let mut agreement = billing(vec![within(Measure::NextReply, Target::calendar(hour()))]);
    agreement.about.message_on_solved = MessageOnSolved::AsksAgain;
    let catalog = Arc::new(Catalog::new(&[agreement], &[]));
    let mut pipeline = Pipeline::new(&catalog, 1, at("2026-01-12T00:00:00Z"));
    for (identity, kind, ticket, time) in [
        (1, Kind::Created, "T-1", "2026-01-12T05:00:00Z"),
        (2, Kind::AgentReplied, "T-1", "2026-01-12T05:10:00Z"),
        (3, Kind::CustomerReplied, "T-1", "2026-01-12T05:30:00Z"),
        (4, Kind::Created, "T-2", "2026-01-12T06:00:00Z"),
        (5, Kind::AgentReplied, "T-2", "2026-01-12T06:10:00Z"),
        (6, Kind::Solved, "T-2", "2026-01-12T06:20:00Z"),
        (7, Kind::CustomerReplied, "T-2", "2026-01-12T07:00:00Z"),
        (8, Kind::Merged, "T-1", "2026-01-12T07:30:00Z"),
    ] {
        pipeline.apply(&of_team(event(kind, ticket, at(time), identity), "billing"));
    }
    let now = at("2026-01-12T09:00:00Z");
    let billing = catalog.scope_of_team("billing");
    let left_behind = |pipeline: &mut Pipeline| {
        let view = pipeline.advance(now);
        view.flags(billing, Measure::NextReply, Elapsed::from_ms(DAY_MS)).of(Flag::MergedWaiting)
    };
    assert_eq!(left_behind(&mut pipeline), 1);
    let detail = EventDetail {
        from: Some("T-1".into()),
        waiting_since: Some(at("2026-01-12T05:30:00Z")),
        ..EventDetail::default()
    };
    let mut took_over = event(Kind::TookOver, "T-2", at("2026-01-12T07:30:00Z"), 9);
    took_over.detail = Some(Box::new(detail));
    pipeline.apply(&took_over);
    assert_eq!(left_behind(&mut pipeline), 0);
}

#[test]
fn an_answer_exactly_within_the_market_is_not_behind_it() {
    let mut promised = within(Measure::FirstReply, Target::calendar(Elapsed::from_ms(4 * HOUR_MS)));
    let source = "trade survey".into();
    promised.market = Some(Market { within: Target::calendar(hour()), source, as_of: None });
    let catalog = Arc::new(Catalog::new(&[billing(vec![promised])], &[]));
    for (answered, is_behind) in [("07:00:00Z", false), ("07:00:00.001Z", true)] {
        let mut pipeline = Pipeline::new(&catalog, 1, at("2026-01-12T00:00:00Z"));
        let asked = event(Kind::Created, "T-1", at("2026-01-12T06:00:00Z"), 1);
        pipeline.apply(&of_team(asked, "billing"));
        let answered = at(&format!("2026-01-12T{answered}"));
        pipeline.apply(&event(Kind::AgentReplied, "T-1", answered, 2));
        let verdict = &pipeline.advance(at("2026-01-12T12:00:00Z")).verdicts()[0];
        assert_eq!((verdict.missed, verdict.behind_market), (0, is_behind));
    }
}

/// The customers' ratings after these events of one ticket of billing, each with its minutes after
/// eight. They are grouped by how long the last finished wait was, compared with an objective's
/// target.
fn rated_after(promised: Objective, events: &[(Kind, i64)]) -> [u64; 4] {
    let catalog = Arc::new(Catalog::new(&[billing(vec![promised])], &[]));
    let (id, ..) = catalog.objectives().next().unwrap();
    let mut pipeline = Pipeline::new(&catalog, 1, at("2026-01-12T00:00:00Z"));
    for (identity, &(kind, minutes)) in (1..).zip(events) {
        let time = at("2026-01-12T06:00:00Z").plus(Elapsed::from_ms(minutes * MINUTE_MS));
        let mut event = of_team(event(kind, "T-1", time, identity), "billing");
        if kind == Kind::Rated {
            event.detail = Some(Box::new(EventDetail { score: Some(4), ..EventDetail::default() }));
        }
        pipeline.apply(&event);
    }
    let view = pipeline.advance(at("2026-01-12T23:00:00Z"));
    view.rating_bands(id).map(|scores| {
        assert_eq!(scores.sum, 4 * scores.count);
        scores.count
    })
}

#[test]
fn ratings_are_grouped_by_the_last_finished_wait_compared_with_the_target() {
    use Kind::{AgentReplied, Created, CustomerReplied, Rated, Reopened, Solved};
    let target = Target::calendar(hour());
    for (minutes, bands) in [
        (30, [1, 0, 0, 0]),
        (31, [0, 1, 0, 0]),
        (60, [0, 1, 0, 0]),
        (61, [0, 0, 1, 0]),
        (120, [0, 0, 1, 0]),
        (121, [0, 0, 0, 1]),
    ] {
        let events = [(Created, 0), (AgentReplied, minutes), (Rated, 200)];
        assert_eq!(rated_after(within(Measure::FirstReply, target), &events), bands, "{minutes}");
    }
    let promised = || within(Measure::NextReply, target);
    let two =
        [(CustomerReplied, 10), (AgentReplied, 20), (CustomerReplied, 30), (AgentReplied, 300)];
    let events = [&[(Created, 0), (AgentReplied, 5)][..], &two[..], &[(Rated, 400)][..]].concat();
    assert_eq!(rated_after(promised(), &events), [0, 0, 0, 1], "only the last wait counts");
    let promised = || within(Measure::Resolution, target);
    let solved = [(Created, 0), (Solved, 20)];
    let events = [&solved[..], &[(Rated, 40)][..]].concat();
    assert_eq!(rated_after(promised(), &events), [1, 0, 0, 0]);
    let events = [&solved[..], &[(Reopened, 30), (Rated, 40)][..]].concat();
    assert_eq!(rated_after(promised(), &events), [0; 4], "the wait is no longer finished");
    let limit = Objective::new("o", Measure::FirstReply, Level::NoneOver(target));
    let events = [(Created, 0), (AgentReplied, 20), (Rated, 40)];
    assert_eq!(
        rated_after(limit, &events),
        [0; 4],
        "a none_over level has no target for a single ticket"
    );
}

/// Counts the samples that are reported as new.
#[derive(Default)]
struct NewSamples(u32);

impl Sink for NewSamples {
    fn apply(&mut self, change: Change<'_>, _: i64) {
        match change {
            Change::NewSample(_) => self.0 += 1,
            Change::Ended(_)
            | Change::Running(_)
            | Change::Rated(_)
            | Change::Flagged(_)
            | Change::Merged { .. }
            | Change::TookOver(_)
            | Change::LateEvent { .. } => {}
        }
    }
}

#[test]
fn an_objective_with_pauses_of_its_own_makes_no_second_sample() {
    let target = Target::calendar(hour());
    let own = Objective {
        pauses: Some(Pauses { pending: true, on_hold: false }),
        ..within(Measure::Resolution, target)
    };
    let catalog = Arc::new(Catalog::new(&[billing(vec![own])], &[]));
    let mut shard = Shard::new(catalog);
    let mut made = NewSamples::default();
    for (identity, kind, time) in [
        (1, Kind::Created, "2026-01-12T06:00:00Z"),
        (2, Kind::Pending, "2026-01-12T07:00:00Z"),
        (3, Kind::Solved, "2026-01-12T08:00:00Z"),
    ] {
        let event = of_team(event(kind, "T-1", at(time), identity), "billing");
        assert_eq!(shard.apply(&event, &mut made), Outcome::Applied);
    }
    shard.advance(at("2026-01-12T09:00:00Z"), &mut made);
    assert_eq!(made.0, 1);
}
