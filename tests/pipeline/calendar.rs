//! Calendars: general properties, and a slow model that decides for every minute whether it is
//! open.
//!
//! Method: random weeks, holidays, special hours and breaks in fourteen zones. Half of the cases
//! are around a change of the clocks, and some around a new year. The model converts only from UTC
//! to local time, minute by minute: the instant of a local time is the first minute that shows it.
//! It shares nothing with the crate but the definition.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::FileFailurePersistence;
use vaste::calendar::{Calendar, Definition, Holiday, MonthDay, Opening, Zone, local_midnight};
use vaste::time::{DAY_MS, Elapsed, HOUR_MS, MINUTE_MS, Timestamp};

const ZONES: [&str; 14] = [
    "UTC",
    "Africa/Casablanca",
    "America/Havana",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Europe/Helsinki",
    "Europe/London",
    "Pacific/Apia",
    "Pacific/Chatham",
];

/// Days that the model covers.
const DAYS: i64 = 6;
/// Days before and after them whose openings may reach into them.
const MARGIN: i64 = 4;

fn config(cases: u32) -> ProptestConfig {
    let file = FileFailurePersistence::Direct("tests/regressions/calendar.txt");
    ProptestConfig { cases, failure_persistence: Some(Box::new(file)), ..ProptestConfig::default() }
}

/// A definition, and the UTC midnight at which the model begins.
#[derive(Clone, Debug)]
struct Case {
    definition: Definition,
    begin: Timestamp,
}

fn opening() -> impl Strategy<Value = Opening> {
    // Half of them at times at which clocks change somewhere.
    let start = prop_oneof![0_u16..1_440, select(vec![0, 60, 90, 120, 135, 150, 180, 1_380])];
    let length = prop_oneof![1_u16..=1_440, select(vec![15, 30, 45, 60, 480, 1_440])];
    (start, length).prop_map(|(start, length)| Opening::new(start, start + length).unwrap())
}

fn openings() -> impl Strategy<Value = Vec<Opening>> {
    prop::collection::vec(opening(), 0..3)
}

/// A day that the model covers, or one next to it.
fn near() -> impl Strategy<Value = u64> {
    0..u64::try_from(DAYS + 2).unwrap()
}

fn by_date() -> impl Strategy<Value = Vec<(u64, Vec<Opening>)>> {
    prop::collection::vec((near(), openings()), 0..3)
}

fn case() -> impl Strategy<Value = Case> {
    let week = prop::array::uniform7(openings());
    let holidays = prop::collection::vec((near(), 0_u64..3, any::<bool>()), 0..3);
    let days = 0_i64..18_250;
    (select(ZONES.to_vec()), week, holidays, by_date(), by_date(), days, any::<Index>(), 0..8)
        .prop_map(|(zone, week, holidays, special, breaks, day, index, kind)| {
            let zone = Zone::compiled_in(zone).unwrap();
            let changes = changes_of(&zone);
            let begin = match kind {
                0..4 if !changes.is_empty() => *index.get(&changes),
                // Around a new year, which yearly holidays may span.
                4 => {
                    let text = format!("{}-12-28T00:00:00Z", 1991 + day % 49);
                    Timestamp::parse(&text).unwrap()
                }
                _ => Timestamp::EVENT_MIN.plus(Elapsed::from_ms((day + MARGIN) * DAY_MS)),
            };
            let first = utc(begin).date() - Days::new(1);
            let date = |day: u64| first + Days::new(day);
            let mut definition = Definition::new(zone);
            definition.week = week;
            definition.special = special.into_iter().map(|(d, open)| (date(d), open)).collect();
            definition.breaks = breaks.into_iter().map(|(d, shut)| (date(d), shut)).collect();
            definition.holidays = holidays
                .into_iter()
                .map(|(day, length, every_year)| holiday(date(day), length, every_year))
                .collect();
            Case { definition, begin }
        })
}

