//! Programs run now, by real releases of Go, with their traces piped into the binary: what it counts is what the
//! programs' own runtime counted.
//!
//! Runs when `DUMPVIEW_GO` names a command that takes `RELEASE ARGS…` and runs that release's go command.
//! `DUMPVIEW_GO_RELEASES` chooses other releases (separated by blanks).

#[cfg(test)]
#[path = "support/run.rs"]
mod run;

#[cfg(test)]
mod tests {
    use crate::run::Call;
    use serde_json::Value;
    use std::env;
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    fn build(go: &str, release: &str, dir: &Path) -> PathBuf {
        fs::write(dir.join("main.go"), include_str!("programs/traces.go")).unwrap();
        fs::write(dir.join("go.mod"), "module traces\n\ngo 1.19\n").unwrap();
        let status = Command::new(go)
            .args([release, "build", "-o", "traces", "."])
            .env("GOCACHE", dir.join("cache"))
            .current_dir(dir)
            .status()
            .unwrap();
        assert!(status.success(), "go {release} build");
        dir.join("traces")
    }

    /// What a verb says of a pipe: its document and what it passed on.
    fn piped(verb: &str, input: &[u8]) -> (Value, String) {
        // As the runtime does: a token at a time.
        let call = Call::new([verb, "-", "--json"]).input(input);
        let ran = call.in_pieces(11).run();
        let document = ran.json();
        // 4 says that lines were torn, and only that.
        let torn = document["unrecognized"] != Value::Array(Vec::new());
        assert_eq!(ran.status, if torn { 4 } else { 0 }, "{}", ran.err);
        (document, ran.err)
    }

    fn u64_at(document: &Value, pointer: &str) -> u64 {
        document
            .pointer(pointer)
            .and_then(Value::as_u64)
            .unwrap_or_else(|| panic!("{pointer} in {document}"))
    }

    /// A run of the program, what it knew and what was read of it.
    struct Seen {
        truth: Value,
        text: String,
        gc: Value,
        passed: String,
        sched: Value,
    }

    fn run(program: &Path, dir: &Path, release: &str) -> Seen {
        let truth = dir.join("truth.json");
        let run = Command::new(program)
            .arg(&truth)
            .env("GODEBUG", "gctrace=1,schedtrace=100,inittrace=1")
            .output()
            .unwrap();
        assert!(run.status.success(), "{release}");
        let (gc, passed) = piped("gc", &run.stderr);
        let (sched, _) = piped("sched", &run.stderr);
        Seen {
            truth: serde_json::from_slice(&fs::read(&truth).unwrap()).unwrap(),
            text: String::from_utf8(run.stderr).unwrap(),
            gc,
            passed,
            sched,
        }
    }

    /// A run whose lines can all be read. The runtime writes some lines in pieces that fall into each other, now and
    /// then so that nobody can tell what was what: then every cycle has to be read or reported, and the program is
    /// run again.
    fn whole(program: &Path, dir: &Path, release: &str) -> Seen {
        const TRIES: usize = 12;
        for _ in 0..TRIES {
            let seen = run(program, dir, release);
            let reported = |document: &Value| document["unrecognized"].as_array().unwrap().len();
            let (of_gc, of_sched) = (reported(&seen.gc), reported(&seen.sched));
            if of_gc + of_sched == 0 {
                return seen;
            }
            let read = seen.gc["cycles"].as_array().unwrap().len();
            let there = u64_at(&seen.truth, "/num_gc");
            assert!(
                (read + of_gc) as u64 >= there,
                "go {release}: {read} cycles read and {of_gc} lines reported of {there} cycles"
            );
            eprintln!("go {release}: {of_gc} lines of gctrace, {of_sched} of schedtrace were torn");
        }
        panic!("go {release}: no run of {TRIES} could be read whole");
    }

    #[test]
    fn cycles_pauses_samples_and_inits_are_those_of_the_program() {
        let Ok(go) = env::var("DUMPVIEW_GO") else {
            eprintln!("DUMPVIEW_GO is not set: nothing was run");
            return;
        };
        let releases = env::var("DUMPVIEW_GO_RELEASES")
            .unwrap_or_else(|_| "1.19 1.22.10 1.24.11 1.27.3".to_owned());
        let mut compared = 0;
        for release in releases.split_whitespace() {
            let dir = tempfile::tempdir().unwrap();
            let program = build(&go, release, dir.path());
            let seen = whole(&program, dir.path(), release);
            let Seen {
                truth,
                text,
                gc,
                passed,
                sched,
            } = &seen;
            let cycles = gc["cycles"].as_array().unwrap();
            assert_eq!(gc["processes"].as_array().unwrap().len(), 1, "{release}");
            assert_eq!(cycles.len() as u64, u64_at(truth, "/num_gc"), "{release}");
            assert_eq!(u64_at(gc, "/summary/cycles"), u64_at(truth, "/num_gc"));
            // A cycle that ends while runtime.GC waits to start the next can print that one's flag too (mgc.go, gcStart).
            let forced = u64_at(gc, "/summary/forced");
            let asked = u64_at(truth, "/num_forced_gc");
            assert!(
                (asked..=2 * asked).contains(&forced),
                "{release}: {forced} of {asked}"
            );
            assert_eq!(
                u64_at(gc, "/summary/procs_max"),
                u64_at(truth, "/gomaxprocs")
            );

            // Every printed number is cut down by less than its step. The runtime's own total begins each pause a
            // few instructions after the trace does, and has a few more pauses when marking had to be tried again.
            let pause = u64_at(truth, "/pause_total_ns");
            let least = u64_at(gc, "/summary/pause/total_ns");
            let below = u64_at(gc, "/summary/pause/total_below_ns");
            let count = cycles.len() as u64;
            assert!(
                least <= pause + 1_000 * count,
                "go {release}: pauses add up to {pause} ns, at least {least} were read"
            );
            assert!(
                pause < below + below / 10,
                "go {release}: pauses add up to {pause} ns, less than {below} were read"
            );

            let inits = text.matches("init ").count() as u64;
            assert!(inits > 5, "{release}: {inits} init lines");
            assert_eq!(u64_at(gc, "/summary/inits"), inits, "{release}");
            assert_eq!(
                passed
                    .lines()
                    .filter(|line| ["begins", "ends"].contains(line))
                    .collect::<Vec<_>>(),
                ["begins", "ends"],
                "{release}: what the program wrote is passed on"
            );

            let samples = sched["samples"].as_array().unwrap();
            let printed = text.matches("SCHED ").count();
            assert!(printed >= 4, "{release}: {printed} samples");
            assert_eq!(samples.len(), printed, "{release}");
            compared += 1;
            eprintln!(
                "go {release}: {count} cycles, {pause} ns of pauses (read: {least} to {below}), {inits} inits, {printed} samples"
            );
        }
        assert!(compared > 0, "nothing was compared");
    }
}
