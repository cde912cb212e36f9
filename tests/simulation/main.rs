//! A seeded simulation of a consumer group under faults. At the end its readings must equal those
//! of a run without faults.
//!
//! Method: the processes of one group with their partitions, views and alerts run under virtual
//! time, with a broker, a store and an Alertmanager. Faults of all kinds happen to them.
//!
//! One seed is one run. `VASTE_SEED=17 cargo test --test simulation -- --nocapture` prints the
//! transcript of one; `VASTE_SEEDS=100000` runs many.
//!
//! # Design
//! The world is simulated: partitions, monitor, alerts, checkpoints and alert-state logs are the
//! real ones. The process around them is a small model of the service's threads: it restores,
//! applies, advances, saves and commits in the same order as the service. In every other run each
//! ticket's events are in order. Then the counted samples must also equal those of a run without
//! faults.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test panics, and prints its seed")]

mod process;
#[expect(dead_code, reason = "the simulation draws whole numbers only")]
#[path = "../support/random.rs"]
mod random;
mod world;

use vaste::time::{Elapsed, SECOND_MS, Timestamp};

use process::{Process, Reading};
use random::Random;
use world::{Fault, World};

/// The number of seeds.
const SEEDS: u64 = 1_000;

/// Seconds with faults, and seconds without faults after them.
const FAULTY_SECONDS: i64 = 240;
const CALM_SECONDS: i64 = 110;

/// Processes of the group.
const PROCESSES: usize = 3;

fn begin() -> Timestamp {
    Timestamp::parse("2026-11-20T09:00:00Z").unwrap()
}

fn at(second: i64) -> Timestamp {
    begin().plus(Elapsed::from_ms(second * SECOND_MS))
}

/// The result of a run.
struct RunResult {
    reading: Reading,
    /// Notifications of the Alertmanager, by objective: fired, resolved.
    notified: String,
    transcript: Vec<String>,
    faults: usize,
}

/// One run. Without faults a single process has all partitions all the time.
fn run(seed: u64, has_faults: bool) -> RunResult {
    let mut world = World::new(seed, FAULTY_SECONDS, begin());
    let mut random = Random::new(seed ^ 0x5EED);
    let count = if has_faults { PROCESSES } else { 1 };
    let mut processes: Vec<Process> = (0..count).map(Process::new).collect();
    let all: Vec<i32> = (0..world.partitions()).collect();
    for process in &mut processes {
        process.start(&mut world, 0);
    }
    // The first process has all partitions: only a process with all of them can judge.
    processes[0].assign(&all, &mut world, 0);
    let mut faults = 0;
    for second in 1..FAULTY_SECONDS + CALM_SECONDS {
        world.advance(second);
        if has_faults && second < FAULTY_SECONDS && random.below(6) == 0 {
            let fault = Fault::draw(&mut random);
            world.note(second, &format!("{fault:?}"));
            faults += 1;
            inject(&fault, second, &mut world, &mut processes, &mut random);
        }
        if second == FAULTY_SECONDS {
            world.calm_down(second);
            settle(second, &mut world, &mut processes);
        }
        for process in &mut processes {
            process.tick(second, &mut world);
        }
    }
    let reading = processes[0].read();
    // If no process knew of the alert when it ended, Alertmanager ends it later, but once.
    if !processes[0].is_alerting("answered") {
        world.alertmanager.let_lapse("answered");
    }
    let notified = world.alertmanager.notifications();
    RunResult { reading, notified, transcript: world.transcript, faults }
}

fn inject(
    fault: &Fault,
    second: i64,
    world: &mut World,
    processes: &mut [Process],
    random: &mut Random,
) {
    let one = random.index(processes.len());
    let soon = second + 1 + random.below(20);
    match fault {
        Fault::Crash => processes[one].crash(world, soon, second),
        Fault::Restart => processes[one].stop(world, soon, second),
        Fault::Stall => processes[one].stall_until(soon),
        Fault::ClockJumps => {
            let minutes = 6 + random.below(600);
            let sign = if random.below(2) == 0 { 1 } else { -1 };
            let until = second + 1 + random.below(45);
            let by = Elapsed::from_ms(minutes * 60 * SECOND_MS);
            processes[one].clock_off(by, sign, until);
        }
        Fault::Rebalance => rebalance(second, world, processes, random),
        Fault::StoreFails => world.store.fails_until = soon,
        Fault::StoreIsSlow => world.store.slow_until = soon,
        Fault::BrokerAway => world.broker_away_until = soon,
        Fault::CheckpointRots => world.store.corrupt_latest(random),
        Fault::AlertmanagerSays(answer) => world.alertmanager.set_answer(*answer, soon),
    }
}

