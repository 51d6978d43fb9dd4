//! Go's own tools, built with their DWARF and stopped at moments while they work.

use crate::live::Go;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A tool and what it is given to do; `{importcfg}`, `{linkcfg}`, `{files}`, `{archive}`, `{src}` stand for what the release has.
struct Tool {
    package: &'static str,
    arguments: &'static [&'static str],
    /// Milliseconds after its start.
    moments: &'static [u64],
}

const TOOLS: [Tool; 4] = [
    Tool {
        package: "cmd/compile",
        arguments: &[
            "-o",
            "out.a",
            "-p",
            "net/http",
            "-importcfg",
            "{importcfg}",
            "-pack",
            "-c=4",
            "{files}",
        ],
        moments: &[250, 600, 1100],
    },
    Tool {
        package: "cmd/link",
        arguments: &["-o", "out", "-importcfg", "{linkcfg}", "{archive}"],
        moments: &[150, 300],
    },
    Tool {
        package: "cmd/gofmt",
        arguments: &["-l", "{src}"],
        moments: &[200],
    },
    Tool {
        package: "cmd/go",
        arguments: &["list", "-deps", "-json", "std"],
        moments: &[150, 400],
    },
];

/// A core and the program that left it.
pub struct Dead {
    pub name: String,
    pub core: PathBuf,
    pub exe: PathBuf,
}

/// Builds the tools of a release, and calls `each` for every core.
pub fn dumped(go: &Go, release: &str, each: &mut dyn FnMut(&Dead)) {
    let dir = go.scratch().join(release);
    fs::create_dir_all(&dir).unwrap();
    let told = |arguments: &[&str]| {
        let output = Command::new(go.command())
            .arg(release)
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "go {release} {arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let root = told(&["env", "GOROOT"]).trim().to_owned();
    // What net/http and the linked program are made of.
    let packages = ["net/http", "cmd/gofmt"];
    let exports = "{{if .Export}}packagefile {{.ImportPath}}={{.Export}}{{end}}{{range $from, $to := .ImportMap}}\nimportmap {{$from}}={{$to}}{{end}}";
    let list = [&["list", "-export", "-deps", "-f", exports][..], &packages].concat();
    let importcfg = dir.join("importcfg");
    fs::write(&importcfg, told(&list)).unwrap();
    // The linker knows no maps.
    let linkcfg = dir.join("linkcfg");
    let all = fs::read_to_string(&importcfg).unwrap();
    let files: Vec<&str> = all
        .lines()
        .filter(|l| l.starts_with("packagefile"))
        .collect();
    fs::write(&linkcfg, files.join("\n")).unwrap();
    let archive = told(&["list", "-export", "-f", "{{.Export}}", "cmd/gofmt"]);
    let files = told(&[
        "list",
        "-f",
        "{{range .GoFiles}}{{$.Dir}}/{{.}} {{end}}",
        "net/http",
    ]);
    for tool in &TOOLS {
        let short = tool.package.trim_start_matches("cmd/");
        let exe = dir.join(format!("{short}-{release}"));
        told(&["build", "-o", exe.to_str().unwrap(), tool.package]);
        let mut arguments: Vec<&str> = Vec::new();
        let src = format!("{root}/src");
        for argument in tool.arguments {
            match *argument {
                "{importcfg}" => arguments.push(importcfg.to_str().unwrap()),
                "{linkcfg}" => arguments.push(linkcfg.to_str().unwrap()),
                "{archive}" => arguments.push(archive.trim()),
                "{files}" => arguments.extend(files.split_whitespace()),
                "{src}" => arguments.push(&src),
                other => arguments.push(other),
            }
        }
        for moment in tool.moments {
            let Some(core) = stopped(&dir, &exe, &arguments, &root, *moment) else {
                println!("{short} {release} had ended after {moment} ms");
                continue;
            };
            let name = format!("{short}-{release}-{moment}");
            each(&Dead {
                name,
                core: core.clone(),
                exe: exe.clone(),
            });
            fs::remove_file(core).unwrap();
        }
    }
}

/// Runs a program for so long, and then lets it die with a core; `None` when it was done before.
fn stopped(dir: &Path, exe: &Path, arguments: &[&str], root: &str, moment: u64) -> Option<PathBuf> {
    let run = dir.join("run");
    let _ = fs::remove_dir_all(&run);
    fs::create_dir_all(&run).unwrap();
    // The shell lifts the limit on cores for this program only.
    let mut child: Child = Command::new("sh")
        .args(["-c", "ulimit -c unlimited; exec \"$0\" \"$@\""])
        .arg(exe)
        .args(arguments)
        .current_dir(&run)
        .env("GOTRACEBACK", "crash")
        .env("GOROOT", root)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(moment));
    // The go command ignores SIGQUIT.
    let killed = Command::new("kill")
        .args(["-ABRT", &child.id().to_string()])
        .status();
    assert!(killed.is_ok());
    child.wait().unwrap();
    fs::read_dir(&run)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("core"))
        })
}
