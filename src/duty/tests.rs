//! Turns over changes of clocks, with swaps and absences, and the laws of any rotation.

use proptest::prelude::*;

use super::*;
use crate::proptest_cases;
use crate::time::{DAY_MS, Elapsed};

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn time(text: &str) -> NaiveTime {
    NaiveTime::parse_from_str(text, "%H:%M").unwrap()
}

/// Weekly turns from Monday of aino, mikko and sara.
fn weekly(since: &str, handover: &str, zone: &str) -> Duty {
    Duty {
        members: ["aino", "mikko", "sara"].map(Into::into).into(),
        since: date(since),
        every: TurnLength::DEFAULT,
        handover: time(handover),
        zone: Zone::compiled_in(zone),
        swaps: Vec::new(),
        absences: Vec::new(),
        check: 10,
    }
}

fn away(who: &str, from: &str, to: &str) -> Absence {
    Absence { who: who.into(), from: date(from), to: date(to) }
}

/// Turns from an instant: start in UTC, member, reason.
fn listed(duty: &Duty, from: &str, count: usize) -> Vec<String> {
    let line = |turn: Turn<'_>| {
        let member = turn.member.unwrap_or("nobody");
        format!("{} {} {member}: {}", turn.index, turn.starts, turn.because.label())
    };
    duty.turns_from(at(from)).take(count).map(line).collect()
}

#[test]
fn the_first_member_has_the_turn_that_holds_the_first_day() {
    // A Wednesday: the turn starts on the Monday before.
    let duty = weekly("2026-11-04", "09:00", "Europe/Helsinki");
    assert_eq!(duty.turn_at(at("2026-11-02T06:59:59Z")), None, "before the first turn");
    assert_eq!(duty.next_handover(at("2026-10-01T00:00:00Z")), Some(at("2026-11-02T07:00:00Z")));
    let turn = duty.turn_at(at("2026-11-02T07:00:00Z")).unwrap();
    assert_eq!((turn.index, turn.member), (0, Some("aino")));
    assert_eq!(turn.ends, at("2026-11-09T07:00:00Z"));
    let before = duty.turn_at(at("2026-11-09T06:59:59.999Z")).unwrap();
    assert_eq!(before, turn);
    assert_eq!(duty.turn_at(turn.ends).unwrap().member, Some("mikko"));
    assert_eq!(duty.next_handover(turn.starts), Some(turn.ends));
}

#[test]
fn handovers_keep_their_local_time_over_changes_of_clocks_in_both_hemispheres() {
    let mut duty = weekly("2026-03-16", "09:00", "Europe/Helsinki");
    duty.absences = vec![away("mikko", "2026-03-20", "2026-03-23")];
    duty.swaps = vec![DutySwap { on: date("2026-10-25"), to: "sara".into() }];
    let around =
        [listed(&duty, "2026-03-16T08:00:00Z", 4), listed(&duty, "2026-10-19T06:00:00Z", 3)];
    insta::assert_snapshot!(
        around.concat().join("\n"),
        @r"
    0 2026-03-16T07:00:00Z aino: rotation
    1 2026-03-23T07:00:00Z sara: absence
    2 2026-03-30T06:00:00Z sara: rotation
    3 2026-04-06T06:00:00Z aino: rotation
    31 2026-10-19T06:00:00Z sara: swap
    32 2026-10-26T07:00:00Z sara: rotation
    33 2026-11-02T07:00:00Z aino: rotation
    "
    );
    // Sydney leaves summer time on 2026-04-05 and returns to it on 2026-10-04.
    let mut duty = weekly("2026-03-30", "09:00", "Australia/Sydney");
    duty.absences = vec![away("sara", "2026-04-13", "2026-04-13")];
    duty.swaps = vec![DutySwap { on: date("2026-10-05"), to: "mikko".into() }];
    let around =
        [listed(&duty, "2026-03-30T00:00:00Z", 4), listed(&duty, "2026-09-28T00:00:00Z", 3)];
    insta::assert_snapshot!(
        around.concat().join("\n"),
        @r"
    0 2026-03-29T22:00:00Z aino: rotation
    1 2026-04-05T23:00:00Z mikko: rotation
    2 2026-04-12T23:00:00Z aino: absence
    3 2026-04-19T23:00:00Z aino: rotation
    26 2026-09-27T23:00:00Z sara: rotation
    27 2026-10-04T22:00:00Z mikko: swap
    28 2026-10-11T22:00:00Z mikko: rotation
    "
    );
}

#[test]
fn a_time_that_does_not_exist_is_the_end_of_the_gap_and_one_that_comes_twice_the_first() {
    // Clocks in Helsinki go forward from 03:00 to 04:00 on 2026-03-29, and back on 2026-10-25.
    let mut duty = weekly("2026-03-29", "03:30", "Europe/Helsinki");
    duty.every = TurnLength::Weeks { count: 1, from: Weekday::Sun };
    assert_eq!(duty.turn(0).starts, at("2026-03-29T01:00:00Z"));
    assert_eq!(duty.turn(1).starts, at("2026-04-05T00:30:00Z"));
    assert_eq!(duty.turn(30).starts, at("2026-10-25T00:30:00Z"));
    // Lord Howe moves its clocks by half an hour, from 02:00 to 02:30, on 2026-10-04.
    duty.zone = Zone::compiled_in("Australia/Lord_Howe");
    duty.handover = time("02:15");
    assert_eq!(duty.turn(27).starts, at("2026-10-03T15:30:00Z"));
    // Samoa had no 2011-12-30.
    let mut duty = weekly("2011-12-29", "00:00", "Pacific/Apia");
    duty.every = TurnLength::Days(1);
    assert_eq!(duty.turn(1).starts, duty.turn(2).starts);
    let indexes: Vec<u32> = duty.turns_from(duty.turn(0).starts).take(3).map(|t| t.index).collect();
    assert_eq!(indexes, [0, 2, 3], "the turn without time is left out");
}

