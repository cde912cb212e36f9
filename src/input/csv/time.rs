//! The times of exports: what a cell says, in which time zone.
//!
//! # Design
//! Only forms that mean one instant everywhere are read without being named. Whether 1/2/2026 is in January
//! or in February is never guessed, not even from the other rows: a file from the first twelve days of a
//! month would then read otherwise than one from the whole month.

use std::fmt::Write as _;

use chrono::format::{Fixed, Item, Parsed, StrftimeItems};
use chrono::{DateTime, FixedOffset, LocalResult, NaiveDate, NaiveDateTime, TimeDelta};

use crate::calendar::Zone;
use crate::name;
use crate::time::{SECOND_MS, Timestamp};

/// How the times of a table are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TimeRules {
    /// `None` for the forms that need no name.
    pub(super) format: Option<ExportTimeFormat>,
    /// The time zone of times without an offset; `None` for UTC, because none was named.
    pub(super) zone: Option<ExportZone>,
}

/// The time of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CellTime {
    pub(super) at: Timestamp,
    /// Whether neither the cell nor the arguments say which time zone it is in, and UTC was taken.
    pub(super) is_assumed_utc: bool,
}

/// What a cell says before its time zone is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WrittenTime {
    Instant(Timestamp),
    Local(NaiveDateTime),
}

/// Why a cell is no time. The texts continue after the value of the cell.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TimeError {
    #[error("it has no time of day; export times, not dates")]
    DateOnly,
    #[error("the day and the month are not told apart; add {0} to --csv")]
    DayOrMonth(String),
    #[error(
        "it is a number of a spreadsheet; format its column as date and time, and save it again"
    )]
    SerialNumber,
    #[error("it is not of the form `{0}` that time= names")]
    OtherFormat(String),
    #[error("write a time from 1990 to 2099")]
    Range,
    #[error(
        "this time comes twice in {0}, because the clocks are set back; export times with their offset, or \
         in UTC"
    )]
    Twice(ExportZone),
    #[error(
        "this time does not exist in {0}, because the clocks are set forward; name the zone that the export \
         is in"
    )]
    Never(ExportZone),
    #[error(
        "write RFC 3339, or such as 2026-11-21 09:14:03, or name the form with time=FORMAT in --csv"
    )]
    Unknown,
}

impl TimeRules {
    /// Reads a cell that is not empty.
    pub(super) fn read(&self, text: &str) -> Result<CellTime, TimeError> {
        let written = match &self.format {
            Some(format) => {
                format.read(text).ok_or_else(|| TimeError::OtherFormat(format.text.clone()))?
            }
            None => written_time(text).ok_or_else(|| why_unknown(text))?,
        };
        let (at, is_assumed_utc) = match (written, &self.zone) {
            (WrittenTime::Instant(at), _) => (at, false),
            (WrittenTime::Local(local), Some(zone)) => (zone.instant(local)?, false),
            (WrittenTime::Local(local), None) => (from_utc(local), true),
        };
        if at.is_event_time() { Ok(CellTime { at, is_assumed_utc }) } else { Err(TimeError::Range) }
    }
}

fn from_utc(local: NaiveDateTime) -> Timestamp {
    Timestamp::from_ms(local.and_utc().timestamp_millis())
}

/// The forms that mean one time everywhere: year first with or without an offset, RFC 2822, and seconds or
/// milliseconds since 1970.
fn written_time(text: &str) -> Option<WrittenTime> {
    if let Some(at) = since_1970(text) {
        return Some(WrittenTime::Instant(at));
    }
    year_first(text).or_else(|| {
        let at = DateTime::parse_from_rfc2822(text).ok()?;
        Some(WrittenTime::Instant(Timestamp::from_ms(at.timestamp_millis())))
    })
}

