//! The JSON contract: every document that a verb prints is as its schema says, and the page docs/json.md is that schema.
//!
//! Every verb of the registry is asked of cores, logs of every format and compiler output of the corpus, with the flags
//! that change the shape of its answer. A key that the schema does not name fails, and so does a verb that nothing here
//! exercises.

#[cfg(test)]
#[path = "support/run.rs"]
mod run;
#[cfg(test)]
#[path = "support/samples.rs"]
mod samples;

#[cfg(test)]
mod tests {
    use crate::run::run;
    use crate::run::schema::Schema;
    use crate::samples::{self, corpus};
    use serde_json::Value;
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    /// Every file below a folder of the corpus that is an input.
    fn files(of: &str) -> Vec<PathBuf> {
        fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
            for entry in fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, found);
                } else if path.extension().is_none_or(|ending| ending != "md") {
                    found.push(path);
                }
            }
        }
        let mut found = Vec::new();
        walk(&corpus(of), &mut found);
        found.sort();
        found
    }

    /// Where the programs were built there is no source: where it is here.
    fn sources() -> String {
        let here = corpus("programs");
        format!(
            "--source-path=/tmp/dumpview-corpus/src-go1.27.3={}",
            here.display()
        )
    }

    /// Command lines about cores: every verb, with what changes its shape.
    fn about_cores() -> Vec<Vec<String>> {
        const ASKED: &[&[&str]] = &[
            &["info"],
            &["export", "--to", "folded", "-o", "/dev/null"],
            &["goroutines"],
            &["waits"],
            &["goroutines", "--group"],
            &["goroutines", "--with-stacks", "--system"],
            &["threads"],
            &["threads", "--columns", "tid,frames"],
            &["bt"],
            &["bt", "--full"],
            &["bt", "--all", "--runtime"],
            &["locals"],
            &["locals", "--depth", "6"],
            &["args"],
            &["print", "WORD:runtime.buildVersion"],
            &["print", "WORD:runtime.allgs", "--depth", "2"],
            &["whatis", "WORD:runtime.allgs"],
            &["vars", "WORD:^(main|os|time)\\."],
            &["funcs", "WORD:^main\\."],
            &["types", "WORD:^main\\."],
            &["sources", "WORD:main"],
            &["list", "WORD:main.main", "SOURCES"],
            &["regs"],
            &["memory"],
            &["regs", "--thread", "TID"],
            &["disass"],
            &["disass", "--count", "2"],
            &["x", "--addr", "PC", "--count", "4"],
            &["report"],
            &["timeline"],
            &["goroutines", "--diff", "CORE"],
            &["heap"],
            &["heap top"],
            &["heap top", "--by", "root"],
            &["heap top", "--by", "size-class", "--garbage"],
            &["heap tree"],
            &["heap object", "WORD:&os.Stdout.file.name"],
            &["heap refs", "WORD:os.Stdout"],
            &["heap paths", "WORD:&os.Stdout.file.name"],
            &["heap find", "WORD:string bytes"],
            &["heap set", "WORD:os.Stdout, os.Stderr"],
            &["heap garbage"],
            &["heap diff"],
            &["heap strings", "--top", "5"],
            &["goroutines", "--retained"],
            &["locals", "--retained"],
            &["print", "WORD:runtime.allgs", "--retained", "--depth", "1"],
            &["SCRIPT"],
        ];
        let sources = sources();
        let mut all = Vec::new();
        let manifest = samples::text(&corpus("manifest.json"));
        let manifest: Value = serde_json::from_str(&manifest).unwrap();
        for case in manifest["cases"].as_array().unwrap().iter().step_by(13) {
            let file = |key: &str| {
                let name = case["files"][key]["file"].as_str().unwrap();
                corpus("fixtures").join(name).display().to_string()
            };
            let (core, exe) = (file("core"), file("exe"));
            let threads = run(["threads", &core, &exe, "--json"]).json();
            let first = &threads["threads"][0];
            for asked in ASKED {
                let [verb, flags @ ..] = asked else { continue };
                let mut args = match *verb {
                    "SCRIPT" => [
                        "bt",
                        "locals",
                        "goroutines --group",
                        "up",
                        "frame 1",
                        "regs",
                        "goroutine 1",
                        "down",
                        "info",
                        "print 1+",
                        "heap top --by package",
                    ]
                    .iter()
                    .flat_map(|line| ["-x".to_owned(), (*line).to_owned()])
                    .collect(),
                    "report" => Vec::new(),
                    verb => verb.split(' ').map(str::to_owned).collect(),
                };
                // A core and itself are two moments.
                args.extend((*verb == "heap diff").then(|| core.clone()));
                args.extend([core.clone(), exe.clone()]);
                let flag = |flag: &&str| match *flag {
                    "TID" => first["tid"].to_string(),
                    "PC" => first["pc"].as_str().unwrap_or("0").to_owned(),
                    "CORE" => core.clone(),
                    "SOURCES" => sources.clone(),
                    flag => flag.trim_start_matches("WORD:").to_owned(),
                };
                args.extend(flags.iter().map(flag));
                all.push(args);
            }
        }
        all
    }

    /// Command lines about logs.
    fn about_logs() -> Vec<Vec<String>> {
        const ASKED: &[&[&str]] = &[
            &[],
            &["export", "--to", "folded", "-o", "/dev/null"],
            &["goroutines"],
            &["waits"],
            &["goroutines", "--group"],
            &["goroutines", "--with-stacks", "--system"],
            &["goroutines", "--diff", "FILE"],
            &["gc"],
            &["gc", "--compare", "FILE"],
            &["sched"],
            &["alloc"],
            &["memstats"],
            &["memstats", "--columns", "line,HeapAlloc,Sys,pauses"],
            &["timeline"],
        ];
        let mut all = Vec::new();
        // Neighbours in the corpus differ by their release only.
        for path in files("logs")
            .into_iter()
            .step_by(3)
            .chain(files("timeline"))
        {
            let file = path.display().to_string();
            for asked in ASKED {
                let mut args: Vec<String> = asked
                    .iter()
                    .take(1)
                    .map(|verb| (*verb).to_owned())
                    .collect();
                args.push(file.clone());
                let flags = asked.iter().skip(1);
                args.extend(flags.map(|flag| flag.replace("FILE", &file)));
                all.push(args);
            }
        }
        let pair: Vec<String> = files("timeline")
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        all.push([vec!["timeline".to_owned()], pair.clone()].concat());
        all.push([vec!["memstats".to_owned()], pair].concat());
        all.push(
            ["timeline", "--columns", "at_ns,what,lane"]
                .map(str::to_owned)
                .into_iter()
                .chain(
                    files("timeline")
                        .iter()
                        .map(|path| path.display().to_string()),
                )
                .collect(),
        );
        all
    }

    /// Command lines about profiles: every report.
    fn about_profiles() -> Vec<Vec<String>> {
        const REPORTS: &[&[&str]] = &[
            &[],
            &["top"],
            &["top", "-lines"],
            &["top", "-files", "-focus=runtime"],
            &["text", "-addresses"],
            &["tree"],
            &["peek", "runtime"],
            &["list", "main"],
            &["traces"],
            &["tags"],
            &["raw"],
            &["comments"],
            &["dot"],
            &["callgrind"],
            &["folded"],
            &["flame"],
            &["svg"],
            &["speedscope"],
            &["html"],
            &["proto"],
            &["topproto"],
        ];
        let mut all = Vec::new();
        for path in files("pprof/go1.27.3") {
            for report in REPORTS {
                let mut args = vec!["pprof".to_owned()];
                args.extend(report.iter().map(|word| (*word).to_owned()));
                args.push(path.display().to_string());
                all.push(args);
            }
        }
        let series = ["heap.before.pb.gz", "heap.pb.gz"].map(|name| {
            let path = corpus("pprof/go1.27.3").join(name);
            path.display().to_string()
        });
        let words = ["pprof", "series"].map(str::to_owned);
        all.push([words, series].concat());
        all
    }

    /// Command lines about compiler output.
    fn about_escapes() -> Vec<Vec<String>> {
        let scratch = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let budget = scratch.join("schema-budget.txt");
        fs::write(&budget, "main.main 0\n*.New 1\n").unwrap();
        let mut all = Vec::new();
        let files = files("escapes");
        for path in &files {
            let file = path.display().to_string();
            let with = |flags: &[&str]| {
                let args = ["escapes", &file].into_iter().chain(flags.iter().copied());
                args.map(str::to_owned).collect::<Vec<_>>()
            };
            all.push(with(&[]));
            all.push(with(&["--by", "func"]));
            all.push(with(&["--diff", &files[0].display().to_string()]));
            all.push(with(&["--budget", &budget.display().to_string()]));
        }
        all
    }

    /// Ids of findings that the page does not have.
    fn unnamed(document: &Value, page: &str) -> Vec<String> {
        let findings = document["findings"].as_array().into_iter().flatten();
        let ids = findings.map(|finding| finding["id"].to_string().replace('"', "`"));
        ids.filter(|id| !page.contains(id.as_str()))
            .map(|id| format!("{id} is not in docs/json.head.md"))
            .collect()
    }

    /// What is asked of heap dumps, with the executable and without it.
    fn about_heap_dumps() -> Vec<Vec<String>> {
        const ASKED: &[&[&str]] = &[
            &[],
            &["heap"],
            &["heap", "top"],
            &["heap", "top", "--by", "root"],
            &["heap", "garbage"],
            &["heap", "tree"],
            &["heap", "records", "--top", "200"],
            &["goroutines"],
            &["goroutines", "--with-stacks"],
            &["bt"],
        ];
        let dump = corpus("heapdumps/known-go1.19.dump.zst")
            .display()
            .to_string();
        let exe = corpus("heapdumps/known-go1.19.exe.zst")
            .display()
            .to_string();
        let asked = ASKED.iter().flat_map(|verb| [(verb, false), (verb, true)]);
        let line = |(verb, has_exe): (&&[&str], bool)| {
            let (words, flags): (Vec<&str>, Vec<&str>) = {
                let at = verb.iter().position(|word| word.starts_with('-'));
                let (words, flags) = verb.split_at(at.unwrap_or(verb.len()));
                (words.to_vec(), flags.to_vec())
            };
            let words = words.into_iter().map(str::to_owned);
            let inputs = std::iter::once(dump.clone()).chain(has_exe.then(|| exe.clone()));
            let flags = flags.into_iter().map(str::to_owned);
            words.chain(inputs).chain(flags).collect()
        };
        asked.map(line).collect()
    }

    /// Asks all, checks all that is answered, and says how many documents there were of each id.
    fn checked(lines: &[Vec<String>]) -> BTreeMap<String, usize> {
        let schema = Schema::get();
        let page = run(["schema", "--markdown"]).out;
        let next = AtomicUsize::new(0);
        let seen: Mutex<BTreeMap<String, usize>> = Mutex::default();
        let wrong: Mutex<BTreeMap<String, String>> = Mutex::default();
        let work = || {
            while let Some(line) = lines.get(next.fetch_add(1, Ordering::Relaxed)) {
                let args = [line.as_slice(), &["--json".to_owned()]].concat();
                // What finds nothing of its own prints no document.
                let Ok(document) = serde_json::from_str::<Value>(&run(&args).out) else {
                    continue;
                };
                let id = document["schema"].as_str().unwrap_or_default().to_owned();
                *seen.lock().unwrap().entry(id).or_default() += 1;
                let mut wrong = wrong.lock().unwrap();
                let errors = schema.errors(&document).into_iter();
                for error in errors.chain(unnamed(&document, &page)) {
                    wrong.entry(error).or_insert_with(|| args.join(" "));
                }
            }
        };
        thread::scope(|scope| {
            scope.spawn(work);
            scope.spawn(work);
        });
        let wrong = wrong.into_inner().unwrap();
        let first: Vec<_> = wrong.iter().take(40).collect();
        assert!(wrong.is_empty(), "{} errors: {first:#?}", wrong.len());
        seen.into_inner().unwrap()
    }

    #[test]
    fn every_document_is_as_its_schema_says_and_every_verb_is_asked() {
        let lines = [
            about_cores(),
            about_logs(),
            about_escapes(),
            about_profiles(),
            about_heap_dumps(),
        ]
        .concat();
        let seen = checked(&lines);
        let unasked: Vec<&str> = Schema::get()
            .ids()
            .filter(|id| !seen.contains_key(*id))
            .collect();
        // Moves stand in scripts only. Code of a profile needs the program, which `pprof_code` builds: what it asks as JSON is held
        // against the schema there.
        let moves = [
            "goroutine",
            "frame",
            "up",
            "down",
            "pprof.disasm",
            "pprof.weblist",
        ]
        .map(|verb| format!("dumpview.{verb}/1"));
        let unasked: Vec<&str> = unasked
            .into_iter()
            .filter(|id| !moves.iter().any(|of| of == id))
            .collect();
        assert!(unasked.is_empty(), "no document of {unasked:?}");
        println!("{} documents: {seen:?}", seen.values().sum::<usize>());
    }

    #[test]
    fn the_page_is_the_schema() {
        let page = run(["schema", "--markdown"]).out;
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/json.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            fs::write(&path, &page).unwrap();
        }
        let written = fs::read_to_string(&path).unwrap();
        assert!(
            page == written,
            "docs/json.md is not what `dumpview schema --markdown` prints: UPDATE_DOCS=1 cargo test --test schema"
        );
    }

    /// Documents that are kept elsewhere: every file of the folder that DOCUMENTS names, of which the first value counts.
    #[test]
    fn documents_of_a_folder_are_as_their_schemas_say() {
        let Some(folder) = std::env::var_os("DOCUMENTS") else {
            return;
        };
        let schema = Schema::get();
        let mut wrong: BTreeMap<String, String> = BTreeMap::new();
        let mut count = 0;
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            let mut values = serde_json::Deserializer::from_slice(&bytes).into_iter::<Value>();
            let Some(Ok(document @ Value::Object(_))) = values.next() else {
                continue;
            };
            count += 1;
            for error in schema.errors(&document) {
                wrong
                    .entry(error)
                    .or_insert_with(|| path.display().to_string());
            }
        }
        println!("{count} documents");
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
