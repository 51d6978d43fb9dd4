//! The report for people.
//!
//! ```text
//! sched: 20 samples over 2.0 s, 2 Ps: 12% idle, 5.3 goroutines wait for a P on average …
//!   warning   P0 scheduled nothing for 1.4 s …
//! queues over time: a heat strip, a row for each P
//! tables: Ps, threads, goroutines
//! ```

use dumpview_model::log_model::LogModel;
use dumpview_model::sched::{Column, Process, Summary, Waits, findings};
use dumpview_model::units::duration;
use dumpview_model::units::{grouped, number, percent, plural};
use dumpview_view::chart::{self, Glyphs};
use dumpview_view::finding;
use dumpview_view::{Align, Role, Table, Text, styled};
use std::io;

pub(super) fn report(model: &LogModel, process: &Process, out: &mut Text<'_>) -> io::Result<()> {
    let summary = process.summary();
    out.line(styled(Role::Heading, sentence(&summary)))?;
    finding::write_all(&findings(&model.sched, &model.unread, process), out)?;
    heat(process, out)?;
    ps(&summary, out)?;
    threads(&summary, out)?;
    if let Some(waits) = &summary.waits {
        goroutines(waits, &summary, out)?;
    }
    processes(model, process, out)
}

fn millis(ms: u64) -> String {
    if ms == 0 {
        return "0 s".to_owned();
    }
    duration(ms.saturating_mul(1_000_000))
}

/// What matters most, in one sentence.
fn sentence(summary: &Summary) -> String {
    let procs = if summary.gomaxprocs_min == summary.gomaxprocs_max {
        plural(u64::from(summary.gomaxprocs_max), "P")
    } else {
        format!(
            "{} to {} Ps",
            summary.gomaxprocs_min, summary.gomaxprocs_max
        )
    };
    let span = summary.last_millis.saturating_sub(summary.first_millis);
    let load = match (
        summary.idle_share,
        summary.runnable_mean,
        summary.runnable_max,
    ) {
        (Some(idle), Some(mean), Some(most)) => format!(
            ": {} of the Ps idle, {} runnable goroutines on average, {} at most (line {})",
            percent(idle),
            number(mean),
            grouped(most),
            summary.runnable_max_line
        ),
        _ => String::new(),
    };
    let over = if span > 0 {
        format!(" over {}", millis(span))
    } else {
        String::new()
    };
    format!(
        "sched: {}{over}, {procs}{load}; {}, {} at most",
        plural(summary.samples, "sample"),
        plural(u64::from(summary.threads_last), "thread"),
        grouped(u64::from(summary.threads_max)),
    )
}

/// So many Ps have a row of their own; more are put together.
const ROWS: usize = 32;

fn heat(process: &Process, out: &mut Text<'_>) -> io::Result<()> {
    let columns = process.heat.columns();
    if columns.len() < 2 {
        return Ok(());
    }
    let glyphs = Glyphs::of_locale();
    let thresholds = [1, 2, 8, 32];
    let [none, one, few, many, most] = glyphs.shades;
    out.line("")?;
    out.line(styled(
        Role::Heading,
        format_args!(
            "queues over time   {none} 0   {one} 1   {few} 2-7   {many} 8-31   {most} 32 and more"
        ),
    ))?;
    let row = |of: &dyn Fn(&Column) -> Option<u64>| {
        chart::columns(columns, |part| part.iter().filter_map(of).max())
    };
    let mut rows = vec![("global".to_owned(), row(&|column| Some(column.global)))];
    let count = columns
        .iter()
        .map(|column| column.local.len())
        .max()
        .unwrap_or(0);
    let together = count.div_ceil(ROWS).max(1);
    for first in (0..count).step_by(together) {
        let last = (first + together).min(count);
        let name = if together == 1 {
            format!("P{first}")
        } else {
            format!("P{first}-{}", last - 1)
        };
        rows.push((
            name,
            row(&|column| column.local.get(first..last)?.iter().copied().max()),
        ));
    }
    rows.push((
        "idle Ps".to_owned(),
        row(&|column| Some(u64::from(column.idle))),
    ));
    chart::heat(
        out,
        &glyphs,
        &rows,
        thresholds,
        (&millis(process.first_millis), &millis(process.last_millis)),
    )
}

