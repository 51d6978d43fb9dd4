//! Everything that a profile says, as text (profile/profile.go:String).

use super::Report;
use crate::units::{civil, go_duration};
use crate::value::quote::escape;
use dumpview_parsers::pprof::{Location, Profile, SampleRef, TagValue, Texts};
use std::collections::BTreeMap;
use std::io::{self, Write};

impl Report {
    /// Writes it.
    ///
    /// # Errors
    ///
    /// When `out` does not take it.
    pub fn raw(&self, out: &mut dyn Write) -> io::Result<()> {
        let profile = &self.profile;
        for comment in &profile.comments {
            writeln!(out, "Comment: {}", escape(comment))?;
        }
        if !profile.doc_url.is_empty() {
            writeln!(out, "Doc: {}", escape(&profile.doc_url))?;
        }
        let period = profile.period_type.clone().unwrap_or_default();
        let (kind, unit) = (escape(&period.kind), escape(&period.unit));
        writeln!(out, "PeriodType: {kind} {unit}")?;
        writeln!(out, "Period: {}", profile.period)?;
        if profile.time_nanos != 0 {
            let (date, time, fraction) = civil(profile.time_nanos);
            let mut fraction = format!(".{fraction:09}");
            fraction.truncate(fraction.trim_end_matches('0').trim_end_matches('.').len());
            writeln!(out, "Time: {date} {time}{fraction} +0000 UTC")?;
        }
        if profile.duration_nanos != 0 {
            // Go's `%.4v` cuts the text after four characters.
            let text = go_duration(profile.duration_nanos);
            let short: String = text.chars().take(4).collect();
            writeln!(out, "Duration: {short}")?;
        }
        writeln!(out, "Samples:")?;
        let types = profile.sample_types.iter().map(|of| {
            let shown = profile.default_sample_type.as_deref().unwrap_or_default();
            let mark = if of.kind == shown { "[dflt]" } else { "" };
            format!("{}/{}{mark}", of.kind, of.unit)
        });
        let types = types.collect::<Vec<_>>().join(" ");
        writeln!(out, "{}", escape(types.trim()))?;
        for sample in profile.samples.iter() {
            write_sample(sample, profile, out)?;
        }
        writeln!(out, "Locations")?;
        for (index, location) in (1..).zip(&profile.locations) {
            write_location(index, location, profile, out)?;
        }
        writeln!(out, "Mappings")?;
        for (index, mapping) in (1..).zip(&profile.mappings) {
            let mut bits = String::new();
            for (is_set, bit) in [
                (mapping.has_functions, "[FN]"),
                (mapping.has_filenames, "[FL]"),
                (mapping.has_line_numbers, "[LN]"),
                (mapping.has_inline_frames, "[IN]"),
            ] {
                if is_set {
                    bits.push_str(bit);
                }
            }
            writeln!(
                out,
                "{}: {:#x}/{:#x}/{:#x} {} {} {bits}",
                id(mapping.id, index),
                mapping.start,
                mapping.limit,
                mapping.offset,
                escape(&mapping.file),
                escape(&mapping.build_id)
            )?;
        }
        Ok(())
    }
}

/// The number that the file had, or one that is counted.
const fn id(id: u64, index: u64) -> u64 {
    if id == 0 { index } else { id }
}

fn write_sample(sample: SampleRef<'_>, profile: &Profile, out: &mut dyn Write) -> io::Result<()> {
    for value in sample.values {
        write!(out, " {value:10}")?;
    }
    write!(out, ": ")?;
    for location in sample.stack {
        let of = usize::try_from(location).ok();
        let of = of.and_then(|at| profile.locations.get(at));
        let number = id(of.map_or(0, |of| of.id), u64::from(location) + 1);
        write!(out, "{number} ")?;
    }
    writeln!(out)?;
    write_labels(sample, &profile.texts, out)
}

fn write_labels(sample: SampleRef<'_>, texts: &Texts, out: &mut dyn Write) -> io::Result<()> {
    const INDENT: &str = "                ";
    let mut labels: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut numbers: BTreeMap<&str, Vec<(i64, &str)>> = BTreeMap::new();
    for tag in sample.tags {
        let key = texts.text(tag.key);
        match tag.value {
            TagValue::Text(text) => labels.entry(key).or_default().push(texts.text(text)),
            TagValue::Number(value, unit) => {
                numbers
                    .entry(key)
                    .or_default()
                    .push((value, texts.text(unit)));
            }
        }
    }
    let mut write = |mut each: Vec<String>| {
        if each.is_empty() {
            return Ok(());
        }
        each.sort();
        writeln!(out, "{INDENT}{}", escape(&each.join(" ")))
    };
    let labels = labels.iter();
    write(
        labels
            .map(|(key, values)| format!("{key}:[{}]", values.join(" ")))
            .collect(),
    )?;
    let numbers = numbers.iter().map(|(key, values)| {
        let has_units = values.iter().any(|(_, unit)| !unit.is_empty());
        let each = values.iter().map(|(value, unit)| {
            if has_units {
                format!("{value} {unit}")
            } else {
                value.to_string()
            }
        });
        format!("{key}:[{}]", each.collect::<Vec<_>>().join(" "))
    });
    write(numbers.collect())
}

fn write_location(
    index: u64,
    location: &Location,
    profile: &Profile,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut head = format!("{:6}: {:#x} ", id(location.id, index), location.address);
    if let Some(mapping) = location.mapping {
        let of = usize::try_from(mapping).ok();
        let of = of.and_then(|at| profile.mappings.get(at));
        let number = id(of.map_or(0, |of| of.id), u64::from(mapping) + 1);
        head = format!("{head}M={number} ");
    }
    if location.is_folded {
        head.push_str("[F] ");
    }
    if location.lines.is_empty() {
        writeln!(out, "{head}")?;
    }
    for line in &location.lines {
        let function = usize::try_from(line.function).ok();
        let function = function.and_then(|at| profile.functions.get(at));
        write!(out, "{head}")?;
        match function {
            Some(of) => {
                let (line, column) = (line.line, line.column);
                let start = of.start_line;
                let (name, file) = (escape(&of.name), escape(&of.file));
                write!(out, "{name} {file}:{line}:{column} s={start}")?;
                if of.name != of.system_name {
                    write!(out, "({})", escape(&of.system_name))?;
                }
            }
            None => write!(out, "??")?,
        }
        writeln!(out)?;
        "             ".clone_into(&mut head);
    }
    Ok(())
}
