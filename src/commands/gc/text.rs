//! The report for people.
//!
//! ```text
//! gc: 6 cycles in 6 min 33 s …: the world stood still for 1.2 ms in all, at most 273.0 µs …
//!   critical  the collector ran back to back …
//! charts
//! where the time went: phases, CPU
//! heap
//! ```

use super::{beside, charts};
use dumpview_model::gc::{Phase, Process, Summary, findings};
use dumpview_model::log_model::LogModel;
use dumpview_model::units::duration;
use dumpview_model::units::{grouped, mib, number, percent, plural, precise};
use dumpview_view::chart::Glyphs;
use dumpview_view::finding;
use dumpview_view::{Align, Role, Table, Text, styled};
use std::io;

pub(super) fn report(model: &LogModel, process: &Process, out: &mut Text<'_>) -> io::Result<()> {
    let summary = process.summary();
    let count = model.gc.processes().len() as u64 + model.gc.more().processes;
    out.line(styled(Role::Heading, sentence(&summary, count)))?;
    if let Some(origin) = &summary.origin {
        out.line(format_args!("  written by {origin}"))?;
    }
    if let Some(package) = &summary.package {
        out.line(format_args!("  it is the compiler at work on {package}"))?;
    }
    finding::write_all(&findings(&model.gc, &model.unread, process), out)?;
    let glyphs = Glyphs::of_locale();
    charts::heap(process, &glyphs, out)?;
    charts::pauses(process, &glyphs, out)?;
    phases(&summary, out)?;
    cpu(&summary, out)?;
    heap(&summary, out)?;
    beside::write(&process.extras, out)?;
    processes(model, process, out)
}

/// What matters most, in one sentence.
fn sentence(summary: &Summary, processes: u64) -> String {
    let of_many = if processes > 1 {
        format!("this is 1 of {processes} processes: ")
    } else {
        String::new()
    };
    let procs = match (summary.procs_min, summary.procs_max) {
        (Some(least), Some(most)) if least != most => format!(" on {least} to {most} Ps"),
        (Some(least), _) => format!(" on {}", plural(u64::from(least), "P")),
        _ => String::new(),
    };
    let wall = summary
        .wall_ns
        .map_or_else(String::new, |wall| format!(" in {}", duration(wall)));
    let cpu = match (summary.cpu_share, summary.cpu_percent) {
        (Some(share), _) => format!("the collector took {} of the CPU, ", percent(share)),
        (None, Some(percent)) => {
            format!("the collector took {percent}% of the CPU by the runtime's own count, ")
        }
        _ => String::new(),
    };
    let longest = summary.pause.max_at.map_or_else(String::new, |at| {
        let when = at
            .start_ns
            // A clock that was set back prints times before the start as the largest there are.
            .filter(|start| *start <= i64::MAX.cast_unsigned())
            .map_or_else(String::new, |start| format!(" at {}", duration(start)));
        format!(" (cycle {}{when}, line {})", at.number, at.line)
    });
    format!(
        "gc: {of_many}{}{wall}{procs} ({}): {cpu}the world stood still for {} in all, at most for {}{longest}",
        plural(summary.cycles, "cycle"),
        summary.dialect,
        duration(summary.pause.total_ns),
        duration(summary.pause.max_ns),
    )
}

