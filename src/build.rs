//! Build script: passes the version of the compiler, the revision of the source and the date to the crate.

use std::process::Command;
use std::time::UNIX_EPOCH;

fn main() {
    let output_of = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let compiler = output_of(&rustc, &["--version"]);
    // Packagers build without a repository: they set the revision.
    let revision = std::env::var("VASTE_REVISION")
        .ok()
        .or_else(|| output_of("git", &["rev-parse", "--short=12", "HEAD"]));
    set("VASTE_BUILD_RUSTC", compiler);
    set("VASTE_BUILD_REVISION", revision);
    set("VASTE_BUILD_DATE", date());
    directive("rerun-if-env-changed=VASTE_REVISION");
    directive("rerun-if-env-changed=SOURCE_DATE_EPOCH");
    // Only files that exist: for a missing one, Cargo would run this script at every build.
    for path in [".git/HEAD", ".git/logs/HEAD"] {
        if std::path::Path::new(path).exists() {
            directive(&format!("rerun-if-changed={path}"));
        }
    }
    directive("rerun-if-changed=src/build.rs");
}

/// Today in UTC, or the date that whoever builds the same bytes again sets: seconds since 1970
/// (<https://reproducible-builds.org/specs/source-date-epoch/>).
fn date() -> Option<String> {
    let set = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|seconds| seconds.parse().ok());
    let seconds = match set {
        Some(seconds) => seconds,
        None => i64::try_from(UNIX_EPOCH.elapsed().ok()?.as_secs()).ok()?,
    };
    Some(chrono::DateTime::from_timestamp(seconds, 0)?.date_naive().to_string())
}

fn set(name: &str, value: Option<String>) {
    let value = value.unwrap_or_else(|| "unknown".to_owned());
    directive(&format!("rustc-env={name}={value}"));
}

fn directive(text: &str) {
    println!("cargo::{text}");
}
