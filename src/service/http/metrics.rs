//! `/metrics`: the published view in the Prometheus text format. Names, types and labels are an
//! interface.
//!
//! | module | families |
//! |---|---|
//! | `windows` | windows, waiting tickets, objectives, alerts |
//! | `market` | the market and ratings |
//! | `state` | responses, history, readiness, the build |
//! | `stream` | Kafka and the outcomes of records |

use prometheus::TextEncoder;
use prometheus::proto::MetricFamily;

use self::families::MetricFamilies;
use crate::alert::Alerts;
use crate::service::clock;
use crate::service::coordinator::published_view::PublishedView;
use crate::service::instruments::Instruments;
use crate::view::View;

mod families;
mod market;
mod state;
mod stream;
#[cfg(test)]
mod tests;
mod windows;

/// The content type of the text format.
pub(super) const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All families as text, for a scraper with this `User-Agent`; `None` for another client.
///
/// # Errors
/// If a family has no name or no metric, which the families below never have.
pub(super) fn text(
    published: &PublishedView,
    instruments: &Instruments,
    scraper: Option<&str>,
) -> Result<String, prometheus::Error> {
    let started = clock::instant();
    let mut families = MetricFamilies::default();
    // Until the topic is read once, windows are incomplete.
    if published.caught_up_at.is_some() {
        windows::windows(published, &mut families);
        windows::given_up(published, &mut families);
        windows::flags(published, &mut families);
        market::ratings(published, &mut families);
    }
    state::responses(published, instruments, scraper, &mut families);
    state::history(published, &mut families);
    windows::objectives(published, &mut families);
    stream::stream(published, &mut families);
    state::readiness(published, instruments, &mut families);
    windows::alerts(published, &mut families);
    let mut all = families.into_sorted();
    instruments.collect_duration.set(started.elapsed().as_secs_f64());
    all.extend(instruments.registry.gather());
    all.extend(prometheus::gather());
    TextEncoder::new().encode_to_string(&all)
}

/// The families that follow from events alone, as of the instant of a view: windows, waiting tickets,
/// objectives, ratings and alerts. Names and values are those that a service exports at that instant.
pub fn families_of(view: &View, alerts: Alerts) -> Vec<MetricFamily> {
    let published = PublishedView::of_past(view, alerts);
    let mut families = MetricFamilies::default();
    windows::windows(&published, &mut families);
    windows::given_up(&published, &mut families);
    windows::flags(&published, &mut families);
    market::ratings(&published, &mut families);
    windows::objectives(&published, &mut families);
    windows::alerts(&published, &mut families);
    families.into_sorted()
}
