//! Comma-separated values: a line a sample. Queues of the Ps stand in one cell, with spaces between.

use dumpview_model::sched::Sample;
use std::io::{self, Write};

pub(super) fn head(out: &mut dyn Write) -> io::Result<()> {
    out.write_all(
        b"run,line,millis,gomaxprocs,idleprocs,threads,spinningthreads,needspinning,idlethreads,runqueue,runnable,local,\
          schedticks,goroutines\n",
    )
}

fn list(numbers: &[u64], out: &mut dyn Write) -> io::Result<()> {
    for (index, number) in numbers.iter().enumerate() {
        if index > 0 {
            out.write_all(b" ")?;
        }
        write!(out, "{number}")?;
    }
    Ok(())
}

pub(super) fn row(sample: &Sample, out: &mut dyn Write) -> io::Result<()> {
    let option = |number: Option<u32>| number.map_or_else(String::new, |n| n.to_string());
    write!(
        out,
        "{},{},{},{},{},{},{},{},{},{},{},",
        sample.run,
        sample.place.line,
        sample.millis,
        sample.gomaxprocs,
        sample.idleprocs,
        sample.threads,
        option(sample.spinningthreads),
        option(sample.needspinning),
        sample.idlethreads,
        sample.runqueue,
        sample.runnable(),
    )?;
    list(&sample.local, out)?;
    out.write_all(b",")?;
    list(&sample.schedticks, out)?;
    match &sample.detail {
        Some(detail) => writeln!(out, ",{}", detail.gs.len()),
        None => out.write_all(b",\n"),
    }
}
