//! What people say: written through a running service to the topic, read back, and still there after a kill.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};

use serde_json::{Value, json};

use crate::harness::{Service, broker, create_topic, fresh, record, wait_for};
use crate::own_broker::Broker;
use crate::proxy::Network;

const AGREEMENT: &str =
    "team: billing\nobjectives: [{ name: o, measure: first_reply, none_over: 1h }]\n";

/// Posts a body. Returns the status, the head in lower case, and the body.
fn post(port: u16, path: &str, headers: &str, body: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.0\r\nhost: 127.0.0.1:{port}\r\n{headers}content-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_lowercase(), body.to_owned())
}

pub(crate) fn say(service: &Service, path: &str, body: &Value) -> (u16, Value) {
    let (status, _, answer) = post(service.port(), path, "", &body.to_string());
    (status, serde_json::from_str(&answer).unwrap())
}

fn log(service: &Service) -> Option<Value> {
    serde_json::from_str(&service.get("/api/v1/teams/billing/log")?).ok()
}

/// Waits until the log of the team has this.
fn wait_until_logged(service: &Service, what: &str, is_there: impl Fn(&Value) -> bool) -> Value {
    wait_for(what, || log(service).filter(&is_there))
}

fn start(kafka_address: &str, topic: &str) -> Service {
    let kafka = format!("{{ brokers: [\"{kafka_address}\"], topic: {topic}, group: {topic} }}");
    let service = Service::start(&kafka, AGREEMENT);
    service.wait_until_ready();
    service
}

#[test]
fn what_people_say_is_in_the_topic_and_survives_a_kill() {
    let Some(broker) = broker() else { return };
    let topic = fresh("said");
    create_topic(&broker, &topic, 3);
    let mut service = start(&broker, &topic);

    let concern = json!({ "team": "billing", "by": "aino", "text": "Invoices are <late>." });
    let (status, stored) = say(&service, "/api/v1/concerns", &concern);
    assert_eq!((status, &stored["type"]), (202, &json!("team.concern_raised")), "{stored}");
    let id = stored["subject"].as_str().unwrap().to_owned();
    let log = wait_until_logged(&service, "the concern", |log| log["concerns"][0]["id"] == *id);
    assert_eq!(log["concerns"][0]["raised"]["text"], "Invoices are <late>.");
    assert_eq!(log["concerns"][0]["raised"]["at"], stored["time"]);
    wait_for("the alert and the metrics of the concern", || {
        let metrics = service.metrics();
        let firing = "vaste_alerts{team=\"billing\",objective=\"\",alertname=\"VasteConcernRaised\",\
                      severity=\"info\",state=\"firing\"}";
        let open = metrics.value("vaste_concerns_open{team=\"billing\"}");
        (metrics.value(firing) == Some(1.0) && open == Some(1.0)).then_some(())
    });
    let page = service.get("/teams/billing/agenda?lang=fi").unwrap();
    assert!(page.contains("Invoices are &lt;late&gt;.") && page.contains("Mikä sinua huolettaa?"));

    let form = "action=decide&seed=1&by=sara&text=Chats+first.&owner=team+lead&due=2030-01-31";
    let own = format!("origin: http://127.0.0.1:{}\r\n", service.port());
    // Sent twice, as by a double click.
    for _ in 0..2 {
        let (status, head, _) = post(service.port(), "/teams/billing/agenda", &own, form);
        assert_eq!(status, 303, "{head}");
        assert!(head.contains("location: /teams/billing/agenda?sent\r\n"), "{head}");
    }
    assert!(service.publish(&record(1, "created", "T-1")).status.success());
    wait_for("the ticket", || service.get("/tickets/T-1"));
    let scores = json!({ "tone": null });
    let review =
        |ticket: &str| json!({ "ticket": ticket, "by": "aino", "score": 4, "categories": scores });
    let (status, refused) = say(&service, "/api/v1/reviews", &review("T-11"));
    assert_eq!((status, &refused["type"]), (404, &json!("urn:vaste:problem:unknown-ticket")));
    let detail = "no ticket has the id \"T-11\"; did you mean \"T-1\"?";
    assert_eq!(refused["detail"], detail, "{refused}");
    let review = review("T-1");
    assert_eq!(say(&service, "/api/v1/reviews", &review).0, 202);
    let (status, _) = service.page("/tickets/T-11").unwrap();
    assert_eq!(status, 404, "a review that is refused makes no ticket");
    let note = json!({ "team": "_all", "by": "mikko", "text": "A quiet week." });
    assert_eq!(say(&service, "/api/v1/turn_notes", &note).0, 202);
    let settled = json!({ "team": "billing", "by": "sara", "concern": id, "settled": true });
    assert_eq!(say(&service, "/api/v1/concerns", &settled).0, 202);
    let whole = |log: &Value| {
        log["concerns"][0]["settled"]["by"] == "sara"
            && log["decisions"].as_array().unwrap().len() == 1
    };
    let before = wait_until_logged(&service, "the decision", whole);
    assert_eq!(before["decisions"][0]["due"], "2030-01-31");
    wait_for("the second form to be a duplicate", || {
        let duplicates = service.metrics().value("vaste_records_duplicate_total");
        (duplicates == Some(1.0)).then_some(())
    });

    service.kill();
    service.start_again();
    let after = wait_until_logged(&service, "what was said before the kill", whole);
    assert_eq!(after["concerns"], before["concerns"]);
    assert_eq!(after["decisions"], before["decisions"]);
    let all = service.get("/api/v1/teams/_all/log").unwrap();
    assert!(all.contains("A quiet week."), "{all}");
}

