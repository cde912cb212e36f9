//! Worked examples: what each event does to the stopwatches of a ticket.

use super::*;
use crate::event::Kind::{AgentReplied, Closed, Created, Pending, Reopened, Resumed, Solved};
use crate::ticket::sink::EffectLog;
use crate::ticket::test_support::{Example, agreement, at, lines};

/// Applies the events in order, and returns the changes that each one sends.
fn changes(measures: &[Measure], events: &[(Kind, &str)]) -> Vec<(Kind, Vec<String>)> {
    let example = Example::new(&[agreement("billing", None, Vec::new())], measures);
    let mut state = TicketState::default();
    let step = |&(kind, clock): &(Kind, &str)| {
        let mut log = EffectLog::default();
        let mut out = Out { sink: Some(&mut log), ticket: b"T-1" };
        state.step(&example.event(kind, clock), example.context(), &mut out);
        (kind, lines(log))
    };
    let all: Vec<_> = events.iter().map(step).collect();
    all.into_iter().filter(|(_, lines)| !lines.is_empty()).collect()
}

fn texts(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

/// The first reply counts all time. The customer's wait leaves out pending and solved time, the resolution
/// only solved time.
///
/// ```text
///                09:00   09:30   10:00   11:00   11:30   12:00   13:00
///                created pending resumed reply   solved  reopened solved
/// first_reply    |-----------------------|                                 120 min
/// customer_wait  |-------|       |---------------|       |-------|  120, then 180
/// resolution     |-------------------------------|       |-------|  150, then 210
/// ```
#[test]
fn a_morning_with_a_pause_a_reply_and_a_reopening() {
    let measures = [Measure::FirstReply, Measure::CustomerWait, Measure::Resolution];
    let events = [
        (Created, "09:00"),
        (Pending, "09:30"),
        (Resumed, "10:00"),
        (AgentReplied, "11:00"),
        (Solved, "11:30"),
        (Reopened, "12:00"),
        (Solved, "13:00"),
    ];
    let solved_first =
        ["+1 customer_wait answered after 120 min", "+1 resolution answered after 150 min"];
    // Reopening the ticket retracts the endings: the same lines with the opposite sign.
    let retracted =
        ["-1 customer_wait answered after 120 min", "-1 resolution answered after 150 min"];
    let solved_again =
        ["+1 customer_wait answered after 180 min", "+1 resolution answered after 210 min"];
    assert_eq!(
        changes(&measures, &events),
        [
            (Pending, texts(&["+1 customer_wait paused", "+1 customer_wait paused_unanswered"])),
            (AgentReplied, texts(&["+1 first_reply answered after 120 min"])),
            (Solved, texts(&solved_first)),
            (Reopened, texts(&retracted)),
            (Solved, texts(&solved_again)),
        ]
    );
}

/// A reply after the ticket was closed without one retracts that the wait was given up.
///
/// ```text
///              09:00    10:00    11:00
///              created  closed   reply
/// first_reply  |--------|                given up after 60 min
/// first_reply  |-----------------|       answered after 120 min
/// ```
#[test]
fn a_reply_after_closing_counts_as_if_the_wait_had_never_been_given_up() {
    let events = [(Created, "09:00"), (Closed, "10:00"), (AgentReplied, "11:00")];
    let answered =
        ["-1 first_reply given up (closed) after 60 min", "+1 first_reply answered after 120 min"];
    assert_eq!(
        changes(&[Measure::FirstReply], &events),
        [
            (Closed, texts(&["+1 first_reply given up (closed) after 60 min"])),
            (AgentReplied, texts(&answered)),
        ]
    );
}

/// A running stopwatch is kept by constants: the state changes only with events, never with `now`.
///
/// ```text
///                09:00   09:30   10:00      now 10:20
/// customer_wait  |-------|       |----------           effective start 09:30: 50 min at 10:20
/// ```
#[test]
fn a_running_stopwatch_is_an_effective_start() {
    let example = Example::new(&[agreement("billing", None, vec![])], &[Measure::CustomerWait]);
    let mut state = TicketState::default();
    for (kind, clock) in [(Created, "09:00"), (Pending, "09:30"), (Resumed, "10:00")] {
        let event = example.event(kind, clock);
        state.step(&event, example.context(), &mut Out { sink: None, ticket: b"T-1" });
    }
    let mut running = Vec::new();
    state.running(example.context(), |one| running.push(one));
    assert_eq!(running.len(), 1);
    assert_eq!(running[0].started, at("09:00"));
    assert_eq!(running[0].position.calendar, at("09:30").ms());
}
