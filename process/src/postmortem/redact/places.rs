//! Which rule holds for which addresses.

use super::Keep;
use super::lengths::lengths;
use crate::heap::Analysis;
use crate::postmortem::accounts;
use crate::process::Process;
use dumpview_parsers::core::aux;

/// What stays of memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rule {
    /// All of it.
    All,
    /// Words that are addresses.
    Words,
    /// Objects, each as it is known.
    Objects,
}

/// Rules by address.
#[derive(Debug, Default)]
pub struct Places {
    /// Start, end and rule, apart and in order; elsewhere addresses stay.
    list: Vec<(u64, u64, Rule)>,
    /// What is mapped.
    mapped: Vec<(u64, u64)>,
    /// Where lengths stand in package variables, in order.
    lengths: Vec<u64>,
}

/// Lower ones are no addresses of anything.
const LOWEST: u64 = 1 << 16;

/// Elements of an array in package data whose lengths are looked for.
const MOST_VALUES: u64 = 1 << 20;

/// Packages of the runtime, whose variables are not the program's.
const RUNTIMES: [&str; 4] = ["runtime.", "internal/runtime/", "internal/cpu.", "type:"];
/// Variables of the runtime that have what the program said.
const PRINTED: [&str; 2] = ["runtime.printBacklog", "runtime.printBacklogIndex"];

impl Places {
    /// The rules of a process, and the variables that are kept because of their name; `None` when variables have no names.
    pub fn of(analysis: &Analysis<'_, '_>, keep: Keep<'_>) -> Option<(Self, Vec<String>)> {
        let process = analysis.process;
        let mut found: Vec<(u64, u64, Rule)> = Vec::new();
        let mut kept = Vec::new();
        let mut has_names = false;
        for (start, size, name) in process.executable?.symbols() {
            let start = start.to_process(process.bias).0;
            let name = String::from_utf8_lossy(name);
            has_names |= name == "runtime.mheap_";
            if size == 0 || !process.core.writable_at(crate::addr::Addr(start)) {
                continue;
            }
            let is_kept = keep(&name);
            let is_runtimes = RUNTIMES.iter().any(|of| name.starts_with(of));
            if is_kept || is_runtimes && !PRINTED.contains(&&*name) {
                found.push((start, start.saturating_add(size), Rule::All));
            }
            if is_kept {
                kept.push(name.into_owned());
            }
        }
        if !has_names {
            return None;
        }
        for span in analysis.heap.spans.list() {
            found.push((span.start.0, span.end().0, Rule::Objects));
        }
        let tables = accounts::runtime_tables(process);
        found.extend(
            tables
                .into_iter()
                .map(|(start, end)| (start, end, Rule::All)),
        );
        read_only(process, &mut found);
        found.extend(build_information(process));
        found.sort_unstable_by_key(|(start, end, _)| (*start, std::cmp::Reverse(*end)));
        let mut list: Vec<(u64, u64, Rule)> = Vec::with_capacity(found.len());
        for (start, end, rule) in found {
            let start = start.max(list.last().map_or(0, |(_, end, _)| *end));
            if start < end {
                list.push((start, end, rule));
            }
        }
        let segments = process.core.segments.iter();
        let mut mapped: Vec<(u64, u64)> = segments
            .map(|segment| {
                (
                    segment.start.0,
                    segment.start.0.saturating_add(segment.mem_size),
                )
            })
            .collect();
        mapped.sort_unstable();
        let lengths = of_variables(analysis);
        Some((
            Self {
                list,
                mapped,
                lengths,
            },
            kept,
        ))
    }

    /// The rule at an address, and up to where it holds.
    pub fn at(&self, addr: u64) -> (u64, Rule) {
        let after = self.list.partition_point(|(_, end, _)| *end <= addr);
        match self.list.get(after) {
            Some((start, end, rule)) if *start <= addr => (*end, *rule),
            Some((start, _, _)) => (*start, Rule::Words),
            None => (u64::MAX, Rule::Words),
        }
    }

    /// Where lengths stand between two addresses.
    pub fn lengths(&self, start: u64, end: u64) -> impl Iterator<Item = u64> + '_ {
        let first = self.lengths.partition_point(|at| *at < start);
        let rest = self.lengths.get(first..).unwrap_or_default();
        rest.iter().copied().take_while(move |at| *at < end)
    }

    /// Whether a word is an address of the process.
    pub fn is_address(&self, word: u64) -> bool {
        let after = self.mapped.partition_point(|(start, _)| *start <= word);
        let before = after.checked_sub(1).and_then(|at| self.mapped.get(at));
        word >= LOWEST && before.is_some_and(|(_, end)| word < *end)
    }
}

/// Where lengths stand in package variables, and in values of package data that have no name of their own.
fn of_variables(analysis: &Analysis<'_, '_>) -> Vec<u64> {
    let process = analysis.process;
    let mut found = Vec::new();
    for variable in process.types().package_variables(process.arch()) {
        if let Ok(at) = variable.place {
            lengths(process, variable.ty, at.0, &mut found);
        }
    }
    for value in analysis.heap.roots.variables.statics() {
        let size = (value.end.0 - value.start.0)
            .checked_div(value.count)
            .unwrap_or(0);
        for index in 0..value.count.min(MOST_VALUES) {
            lengths(process, value.ty, value.start.0 + index * size, &mut found);
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// What the linker wrote of the build, in a writable segment: where the core has no header of the executable (a core that
/// qemu wrote), this tells that the two belong together. It is the executable's, and nobody changes it.
fn build_information(process: &Process<'_>) -> Option<(u64, u64, Rule)> {
    let section = process.executable?.section(".go.buildinfo")?;
    let start = section.addr.to_process(process.bias).0;
    let end = start.checked_add(section.bytes.len() as u64)?;
    Some((start, end, Rule::All))
}

/// Code and constants, which are in files, and what the kernel maps.
fn read_only(process: &Process<'_>, found: &mut Vec<(u64, u64, Rule)>) {
    let kernels = process.core.auxv.get(aux::AT_SYSINFO_EHDR);
    let files = &process.core.files;
    let of_executable: Vec<(u64, u64)> = process
        .executable
        .into_iter()
        .flat_map(crate::image::Executable::load_segments)
        .filter(|segment| !segment.writable)
        .map(|segment| {
            let start = segment.addr.to_process(process.bias).0;
            (start, start.saturating_add(segment.mem_size))
        })
        .collect();
    for segment in process.core.segments.iter().filter(|s| !s.writable) {
        let (start, end) = (
            segment.start.0,
            segment.start.0.saturating_add(segment.mem_size),
        );
        let within = |from: u64, to: u64| from < end && start < to;
        let is_file = files.iter().any(|file| within(file.start, file.end))
            || of_executable.iter().any(|(from, to)| within(*from, *to))
            || kernels.is_some_and(|at| (start..end).contains(&at));
        if is_file {
            found.push((start, end, Rule::All));
        }
    }
}
