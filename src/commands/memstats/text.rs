//! The report for people: the most important first, then where the memory is, then what changed.

use super::Memory;
use crate::log::Inputs;
use crate::times;
use dumpview_model::memstats::{
    Amount, Field, Form, MetricValue, Parts, Process, Snapshot, Value, elapsed, figures, findings,
};
use dumpview_model::units::{bytes, duration};
use dumpview_model::units::{grouped, percent, plural};
use dumpview_parsers::log::Stamp;
use dumpview_view::document::{Unread, Unrecognized};
use dumpview_view::finding;
use dumpview_view::{Align, Role, Table, Text, styled};
use std::io;

/// Series are shown with at most so many rows.
const ROWS: usize = 24;
/// No heap is that large: so the goal reads where nothing makes a collection due.
const NO_GOAL: u64 = 1 << 48;
/// Size classes with the most bytes.
const SIZES: usize = 12;

/// `a.log:12`, or `line 12` when there is only one input. A heap dump has no lines, and is named.
fn place(names: &[String], source: usize, line: u64) -> String {
    match names.get(source) {
        Some(name) if line == 0 => name.rsplit('/').next().unwrap_or(name).to_owned(),
        Some(name) if names.len() > 1 => {
            let name = name.rsplit('/').next().unwrap_or(name);
            format!("{name}:{line}")
        }
        _ => format!("line {line}"),
    }
}

/// Nanoseconds since 1970 as a date, in UTC.
fn unix(ns: u64) -> String {
    i64::try_from(ns).map_or_else(|_| ns.to_string(), |ns| times::stamp(Stamp::Utc(ns)))
}

/// A value of a field for people.
fn text(field: Field, value: Value) -> String {
    match value {
        Value::Integer(n) if matches!(field, Field::LastGC | Field::LastPauseEnd) => {
            if n == 0 {
                "never".to_owned()
            } else {
                unix(n)
            }
        }
        Value::Integer(n) if field.is_nanos() => duration(n),
        Value::Integer(n) if field.is_bytes() => bytes(n),
        Value::Integer(n) => grouped(n),
        Value::Float(n) if field == Field::GCCPUFraction => percent(n),
        Value::Float(n) => n.to_string(),
        Value::Bool(b) => b.to_string(),
        Value::Amount(amount) => amount.to_string(),
    }
}

pub(super) fn write(inputs: &Inputs, out: &mut Text<'_>) -> io::Result<()> {
    let (names, memory) = (&inputs.names, &inputs.model.memory);
    let many = memory.processes().len() > 1;
    for (index, of) in memory.processes().enumerate() {
        if index > 0 {
            out.line("")?;
        }
        if many {
            let origin = if of.origin.is_empty() {
                String::new()
            } else {
                format!(", {}", of.origin)
            };
            out.line(styled(
                Role::Heading,
                format_args!("Process {}{origin}", of.id),
            ))?;
        }
        process(names, of, out)?;
    }
    if memory.dropped > 0 {
        out.blank()?;
        out.line(format_args!(
            "{} of further processes are not shown",
            plural(memory.dropped, "snapshot")
        ))?;
    }
    unrecognized(&inputs.unread::<Memory>(), names, out)
}

fn process(names: &[String], process: &Process, out: &mut Text<'_>) -> io::Result<()> {
    let (Some(first), Some(last)) = (process.snapshots.first(), process.snapshots.last()) else {
        return Ok(());
    };
    out.line(styled(Role::Heading, sentence(last)))?;
    let at = place(names, last.source, last.place.line);
    let from = if process.snapshots.len() > 1 {
        format!(
            "{}, {} to {at}{}",
            plural(process.count, "snapshot"),
            place(names, first.source, first.place.line),
            elapsed(first, last).map_or_else(String::new, |ns| format!(", {}", duration(ns)))
        )
    } else {
        at
    };
    out.line(styled(
        Role::Dim,
        format_args!("{} ({from})", last.form().name()),
    ))?;
    finding::write_all(&findings(process), out)?;
    if process.snapshots.len() > 1 {
        series(names, process, out)?;
        differences(process, out)?;
    }
    match last.parts() {
        Some(parts) => sys(&parts, out)?,
        None => fields(last, out)?,
    }
    collector(last, out)?;
    sizes(last, out)?;
    histograms(last, out)
}

