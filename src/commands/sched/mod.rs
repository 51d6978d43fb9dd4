//! `sched`: run queues, idle Ps, threads and goroutines, from schedtrace lines.
//!
//! | file | in charge of |
//! |---|---|
//! | `args` | flags |
//! | `read` | an input to runs |
//! | `json`, `csv` | for programs, written while the input is read |
//! | `text` | the report for people |
//! | `at` | one sample in full |

mod args;
mod at;
mod csv;
mod json;
mod read;
mod text;

pub use args::SchedArgs;

use dumpview_view::sink::ansi::{Ansi, Styles};

use crate::answer::{Exit, Failure};
use crate::cli::Common;
use crate::commands::log::{Stop, duration};
use crate::input::log::Ended;
use anstream::AutoStream;
use dumpview_model::sched::{Collector, Sample};
use dumpview_view::Text;
use read::Input;
use std::io::{self, BufWriter, Write};

/// Answers. The inner result is about writing the answer.
pub fn run(
    args: &SchedArgs,
    common: &Common,
    out: &mut dyn Write,
    complain: &mut dyn FnMut(&str),
) -> Result<io::Result<Exit>, Failure> {
    Stop::apart(answer(args, common, out, complain))
}

/// Sums up on stdout what was read elsewhere.
pub fn sum_up(collector: Collector, ended: Ended, name: &str, common: &Common) -> io::Result<()> {
    let input = Input::of(collector, ended, name);
    let Ok(run) = input.main() else {
        return Ok(());
    };
    let mut out = BufWriter::new(AutoStream::new(io::stdout().lock(), common.color.into()));
    text::report(
        &input,
        run,
        &mut Text::new(&mut Ansi::new(&mut out, Styles::Ansi)),
    )?;
    out.flush()
}

fn answer(
    args: &SchedArgs,
    common: &Common,
    out: &mut dyn Write,
    complain: &mut dyn FnMut(&str),
) -> Result<Exit, Stop> {
    let path = &args.log.file;
    let shown = path.display().to_string();
    let input = if let Some(time) = &args.at {
        let ns = duration(time).ok_or_else(|| {
            Failure::usage(format!(
                "--at: not a time: {time}\n\nhint: 300ms, 2s, 1m30s after the first sample"
            ))
        })?;
        let mut kept: Option<Sample> = None;
        let input = read::read(path, &args.log, common, &mut |sample| {
            if let Some(sample) = sample {
                at::keep(&mut kept, sample, ns / 1_000_000);
            }
            Ok(())
        })?;
        input.main()?;
        let Some(sample) = kept else {
            return Err(
                Failure::no_answer(format!("{shown}: no sample at or before {time}")).into(),
            );
        };
        if common.json {
            let mut document = json::Document::new(out, &shown);
            document.sample(&sample)?;
            document.finish(&input)?;
        } else {
            at::text(&sample, &mut Text::new(&mut Ansi::new(out, Styles::Ansi)))?;
        }
        input
    } else if args.csv {
        let mut began = false;
        let input = read::read(path, &args.log, common, &mut |sample| {
            let Some(sample) = sample else {
                return out.flush();
            };
            if !std::mem::replace(&mut began, true) {
                csv::head(out)?;
            }
            csv::row(sample, out)
        })?;
        input.main()?;
        input
    } else if common.json {
        let mut document = json::Document::new(out, &shown);
        let input = read::read(path, &args.log, common, &mut |sample| match sample {
            Some(sample) => document.sample(sample),
            None => document.flush(),
        })?;
        input.main()?;
        document.finish(&input)?;
        input
    } else {
        let input = read::read(path, &args.log, common, &mut |_| Ok(()))?;
        text::report(
            &input,
            input.main()?,
            &mut Text::new(&mut Ansi::new(out, Styles::Ansi)),
        )?;
        input
    };
    Ok(finish(&input, common, complain))
}

/// Says on stderr what is missing, and how the program ends.
fn finish(input: &Input, common: &Common, complain: &mut dyn FnMut(&str)) -> Exit {
    let missing = input.incomplete();
    if !common.quiet {
        for why in &missing {
            complain(why);
        }
    }
    if missing.is_empty() {
        Exit::Answered
    } else {
        Exit::Damaged
    }
}
