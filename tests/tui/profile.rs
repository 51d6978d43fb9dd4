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
    pty.see("no sample has such labels: nowhere");
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
