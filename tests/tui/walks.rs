//! What is seen and what keys do; how the terminal is left.

use crate::fixtures;
use crate::pty::{Pty, assert_sane, without_blanks};
use crate::support::{Case, Report};
use serde_json::Value;
use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

fn corpus(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(file)
}

pub fn case(name: &str) -> &'static Case {
    let mut cases = fixtures::cases().iter();
    cases
        .find(|case| case.name == name)
        .unwrap_or_else(|| panic!("no case {name}"))
}

pub fn open(case: &Case, rows: u16, columns: u16) -> Pty {
    let (core, exe) = (case.core.to_str().unwrap(), case.exe.to_str().unwrap());
    Pty::open(&[core, exe], rows, columns)
}

/// The words that a person looks for: why it died, by the program's and the runtime's own account.
fn cause(case: &Case) -> Option<String> {
    let death = &case.truth["death"];
    let kind = death["kind"].as_str()?;
    if let Some(fatal) = &case.traceback.fatal {
        return Some(fatal.clone());
    }
    match kind {
        "panic" => {
            let last = case
                .traceback
                .panics
                .iter()
                .rev()
                .find(|text| !text.ends_with("[recovered]"))?;
            let line = last.lines().next()?;
            let line = line.trim_end_matches(" [recovered, repanicked]");
            // Of a type it cannot print the runtime gives the type and an address; there is more to say.
            let opaque = line
                .strip_prefix('(')
                .and_then(|rest| rest.split_once(") 0x"));
            let said = opaque.map_or(line, |(ty, _)| ty.trim_start_matches('*'));
            Some(said.to_owned())
        }
        "alive" => Some("it had not died".to_owned()),
        _ => case
            .traceback
            .signal
            .as_ref()
            .map(|(name, _)| name.clone())
            .or_else(|| death["signal"].as_str().map(str::to_owned)),
    }
}

/// Older runtimes print quotes in strings as they are, newer ones and the screen escape them.
fn without_quotes(text: &str) -> String {
    without_blanks(text).replace(['"', '\\'], "")
}

/// Presses at most five keys until the cause is on the screen; gives how many it took.
fn keys_to(case: &Case, cause: &str) -> Option<usize> {
    const WAYS: [&str; 5] = ["j", "j", "\r", "\x1b", "2"];
    let wanted = without_quotes(cause);
    // What is cut off by a narrow screen can still be recognised.
    let wanted: String = wanted.chars().take(60).collect();
    let mut pty = open(case, 40, 120);
    let ready = |screen: &vt100::Screen| {
        let seen = screen.contents();
        seen.contains("quit") && !seen.contains("opening…")
    };
    for pressed in 0..=WAYS.len() {
        let screen = pty.wait("a page", ready);
        if without_quotes(&screen.contents()).contains(&wanted) {
            return Some(pressed);
        }
        pty.press(WAYS.get(pressed)?);
    }
    None
}

#[test]
fn the_cause_of_every_crash_is_at_most_five_keys_away() {
    let cases: Vec<&Case> = fixtures::cases()
        .iter()
        .filter(|case| case.name.starts_with("crash-") || case.name.starts_with("cgo-"))
        .collect();
    let mut report = Report::default();
    let results: Vec<(&str, Option<String>, Option<usize>)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..3)
            .map(|worker| {
                let mine = cases.iter().skip(worker).step_by(3);
                scope.spawn(move || {
                    mine.map(|case| {
                        let cause = cause(case);
                        let keys = cause.as_deref().and_then(|cause| keys_to(case, cause));
                        (case.name.as_str(), cause, keys)
                    })
                    .collect::<Vec<_>>()
                })
            })
            .collect();
        let joined = workers.into_iter().map(|w| w.join().expect("a worker"));
        joined.flatten().collect()
    });
    for (name, cause, keys) in results {
        report.compared("crash");
        match (cause, keys) {
            (Some(_), Some(0)) => report.compared("cause on the first screen"),
            (Some(_), Some(_)) => report.compared("cause after some keys"),
            (cause, None) => report.problem(format!("{name}: {cause:?}")),
            (None, Some(_)) => {}
        }
    }
    report.settle(&["crash", "cause on the first screen"]);
}

