//! All screens together: which one is shown, where *back* leads, what is being typed in the footer.
//!
//! Events change the state ([`App::update`]) and say what is to be done about it ([`Do`]); drawing only reads it. No I/O
//! and no terminal in here: the loop around it is [`run`](mod@run).

mod draw;
mod prompt;
pub mod run;

use crate::ask::{Answer, Request};
use crate::keys::{self, Action, Key};
use crate::screen::{Effect, Input, Screen, Standpoint, Target};
use crate::screens::frames::FramesScreen;
use crate::screens::output::OutputScreen;
use crate::terminal::Signal;
use crate::widgets::input::History;
use dumpview_view::line::{Line, Role};
use prompt::{Prompt, Purpose};

/// Names a screen for as long as it is there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ScreenId(u64);

/// What reaches the loop, on its one channel.
#[derive(Debug)]
pub enum Event {
    /// A key.
    Key(Key),
    /// Text was pasted.
    Paste(String),
    /// The mouse, in cells of the terminal.
    Mouse(Mouse),
    /// The terminal has another size.
    Resized,
    /// What a screen had asked for.
    Answer {
        /// The screen that asked.
        to: ScreenId,
        /// Whether it is the last to this request; some come with progress before.
        answer: Answer,
    },
    /// There is more of the input than before.
    Fresh {
        /// There will be no more.
        ended: bool,
    },
    /// A signal of the system.
    Signal(Signal),
    /// The input could not be opened, or whoever answers is gone: the program ends with this message.
    Broken(String),
}

/// What the mouse did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mouse {
    /// The left button went down.
    Click(u16, u16),
    /// It moved with the button down.
    Drag(u16, u16),
    /// The wheel, down when positive.
    Wheel(i16, u16, u16),
}

/// How it ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum End {
    /// Someone left.
    Quit,
    /// A signal asked for it.
    Signal(i32),
    /// It could not go on.
    Broken(String),
}

/// What is to be done after an update.
#[derive(Clone, PartialEq, Debug)]
pub enum Do {
    /// Answer a screen's request.
    Ask(ScreenId, Request),
    /// Nobody waits for the screen's answers any more.
    Cancel(ScreenId),
    /// Into the clipboard.
    Copy(String),
    /// Suspend.
    Suspend,
    /// The terminal has to be taken again.
    Retake,
    /// Draw all of it anew.
    Redraw,
    /// Leave.
    End(End),
}

struct Entry {
    id: ScreenId,
    screen: Box<dyn Screen>,
    shown: bool,
    /// Long requests that were not answered yet.
    waiting: usize,
}

/// The state of the whole.
pub struct App {
    name: String,
    entries: Vec<Entry>,
    /// How many of the entries are numbered screens; the others were gone into.
    numbered: usize,
    /// The way here; the last one is shown.
    history: Vec<ScreenId>,
    next_id: u64,
    commands: Vec<String>,
    entered: History,
    prompt: Option<Prompt>,
    message: Option<Line>,
    asks_commands: bool,
}

impl App {
    /// Over an input called `name`, with the screens that it has. `commands` are those of the `:` prompt; without any
    /// there is none.
    pub fn new(
        name: impl Into<String>,
        screens: Vec<Box<dyn Screen>>,
        commands: Vec<String>,
    ) -> Self {
        let mut app = Self {
            name: name.into(),
            entries: Vec::new(),
            numbered: screens.len(),
            history: Vec::new(),
            next_id: 0,
            asks_commands: !commands.is_empty(),
            commands,
            entered: History::default(),
            prompt: None,
            message: None,
        };
        for screen in screens {
            app.add(screen);
        }
        app
    }

    fn add(&mut self, screen: Box<dyn Screen>) -> ScreenId {
        let id = ScreenId(self.next_id);
        self.next_id += 1;
        self.entries.push(Entry {
            id,
            screen,
            shown: false,
            waiting: 0,
        });
        id
    }

    /// Shows the first screen.
    pub fn start(&mut self) -> Vec<Do> {
        let Some(first) = self.entries.first().map(|entry| entry.id) else {
            return Vec::new();
        };
        self.show(first)
    }

