//! A profile on the screen.

use crate::pty::Pty;
use std::path::Path;

fn corpus(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/pprof");
    path.join(file).display().to_string()
}

#[test]
fn a_profile_opens_as_a_flame_graph_with_its_functions_and_what_matters() {
    let mut pty = Pty::open(&[&corpus("go1.27.3/cpu.pb.gz")], 30, 120);
    // What matters most stands on the first screen, whole on the third.
    pty.see("warning   The garbage collector: 33% of the CPU (670.0 ms)");
    let screen = pty.see("net/http.(*conn).serve");
    assert!(
        screen.contents().contains("2.03s,   100% of all")
            || screen.contents().contains("2.03s, 100% of all"),
        "{}",
        screen.contents()
    );
    // A search says its share: pprof has 1.07 s of 2.03 s for it.
    pty.press("/treeHandler\r");
    pty.see("/treeHandler: 52.71%");
    pty.see("main.treeHandler  1.07s, 52.71% of all");
    pty.press("\r");
    pty.see("zoomed");
    pty.press("\x1b");
    pty.press("c");
    pty.see("called by main.treeHandler");
    // What it is looked at from does not change what its share is of.
    pty.see("main.treeHandler  1.07s, 52.71% of all");
    pty.press("c");
    pty.see("callers of main.treeHandler");
    pty.press("\x1b");
    pty.see("net/http.(*conn).serve");
    pty.press("t");
    pty.see("samples");
    pty.press("2");
    pty.see("runtime.memclrNoHeapPointers");
    // By flat, its share, then by cum.
    pty.press("sss");
    pty.see("CUM*");
    pty.see("net/http.(*conn).serve");
    pty.press("3");
    pty.see("The garbage collector: 33% of the CPU");
    pty.press(":top3 -cum\r");
    pty.see("Showing top 3 nodes");
    pty.press("q");
    pty.end();
}

#[test]
fn labels_leave_what_has_them() {
    let mut pty = Pty::open(&[&corpus("go1.27.3/cpu.pb.gz")], 30, 120);
    pty.see("net/http.(*conn).serve");
    pty.press("fendpoint=hash\r");
    pty.see("main.hashHandler");
    let screen = pty.see("endpoint=hash");
    assert!(
        !screen.contents().contains("main.treeHandler"),
        "{}",
        screen.contents()
    );
    pty.press("q");
    pty.end();
}

#[test]
fn a_filter_that_leaves_nothing_and_one_that_is_none_say_so() {
    let mut pty = Pty::open(&[&corpus("go1.27.3/cpu.pb.gz")], 30, 120);
    pty.see("net/http.(*conn).serve");
    pty.press("f(\r");
    pty.see("parsing tagfocus regexp: unclosed group");
    let screen = pty.see("net/http.(*conn).serve");
    assert!(
        !screen.contents().contains("cpu, ("),
        "{}",
        screen.contents()
    );
    pty.press("fnowhere\r");
    pty.see("no sample is left by tagfocus=nowhere");
    pty.press("q");
    pty.end();
}

#[test]
fn what_comes_through_a_pipe_opens_as_a_file_does() {
    let file = corpus("go1.27.3/cpu.pb.gz");
    for line in [
        format!("cat {file} | \"$DUMPVIEW\""),
        format!("gzip -dc {file} | \"$DUMPVIEW\" -"),
    ] {
        let mut pty = Pty::shell(&line, 30, 120);
        pty.see("net/http.(*conn).serve");
        pty.press("q");
        pty.end();
    }
}

#[test]
fn files_of_other_programs_are_not_written_to_a_terminal() {
    let file = corpus("go1.27.3/cpu.pb.gz");
    for (line, hint) in [
        (format!("proto {file}"), "hint: proto … > profile.pb.gz"),
        (format!("{file} -x proto"), "hint: proto … > profile.pb.gz"),
        (format!("svg {file}"), "hint: svg … > flame.svg"),
        (format!("html {file}"), "hint: html … > profile.html"),
    ] {
        let line = format!("\"$DUMPVIEW\" --no-pager pprof {line}");
        let pty = Pty::shell(&line, 30, 120);
        pty.see(hint);
        pty.see("status 2");
        pty.end();
    }
    let pty = Pty::shell(&format!("\"$DUMPVIEW\" pprof top {file}"), 30, 120);
    pty.see("flat%");
}

#[test]
fn two_profiles_are_a_difference_with_signs() {
    let (old, new) = (
        corpus("judged/go1.27.3/before.pb.gz"),
        corpus("judged/go1.27.3/after.pb.gz"),
    );
    let mut pty = Pty::open(&[&old, &new], 24, 100);
    let screen = pty.see("main.keepBig");
    assert!(
        screen.contents().contains("+41.63MB main.keepBig")
            || screen.contents().contains("MB main.keepBig"),
        "{}",
        screen.contents()
    );
    pty.see(" before, ");
    pty.press("3");
    pty.see("main.keepBig (main.go:155) grew by");
    pty.press("q");
    pty.end();
}

