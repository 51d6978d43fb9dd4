//! All screens together: which one is shown, where *back* leads, what is being typed in the footer.
//!
//! Events change the state ([`App::update`]) and say what is to be done about it ([`Do`]); drawing only reads it. No I/O
//! and no terminal in here: the loop around it is [`run`](mod@run).

mod draw;
mod edit;
mod jobs;
mod prompt;
pub mod run;

use crate::ask::{Answer, Request};
use crate::data::command::{RunCommand, WriteFile};
use crate::data::file::{AskFile, OpenFile};
use crate::data::page::{Page, Standpoint, Target};
use crate::keys::{self, Action, Key, Keymap};
use crate::screen::{Effect, Input, Screen};
use crate::screens::frames::FramesScreen;
use crate::screens::heap::instances::{Instances, InstancesScreen};
use crate::screens::heap::place::PlaceScreen;
use crate::screens::heap::references::{References, ReferencesScreen};
use crate::screens::heap::retained::RetainedScreen;
use crate::screens::output::OutputScreen;
use crate::screens::profile::flame::FlameScreen;
use crate::terminal::Signal;
use crate::widgets::input::History;
use dumpview_view::job::Job;
use dumpview_view::line::{Line, Role};
use jobs::Jobs;
use prompt::{Prompt, Purpose};
use std::cell::Cell;

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
        /// What there is to say.
        answer: Answer,
    },
    /// There is more of the input than before.
    Fresh {
        /// There will be no more.
        ended: bool,
    },
    /// Something is being worked on and a while has passed, always the same: what takes long shows how far it is.
    Pulse,
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
    /// Someone left; what feeds the input may go on.
    Quit,
    /// Someone left and wants what feeds the input to end, too.
    Interrupt,
    /// A signal asked for it.
    Signal(i32),
    /// It could not go on.
    Broken(String),
}

/// What is to be done after an update.
#[derive(Clone, PartialEq, Debug)]
pub enum Do {
    /// Answer a screen's request, unless the job has been stopped.
    Ask(ScreenId, Request, Job),
    /// Into the clipboard.
    Copy(String),
    /// Suspend.
    Suspend,
    /// The terminal has to be taken again.
    Retake,
    /// Open a file in the user's editor.
    Edit(OpenFile),
    /// Draw all of it anew.
    Redraw,
    /// Leave.
    End(End),
}

