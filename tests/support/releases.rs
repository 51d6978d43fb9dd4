//! A program of the corpus, built by several releases, and a folder for what is made of it.

use std::path::Path;
use std::process::Command;

/// Calls `check` with each release of `DUMPVIEW_RELEASES` (else four), the executable that it builds of `corpus/programs/PROGRAM`, and
/// an empty folder that is removed afterwards. Nothing is done without `DUMPVIEW_GO`, and that is printed.
pub fn of_each(program: &str, check: &mut dyn FnMut(&str, &Path, &Path)) {
    let Ok(go) = std::env::var("DUMPVIEW_GO") else {
        println!("nothing was compared: DUMPVIEW_GO does not name a command that runs Go releases");
        return;
    };
    let releases = std::env::var("DUMPVIEW_RELEASES");
    let releases = releases.unwrap_or_else(|_| "1.19,1.22.10,1.24.11,1.27.3".to_owned());
    for release in releases.split(',') {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(program)
            .join(release);
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        let exe = dir.join(program);
        let built = Command::new(&go)
            .args([release, "build", "-o"])
            .arg(&exe)
            .arg(format!("./{program}"))
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/programs"))
            .env("CGO_ENABLED", "0")
            .output()
            .unwrap();
        assert!(built.status.success(), "{release}: {built:?}");
        check(release, &exe, &dir);
        let _ = std::fs::remove_dir_all(&dir);
    }
}
