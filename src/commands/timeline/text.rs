//! The timeline for people: the inputs and how they were joined, then what happened.

use super::{Report, charts};
use crate::times::{date, offset};
use dumpview_model::timeline::{Bounds, By, Clock, Lane, Placed, Timeline, What};
use dumpview_view::document::Unread;
use dumpview_view::rows::sentence;
use dumpview_view::{Line, Role, Text, styled};
use std::collections::BTreeMap;
use std::io;

/// Up to so many events each have a line; of more, the ordinary ones are summed up.
const EACH: usize = 200;

/// Writes it.
pub(super) fn write(report: &Report<'_>, out: &mut Text<'_>) -> io::Result<()> {
    heading(report, out)?;
    sources(report, out)?;
    for note in &report.timeline.notes {
        out.line(format_args!("note: {note}"))?;
    }
    out.line("")?;
    charts::write(report, out)?;
    let chosen: Vec<&Placed> = report.chosen().collect();
    if chosen.is_empty() {
        return out.line("no event in that range");
    }
    if report.args.all || chosen.len() <= EACH {
        for placed in &chosen {
            row(report, placed, out)?;
        }
    } else {
        summed_up(report, &chosen, out)?;
    }
    let lost = Unread::of_timeline(&report.timeline).count;
    if lost > 0 {
        out.line(format_args!(
            "{lost} lines looked like traces and could not be read (--json lists them)"
        ))?;
    }
    Ok(())
}

fn heading(report: &Report<'_>, out: &mut Text<'_>) -> io::Result<()> {
    let timeline = &report.timeline;
    let mut processes: Vec<usize> = timeline.processes.iter().map(|s| s.joined).collect();
    processes.sort_unstable();
    processes.dedup();
    let count =
        |n: usize, what: &str, many: &str| format!("{n} {}", if n == 1 { what } else { many });
    let from = match timeline.axis.clock {
        Clock::Wall => format!(
            "; +0 is {} UTC",
            date(timeline.axis.zero, "%Y-%m-%d %H:%M:%S%.6f")
        ),
        Clock::Process => "; +0 is the start of the process".to_owned(),
    };
    let from = match timeline.extent() {
        Some(_) => from,
        None => "; no line tells when it was written".to_owned(),
    };
    let length = timeline.extent().map_or_else(String::new, |extent| {
        let ns = u64::try_from(extent.hi.saturating_sub(extent.lo)).unwrap_or(0);
        format!(", {}", dumpview_model::units::duration(ns))
    });
    out.line(styled(
        Role::Heading,
        format_args!(
            "{} of {}{length}{from}",
            count(timeline.sources.len(), "input", "inputs"),
            count(processes.len(), "process", "processes"),
        ),
    ))
}

fn sources(report: &Report<'_>, out: &mut Text<'_>) -> io::Result<()> {
    let timeline = &report.timeline;
    let mut numbers: BTreeMap<usize, usize> = BTreeMap::new();
    for process in &timeline.processes {
        let next = numbers.len() + 1;
        numbers.entry(process.joined).or_insert(next);
    }
    for (index, source) in timeline.sources.iter().enumerate() {
        let version = source.go_version.as_deref().unwrap_or_default();
        out.line(format_args!(
            "  {}  {} {}",
            source.name, source.kind, version
        ))?;
        for process in timeline.processes.iter().filter(|s| s.source == index) {
            let lanes: Vec<String> = process
                .lanes
                .iter()
                .map(|(lane, of)| {
                    let thinned = match of.one_kept_in {
                        1 => String::new(),
                        n => format!(" (1 in {n} kept)"),
                    };
                    format!("{} {}{thinned}", lane.as_str(), of.events)
                })
                .collect();
            let start = process.start_ns.zip(process.start_plus_minus_ns);
            let start = start.map_or_else(String::new, |(at, off)| {
                let start = Bounds::between(at.saturating_sub(off), at.saturating_add(off));
                format!(", started at {}{}", offset(start), plus_minus(start))
            });
            let number = numbers.get(&process.joined).copied().unwrap_or(0);
            let origin = if process.origin.is_empty() {
                String::new()
            } else {
                format!(" ({})", process.origin)
            };
            out.line(format_args!(
                "      process {number}{origin}: {}{start}",
                lanes.join(", ")
            ))?;
            for how in &process.how {
                out.line(styled(Role::Dim, format_args!("        {how}")))?;
            }
        }
    }
    Ok(())
}

