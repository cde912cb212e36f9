//! Memory per tracked ticket of six events: growth of resident memory divided by the tickets,
//! including the windows of three measures in one basis.
//!
//! `cargo bench --bench memory [TICKETS]`
//!
//! Each case runs in a process of its own, because reused memory would count as nothing.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and panics when it cannot go on"
)]

#[expect(dead_code, reason = "other benchmarks need more of it")]
#[path = "../support/bench.rs"]
mod bench;
#[path = "../support/memory.rs"]
mod memory;

use std::borrow::Cow;
use std::process::Command;
use std::sync::Arc;

use bench::catalog_of_teams;
use memory::memory_bytes;
use vaste::event::{Event, Kind, Maker, Priority, Subject};
use vaste::shard::Shard;
use vaste::time::{DAY_MS, Elapsed, MINUTE_MS, Timestamp};
use vaste::view::View;

const TEAMS: u64 = 30;
const DAYS: i64 = 28;

fn main() {
    let tickets = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    if let Ok(open_of_ten) = std::env::var(CASE) {
        measure(tickets, open_of_ten.parse().unwrap());
        return;
    }
    for open_of_ten in ["0", "1", "10"] {
        let mut case = Command::new(std::env::current_exe().unwrap());
        let status = case.arg(tickets.to_string()).env(CASE, open_of_ten).status().unwrap();
        assert!(status.success());
    }
}

/// Passes the number of open tickets in ten to a child process.
const CASE: &str = "VASTE_BENCH_OPEN_OF_TEN";

fn measure(tickets: u64, open_of_ten: u64) {
    let catalog = catalog_of_teams(TEAMS);
    let begin = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
    let end = begin.plus(Elapsed::from_ms(DAYS * DAY_MS));
    let before = memory_bytes("self", "VmRSS");
    let mut view = View::new(Arc::clone(&catalog), end);
    let mut shard = Shard::new(catalog);
    let span = (DAYS - 1) * DAY_MS;
    for ticket in 0..tickets {
        let offset = span * i64::try_from(ticket).unwrap() / i64::try_from(tickets).unwrap();
        let created = begin.plus(Elapsed::from_ms(offset));
        apply_six(&mut shard, &mut view, ticket, created, ticket % 10 < open_of_ten);
    }
    view.advance(end);
    shard.advance(end, &mut view);
    assert!(!view.readings().is_empty());
    let grown = memory_bytes("self", "VmRSS") - before;
    println!(
        "{tickets} tickets of six events, {open_of_ten} of ten open: {} bytes per ticket",
        grown / tickets
    );
}

/// Six events of one ticket, most of them within a day of its creation.
fn apply_six(shard: &mut Shard, view: &mut View, ticket: u64, created: Timestamp, is_open: bool) {
    let key = format!("T-{ticket:08}");
    let team = format!("team-{}", ticket % TEAMS);
    let last = if is_open { Kind::CustomerReplied } else { Kind::Solved };
    let kinds = [
        Kind::Created,
        Kind::Assigned,
        Kind::AgentReplied,
        Kind::CustomerReplied,
        Kind::AgentReplied,
        last,
    ];
    for (number, kind) in (0_i64..).zip(kinds) {
        let identity = (ticket * 6 + number.unsigned_abs()).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let wait = number * (20 + i64::try_from(ticket % 100).unwrap()) * MINUTE_MS + number;
        let event = Event {
            kind,
            time: created.plus(Elapsed::from_ms(wait)),
            identity,
            subject: Subject::Ticket(Cow::Borrowed(&key)),
            team: Some(Cow::Borrowed(&team)),
            priority: (number == 0).then_some(Priority::Normal),
            channel: Some(Cow::Borrowed("email")),
            agent: (kind == Kind::AgentReplied).then_some(Cow::Borrowed("agent-1")),
            maker: Maker::Customer,
            detail: None,
            ignored: Vec::new(),
        };
        shard.apply(&event, view);
    }
}
