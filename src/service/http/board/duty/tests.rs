//! Turns of duty on pages, in the API, in metrics and in the calendar, which another crate reads.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use icalendar::{Calendar, CalendarComponent, CalendarDateTime, Component as _, DatePerhapsTime};

use super::super::duty_feed::calendar;
use super::super::{Language, PageLanguage, Route, page as board_page};
use crate::address::TicketLinks;
use crate::calendar::Zone;
use crate::duty::{Absence, Duty};
use crate::service::coordinator::published_view::PublishedView;
use crate::service::http::board::tests::text;
use crate::service::scenario::{assert_snapshot, duty, fetch, now, serve, with_duty};
use crate::time::{DAY_MS, Elapsed};

fn reader(code: &str) -> PageLanguage {
    PageLanguage { language: Language::from_tag(code).unwrap(), is_asked: false }
}

fn unnamed(published: PublishedView) -> PublishedView {
    let ticket_links = TicketLinks { shows_people: false, ..TicketLinks::default() };
    PublishedView { ticket_links: Arc::new(ticket_links), ..published }
}

/// The duty of Helsinki, with all members away at the start of the present turn.
fn nobody_now() -> Duty {
    let mut duty = duty("Europe/Helsinki");
    let date = "2026-11-23".parse().unwrap();
    duty.absences = (duty.members.iter())
        .map(|who| Absence { who: who.clone(), from: date, to: date })
        .collect();
    duty
}

/// One shift as a calendar program sees it.
#[derive(Debug, PartialEq)]
struct Shift {
    uid: String,
    starts: DateTime<Utc>,
    ends: DateTime<Utc>,
    summary: String,
}

fn utc(time: Option<DatePerhapsTime>) -> DateTime<Utc> {
    match time {
        Some(DatePerhapsTime::DateTime(CalendarDateTime::Utc(at))) => at,
        other => panic!("{other:?}"),
    }
}

fn shifts(feed: &str) -> Vec<Shift> {
    let calendar: Calendar = feed.parse().unwrap();
    let events = calendar.components.iter().map(|component| {
        let CalendarComponent::Event(event) = component else { panic!("{component:?}") };
        Shift {
            uid: event.get_uid().unwrap().to_owned(),
            starts: utc(event.get_start()),
            ends: utc(event.get_end()),
            summary: event.get_summary().unwrap().to_owned(),
        }
    });
    events.collect()
}

#[test]
fn the_page_of_a_team_says_who_has_the_turn_and_who_is_next() {
    let mut page = String::new();
    for code in ["en", "fi", "sv"] {
        let mut show = |published: &PublishedView| {
            let html = board_page(published, &Route::Team("billing".to_owned()), reader(code)).html;
            let html = html.into_string();
            let (_, section) = html.split_once("<section class=\"duty\">").unwrap();
            let (section, _) = section.split_once("</section>").unwrap();
            assert!(section.contains("href=\"/teams/billing/duty.ics\""), "{section}");
            page.push_str(&text(&format!("<section>{section}")));
            page.push('\n');
        };
        let published = with_duty(duty("Europe/Helsinki")).publish();
        show(&published);
        show(&unnamed(published));
        show(&with_duty(nobody_now()).publish());
        let mut away = duty("Europe/Helsinki");
        away.absences.push(Absence {
            who: "sara".into(),
            from: "2026-11-30".parse().unwrap(),
            to: "2026-11-30".parse().unwrap(),
        });
        away.swaps[0].on = "2026-11-24".parse().unwrap();
        away.swaps[0].to = "aino".into();
        show(&with_duty(away).publish());
    }
    assert_snapshot("duty", &page);
    let published = with_duty(duty("Europe/Helsinki")).publish();
    let other = board_page(&published, &Route::Team("support".to_owned()), reader("en"));
    assert!(!other.html.into_string().contains("class=\"duty\""), "a team without duty");
}

#[test]
fn a_calendar_program_of_another_make_reads_the_same_shifts_over_changes_of_clocks() {
    for zone in ["Europe/Helsinki", "Australia/Sydney"] {
        let duty = duty(zone);
        let feed = calendar(&with_duty(duty.clone()).publish(), "billing", reader("en")).unwrap();
        let found = shifts(&feed);
        let from = now().minus(Elapsed::from_ms(28 * DAY_MS));
        let end = now().plus(Elapsed::from_ms(364 * DAY_MS));
        let expected: Vec<_> = (duty.turns_from(from))
            .take_while(|turn| turn.starts < end)
            .map(|turn| (turn.starts.ms(), turn.ends.ms(), turn.member.unwrap()))
            .collect();
        let read: Vec<_> = (found.iter())
            .map(|shift| {
                let member = shift.summary.rsplit(' ').next().unwrap();
                (shift.starts.timestamp_millis(), shift.ends.timestamp_millis(), member)
            })
            .collect();
        assert_eq!(read, expected);
        assert_eq!(found.len(), 54, "no turn before the first, and 52 weeks ahead");
        // Each handover is at 09:00 of a Monday, by the clocks of that day.
        let zone = Zone::compiled_in(zone).unwrap();
        for shift in &found {
            let at = crate::time::Timestamp::from_ms(shift.starts.timestamp_millis());
            let local = zone.local_time(at).unwrap();
            assert_eq!(local.format("%a %H:%M").to_string(), "Mon 09:00", "{shift:?}");
        }
        let offsets: Vec<_> = found.iter().map(|shift| shift.starts.format("%H:%M")).collect();
        let changes = offsets.windows(2).filter(|pair| pair[0].to_string() != pair[1].to_string());
        assert_eq!(changes.count(), 2, "clocks change twice");
    }
}

