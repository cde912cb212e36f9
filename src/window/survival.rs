//! Quantiles that include those still waiting.
//!
//! A statistic over answered tickets looks best while the queue is at its worst. The estimator of Kaplan and
//! Meier (1958) counts everyone at risk inside the window:
//! - the answered, at their response time;
//! - those still waiting, as censored at their present age;
//! - those given up by a solve or a close, as censored at their age then.
//!
//! A wait that began before the window enters at the age that it had at the window's beginning (delayed
//! entry). So long waits from before the window neither hide nor count twice.
//!
//! ```text
//! age   0 ──────────────────────────────────────────►
//!       |━━━━━━━━━━━━●                 began in the window, answered
//!       |━━━━━━━━━━━━━━━━━○            began in the window, waits now (censored)
//!               ╷━━━━━━━━━━━━━━━●      began before it: at risk from ╷ on only
//! ```

use super::bucket::Bucket;
use super::histogram::Histogram;
use super::tally::SeriesTally;
use crate::measure::Basis;
use crate::time::Elapsed;

/// The minimum at risk at every step of the curve up to a quantile. Below it, the quantile is not given.
const AT_RISK_MIN: u64 = 5;

/// Tolerance for the rounding error of a product of a thousand factors.
const ROUNDING: f64 = 1e-9;

/// A waiting-aware quantile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitedQuantile<T> {
    /// The value of the quantile.
    Value(T),
    /// The curve does not reach the quantile. The value is the longest wait.
    MoreThan(T),
    /// Fewer than 5 were at risk at some step of the curve. The value is their number.
    TooFew(u64),
}

impl<T> WaitedQuantile<T> {
    /// The same quantile with its value converted.
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> WaitedQuantile<U> {
        match self {
            Self::Value(value) => WaitedQuantile::Value(convert(value)),
            Self::MoreThan(longest) => WaitedQuantile::MoreThan(convert(longest)),
            Self::TooFew(at_risk) => WaitedQuantile::TooFew(at_risk),
        }
    }
}

/// Counts by age bucket, up to the highest that counts anything. Most windows of most teams hold few ages.
#[derive(Clone, Debug, Default)]
struct AgeCounts(Vec<u64>);

impl AgeCounts {
    fn add(&mut self, bucket: Bucket, count: u64) {
        let index = bucket.index();
        if self.0.len() <= index {
            self.0.resize(index + 1, 0);
        }
        self.0[index] += count;
    }

    fn of(&self, index: usize) -> u64 {
        self.0.get(index).copied().unwrap_or(0)
    }
}

/// Everyone at risk inside one window, by age bucket.
#[derive(Clone, Debug)]
pub struct Survival {
    basis: Basis,
    entered: AgeCounts,
    answered: AgeCounts,
    left: AgeCounts,
    longest: Elapsed,
}

impl Survival {
    /// Nobody at risk, in that kind of time.
    pub fn new(basis: Basis) -> Self {
        Self {
            basis,
            entered: AgeCounts::default(),
            answered: AgeCounts::default(),
            left: AgeCounts::default(),
            longest: Elapsed::ZERO,
        }
    }

    /// The kind of time that counts.
    pub fn basis(&self) -> Basis {
        self.basis
    }

    /// Adds a whole window: the answered, and the given up whose customer still waited.
    pub fn add_window(&mut self, tally: &SeriesTally) {
        let (answered, censored) = (tally.answered(self.basis), tally.censored(self.basis));
        for (bucket, count) in answered.counts() {
            self.answered.add(bucket, count);
            self.entered.add(Bucket::at(0), count);
        }
        for (bucket, count) in censored.counts() {
            self.left.add(bucket, count);
            self.entered.add(Bucket::at(0), count);
        }
        let highest = answered.highest().max(censored.highest());
        self.longest = self.longest.max(highest.map_or(Elapsed::ZERO, Bucket::value));
    }

    /// Delays the entry of those in one pane of an added window who began before the window. `in_window` is
    /// the time from the window's beginning to the middle of the pane, in this kind of time.
    pub fn delay_pane(&mut self, in_window: Elapsed, tally: &SeriesTally) {
        // An age above `in_window` at the middle of the pane means a start before the window.
        let bound = Bucket::of(in_window);
        let mut delay = |histogram: &Histogram| {
            for (bucket, count) in histogram.counts().rev().take_while(|(b, _)| *b >= bound) {
                let entry = Bucket::of(bucket.value().less(in_window));
                self.entered.0[0] -= count;
                self.entered.add(entry, count);
            }
        };
        delay(tally.answered(self.basis));
        delay(tally.censored(self.basis));
    }

