//! The example log in `config/example` equals what the project generates.

#[expect(dead_code, reason = "the log needs whole numbers only")]
#[path = "support/random.rs"]
mod random;
#[path = "support/simulated_team.rs"]
mod simulated_team;

use std::path::PathBuf;

use simulated_team::{Team, log};
use vaste::time::Timestamp;

/// One fast team, one that slows down, one with few tickets.
const TEAMS: [Team; 3] = [
    Team {
        name: "billing",
        every_minutes: 180,
        answers_minutes: 18,
        slows_percent: 0,
        forgets_one_of: 0,
    },
    Team {
        name: "support",
        every_minutes: 110,
        answers_minutes: 60,
        slows_percent: 400,
        forgets_one_of: 60,
    },
    Team {
        name: "press",
        every_minutes: 3_000,
        answers_minutes: 900,
        slows_percent: 0,
        forgets_one_of: 0,
    },
];

/// `VASTE_WRITE_EXAMPLE=1` writes it again.
#[test]
fn the_example_log_is_what_the_project_generates() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("config/example/events.ndjson");
    let begin = Timestamp::parse("2026-10-12T00:00:00Z").unwrap();
    let mut text = log(&TEAMS, begin, 21, 7).join("\n");
    text.push('\n');
    if std::env::var_os("VASTE_WRITE_EXAMPLE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert!(std::fs::read_to_string(&path).unwrap() == text, "{} is another log", path.display());
}