#[test]
fn a_walk_to_a_local_finds_what_the_program_said() {
    let case = case("crash-nilptr-noopt-go1.27.3-amd64");
    let frames = case.truth["frames"].as_array().unwrap();
    let find = frames
        .iter()
        .find(|frame| frame["function"] == "main.(*Store).find")
        .expect("the truth has the frame");
    let value = |name: &str| -> &Value {
        let variables = find["variables"].as_array().unwrap();
        let found = variables.iter().find(|v| v["name"] == name);
        &found.expect("the truth has the variable")["value"]
    };
    let mut pty = open(case, 30, 120);
    pty.see("main.(*Store).find");
    pty.press("\r");
    pty.see(&format!("key = {:?}", value("key").as_str().unwrap()));
    pty.see(&format!("depth = {}", value("depth")));
    // Into the variables, and the receiver opened: its field is read from what it points at.
    pty.press("\r");
    pty.press("l");
    let screen = pty.see("name = ");
    let contents = screen.contents();
    let said = value("s").to_string();
    let name = contents
        .lines()
        .find_map(|line| line.split_once(" name = "))
        .map(|(_, name)| name.trim().to_owned())
        .expect("the field is shown");
    assert!(said.contains(&name), "{name} in {said}");
    // The expression of the prompt sees the same frame.
    pty.press(":print depth\r");
    pty.see(&value("depth").to_string());
    pty.press("\x1b");
    pty.see("variables of main.(*Store).find");
    pty.press("q");
    assert_sane(&pty.end());
}

#[test]
fn goroutines_are_filtered_as_one_types_and_walked() {
    let case = case("crash-blocked-quit-noopt-go1.27.3-amd64");
    let mut pty = open(case, 40, 140);
    pty.see("goroutines");
    pty.press("2");
    pty.see("COUNT*");
    pty.press("fselect");
    // The heading, then the rows that are left: those that wait in a select.
    pty.wait("filtered rows", |screen| {
        let seen = screen.contents();
        let row = seen.lines().nth(2).unwrap_or_default();
        seen.contains("filter: select") && row.contains("select")
    });
    pty.press("\r\r");
    pty.wait("frames or a group", |screen| {
        let seen = screen.contents();
        seen.contains("variables of") || seen.contains("the goroutines of the group")
    });
    pty.press("q");
    let screen = pty.end();
    assert!(screen.contents().contains("status 0"));
    assert_sane(&screen);
}

fn unpacked(file: &str) -> String {
    let packed = fs::read(corpus(file)).expect("a log of the corpus");
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(packed.as_slice())
        .read_to_string(&mut text)
        .expect("gzip");
    text
}

fn cycles(text: &str) -> usize {
    let is_cycle = |line: &&str| line.starts_with("gc ") && line.contains(" ms clock,");
    text.lines().filter(is_cycle).count()
}

