//! Tests of intervals, probabilities and alerts with a confidence.

use super::*;
use crate::agreement::Target;
use crate::measure::Measure;

fn tally(decided: u64, missed: u64) -> Tally {
    Tally { decided, missed, ..Tally::default() }
}

fn share(bp: u32) -> Share {
    Share::from_basis_points(bp).unwrap()
}

/// The oracle: the posterior density as a function of the angle whose squared sine is the share, summed
/// up by Simpson's rule. There it is sin^(2·met) · cos^(2·missed), without any gamma function.
fn integrated(met: i32, missed: i32, level: f64) -> f64 {
    let density = |angle: f64| angle.sin().powi(2 * met) * angle.cos().powi(2 * missed);
    let simpson = |to: f64| {
        let steps = 20_000_u32;
        let width = to / f64::from(steps);
        let sum: f64 = (0..=steps)
            .map(|step| {
                let weight = match step {
                    0 => 1.0,
                    _ if step == steps => 1.0,
                    _ if step % 2 == 1 => 4.0,
                    _ => 2.0,
                };
                weight * density(f64::from(step) * width)
            })
            .sum();
        sum * width / 3.0
    };
    simpson(level.sqrt().asin()) / simpson(std::f64::consts::FRAC_PI_2)
}

#[test]
fn probabilities_equal_the_integral_of_the_posterior_density() {
    for decided in [1, 2, 3, 5, 10, 20, 30, 60, 400] {
        for missed in (0..=decided).step_by(1 + usize::try_from(decided / 12).unwrap()) {
            for bp in [1, 5_000, 8_500, 9_000, 9_500, 9_990, 9_999] {
                let found = tally(decided, missed).probability_below(share(bp)).unwrap();
                let (met, over) = (decided - missed, missed);
                let [met, over] = [met, over].map(|count| i32::try_from(count).unwrap());
                let expected = integrated(met, over, f64::from(bp) / 10_000.0);
                assert!(
                    (found - expected).abs() < 1e-9,
                    "{missed} of {decided} at {bp}: {found}, not {expected}"
                );
            }
        }
    }
}

// By mpmath with 40 digits.
#[test]
fn probabilities_equal_values_of_higher_precision() {
    for (decided, missed, bp, expected) in [
        (1, 1, 9_000, 0.986_153_167_011),
        (3, 0, 9_000, 0.407_083_822_066),
        (30, 5, 9_000, 0.884_202_654_781),
        (20, 2, 9_000, 0.541_868_398_445),
        (20, 0, 9_990, 0.840_460_696_960),
        (400, 40, 9_000, 0.508_893_176_803),
        (10_000, 1_000, 9_000, 0.501_773_300_146),
        (100_000, 10_000, 9_000, 0.500_560_703_180),
    ] {
        let found = tally(decided, missed).probability_below(share(bp)).unwrap();
        assert!((found - expected).abs() < 1e-9, "{missed} of {decided}: {found}");
    }
}

// Table 5 of Brown, Cai and DasGupta: limits of 95 %, to three decimals.
#[test]
fn bounds_equal_the_published_table() {
    for (tickets, met, low, high) in [
        (7, 0, None, 0.292),
        (7, 1, Some(0.016), 0.501),
        (7, 2, Some(0.065), 0.648),
        (7, 3, Some(0.139), 0.766),
        (10, 0, None, 0.217),
        (10, 1, Some(0.011), 0.381),
    ] {
        let posterior = Posterior::of(tally(tickets, tickets - met)).unwrap();
        let near = |bp: u32, expected: f64| (f64::from(bp) / 10_000.0 - expected).abs() <= 0.000_6;
        assert!(near(posterior.high_bp(0.025), high), "{met} of {tickets}");
        if let Some(low) = low {
            assert!(near(posterior.low_bp(0.025), low), "{met} of {tickets}");
        }
    }
}

#[test]
fn intervals_enclose_ninety_percent() {
    for (decided, missed, low_bp, high_bp) in [
        (1, 0, 2_285, 10_000),
        (1, 1, 0, 7_715),
        (3, 3, 0, 4_441),
        (5, 1, 4_371, 9_636),
        (20, 0, 9_095, 10_000),
        (20, 2, 7_497, 9_707),
        (30, 5, 7_005, 9_208),
        (830, 61, 9_105, 9_404),
    ] {
        let expected = ShareInterval { low_bp, high_bp };
        assert_eq!(tally(decided, missed).interval(), Some(expected), "{missed} of {decided}");
    }
    assert_eq!(Tally::default().interval(), None);
}