/// What one snapshot says, on one line.
fn sentence(last: &Snapshot) -> String {
    let mut parts = Vec::new();
    let exact = |field| last.integer(field);
    match (exact(Field::Sys), exact(Field::HeapReleased)) {
        (Some(sys), Some(released)) => parts.push(format!(
            "{} from the system, {} of it given back",
            bytes(sys),
            bytes(released)
        )),
        _ => {
            if let Some(sys) = last.get(Field::Sys) {
                parts.push(format!("{} from the system", text(Field::Sys, sys)));
            }
        }
    }
    let live = last
        .get(Field::HeapAlloc)
        .or_else(|| last.get(Field::Alloc));
    if let Some(live) = live {
        let objects = exact(Field::HeapObjects)
            .map_or_else(String::new, |n| format!(" in {}", plural(n, "object")));
        parts.push(format!(
            "{}{objects} live or not yet swept",
            text(Field::HeapAlloc, live)
        ));
    }
    if let Some(n) = exact(Field::NumGC) {
        let share = last
            .float(Field::GCCPUFraction)
            .map_or_else(String::new, |f| format!(" ({} of the CPU)", percent(f)));
        parts.push(format!("{}{share}", plural(n, "collection")));
    }
    if parts.is_empty() {
        let known: Vec<String> = last
            .fields()
            .map(|(field, value)| format!("{} {}", field.name(), text(field, value)))
            .collect();
        return known.join(", ");
    }
    parts.join("; ")
}

fn sys(parts: &Parts, out: &mut Text<'_>) -> io::Result<()> {
    out.line("")?;
    let mut table = Table::new([
        ("Where Sys is", Align::Left),
        ("bytes", Align::Right),
        ("", Align::Right),
        ("share", Align::Right),
        ("from", Align::Left),
    ]);
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    let share = |n: u64| percent(n as f64 / parts.sys.max(1) as f64);
    for part in &parts.parts {
        let remains = if part.printed {
            ""
        } else {
            " (not printed; what remains)"
        };
        table.row([
            part.what.to_owned(),
            grouped(part.bytes),
            bytes(part.bytes),
            share(part.bytes),
            format!("{}{remains}", part.formula),
        ]);
    }
    let sum: u64 = parts.parts.iter().map(|part| part.bytes).sum();
    table.row([
        "sum".to_owned(),
        grouped(sum),
        bytes(sum),
        share(sum),
        if parts.gap == 0 {
            "= Sys".to_owned()
        } else {
            format!("Sys is {}", grouped(parts.sys))
        },
    ]);
    table.write(out)?;
    if !parts.missing.is_empty() {
        out.line(format_args!(
            "not printed: {}; together they are the {} B that are missing from Sys",
            parts.missing.join(", "),
            parts.gap
        ))?;
    }
    Ok(())
}

/// What is known, when it is no account of Sys.
fn fields(last: &Snapshot, out: &mut Text<'_>) -> io::Result<()> {
    if last.fields().nth(4).is_none() {
        return Ok(());
    }
    out.line("")?;
    let mut table = Table::new([
        ("field", Align::Left),
        ("value", Align::Right),
        ("exactly", Align::Right),
    ]);
    for (field, value) in last.fields() {
        let exact = match value {
            Value::Integer(n) => n.to_string(),
            _ => String::new(),
        };
        table.row([field.name().to_owned(), text(field, value), exact]);
    }
    table.write(out)
}

fn collector(last: &Snapshot, out: &mut Text<'_>) -> io::Result<()> {
    let Some(cycles) = last.integer(Field::NumGC) else {
        return Ok(());
    };
    out.line("")?;
    let forced = last
        .integer(Field::NumForcedGC)
        .map_or_else(String::new, |n| format!(", {} asked for", grouped(n)));
    let cpu = last
        .float(Field::GCCPUFraction)
        .map_or_else(String::new, |f| {
            format!(", {} of the CPU since the start", percent(f))
        });
    out.line(
        styled(Role::Heading, "Collections:")
            .and(Role::Plain, format!(" {}{forced}{cpu}", grouped(cycles))),
    )?;
    if let Some(at) = last.integer(Field::LastGC).filter(|at| *at > 0) {
        out.line(format_args!("  the last ended at {}", unix(at)))?;
    }
    if let Some(goal) = last.integer(Field::NextGC).filter(|goal| *goal >= NO_GOAL) {
        out.line(format_args!(
            "  none is planned by the heap's size: GOGC is off (the goal is {goal})"
        ))?;
    } else if let Some(goal) = last.integer(Field::NextGC) {
        let left =
            last.heap_alloc()
                .map_or_else(String::new, |live| match goal.checked_sub(live) {
                    Some(left) => format!(", {} from here", bytes(left)),
                    None => format!(", passed by {}", bytes(live - goal)),
                });
        out.line(format_args!(
            "  the next is aimed to end with a heap of {}{left}",
            bytes(goal)
        ))?;
    }
    if let Some(MetricValue::Integer(limit)) = metric(last, "/gc/gomemlimit:bytes") {
        let limit = if *limit == i64::MAX.unsigned_abs() {
            "none".to_owned()
        } else {
            bytes(*limit)
        };
        let gogc = match metric(last, "/gc/gogc:percent") {
            Some(MetricValue::Integer(n)) if *n > 1 << 32 => ", GOGC off".to_owned(),
            Some(MetricValue::Integer(n)) => format!(", GOGC {n}"),
            _ => String::new(),
        };
        out.line(format_args!("  memory limit {limit}{gogc}"))?;
    }
    let total = last.integer(Field::PauseTotalNs);
    let pauses = last.pauses();
    if let Some(found) = figures(&pauses).filter(|_| pauses.len() > 1) {
        out.line(format_args!(
            "  the last {} stopped the world for {} in all: half of them {} or less, 99% {}, the longest {}{}",
            plural(found.count as u64, "collection"),
            duration(found.total_ns),
            duration(found.p50_ns),
            duration(found.p99_ns),
            duration(found.max_ns),
            match found.max_end_unix_ns {
                0 => String::new(),
                end => format!(" ended at {}", unix(end)),
            }
        ))?;
    } else if let Some(newest) = pauses.last() {
        out.line(format_args!(
            "  the last stopped the world for {}",
            duration(newest.ns)
        ))?;
    }
    if let Some(total) = total {
        out.line(format_args!(
            "  all since the start stopped the world for {}",
            duration(total)
        ))?;
    }
    if let Some(rss) = last.integer(Field::MaxRSS) {
        out.line(
            styled(Role::Heading, "Resident:")
                .and(Role::Plain, format!(" {}, at most so far", bytes(rss))),
        )?;
    }
    if let Some(n) = last.integer(Field::Goroutines) {
        out.line(
            styled(Role::Heading, "Goroutines:").and(Role::Plain, format!(" {}", grouped(n))),
        )?;
    }
    Ok(())
}

