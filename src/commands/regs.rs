//! `regs`: register values of a thread, or of a goroutine's frame.

use crate::answer::{Answer, Failure};
use crate::cli::RegsFlags;
use crate::session::Session;
use crate::text::Text;
use dumpview_process::arch::Registers;
use serde::Serialize;
use serde::ser::SerializeMap;
use std::io;

/// Registers of one place.
#[derive(Serialize)]
pub struct Regs {
    thread: Option<i32>,
    goroutine: Option<u64>,
    frame: Option<usize>,
    #[serde(serialize_with = "by_name")]
    registers: Registers,
}

fn by_name<S: serde::Serializer>(registers: &Registers, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    for (reg, word) in registers.known() {
        map.serialize_entry(&registers.arch().register_name(reg), &format!("{word:#x}"))?;
    }
    map.end()
}

/// The registers that `flags` ask for.
///
/// # Errors
///
/// When there is no such thread, goroutine or frame.
pub fn regs(session: &Session<'_>, flags: &RegsFlags) -> Result<Regs, Failure> {
    let threads = &session.process.core.threads;
    let tid = flags.thread;
    let thread = match tid {
        Some(tid) => threads.iter().find(|t| t.tid == tid),
        None => threads.first(),
    };
    let thread = thread.ok_or_else(|| match tid {
        Some(tid) => Failure::no_answer(format!(
            "no thread {tid}\n\nhint: dumpview threads lists them"
        )),
        None => Failure::no_answer("the core has no threads"),
    })?;
    Ok(Regs {
        thread: Some(thread.tid),
        goroutine: None,
        frame: None,
        registers: thread.registers.clone(),
    })
}

impl Answer for Regs {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        for (reg, word) in self.registers.known() {
            out.line(format_args!(
                "{:>6} = {word:#018x}",
                self.registers.arch().register_name(reg)
            ))?;
        }
        Ok(())
    }
}