#[test]
fn a_settled_concern_that_is_opened_again_alarms_again() {
    let Some(broker) = broker() else { return };
    let topic = fresh("again");
    create_topic(&broker, &topic, 1);
    let service = start(&broker, &topic);
    let own = format!("origin: http://127.0.0.1:{}\r\n", service.port());
    let send = |form: &str| post(service.port(), "/teams/billing/agenda", &own, form).0;
    let wait_for_alert = |what, is_firing: bool| {
        wait_for(what, || {
            let firing = "vaste_alerts{team=\"billing\",objective=\"\",\
                          alertname=\"VasteConcernRaised\",severity=\"info\",state=\"firing\"}";
            let count = service.metrics().value(firing);
            (count.is_some_and(|count| count > 0.0) == is_firing).then_some(())
        });
    };

    assert_eq!(send("action=raise&seed=1&by=aino&text=Invoices+are+late."), 303);
    let is_raised = |log: &Value| !log["concerns"].as_array().unwrap().is_empty();
    let log = wait_until_logged(&service, "the concern", is_raised);
    let id = log["concerns"][0]["id"].as_str().unwrap().to_owned();
    wait_for_alert("the alert", true);
    assert_eq!(
        send(&format!("action=settle&seed=2&by=sara&concern={id}&text=Two+more+people+help.")),
        303
    );
    wait_for_alert("the alert to be over", false);

    let again = format!("action=raise_again&seed=3&by=mikko&concern={id}&text=");
    assert_eq!(send(&again), 422, "it takes a word why");
    let (_, _, page) = post(service.port(), "/teams/billing/agenda?lang=fi", &own, &again);
    assert!(page.contains("Kenttä ”Miksi se on taas avoinna?” on tyhjä."), "{page}");
    assert!(!page.contains("`text`"), "{page}");
    let api = json!({ "team": "billing", "by": "mikko", "concern": id });
    let (status, refused) = say(&service, "/api/v1/concerns", &api);
    assert_eq!((status, refused["detail"].as_str().unwrap().contains("`text`")), (422, true));
    assert_eq!(send(&format!("{again}Late+again.")), 303);
    wait_for_alert("the alert of the concern that is open again", true);
    let log = wait_until_logged(&service, "the concern to be open again", |log| {
        log["concerns"][0]["settled"].is_null()
    });
    let concern = &log["concerns"][0];
    assert_eq!(concern["raised"]["text"], "Late again.");
    assert_eq!(concern["before"]["raised"]["text"], "Invoices are late.");
    assert_eq!(concern["before"]["settled"]["text"], "Two more people help.");
    let page = service.get("/teams/billing/agenda?lang=en").unwrap();
    assert!(page.contains("<bdi>Invoices are late.</bdi>"), "{page}");
    assert!(page.contains("opened again by mikko") && page.contains(": Late again;"), "{page}");
}

#[test]
fn a_decision_is_moved_and_then_dropped() {
    let Some(broker) = broker() else { return };
    let topic = fresh("moved");
    create_topic(&broker, &topic, 1);
    let service = start(&broker, &topic);
    let own = format!("origin: http://127.0.0.1:{}\r\n", service.port());
    let send = |form: &str| post(service.port(), "/teams/billing/agenda", &own, form).0;

    assert_eq!(send("action=decide&seed=1&by=aino&text=A+rota.&due=2030-01-31"), 303);
    let is_decided = |log: &Value| !log["decisions"].as_array().unwrap().is_empty();
    let log = wait_until_logged(&service, "the decision", is_decided);
    let id = log["decisions"][0]["id"].as_str().unwrap().to_owned();
    let form = |action: &str, more: &str| {
        format!("action={action}&seed=2&by=sara&decision={id}&text=The+desk+moves+first.{more}")
    };
    assert_eq!(send(&form("move", "")), 422, "it takes a day");
    assert_eq!(send(&form("move", "&due=2030-02-28")), 303);
    let is_moved = |log: &Value| log["decisions"][0]["due"] == "2030-02-28";
    let log = wait_until_logged(&service, "the new day", is_moved);
    let moved = &log["decisions"][0]["moved"];
    assert_eq!((&moved["from"], &moved["said"]["by"]), (&json!("2030-01-31"), &json!("sara")));
    let page = service.get("/teams/billing/agenda?lang=en").unwrap();
    assert!(page.contains("; moved from 31 Jan 2030 to 28 Feb 2030 (sara, "), "{page}");

    let both =
        json!({ "team": "billing", "by": "aino", "decision": id, "done": true, "dropped": true });
    let (status, refused) = say(&service, "/api/v1/decisions", &both);
    assert_eq!(status, 422, "{refused}");
    let dropped = json!({ "team": "billing", "by": "aino", "decision": id, "dropped": true });
    let (status, stored) = say(&service, "/api/v1/decisions", &dropped);
    assert_eq!((status, &stored["type"]), (202, &json!("team.decision_dropped")), "{stored}");
    let is_dropped = |log: &Value| log["decisions"][0]["dropped"]["by"] == "aino";
    wait_until_logged(&service, "the decision to be dropped", is_dropped);
    let page = service.get("/teams/billing/agenda?lang=fi").unwrap();
    assert!(page.contains("siitä luovuttiin (aino, "), "{page}");
}

