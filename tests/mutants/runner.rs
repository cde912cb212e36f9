//! Runs the mutation tests: each mutant breaks one rule of the design, and a test must fail.
//!
//! `cargo run --release --example mutants -- --help`
//!
//! Works on a copy of the tree, in a folder that is kept between runs: `VASTE_MUTANTS_TARGET`, by default
//! `vaste/mutants-target` in the user's cache. It is never a folder of other builds, because Cargo would
//! take what was built from a mutated copy for its own.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool prints its results"
)]

mod mutant;
mod suite;
mod tree;

use std::env;
use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use clap::Parser;

use mutant::{Mutant, RulesError};
use suite::{Outcome, Suite};
use tree::Snapshot;

/// The folder of the mutants.
const RULES: &str = "tests/mutants/rules";

/// Runs the mutation tests: each mutant breaks one rule of the design, and a test must fail
#[derive(Debug, Parser)]
#[command(name = "mutants")]
struct Cli {
    /// Mutants to run; all where neither a name nor a section is given
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Run the mutants of a section: a file of tests/mutants/rules, without its ending
    #[arg(long, value_name = "NAME")]
    section: Vec<String>,
    /// Run only every Nth of them, beginning with the Kth
    #[arg(long, value_name = "K/N")]
    shard: Option<Shard>,
    /// Write the test that caught a mutant into its file, to be tried first next time
    #[arg(long)]
    record: bool,
    /// Only check that each old text occurs exactly once in its file
    #[arg(long, conflicts_with_all = ["list", "record"])]
    texts: bool,
    /// Only list them, with their rules
    #[arg(long, conflicts_with = "record")]
    list: bool,
}

/// One part of N, counted from 1.
#[derive(Clone, Copy, Debug)]
struct Shard {
    number: usize,
    of: usize,
}

/// A shard that is not `K/N` with 1 ≤ K ≤ N.
#[derive(Debug, thiserror::Error)]
#[error("expected K/N, for instance 1/2")]
struct BadShard;

/// Why the mutants cannot be run.
#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error(transparent)]
    Rules(#[from] RulesError),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("another run builds in {0}")]
    Locked(PathBuf),
    #[error("neither VASTE_MUTANTS_TARGET nor a home folder is set")]
    NoFolder,
    #[error("the unchanged tree does not pass its tests: {0}")]
    Unchanged(Outcome),
}

/// What became of the mutants that were run.
#[derive(Debug, Default)]
struct Summary {
    caught: usize,
    missed: usize,
    /// Those that could not be tried.
    faults: usize,
}

impl FromStr for Shard {
    type Err = BadShard;

