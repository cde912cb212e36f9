//! Pages with tickets: which are listed, in what order, and what hostile ids and hidden ones become.

use std::sync::Arc;

use crate::address::TicketLinks;
use crate::event::decode;
use crate::explain::Explained;
use crate::reading::Seconds;
use crate::service::coordinator::published_view::PublishedView;
use crate::service::http::board::{
    Forms, Language, PageLanguage, Route, TicketShown, page, search_page, ticket_page,
};
use crate::service::http::ticket_rows;
use crate::service::http::writing::FormWriter;
use crate::service::kafka::ticket_question::FoundTicket;
use crate::service::scenario::{
    ViewBuilder, agreements, assert_snapshot, at, full_agreement, teams_in_every_state,
};
use crate::shard::Shard;

fn reader(code: &str) -> PageLanguage {
    PageLanguage { language: Language::from_tag(code).unwrap(), is_asked: false }
}

/// Nobody may write.
fn nobody() -> Forms {
    Forms { writer: FormWriter::Nobody, remembered: None, is_sent: false, refused: None }
}

fn codes() -> impl Iterator<Item = &'static str> {
    Language::all().map(Language::code)
}

/// The page of an objective's waiting tickets.
fn tickets(published: &PublishedView, team: &str, name: &str) -> String {
    let route = Route::ObjectiveTickets { team: team.to_owned(), name: name.to_owned() };
    page(published, &route, reader("en")).html.into_string()
}

/// The ids that a page links to, in order.
fn linked(html: &str) -> Vec<String> {
    let links = html.split("href=\"/tickets/").skip(1);
    links.map(|link| link.split('"').next().unwrap().to_owned()).collect()
}

/// Billing, with `count` tickets that wait for `minutes` and more.
fn waiting(count: i64, minutes: i64) -> ViewBuilder {
    let mut builder = ViewBuilder::new(&agreements());
    for number in 0..count {
        builder.add_waiting(Some("billing"), &format!("T-{number}"), minutes + number);
    }
    builder
}

#[test]
fn a_hundred_tickets_are_listed_and_all_are_counted() {
    let published = waiting(120, 241).publish();
    let html = tickets(&published, "billing", "first-reply");
    let ids: Vec<String> = (20..120).rev().map(|number| format!("T-{number}")).collect();
    assert_eq!(linked(&html), ids, "the longest wait has the earliest due time");
    assert!(html.contains("120 tickets are over target, 0 are due soon."), "{html}");
    assert!(html.contains("The first 100 are listed"), "{html}");
    // The page of the objective has ten, and a link to the others.
    let route = Route::Objective { team: "billing".to_owned(), name: "first-reply".to_owned() };
    let html = page(&published, &route, reader("en")).html.into_string();
    assert_eq!(linked(&html), ids[..10]);
    assert!(html.contains("href=\"/teams/billing/objectives/first-reply/tickets\""), "{html}");
}

#[test]
fn comma_separated_values_are_no_formulas() {
    let mut builder = waiting(0, 0);
    for (id, minutes) in [("+1", 300), ("-2", 299), ("@3", 298), ("A-4", 297), ("A-5", 200)] {
        builder.add_waiting(Some("billing"), id, minutes);
    }
    let published = builder.publish();
    let csv = ticket_rows::csv(&published, "billing", "first-reply").unwrap();
    assert_snapshot("tickets_csv", &String::from_utf8(csv).unwrap().replace("\r\n", "␍\n"));
    assert!(ticket_rows::csv(&published, "billing", "nothing").is_none());
    assert!(ticket_rows::csv(&published, "nobody", "first-reply").is_none());
}

