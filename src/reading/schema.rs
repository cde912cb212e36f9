//! JSON schemas of the values that readings and verdicts are made of, for the OpenAPI description. Each
//! describes what its `Serialize` writes.

use std::borrow::Cow;

use utoipa::openapi::schema::{KnownFormat, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{Object, ObjectBuilder, OneOfBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::Seconds;
use crate::agreement::{TargetShown, VerdictState};
use crate::amount::Amount;
use crate::measure::{Basis, Measure};
use crate::time::Timestamp;

/// Stands for [`super::Quantiles`] of answered tickets.
pub(super) struct AnsweredQuantiles;

/// Stands for [`super::Quantiles`] that count those still waiting.
pub(super) struct WaitedQuantiles;

/// Gives a type the schema `$schema` under the name `$name`.
macro_rules! described {
    ($type:ty, $name:literal, $schema:expr) => {
        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                let schema: Schema = $schema.into();
                schema.into()
            }
        }

        impl ToSchema for $type {
            fn name() -> Cow<'static, str> {
                $name.into()
            }
        }
    };
}

described!(
    Timestamp,
    "Timestamp",
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
        .description(Some("An instant as RFC 3339 in UTC, with milliseconds."))
);
described!(
    Amount,
    "Amount",
    number("Seconds with up to three decimals; for the measure `contacts`, a plain number.")
);
described!(Seconds, "Seconds", number("Seconds with up to three decimals."));
described!(
    TargetShown,
    "Target",
    OneOfBuilder::new()
        .description(Some("The longest time, or the highest count, that is within the objective."))
        .item(Amount::schema())
        .item(one_key(
            "working_days",
            count("Until the closing time of the last of this many working days; 1 to 60."),
            "Working days have no fixed length.",
        ))
);
described!(
    AnsweredQuantiles,
    "AnsweredQuantiles",
    quantiles(
        &ObjectBuilder::new()
            .schema_type(SchemaType::Array(vec![Type::Number, Type::Null]))
            .description(Some("As `Amount`; null without samples."))
            .into()
    )
);
described!(
    WaitedQuantiles,
    "WaitedQuantiles",
    quantiles(
        &OneOfBuilder::new()
            .description(Some("A quantile that counts those still waiting (Kaplan-Meier)."))
            .item(Amount::schema())
            .item(one_key(
                "more_than",
                number("The time that it is longer than, in seconds."),
                "The curve does not reach the quantile.",
            ))
            .item(one_key(
                "too_few",
                count("The number of waits at the last point of the curve."),
                "Too few waits are left to say.",
            ))
            .into()
    )
);
described!(
    VerdictState,
    "VerdictState",
    labels(&VerdictState::ALL.map(VerdictState::label), "The state of an objective.")
);
described!(Measure, "Measure", labels(&Measure::ALL.map(Measure::label), "What is measured."));
described!(
    Basis,
    "Basis",
    labels(&Basis::ALL.map(Basis::label), "The kind of time: all time, or opening hours only.")
);

/// A string of a closed set.
pub(crate) fn labels(labels: &[&str], about: &str) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(about))
        .enum_values(Some(labels.iter().copied()))
        .build()
}

fn number(about: &str) -> Object {
    ObjectBuilder::new().schema_type(Type::Number).description(Some(about)).build()
}

fn count(about: &str) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(0))
        .description(Some(about))
        .build()
}

/// One value for each of [`super::QUANTILES_PER_MILLE`], by rank.
fn quantiles(value: &Schema) -> Object {
    let ranks = ["0.5", "0.9", "0.95", "0.99"];
    let by_rank = ranks.into_iter().fold(ObjectBuilder::new(), |quantiles, rank| {
        quantiles.property(rank, value.clone()).required(rank)
    });
    by_rank.build()
}

/// An object with exactly one key.
fn one_key(key: &str, value: Object, about: &str) -> Object {
    ObjectBuilder::new().property(key, value).required(key).description(Some(about)).build()
}
