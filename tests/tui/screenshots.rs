//! The pictures of the README, from the real screens.

use crate::heap::unpacked;
use crate::pty::Pty;
use crate::svg;
use crate::walks::{case, open};
use std::fs;
use std::path::Path;

/// Makes the pictures of the README: `docs/screens/make`.
#[test]
#[ignore = "writes docs/screens"]
fn screenshots() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/screens");
    let save = |name: &str, pty: &Pty, wanted: &str| {
        pty.see(wanted);
        let picture = svg::svg(&pty.settled());
        fs::write(directory.join(format!("{name}.svg")), picture).unwrap();
    };
    let nil = case("crash-nilptr-noopt-go1.27.3-amd64");
    // Relative, so that no picture names the directory it was made in.
    let sources = "/tmp/dumpview-corpus/src-go1.27.3/crash=corpus/programs/crash";
    let (core, exe) = (nil.core.to_str().unwrap(), nil.exe.to_str().unwrap());
    let mut pty = Pty::open(&["--source-path", sources, core, exe], 32, 120);
    save("overview", &pty, "findings");
    pty.press("\r");
    pty.see("key = ");
    pty.press("\rlj");
    pty.see("name = ");
    save("frames", &pty, "programs/crash/nilptr.go:38");
    pty.press("3t");
    save("memory", &pty, "were mapped");
    // Of the heap: a program that keeps a list, a tree, maps.
    let dump = unpacked("known-go1.27.3.dump");
    let exe = unpacked("known-go1.27.3.exe");
    let mut pty = Pty::open(&[dump.to_str().unwrap(), exe.to_str().unwrap()], 32, 120);
    pty.see("live");
    pty.press("3");
    save("types", &pty, "main.gnode");
    pty.press("5");
    save("roots", &pty, "main.Root");
    pty.press("4");
    pty.see("PLACE");
    save("retained", &pty, "main.Big");
    pty.press("i");
    save("picture", &pty, "all that lives");
    pty.press("6");
    save("suspects", &pty, "heap tree main.Big");
    pty.press("3fkey=main.item\r");
    pty.see("filter: key=main.item");
    pty.press("\r");
    pty.see("live objects of main.item");
    pty.press("\r");
    save("object", &pty, "why it is alive");
    let moments = ["leaky-go1.25.5-first.dump", "leaky-go1.25.5-second.dump"].map(unpacked);
    // Relative here too: what is said of a dump begins with its path.
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let [old, new] = moments.each_ref().map(|path| {
        let path = path.strip_prefix(here).unwrap_or(path);
        path.to_str().unwrap()
    });
    let mut pty = Pty::open(&[old, new], 32, 120);
    pty.see("SURVIVED");
    pty.press("tt");
    save("changes", &pty, "by root");
    let mut pty = open(case("crash-blocked-quit-noopt-go1.27.3-amd64"), 32, 120);
    pty.see("goroutines");
    pty.press("2");
    save("goroutines", &pty, "COUNT");

    let gc = "corpus/logs/gctrace/wordidx-applog-go1.27.3.txt.gz";
    let mut pty = Pty::open(&[gc], 36, 120);
    pty.see("holds");
    pty.press("3");
    save("gc", &pty, "wall time of the last cycles");
    pty.press("2");
    pty.see("events of this window");
    pty.press("jj");
    save("timeline", &pty, "+0.0");
    let escapes = "corpus/escapes/std-nethttp-m2-go1.27.3.txt.gz";
    let mut pty = Pty::open(&[escapes], 32, 120);
    pty.see("net/http");
    pty.press("jljlj");
    save("escapes", &pty, "how it gets there");
}