#[test]
fn a_swap_gives_one_turn_and_changes_no_other() {
    let mut duty = weekly("2026-11-02", "09:00", "Europe/Helsinki");
    let before = listed(&duty, "2026-11-02T08:00:00Z", 9);
    duty.swaps = vec![DutySwap { on: date("2026-11-22"), to: "mikko".into() }];
    let after = listed(&duty, "2026-11-02T08:00:00Z", 9);
    let differing: Vec<usize> = (0..9).filter(|turn| before[*turn] != after[*turn]).collect();
    assert_eq!(differing, [2], "the Sunday is in the turn from Monday 16");
    assert_eq!(after[2], "2 2026-11-16T07:00:00Z mikko: swap");
}

#[test]
fn an_absence_at_the_start_of_a_turn_gives_it_to_the_next_one_who_is_there() {
    let mut duty = weekly("2026-11-02", "09:00", "Europe/Helsinki");
    duty.absences = vec![away("aino", "2026-11-03", "2026-11-08")];
    assert_eq!(duty.turn(0).because, TurnReason::Rotation, "away within the turn only");
    duty.absences = vec![away("aino", "2026-11-02", "2026-11-02")];
    assert_eq!((duty.turn(0).member, duty.turn(0).because), (Some("mikko"), TurnReason::Absence));
    assert_eq!(duty.turn(1).member, Some("mikko"), "whose own turn stays");
    duty.absences.push(away("mikko", "2026-10-20", "2026-11-02"));
    assert_eq!(duty.turn(0).member, Some("sara"));
    duty.absences.push(away("sara", "2026-11-02", "2026-11-09"));
    assert_eq!((duty.turn(0).member, duty.turn(0).because), (None, TurnReason::Absence));
    assert_eq!(duty.away_on(date("2026-11-02")).count(), 3);
}

#[test]
fn turns_end_with_the_year_2099() {
    let duty = weekly("2026-11-02", "09:00", "UTC");
    let last = duty.turns_from(at("2099-12-20T00:00:00Z")).last().unwrap();
    assert_eq!(last.starts, at("2099-12-28T09:00:00Z"));
    assert_eq!(duty.turn_at(at("2100-02-01T00:00:00Z")), None);
    assert_eq!(duty.next_handover(at("2100-02-01T00:00:00Z")), None);
    assert_eq!(duty.turns_from(Timestamp::from_ms(i64::MAX)).next(), None);
    assert_eq!(duty.turns_from(Timestamp::from_ms(i64::MIN)).next(), Some(duty.turn(0)));
}

fn rotations() -> impl Strategy<Value = Duty> {
    let zones = [
        "Europe/Helsinki",
        "Australia/Sydney",
        "Australia/Lord_Howe",
        "Africa/Cairo",
        "Asia/Beirut",
    ];
    let every = prop_oneof![
        (1_u16..=6).prop_map(TurnLength::Days),
        (1_u16..=4, 0_u8..7).prop_map(|(count, day)| {
            TurnLength::Weeks { count, from: Weekday::try_from(day).unwrap() }
        }),
    ];
    let times = (0_u32..24, 0_u32..60);
    (1_usize..=7, 0_u64..4_000, every, times, prop::sample::select(zones.to_vec())).prop_map(
        |(members, day, every, (hour, minute), zone)| Duty {
            members: (0..members).map(|member| format!("m{member}").into()).collect(),
            since: date("2020-01-01").checked_add_days(Days::new(day)).unwrap(),
            every,
            handover: NaiveTime::from_hms_opt(hour, minute, 0).unwrap(),
            zone: Zone::compiled_in(zone),
            swaps: Vec::new(),
            absences: Vec::new(),
            check: 10,
        },
    )
}

proptest! {
    #![proptest_config(proptest_cases(300))]

    #[test]
    fn turns_tile_time(duty in rotations(), after in 0_i64..(900 * DAY_MS)) {
        let turns: Vec<Turn<'_>> = duty.turns_from(Timestamp::from_ms(0)).take(500).collect();
        prop_assert_eq!(turns[0].index, 0);
        for pair in turns.windows(2) {
            prop_assert_eq!(pair[0].ends, pair[1].starts);
        }
        let first = turns[0];
        let since = duty.since.and_hms_opt(23, 59, 59).unwrap();
        let held = duty.turn_at(duty.zone().first_instant(since)).unwrap();
        prop_assert_eq!(held.index, 0, "the turn that holds the end of the first day");
        let t = first.starts.plus(Elapsed::from_ms(after));
        let turn = duty.turn_at(t).unwrap();
        prop_assert!(turn.starts <= t && t < turn.ends, "{:?} holds {}", turn, t);
        prop_assert_eq!(duty.turns_from(t).next(), Some(turn));
        prop_assert_eq!(duty.next_handover(t), Some(turn.ends));
    }

    #[test]
    fn every_member_gets_the_same_number_of_turns(duty in rotations(), turns in 1_usize..200) {
        let all = duty.turns_from(Timestamp::from_ms(0)).take(turns);
        let had: Vec<&str> = all.map(|turn| turn.member.unwrap()).collect();
        let counts = duty.members.iter().map(|one| had.iter().filter(|had| ***had == **one).count());
        let (least, most) = (counts.clone().min().unwrap(), counts.max().unwrap());
        prop_assert!(most - least <= 1, "{} to {}", least, most);
    }
}
