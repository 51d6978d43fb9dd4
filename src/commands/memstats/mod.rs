//! `memstats`: where the memory is, from MemStats in any form. The report for people is in `text`.

mod text;

use crate::case::Kind;
use crate::flags::NoFlags;
use crate::log::{self, Each, Inputs, OnLog, Reading, Summed, Timeless};
use crate::times::stamp;
use crate::verb::{self, About, First};
use dumpview_model::log_model::{LogModel, Parts};
use dumpview_model::memstats::{Process, Snapshot, Sums};
use dumpview_parsers::log::{Kind as Line, Record};
use dumpview_view::Text;
use dumpview_view::rows::MemorySnapshot;
use std::io;

/// `memstats`.
pub type MemstatsVerb = OnLog<Memory>;

/// Snapshots of all processes.
#[derive(Default)]
pub struct Memory;

impl Reading for Memory {
    type Own = NoFlags;
    type Row = MemorySnapshot;
    type Summary<'m> = Summed<Sums>;
    type Body = log::Body<Self>;
    const ABOUT: About = About {
        inputs: verb::Inputs::Files,
        examples: &[
            "curl -s localhost:6060/debug/vars | dumpview memstats -",
            "dumpview memstats heap-1.txt heap-2.txt     (from /debug/pprof/heap?debug=1: what changed)",
            "dumpview memstats app.log                   (Alloc = 5 MiB, alloc=5242880, %+v, JSON, …)",
            "gops memstats 4711 | dumpview memstats -",
            "dumpview memstats first.dump second.dump    (of runtime/debug.WriteHeapDump)",
            "dumpview memstats core.44457 ./app          (the runtime's counters at the end)",
        ],
        notes: "Several inputs are read as one series, in the order given. Of an executable among them cores are; beside a heap dump it is not needed.",
        ..About::log(
            "memstats",
            "runtime.MemStats as expvar, profiles, gops or logs print it, or a core or a heap dump has it: where the memory is",
        )
    };
    const LINE: &'static str = "memory statistic";
    const HINT: &'static str =
        "print runtime.MemStats (%+v, JSON), or fetch /debug/vars or /debug/pprof/heap?debug=1";
    const READS: &'static [Kind] = &[Kind::Log, Kind::Compiler, Kind::HeapDump, Kind::Core];
    const PARTS: Parts = Parts::MEMORY;
    const FIRST: Option<First> = Some(First::Memstats);
    const TIMELESS: Timeless = Timeless::Kept;

    fn is_ours(record: &Record<'_>) -> bool {
        matches!(&record.kind, Line::MemStats(_))
    }

    fn finish(&self, inputs: &Inputs, each: Each<'_, MemorySnapshot>) -> io::Result<()> {
        for process in inputs.model.memory.processes() {
            for snapshot in &process.snapshots {
                each(&row(&inputs.names, process, snapshot))?;
            }
        }
        Ok(())
    }

    fn found(&self, inputs: &Inputs) -> bool {
        inputs.model.memory.processes().len() > 0 || inputs.unread::<Self>().count > 0
    }

    fn summary(&self, model: &LogModel) -> Summed<Sums> {
        let summary = model.memory.sums();
        Summed { summary }
    }

    fn text(&self, inputs: &Inputs, out: &mut Text<'_>) -> io::Result<()> {
        text::write(inputs, out)
    }
}

/// A snapshot as a row, with the name of its input.
pub fn row(names: &[String], process: &Process, snapshot: &Snapshot) -> MemorySnapshot {
    MemorySnapshot {
        source: names.get(snapshot.source).cloned().unwrap_or_default(),
        process: u64::from(process.id.0),
        time: snapshot.stamp.map(stamp),
        snapshot: snapshot.clone(),
    }
}
