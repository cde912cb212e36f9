//! The convergence rule: the same set of events gives byte-identical readings and verdicts at the
//! same `now`. Order, duplicates, the split over shards, and readings in between make no
//! difference. The results equal those of a naive model that keeps all events, sorts them, and
//! recounts.
//!
//! Method: generated histories of all event types. The model is written from the design alone and
//! shares only the event type with the crate.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use serde_json::Value;
use vaste::agreement::{
    Agreement, Level, MessageOnSolved, Objective, Owner, PreviousLevel, Target,
};
use vaste::catalog::Catalog;
use vaste::event::{Event, Kind, Outcome, Priority};
use vaste::measure::{Basis, Measure};
use vaste::time::{DAY_MS, Elapsed, Timestamp};

use crate::generate::{BEGIN_MS, DECLARED, HOURS, History, SPAN_MS, cases, history, long_history};
use crate::history::Pipeline;
use crate::naive;
use crate::random::Random;

/// Histories of each of the four tests below: 10 000 in total.
const CASES: u32 = 2_500;

fn config(file: &'static str) -> ProptestConfig {
    ProptestConfig {
        cases: cases(CASES),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(file))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config("tests/regressions/convergence.txt"))]

    #[test]
    fn any_order_and_any_duplicates_read_as_the_naive_model_a(history in history()) {
        check(&history)?;
    }

    #[test]
    fn any_order_and_any_duplicates_read_as_the_naive_model_b(history in history()) {
        check(&history)?;
    }

    #[test]
    fn any_order_and_any_duplicates_read_as_the_naive_model_c(history in history()) {
        check(&history)?;
    }

    #[test]
    fn any_order_and_any_duplicates_read_as_the_naive_model_d(history in history()) {
        check(&history)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..config("tests/regressions/long.txt") })]

    #[test]
    fn a_ticket_of_hundreds_of_events_reads_as_the_naive_model(history in long_history()) {
        check(&history)?;
    }
}

/// One case: readings of a plain delivery equal the model, and readings of every other delivery
/// equal the plain ones.
fn check(history: &History) -> Result<(), TestCaseError> {
    let catalog = Arc::new(Catalog::new(&history.agreements, &Measure::ALL));
    let begin = Timestamp::from_ms(BEGIN_MS);
    let mut plain = Pipeline::new(&catalog, 1, begin);
    for event in &history.events {
        plain.apply(event);
    }
    let printed: Vec<String> = history.instants.iter().map(|&now| plain.printed(now)).collect();
    let model = model_of(history);
    for (&now, printed) in history.instants.iter().zip(&printed) {
        compare(history, &model, now, printed)?;
    }
    let mut shuffled = shuffled(history, &catalog);
    for (&now, printed) in history.instants.iter().zip(&printed) {
        prop_assert_eq!(&shuffled.printed(now), printed);
    }
    let other_catalog = Arc::new(Catalog::new(&[], &[Measure::Resolution]));
    let mut recompiled = Pipeline::new(&other_catalog, 2, begin);
    for event in history.events.iter().rev() {
        recompiled.apply(event);
    }
    recompiled.advance(history.instants[0]);
    recompiled.adopt(&catalog, history.instants[0]);
    for (&now, printed) in history.instants.iter().zip(&printed) {
        prop_assert_eq!(&recompiled.printed(now), printed);
    }
    let mut renamed = renamed(history);
    for (&now, printed) in history.instants.iter().zip(&printed) {
        prop_assert_eq!(&renamed.printed(now), printed);
    }
    Ok(())
}

