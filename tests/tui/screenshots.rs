//! Pictures of all screens: those of the README, and of every size and theme to look at.
//!
//! What is pictured is a list of walks (`gallery`). A screen that no walk comes to fails a test, and so does a walk that comes to
//! another screen than it says.

use crate::gallery::{self, Step};
use crate::pty::Pty;
use crate::svg::{self, Ground};
use std::collections::BTreeSet;
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

/// What a screen says while its data are on their way.
const WAITING: [&str; 7] = [
    "reading…",
    "opening…",
    "asking…",
    "unwinding…",
    "sorting…",
    "drawing",
    "working (",
];

impl Look {
    fn open(&self, args: &[String], more_rows: u16) -> Pty {
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

    /// The README's pictures are those that it has; of other sizes there is one of each step.
    fn save(&self, name: &str, pty: &Pty) {
        let file = self.directory.join(format!("{name}.svg"));
        if self.size != README || file.exists() {
            fs::write(file, svg::svg(&pty.settled(), self.ground)).unwrap();
        }
    }

    /// Waits for the step's text where the README is drawn; of other sizes not all of it need be there, and what is drawn
    /// then has to have come.
    fn see(&self, pty: &Pty, step: &Step) {
        pty.wait(step.title, |screen| title(screen) == step.title);
        if self.size == README {
            pty.see(step.wanted);
        }
        pty.settled();
        pty.wait("what it waits for", |screen| {
            let shown = screen.contents();
            !WAITING.iter().any(|waiting| shown.contains(waiting))
        });
        let screen = pty.settled();
        assert_eq!(title(&screen), step.title, "{}", screen.contents());
    }
}

/// The name of the shown screen: what is bold in the bar, without its number.
fn title(screen: &vt100::Screen) -> String {
    let columns = 0..screen.size().1.get();
    let cells = columns.filter_map(|column| screen.cell(0, column));
    let bold = cells.filter(|cell| cell.bold()).map(vt100::Cell::contents);
    let name: String = bold.collect();
    let name = name.trim_matches(|c: char| c.is_whitespace() || c.is_ascii_digit());
    name.to_owned()
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
        std::thread::scope(|scope| {
            for (theme, environment, ground) in THEMES {
                scope.spawn(move || {
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
                });
            }
        });
    }
}

/// A picture of each screen.
fn pictures(look: &Look) {
    for walk in gallery::walks() {
        let mut pty = look.open(&walk.args, walk.more_rows);
        for step in walk.steps {
            // With a key right behind it, Esc would be Alt.
            for keys in step.keys.split_inclusive('\x1b') {
                pty.press(keys);
                if keys.ends_with('\x1b') {
                    pty.settled();
                }
            }
            look.see(&pty, step);
            if let Some(name) = step.picture {
                look.save(name, &pty);
            }
        }
    }
}

/// The names that screens can have, as the code has them: those of `Page::title`, and of tables that state their own.
fn titles() -> BTreeSet<String> {
    let tui = Path::new(env!("CARGO_MANIFEST_DIR")).join("tui/src");
    let pages = fs::read_to_string(tui.join("data/page.rs")).unwrap();
    let named = pages.lines().filter(|line| line.contains("Self::"));
    let mut titles: BTreeSet<String> = named.filter_map(|line| quoted(line, "=> ")).collect();
    let mut folders = vec![tui.join("screens")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let code = fs::read_to_string(path).unwrap();
            titles.extend(code.lines().filter_map(|line| quoted(line, "Page::Table(")));
        }
    }
    titles
}

/// What stands in quotes behind a text.
fn quoted(line: &str, before: &str) -> Option<String> {
    let (_, rest) = line.split_once(before)?;
    let (name, _) = rest.strip_prefix('"')?.split_once('"')?;
    Some(name.to_owned())
}

#[test]
fn every_screen_has_a_picture() {
    let titles = titles();
    assert!(titles.len() > 20, "only {titles:?} were found in the code");
    let walks = gallery::walks();
    let steps = walks.iter().flat_map(|walk| walk.steps);
    let pictured = steps.filter(|step| step.picture.is_some());
    let pictured: BTreeSet<String> = pictured.map(|step| step.title.to_owned()).collect();
    let missing: Vec<&String> = titles.difference(&pictured).collect();
    assert!(
        missing.is_empty(),
        "no walk of the gallery pictures {missing:?}"
    );
    let unknown: Vec<&String> = pictured.difference(&titles).collect();
    assert!(unknown.is_empty(), "no screen is called {unknown:?}");
}
