//! The verdict on an objective, decided with integers only.

use super::{Level, Objective};
use crate::share::{MaxShare, Share};
use crate::time::Timestamp;

/// The verdict on an objective. Variants are in order of precedence: the first that applies is the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum VerdictState {
    /// The team has not agreed on a level yet.
    NotAgreed,
    /// The data is not up to date: no verdict until it is.
    Frozen,
    /// The level is missed.
    Missed,
    /// Too few tickets are decided, or the window begins before the known history.
    InsufficientData,
    /// The level is reached, but most of the error budget is spent.
    AtRisk,
    /// The level is reached.
    Met,
}

impl VerdictState {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::NotAgreed,
        Self::Frozen,
        Self::Missed,
        Self::InsufficientData,
        Self::AtRisk,
        Self::Met,
    ];

    /// The verdict with this name; `None` if none has it.
    pub fn of_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.label() == label)
    }

    /// The name in readings and metrics. A closed set: changing one is a breaking change.
    pub const fn label(self) -> &'static str {
        match self {
            Self::NotAgreed => "not_agreed",
            Self::Frozen => "frozen",
            Self::Missed => "missed",
            Self::InsufficientData => "insufficient_data",
            Self::AtRisk => "at_risk",
            Self::Met => "met",
        }
    }
}

/// How much is known of an objective's window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// Everything.
    Whole,
    /// The known history begins within the window: tickets may be missing.
    InPart,
    /// Data is missing or late.
    Stale,
}

/// The tickets that a verdict rests on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Answered in the window, given up over target in it, or waiting and over target now.
    pub decided: u64,
    /// Those over target.
    pub missed: u64,
    /// Over target when they were marked as spam in the window. They are not decided.
    pub spam_over_target: u64,
    /// Answered in the window, within target or over it.
    pub answered: u64,
    /// Solved, closed or merged in the window without what the measure waits for, within target or over it.
    pub unanswered: u64,
}

/// A verdict, and whether the tickets that it rests on reach the level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecidedVerdict {
    /// The verdict.
    pub state: VerdictState,
    /// Whether the decided tickets reach the agreed share, however few they are: [`Objective::is_reached`].
    pub is_reached: bool,
}

/// What the windows of an objective say about the true share. Later variants are worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ShareBelief {
    /// It is more likely to reach the level, or no ticket is missed.
    Reached,
    /// It is more likely to be below the level, but that is not sure enough.
    Unsure,
    /// It is below the level, as surely as the agreement asks for.
    Below,
}

/// The verdicts that the alerts of one objective are evaluated by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlertVerdicts {
    /// By the objective's own targets.
    pub own: DecidedVerdict,
    /// By the market's target, where missed means behind the market; `None` without a market.
    pub market: Option<DecidedVerdict>,
    /// What the windows say about the true share, by which `missed` starts and ends; `None` for the plain
    /// rule, and while the agreed window is not known.
    pub belief: Option<ShareBelief>,
}

impl AlertVerdicts {
    /// Whether the share within the market's target is below the agreed share.
    pub fn is_behind_market(self) -> bool {
        self.market.is_some_and(|market| market.state == VerdictState::Missed)
    }
}

impl Tally {
    /// The share of decided tickets within target, in basis points rounded to the nearest; `None` while
    /// nothing is decided.
    pub fn compliance_bp(self) -> Option<u32> {
        rounded_bp(self.decided.saturating_sub(self.missed), self.decided)
    }

    /// The waits that ended in the window, answered or not. Deleted tickets, spam and messages that need no
    /// reply are not among them.
    pub fn ended(self) -> u64 {
        self.answered + self.unanswered
    }

    /// The share of ended waits that ended unanswered, in basis points rounded to the nearest; `None` while
    /// none ended.
    pub fn unanswered_bp(self) -> Option<u32> {
        rounded_bp(self.unanswered, self.ended())
    }
}

/// A share in basis points, rounded to the nearest; `None` of nothing.
fn rounded_bp(part: u64, total: u64) -> Option<u32> {
    let (part, total) = (u128::from(part), u128::from(total));
    let rounded = (part * 2 * u128::from(Share::WHOLE_BP) + total).checked_div(total * 2)?;
    u32::try_from(rounded).ok()
}

