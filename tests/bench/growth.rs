//! How cost grows with tickets, teams, events per ticket, lateness, window length and partitions. Each axis
//! leaves from the same middle point, and each figure stands with its ratio to that point.
//!
//! `cargo bench --bench growth [TICKETS] [--largest] [--json FILE]`
//!
//! `TICKETS` is the number at the middle point, 100,000 by default. `--largest` adds a hundred times as many,
//! if they fit into memory. Each point runs in a process of its own, because reused memory would count as
//! nothing.
//!
//! # Design
//! A stream of tickets over 28 days, or over the window if that is longer, at the same rate. So no ticket is
//! old enough to be evicted. One thread does the work of the workers and of the coordinator: it decodes and
//! applies records, and after each 10,000 it derives and counts what has changed. A service does so with
//! 50,000 events a second. Records are made beforehand, and their making is not counted.

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
#[expect(dead_code, reason = "the benchmark draws whole numbers only")]
#[path = "../support/random.rs"]
mod random;
#[expect(dead_code, reason = "the benchmark needs its waits only")]
#[path = "../support/simulated_team.rs"]
mod simulated_team;

#[path = "growth/case.rs"]
mod case;
#[path = "growth/measure.rs"]
mod measure;
#[path = "growth/stream.rs"]
mod stream;

use std::fs;
use std::process::{Command, Stdio};

use serde::Serialize;

use bench::median;
use case::{Case, Figures, Point, points};
use measure::measure;

/// The tickets of the middle point.
const TICKETS: u64 = 100_000;

/// At full size, points with fewer events than this are measured three times. The median counts.
const EVENTS_ONCE: u64 = 2_000_000;

/// Passes a case to a child process.
const CASE: &str = "VASTE_BENCH_GROWTH";

/// One row of the table.
#[derive(Serialize)]
struct Row {
    axis: &'static str,
    unit: &'static str,
    label: String,
    x: Option<f64>,
    case: Case,
    figures: Figures,
    /// The figures divided by those of the middle point.
    ratio: Figures,
}

fn main() {
    if let Ok(case) = std::env::var(CASE) {
        let figures = measure(&serde_json::from_str(&case).unwrap());
        println!("{}", serde_json::to_string(&figures).unwrap());
        return;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let tickets = arguments.iter().find_map(|word| word.parse().ok()).unwrap_or(TICKETS);
    let has_largest = arguments.iter().any(|word| word == "--largest");
    let middle_case = Case::middle(tickets);
    let rounds = if tickets < TICKETS { 1 } else { 3 };
    let middle = figures_of(&middle_case, rounds);
    println!("{middle_case}; two objectives for each team; one core");
    println!(
        "{:<18} {:>14}  {:>8} {:>7}  {:>8} {:>7}  {:>8} {:>7}  {:>8}  {:>8}",
        "", "", "ns/event", "ratio", "B/ticket", "ratio", "view ms", "ratio", "alert ms", "MB"
    );
    let mut rows = Vec::new();
    for point in points(tickets) {
        let before = rows.last().map_or(middle, |row: &Row| row.figures);
        if point.is_largest && !may_run(&point, has_largest, &before) {
            continue;
        }
        let is_middle = point.case == middle_case;
        let figures = if is_middle { middle } else { figures_of(&point.case, rounds) };
        rows.push(Row::new(point, figures, &middle));
        println!("{}", rows[rows.len() - 1]);
    }
    if let Some(place) = arguments.iter().position(|word| word == "--json") {
        fs::write(&arguments[place + 1], serde_json::to_string_pretty(&rows).unwrap()).unwrap();
    }
}

/// Whether the largest point is asked for and fits into memory, judged by the point before it. If not, prints
/// why.
fn may_run(point: &Point, is_asked: bool, before: &Figures) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let (needed, free) =
        (before.bytes_per_ticket * point.case.tickets as f64, available_bytes() as f64);
    let what = format!("{:<18} {:>14}", point.axis, point.label);
    if !is_asked {
        println!("{what}  left out: --largest runs it, in about {:.1} GB", needed / 1e9);
    } else if needed > free {
        println!(
            "{what}  left out: {:.1} GB of memory needed, {:.1} GB free",
            needed / 1e9,
            free / 1e9
        );
    }
    is_asked && needed <= free
}

/// The memory that the machine has left for new processes, in bytes.
fn available_bytes() -> u64 {
    let all = fs::read_to_string("/proc/meminfo").unwrap();
    let line = all.lines().find_map(|line| line.strip_prefix("MemAvailable:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

/// Measures a case in processes of its own, a large one only once.
fn figures_of(case: &Case, rounds: usize) -> Figures {
    let is_short = case.tickets * case.events_per_ticket < EVENTS_ONCE;
    let rounds = if is_short { rounds } else { 1 };
    let all: Vec<Figures> = (0..rounds).map(|_| in_child(case)).collect();
    let of = |figure: fn(&Figures) -> f64| median(all.iter().map(figure).collect());
    Figures {
        events: all[0].events,
        ns_per_event: of(|figures| figures.ns_per_event),
        bytes_per_ticket: of(|figures| figures.bytes_per_ticket),
        memory_mb: of(|figures| figures.memory_mb),
        view_ms: of(|figures| figures.view_ms),
        evaluation_ms: of(|figures| figures.evaluation_ms),
    }
}

fn in_child(case: &Case) -> Figures {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.env(CASE, serde_json::to_string(case).unwrap()).stderr(Stdio::inherit());
    let output = child.output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

impl Row {
    fn new(point: Point, figures: Figures, middle: &Figures) -> Self {
        let Point { axis, unit, label, x, case, .. } = point;
        let ratio = figures.divided_by(middle);
        Self { axis, unit, label, x, case, figures, ratio }
    }
}

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { axis, label, figures, ratio, .. } = self;
        write!(
            f,
            "{axis:<18} {label:>14}  {:>8.0} {:>7.2}  {:>8.0} {:>7.2}  {:>8.2} {:>7.2}  {:>8.2}  {:>8.1}",
            figures.ns_per_event,
            ratio.ns_per_event,
            figures.bytes_per_ticket,
            ratio.bytes_per_ticket,
            figures.view_ms,
            ratio.view_ms,
            figures.evaluation_ms,
            figures.memory_mb,
        )
    }
}
