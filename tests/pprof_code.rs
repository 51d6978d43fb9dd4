//! `dumpview pprof disasm` and `weblist` against `go tool pprof`: the same numbers at the same addresses and lines. Instructions are
//! in GNU syntax here, and are not compared.

#[cfg(test)]
#[path = "support/run.rs"]
mod run;
#[cfg(test)]
#[path = "support/samples.rs"]
mod samples;

#[cfg(test)]
mod tests {
    use crate::run::{BINARY, Call};
    use crate::samples::corpus;
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;
    use std::process::{Command, Output};

    fn ours(folder: &Path, args: &[&str]) -> Output {
        Command::new(BINARY)
            .arg("pprof")
            .args(args)
            .current_dir(folder)
            .output()
            .unwrap()
    }

    fn text(output: &Output) -> String {
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout.clone()).unwrap()
    }

    /// What a function's instructions cost.
    #[derive(Debug)]
    struct Routine {
        /// The line that names it, and the one with its sums.
        head: String,
        sums: String,
        /// Own and cumulative cost of each address.
        costs: BTreeMap<u64, (String, String)>,
    }

    impl Routine {
        /// The instructions that cost anything.
        fn costly(&self) -> BTreeMap<u64, (String, String)> {
            let costly = |(flat, cum): &(String, String)| flat != "." || cum != ".";
            let all = self.costs.iter().filter(|(_, of)| costly(of));
            all.map(|(at, of)| (*at, of.clone())).collect()
        }
    }

    fn routines(text: &str) -> Vec<Routine> {
        let mut routines: Vec<Routine> = Vec::new();
        for line in text.lines() {
            if line.starts_with("ROUTINE") {
                routines.push(Routine {
                    head: line.to_owned(),
                    sums: String::new(),
                    costs: BTreeMap::new(),
                });
                continue;
            }
            let Some(routine) = routines.last_mut() else {
                continue;
            };
            let mut words = line.split_whitespace();
            let three = (words.next(), words.next(), words.next());
            if let (Some(flat), Some(cum), Some(at)) = three
                && let Some(at) = at.strip_suffix(':')
                && let Ok(at) = u64::from_str_radix(at, 16)
            {
                let costs = (flat.to_owned(), cum.to_owned());
                routine.costs.insert(at, costs);
            } else if line.contains("(flat, cum)") {
                routine.sums = line.to_owned();
            }
        }
        routines
    }

    /// Holds our functions against pprof's, and says how many instructions were compared.
    ///
    /// pprof leaves out the last byte of a function (cmd/pprof/pprof.go:Symbols). Where that is an instruction of its own, mostly the
    /// return, its samples are in neither their lines nor their sums; a longer last instruction is shown as another one.
    fn same_costs(ours: &[Routine], theirs: &[Routine], asked: &str) -> usize {
        let mut theirs = theirs.iter().peekable();
        let mut compared = 0;
        for our in ours {
            let mut own = our.costly();
            let last = our.costs.last_key_value().map(|(at, _)| *at);
            let their = theirs.next_if(|their| their.head == our.head);
            let has_last =
                their.is_some_and(|their| last.is_some_and(|at| their.costs.contains_key(&at)));
            let has_lost = !has_last && last.is_some_and(|at| own.remove(&at).is_some());
            let Some(their) = their else {
                assert!(has_lost && own.is_empty(), "{asked}: only ours: {our:?}");
                continue;
            };
            if !has_lost {
                assert_eq!(our.sums, their.sums, "{asked}: {}", our.head);
            }
            assert_eq!(own, their.costly(), "{asked}: {}", our.head);
            compared += own.len();
        }
        assert!(theirs.next().is_none(), "{asked}: only theirs");
        compared
    }

    /// A line of a file.
    type Place = (String, u32);

    /// What lines of a page cost themselves, where they or what they call cost anything.
    fn lines(page: &str) -> BTreeMap<Place, String> {
        let mut lines = BTreeMap::new();
        let mut file = None;
        for line in page.lines() {
            let within = |start: &str, end: &str| {
                let text = line.strip_prefix(start)?.strip_suffix(end)?;
                Some(text.replace("&lt;", "<").replace("&gt;", ">"))
            };
            if within("<h2>", "</h2>").is_some() {
                file = None;
                continue;
            }
            if let (None, Some(path)) = (&file, within("<div>", "</div>")) {
                file = Some(path);
                continue;
            }
            let row = line
                .strip_prefix("<details><summary>")
                .or_else(|| line.strip_prefix("<div class=\"l\">"));
            let Some(row) = row else { continue };
            let words: Vec<&str> = row.split(['<', ' ']).filter(|of| !of.is_empty()).collect();
            if let [number, flat, cum, ..] = words[..]
                && let Ok(number) = number.parse::<u32>()
                && (flat != "." || cum != ".")
                && !cum.starts_with('(')
            {
                lines.insert((file.clone().unwrap(), number), flat.to_owned());
            }
        }
        lines
    }

    /// Where a profile says that functions of a name stand (`-raw`): of a location's line the number is its own, and the file that
    /// of its function.
    fn told(raw: &str, regex: &str) -> Vec<Place> {
        let regex = regex::Regex::new(regex).unwrap();
        let line = |line: &str| -> Option<Place> {
            let (before, _) = line.rsplit_once(" s=")?;
            let (before, _) = before.rsplit_once(':')?;
            let (before, number) = before.rsplit_once(':')?;
            let (before, file) = before.rsplit_once(' ')?;
            let is_meant = regex.is_match(before.rsplit(' ').next()?);
            let place = (file.to_owned(), number.parse().ok()?);
            is_meant.then_some(place)
        };
        raw.lines().filter_map(line).collect()
    }

    /// What the same lines cost by `list`, where a line may stand below several functions.
    #[derive(Default)]
    struct Listed(BTreeMap<Place, Vec<String>>);

    impl Listed {
        fn of(text: &str) -> Self {
            let mut listed = Self::default();
            let mut file = String::new();
            for line in text.lines() {
                if let Some(routine) = line.strip_prefix("ROUTINE ======================== ") {
                    let (_, path) = routine.split_once(" in ").unwrap();
                    path.clone_into(&mut file);
                    continue;
                }
                let words: Vec<&str> = line.split_whitespace().take(3).collect();
                let [flat, cum, number] = words[..] else {
                    continue;
                };
                let number = number
                    .split_once(':')
                    .map(|(number, _)| number.parse::<u32>());
                let Some(Ok(number)) = number else { continue };
                if flat != "." || cum != "." {
                    let below = listed.0.entry((file.clone(), number)).or_default();
                    below.push(flat.to_owned());
                }
            }
            listed
        }

        /// Holds a page against it, and says how many lines were compared. `told` are places of the profile.
        ///
        /// Some instructions, as padding behind what is inlined, are a function's own at a line of another file. A profile knows one
        /// file for each function: a listing tells of that line as of the function's file, or leaves it out before its first line.
        fn check(&self, page: &BTreeMap<Place, String>, told: &[Place], asked: &str) -> usize {
            let mut compared = 0;
            let mut displaced = BTreeSet::new();
            for (place, flat) in page {
                let Some(below) = self.0.get(place) else {
                    let (file, number) = place;
                    let is_displaced = told.iter().any(|told| told.1 == *number && told.0 != *file);
                    assert!(is_displaced, "{asked}: only ours: {place:?} {flat}");
                    displaced.insert((*number, flat));
                    continue;
                };
                // A line of two functions, one within the other, is listed twice and stands on the page once. What a recursive
                // function cost with all that it called a line has once for each of its addresses, as on pprof's own page; a
                // listing has it once.
                if let [once] = &below[..] {
                    assert_eq!(flat, once, "{asked}: {place:?}");
                    compared += 1;
                }
            }
            for (place, below) in &self.0 {
                let is_displaced = || {
                    let mut flats = below.iter();
                    flats.any(|flat| displaced.contains(&(place.1, flat)))
                };
                let is_there = page.contains_key(place) || is_displaced();
                assert!(is_there, "{asked}: only listed: {place:?} {below:?}");
            }
            compared
        }
    }

    fn escaped(name: &str) -> String {
        let plain = |c: char| c.is_alphanumeric() || "_/".contains(c);
        name.chars().fold(String::new(), |mut text, c| {
            if !plain(c) {
                text.push('\\');
            }
            text.push(c);
            text
        })
    }

    /// Arm64 has one syntax only, and that is said.
    fn another_syntax_costs_the_same(folder: &Path, regex: &str) {
        let asked = ["disasm", regex, "judged", "cpu"];
        let gnu = text(&ours(folder, &asked));
        let output = ours(folder, &[&asked[..], &["-intel_syntax"]].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let intel = text(&output);
        if cfg!(target_arch = "x86_64") {
            assert!(gnu.contains("(%r") && !gnu.contains(" PTR "), "{gnu}");
            assert!(
                intel.contains("QWORD PTR [r") && !intel.contains("(%r"),
                "{intel}"
            );
        } else {
            assert!(said.contains("-intel_syntax has no effect"), "{said}");
        }
        let costs = |text: &str| -> Vec<_> {
            let routines = routines(text).into_iter();
            routines.map(|of| of.costs).collect()
        };
        let (intel, gnu) = (costs(&intel), costs(&gnu));
        assert!(!gnu.is_empty());
        assert_eq!(intel, gnu);
    }

    #[test]
    fn instructions_and_lines_cost_what_pprof_says() {
        let Some(go) = std::env::var_os("DUMPVIEW_GO") else {
            return;
        };
        let tool = Command::new(&go)
            .args(["1.27.3", "tool", "-n", "pprof"])
            .output()
            .unwrap();
        let tool = String::from_utf8(tool.stdout).unwrap().trim().to_owned();
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for (release, flags) in [("1.27.3", "-buildmode=pie"), ("1.19", "-buildmode=exe")] {
            let built = Command::new(&go)
                .args([release, "build", flags, "-o"])
                .arg(at("judged"))
                .arg("./judged")
                .current_dir(corpus("programs"))
                .output()
                .unwrap();
            assert!(built.status.success(), "{built:?}");
            let ran = Command::new(at("judged"))
                .arg("json")
                .arg(at("cpu"))
                .status();
            assert!(ran.unwrap().success());
            let theirs = |args: &[&str]| {
                let output = Command::new(&tool)
                    .args(args)
                    .args(["judged", "cpu"])
                    .env("TZ", "UTC")
                    .current_dir(folder.path())
                    .output()
                    .unwrap();
                // So it ends too where the one function asked for has samples at its last byte only.
                let said = String::from_utf8_lossy(&output.stderr);
                let is_none = said.contains("no matches found for regexp");
                assert!(output.status.success() || is_none, "{output:?}");
                String::from_utf8(output.stdout).unwrap()
            };
            let mut compared = 0;
            let asked = [
                "top",
                "-noinlines",
                "-nodecount=6",
                "--csv",
                "judged",
                "cpu",
            ];
            let top = text(&ours(folder.path(), &asked));
            let names = top.lines().skip(1).filter_map(|row| row.split(',').nth(2));
            // Instances of generic functions are told apart by symbols only.
            let names = names.filter(|name| !name.contains('[') && name.contains('.'));
            let mut searched: Vec<String> = names.map(escaped).collect();
            searched.push("main\\.".to_owned());
            searched.push("encoding/json".to_owned());
            let raw = theirs(&["-raw"]);
            for regex in &searched {
                let asked = format!("{release} {regex}");
                let their_costs = routines(&theirs(&[&format!("-disasm={regex}")]));
                let disasm = ["disasm", regex, "judged", "cpu"];
                let our_costs = routines(&text(&ours(folder.path(), &disasm)));
                compared += same_costs(&our_costs, &their_costs, &asked);
                // A page has the lines of a listing.
                let listed = Listed::of(&theirs(&[&format!("-list={regex}")]));
                let weblist = ["weblist", regex, "judged", "cpu"];
                let page = lines(&text(&ours(folder.path(), &weblist)));
                compared += listed.check(&page, &told(&raw, regex), &asked);
                // For programs both say as much, as the schema has it.
                let disasm = Call::new(["pprof"].iter().chain(&disasm).chain(&["--json"]));
                let disasm = disasm.folder(folder.path()).run().json();
                assert_eq!(disasm["schema"], "dumpview.pprof.disasm/1");
                let weblist = Call::new(["pprof"].iter().chain(&weblist).chain(&["--json"]));
                let weblist = weblist.folder(folder.path()).run().json();
                assert_eq!(weblist["schema"], "dumpview.pprof.weblist/1");
                assert_eq!(lines(weblist["text"].as_str().unwrap()), page);
            }
            assert!(compared > 20, "{release}: {compared}");
            another_syntax_costs_the_same(folder.path(), &searched[0]);
            // Without symbols the numbers are the same; the compiler's name of an instance is not known any more.
            let disasm = || {
                let disasm = ["disasm", &searched[0], "judged", "cpu"];
                let routines = routines(&text(&ours(folder.path(), &disasm)));
                let costs = routines.into_iter().map(|of| of.costs);
                costs.collect::<Vec<_>>()
            };
            let before = disasm();
            assert!(
                Command::new("strip")
                    .arg(at("judged"))
                    .status()
                    .unwrap()
                    .success()
            );
            assert_eq!(before, disasm(), "{release}");
        }
    }

    #[test]
    fn without_the_executable_it_is_asked_for() {
        let output = ours(&corpus("pprof/go1.27.3"), &["disasm", "main", "cpu.pb.gz"]);
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            said.contains("instructions are in the executable"),
            "{said}"
        );
    }
}
