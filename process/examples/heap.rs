//! Walks the heap of a core and prints what it found and how long each part took: `heap CORE EXE [THRESHOLD=NUMBER…]`;
//! with an address, the way to that object and what it refers to: `heap CORE EXE 0xc000012345`.
//!
//! A workbench for the library until the `heap` verb stands on it.

#![expect(clippy::print_stdout, reason = "a program that prints")]

use dumpview_heap::{Dominators, Objects, Paths};
use dumpview_process::addr::Addr;
use dumpview_process::heap::audit::Audit;
use dumpview_process::heap::suspects::{self, Suspect, Thresholds};
use dumpview_process::heap::types::{LabelId, Labels};
use dumpview_process::heap::{Heap, Names};
use dumpview_process::image::{CoreFile, Executable, NoFiles, SectionArena};
use dumpview_process::mapped::OpenOptions;
use dumpview_process::process::Process;
use std::time::Instant;

/// Peak of resident memory so far; the bytes of core and executable, which this program copies, are in it.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM"));
    let times = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = times.split_whitespace().nth(13).unwrap_or("?").to_owned();
    format!(
        "{} after {ticks}0 ms of processor time",
        line.unwrap_or("?")
    )
}

fn print_suspects(found: &[Suspect]) {
    for suspect in found {
        let finding = &suspect.finding;
        println!(
            "  {} ({} bytes): {}",
            finding.id, suspect.retained_bytes, finding.text
        );
        for evidence in &finding.evidence {
            println!("      {}", evidence.what);
        }
    }
}

fn print_tops(heap: &Heap<'_>, dominators: &Dominators) {
    for (node, bytes) in dominators.tops(&heap.spans).into_iter().take(12) {
        let name = heap.root(node).map(|root| match root.kind {
            dumpview_process::heap::RootKind::Variable { addr } => {
                let at = heap.roots.variables.at(addr);
                at.map_or(format!("{addr}"), |(_, _, name)| name.to_owned())
            }
            other => format!("{other:?}"),
        });
        println!("  {bytes:>12} {node} {name:?}");
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    let [core, exe, rest @ ..] = paths.as_slice() else {
        return Err("usage: heap CORE EXE [ADDR] [THRESHOLD=NUMBER…]".into());
    };
    let (settings, wanted): (Vec<&String>, Vec<&String>) =
        rest.iter().partition(|word| word.contains('='));
    let wanted = wanted.first();
    let mut thresholds = Thresholds::default();
    for setting in settings {
        thresholds.set(setting)?;
    }
    let (core, exe) = (std::fs::read(core)?, std::fs::read(exe)?);
    let arena = SectionArena::default();
    let core = CoreFile::parse(&core)?;
    let exe = Executable::parse(&exe, &arena)?;
    let process = Process::open(&core, Some(&exe), &NoFiles, OpenOptions::default());
    println!("opened, peak {}", peak());
    let start = Instant::now();
    let heap = Heap::read(&process)?;
    println!("read {:?}, peak {}", start.elapsed(), peak());
    let start = Instant::now();
    let labels = Labels::find(&process, &heap)?;
    println!("types {:?}, peak {}", start.elapsed(), peak());
    if let Some(wanted) = wanted {
        let addr = u64::from_str_radix(wanted.trim_start_matches("0x"), 16)?;
        return way(&process, &heap, &labels, Addr(addr));
    }
    let start = Instant::now();
    let dominators = heap.dominators();
    println!("dominators {:?}, peak {}", start.elapsed(), peak());
    let start = Instant::now();
    let found = suspects::find(&process, &heap, &labels, &dominators, &thresholds);
    println!("suspects {:?}, peak {}", start.elapsed(), peak());
    print_suspects(&found);
    let runtime = process.runtime().ok_or("no runtime")?;
    let audit = Audit::of(&runtime, &heap.spans);
    println!(
        "objects {:?} bytes {:?} large {:?} in_heap {:?} manual {:?} pages {:?} allocCount {:?} live {:?}",
        audit.objects,
        audit.bytes,
        audit.large_bytes,
        audit.in_heap,
        audit.manual,
        audit.pages,
        audit.alloc_count,
        audit.heap_live
    );
    println!("agrees {}", audit.agrees());
    println!(
        "inline marks {} {:?} edges {} roots {} reached bytes {}",
        heap.spans.inline_marks,
        heap.scanned,
        heap.graph.rows().edges(),
        heap.roots.list.len(),
        dominators.total()
    );
    println!("notes {:?}", heap.notes());
    let mut totals = vec![(0u64, 0u64); labels.list().len() + 1];
    let mut sizes = Vec::new();
    heap.spans.runs(&mut |run| {
        for id in run.first.0..run.first.0 + run.count {
            if dominators.is_reached(id) {
                let at = labels.id(id).map_or(0, |l| l.0 as usize + 1);
                if let Some(total) = totals.get_mut(at) {
                    total.0 += 1;
                    total.1 += run.size;
                }
                sizes.push((id, run.size));
            }
        }
    });
    let share = labels.share(sizes.iter().copied());
    println!(
        "typed {:.2} % {share:?} conflicts {} refused {}",
        share.percent(),
        labels.conflicts,
        labels.refused
    );
    let mut rows: Vec<_> = totals.iter().enumerate().collect();
    rows.sort_by_key(|(_, total)| std::cmp::Reverse(total.1));
    for (at, total) in rows.into_iter().take(60) {
        let label = at
            .checked_sub(1)
            .and_then(|id| labels.list().get(id).zip(u32::try_from(id).ok()));
        let name = label.map_or("?".to_owned(), |(l, id)| {
            format!(
                "{} ({:?} {:?})",
                labels.name(LabelId(id)),
                l.source,
                l.strength
            )
        });
        println!("  {:>9} {:>12} {name}", total.0, total.1);
    }
    print_tops(&heap, &dominators);
    Ok(())
}

/// The shortest way to an object, each reference by its name, and the references out of it.
fn way(
    process: &Process<'_>,
    heap: &Heap<'_>,
    labels: &Labels,
    addr: Addr,
) -> Result<(), Box<dyn std::error::Error>> {
    let object = heap.find(addr).ok_or("no object there")?;
    let names = Names::new(process, heap, labels);
    let label = |node: u32| labels.id(node).map_or("?", |id| labels.name(id));
    let path = Paths::of(&heap.graph).to(object.0);
    println!("{:?}", path.first().and_then(|node| heap.root(*node)));
    for pair in path.windows(2) {
        let [from, to] = pair else { continue };
        for reference in names.between(*from, *to) {
            println!("  {reference:?} {}", label(*to));
        }
    }
    println!("{}", label(object.0));
    for reference in names.references(object.0) {
        println!("  {reference:?} {}", label(reference.to));
    }
    Ok(())
}
