//! The section of what evicted tickets have added to the past, and of the reviews of them.

use super::{ByteReader, put_bytes, put_time, put_u64};
use crate::past::{EvictedImage, EvictedPast, Hour, HourChange, HourCounts};
use crate::review::{ReviewCounts, ReviewedBy};
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
    put_reviews(past.reviews(), out);
}

/// Reads the section. Before version 7 it had no reviews.
pub(super) fn of(section: &mut ByteReader<'_>, version: u32) -> Option<EvictedPast> {
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
    let reviews = if version >= 7 { reviews_of(section)? } else { ReviewCounts::default() };
    Some(EvictedPast::restore(&images, is_partial.then_some(from), reviews))
}

fn put_reviews(reviews: &ReviewCounts, out: &mut Vec<u8>) {
    put_u64(reviews.iter().len() as u64, out);
    for (team, by, count) in reviews.iter() {
        put_bytes(team.as_bytes(), out);
        put_bytes(by.label().as_bytes(), out);
        put_u64(count, out);
    }
}

fn reviews_of(section: &mut ByteReader<'_>) -> Option<ReviewCounts> {
    let mut reviews = ReviewCounts::default();
    for _ in 0..section.u64()? {
        let (team, by) = (section.text()?, section.text()?);
        let by = ReviewedBy::ALL.into_iter().find(|known| known.label() == by)?;
        reviews.add(team.into(), by, section.u64()?);
    }
    Some(reviews)
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
