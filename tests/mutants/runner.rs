//! Runs the mutation tests: each mutant breaks one rule of the design, and a test must fail. With
//! `--general`, the mutants are mechanical changes instead.
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

mod general;
mod mutant;
mod suite;
mod switches;
mod tree;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use clap::Parser;

use general::{GeneralError, GeneralMutant};
use mutant::{Mutant, RulesError, Target, TestName};
use suite::{Build, Outcome, Suite};
use switches::Switches;
use tree::Snapshot;

/// The folder of the mutants.
const RULES: &str = "tests/mutants/rules";

/// How many of the tests that have caught most mutants are tried before all others.
const OFTEN: usize = 8;

/// Random histories that each property test tries with a mutant that breaks a rule, unless `VASTE_LAW_CASES`
/// is set.
const RULE_CASES: u32 = 700;
/// Random histories with a mechanical mutant. There are thousands of these, so each must end soon.
const GENERAL_CASES: u32 = 100;

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
    /// Run the mutants that cargo-mutants makes of these files instead, for instance 'src/ticket/**'
    #[arg(long, value_name = "GLOB", conflicts_with_all = ["names", "section", "record", "texts"])]
    general: Vec<String>,
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
    General(#[from] GeneralError),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("another run builds in {0}")]
    Locked(PathBuf),
    #[error("neither VASTE_MUTANTS_TARGET nor a home folder is set")]
    NoFolder,
    #[error("the unchanged tree does not pass its tests: {0}")]
    Unchanged(Outcome),
    #[error("the tree with all mutants does not compile: {0}")]
    Switched(String),
}

/// The build of all mutants.
#[derive(Debug, Default)]
struct SwitchedBuild {
    /// Those that are in it.
    held: BTreeSet<usize>,
    /// Those that the compiler refuses in it, with an error.
    faulty: BTreeMap<usize, String>,
}

/// A mutant of either kind.
#[derive(Debug)]
struct Candidate {
    name: String,
    /// The rule that it breaks; nothing for a mechanical one.
    rule: Option<Mutant>,
    file: PathBuf,
    /// The file with the change; `None` where the change does not apply.
    text: Option<String>,
}

/// How many mutants each test has caught.
#[derive(Debug, Default)]
struct Catches(BTreeMap<TestName, usize>);

impl Catches {
    fn count(&mut self, test: &TestName) {
        *self.0.entry(test.clone()).or_default() += 1;
    }

    fn most_often(&self) -> Vec<TestName> {
        let mut tests: Vec<_> = self.0.iter().collect();
        tests.sort_by_key(|(test, count)| (Reverse(**count), *test));
        tests.into_iter().take(OFTEN).map(|(test, _)| test.clone()).collect()
    }
}

/// What became of the mutants that were run.
#[derive(Debug, Default)]
struct Summary {
    caught: usize,
    missed: usize,
    /// Those that could not be tried.
    faults: usize,
    /// Mechanical ones that do not compile.
    without_meaning: usize,
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
    let snapshot = Snapshot::take(root)?;
    let mut candidates: Vec<_> = if cli.general.is_empty() {
        let mutants = mutant::select(mutant::load(&root.join(RULES))?, &cli.names, &cli.section)?;
        mutants.into_iter().map(|mutant| Candidate::of_rule(mutant, &snapshot)).collect()
    } else {
        let mutants = general::list(root, &cli.general)?;
        mutants.into_iter().map(|mutant| Candidate::general(mutant, &snapshot)).collect()
    };
    if let Some(Shard { number, of }) = cli.shard {
        candidates = candidates.into_iter().skip(number - 1).step_by(of).collect();
    }
    if cli.list {
        candidates.iter().for_each(|candidate| println!("{candidate}"));
        return Ok(true);
    }
    if cli.texts {
        return Ok(check_texts(&candidates));
    }
    let folder = scratch_folder()?;
    let _lock = lock(&folder)?;
    let law_cases = if cli.general.is_empty() { RULE_CASES } else { GENERAL_CASES };
    try_all(&candidates, &snapshot, Suite::new(&folder, law_cases), cli.record)
}

/// Whether each mutant applies.
fn check_texts(candidates: &[Candidate]) -> bool {
    let faults = candidates.iter().filter(|candidate| candidate.text.is_none());
    let faults = faults.inspect(|candidate| print_fault("does not apply", candidate, "")).count();
    println!("{} mutants: {} apply, {faults} do not", candidates.len(), candidates.len() - faults);
    faults == 0
}

