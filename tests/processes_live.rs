//! Four processes that write to one stream, run now: no cycle is in another's run without a mark.
//!
//! Each process writes to a pipe of its own, and what comes out of the four is written to one log, a line at a time as it
//! arrives, so that it is known whose each line is. Runs when `DUMPVIEW_GO` names a command that takes `RELEASE ARGS…`;
//! `DUMPVIEW_RELEASES` chooses other releases (separated by commas).

#[cfg(test)]
#[path = "support/run.rs"]
mod run;

#[cfg(test)]
mod tests {
    use crate::run::run;
    use std::collections::BTreeMap;
    use std::env;
    use std::fs;
    use std::io::{BufRead, BufReader, Read};
    use std::path::{Path, PathBuf};
    use std::process::{Command, Stdio};
    use std::sync::mpsc;
    use std::thread;

    /// Collections of each process.
    const EACH: u64 = 125;

    fn build(go: &str, release: &str, dir: &Path) -> PathBuf {
        fs::write(dir.join("main.go"), include_str!("programs/collects.go")).unwrap();
        fs::write(dir.join("go.mod"), "module collects\n\ngo 1.19\n").unwrap();
        let status = Command::new(go)
            .args([release, "build", "-o", "collects", "."])
            .env("GOCACHE", dir.join("cache"))
            .current_dir(dir)
            .status()
            .unwrap();
        assert!(status.success(), "go {release} build");
        dir.join("collects")
    }

    /// Runs them at once. Gives the log, whose each line is, and how often each says that it has collected.
    fn together(program: &Path, words: &[[&str; 4]; 4]) -> (String, Vec<usize>, Vec<u64>) {
        let (each_line, lines) = mpsc::channel();
        let readers: Vec<_> = words
            .iter()
            .enumerate()
            .map(|(owner, words)| {
                let mut child = Command::new(program)
                    .arg(EACH.to_string())
                    .args(words)
                    .env("GODEBUG", "gctrace=1")
                    .env("GOMAXPROCS", "2")
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped())
                    .spawn()
                    .unwrap();
                let each_line = each_line.clone();
                let stderr = BufReader::new(child.stderr.take().unwrap());
                thread::spawn(move || {
                    for line in stderr.lines() {
                        each_line.send((owner, line.unwrap())).unwrap();
                    }
                    let mut said = String::new();
                    child
                        .stdout
                        .take()
                        .unwrap()
                        .read_to_string(&mut said)
                        .unwrap();
                    assert!(child.wait().unwrap().success());
                    said.trim().parse::<u64>().unwrap()
                })
            })
            .collect();
        drop(each_line);
        let (mut log, mut owners) = (String::new(), Vec::new());
        for (owner, line) in lines {
            log += &line;
            log.push('\n');
            owners.push(owner);
        }
        let accounts = readers.into_iter().map(|reader| reader.join().unwrap());
        (log, owners, accounts.collect())
    }

    /// Cycles that are given as a process's own, and of them those in a run most of which is another's.
    fn judge(log: &str, owners: &[usize], dir: &Path) -> (u64, u64) {
        let path = dir.join("four.log");
        fs::write(&path, log).unwrap();
        let ran = run(["gc", "--json", path.to_str().unwrap()]);
        assert_eq!(ran.status, 0, "{}\n{log}", ran.err);
        let document = ran.json();
        let mut runs: BTreeMap<u64, BTreeMap<usize, u64>> = BTreeMap::new();
        let cycles = document["cycles"].as_array().unwrap();
        assert_eq!(cycles.len(), owners.len());
        for cycle in cycles {
            if cycle["doubtful"] == true {
                continue;
            }
            let line = usize::try_from(cycle["line"].as_u64().unwrap()).unwrap();
            let process = cycle["process"].as_u64().unwrap();
            *runs
                .entry(process)
                .or_default()
                .entry(owners[line - 1])
                .or_default() += 1;
        }
        let (mut sure, mut wrong) = (0, 0);
        for owners in runs.values() {
            let all: u64 = owners.values().sum();
            sure += all;
            wrong += all - owners.values().max().unwrap();
        }
        (sure, wrong)
    }

    #[test]
    fn no_cycle_of_four_processes_is_in_anothers_run() {
        let Ok(go) = env::var("DUMPVIEW_GO") else {
            eprintln!("DUMPVIEW_GO is not set: skipped");
            return;
        };
        let releases = env::var("DUMPVIEW_RELEASES").unwrap_or_else(|_| "1.27.3".to_owned());
        let mut certain = (0, 0);
        for release in releases.split(',') {
            let dir = tempfile::tempdir().unwrap();
            let program = build(&go, release, dir.path());
            let services = [
                ["0", "8", "4096", "200"],
                ["40", "24", "16384", "400"],
                ["90", "2", "2048", "100"],
                ["200", "48", "32768", "800"],
            ];
            let alike = [["0", "8", "8192", "200"]; 4];
            for (name, words) in [("services", services), ("alike", alike)] {
                let (log, owners, accounts) = together(&program, &words);
                let all: u64 = accounts.iter().sum();
                // The last may have been printed after the count was read.
                assert!(
                    all >= 4 * EACH && owners.len() as u64 >= all - 4,
                    "{accounts:?}"
                );
                let (sure, wrong) = judge(&log, &owners, dir.path());
                println!(
                    "{release}, {name}: {} cycles, {sure} for certain, {wrong} in another's run",
                    owners.len()
                );
                // Copies that start at one time and do the same are told apart by fractions of milliseconds alone, and are mostly
                // doubtful; none may be another's for certain.
                assert_eq!(wrong, 0, "{release}, {name}\n{log}");
                if name == "services" {
                    certain.0 += sure;
                    certain.1 += all;
                }
            }
        }
        // How many can be told apart depends on what else the machine does: on a quiet one nearly all, beside builds few.
        let (sure, all) = certain;
        assert!(sure * 50 > all, "services: {sure} of {all}");
    }
}
