//! Text as an expression, evaluated over a real core: parsed, typed, and read.

#![no_main]

use dumpview_process::expr::{Expressions, FrameScope};
use dumpview_process::image::{CoreFile, Executable, NoFiles, SectionArena};
use dumpview_process::mapped::OpenOptions;
use dumpview_process::process::Process;
use dumpview_process::value::Limits;
use dumpview_process_fuzz::unpacked;

thread_local! {
    /// Opened once, and never closed: reading its types is most of what a run would take.
    static PROCESS: &'static Process<'static> = {
        let bytes = |name: &str| -> &'static [u8] { unpacked(name).leak() };
        let arena: &'static SectionArena = Box::leak(Box::default());
        let core = CoreFile::parse(bytes("crash-blocked-noopt-go1.24.11-amd64.core")).expect("a core");
        let exe = Executable::parse(bytes("crash-noopt-go1.24.11-amd64.exe"), arena).expect("its executable");
        let (core, exe): (&'static _, &'static _) = (Box::leak(Box::new(core)), Box::leak(Box::new(exe)));
        Box::leak(Box::new(Process::open(core, Some(exe), &NoFiles, OpenOptions::default())))
    };
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    PROCESS.with(|process| {
        let scope = FrameScope::without_frame(process.types(), process.arch());
        let expressions = Expressions {
            sources: process.sources(),
            scope: &scope,
        };
        let limits = Limits {
            depth: 3,
            len: 8,
            string: 64,
            nodes: 500,
        };
        let _ = expressions.print(text, limits);
        let _ = expressions.whatis(text);
        let _ = expressions.address(text);
        let _ = expressions.is_condition(text);
    });
});
