//! Pictures of all screens: those of the README, and of every size and theme to look at.

use crate::heap::unpacked;
use crate::pty::Pty;
use crate::svg::{self, Ground};
use crate::walks::case;
use std::fs;
use std::path::{Path, PathBuf};

/// A terminal to draw.
struct Look {
    /// Where its pictures go.
    directory: PathBuf,
    /// Rows and columns; of the README's pictures, charts have four rows more.
    size: (u16, u16),
    /// What a terminal tells of itself.
    environment: &'static str,
    ground: Ground,
}

/// What the README shows.
const README: (u16, u16) = (32, 120);
const TRUE_COLOR: &str = "COLORFGBG='15;0'";
const THEMES: [(&str, &str, Ground); 4] = [
    ("dark", TRUE_COLOR, svg::DARK),
    ("light", "COLORFGBG='0;15'", svg::LIGHT),
    // What most terminals say of their background: nothing.
    ("sixteen", "COLORTERM= TERM=xterm", svg::DARK),
    ("sixteen-light", "COLORTERM= TERM=xterm", svg::LIGHT),
];

impl Look {
    fn open(&self, args: &[&str], more_rows: u16) -> Pty {
        let (rows, columns) = self.size;
        let rows = if self.size == README {
            rows + more_rows
        } else {
            rows
        };
        let quoted: Vec<String> = args.iter().map(|arg| format!("'{arg}'")).collect();
        let line = format!("{} \"$DUMPVIEW\" {}", self.environment, quoted.join(" "));
        Pty::shell(&line, rows, columns)
    }

    fn save(&self, name: &str, pty: &Pty) {
        let picture = svg::svg(&pty.settled(), self.ground);
        fs::write(self.directory.join(format!("{name}.svg")), picture).unwrap();
    }

    /// Waits for a text where the README is drawn; of other sizes not all of it need be there, and what is drawn then
    /// has to have come.
    fn see(&self, pty: &Pty, wanted: &str) {
        if self.size == README {
            pty.see(wanted);
            return;
        }
        for waiting in [
            "reading…",
            "opening…",
            "asking…",
            "unwinding…",
            "sorting…",
            "working (",
        ] {
            pty.wait(waiting, |screen| !screen.contents().contains(waiting));
        }
        pty.settled();
    }

    fn save_seen(&self, name: &str, pty: &Pty, wanted: &str) {
        self.see(pty, wanted);
        self.save(name, pty);
    }
}

/// Makes the pictures of the README: `docs/screens/make`.
#[test]
#[ignore = "writes docs/screens"]
fn screenshots() {
    let look = Look {
        directory: Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/screens"),
        size: README,
        environment: TRUE_COLOR,
        ground: svg::DARK,
    };
    pictures(&look);
}

/// Makes those of three sizes and of every theme, to be looked at: `docs/screens/make all`.
#[test]
#[ignore = "writes many files"]
fn screens_of_all_sizes_and_themes() {
    for size in [(24, 80), (35, 120), (60, 200)] {
        for (theme, environment, ground) in THEMES {
            let name = format!("{}x{}-{theme}", size.1, size.0);
            let directory = Path::new(env!("CARGO_TARGET_TMPDIR"))
                .join("screens")
                .join(name);
            fs::create_dir_all(&directory).unwrap();
            pictures(&Look {
                directory,
                size,
                environment,
                ground,
            });
        }
    }
}

/// A picture of each screen.
fn pictures(look: &Look) {
    let nil = case("crash-nilptr-noopt-go1.27.3-amd64");
    // Relative, so that no picture names the directory it was made in.
    let sources = "/tmp/dumpview-corpus/src-go1.27.3/crash=corpus/programs/crash";
    let (core, exe) = (nil.core.to_str().unwrap(), nil.exe.to_str().unwrap());
    let mut pty = look.open(&["--source-path", sources, core, exe], 0);
    look.save_seen("overview", &pty, "findings");
    pty.press("\r");
    look.see(&pty, "key = ");
    pty.press("\rlj");
    look.see(&pty, "name = ");
    look.save_seen("frames", &pty, "programs/crash/nilptr.go:38");
    pty.press("3t");
    look.save_seen("memory", &pty, "were mapped");
    // Of the heap: a program that keeps a list, a tree, maps.
    let dump = unpacked("known-go1.27.3.dump");
    let exe = unpacked("known-go1.27.3.exe");
    let mut pty = look.open(&[dump.to_str().unwrap(), exe.to_str().unwrap()], 0);
    look.see(&pty, "live");
    pty.press("3");
    look.save_seen("types", &pty, "main.gnode");
    pty.press("5");
    look.save_seen("roots", &pty, "main.Root");
    pty.press("4");
    look.see(&pty, "PLACE");
    look.save_seen("retained", &pty, "main.Big");
    pty.press("i");
    look.save_seen("picture", &pty, "all that lives");
    pty.press("6");
    look.save_seen("suspects", &pty, "heap tree main.Big");
    pty.press("3fkey=main.item\r");
    look.see(&pty, "filter: key=main.item");
    pty.press("\r");
    look.see(&pty, "live objects of main.item");
    pty.press("\r");
    look.save_seen("object", &pty, "why it is alive");
    let moments = ["leaky-go1.25.5-first.dump", "leaky-go1.25.5-second.dump"].map(unpacked);
    // Relative here too: what is said of a dump begins with its path.
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let [old, new] = moments.each_ref().map(|path| {
        let path = path.strip_prefix(here).unwrap_or(path);
        path.to_str().unwrap()
    });
    let mut pty = look.open(&[old, new], 0);
    look.see(&pty, "SURVIVED");
    pty.press("tt");
    look.save_seen("changes", &pty, "by root");
    let blocked = case("crash-blocked-quit-noopt-go1.27.3-amd64");
    let paths = [&blocked.core, &blocked.exe].map(|path| path.to_str().unwrap());
    let mut pty = look.open(&paths, 0);
    look.see(&pty, "goroutines");
    pty.press("2");
    look.save_seen("goroutines", &pty, "COUNT");

    let gc = "corpus/logs/gctrace/wordidx-applog-go1.27.3.txt.gz";
    let mut pty = look.open(&[gc], 4);
    look.see(&pty, "holds");
    pty.press("3");
    look.save_seen("gc", &pty, "wall time of the last cycles");
    pty.press("2");
    look.see(&pty, "events of this window");
    pty.press("jj");
    look.save_seen("timeline", &pty, "+0.0");
    let escapes = "corpus/escapes/std-nethttp-m2-go1.27.3.txt.gz";
    let mut pty = look.open(&[escapes], 0);
    look.see(&pty, "net/http");
    pty.press("jljlj");
    look.save_seen("escapes", &pty, "how it gets there");
}
