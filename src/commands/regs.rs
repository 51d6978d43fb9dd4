//! `regs`: register values of a thread, or of a goroutine's frame.

use crate::answer::{Answer, Failure};
use crate::case::core::{Case, Cursor};
use crate::verb::{About, OnCore, Verb, Word};
use clap::Args;
use dumpview_process::arch::Registers;
use dumpview_process::image::Thread;
use dumpview_view::Text;
use schemars::JsonSchema;
use serde::Serialize;
use serde::ser::SerializeMap;
use std::io;

/// Which registers.
#[derive(Args, Debug, Clone, Default)]
pub struct RegsFlags {
    /// Goroutine id; the one that crashed when left out.
    #[arg(short, long = "goroutine", value_name = "ID")]
    pub goroutine: Option<u64>,

    /// Frame number as `bt` shows it.
    #[arg(short, long, value_name = "N")]
    pub frame: Option<usize>,

    /// A thread by its id instead.
    #[arg(short, long, value_name = "TID", conflicts_with_all = ["goroutine", "frame"])]
    pub thread: Option<i32>,
}

/// Registers of one place.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "registers")]
pub struct Regs {
    /// Id of the thread, as the kernel counts; null when a goroutine was asked for.
    thread: Option<i32>,
    /// Id of the goroutine; null when a thread was asked for.
    goroutine: Option<u64>,
    /// Number of the frame, as `bt` counts; null when a thread was asked for.
    frame: Option<usize>,
    /// Register name to hex; only those that are known.
    #[serde(serialize_with = "by_name")]
    #[schemars(with = "std::collections::BTreeMap<String, dumpview_model::value::Address>")]
    registers: Registers,
}

fn by_name<S: serde::Serializer>(registers: &Registers, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    for (reg, word) in registers.known() {
        map.serialize_entry(&registers.arch().register_name(reg), &format!("{word:#x}"))?;
    }
    map.end()
}

/// The registers that `flags` ask for. In a frame only those are known that a signal, a preemption or the dump
/// itself saved: Go functions preserve none for their callers.
///
/// # Errors
///
/// When there is no such thread, goroutine or frame.
pub fn regs(case: &Case<'_>, flags: &RegsFlags, cursor: &Cursor) -> Result<Regs, Failure> {
    let threads = &case.process.core.threads;
    let of_thread = |thread: &Thread| Regs {
        thread: Some(thread.tid),
        goroutine: None,
        frame: None,
        registers: thread.registers.clone(),
    };
    if let Some(tid) = flags.thread {
        let thread = threads.iter().find(|t| t.tid == tid);
        return thread.map(of_thread).ok_or_else(|| {
            Failure::no_answer(format!(
                "no thread {tid}\n\nhint: dumpview threads lists them"
            ))
        });
    }
    let at = match case.at(flags.goroutine, cursor) {
        Ok(at) => at,
        // Not a Go program: its first thread is what there is.
        Err(why) if flags.goroutine.is_some() || flags.frame.is_some() => return Err(why.into()),
        Err(why) => return threads.first().map(of_thread).ok_or_else(|| why.into()),
    };
    let (index, call) = at.call(flags.frame.or(cursor.frame))?;
    let physical = at.stack.frames.get(call.physical);
    let mut registers = at
        .stack
        .registers(call.physical)
        .cloned()
        .unwrap_or_else(|| Registers::new(case.process.arch()));
    let arch = case.process.arch();
    registers.set(arch.pc(), physical.map(|f| f.pc.0));
    registers.set(arch.sp(), physical.map(|f| f.sp.0));
    Ok(Regs {
        thread: None,
        goroutine: Some(at.goroutine.id.0),
        frame: Some(index),
        registers,
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

/// `regs`.
pub struct RegsVerb;

impl Verb for RegsVerb {
    type Args = RegsFlags;
    type Body = Regs;
    const ABOUT: About = About::core(
        "regs",
        "Registers of a goroutine's frame or of a thread",
        Word::None,
    );
}

impl OnCore for RegsVerb {
    fn ask(
        case: &Case<'_>,
        args: &RegsFlags,
        _word: Option<&str>,
        cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        Ok(Box::new(regs(case, args, cursor)?))
    }
}