/// The same history by a catalog in which `billing` had another name, which half of its events use. Events of
/// one instant and kind use the same name: their order depends on it.
fn renamed(history: &History) -> Pipeline {
    let mut agreements = history.agreements.clone();
    for agreement in &mut agreements {
        if agreement.owner == Owner::Team("billing".into()) {
            agreement.about.former_names = vec!["billing0".into()];
        }
    }
    let catalog = Arc::new(Catalog::new(&agreements, &Measure::ALL));
    let mut pipeline = Pipeline::new(&catalog, 1, Timestamp::from_ms(BEGIN_MS));
    for event in &history.events {
        let mut event = event.clone();
        let group = event.time.ms().unsigned_abs() / 1_000 + event.kind as u64 + history.seed % 2;
        if group.is_multiple_of(2) && event.team.as_deref() == Some("billing") {
            event.team = Some("billing0".into());
        }
        pipeline.apply(&event);
    }
    pipeline
}

/// The same history in another order, with duplicates, over three shards, with readings in between.
fn shuffled(history: &History, catalog: &Arc<Catalog>) -> Pipeline {
    let mut random = Random::from_state(history.seed);
    let mut delivery: Vec<&Event<'static>> = history.events.iter().collect();
    for event in &history.events {
        if random.index(3) == 0 {
            delivery.push(event);
        }
    }
    random.shuffle(&mut delivery);
    let mut pipeline = Pipeline::new(catalog, 3, Timestamp::from_ms(BEGIN_MS));
    let first = history.instants[0].ms();
    let mut now = BEGIN_MS;
    let mut seen = BTreeSet::new();
    for event in delivery {
        let again = !seen.insert(std::ptr::from_ref(event));
        let outcome = pipeline.apply(event);
        if again {
            let conflicts = history.events.iter().any(|other| {
                other.subject == event.subject && other.identity == event.identity && other != event
            });
            let is_known = outcome == Outcome::Duplicate || conflicts && is_conflicting(&outcome);
            assert!(is_known, "{outcome:?} of {event:?}");
        }
        if random.index(4) == 0 {
            now += i64::try_from(random.index(usize::try_from((first - now).max(1)).unwrap()))
                .unwrap();
            pipeline.advance(Timestamp::from_ms(now));
        }
    }
    pipeline
}

fn is_conflicting(outcome: &Outcome) -> bool {
    *outcome == Outcome::Skipped(vaste::event::Skip::Conflicting)
}

pub(crate) fn model_of(history: &History) -> naive::Model {
    let mut objectives = Vec::new();
    for agreement in &history.agreements {
        objectives.extend(agreement.objectives.iter().map(|line| naive_objective(agreement, line)));
    }
    let mut model = naive::Model::new(&DECLARED, objectives, &history.events);
    for agreement in &history.agreements {
        let whose = match &agreement.owner {
            Owner::Team(name) => name,
            Owner::Organisation => "unclaimed",
        };
        if agreement.about.message_on_solved == MessageOnSolved::AsksAgain {
            model = model.with_messages_that_ask_again(whose);
        }
        let Some(hours) = &agreement.hours else { continue };
        let known = HOURS.iter().find(|two| Arc::ptr_eq(&two.fast, hours)).unwrap();
        model = model.with_hours(whose, &known.slow);
    }
    model
}

fn naive_target(target: Target) -> naive::Target {
    match target {
        Target::Fixed { elapsed, basis } => {
            naive::Target::Fixed { ms: elapsed.ms(), basis: naive_basis(basis) }
        }
        Target::WorkingDays(days) => naive::Target::WorkingDays(days.count().into()),
    }
}

fn naive_level(level: &Level, objective: &Objective) -> naive::Level {
    match level {
        Level::Within { target, by_priority, share, min_tickets } => naive::Level::Within {
            target: naive_target(*target),
            by_priority: Priority::ALL
                .into_iter()
                .zip(by_priority)
                .filter_map(|(priority, target)| Some((priority, naive_target((*target)?))))
                .collect(),
            share_bp: u64::from(share.basis_points()),
            min_tickets: *min_tickets,
            at_risk_spent_bp: u64::from(objective.at_risk.basis_points()),
        },
        Level::NoneOver(limit) => naive::Level::NoneOver(naive_target(*limit)),
    }
}