impl Objective {
    /// The verdict with these tickets, by the level in force at `now`.
    ///
    /// Below `min_tickets` the objective is missed as soon as that is certain: when `min_tickets` decided
    /// tickets could not reach the share even if all further ones were met. With a history in part a share
    /// says nothing, but a ticket that is known to be over a `none_over` limit is a miss. With
    /// [excess spam](Objective::has_excess_spam) it is at risk at best. It is also missed when it
    /// [exceeds its ceiling](Objective::exceeds_unanswered_max).
    pub fn judge(&self, tally: Tally, completeness: Completeness, now: Timestamp) -> VerdictState {
        let Tally { decided, missed, .. } = tally;
        let has_excess_spam = self.has_excess_spam(tally, now);
        let exceeds_unanswered_max = self.exceeds_unanswered_max(tally, now);
        let Level::Within { share, min_tickets, .. } = self.level_at(now) else {
            return match completeness {
                Completeness::Stale => VerdictState::Frozen,
                Completeness::Whole | Completeness::InPart if missed > 0 => VerdictState::Missed,
                Completeness::InPart => VerdictState::InsufficientData,
                Completeness::Whole if exceeds_unanswered_max => VerdictState::Missed,
                Completeness::Whole if has_excess_spam => VerdictState::AtRisk,
                Completeness::Whole => VerdictState::Met,
            };
        };
        match completeness {
            Completeness::Stale => return VerdictState::Frozen,
            Completeness::InPart => return VerdictState::InsufficientData,
            Completeness::Whole => {}
        }
        if exceeds_unanswered_max || falls_short(tally, *share, *min_tickets) {
            VerdictState::Missed
        } else if decided < *min_tickets {
            VerdictState::InsufficientData
        } else if has_excess_spam || self.has_spent_budget(tally, now) {
            VerdictState::AtRisk
        } else {
            VerdictState::Met
        }
    }

    /// Whether most of the misses that the level in force at `now` allows are used up, as `budget_spent`
    /// says. Never without a miss, and never for a `none_over` limit.
    pub fn has_spent_budget(&self, tally: Tally, now: Timestamp) -> bool {
        let Tally { decided, missed, .. } = tally;
        match self.level_at(now) {
            Level::NoneOver(_) => false,
            Level::Within { share, .. } => {
                missed > 0 && spends(missed, decided, *share, self.at_risk)
            }
        }
    }

    /// Whether more waits over target ended as spam than the level in force at `now` allows to be missed.
    ///
    /// # Design
    /// Spam is no miss: nobody owes it an answer. But Vaste does not read messages, so it cannot tell spam
    /// from a late ticket that someone calls spam. A level allows 1 − share of the tickets to be over target.
    /// Spam may take that part of the decided tickets and itself. A limit allows none.
    pub fn has_excess_spam(&self, tally: Tally, now: Timestamp) -> bool {
        let Tally { decided, spam_over_target, .. } = tally;
        match self.level_at(now) {
            Level::NoneOver(_) => spam_over_target > 0,
            Level::Within { share, .. } => !share.is_met_by(decided, decided + spam_over_target),
        }
    }

    /// Whether these tickets miss the level in force at `now`, its ceiling left aside.
    pub fn misses_level(&self, tally: Tally, now: Timestamp) -> bool {
        match self.level_at(now) {
            Level::NoneOver(_) => tally.missed > 0,
            Level::Within { share, min_tickets, .. } => falls_short(tally, *share, *min_tickets),
        }
    }

    /// Whether more waits ended unanswered than the ceiling in force at `now` allows, of at least
    /// `min_tickets` that ended (of one, for a `none_over` limit).
    ///
    /// # Design
    /// A wait that ends unanswered within its target is neither decided nor missed: perhaps the customer
    /// needed no answer. So a team could close tickets just before their target. The share of such endings
    /// stands beside every verdict, and a team can agree on a ceiling. Whether an ending was over target
    /// makes no difference here.
    pub fn exceeds_unanswered_max(&self, tally: Tally, now: Timestamp) -> bool {
        let least = match self.level_at(now) {
            Level::NoneOver(_) => 1,
            Level::Within { min_tickets, .. } => *min_tickets,
        };
        tally.ended() >= least && !self.keeps_unanswered_max(tally, now)
    }

