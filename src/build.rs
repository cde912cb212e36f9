//! What the binary says of its own build: the compiler, and the revision where the source has one.

use std::process::Command;

fn main() {
    let said = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let compiler = said(&rustc, &["--version"]);
    // Packagers build without a repository, and say which revision it is.
    let revision = std::env::var("VASTE_REVISION")
        .ok()
        .or_else(|| said("git", &["rev-parse", "--short=12", "HEAD"]));
    set("VASTE_BUILD_RUSTC", compiler);
    set("VASTE_BUILD_REVISION", revision);
    directive("rerun-if-env-changed=VASTE_REVISION");
    // Only what is there: Cargo builds anew whenever a file it is told of is missing.
    for path in [".git/HEAD", ".git/logs/HEAD"] {
        if std::path::Path::new(path).exists() {
            directive(&format!("rerun-if-changed={path}"));
        }
    }
    directive("rerun-if-changed=src/build.rs");
}

fn set(name: &str, value: Option<String>) {
    let value = value.unwrap_or_else(|| "unknown".to_owned());
    directive(&format!("rustc-env={name}={value}"));
}

fn directive(text: &str) {
    println!("cargo::{text}");
}