#[test]
fn a_feed_has_escaped_texts_and_the_same_identities_after_a_change() {
    let feed =
        |duty: Duty, code| calendar(&with_duty(duty).publish(), "billing", reader(code)).unwrap();
    let before = feed(duty("Europe/Helsinki"), "en");
    let head_and_first: Vec<&str> = before.split_inclusive("\r\n").take(16).collect();
    assert_snapshot("duty_feed", &head_and_first.concat().replace('\r', ""));
    assert!(before.ends_with("END:VCALENDAR\r\n"), "{before}");
    assert!(before.lines().all(|line| line.len() <= 75));
    assert_eq!(shifts(&before)[0].summary, "Turn of duty, Billing; \"A\", B\\n: aino");
    assert_eq!(before, feed(duty("Europe/Helsinki"), "en"), "made again");
    let mut changed = duty("Europe/Helsinki");
    changed.swaps.clear();
    changed.absences.clear();
    changed.handover = chrono::NaiveTime::from_hms_opt(10, 30, 0).unwrap();
    let (before, after) = (shifts(&before), shifts(&feed(changed, "fi")));
    let uids = |shifts: &[Shift]| shifts.iter().map(|shift| shift.uid.clone()).collect::<Vec<_>>();
    assert_eq!(uids(&before), uids(&after));
    let mut unique = uids(&before);
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), before.len());
    assert!(before.iter().zip(&after).all(|(one, other)| one.starts != other.starts));
}

#[test]
fn a_feed_without_names_has_the_same_shifts() {
    let published = unnamed(with_duty(duty("Europe/Helsinki")).publish());
    let feed = calendar(&published, "billing", reader("sv")).unwrap();
    for name in ["aino", "mikko", "sara"] {
        assert!(!feed.contains(name), "{feed}");
    }
    assert_eq!(shifts(&feed).len(), 54);
    let nobody = with_duty(nobody_now()).publish();
    let feed = calendar(&nobody, "billing", reader("en")).unwrap();
    assert!(shifts(&feed)[1].summary.ends_with(": nobody, all are away"), "{feed}");
}

#[test]
fn the_feed_and_the_api_answer_over_http() {
    let (_runtime, address) = serve(with_duty(duty("Europe/Helsinki")).publish());
    let (head, body) = fetch(address, "GET /teams/billing/duty.ics", "");
    assert!(head.contains("content-type: text/calendar; charset=utf-8"), "{head}");
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: w/")).unwrap();
    let known = format!("if-none-match: W/{tag}\r\n");
    let (head, nothing) = fetch(address, "GET /teams/billing/duty.ics", &known);
    assert!(head.starts_with("http/1.0 304 ") && nothing.is_empty(), "{head}");
    assert_eq!(shifts(&body).len(), 54);
    for (path, status) in [
        ("/teams/billing/duty.ics?lang=fi", 200),
        ("/teams/support/duty.ics", 404),
        ("/teams/nobody/duty.ics", 404),
        ("/teams/%ff/duty.ics", 404),
    ] {
        let (head, _) = fetch(address, &format!("GET {path}"), "");
        assert!(head.starts_with(&format!("http/1.0 {status} ")), "{path}: {head}");
    }
    let (_, body) = fetch(address, "GET /api/v1/teams/billing/duty", "");
    let mut shown: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(shown["next"].as_array().unwrap().len(), 10);
    shown["next"].as_array_mut().unwrap().truncate(2);
    assert_snapshot("api_duty", &(serde_json::to_string_pretty(&shown).unwrap() + "\n"));
    let (_, body) = fetch(address, "GET /api/v1/teams/support/duty", "");
    assert!(body.contains("\"current\":null,\"next\":[]"), "{body}");
    let (_runtime, address) = serve(unnamed(with_duty(duty("Europe/Helsinki")).publish()));
    let (_, body) = fetch(address, "GET /api/v1/teams/billing/duty", "");
    assert!(body.contains("\"member\":null,\"vacant\":false") && !body.contains("mikko"), "{body}");
}

#[test]
fn without_data_the_feed_says_to_ask_again() {
    let published = with_duty(duty("Europe/Helsinki")).publish();
    let frozen = Some(crate::service::coordinator::readiness::NotReady::Starting);
    let (_runtime, address) = serve(PublishedView { frozen, ..published });
    let (head, _) = fetch(address, "GET /teams/billing/duty.ics", "");
    assert!(head.starts_with("http/1.0 503 ") && head.contains("retry-after: 60"), "{head}");
}

#[test]
fn metrics_and_the_api_show_the_next_handover_and_the_alert_for_an_hour() {
    let mut soon = duty("Europe/Helsinki");
    // The view is of Monday, 11:00 in Helsinki.
    for (time, is_firing) in [((10, 0), false), ((10, 1), true), ((11, 0), true), ((11, 1), false)]
    {
        soon.handover = chrono::NaiveTime::from_hms_opt(time.0, time.1, 0).unwrap();
        let (_runtime, address) = serve(with_duty(soon.clone()).publish());
        let (_, metrics) = fetch(address, "GET /metrics", "");
        let handover = soon.next_handover(now()).unwrap().ms() / 1_000;
        let line =
            format!("vaste_duty_handover_timestamp_seconds{{team=\"billing\"}} {handover}\n");
        assert!(metrics.contains(&line), "{line}");
        let alert = "alertname=\"VasteDutyTurn\"";
        assert_eq!(metrics.contains(alert), is_firing, "{time:?}");
        assert!(!metrics.contains("mikko") && !metrics.contains("aino"));
        let (_, team) = fetch(address, "GET /api/v1/teams/billing", "");
        assert_eq!(team.contains("VasteDutyTurn"), is_firing, "{time:?}");
    }
}
