//! What is typed in the footer: a search, a filter, a command, a file name.

use super::{App, Do};
use crate::data::command::WriteFile;
use crate::data::page::Target;
use crate::keys::{Action, Key};
use crate::screen::{Effect, Input};
use crate::widgets::input::InputLine;
use dumpview_view::line::{Line, Role};

/// What the text is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// To be searched.
    Search,
    /// To filter by, at every key; `before` comes back with Esc.
    Filter {
        /// The filter there was.
        before: String,
    },
    /// To be run.
    Command,
    /// The file to write to.
    Export,
}

/// A line being typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Prompt {
    pub purpose: Purpose,
    pub line: InputLine,
    /// What the word before the cursor could become.
    pub candidates: Vec<String>,
}

impl Purpose {
    /// What stands before the text.
    pub const fn mark(&self) -> &'static str {
        match self {
            Self::Search => "/",
            Self::Filter { .. } => "filter: ",
            Self::Command => ":",
            Self::Export => "write to: ",
        }
    }
}

/// What is typed at `:` as in an editor and is a key here: leaving, help, a screen by its number.
fn own_command(text: &str) -> Option<Action> {
    Some(match text {
        "q" | "quit" | "exit" | "q!" => Action::Quit,
        "h" | "help" => Action::Help,
        _ => Action::Screen(
            text.parse()
                .ok()
                .filter(|number| (1..=9).contains(number))?,
        ),
    })
}

impl App {
    pub(super) fn ask_for(&mut self, purpose: Purpose, text: String) -> Vec<Do> {
        self.prompt = Some(Prompt {
            purpose,
            line: InputLine::new(text),
            candidates: Vec::new(),
        });
        Vec::new()
    }

    /// A key while something is typed.
    pub(super) fn type_key(&mut self, key: Key) -> Vec<Do> {
        let Some(prompt) = &mut self.prompt else {
            return Vec::new();
        };
        match key {
            Key::Esc | Key::Ctrl('c') => {
                let purpose = prompt.purpose.clone();
                self.prompt = None;
                if let Purpose::Filter { before } = purpose {
                    return self.tell_current(Input::Filter(&before));
                }
                Vec::new()
            }
            Key::Enter => self.enter(),
            Key::Tab if prompt.purpose == Purpose::Command => {
                let mut words = self.commands.clone();
                let names = self.history.last().and_then(|id| self.entry(*id));
                words.extend(names.map(|e| e.screen.names()).unwrap_or_default());
                words.sort_unstable();
                words.dedup();
                if let Some(prompt) = &mut self.prompt {
                    let candidates = prompt.line.complete(&words);
                    prompt.candidates = candidates.into_iter().map(str::to_owned).collect();
                }
                Vec::new()
            }
            Key::Up | Key::Ctrl('p') if prompt.purpose == Purpose::Command => {
                if let Some(line) = self.entered.older() {
                    prompt.line.set(line.to_owned());
                }
                Vec::new()
            }
            Key::Down | Key::Ctrl('n') if prompt.purpose == Purpose::Command => {
                let line = self.entered.newer().unwrap_or_default().to_owned();
                prompt.line.set(line);
                Vec::new()
            }
            Key::Backspace if prompt.line.text().is_empty() => self.type_key(Key::Esc),
            key => {
                if prompt.line.edit(key) {
                    self.typed()
                } else {
                    Vec::new()
                }
            }
        }
    }

    /// After the text changed.
    pub(super) fn typed(&mut self) -> Vec<Do> {
        let Some(prompt) = &mut self.prompt else {
            return Vec::new();
        };
        prompt.candidates.clear();
        if let Purpose::Filter { .. } = prompt.purpose {
            let text = prompt.line.text().to_owned();
            return self.tell_current(Input::Filter(&text));
        }
        Vec::new()
    }

    fn enter(&mut self) -> Vec<Do> {
        let Some(prompt) = self.prompt.take() else {
            return Vec::new();
        };
        let text = prompt.line.text().trim().to_owned();
        match prompt.purpose {
            Purpose::Search => self.tell_current(Input::Search(&text)),
            Purpose::Filter { .. } => Vec::new(),
            Purpose::Command if text.is_empty() => {
                let own = "q help 1…9";
                let all = format!("{own} {}", self.commands.join(" "));
                self.message = Some(Line::new(Role::Dim, all));
                Vec::new()
            }
            Purpose::Command if own_command(&text).is_some() => {
                self.entered.push(&text);
                own_command(&text).map_or_else(Vec::new, |action| self.act(action))
            }
            Purpose::Command if !self.asks_commands => {
                let why = "this input has no commands but those of its screens: q, help, 1…9";
                self.message = Some(Line::new(Role::Dim, why));
                Vec::new()
            }
            Purpose::Command => {
                self.entered.push(&text);
                let at = self.standpoint();
                self.go(Target::Command { line: text, at })
            }
            Purpose::Export if text.is_empty() => Vec::new(),
            Purpose::Export => {
                let at = self.standpoint();
                let Some((id, export)) = self
                    .current()
                    .and_then(|entry| Some((entry.id, entry.screen.export()?)))
                else {
                    self.message = Some(Line::new(Role::Dim, "there is nothing to write yet"));
                    return Vec::new();
                };
                let file = text;
                let write = WriteFile { file, export, at };
                self.perform(id, vec![Effect::Ask(write.into())])
            }
        }
    }

    /// The footer while something is typed, and the column of the cursor.
    pub(super) fn prompt_line(&self) -> Option<(Line, usize)> {
        use unicode_width::UnicodeWidthStr;
        let prompt = self.prompt.as_ref()?;
        let mark = prompt.purpose.mark();
        let column = mark.width() + prompt.line.before_cursor().width();
        let mut line =
            Line::new(Role::Heading, mark).and(Role::Plain, prompt.line.text().to_owned());
        if !prompt.candidates.is_empty() {
            line.push(Role::Dim, format!("   {}", prompt.candidates.join("  ")));
        }
        // Why a filter is not understood yet.
        if let Some(message) = &self.message {
            line.push(Role::Dim, format!("   {}", message.text()));
        }
        Some((line, column))
    }
}
