//! Builds the tests of the copied tree and runs them until one fails.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::mutant::{Target, TestName};
use crate::switches::{MutantLines, SELECTED};

/// A run is a hang when no test ends for this long.
const SILENCE_MAX: Duration = Duration::from_secs(300);
/// A test is quick when it takes no longer than this on the unchanged tree.
const QUICK_MAX: Duration = Duration::from_millis(20);
/// Lines of a compiler error that are printed.
const ERROR_LINES: usize = 7;

/// How the crate is compiled; its dependencies are as in any release build.
const PROFILE: [&str; 4] = [
    "--release",
    "--config=profile.release.package.vaste.opt-level=1",
    "--config=profile.release.package.vaste.debug-assertions=true",
    "--config=profile.release.package.vaste.overflow-checks=true",
];

/// The tests of one copy of the tree.
#[derive(Debug)]
pub(crate) struct Suite {
    tree: PathBuf,
    build: PathBuf,
    /// Standard error of the last run.
    log: PathBuf,
    /// The last unchanged tree that passed.
    passed: PathBuf,
    /// The test binaries with all mutants; a build of one mutant does not change them.
    switched: PathBuf,
    /// Random histories that each property test tries.
    law_cases: String,
    /// Tests of [`Target::Pipeline`] that are quick.
    quick: Vec<String>,
}

/// The build that the tests run in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Build {
    /// The one with all mutants, with the number of the one that runs; `None` for the unchanged code.
    Switched(Option<usize>),
    /// A build of the tree as it is.
    Alone,
}

/// Result of the tests of one tree.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// With the time of each test where they ran one by one.
    Passed(Vec<(String, Duration)>),
    /// With the first test that failed.
    Failed(TestName),
    /// No test ended for [`SILENCE_MAX`].
    Hang(Target),
    /// A signal ended the tests.
    Crash(Target),
    /// With the first error of the compiler.
    NotBuilt(String),
    /// The test binary ended with an error, but no test failed. With its standard error.
    NotRun(String),
}

/// An unchanged tree that has passed.
#[derive(Serialize, Deserialize)]
struct Passed {
    fingerprint: u64,
    quick: Vec<String>,
}

/// The last build with all mutants.
#[derive(Serialize, Deserialize)]
struct Kept {
    fingerprint: u64,
    faulty: BTreeMap<usize, String>,
}

/// A message of Cargo about something that it has built.
#[derive(Deserialize)]
struct Artifact {
    executable: Option<PathBuf>,
    profile: ArtifactProfile,
}

#[derive(Deserialize)]
struct ArtifactProfile {
    test: bool,
}

/// A message of Cargo about an error or a warning.
#[derive(Deserialize)]
struct CompilerMessage {
    message: Diagnostic,
}

#[derive(Deserialize)]
struct Diagnostic {
    level: String,
    rendered: Option<String>,
    spans: Vec<DiagnosticSpan>,
}

#[derive(Deserialize)]
struct DiagnosticSpan {
    file_name: PathBuf,
    line_start: usize,
    is_primary: bool,
}

/// Errors of the compiler.
#[derive(Debug, Default)]
pub(crate) struct CompilerErrors {
    /// The first one.
    pub(crate) text: String,
    /// The lines of every error, by file.
    lines: Vec<(PathBuf, usize)>,
}

/// What the output of a test binary says.
enum Output {
    /// It ended without a failed test.
    Ended(Vec<(String, Duration)>),
    FailedTest(String),
    Silent,
}

impl Suite {
    /// The suite of `folder/tree`, built in `folder/build`. `law_cases` holds unless `VASTE_LAW_CASES` is
    /// set.
    pub(crate) fn new(folder: &Path, law_cases: u32) -> Self {
        Self {
            tree: folder.join("tree"),
            build: folder.join("build"),
            log: folder.join("log"),
            passed: folder.join("passed.json"),
            switched: folder.join("switched"),
            law_cases: env::var("VASTE_LAW_CASES").unwrap_or_else(|_| law_cases.to_string()),
            quick: Vec::new(),
        }
    }

    /// The folder of the tree.
    pub(crate) fn tree(&self) -> &Path {
        &self.tree
    }

    /// Builds these tests of the tree with all mutants.
    pub(crate) fn build_switched(
        &self,
        targets: &BTreeSet<Target>,
    ) -> io::Result<Result<(), CompilerErrors>> {
        if self.switched.exists() {
            fs::remove_dir_all(&self.switched)?;
        }
        fs::create_dir_all(&self.switched)?;
        for &target in targets {
            match self.build(target)? {
                Ok(binary) => {
                    fs::copy(binary, self.switched_binary(target))?;
                }
                Err(errors) => return Ok(Err(errors)),
            }
        }
        Ok(Ok(()))
    }

