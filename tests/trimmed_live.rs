//! "Where" a goroutine is, of programs built with `-trimpath`, whose files say nothing of where Go is installed: the program's own
//! frame, else another module's, in a core and in the traceback that the same process printed. Goroutines are labelled with what is
//! to be said.
//!
//! Needs `DUMPVIEW_GO` (see `live`) and a kernel that writes cores into the working directory.

#[cfg(test)]
#[path = "../process/tests/live/mod.rs"]
mod live;
#[cfg(test)]
#[path = "support/run.rs"]
mod run;

#[cfg(test)]
mod tests {
    use crate::{live, run};
    use serde_json::Value;
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    const FILES: [(&str, &str); 5] = [
        ("go.mod", include_str!("programs/trimmed/go.mod")),
        ("main.go", include_str!("programs/trimmed/main.go")),
        (
            "book/book.go",
            include_str!("programs/trimmed/book/book.go"),
        ),
        ("pool/go.mod", include_str!("programs/trimmed/pool/go.mod")),
        (
            "pool/pool.go",
            include_str!("programs/trimmed/pool/pool.go"),
        ),
    ];

    fn build(go: &live::Go, release: &str, flags: &[&str]) -> PathBuf {
        let dir = go.scratch().join(format!("trimmed-{release}"));
        for (name, text) in FILES {
            let file = dir.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let exe = dir.join("ledgers");
        let status = Command::new(go.command())
            .args([release, "build", "-trimpath", "-o"])
            .arg(&exe)
            .args(flags)
            .arg(".")
            .current_dir(&dir)
            .status()
            .unwrap();
        assert!(status.success(), "go {release} build {flags:?}");
        exe
    }

    /// The function that says where each goroutine is, by id; and the label that says which it is to be, by id.
    type Places = (BTreeMap<u64, String>, BTreeMap<u64, String>);

    fn places(files: &[&Path]) -> Places {
        let verb = ["goroutines", "--json"].map(Path::new);
        let told = run::run(verb.into_iter().chain(files.iter().copied())).json();
        let mut places = Places::default();
        for g in told["goroutines"].as_array().expect("goroutines") {
            let id = g["id"].as_u64().expect("an id");
            if let Some(function) = g["location"]["function"].as_str() {
                places.0.insert(id, function.to_owned());
            }
            if let Value::String(label) = &g["labels"]["where"] {
                places.1.insert(id, label.clone());
            }
        }
        places
    }

    #[test]
    fn where_a_goroutine_is_is_the_programs_own_frame() {
        let Some(go) = live::Go::from_env() else {
            println!("nothing was compared: DUMPVIEW_GO does not name a command that runs Go");
            return;
        };
        let releases = std::env::var("DUMPVIEW_RELEASES");
        let releases = releases.unwrap_or_else(|_| "1.19,1.27.3".to_owned());
        for release in releases.split(',') {
            for flags in [&[][..], &["-ldflags=-s -w"]] {
                let exe = build(&go, release, flags);
                let died = live::die(&exe, "amd64", &[]).expect("a core");
                let (core, log) = (exe.with_extension("core"), exe.with_extension("log"));
                fs::write(&core, &died.core).unwrap();
                fs::write(&log, &died.stderr).unwrap();
                let (of_core, labels) = places(&[&core, &exe]);
                let (of_log, _) = places(&[&log]);
                assert!(labels.len() > 4, "{release} {flags:?}: {labels:?}");
                for (id, label) in &labels {
                    let what = format!("{release} {flags:?}: goroutine {id}");
                    assert_eq!(of_core.get(id), Some(label), "{what} of the core");
                    // A traceback does not name the main module: there what another one does comes first.
                    let of_text = match label.as_str() {
                        "main.calls" => "example.com/pool.Get",
                        label => label,
                    };
                    let told = of_log.get(id).map(String::as_str);
                    assert_eq!(told, Some(of_text), "{what} of the traceback");
                }
                println!("{release} {flags:?}: {} goroutines", labels.len());
                fs::remove_file(&core).unwrap();
            }
        }
    }
}
