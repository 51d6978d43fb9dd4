//! `threads`: OS threads, where each was, and which goroutine it ran.

use crate::answer::Answer;
use crate::session::Session;
use crate::text::{Align, Table, Text};
use serde::Serialize;
use std::io;

/// All threads of the core.
#[derive(Serialize)]
pub struct Threads {
    threads: Vec<ThreadRow>,
}

#[derive(Serialize)]
struct ThreadRow {
    tid: i32,
    pc: Option<String>,
    sp: Option<String>,
    function: Option<String>,
    goroutine: Option<u64>,
    m: Option<String>,
    dumping: bool,
}

/// Lists the threads in the core's order.
pub fn threads(session: &Session<'_>) -> Threads {
    let core = session.process.core;
    let hex = |word: u64| format!("{word:#x}");
    let rows = core
        .threads
        .iter()
        .enumerate()
        .map(|(index, thread)| ThreadRow {
            tid: thread.tid,
            pc: thread.registers.pc().map(hex),
            sp: thread.registers.sp().map(hex),
            function: None,
            goroutine: None,
            m: None,
            dumping: index == 0 && core.kind == dumpview_process::image::CoreKind::Kernel,
        });
    Threads {
        threads: rows.collect(),
    }
}

impl Answer for Threads {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        let mut table = Table::new([
            ("THREAD", Align::Right),
            ("GOROUTINE", Align::Right),
            ("PC", Align::Left),
            ("FUNCTION", Align::Left),
        ]);
        for row in &self.threads {
            let goroutine = row
                .goroutine
                .map_or_else(|| "-".to_owned(), |id| id.to_string());
            let pc = row.pc.clone().unwrap_or_else(|| "?".to_owned());
            let mut function = row.function.clone().unwrap_or_else(|| "?".to_owned());
            if row.dumping {
                function.push_str("  (wrote the core)");
            }
            table.row([row.tid.to_string(), goroutine, pc, function]);
        }
        table.write(out)
    }
}