pub(crate) fn naive_objective(agreement: &Agreement, objective: &Objective) -> naive::Objective {
    let team = match &agreement.owner {
        Owner::Team(name) => Some(name.to_string()),
        Owner::Organisation => None,
    };
    let epoch = |was: &PreviousLevel| naive::agreed::Epoch {
        until_ms: was.until.ms(),
        over_ms: was.over.ms(),
        unanswered_max_bp: was.unanswered_max.map(|max| max.basis_points().into()),
        level: naive_level(&was.level, objective),
    };
    naive::Objective {
        team,
        name: objective.name.to_string(),
        measure: objective.measure,
        pauses: objective.pauses,
        level: naive_level(&objective.level, objective),
        over_ms: objective.over.ms(),
        unanswered_max_bp: objective.unanswered_max.map(|max| max.basis_points().into()),
        previous_levels: objective.previous_levels.iter().map(epoch).collect(),
        market: objective.market.as_ref().map(|market| naive_target(market.within)),
    }
}

/// The printed readings at `now` equal the model's, and none is missing.
fn compare(
    history: &History,
    model: &naive::Model,
    now: Timestamp,
    printed: &str,
) -> Result<(), TestCaseError> {
    let lines: Vec<Value> = printed.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let of_kind =
        |key: &str| lines.iter().filter(|line| line.get(key).is_some()).collect::<Vec<_>>();
    let mut printed_keys = BTreeSet::new();
    for reading in of_kind("measure") {
        prop_assert_eq!(&reading["at"], &now.to_string());
        compare_reading(history, model, now, reading)?;
        printed_keys.insert((
            reading["team"].to_string(),
            reading["measure"].to_string(),
            reading["basis"].to_string(),
            reading["split"].to_string(),
        ));
    }
    let teams = DECLARED.into_iter().chain(["unclaimed"]).map(Some).chain([None]);
    for (team, measure) in teams.flat_map(|team| Measure::ALL.map(|measure| (team, measure))) {
        // A window without a printed reading has no tickets.
        let name = team.map_or("null".to_owned(), |team| format!("\"{team}\""));
        let all = bases(history, team, measure).iter();
        let splits = splits_of(history, team, measure);
        for (&basis, (label, split)) in
            all.flat_map(|basis| splits.iter().map(move |split| (basis, split)))
        {
            let key = (
                name.clone(),
                format!("\"{}\"", measure.label()),
                format!("\"{}\"", basis.label()),
                label.clone(),
            );
            if printed_keys.contains(&key) {
                continue;
            }
            let from = now.ms() - 28 * DAY_MS;
            let basis = naive_basis(basis);
            let read = |from, now| model.reading(team, measure, basis, *split, from, now, &[]);
            let reading = read(from, now.ms());
            let hours = 2 * 3_600_000;
            let edge = read(from, from + hours);
            let acts = model.flags(team, measure, from + hours, now.ms());
            prop_assert!(
                reading.answered.len() <= edge.answered.len()
                    && reading.waiting.is_empty()
                    && reading.given_up <= edge.given_up
                    && (split.is_some() || acts.is_empty()),
                "no reading of {:?}",
                key
            );
        }
    }
    compare_verdicts(history, model, now, &of_kind("decided"))?;
    compare_breakdowns(history, model, now, &of_kind("bands"))?;
    for line in of_kind("ratings") {
        let kind = if line["kind"] == "rated" { Kind::Rated } else { Kind::Reviewed };
        let window = Elapsed::parse(line["window"].as_str().unwrap()).unwrap();
        let from = vaste::window::from_of(now, window).ms();
        let expected = model.ratings(line["team"].as_str(), kind, from, now.ms());
        let found = (line["ratings"].as_u64().unwrap(), line["sum"].as_u64().unwrap());
        prop_assert_eq!(found, expected, "{}", line);
    }
    Ok(())
}

