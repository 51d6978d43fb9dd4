//! Source with what its lines cost, and below each line its instructions, as a page for a browser
//! (internal/report/source.go:sourcePrinter). An instruction stands below the line of every matching function that it was compiled
//! from: below that of the function itself and of what is inlined into it. Lines cost what `list` says: `go tool pprof` itself has
//! only the innermost of those that are inlined into each other (cmd/pprof/pprof.go:file.SourceLine), so that its page lacks them.

use super::disasm::{DisasmBody, InstructionCost};
use super::source::Sources;
use dumpview_model::profile::Report;
use dumpview_model::profile::names::base;
use dumpview_process::profile::CodePlace;
use dumpview_view::safe::markup;
use regex::Regex;
use std::collections::BTreeMap;
use std::io::{self, Write};

const HEAD: &str = r#"<meta charset="utf-8">
<style>
body{font:14px sans-serif;margin:1em;color:#222} .l,summary,pre{font:12px/1.3 monospace;white-space:pre;margin:0}
.l{padding-left:1.1em;color:#666} summary{cursor:pointer} pre{color:#070;background:#f6f6f6;padding-left:2.2em} h2{font-size:15px;margin:1em 0 .2em}
</style>
"#;

/// Lines of one function so near to each other are shown together, with so many around them.
const MERGED: i64 = 20;
const AROUND: i64 = 5;

/// An instruction below a line, and the calls between the two, the outermost first.
struct Below<'b> {
    one: &'b InstructionCost,
    calls: Vec<&'b CodePlace>,
}

/// Lines of a file that instructions were compiled from.
#[derive(Default)]
struct File<'b> {
    lines: BTreeMap<i64, Vec<Below<'b>>>,
    functions: BTreeMap<i64, String>,
}

/// Lines that are shown together.
struct Part {
    function: String,
    begin: i64,
    end: i64,
    flat: i64,
    cum: i64,
}

fn files<'b>(body: &'b DisasmBody, searched: &Regex) -> BTreeMap<&'b str, File<'b>> {
    let mut files: BTreeMap<&str, File<'_>> = BTreeMap::new();
    for routine in &body.routines {
        for one in &routine.instructions {
            for (depth, place) in one.places.iter().enumerate() {
                if !searched.is_match(&place.function) {
                    continue;
                }
                let file = files.entry(&place.file).or_default();
                let calls = one.places.iter().take(depth).rev().collect();
                let below = file.lines.entry(place.line).or_default();
                below.push(Below { one, calls });
                let name = file.functions.entry(place.line);
                name.or_insert_with(|| place.function.clone());
            }
        }
    }
    files
}

impl File<'_> {
    fn costs(&self, line: i64) -> (i64, i64) {
        let below = self.lines.get(&line).map_or(&[][..], Vec::as_slice);
        let sum = |values: &mut dyn Iterator<Item = i64>| values.fold(0i64, i64::wrapping_add);
        // What is inlined there costs the line what it costs with all that it calls.
        let own = below.iter().filter(|below| below.calls.is_empty());
        (
            sum(&mut own.map(|below| below.one.flat)),
            sum(&mut below.iter().map(|below| below.one.cum)),
        )
    }

    /// Neighbouring lines of a function as one part.
    fn parts(&self) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        for (line, function) in &self.functions {
            let (flat, cum) = self.costs(*line);
            if let Some(last) = parts.last_mut()
                && line - last.end < MERGED
                && last.function == *function
            {
                last.end = line + 1;
                last.flat = last.flat.wrapping_add(flat);
                last.cum = last.cum.wrapping_add(cum);
                continue;
            }
            parts.push(Part {
                function: function.clone(),
                begin: *line,
                end: line + 1,
                flat,
                cum,
            });
        }
        // What lies between two parts is divided between them.
        let mut before: Option<i64> = None;
        let mut ends = Vec::new();
        for part in &mut parts {
            let room = before.map_or(AROUND, |end| ((part.begin - end) / 2).clamp(0, AROUND));
            ends.push(before.map_or(0, |end| end + room));
            before = Some(part.end);
            part.begin = (part.begin - room).max(part.begin.min(1));
        }
        let last = before.unwrap_or(0) + AROUND;
        let ends = ends.into_iter().skip(1).chain([last]);
        for (part, end) in parts.iter_mut().zip(ends) {
            part.end = end;
        }
        parts
    }
}

/// Writes the page.
pub fn page(
    report: &Report,
    body: &DisasmBody,
    searched: &Regex,
    sources: &mut Sources,
    out: &mut dyn Write,
) -> io::Result<()> {
    let title = markup(&format!("{} of {}", searched.as_str(), report.sample_type));
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\"><head><title>{title}</title>\n{HEAD}</head><body>"
    )?;
    for line in report.about() {
        writeln!(out, "{}<br>", markup(&line))?;
    }
    writeln!(out, "Total: {}", report.value(report.total))?;
    for (name, file) in files(body, searched) {
        for part in file.parts().iter().filter(|part| part.cum != 0) {
            writeln!(
                out,
                "<h2>{}</h2>\n<div>{}</div>\n<div class=\"l\">{:>10} {:>10} (flat, cum) {}</div>",
                markup(&part.function),
                markup(name),
                report.value(part.flat),
                report.value(part.cum),
                report.percent(part.cum)
            )?;
            let source = sources.file(name).map_or(&[][..], |file| &file.lines);
            for line in part.begin..part.end {
                let text = usize::try_from(line - 1).ok().and_then(|at| source.get(at));
                let has_code = file.lines.contains_key(&line);
                if text.is_some() || has_code {
                    let text = text.map_or("???", String::as_str);
                    self::line(report, &file, line, text, out)?;
                }
            }
        }
    }
    writeln!(out, "</body></html>")
}

fn line(
    report: &Report,
    file: &File<'_>,
    number: i64,
    text: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (flat, cum) = file.costs(number);
    let (flat, cum) = (report.value_or_dot(flat), report.value_or_dot(cum));
    let text = markup(&text.replace('\t', "        "));
    let row = format!("{number:>6} {flat:>10} {cum:>10}  {text}");
    let Some(below) = file.lines.get(&number) else {
        return writeln!(out, "<div class=\"l\">{row}</div>");
    };
    write!(out, "<details><summary>{row}</summary><pre>")?;
    for Below { one, calls } in below {
        let place = |place: &&CodePlace| format!("{}:{}", base(&place.file), place.line);
        let calls: Vec<String> = calls.iter().map(place).collect();
        let (flat, cum) = (report.value_or_dot(one.flat), report.value_or_dot(one.cum));
        writeln!(
            out,
            "{flat:>10} {cum:>10} {:>10x}: {:<60} {}",
            one.at,
            markup(&one.text),
            markup(&calls.join(" "))
        )?;
    }
    writeln!(out, "</pre></details>")
}
