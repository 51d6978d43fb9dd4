//! What FILE without a verb shows of a heap dump: what it is, the runtime's numbers, goroutines by state, what there is most of.

use super::heap::analysed;
use crate::answer::{Answer, Failure};
use crate::case::core::Case;
use dumpview_model::heap::{Amount, HeapTotal};
use dumpview_model::units::{bytes, grouped, plural};
use dumpview_process::heap::ask::{Of, TotalBy};
use dumpview_process::heapdump::HeapDump;
use dumpview_process::postmortem::{StackPointers, SystemGoroutines};
use dumpview_view::column::Object;
use dumpview_view::{Align, Role, Table, Text, styled};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io;

/// What the machine is, and who wrote the dump.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "heap-dump-params")]
struct Params {
    /// The line that it begins with.
    format: String,
    /// Bytes of a pointer.
    pointer_size: u64,
    /// Whether the highest byte of a word comes first.
    big_endian: bool,
    /// CPUs that the process saw.
    ncpu: u64,
    /// The lowest address of an arena, and the end of the highest.
    heap: (
        dumpview_model::value::Address,
        dumpview_model::value::Address,
    ),
    /// Whether nothing is missing at its end.
    whole: bool,
}

/// How many there are of each.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "heap-dump-counts")]
struct Counts {
    /// Allocated objects.
    objects: u64,
    /// Records of objects that are none: the end of a page of small objects, which releases since 1.22 write too.
    phantoms: u64,
    /// Goroutines, the runtime's own among them.
    goroutines: u64,
    /// Frames of those.
    frames: u64,
    /// Deferred calls.
    defers: u64,
    /// Panics in progress.
    panics: u64,
    /// Threads.
    threads: u64,
    /// Objects with finalizers.
    finalizers: u64,
    /// Finalizers that are due.
    queued_finalizers: u64,
    /// Types behind interface tables.
    types: u64,
    /// Interface tables.
    itabs: u64,
    /// Records of the memory profile.
    buckets: u64,
    /// Objects that it sampled.
    samples: u64,
}

/// Goroutines in the same state.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "heap-dump-goroutines")]
struct InState {
    /// Status, or what they wait for.
    state: String,
    /// How many.
    count: u64,
}

/// `runtime.MemStats` when the dump was written.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "heap-dump-memstats")]
struct MemStats {
    /// Bytes of allocated objects.
    heap_alloc: u64,
    /// Allocated objects.
    heap_objects: u64,
    /// Bytes of spans in use.
    heap_inuse: u64,
    /// Bytes of spans without an object.
    heap_idle: u64,
    /// Bytes of those that the system has back.
    heap_released: u64,
    /// Bytes of address space for the heap.
    heap_sys: u64,
    /// Bytes of stacks in use.
    stack_inuse: u64,
    /// Bytes had from the system.
    sys: u64,
    /// Bytes of all objects ever allocated.
    total_alloc: u64,
    /// Objects ever allocated.
    mallocs: u64,
    /// Objects ever freed.
    frees: u64,
    /// Bytes of heap at which the next collection ends.
    next_gc: u64,
    /// When the last collection ended, nanoseconds since 1970.
    last_gc: u64,
    /// Collections until then.
    num_gc: u64,
    /// Nanoseconds that the program was stopped for them.
    pause_total_ns: u64,
}

/// A heap dump on a page.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "heap-dump-report")]
pub struct DumpReport {
    /// What the machine is.
    params: Params,
    /// How much of what is in it.
    counts: Counts,
    /// The runtime's numbers; null when the dump ends before them.
    memstats: Option<MemStats>,
    /// What a root reaches.
    live: Amount,
    /// What none reaches.
    garbage: Amount,
    /// Goroutines by what they do, most first; without the runtime's own.
    goroutines: Vec<InState>,
    /// What there is most of, by type.
    #[schemars(with = "Vec<Object<'static, HeapTotal>>")]
    #[serde(serialize_with = "objects")]
    types: Vec<HeapTotal>,
    #[serde(skip)]
    what: String,
    #[serde(skip)]
    next: String,
}

fn objects<S: serde::Serializer>(rows: &[HeapTotal], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(rows.iter().map(Object))
}

/// No heap is that large: so the goal reads where nothing makes a collection due.
const NO_GOAL: u64 = 1 << 48;
/// Rows of each table.
const MOST: usize = 10;

/// Sums up a heap dump.
///
/// # Errors
///
/// When it has more references than can be numbered.
pub fn report(case: &Case<'_>, dump: &HeapDump<'_>) -> Result<DumpReport, Failure> {
    let analysis = analysed(case)?;
    let mut types = analysis.totals(TotalBy::Type, Of::Live);
    types.truncate(MOST);
    Ok(DumpReport {
        params: params(dump),
        counts: counts(dump),
        memstats: memstats(dump),
        live: analysis.live,
        garbage: analysis.garbage,
        goroutines: by_state(case),
        types,
        what: what(dump),
        next: next(case),
    })
}

fn next(case: &Case<'_>) -> String {
    let dump = case.core_path.display();
    let exe = case.executable_path.as_ref();
    let exe = exe.map_or_else(
        || " [EXE]".to_owned(),
        |path| format!(" {}", path.display()),
    );
    format!(
        "next: dumpview heap {dump}{exe} | dumpview goroutines {dump}{exe} --group | dumpview memstats {dump}"
    )
}

/// Its first line without the word behind it.
fn format(dump: &HeapDump<'_>) -> String {
    let line = dump.bytes.split(|byte| *byte == b'\n').next();
    String::from_utf8_lossy(line.unwrap_or_default()).into_owned()
}

