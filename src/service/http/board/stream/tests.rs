//! The page about the stream.

use std::sync::Arc;

use super::super::{Language, PageLanguage, Route, page as board_page};
use crate::address::TicketLinks;
use crate::event::{Reason, Rejection};
use crate::service::coordinator::published_view::PublishedView;
use crate::service::coordinator::readiness::NotReady;
use crate::service::kafka::producer_notes::{NAMES_MAX, ProducerNotes, RecordPlace};
use crate::service::kafka::status::{PartitionProgress, StreamStatus};
use crate::service::scenario::{assert_snapshot, at, fetch, full_agreement, serve};

const HOSTILE: &str = "<script>alert(1)</script>\u{202e}\"'&";

fn place(partition: i32, offset: i64, key: &str, source: Option<&str>) -> RecordPlace {
    let published = Some(at("2026-11-23T08:30:00Z"));
    RecordPlace {
        published,
        partition,
        offset,
        key: key.to_owned(),
        source: source.map(str::to_owned),
    }
}

/// A view whose stream has something of every kind.
fn with_notes() -> PublishedView {
    let mut published = full_agreement().publish();
    let mut notes = ProducerNotes::default();
    notes.unknown_type(Some("ticket.creatd"), place(0, 7, "T-1", None));
    notes.unknown_type(Some("ticket.creatd"), place(0, 8, "T-2", Some("/desk/eu")));
    notes.unknown_type(Some("ticket.commented"), place(1, 3, "T-3", None));
    notes.unknown_type(Some("invoice.paid"), place(1, 4, "", None));
    notes.unknown_type(None, place(1, 5, "T-4", None));
    notes.unknown_type(Some(HOSTILE), place(1, 6, HOSTILE, Some(HOSTILE)));
    notes.undeclared_team("Cares", place(0, 9, "T-5", None), &published.catalog);
    notes.undeclared_team(HOSTILE, place(0, 10, "T-6", None), &published.catalog);
    for reason in Reason::ALL {
        let advice = format!("{} {HOSTILE}", reason.label());
        notes.rejected(&Rejection { reason, advice }, place(0, 11, "T-7", None));
    }
    notes.split_ticket("T-8", 0);
    notes.split_ticket("T-8", 1);
    notes.split_ticket(HOSTILE, 1);
    let whole = PartitionProgress {
        position: 12,
        end: Some(12),
        is_caught_up: true,
        event_time_max: Some(at("2026-11-23T08:59:00Z")),
        ..PartitionProgress::default()
    };
    let behind = PartitionProgress { position: 1_000, end: Some(1_250), ..Default::default() };
    let unknown = PartitionProgress::default();
    published.stream = StreamStatus {
        topic: "support.tickets".to_owned(),
        partitions: [(0, whole), (1, behind), (2, unknown)].into(),
        producer_notes: Arc::new(notes),
        ..StreamStatus::default()
    };
    published.tickets_split = 5;
    published
}

fn html(published: &PublishedView, language: Language) -> String {
    let reader = PageLanguage { language, is_asked: false };
    board_page(published, &Route::Stream, reader).html.into_string()
}

#[test]
fn the_page_names_what_producers_must_know_in_every_language() {
    for language in Language::all() {
        let pages = [with_notes(), full_agreement().publish()];
        let pages = pages.map(|published| {
            let html = html(&published, language);
            let (_, main) = html.split_once("<main").unwrap();
            let (_, main) = main.split_once('>').unwrap();
            let (main, _) = main.split_once("</main>").unwrap();
            main.replace("><", ">\n<")
        });
        assert_snapshot(&format!("stream_{}", language.code()), &pages.join("\n=====\n"));
    }
}

#[test]
fn names_of_records_are_only_text() {
    let html = html(&with_notes(), Language::DEFAULT);
    assert!(!html.contains("<script>") && !html.contains('\u{202e}'), "{html}");
    let shown = html.matches("&lt;script&gt;alert(1)&lt;/script&gt;").count();
    assert_eq!(shown, 5 + Reason::ALL.len(), "type, key, source, team and ticket; each rejection");
}

#[test]
fn page_and_api_are_about_the_stream_as_it_is_now_and_both_are_linked() {
    let mut now = with_notes();
    now.frozen = Some(NotReady::Behind { behind: 1, all: 3 });
    let trusted = Arc::new(full_agreement().publish());
    let (_runtime, address) = serve(PublishedView { trusted: Some(trusted), ..now });
    let (head, page) = fetch(address, "GET /stream", "");
    assert!(head.starts_with("http/1.0 200 ") && page.contains("ticket.creatd"), "{head}");
    assert!(page.contains("banner"), "it says what freezes verdicts");
    assert!(fetch(address, "GET /?lang=sv", "").1.contains("href=\"/stream?lang=sv\""));
    let (head, body) = fetch(address, "GET /api/v1/stream", "");
    assert!(head.starts_with("http/1.0 200 "), "{head}");
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_snapshot("api_stream", &serde_json::to_string_pretty(&body).unwrap());
}

#[test]
fn ids_of_tickets_are_left_out_where_they_are_not_shown() {
    let mut published = with_notes();
    published.ticket_links =
        Arc::new(TicketLinks { url: None, shows_ids: false, ..TicketLinks::default() });
    let page = html(&published, Language::DEFAULT);
    let (_runtime, address) = serve(published);
    let body = fetch(address, "GET /api/v1/stream", "").1;
    for text in [page, body] {
        for id in ["T-2", "T-5", "T-7", "T-8"] {
            assert!(!text.contains(id), "{id} in {text}");
        }
        assert!(text.contains("ticket.creatd") && text.contains("the value is not JSON"), "{text}");
    }
}

#[test]
fn more_names_than_the_maximum_are_counted() {
    let mut published = full_agreement().publish();
    let mut notes = ProducerNotes::default();
    for number in 0..NAMES_MAX + 7 {
        notes.unknown_type(Some(&format!("x.{number:03}")), place(0, 1, "", None));
    }
    published.stream.producer_notes = Arc::new(notes);
    let html = html(&published, Language::DEFAULT);
    assert!(html.contains("x.099") && !html.contains("x.100"), "{html}");
    assert!(html.contains("7 more records have other names."), "{html}");
}