#[test]
fn a_pipe_is_drawn_while_it_is_fed_and_keys_are_typed() {
    let text = unpacked("logs/gctrace/wordidx-applog-go1.27.3.txt.gz");
    let lines: Vec<&str> = text.lines().collect();
    let half = lines.len() / 2;
    let (first, second) = (lines[..half].join("\n") + "\n", lines[half..].join("\n"));
    let directory = tempfile::tempdir().unwrap();
    let fifo = directory.path().join("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap()
            .success()
    );
    let line = format!("cat '{}' | \"$DUMPVIEW\" gc -", fifo.display());
    let mut pty = Pty::shell(&line, 40, 130);
    let mut feed = OpenOptions::new().write(true).open(&fifo).unwrap();
    pty.see("waiting for the first gctrace line");
    feed.write_all(first.as_bytes()).unwrap();
    pty.see(&format!("{} cycles", cycles(&first)));
    pty.press("vv");
    pty.see("how long the world stood still");
    pty.press("4");
    pty.see("line");
    pty.press("/indexed\r");
    pty.press("1");
    feed.write_all(second.as_bytes()).unwrap();
    pty.see(&format!("{} cycles", cycles(&text)));
    drop(feed);
    let screen = pty.see("ended");
    // What else the application wrote is not lost.
    assert!(screen.contents().contains("the application's last lines"));
    pty.press("q");
    let screen = pty.end();
    assert_sane(&screen);
    let left = screen.contents();
    assert!(left.contains("status 0"), "{left}");
    assert!(
        left.contains("stop-the-world") || left.contains("heap"),
        "{left}"
    );
}

/// A program that writes a trace and lines of its own until a file is there, and says how it ended.
const WRITER: &str = "trap 'echo got-int >&2; exit 3' INT; n=0; while ! test -e stop; do n=$((n+1)); \
    echo \"gc $n @0.0${n}s 2%: 0.087+1.0+0.011 ms clock, 1.0+0.72/1.7/0.040+0.13 ms cpu, 4->4->3 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 12 P\"; \
    echo \"line $n of the program\"; sleep 0.1; done; echo last words; echo written > done";

#[test]
fn leaving_does_not_end_the_program_whose_pipe_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let there = directory.path();
    fs::write(there.join("writer"), WRITER).unwrap();
    let line = format!(
        "cd '{}'; sh writer 2>&1 | \"$DUMPVIEW\" gc -",
        there.display()
    );
    // High enough for the summary and what was passed on before it.
    let mut pty = Pty::shell(&line, 120, 130);
    pty.see("cycles in");
    pty.press("q");
    // What the program writes from now on is passed on, its traces are not.
    let screen = pty.see("Ctrl-C ends both");
    assert!(!screen.alternate_screen());
    pty.see("of the program");
    fs::write(there.join("stop"), "").unwrap();
    let screen = pty.end();
    let seen = screen.contents();
    assert!(there.join("done").exists(), "the program was ended: {seen}");
    assert!(seen.contains("last words"), "{seen}");
    assert!(!seen.contains("ms clock"), "{seen}");
    assert!(seen.contains("status 0"), "{seen}");
    assert!(
        seen.contains("stop-the-world") || seen.contains("heap"),
        "{seen}"
    );
    assert_sane(&screen);
}

#[test]
fn ctrl_c_ends_both_ends_of_a_pipe() {
    for after_leaving in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let there = directory.path();
        fs::write(there.join("writer"), WRITER).unwrap();
        // With job control a pipeline is a group of its own, as on a shell that people type into.
        let pipeline = "sh writer 2>words | \"$DUMPVIEW\" gc -";
        let line = format!("cd '{}'; bash -m -c '{pipeline}'", there.display());
        let mut pty = Pty::shell(&line, 40, 130);
        pty.see("cycles in");
        if after_leaving {
            pty.press("q");
            pty.see("Ctrl-C ends both");
            pty.see("of the program");
        }
        pty.press("\x03");
        let screen = pty.end();
        assert_sane(&screen);
        let words = fs::read_to_string(there.join("words")).unwrap();
        assert_eq!(words, "got-int\n");
        assert!(!there.join("done").exists());
    }
}

#[test]
fn resizes_are_followed_down_to_a_notice_and_back() {
    let case = case("crash-nilptr-noopt-go1.27.3-amd64");
    let mut pty = open(case, 24, 80);
    pty.see("nil pointer dereference");
    pty.resize(15, 60);
    pty.wait("60 columns", |screen| {
        screen.size().0.get() == 15 && screen.contents().contains("q quit")
    });
    pty.see("nil pointer dereference");
    pty.resize(10, 40);
    pty.see("60×15 are needed");
    pty.resize(50, 160);
    pty.see("executable  confirmed by");
    pty.press("q");
    assert_sane(&pty.end());
}