/// How uncertain, unless that is below what is shown.
fn plus_minus(at: Bounds) -> String {
    match u64::try_from(at.plus_minus()) {
        Ok(ns) if ns >= 1_000_000 => format!(" ±{}", dumpview_model::units::duration(ns)),
        _ => String::new(),
    }
}

fn when(placed: &Placed) -> String {
    match placed.at {
        None => "no time".to_owned(),
        Some(at) => match placed.by {
            By::Own | By::Stamp => offset(at),
            By::NotAfter => format!("≤{}", offset(at)),
            By::NotBefore => format!("≥{}", offset(at)),
            By::Neighbours | By::Nothing => format!("~{}", offset(at)),
        },
    }
}

/// `a.log:12`
fn place(timeline: &Timeline, placed: &Placed) -> String {
    let process = timeline.processes.get(placed.process);
    let source = process.and_then(|process| timeline.sources.get(process.source));
    let name = source.map_or("", |source| source.name.as_str());
    let name = name.rsplit('/').next().unwrap_or(name);
    match placed.event.place.line {
        0 => name.to_owned(),
        line => format!("{name}:{line}"),
    }
}

fn row(report: &Report<'_>, placed: &Placed, out: &mut Text<'_>) -> io::Result<()> {
    let event = &placed.event;
    let uncertain = placed.at.filter(|_| placed.by.is_two_sided());
    let uncertain = uncertain.map_or_else(String::new, plus_minus);
    let text = sentence(event);
    let role = match event.lane {
        Lane::Moment => Role::Alarm,
        Lane::Log => Role::Dim,
        _ => Role::Plain,
    };
    out.line(
        Line::plain(format!(
            "{:>18}{uncertain:<12}  {:<9}  ",
            when(placed),
            event.lane.as_str()
        ))
        .and(role, text)
        .and(Role::Dim, format!("  {}", place(&report.timeline, placed))),
    )
}

/// Events that people want to see each, and between them how many others there were.
fn summed_up(report: &Report<'_>, chosen: &[&Placed], out: &mut Text<'_>) -> io::Result<()> {
    let worst = longest_pauses(chosen);
    let mut between: Vec<&Placed> = Vec::new();
    for placed in chosen {
        let special = match &placed.event.what {
            What::Moment(_) | What::SysmonForced | What::Profile { .. } => true,
            What::Cycle(cycle) => cycle.forced || worst.contains(&placed.event.place.line),
            _ => false,
        };
        if special {
            sum(report, &between, out)?;
            between.clear();
            row(report, placed, out)?;
        } else {
            between.push(placed);
        }
    }
    sum(report, &between, out)?;
    out.line(styled(
        Role::Dim,
        "~ between the lines around it, ≤ ≥ known on one side; crashes, forced collections and the five longest pauses are shown; --all shows each event, \
         --since, --until and --lane narrow",
    ))
}

/// Lines of the collections that stopped the world for longest.
fn longest_pauses(chosen: &[&Placed]) -> Vec<u64> {
    const SHOWN: usize = 5;
    let mut pauses: Vec<(u64, u64)> = chosen
        .iter()
        .filter_map(|placed| match &placed.event.what {
            What::Cycle(cycle) => {
                let clock = cycle.clock;
                let stopped = clock.sweep_termination.0 + clock.mark_termination.0;
                Some((stopped, placed.event.place.line))
            }
            _ => None,
        })
        .collect();
    pauses.sort_unstable_by_key(|pause| std::cmp::Reverse(*pause));
    pauses
        .into_iter()
        .take(SHOWN)
        .map(|(_, line)| line)
        .collect()
}

fn sum(report: &Report<'_>, between: &[&Placed], out: &mut Text<'_>) -> io::Result<()> {
    let [first, rest @ ..] = between else {
        return Ok(());
    };
    let last = rest.last().unwrap_or(first);
    if rest.is_empty() {
        return row(report, first, out);
    }
    let mut counts: BTreeMap<Lane, u64> = BTreeMap::new();
    for placed in between {
        *counts.entry(placed.event.lane).or_default() += 1;
    }
    let counts: Vec<String> = counts
        .iter()
        .map(|(lane, count)| format!("{count} {}", lane.as_str()))
        .collect();
    out.line(styled(
        Role::Dim,
        format_args!(
            "{:>18}{:12}  …          {} until {}",
            when(first),
            "",
            counts.join(", "),
            when(last)
        ),
    ))
}