    /// Adds one who still waits: its age now, and its age when the window began (0 if it began later).
    pub fn add_waiting(&mut self, age: Elapsed, age_before: Elapsed) {
        self.left.add(Bucket::of(age), 1);
        self.entered.add(Bucket::of(age_before), 1);
        self.longest = self.longest.max(age);
    }

    /// The quantiles at these per mille, which must ascend.
    pub fn quantiles<const N: usize>(&self, per_mille: [u32; N]) -> [WaitedQuantile<Elapsed>; N] {
        let mut quantiles = [WaitedQuantile::MoreThan(self.longest); N];
        let mut wanted = 0;
        let mut at_risk = 0;
        let mut remaining = 1.0;
        for index in 0..self.answered.0.len() {
            at_risk += self.entered.of(index);
            let answered = self.answered.of(index);
            if answered > 0 {
                if at_risk < AT_RISK_MIN {
                    quantiles[wanted..].fill(WaitedQuantile::TooFew(at_risk));
                    return quantiles;
                }
                remaining *= 1.0 - ratio(answered, at_risk);
                while wanted < N
                    && remaining <= 1.0 - f64::from(per_mille[wanted]) / 1_000.0 + ROUNDING
                {
                    quantiles[wanted] = WaitedQuantile::Value(Bucket::at(index).value());
                    wanted += 1;
                }
            }
            at_risk -= answered + self.left.of(index);
        }
        if self.entered.0.iter().all(|&entered| entered == 0) {
            quantiles.fill(WaitedQuantile::TooFew(0));
        }
        quantiles
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of tickets are far below 2^52")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// One at risk: age at entry, age at exit (both as bucket indexes), and whether the exit is an answer.
    type Person = (usize, usize, bool);

    /// The estimator by definition, person by person.
    fn by_definition(people: &[Person], per_mille: u32) -> WaitedQuantile<Elapsed> {
        let mut ages: Vec<usize> = people.iter().filter(|p| p.2).map(|p| p.1).collect();
        ages.sort_unstable();
        ages.dedup();
        let mut remaining = 1.0;
        for age in ages {
            let at_risk = people.iter().filter(|p| p.0 <= age && p.1 >= age).count();
            if at_risk < 5 {
                return WaitedQuantile::TooFew(at_risk as u64);
            }
            let answered = people.iter().filter(|p| p.2 && p.1 == age).count();
            remaining *= 1.0 - ratio(answered as u64, at_risk as u64);
            if remaining <= 1.0 - f64::from(per_mille) / 1_000.0 + 1e-9 {
                return WaitedQuantile::Value(Bucket::at(age).value());
            }
        }
        let longest = people.iter().map(|p| p.1).max();
        longest.map_or(WaitedQuantile::TooFew(0), |age| {
            WaitedQuantile::MoreThan(Bucket::at(age).value())
        })
    }

    proptest! {
        #![proptest_config(crate::proptest_cases(256))]

        #[test]
        fn quantiles_are_those_of_the_definition_person_by_person(
            people in proptest::collection::vec(
                (0_usize..12, 0_usize..30, proptest::bool::weighted(0.7)), 0..80,
            ),
        ) {
            let people: Vec<Person> =
                people.into_iter().map(|(entry, stay, answered)| (entry, entry + stay, answered)).collect();
            let mut survival = Survival::new(Basis::Calendar);
            for &(entry, exit, answered) in &people {
                survival.entered.add(Bucket::at(entry), 1);
                let exits = if answered { &mut survival.answered } else { &mut survival.left };
                exits.add(Bucket::at(exit), 1);
                survival.longest = survival.longest.max(Bucket::at(exit).value());
            }
            let all = survival.quantiles([500, 900, 950, 990]);
            for (quantile, per_mille) in all.into_iter().zip([500, 900, 950, 990]) {
                prop_assert_eq!(quantile, by_definition(&people, per_mille));
            }
        }
    }

    #[test]
    fn a_wait_from_before_the_window_enters_at_the_age_that_it_had_there() {
        // 40 s      100 s         150 s      200 s
        //  |s1 ─────[ from ─────── |s2 ───── now ]
        // s1: at risk from age 60 s on, censored at 160 s.  s2: from 0 s on, censored at 50 s.
        let second = |s: i64| Elapsed::from_ms(s * 1_000);
        let mut survival = Survival::new(Basis::Calendar);
        survival.add_waiting(second(160), second(60));
        survival.add_waiting(second(50), second(0));
        let at = |s: i64| Bucket::of(second(s)).index();
        assert_eq!((survival.entered.of(at(60)), survival.left.of(at(160))), (1, 1));
        assert_eq!((survival.entered.of(0), survival.left.of(at(50))), (1, 1));
    }
}
