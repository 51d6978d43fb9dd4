//! The built binary on a pseudo-terminal: what a person would see, and the keys they would press.
//!
//! Everything runs below a shell that says, when the program has ended, with which status, and how the terminal was left.

#![allow(
    dead_code,
    reason = "every test takes this file in for itself and uses its own part of it"
)]

use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{ErrorKind, Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// Nothing takes that long; a test that waits longer hangs.
const PATIENCE: Duration = Duration::from_mins(2);

struct Shown {
    parser: vt100::Parser,
    output: Vec<u8>,
    ended: bool,
}

/// A terminal with a program on it.
pub struct Pty {
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    shell: u32,
    shown: Arc<(Mutex<Shown>, Condvar)>,
}

impl Pty {
    /// `dumpview ARGS` on a terminal of so many rows and columns.
    pub fn open(args: &[&str], rows: u16, columns: u16) -> Self {
        let quoted: Vec<String> = args.iter().map(|arg| format!("'{arg}'")).collect();
        let program = env!("CARGO_BIN_EXE_dumpview");
        Self::shell(&format!("'{program}' {}", quoted.join(" ")), rows, columns)
    }

    /// A command line of the shell, `$DUMPVIEW` being the binary.
    pub fn shell(line: &str, rows: u16, columns: u16) -> Self {
        let size = PtySize {
            rows,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).expect("a terminal");
        let mut command = CommandBuilder::new("sh");
        command.args([
            "-c",
            &format!("{line}\necho \"status $?\"; stty -a; echo over"),
        ]);
        command.cwd(env!("CARGO_MANIFEST_DIR"));
        command.env("DUMPVIEW", env!("CARGO_BIN_EXE_dumpview"));
        command.env("TERM", "xterm-256color");
        command.env("COLORTERM", "truecolor");
        command.env("LC_ALL", "C.UTF-8");
        command.env(
            "XDG_CACHE_HOME",
            concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"),
        );
        command.env(
            "XDG_CONFIG_HOME",
            concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/config"),
        );
        command.env_remove("NO_COLOR");
        let child = pair.slave.spawn_command(command).expect("a shell");
        drop(pair.slave);
        let shown = Arc::new((
            Mutex::new(Shown {
                parser: vt100::Parser::new(cells(rows), cells(columns), 1000),
                output: Vec::new(),
                ended: false,
            }),
            Condvar::new(),
        ));
        let mut output = pair.master.try_clone_reader().expect("what is shown");
        let writer = Arc::clone(&shown);
        std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            // The kernel looks for bytes first and then whether the other side has closed: what was written between the
            // two is there only for who reads once more.
            let mut empty = 0;
            loop {
                let read = match output.read(&mut chunk) {
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    Err(_) => 0,
                    Ok(read) => read,
                };
                empty = if read == 0 { empty + 1 } else { 0 };
                if empty == 1 {
                    continue;
                }
                let (lock, changed) = &*writer;
                let mut shown = lock.lock().unwrap();
                shown.parser.process(&chunk[..read]);
                shown.output.extend_from_slice(&chunk[..read]);
                shown.ended = read == 0;
                changed.notify_all();
                if read == 0 {
                    return;
                }
            }
        });
        Self {
            keys: pair.master.take_writer().expect("keys"),
            master: pair.master,
            shell: child.process_id().expect("a process"),
            shown,
        }
    }

    /// Presses keys: characters as they are, `\x1b` for Esc, `\r` for Enter.
    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("keys");
        self.keys.flush().expect("keys");
    }

    /// Another size, as when a window is dragged.
    pub fn resize(&self, rows: u16, columns: u16) {
        let (lock, _) = &*self.shown;
        let mut shown = lock.lock().unwrap();
        shown
            .parser
            .screen_mut()
            .set_size(cells(rows), cells(columns));
        self.master
            .resize(PtySize {
                rows,
                cols: columns,
                pixel_width: 0,
                pixel_height: 0,
            })
            .expect("another size");
    }

    /// Waits until `wanted` holds of what is shown, and gives it.
    pub fn wait(&self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) -> vt100::Screen {
        let (lock, changed) = &*self.shown;
        let mut shown = lock.lock().unwrap();
        let end = Instant::now() + PATIENCE;
        loop {
            if wanted(shown.parser.screen()) {
                return shown.parser.screen().clone();
            }
            let left = end.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero() && !shown.ended,
                "{what} was not seen; there is\n{}",
                shown.parser.screen().contents()
            );
            shown = changed.wait_timeout(shown, left).unwrap().0;
        }
    }

    /// The screen, once nothing more is drawn on it for a while: a screen comes in several writes.
    pub fn settled(&self) -> vt100::Screen {
        const QUIET: Duration = Duration::from_millis(300);
        let (lock, changed) = &*self.shown;
        let mut shown = lock.lock().unwrap();
        loop {
            let (again, waited) = changed.wait_timeout(shown, QUIET).unwrap();
            shown = again;
            if waited.timed_out() || shown.ended {
                return shown.parser.screen().clone();
            }
        }
    }

    /// Every byte that was written to the terminal so far.
    pub fn output(&self) -> Vec<u8> {
        self.shown.0.lock().unwrap().output.clone()
    }

    /// Waits until a text is shown, wherever lines break.
    pub fn see(&self, text: &str) -> vt100::Screen {
        let wanted = without_blanks(text);
        self.wait(text, |screen| {
            without_blanks(&screen.contents()).contains(&wanted)
        })
    }

    /// Waits until the program has ended; gives what the shell then shows.
    pub fn end(&self) -> vt100::Screen {
        self.wait("the end", |screen| screen.contents().contains("\nover"))
    }

    /// The programs that the shell runs now.
    pub fn children(&self) -> Vec<u32> {
        let path = format!("/proc/{0}/task/{0}/children", self.shell);
        let text = std::fs::read_to_string(Path::new(&path)).unwrap_or_default();
        text.split_whitespace()
            .filter_map(|pid| pid.parse().ok())
            .collect()
    }

    /// Waits until what the shell runs has stopped: it leaves the screen first, and a SIGCONT that came before the stop
    /// would be lost.
    pub fn wait_until_stopped(&self) {
        let stopped = |pid: &u32| {
            // The state stands behind the name, which may hold anything but ends with the last bracket.
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            stat.rsplit(')')
                .next()
                .is_some_and(|rest| rest.trim_start().starts_with('T'))
        };
        let end = Instant::now() + PATIENCE;
        while !self.children().iter().all(stopped) {
            assert!(Instant::now() < end, "it did not stop");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Sends a signal by its name to what the shell runs.
    pub fn signal(&self, name: &str) {
        for pid in self.children() {
            let sent = Command::new("kill")
                .args([&format!("-{name}"), &pid.to_string()])
                .status();
            assert!(sent.expect("kill").success());
        }
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // Hangs up: whatever still runs on the terminal ends.
        for pid in self.children().into_iter().chain([self.shell]) {
            let _ = Command::new("kill")
                .args(["-KILL", &pid.to_string()])
                .stderr(std::process::Stdio::null())
                .status();
        }
    }
}

fn cells(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).expect("a screen has cells")
}

/// Text without blanks and line ends, so that it can be found however it was wrapped.
pub fn without_blanks(text: &str) -> String {
    text.split_whitespace().collect()
}

/// Whether the terminal is as it was before: no alternate screen, a cursor, no mouse, echo and lines.
pub fn assert_sane(screen: &vt100::Screen) {
    assert!(!screen.alternate_screen());
    assert!(!screen.hide_cursor());
    assert!(!screen.bracketed_paste());
    assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    let contents = screen.contents();
    let settings: Vec<&str> = contents.split_whitespace().collect();
    for setting in ["icanon", "echo", "isig", "icrnl", "opost"] {
        assert!(settings.contains(&setting), "{setting} in\n{contents}");
    }
}
