//! One sample in full.

use dumpview_model::sched::{Detail, Sample, g_status, p_status};
use dumpview_model::units::duration;
use dumpview_model::units::plural;
use dumpview_view::{Align, Role, Table, Text, styled};
use std::io;

/// Keeps the later of two samples that are not after `millis`.
pub(super) fn keep(kept: &mut Option<Sample>, sample: &Sample, millis: u64) {
    if sample.millis > millis {
        return;
    }
    match kept {
        Some(held) if held.millis > sample.millis => {}
        Some(held) => held.clone_from(sample),
        None => *kept = Some(sample.clone()),
    }
}

fn id(id: Option<u64>) -> String {
    id.map_or_else(|| "-".to_owned(), |id| id.to_string())
}

pub(super) fn text(sample: &Sample, out: &mut Text<'_>) -> io::Result<()> {
    out.line(styled(
        Role::Heading,
        format_args!(
            "sched: at {} (line {}): {} of {} busy, {} runnable ({} in the global queue), {}, {} of them idle",
            duration(sample.millis.saturating_mul(1_000_000)),
            sample.place.line,
            sample.busy(),
            plural(u64::from(sample.gomaxprocs), "P"),
            plural(sample.runnable(), "goroutine"),
            sample.runqueue,
            plural(u64::from(sample.threads), "thread"),
            sample.idlethreads
        ),
    ))?;
    let Some(detail) = &sample.detail else {
        let queues: Vec<String> = sample.local.iter().map(u64::to_string).collect();
        out.line(format_args!("  local queues  {}", queues.join(" ")))?;
        return out.line(styled(
            Role::Dim,
            "  GODEBUG=schedtrace=1000,scheddetail=1 prints threads and goroutines too",
        ));
    };
    out.blank()?;
    processors(detail, out)?;
    out.blank()?;
    threads(detail, out)?;
    out.blank()?;
    goroutines(detail, out)?;
    if detail.left_out > 0 {
        out.line(format_args!("and {} more", detail.left_out))?;
    }
    Ok(())
}

/// A line for each P.
fn processors(detail: &Detail, out: &mut Text<'_>) -> io::Result<()> {
    let mut table = Table::new([
        ("P", Align::Right),
        ("status", Align::Left),
        ("thread", Align::Right),
        ("queue", Align::Right),
        ("schedtick", Align::Right),
        ("syscalltick", Align::Right),
        ("timers", Align::Right),
    ]);
    for p in &detail.ps {
        table.row([
            p.id.to_string(),
            p_status(p.status).to_owned(),
            id(p.m),
            p.runqsize.to_string(),
            p.schedtick.to_string(),
            p.syscalltick.to_string(),
            id(p.timerslen),
        ]);
    }
    table.write(out)
}

/// A line for each M.
fn threads(detail: &Detail, out: &mut Text<'_>) -> io::Result<()> {
    let mut table = Table::new([
        ("thread", Align::Right),
        ("P", Align::Right),
        ("runs", Align::Right),
        ("locked to", Align::Right),
        ("state", Align::Left),
    ]);
    for m in &detail.ms {
        let mut words = Vec::new();
        for (is, word) in [
            (m.spinning, "spinning"),
            (m.blocked == Some(true), "blocked"),
            (m.mallocing != 0, "mallocing"),
            (m.throwing != 0, "throwing"),
            (m.dying != 0, "dying"),
        ] {
            if is {
                words.push(word.to_owned());
            }
        }
        if m.locks != 0 {
            words.push(format!("locks={}", m.locks));
        }
        if !m.preemptoff.is_empty() {
            words.push(format!("preemptoff={}", m.preemptoff));
        }
        table.row([
            m.id.to_string(),
            id(m.p),
            id(m.curg),
            id(m.lockedg),
            words.join(" "),
        ]);
    }
    table.write(out)
}

/// A line for each G.
fn goroutines(detail: &Detail, out: &mut Text<'_>) -> io::Result<()> {
    let mut table = Table::new([
        ("goroutine", Align::Right),
        ("status", Align::Left),
        ("thread", Align::Right),
        ("waits for", Align::Left),
    ]);
    for g in &detail.gs {
        let scanned = if g.status & 0x1000 != 0 {
            " (scan)"
        } else {
            ""
        };
        table.row([
            g.id.to_string(),
            format!("{}{scanned}", g_status(g.status)),
            id(g.m),
            g.reason.to_string(),
        ]);
    }
    table.write(out)
}
