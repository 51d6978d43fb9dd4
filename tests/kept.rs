//! What is kept of a heap between runs, through the binary: the second answer is the first, whatever became of the file.
//!
//! `DUMPVIEW_CACHE=always` keeps what is learnt of small heaps too.

#[cfg(test)]
#[path = "support/run.rs"]
mod run;
#[cfg(test)]
#[path = "support/samples.rs"]
mod samples;

#[cfg(test)]
mod tests {
    use crate::run::{BINARY, Call, Ran};
    use crate::samples;
    use std::fs::{self, File};
    use std::os::unix::fs::PermissionsExt;
    use std::path::{Path, PathBuf};
    use std::process::Command;
    use tempfile::TempDir;

    const CASES: [(&str, &str); 3] = [
        (
            "crash-nilptr-noopt-go1.27.3-amd64.core.zst",
            "crash-noopt-go1.27.3-amd64.exe.zst",
        ),
        (
            "crash-deadlock-stripped-go1.19-amd64.core.zst",
            "crash-stripped-go1.19-amd64.exe.zst",
        ),
        (
            "types-all-noopt-go1.27.3-arm64.core.zst",
            "types-noopt-go1.27.3-arm64.exe.zst",
        ),
    ];

    /// What is asked: the verb, and what stands behind core and executable.
    const QUESTIONS: &[(&[&str], &[&str])] = &[
        (&["heap"], &[]),
        (&["heap"], &["--threshold", "least_bytes=1024"]),
        (&["heap", "top"], &[]),
        (&["heap", "top"], &["--by", "package"]),
        (&["heap", "top"], &["--by", "root"]),
        (&["heap", "top"], &["--by", "variable", "--csv"]),
        (&["heap", "top"], &["--by", "goroutine"]),
        (&["heap", "top"], &["--by", "size-class"]),
        (&["heap", "garbage"], &[]),
        (&["heap", "tree"], &["--depth", "5"]),
        (&["heap", "object"], &["runtime.allgs"]),
        (&["heap", "refs"], &["runtime.allgs"]),
        (&["heap", "paths"], &["--type", "os.file"]),
        (&["heap", "find"], &["os.file"]),
        (&["heap", "strings"], &[]),
        (&["heap", "set"], &["runtime.allgs", "goroutine 1"]),
        (&["goroutines"], &["--retained"]),
        (&["locals"], &["--retained"]),
        (&["print"], &["--retained", "runtime.allgs"]),
        (&["memory"], &[]),
    ];

    /// A core, its executable, and a cache of its own.
    struct Asked {
        core: PathBuf,
        exe: PathBuf,
        folder: TempDir,
    }

    impl Asked {
        fn of((core, exe): (&str, &str)) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let unpacked = |name: &str, plain: &str| {
                let path = folder.path().join(plain);
                let packed = samples::corpus("fixtures").join(name);
                samples::unpack(&packed, &mut File::create(&path).unwrap());
                path
            };
            Self {
                core: unpacked(core, "core"),
                exe: unpacked(exe, "exe"),
                folder,
            }
        }

        fn cache(&self) -> PathBuf {
            self.folder.path().join("cache")
        }

        fn call(&self, question: &(&[&str], &[&str]), more: &[&str]) -> Call {
            let mut command = Command::new(BINARY);
            command
                .args(question.0)
                .args([&self.core, &self.exe])
                .args(question.1)
                .args(more);
            Call::of(command)
                .env("XDG_CACHE_HOME", &self.cache())
                .env("DUMPVIEW_CACHE", Path::new("always"))
        }

        fn ask(&self, question: &(&[&str], &[&str]), more: &[&str]) -> Ran {
            self.call(question, more).run()
        }

        /// The files that are kept, by name.
        fn files(&self) -> Vec<PathBuf> {
            let entries = fs::read_dir(self.cache().join("dumpview"));
            let entries = entries.into_iter().flatten();
            let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
            files.sort();
            files
        }