#[test]
fn hidden_ids_are_on_no_page() {
    let ticket_links =
        Arc::new(TicketLinks { url: None, shows_ids: false, ..TicketLinks::default() });
    let published = PublishedView { ticket_links, ..waiting(3, 241).publish() };
    let routes = ["first-reply", "nobody-forgotten"]
        .map(|name| Route::Objective { team: "billing".to_owned(), name: name.to_owned() });
    for route in routes {
        let html = page(&published, &route, reader("en")).html.into_string();
        assert!(!html.contains("T-1"), "{html}");
    }
    let html = tickets(&published, "billing", "first-reply");
    assert!(html.contains("This Vaste shows no ids of tickets.") && !html.contains("T-1"));
    let csv = ticket_rows::csv(&published, "billing", "first-reply").unwrap();
    assert_eq!(String::from_utf8(csv).unwrap().lines().count(), 1);
}

#[test]
fn the_address_of_a_ticket_at_the_desk_is_percent_encoded() {
    let url = Some("https://desk.example/t?id={id}&x=1".to_owned());
    let ticket_links = Arc::new(TicketLinks { url, shows_ids: true, ..TicketLinks::default() });
    let mut builder = waiting(0, 0);
    builder.add_waiting(Some("billing"), "a/b#c@d", 300);
    let published = PublishedView { ticket_links, ..builder.publish() };
    let html = tickets(&published, "billing", "first-reply");
    assert!(html.contains("href=\"https://desk.example/t?id=a%2Fb%23c%40d&amp;x=1\""), "{html}");
    assert!(html.contains("href=\"/tickets/a%2Fb%23c%40d\""), "{html}");
}