#[test]
fn signals_and_suspension_leave_a_sane_terminal() {
    let case = case("crash-nilptr-noopt-go1.27.3-amd64");
    for (signal, status) in [("TERM", 143), ("INT", 130), ("HUP", 129)] {
        let pty = open(case, 24, 80);
        pty.see("nil pointer dereference");
        pty.signal(signal);
        let screen = pty.end();
        assert_sane(&screen);
        let status = format!("status {status}");
        assert!(screen.contents().contains(&status), "{}", screen.contents());
    }
    let mut pty = open(case, 24, 80);
    pty.see("nil pointer dereference");
    pty.press("\x1a");
    let screen = pty.wait("the screen from before", |screen| {
        !screen.alternate_screen()
    });
    assert!(!screen.hide_cursor());
    pty.wait_until_stopped();
    pty.signal("CONT");
    pty.wait("the screens again", |screen| {
        screen.alternate_screen() && screen.contents().contains("nil pointer dereference")
    });
    pty.press("q");
    assert_sane(&pty.end());
}

/// Not a test by itself: the program that [`a_panic_leaves_a_sane_terminal`] runs on its terminal.
#[test]
#[ignore = "run by another test, on a terminal"]
fn panics_on_the_screen() {
    use dumpview_tui::app::{App, run::run};
    use dumpview_tui::canvas::Canvas;
    use dumpview_tui::data::command::Export;
    use dumpview_tui::data::page::Page;
    use dumpview_tui::keys::Binding;
    use dumpview_tui::screen::{Effect, Input, Screen};
    use dumpview_tui::theme::{Environment, Theme};
    use dumpview_view::line::{Line, Role};

    struct Fragile;

    impl Screen for Fragile {
        fn page(&self) -> Page {
            Page::Help
        }
        fn keys(&self) -> &'static [&'static [Binding]] {
            &[]
        }
        fn update(&mut self, input: Input<'_>) -> Vec<Effect> {
            assert!(matches!(input, Input::Shown), "touched");
            Vec::new()
        }
        fn draw(&self, canvas: &mut Canvas<'_>) {
            canvas.line(0, &Line::new(Role::Plain, "do not touch"));
        }
        fn selection(&self) -> Option<String> {
            None
        }
        fn export(&self) -> Option<Export> {
            None
        }
    }

    let (sender, events) = crossbeam_channel::unbounded();
    let mut app = App::new("test", vec![Box::new(Fragile)], Vec::new());
    let theme = Theme::of(&Environment::default());
    let _ = run(&mut app, &theme, true, &events, &sender, &mut |_| {});
}

#[test]
fn a_panic_leaves_a_sane_terminal() {
    let me = std::env::current_exe().unwrap();
    let line = format!(
        "RUST_BACKTRACE=0 '{}' --exact walks::panics_on_the_screen --ignored --nocapture",
        me.display()
    );
    let mut pty = Pty::shell(&line, 40, 100);
    pty.see("do not touch");
    pty.press("j");
    let screen = pty.end();
    assert_sane(&screen);
    assert!(
        screen.contents().contains("touched"),
        "{}",
        screen.contents()
    );
}

#[test]
fn a_core_that_cannot_be_opened_says_so_on_the_screen_one_comes_back_to() {
    let directory = tempfile::tempdir().unwrap();
    let torn = directory.path().join("core");
    let bytes = fs::read(&case("crash-nilptr-noopt-go1.27.3-amd64").core).unwrap();
    fs::write(&torn, &bytes[..40]).unwrap();
    let pty = Pty::open(&[torn.to_str().unwrap()], 24, 100);
    let screen = pty.end();
    assert_sane(&screen);
    assert!(
        screen.contents().contains("status 3"),
        "{}",
        screen.contents()
    );
}

