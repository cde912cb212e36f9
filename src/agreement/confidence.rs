//! How sure it is that a share is below its level: an interval of the true share, and a probability.
//!
//! A window holds a few of all the tickets that a team would get in that state. Their *true share* is what
//! a window without end would show. With 5 misses of 30, the true share may be 70 % as well as 92 %.
//!
//! # Design
//! The true share has a Beta posterior by Jeffreys' prior: Beta(met + ½, missed + ½). Brown, Cai and
//! DasGupta (*Interval Estimation for a Binomial Proportion*, Statistical Science 16, 2001) recommend
//! Jeffreys' interval or Wilson's for few tickets. Jeffreys' also gives the probability that the true share
//! is below a level, and both come from one function. Wilson's interval is an approximation by the normal
//! distribution, and its tails are uneven. As in the paper, the interval ends at 100 % without a miss, and
//! begins at 0 % without a met ticket.
//!
//! The crate `special` computes the regularised incomplete beta function (Applied Statistics algorithms
//! AS 63 and AS 109) on `libm`. Both are in Rust, so every machine computes the same bits. Its inverse is
//! not used: bounds are whole basis points, found by bisection, which is exact and bounded in time.
//!
//! ## The alert
//! An agreement asks for a confidence, such as 90 %, before the alert `missed` starts. It starts when the
//! true share is below the level with that probability, and ends when that is less likely than not. With
//! fewer than [`DECIDED_ENOUGH`] tickets in the window, the next longer windows count as well, up to 28
//! days. Two looks err more often than one, so each needs more: the longer window leaves half of the doubt
//! (95 % for 90 %), the agreed one a third (96.7 %), and only with [`DECIDED_MIN`] tickets: it is for a
//! sharp drop. `tests/bench/alerts.rs` compares rules over simulated teams; these numbers come from it.

use special::Beta as _;

use super::verdict::falls_short;
use super::{Level, Objective, ShareBelief, Tally};
use crate::share::Share;
use crate::time::{DAY_MS, Elapsed, Timestamp};

/// The decided tickets with which the agreed window is enough for an alert.
const DECIDED_ENOUGH: u64 = 30;

/// The decided tickets with which the agreed window counts beside a longer one.
const DECIDED_MIN: u64 = 10;

/// The windows that an agreed window is stretched to, ascending. Every series has them, so they cost
/// nothing.
const STRETCHED: [Elapsed; 3] =
    [Elapsed::from_ms(DAY_MS), Elapsed::from_ms(7 * DAY_MS), Elapsed::from_ms(28 * DAY_MS)];

/// The window that an alert with a confidence rests on, and what it says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShareEvidence {
    /// What it says.
    pub belief: ShareBelief,
    /// The length of the window.
    pub window: Elapsed,
    /// The tickets in it.
    pub tally: Tally,
    /// The probability that the true share is below the level, 0 to 1.
    pub probability: f64,
    /// The probability with which the alert starts, 0 to 1.
    pub needed: f64,
}

impl ShareEvidence {
    /// The probability in whole percent, 1 to 99: a sample is never quite sure.
    pub fn percent(self) -> u32 {
        (basis_points(self.probability) / 100).clamp(1, 99)
    }

    /// The probability with which the alert starts, in basis points.
    pub fn needed_bp(self) -> u32 {
        basis_points(self.needed)
    }
}

/// An interval that holds the true share with a probability of 90 %: 5 % lie on either side. The bounds are
/// rounded outwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShareInterval {
    /// The lower bound in basis points, 0 to 10 000.
    pub low_bp: u32,
    /// The upper bound in basis points, 0 to 10 000.
    pub high_bp: u32,
}

/// The probability on either side of a [`ShareInterval`].
const TAIL: f64 = 0.05;

impl Tally {
    /// The interval of the true share; `None` while nothing is decided.
    pub fn interval(self) -> Option<ShareInterval> {
        let posterior = Posterior::of(self)?;
        Some(ShareInterval {
            low_bp: if self.missed >= self.decided { 0 } else { posterior.low_bp(TAIL) },
            high_bp: if self.missed == 0 { Share::WHOLE_BP } else { posterior.high_bp(TAIL) },
        })
    }

    /// The same as [`Tally::probability_below`] in basis points, rounded to the nearest.
    pub fn probability_below_bp(self, level: Share) -> Option<u32> {
        self.probability_below(level).map(basis_points)
    }

    /// The probability that the true share is below a level, 0 to 1; `None` while nothing is decided. It
    /// never falls when a ticket is missed instead of met. Of a level of 100 % it is 1 as soon as one
    /// ticket is missed, and 0 before.
    pub fn probability_below(self, level: Share) -> Option<f64> {
        let posterior = Posterior::of(self)?;
        if level.basis_points() < Share::WHOLE_BP {
            return Some(posterior.below(level.basis_points()));
        }
        Some(if self.missed > 0 { 1.0 } else { 0.0 })
    }
}

impl Objective {
    /// The default confidence of the alert `missed`.
    pub const CONFIDENCE_DEFAULT: Share = Share::NINETY_PERCENT;

    /// The confidence that its alert `missed` needs at an instant; `None` for the plain rule, by which the
    /// alert follows the verdict, and for a `none_over` limit.
    pub fn confidence_at(&self, at: Timestamp) -> Option<Share> {
        match self.level_at(at) {
            Level::Within { .. } => self.alerts.missed_confidence,
            Level::NoneOver(_) => None,
        }
    }

