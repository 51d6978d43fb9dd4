//! `threads`: OS threads, where each was, and which goroutine it ran.

use crate::answer::Answer;
use crate::session::Session;
use dumpview_model::frame::Frame;
use dumpview_model::value::Address;
use dumpview_process::image::CoreKind;
use dumpview_view::{Align, Table, Text};
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
    pc: Option<Address>,
    sp: Option<Address>,
    function: Option<String>,
    goroutine: Option<u64>,
    m: Option<Address>,
    dumping: bool,
    frames: Vec<Frame>,
}

/// Lists the threads in the core's order, each with its whole stack: signal handler, system stack, goroutine.
pub fn threads(session: &Session<'_>) -> Threads {
    let process = &session.process;
    let core = process.core;
    let row = |(index, thread): (usize, &dumpview_process::image::Thread)| {
        let known = process.threads().iter().find(|t| t.index == index);
        let stack = process.thread_stack(thread, known.and_then(|t| t.m));
        let frames: Vec<Frame> = process
            .calls(&stack)
            .into_iter()
            .map(|call| call.frame)
            .collect();
        ThreadRow {
            tid: thread.tid,
            pc: thread.registers.pc().map(Address),
            sp: thread.registers.sp().map(Address),
            function: frames
                .first()
                .map(|f| f.function.clone())
                .filter(|name| !name.is_empty()),
            goroutine: known.and_then(|t| t.goroutine).map(|id| id.0),
            m: known.and_then(|t| t.m).map(|m| Address(m.0)),
            dumping: index == 0 && core.kind == CoreKind::Kernel,
            frames,
        }
    };
    Threads {
        threads: core.threads.iter().enumerate().map(row).collect(),
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
            let pc = row.pc.map_or_else(|| "?".to_owned(), |pc| pc.to_string());
            let mut function = row
                .function
                .as_deref()
                .map_or_else(|| "?".to_owned(), ToString::to_string);
            if row.dumping {
                function.push_str("  (wrote the core)");
            }
            table.row([row.tid.to_string(), goroutine, pc, function]);
        }
        table.write(out)
    }
}
