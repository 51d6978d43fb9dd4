//! The first page of a core says the cause: services that fail as services do, on two releases.
//!
//! Needs `DUMPVIEW_GO` (see `live`) and a kernel that writes cores into the working directory.

#[cfg(test)]
#[path = "../process/tests/live/mod.rs"]
mod live;
#[cfg(test)]
#[path = "support/run.rs"]
mod run;

use std::path::Path;

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
            "waits for a mutex in main.transfer",
            "each may hold what another waits for",
        ],
    ),
    ("nilmap", &["b.Pool.stats is a nil map in main.serve"]),
    ("embedded", &["b.Pool is nil in main.serve"]),
    ("wrapped", &["panic: pool 4: connection refused"]),
];
/// A terminal.
const LINES: usize = 24;

#[test]
fn the_first_page_says_the_cause() {
    let Some(go) = live::Go::from_env() else {
        println!("nothing was compared: DUMPVIEW_GO does not name a command that runs Go releases");
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
            let answer = run::run([core.as_path(), exe.as_path()]);
            if mode == "map" {
                let info = run::run([Path::new("info"), &core, &exe, Path::new("--json")]).json();
                let heap = &info["heap"];
                let next: u64 = died.stdout.trim().parse().expect("its NextGC");
                assert_eq!(heap["goal"], next, "{release}: {heap}");
                assert_eq!(heap["gc_percent"], 150, "{release}: {heap}");
                assert_eq!(heap["memory_limit"], 8u64 << 30, "{release}: {heap}");
            }
            std::fs::remove_file(&core).expect("the core");
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
                    "{release} {mode}: no {cause:?} in\n{}",
                    page.join("\n")
                );
                read += 1;
            }
        }
    }
    assert!(read > 0, "nothing was compared");
}
