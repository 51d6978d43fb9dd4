//! `gc`: the collector's life, from gctrace lines.
//!
//! | file | in charge of |
//! |---|---|
//! | `args` | flags |
//! | `read` | an input to runs |
//! | `fields` | what a cycle consists of |
//! | `json` | the document, written while the input is read |
//! | `text`, `charts` | the report for people |
//! | `compare` | two runs side by side |

mod args;
mod charts;
mod compare;
mod fields;
mod json;
mod read;
mod text;

pub use args::GcArgs;

use dumpview_view::sink::ansi::{Ansi, Styles};

use crate::answer::{Exit, Failure};
use crate::cli::Common;
use crate::commands::log::Stop;
use crate::input::log::Ended;
use anstream::AutoStream;
use dumpview_model::gc::Collector;
use dumpview_view::Text;
use read::Input;
use std::io::{self, BufWriter, Write};

/// Answers. The inner result is about writing the answer.
pub fn run(
    args: &GcArgs,
    common: &Common,
    out: &mut dyn Write,
    complain: &mut dyn FnMut(&str),
) -> Result<io::Result<Exit>, Failure> {
    Stop::apart(answer(args, common, out, complain))
}

/// Sums up on stdout what was read elsewhere.
pub fn sum_up(collector: Collector, ended: Ended, name: &str, common: &Common) -> io::Result<()> {
    let input = Input::of(collector, ended, name);
    let Ok(run) = input.main(name) else {
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
    args: &GcArgs,
    common: &Common,
    out: &mut dyn Write,
    complain: &mut dyn FnMut(&str),
) -> Result<Exit, Stop> {
    let path = &args.log.file;
    let name = args.log.name();
    if args.csv {
        let mut began = false;
        let input = read::read(path, &args.log, common, &mut |cycle| {
            let Some(cycle) = cycle else {
                return out.flush();
            };
            if !std::mem::replace(&mut began, true) {
                fields::csv_head(out)?;
            }
            fields::csv(cycle, out)
        })?;
        input.main(&name)?;
        return Ok(finish(&input, common, complain));
    }
    if common.json && args.compare.is_none() {
        let mut document = json::Document::new(out, &path.display().to_string());
        let input = read::read(path, &args.log, common, &mut |cycle| match cycle {
            Some(cycle) => document.cycle(cycle),
            None => document.flush(),
        })?;
        input.main(&name)?;
        document.finish(&input)?;
        return Ok(finish(&input, common, complain));
    }
    let input = read::read(path, &args.log, common, &mut |_| Ok(()))?;
    let run = input.main(&name)?;
    let Some(other) = &args.compare else {
        text::report(
            &input,
            run,
            &mut Text::new(&mut Ansi::new(out, Styles::Ansi)),
        )?;
        return Ok(finish(&input, common, complain));
    };
    let second = read::read(other, &args.log, common, &mut |_| Ok(()))?;
    let pair = compare::Pair {
        names: [name, other.display().to_string()],
        runs: [run, second.main(&other.display().to_string())?],
        incomplete: [&input, &second]
            .into_iter()
            .flat_map(Input::incomplete)
            .collect(),
    };
    if common.json {
        compare::json(&pair, out)?;
    } else {
        compare::text(&pair, &mut Text::new(&mut Ansi::new(out, Styles::Ansi)))?;
    }
    let exits = [&input, &second].map(|input| finish(input, common, complain));
    Ok(if exits.contains(&Exit::Damaged) {
        Exit::Damaged
    } else {
        Exit::Answered
    })
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