fn holiday(first: NaiveDate, length: u64, every_year: bool) -> Holiday {
    let last = first + Days::new(length);
    let of = |date: NaiveDate| MonthDay::new(date.month(), date.day()).unwrap();
    if every_year { Holiday::EveryYear(of(first), of(last)) } else { Holiday::Once(first, last) }
}

fn utc(at: Timestamp) -> NaiveDateTime {
    DateTime::<Utc>::from_timestamp_millis(at.ms()).unwrap().naive_utc()
}

/// The local time at an instant.
fn local(zone: &Zone, at: Timestamp) -> NaiveDateTime {
    zone.local_time(at).unwrap().naive_local()
}

/// The UTC midnights two days before each change of the clocks, from 1990 to 2040.
fn changes_of(zone: &Zone) -> Vec<Timestamp> {
    let ahead = |day: i64| {
        let at = Timestamp::from_ms(Timestamp::EVENT_MIN.ms() + day * DAY_MS);
        local(zone, at) - utc(at)
    };
    let changed = (10..18_250).filter(|day| ahead(*day) != ahead(day + 1));
    changed.map(|day| Timestamp::from_ms(Timestamp::EVENT_MIN.ms() + (day - 2) * DAY_MS)).collect()
}

/// The open minutes from `begin` on.
struct Model {
    begin: Timestamp,
    open: Vec<bool>,
}

impl Model {
    fn new(definition: &Definition, begin: Timestamp) -> Self {
        let around = Elapsed::from_ms(MARGIN * DAY_MS);
        let first = begin.minus(around).ms();
        let minutes = (DAYS + 2 * MARGIN) * DAY_MS / MINUTE_MS;
        // The first minute that shows each local time.
        let mut shown: BTreeMap<NaiveDateTime, i64> = BTreeMap::new();
        for minute in 0..minutes {
            let at = first + minute * MINUTE_MS;
            shown.entry(local(&definition.zone, Timestamp::from_ms(at))).or_insert(at);
        }
        let find = |date: NaiveDate, minute: u16| {
            let mut time = date.and_time(NaiveTime::MIN) + TimeDelta::minutes(minute.into());
            while !shown.contains_key(&time) {
                time += TimeDelta::hours(1);
            }
            shown[&time]
        };
        let from = utc(begin).date() - Days::new(3);
        let dates: Vec<NaiveDate> =
            from.iter_days().take(usize::try_from(DAYS).unwrap() + 5).collect();
        let range = |date: NaiveDate, opening: &Opening| {
            find(date, opening.start())..find(date, opening.end())
        };
        let mut open = Vec::new();
        let mut shut = Vec::new();
        for date in dates {
            let breaks = definition.breaks.get(&date).into_iter().flatten();
            shut.extend(breaks.map(|one| range(date, one)));
            if definition.holidays.iter().any(|holiday| closes(*holiday, date)) {
                continue;
            }
            let weekday = &definition.week[date.weekday().num_days_from_monday() as usize];
            let openings = definition.special.get(&date).unwrap_or(weekday);
            open.extend(openings.iter().map(|one| range(date, one)));
        }
        let is_open = |minute: i64| {
            let at = begin.ms() + minute * MINUTE_MS;
            open.iter().any(|range| range.contains(&at)) && !shut.iter().any(|r| r.contains(&at))
        };
        Self { begin, open: (0..DAYS * 24 * 60).map(is_open).collect() }
    }

    fn end(&self) -> Timestamp {
        self.begin.plus(Elapsed::from_ms(DAYS * DAY_MS))
    }

    fn is_open(&self, at: Timestamp) -> bool {
        self.open[usize::try_from(at.since(self.begin).ms() / MINUTE_MS).unwrap()]
    }

