//! What keeps objects: package variables as static fields, goroutines as threads with frames, the runtime's own as globals.

use super::Exporter;
use super::records::{ID, Root};
use dumpview_process::heap::{Analysis, RootKind};
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::io;

/// Threads by the number of their goroutine; their numbers in the file begin with 1.
pub struct Threads {
    numbers: HashMap<u32, Thread>,
}

struct Thread {
    number: u32,
    trace: u32,
    object: u64,
    name: String,
    /// For each physical frame, the place of its outermost call in the trace.
    calls: Vec<(usize, u32)>,
}

/// A class has no more static fields.
const MOST_STATICS: usize = 60_000;

/// Writes the stacks of goroutines, which stand before what refers to them.
pub fn threads(
    analysis: &Analysis<'_, '_>,
    out: &mut Exporter<'_, '_, '_, '_>,
) -> io::Result<Threads> {
    let mut threads = Threads {
        numbers: HashMap::default(),
    };
    let mut frames = 0u64;
    let objects = analysis.heap.spans.objects();
    for (node, root) in (objects..).zip(&analysis.heap.roots.list) {
        let RootKind::Goroutine { goroutine } = root.kind else {
            continue;
        };
        let number = u32::try_from(threads.numbers.len() + 1).unwrap_or(u32::MAX);
        let mut thread = Thread {
            number,
            trace: number + 1,
            object: out.new_id(),
            name: analysis.place(node).name,
            calls: Vec::new(),
        };
        let list = analysis.process.goroutines().ok();
        let known = list.filter(|_| analysis.heap.recorded.is_none());
        let known = known.and_then(|list| list.list().get(goroutine as usize));
        let mut trace = Vec::new();
        if let Some(known) = known {
            let unwound = analysis.process.unwound(known);
            for (at, call) in (0u32..).zip(&unwound.calls) {
                frames += 1;
                // Ids of frames share no number with those of texts, which are even.
                let id = frames * 2 + 1;
                let file = call.frame.file.as_deref().unwrap_or("");
                out.writer
                    .frame(id, &call.frame.function, file, call.frame.line.unwrap_or(0))?;
                trace.push(id);
                thread.calls.push((call.physical, at));
            }
        }
        out.writer.trace(thread.trace, number, &trace)?;
        threads.numbers.insert(goroutine, thread);
    }
    Ok(threads)
}

/// Writes the roots.
pub fn write(
    analysis: &Analysis<'_, '_>,
    out: &mut Exporter<'_, '_, '_, '_>,
    threads: &Threads,
) -> io::Result<()> {
    let mut ordered: Vec<&Thread> = threads.numbers.values().collect();
    ordered.sort_by_key(|thread| thread.number);
    for thread in ordered {
        let (class, name) = (out.java.thread, out.new_id());
        out.writer.instance(thread.object, class, ID, |into| {
            into.extend_from_slice(&name.to_be_bytes());
        })?;
        let value = out.new_id();
        out.new_string(name, value, thread.name.as_bytes())?;
        let root = Root::Thread {
            thread: thread.number,
            trace: thread.trace,
        };
        out.writer.root(thread.object, root)?;
    }
    let mut packages: BTreeMap<String, Vec<(String, u64)>> = BTreeMap::new();
    let objects = analysis.heap.spans.objects();
    for (node, root) in (objects..).zip(&analysis.heap.roots.list) {
        let kept = kept(analysis, node);
        let how = match root.kind {
            RootKind::Variable { .. } => {
                let name = analysis.place(node).name;
                let (package, variable) = split(&name);
                let fields = packages.entry(package).or_default();
                for (number, object) in kept.into_iter().enumerate() {
                    let field = match number {
                        0 => variable.clone(),
                        number => format!("{variable} ({})", number + 1),
                    };
                    fields.push((field, object));
                }
                continue;
            }
            RootKind::Goroutine { goroutine } => match threads.numbers.get(&goroutine) {
                Some(thread) => Root::Frame {
                    thread: thread.number,
                    frame: u32::MAX,
                },
                None => Root::Unknown,
            },
            RootKind::Frame { goroutine, frame } => {
                let thread = threads.numbers.get(&goroutine);
                thread.map_or(Root::Unknown, |thread| {
                    let calls = thread.calls.iter().rev();
                    let mut calls = calls.filter(|(physical, _)| *physical == frame as usize);
                    Root::Frame {
                        thread: thread.number,
                        frame: calls.next().map_or(u32::MAX, |(_, at)| *at),
                    }
                })
            }
            RootKind::Finalizer { .. }
            | RootKind::Cleanup { .. }
            | RootKind::WeakHandle { .. }
            | RootKind::FinalizerQueue
            | RootKind::CleanupQueue => Root::Runtime,
            RootKind::Registers { .. } | RootKind::TinyBlocks => Root::Unknown,
        };
        for object in kept {
            out.writer.root(object, how)?;
        }
    }
    let above = out.java.object;
    for (package, fields) in packages {
        for fields in fields.chunks(MOST_STATICS) {
            let mut statics = Vec::with_capacity(fields.len());
            for (name, object) in fields {
                statics.push((out.writer.text(name)?, *object));
            }
            let class = out.new_id();
            let name = format!("package {package}");
            out.writer.class_name(class, &name)?;
            out.writer.class(class, above, 0, &statics, &[])?;
            out.writer.root(class, Root::Class)?;
        }
    }
    Ok(())
}

/// The objects that a root refers to, by their addresses.
fn kept(analysis: &Analysis<'_, '_>, node: u32) -> Vec<u64> {
    let out = analysis.heap.graph.out(node).iter();
    let objects = out.filter(|to| analysis.heap.graph.is_object(**to));
    objects
        .map(|object| analysis.object_addr(*object).0)
        .collect()
}

/// The package of a variable, and its name there.
fn split(name: &str) -> (String, String) {
    let slash = name.rfind('/').map_or(0, |at| at + 1);
    let dot = name.get(slash..).and_then(|rest| rest.find('.'));
    match dot.map(|dot| (name.get(..slash + dot), name.get(slash + dot + 1..))) {
        Some((Some(package), Some(variable))) => (package.to_owned(), variable.to_owned()),
        _ => ("data".to_owned(), name.to_owned()),
    }
}