/// Seconds since 1970 (9 or 10 digits, perhaps with a fraction), or milliseconds (12 or 13 digits): what the
/// years from 1990 to 2099 have.
fn since_1970(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !are_digits(whole) || !are_digits(fraction) {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    match whole.len() {
        9 | 10 => {
            let thousandths: String = fraction.chars().chain("000".chars()).take(3).collect();
            Some(Timestamp::from_ms(number * SECOND_MS + thousandths.parse::<i64>().ok()?))
        }
        12 | 13 if fraction.is_empty() => Some(Timestamp::from_ms(number)),
        _ => None,
    }
}

/// `YYYY-MM-DD HH:MM[:SS[.fff]]`, with `T` for the blank or `/` for the hyphens, and perhaps with an offset.
fn year_first(text: &str) -> Option<WrittenTime> {
    let mut rest = Scanner(text);
    let year = rest.digits(4, 4)?;
    let hyphen = ['-', '/'].into_iter().find(|symbol| rest.takes(*symbol))?;
    let month = rest.digits(1, 2)?;
    let day = rest.takes(hyphen).then(|| rest.digits(1, 2))??;
    if !(rest.takes('T') || rest.takes('t') || rest.takes_blanks()) {
        return None;
    }
    let hour = rest.digits(1, 2)?;
    let minute = rest.takes(':').then(|| rest.digits(2, 2))??;
    let mut second = 0;
    let mut milli = 0;
    if rest.takes(':') {
        second = rest.digits(2, 2)?;
        if rest.takes('.') || rest.takes(',') {
            milli = rest.thousandths()?;
        }
    }
    // Second 60 is the next second, as in RFC 3339.
    let leap = u32::from(second == 60);
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    let local = date.and_hms_milli_opt(hour, minute, second - leap, milli)?;
    let local = local.checked_add_signed(TimeDelta::seconds(i64::from(leap)))?;
    rest.takes_blanks();
    if rest.0.is_empty() {
        return Some(WrittenTime::Local(local));
    }
    let offset = i64::from(offset(rest.0)?.local_minus_utc());
    let at = from_utc(local).ms().saturating_sub(offset * SECOND_MS);
    Some(WrittenTime::Instant(Timestamp::from_ms(at)))
}

/// `Z`, `UTC`, `GMT`, or `±HH`, `±HHMM` or `±HH:MM`, perhaps after `UTC` or `GMT`.
fn offset(text: &str) -> Option<FixedOffset> {
    let mut rest = Scanner(text);
    let is_named = ["Z", "z", "UTC", "GMT"].into_iter().any(|word| rest.takes_word(word));
    if rest.0.is_empty() {
        return is_named.then(|| FixedOffset::east_opt(0))?;
    }
    let is_west = if rest.takes('+') { false } else { rest.takes('-').then_some(true)? };
    let hours = i32::try_from(rest.digits(2, 2)?).ok()?;
    let has_colon = rest.takes(':');
    let minutes =
        if rest.0.is_empty() && !has_colon { 0 } else { i32::try_from(rest.digits(2, 2)?).ok()? };
    if !rest.0.is_empty() || minutes > 59 {
        return None;
    }
    let seconds = (hours * 60 + minutes) * 60;
    FixedOffset::east_opt(if is_west { -seconds } else { seconds })
}

/// The rest of a text that is read from left to right.
struct Scanner<'a>(&'a str);

impl Scanner<'_> {
    /// Reads a number of at least `least` and at most `most` digits.
    fn digits(&mut self, least: usize, most: usize) -> Option<u32> {
        let count = self.0.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.0.split_at_checked(count).filter(|_| count >= least)?;
        self.0 = rest;
        digits.parse().ok()
    }

    /// Reads the digits of a fraction of a second, and cuts them to milliseconds.
    fn thousandths(&mut self) -> Option<u32> {
        let count = self.0.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.0.split_at_checked(count).filter(|_| count > 0)?;
        self.0 = rest;
        digits.chars().chain("000".chars()).take(3).collect::<String>().parse().ok()
    }

    fn takes(&mut self, symbol: char) -> bool {
        let rest = self.0.strip_prefix(symbol);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let rest = self.0.strip_prefix(word);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn takes_blanks(&mut self) -> bool {
        let before = self.0.len();
        self.0 = self.0.trim_start();
        self.0.len() < before
    }
}

