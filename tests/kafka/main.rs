//! Tests of the service with a real Apache Kafka. `tests/run` starts one and names it in
//! `VASTE_TEST_KAFKA`. Without it these tests are skipped, and `tests/run` says so.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on panics, and one that is left out says so"
)]

mod agendas;
mod alertmanager;
mod brokers;
mod changes;
mod chaos;
mod clock;
mod counters;
mod crash;
mod dashboards;
mod dead_letters;
mod deleted;
mod examples;
mod faults;
mod guarded;
mod harness;
mod history;
mod hostile;
mod many;
mod maps;
mod members;
#[expect(dead_code, reason = "these tests use a part of the model")]
#[path = "../pipeline/naive.rs"]
mod naive;
mod merges;
mod notified;
mod open_hours;
mod outages;
mod own_broker;
mod past;
mod pauses;
mod producers;
mod prometheus;
#[path = "../support/proxy.rs"]
mod proxy;
#[expect(dead_code, reason = "these tests draw whole numbers only")]
#[path = "../support/random.rs"]
mod random;
mod rebalance;
mod reload;
mod restart;
mod rules;
mod service;
#[path = "../support/simulated_team.rs"]
mod simulated_team;
mod skewed;
mod stack;
mod stores;
mod stream_page;
mod tickets;
mod transactions;
mod writes;
#[path = "../deploy/yaml.rs"]
mod yaml;
