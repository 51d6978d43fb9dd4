//! `threads`: OS threads, where each was, and which goroutine it ran.

use crate::answer::{Answer, Failure};
use crate::case::core::{Case, Cursor};
use crate::flags::TableFlags;
use crate::listing::Listing;
use crate::verb::{About, OnCore, Verb, Word};
use dumpview_model::frame::Frame;
use dumpview_model::value::Address;
use dumpview_process::image::CoreKind;
use dumpview_view::rows::ThreadRow;
use dumpview_view::schema::Rows;

/// Lists the threads in the core's order, each with its whole stack: signal handler, system stack, goroutine.
fn threads(case: &Case<'_>) -> Vec<ThreadRow> {
    let process = &case.process;
    let core = process.core;
    let row = |(index, thread): (usize, &dumpview_process::image::Thread)| {
        let known = process.threads().get(index);
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
    core.threads.iter().enumerate().map(row).collect()
}

/// `threads`.
pub struct ThreadsVerb;

impl Verb for ThreadsVerb {
    type Args = TableFlags;
    type Body = Rows<ThreadRow>;
    const ABOUT: About = About::core(
        "threads",
        "OS threads: registers' pc, their goroutine",
        Word::None,
    );
}

impl OnCore for ThreadsVerb {
    fn ask(
        case: &Case<'_>,
        args: &TableFlags,
        _word: Option<&str>,
        _cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        Ok(Box::new(Listing::new(threads(case), args)?))
    }
}
