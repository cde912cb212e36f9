//! The values of arguments, read.

use std::sync::Arc;

use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::agreement::Objective;
use crate::config::is_broker;
use crate::input::read_text;
use crate::mapping::{Mapping, MappingError};
use crate::measure::Measure;
use crate::share::Share;
use crate::time::{Elapsed, Timestamp};

/// Why the value of an argument is refused.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum ValueError {
    #[error(
        "write host:port without a scheme, with a port from 1 to 65535, such as localhost:9092"
    )]
    Broker,
    #[error("write a duration such as 1h, 1d or 1w")]
    Duration,
    #[error("write the name of a measure, such as first_reply")]
    Measure,
    #[error("write a window of 1h to 90d, such as 7d")]
    Over,
    #[error("write a percentage from 0.01% to 100%, such as 90%")]
    Share,
    #[error("write RFC 3339 with an offset, such as 2026-11-21T00:00:00Z, from 1990 to 2099")]
    Instant,
}

pub(super) fn broker(text: &str) -> Result<String, ValueError> {
    is_broker(text).then(|| text.to_owned()).ok_or(ValueError::Broker)
}

pub(super) fn mapping(name: &str) -> Result<Arc<Mapping>, MappingError> {
    Mapping::load(name, read_text).map(Arc::new)
}

pub(super) fn instant(text: &str) -> Result<Timestamp, ValueError> {
    Timestamp::parse(text).filter(|at| at.is_event_time()).ok_or(ValueError::Instant)
}

pub(super) fn duration(text: &str) -> Result<Elapsed, ValueError> {
    Elapsed::parse(text).ok_or(ValueError::Duration)
}

pub(super) fn measures() -> impl TypedValueParser<Value = Measure> {
    let labels = PossibleValuesParser::new(Measure::ALL.map(Measure::label));
    labels.try_map(|label| Measure::from_label(&label).ok_or(ValueError::Measure))
}

pub(super) fn share(text: &str) -> Result<Share, ValueError> {
    Share::parse(text).ok_or(ValueError::Share)
}

pub(super) fn over(text: &str) -> Result<Elapsed, ValueError> {
    let over = duration(text)?;
    let is_allowed = (Objective::OVER_MIN..=Objective::OVER_MAX).contains(&over);
    if is_allowed { Ok(over) } else { Err(ValueError::Over) }
}