fn ps(summary: &Summary, out: &mut Text<'_>) -> io::Result<()> {
    if summary.ps.is_empty() {
        return Ok(());
    }
    out.line("")?;
    let mut table = Table::new([
        ("  P", Align::Right),
        ("queue, mean", Align::Right),
        ("longest", Align::Right),
        ("in line", Align::Right),
        ("schedules/s", Align::Right),
    ]);
    for p in summary.ps.iter().take(ROWS) {
        let line = if p.max_queue > 0 {
            p.max_line.to_string()
        } else {
            String::new()
        };
        table.row([
            format!("  {}", p.p),
            number(p.mean_queue),
            grouped(p.max_queue),
            line,
            p.schedules_per_s.map_or_else(|| "-".to_owned(), number),
        ]);
    }
    table.write(out)?;
    if summary.ps.len() > ROWS {
        out.line(format_args!("  and {} more", summary.ps.len() - ROWS))?;
    }
    if let Some(imbalance) = summary.imbalance_p50 {
        out.line(format_args!(
            "  imbalance {imbalance:.2} (median; 0 is even, 1 is all in one queue)"
        ))?;
    }
    Ok(())
}

fn threads(summary: &Summary, out: &mut Text<'_>) -> io::Result<()> {
    out.line("")?;
    out.line(styled(Role::Heading, "threads and idle Ps"))?;
    out.line(format_args!(
        "  threads     {} at first, {} at last, {} at most (line {}); idle at most {}",
        summary.threads_first,
        summary.threads_last,
        summary.threads_max,
        summary.threads_max_line,
        summary.idlethreads_max
    ))?;
    if summary.blocked_max > 0 {
        out.line(format_args!(
            "  blocked     about {} at most in system calls or C (line {}): threads less idle ones, busy Ps and sysmon",
            summary.blocked_max, summary.blocked_max_line
        ))?;
    }
    let share = |share: Option<f64>| share.map_or_else(|| "-".to_owned(), percent);
    out.line(format_args!(
        "  samples     {} without an idle P, {} with idle Ps and runnable goroutines, {} with a spinning thread",
        share(summary.all_busy_share),
        share(summary.idle_with_work_share),
        share(summary.spinning_share)
    ))
}

fn goroutines(waits: &Waits, summary: &Summary, out: &mut Text<'_>) -> io::Result<()> {
    out.line("")?;
    out.line(styled(
        Role::Heading,
        format_args!(
            "goroutines at {} (line {}): {} alive, {} at most in any sample",
            millis(waits.millis),
            waits.line,
            grouped(waits.alive),
            grouped(summary.goroutines_max.unwrap_or(0))
        ),
    ))?;
    let mut table = Table::new([
        ("  count", Align::Right),
        ("status", Align::Left),
        ("waits for", Align::Left),
    ]);
    for count in waits.counts.iter().take(20) {
        table.row([
            format!("  {}", grouped(count.count)),
            count.status.to_owned(),
            count.reason.clone(),
        ]);
    }
    table.write(out)?;
    let more = waits
        .counts
        .iter()
        .skip(20)
        .map(|count| count.count)
        .sum::<u64>()
        + waits.other;
    if more > 0 {
        out.line(format_args!("  and {} more", grouped(more)))?;
    }
    out.line(styled(
        Role::Dim,
        format_args!("  --at {}ms lists them", waits.millis),
    ))
}

fn processes(model: &LogModel, main: &Process, out: &mut Text<'_>) -> io::Result<()> {
    let processes = model.sched.processes();
    if processes.len() < 2 {
        return Ok(());
    }
    out.line("")?;
    out.line(styled(Role::Heading, "processes in this stream"))?;
    let mut table = Table::new([
        ("  process", Align::Right),
        ("from line", Align::Right),
        ("samples", Align::Right),
        ("time", Align::Right),
        ("Ps", Align::Right),
        ("threads", Align::Right),
        ("", Align::Left),
    ]);
    for process in processes.iter().take(20) {
        table.row([
            format!("  {}", process.id),
            process.first_line.to_string(),
            grouped(process.samples),
            millis(process.last_millis),
            process.gomaxprocs.1.to_string(),
            process.threads_max.0.to_string(),
            if process.id == main.id {
                "the one above"
            } else {
                ""
            }
            .to_owned(),
        ]);
    }
    table.write(out)
}
