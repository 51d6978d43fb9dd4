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
    use crate::run::BINARY;
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

    /// Addresses with their two numbers, and the lines about functions.
    fn costs(text: &str) -> (BTreeMap<u64, (String, String)>, Vec<String>) {
        let (mut costs, mut heads) = (BTreeMap::new(), Vec::new());
        for line in text.lines() {
            let mut words = line.split_whitespace();
            let three = (words.next(), words.next(), words.next());
            if let (Some(flat), Some(cum), Some(at)) = three
                && let Some(at) = at.strip_suffix(':')
                && let Ok(at) = u64::from_str_radix(at, 16)
            {
                costs.insert(at, (flat.to_owned(), cum.to_owned()));
            } else if line.starts_with("ROUTINE") || line.contains("(flat, cum)") {
                heads.push(line.to_owned());
            }
        }
        (costs, heads)
    }

    /// Lines of a page with their two numbers, where there are any.
    fn lines(page: &str) -> BTreeSet<(String, String, String)> {
        let mut lines = BTreeSet::new();
        for line in page.lines() {
            let row = line
                .strip_prefix("<details><summary>")
                .or_else(|| line.strip_prefix("<div class=\"l\">"));
            let Some(row) = row else { continue };
            let mut bare = String::new();
            let mut in_tag = false;
            for c in row.chars() {
                match c {
                    '<' => in_tag = true,
                    '>' => {
                        in_tag = false;
                        bare.push(' ');
                    }
                    c if !in_tag => bare.push(c),
                    _ => {}
                }
            }
            let words: Vec<&str> = bare.split_whitespace().take(3).collect();
            if let [number, flat, cum] = words[..]
                && number.parse::<u32>().is_ok()
                && (flat != "." || cum != ".")
                && !cum.starts_with('(')
            {
                lines.insert((number.to_owned(), flat.to_owned(), cum.to_owned()));
            }
        }
        lines
    }

    /// Lines of `list` with their two numbers, where there are any.
    fn listed_lines(text: &str) -> BTreeSet<(String, String, String)> {
        let rows = text.lines().filter_map(|line| {
            let words: Vec<&str> = line.split_whitespace().take(3).collect();
            let [flat, cum, number] = words[..] else {
                return None;
            };
            let (number, _) = number.split_once(':')?;
            number.parse::<u32>().ok()?;
            let row = [number, flat, cum].map(str::to_owned);
            (flat != "." || cum != ".").then_some(row.into())
        });
        rows.collect()
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
                assert!(output.status.success(), "{output:?}");
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
            let costly = |of: BTreeMap<u64, (String, String)>| -> BTreeMap<u64, (String, String)> {
                let costly = |(flat, cum): &(String, String)| flat != "." || cum != ".";
                of.into_iter().filter(|(_, of)| costly(of)).collect()
            };
            for regex in &searched {
                let (their_costs, their_heads) = costs(&theirs(&[&format!("-disasm={regex}")]));
                let disasm = ["disasm", regex, "judged", "cpu"];
                let (our_costs, our_heads) = costs(&text(&ours(folder.path(), &disasm)));
                assert_eq!(our_heads, their_heads, "{release} {regex}");
                // They leave out the last byte of a function (cmd/pprof/pprof.go:Symbols), so that its last instruction is
                // another one or several.
                let (our_costs, their_costs) = (costly(our_costs), costly(their_costs));
                assert_eq!(our_costs, their_costs, "{release} {regex}");
                compared += our_costs.len();
                // A page has the lines of a listing.
                let listed = theirs(&[&format!("-list={regex}")]);
                let weblist = ["weblist", regex, "judged", "cpu"];
                let our_lines = lines(&text(&ours(folder.path(), &weblist)));
                // A line of two functions, one within the other, is listed twice and stands on the page once. Padding behind
                // what is inlined is the function's own at a line of another file: a listing, which knows one file for each
                // function, leaves out what stands before that function's first line.
                let listed = listed_lines(&listed);
                let once = |number: &str| listed.iter().filter(|of| of.0 == number).count() == 1;
                // What a recursive function cost with all that it called a line has once for each of its addresses, as on pprof's
                // own page; a listing has it once.
                let of_one = |lines: &BTreeSet<(String, String, String)>| -> Vec<_> {
                    let lines = lines.iter().filter(|of| once(&of.0));
                    lines
                        .map(|(number, flat, _)| (number.clone(), flat.clone()))
                        .collect()
                };
                assert_eq!(of_one(&our_lines), of_one(&listed), "{release} {regex}");
                compared += our_lines.len();
            }
            assert!(compared > 20, "{release}: {compared}");
            // Without symbols the numbers are the same; the compiler's name of an instance is not known any more.
            let (before, _) = costs(&text(&ours(
                folder.path(),
                &["disasm", &searched[0], "judged", "cpu"],
            )));
            assert!(
                Command::new("strip")
                    .arg(at("judged"))
                    .status()
                    .unwrap()
                    .success()
            );
            let (after, _) = costs(&text(&ours(
                folder.path(),
                &["disasm", &searched[0], "judged", "cpu"],
            )));
            assert_eq!(before, after, "{release}");
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