/// Tries each mutant on a copy of the tree, and prints a line for each.
fn try_all(
    candidates: &[Candidate],
    snapshot: &Snapshot,
    mut suite: Suite,
    record: bool,
) -> Result<bool, RunError> {
    let mut summary = Summary::default();
    snapshot.restore(suite.tree())?;
    let fingerprint = snapshot.fingerprint_without(Path::new("tests/mutants"));
    let built = build_switched(candidates, snapshot, &suite, fingerprint)?;
    eprintln!("testing the unchanged code …");
    let unchanged = suite.check_unchanged(fingerprint)?;
    if !matches!(unchanged, Outcome::Passed(_)) {
        return Err(RunError::Unchanged(unchanged));
    }
    let mut catches = Catches::default();
    candidates.iter().flat_map(Candidate::caught_by).for_each(|test| catches.count(test));
    // The others are built one by one, which changes the tree, so they come last.
    let (switched, others): (Vec<_>, Vec<_>) =
        candidates.iter().enumerate().partition(|(number, _)| built.held.contains(number));
    for (number, candidate) in switched.into_iter().chain(others) {
        let often = catches.most_often();
        let first = [candidate.caught_by(), &often];
        let outcome = match (&candidate.text, built.faulty.get(&number)) {
            (None, _) => None,
            (Some(_), _) if built.held.contains(&number) => {
                Some(suite.check_mutated(Build::Switched(Some(number)), first)?)
            }
            // Most of these do not compile alone either, and there are many.
            (Some(_), Some(error)) if candidate.rule.is_none() => {
                Some(Outcome::NotBuilt(error.clone()))
            }
            (Some(text), _) => {
                fs::write(suite.tree().join(&candidate.file), text)?;
                Some(suite.check_mutated(Build::Alone, first)?)
            }
        };
        if let Some(Outcome::Failed(test)) = &outcome {
            catches.count(test);
        }
        if let (true, Some(Outcome::Failed(test)), Some(mutant)) =
            (record, &outcome, &candidate.rule)
            && !mutant.caught_by.contains(test)
        {
            mutant.record(test)?;
        }
        summary.add(candidate, outcome);
        // Failed property tests have saved their histories, and these must not be tried on other mutants.
        snapshot.restore(suite.tree())?;
    }
    println!("{summary}");
    Ok(summary.missed + summary.faults == 0)
}

/// Builds all mutants at once. The build of the last run is used again if it has the same mutants and is of
/// the same tree. `tree` is the hash of the tree.
fn build_switched(
    candidates: &[Candidate],
    snapshot: &Snapshot,
    suite: &Suite,
    tree: u64,
) -> Result<SwitchedBuild, RunError> {
    let mut switches = Switches::default();
    let mut built = SwitchedBuild::default();
    for (number, candidate) in candidates.iter().enumerate() {
        if let (Some(original), Some(text)) = (snapshot.text(&candidate.file), &candidate.text)
            && switches.add(number, &candidate.file, original, text)
        {
            built.held.insert(number);
        }
    }
    let named = candidates.iter().flat_map(Candidate::caught_by).map(|test| test.target);
    let targets = Target::WHOLE.into_iter().chain(named).collect();
    let root = snapshot.text(Path::new("src/lib.rs")).unwrap_or_default();
    let fingerprint = switches.render(root, &built.held).fingerprint(tree);
    if let Some(faulty) = suite.switched_before(fingerprint, &targets) {
        built.held.retain(|number| !faulty.contains_key(number));
        return Ok(SwitchedBuild { faulty, ..built });
    }
    loop {
        eprintln!("building {} of {} mutants at once …", built.held.len(), candidates.len());
        let files = switches.render(root, &built.held);
        for (path, text) in &files.texts {
            fs::write(suite.tree().join(path), text)?;
        }
        let Err(errors) = suite.build_switched(&targets)? else { break };
        let faulty = errors.mutants(&files.places);
        if faulty.is_empty() {
            return Err(RunError::Switched(errors.text));
        }
        for number in faulty {
            built.held.remove(&number);
            built.faulty.insert(number, errors.text.clone());
        }
    }
    suite.keep_switched(fingerprint, &built.faulty)?;
    snapshot.restore(suite.tree())?;
    Ok(built)
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

impl Candidate {
    fn of_rule(mutant: Mutant, snapshot: &Snapshot) -> Self {
        let text = snapshot.text(&mutant.file).and_then(|text| mutant.apply(text));
        Self { name: mutant.name.clone(), file: mutant.file.clone(), text, rule: Some(mutant) }
    }

    fn general(mutant: GeneralMutant, snapshot: &Snapshot) -> Self {
        let text = snapshot.text(&mutant.file).and_then(|text| mutant.apply(text));
        Self { name: mutant.name, file: mutant.file, text, rule: None }
    }

    /// Tests to try first.
    fn caught_by(&self) -> &[TestName] {
        self.rule.as_ref().map_or(&[], |mutant| &mutant.caught_by)
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.rule {
            Some(mutant) => write!(f, "{}  ({})", self.name, mutant.rule),
            None => f.write_str(&self.name),
        }
    }
}

impl Summary {
    /// Counts the outcome of a mutant and prints it; no outcome means that the mutant does not apply.
    fn add(&mut self, candidate: &Candidate, outcome: Option<Outcome>) {
        match outcome {
            None => self.fault("does not apply", candidate, ""),
            // A mechanical change often breaks the types.
            Some(Outcome::NotBuilt(_)) if candidate.rule.is_none() => self.without_meaning += 1,
            Some(Outcome::NotBuilt(error)) => self.fault("does not compile", candidate, &error),
            Some(Outcome::NotRun(error)) => self.fault("does not run", candidate, &error),
            Some(Outcome::Passed(_)) => {
                self.missed += 1;
                println!("MISSED  {candidate}");
            }
            Some(cause @ (Outcome::Failed(_) | Outcome::Hang(_) | Outcome::Crash(_))) => {
                self.caught += 1;
                println!("caught  {candidate}  by {cause}");
            }
        }
    }

    fn fault(&mut self, what: &str, candidate: &Candidate, details: &str) {
        self.faults += 1;
        print_fault(what, candidate, details);
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { caught, missed, faults, without_meaning } = self;
        let all = caught + missed + faults + without_meaning;
        write!(f, "{all} mutants: {caught} caught, {missed} missed")?;
        if *without_meaning > 0 {
            write!(f, ", {without_meaning} do not compile")?;
        }
        if *faults > 0 {
            write!(f, ", {faults} could not be tried")?;
        }
        Ok(())
    }
}

fn print_fault(what: &str, candidate: &Candidate, details: &str) {
    println!("{what}  {candidate}  in {}", candidate.file.display());
    details.lines().for_each(|line| println!("    {line}"));
}
