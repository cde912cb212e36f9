//! Who sees what: the turn's list, one's own list, and judgements without names.

use std::sync::Arc;

use chrono::{NaiveDate, NaiveTime, Weekday};

use super::super::{Language, PageLanguage, Route, TeamOrder, TeamPage, page, team_page};
use super::*;
use crate::address::TicketLinks;
use crate::agreement::{About, Agreement, Level, Objective, Owner, Target};
use crate::duty::{Duty, TurnLength};
use crate::measure::Measure;
use crate::service::coordinator::published_view::PublishedView;
use crate::service::scenario::{ViewBuilder, fetch, serve};

/// `billing` answers within a day. Its turns change on Mondays at nine, which is the instant of the view.
fn agreement() -> Agreement {
    let duty = Duty {
        members: vec!["aino".into(), "sara".into(), "mikko".into()],
        since: NaiveDate::from_ymd_opt(2026, 11, 2).unwrap(),
        every: TurnLength::Weeks { count: 1, from: Weekday::Mon },
        handover: NaiveTime::from_hms_opt(9, 0, 0).unwrap(),
        zone: None,
        swaps: Vec::new(),
        absences: Vec::new(),
        check: 5,
    };
    let level = Level::NoneOver(Target::calendar(Elapsed::from_ms(DAY_MS)));
    Agreement {
        owner: Owner::Team("billing".into()),
        hours: None,
        objectives: vec![Objective::new("first-reply", Measure::FirstReply, level)],
        about: About {
            name: "billing".into(),
            duty: Some(duty),
            review_categories: vec!["tone".into()],
            ..About::default()
        },
    }
}

fn builder(agreement: Agreement) -> ViewBuilder {
    ViewBuilder::new(&[agreement])
}