/// What a screen says once all of these are on it.
fn see_all(pty: &mut Pty, texts: &[&str]) -> String {
    // Each is waited for; what was there before another came may be gone by then.
    for _ in 0..1000 {
        let seen = texts.iter().map(|text| pty.see(text).contents());
        let contents = seen.fold(String::new(), |_, contents| contents);
        if texts.iter().all(|text| contents.contains(text)) {
            return contents;
        }
    }
    panic!("never together: {texts:?}");
}

#[test]
fn what_is_looked_at_is_the_same_on_all_screens() {
    let mut pty = Pty::open(&[&corpus("go1.27.3/cpu.pb.gz")], 30, 120);
    pty.see("net/http.(*conn).serve");
    // Typed at the prompt, seen on every screen.
    pty.press(":focus=treeHandler\r");
    see_all(
        &mut pty,
        &[
            "looked at: cpu, focus=treeHandler",
            "all  1.07s, 52.71% of all",
        ],
    );
    pty.press("2");
    let screen = see_all(
        &mut pty,
        &["cpu, focus=treeHandler; 183 of 183", "runtime."],
    );
    assert!(!screen.contains("main.hashHandler"), "{screen}");
    pty.press("3");
    see_all(
        &mut pty,
        &[
            "cpu, focus=treeHandler",
            "Shares are of what focus=treeHandler leaves",
        ],
    );
    // The next type on one screen is that of the others, and of what is typed.
    pty.press("t");
    pty.see("samples, focus=treeHandler");
    pty.press("1");
    see_all(
        &mut pty,
        &["samples, focus=treeHandler", "all  107, 52.71% of all"],
    );
    pty.press(":top3\r");
    see_all(&mut pty, &["samples, focus=treeHandler", "of 203 total"]);
    pty.press("\x1b");
    pty.see("all  107, 52.71% of all");
    // So are labels.
    pty.press(":\x15:\r");
    pty.see("looked at: samples");
    pty.press("fendpoint=hash\r");
    pty.see("samples, tagfocus=endpoint=hash");
    pty.press("2");
    let screen = see_all(
        &mut pty,
        &["samples, tagfocus=endpoint=hash; 23 of 23", "runtime."],
    );
    assert!(!screen.contains("main.treeHandler"), "{screen}");
    // What cannot be is not taken.
    pty.press(":focus=(\r");
    pty.see("parsing focus regexp: unclosed group");
    pty.press("\x1b");
    pty.see("samples, tagfocus=endpoint=hash;");
    pty.press(":normalize=true\r");
    pty.see("normalize: there is no base to scale to");
    pty.press("q");
    pty.end();
}

#[test]
fn profiles_with_flags_and_no_report_open_as_screens() {
    let (old, new) = (
        corpus("judged/go1.27.3/before.pb.gz"),
        corpus("judged/go1.27.3/after.pb.gz"),
    );
    let base = format!("-base={old}");
    for args in [
        &["pprof", "-sample_index=inuse_space", &base, &new][..],
        &[&old, &new, "-sample_index=inuse_space"],
    ] {
        let mut pty = Pty::open(args, 24, 120);
        see_all(
            &mut pty,
            &["after.pb.gz - bef", "MB main.keepBig", " before, "],
        );
        // Both sums are one when it is scaled to its base.
        pty.press(":normalize=true\r");
        let screen = see_all(
            &mut pty,
            &["looked at: inuse_space, normalize=true", "-1B all"],
        );
        let head = screen.lines().nth(1).unwrap();
        let amounts: Vec<&str> = head
            .split([' ', ':', ','])
            .filter(|word| word.ends_with('B'))
            .collect();
        assert!(
            matches!(amounts[..], [_, before, now] if before == now),
            "{head}"
        );
        pty.press("q");
        pty.end();
    }
    // Several are one, and filters are those of the command line.
    let mut pty = Pty::open(
        &[
            "pprof",
            "-focus=treeHandler",
            &corpus("go1.27.3/cpu.pb.gz"),
            &corpus("go1.26.6/cpu.pb.gz"),
        ],
        24,
        120,
    );
    see_all(&mut pty, &["cpu.pb.gz + cpu", "cpu, focus=treeHandler"]);
    pty.press("q");
    pty.end();
    // A pipe gets text.
    let pty = Pty::shell(
        &format!("\"$DUMPVIEW\" '{old}' '{new}' -normalize | head -20"),
        30,
        120,
    );
    pty.see("flat%");
}

#[test]
fn a_difference_that_was_saved_is_one_on_the_screen() {
    let (old, new) = (
        corpus("go1.23.9/heap.before.pb.gz"),
        corpus("go1.23.9/heap.pb.gz"),
    );
    let line = format!(
        "d=$(mktemp -d); \"$DUMPVIEW\" pprof proto '-base={old}' '{new}' > $d/saved.pb.gz; \"$DUMPVIEW\" $d/saved.pb.gz; rm -r $d"
    );
    let mut pty = Pty::shell(&line, 24, 120);
    see_all(&mut pty, &["saved.pb.gz", " less, ", " more"]);
    pty.press("q");
    pty.see("status 0");
    pty.end();
}
