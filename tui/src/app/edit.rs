//! The user's editor, on the terminal that the screens have.

use crate::data::file::OpenFile;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, IsTerminal};
use std::process::{Command, Stdio};

/// What is run when neither `VISUAL` nor `EDITOR` says, as everywhere on Unix.
const USUAL: &str = "vi";

/// Opens a file at a line and waits until the editor ends.
///
/// # Errors
///
/// With a sentence for the footer: which editor it was and what it did.
pub(super) fn edit(open: &OpenFile) -> Result<(), String> {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let editor = set("VISUAL").or_else(|| set("EDITOR"));
    let editor = editor.unwrap_or_else(|| USUAL.to_owned());
    let failed = |why: String| format!("the editor '{editor}' {why} (VISUAL, EDITOR)");
    // Whoever sets it may write options, as for git: the shell takes the words apart.
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("{editor} \"$@\"")).arg("sh");
    command.args(arguments(&editor, open));
    // The data may come by stdin.
    if !io::stdin().is_terminal() {
        let terminal =
            File::open("/dev/tty").map_err(|why| failed(format!("has no terminal: {why}")))?;
        command.stdin(Stdio::from(terminal));
    }
    let status = command
        .status()
        .map_err(|why| failed(format!("cannot be run: {why}")))?;
    match status.code() {
        Some(0) => Ok(()),
        Some(127) => Err(failed("is not there".to_owned())),
        Some(code) => Err(failed(format!("ended with status {code}"))),
        None => Err(failed("was ended by a signal".to_owned())),
    }
}

/// The file and its line as the editor takes them: `+7 file`, as vi does, where nothing else is known.
fn arguments(editor: &str, open: &OpenFile) -> Vec<OsString> {
    let program = editor.split_whitespace().next().unwrap_or_default();
    let program = program.rsplit('/').next().unwrap_or_default();
    let mut with_line = OsString::from(&open.path);
    with_line.push(format!(":{}", open.line));
    match program {
        "code" | "codium" | "code-insiders" | "cursor" => vec!["-g".into(), with_line],
        "hx" | "helix" | "subl" | "zed" => vec![with_line],
        _ => vec![format!("+{}", open.line).into(), open.path.clone().into()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn editors_are_told_the_line_in_their_own_way() {
        let open = OpenFile {
            path: PathBuf::from("/a b.go"),
            line: 7,
        };
        assert_eq!(arguments("/usr/bin/vim -R", &open), ["+7", "/a b.go"]);
        assert_eq!(arguments("code --wait", &open), ["-g", "/a b.go:7"]);
        assert_eq!(arguments("hx", &open), ["/a b.go:7"]);
    }
}
