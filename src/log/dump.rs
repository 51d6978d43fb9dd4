//! What a heap dump or a core tells where logs are read: the statistics of its moment.

use crate::answer::{Failure, Stop};
use crate::case::core::with_case;
use crate::case::{Kind, recognize_file};
use crate::flags::Common;
use crate::input::Arena;
use crate::input::log::Ended;
use dumpview_parsers::heapdump::{DumpError, Record as InDump, Records};
use dumpview_parsers::line::{Origin, Place};
use dumpview_parsers::log::{Kind as Line, Record};
use dumpview_parsers::memstats::{Field, Record as Statistics, Snapshot, Value};
use dumpview_process::heap::statistics;
use std::io;
use std::path::Path;

/// Whether an input is a heap dump. What cannot be looked at is told by whoever reads it.
pub fn is_heap_dump(path: &Path) -> bool {
    recognize_file(path).is_ok_and(|kind| kind == Kind::HeapDump)
}

/// Whether an input is a core.
pub fn is_core(path: &Path) -> bool {
    recognize_file(path).is_ok_and(|kind| kind == Kind::Core)
}

/// Gives the statistics of a core, as the runtime's counters have them, as the one record that it has of them.
///
/// # Errors
///
/// When it cannot be read, its counters are not to be found, or `each` fails.
pub fn core(
    path: &Path,
    executable: Option<&Path>,
    common: &Common,
    each: &mut dyn FnMut(&Record<'_>) -> io::Result<()>,
) -> Result<Ended, Stop> {
    let (snapshot, bytes) = with_case(path, executable, common, |case| {
        let mut snapshot = statistics(&case.process)
            .map_err(|error| Failure::no_answer(format!("{}: {error}", path.display())))?;
        if let Ok(all) = case.process.goroutines() {
            let own = all.list().iter().filter(|g| !case.is_system(g)).count();
            snapshot.set(Field::Goroutines, Value::Integer(own as u64));
        }
        let bytes = path.metadata().map_or(0, |metadata| metadata.len());
        Ok((snapshot, bytes))
    })?;
    each(&of_moment(0, &snapshot))?;
    Ok(Ended {
        bytes,
        ..Ended::default()
    })
}

fn of_moment(offset: u64, snapshot: &Snapshot) -> Record<'_> {
    Record {
        place: Place { line: 0, offset },
        stamp: None,
        origin: Origin::default(),
        doubtful: false,
        kind: Line::MemStats(Statistics::Snapshot(snapshot)),
    }
}

/// Gives the statistics of a heap dump as the one record that it has of them.
///
/// # Errors
///
/// When it cannot be read, or `each` fails.
pub fn heap_dump(
    path: &Path,
    each: &mut dyn FnMut(&Record<'_>) -> io::Result<()>,
) -> Result<Ended, Stop> {
    let unreadable =
        |error: &dyn std::fmt::Display| Failure::unreadable(format!("{}: {error}", path.display()));
    let arena = Arena::default();
    let bytes = arena.open(path).map_err(|error| unreadable(&error))?;
    let records = Records::new(bytes).map_err(|error| unreadable(&error))?;
    let mut ended = Ended {
        bytes: bytes.len() as u64,
        lost: arena.lost().into_iter().next().map(|(_, why)| why),
        ..Ended::default()
    };
    let (mut goroutines, mut cpus) = (0, None);
    for record in records {
        let (record, offset) = match record {
            Ok(located) => (located.record, located.offset),
            Err(error) => {
                ended.lost = Some(lost(path, &error));
                break;
            }
        };
        match record {
            InDump::Params(params) => cpus = Some(params.ncpu),
            InDump::Goroutine(goroutine) if !goroutine.is_system => goroutines += 1,
            InDump::MemStats(stats) => {
                let mut snapshot = Snapshot::from(&*stats);
                snapshot.set(Field::Goroutines, Value::Integer(goroutines));
                if let Some(cpus) = cpus {
                    snapshot.set(Field::NumCPU, Value::Integer(cpus));
                }
                each(&of_moment(offset, &snapshot))?;
                break;
            }
            _ => {}
        }
    }
    Ok(ended)
}

fn lost(path: &Path, error: &DumpError) -> String {
    let path = path.display();
    format!("{path}: its statistics stand near its end, and it cannot be read up to there: {error}")
}
