//! Pending deferred calls of a real program: `programs/defers.go` kills itself with defers of both kinds pending.
//!
//! Needs `DUMPVIEW_GO` to build with, and a kernel that writes `core` into the working directory.

#![expect(clippy::unwrap_used, reason = "a failure is a panic")]

mod live;

use dumpview_process::image::{CoreFile, Executable, Files, SectionArena};
use dumpview_process::mapped::OpenOptions;
use dumpview_process::memory::MemoryExt;
use dumpview_process::process::Process;
use dumpview_process::runtime::{Deferred, linked_defers, open_coded_defers};
use std::path::{Path, PathBuf};
use std::process::Command;

const PROGRAM: &str = include_str!("programs/defers.go");

struct NoFiles;

impl<'a> Files<'a> for NoFiles {
    fn image(&self, _path: &str) -> Option<&'a Executable<'a>> {
        None
    }
}

/// Runs a program that dies, and gives the core it left; `None` where cores go elsewhere.
fn core_of(dir: &Path, program: &Path) -> Option<PathBuf> {
    let _ = Command::new("sh")
        .arg("-c")
        .arg("ulimit -c unlimited; exec \"$0\" 2>stderr.txt")
        .arg(program)
        .env("GOTRACEBACK", "crash")
        .current_dir(dir)
        .status()
        .unwrap();
    let mut found = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    found.find(|path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name == "core" || name.starts_with("core.")
    })
}

/// What a deferred call is and with which arguments, as far as its captures are told.
fn describe(process: &Process<'_>, call: &Deferred) -> String {
    let name = process.symbols().unwrap().find(call.entry).unwrap().name();
    let types = process.types();
    let slots = types.capture_slots(call.entry.to_file(process.bias));
    let values: Vec<String> = slots
        .iter()
        .map(|slot| {
            let at = call.closure.offset(slot.offset);
            match types.resolve(slot.ty).unwrap().size {
                16 => {
                    let (text, _) = process.memory.go_string(at, 100).unwrap();
                    String::from_utf8_lossy(&text).into_owned()
                }
                _ => process.memory.u64(at).unwrap().to_string(),
            }
        })
        .collect();
    format!("{name}({})", values.join(","))
}

#[test]
fn both_kinds_of_pending_defers_are_found_with_their_closures() {
    let Some(go) = live::Go::from_env() else {
        eprintln!("not run: DUMPVIEW_GO is not set");
        return;
    };
    for release in live::RELEASES {
        for args in [&[][..], &["-gcflags=all=-N -l"]] {
            let name = format!("defers{}", args.len());
            let program = go.build(release, &name, PROGRAM, args, &[("CGO_ENABLED", "0")]);
            let dir = program.with_extension(format!("dir{}", args.len()));
            std::fs::create_dir_all(&dir).unwrap();
            let Some(core_path) = core_of(&dir, &program) else {
                eprintln!("not run: the kernel writes cores elsewhere");
                return;
            };
            let core_bytes = std::fs::read(core_path).unwrap();
            let bytes = std::fs::read(&program).unwrap();
            let core = CoreFile::parse(&core_bytes).unwrap();
            let arena = SectionArena::default();
            let executable = Executable::parse(&bytes, &arena).unwrap();
            let process = Process::open(&core, Some(&executable), &NoFiles, OpenOptions::default());
            let symbols = process.symbols().unwrap();
            let main = process
                .goroutines()
                .unwrap()
                .by_id(dumpview_process::addr::GoId(1))
                .unwrap();
            let minor = process.version.as_ref().unwrap().minor;

            let list = linked_defers(&process.runtime().unwrap(), main.defers, usize::MAX);
            assert_eq!(list.incomplete, None, "{release}");
            let mut found: Vec<String> = list.calls.iter().map(|c| describe(&process, c)).collect();
            for frame in &process.stack(main).frames {
                let Some(func) = symbols.find(frame.pc) else {
                    continue;
                };
                let open = open_coded_defers(
                    &*process.memory,
                    &func,
                    core.arch,
                    frame.cfa,
                    frame.sp,
                    minor,
                );
                found.extend(open.iter().map(|c| describe(&process, c)));
            }
            found.retain(|call| call.starts_with("main."));
            let unoptimized = !args.is_empty();
            // Up to 1.21 wrappers are func literals; since 1.22 deferwraps. Captures are told since 1.23, where
            // optimised code has not forgotten them.
            let names: Vec<&str> = found
                .iter()
                .map(|call| call.split('(').next().unwrap())
                .collect();
            let wrapper = |n: u32| match minor {
                ..=21 => format!("func{n}"),
                _ => format!("deferwrap{n}"),
            };
            let expected = [
                format!("main.linked.{}", wrapper(1)),
                format!("main.linked.{}", wrapper(1)),
                format!("main.linked.{}", wrapper(1)),
                format!("main.open.{}", wrapper(2)),
                format!("main.open.{}", wrapper(1)),
            ];
            assert_eq!(names, expected, "{release} {args:?}");
            if minor >= 23 && unoptimized {
                let arguments = ["20", "10", "0"];
                for (call, argument) in found.iter().zip(arguments) {
                    assert_eq!(
                        call,
                        &format!("main.linked.deferwrap1({argument})"),
                        "{release}"
                    );
                }
                assert_eq!(
                    found.get(3).unwrap(),
                    "main.open.deferwrap2(3)",
                    "{release}"
                );
            }
        }
    }
}
