//! A process that stands still for a while: the machine slept, or the process was stopped.

use crate::crash::{producer, publish};
use crate::harness::{Service, broker, create_topic, fresh, record, wait_for, wall_clock};
use crate::notified::{Alertmanager, Webhook};

const AGREEMENT: &str = "\
team: billing
objectives:
  - { name: limit, measure: first_reply, none_over: 5s, alerts: { missed: { for: 0s, keep_firing_for: 0s } } }
";

/// Waits for this time.
fn pass(ms: i64) {
    let begin = wall_clock();
    wait_for("time to pass", || (wall_clock().since(begin).ms() > ms).then_some(()));
}

#[test]
fn after_a_pause_nothing_is_judged_before_the_answers_of_the_meantime_are_read() {
    let Some(broker) = broker() else { return };
    let webhook = Webhook::default();
    let Some(alertmanager) = Alertmanager::start(webhook.listen()) else { return };
    let topic = fresh("paused");
    create_topic(&broker, &topic, 3);
    let kafka = format!(
        "{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}, \
         properties: {{ group.instance.id: one }} }}"
    );
    let more =
        format!("alertmanagers: [{{ url: \"http://127.0.0.1:{}\" }}]\n", alertmanager.port());
    let service = Service::start_with(&kafka, AGREEMENT, &more);
    service.wait_until_ready();
    let producer = producer(&broker);
    let answered = "vaste_window_tickets{team=\"billing\",measure=\"first_reply\",window=\"1h\",\
                    basis=\"calendar\"}";
    for round in 0..3_u32 {
        // The tickets are answered in time, while nobody reads.
        let tickets: Vec<u32> = (0..40).map(|n| round * 100 + n).collect();
        let created: Vec<String> =
            tickets.iter().map(|n| record(*n, "created", &format!("T-{n}"))).collect();
        publish(&producer, &topic, &created);
        pass(300);
        service.child.signal("STOP");
        pass(1_000);
        let answers: Vec<String> =
            tickets.iter().map(|n| record(n + 50, "agent_replied", &format!("T-{n}"))).collect();
        publish(&producer, &topic, &answers);
        pass(7_000);
        service.child.signal("CONT");
        wait_for("the answers", || {
            let count = f64::from(40 * (round + 1));
            (service.metrics().value(answered) == Some(count)).then_some(())
        });
        service.wait_until_ready();
        pass(1_500);
        assert_eq!(webhook.counts().get("limit"), None, "round {round}: {}", service.log());
        assert!(service.logged("this process did not run for") > 0, "{}", service.log());
    }
}