#[test]
fn a_ticket_is_brought_to_the_talk_from_its_own_page() {
    let Some(broker) = broker() else { return };
    let topic = fresh("brought");
    create_topic(&broker, &topic, 2);
    let service = start(&broker, &topic);
    assert!(service.publish(&record(1, "created", "T-1")).status.success());
    let page = wait_for("the ticket", || service.get("/tickets/T-1?lang=en"));
    let to = "action=\"/teams/billing/agenda?lang=en\"";
    assert!(page.contains(to) && page.contains("Bring it to the talk of billing"), "{page}");

    let own = format!("origin: http://127.0.0.1:{}\r\n", service.port());
    let send = |form: &str| post(service.port(), "/teams/billing/agenda?lang=en", &own, form);
    let form = "action=bring&seed=1&by=aino&ticket=T-1&text=";
    let (status, _, page) = send(form);
    assert_eq!(status, 422, "it takes a word why");
    assert!(page.contains("name=\"ticket\" value=\"T-1\""), "the form is kept: {page}");
    assert_eq!(send(&form.replace("T-1", "T-11")).0, 422);
    assert_eq!(send("action=bring&seed=1&by=aino&ticket=T-11&text=Why").0, 404);
    assert_eq!(send(&format!("{form}Who+calls+back%3F")).0, 303);
    let is_brought = |log: &Value| log["brought"][0]["note"] == "Who calls back?";
    let log = wait_until_logged(&service, "the ticket to be brought", is_brought);
    let brought = &log["brought"][0];
    assert_eq!((&brought["score"], &brought["by"]), (&Value::Null, &json!("aino")));
    let page = service.get("/tickets/T-1?lang=en").unwrap();
    assert!(page.contains("On the agenda of billing") && !page.contains("action=\"/t"), "{page}");
    let turn = service.get("/metrics").unwrap();
    assert!(
        turn.contains("vaste_checks_reviewed_total{team=\"billing\",by=\"other\"} 0"),
        "{turn}"
    );
    let talked = json!({ "team": "billing", "by": "sara", "ticket": "T-1", "text": "The lead." });
    assert_eq!(say(&service, "/api/v1/ticket_talks", &talked).0, 202);
    let is_discussed = |log: &Value| log["brought"][0]["is_discussed"] == true;
    wait_until_logged(&service, "the talk", is_discussed);
    let again = json!({ "team": "billing", "by": "sara", "ticket": "T-1", "text": "Again." });
    assert_eq!(say(&service, "/api/v1/brought_tickets", &again).0, 202);
    wait_until_logged(&service, "the ticket to be brought again", |log| {
        log["brought"][0]["note"] == "Again."
    });
}

#[test]
fn a_form_keeps_its_text_while_kafka_is_away_and_a_foreign_one_is_refused() {
    let Some(broker) = Broker::start() else { return };
    let topic = fresh("kept");
    create_topic(&broker.address(), &topic, 1);
    let service = start(&broker.address_cut(), &topic);

    let foreign = "origin: https://evil.example\r\n";
    let form = "action=raise&seed=1&by=aino&text=Kept+%3Cwords%3E";
    let (status, _, page) = post(service.port(), "/teams/billing/agenda", foreign, form);
    assert_eq!(status, 403, "{page}");
    let huge = format!("action=raise&by=aino&text={}", "x".repeat(10 << 20));
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, service.port())).unwrap();
    let head = format!(
        "POST /teams/billing/agenda HTTP/1.0\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n",
        huge.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.0 413"), "{answer}");

    broker.network().set(Network::Stall);
    let (status, _, page) = post(service.port(), "/teams/billing/agenda", "", form);
    assert_eq!(status, 503, "{page}");
    assert!(page.contains("Kept &lt;words&gt;</textarea>"), "{page}");
    assert!(page.contains("Your text is kept in the form below."), "{page}");
    broker.network().set(Network::Pass);
    wait_for("the same form to be written", || {
        let (status, ..) = post(service.port(), "/teams/billing/agenda", "", form);
        (status == 303).then_some(())
    });
    wait_until_logged(&service, "the concern", |log| {
        log["concerns"].as_array().unwrap().len() == 1
            && log["concerns"][0]["raised"]["text"] == "Kept <words>"
    });
}
