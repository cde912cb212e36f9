//! The agenda of a handover, posted to a topic: once, whatever happens to the process in between.
//!
//! The handover is half a day away from now, and the clock of the service is set ahead for each start.

use std::fs;
use std::path::Path;
use std::process::Command;

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{Headers as _, Message as _, OwnedMessage};
use serde_json::{Value, json};
use vaste::time::{DAY_MS, Elapsed, HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};

use crate::clock::Clock;
use crate::dead_letters::{ASK_WAIT, all_of, count_of};
use crate::harness::{
    Service, broker, create_topic, create_topic_with, fresh, wait_for, wall_clock,
};
use crate::writes::say;

/// From now to the first handover.
const AHEAD: i64 = 12 * HOUR_MS;

/// A team with a turn of duty each day. Returns its agreement and the first handover.
fn agreement() -> (String, Timestamp) {
    let minute = Elapsed::from_ms(MINUTE_MS);
    let handover = wall_clock().plus(Elapsed::from_ms(AHEAD)).floor_to(minute);
    let text = handover.to_string();
    let time = text.split_once('T').unwrap().1.get(..5).unwrap();
    let agreement = format!(
        "team: billing\n\
         objectives: [{{ name: o, measure: first_reply, none_over: 1h }}]\n\
         duty: {{ members: [aino, sara], since: 2026-01-05, every: 1d, handover: \"{time} UTC\" }}\n"
    );
    (agreement, handover)
}

/// Creates the topic of agendas. It has the times of the broker, whose clock is not ahead.
fn create_agendas(broker: &str, topic: &str) {
    create_topic_with(broker, topic, 1, &[("message.timestamp.type", "LogAppendTime")]);
}

/// Lines of configuration: a store and the topic of agendas.
fn more(store: &str, agendas: &str) -> String {
    format!(
        "state: {{ store: \"{store}\", checkpoint_every: 0s }}\n\
         agendas: {{ topic: {agendas}, language: fi }}\n"
    )
}

/// The logs of agendas in a store.
fn logs(store: &Path, group: &str) -> Vec<String> {
    let folder = fs::read_dir(store.join("agendas").join(group));
    let files = folder.into_iter().flatten().map(|file| file.unwrap().path());
    // A file that is still being written has another ending.
    let whole = files.filter(|file| file.extension().is_some_and(|ending| ending == "json"));
    whole.filter_map(|file| fs::read_to_string(file).ok()).collect()
}

/// Waits until a log of agendas has this text.
fn wait_until_noted(store: &Path, group: &str, text: &str) {
    wait_for("the log of agendas", || {
        logs(store, group).iter().any(|log| log.contains(text)).then_some(())
    });
}

/// Waits until the service is ready and has looked several times after that.
fn wait_for_looks(service: &Service) {
    service.wait_until_ready();
    let evaluations = || service.metrics().value("vaste_alert_evaluations_total");
    let first = wait_for("an evaluation", evaluations);
    wait_for("more evaluations", || (evaluations()? >= first + 6.0).then_some(()));
}

fn wait_for_agendas(broker: &str, topic: &str, count: i64) {
    let reader: BaseConsumer =
        ClientConfig::new().set("bootstrap.servers", broker).create().unwrap();
    wait_for("the agenda", || {
        let (first, end) = reader.fetch_watermarks(topic, 0, ASK_WAIT).ok()?;
        (end - first == count).then_some(())
    });
}

fn event(message: &OwnedMessage) -> Value {
    serde_json::from_slice(message.payload().unwrap()).unwrap()
}

/// Asserts that an event follows the schema that Vaste prints.
fn follows_schema(event: &Value) {
    let printed =
        Command::new(env!("CARGO_BIN_EXE_vaste")).args(["schema", "agenda"]).output().unwrap();
    let schema: Value = serde_json::from_slice(&printed.stdout).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let errors: Vec<_> = validator.iter_errors(event).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?} in {event:#}");
}