/// The splits of the readings of a team or the organisation for a measure, each as it is printed.
/// The first is the unsplit reading.
fn splits_of(
    history: &History,
    team: Option<&str>,
    measure: Measure,
) -> Vec<(String, Option<naive::Split<'static>>)> {
    let mut splits = vec![("null".to_owned(), None)];
    for (agreement, objective) in objectives(history) {
        let whose = match &agreement.owner {
            Owner::Team(name) => Some(&**name),
            Owner::Organisation => None,
        };
        if whose != team || objective.measure != measure {
            continue;
        }
        if objective.split.priority {
            for priority in Priority::ALL.into_iter().map(Some).chain([None]) {
                let label = priority.map_or("none", Priority::label);
                let shown = format!("{{\"priority\":\"{label}\"}}");
                splits.push((shown, Some(naive::Split::Priority(priority))));
            }
        }
        if !objective.split.channels.is_empty() {
            for is in [Some("a"), None] {
                let shown = format!("{{\"channel\":\"{}\"}}", is.unwrap_or("other"));
                splits.push((shown, Some(naive::Split::Channel { is, named: &["a"] })));
            }
        }
    }
    splits
}

/// The bases of the readings of a team, of unclaimed tickets, or of the organisation.
fn bases(history: &History, team: Option<&str>, measure: Measure) -> &'static [Basis] {
    let has_hours = history.agreements.iter().any(|agreement| {
        let whose = match &agreement.owner {
            Owner::Team(name) => name,
            Owner::Organisation => "unclaimed",
        };
        agreement.hours.is_some() && team.is_none_or(|team| team == whose)
    });
    if has_hours && measure != Measure::Contacts { &Basis::ALL } else { &[Basis::Calendar] }
}

fn naive_basis(basis: Basis) -> naive::Basis {
    match basis {
        Basis::Calendar => naive::Basis::Calendar,
        Basis::Open => naive::Basis::Open,
    }
}

fn ms_of(value: &Value) -> i64 {
    let seconds = value.as_f64().unwrap();
    #[expect(clippy::cast_possible_truncation, reason = "whole milliseconds, far below 2^52")]
    let ms = (seconds * 1_000.0).round() as i64;
    ms
}

fn at_ms(value: &Value) -> i64 {
    Timestamp::parse(value.as_str().unwrap()).unwrap().ms()
}

/// The targets of a team or the organisation for a measure and basis, by the levels in force at
/// `now`, ascending. Targets of objectives with their own pauses belong to other stopwatches and
/// are left out.
fn targets_of(
    history: &History,
    team: Option<&str>,
    (measure, basis): (Measure, Basis),
    now: Timestamp,
) -> Vec<Target> {
    let mut targets: Vec<Target> = history
        .agreements
        .iter()
        .filter(|agreement| match &agreement.owner {
            Owner::Team(name) => team == Some(name),
            Owner::Organisation => team.is_none(),
        })
        .flat_map(|agreement| &agreement.objectives)
        .filter(|objective| objective.measure == measure && objective.pauses.is_none())
        .flat_map(|objective| {
            let was = objective.previous_levels.iter().find(|was| now < was.until);
            match was.map_or(&objective.level, |was| &was.level) {
                Level::Within { target, by_priority, .. } => {
                    by_priority.iter().flatten().chain([target]).copied().collect::<Vec<_>>()
                }
                Level::NoneOver(limit) => vec![*limit],
            }
        })
        .filter(|target| target.basis() == basis)
        .collect();
    targets.sort_unstable();
    targets.dedup();
    targets
}

/// The flagged acts of a printed reading.
fn flags_of(printed: &Value) -> Value {
    printed.get("flags").cloned().unwrap_or_else(|| serde_json::json!({}))
}

