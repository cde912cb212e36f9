//! `/metrics`: the published view as metric families. Names, types and labels are an
//! interface.
//!
//! | module | families |
//! |---|---|
//! | `windows` | windows, waiting tickets, objectives, alerts |
//! | `duty` | turns of duty |
//! | `market` | the market and ratings |
//! | `market` | the market, dates of agreements, and ratings |
//! | `state` | responses, history, readiness, the build |
//! | `stream` | Kafka and the outcomes of records |

use prometheus::proto::MetricFamily;

use self::families::MetricFamilies;
use crate::alert::Alerts;
use crate::service::clock;
use crate::service::coordinator::published_view::PublishedView;
use crate::service::instruments::Instruments;
use crate::view::View;

mod concerns;
mod duty;
mod families;
mod market;
mod state;
mod stream;
#[cfg(test)]
mod tests;
mod windows;

/// All families, for a scraper with this `User-Agent`; `None` for another client.
pub(super) fn families(
    published: &PublishedView,
    instruments: &Instruments,
    scraper: Option<&str>,
) -> Vec<MetricFamily> {
    let started = clock::instant();
    let mut families = MetricFamilies::default();
    // Until the topic is read once, windows are incomplete.
    if published.caught_up_at.is_some() {
        windows::windows(published, &mut families);
        windows::given_up(published, &mut families);
        windows::flags(published, &mut families);
        market::ratings(published, &mut families);
        concerns::concerns(published, &mut families);
        concerns::checks(published, &mut families);
        concerns::reviewed(published, &mut families);
    }
    state::responses(published, instruments, scraper, &mut families);
    state::history(published, &mut families);
    windows::objectives(published, &mut families);
    duty::handovers(published, &mut families);
    market::dates(published, &mut families);
    stream::stream(published, &mut families);
    state::readiness(published, instruments, &mut families);
    windows::alerts(published, &mut families);
    let mut all = families.into_sorted();
    instruments.collect_duration.set(started.elapsed().as_secs_f64());
    all.extend(instruments.registry.gather());
    all.extend(prometheus::gather());
    all
}

/// The families that follow from events and agreements alone, as of the instant of a view: windows, waiting
/// tickets, objectives, ratings, alerts and handovers of duty. Names and values are those that a service
/// exports at that instant.
pub fn families_of(view: &View, alerts: Alerts) -> Vec<MetricFamily> {
    let published = PublishedView::of_past(view, alerts);
    let mut families = MetricFamilies::default();
    windows::windows(&published, &mut families);
    windows::given_up(&published, &mut families);
    windows::flags(&published, &mut families);
    market::ratings(&published, &mut families);
    windows::objectives(&published, &mut families);
    duty::handovers(&published, &mut families);
    windows::alerts(&published, &mut families);
    families.into_sorted()
}