    /// What the compiler refused in the last build with all mutants; `None` if that was of other code, or had
    /// other tests.
    pub(crate) fn switched_before(
        &self,
        fingerprint: u64,
        targets: &BTreeSet<Target>,
    ) -> Option<BTreeMap<usize, String>> {
        let kept = fs::read(self.switched.join("kept.json")).ok()?;
        let kept: Kept = serde_json::from_slice(&kept).ok()?;
        let has_all = targets.iter().all(|target| self.switched_binary(*target).exists());
        (kept.fingerprint == fingerprint && has_all).then_some(kept.faulty)
    }

    /// Keeps the build with all mutants for the next run.
    pub(crate) fn keep_switched(
        &self,
        fingerprint: u64,
        faulty: &BTreeMap<usize, String>,
    ) -> io::Result<()> {
        let kept = Kept { fingerprint, faulty: faulty.clone() };
        fs::write(self.switched.join("kept.json"), serde_json::to_vec(&kept)?)
    }

    fn switched_binary(&self, target: Target) -> PathBuf {
        self.switched.join(target.to_string())
    }

    /// Runs all tests of the unchanged code, and learns which of them are quick. A tree with this fingerprint
    /// that has passed before is not tried again.
    pub(crate) fn check_unchanged(&mut self, fingerprint: u64) -> io::Result<Outcome> {
        let passed = fs::read(&self.passed).unwrap_or_default();
        if let Ok(passed) = serde_json::from_slice::<Passed>(&passed)
            && passed.fingerprint == fingerprint
        {
            self.quick = passed.quick;
            return Ok(Outcome::Passed(Vec::new()));
        }
        for target in Target::WHOLE {
            let outcome = self.check(target, Build::Switched(None), &["--test-threads=1"])?;
            let Outcome::Passed(times) = outcome else { return Ok(outcome) };
            let quick = times.into_iter().filter(|(_, time)| *time <= QUICK_MAX);
            self.quick = quick.map(|(name, _)| name).collect();
        }
        let passed = Passed { fingerprint, quick: self.quick.clone() };
        fs::write(&self.passed, serde_json::to_vec(&passed)?)?;
        Ok(Outcome::Passed(Vec::new()))
    }

    /// Runs tests until one fails: those of `first`, list by list, then all unit tests, then the quick tests
    /// of the pipeline, then all of the pipeline. A target is built only when it is needed.
    pub(crate) fn check_mutated(
        &self,
        build: Build,
        first: [&[TestName]; 2],
    ) -> io::Result<Outcome> {
        let of_target = |list: &'_ [TestName], target| {
            let names = list.iter().filter(|test| test.target == target);
            (target, Some(names.map(|test| test.path.clone()).collect()))
        };
        let first =
            first.into_iter().flat_map(|list| Target::ALL.map(|target| of_target(list, target)));
        let others = [
            (Target::Lib, None),
            (Target::Pipeline, Some(self.quick.clone())),
            (Target::Pipeline, None),
        ];
        let stages: Vec<(_, Option<Vec<String>>)> = first.chain(others).collect();
        for (target, names) in stages {
            let arguments: Vec<&str> = match &names {
                Some(names) if names.is_empty() => continue,
                Some(names) => names.iter().map(String::as_str).chain(["--exact"]).collect(),
                None => Vec::new(),
            };
            let outcome = self.check(target, build, &arguments)?;
            if !matches!(outcome, Outcome::Passed(_)) {
                return Ok(outcome);
            }
        }
        Ok(Outcome::Passed(Vec::new()))
    }

    /// Runs the test binary of one target with these arguments, and builds it first where it is not yet
    /// there.
    fn check(&self, target: Target, build: Build, arguments: &[&str]) -> io::Result<Outcome> {
        match build {
            Build::Switched(selected) => {
                self.run(target, &self.switched_binary(target), selected, arguments)
            }
            Build::Alone => match self.build(target)? {
                Ok(binary) => self.run(target, &binary, None, arguments),
                Err(errors) => Ok(Outcome::NotBuilt(errors.text)),
            },
        }
    }

    /// The test binary of a target.
    fn build(&self, target: Target) -> io::Result<Result<PathBuf, CompilerErrors>> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .current_dir(&self.tree)
            .args(["test", "--no-run", "--locked", "--message-format=json"])
            .args(PROFILE)
            .args(target.arguments())
            .env("CARGO_TARGET_DIR", &self.build)
            .env("CARGO_INCREMENTAL", "1")
            .env("CARGO_TERM_COLOR", "never")
            .output()?;
        let stdout = String::from_utf8_lossy(&output.stdout);
        let binary = stdout.lines().find_map(test_binary);
        Ok(binary
            .filter(|_| output.status.success())
            .ok_or_else(|| CompilerErrors::read(&stdout, &String::from_utf8_lossy(&output.stderr))))
    }

    /// Runs a test binary until a test fails.
    fn run(
        &self,
        target: Target,
        binary: &Path,
        selected: Option<usize>,
        arguments: &[&str],
    ) -> io::Result<Outcome> {
        let mut child = Command::new(binary)
            .current_dir(&self.tree)
            .args(arguments)
            .envs(selected.map(|number| (SELECTED, number.to_string())))
            .env("CARGO_MANIFEST_DIR", &self.tree)
            .env("INSTA_UPDATE", "no")
            .env("INSTA_WORKSPACE_ROOT", &self.tree)
            // A failure is all that counts, not the smallest history that causes it.
            .env("PROPTEST_MAX_SHRINK_ITERS", "0")
            .env("RUST_BACKTRACE", "0")
            .env("VASTE_LAW_CASES", &self.law_cases)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&self.log)?)
            .spawn()?;
        let output = child.stdout.take().map_or(Output::Ended(Vec::new()), watch);
        if !matches!(output, Output::Ended(_)) {
            child.kill()?;
        }
        let status = child.wait()?;
        Ok(match output {
            Output::FailedTest(path) => Outcome::Failed(TestName { target, path }),
            Output::Silent => Outcome::Hang(target),
            Output::Ended(times) if status.success() => Outcome::Passed(times),
            Output::Ended(_) if status.code().is_none() => Outcome::Crash(target),
            Output::Ended(_) => Outcome::NotRun(fs::read_to_string(&self.log)?),
        })
    }
}