fn phases(summary: &Summary, out: &mut Text<'_>) -> io::Result<()> {
    out.line("")?;
    out.line(styled(Role::Heading, "time by phase"))?;
    let mut table = Table::new([
        ("  phase", Align::Left),
        ("total", Align::Right),
        ("p50", Align::Right),
        ("p90", Align::Right),
        ("p99", Align::Right),
        ("max", Align::Right),
        ("longest in", Align::Left),
    ]);
    let mut row = |name: &str, phase: Option<&Phase>| {
        let Some(phase) = phase else { return };
        let at = phase.max_at.map_or_else(String::new, |at| {
            format!("cycle {}, line {}", at.number, at.line)
        });
        table.row([
            format!("  {name}"),
            duration(phase.total_ns),
            duration(phase.p50_ns),
            duration(phase.p90_ns),
            duration(phase.p99_ns),
            duration(phase.max_ns),
            at,
        ]);
    };
    row("stop-the-world", Some(&summary.pause));
    row("  sweep termination", summary.sweep_termination.as_ref());
    row("  mark termination", summary.mark_termination.as_ref());
    row("marking", Some(&summary.mark));
    row("from cycle to cycle", summary.interval.as_ref());
    table.write(out)?;
    let below = summary.pause.total_below_ns.unwrap_or(0);
    let error = if summary.pause.relative_error > 0.0 {
        format!(
            "; percentiles are at most {} too high",
            percent(summary.pause.relative_error)
        )
    } else {
        String::new()
    };
    out.line(styled(
        Role::Dim,
        format_args!(
            "  the runtime cuts its numbers down: stop-the-world took at least {} and less than {}{error}",
            precise(summary.pause.total_ns),
            precise(below)
        ),
    ))
}

fn cpu(summary: &Summary, out: &mut Text<'_>) -> io::Result<()> {
    let Some(printed) = summary.cpu_percent else {
        return Ok(());
    };
    let marking = summary.assist_cpu_ns + summary.background_cpu_ns + summary.idle_cpu_ns;
    out.line("")?;
    out.line(styled(Role::Heading, "CPU"))?;
    let mut table = Table::new([
        ("  of the collector", Align::Left),
        ("time", Align::Right),
        ("of marking", Align::Right),
        ("", Align::Left),
    ]);
    #[expect(clippy::cast_precision_loss, reason = "a share for people")]
    let share = |part: u64| {
        if marking == 0 {
            "-".to_owned()
        } else {
            percent(part as f64 / marking as f64)
        }
    };
    for (name, time, what) in [
        (
            "assists",
            summary.assist_cpu_ns,
            "the program's goroutines, before they may allocate",
        ),
        (
            "background",
            summary.background_cpu_ns,
            "dedicated and fractional workers",
        ),
        ("idle", summary.idle_cpu_ns, "time that nobody wanted"),
    ] {
        table.row([
            format!("  {name}"),
            duration(time),
            share(time),
            what.to_owned(),
        ]);
    }
    table.row([
        "  stopped".to_owned(),
        duration(summary.stopped_cpu_ns),
        String::new(),
        "all Ps while the world stood still, at most".to_owned(),
    ]);
    table.write(out)?;
    if let Some(share) = summary.cpu_share {
        out.line(format_args!(
            "  {} of all CPU (without idle time) by the cycles here; the runtime says {printed}% (since its start, cut to a whole \
             number)",
            percent(share)
        ))?;
    } else {
        out.line(format_args!(
            "  {printed}% of all CPU, says the runtime (since its start); cycles are missing, so it is not added up here"
        ))?;
    }
    if let (Some(busy), Some(idle)) = (summary.mark_utilization, summary.mark_utilization_with_idle)
    {
        out.line(format_args!(
            "  while it marked it used {} of the Ps ({} with idle time; 25% is aimed at){}",
            percent(busy),
            percent(idle),
            summary
                .active_share
                .map_or_else(String::new, |share| format!(
                    ", and a cycle ran {} of the time",
                    percent(share)
                ))
        ))?;
    }
    Ok(())
}

