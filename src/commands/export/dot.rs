//! What stands around a place of the heap, or who waits for whom, as graphviz draws it.

use super::format::{Export, ExportFlags, Written};
use crate::answer::Failure;
use crate::case::core::Case;
use crate::commands::heap::{analysed, named};
use dumpview_model::heap::PlaceKind;
use dumpview_model::units::{bytes, grouped};
use dumpview_model::waits::{Certainty, Waits};
use dumpview_process::heap::ask::{Around, Near};
use dumpview_view::document::Incomplete;
use dumpview_view::safe::safe;
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;

/// `dot`.
pub struct Dot;

impl Export for Dot {
    const NAME: &'static str = "dot";

    fn of_core<'w>(case: &'w Case<'_>, flags: &ExportFlags) -> Result<Written<'w>, Failure> {
        if flags.waits {
            let waits = case.waits().map_err(Failure::no_answer)?;
            let most = flags.most.max(1);
            return Ok(Written::new(move |out| write_waits(&waits, most, out)));
        }
        let Some(place) = flags.around.as_deref() else {
            return Err(Failure::usage(
                "--to dot: around what?\n\nhint: --around PLACE: an address, a package variable, `goroutine 7`; or --waits",
            ));
        };
        let analysis = analysed(case)?;
        let around = analysis.around(named(analysis, place)?, flags.most.max(1));
        Ok(Written::new(move |out| write(&around, out)))
    }

    fn of_log(
        path: &Path,
        _: &ExportFlags,
    ) -> Result<(Written<'static>, Vec<Incomplete>), Failure> {
        Err(Failure::no_answer(format!(
            "{}: a log has no heap",
            path.display()
        )))
    }
}

fn write(around: &Around, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "digraph heap {{")?;
    writeln!(
        out,
        "  rankdir=LR; node [shape=box fontname=monospace]; edge [fontname=monospace fontsize=10];"
    )?;
    for (number, near) in around.places.iter().enumerate() {
        let shape = match (number, near.place.kind) {
            (0, _) => " style=filled fillcolor=lightyellow penwidth=2",
            (_, PlaceKind::Object) => "",
            _ => " shape=ellipse",
        };
        writeln!(
            out,
            "  n{number} [label=\"{}\"{shape}];",
            escaped(&label(near))
        )?;
    }
    for link in &around.links {
        let style = if link.dominates { " penwidth=2" } else { "" };
        let label = escaped(&link.fields.join("\n"));
        writeln!(
            out,
            "  n{} -> n{} [label=\"{label}\"{style}];",
            link.from, link.to
        )?;
    }
    writeln!(out, "}}")
}

/// Waiters of one object that are drawn one by one.
const WAITERS: usize = 8;

fn write_waits(waits: &Waits, most: usize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "digraph waits {{")?;
    writeln!(
        out,
        "  rankdir=LR; node [shape=box fontname=monospace]; edge [fontname=monospace fontsize=10];"
    )?;
    let mut seen = BTreeSet::new();
    let mut goroutine = |id: u64, place: Option<&str>, out: &mut dyn Write| {
        if !seen.insert(id) {
            return Ok(());
        }
        let place = place.map_or_else(String::new, |place| format!("\n{place}"));
        let label = escaped(&format!("goroutine {id}{place}"));
        writeln!(out, "  g{id} [label=\"{label}\" shape=ellipse];")
    };
    for (number, object) in waits.objects.iter().take(most).enumerate() {
        let label = escaped(&format!("{}\n{}", object.title(), object.state_words()));
        writeln!(
            out,
            "  o{number} [label=\"{label}\" style=filled fillcolor=lightyellow];"
        )?;
        for party in &object.parties {
            goroutine(party.goroutine, party.place.as_deref(), out)?;
            let style = match party.certainty {
                Certainty::Certain => "solid",
                Certainty::Probable => "dashed",
                Certainty::Possible => "dotted",
            };
            let label = escaped(party.does.about());
            writeln!(
                out,
                "  o{number} -> g{} [label=\"{label}\" style={style}];",
                party.goroutine
            )?;
        }
        for waiter in object.waiters.iter().take(WAITERS) {
            goroutine(waiter.goroutine, None, out)?;
            let label = escaped(waiter.how.about());
            writeln!(
                out,
                "  g{} -> o{number} [label=\"{label}\"];",
                waiter.goroutine
            )?;
        }
        let more = object.waiters.len().saturating_sub(WAITERS);
        if more > 0 {
            let more = grouped(more as u64);
            writeln!(
                out,
                "  m{number} [label=\"{more} more\" shape=ellipse]; m{number} -> o{number};"
            )?;
        }
    }
    writeln!(out, "}}")
}

fn label(near: &Near) -> String {
    let mut lines = vec![near.place.name.clone()];
    lines.extend(near.place.ty.clone());
    if near.bytes > 0 {
        lines.push(bytes(near.bytes));
    }
    if let Some(kept) = near.retained_bytes.filter(|kept| *kept != near.bytes) {
        lines.push(format!("keeps {}", bytes(kept)));
    }
    if near.outside > 0 {
        lines.push(format!("+ {} more", grouped(near.outside)));
    }
    lines.join("\n")
}

/// Text within the quotes of a label; what is long is cut, since boxes are as wide as their text.
fn escaped(text: &str) -> String {
    const WIDEST: usize = 60;
    let line = |line: &str| {
        let line = safe(line);
        let mut cut: String = line.chars().take(WIDEST).collect();
        if line.chars().count() > WIDEST {
            cut.push('…');
        }
        cut.replace('\\', "\\\\").replace('"', "\\\"")
    };
    let lines: Vec<String> = text.split('\n').map(line).collect();
    lines.join("\\n")
}