#[test]
fn one_more_miss_never_makes_it_less_probable() {
    for bp in [5_000, 8_000, 9_000, 9_900, 9_999, 10_000] {
        for decided in (1..80).chain([1_000, 12_345]) {
            let probability = |missed| tally(decided, missed).probability_below(share(bp)).unwrap();
            let bounds = |missed| tally(decided, missed).interval().unwrap();
            for missed in 1..=decided.min(80) {
                assert!(probability(missed) >= probability(missed - 1), "{missed} of {decided}");
                let (fewer, more) = (bounds(missed - 1), bounds(missed));
                assert!(more.low_bp <= fewer.low_bp && more.high_bp <= fewer.high_bp);
                assert!(more.low_bp < more.high_bp);
            }
        }
    }
}

fn objective(confidence_bp: u32) -> Objective {
    let level = Level::Within {
        target: Target::calendar(Elapsed::from_ms(1)),
        by_priority: [None; 4],
        share: share(9_000),
        min_tickets: 20,
    };
    let mut objective = Objective::new("o", Measure::FirstReply, level);
    objective.alerts.missed_confidence = Some(share(confidence_bp));
    objective
}

/// The evidence with these tickets in 7 and 28 days; `None` where the window is not known.
fn evidence(agreed: (u64, u64), longer: Option<(u64, u64)>) -> Option<(ShareBelief, &'static str)> {
    let tally_of = |window: Elapsed| {
        let of = if window.ms() == 7 * DAY_MS { Some(agreed) } else { longer };
        of.map(|(decided, missed)| tally(decided, missed))
    };
    let evidence = objective(9_000).evidence(Timestamp::EVENT_MIN, tally_of)?;
    Some((evidence.belief, if evidence.window.ms() == 7 * DAY_MS { "7d" } else { "28d" }))
}

#[test]
fn the_agreed_window_is_enough_with_thirty_tickets_and_else_stretched() {
    use ShareBelief::{Below, Reached, Unsure};
    for (agreed, longer, expected) in [
        // 5 of 30 are 88 % sure, 6 of 30 are 96 %, 3 of 30 are 55 %, 2 of 30 are 25 %.
        ((30, 5), Some((120, 30)), (Unsure, "7d")),
        ((30, 6), Some((120, 6)), (Below, "7d")),
        ((30, 3), Some((120, 6)), (Unsure, "7d")),
        ((30, 2), Some((120, 30)), (Reached, "7d")),
        // With 29 the longer window counts: 18 of 120 are 96 % sure, 16 of 120 are 88 %.
        ((29, 2), Some((120, 18)), (Below, "28d")),
        ((29, 2), Some((120, 16)), (Unsure, "28d")),
        ((29, 2), Some((120, 8)), (Reached, "28d")),
        // A sharp drop: the agreed window counts beside it, from ten tickets on. 4 of 10 are 99 % sure.
        ((10, 4), Some((120, 8)), (Below, "7d")),
        ((9, 4), Some((120, 8)), (Reached, "28d")),
        ((10, 2), Some((120, 8)), (Unsure, "7d")),
        // Few tickets in any window: two of two are no alert, three of three are.
        ((2, 2), Some((2, 2)), (Unsure, "28d")),
        ((3, 3), Some((3, 3)), (Below, "28d")),
        ((0, 0), Some((0, 0)), (Reached, "28d")),
        // A longer window that begins before the history does not count.
        ((20, 5), None, (Below, "7d")),
        ((20, 3), None, (Unsure, "7d")),
    ] {
        assert_eq!(evidence(agreed, longer), Some(expected), "{agreed:?} {longer:?}");
    }
}

