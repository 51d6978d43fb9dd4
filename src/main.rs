//! The command line of dumpview.

#![deny(unsafe_code)]

mod answer;
mod cli;
mod commands;
mod input;
mod question;
mod run;
mod session;

use std::process::ExitCode;

fn main() -> ExitCode {
    run::main()
}
