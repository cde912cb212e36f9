//! The key `market` of an objective: the level of comparable organisations.

use super::level::{self, TargetUnit};
use crate::agreement::{Level, Market};
use crate::config::fields::{Fields, File, is_web_address};
use crate::name;

/// Reads the group. Its `within` counts the same time as the target of the objective, without `always`.
pub(super) fn read(
    fields: &mut Fields<'_>,
    agreed: Option<&Level>,
    unit: TargetUnit,
    today: &str,
    file: &mut File<'_>,
) -> Option<Market> {
    let field = fields.take("market")?;
    let mut keys = field.fields(file)?;
    let unit = unit.beside(agreed.map(|level| level.target(None)));
    let within = keys
        .require("within", file, "write what others achieve, such as `24h always`")
        .and_then(|within| level::target(&within, unit, file));
    let source = keys
        .require("source", file, "write where the figure comes from, such as \"trade survey\"")
        .and_then(|source| {
            let problem = "cannot be a source; write 1 to 128 bytes of text, or a web address";
            let is_source = |text: &str| name::is_name(text) || is_web_address(text);
            source.parse(file, problem, |text| is_source(text).then(|| Box::from(text)))
        });
    let as_of = keys.take("as_of").and_then(|as_of| {
        let date = as_of.date(file)?;
        Some((date, as_of))
    });
    keys.finish(file);
    if matches!(agreed, Some(Level::NoneOver(_))) {
        let problem =
            "cannot be combined with `none_over`, which has no share; use it with `within`";
        file.error(field.node.at, &field.key, problem);
        return None;
    }
    let market = Market { within: within?, source: source?, as_of: as_of.as_ref().map(|of| of.0) };
    let today = chrono::NaiveDate::parse_from_str(today, "%Y-%m-%d");
    if let Some((date, as_of)) = as_of
        && today.is_ok_and(|today| market.is_old(today))
    {
        let problem = format!("`{date}` is more than a year ago; look up what others achieve now");
        file.warn(as_of.node.at, &as_of.key, problem);
    }
    Some(market)
}