    /// Whether the ended waits keep the ceiling, however few they are; also without a ceiling.
    fn keeps_unanswered_max(&self, tally: Tally, now: Timestamp) -> bool {
        let keeps = |max: MaxShare| max.is_kept_by(tally.unanswered, tally.ended());
        self.unanswered_max_at(now).is_none_or(keeps)
    }

    /// Whether the decided tickets reach the share in force at `now`, however few they are: none of them is
    /// missed, or the share within target is the agreed one. And there is no excess spam, and the ceiling is
    /// kept. An alert ends then, also with too few tickets for a verdict.
    ///
    /// With a history in part the missing tickets may be misses: missing data resolves no alert. A limit
    /// without a ceiling is reached all the same, since the tickets that wait are known.
    pub fn is_reached(&self, tally: Tally, completeness: Completeness, now: Timestamp) -> bool {
        let Tally { decided, missed, .. } = tally;
        if self.has_excess_spam(tally, now) || !self.keeps_unanswered_max(tally, now) {
            return false;
        }
        let is_whole = completeness == Completeness::Whole;
        match self.level_at(now) {
            Level::NoneOver(_) => {
                missed == 0 && (is_whole || self.unanswered_max_at(now).is_none())
            }
            Level::Within { share, .. } => {
                is_whole && share.is_met_by(decided.saturating_sub(missed), decided)
            }
        }
    }
}

/// Whether the share is missed: the share of decided tickets is below it, or would be with `min_tickets`
/// decided even if all further ones were met.
pub(super) fn falls_short(tally: Tally, share: Share, min_tickets: u64) -> bool {
    let certain_among = tally.decided.max(min_tickets);
    !share.is_met_by(certain_among.saturating_sub(tally.missed), certain_among)
}

