//! Opening hours that an agreement file names, today's and those of earlier levels.

use std::sync::Arc;

use chrono::NaiveDate;

use super::calendars::{ALWAYS, Calendars};
use super::fields::{Field, Fields, File};
use super::yaml::YamlValue;
use crate::calendar::{Calendar, local_midnight};

/// The opening hours of a file's team.
pub(super) struct TeamHours<'c> {
    /// The calendars that a file may name.
    calendars: &'c Calendars,
    /// The name of the team's calendar; `None` if the team is always open.
    pub(super) name: Option<Box<str>>,
    /// The team's calendar; `None` if the team is always open.
    pub(super) calendar: Option<Arc<Calendar>>,
    /// Whether the file names hours that cannot be read. That is one error, and no reason for others.
    pub(super) is_unreadable: bool,
}

/// A calendar with the name that the files give it.
struct NamedCalendar {
    name: Box<str>,
    calendar: Arc<Calendar>,
}

/// The hours of an earlier level.
struct EarlierHours {
    /// The first day on which they no longer apply; `None` if it cannot be read.
    until: Option<NaiveDate>,
    /// Their calendar; `None` if the level names none, so that today's hours apply.
    calendar: Option<Arc<Calendar>>,
}

impl<'c> TeamHours<'c> {
    /// Reads the key `hours` of a file.
    pub(super) fn read(
        fields: &mut Fields<'_>,
        calendars: &'c Calendars,
        file: &mut File<'_>,
    ) -> Self {
        let field = fields.take("hours");
        let named = field.as_ref().and_then(|field| calendar(field, calendars, file));
        let is_unreadable = field.is_some() && named.is_none();
        let named = named.filter(|named| !named.calendar.is_always());
        let (name, calendar) = named.map(|named| (named.name, named.calendar)).unzip();
        Self { calendars, name, calendar, is_unreadable }
    }

    /// Whether targets without `always` count opening hours. Hours that cannot be read count as some.
    pub(super) fn has_hours(&self) -> bool {
        self.calendar.is_some() || self.is_unreadable
    }

    /// The same for an earlier level. Its targets count by the hours that it names, and by today's if it
    /// names none.
    pub(super) fn has_hours_in(&self, item: &Field<'_>) -> bool {
        match item.node.value_of("hours").map(|node| &node.value) {
            Some(YamlValue::Scalar(name)) => name != ALWAYS,
            Some(YamlValue::List(_) | YamlValue::Map(_)) => true,
            Some(YamlValue::Null) | None => self.has_hours(),
        }
    }

    /// The hours of one objective's own stopwatches: those of its earlier levels up to their ends, then
    /// the team's. `None` if no earlier level names hours.
    pub(super) fn with_earlier(
        &self,
        previous_levels: &[Field<'_>],
        file: &mut File<'_>,
    ) -> Option<Arc<Calendar>> {
        let mut earlier: Vec<EarlierHours> =
            previous_levels.iter().map(|item| self.earlier(item, file)).collect();
        if earlier.iter().all(|hours| hours.calendar.is_none()) {
            return None;
        }
        earlier.sort_by_key(|hours| hours.until);
        let now = self.calendar.clone().unwrap_or_else(|| Arc::new(Calendar::always()));
        let mut spliced = Arc::clone(&now);
        for EarlierHours { until, calendar } in earlier.into_iter().rev() {
            let Some(until) = until else { continue };
            let until = local_midnight(now.zone(), until);
            let calendar = calendar.unwrap_or_else(|| Arc::clone(&now));
            spliced = Arc::new(Calendar::spliced(&calendar, until, &spliced));
        }
        // Always open before and now: there are no hours to count by.
        Some(spliced).filter(|hours| !hours.is_always())
    }

    /// Reads `hours` and `until` of an earlier level.
    fn earlier(&self, item: &Field<'_>, file: &mut File<'_>) -> EarlierHours {
        let node = item.node.value_of("hours").filter(|node| !node.is_null());
        let key = format!("{}.hours", item.key);
        let named = node.and_then(|node| calendar(&Field { key, node }, self.calendars, file));
        let until = item.node.value_of("until");
        EarlierHours {
            until: until.and_then(|node| Field { key: String::new(), node }.date_quietly()),
            calendar: named.map(|named| named.calendar),
        }
    }
}

/// Reads the name of a calendar.
fn calendar(
    field: &Field<'_>,
    calendars: &Calendars,
    file: &mut File<'_>,
) -> Option<NamedCalendar> {
    let known: Vec<&str> = calendars.keys().map(|name| &**name).collect();
    let problem = if known.is_empty() {
        "is not defined in any file that was read; add the calendar's file, in `calendars` of the \
         configuration or on the command line, or write `always`"
            .to_owned()
    } else {
        format!("is not a calendar; write `always` or one of {}", known.join(", "))
    };
    field.parse(file, &problem, |text| {
        let calendar = match text {
            ALWAYS => Arc::new(Calendar::always()),
            text => calendars.get(text).map(Arc::clone)?,
        };
        Some(NamedCalendar { name: text.into(), calendar })
    })
}
