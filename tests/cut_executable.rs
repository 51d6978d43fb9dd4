//! An executable that ends too early costs what it lacks, and is told; what the core alone says stays.

#[cfg(test)]
#[path = "support/run.rs"]
mod run;
#[cfg(test)]
#[path = "support/samples.rs"]
mod samples;

#[cfg(test)]
mod tests {
    use crate::run::{Ran, run};
    use crate::samples::{bytes, corpus};
    use std::fs;
    use std::path::{Path, PathBuf};

    /// Unpacks a core and its executable; gives their paths and what the executable holds.
    fn case(name: &str, core: &str, exe: &str) -> (PathBuf, PathBuf, Vec<u8>) {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cut");
        fs::create_dir_all(&folder).unwrap();
        let fixture = |file: &str| bytes(&corpus("fixtures").join(format!("{file}.zst")));
        let path = folder.join(format!("{name}.core"));
        fs::write(&path, fixture(core)).unwrap();
        (path, folder.join(format!("{name}.exe")), fixture(exe))
    }

    fn asked(verb: &str, core: &Path, exe: &Path) -> Ran {
        run([
            Path::new(verb),
            core,
            exe,
            "--json".as_ref(),
            "--color=never".as_ref(),
        ])
    }

    #[test]
    fn a_cut_executable_is_told_and_the_core_still_used() {
        let cases = [
            (
                "stripped",
                "crash-deadlock-stripped-go1.27.3-amd64.core",
                "crash-stripped-go1.27.3-amd64.exe",
            ),
            (
                "whole",
                "crash-nilptr-noopt-go1.27.3-amd64.core",
                "crash-noopt-go1.27.3-amd64.exe",
            ),
            (
                "cgo",
                "cgo-c-abort-pie-external-noopt-go1.27.3-amd64.core",
                "cgo-pie-external-noopt-go1.27.3-amd64.exe",
            ),
        ];
        for (name, core, exe) in cases {
            let (core, path, whole) = case(name, core, exe);
            fs::write(&path, &whole).unwrap();
            let sound = asked("info", &core, &path).json();
            for part in 1..16 {
                fs::write(&path, &whole[..whole.len() * part / 16]).unwrap();
                let ran = asked("info", &core, &path);
                let info = ran.json();
                assert_eq!(ran.status, 4, "{name} {part}/16: {}", ran.err);
                let lacks = info["incomplete"].to_string();
                assert!(lacks.contains("truncated"), "{name} {part}/16: {lacks}");
                for key in ["signal", "pid", "threads", "size"] {
                    assert_eq!(info[key], sound[key], "{name} {part}/16: {key}");
                }
            }
        }
    }

    /// Symbols and debug information stand last: a stack needs neither.
    #[test]
    fn stacks_need_only_what_is_loaded() {
        let (core, path, whole) = case(
            "stacks",
            "crash-nilptr-noopt-go1.27.3-amd64.core",
            "crash-noopt-go1.27.3-amd64.exe",
        );
        fs::write(&path, &whole).unwrap();
        let functions = |ran: &Ran| -> Vec<String> {
            let document = ran.json();
            let frames = document["frames"].as_array().expect("frames").iter();
            frames.map(|frame| frame["function"].to_string()).collect()
        };
        let sound = functions(&asked("bt", &core, &path));
        assert!(sound.len() > 10, "{sound:?}");
        fs::write(&path, &whole[..whole.len() * 2 / 3]).unwrap();
        let ran = asked("bt", &core, &path);
        assert_eq!(ran.status, 4, "{}", ran.err);
        assert_eq!(functions(&ran), sound);
    }
}
