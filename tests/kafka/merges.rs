//! Merged tickets through the service: both tickets in different partitions, takeovers before and after the
//! merge, a takeover that comes late, and a restart.

use vaste::time::{Elapsed, MINUTE_MS, Timestamp};

use crate::crash::{producer, publish};
use crate::harness::{Metrics, Service, broker, create_topic, fresh, wait_for, wall_clock};
use crate::service::AGREEMENT;

/// The sample of a flag in the last day.
fn flag(flag: &str) -> String {
    format!(
        "vaste_window_flagged_tickets{{team=\"billing\",measure=\"first_reply\",window=\"24h\",\
         flag=\"{flag}\",basis=\"calendar\"}}"
    )
}

const TOTAL: &str = "vaste_merged_waiting_total{team=\"billing\"}";

fn at(begin: Timestamp, minutes: i64, kind: &str, ticket: &str, fields: &str) -> String {
    let time = begin.plus(Elapsed::from_ms(minutes * MINUTE_MS));
    format!(
        "{{\"id\":\"{kind}{minutes}\",\"type\":\"ticket.{kind}\",\"time\":\"{time}\",\
         \"ticket\":\"{ticket}\",\"team\":\"billing\"{fields}}}"
    )
}

fn taken(begin: Timestamp, minutes: i64, ticket: &str, from: &str) -> String {
    let fields = format!(",\"from\":\"{from}\",\"waiting_since\":\"{begin}\"");
    at(begin, minutes, "took_over", ticket, &fields)
}

#[test]
fn merges_count_by_team_unless_a_ticket_of_whichever_partition_goes_on_with_the_wait() {
    let Some(broker) = broker() else { return };
    let topic = fresh("merges");
    create_topic(&broker, &topic, 4);
    let kafka = format!(
        "{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}, workers: 2, \
         properties: {{ group.instance.id: one }} }}"
    );
    let more = "state: { store: state, checkpoint_every: 1h }\n";
    let mut service = Service::start_with(&kafka, AGREEMENT, more);
    service.wait_until_ready();
    let begin = wall_clock().minus(Elapsed::from_ms(60 * MINUTE_MS));
    let mut records = Vec::new();
    for n in 0..40 {
        let (old, new) = (format!("old-{n}"), format!("new-{n}"));
        records.push(at(begin, 0, "created", &old, ""));
        records.push(at(begin, 5, "created", &new, ""));
        let merged = at(begin, 10, "merged", &old, &format!(",\"into\":\"{new}\""));
        match n {
            // Nobody goes on with the waits of these.
            0..5 => records.push(merged),
            5..20 => records.extend([merged, taken(begin, 10, &new, &old)]),
            _ => records.extend([taken(begin, 9, &new, &old), merged]),
        }
        if n >= 20 {
            records.push(at(begin, 30, "agent_replied", &new, ""));
        }
    }
    // Half an hour before the ticket was created, and a message that needs no reply.
    records.push(at(begin, 0, "agent_replied", "early", ""));
    records.push(at(begin, 30, "created", "early", ""));
    records.push(at(begin, 31, "customer_replied", "early", ""));
    records.push(at(begin, 32, "no_reply_needed", "early", ""));
    publish(&producer(&broker), &topic, &records);
    let wait_until = |service: &Service, left: f64, total: f64| {
        wait_for("the merges", || {
            let metrics = Metrics(service.get("/metrics")?);
            let flagged = metrics.value(&flag("merged_waiting"));
            (flagged == Some(left) && metrics.value(TOTAL) == Some(total)).then_some(metrics)
        })
    };
    let metrics = wait_until(&service, 5.0, 5.0);
    assert_eq!(metrics.value(&flag("answered_before_created")), Some(1.0));
    let of = |measure: &str, more: &str| {
        format!(
            "{{team=\"billing\",measure=\"{measure}\",window=\"24h\",{more}basis=\"calendar\"}}"
        )
    };
    // 20 waits of half an hour, from the creation of the merged ticket on, and one of no time.
    let first = of("first_reply", "");
    assert_eq!(metrics.value(&format!("vaste_window_tickets{first}")), Some(21.0));
    let mean = metrics.value(&format!("vaste_window_response_mean_seconds{first}")).unwrap();
    assert!((mean - 20.0 * 1_800.0 / 21.0).abs() < 1.0, "{mean}");
    let needless = of("next_reply", "reason=\"no_reply_needed\",");
    assert_eq!(metrics.value(&format!("vaste_window_given_up_tickets{needless}")), Some(1.0));
    // After a restart the same merges are known.
    assert_eq!(service.stop(), Some(0));
    service.start_again();
    wait_until(&service, 5.0, 5.0);
    // A takeover that comes late settles the merge. A counter does not step back.
    publish(&producer(&broker), &topic, &[taken(begin, 11, "new-0", "old-0")]);
    wait_until(&service, 4.0, 5.0);
    let api = service.get("/api/v1/teams/billing/objectives/quick").unwrap();
    assert!(api.contains("\"merged_waiting\":4"), "{api}");
    let page = service.get("/teams/billing").unwrap();
    assert!(page.contains("4 waiting tickets were merged into others"), "{page}");
}