/// Why a cell is none of the forms that mean one time everywhere.
fn why_unknown(text: &str) -> TimeError {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let are_digits =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() == 5 && are_digits(whole) && are_digits(fraction) {
        return TimeError::SerialNumber;
    }
    let (date, time) = match text.split_once(|symbol: char| symbol.is_whitespace() || symbol == 'T')
    {
        Some((date, time)) => (date.trim_end_matches(','), time.trim()),
        None => (text, ""),
    };
    for symbol in ['.', '/', '-'] {
        let parts: Vec<&str> = date.trim_end_matches(symbol).split(symbol).collect();
        let [first, second, third] = parts[..] else { continue };
        if !parts.iter().copied().all(are_digits) {
            continue;
        }
        if time.is_empty() {
            return TimeError::DateOnly;
        }
        let year = match (first.len(), second.len(), third.len()) {
            (1 | 2, 1 | 2, 4) => "%Y",
            (1 | 2, 1 | 2, 2) => "%y",
            _ => continue,
        };
        if let Some(time) = format_of(time) {
            let format =
                |first, second| format!("time=%{first}{symbol}%{second}{symbol}{year} {time}");
            let is_day = |part: &str| part.parse::<u8>().is_ok_and(|number| number > 12);
            return TimeError::DayOrMonth(match (is_day(first), is_day(second)) {
                (true, _) => format('d', 'm'),
                (_, true) => format('m', 'd'),
                (false, false) => {
                    format!(
                        "{} (day first) or {} (month first)",
                        format('d', 'm'),
                        format('m', 'd')
                    )
                }
            });
        }
    }
    TimeError::Unknown
}

/// The format of a time of day such as `9:14`, `9.14.03` or `9:14 AM`.
fn format_of(time: &str) -> Option<String> {
    let (time, half) = match time.split_once(char::is_whitespace) {
        Some((time, half)) if matches!(&*half.to_ascii_lowercase(), "am" | "pm") => (time, true),
        Some(_) => return None,
        None => (time, false),
    };
    let symbol = if time.contains(':') { ':' } else { '.' };
    let parts: Vec<&str> = time.split(symbol).collect();
    if !parts.iter().all(|part| part.len() <= 2 && part.parse::<u8>().is_ok()) {
        return None;
    }
    let (hour, half) = if half { ("%I", " %p") } else { ("%H", "") };
    match parts.len() {
        2 => Some(format!("{hour}{symbol}%M{half}")),
        3 => Some(format!("{hour}{symbol}%M{symbol}%S{half}")),
        _ => None,
    }
}

/// A form of times in the notation of strftime, such as `%d.%m.%Y %H:%M`. Beside it, the forms that need no
/// name are read, unless the form begins with the year itself: `%Y-%d-%m` and `%Y-%m-%d` are not told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ExportTimeFormat {
    text: String,
    items: Vec<Item<'static>>,
    is_year_first: bool,
}

/// Why a text is not a form of times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeFormatError {
    /// A `%` is followed by nothing that stands for a part of a time.
    #[error("has a % that stands for no part of a time; write such as %d.%m.%Y %H:%M")]
    Unknown,
    /// It has `%Z`.
    #[error(
        "has %Z, but short names of zones are not unique; write their letters as they are, and zone="
    )]
    ZoneName,
    /// A part is missing that an instant needs.
    #[error(
        "does not give year, month, day, hour and minute; write such as %d.%m.%Y %H:%M, or %I:%M %p"
    )]
    Incomplete,
}