/// One ticket that was missed, one that nobody answered, two that were answered in time, and one of another
/// week. Two people have judged the missed one.
fn judged() -> PublishedView {
    let mut builder = builder(agreement());
    let mut ticket = |id: &str, created: &str, end: Option<(&str, &str, &str)>| {
        builder.apply_record(id, "created", created, r#","team":"billing""#);
        if let Some((kind, minute, agent)) = end {
            let agent = format!(r#","agent":"{agent}""#);
            builder.apply_record(id, kind, minute, if kind == "solved" { "" } else { &agent });
        }
    };
    ticket("T-late", "2026-11-16T10:00", Some(("agent_replied", "2026-11-18T10:00", "aino")));
    ticket("T-closed", "2026-11-17T10:00", Some(("solved", "2026-11-19T11:00", "")));
    ticket("T-waits", "2026-11-17T11:00", None);
    ticket("T-good", "2026-11-20T10:00", Some(("agent_replied", "2026-11-20T11:00", "sara")));
    ticket("T-old", "2026-11-12T10:00", Some(("agent_replied", "2026-11-12T11:00", "aino")));
    ticket("T-new", "2026-11-23T08:59", None);
    let aino = r#","by":"aino","score":2,"note":"words of the first","categories":{"tone":1}"#;
    builder.apply_record("T-late", "reviewed", "2026-11-19T10:00", aino);
    let sara = r#","by":"sara","score":5,"note":"words of the second","bring_to_team":true,
                  "categories":{"tone":null}"#;
    builder.apply_record("T-late", "reviewed", "2026-11-20T10:00", sara);
    builder.publish()
}

fn forms(writer: FormWriter) -> Forms {
    Forms { writer, remembered: None, is_sent: false, refused: None }
}

fn html(
    published: &PublishedView,
    shown: TeamPage,
    writer: FormWriter,
    says: Option<&str>,
) -> String {
    let reader = PageLanguage { language: Language::from_tag("en").unwrap(), is_asked: false };
    let page = team_page(published, shown, "billing", reader, &forms(writer), says);
    assert!(page.is_found);
    page.html.into_string()
}

fn person(name: &str) -> FormWriter {
    FormWriter::Person(name.to_owned())
}

/// The ids that a page links to, in order, each once.
fn linked(html: &str) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for link in html.split("href=\"/tickets/").skip(1) {
        let id = link.split('"').next().unwrap().to_owned();
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

#[test]
fn a_turn_checks_missed_tickets_then_unanswered_ones_then_drawn_ones() {
    let published = judged();
    let html = html(&published, TeamPage::Turn, person("sara"), None);
    let listed = linked(&html);
    assert_eq!(listed[0], "T-late");
    let unanswered: std::collections::BTreeSet<&str> =
        listed[1..3].iter().map(String::as_str).collect();
    assert_eq!(unanswered, ["T-closed", "T-waits"].into());
    assert_eq!(listed[3..], ["T-good"], "tickets of other weeks are not on it");
    // The turn of mikko began at nine: the fourth in the order of members is the first again.
    assert!(html.contains("aino has the turn now."), "{html}");
    assert_eq!(html.matches("not judged yet").count(), 3);
}

#[test]
fn a_ticket_that_was_judged_in_the_turn_before_is_done_and_may_be_judged_again() {
    let mut builder = builder(agreement());
    let created = |builder: &mut ViewBuilder, id: &str, day: &str| {
        let created = format!("2026-11-{day}T10:00");
        builder.apply_record(id, "created", &created, r#","team":"billing""#);
        builder.apply_record(id, "agent_replied", "2026-11-18T12:00", r#","agent":"mikko""#);
    };
    created(&mut builder, "T-before", "16");
    builder.apply_record("T-before", "reviewed", "2026-11-19T10:00", r#","by":"aino","score":2"#);
    created(&mut builder, "T-long", "12");
    builder.apply_record("T-long", "reviewed", "2026-11-13T10:00", r#","by":"aino","score":2"#);
    created(&mut builder, "T-now", "16");
    builder.apply_record("T-now", "reviewed", "2026-11-23T09:00", r#","by":"sara","score":3"#);
    let published = builder.publish();

    let html = html(&published, TeamPage::Turn, person("sara"), None);
    assert!(html.contains("2 of 3 judged"), "{html}");
    let of = |ticket: &str| {
        let (_, item) = html.split_once(&format!("href=\"/tickets/{ticket}\"")).unwrap();
        item.split_once("</li>").unwrap().0.to_owned()
    };
    let before = of("T-before");
    assert!(before.contains("missed · judged before this turn"), "{before}");
    assert!(before.contains("value=\"T-before\""), "it may be judged: {before}");
    let long = of("T-long");
    let words =
        "missed · not judged yet; last judged Fri 13 Nov 10:00, before the time of this list";
    assert!(long.contains(words) && long.contains("value=\"T-long\""), "{long}");
    let now = of("T-now");
    assert!(now.contains("missed · judged<") && !now.contains("value="), "{now}");

    let (_runtime, address) = serve(published);
    let (_, body) = fetch(address, "GET /api/v1/teams/billing/turn", "");
    let list = &serde_json::from_str::<serde_json::Value>(&body).unwrap()["list"];
    assert_eq!(list["open"], 1, "{body}");
    let (_, text) = fetch(address, "GET /metrics", "");
    assert!(text.contains("vaste_checks_open{team=\"billing\"} 1\n"), "{text}");
}

/// A turn that asks three members to judge `T-good` together. The first `count` of them have judged it.
fn judged_together(count: usize) -> PublishedView {
    let mut agreement = agreement();
    let duty = agreement.about.duty.as_mut().unwrap();
    duty.since = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
    let mut builder = builder(agreement);
    builder.apply_record("T-good", "created", "2026-11-20T10:00", r#","team":"billing""#);
    builder.apply_record("T-good", "agent_replied", "2026-11-20T11:00", r#","agent":"sara""#);
    let reviews = [("aino", 2, ""), ("sara", 5, r#","bring_to_team":true"#), ("mikko", 3, "")];
    for (by, score, more) in reviews.into_iter().take(count) {
        let fields = format!(r#","by":"{by}","score":{score}{more}"#);
        builder.apply_record("T-good", "reviewed", "2026-11-23T09:00", &fields);
    }
    builder.publish()
}

#[test]
fn nobody_sees_a_score_of_another_before_all_who_are_asked_have_judged() {
    let two = judged_together(2);
    let turn = html(&two, TeamPage::Turn, person("mikko"), None);
    assert!(turn.contains("2 of 3 have judged") && !turn.contains("as a whole"), "{turn}");
    let agenda = html(&two, TeamPage::Agenda, person("mikko"), None);
    assert!(agenda.contains("2 of 3 have judged") && !agenda.contains("score 5"), "{agenda}");
    let own = html(&two, TeamPage::Own, person("aino"), None);
    assert!(own.contains("You gave it 2; 5 is best."), "{own}");
    let (_runtime, address) = serve(two);
    for path in ["log", "agenda?lang=en"] {
        let (_, body) = fetch(address, &format!("GET /api/v1/teams/billing/{path}"), "");
        assert!(!body.contains("\"score\":5") && !body.contains("score 5"), "{body}");
    }

    let three = judged_together(3);
    let turn = html(&three, TeamPage::Turn, person("mikko"), None);
    assert!(turn.contains("as a whole: 2, 3, 5") && !turn.contains("have judged"), "{turn}");
    let agenda = html(&three, TeamPage::Agenda, person("mikko"), None);
    assert!(agenda.contains("score 5, 5 is best"), "{agenda}");
}

#[test]
fn judgements_of_one_ticket_are_compared_without_names() {
    let html = html(&judged(), TeamPage::Turn, FormWriter::Nobody, None);
    assert!(html.contains("as a whole: 2, 5; tone: 1"), "{html}");
    assert!(!html.contains("words of the"), "notes are for their writers: {html}");
    let starting = PublishedView { past: None, ..judged() };
    let html = self::html(&starting, TeamPage::Turn, FormWriter::Nobody, None);
    assert!(html.contains("The list is being made.") && !html.contains("as a whole"), "{html}");
}

#[test]
fn a_member_sees_their_own_list_and_nobody_elses() {
    let published = judged();
    let of_aino = html(&published, TeamPage::Own, person("aino"), None);
    assert_eq!(linked(&of_aino)[0], "T-late");
    assert!(
        of_aino.contains("You gave it 2; 5 is best.") && of_aino.contains("words of the first")
    );
    assert!(!of_aino.contains("words of the second") && !of_aino.contains("T-good"), "{of_aino}");
    let of_sara = html(&published, TeamPage::Own, person("sara"), None);
    assert!(linked(&of_sara).contains(&"T-good".to_owned()), "{of_sara}");
    assert!(!of_sara.contains("words of the first"), "{of_sara}");
    // The address does not say who looks where the proxy does.
    let other = html(&published, TeamPage::Own, person("sara"), Some("aino"));
    assert_eq!(other, of_sara);
    let nobody = html(&published, TeamPage::Own, FormWriter::Nobody, Some("aino"));
    assert!(nobody.contains("Only members see their own list."), "{nobody}");
    assert!(linked(&nobody).is_empty(), "{nobody}");
    // On one's own machine one says who one is.
    let choosing = html(&published, TeamPage::Own, FormWriter::SaysWho, None);
    assert!(choosing.contains("<option value=\"aino\">") && linked(&choosing).is_empty());
    assert_eq!(
        linked(&html(&published, TeamPage::Own, FormWriter::SaysWho, Some("aino")))[0],
        "T-late"
    );
}

#[test]
fn what_is_brought_to_the_team_is_on_the_agenda_without_a_name() {
    let html = html(&judged(), TeamPage::Agenda, person("mikko"), None);
    assert!(
        html.contains("T-late: words of the second") && html.contains("score 5, 5 is best"),
        "{html}"
    );
    assert!(!html.contains("sara") && !html.contains("words of the first"), "{html}");
}

/// Agents and reviewers are named where they look at their own list, and nowhere else.
#[test]
fn no_page_metric_or_api_names_agents_or_reviewers() {
    // Where people are named, so are those who have a turn.
    let ticket_links = TicketLinks { shows_people: false, ..TicketLinks::default() };
    let published = PublishedView { ticket_links: Arc::new(ticket_links), ..judged() };
    let reader = PageLanguage { language: Language::from_tag("en").unwrap(), is_asked: false };
    let objective =
        || Route::Objective { team: "billing".to_owned(), name: "first-reply".to_owned() };
    let mut all = vec![
        html(&published, TeamPage::Agenda, person("mikko"), None),
        html(&published, TeamPage::Turn, person("mikko"), None),
        page(&published, &Route::Wall, reader).html.into_string(),
        page(&published, &Route::Stream, reader).html.into_string(),
        page(&published, &Route::Teams(TeamOrder::ByName), reader).html.into_string(),
        page(&published, &Route::Team("billing".to_owned()), reader).html.into_string(),
        page(&published, &objective(), reader).html.into_string(),
    ];
    let (_runtime, address) = serve(published);
    let description = fetch(address, "GET /api/v1/openapi.json", "").1;
    let description: serde_json::Value = serde_json::from_str(&description).unwrap();
    for (path, item) in description["paths"].as_object().unwrap() {
        if item.get("get").is_some() {
            let path = path.replace("{team}", "billing").replace("{objective}", "first-reply");
            let (head, body) = fetch(address, &format!("GET {path}"), "");
            assert!(head.contains("200 ok"), "{path}: {head}");
            all.push(body);
        }
    }
    all.push(fetch(address, "GET /metrics", "").1);
    for text in all {
        for name in ["aino", "sara", "words of the first"] {
            assert!(!text.contains(name), "{name} in {text}");
        }
    }
}

#[test]
fn reviews_are_counted_by_whether_the_reviewer_had_answered() {
    let mut builder = ViewBuilder::new(&[agreement()]);
    builder.apply_record("T-1", "created", "2026-11-16T10:00", r#","team":"billing""#);
    builder.apply_record("T-1", "agent_replied", "2026-11-16T11:00", r#","agent":"aino""#);
    for (day, by) in [(17, "aino"), (18, "sara"), (19, "mikko"), (20, "mikko")] {
        let review = format!(r#","by":"{by}","score":4"#);
        builder.apply_record("T-1", "reviewed", &format!("2026-11-{day}T10:00"), &review);
    }
    let (_runtime, address) = serve(builder.publish());
    let (_, text) = fetch(address, "GET /metrics", "");
    let lines: Vec<&str> =
        text.lines().filter(|line| line.starts_with("vaste_checks_reviewed_total")).collect();
    let series = [("_unclaimed", "other", 0), ("_unclaimed", "self", 0)];
    let series = [("billing", "other", 2), ("billing", "self", 1)].into_iter().chain(series);
    let expected: Vec<String> = series
        .map(|(team, by, count)| {
            format!("vaste_checks_reviewed_total{{team=\"{team}\",by=\"{by}\"}} {count}")
        })
        .collect();
    let mut sorted = lines.clone();
    sorted.sort_unstable();
    let mut all: Vec<&str> = expected.iter().map(String::as_str).collect();
    all.sort_unstable();
    assert_eq!(sorted, all, "and nobody is named");
}