fn compare_reading(
    history: &History,
    model: &naive::Model,
    now: Timestamp,
    printed: &Value,
) -> Result<(), TestCaseError> {
    let team = printed["team"].as_str();
    let measure = Measure::from_label(printed["measure"].as_str().unwrap()).unwrap();
    let basis = if printed["basis"] == "open" { Basis::Open } else { Basis::Calendar };
    let from = at_ms(&printed["from"]);
    let window = Elapsed::parse(printed["window"].as_str().unwrap()).unwrap();
    prop_assert!(from >= now.ms() - window.ms() && from < now.ms() - window.ms() + 7_200_000);
    prop_assert!(bases(history, team, measure).contains(&basis));
    // A count is printed as seconds, and the model has it as milliseconds.
    let scale = if measure == Measure::Contacts { 1_000 } else { 1 };
    let targets = targets_of(history, team, (measure, basis), now);
    let naive_targets: Vec<naive::Target> = targets.iter().copied().map(naive_target).collect();
    let split = match printed.get("split") {
        None => None,
        Some(split) => Some(match (split["priority"].as_str(), split["channel"].as_str()) {
            (Some(priority), None) => naive::Split::Priority(Priority::from_label(priority)),
            (None, Some(channel)) => naive::Split::Channel {
                is: Some(channel).filter(|channel| *channel != "other"),
                named: &["a"],
            },
            _ => return Err(TestCaseError::fail(format!("{split}"))),
        }),
    };
    let expected =
        model.reading(team, measure, naive_basis(basis), split, from, now.ms(), &naive_targets);
    let context = format!("{printed}\nmodel: {expected:?}");
    let answered = &expected.answered;
    let waiting = expected.waiting.len();
    prop_assert_eq!(printed["answered"].as_u64(), Some(answered.len() as u64), "{}", context);
    prop_assert_eq!(printed["waiting"].as_u64(), Some(waiting as u64), "{}", context);
    prop_assert_eq!(printed["given_up"].as_u64(), Some(expected.given_up), "{}", context);
    let oldest =
        printed["oldest_waiting_since"].as_str().map(|_| at_ms(&printed["oldest_waiting_since"]));
    prop_assert_eq!(oldest, expected.oldest_since, "{}", context);
    if answered.is_empty() {
        prop_assert!(printed["mean"].is_null() && printed["max"].is_null(), "{}", context);
    } else {
        let sum: i64 = answered.iter().map(|ms| ms * scale).sum();
        let count = i64::try_from(answered.len()).unwrap();
        prop_assert!((ms_of(&printed["mean"]) * count - sum).abs() * 2 <= count, "{}", context);
        for (name, percent) in [("0.5", 50), ("0.9", 90), ("0.95", 95), ("0.99", 99)] {
            let rank = (answered.len() * percent).div_ceil(100);
            let exact = answered[rank - 1] * scale;
            let shown = ms_of(&printed["q"][name]);
            prop_assert!((shown - exact).abs() * 100 <= exact, "{} {}", name, context);
        }
        let max = answered.last().unwrap() * scale;
        prop_assert!((ms_of(&printed["max"]) - max).abs() * 100 <= max, "{}", context);
    }
    if split.is_none() {
        let expected = serde_json::json!(model.flags(team, measure, from, now.ms()));
        prop_assert_eq!(flags_of(printed), expected, "{}", context);
    }
    let within = printed["within"].as_array().unwrap();
    prop_assert_eq!(within.len(), targets.len(), "{}", context);
    for ((target, printed), (met, of)) in targets.iter().zip(within).zip(&expected.within) {
        match target {
            Target::Fixed { elapsed, .. } => {
                prop_assert_eq!(ms_of(&printed["target"]), elapsed.ms() * scale, "{}", context);
            }
            Target::WorkingDays(days) => {
                let days = serde_json::json!({ "working_days": days.count() });
                prop_assert_eq!(&printed["target"], &days, "{}", context);
            }
        }
        prop_assert_eq!(printed["met"].as_u64(), Some(*met), "{}", context);
        prop_assert_eq!(printed["of"].as_u64(), Some(*of), "{}", context);
    }
    Ok(())
}