fn metric<'s>(snapshot: &'s Snapshot, name: &str) -> Option<&'s MetricValue> {
    snapshot
        .metrics()
        .iter()
        .find(|metric| metric.name == name)
        .map(|metric| &metric.value)
}

/// The classes with the most live bytes, and what is in none of them.
fn sizes(last: &Snapshot, out: &mut Text<'_>) -> io::Result<()> {
    let mut classes: Vec<(u64, u64, u64)> = last
        .by_size()
        .iter()
        .map(|class| {
            let live = class.mallocs.saturating_sub(class.frees);
            (class.size, live, live.saturating_mul(class.size))
        })
        .collect();
    let largest = classes.iter().map(|(size, ..)| *size).max().unwrap_or(0);
    let (objects, sum) = classes.iter().fold((0u64, 0u64), |(n, sum), class| {
        (n.saturating_add(class.1), sum.saturating_add(class.2))
    });
    classes.retain(|(_, live, _)| *live > 0);
    if classes.is_empty() {
        return Ok(());
    }
    classes.sort_by_key(|(_, _, bytes)| std::cmp::Reverse(*bytes));
    out.line("")?;
    let mut table = Table::new([
        ("Live by size class", Align::Right),
        ("objects", Align::Right),
        ("bytes", Align::Right),
    ]);
    for (size, live, total) in classes.iter().take(SIZES) {
        table.row([format!("{size} B"), grouped(*live), bytes(*total)]);
    }
    let rest = classes.get(SIZES..).unwrap_or_default();
    if !rest.is_empty() {
        table.row([
            format!("{} others", rest.len()),
            grouped(rest.iter().map(|class| class.1).sum()),
            bytes(rest.iter().map(|class| class.2).sum()),
        ]);
    }
    if let (Some(live), Some(count)) = (last.heap_alloc(), last.integer(Field::HeapObjects))
        && let (Some(larger), Some(count)) = (live.checked_sub(sum), count.checked_sub(objects))
    {
        table.row([format!("over {largest} B"), grouped(count), bytes(larger)]);
    }
    table.write(out)
}

/// Metrics that are no numbers are named, so that nobody looks for them in vain.
fn histograms(last: &Snapshot, out: &mut Text<'_>) -> io::Result<()> {
    if last.form() != Form::Metrics {
        return Ok(());
    }
    let texts = last
        .metrics()
        .iter()
        .filter(|metric| matches!(metric.value, MetricValue::Text(_)))
        .count();
    out.line(styled(
        Role::Dim,
        format_args!(
            "{} of runtime/metrics, {texts} of them histograms: --json has them all",
            plural(last.metrics().len() as u64, "metric")
        ),
    ))
}

/// Fields worth a column, when any snapshot has them.
const COLUMNS: [Field; 10] = [
    Field::Alloc,
    Field::HeapAlloc,
    Field::HeapInuse,
    Field::HeapReleased,
    Field::HeapSys,
    Field::Sys,
    Field::TotalAlloc,
    Field::HeapObjects,
    Field::NumGC,
    Field::Goroutines,
];

