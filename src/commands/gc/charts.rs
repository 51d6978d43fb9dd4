//! A run's life in plain text: heap over cycles, and how long its pauses were.

use dumpview_model::gc::Process;
use dumpview_model::stats::Bucket;
use dumpview_model::units::duration;
use dumpview_model::units::mib;
use dumpview_view::chart::{self, Column, Glyphs};
use dumpview_view::{Role, Text, styled};
use std::io;

/// A chart of fewer columns says nothing that a table does not.
const LEAST: usize = 3;

pub(super) fn heap(process: &Process, glyphs: &Glyphs, out: &mut Text<'_>) -> io::Result<()> {
    let series = &process.series;
    let peaks = series.peak.buckets();
    if peaks.len() < LEAST {
        return Ok(());
    }
    // All are fed once a cycle; live comes one late where the next line prints it.
    let rows: Vec<(Bucket, Option<Bucket>, Option<Bucket>)> = peaks
        .iter()
        .enumerate()
        .map(|(index, peak)| {
            let at = |buckets: &[Bucket]| buckets.get(index).copied();
            (*peak, at(series.live.buckets()), at(series.goal.buckets()))
        })
        .collect();
    let columns = chart::columns(&rows, |part| Column {
        low: part
            .iter()
            .filter_map(|row| row.1)
            .map(|live| live.max)
            .max()
            .unwrap_or(0),
        high: part.iter().map(|row| row.0.max).max().unwrap_or(0),
        mark: part
            .iter()
            .filter_map(|row| row.2)
            .map(|goal| goal.last)
            .next_back(),
    });
    let goal = if series.goal.is_empty() {
        String::new()
    } else {
        format!("   {} goal", glyphs.line)
    };
    out.line("")?;
    out.line(styled(
        Role::Heading,
        format_args!(
            "heap at each cycle   {} live   {} garbage, at the largest{goal}",
            glyphs.full, glyphs.light
        ),
    ))?;
    let end = |cycle: &dumpview_model::gc::Cycle| match cycle.start() {
        Some(start) if start.0 == 0 => format!("cycle {}, 0 s", cycle.number()),
        Some(start) => format!("cycle {}, {}", cycle.number(), duration(start.0)),
        None => format!("cycle {}", cycle.number()),
    };
    chart::area(
        out,
        glyphs,
        &columns,
        &|height| {
            if height == 0 {
                "0".to_owned()
            } else {
                mib(height)
            }
        },
        (&end(&process.first), &end(&process.last)),
    )
}

/// Bounds of the histogram, in nanoseconds.
const BOUNDS: [u64; 14] = [
    0,
    10_000,
    20_000,
    50_000,
    100_000,
    200_000,
    500_000,
    1_000_000,
    2_000_000,
    5_000_000,
    10_000_000,
    50_000_000,
    200_000_000,
    u64::MAX,
];

pub(super) fn pauses(process: &Process, glyphs: &Glyphs, out: &mut Text<'_>) -> io::Result<()> {
    let pauses = &process.times.pause;
    if pauses.count() < LEAST as u64 {
        return Ok(());
    }
    let rows: Vec<(String, u64)> = BOUNDS
        .iter()
        .zip(BOUNDS.iter().skip(1))
        .map(|(from, to)| {
            let name = if *to == u64::MAX {
                format!("{} and more", duration(*from))
            } else {
                format!("below {}", duration(*to))
            };
            (name, pauses.between(*from, *to))
        })
        .collect();
    let filled = |row: &(String, u64)| row.1 > 0;
    let first = rows.iter().position(filled).unwrap_or(0);
    let last = rows.iter().rposition(filled).unwrap_or(0);
    out.line("")?;
    out.line(styled(
        Role::Heading,
        format_args!("pauses (stop-the-world of a cycle), by length"),
    ))?;
    chart::bars(out, glyphs, rows.get(first..=last).unwrap_or_default())
}
