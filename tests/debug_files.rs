//! Debug information that lies apart from its executable, wherever people and distributions put it, and cores of programs with
//! more than one file of Go.
//!
//! Needs `DUMPVIEW_GO` (see `live`), objcopy, and a kernel that writes cores into the working directory.

#[cfg(test)]
#[path = "../process/tests/live/mod.rs"]
mod live;
#[cfg(test)]
#[path = "support/run.rs"]
mod run;

#[cfg(test)]
mod tests {
    use crate::{live, run};
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    const PROGRAM: &str = include_str!("programs/tables.go");

    fn objcopy(arguments: &[&Path]) {
        let status = Command::new("objcopy").args(arguments).status().unwrap();
        assert!(status.success(), "objcopy {arguments:?}");
    }

    /// A program, what it left, and its debug information, all in one folder.
    struct Stripped {
        dir: PathBuf,
        exe: PathBuf,
        debug: PathBuf,
        core: PathBuf,
    }

    fn stripped(go: &live::Go, release: &str) -> Stripped {
        // The linker's own build id, which it makes without being asked since 1.24 only.
        let flags = "-ldflags=-B 0x0123456789abcdef0123456789abcdef01234567";
        let whole = go.build(release, "tables", PROGRAM, &[flags], &[]);
        let dir = go.scratch().join(format!("apart-{release}"));
        fs::create_dir_all(&dir).unwrap();
        let (exe, debug) = (dir.join("tables"), dir.join("information"));
        objcopy(&[Path::new("--only-keep-debug"), &whole, &debug]);
        objcopy(&[Path::new("--strip-all"), &whole, &exe]);
        let core = dir.join("core");
        let died = live::die(&exe, "amd64", &[]).expect("a core");
        fs::write(&core, died.core).unwrap();
        Stripped {
            dir,
            exe,
            debug,
            core,
        }
    }

    /// What the program's table has under `two`.
    fn two(files: &[&Path], flags: &[&str]) -> String {
        let verb = ["print"].map(Path::new);
        let flags = flags.iter().map(Path::new);
        let arguments = verb.into_iter().chain(files.iter().copied());
        let expr = [Path::new("main.Table[\"two\"]")];
        run::run(arguments.chain(expr).chain(flags)).out
    }

    #[test]
    fn debug_information_is_found_where_it_lies() {
        let Some(go) = live::Go::from_env() else {
            println!("nothing was compared: DUMPVIEW_GO does not name a command that runs Go");
            return;
        };
        let releases = live::releases();
        for release in [releases.first(), releases.last()].into_iter().flatten() {
            let Stripped {
                dir,
                exe,
                debug,
                core,
            } = stripped(&go, release);
            let files: &[&Path] = &[&core, &exe];
            let knows = |answer: &str| answer.trim() == "2";
            assert!(!knows(&two(files, &[])), "{release}: stripped");
            let flag = format!("--debug={}", debug.display());
            assert!(knows(&two(files, &[&flag])), "{release}: given");
            // Given in the place of the executable, which lies where the core says.
            assert!(
                knows(&two(&[&core, &debug], &[])),
                "{release}: as executable"
            );

            let by_id = dir.join(".build-id/01");
            fs::create_dir_all(&by_id).unwrap();
            let places = [
                by_id.join("23456789abcdef0123456789abcdef01234567.debug"),
                dir.join("tables.debug"),
                dir.join("tables.dbg"),
                dir.join(".debug/tables.debug"),
            ];
            fs::create_dir_all(dir.join(".debug")).unwrap();
            for place in places {
                fs::copy(&debug, &place).unwrap();
                assert!(knows(&two(files, &[])), "{release}: {}", place.display());
                fs::remove_file(&place).unwrap();
            }
            assert!(!knows(&two(files, &[])), "{release}: taken away again");

            let link = format!("--add-gnu-debuglink={}", debug.display());
            objcopy(&[Path::new(&link), &exe]);
            assert!(knows(&two(files, &[])), "{release}: by its link");

            // Another build's is not used, by whichever way it is found.
            let other = PROGRAM.replace("\"two\": 2", "\"two\": 22");
            let other = go.build(release, "other", &other, &[], &[]);
            let wrong = dir.join("tables.debug");
            objcopy(&[Path::new("--only-keep-debug"), &other, &wrong]);
            fs::remove_file(&debug).unwrap();
            let flag = format!("--debug={}", wrong.display());
            assert!(!knows(&two(files, &[&flag])), "{release}: of another build");
        }
    }
}