fn series(names: &[String], process: &Process, out: &mut Text<'_>) -> io::Result<()> {
    let has = |field: Field| process.snapshots.iter().any(|s| s.get(field).is_some());
    let columns: Vec<Field> = COLUMNS
        .into_iter()
        .filter(|field| match field {
            Field::Alloc => has(Field::Alloc) && !has(Field::HeapAlloc),
            Field::HeapSys => has(Field::HeapSys) && !has(Field::Sys),
            _ => has(*field),
        })
        .collect();
    out.line("")?;
    let stamped = process
        .snapshots
        .iter()
        .any(|snapshot| snapshot.stamp.is_some());
    let mut heads = vec![("snapshot", Align::Left)];
    if stamped {
        heads.push(("time", Align::Left));
    }
    heads.extend(columns.iter().map(|field| (field.name(), Align::Right)));
    let mut table = Table::new(heads);
    let step = process.snapshots.len().div_ceil(ROWS).max(1);
    let last = process.snapshots.len().saturating_sub(1);
    for (index, snapshot) in process.snapshots.iter().enumerate() {
        if !index.is_multiple_of(step) && index != last {
            continue;
        }
        let mut cells = vec![place(names, snapshot.source, snapshot.place.line)];
        if stamped {
            cells.push(snapshot.stamp.map_or_else(String::new, times::stamp));
        }
        cells.extend(columns.iter().map(|field| {
            snapshot
                .get(*field)
                .map_or_else(|| "-".to_owned(), |value| text(*field, value))
        }));
        table.row(cells);
    }
    table.write(out)?;
    let stride = step as u64 * process.stride;
    if stride > 1 {
        out.line(styled(
            Role::Dim,
            format_args!("one of {stride} is shown; --csv has more"),
        ))?;
    }
    Ok(())
}

fn differences(process: &Process, out: &mut Text<'_>) -> io::Result<()> {
    let changed: Vec<_> = process
        .differences()
        .into_iter()
        .filter(|d| d.first != d.last && !matches!(d.field, Field::LastGC | Field::LastPauseEnd))
        .collect();
    if changed.is_empty() {
        return out.line("nothing changed from the first to the last");
    }
    out.line("")?;
    let rates = changed.iter().any(|d| d.per_second.is_some());
    let mut heads = vec![
        ("First to last", Align::Left),
        ("first", Align::Right),
        ("last", Align::Right),
        ("difference", Align::Right),
    ];
    if rates {
        heads.push(("per second", Align::Right));
    }
    let mut table = Table::new(heads);
    for difference in &changed {
        let field = difference.field;
        let delta = match (difference.delta, difference.first, difference.last) {
            (Some(delta), ..) => {
                let sign = if delta < 0 { '-' } else { '+' };
                let size = delta.unsigned_abs();
                format!("{sign}{}", text(field, Value::Integer(size)))
            }
            // Of two rounded numbers it is known to one of their last digit.
            (None, Value::Amount(first), Value::Amount(last))
                if first.unit == last.unit && first.decimals == last.decimals =>
            {
                let sign = if last.digits < first.digits { '-' } else { '+' };
                let size = Amount {
                    digits: last.digits.abs_diff(first.digits),
                    ..last
                };
                format!("~{sign}{size}")
            }
            _ => String::new(),
        };
        let mut cells = vec![
            field.name().to_owned(),
            text(field, difference.first),
            text(field, difference.last),
            delta,
        ];
        if rates {
            cells.push(difference.per_second.map_or_else(String::new, |rate| {
                let sign = if rate < 0.0 { '-' } else { '+' };
                if field.is_bytes() {
                    #[expect(
                        clippy::cast_possible_truncation,
                        clippy::cast_sign_loss,
                        reason = "for people"
                    )]
                    let rate = bytes(rate.abs() as u64);
                    format!("{sign}{rate}")
                } else {
                    format!("{sign}{:.1}", rate.abs())
                }
            }));
        }
        table.row(cells);
    }
    table.write(out)
}

fn unrecognized(unread: &Unread, names: &[String], out: &mut Text<'_>) -> io::Result<()> {
    if unread.count == 0 {
        return Ok(());
    }
    out.line("")?;
    out.line(format_args!(
        "{} looked like memory statistics and could not be read:",
        plural(unread.count, "line")
    ))?;
    let source = |lost: &Unrecognized| {
        let named = lost.source.as_ref();
        named.and_then(|name| names.iter().position(|of| of == name))
    };
    for lost in unread.lines.iter().take(10) {
        let text: String = lost.text.chars().take(60).collect();
        out.line(format_args!(
            "  {}: {}: {}",
            place(names, source(lost).unwrap_or(0), lost.line),
            lost.why,
            text
        ))?;
    }
    Ok(())
}
