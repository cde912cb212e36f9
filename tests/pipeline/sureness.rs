//! How sure a miss is, without code of the crate: the oracle of alerts with a confidence.

use std::cell::RefCell;
use std::collections::BTreeMap;

thread_local! {
    /// Probabilities by decided, missed and level: a history asks for the same ones at every second.
    static KNOWN: RefCell<BTreeMap<(u64, u64, u32), f64>> = const { RefCell::new(BTreeMap::new()) };
}

/// Decided and missed tickets of a window.
pub(crate) type Counts = (u64, u64);

/// What an agreement asks for.
#[derive(Clone, Copy)]
pub(crate) struct Asked {
    pub confidence_bp: u32,
    pub share_bp: u32,
    pub min_tickets: u64,
    /// Whether fewer than `min_tickets` are missed once it is certain; else they never are.
    pub few_may_miss: bool,
}

/// Whether the agreed window or a longer one with the rest of the history shows a miss: `Some(true)` if it
/// is sure, `Some(false)` if it is less likely than not, `None` between.
pub(crate) fn is_below(asked: Asked, agreed: Counts, longer: Counts) -> Option<bool> {
    let doubt = 1.0 - f64::from(asked.confidence_bp) / 10_000.0;
    if agreed.0 >= 30 {
        return look(asked, agreed, 1.0 - doubt);
    }
    let longer = look(asked, longer, 1.0 - doubt / 2.0);
    if agreed.0 < 10 {
        return longer;
    }
    match (longer, look(asked, agreed, 1.0 - doubt / 3.0)) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (None, _) | (_, None) => None,
        (Some(false), Some(false)) => Some(false),
    }
}

fn look(asked: Asked, (decided, missed): Counts, sure: f64) -> Option<bool> {
    let probability = probability(decided, missed, asked.share_bp);
    let among = decided.max(if asked.few_may_miss { asked.min_tickets } else { 0 });
    let is_enough = asked.few_may_miss || decided >= asked.min_tickets;
    if is_enough
        && (among - missed) * 10_000 < u64::from(asked.share_bp) * among
        && probability >= sure
    {
        Some(true)
    } else if missed == 0 || probability < 0.5 {
        Some(false)
    } else {
        None
    }
}

/// The mass below the level of a density that is met^(met − ½) · missed^(missed − ½), by Simpson's rule over
/// the angle whose squared sine is the share.
fn probability(decided: u64, missed: u64, share_bp: u32) -> f64 {
    let find = |known: &mut BTreeMap<_, _>| {
        *known.entry((decided, missed, share_bp)).or_insert_with(|| {
            let [met, missed] = [decided - missed, missed].map(|n| 2 * i32::try_from(n).unwrap());
            let density = |angle: f64| angle.sin().powi(met) * angle.cos().powi(missed);
            let mass = |to: f64| {
                let pairs = 2_000_u32;
                let width = to / f64::from(2 * pairs);
                let part = |pair: u32| {
                    let [a, b, c] = [0, 1, 2].map(|i| density(f64::from(2 * pair + i) * width));
                    (a + 4.0 * b + c) * width / 3.0
                };
                (0..pairs).map(part).sum::<f64>()
            };
            let level = (f64::from(share_bp) / 10_000.0).sqrt().asin();
            mass(level) / mass(std::f64::consts::FRAC_PI_2)
        })
    };
    KNOWN.with(|known| find(&mut known.borrow_mut()))
}
