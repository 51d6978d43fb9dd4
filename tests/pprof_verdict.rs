//! What is said of profiles of programs that do one thing (`corpus/programs/judged`): the finding of that thing, and no warning about
//! anything else that the program does not do.

#[cfg(test)]
#[path = "support/run.rs"]
mod run;
#[cfg(test)]
#[path = "support/samples.rs"]
mod samples;

#[cfg(test)]
mod tests {
    use crate::run::BINARY;
    use crate::samples::corpus;
    use serde_json::Value;
    use std::process::Command;

    fn answered(release: &str, args: &[&str]) -> Value {
        let output = Command::new(BINARY)
            .arg("pprof")
            .args(args)
            .arg("--json")
            .current_dir(corpus("pprof/judged").join(release))
            .output()
            .unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn ids<'a>(answer: &'a Value, severity: &str) -> Vec<&'a str> {
        let findings = answer["findings"].as_array().unwrap().iter();
        let findings = findings.filter(|of| of["severity"] == severity || severity.is_empty());
        findings.map(|of| of["id"].as_str().unwrap()).collect()
    }

    fn text<'a>(answer: &'a Value, id: &str) -> &'a str {
        let mut findings = answer["findings"].as_array().unwrap().iter();
        let found = findings.find(|of| of["id"] == id);
        found.unwrap_or_else(|| panic!("no {id}: {answer}"))["text"]
            .as_str()
            .unwrap()
    }

    const RELEASES: [&str; 2] = ["go1.19", "go1.27.3"];

    #[test]
    fn each_kind_of_work_is_warned_of_by_its_name() {
        // The program, the warnings, and other things that it does too and that may be warnings.
        let expected: [(&str, &[&str], &[&str]); 12] = [
            ("collector", &["cpu.allocation"], &[]),
            ("json", &["cpu.json", "cpu.allocation"], &[]),
            (
                "regexp-compile",
                &["cpu.regexp-compile", "cpu.allocation"],
                &[],
            ),
            ("regexp", &["cpu.regexp"], &[]),
            ("map-growth", &["cpu.map-growth"], &[]),
            ("copying", &["cpu.copying"], &[]),
            ("locks", &["cpu.locks"], &[]),
            ("channels", &["cpu.channels"], &["cpu.scheduling"]),
            ("syscalls", &["cpu.syscalls"], &[]),
            ("reflection", &["cpu.reflection"], &[]),
            ("formatting", &["cpu.formatting"], &[]),
            ("recursion", &[], &[]),
        ];
        for release in RELEASES {
            for (mode, must, may) in expected {
                let answer = answered(release, &[&format!("{mode}.pb.gz")]);
                let warned = ids(&answer, "warning");
                assert_eq!(warned.first(), must.first(), "{release} {mode}");
                for id in must {
                    assert!(warned.contains(id), "{release} {mode}: {warned:?}");
                }
                for id in &warned {
                    let known = must.contains(id) || may.contains(id);
                    assert!(known, "{release} {mode}: {id}: {}", text(&answer, id));
                }
                let all = ids(&answer, "");
                assert!(all.contains(&"cpu.busy"), "{release} {mode}: {all:?}");
                let is_recursive = ["recursion", "collector"].contains(&mode);
                assert_eq!(
                    all.contains(&"profile.recursion"),
                    is_recursive,
                    "{release} {mode}"
                );
                assert!(
                    !answer["next"].as_array().unwrap().is_empty(),
                    "{release} {mode}"
                );
            }
        }
    }

    #[test]
    fn memory_is_told_with_an_error_that_holds() {
        // What runtime.MemStats said when the profile had been written.
        for (release, heap_alloc) in [("go1.27.3", 99_423_504u32), ("go1.19", 99_550_088)] {
            let answer = answered(release, &["heap.pb.gz"]);
            assert_eq!(ids(&answer, "warning"), ["heap.passing"], "{release}");
            let passing = text(&answer, "heap.passing");
            assert!(passing.starts_with("main.passBuffers ("), "{passing}");
            assert!(
                passing.contains("of which 0 B live; a sync.Pool"),
                "{passing}"
            );
            let live = text(&answer, "heap.live");
            let numbers: Vec<f64> = live
                .split([' ', ')'])
                .filter_map(|word| word.parse().ok())
                .collect();
            let mib = f64::from(heap_alloc) / f64::from(1 << 20);
            assert!((numbers[0] - mib).abs() < numbers[1], "{live}: {mib}");
            let findings = answer["findings"].as_array().unwrap().iter();
            let sites: Vec<&str> = findings
                .filter(|of| of["id"] == "heap.site")
                .map(|of| of["text"].as_str().unwrap())
                .collect();
            for (site, judged) in [
                ("main.keepBig", "few and big"),
                ("main.keepSmall", "many and small"),
            ] {
                let told = sites.iter().find(|text| text.contains(site)).unwrap();
                assert!(told.contains(judged), "{told}");
            }
        }
    }

    #[test]
    fn growth_between_two_profiles_names_its_site() {
        for release in RELEASES {
            let answer = answered(release, &["-base=before.pb.gz", "after.pb.gz"]);
            assert_eq!(ids(&answer, "warning"), ["heap.growth"], "{release}");
            let growth = text(&answer, "heap.growth");
            let words: Vec<&str> = growth.split(' ').collect();
            // It kept 40 MiB more.
            let (grew, error) = (words[4].parse::<f64>(), words[7].parse::<f64>());
            assert!(
                growth.starts_with("main.keepBig (main.go:155) grew by "),
                "{growth}"
            );
            assert!((grew.unwrap() - 40.0).abs() <= error.unwrap(), "{growth}");
            assert_eq!(ids(&answer, "info"), ["heap.change"], "{release}");
            // The same profile twice has nothing.
            let answer = answered(release, &["-base=after.pb.gz", "after.pb.gz"]);
            assert!(ids(&answer, "warning").is_empty(), "{answer}");
        }
    }

    #[test]
    fn waits_that_hurt_are_told_from_those_that_do_not() {
        for release in RELEASES {
            let answer = answered(release, &["block.pb.gz"]);
            assert_eq!(ids(&answer, "warning"), ["block.locks"], "{release}");
            assert!(text(&answer, "block.locks").contains(" in 39 waits of "));
            assert!(text(&answer, "block.sends").contains(" in 20 waits of "));
            let findings = answer["findings"].as_array().unwrap();
            let idle = findings.iter().find(|of| of["id"] == "block.idle").unwrap();
            let idle = idle["evidence"].to_string();
            assert!(
                idle.contains("main.worker") && idle.contains("main.ticking"),
                "{idle}"
            );
            let answer = answered(release, &["mutex.pb.gz"]);
            let held = text(&answer, "mutex.held");
            assert!(
                held.contains("until main.slow (main.go:189) let go"),
                "{held}"
            );
            let answer = answered(release, &["goroutine.pb.gz"]);
            let group = text(&answer, "goroutine.group");
            assert!(
                group.starts_with("1,200 goroutines stand in main.stuck"),
                "{group}"
            );
        }
    }

    #[test]
    fn what_is_to_be_asked_next_can_be_asked() {
        let folder = corpus("pprof/judged/go1.27.3");
        let mut asked = 0;
        for mode in ["json", "heap", "block", "mutex", "goroutine"] {
            let answer = answered("go1.27.3", &[&format!("{mode}.pb.gz")]);
            for line in answer["next"].as_array().unwrap() {
                let line = line.as_str().unwrap().replacen("dumpview", BINARY, 1);
                let output = Command::new("sh")
                    .args(["-c", &line])
                    .current_dir(&folder)
                    .output()
                    .unwrap();
                assert!(output.status.success(), "{line}: {output:?}");
                assert!(output.stdout.len() > 100, "{line}");
                asked += 1;
            }
        }
        assert!(asked >= 8, "{asked}");
    }

    /// Two are compared; what a third is for nobody can know.
    #[test]
    fn of_three_moments_the_first_and_the_last_are_to_be_named() {
        let names = ["heap.before.pb.gz", "heap.pb.gz", "heap.delta2s.pb.gz"];
        let output = Command::new(BINARY)
            .args(names)
            .current_dir(corpus("pprof/go1.27.3"))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        let hints = [
            "hint: dumpview heap.before.pb.gz heap.delta2s.pb.gz",
            "dumpview pprof series heap.before.pb.gz heap.pb.gz heap.delta2s.pb.gz",
        ];
        for hint in hints {
            assert!(said.contains(hint), "{said}");
        }
    }
}