impl CompilerErrors {
    /// Reads the messages of Cargo. `stderr` is the text where none of them is an error.
    fn read(messages: &str, stderr: &str) -> Self {
        let mut errors = Self::default();
        for message in messages.lines() {
            let Ok(CompilerMessage { message }) = serde_json::from_str(message) else { continue };
            if message.level != "error" {
                continue;
            }
            if errors.text.is_empty() {
                errors.text = first_lines(message.rendered.as_deref().unwrap_or_default());
            }
            let primary = message.spans.into_iter().filter(|span| span.is_primary);
            errors.lines.extend(primary.map(|span| (span.file_name, span.line_start)));
        }
        if errors.text.is_empty() {
            errors.text = first_lines(stderr);
        }
        errors
    }

    /// The mutants that have an error.
    pub(crate) fn mutants(&self, places: &[MutantLines]) -> BTreeSet<usize> {
        let is_in = |place: &&MutantLines| {
            self.lines.iter().any(|(file, line)| place.file == *file && place.lines.contains(line))
        };
        places.iter().filter(is_in).map(|place| place.mutant).collect()
    }
}

fn first_lines(text: &str) -> String {
    text.lines().take(ERROR_LINES).collect::<Vec<_>>().join("\n")
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed(_) => f.write_str("all tests pass"),
            Self::Failed(test) => write!(f, "{test}"),
            Self::Hang(target) => {
                write!(f, "a hang: no test of {target} ended for {} s", SILENCE_MAX.as_secs())
            }
            Self::Crash(target) => write!(f, "a crash of {target}"),
            Self::NotBuilt(error) | Self::NotRun(error) => f.write_str(error),
        }
    }
}

/// The test binary that a message of Cargo names.
fn test_binary(message: &str) -> Option<PathBuf> {
    let artifact: Artifact = serde_json::from_str(message).ok()?;
    artifact.executable.filter(|_| artifact.profile.test)
}

/// Reads the output of a test binary to its end, to the first failed test, or until it falls silent.
#[expect(clippy::disallowed_methods, reason = "the time of a test is for the order of tests only")]
fn watch(stdout: ChildStdout) -> Output {
    let lines = lines_of(stdout);
    let mut times = Vec::new();
    let mut last = Instant::now();
    loop {
        match lines.recv_timeout(SILENCE_MAX) {
            Ok(line) => {
                let Some((name, result)) = test_result(&line) else { continue };
                if result == "FAILED" {
                    return Output::FailedTest(name.to_owned());
                }
                times.push((name.to_owned(), last.elapsed()));
                last = Instant::now();
            }
            Err(RecvTimeoutError::Timeout) => return Output::Silent,
            Err(RecvTimeoutError::Disconnected) => return Output::Ended(times),
        }
    }
}

/// The lines of an output, as they come. The thread ends with the output.
fn lines_of(stdout: ChildStdout) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let lines = BufReader::new(stdout).lines().map_while(Result::ok);
        for line in lines {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

/// The test and its result, of a line like `test a::b ... ok`.
fn test_result(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix("test ")?.split_once(" ... ")
}