/// Moves partitions between processes. In most cases the first running process gets all of them.
fn rebalance(second: i64, world: &mut World, processes: &mut [Process], random: &mut Random) {
    let living: Vec<usize> =
        (0..processes.len()).filter(|index| processes[*index].is_running()).collect();
    let Some(first) = living.first().copied() else { return };
    let scatters = random.below(3) == 0;
    for partition in 0..world.partitions() {
        let to = if scatters { living[random.index(living.len())] } else { first };
        if processes[to].has(partition) {
            continue;
        }
        for process in processes.iter_mut() {
            process.revoke(partition, world, second);
        }
        processes[to].assign(&[partition], world, second);
    }
}

/// Ends all faults: every process runs, and the first one has all partitions.
fn settle(second: i64, world: &mut World, processes: &mut [Process]) {
    for process in processes.iter_mut() {
        process.recover(world, second);
    }
    for partition in 0..world.partitions() {
        if !processes[0].has(partition) {
            for process in processes.iter_mut() {
                process.revoke(partition, world, second);
            }
            processes[0].assign(&[partition], world, second);
        }
    }
}

/// Figures of a run.
#[derive(Default)]
struct Checked {
    faults: usize,
    samples: u64,
    /// Whether the alert that ends during the run was sent.
    was_sent: bool,
}

/// Checks that a run with faults equals one without.
fn check(seed: u64) -> Checked {
    let faulty = run(seed, true);
    let calm = run(seed, false);
    let context =
        format!("seed {seed}: VASTE_SEED={seed} cargo test --test simulation -- --nocapture");
    assert!(!faulty.reading.lines.is_empty(), "{context}");
    for (faulty, calm) in faulty.reading.lines.iter().zip(&calm.reading.lines) {
        assert_eq!(faulty, calm, "{context}");
    }
    assert_eq!(faulty.reading.lines.len(), calm.reading.lines.len(), "{context}");
    if World::is_in_order(seed) {
        assert_eq!(faulty.reading.counted, calm.reading.counted, "{context}");
    }
    // `forgotten` fires to the end, `answered` fires once and ends, `fine` never fires.
    let [answered, forgotten] = ["answered: fired 1, resolved 1", "forgotten: fired 1, resolved 0"];
    let notified = |answered: &str| format!("{answered}\nfine: fired 0, resolved 0\n{forgotten}\n");
    assert_eq!(calm.notified, notified(answered), "{context}");
    // An alert that ended before a process was ready, or could send it, need not be sent.
    let is_unsent = faulty.notified == notified("answered: fired 0, resolved 0");
    assert!(is_unsent || faulty.notified == notified(answered), "{}\n{context}", faulty.notified);
    Checked { faults: faulty.faults, samples: faulty.reading.counted.total(), was_sent: !is_unsent }
}

#[test]
fn a_run_with_faults_ends_like_one_without() {
    if let Ok(seed) = std::env::var("VASTE_SEED") {
        let ended = run(seed.parse().unwrap(), true);
        println!("{}", ended.transcript.join("\n"));
        check(seed.parse().unwrap());
        return;
    }
    let seeds = std::env::var("VASTE_SEEDS").ok().and_then(|seeds| seeds.parse().ok());
    let seeds = seeds.unwrap_or(SEEDS);
    // All cores: each thread takes every n-th seed.
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u64;
    let running: Vec<_> = (0..threads)
        .map(|index| {
            std::thread::spawn(move || {
                let own = (0..seeds).filter(|seed| seed % threads == index);
                own.map(check).collect::<Vec<Checked>>()
            })
        })
        .collect();
    let all: Vec<Checked> = running.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    let faults: usize = all.iter().map(|checked| checked.faults).sum();
    let sent = all.iter().filter(|checked| checked.was_sent).count();
    println!(
        "{seeds} seeds, {faults} faults, no difference from runs without faults; {sent} of the alerts that end were sent"
    );
    assert!(faults as u64 > seeds * 20, "{faults} faults in {seeds} runs");
    assert!(sent as u64 * 10 > seeds * 7, "{sent} of {seeds} alerts were sent");
    assert!(all.iter().all(|checked| checked.samples > 0));
}

#[test]
fn the_same_seed_twice_is_the_same_run() {
    for seed in [3, 4, 1_000_003] {
        let (first, second) = (run(seed, true), run(seed, true));
        assert!(first.transcript.len() > 100, "{} lines", first.transcript.len());
        assert_eq!(first.transcript, second.transcript, "seed {seed}");
    }
    assert_ne!(run(3, true).transcript, run(4, true).transcript);
}