fn heap(summary: &Summary, out: &mut Text<'_>) -> io::Result<()> {
    out.line("")?;
    out.line(styled(Role::Heading, "heap (whole MiB, cut down)"))?;
    let live = &summary.live;
    let last = live.last_mib.map_or("?".to_owned(), mib);
    let most = live.max.map_or_else(String::new, |max| {
        format!(
            ", at most {} (cycle {}, line {})",
            mib(max.mib),
            max.at.number,
            max.at.line
        )
    });
    out.line(format_args!(
        "  live        {last} at the end{most}; {}",
        shape(summary)
    ))?;
    if let Some(peak) = summary.peak {
        out.line(format_args!(
            "  largest     {} (cycle {}, line {})",
            mib(peak.mib),
            peak.at.number,
            peak.at.line
        ))?;
    }
    if let Some(goal) = summary.goal_mib {
        let over = summary.over_goal_max.map_or_else(
            || "no cycle ended above its goal for certain".to_owned(),
            |worst| {
                format!(
                    "{} ended above the goal, at most by {} (line {})",
                    plural(summary.over_goal, "cycle"),
                    mib(worst.mib),
                    worst.at.line
                )
            },
        );
        out.line(format_args!(
            "  goal        {} at the end; {over}",
            mib(goal)
        ))?;
    }
    if summary.no_goal {
        out.line("  goal        none at the end: GOGC is off, and there is no memory limit")?;
    }
    if let Some(gogc) = &summary.gogc
        && gogc.p50_percent < 10
    {
        out.line(format_args!(
            "  GOGC        cannot be told: in the median of {} goals are {}% above live heap, so a memory limit sets them",
            plural(gogc.cycles, "cycle"),
            gogc.p50_percent
        ))?;
    } else if let Some(gogc) = &summary.gogc {
        out.line(format_args!(
            "  GOGC        {} by the goals (median of {}); at the end {} ± {}",
            gogc.p50_percent,
            plural(gogc.cycles, "cycle"),
            gogc.last_percent,
            gogc.last_off_percent
        ))?;
    }
    if let Some(rate) = &summary.allocation {
        out.line(format_args!(
            "  allocation  {} MiB/s, off by less than {} because sizes are whole MiB",
            number(rate.mib_per_s),
            number(rate.off_mib_per_s)
        ))?;
    }
    if let Some(rate) = summary.cycles_per_s {
        out.line(format_args!(
            "  frequency   {} cycles a second; {} forced by the program, {} by sysmon after two idle minutes",
            number(rate),
            grouped(summary.forced),
            grouped(summary.sysmon_forced)
        ))?;
    }
    Ok(())
}

fn shape(summary: &Summary) -> String {
    let live = &summary.live;
    let slope = number(live.slope_mib_per_s * 60.0);
    match live.shape {
        "unknown" => format!("no trend to tell: {}", live.against.join("; ")),
        "flat" => "no trend".to_owned(),
        "risen" => "it rose, then stayed".to_owned(),
        "leak" => format!("it rises by {slope} MiB a minute, steadily"),
        shape => format!("{shape} by {slope} MiB a minute"),
    }
}

fn processes(model: &LogModel, main: &Process, out: &mut Text<'_>) -> io::Result<()> {
    let processes = model.gc.processes();
    if processes.len() < 2 {
        return Ok(());
    }
    out.line("")?;
    out.line(styled(Role::Heading, "processes in this stream"))?;
    let mut table = Table::new([
        ("  process", Align::Right),
        ("from line", Align::Right),
        ("cycles", Align::Right),
        ("numbers", Align::Left),
        ("time", Align::Right),
        ("paused", Align::Right),
        ("largest heap", Align::Right),
        ("", Align::Left),
    ]);
    for process in processes.iter().take(20) {
        let summary = process.summary();
        let mut words = Vec::new();
        if process.id == main.id {
            words.push("the one above".to_owned());
        }
        if let Some(package) = &process.package {
            words.push(format!("compiler of {package}"));
        }
        if !process.name.is_empty() {
            words.push(process.name.clone());
        }
        if process.doubtful > 0 {
            words.push(format!("{} doubtful", plural(process.doubtful, "cycle")));
        }
        table.row([
            format!("  {}", process.id),
            summary.first_line.to_string(),
            grouped(process.cycles),
            format!("{}-{}", summary.first_number, summary.last_number),
            summary.wall_ns.map_or_else(String::new, duration),
            duration(summary.pause.total_ns),
            summary.peak.map_or_else(String::new, |peak| mib(peak.mib)),
            words.join(", "),
        ]);
    }
    table.write(out)?;
    let left = processes.len().saturating_sub(20) as u64 + model.gc.more().processes;
    if left > 0 {
        out.line(format_args!("  and {left} more"))?;
    }
    Ok(())
}
