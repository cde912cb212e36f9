//! What counts of decided and missed tickets mean under a level.

use super::Level;

/// The state that these counts mean under a level.
pub(super) fn state(
    level: &Level,
    decided: u64,
    missed: u64,
    has_excess_spam: bool,
) -> &'static str {
    let (share_bp, min_tickets, at_risk_spent_bp) = match level {
        Level::NoneOver(_) if missed > 0 => return "missed",
        Level::NoneOver(_) => return if has_excess_spam { "at_risk" } else { "met" },
        Level::Within { share_bp, min_tickets, at_risk_spent_bp, .. } => {
            (*share_bp, *min_tickets, *at_risk_spent_bp)
        }
    };
    let met = decided - missed;
    let budget_bp = 10_000 - share_bp;
    let enough = decided >= min_tickets;
    let below = met * 10_000 < share_bp * decided;
    let certainly_below = missed * 10_000 > budget_bp * min_tickets;
    if (enough && below) || (!enough && certainly_below) {
        "missed"
    } else if !enough {
        "insufficient_data"
    } else if has_excess_spam
        || missed > 0 && missed * 10_000 * 10_000 >= at_risk_spent_bp * budget_bp * decided
    {
        "at_risk"
    } else {
        "met"
    }
}

/// Whether nothing decided is over target, or the agreed share of it is within.
pub(super) fn reached(level: &Level, decided: u64, missed: u64) -> bool {
    let is_share = match level {
        Level::NoneOver(_) => false,
        Level::Within { share_bp, .. } => (decided - missed) * 10_000 >= share_bp * decided,
    };
    missed == 0 || is_share
}
