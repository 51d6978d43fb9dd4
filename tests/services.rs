//! The first page of a core says the cause, and the first screen with at most two keys: services that fail as services do,
//! on two releases. The map that never forgets also as gcore leaves it, as the core and the log of a process that got no more
//! memory, and as a log of its collections. Two services more were written by others, who did not think of this program.
//!
//! Needs `DUMPVIEW_GO` (see `live`) and a kernel that writes cores into the working directory.

#[cfg(test)]
#[path = "../process/tests/live/mod.rs"]
mod live;
#[cfg(test)]
#[path = "support/pty.rs"]
mod pty;
#[cfg(test)]
#[path = "support/run.rs"]
mod run;

#[cfg(test)]
mod tests {
    use crate::{live, pty, run};
    use std::io::{BufRead, BufReader};
    use std::path::{Path, PathBuf};
    use std::process::{Command, Stdio};
    use std::time::Duration;

    /// A mode of a service, and the words that its first page has to hold.
    type Modes = (&'static str, &'static [&'static str]);

    /// What a reader of the first page must find in it, by the way the service fails.
    const CAUSES: [(&str, &[&str]); 6] = [
        (
            "leak",
            &[
                "goroutines wait in main.(*Server).quote.func1",
                "[chan send]",
                "all created in main.(*Server).quote: a leak",
            ],
        ),
        (
            "map",
            &["main.sessions has 300,000 entries (map[string]*main.Session)"],
        ),
        (
            "deadlock",
            &[
                "deadlock, by their code and frames, of two mutexes",
                "in main.transfer waits to lock b.mu",
            ],
        ),
        ("nilmap", &["b.Pool.stats is a nil map in main.serve"]),
        ("embedded", &["b.Pool is nil in main.serve"]),
        ("wrapped", &["panic: pool 4: connection refused"]),
    ];
    /// Services of somebody else: source, the way it fails, what a reader must find. Those that go on are caught by gcore.
    const ELSEWHERE: [(&str, &str, &[Modes]); 2] = [
        (
            "shop",
            include_str!("programs/shop.go"),
            &[
                (
                    "leak",
                    &["goroutines wait in main.(*App).search.func1", "[chan send]"],
                ),
                ("map", &["keeps", "main.Cache", "200,000"]),
                (
                    "deadlock",
                    &[
                        "deadlock, by their code and frames, of two mutexes",
                        "in main.(*Store).record waits to lock o.Mutex",
                    ],
                ),
                ("nilmap", &["h.index is a nil map in main.(*Handler).add"]),
                (
                    "nilembedded",
                    &["h.repo.Conn is a nil interface in main.(*Handler).lookup"],
                ),
                ("nilfield", &["p.addr is nil in main.(*pgConn).Query"]),
                (
                    "wrapped",
                    &["panic: checkout: dial: pool 7: database is down"],
                ),
            ],
        ),
        (
            "daemon",
            include_str!("programs/daemon.go"),
            &[
                (
                    "leak",
                    &["goroutines wait in main.(*Queue).Push", "[chan send]"],
                ),
                ("map", &["main.seen has 400,000 entries"]),
                ("tenants", &["main.reg", "20 main.Tenant"]),
                ("slice", &["main.history has 900,000 elements"]),
                (
                    "deadlock",
                    &[
                        "deadlock, by their code and frames, of two RWMutexes",
                        "in main.(*Registrar).rename waits to lock r.tenMu",
                        "in main.(*Registrar).evict waits to lock r.regMu",
                    ],
                ),
                ("nilchain", &["is nil in main.(*Daemon).rate"]),
                ("nilfunc", &["d.hook is a nil func in main.(*Daemon).call"]),
                ("nilembedded", &["in main.(*Logger).Printf"]),
                ("index", &["index out of range [5] with length 1", "name"]),
            ],
        ),
    ];
    /// A terminal.
    const LINES: usize = 24;

    #[test]
    fn the_first_page_says_the_cause() {
        let Some(go) = live::Go::from_env() else {
            println!(
                "nothing was compared: DUMPVIEW_GO does not name a command that runs Go releases"
            );
            return;
        };
        let releases =
            std::env::var("DUMPVIEW_RELEASES").unwrap_or_else(|_| "1.22.10,1.27.3".to_owned());
        let source = include_str!("programs/services.go");
        let mut read = 0;
        for release in releases.split(',') {
            let exe = go.build(release, "services", source, &[], &[]);
            for (mode, causes) in CAUSES {
                let died = live::die(&exe, "amd64", &[mode]).expect("a core");
                let core = go.scratch().join(format!("services-{mode}.core"));
                std::fs::write(&core, &died.core).expect("room for a core");
                read += causes_in_page(&[&core, &exe], causes, &format!("{release} {mode}"));
                on_screen(&core, &exe, causes, &format!("{release} {mode}"));
                if mode == "map" {
                    let info =
                        run::run([Path::new("info"), &core, &exe, Path::new("--json")]).json();
                    let heap = &info["heap"];
                    let next: u64 = died.stdout.trim().parse().expect("its NextGC");
                    assert_eq!(heap["goal"], next, "{release}: {heap}");
                    assert_eq!(heap["gc_percent"], 150, "{release}: {heap}");
                    assert_eq!(heap["memory_limit"], 8u64 << 30, "{release}: {heap}");
                    read += counters(&core, &exe, release);
                }
                std::fs::remove_file(&core).expect("the core");
            }
            read += map_otherwise(&exe, go.scratch(), release);
            for (name, source, ways) in ELSEWHERE {
                let exe = go.build(release, name, source, &[], &[]);
                for (mode, causes) in ways {
                    let what = format!("{release} {name} {mode}");
                    let core = if let Some(core) = caught(&exe, mode) {
                        core
                    } else {
                        let died = live::die(&exe, "amd64", &[mode]).expect("a core");
                        let core = go.scratch().join(format!("{name}-{mode}.core"));
                        std::fs::write(&core, &died.core).expect("room for a core");
                        core
                    };
                    read += causes_in_page(&[&core, &exe], causes, &what);
                    std::fs::remove_file(&core).expect("the core");
                }
            }
        }
        assert!(read > 0, "nothing was compared");
    }

    /// The first page of `files` at 24 lines of 80 columns has the causes. Gives how many.
    fn causes_in_page(files: &[&Path], causes: &[&str], what: &str) -> usize {
        let answer = run::run(files);
        let lines = answer.out.lines();
        // As wide as a terminal: what is longer takes more lines.
        let mut room = LINES;
        let page: Vec<&str> = lines
            .take_while(|line| {
                let rows = line.chars().count().div_ceil(80).max(1);
                let fits = rows <= room;
                room = room.saturating_sub(rows);
                fits
            })
            .collect();
        let words = page.join(" ");
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        for cause in causes {
            assert!(
                words.contains(cause),
                "{what}: no {cause:?} in\n{}",
                page.join("\n")
            );
        }
        causes.len()
    }

    /// The runtime's counters in a core are what the program was told by `ReadMemStats` just before. Gives how many.
    fn counters(core: &Path, exe: &Path, release: &str) -> usize {
        let print = ["print", "--json", "--depth", "2", "--max-len", "1"].map(Path::new);
        let expr = Path::new("main.stats");
        let told = run::run(print.into_iter().chain([core, exe, expr])).json();
        let found = run::run([Path::new("memstats"), core, exe, Path::new("--json")]).json();
        let found = &found["snapshots"][0]["fields"];
        let mut compared = 0;
        for field in told["value"]["fields"].as_array().expect("its fields") {
            let name = field["name"].as_str().expect("a name");
            let (Some(said), Some(is)) = (field["value"].as_u64(), found[name].as_u64()) else {
                continue;
            };
            // A line was printed since, and threads may have been started to write the core.
            let room = match name {
                "NumGC" | "NumForcedGC" | "LastGC" | "PauseTotalNs" | "OtherSys" => 0,
                "Mallocs" | "Frees" | "HeapObjects" => 200,
                _ => 256 << 10,
            };
            assert!(
                said.abs_diff(is) <= room,
                "{release} {name}: {said}, and {is} in the core"
            );
            compared += 1;
        }
        // With a limit the next goal is not told.
        assert!(compared >= 20, "{release}: {compared} of {found}");
        compared
    }

    /// What the first screen shows, or what it shows after two pages down.
    fn on_screen(core: &Path, exe: &Path, causes: &[&str], what: &str) {
        let paths = [core, exe].map(|path| path.to_str().expect("a plain name"));
        let mut pty = pty::Pty::open(&paths, 24, 80);
        pty.wait("a page", |screen| {
            let seen = screen.contents();
            seen.contains("q quit") && !seen.contains("opening…")
        });
        let mut seen = String::new();
        for _ in 0..3 {
            seen.push_str(&pty::without_blanks(&pty.settled().contents()));
            pty.press("\x1b[6~");
        }
        for cause in causes {
            assert!(
                seen.contains(&pty::without_blanks(cause)),
                "{what}: no {cause:?} on the screen within two keys"
            );
        }
    }

    /// The map that never forgets, told by other things than a core of SIGQUIT.
    fn map_otherwise(exe: &Path, scratch: &Path, release: &str) -> usize {
        let died = live::die(exe, "amd64", &["outofmemory"]).expect("a core");
        let core = scratch.join("services-oom.core");
        std::fs::write(&core, &died.core).expect("room for a core");
        // Whichever call is refused first: `out of memory` or `cannot allocate memory`.
        let causes = ["fatal error: runtime: ", " memory", "main.sessions has"];
        let mut read = causes_in_page(&[&core, exe], &causes, &format!("{release} oom core"));
        std::fs::remove_file(&core).expect("the core");
        let log = scratch.join("services-oom.log");
        std::fs::write(&log, &died.stderr).expect("room for a log");
        let causes = ["fatal error: runtime: ", " memory", "main.remember"];
        read += causes_in_page(&[&log], &causes, &format!("{release} oom log"));

        if let Some(core) = caught(exe, "map stay") {
            let causes = [
                "main.sessions has 300,000 entries",
                "main.sessions",
                "keeps",
            ];
            read += causes_in_page(&[&core, exe], &causes, &format!("{release} gcore"));
            on_screen(&core, exe, &causes[..1], &format!("{release} gcore"));
            std::fs::remove_file(&core).expect("the core");
        }

        let traced = Command::new(exe)
            .arg("grow")
            .env("GODEBUG", "gctrace=1")
            .output()
            .expect("the service");
        let log = scratch.join("services-gc.log");
        std::fs::write(&log, &traced.stderr).expect("room for a log");
        read += causes_in_page(
            &[&log],
            &["the live heap rises as it would with a leak"],
            &format!("{release} gctrace"),
        );

        read
    }

    /// A core by gcore of a service that goes on once it has said a line; `None` when it dies instead.
    fn caught(exe: &Path, modes: &str) -> Option<PathBuf> {
        let mut service = Command::new(exe)
            .args(modes.split(' '))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .current_dir(exe.parent()?)
            .spawn()
            .expect("the service");
        let mut said = String::new();
        let out = service.stdout.take().expect("what it says");
        BufReader::new(out).read_line(&mut said).expect("a line");
        if said.is_empty() {
            service.wait().expect("its end");
            return None;
        }
        // Waiting for a lock is worth a word after a second.
        std::thread::sleep(Duration::from_millis(1200));
        let taken = Command::new("gcore")
            .arg("-o")
            .arg(exe.with_extension("gcore"))
            .arg(service.id().to_string())
            .output()
            .expect("gcore");
        service.kill().expect("the service");
        service.wait().expect("its end");
        assert!(taken.status.success(), "{taken:?}");
        Some(exe.with_extension(format!("gcore.{}", service.id())))
    }
}