#[test]
fn compiler_output_opens_its_tree_and_a_log_its_overview() {
    let escapes = corpus("escapes/std-nethttp-m2-go1.27.3.txt.gz");
    let mut pty = Pty::open(&[escapes.to_str().unwrap()], 40, 140);
    pty.see("net/http");
    pty.press("fwhat~append\r");
    pty.see("filter: what~append");
    pty.press("q");
    assert_sane(&pty.end());

    let log = corpus("logs/gctrace/wordidx-applog-go1.27.3.txt.gz");
    let mut pty = Pty::open(&[log.to_str().unwrap()], 40, 140);
    pty.see("holds");
    pty.press("2");
    pty.see("events of this window");
    pty.press("+++");
    pty.press("\r");
    pty.see("line");
    pty.press("q");
    assert_sane(&pty.end());
}

#[test]
fn without_a_terminal_or_with_plain_nothing_but_text_is_printed() {
    let case = case("crash-nilptr-noopt-go1.27.3-amd64");
    let output = Command::new(env!("CARGO_BIN_EXE_dumpview"))
        .args([&case.core, &case.exe])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("panic: "), "{text}");
    assert!(!text.contains('\x1b'));
    let (core, exe) = (case.core.to_str().unwrap(), case.exe.to_str().unwrap());
    let pty = Pty::open(&["--plain", core, exe], 200, 120);
    let screen = pty.end();
    assert!(!screen.alternate_screen());
    assert!(screen.contents().contains("next: dumpview bt "));
}

#[test]
fn a_long_answer_on_a_terminal_goes_through_the_pager_and_leaving_it_early_is_no_error() {
    let case = case("crash-nilptr-noopt-go1.27.3-amd64");
    let (core, exe) = (case.core.to_str().unwrap(), case.exe.to_str().unwrap());
    let line = |pager: &str, verb: &str| {
        format!("PAGER='{pager}' \"$DUMPVIEW\" {verb} '{core}' '{exe}'; test $? = 0 && echo well")
    };
    let shown = |pager, verb| Pty::shell(&line(pager, verb), 60, 120).end().contents();
    let paged = shown("sed s/^/paged:/", "bt");
    assert!(
        paged.contains("paged:") && paged.contains("well"),
        "{paged}"
    );
    let plain = shown("sed s/^/paged:/", "bt --no-pager");
    assert!(
        !plain.contains("paged:") && plain.contains("well"),
        "{plain}"
    );
    // A pager that is left after a line, in the middle of a long answer.
    let left = shown("head -n 1", "funcs");
    assert!(left.contains("well"), "{left}");
    let absent = shown("no-such-pager-here", "bt");
    assert!(
        absent.contains("main.") && absent.contains("well"),
        "{absent}"
    );
}

/// A core that somebody truncates while it is looked at ends the program with words, and the terminal is as before.
#[test]
fn a_core_that_shrinks_is_told_on_a_terminal_in_order() {
    let case = case("crash-nilptr-noopt-go1.27.3-amd64");
    let core = Path::new(env!("CARGO_TARGET_TMPDIR")).join("shrinks.core");
    fs::copy(&case.core, &core).unwrap();
    let mut pty = Pty::open(
        &[core.to_str().unwrap(), case.exe.to_str().unwrap()],
        40,
        120,
    );
    pty.wait("a page", |screen| {
        let seen = screen.contents();
        seen.contains("quit") && !seen.contains("opening…")
    });
    let file = OpenOptions::new().write(true).open(&core).unwrap();
    file.set_len(0).unwrap();
    // Whatever is asked now is read from the core, or was before; one of these is new.
    pty.press(":bt --all\r");
    let screen = pty.end();
    assert_sane(&screen);
    let seen = screen.contents();
    assert!(seen.contains("cut short while it was read"), "{seen}");
    assert!(seen.contains("status 3"), "{seen}");
}