    fn entry(&self, id: ScreenId) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == id)
    }

    fn current(&self) -> Option<&Entry> {
        self.entry(*self.history.last()?)
    }

    fn current_mut(&mut self) -> Option<&mut Entry> {
        let id = *self.history.last()?;
        self.entries.iter_mut().find(|entry| entry.id == id)
    }

    /// Goes to a screen; back leads here.
    fn show(&mut self, id: ScreenId) -> Vec<Do> {
        if self.history.last() != Some(&id) {
            self.history.push(id);
            self.forget_the_oldest();
        }
        self.tell_current(Input::Shown)
    }

    /// A way back that is longer than anyone remembers is cut at its beginning.
    fn forget_the_oldest(&mut self) {
        const LONGEST: usize = 100;
        if self.history.len() > LONGEST {
            self.history.remove(0);
            self.drop_unreachable();
        }
    }

    /// Screens that were gone into live as long as the way back has them.
    fn drop_unreachable(&mut self) {
        let (numbered, history) = (self.numbered, &self.history);
        let mut index = 0;
        self.entries.retain(|entry| {
            index += 1;
            index <= numbered || history.contains(&entry.id)
        });
    }

    fn tell_current(&mut self, input: Input<'_>) -> Vec<Do> {
        let Some(entry) = self.current_mut() else {
            return Vec::new();
        };
        entry.shown |= matches!(input, Input::Shown);
        let id = entry.id;
        let effects = entry.screen.update(input);
        self.perform(id, effects)
    }

    fn perform(&mut self, from: ScreenId, effects: Vec<Effect>) -> Vec<Do> {
        let mut out = Vec::new();
        for effect in effects {
            match effect {
                Effect::Ask(request) => {
                    if request.is_long()
                        && let Some(entry) = self.entries.iter_mut().find(|e| e.id == from)
                    {
                        entry.waiting = 1;
                    }
                    out.push(Do::Ask(from, request));
                }
                Effect::Go(target) => out.extend(self.go(target)),
                Effect::Back => out.extend(self.back()),
                Effect::Say(text) => self.message = Some(Line::plain(text)),
            }
        }
        out
    }

    fn by_title(&self, title: &str) -> Option<ScreenId> {
        let numbered = self.entries.iter().take(self.numbered);
        numbered
            .filter(|entry| entry.screen.title() == title)
            .map(|entry| entry.id)
            .next()
    }

    /// Goes to a target.
    pub fn go(&mut self, target: Target) -> Vec<Do> {
        match target {
            Target::Screen(title) => match self.by_title(title) {
                Some(id) => self.show(id),
                None => Vec::new(),
            },
            Target::Goroutines { filter } => match self.by_title("Goroutines") {
                Some(id) => {
                    let mut out = self.show(id);
                    out.extend(self.tell_current(Input::Filter(&filter)));
                    out
                }
                None => Vec::new(),
            },
            Target::Goroutine { id, frame } => {
                let screen = self.add(Box::new(FramesScreen::new(id, frame)));
                self.show(screen)
            }
            Target::Command { line, at } => {
                let screen = self.add(Box::new(OutputScreen::asking(line, at)));
                self.show(screen)
            }
            Target::TextLine(number) => self.go_to_line("Text", number),
            Target::Moment { line } => self.go_to_line("Timeline", line),
            Target::FindText { text } => match self.by_title("Text") {
                Some(id) => {
                    let mut out = self.show(id);
                    out.extend(self.tell_current(Input::Line(0)));
                    out.extend(self.tell_current(Input::Search(&text)));
                    out
                }
                None => Vec::new(),
            },
            Target::WholeLine { text } => {
                let lines = Line::plain(text).wrapped(100, 0);
                let screen = self.add(Box::new(OutputScreen::of("Line", lines)));
                self.show(screen)
            }
        }
    }

    fn go_to_line(&mut self, title: &str, number: u64) -> Vec<Do> {
        let Some(id) = self.by_title(title) else {
            self.message = Some(Line::new(
                Role::Dim,
                format!("this input has no screen {title}"),
            ));
            return Vec::new();
        };
        let mut out = self.show(id);
        out.extend(self.tell_current(Input::Line(number)));
        out
    }

    fn back(&mut self) -> Vec<Do> {
        if self.history.len() < 2 {
            self.message = Some(Line::new(Role::Dim, "this is where you started; q leaves"));
            return Vec::new();
        }
        self.history.pop();
        self.drop_unreachable();
        self.tell_current(Input::Shown)
    }

    /// Changes the state by an event.
    pub fn update(&mut self, event: Event) -> Vec<Do> {
        match event {
            Event::Key(key) => {
                self.message = None;
                if self.prompt.is_some() {
                    self.type_key(key)
                } else {
                    self.key(key)
                }
            }
            Event::Paste(text) => {
                if let Some(prompt) = &mut self.prompt {
                    prompt.line.paste(&text);
                    return self.typed();
                }
                Vec::new()
            }
            Event::Mouse(mouse) => self.mouse(mouse),
            Event::Resized => Vec::new(),
            Event::Answer { to, answer } => self.answer(to, answer),
            // The others look when they are shown.
            Event::Fresh { ended } => self.tell_current(Input::Fresh { ended }),
            Event::Signal(Signal::End(signal)) => vec![Do::End(End::Signal(signal))],
            Event::Signal(Signal::Stop) => vec![Do::Suspend],
            Event::Signal(Signal::Continue) => vec![Do::Retake],
            Event::Broken(message) => vec![Do::End(End::Broken(message))],
        }
    }

    fn tell(&mut self, id: ScreenId, input: Input<'_>) -> Vec<Do> {
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.id == id) else {
            return Vec::new();
        };
        let effects = entry.screen.update(input);
        self.perform(id, effects)
    }

    fn answer(&mut self, to: ScreenId, answer: Answer) -> Vec<Do> {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.id == to) {
            entry.waiting = 0;
        }
        if let Answer::Said(text) = answer {
            self.message = Some(Line::plain(text));
            return Vec::new();
        }
        // A command that goes somewhere leaves no screen of its own behind.
        if let Answer::Command {
            moved: Some(to_there),
            ..
        } = &answer
            && self.history.last() == Some(&to)
        {
            let to_there = *to_there;
            self.history.pop();
            self.drop_unreachable();
            return self.go(Target::Goroutine {
                id: to_there.goroutine,
                frame: to_there.frame,
            });
        }
        self.tell(to, Input::Answer(answer))
    }

    fn key(&mut self, key: Key) -> Vec<Do> {
        let own = self.current().map_or(&[][..], |entry| entry.screen.keys());
        if let Some(action) = keys::action(own, key) {
            return self.act(action);
        }
        self.message = Some(
            Line::new(
                Role::Dim,
                format!("{} does nothing here; ", keys::name(key)),
            )
            .and(Role::Key, "?")
            .and(Role::Dim, " shows the keys"),
        );
        Vec::new()
    }

    fn act(&mut self, action: Action) -> Vec<Do> {
        match action {
            Action::Quit => vec![Do::End(End::Quit)],
            Action::Suspend => vec![Do::Suspend],
            Action::Redraw => vec![Do::Redraw],
            Action::Help => {
                let lines = self.help();
                let screen = self.add(Box::new(OutputScreen::of("Help", lines)));
                self.show(screen)
            }
            Action::NextScreen => self.turn(1),
            Action::PreviousScreen => self.turn(self.numbered.saturating_sub(1)),
            Action::Screen(number) => {
                let id = (number <= u8::try_from(self.numbered).unwrap_or(u8::MAX))
                    .then(|| self.entries.get(usize::from(number).wrapping_sub(1)))
                    .flatten()
                    .map(|entry| entry.id);
                match id {
                    Some(id) => self.show(id),
                    None => Vec::new(),
                }
            }
            Action::Back => {
                if let Some(entry) = self.current_mut()
                    && entry.waiting > 0
                {
                    entry.waiting = 0;
                    let id = entry.id;
                    self.message = Some(Line::new(Role::Dim, "stopped"));
                    return vec![Do::Cancel(id)];
                }
                // The screen may have something to go back from itself: a pane, a filter.
                self.tell_current(Input::Act(Action::Back))
            }
            Action::Copy => {
                let selected = self.current().and_then(|entry| entry.screen.selection());
                match selected {
                    Some(text) => {
                        let shown: String = text.chars().take(60).collect();
                        self.message = Some(Line::new(Role::Dim, format!("copied: {shown}")));
                        vec![Do::Copy(text)]
                    }
                    None => Vec::new(),
                }
            }
            Action::Search => self.ask_for(Purpose::Search, String::new()),
            Action::Filter => {
                let now = self.current().and_then(|entry| entry.screen.filter());
                let now = now.unwrap_or_default().to_owned();
                self.ask_for(
                    Purpose::Filter {
                        before: now.clone(),
                    },
                    now,
                )
            }
            Action::Command if self.asks_commands => self.ask_for(Purpose::Command, String::new()),
            Action::Command => {
                self.message = Some(Line::new(
                    Role::Dim,
                    "commands ask a core; this input has its screens only",
                ));
                Vec::new()
            }
            Action::Export => {
                let title = self
                    .current()
                    .map_or("screen", |entry| entry.screen.title());
                self.ask_for(
                    Purpose::Export,
                    format!("dumpview-{}.txt", title.to_ascii_lowercase()),
                )
            }
            other => self.tell_current(Input::Act(other)),
        }
    }

    /// Where the numbered screens are turned from: the shown one, or the one behind what was gone into.
    fn numbered_now(&self) -> usize {
        let index = |id: &ScreenId| {
            self.entries
                .iter()
                .take(self.numbered)
                .position(|entry| entry.id == *id)
        };
        self.history.iter().rev().find_map(index).unwrap_or(0)
    }

    fn turn(&mut self, by: usize) -> Vec<Do> {
        if self.numbered == 0 {
            return Vec::new();
        }
        let next = (self.numbered_now() + by) % self.numbered;
        match self.entries.get(next).map(|entry| entry.id) {
            Some(id) => self.show(id),
            None => Vec::new(),
        }
    }

    fn mouse(&mut self, mouse: Mouse) -> Vec<Do> {
        if self.prompt.is_some() {
            return Vec::new();
        }
        match mouse {
            Mouse::Click(column, 0) => match self.screen_at(column) {
                Some(id) => self.show(id),
                None => Vec::new(),
            },
            Mouse::Click(column, row) => self.tell_current(Input::Click { column, row }),
            Mouse::Drag(column, row) => self.tell_current(Input::Drag { column, row }),
            Mouse::Wheel(rows, column, row) => {
                self.tell_current(Input::Wheel { rows, column, row })
            }
        }
    }

    fn standpoint(&self) -> Standpoint {
        let places = self.history.iter().rev();
        places
            .filter_map(|id| self.entry(*id))
            .map(|entry| entry.screen.standpoint())
            .find(|at| at.goroutine.is_some())
            .unwrap_or_default()
    }

    /// The keys of the shown screen, then those of all.
    fn help(&self) -> Vec<Line> {
        let Some(entry) = self.current() else {
            return Vec::new();
        };
        let row = |binding: &keys::Binding| {
            let names: Vec<String> = binding.keys.iter().map(|key| keys::name(*key)).collect();
            Line::new(Role::Name, format!("  {:<27}", names.join(" ")))
                .and(Role::Plain, binding.help)
        };
        let mut lines = vec![Line::new(
            Role::Heading,
            format!("Keys of this screen: {}", entry.screen.title()),
        )];
        lines.extend(entry.screen.keys().iter().map(row));
        lines.push(Line::default());
        lines.push(Line::new(Role::Heading, "Keys of every screen"));
        lines.extend(keys::EVERYWHERE.iter().map(row));
        lines.push(
            Line::new(Role::Name, format!("  {:<27}", "1 2 3 …"))
                .and(Role::Plain, "to a screen by its number"),
        );
        if self.asks_commands {
            lines.push(Line::default());
            lines.push(Line::new(Role::Heading, "Commands, after :"));
            for words in self.commands.chunks(8) {
                lines.push(Line::plain(format!("  {}", words.join(" "))));
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests;
