//! Turns of duty in the format of calendar programs (iCalendar, RFC 5545).
//!
//! calcard, which also reads the calendars of holidays, escapes texts and folds lines.

use calcard::common::PartialDateTime;
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarDuration, ICalendarEntry,
    ICalendarParameter, ICalendarParameterName, ICalendarParameterValue, ICalendarProperty,
    ICalendarTransparency, ICalendarValue, ICalendarValueType,
};
use chrono::{DateTime, Datelike, Timelike};

use super::PageLanguage;
use super::duty::who;
use super::view_model::Board;
use crate::address;
use crate::catalog::ScopeId;
use crate::duty::{Duty, Turn};
use crate::service::coordinator::published_view::PublishedView;
use crate::time::{DAY_MS, Elapsed, Timestamp};

/// How far back the turns go.
const PAST: Elapsed = Elapsed::from_ms(28 * DAY_MS);
/// How far ahead the turns go.
const AHEAD: Elapsed = Elapsed::from_ms(52 * 7 * DAY_MS);
/// How often calendar programs fetch the feed, in hours. Programs may have a minimum of their own.
const REFRESH_HOURS: u32 = 6;

/// The turns of a team, by its label, from four weeks ago to 52 weeks ahead: one event for each. `None` if
/// there is no such team, if it has no turns, or before the first trusted view.
///
/// An event has the same `UID` as long as a turn of the team starts on its day. So a swap, an absence or
/// another time of handovers changes the event in place.
pub(in crate::service::http) fn calendar(
    published: &PublishedView,
    label: &str,
    reader: PageLanguage,
) -> Option<String> {
    let board = Board::new(published, reader);
    let scope = board.catalog.scope_by_label(label)?;
    let (duty, at) = board.catalog.duty(scope).zip(board.at)?;
    let end = at.plus(AHEAD);
    let turns = duty.turns_from(at.minus(PAST)).take_while(|turn| turn.starts < end);
    let events = turns.map(|turn| event(&board, scope, duty, turn));
    let mut components = vec![head(&board, scope)];
    components.extend(events);
    let count = u32::try_from(components.len()).unwrap_or(u32::MAX);
    if let Some(head) = components.first_mut() {
        head.component_ids = (1..count).collect();
    }
    Some(ICalendar { components }.to_string())
}

fn head(board: &Board<'_>, scope: ScopeId) -> ICalendarComponent {
    let name = board.texts.format("duty-calendar", &[("team", board.name(scope).into())]);
    let refresh = || {
        let hours = ICalendarDuration { hours: REFRESH_HOURS, ..ICalendarDuration::default() };
        ICalendarValue::Duration(hours)
    };
    let other = |name: &str| ICalendarProperty::Other(name.to_owned());
    let is_duration = ICalendarParameter {
        name: ICalendarParameterName::Value,
        value: ICalendarParameterValue::Value(ICalendarValueType::Duration),
    };
    ICalendarComponent {
        component_type: ICalendarComponentType::VCalendar,
        entries: vec![
            text(ICalendarProperty::Version, "2.0"),
            text(ICalendarProperty::Prodid, "-//Vaste//Vaste//EN"),
            text(ICalendarProperty::Name, &name),
            // The names of the same two properties in older programs.
            text(other("X-WR-CALNAME"), &name),
            ICalendarEntry {
                name: ICalendarProperty::RefreshInterval,
                params: vec![is_duration],
                values: vec![refresh()],
            },
            entry(other("X-PUBLISHED-TTL"), refresh()),
        ],
        component_ids: Vec::new(),
    }
}

fn event(board: &Board<'_>, scope: ScopeId, duty: &Duty, turn: Turn<'_>) -> ICalendarComponent {
    let (who, member) = who(board, turn);
    let summary = board.texts.format(
        "duty-event",
        &[("who", who.into()), ("member", member.into()), ("team", board.name(scope).into())],
    );
    let path = address::team_by_label(board.label(scope));
    let uid = format!("{}{path}@vaste", duty.day_of(turn.index));
    ICalendarComponent {
        component_type: ICalendarComponentType::VEvent,
        entries: vec![
            text(ICalendarProperty::Uid, &uid),
            // The feed is made when it is asked for; the same turn is the same text each time.
            instant(ICalendarProperty::Dtstamp, turn.starts),
            instant(ICalendarProperty::Dtstart, turn.starts),
            instant(ICalendarProperty::Dtend, turn.ends),
            text(ICalendarProperty::Summary, &summary),
            // Nobody is busy all week.
            entry(
                ICalendarProperty::Transp,
                ICalendarValue::Transparency(ICalendarTransparency::Transparent),
            ),
        ],
        component_ids: Vec::new(),
    }
}

fn entry(name: ICalendarProperty, value: ICalendarValue) -> ICalendarEntry {
    ICalendarEntry { name, params: Vec::new(), values: vec![value] }
}

fn text(name: ICalendarProperty, text: &str) -> ICalendarEntry {
    entry(name, ICalendarValue::Text(text.to_owned()))
}

/// An instant in UTC.
fn instant(name: ICalendarProperty, at: Timestamp) -> ICalendarEntry {
    let at = DateTime::from_timestamp_millis(at.ms()).unwrap_or_default();
    let number = |number: u32| u8::try_from(number).ok();
    let at = PartialDateTime {
        year: u16::try_from(at.year()).ok(),
        month: number(at.month()),
        day: number(at.day()),
        hour: number(at.hour()),
        minute: number(at.minute()),
        second: number(at.second()),
        tz_hour: Some(0),
        tz_minute: Some(0),
        tz_minus: false,
    };
    entry(name, ICalendarValue::PartialDateTime(Box::new(at)))
}