/// All objectives with their agreements, in the order of the verdicts.
fn objectives(history: &History) -> impl Iterator<Item = (&Agreement, &Objective)> + Clone {
    history.agreements.iter().flat_map(|agreement| {
        agreement.objectives.iter().map(move |objective| (agreement, objective))
    })
}

/// The first instant of an objective's window at `now`.
fn window_begin(objective: &Objective, now: Timestamp) -> i64 {
    let was = objective.previous_levels.iter().find(|was| now < was.until);
    vaste::window::from_of(now, was.map_or(objective.over, |was| was.over)).ms()
}

fn compare_verdicts(
    history: &History,
    model: &naive::Model,
    now: Timestamp,
    printed: &[&Value],
) -> Result<(), TestCaseError> {
    prop_assert_eq!(printed.len(), objectives(history).count());
    for ((agreement, objective), printed) in objectives(history).zip(printed) {
        let from = window_begin(objective, now);
        let expected = model.verdict(&naive_objective(agreement, objective), from, now.ms());
        let context = format!("{printed}\nmodel: {expected:?}\n{objective:?}");
        prop_assert_eq!(printed["objective"].as_str(), Some(&*objective.name), "{}", context);
        prop_assert_eq!(printed["decided"].as_u64(), Some(expected.decided), "{}", context);
        prop_assert_eq!(printed["missed"].as_u64(), Some(expected.missed), "{}", context);
        for (key, count) in [
            ("answered", expected.answered),
            ("unanswered", expected.unanswered),
            ("spam_over_target", expected.spam_over_target),
        ] {
            prop_assert_eq!(printed[key].as_u64(), Some(count), "{} {}", key, context);
        }
        prop_assert_eq!(printed["state"].as_str(), Some(expected.state), "{}", context);
        prop_assert_eq!(&printed["behind_market"], expected.behind_market, "{}", context);
    }
    Ok(())
}

fn compare_breakdowns(
    history: &History,
    model: &naive::Model,
    now: Timestamp,
    printed: &[&Value],
) -> Result<(), TestCaseError> {
    prop_assert_eq!(printed.len(), objectives(history).count());
    for ((agreement, objective), printed) in objectives(history).zip(printed) {
        let from = window_begin(objective, now);
        let expected = model.breakdown(&naive_objective(agreement, objective), from, now.ms());
        let expected: serde_json::Map<String, Value> =
            expected.into_iter().map(|(location, ms)| (location, ms.into())).collect();
        prop_assert_eq!(&printed["breakdown"], &Value::Object(expected), "{:?}", objective);
    }
    Ok(())
}

/// Some histories must be longer than the longest window of all readings.
const _: () = assert!(SPAN_MS > 28 * DAY_MS);

/// Generated histories are varied: the tests above would mean little on empty ones.
#[test]
fn at_least_three_in_ten_histories_hold_each_difficult_case() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let sample = 400;
    let mut holds = [0; 7];
    for _ in 0..sample {
        let history = history().new_tree(&mut runner).unwrap().current();
        let has = |kinds: &[Kind]| history.events.iter().any(|e| kinds.contains(&e.kind));
        let late = history.events.windows(2).any(|pair| pair[0].time > pair[1].time);
        let transferred =
            history.events.iter().any(|e| e.kind == Kind::Assigned && e.team.is_some());
        let things = [
            has(&[Kind::Reopened]),
            transferred,
            has(&[Kind::Merged]),
            has(&[Kind::TookOver]),
            has(&[Kind::NoReplyNeeded]),
            has(&[Kind::Solved, Kind::Closed]),
            late,
        ];
        for (count, holds_it) in holds.iter_mut().zip(things) {
            *count += usize::from(holds_it);
        }
    }
    assert!(holds.iter().all(|&count| count * 10 >= sample * 3), "of {sample}: {holds:?}");
}
