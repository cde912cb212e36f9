//! The time zone of a calendar or an agreement, with advice for texts that are offsets or misspelled.

use crate::calendar::Zone;
use crate::config::fields::{Field, File};
use crate::config::yaml::YamlValue;
use crate::config::zones::ZoneFinder;

/// Reads the name of a zone; `None` with an error if there is no such zone.
pub(in crate::config) fn read(
    field: &Field<'_>,
    file: &mut File<'_>,
    zones: &mut ZoneFinder<'_>,
) -> Option<Zone> {
    let advice = match &field.node.value {
        YamlValue::Scalar(text) => {
            let warn = |problem: String| field.warn(file, &problem);
            if let Some(zone) = zones.zone(text, warn) {
                warn_of_sign(&zone, field, file);
                return Some(zone);
            }
            offset_advice(text).or_else(|| Some(format!("did you mean `{}`?", nearest_zone(text)?)))
        }
        YamlValue::Null | YamlValue::List(_) | YamlValue::Map(_) => None,
    };
    let advice = advice.unwrap_or_else(|| "write an IANA name, such as Europe/Helsinki".to_owned());
    field.error(file, &format!("is not a time zone; {advice}"));
    None
}

/// Warns of `Etc/GMT+2`, which is behind UTC: most people take it for a time ahead of UTC.
fn warn_of_sign(zone: &Zone, field: &Field<'_>, file: &mut File<'_>) {
    let Some((sign, hours)) = zone.name().strip_prefix("Etc/GMT").and_then(sign_and_number) else {
        return;
    };
    let side = match sign {
        Sign::Plus => "behind",
        Sign::Minus => "ahead of",
    };
    if hours > 0 {
        let problem = format!(
            "is {} {side} UTC all year: its sign is the other way round; write the place whose clocks it \
             shows, such as Europe/Helsinki",
            in_hours(hours)
        );
        field.warn(file, &problem);
    }
}

/// Advice for an offset in place of a zone, such as `GMT+2`, `UTC-05:00` or `+2`; `None` for other texts.
fn offset_advice(text: &str) -> Option<String> {
    let upper = text.to_ascii_uppercase();
    let rest = upper.strip_prefix("GMT").or_else(|| upper.strip_prefix("UTC"));
    let offset = rest.unwrap_or(&upper).trim_start();
    let is_offset = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | ':' | '.');
    if !offset.contains(|c: char| c.is_ascii_digit()) || !offset.chars().all(is_offset) {
        return None;
    }
    let place = "write an IANA name, such as Europe/Helsinki";
    let name = |(sign, hours)| match sign {
        Sign::Plus => (format!("{} ahead of UTC", in_hours(hours)), format!("Etc/GMT-{hours}")),
        Sign::Minus => (format!("{} behind UTC", in_hours(hours)), format!("Etc/GMT+{hours}")),
    };
    let whole_hours = offset.strip_suffix(":00").unwrap_or(offset);
    let fixed = sign_and_number(whole_hours).filter(|(_, hours)| *hours > 0).map(name);
    Some(match fixed.filter(|(_, zone)| Zone::compiled_in(zone).is_some()) {
        Some((words, zone)) => {
            format!("{place} ({words} is {zone}: its sign is the other way round)")
        }
        None => place.to_owned(),
    })
}

enum Sign {
    Plus,
    Minus,
}

/// Reads `+2` or `-05`.
fn sign_and_number(text: &str) -> Option<(Sign, u8)> {
    let number =
        |digits: &str| digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?;
    match text.strip_prefix('+') {
        Some(digits) => Some((Sign::Plus, number(digits)?)),
        None => Some((Sign::Minus, number(text.strip_prefix('-')?)?)),
    }
}

fn in_hours(hours: u8) -> String {
    if hours == 1 { "1 hour".to_owned() } else { format!("{hours} hours") }
}

/// The zone whose name or city has the smallest edit distance, if that is at most 2 and a third of the text.
/// One of a fixed offset, such as `Etc/GMT+2`, must have the same letters: another digit is another offset.
fn nearest_zone(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase().replace(' ', "_");
    let differs = |name: &str| {
        let name = name.to_lowercase();
        let city = name.rsplit('/').next().unwrap_or_default();
        strsim::damerau_levenshtein(&text, &name).min(strsim::damerau_levenshtein(&text, city))
    };
    let is_offset =
        |name: &str| name.contains("GMT") && name.ends_with(|c: char| c.is_ascii_digit());
    let (least, name) = Zone::compiled_in_names()
        .filter(|name| !is_offset(name) || name.eq_ignore_ascii_case(&text))
        .map(|name| (differs(name), name))
        .min_by_key(|(least, _)| *least)?;
    (least <= 2 && least * 3 <= text.len()).then_some(name)
}
