//! The heap on the screens: from the start to what leaks, in a core and in a heap dump.

use crate::pty::{Pty, assert_sane};
use crate::support::samples;
use crate::walks::case;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Screens of a file, with nothing of an earlier run.
fn open(file: &Path, exe: &Path, rows: u16, columns: u16) -> Pty {
    let args = ["--no-cache", file.to_str().unwrap(), exe.to_str().unwrap()];
    Pty::open(&args, rows, columns)
}

#[test]
fn a_type_leads_to_its_objects_and_each_to_its_place_and_back() {
    let case = case("known-all-opt-go1.27.3-amd64");
    let mut pty = open(&case.core, &case.exe, 40, 150);
    pty.see("heap");
    pty.press("5");
    pty.see("RETAINED*");
    pty.press("fmain.point\r");
    pty.see("filter: main.point");
    pty.press("\r");
    pty.see("live objects of main.point");
    pty.see("main.point {");
    pty.press("\r");
    pty.see("why it is alive");
    // To what it keeps, to the picture of that, and all the way back.
    pty.press("d");
    pty.see("PLACE");
    pty.press("i");
    // While it is drawn, Esc would stop that and no more.
    pty.wait("the picture", |screen| {
        let page = screen.contents();
        !page.contains("PLACE") && !page.contains("drawing") && page.contains("keeps ")
    });
    pty.press("\x1b");
    pty.see("why it is alive");
    pty.press("\x1b");
    pty.see("live objects of main.point");
    pty.press("\x1b");
    pty.see("filter: main.point");
    pty.press("3");
    pty.see("objects that are reachable");
    pty.press("t");
    pty.see(" from files");
    pty.press("q");
    assert_sane(&pty.end());
}

#[test]
fn a_variable_of_a_frame_leads_to_its_object_and_back() {
    let case = case("crash-nilptr-noopt-go1.27.3-amd64");
    let mut pty = open(&case.core, &case.exe, 40, 140);
    pty.see("main.(*Store).find");
    pty.press("\r");
    pty.see("key = ");
    // The receiver is a pointer.
    pty.press("\ro");
    pty.see("main.Store");
    pty.see("referred to by");
    pty.press("\x1b");
    pty.see("key = ");
    // From the goroutine to what it keeps.
    pty.press("\x1b");
    pty.settled();
    pty.press("d");
    pty.see("PLACE");
    pty.see("Kept");
    pty.press("q");
    assert_sane(&pty.end());
}

/// A file of the corpus of heap dumps, as it was before it was packed.
pub fn unpacked(name: &str) -> PathBuf {
    let bytes = samples::bytes(&samples::corpus("heapdumps").join(format!("{name}.zst")));
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn two_moments_lead_to_what_is_new_and_to_who_keeps_it() {
    let old = unpacked("leaky-go1.25.5-first.dump");
    let new = unpacked("leaky-go1.25.5-second.dump");
    let mut pty = open(&old, &new, 40, 140);
    pty.see("Changes");
    pty.see("survived");
    pty.see("SURVIVED");
    // Without the executable nothing has a type; what keeps it is known all the same.
    pty.press("\r");
    pty.see("new objects of (type not known)");
    pty.press("\x1b");
    pty.see("SURVIVED");
    pty.press("tt");
    pty.see("by root");
    pty.press("\r");
    pty.see("PLACE");
    // While what is below is looked for, Esc would stop that and no more.
    pty.settled();
    pty.press("\x1b");
    pty.see("SURVIVED");
    // The other screens are of the younger moment.
    pty.press("2");
    pty.see("heap dump of go1.25.5");
    pty.press("q");
    assert_sane(&pty.end());
}

#[test]
fn a_heap_dump_has_the_same_screens() {
    let (dump, exe) = (unpacked("known-go1.19.dump"), unpacked("known-go1.19.exe"));
    let mut pty = open(&dump, &exe, 40, 120);
    pty.see("heap dump of go1.19");
    pty.press("3");
    pty.see("main.gnode");
    pty.press("4i");
    pty.see("all that lives");
    pty.see("main.Big");
    pty.press("6");
    pty.see("heap tree main.Big");
    pty.press("\r");
    pty.see("[]uint8 backing");
    pty.press("q");
    assert_sane(&pty.end());
}

/// A program of the corpus that leaked and died, with what it said of itself.
struct Leak {
    said: Value,
    core: PathBuf,
}

fn leaked(exe: &Path, mode: &str, dir: &Path) -> Leak {
    let _ = fs::remove_dir_all(dir);
    fs::create_dir_all(dir).unwrap();
    let script = format!("ulimit -c unlimited; exec {} {mode}", exe.display());
    let output = Command::new("sh")
        .args(["-c", &script])
        .current_dir(dir)
        .env("GOTRACEBACK", "crash")
        .output()
        .unwrap();
    let mut files = fs::read_dir(dir)
        .unwrap()
        .flatten()
        .map(|entry| entry.path());
    let is_core = |path: &PathBuf| {
        path.file_name()
            .unwrap()
            .to_string_lossy()
            .starts_with("core")
    };
    Leak {
        said: serde_json::from_slice(&output.stdout).expect("what it said of itself"),
        core: files.find(is_core).expect("a core"),
    }
}

/// What is to be seen in the end, and the keys that lead there.
const LEAKS: [(&str, &[&str], &str); 3] = [
    ("dominator", &["8", "\r", "i"], "main.session"),
    ("many", &["8", "\r", "i"], "main.item"),
    ("list", &["8", "\r"], "main.node"),
];

#[test]
fn what_leaks_is_at_most_six_keys_away() {
    let Ok(go) = std::env::var("DUMPVIEW_GO") else {
        println!("nothing was compared: DUMPVIEW_GO does not name a command that runs Go releases");
        return;
    };
    let releases = std::env::var("DUMPVIEW_RELEASES");
    let releases = releases.as_deref().unwrap_or("1.19,1.27.3").split(',');
    let scratch = tempfile::tempdir().unwrap();
    let mut compared = 0;
    for release in releases {
        let exe = scratch.path().join(format!("leaks-{release}"));
        let built = Command::new(&go)
            .args([release, "build", "-o"])
            .arg(&exe)
            .arg("./leaks")
            .current_dir(samples::corpus("programs"))
            .status();
        assert!(built.unwrap().success(), "go {release} build leaks");
        for (mode, keys, wanted) in LEAKS {
            assert!(keys.len() <= 6);
            let leak = leaked(&exe, mode, &scratch.path().join(mode));
            let mut pty = open(&leak.core, &exe, 45, 160);
            pty.see("heap");
            for key in keys {
                pty.press(key);
                if *key == "8" {
                    // The suspect is told in the program's own words.
                    pty.see(leak.said["suspects"][0]["id"].as_str().unwrap());
                }
                if *key == "\r" {
                    pty.see("PLACE");
                }
            }
            pty.see(wanted);
            pty.press("q");
            assert_sane(&pty.end());
            compared += 1;
        }
    }
    assert!(compared >= 3, "only {compared} leaks were looked at");
}