    /// The windows that its alert `missed` may rest on at an instant, ascending. The first is the agreed
    /// one.
    pub fn alert_windows(&self, at: Timestamp) -> impl Iterator<Item = Elapsed> + use<> {
        let over = self.over_at(at);
        let is_stretched = self.confidence_at(at).is_some();
        let longer = STRETCHED.into_iter().filter(move |length| is_stretched && *length > over);
        std::iter::once(over).chain(longer)
    }

    /// What the windows say about the true share at `now`. `tally_of` gives the tickets in the window of a
    /// length; `None` if the known history begins within that window.
    ///
    /// `None` for the plain rule, and when the agreed window is not known. With excess spam in the agreed
    /// window it is unsure at best.
    pub fn evidence(
        &self,
        now: Timestamp,
        tally_of: impl Fn(Elapsed) -> Option<Tally>,
    ) -> Option<ShareEvidence> {
        let confidence = self.confidence_at(now)?;
        let look =
            |window, tally, doubts| self.look(now, window, tally, confidence.sure_in(doubts));
        let mut windows = self.alert_windows(now);
        let over = windows.next()?;
        let agreed = tally_of(over)?;
        let is_enough = |tally: Tally| tally.decided >= DECIDED_ENOUGH;
        let mut longer = None;
        if !is_enough(agreed) {
            for window in windows {
                let Some(tally) = tally_of(window) else { break };
                longer = Some((window, tally));
                if is_enough(tally) {
                    break;
                }
            }
        }
        let evidence = match longer {
            None => look(over, agreed, 1),
            Some((window, tally)) => {
                let longer = look(window, tally, 2);
                let agreed = (agreed.decided >= DECIDED_MIN).then(|| look(over, agreed, 3));
                agreed.filter(|agreed| agreed.belief > longer.belief).unwrap_or(longer)
            }
        };
        let has_excess_spam = self.has_excess_spam(agreed, now);
        let least = if has_excess_spam { ShareBelief::Unsure } else { ShareBelief::Reached };
        Some(ShareEvidence { belief: evidence.belief.max(least), ..evidence })
    }

    /// What one window says. To be below the level, it must also be missed by the plain rule, so that two
    /// tickets are no alert.
    fn look(&self, now: Timestamp, window: Elapsed, tally: Tally, needed: f64) -> ShareEvidence {
        let (probability, is_missed) = match self.level_at(now) {
            Level::Within { share, min_tickets, .. } => {
                let probability = tally.probability_below(*share).unwrap_or(0.0);
                (probability, falls_short(tally, *share, *min_tickets))
            }
            Level::NoneOver(_) => (0.0, false),
        };
        let belief = if is_missed && probability >= needed {
            ShareBelief::Below
        } else if tally.missed == 0 || probability < 0.5 {
            ShareBelief::Reached
        } else {
            ShareBelief::Unsure
        };
        ShareEvidence { belief, window, tally, probability, needed }
    }
}

impl Share {
    /// As a probability that leaves this part of its doubt: 0.95 for 90 % and 2.
    fn sure_in(self, parts: u32) -> f64 {
        let doubt_bp = Self::WHOLE_BP - self.basis_points();
        1.0 - f64::from(doubt_bp) / (f64::from(parts) * f64::from(Self::WHOLE_BP))
    }
}

/// The distribution of the true share.
#[derive(Clone, Copy)]
struct Posterior {
    met: f64,
    missed: f64,
    ln_beta: f64,
}

impl Posterior {
    /// Jeffreys' posterior; `None` while nothing is decided.
    fn of(tally: Tally) -> Option<Self> {
        if tally.decided == 0 {
            return None;
        }
        let met = counted(tally.decided.saturating_sub(tally.missed)) + 0.5;
        let missed = counted(tally.missed) + 0.5;
        Some(Self { met, missed, ln_beta: met.ln_beta(missed) })
    }

    /// The probability of a share below this many basis points.
    fn below(self, bp: u32) -> f64 {
        let share = f64::from(bp) / f64::from(Share::WHOLE_BP);
        share.inc_beta(self.met, self.missed, self.ln_beta).clamp(0.0, 1.0)
    }

    /// The highest bound with at most `tail` below it.
    fn low_bp(self, tail: f64) -> u32 {
        self.first_bp(|below| below > tail).saturating_sub(1)
    }

    /// The lowest bound with at most `tail` above it.
    fn high_bp(self, tail: f64) -> u32 {
        self.first_bp(|below| below >= 1.0 - tail)
    }

    /// The first bound with such a probability below it. The probability never falls as the bound rises.
    fn first_bp(self, is_reached: impl Fn(f64) -> bool) -> u32 {
        let (mut low, mut high) = (0, Share::WHOLE_BP);
        while low < high {
            let middle = low.midpoint(high);
            if is_reached(self.below(middle)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a probability has 0 to 10 000 basis points"
)]
fn basis_points(probability: f64) -> u32 {
    (probability.clamp(0.0, 1.0) * f64::from(Share::WHOLE_BP)).round() as u32
}

#[expect(clippy::cast_precision_loss, reason = "counts of tickets are far below 2^52")]
fn counted(tickets: u64) -> f64 {
    tickets as f64
}

#[cfg(test)]
mod tests {
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
            let near =
                |bp: u32, expected: f64| (f64::from(bp) / 10_000.0 - expected).abs() <= 0.000_6;
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
                let probability =
                    |missed| tally(decided, missed).probability_below(share(bp)).unwrap();
                let bounds = |missed| tally(decided, missed).interval().unwrap();
                for missed in 1..=decided.min(80) {
                    assert!(
                        probability(missed) >= probability(missed - 1),
                        "{missed} of {decided}"
                    );
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
    fn evidence(
        agreed: (u64, u64),
        longer: Option<(u64, u64)>,
    ) -> Option<(ShareBelief, &'static str)> {
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
}
