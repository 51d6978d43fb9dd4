//! A pipe that goes on after its screens were left.
//!
//! `app 2>&1 | dumpview gc -` must not take the pipe away from under a running program: it would be killed by SIGPIPE. So
//! the input is read until its writer ends, and what comes is passed on to stderr, as it is without screens.

use crate::flags::Common;
use crate::log::Passing;
use crossbeam_channel::Receiver;
use dumpview_parsers::log::Record;
use dumpview_tui::app::{End, Event};
use dumpview_tui::terminal::{self, Signal};
use rustix::process::{Signal as Number, kill_current_process_group};
use std::io::{self, IsTerminal, Stderr, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What feeds the screens.
pub struct Pipe {
    /// The screens were left and the terminal is as it was.
    left: Arc<AtomicBool>,
    is_ours: fn(&Record<'_>) -> bool,
    quiet: bool,
}

/// Lets text through once the screens were left.
pub struct Gate {
    left: Arc<AtomicBool>,
    stderr: Stderr,
    is_ours: fn(&Record<'_>) -> bool,
}

impl Write for Gate {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        if self.left.load(Ordering::Acquire) {
            // Nobody may listen to stderr; the answer is still wanted.
            let _ = self.stderr.write_all(text);
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Gate {
    /// Passes on what is not a trace, all of the input's lines being counted from the first on.
    pub fn passing(&mut self) -> Passing<'_> {
        let (escape, is_ours) = (self.stderr.is_terminal(), self.is_ours);
        Passing::new(self, escape, is_ours)
    }
}

impl Pipe {
    /// The pipe of screens of which the records that are `is_ours` are not passed on.
    pub fn new(is_ours: fn(&Record<'_>) -> bool, common: &Common) -> Self {
        Self {
            left: Arc::default(),
            is_ours,
            quiet: common.quiet,
        }
    }

    /// The way to stderr, closed as long as the screens are shown; none when nothing is to be passed on.
    pub fn gate(&self) -> Option<Gate> {
        (!self.quiet).then(|| Gate {
            left: Arc::clone(&self.left),
            stderr: io::stderr(),
            is_ours: self.is_ours,
        })
    }

    /// Waits until the writer has ended; gives how that went. Ctrl-C reaches the writer, too, since both are in the
    /// foreground: then the reader ends with its last words.
    pub fn go_on(&self, end: End, events: &Receiver<Event>) -> End {
        match end {
            End::Quit => {
                let said = "dumpview: the program goes on, and what it writes is passed on; Ctrl-C ends both\n";
                let _ = io::stderr().write_all(said.as_bytes());
            }
            // Keys are not signals while the terminal is raw: what Ctrl-C does elsewhere is made up for.
            End::Interrupt => {
                let _ = kill_current_process_group(Number::INT);
            }
            end => return end,
        }
        self.left.store(true, Ordering::Release);
        for event in events {
            match event {
                Event::Fresh { ended: true } => return End::Quit,
                Event::Broken(message) => return End::Broken(message),
                // The reader of the input knows of SIGINT by itself.
                Event::Signal(Signal::End(signal)) if signal != Number::INT.as_raw() => {
                    return End::Signal(signal);
                }
                Event::Signal(Signal::Stop) => {
                    let _ = terminal::stop();
                }
                _ => {}
            }
        }
        End::Quit
    }
}
