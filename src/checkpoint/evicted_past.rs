//! The section of what evicted tickets have added to the past.

use super::{ByteReader, put_bytes, put_time, put_u64};
use crate::past::{EvictedImage, EvictedPast, Hour, HourChange, HourCounts};
use crate::time::Timestamp;

pub(super) fn put(past: &EvictedPast, out: &mut Vec<u8>) {
    out.push(u8::from(past.known_from().is_some()));
    put_time(past.known_from().unwrap_or(Timestamp::from_ms(0)), out);
    let images: Vec<EvictedImage<'_>> = past.images().collect();
    put_u64(images.len() as u64, out);
    for EvictedImage { team, objective, changes } in images {
        out.push(u8::from(team.is_some()));
        put_bytes(team.unwrap_or_default().as_bytes(), out);
        put_bytes(objective.as_bytes(), out);
        put_u64(changes.len() as u64, out);
        for HourChange { hour, counts } in changes {
            let HourCounts { decided, missed, answered, unanswered, spam_over_target } = counts;
            for number in [hour.number(), decided, missed, answered, unanswered, spam_over_target] {
                out.extend_from_slice(&number.to_le_bytes());
            }
        }
    }
}

pub(super) fn of(section: &mut ByteReader<'_>) -> Option<EvictedPast> {
    let is_partial = section.byte()? != 0;
    let from = section.time()?;
    let count = section.u64()?;
    let one = |_| {
        let has_team = section.byte()? != 0;
        let team = section.text()?;
        let objective = section.text()?;
        let count = section.u64()?;
        let changes = (0..count).map(|_| change_of(section)).collect::<Option<Vec<_>>>()?;
        let is_ascending = changes.is_sorted_by_key(|change| change.hour);
        is_ascending.then_some(EvictedImage { team: has_team.then_some(team), objective, changes })
    };
    let images = (0..count).map(one).collect::<Option<Vec<_>>>()?;
    Some(EvictedPast::restore(&images, is_partial.then_some(from)))
}

fn change_of(section: &mut ByteReader<'_>) -> Option<HourChange> {
    let mut number = || section.u32().map(u32::cast_signed);
    Some(HourChange {
        hour: Hour::new(number()?),
        counts: HourCounts {
            decided: number()?,
            missed: number()?,
            answered: number()?,
            unanswered: number()?,
            spam_over_target: number()?,
        },
    })
}
