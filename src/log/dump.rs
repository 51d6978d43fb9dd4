//! What a heap dump tells where logs are read: the statistics of its moment.

use crate::answer::{Failure, Stop};
use crate::case::Kind;
use crate::case::recognize_file;
use crate::input::Arena;
use crate::input::log::Ended;
use dumpview_parsers::heapdump::{DumpError, Record as InDump, Records};
use dumpview_parsers::line::{Origin, Place};
use dumpview_parsers::log::{Kind as Line, Record};
use dumpview_parsers::memstats::{Field, Record as Statistics, Snapshot, Value};
use std::io;
use std::path::Path;

/// Whether an input is a heap dump. What cannot be looked at is told by whoever reads it.
pub fn is_heap_dump(path: &Path) -> bool {
    recognize_file(path).is_ok_and(|kind| kind == Kind::HeapDump)
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
                each(&Record {
                    place: Place { line: 0, offset },
                    stamp: None,
                    origin: Origin::default(),
                    doubtful: false,
                    kind: Line::MemStats(Statistics::Snapshot(&snapshot)),
                })?;
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
