//! Tickets by id, in a running service: on pages, as comma-separated values and in the search.

use crate::harness::{Service, broker, create_topic, fresh, page_text, wait_for, wall_clock};
use vaste::time::{Elapsed, MINUTE_MS};

const AGREEMENT: &str = "\
team: billing
objectives:
  - { name: quick, measure: first_reply, none_over: 30m }
";

/// A record of a ticket, `minutes_ago` minutes ago.
fn record(id: u32, kind: &str, ticket: &str, minutes_ago: i64) -> String {
    let time = wall_clock().minus(Elapsed::from_ms(minutes_ago * MINUTE_MS));
    format!(
        "{{\"id\":\"{id}\",\"type\":\"ticket.{kind}\",\"time\":\"{time}\",\"ticket\":\"{ticket}\",\
         \"team\":\"billing\"}}"
    )
}

/// A service with tickets that have waited for 120, 60, 40, 28 and 5 minutes.
fn start(more: &str) -> Option<Service> {
    let broker = broker()?;
    let topic = fresh("tickets");
    create_topic(&broker, &topic, 3);
    let kafka =
        format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}, workers: 2 }}");
    let service = Service::start(&kafka, AGREEMENT);
    let config = std::fs::read_to_string(service.folder.path().join("vaste.yaml")).unwrap();
    let with_more = config.replace("http: { ", &format!("http: {{ {more}"));
    std::fs::write(service.folder.path().join("vaste.yaml"), with_more).unwrap();
    let mut service = service;
    service.stop();
    service.start_again();
    wait_for("the service to listen", || service.get("/-/healthy"));
    service.wait_until_ready();
    let waits = [("T-1000", 120), ("T-1001", 60), ("T-1002", 40), ("T-1003", 28), ("T-1004", 5)];
    let records: Vec<String> = (0..)
        .zip(waits)
        .map(|(id, (ticket, minutes))| record(id, "created", ticket, minutes))
        .collect();
    assert!(service.publish(&records.join("\n")).status.success());
    Some(service)
}

const TICKETS: &str = "/teams/billing/objectives/quick/tickets";

/// The ids of the listed tickets, in order.
fn listed(service: &Service) -> Vec<String> {
    let csv = service.get(&format!("{TICKETS}.csv")).unwrap();
    let rows = csv.split("\r\n").skip(1).filter(|row| !row.is_empty());
    rows.map(|row| row.split(',').next().unwrap().to_owned()).collect()
}

#[test]
fn waiting_tickets_are_listed_until_they_are_answered_and_each_has_a_page() {
    let more = "ticket_url: \"https://desk.example/t/{id}\", ";
    let Some(service) = start(more) else { return };
    wait_for("the tickets to be listed", || {
        (listed(&service) == ["T-1000", "T-1001", "T-1002", "T-1003"]).then_some(())
    });
    let page = service.get("/teams/billing/objectives/quick").unwrap();
    assert!(page.contains("href=\"/tickets/T-1000\""), "{page}");
    assert!(page.contains("href=\"https://desk.example/t/T-1000\""), "{page}");
    assert!(page_text(&page).contains("3 tickets are over target, 1 is due soon."), "{page}");
    // The ticket is answered: it is listed no longer.
    assert!(service.publish(&record(50, "agent_replied", "T-1000", 0)).status.success());
    wait_for("the answered ticket to be gone", || {
        (listed(&service) == ["T-1001", "T-1002", "T-1003"]).then_some(())
    });
    let page = service.get("/tickets/T-1000").unwrap();
    let text = page_text(&page);
    assert!(text.contains("an agent replied") && text.contains("over by 1"), "{text}");
    // An unknown id: similar ones, and nothing that is injected.
    let (status, page) = service.page("/tickets/T-10001").unwrap();
    assert!(status == 404 && page.contains("href=\"/tickets/T-1000\""), "{page}");
    let (status, page) = service.page("/tickets/%3Cscript%3Ealert(1)%3C%2Fscript%3E").unwrap();
    assert!(status == 404 && !page.contains("<script>alert"), "{page}");
    // The search leads to the ticket, or lists those whose ids begin so, and teams.
    let (status, page) = service.page("/search?q=t-100").unwrap();
    let ids: Vec<&str> =
        page.split("href=\"/tickets/").skip(1).filter_map(|id| id.get(..6)).collect();
    assert_eq!(
        (status, ids),
        (200, vec!["T-1000", "T-1001", "T-1002", "T-1003", "T-1004"]),
        "{page}"
    );
    assert_eq!(service.page("/search?q=+T-1001&lang=fi").unwrap().0, 303);
    let (status, page) = service.page("/search?q=ILL").unwrap();
    assert!(status == 200 && page.contains("href=\"/teams/billing\""), "{page}");
    let (status, page) = service.page("/search?q=%3Cscript%3Ealert(1)").unwrap();
    assert!(status == 200 && !page.contains("<script>alert"), "{page}");
}

#[test]
fn ids_that_are_not_to_be_shown_are_on_no_page() {
    let Some(service) = start("ticket_ids: false, ") else { return };
    wait_for("the tickets to be counted", || {
        let page = service.get("/teams/billing/objectives/quick")?;
        page_text(&page).contains("Waiting over target | 3").then_some(())
    });
    assert!(listed(&service).is_empty());
    for path in [
        "/",
        "/teams/billing",
        "/teams/billing/objectives/quick",
        TICKETS,
        "/metrics",
        "/search?q=T-1001",
        "/search?q=T-100",
    ] {
        let (status, page) = service.page(path).unwrap();
        assert!(status == 200 && !page.contains("T-1000"), "{path}: {page}");
    }
    assert_eq!(service.page("/tickets/T-1000").unwrap().0, 404);
}
