//! Where one gets from a line on a screen: into the editor, to all of a value, to the lines of a kind; and with what keys.

use crate::pty::{Pty, assert_sane};
use crate::walks::case;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// An editor that says what it was given and takes a line of keys.
const EDITOR: &str = "#!/bin/sh\n\
    printf '%s\\n' \"$@\" > \"$SAID\"\n\
    echo the editor is up\n\
    read key && echo \"$key\" >> \"$SAID\"\n";

fn corpus(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(file)
}

#[test]
fn an_editor_opens_at_the_line_and_has_the_keys_while_it_runs() {
    let directory = tempfile::tempdir().unwrap();
    let there = directory.path();
    let (editor, said) = (there.join("ed it"), there.join("said"));
    fs::write(&editor, EDITOR).unwrap();
    fs::set_permissions(&editor, fs::Permissions::from_mode(0o755)).unwrap();
    let nil = case("crash-nilptr-noopt-go1.27.3-amd64");
    let line = format!(
        "SAID='{}' VISUAL= EDITOR='\"{}\" -R' \"$DUMPVIEW\" --source-path /tmp/dumpview-corpus/src-go1.27.3='{}' '{}' '{}'",
        said.display(),
        editor.display(),
        corpus("programs").display(),
        nil.core.display(),
        nil.exe.display(),
    );
    let mut pty = Pty::shell(&line, 30, 120);
    pty.see("main.(*Store).find");
    pty.press("\r");
    pty.see("variables of main.(*Store).find");
    pty.press("E");
    pty.see("the editor is up");
    // Not a key of the screens now: it would leave them.
    pty.press("q\r");
    pty.see("variables of main.(*Store).find");
    let told = fs::read_to_string(&said).unwrap();
    let file = corpus("programs/crash/nilptr.go").canonicalize().unwrap();
    let expected = format!("-R\n+38\n{}\nq\n", file.display());
    assert_eq!(told, expected);
    pty.press("q");
    assert_sane(&pty.end());
}

#[test]
fn an_editor_that_is_not_there_is_told_of() {
    let log = corpus("logs/gctrace/seed-go1.23.4.txt");
    let line = format!("VISUAL=/no/editor \"$DUMPVIEW\" '{}'", log.display());
    let mut pty = Pty::shell(&line, 24, 100);
    pty.see("holds");
    pty.press("6E");
    pty.see("the editor '/no/editor' is not there");
    pty.press("q");
    assert_sane(&pty.end());
}

#[test]
fn bytes_open_whole_in_hex() {
    let nil = case("crash-nilptr-noopt-go1.27.3-amd64");
    let mut pty = crate::walks::open(nil, 30, 120);
    pty.see("main.(*Store).find");
    pty.press("\r");
    pty.see("variables of main.(*Store).find");
    pty.press("/aggregates\r");
    pty.see("variables of main.aggregates");
    pty.see("bs = []uint8 len: 3, cap: 3, 0x010203");
    pty.press("\r/bs\rp");
    pty.see("00000000  01 02 03");
    pty.see("3 bytes");
    pty.press("x");
    pty.wait("text", |screen| !screen.contents().contains("00000000"));
    pty.press("\x1b");
    pty.see("variables of main.aggregates");
    pty.press("q");
    assert_sane(&pty.end());
}

#[test]
fn the_lines_of_a_kind_are_left_by_a_filter() {
    let log = corpus("logs/gctrace/wordidx-applog-go1.27.3.txt.gz");
    let mut pty = Pty::open(&[log.to_str().unwrap()], 24, 160);
    pty.see("holds");
    pty.press("6fkind=gctrace and line>100\r");
    pty.see("filter: kind=gctrace and line>100");
    let is_of_them = |row: &str| {
        let mut words = row.split_whitespace();
        let line = words.next().and_then(|word| word.parse::<u64>().ok());
        line.is_some_and(|line| line > 100) && words.next() == Some("g")
    };
    // The lines before it may stand for one more frame.
    pty.wait("only lines of the kind", |screen| {
        let contents = screen.contents();
        let is_line = |row: &&str| row.trim_start().starts_with(|c: char| c.is_ascii_digit());
        let mut rows = contents.lines().filter(is_line).peekable();
        rows.peek().is_some() && rows.all(is_of_them)
    });
    // A line that is none of them is gone to all the same.
    pty.press("\x1b");
    pty.see("line");
    pty.press("q");
    assert_sane(&pty.end());
}

#[test]
fn keys_of_ones_own_are_those_of_footer_and_help() {
    let directory = tempfile::tempdir().unwrap();
    let there = directory.path();
    fs::create_dir(there.join("dumpview")).unwrap();
    fs::write(there.join("dumpview/config"), "key.quit = Q\n").unwrap();
    let log = corpus("logs/gctrace/seed-go1.23.4.txt");
    let line = format!(
        "XDG_CONFIG_HOME='{}' \"$DUMPVIEW\" '{}'",
        there.display(),
        log.display()
    );
    let mut pty = Pty::shell(&line, 24, 100);
    pty.see("Q quit");
    pty.press("q");
    pty.see("q does nothing here");
    pty.press("Q");
    assert_sane(&pty.end());
}
