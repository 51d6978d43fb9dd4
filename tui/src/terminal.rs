//! Entering and leaving the terminal: one module, every path.
//!
//! Left on return and on errors (drop), on panics of any thread (a hook before the default one), on SIGTERM, SIGINT and
//! SIGHUP (they arrive as events; the loop returns, and the signal is raised again once the terminal is as before), and
//! while suspended. Frames are drawn from two buffers, the difference between them written in one go; the cursor's
//! position is never asked for, since the answer would arrive among the keys.

use crate::canvas::Canvas;
use crate::geometry::Area;
use crate::theme::Theme;
use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, disable_raw_mode, enable_raw_mode, size,
};
use crossterm::{execute, queue};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
use std::io::{self, BufWriter, Stdout, Write, stdout};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether there is something to undo.
static ENTERED: AtomicBool = AtomicBool::new(false);
/// Whether the mouse is captured.
static MOUSE: AtomicBool = AtomicBool::new(false);

/// Whether another program has the terminal for a while.
static LENT: AtomicBool = AtomicBool::new(false);

/// The terminal while screens are on it.
pub struct Terminal {
    backend: CrosstermBackend<BufWriter<Stdout>>,
    shown: Buffer,
    mouse: bool,
}

/// Whether screens are on the terminal.
pub fn is_up() -> bool {
    ENTERED.load(Ordering::SeqCst)
}

/// Undoes whatever was done to the terminal; harmless when nothing was, or a second time.
pub fn restore() {
    if !ENTERED.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = stdout();
    // What cannot be undone cannot be reported either.
    if MOUSE.swap(false, Ordering::SeqCst) {
        let _ = queue!(out, DisableMouseCapture);
    }
    let _ = execute!(
        out,
        EndSynchronizedUpdate,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        Show
    );
    let _ = disable_raw_mode();
}

/// Before the default hook prints: on a terminal that is as it was.
fn restore_on_panic() {
    static HOOKED: Once = Once::new();
    HOOKED.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore();
            before(panic);
        }));
    });
}

impl Terminal {
    /// Takes the terminal over.
    ///
    /// # Errors
    ///
    /// When it is none, or cannot be written to.
    pub fn enter(mouse: bool) -> io::Result<Self> {
        restore_on_panic();
        let mut terminal = Self {
            backend: CrosstermBackend::new(BufWriter::with_capacity(1 << 16, stdout())),
            shown: Buffer::default(),
            mouse,
        };
        terminal.take()?;
        Ok(terminal)
    }

    /// Takes it over again after [`restore`].
    ///
    /// # Errors
    ///
    /// As [`Self::enter`].
    pub fn take(&mut self) -> io::Result<()> {
        enable_raw_mode()?;
        ENTERED.store(true, Ordering::SeqCst);
        queue!(
            self.backend,
            EnterAlternateScreen,
            Hide,
            EnableBracketedPaste
        )?;
        if self.mouse {
            MOUSE.store(true, Ordering::SeqCst);
            queue!(self.backend, EnableMouseCapture)?;
        }
        self.forget()?;
        Write::flush(&mut self.backend)
    }

    /// Leaves it to another program until that is through.
    ///
    /// # Errors
    ///
    /// When it cannot be taken again.
    pub fn lend<T>(&mut self, use_it: impl FnOnce() -> T) -> io::Result<T> {
        restore();
        LENT.store(true, Ordering::SeqCst);
        let used = use_it();
        LENT.store(false, Ordering::SeqCst);
        self.take()?;
        Ok(used)
    }

    /// Forgets what is shown, so that the next frame draws all of it.
    ///
    /// # Errors
    ///
    /// When the terminal cannot be written to.
    pub fn forget(&mut self) -> io::Result<()> {
        queue!(self.backend, Clear(ClearType::All))?;
        self.shown = Buffer::default();
        Ok(())
    }

    /// Columns and rows, at least one of each.
    ///
    /// # Errors
    ///
    /// When the terminal does not say.
    pub fn size() -> io::Result<(u16, u16)> {
        size().map(|(width, height)| (width.max(1), height.max(1)))
    }

