//! Go in other containers than an executable of its own: a library or an archive under a program in C, plugins, and debug
//! information that lies apart.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod live;

use dumpview_model::value::text::Style;
use dumpview_process::expr::Expressions;
use dumpview_process::image::{CoreFile, Executable, Files, SectionArena};
use dumpview_process::mapped::OpenOptions;
use dumpview_process::postmortem::Postmortem;
use dumpview_process::process::Process;
use dumpview_process::value::Limits;
use live::Go;
use std::path::{Path, PathBuf};
use std::process::Command;

const LIBRARY: &str = include_str!("programs/library.go");
const CALLER: &str = include_str!("programs/caller.c");
const HOST: &str = include_str!("programs/host.go");
const PLUGIN: &str = include_str!("programs/plugin.go");

/// Of the releases at hand, the oldest and the newest of those that are asked for.
fn two_releases() -> Vec<String> {
    let all = live::releases();
    let ends = [all.first(), all.last()];
    let mut ends: Vec<String> = ends.into_iter().flatten().cloned().collect();
    ends.dedup();
    ends
}

/// Files of this machine, for as long as the test runs.
struct Disk;

impl Files<'static> for Disk {
    fn image(&self, path: &str) -> Option<&'static Executable<'static>> {
        image(Path::new(path))
    }
}

fn image(path: &Path) -> Option<&'static Executable<'static>> {
    let bytes: &'static [u8] = std::fs::read(path).ok()?.leak();
    let arena: &'static SectionArena = Box::leak(Box::default());
    let file = Executable::parse(bytes, arena).ok()?;
    Some(Box::leak(Box::new(file)))
}

/// A process that died, opened with one of its files.
fn opened(core: Vec<u8>, exe: Option<&Path>) -> Postmortem<'static> {
    let bytes: &'static [u8] = core.leak();
    let core = Box::leak(Box::new(CoreFile::parse(bytes).unwrap()));
    let exe = exe.map(|path| image(path).expect("an ELF file"));
    Postmortem::new(Process::open(core, exe, &Disk, OpenOptions::default()))
}

fn succeeds(command: &mut Command) {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}

/// Builds the library in one of its forms, and the program in C around it.
fn with_c(go: &Go, release: &str, mode: &str) -> (PathBuf, PathBuf) {
    let dir = go.scratch().join(format!("{mode}-{release}"));
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("lib.go"), LIBRARY).unwrap();
    std::fs::write(dir.join("main.c"), CALLER).unwrap();
    let library = dir.join(if mode == "c-shared" {
        "lib.so"
    } else {
        "lib.a"
    });
    let build = [release, "build", &format!("-buildmode={mode}"), "-o"].map(str::to_owned);
    succeeds(
        Command::new(go.command())
            .args(build)
            .arg(&library)
            .arg("lib.go")
            .env("CGO_ENABLED", "1")
            .current_dir(&dir),
    );
    let app = dir.join("app");
    succeeds(
        Command::new("gcc")
            .args(["-g", "-O0", "main.c", "-o"])
            .arg(&app)
            .arg(&library)
            .arg("-lpthread")
            .arg(format!("-Wl,-rpath,{}", dir.display()))
            .current_dir(&dir),
    );
    (app, library)
}

/// The core of a program that was run until it died.
fn core_of(app: &Path, args: &[&str]) -> Vec<u8> {
    let died = live::die(app, "amd64", args).expect("a core");
    died.core
}

/// Every goroutine that waits in a function.
fn waiting_in(dead: &Postmortem<'_>, function: &str) -> usize {
    let all = dead.process.goroutines().unwrap().list();
    let waits = all.iter().filter(|g| {
        let at = dead.process.unwound(g);
        at.calls.iter().any(|call| call.name == function)
    });
    waits.count()
}

/// Functions of the stack of the thread that died, innermost first, each with its file's name and line.
fn dying_stack(dead: &Postmortem<'_>) -> Vec<(String, String)> {
    let at = dead.at(None).expect("a goroutine to blame");
    let place = |call: &dumpview_process::unwind::Call| {
        let file = call.frame.file.as_deref().unwrap_or_default();
        let name = file.rsplit('/').next().unwrap_or_default();
        format!("{name}:{}", call.frame.line.unwrap_or(0))
    };
    let calls = at.calls.iter();
    calls.map(|call| (call.name.clone(), place(call))).collect()
}

/// Where a function of that stack is.
fn at(dead: &Postmortem<'_>, function: &str) -> Option<String> {
    let stack = dying_stack(dead);
    let (_, place) = stack.into_iter().find(|(name, _)| name == function)?;
    Some(place)
}

fn printed(dead: &Postmortem<'_>, function: &str, expr: &str) -> String {
    let at = dead.at(None).expect("a goroutine to blame");
    let mut calls = at.calls.iter();
    let call = calls
        .find(|call| call.name.ends_with(function))
        .expect(function);
    let scope = dead.process.scope(Some((&*at, call)));
    let expressions = Expressions {
        sources: dead.process.sources_at(Some(call)),
        scope: &scope,
    };
    let variable = expressions.print(expr, Limits::default()).unwrap();
    Style::default().line(&variable.value.unwrap())
}

