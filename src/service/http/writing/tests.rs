use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use super::*;
use crate::address::TicketLinks;
use crate::agreement::{About, Agreement, Owner};
use crate::catalog::Catalog;
use crate::config::Kafka;

const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9464);
const EVERYWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 9464);

fn http(writing: bool, person_header: Option<&str>) -> Http {
    Http {
        listen: LOOPBACK,
        external_url: Some("https://vaste.example".to_owned()),
        dashboard_url: None,
        tickets: TicketLinks::default(),
        writing,
        person_header: person_header.map(Into::into),
        names: None,
    }
}

/// A client that connects to nothing.
fn client() -> Result<EventWriter, Infallible> {
    let kafka = Kafka {
        brokers: vec!["127.0.0.1:1".to_owned()],
        topic: "ticket-events".to_owned(),
        group: "vaste".to_owned(),
        workers: 1,
        properties: Vec::new(),
        dead_letters: None,
        mapping: None,
    };
    Ok(EventWriter::new(&kafka).unwrap())
}

/// Finds no ticket.
fn no_tickets() -> TicketLookup {
    TicketLookup::new(Vec::new())
}

fn writing(http: &Http, listening: SocketAddr) -> EventWriting {
    EventWriting::new(http, (listening, Clock::Wall), false, no_tickets(), client).unwrap()
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, value.parse().unwrap());
    }
    headers
}

fn catalog() -> Catalog {
    let agreement = Agreement {
        owner: Owner::Team("billing".into()),
        hours: None,
        objectives: Vec::new(),
        about: About::default(),
    };
    Catalog::new(&[agreement], &[])
}

fn concern(fields: &Value) -> Submission {
    let fields = fields.as_object().unwrap().clone();
    Submission { kind: Kind::ConcernRaised, fields, seed: Some("page".to_owned()) }
}

fn submit(
    writing: &EventWriting,
    submission: Submission,
    headers: &HeaderMap,
) -> Result<WrittenEvent, Refusal> {
    let published = PublishedView::new(&Arc::new(catalog()), Timestamp::EVENT_MIN, "");
    submit_to(writing, submission, headers, &published)
}

fn submit_to(
    writing: &EventWriting,
    submission: Submission,
    headers: &HeaderMap,
    published: &PublishedView,
) -> Result<WrittenEvent, Refusal> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(writing.submit(submission, headers, published))
}

#[test]
fn nobody_writes_where_it_is_off_or_not_safe() {
    let off = [
        writing(&http(false, None), LOOPBACK),
        writing(&http(true, None), EVERYWHERE),
        EventWriting::new(&http(true, None), (LOOPBACK, Clock::Wall), true, no_tickets(), client)
            .unwrap(),
    ];
    let fields = json!({ "team": "billing", "by": "aino", "text": "late" });
    let refusals = off.map(|writing| {
        let own = headers(&[("host", "localhost:9464")]);
        assert_eq!(writing.writer(&own), FormWriter::Nobody);
        submit(&writing, concern(&fields), &own).unwrap_err().to_string()
    });
    insta::assert_snapshot!(refusals.join("\n"));
}