    /// Open minutes with their bounds in milliseconds.
    fn minutes(&self) -> impl Iterator<Item = (i64, i64)> + '_ {
        let all = self.open.iter().zip(0..).filter(|(open, _)| **open);
        all.map(|(_, minute): (_, i64)| {
            let start = self.begin.ms() + minute * MINUTE_MS;
            (start, start + MINUTE_MS)
        })
    }

    fn open_ms(&self, from: Timestamp, to: Timestamp) -> i64 {
        let parts = self.minutes().map(|(start, end)| end.min(to.ms()) - start.max(from.ms()));
        parts.filter(|part| *part > 0).sum()
    }

    fn next_open(&self, at: Timestamp) -> Option<i64> {
        self.minutes().find(|(_, end)| *end > at.ms()).map(|(start, _)| start.max(at.ms()))
    }

    fn due(&self, from: Timestamp, target: i64) -> Option<i64> {
        let mut left = target;
        for (start, end) in self.minutes().filter(|(_, end)| *end > from.ms()) {
            let start = start.max(from.ms());
            if end - start >= left {
                return Some(start + left);
            }
            left -= end - start;
        }
        None
    }
}

fn closes(holiday: Holiday, date: NaiveDate) -> bool {
    match holiday {
        Holiday::Once(first, last) => first <= date && date <= last,
        // A holiday has three days at most, so it begins on this date or one of the two before.
        Holiday::EveryYear(first, last) => (0..4).any(|back| {
            let begin = date - Days::new(back);
            let is_last = |day: NaiveDate| last.in_year(day.year()) == Some(day);
            let days = begin.iter_days().take(4);
            let mut until = days.take_while(|day| *day == begin || !is_last(*day - Days::new(1)));
            first.in_year(begin.year()) == Some(begin) && until.any(|day| day == date)
        }),
    }
}

/// An instant that the model covers.
fn instant(begin: Timestamp, share: u32) -> Timestamp {
    let ms = i64::from(share) * (DAYS * DAY_MS - 1) / i64::from(u32::MAX);
    // Half of them on the minute, where openings begin and end.
    let ms = if share.is_multiple_of(2) { ms / MINUTE_MS * MINUTE_MS } else { ms };
    begin.plus(Elapsed::from_ms(ms))
}