#[test]
fn the_agenda_of_a_handover_is_posted_once_although_the_process_is_killed() {
    let Some(broker) = broker() else { return };
    let clock = Clock::new(0);
    let (topic, agendas) = (fresh("handed-over"), fresh("agendas"));
    create_topic(&broker, &topic, 2);
    create_agendas(&broker, &agendas);
    let (agreement, handover) = agreement();
    let kafka = format!(
        "{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}, \
         properties: {{ group.instance.id: one }} }}"
    );
    let mut service = Service::start_with_variables(
        &kafka,
        &agreement,
        &more("state", &agendas),
        &clock.variables(),
    );
    let store = service.folder.path().join("state");
    service.wait_until_ready();
    let concern = json!({ "team": "billing", "by": "aino", "text": "Laskut *myöhästyvät*." });
    assert_eq!(say(&service, "/api/v1/concerns", &concern).0, 202);
    wait_until_noted(&store, &topic, "billing");
    wait_for_looks(&service);
    assert_eq!(count_of(&broker, &agendas), 0, "the turn began before the first start");

    // The handover comes while no process runs.
    service.kill();
    clock.set_ahead(Elapsed::from_ms(AHEAD + MINUTE_MS));
    service.start_again();
    wait_for_agendas(&broker, &agendas, 1);
    let posted = all_of(&broker, &agendas);
    let [message] = posted.as_slice() else { unreachable!("{posted:?}") };
    let event_posted = event(message);
    follows_schema(&event_posted);
    assert_eq!(message.key(), Some(&b"billing"[..]));
    let header = message.headers().unwrap().get(0);
    assert_eq!(
        (header.key, header.value.unwrap()),
        ("content-type", &b"application/cloudevents+json; charset=UTF-8"[..])
    );
    assert_eq!(event_posted["id"], format!("team.agenda/billing/{handover}"));
    assert_eq!(event_posted["time"], handover.to_string());
    assert_eq!(event_posted["data"]["handover"], handover.to_string());
    let before = handover.minus(Elapsed::from_ms(DAY_MS));
    assert_eq!(event_posted["data"]["since"], before.to_string());
    let of_service: Value =
        serde_json::from_str(&service.get("/api/v1/teams/billing/agenda?lang=fi").unwrap())
            .unwrap();
    let concerns = &event_posted["data"]["sections"][1];
    assert_eq!(concerns["items"][0]["text"], "Laskut *myöhästyvät*.");
    assert_eq!(concerns["heading"], of_service["sections"][1]["heading"]);
    let markdown = event_posted["data"]["markdown"].as_str().unwrap();
    assert!(
        markdown.contains("## Mikä huolettaa\n\n- Laskut \\*myöhästyvät\\*. (aino, "),
        "{markdown}"
    );
    assert_eq!(service.metrics().value("vaste_agendas_total{result=\"posted\"}"), Some(1.0));

    wait_until_noted(&store, &topic, &handover.to_string());
    service.kill();
    service.start_again();
    wait_for_looks(&service);
    assert_eq!(count_of(&broker, &agendas), 1, "a restart posts nothing again");

    // The next handover comes while the process runs.
    service.kill();
    let ahead = handover.plus(Elapsed::from_ms(DAY_MS - 15 * SECOND_MS)).since(wall_clock());
    clock.set_ahead(ahead);
    service.start_again();
    wait_for_agendas(&broker, &agendas, 2);
    let next = handover.plus(Elapsed::from_ms(DAY_MS));
    let late = wall_clock().plus(ahead).since(next);
    assert!(late < Elapsed::from_ms(20 * SECOND_MS), "posted {late} after the handover");
    let second = event(&all_of(&broker, &agendas)[1]);
    assert_eq!(second["id"], format!("team.agenda/billing/{next}"));
    assert!(second["data"]["at"].as_str().unwrap() >= next.to_string().as_str(), "{second}");
}

#[test]
fn of_two_instances_one_posts_and_the_one_that_takes_over_does_not_post_again() {
    let Some(broker) = broker() else { return };
    let clock = Clock::new(0);
    let (topic, agendas) = (fresh("shared"), fresh("agendas"));
    create_topic(&broker, &topic, 1);
    create_agendas(&broker, &agendas);
    let (agreement, handover) = agreement();
    let folder = tempfile::tempdir().unwrap();
    let kafka = format!(
        "{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}, \
         properties: {{ session.timeout.ms: 6000 }} }}"
    );
    let more = more(folder.path().to_str().unwrap(), &agendas);
    let mut services = [(); 2]
        .map(|()| Service::start_with_variables(&kafka, &agreement, &more, &clock.variables()));
    wait_until_noted(folder.path(), &topic, "billing");
    services.iter_mut().for_each(Service::kill);
    clock.set_ahead(Elapsed::from_ms(AHEAD + MINUTE_MS));
    services.iter_mut().for_each(Service::start_again);
    wait_for_agendas(&broker, &agendas, 1);
    wait_until_noted(folder.path(), &topic, &handover.to_string());
    let is_ready = |service: &Service| service.get("/-/ready").is_some();
    let poster = services.iter().position(is_ready).unwrap();
    services[poster].kill();
    let other = &services[1 - poster];
    wait_for_looks(other);
    assert_eq!(count_of(&broker, &agendas), 1);
    assert_eq!(other.metrics().value("vaste_agendas_total{result=\"posted\"}"), Some(0.0));
}

#[test]
fn a_missing_topic_is_named_once_and_the_agenda_is_posted_when_it_exists() {
    let Some(broker) = broker() else { return };
    let clock = Clock::new(0);
    let (topic, agendas) = (fresh("no-agendas"), fresh("agendas"));
    create_topic(&broker, &topic, 1);
    let (agreement, _) = agreement();
    let kafka = format!(
        "{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}, \
         properties: {{ group.instance.id: one }} }}"
    );
    let mut service = Service::start_with_variables(
        &kafka,
        &agreement,
        &more("state", &agendas),
        &clock.variables(),
    );
    let missing = "agendas cannot be posted: UnknownTopicOrPartition";
    wait_for("the missing topic to be named", || (service.logged(missing) == 1).then_some(()));
    wait_until_noted(&service.folder.path().join("state"), &topic, "billing");
    service.kill();
    clock.set_ahead(Elapsed::from_ms(AHEAD + MINUTE_MS));
    service.start_again();
    service.wait_until_ready();
    let failed = "vaste_agendas_total{result=\"failed\"}";
    wait_for("two attempts", || service.metrics().value(failed).filter(|count| *count >= 2.0));
    assert!(service.get("/-/ready").is_some(), "the stream goes on");
    let said = "ERROR vaste::service::agenda_poster: the agenda of billing is not posted: Kafka";
    assert_eq!(service.logged(said), 1, "{}", service.log());
    assert!(service.log().contains("check that the topic agendas-"), "{}", service.log());
    create_agendas(&broker, &agendas);
    wait_for_agendas(&broker, &agendas, 1);
    wait_for("the end of the outage to be logged", || {
        (service.logged("agendas are posted again after") == 1).then_some(())
    });
}
