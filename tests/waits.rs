//! Who waits for whom, against what the programs of `corpus/programs/waits` know of themselves.
//!
//! `DUMPVIEW_GO` names a command that runs Go releases (`$DUMPVIEW_GO RELEASE build …`); `DUMPVIEW_RELEASES` narrows them.

#[cfg(test)]
#[path = "../process/tests/live/mod.rs"]
mod live;

#[cfg(test)]
mod waits {
    use super::live;
    use serde_json::Value;
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;
    use std::process::Command;

    /// What was compared, and what was wrong.
    #[derive(Default)]
    struct Tally {
        objects: usize,
        circles: usize,
        leaked: usize,
        /// Holders that the programs named, and those of them that were found.
        holders: usize,
        found: usize,
        problems: Vec<String>,
    }

    fn ids(of: &Value) -> BTreeSet<u64> {
        let list = of.as_array().into_iter().flatten();
        list.filter_map(Value::as_u64).collect()
    }

    fn each<'v>(of: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
        of[key].as_array().into_iter().flatten()
    }

    fn answer(core: &Path, exe: &Path, flags: &[&str]) -> Value {
        let output = Command::new(env!("CARGO_BIN_EXE_dumpview"))
            .args(["waits", "--json", "--top", "0"])
            .args(flags)
            .args([core, exe])
            .output()
            .unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"))
    }

    fn objects(name: &str, truth: &Value, told: &Value, tally: &mut Tally) {
        for known in each(truth, "objects") {
            let addr = format!("{:#x}", known["addr"].as_u64().unwrap());
            let waiters = ids(&known["waiters"]);
            if waiters.is_empty() {
                continue;
            }
            tally.objects += 1;
            let at_nil = known["kind"] == "nil channel";
            let mut all = each(told, "objects");
            let found = all.find(|o| {
                if at_nil {
                    o["kind"] == "nil_channel"
                } else {
                    o["addr"] == *addr
                }
            });
            let Some(found) = found else {
                tally.problems.push(format!("{name}: no {known}"));
                continue;
            };
            let kind = found["kind"].as_str().unwrap().replace('_', "");
            if kind != known["kind"].as_str().unwrap().replace(' ', "") {
                tally
                    .problems
                    .push(format!("{name}: {known} is said to be a {kind}"));
            }
            let told: BTreeSet<u64> = each(found, "waiters")
                .filter_map(|waiter| waiter["goroutine"].as_u64())
                .collect();
            if told != waiters {
                tally
                    .problems
                    .push(format!("{name}: {known}: waiters {told:?}"));
            }
            holders(name, known, found, tally);
            let named = known["name"].as_str().unwrap();
            if !named.is_empty() && found["name"] != named {
                let problem = format!("{name}: {named} is called {}", found["name"]);
                tally.problems.push(problem);
            }
        }
    }

    fn holders(name: &str, known: &Value, found: &Value, tally: &mut Tally) {
        let holders = ids(&known["holders"]);
        let told = |least: &[&str]| -> BTreeSet<u64> {
            each(found, "parties")
                .filter(|party| party["does"] != "is_before")
                .filter(|party| least.contains(&party["certainty"].as_str().unwrap()))
                .filter_map(|party| party["goroutine"].as_u64())
                .collect()
        };
        if known["kind"] == "channel" {
            // Any that receives ends a send: who will is only possible, and others may too.
            let told = told(&["certain", "probable", "possible"]);
            tally.holders += holders.len();
            tally.found += holders.intersection(&told).count();
            for missing in holders.difference(&told) {
                println!("{name}: goroutine {missing} is to end {known} and was not found");
            }
            return;
        }
        if known["kind"] == "nil channel" || known["kind"] == "cond" {
            return;
        }
        let sure = told(&["certain", "probable"]);
        tally.holders += holders.len();
        tally.found += holders.intersection(&sure).count();
        for missing in holders.difference(&sure) {
            println!("{name}: goroutine {missing} holds {known} and was not found");
        }
        for wrong in sure.difference(&holders) {
            let problem = format!("{name}: goroutine {wrong} is said to hold {known}: {found}");
            tally.problems.push(problem);
        }
    }

    fn compare(dir: &Path, case: &Value, tally: &mut Tally) {
        let name = case["name"].as_str().unwrap();
        let core = dir.join(format!("{name}.core"));
        let exe = dir.join(case["exe"].as_str().unwrap());
        let truth = std::fs::read(dir.join(format!("{name}.truth.json"))).unwrap();
        let truth: Value = serde_json::from_slice(&truth).unwrap();
        let leaks = !ids(&truth["leaked"]).is_empty();
        // Which entry of a map a lock is only the heap tells.
        let by_heap = leaks || truth["mode"] == "places";
        let told = answer(&core, &exe, if by_heap { &["--leaked"] } else { &[] });
        objects(name, &truth, &told, tally);
        let circles: BTreeSet<BTreeSet<u64>> = each(&told, "circles")
            .map(|circle| {
                let steps = each(circle, "steps");
                steps
                    .filter_map(|step| step["goroutine"].as_u64())
                    .collect()
            })
            .collect();
        let known: BTreeSet<BTreeSet<u64>> = each(&truth, "cycles").map(ids).collect();
        tally.circles += known.len();
        if circles != known {
            let problem = format!("{name}: circles {circles:?}, not {known:?}");
            tally.problems.push(problem);
        }
        if leaks {
            let stuck: BTreeSet<u64> = each(&told, "leaked")
                .flat_map(|group| ids(&group["ids"]))
                .collect();
            let known = ids(&truth["leaked"]);
            tally.leaked += known.len();
            if stuck != known {
                let (more, fewer) = (stuck.difference(&known), known.difference(&stuck));
                let problem = format!(
                    "{name}: {} leaked that are not, {} are not said to be",
                    more.count(),
                    fewer.count()
                );
                tally.problems.push(problem);
            }
        }
    }

    #[test]
    fn waiters_holders_circles_and_leaks_are_those_the_program_knows() {
        if std::env::var_os("DUMPVIEW_GO").is_none() {
            println!("nothing was compared: DUMPVIEW_GO does not name a command that runs Go");
            return;
        }
        let releases = std::env::var("DUMPVIEW_RELEASES");
        let releases = releases.unwrap_or_else(|_| "1.19,1.27.3".to_owned());
        for release in releases.split(',') {
            for variant in ["noopt", "opt"] {
                let name = format!("waits-{release}-{variant}");
                let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
                let _ = std::fs::remove_dir_all(&dir);
                let make = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/make");
                let made = Command::new(make)
                    .arg("--out")
                    .arg(&dir)
                    .arg("--work")
                    .arg(dir.join("work"))
                    .args(["--programs", "waits", "--releases", release])
                    .args(["--variants", variant])
                    .status()
                    .unwrap();
                assert!(made.success(), "corpus/make: {made}");
                check(&dir, release, variant);
                let _ = std::fs::remove_dir_all(&dir);
            }
        }
    }

    /// Goroutines by their calls, the runtime's own left out: how many stand at each.
    type Groups = BTreeMap<Vec<String>, usize>;

    /// What `pprof.Lookup("goroutineleak")` wrote: `20 @ 0x4801ca …`, then a line for each call, `#` address function place.
    fn of_profile(text: &str) -> Groups {
        let mut groups = Groups::new();
        for part in text.split("\n\n") {
            let mut lines = part.lines().skip_while(|line| !line.contains(" @ "));
            let Some(count) = lines.next().and_then(|line| line.split(' ').next()) else {
                continue;
            };
            let call = |line: &str| {
                let mut words = line.split('\t').filter(|word| !word.is_empty()).skip(2);
                let function = words.next()?.split("+0x").next()?;
                Some(format!("{function} {}", words.next()?))
            };
            let calls = lines.filter_map(call).collect();
            *groups.entry(calls).or_default() += count.parse::<usize>().unwrap();
        }
        groups
    }

    fn of_answer(told: &Value) -> Groups {
        let mut groups = Groups::new();
        for group in each(told, "leaked") {
            let calls = each(group, "frames").filter_map(|frame| {
                let function = frame["function"].as_str()?;
                let place = format!("{}:{}", frame["file"].as_str()?, frame["line"]);
                // A profile leaves out the functions that `go f(x)` and `defer f(x)` are compiled to.
                let is_own = function.starts_with("runtime.") || function.contains(".gowrap");
                (!is_own).then(|| format!("{function} {place}"))
            });
            let count = group["count"].as_u64().unwrap();
            *groups.entry(calls.collect()).or_default() += usize::try_from(count).unwrap();
        }
        groups
    }

    #[test]
    fn leaked_goroutines_are_those_that_go_itself_finds() {
        let Some(go) = live::Go::from_env() else {
            println!("nothing was compared: DUMPVIEW_GO does not name a command that runs Go");
            return;
        };
        let source = include_str!("programs/leaks.go");
        for flags in [&[][..], &["-gcflags=all=-N -l"], &["-ldflags=-w"]] {
            let exe = go.build("1.27.3", "leaks", source, flags, &[]);
            let profile = exe.with_extension("profile");
            let died = live::die(&exe, "amd64", &[profile.to_str().unwrap()]).expect("a core");
            let core = exe.with_extension("core");
            std::fs::write(&core, &died.core).unwrap();
            let known = of_profile(&std::fs::read_to_string(&profile).unwrap());
            let told = of_answer(&answer(&core, &exe, &["--leaked"]));
            std::fs::remove_file(&core).unwrap();
            let count: usize = known.values().sum();
            println!("1.27.3 {flags:?}: {count} leaked in {} groups", known.len());
            assert!(count > 400 && known.len() > 15, "{known:#?}");
            assert_eq!(told, known, "{flags:?}");
        }
    }

    /// The descriptor that a system call was given first.
    fn of_call<'v>(told: &'v Value, name: &str, descriptor: &Value) -> &'v Value {
        let mut calls = each(told, "system_calls").filter(|call| call["name"] == *name);
        let first = format!("{:#x}", descriptor.as_u64().unwrap());
        let found = calls.find(|call| call["arguments"][0] == *first);
        found.unwrap_or_else(|| panic!("no {name}({first}): {}", told["system_calls"]))
    }

    #[test]
    fn holders_are_told_with_their_system_calls_and_connections() {
        let Some(go) = live::Go::from_env() else {
            println!("nothing was compared: DUMPVIEW_GO does not name a command that runs Go");
            return;
        };
        let source = include_str!("programs/holders.go");
        let releases = std::env::var("DUMPVIEW_RELEASES");
        let releases = releases.unwrap_or_else(|_| "1.19,1.22.10,1.27.3".to_owned());
        for release in releases.split(',') {
            for flags in [&[][..], &["-gcflags=all=-N -l"], &["-ldflags=-s -w"]] {
                let exe = go.build(release, "holders", source, flags, &[]);
                let lock = exe.with_extension("lock");
                let died = live::die(&exe, "amd64", &[lock.to_str().unwrap()]).expect("a core");
                let core = exe.with_extension("core");
                std::fs::write(&core, &died.core).unwrap();
                let truth: Value = serde_json::from_str(&died.stdout).unwrap();
                let told = answer(&core, &exe, &[]);
                std::fs::remove_file(&core).unwrap();
                let what = format!("{release} {flags:?}");
                let text = |key: &str| truth[key].as_str().unwrap().to_owned();
                let named = |has: &[String]| {
                    each(&told, "objects").any(|object| {
                        let name = object["name"].as_str().unwrap_or_default();
                        has.iter().all(|part| name.contains(part.as_str()))
                    })
                };
                let ends = [text("local"), text("remote")];
                assert!(named(&ends), "{what}: {ends:?} {}", told["objects"]);
                let listens = [text("listener")];
                assert!(named(&listens), "{what}: {listens:?} {}", told["objects"]);
                let read = of_call(&told, "read", &truth["journal"]);
                let flock = of_call(&told, "flock", &truth["lock"]);
                let console = of_call(&told, "read", &truth["console"]);
                assert_eq!(console["file"], "the console", "{what}: {console}");
                for (call, waiters) in [(read, 12), (flock, 7), (console, 2)] {
                    let goroutine = &call["goroutine"];
                    let mut heads = each(&told, "heads");
                    let head = heads.find(|head| head["goroutine"] == *goroutine);
                    let head = head.unwrap_or_else(|| panic!("{what}: {call}: {}", told["heads"]));
                    assert_eq!(head["waiters"], waiters, "{what}: {head}");
                    let doing = head["doing"].as_str().unwrap_or_default();
                    let name = call["name"].as_str().unwrap();
                    assert!(
                        doing.starts_with(&format!("is in {name}(")),
                        "{what}: {head}"
                    );
                }
            }
        }
    }

    /// Cases made before: `DUMPVIEW_WAITS` is a directory that `corpus/make` filled.
    #[test]
    fn cases_made_before_are_read_the_same() {
        let Some(dir) = std::env::var_os("DUMPVIEW_WAITS") else {
            println!("nothing was compared: DUMPVIEW_WAITS does not name a directory of cases");
            return;
        };
        let dir = Path::new(&dir);
        let variant = if dir.to_string_lossy().contains("noopt") {
            "noopt"
        } else {
            "opt"
        };
        check(dir, &dir.to_string_lossy(), variant);
    }

    fn check(dir: &Path, release: &str, variant: &str) {
        let list = std::fs::read(dir.join("cases.json")).unwrap();
        let list: Value = serde_json::from_slice(&list).unwrap();
        let mut tally = Tally::default();
        for case in list.as_array().unwrap() {
            compare(dir, case, &mut tally);
        }
        println!(
            "{release} {variant}: {} objects, {} circles, {} leaked, {} of {} holders",
            tally.objects, tally.circles, tally.leaked, tally.found, tally.holders
        );
        assert!(tally.objects > 0 && tally.circles > 0 && tally.leaked > 0 && tally.holders > 0);
        assert!(tally.problems.is_empty(), "{:#?}", tally.problems);
        let least = if variant == "noopt" { 100 } else { 90 };
        assert!(
            tally.found * 100 >= tally.holders * least,
            "{} of {} holders",
            tally.found,
            tally.holders
        );
    }
}