#[test]
fn a_ceiling_starts_and_ends_the_alert_as_a_share_does() {
    use ShareBelief::{Below, Reached, Unsure};
    for (decided, missed, ended, unanswered, expected) in [
        // The share is reached. 6 of 30 above 10 % are 96 % sure, 5 are 88 %, and 2 are 25 %.
        (60, 0, 30, 6, (Below, EvidenceSubject::Answered)),
        (60, 0, 30, 5, (Unsure, EvidenceSubject::Answered)),
        (60, 0, 30, 2, (Reached, EvidenceSubject::WithinTarget)),
        (60, 0, 0, 0, (Reached, EvidenceSubject::WithinTarget)),
        // The worse of the two counts.
        (30, 6, 30, 5, (Below, EvidenceSubject::WithinTarget)),
        (30, 5, 30, 6, (Below, EvidenceSubject::Answered)),
        (30, 6, 30, 30, (Below, EvidenceSubject::WithinTarget)),
        // Fewer than `min_tickets` are never sure, not even three of three.
        (60, 0, 3, 3, (Unsure, EvidenceSubject::Answered)),
        // All end unanswered in time: nothing is decided.
        (0, 0, 40, 40, (Below, EvidenceSubject::Answered)),
    ] {
        let mut objective = objective(9_000);
        objective.unanswered_max = crate::share::MaxShare::from_basis_points(1_000);
        let tally = Tally { answered: ended - unanswered, unanswered, ..tally(decided, missed) };
        let evidence = objective.evidence(Timestamp::EVENT_MIN, |_| Some(tally)).unwrap();
        assert_eq!((evidence.belief, evidence.subject), expected, "{tally:?}");
        // Without a ceiling, endings say nothing.
        objective.unanswered_max = None;
        let evidence = objective.evidence(Timestamp::EVENT_MIN, |_| Some(tally)).unwrap();
        assert_eq!(evidence.subject, EvidenceSubject::WithinTarget, "{tally:?}");
    }
}

#[test]
fn an_alert_goes_on_while_there_is_excess_spam_in_the_agreed_window() {
    use ShareBelief::{Below, Reached, Unsure};
    for (decided, missed, spam, expected) in [
        // Of 27 and 3 spam, 10 % may be spam.
        (27, 0, 3, Reached),
        (26, 0, 3, Unsure),
        (5, 0, 1, Unsure),
        (0, 0, 1, Unsure),
        (60, 1, 6, Reached),
        (60, 1, 7, Unsure),
        (60, 30, 7, Below),
    ] {
        let in_week = Tally { spam_over_target: spam, ..tally(decided, missed) };
        let tally_of = |window: Elapsed| {
            Some(if window.ms() == 7 * DAY_MS { in_week } else { tally(400, 10) })
        };
        let evidence = objective(9_000).evidence(Timestamp::EVENT_MIN, tally_of).unwrap();
        assert_eq!(evidence.belief, expected, "{in_week:?}");
    }
}

#[test]
fn more_misses_never_make_it_less_believable() {
    for decided in 1..60 {
        for longer in [60, 120] {
            let mut before = ShareBelief::Reached;
            for missed in 0..=decided {
                let (belief, _) = evidence((decided, missed), Some((longer, missed))).unwrap();
                assert!(belief >= before, "{missed} of {decided} and {longer}");
                before = belief;
            }
            // With fewer, the longer window alone decides.
            assert!(decided < DECIDED_MIN || before == ShareBelief::Below, "{decided} missed");
        }
    }
}

#[test]
fn a_plain_alert_and_a_limit_have_no_evidence_and_one_window() {
    let mut plain = objective(9_000);
    plain.alerts.missed_confidence = None;
    let mut limit = objective(9_000);
    limit.level = Level::NoneOver(Target::calendar(Elapsed::from_ms(1)));
    let now = Timestamp::EVENT_MIN;
    for objective in [plain, limit] {
        assert_eq!(objective.evidence(now, |_| Some(tally(50, 50))), None);
        assert_eq!(objective.alert_windows(now).count(), 1);
    }
    let windows = |over: i64| {
        let mut objective = objective(9_000);
        objective.over = Elapsed::from_ms(over * DAY_MS);
        let all: Vec<i64> = objective.alert_windows(now).map(|w| w.ms() / DAY_MS).collect();
        all
    };
    assert_eq!(windows(1), [1, 7, 28]);
    assert_eq!(windows(14), [14, 28]);
    assert_eq!(windows(90), [90]);
}

#[test]
fn a_level_of_all_tickets_is_missed_with_the_first_one_and_counts_may_be_huge() {
    assert_eq!(tally(20, 0).probability_below(share(10_000)), Some(0.0));
    assert_eq!(tally(20, 1).probability_below(share(10_000)), Some(1.0));
    assert_eq!(tally(0, 0).probability_below(share(9_000)), None);
    let huge = tally(1_000_000_000, 100_000_000);
    assert_eq!(huge.interval(), Some(ShareInterval { low_bp: 8_999, high_bp: 9_001 }));
    let half = huge.probability_below(share(9_000)).unwrap();
    assert!((half - 0.5).abs() < 1e-4, "{half}");
}