fn compare(calendar: &Calendar, model: &Model, shares: &[(u32, u32)]) -> Result<(), TestCaseError> {
    for minute in 0..DAYS * 24 * 60 {
        let at = model.begin.plus(Elapsed::from_ms(minute * MINUTE_MS));
        prop_assert_eq!(calendar.is_open(at), model.is_open(at), "open at {}", at);
    }
    for (one, other) in shares {
        let (from, to) = (instant(model.begin, *one), instant(model.begin, *other));
        prop_assert_eq!(calendar.is_open(from), model.is_open(from), "open at {}", from);
        let open = model.open_ms(from, to);
        prop_assert_eq!(calendar.open_time(from, to).ms(), open, "from {} to {}", from, to);
        let next = calendar.next_open(from);
        match model.next_open(from) {
            Some(expected) => {
                prop_assert_eq!(next.map(Timestamp::ms), Some(expected), "after {}", from)
            }
            None => prop_assert!(next.is_none_or(|next| next >= model.end())),
        }
        for target in [1, open, open + 1, i64::from(*other % 3_000) * MINUTE_MS] {
            let due = calendar.due(from, Elapsed::from_ms(target));
            match model.due(from, target) {
                Some(_) if target == 0 => prop_assert_eq!(due, Some(from)),
                Some(at) => {
                    prop_assert_eq!(
                        due.map(Timestamp::ms),
                        Some(at),
                        "{} ms from {}",
                        target,
                        from
                    );
                }
                None => prop_assert!(target == 0 || due.is_none_or(|due| due >= model.end())),
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(250))]

    #[test]
    fn every_minute_is_open_as_the_model_says(
        case in case(), shares in prop::collection::vec(any::<(u32, u32)>(), 8)
    ) {
        let model = Model::new(&case.definition, case.begin);
        match Calendar::new(&case.definition) {
            Ok(calendar) => compare(&calendar, &model, &shares)?,
            Err(_) => prop_assert!(model.minutes().next().is_none()),
        }
    }

    #[test]
    fn a_spliced_calendar_is_the_first_before_the_splice_and_the_second_after_it(
        case in case(), later in case(), day in 0_u64..7,
        shares in prop::collection::vec(any::<(u32, u32)>(), 8)
    ) {
        let built = (Calendar::new(&case.definition), Calendar::new(&later.definition));
        let (Ok(before), Ok(after)) = built else { return Ok(()) };
        let date = utc(case.begin).date() + Days::new(day);
        let until = local_midnight(&later.definition.zone, date);
        let spliced = Calendar::spliced(&before, until, &after);
        let mut model = Model::new(&case.definition, case.begin);
        let other = Model::new(&later.definition, case.begin);
        let begin = case.begin.ms();
        for (minute, open) in (0..).zip(&mut model.open) {
            if begin + minute * MINUTE_MS >= until.ms() {
                *open = other.open[usize::try_from(minute).unwrap()];
            }
        }
        compare(&spliced, &model, &shares)?;
        prop_assert_eq!(spliced.zone(), &later.definition.zone);
    }
}

proptest! {
    #![proptest_config(config(1_500))]

    #[test]
    fn open_time_adds_up_and_due_is_its_inverse(
        case in case(), mut at in prop::array::uniform3(-3_i64 * DAY_MS..40_200 * DAY_MS),
        targets in prop::array::uniform2(0_i64..400 * HOUR_MS)
    ) {
        let Ok(calendar) = Calendar::new(&case.definition) else { return Ok(()) };
        at.sort_unstable();
        let [a, b, c] = at.map(|ms| Timestamp::from_ms(Timestamp::EVENT_MIN.ms() + ms));
        let open = |from, to| calendar.open_time(from, to).ms();
        prop_assert_eq!(open(a, b) + open(b, c), open(a, c));
        prop_assert!(open(a, c) <= c.since(a).ms(), "open time never exceeds calendar time");
        prop_assert_eq!(open(c, a), 0);
        let first = calendar.reaches(calendar.cumulative(b));
        prop_assert!(first.is_some_and(|first| first <= b.max(Timestamp::EVENT_MIN)));
        let targets = targets.map(Elapsed::from_ms);
        let due = |from, target| calendar.due(from, target);
        for target in targets {
            let Some(at) = due(a, target) else { continue };
            prop_assert!(at >= a);
            prop_assert_eq!(open(a, at), target.ms());
            if target > Elapsed::ZERO {
                let just_before = Timestamp::from_ms(at.ms() - 1);
                let before = open(a, just_before);
                prop_assert_eq!(before, target.ms() - 1, "the due time is the first such instant");
            }
            let is_ascending = due(b, target).is_none_or(|later| later >= at);
            prop_assert!(is_ascending, "the due time is monotonic in its start");
        }
        let (less, more) = (targets[0].min(targets[1]), targets[0].max(targets[1]));
        let is_ascending = due(a, more).is_none_or(|at| due(a, less).unwrap() <= at);
        prop_assert!(is_ascending, "the due time is monotonic in the target");
    }
}

/// Two zones whose clocks change, one that skipped a whole day, and all others.
#[test]
fn all_day_every_day_is_calendar_time_in_every_zone() {
    for zone in ZONES {
        let mut definition = Definition::new(Zone::compiled_in(zone).unwrap());
        definition.week = std::array::from_fn(|_| vec![Opening::new(0, 1_440).unwrap()]);
        let calendar = Calendar::new(&definition).unwrap();
        for year in 1990..2100 {
            let at = Timestamp::parse(&format!("{year}-11-23T08:00:00.123Z")).unwrap();
            assert_eq!(calendar.cumulative(at), Calendar::always().cumulative(at), "{zone} {at}");
        }
        let end = Timestamp::EVENT_END;
        assert_eq!(calendar.cumulative(end), end.since(Timestamp::EVENT_MIN).ms(), "{zone}");
    }
}