        fn forget(&self) {
            let _ = fs::remove_dir_all(self.cache());
        }
    }

    fn is_same(one: &Ran, other: &Ran) -> bool {
        one.out == other.out && one.status == other.status && one.err == other.err
    }

    #[test]
    fn the_second_answer_is_the_first() {
        let (mut compared, mut answered) = (0, 0);
        for case in CASES {
            let asked = Asked::of(case);
            for question in QUESTIONS {
                for form in [&[][..], &["--json"]] {
                    if question.1.contains(&"--csv") && !form.is_empty() {
                        continue;
                    }
                    let uncached = asked.ask(question, &[form, &["--no-cache"]].concat());
                    for time in ["first", "second"] {
                        let ran = asked.ask(question, form);
                        assert!(
                            is_same(&ran, &uncached),
                            "{} {question:?} {form:?}, {time}: {} {}",
                            case.0,
                            ran.out,
                            ran.err
                        );
                        compared += 1;
                    }
                    answered += u32::from(uncached.status == 0);
                }
            }
            assert_eq!(asked.files().len(), 2, "{}: {:?}", case.0, asked.files());
        }
        println!("{compared} answers were the same, to {answered} questions that have one");
        assert!(answered > 60, "{answered}");
    }

    #[test]
    fn every_question_can_be_the_first() {
        let asked = Asked::of(CASES[0]);
        for question in QUESTIONS
            .iter()
            .filter(|(_, args)| !args.contains(&"--csv"))
        {
            let uncached = asked.ask(question, &["--no-cache"]);
            asked.forget();
            assert!(
                is_same(&asked.ask(question, &[]), &uncached),
                "{question:?}"
            );
            assert!(!asked.files().is_empty(), "{question:?}");
            assert!(
                is_same(&asked.ask(question, &[]), &uncached),
                "{question:?}"
            );
        }
    }

    #[test]
    fn verbose_says_where_it_is_from_and_no_cache_leaves_nothing() {
        let asked = Asked::of(CASES[0]);
        let heap = &QUESTIONS[0];
        asked.ask(heap, &["--no-cache"]);
        assert_eq!(asked.files().len(), 0);
        let first = asked.ask(heap, &["-v"]);
        assert!(!first.err.contains("cache"), "{}", first.err);
        let second = asked.ask(heap, &["-v"]);
        assert!(second.err.contains("from the cache"), "{}", second.err);
        assert!(!asked.ask(heap, &["-v", "--no-cache"]).err.contains("cache"));
        for file in asked.files() {
            let mode = fs::metadata(&file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", file.display());
        }
        // A core that was written to since is another one.
        let core = File::options().append(true).open(&asked.core).unwrap();
        core.set_modified(std::time::SystemTime::UNIX_EPOCH)
            .unwrap();
        let third = asked.ask(heap, &["-v"]);
        assert!(!third.err.contains("cache"), "{}", third.err);
    }

    #[test]
    fn a_damaged_file_is_made_again_with_the_same_answer() {
        let asked = Asked::of(CASES[0]);
        let questions = [&QUESTIONS[0], &QUESTIONS[9]];
        let sound = questions.map(|question| asked.ask(question, &["--no-cache"]));
        for question in questions {
            asked.ask(question, &[]);
        }
        let files = asked.files();
        let [graph, page] = files.as_slice() else {
            panic!("{files:?}");
        };
        let kept = [fs::read(graph).unwrap(), fs::read(page).unwrap()];
        let damages: [Damage; 8] = [
            |own, _| own[..own.len() / 2].to_vec(),
            |own, _| own[..40].to_vec(),
            |_, _| Vec::new(),
            |_, other| other.to_vec(),
            |own, _| vec![0xff; own.len()],
            |own, _| changed(own, 10),
            |own, _| changed(own, own.len() / 3),
            |own, _| changed(own, own.len() - 1),
        ];
        for (number, damage) in damages.iter().enumerate() {
            fs::write(graph, damage(&kept[0], &kept[1])).unwrap();
            fs::write(page, damage(&kept[1], &kept[0])).unwrap();
            for (question, sound) in questions.iter().zip(&sound) {
                let ran = asked.ask(question, &[]);
                assert!(
                    is_same(&ran, sound),
                    "damage {number}: {} {}",
                    ran.out,
                    ran.err
                );
            }
            let mended = [fs::read(graph).unwrap(), fs::read(page).unwrap()];
            assert!(mended == kept, "damage {number} was not mended");
        }
    }

    /// A file of which only a damaged one is left, made of what it was and of the other file.
    type Damage = fn(&[u8], &[u8]) -> Vec<u8>;

    fn changed(bytes: &[u8], at: usize) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        bytes[at] ^= 4;
        bytes
    }

    #[test]
    fn runs_at_once_do_each_other_no_harm() {
        let asked = Asked::of(CASES[0]);
        let tree = &QUESTIONS[9];
        let sound = asked.ask(tree, &["--no-cache"]);
        for _ in 0..3 {
            asked.forget();
            std::thread::scope(|scope| {
                let runs = [0; 6].map(|_| scope.spawn(|| asked.ask(tree, &[])));
                for run in runs {
                    assert!(is_same(&run.join().unwrap(), &sound));
                }
            });
            assert_eq!(asked.files().len(), 1, "{:?}", asked.files());
        }
    }

    #[test]
    fn a_cache_that_cannot_be_had_is_none() {
        let asked = Asked::of(CASES[0]);
        let heap = &QUESTIONS[0];
        let sound = asked.ask(heap, &["--no-cache"]);
        fs::write(asked.cache(), "a file where a folder should be").unwrap();
        assert!(is_same(&asked.ask(heap, &[]), &sound));
        let told = asked.ask(heap, &["-v"]);
        assert!(told.err.contains("is not kept: "), "{}", told.err);
        let relative = asked
            .call(heap, &[])
            .env("XDG_CACHE_HOME", Path::new("here"));
        let homeless = relative.env("HOME", Path::new(""));
        assert!(is_same(&homeless.folder(asked.folder.path()).run(), &sound));
        assert!(!asked.folder.path().join("here").exists());
    }
}