fn what(dump: &HeapDump<'_>) -> String {
    let release = dump.version.as_ref().map(|v| format!(" of {}", v.text));
    let arch = dump.arch_name().unwrap_or("an unknown architecture");
    format!(
        "heap dump{}, {arch}, {}",
        release.unwrap_or_default(),
        bytes(dump.bytes.len() as u64)
    )
}

fn params(dump: &HeapDump<'_>) -> Params {
    let address = dumpview_model::value::Address;
    Params {
        format: format(dump),
        pointer_size: dump.params.pointer_size,
        big_endian: dump.params.big_endian,
        ncpu: dump.params.ncpu,
        heap: (
            address(dump.params.heap_start),
            address(dump.params.heap_end),
        ),
        whole: dump.damage.is_none(),
    }
}

fn counts(dump: &HeapDump<'_>) -> Counts {
    let sum = |of: fn(&dumpview_process::heapdump::DumpGoroutine<'_>) -> usize| {
        dump.goroutines.iter().map(of).sum::<usize>() as u64
    };
    Counts {
        objects: u64::from(dump.slots.len()),
        phantoms: dump.phantoms,
        goroutines: dump.goroutines.len() as u64,
        frames: sum(|g| g.frames.len()),
        defers: sum(|g| g.defers.len()),
        panics: sum(|g| g.panics.len()),
        threads: dump.threads.len() as u64,
        finalizers: dump.finalizers.len() as u64,
        queued_finalizers: dump.queued.len() as u64,
        types: dump.types.len() as u64,
        itabs: dump.itabs.len() as u64,
        buckets: dump.buckets.len() as u64,
        samples: dump.samples.len() as u64,
    }
}

fn memstats(dump: &HeapDump<'_>) -> Option<MemStats> {
    let stats = dump.memstats.as_ref()?;
    Some(MemStats {
        heap_alloc: stats.heap_alloc,
        heap_objects: stats.heap_objects,
        heap_inuse: stats.heap_inuse,
        heap_idle: stats.heap_idle,
        heap_released: stats.heap_released,
        heap_sys: stats.heap_sys,
        stack_inuse: stats.stack_inuse,
        sys: stats.sys,
        total_alloc: stats.total_alloc,
        mallocs: stats.mallocs,
        frees: stats.frees,
        next_gc: stats.next_gc,
        last_gc: stats.last_gc,
        num_gc: stats.num_gc,
        pause_total_ns: stats.pause_total_ns,
    })
}

fn by_state(case: &Case<'_>) -> Vec<InState> {
    let table = case.goroutines(SystemGoroutines::Hidden, StackPointers::OfOne);
    let mut states: BTreeMap<String, u64> = BTreeMap::new();
    for goroutine in table.map(|t| t.goroutines.list).unwrap_or_default() {
        *states.entry(goroutine.state()).or_default() += 1;
    }
    let mut rows: Vec<InState> = states
        .into_iter()
        .map(|(state, count)| InState { state, count })
        .collect();
    rows.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.state.cmp(&b.state)));
    rows
}

impl Answer for DumpReport {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        out.line(styled(Role::Heading, &self.what))?;
        let amount = |of: &Amount| format!("{}, {}", bytes(of.bytes), plural(of.objects, "object"));
        out.line(format!("live        {}", amount(&self.live)))?;
        out.line(format!("garbage     {}", amount(&self.garbage)))?;
        match &self.memstats {
            Some(stats) => {
                let counted = Amount {
                    objects: stats.heap_objects,
                    bytes: stats.heap_alloc,
                };
                out.line(format!("memstats    {} allocated", amount(&counted)))?;
                out.line(format!(
                    "            {} in use by spans, {} idle, {} of it released; {} stacks; {} from the system",
                    bytes(stats.heap_inuse),
                    bytes(stats.heap_idle),
                    bytes(stats.heap_released),
                    bytes(stats.stack_inuse),
                    bytes(stats.sys)
                ))?;
                let next = match stats.next_gc {
                    NO_GOAL.. => "none planned (GOGC is off)".to_owned(),
                    goal => format!("the next at {}", bytes(goal)),
                };
                let collections = plural(stats.num_gc, "collection");
                out.line(format!("            {collections}, {next}"))?;
            }
            None => out.line("memstats    not in the dump, which ends before them")?,
        }
        let counts = &self.counts;
        out.line(format!(
            "finalizers  {}, {} due",
            grouped(counts.finalizers),
            grouped(counts.queued_finalizers)
        ))?;
        if counts.buckets > 0 {
            out.line(format!(
                "profile     {}, {} sampled",
                plural(counts.buckets, "site"),
                plural(counts.samples, "object")
            ))?;
        }
        out.blank()?;
        let heading = plural(counts.goroutines, "goroutine");
        out.line(styled(Role::Heading, heading))?;
        for state in self.goroutines.iter().take(MOST) {
            out.line(format!("{:>8}  {}", grouped(state.count), state.state))?;
        }
        out.blank()?;
        out.line(styled(Role::Heading, "what there is most of"))?;
        let mut table = Table::new([
            ("RETAINED", Align::Right),
            ("BYTES", Align::Right),
            ("OBJECTS", Align::Right),
            ("TYPE", Align::Left),
        ]);
        for row in &self.types {
            table.row([
                row.retained_bytes.map_or(String::new(), bytes),
                bytes(row.bytes),
                grouped(row.objects),
                row.key.clone(),
            ]);
        }
        table.write(out)?;
        out.blank()?;
        out.line(styled(Role::Dim, &self.next))
    }
}
