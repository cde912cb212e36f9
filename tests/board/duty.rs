//! A team with turns of duty.

use super::*;
use crate::duty::{Absence, Duty, DutySwap, TurnLength};

fn day(text: &str) -> chrono::NaiveDate {
    text.parse().unwrap()
}

/// Turns of aino, mikko and sara from Monday 2026-11-16 at 09:00 local time. In the first week of summer time
/// of Helsinki 2027, mikko takes aino's turn. At the change back to winter time, mikko is away.
pub(in crate::service) fn duty(zone: &str) -> Duty {
    Duty {
        members: ["aino", "mikko", "sara"].map(Into::into).into(),
        since: day("2026-11-16"),
        every: TurnLength::DEFAULT,
        handover: chrono::NaiveTime::from_hms_opt(9, 0, 0).unwrap(),
        zone: Zone::compiled_in(zone),
        swaps: vec![DutySwap { on: day("2027-03-28"), to: "mikko".into() }],
        absences: vec![Absence {
            who: "mikko".into(),
            from: day("2027-10-20"),
            to: day("2027-11-07"),
        }],
        check: 10,
    }
}

/// The teams of [`agreements`]; billing has turns of duty, and a name that calendars must escape.
pub(in crate::service) fn with_duty(duty: Duty) -> ViewBuilder {
    let mut agreements = agreements();
    let about = &mut agreements[0].about;
    about.duty = Some(duty);
    about.names = vec![("en".into(), "Billing; \"A\", B\\n".into())];
    ViewBuilder::new(&agreements)
}
