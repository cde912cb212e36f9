//! The binary `vaste`. `vaste --help` lists its commands.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(vaste::cli::run(std::env::args_os()))
}