    fn from_str(text: &str) -> Result<Self, BadShard> {
        let (number, of) = text.split_once('/').ok_or(BadShard)?;
        let shard = Self {
            number: number.parse().map_err(|_| BadShard)?,
            of: of.parse().map_err(|_| BadShard)?,
        };
        if (1..=shard.of).contains(&shard.number) { Ok(shard) } else { Err(BadShard) }
    }
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("mutants: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every mutant is as it should be.
fn run(cli: &Cli) -> Result<bool, RunError> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let all = mutant::load(&root.join(RULES))?;
    let mut mutants = mutant::select(all, &cli.names, &cli.section)?;
    if let Some(Shard { number, of }) = cli.shard {
        mutants = mutants.into_iter().skip(number - 1).step_by(of).collect();
    }
    if cli.list {
        mutants.iter().for_each(|m| println!("{}  {}  ({})", m.section(), m.name, m.rule));
        return Ok(true);
    }
    let snapshot = Snapshot::take(root)?;
    if cli.texts { Ok(check_texts(&mutants, &snapshot)) } else { try_all(cli, &mutants, &snapshot) }
}

/// Whether each mutant applies.
fn check_texts(mutants: &[Mutant], snapshot: &Snapshot) -> bool {
    let faults = mutants.iter().filter(|mutant| mutated(mutant, snapshot).is_none());
    let faults = faults.inspect(|mutant| print_fault("does not apply", mutant, "")).count();
    println!("{} mutants: {} apply, {faults} do not", mutants.len(), mutants.len() - faults);
    faults == 0
}

/// Tries each mutant on a copy of the tree, and prints a line for each.
fn try_all(cli: &Cli, mutants: &[Mutant], snapshot: &Snapshot) -> Result<bool, RunError> {
    let folder = scratch_folder()?;
    let _lock = lock(&folder)?;
    let mut suite = Suite::new(&folder);
    snapshot.restore(suite.tree())?;
    eprintln!("building and testing the unchanged tree in {} …", folder.display());
    let unchanged =
        suite.check_unchanged(snapshot.fingerprint_without(Path::new("tests/mutants")))?;
    if !matches!(unchanged, Outcome::Passed(_)) {
        return Err(RunError::Unchanged(unchanged));
    }
    let mut summary = Summary::default();
    for mutant in mutants {
        let outcome = match mutated(mutant, snapshot) {
            Some(text) => {
                fs::write(suite.tree().join(&mutant.file), text)?;
                Some(suite.check_mutated(&mutant.caught_by)?)
            }
            None => None,
        };
        if let (true, Some(Outcome::Failed(test))) = (cli.record, &outcome)
            && !mutant.caught_by.contains(test)
        {
            mutant.record(test)?;
        }
        summary.add(mutant, outcome);
        // Failed property tests have saved their histories, and these must not be tried on other mutants.
        snapshot.restore(suite.tree())?;
    }
    println!("{summary}");
    Ok(summary.missed + summary.faults == 0)
}

/// The file of a mutant with its edits; `None` where they do not apply.
fn mutated(mutant: &Mutant, snapshot: &Snapshot) -> Option<String> {
    snapshot.text(&mutant.file).and_then(|text| mutant.apply(text))
}

/// The folder of the copy and of what is built from it.
fn scratch_folder() -> Result<PathBuf, RunError> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("VASTE_MUTANTS_TARGET").or_else(|| {
        let cache = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")))?;
        Some(cache.join("vaste/mutants-target"))
    });
    let folder = folder.ok_or(RunError::NoFolder)?;
    fs::create_dir_all(&folder)?;
    Ok(fs::canonicalize(folder)?)
}

/// Locks the folder: two runs would each test what the other one has built.
fn lock(folder: &Path) -> Result<File, RunError> {
    let file = File::create(folder.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(RunError::Locked(folder.to_owned())),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

impl Summary {
    /// Counts the outcome of a mutant and prints it; no outcome means that the mutant does not apply.
    fn add(&mut self, mutant: &Mutant, outcome: Option<Outcome>) {
        let Mutant { name, rule, .. } = mutant;
        match outcome {
            None => self.fault("does not apply", mutant, ""),
            Some(Outcome::NotBuilt(error)) => self.fault("does not compile", mutant, &error),
            Some(Outcome::NotRun(error)) => self.fault("does not run", mutant, &error),
            Some(Outcome::Passed(_)) => {
                self.missed += 1;
                println!("MISSED  {name}  ({rule})");
            }
            Some(cause @ (Outcome::Failed(_) | Outcome::Hang(_) | Outcome::Crash(_))) => {
                self.caught += 1;
                println!("caught  {name}  ({rule})  by {cause}");
            }
        }
    }

    fn fault(&mut self, what: &str, mutant: &Mutant, details: &str) {
        self.faults += 1;
        print_fault(what, mutant, details);
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { caught, missed, faults } = self;
        write!(f, "{} mutants: {caught} caught, {missed} missed", caught + missed + faults)?;
        if *faults > 0 {
            write!(f, ", {faults} could not be tried")?;
        }
        Ok(())
    }
}

fn print_fault(what: &str, mutant: &Mutant, details: &str) {
    println!("{what}  {}  ({})  in {}", mutant.name, mutant.rule, mutant.file.display());
    details.lines().for_each(|line| println!("    {line}"));
}