    /// Draws one frame; `draw` gives where the cursor stands, when it is to be seen.
    ///
    /// # Errors
    ///
    /// When the terminal cannot be written to.
    pub fn draw(
        &mut self,
        theme: &Theme,
        draw: impl FnOnce(&mut Canvas<'_>) -> Option<(u16, u16)>,
    ) -> io::Result<()> {
        let (width, height) = Self::size()?;
        let area = Area::of_size(width, height).into();
        let mut next = Buffer::empty(area);
        let cursor = draw(&mut Canvas::new(&mut next, theme));
        queue!(self.backend, BeginSynchronizedUpdate)?;
        if self.shown.area != area {
            self.forget()?;
            self.shown = Buffer::empty(area);
        }
        self.backend.draw(self.shown.diff(&next).into_iter())?;
        match cursor {
            Some((x, y)) => queue!(self.backend, MoveTo(x, y), Show)?,
            None => queue!(self.backend, Hide)?,
        }
        queue!(self.backend, EndSynchronizedUpdate)?;
        Write::flush(&mut self.backend)?;
        self.shown = next;
        Ok(())
    }

    /// Sends text to the clipboard of whoever looks at the terminal (OSC 52).
    ///
    /// # Errors
    ///
    /// When the terminal cannot be written to.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        write!(self.backend, "\x1b]52;c;{}\x07", base64(text.as_bytes()))?;
        Write::flush(&mut self.backend)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        restore();
    }
}

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk
            .iter()
            .fold(0u32, |word, byte| word << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let index = (word >> (18 - 6 * place)) & 63;
            let symbol = ALPHABET.get(index as usize).copied().unwrap_or(b'=');
            out.push(if place <= chunk.len() {
                char::from(symbol)
            } else {
                '='
            });
        }
    }
    out
}

/// A signal that asks the program to do something about its terminal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signal {
    /// End; the number is raised again once the terminal is restored.
    End(i32),
    /// Stop until SIGCONT.
    Stop,
    /// Go on: the terminal is to be taken again.
    Continue,
}

/// Hands signals to `tell`, on a thread of its own, from now on.
///
/// # Errors
///
/// When the system refuses a handler or a thread.
pub fn watch_signals(tell: impl Fn(Signal) -> bool + Send + 'static) -> io::Result<()> {
    let mut signals =
        signal_hook::iterator::Signals::new([SIGTERM, SIGINT, SIGHUP, SIGTSTP, SIGCONT])?;
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            for signal in signals.forever() {
                if LENT.load(Ordering::SeqCst) && is_of_keys(signal) {
                    continue;
                }
                let told = tell(match signal {
                    SIGTSTP => Signal::Stop,
                    SIGCONT => Signal::Continue,
                    end => Signal::End(end),
                });
                if !told {
                    return;
                }
            }
        })?;
    Ok(())
}

/// Whether a signal comes from the keys of a terminal that another program has. That one is asked to end or to stop; this
/// program stops with it, so that the shell has the terminal, and does not end before it.
fn is_of_keys(signal: i32) -> bool {
    if signal == SIGTSTP {
        // When it cannot stop, the other program's keys do nothing; it can still be left.
        let _ = stop();
    }
    matches!(signal, SIGTSTP | SIGINT | SIGCONT)
}

/// Wakes whoever waits for keys, by word that the terminal's size has changed.
pub fn wake_reader() {
    // When that is refused, the next key wakes it.
    let _ = signal_hook::low_level::raise(SIGWINCH);
}

/// Stops this program as `Ctrl-Z` does by default; returns when it goes on.
///
/// # Errors
///
/// When the system refuses.
pub fn stop() -> io::Result<()> {
    signal_hook::low_level::emulate_default_handler(SIGTSTP)
}

/// Ends this program as the signal does by default.
pub fn end_by(signal: i32) {
    // When even this fails, the caller returns and ends in its own way.
    let _ = signal_hook::low_level::emulate_default_handler(signal);
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (plain, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }
}
