//! The loop: wait for an event, take what else is queued, update, draw once.
//!
//! Keys, signals, answers and live data arrive on one channel, and the loop sleeps on it, so an idle screen costs nothing.
//! Only while something is being worked on it wakes four times a second, to show how far that is. Keys are read by a thread of their own, from the terminal device when stdin is the data.

use super::edit::edit;
use super::jobs::PULSE;
use super::{App, Do, End, Event, Mouse, ScreenId};
use crate::ask::Request;
use crate::keys::Key;
use crate::terminal::{self, Terminal};
use crate::theme::Theme;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use crossterm::event::{
    self, Event as Given, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent,
    MouseEventKind,
};
use dumpview_view::job::Job;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Events taken before a frame is drawn, so that a flood of them does not stop the drawing.
const MOST_AT_ONCE: usize = 512;

/// Runs until someone leaves. `perform` has requests answered and must not wait for that itself.
///
/// # Errors
///
/// When the terminal cannot be taken over or written to.
pub fn run(
    app: &mut App,
    theme: &Theme,
    mouse: bool,
    events: &Receiver<Event>,
    sender: &Sender<Event>,
    perform: &mut dyn FnMut(Asked),
) -> io::Result<End> {
    let mut terminal = Terminal::enter(mouse)?;
    let signals = sender.clone();
    terminal::watch_signals(move |signal| signals.send(Event::Signal(signal)).is_ok())?;
    let keys = Arc::new(Keys::default());
    let (reader, to) = (Arc::clone(&keys), sender.clone());
    std::thread::Builder::new()
        .name("keys".to_owned())
        .spawn(move || reader.read(&to))?;
    let mut todo = app.start();
    loop {
        for what in todo.drain(..) {
            match what {
                Do::Ask(from, request, job) => perform(Asked { from, request, job }),
                Do::Copy(text) => terminal.copy(&text)?,
                Do::Suspend => {
                    terminal::restore();
                    terminal::stop()?;
                    terminal.take()?;
                }
                Do::Retake => {
                    terminal::restore();
                    terminal.take()?;
                }
                Do::Edit(open) => {
                    keys.pause();
                    let done = terminal.lend(|| edit(&open))?;
                    keys.go_on();
                    if let Err(why) = done {
                        app.alarm(why);
                    }
                }
                Do::Redraw => terminal.forget()?,
                Do::End(end) => return Ok(end),
            }
        }
        terminal.draw(theme, |canvas| app.draw(canvas))?;
        let first = if app.is_working() {
            match events.recv_timeout(PULSE) {
                Err(RecvTimeoutError::Timeout) => Ok(Event::Pulse),
                Err(RecvTimeoutError::Disconnected) => Err(()),
                Ok(event) => Ok(event),
            }
        } else {
            events.recv().map_err(|_| ())
        };
        let Ok(first) = first else {
            return Ok(End::Quit);
        };
        todo.extend(app.update(first));
        for event in events.try_iter().take(MOST_AT_ONCE) {
            todo.extend(app.update(event));
        }
    }
}

/// A request of a screen, as the loop hands it over.
#[derive(Debug)]
pub struct Asked {
    /// The screen that is to be told.
    pub from: ScreenId,
    /// What it asks.
    pub request: Request,
    /// How far the work is, and whether anybody still waits for it.
    pub job: Job,
}

/// Reads keys, but for the time in which another program does.
#[derive(Default)]
struct Keys {
    reading: Mutex<Reading>,
    changed: Condvar,
}

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Reading {
    /// Keys are read.
    #[default]
    On,
    /// They are to be left to somebody else.
    Ending,
    /// They are.
    Off,
}

impl Keys {
    /// Reads keys until nobody listens.
    fn read(&self, to: &Sender<Event>) {
        loop {
            self.stand_by();
            let event = match event::read() {
                Ok(given) => translate(given),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => Some(Event::Broken(format!("cannot read keys: {error}"))),
            };
            let Some(event) = event else { continue };
            let last = matches!(event, Event::Broken(_));
            if to.send(event).is_err() || last {
                return;
            }
        }
    }

    fn reading(&self) -> MutexGuard<'_, Reading> {
        // Nothing panics while it is held.
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits while somebody else reads.
    fn stand_by(&self) {
        let mut reading = self.reading();
        if *reading == Reading::On {
            return;
        }
        *reading = Reading::Off;
        self.changed.notify_all();
        let waited = self.changed.wait_while(reading, |now| *now != Reading::On);
        drop(waited);
    }

    /// Leaves keys to somebody else; gives back when none is taken any more.
    fn pause(&self) {
        const PATIENCE: Duration = Duration::from_secs(1);
        *self.reading() = Reading::Ending;
        // The reader sleeps until there is a key, or word that the size has changed.
        terminal::wake_reader();
        let waited = self
            .changed
            .wait_timeout_while(self.reading(), PATIENCE, |now| *now != Reading::Off);
        drop(waited);
    }

    /// Reads again.
    fn go_on(&self) {
        *self.reading() = Reading::On;
        self.changed.notify_all();
    }
}

fn translate(given: Given) -> Option<Event> {
    match given {
        Given::Key(key) => translate_key(key).map(Event::Key),
        Given::Paste(text) => Some(Event::Paste(text)),
        Given::Mouse(mouse) => translate_mouse(mouse).map(Event::Mouse),
        Given::Resize(..) => Some(Event::Resized),
        Given::FocusGained | Given::FocusLost => None,
    }
}

fn translate_key(key: KeyEvent) -> Option<Key> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let shift = key.modifiers.contains(KeyModifiers::SHIFT);
    Some(match key.code {
        KeyCode::Char(c) if control => Key::Ctrl(c.to_ascii_lowercase()),
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Esc,
        KeyCode::Tab => Key::Tab,
        KeyCode::BackTab => Key::BackTab,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Delete => Key::Delete,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left if shift => Key::ShiftLeft,
        KeyCode::Right if shift => Key::ShiftRight,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::F(n) => Key::F(n),
        _ => return None,
    })
}

fn translate_mouse(mouse: MouseEvent) -> Option<Mouse> {
    const LINES: i16 = 3;
    let (column, row) = (mouse.column, mouse.row);
    match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => Some(Mouse::Click(column, row)),
        MouseEventKind::Drag(MouseButton::Left) => Some(Mouse::Drag(column, row)),
        MouseEventKind::ScrollUp => Some(Mouse::Wheel(-LINES, column, row)),
        MouseEventKind::ScrollDown => Some(Mouse::Wheel(LINES, column, row)),
        _ => None,
    }
}
