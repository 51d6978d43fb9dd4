//! Programs run now, by real releases of Go, with their traces piped into the binary: what it counts is what the
//! programs' own runtime counted.
//!
//! Runs when `DUMPVIEW_GO` names a command that takes `RELEASE ARGS…` and runs that release's go command.
//! `DUMPVIEW_GO_RELEASES` chooses other releases (separated by blanks).

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use std::env;
    use std::fs;
    use std::io::Write;
    use std::path::{Path, PathBuf};
    use std::process::{Command, Output, Stdio};

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
        let mut child = Command::new(env!("CARGO_BIN_EXE_dumpview"))
            .args([verb, "-", "--json"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let bytes = input.to_vec();
        let feed = std::thread::spawn(move || {
            // As the runtime does: a token at a time.
            for chunk in bytes.chunks(11) {
                stdin.write_all(chunk).unwrap();
            }
        });
        let Output {
            status,
            stdout,
            stderr,
        } = child.wait_with_output().unwrap();
        feed.join().unwrap();
        let stderr = String::from_utf8(stderr).unwrap();
        assert_eq!(status.code(), Some(0), "{stderr}");
        (serde_json::from_slice(&stdout).unwrap(), stderr)
    }

    fn u64_at(document: &Value, pointer: &str) -> u64 {
        document
            .pointer(pointer)
            .and_then(Value::as_u64)
            .unwrap_or_else(|| panic!("{pointer} in {document}"))
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
            let truth = dir.path().join("truth.json");
            let run = Command::new(&program)
                .arg(&truth)
                .env("GODEBUG", "gctrace=1,schedtrace=100,inittrace=1")
                .output()
                .unwrap();
            assert!(run.status.success(), "{release}");
            let truth: Value = serde_json::from_slice(&fs::read(&truth).unwrap()).unwrap();
            let text = String::from_utf8(run.stderr.clone()).unwrap();

            let (gc, passed) = piped("gc", &run.stderr);
            let cycles = gc["cycles"].as_array().unwrap();
            assert_eq!(gc["unrecognized"], Value::Array(Vec::new()), "{release}");
            assert_eq!(gc["runs"].as_array().unwrap().len(), 1, "{release}");
            assert_eq!(cycles.len() as u64, u64_at(&truth, "/num_gc"), "{release}");
            assert_eq!(u64_at(&gc, "/summary/cycles"), u64_at(&truth, "/num_gc"));
            assert_eq!(
                u64_at(&gc, "/summary/forced"),
                u64_at(&truth, "/num_forced_gc"),
                "{release}"
            );
            assert_eq!(
                u64_at(&gc, "/summary/procs_max"),
                u64_at(&truth, "/gomaxprocs")
            );

            // Every printed number is cut down by less than its step. The runtime's own total begins each pause a
            // few instructions after the trace does, and has a few more pauses when marking had to be tried again.
            let pause = u64_at(&truth, "/pause_total_ns");
            let least = u64_at(&gc, "/summary/pause/total_ns");
            let below = u64_at(&gc, "/summary/pause/total_below_ns");
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
            assert_eq!(u64_at(&gc, "/summary/inits"), inits, "{release}");
            assert_eq!(
                passed
                    .lines()
                    .filter(|line| ["begins", "ends"].contains(line))
                    .collect::<Vec<_>>(),
                ["begins", "ends"],
                "{release}: what the program wrote is passed on"
            );

            let (sched, _) = piped("sched", &run.stderr);
            let samples = sched["samples"].as_array().unwrap();
            let printed = text.matches("SCHED ").count();
            assert!(printed >= 4, "{release}: {printed} samples");
            assert_eq!(samples.len(), printed, "{release}");
            assert_eq!(sched["unrecognized"], Value::Array(Vec::new()), "{release}");
            compared += 1;
            eprintln!(
                "go {release}: {count} cycles, {pause} ns of pauses (read: {least} to {below}), {inits} inits, {printed} samples"
            );
        }
        assert!(compared > 0, "nothing was compared");
    }
}
