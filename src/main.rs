//! The command line of dumpview.

#![deny(unsafe_code)]

mod answer;
mod browse;
mod cache;
mod case;
mod cli;
mod commands;
mod config;
mod ending;
mod flags;
mod input;
mod listing;
mod log;
mod memory;
mod out;
mod pager;
mod progress;
mod raw;
mod registry;
mod run;
mod schema;
mod script;
mod talk;
mod times;
mod verb;
mod words;

use std::process::ExitCode;

fn main() -> ExitCode {
    run::main()
}