struct Entry {
    id: ScreenId,
    screen: Box<dyn Screen>,
    /// What it waits for.
    jobs: Jobs,
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
    keymap: Keymap,
    /// Columns of the last frame.
    width: Cell<u16>,
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
            keymap: Keymap::default(),
            width: Cell::new(u16::MAX),
        };
        for screen in screens {
            app.add(screen);
        }
        app
    }

    /// Gives actions the keys that the user wants.
    pub fn set_keys(&mut self, keymap: Keymap) {
        self.keymap = keymap;
    }

    fn add(&mut self, screen: Box<dyn Screen>) -> ScreenId {
        let id = ScreenId(self.next_id);
        self.next_id += 1;
        self.entries.push(Entry {
            id,
            screen,
            jobs: Jobs::default(),
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
        let id = entry.id;
        let effects = entry.screen.update(input);
        self.perform(id, effects)
    }

    fn perform(&mut self, from: ScreenId, effects: Vec<Effect>) -> Vec<Do> {
        let mut out = Vec::new();
        for effect in effects {
            match effect {
                Effect::Ask(request) => {
                    if let Some(entry) = self.entries.iter_mut().find(|e| e.id == from) {
                        let job = entry.jobs.begin(&request);
                        out.push(Do::Ask(from, request, job));
                    }
                }
                Effect::Go(target) => out.extend(self.go(target)),
                Effect::Back => out.extend(self.back()),
                Effect::Say(text) => self.message = Some(Line::plain(text)),
            }
        }
        out
    }

    fn page(&self, page: Page) -> Option<ScreenId> {
        let mut numbered = self.entries.iter().take(self.numbered);
        let entry = numbered.find(|entry| entry.screen.page() == page)?;
        Some(entry.id)
    }

    /// Shows a page and tells it something.
    fn show_page<const N: usize>(&mut self, page: Page, tell: [Input<'_>; N]) -> Vec<Do> {
        let Some(id) = self.page(page) else {
            let text = format!("this input has no screen {}", page.title());
            self.message = Some(Line::new(Role::Dim, text));
            return Vec::new();
        };
        let mut out = self.show(id);
        for input in tell {
            out.extend(self.tell_current(input));
        }
        out
    }

    /// Shows a screen that one goes into.
    fn go_into(&mut self, screen: Box<dyn Screen>) -> Vec<Do> {
        let id = self.add(screen);
        self.show(id)
    }

    /// Goes to a target.
    pub fn go(&mut self, target: Target) -> Vec<Do> {
        match target {
            Target::Page(page) => self.show_page(page, []),
            Target::Filtered { page, filter } => self.show_page(page, [Input::Filter(&filter)]),
            Target::Line { page, line } => self.show_page(page, [Input::Line(line)]),
            Target::FindText { text } => {
                self.show_page(Page::Text, [Input::Line(0), Input::Search(&text)])
            }
            Target::Goroutine { id, frame } => self.go_into(Box::new(FramesScreen::new(id, frame))),
            Target::Command { line, at } => self.go_into(Box::new(OutputScreen::asking(line, at))),
            Target::Instances { ty } => {
                self.go_into(Box::new(InstancesScreen::of(Instances::of(ty))))
            }
            Target::Born { ty } => self.go_into(Box::new(InstancesScreen::of(Instances::born(ty)))),
            Target::Place { name } => self.go_into(Box::new(PlaceScreen::new(name))),
            Target::References { name } => {
                self.go_into(Box::new(ReferencesScreen::of(References::of(name))))
            }
            Target::Kept { name } => self.go_into(Box::new(RetainedScreen::of(name))),
            Target::Flame => self.go_into(Box::new(FlameScreen::default())),
            Target::Whole { lines } => {
                self.go_into(Box::new(OutputScreen::of(Page::Line, lines, true)))
            }
            Target::Value { expr, at } => self.go_into(Box::new(OutputScreen::of_value(expr, at))),
        }
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
            Event::Pulse => {
                self.entries.iter_mut().for_each(|entry| entry.jobs.pulse());
                Vec::new()
            }
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

    fn answer(&mut self, to: ScreenId, mut answer: Answer) -> Vec<Do> {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.id == to) {
            entry.jobs.end(answer.slot());
        }
        if let Some(written) = answer.about::<WriteFile>() {
            self.message = Some(match written {
                Ok(text) => Line::plain(text),
                Err(why) => Line::new(Role::Alarm, why),
            });
            return Vec::new();
        }
        match answer.about::<AskFile>() {
            Some(Ok(open)) => return vec![Do::Edit(open)],
            Some(Err(why)) => {
                self.message = Some(Line::new(Role::Alarm, why));
                return Vec::new();
            }
            None => {}
        }
        // A command that goes somewhere leaves no screen of its own behind.
        let moved = answer.peek::<RunCommand>().and_then(|said| said.moved);
        if let Some(there) = moved
            && self.history.last() == Some(&to)
        {
            self.history.pop();
            self.drop_unreachable();
            return self.go(Target::Goroutine {
                id: there.goroutine,
                frame: there.frame,
            });
        }
        // Nor does one that only changes what is looked at.
        let changed = answer
            .peek::<RunCommand>()
            .and_then(|said| said.changed.clone());
        if let Some(changed) = changed
            && self.history.last() == Some(&to)
        {
            let out = self.back();
            self.message = Some(Line::plain(changed));
            return out;
        }
        self.tell(to, Input::Answer(answer))
    }

    fn key(&mut self, key: Key) -> Vec<Do> {
        let own = self.current().map_or(&[][..], |entry| entry.screen.keys());
        if let Some(action) = self.keymap.action(own, key) {
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
            Action::Interrupt => vec![Do::End(End::Interrupt)],
            Action::Suspend => vec![Do::Suspend],
            Action::Redraw => vec![Do::Redraw],
            Action::Help => {
                let lines = self.help();
                self.go_into(Box::new(OutputScreen::of(Page::Help, lines, true)))
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
                    && entry.jobs.stop()
                {
                    self.message = Some(Line::new(Role::Dim, "stopped"));
                    return self.tell_current(Input::Stopped);
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
            Action::Command => self.ask_for(Purpose::Command, String::new()),
            Action::Export => {
                let page = self.current().map(|entry| entry.screen.page().title());
                let name = page.unwrap_or("screen").to_ascii_lowercase();
                self.ask_for(Purpose::Export, format!("dumpview-{name}.txt"))
            }
            Action::Edit => self.edit(),
            other => self.tell_current(Input::Act(other)),
        }
    }

    /// Asks for the file that is to be edited.
    fn edit(&mut self) -> Vec<Do> {
        let place = self
            .current()
            .and_then(|entry| Some((entry.id, entry.screen.file()?)));
        let Some((id, place)) = place else {
            let why = "nothing that is selected here names a line of a file";
            self.message = Some(Line::new(Role::Dim, why));
            return Vec::new();
        };
        self.perform(id, vec![Effect::Ask(AskFile(place).into())])
    }

    /// Says something in the footer.
    fn alarm(&mut self, text: String) {
        self.message = Some(Line::new(Role::Alarm, text));
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

    /// Whether a screen waits for something that may take long.
    fn is_working(&self) -> bool {
        self.entries.iter().any(|entry| entry.jobs.is_working())
    }

    /// The keys of the shown screen, then those of all.
    fn help(&self) -> Vec<Line> {
        let Some(entry) = self.current() else {
            return Vec::new();
        };
        let row = |binding: &keys::Binding| {
            let names = self.keymap.keys(binding).iter();
            let names: Vec<String> = names.map(|key| keys::name(*key)).collect();
            Line::new(Role::Name, format!("  {:<27}", names.join(" ")))
                .and(Role::Plain, binding.help)
        };
        let title = entry.screen.page().title();
        let heading = format!("Keys of this screen: {title}");
        let mut lines = vec![Line::new(Role::Heading, heading)];
        lines.extend(entry.screen.keys().iter().copied().flatten().map(row));
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
