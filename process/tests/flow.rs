//! What the code says of a frame's slots against what the compiler recorded of the same for the collector.
//!
//! A stack map marks the words that hold live pointers at a call. The code, which knows nothing of it, must read each of
//! them on some path, or have handed out its address.

#[cfg(test)]
mod flow {
    use dumpview_process::disasm;
    use dumpview_process::image::{CoreFile, Executable, NoFiles, SectionArena};
    use dumpview_process::mapped::OpenOptions;
    use dumpview_process::memory::Memory;
    use dumpview_process::process::Process;
    use std::fs::File;
    use std::io::Read;
    use std::path::Path;

    fn unpacked(name: &str) -> Vec<u8> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/fixtures");
        let file = File::open(path.join(format!("{name}.zst"))).expect(name);
        let mut bytes = Vec::new();
        let mut reader = ruzstd::decoding::StreamingDecoder::new(file).expect(name);
        reader.read_to_end(&mut bytes).expect(name);
        bytes
    }

    #[derive(Default, Debug)]
    struct Tally {
        functions: usize,
        calls: usize,
        /// Calls at which the code could not be followed.
        unfollowed: usize,
        read: usize,
        taken: usize,
        /// Words that the stack map marks and the code neither reads nor hands out.
        unread: usize,
        /// Of those that are read, how many were written on every way to the call.
        written: usize,
    }

    fn compare(core: &str, exe: &str) -> Tally {
        let (core, exe) = (unpacked(core), unpacked(exe));
        let arena = SectionArena::default();
        let core = CoreFile::parse(&core).unwrap();
        let exe = Executable::parse(&exe, &arena).unwrap();
        let process = Process::open(&core, Some(&exe), &NoFiles, OpenOptions::default());
        let mut tally = Tally::default();
        for func in process.symbols().unwrap().funcs() {
            if func.flags().asm()
                || func.name().starts_with("runtime.") && func.end.0 - func.entry.0 > 1 << 13
            {
                continue;
            }
            tally.functions += 1;
            let code = process.memory.bytes(func.entry, func.end.0 - func.entry.0);
            let code = code.unwrap().into_owned();
            for instruction in disasm::instructions(process.arch(), &code, func.entry) {
                let is_call = ["call ", "bl ", "blr "]
                    .iter()
                    .any(|c| instruction.text.starts_with(c));
                let callee = instruction
                    .target
                    .and_then(|at| process.symbols().unwrap().find(at));
                // Nothing is read after a call that does not return, and no frame waits in a write barrier.
                let ends = callee.is_some_and(|callee| {
                    let name = callee.name().trim_end_matches(".abi0");
                    [
                        "morestack",
                        "panic",
                        "goPanic",
                        "gopanic",
                        "throw",
                        "fatal",
                        "gcWriteBarrier",
                        "duff",
                    ]
                    .iter()
                    .any(|end| name.starts_with(&format!("runtime.{end}")))
                });
                if !is_call || ends {
                    continue;
                }
                tally.calls += 1;
                let Some(point) = process.point(instruction.end(), false) else {
                    tally.unfollowed += 1;
                    continue;
                };
                for at in point.live_pointers() {
                    if point.is_read(*at, 8) {
                        tally.read += 1;
                        tally.written += usize::from(point.is_stored(*at, 8));
                    } else if point.is_taken(*at, 8) {
                        tally.taken += 1;
                    } else {
                        tally.unread += 1;
                        if std::env::var_os("DUMPVIEW_VERBOSE").is_some() {
                            println!("{} {} {at}", func.name(), instruction.addr);
                        }
                    }
                }
            }
        }
        println!("{tally:?}");
        tally
    }

    /// One in `most` of the words may be of another kind: parts of arrays, and what open-coded defers keep.
    fn check(tally: &Tally, most: usize) {
        assert!(tally.functions > 500 && tally.read > 1000, "{tally:?}");
        assert!(tally.unfollowed * 20 < tally.calls, "{tally:?}");
        assert!(tally.unread * most < tally.read, "{tally:?}");
        assert!(tally.written * 10 > tally.read * 9, "{tally:?}");
    }

    #[test]
    fn slots_that_stack_maps_mark_are_read_in_optimised_amd64_code() {
        check(
            &compare(
                "crash-deadlock-trimpath-go1.27.3-amd64.core",
                "crash-trimpath-go1.27.3-amd64.exe",
            ),
            10,
        );
    }

    #[test]
    fn slots_that_stack_maps_mark_are_read_in_arm64_code() {
        check(
            &compare(
                "crash-deadlock-noopt-go1.27.3-arm64.core",
                "crash-noopt-go1.27.3-arm64.exe",
            ),
            5,
        );
    }
}