#[test]
fn go_in_a_library_or_an_archive_under_c() {
    let Some(go) = Go::from_env() else {
        eprintln!("skipped: DUMPVIEW_GO is not set");
        return;
    };
    let mut seen = 0;
    for release in two_releases() {
        for mode in ["c-shared", "c-archive"] {
            let (app, library) = with_c(&go, &release, mode);
            let core = core_of(&app, &["3"]);
            let given: &[&Path] = if mode == "c-shared" {
                &[&app, &library]
            } else {
                &[&app]
            };
            for exe in given {
                let what = format!("{mode} {release} {}", exe.display());
                let dead = opened(core.clone(), Some(exe));
                assert!(
                    dead.process
                        .version
                        .as_ref()
                        .unwrap()
                        .text
                        .contains(&release)
                );
                assert_eq!(
                    dead.process.go_library.is_some(),
                    mode == "c-shared",
                    "{what}"
                );
                assert_eq!(
                    dead.reason(),
                    "panic: job 31 (render) failed at step 3",
                    "{what}"
                );
                assert_eq!(waiting_in(&dead, "main.waiter"), 4, "{what}");
                assert_eq!(
                    printed(&dead, "main.work", "main.Current.ID"),
                    "31",
                    "{what}"
                );
                assert!(at(&dead, "main.work").unwrap().starts_with("lib.go:"));
                // The thread had called Go before: there a panic may overwrite the frames of C, and then none is shown.
                let whole = dead.at(None).unwrap().stack.is_complete();
                assert_eq!(at(&dead, "main").is_some(), whole, "{what}");
                seen += 1;
            }
            let dead = opened(core_of(&app, &["3", "alone"]), Some(&app));
            let lines = [
                ("inner", "GoWork(n);"),
                ("outer", "return inner(n)"),
                ("main", "outer(n));"),
            ];
            for (function, text) in lines {
                let place = at(&dead, function);
                let wanted = line_of(CALLER, "main.c", text);
                assert_eq!(
                    place,
                    Some(wanted),
                    "{mode} {release}: {:#?}",
                    dying_stack(&dead)
                );
            }
            let dead = opened(core_of(&app, &["7"]), Some(&app));
            let reason = dead.reason();
            assert!(
                reason.contains("SIGSEGV") && reason.contains("0x10"),
                "{mode} {release}: {reason}"
            );
            assert!(
                reason.contains(&line_of(CALLER, "main.c", "*p = 1")),
                "{mode} {release}: {reason}"
            );
            seen += 1;
        }
    }
    assert!(seen >= 5, "{seen} cores were looked at");
}

/// `file:line` of the first line that holds a text.
fn line_of(source: &str, file: &str, text: &str) -> String {
    let line = source.lines().position(|line| line.contains(text)).unwrap() + 1;
    format!("{file}:{line}")
}

#[test]
fn variables_of_a_plugin_are_of_its_types() {
    let Some(go) = Go::from_env() else {
        eprintln!("skipped: DUMPVIEW_GO is not set");
        return;
    };
    for release in two_releases() {
        let dir = go.scratch().join(format!("plugin-{release}"));
        std::fs::create_dir_all(&dir).unwrap();
        for (name, source) in [("host.go", HOST), ("plugin.go", PLUGIN)] {
            std::fs::write(dir.join(name), source).unwrap();
        }
        let build = |flags: &[&str], output: &str, source: &str| {
            succeeds(
                Command::new(go.command())
                    .args([&release, "build"])
                    .args(flags)
                    .args(["-o", output, source])
                    .env("CGO_ENABLED", "1")
                    .current_dir(&dir),
            );
        };
        build(&["-buildmode=plugin"], "p.so", "plugin.go");
        build(&[], "host", "host.go");
        let plugin = dir.join("p.so");
        let core = core_of(&dir.join("host"), &[plugin.to_str().unwrap()]);
        let dead = opened(core, Some(&dir.join("host")));
        assert!(
            dead.reason().contains("rule a>b prio 4 refused from-main"),
            "{}",
            dead.reason()
        );
        assert_eq!(waiting_in_plugin(&dead), 3, "{release}");
        let rules = printed(&dead, ".evaluate", "len(Rules)");
        assert_eq!(rules, "2", "{release}");
        let rule = printed(&dead, ".evaluate", "Rules[\"y\"].Prio");
        assert_eq!(rule, "9", "{release}");
        assert_eq!(
            printed(&dead, "main.main", "main.MainConf.N"),
            "5",
            "{release}"
        );
    }
}

fn waiting_in_plugin(dead: &Postmortem<'_>) -> usize {
    let all = dead.process.goroutines().unwrap().list();
    let waits = all.iter().filter(|g| {
        let at = dead.process.unwound(g);
        at.calls
            .iter()
            .any(|call| call.name.rsplit('.').next() == Some("wait"))
    });
    waits.count()
}
