//! The standard library compiled now, by real compilers: nothing in their output is unexplained.
//!
//! Runs when `DUMPVIEW_GO` names a command that takes `RELEASE ARGS…` and runs that release's go command.
//! `DUMPVIEW_GO_RELEASES` chooses other releases (separated by blanks).

#[cfg(test)]
#[path = "support/run.rs"]
mod run;

#[cfg(test)]
mod tests {
    use crate::run::run;
    use serde_json::Value;
    use std::env;
    use std::fs::{self, File};
    use std::path::Path;
    use std::process::{Command, Stdio};

    const PACKAGES: [&str; 4] = ["net/http", "encoding/json", "go/types", "compress/flate"];

    /// Appends what the three commands print to one file.
    fn build(go: &str, release: &str, dir: &Path) -> std::path::PathBuf {
        let output = dir.join("compiler.txt");
        let file = File::create(&output).unwrap();
        for flags in ["-m", "-m -m", "-m -m -l"] {
            let status = Command::new(go)
                .arg(release)
                .arg("build")
                .arg(format!("-gcflags={flags}"))
                .args(PACKAGES)
                .env("GOCACHE", dir.join("cache"))
                .current_dir(dir)
                .stdout(Stdio::null())
                .stderr(file.try_clone().unwrap())
                .status()
                .unwrap();
            assert!(status.success(), "go {release} build -gcflags='{flags}'");
        }
        output
    }

    fn document(path: &Path) -> Value {
        let ran = run(["escapes", "--json", path.to_str().unwrap()]);
        assert_eq!(ran.status, 0, "{}", ran.err);
        ran.json()
    }

    #[test]
    fn the_standard_library_is_explained_whole() {
        let Ok(go) = env::var("DUMPVIEW_GO") else {
            eprintln!("DUMPVIEW_GO is not set: nothing compiled");
            return;
        };
        let releases = env::var("DUMPVIEW_GO_RELEASES")
            .unwrap_or_else(|_| "1.19 1.22.10 1.25.5 1.27.3".to_owned());
        for release in releases.split_whitespace() {
            let dir = tempfile::tempdir().unwrap();
            fs::write(dir.path().join("go.mod"), "module live\n").unwrap();
            let path = build(&go, release, dir.path());
            let first = document(&path);
            let summary = &first["summary"];
            assert_eq!(
                first["unrecognized_count"], 0,
                "{release}: {}",
                first["unrecognized"]
            );
            assert_eq!(
                first["incomplete"].as_array().unwrap().len(),
                0,
                "{release}"
            );
            let flags: Vec<&str> = summary["builds"]
                .as_array()
                .unwrap()
                .iter()
                .map(|b| b["flags"].as_str().unwrap())
                .collect();
            assert_eq!(flags, ["-m", "-m=2", "-m=2 -l"], "{release}");
            let decisions = first["decisions"].as_array().unwrap();
            assert!(decisions.len() > 5000, "{release}: {}", decisions.len());
            let heap: Vec<&Value> = decisions
                .iter()
                .filter(|d| d["kind"].as_str().unwrap().ends_with("to_heap"))
                .collect();
            let unexplained = heap.iter().filter(|d| d["reason"] == "unexplained").count();
            // The compiler gives none for a few: arguments of calls it rewrites after the analysis.
            assert!(
                unexplained * 50 < heap.len(),
                "{release}: {unexplained} of {} without a flow",
                heap.len()
            );
            assert_eq!(
                document(&path)["summary"],
                *summary,
                "{release}: two runs differ"
            );
            eprintln!(
                "go {release}: {} lines, {} decisions, {} on the heap, {unexplained} without a flow",
                summary["lines"]
                    .as_object()
                    .unwrap()
                    .values()
                    .map(|v| v.as_u64().unwrap())
                    .sum::<u64>(),
                decisions.len(),
                heap.len()
            );
        }
    }
}