#[test]
fn a_page_of_another_site_does_not_write() {
    let writing = writing(&http(true, None), LOOPBACK);
    let fields = json!({ "team": "billing", "by": "aino", "text": "" });
    let refused = |pairs: &[(&'static str, &str)]| {
        let refusal = submit(&writing, concern(&fields), &headers(pairs)).unwrap_err();
        matches!(refusal, Refusal::OtherSite)
    };
    // The empty text is refused where the site is not.
    assert!(!refused(&[("host", "localhost:9464")]));
    assert!(!refused(&[("host", "127.0.0.1:9464"), ("origin", "http://127.0.0.1:9464")]));
    assert!(!refused(&[("host", "[::1]:9464"), ("sec-fetch-site", "same-origin")]));
    assert!(!refused(&[("host", "vaste.example"), ("origin", "https://vaste.example")]));
    // As Chromium sends the form of a page that sends no referrer.
    let own = [("host", "localhost:9464"), ("origin", "null"), ("sec-fetch-site", "same-origin")];
    assert!(!refused(&own));
    let same_site = [("host", "localhost:9464"), ("sec-fetch-site", "same-site")];
    assert!(refused(&same_site));
    assert!(refused(&[("host", "localhost:9464"), ("origin", "https://evil.example")]));
    assert!(refused(&[("host", "localhost:9464"), ("origin", "http://localhost:1")]));
    assert!(refused(&[("host", "localhost:9464"), ("origin", "null")]));
    assert!(refused(&[("host", "localhost:9464"), ("sec-fetch-site", "cross-site")]));
    // A foreign name that resolves to this machine.
    assert!(refused(&[("host", "evil.example:9464"), ("origin", "http://evil.example:9464")]));
    assert!(refused(&[]));
}

#[test]
fn the_proxy_says_who_writes_and_nobody_else() {
    let writing = writing(&http(true, Some("X-Forwarded-User")), EVERYWHERE);
    let of = |pairs| writing.writer(&headers(pairs));
    assert_eq!(of(&[("x-forwarded-user", "aino")]), FormWriter::Person("aino".to_owned()));
    assert_eq!(of(&[]), FormWriter::Nobody);
    assert_eq!(of(&[("x-forwarded-user", "")]), FormWriter::Nobody);
    // What a client has sent stands next to what the proxy says.
    assert_eq!(
        of(&[("x-forwarded-user", "sara"), ("x-forwarded-user", "aino")]),
        FormWriter::Nobody
    );

    let fields = json!({ "team": "billing", "by": "sara", "text": "late" });
    let refusal = submit(&writing, concern(&fields), &headers(&[("host", "vaste.example")]));
    insta::assert_snapshot!(refusal.unwrap_err());
}

#[test]
fn what_the_stream_would_refuse_or_cut_off_is_refused() {
    let long = "x".repeat(501);
    let writing = writing(&http(true, None), LOOPBACK);
    let own = headers(&[("host", "localhost:9464")]);
    let mut refusals = Vec::new();
    for (kind, fields) in [
        (Kind::ConcernRaised, json!({ "team": "billing", "text": "late" })),
        (Kind::ConcernRaised, json!({ "team": "billing", "by": "aino", "text": " " })),
        (Kind::ConcernRaised, json!({ "team": "billing", "by": "aino", "text": long })),
        (Kind::ConcernRaised, json!({ "team": "biling", "by": "aino", "text": "late" })),
        (Kind::ConcernRaised, json!({ "team": "unclaimed", "by": "aino", "text": "late" })),
        (Kind::ConcernRaised, json!({ "by": "aino", "text": "late" })),
        (Kind::ConcernSettled, json!({ "team": "billing", "by": "aino" })),
        (Kind::ConcernSettled, json!({ "team": "billing", "by": "aino", "concern": "a b" })),
        (Kind::ConcernSettled, json!({ "team": "billing", "by": "aino", "concern": "c-9" })),
        (Kind::DecisionDone, json!({ "team": "billing", "by": "aino", "decision": "d-9" })),
        (Kind::DecisionDropped, json!({ "team": "billing", "by": "aino", "decision": "d-9" })),
        (Kind::DecisionMoved, json!({ "team": "billing", "by": "aino", "decision": "d-9" })),
        (Kind::Decided, json!({ "team": "_all", "by": "aino", "text": "x", "due": "soon" })),
        (Kind::Decided, json!({ "team": "_all", "by": "aino", "text": "x", "ticket": "a b" })),
        (Kind::TicketDiscussed, json!({ "team": "billing", "by": "aino" })),
        (Kind::TicketDiscussed, json!({ "team": "billing", "by": "aino", "ticket": "a b" })),
        (Kind::TicketDiscussed, json!({ "team": "billing", "by": "aino", "ticket": "T-9" })),
        (Kind::TicketBrought, json!({ "team": "billing", "by": "aino", "ticket": "T-1" })),
        (Kind::TicketBrought, json!({ "team": "billing", "by": "aino", "text": "x" })),
        (Kind::Reviewed, json!({ "ticket": "T-1", "by": "aino" })),
        (Kind::Reviewed, json!({ "ticket": "T-1", "by": "aino", "score": 6 })),
        (
            Kind::Reviewed,
            json!({ "ticket": "T-1", "by": "aino", "score": 4, "categories": { "tone": 9 } }),
        ),
    ] {
        let fields = fields.as_object().unwrap().clone();
        let submission = Submission { kind, fields, seed: None };
        let refusal = submit(&writing, submission, &own).unwrap_err();
        refusals.push(format!("{} {refusal}", refusal.status().as_u16()));
    }
    insta::assert_snapshot!(refusals.join("\n"));
}

#[test]
fn a_ticket_that_no_partition_has_is_not_judged() {
    let writing = writing(&http(true, None), LOOPBACK);
    let own = headers(&[("host", "localhost:9464")]);
    let brought = || {
        let fields = json!({ "team": "billing", "ticket": "T-1", "by": "aino", "text": "why" });
        let fields = fields.as_object().unwrap().clone();
        Submission { kind: Kind::TicketBrought, fields, seed: None }
    };
    let review = || {
        let fields = json!({ "ticket": "T-1", "by": "aino", "score": 4 });
        let fields = fields.as_object().unwrap().clone();
        Submission { kind: Kind::Reviewed, fields, seed: None }
    };
    let starting = PublishedView::new(&Arc::new(catalog()), Timestamp::EVENT_MIN, "");
    let refusal = submit_to(&writing, review(), &own, &starting).unwrap_err();
    assert_eq!(refusal.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(refusal.is_for_now(), "it may come: {refusal}");
    let current = PublishedView { frozen: None, ..starting };
    let refusal = submit_to(&writing, review(), &own, &current).unwrap_err();
    assert_eq!(refusal.status(), StatusCode::NOT_FOUND);
    let of_brought = submit_to(&writing, brought(), &own, &current).unwrap_err();
    assert_eq!(of_brought.status(), StatusCode::NOT_FOUND, "{of_brought}");
    assert_eq!(
        refusal.to_string(),
        "no ticket has the id \"T-1\"; judge one that events have named, and that is not forgotten \
         (state.reopen_within)"
    );
}

#[test]
fn one_person_writes_thirty_events_a_minute() {
    let writing = writing(&http(true, None), LOOPBACK);
    let of = |by: &str| {
        let fields = json!({ "team": "billing", "by": by, "text": "" });
        submit(&writing, concern(&fields), &headers(&[("host", "localhost")])).unwrap_err()
    };
    for _ in 0..PER_PERSON.get() {
        assert!(matches!(of("aino"), Refusal::Wrong { .. }));
    }
    assert!(matches!(of("aino"), Refusal::TooOften));
    assert!(matches!(of("sara"), Refusal::Wrong { .. }), "others are not affected");
}

#[test]
fn a_form_that_is_sent_twice_is_one_event() {
    let writing = writing(&http(true, None), LOOPBACK);
    let first = Timestamp::from_ms(1_000);
    assert_eq!(writing.time_of(7, first), first);
    assert_eq!(writing.time_of(7, first.plus(crate::time::Elapsed::from_ms(5))), first);
    for hash in 100..100 + REMEMBERED_MAX as u128 {
        writing.time_of(hash, first);
    }
    let later = Timestamp::from_ms(9_000);
    assert_eq!(writing.time_of(7, later), later, "forgotten");
}