/// Whether `missed` of `decided` spend at least `spent` of the error budget. The budget is the share of
/// tickets that may be over target: 1 − `share`.
fn spends(missed: u64, decided: u64, share: Share, spent: Share) -> bool {
    let budget_bp = u128::from(Share::WHOLE_BP - share.basis_points());
    let whole = u128::from(Share::WHOLE_BP);
    u128::from(missed) * whole * whole
        >= budget_bp * u128::from(decided) * u128::from(spent.basis_points())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreement::Target;
    use crate::measure::Measure;
    use crate::time::Elapsed;

    fn objective(share_bp: u32, min_tickets: u64) -> Objective {
        let level = Level::Within {
            target: Target::calendar(Elapsed::from_ms(1)),
            by_priority: [None; 4],
            share: Share::from_basis_points(share_bp).unwrap(),
            min_tickets,
        };
        Objective::new("o", Measure::FirstReply, level)
    }

    fn limit() -> Objective {
        let limit = Level::NoneOver(Target::calendar(Elapsed::from_ms(1)));
        Objective { level: limit, ..objective(9_000, 20) }
    }

    fn tally(decided: u64, missed: u64) -> Tally {
        Tally { decided, missed, ..Tally::default() }
    }

    fn judged(objective: &Objective, decided: u64, missed: u64) -> VerdictState {
        objective.judge(tally(decided, missed), Completeness::Whole, Timestamp::EVENT_MIN)
    }

    /// The rules of the agreement, in fractions of integers and without shared code: the oracle.
    fn oracle(share_bp: u64, min_tickets: u64, decided: u64, missed: u64) -> VerdictState {
        let met = decided - missed;
        let missed_now = decided >= min_tickets && met * 10_000 < share_bp * decided;
        let certain = decided < min_tickets && missed * 10_000 > (10_000 - share_bp) * min_tickets;
        if missed_now || certain {
            VerdictState::Missed
        } else if decided < min_tickets {
            VerdictState::InsufficientData
        } else if missed > 0 && missed * 10_000 * 100 >= 80 * (10_000 - share_bp) * decided {
            VerdictState::AtRisk
        } else {
            VerdictState::Met
        }
    }

    #[test]
    fn verdicts_equal_the_oracle_for_every_share_and_count() {
        for share_bp in (1..=9_999).step_by(37).chain([8_999, 9_000, 9_001, 9_999]) {
            for min_tickets in [1, 20] {
                let objective = objective(share_bp, min_tickets);
                for decided in (0..40).chain([997, 9_999, 10_000]) {
                    for missed in (0..=decided).step_by(1 + usize::try_from(decided / 50).unwrap())
                    {
                        assert_eq!(
                            judged(&objective, decided, missed),
                            oracle(u64::from(share_bp), min_tickets, decided, missed),
                            "{missed} of {decided} at {share_bp} bp, at least {min_tickets}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_team_with_few_tickets_misses_once_it_is_certain() {
        let objective = objective(9_000, 20);
        assert_eq!(judged(&objective, 2, 2), VerdictState::InsufficientData);
        assert_eq!(judged(&objective, 3, 3), VerdictState::Missed);
        assert_eq!(judged(&objective, 19, 2), VerdictState::InsufficientData);
        assert_eq!(judged(&objective, 20, 2), VerdictState::AtRisk);
    }

    #[test]
    fn few_tickets_reach_the_share_or_do_not() {
        let (share, limit) = (objective(9_000, 20), limit());
        let (whole, part) = (Completeness::Whole, Completeness::InPart);
        for (objective, decided, missed, is_reached) in [
            (&share, 0, 0, true),
            (&share, 1, 0, true),
            (&share, 1, 1, false),
            (&share, 9, 1, false),
            (&share, 10, 1, true),
            (&limit, 0, 0, true),
            (&limit, 1, 1, false),
        ] {
            let tally = tally(decided, missed);
            let found =
                |completeness| objective.is_reached(tally, completeness, Timestamp::EVENT_MIN);
            assert_eq!(found(whole), is_reached, "{tally:?}");
            // What is missing may be misses of a share.
            let is_limit = std::ptr::eq(objective, &limit);
            assert_eq!(found(part), is_limit && is_reached, "{tally:?}");
        }
    }

    #[test]
    fn what_is_not_known_is_not_judged() {
        let (share, limit) = (objective(9_000, 1), limit());
        let (clear, over) = (tally(50, 0), tally(50, 50));
        for (objective, tally, completeness, state) in [
            (&share, over, Completeness::Stale, VerdictState::Frozen),
            (&share, over, Completeness::InPart, VerdictState::InsufficientData),
            (&share, over, Completeness::Whole, VerdictState::Missed),
            (&limit, over, Completeness::Stale, VerdictState::Frozen),
            (&limit, over, Completeness::InPart, VerdictState::Missed),
            (&limit, clear, Completeness::InPart, VerdictState::InsufficientData),
            (&limit, clear, Completeness::Whole, VerdictState::Met),
        ] {
            let found = objective.judge(tally, completeness, Timestamp::EVENT_MIN);
            assert_eq!(found, state, "{tally:?} {completeness:?}");
        }
    }

    #[test]
    fn a_verdict_with_excess_spam_is_at_risk_instead_of_met_and_not_reached() {
        let now = Timestamp::EVENT_MIN;
        for share_bp in [1, 5_000, 8_999, 9_000, 9_001, 9_999, 10_000] {
            for decided in (0..60).chain([9_999]) {
                for missed in [0, 1, decided / 20, decided / 5].map(|missed| missed.min(decided)) {
                    for spam in (0..30).chain([1_000, 1_111, 1_112]) {
                        let objective = objective(u32::try_from(share_bp).unwrap(), 20);
                        let tally = Tally { spam_over_target: spam, ..tally(decided, missed) };
                        // More than the allowed share of the decided tickets and the spam together.
                        let is_excess = spam * 10_000 > (10_000 - share_bp) * (decided + spam);
                        let without = oracle(share_bp, 20, decided, missed);
                        let is_hidden = without == VerdictState::Met && is_excess;
                        let expected = if is_hidden { VerdictState::AtRisk } else { without };
                        let context = format!("{tally:?} at {share_bp} bp");
                        let whole = Completeness::Whole;
                        assert_eq!(objective.judge(tally, whole, now), expected, "{context}");
                        let is_share_reached = (decided - missed) * 10_000 >= share_bp * decided;
                        assert_eq!(
                            objective.is_reached(tally, whole, now),
                            is_share_reached && !is_excess,
                            "{context}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_ceiling_is_exceeded_by_more_than_its_share_of_enough_endings() {
        let now = Timestamp::EVENT_MIN;
        for max_bp in [0, 1, 999, 1_000, 1_001, 5_000, 9_999] {
            for (ended, unanswered) in (0..45).chain([9_999, 10_000]).flat_map(|ended| {
                let all = [0, 1, 2, ended / 10, ended / 10 + 1, ended / 2, ended];
                all.map(|unanswered: u64| (ended, unanswered.min(ended)))
            }) {
                for (mut objective, least) in [(objective(9_000, 20), 20), (limit(), 1)] {
                    let within = Tally { decided: 30, ..Tally::default() };
                    let tally = match objective.level {
                        Level::Within { .. } => within,
                        Level::NoneOver(_) => Tally::default(),
                    };
                    let tally = Tally { answered: ended - unanswered, unanswered, ..tally };
                    let judged = |objective: &Objective, completeness| {
                        let state = objective.judge(tally, completeness, now);
                        (state, objective.is_reached(tally, completeness, now))
                    };
                    assert_eq!(judged(&objective, Completeness::Whole), (VerdictState::Met, true));
                    objective.unanswered_max = MaxShare::from_basis_points(max_bp);
                    let is_more = unanswered * 10_000 > u64::from(max_bp) * ended;
                    let state = if is_more && ended >= least {
                        VerdictState::Missed
                    } else {
                        VerdictState::Met
                    };
                    let context = format!("{tally:?} at most {max_bp} bp");
                    let whole = judged(&objective, Completeness::Whole);
                    assert_eq!(whole, (state, !is_more), "{context}");
                    // What is missing may be answered, or not.
                    let part = judged(&objective, Completeness::InPart);
                    assert_eq!(part, (VerdictState::InsufficientData, false), "{context}");
                    let stale = judged(&objective, Completeness::Stale);
                    assert_eq!(stale, (VerdictState::Frozen, false), "{context}");
                }
            }
        }
    }

    #[test]
    fn a_limit_allows_no_spam_over_target() {
        let spam = |missed, spam_over_target| Tally { spam_over_target, ..tally(missed, missed) };
        for (tally, completeness, state, is_reached) in [
            (spam(0, 0), Completeness::Whole, VerdictState::Met, true),
            (spam(0, 1), Completeness::Whole, VerdictState::AtRisk, false),
            (spam(1, 1), Completeness::Whole, VerdictState::Missed, false),
            (spam(0, 1), Completeness::InPart, VerdictState::InsufficientData, false),
            (spam(0, 1), Completeness::Stale, VerdictState::Frozen, false),
        ] {
            let now = Timestamp::EVENT_MIN;
            assert_eq!(limit().judge(tally, completeness, now), state, "{tally:?}");
            assert_eq!(limit().is_reached(tally, completeness, now), is_reached, "{tally:?}");
        }
    }

    #[test]
    fn compliance_is_rounded_to_the_nearest_basis_point() {
        let bp = |decided, missed| tally(decided, missed).compliance_bp();
        assert_eq!(bp(830, 61), Some(9_265));
        assert_eq!(bp(3, 1), Some(6_667));
        assert_eq!(bp(1, 0), Some(10_000));
        assert_eq!(bp(0, 0), None);
        let unanswered = |answered, unanswered| {
            Tally { answered, unanswered, ..Tally::default() }.unanswered_bp()
        };
        assert_eq!(unanswered(2, 1), Some(3_333));
        assert_eq!(unanswered(0, 0), None);
    }
}