impl ExportTimeFormat {
    /// Reads a form.
    ///
    /// # Errors
    /// If it is malformed, or does not give an instant to the minute.
    pub(super) fn parse(text: &str) -> Result<Self, TimeFormatError> {
        let items =
            StrftimeItems::new(text).parse_to_owned().map_err(|_| TimeFormatError::Unknown)?;
        if items.contains(&Item::Fixed(Fixed::TimezoneName)) {
            return Err(TimeFormatError::ZoneName);
        }
        let mut format = Self { text: text.to_owned(), items, is_year_first: true };
        // In the afternoon of a day above 12, so that a missing `%p` and a missing day both show.
        let afternoon = Timestamp::from_ms(1_795_270_440_000);
        let sample = DateTime::<chrono::Utc>::from_timestamp_millis(afternoon.ms());
        let mut written = String::new();
        let sample = sample.ok_or(TimeFormatError::Incomplete)?;
        write!(written, "{}", sample.format_with_items(format.items.iter()))
            .map_err(|_| TimeFormatError::Incomplete)?;
        let is_whole = match format.read(&written) {
            Some(WrittenTime::Instant(at)) => at == afternoon,
            Some(WrittenTime::Local(local)) => from_utc(local) == afternoon,
            None => false,
        };
        format.is_year_first = written.starts_with("2026");
        if is_whole { Ok(format) } else { Err(TimeFormatError::Incomplete) }
    }

    fn read(&self, text: &str) -> Option<WrittenTime> {
        self.read_named(text).or_else(|| written_time(text).filter(|_| !self.is_year_first))
    }

    fn read_named(&self, text: &str) -> Option<WrittenTime> {
        let mut parsed = Parsed::new();
        chrono::format::parse(&mut parsed, text, self.items.iter()).ok()?;
        if parsed.offset().is_some() {
            let at = parsed.to_datetime().ok()?;
            return Some(WrittenTime::Instant(Timestamp::from_ms(at.timestamp_millis())));
        }
        let local = parsed.to_naive_datetime_with_offset(0).ok()?;
        // Seconds since 1970 (`%s`) are an instant.
        if parsed.timestamp().is_some() {
            return Some(WrittenTime::Instant(from_utc(local)));
        }
        Some(WrittenTime::Local(local))
    }
}

/// The time zone of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ExportZone {
    /// A zone of the IANA database.
    Named(Zone),
    /// A fixed offset from UTC.
    Fixed(FixedOffset),
}

/// A text is neither a time zone nor an offset.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{zone}` is not a time zone; {advice}")]
pub struct ZoneError {
    zone: String,
    advice: String,
}

impl ExportZone {
    /// Reads an IANA name, or an offset such as `+02:00` or `UTC`.
    ///
    /// # Errors
    /// If it is neither.
    pub(super) fn parse(text: &str) -> Result<Self, ZoneError> {
        if let Some(offset) = offset(text) {
            return Ok(Self::Fixed(offset));
        }
        Zone::compiled_in(text).map(Self::Named).ok_or_else(|| {
            let names = Zone::compiled_in_names;
            let is_city = |name: &&str| {
                name.rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(text))
            };
            let advice = match names().find(is_city).or_else(|| name::similar(text, names())) {
                Some(near) => format!("did you mean {near}?"),
                None => {
                    "write an IANA name such as Europe/Helsinki, or an offset such as +02:00".into()
                }
            };
            ZoneError { zone: text.to_owned(), advice }
        })
    }

    /// The instant of a local time.
    fn instant(&self, local: NaiveDateTime) -> Result<Timestamp, TimeError> {
        let ahead = match self {
            Self::Fixed(offset) => LocalResult::Single(*offset),
            Self::Named(zone) => zone.offsets(local),
        };
        match ahead {
            LocalResult::Single(offset) => {
                let ahead = i64::from(offset.local_minus_utc()) * SECOND_MS;
                Ok(Timestamp::from_ms(from_utc(local).ms().saturating_sub(ahead)))
            }
            LocalResult::Ambiguous(..) => Err(TimeError::Twice(self.clone())),
            LocalResult::None => Err(TimeError::Never(self.clone())),
        }
    }
}

impl std::fmt::Display for ExportZone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Named(zone) => f.write_str(zone.name()),
            Self::Fixed(offset) => write!(f, "{offset}"),
        }
    }
}

#[cfg(test)]
mod tests;
