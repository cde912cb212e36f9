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
//! The regularised incomplete beta function is that of the crate `special` (Applied Statistics algorithms
//! AS 63 and AS 109) on `libm`. Both are in Rust, so every machine computes the same bits. Its inverse is
//! not used: bounds are whole basis points, found by bisection, which is exact and bounded in time.

use special::Beta as _;

use super::Tally;
use crate::share::Share;

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

#[expect(clippy::cast_precision_loss, reason = "counts of tickets are far below 2^52")]
fn counted(tickets: u64) -> f64 {
    tickets as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(decided: u64, missed: u64) -> Tally {
        Tally { decided, missed }
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