/// A ticket of a team with opening hours that was reopened, moved and put on hold.
fn ticket() -> (Arc<crate::catalog::Catalog>, Shard) {
    let catalog = Arc::clone(&full_agreement().catalog);
    let mut shard = Shard::new(Arc::clone(&catalog));
    let team = catalog.teams().next().unwrap().to_owned();
    let steps = [
        (
            "16T07:00",
            "created",
            format!(r#","team":"{team}","priority":"urgent","channel":"email""#),
        ),
        ("16T11:00", "agent_replied", r#","agent":"aino""#.to_owned()),
        ("16T12:00", "pending", String::new()),
        ("17T09:00", "customer_replied", String::new()),
        ("17T10:00", "on_hold", String::new()),
        ("18T09:00", "resumed", String::new()),
        ("18T10:00", "assigned", r#","team":"elsewhere""#.to_owned()),
        ("19T10:00", "solved", String::new()),
        ("20T10:00", "reopened", String::new()),
    ];
    for (clock, kind, fields) in steps {
        let record = format!(
            r#"{{"id":"{clock}","type":"ticket.{kind}","time":"2026-11-{clock}:00Z","ticket":"T-1"{fields}}}"#
        );
        shard.apply(&decode(record.as_bytes()).unwrap(), &mut ());
    }
    (catalog, shard)
}

#[test]
fn the_page_of_a_ticket_has_the_facts_of_explain() {
    let (catalog, mut shard) = ticket();
    let now = at("2026-11-23T09:00:00Z");
    let published = full_agreement().publish();
    for code in codes() {
        let steps = shard.trace("T-1", now).unwrap();
        let explained = Explained::new("T-1", steps.clone(), &catalog, now);
        let catalog = Arc::clone(&catalog);
        let found = FoundTicket { steps, catalog, now, is_split: false };
        let shown =
            ticket_page(&published, "T-1", TicketShown::Found(found), reader(code), &nobody());
        let html = shown.html.into_string();
        assert!(shown.is_found && !html.contains("aino"), "agents are not named: {html}");
        let texts = reader(code).language.texts();
        let instant = |at| format!("datetime=\"{at}\"");
        for step in explained.steps() {
            assert!(html.contains(&instant(step.at)), "{step:?}");
        }
        for stretch in explained.stretches() {
            assert!(html.contains(&texts.duration(stretch.length())), "{stretch:?}");
        }
        assert!(explained.rows().len() >= 3, "{:?}", explained.rows());
        for row in explained.rows() {
            assert!(row.due_at.is_none_or(|due| html.contains(&instant(due))), "{row:?}");
            let crate::amount::Amount::Time(elapsed) = row.elapsed_calendar else { continue };
            assert!(html.contains(&texts.duration(elapsed)), "{row:?}");
        }
        let breakdown = explained.breakdown();
        let all = [breakdown.unclaimed, breakdown.pending, breakdown.on_hold, breakdown.closed];
        for Seconds(elapsed) in all.into_iter().filter(|of| of.0.ms() > 0) {
            assert!(html.contains(&texts.duration(elapsed)), "{elapsed:?}");
        }
        assert_snapshot(&format!("ticket_{code}"), &super::super::tests::text(&html));
    }
}

#[test]
fn hostile_ids_and_searches_inject_nothing() {
    let published = teams_in_every_state().publish();
    let hostile = "<script>alert(1)</script>\"'\u{202e}";
    for code in codes() {
        let unknown = TicketShown::Unknown(Vec::new());
        let missing = ticket_page(&published, hostile, unknown, reader(code), &nobody());
        let none = TicketShown::Unknown(Vec::new());
        let found = search_page(&published, hostile, &none, reader(code));
        assert!(!missing.is_found);
        for html in [missing.html.into_string(), found.html.into_string()] {
            let own = "<script src=\"/assets/board.js\" defer></script>";
            let html = html.replacen(own, "", 1);
            assert!(!html.contains("<script") && !html.contains('\u{202e}'), "{html}");
        }
    }
}

#[test]
fn the_search_finds_teams_by_a_part_of_their_name() {
    let published = teams_in_every_state().publish();
    let found_in = |code, searched| {
        let none = TicketShown::Unknown(Vec::new());
        let html = search_page(&published, searched, &none, reader(code)).html.into_string();
        let links = html.split("href=\"/teams/").skip(1);
        links.map(|link| link.split('"').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let found = |searched| found_in("fi", searched);
    assert_eq!(found("LASKU"), ["billing"], "the name in the language of the page");
    assert_eq!(found("bill"), ["billing"], "the name in the file");
    assert_eq!(found_in("en", "LASKU"), ["billing"], "the name in another language");
    assert_eq!(found("zzz"), Vec::<String>::new());
    assert_eq!(found(""), Vec::<String>::new());
    assert_eq!(found("vailla vastuu"), ["_unclaimed"], "the name of the row on the front page");
}

#[test]
fn the_search_lists_the_first_tickets_and_says_that_there_are_more() {
    let published = teams_in_every_state().publish();
    let found = |count| {
        let ids = (10..10 + count).map(|number| format!("T-{number}")).collect();
        let tickets = TicketShown::Unknown(ids);
        search_page(&published, "t-", &tickets, reader("en")).html.into_string()
    };
    let html = found(21);
    let expected: Vec<String> = (10..30).map(|number| format!("T-{number}")).collect();
    assert_eq!(linked(&html), expected);
    assert!(html.contains("Only the first 20 are shown"), "{html}");
    assert!(!found(20).contains("Only the first"));
    assert!(found(0).contains("No ticket has an id that begins so, or this number."));
    let late = search_page(&published, "t-", &TicketShown::Late, reader("en")).html.into_string();
    assert!(late.contains("Try again in a moment."), "{late}");
}

#[test]
fn ids_are_found_by_their_beginning_or_number_in_their_order_whatever_the_case() {
    let mut shard = Shard::new(Arc::clone(&full_agreement().catalog));
    for ticket in ["T-12", "t-110", "T-11", "X-1", "T", "T-1.2"] {
        let record = format!(
            r#"{{"id":"{ticket}","type":"ticket.created","time":"2026-11-16T07:00:00Z","ticket":"{ticket}"}}"#
        );
        shard.apply(&decode(record.as_bytes()).unwrap(), &mut ());
    }
    let found = |searched, most| shard.tickets_matching(searched, most, usize::MAX);
    assert_eq!(found("t-11", 9), ["T-11", "t-110"]);
    assert_eq!(found("T-1", 2), ["T-1.2", "T-11"], "the first by id");
    assert_eq!(found("1", 9), ["X-1"], "a number, and no part of one");
    assert_eq!(found("12", 9), ["T-12"]);
    assert_eq!(shard.tickets_matching("T", 9, 1).len(), 1, "only the latest are looked at");
}
