//! The frame around the screens.
//!
//! ```text
//!  core.44457 │ 1 Overview  2 Goroutines  3 Memory              12 of 340    ← bar
//!                                  the screen
//!  Enter frames  f filter  s sort  / search  : command  ? help  q quit       ← footer, or what is typed
//! ```

use super::{App, ScreenId};
use crate::canvas::Canvas;
use crate::geometry::cells;
use crate::keys::{self, Binding};
use dumpview_view::line::{Line, Role};
use ratatui::style::Modifier;
use unicode_width::UnicodeWidthStr;

/// Cells at the right end of the bar for what the shown screen says of itself.
const STATUS: u16 = 12;
/// Less of it says nothing.
const LEAST_STATUS: u16 = 6;

/// Below this a screen cannot be used.
const LEAST: (u16, u16) = (60, 15);

/// As many whole words as have room, and a mark for those that have not; nothing when that would be no word.
fn first_words(text: &str, room: usize) -> String {
    let ends = text.match_indices(' ').map(|(at, _)| at);
    let mut heads = ends.rev().filter_map(|end| text.get(..end));
    let fitting = heads.find(|head| head.width() < room && !head.ends_with(' '));
    fitting.map_or_else(String::new, |head| format!("{head}…"))
}

impl App {
    /// Draws the frame and the shown screen; gives where the cursor is, when it is to be seen.
    pub fn draw(&self, canvas: &mut Canvas<'_>) -> Option<(u16, u16)> {
        let (width, height) = (canvas.width(), canvas.height());
        if width < LEAST.0 || height < LEAST.1 {
            let text = format!(
                "This terminal has {width}×{height} cells; {}×{} are needed.",
                LEAST.0, LEAST.1
            );
            let lines = Line::plain(text).wrapped(usize::from(width), 0);
            for (row, line) in (0..height).zip(&lines) {
                canvas.line(row, line);
            }
            return None;
        }
        self.width.set(width);
        self.bar(&mut canvas.rows(0, 1));
        if let Some(entry) = self.current() {
            entry.screen.draw(&mut canvas.rows(1, height - 2));
        }
        self.footer(&mut canvas.rows(height - 1, 1))
    }

    /// Where each numbered screen stands in the bar: first column, width, name. On a narrow terminal the names of those
    /// that are not shown are cut, all of them alike.
    fn tabs(&self) -> Vec<(u16, u16, ScreenId, String)> {
        let longest = self.numbered_entries().map(|(_, title)| title.len()).max();
        let status = self.status().map_or(0, |text| cells(text.width()) + 3);
        let room = usize::from(self.width.get().saturating_sub(status.min(STATUS)));
        let fits = |letters: &usize| {
            let all = self.tabs_with(*letters);
            let end = all.last().map_or(0, |(at, width, ..)| at + width);
            usize::from(end) + self.gone_into().map_or(0, |name| name.len() + 1) <= room
        };
        let letters = (0..=longest.unwrap_or(0)).rev().find(fits);
        self.tabs_with(letters.unwrap_or(0))
    }

    /// What the shown screen says at the right end of the bar.
    fn status(&self) -> Option<String> {
        let entry = self.current()?;
        if entry.jobs.is_working() {
            return Some("working (Esc stops)".to_owned());
        }
        Some(entry.screen.status()?.text())
    }

    fn numbered_entries(&self) -> impl Iterator<Item = (ScreenId, &'static str)> + '_ {
        let entries = self.entries.iter().take(self.numbered);
        entries.map(|entry| (entry.id, entry.screen.page().title()))
    }

    fn tabs_with(&self, letters: usize) -> Vec<(u16, u16, ScreenId, String)> {
        let mut column = self.name_width() + 3;
        let longest = self.numbered_entries().map(|(_, title)| title.len()).max();
        let longest = longest.unwrap_or(0);
        self.numbered_entries()
            .enumerate()
            .map(|(index, (id, title))| {
                let is_shown = self.history.last() == Some(&id);
                let cut = if is_shown { title.len() } else { letters };
                let title = title.get(..cut).unwrap_or(title);
                let name = format!(" {} {title}", index + 1);
                let mut name = name.trim_end().to_owned();
                // Names that are cut need no more than a blank between them.
                if is_shown || letters >= longest {
                    name.push(' ');
                }
                let (at, width) = (column, cells(name.width()));
                column += width;
                (at, width, id, name)
            })
            .collect()
    }

    /// The name of the screen that was gone into, when one is shown.
    fn gone_into(&self) -> Option<String> {
        let entry = self.current()?;
        let is_numbered = self.numbered_entries().any(|(id, _)| id == entry.id);
        (!is_numbered).then(|| format!(" {} ", entry.screen.page().title()))
    }

    /// The input's name takes at most this much of the bar: on a narrow terminal the screens need the room more.
    fn name_width(&self) -> u16 {
        let most = if self.width.get() < 100 { 10 } else { 20 };
        cells(self.name.width()).min(most)
    }

    pub(super) fn screen_at(&self, column: u16) -> Option<ScreenId> {
        let mut tabs = self.tabs().into_iter();
        tabs.find(|(at, width, ..)| (*at..at + width).contains(&column))
            .map(|(_, _, id, _)| id)
    }

    fn bar(&self, canvas: &mut Canvas<'_>) {
        let style = canvas.theme().bar();
        canvas.style_row(0, style);
        let name = self.name_width();
        canvas.columns(1, name).text(0, 0, style, &self.name);
        let vertical = canvas.theme().glyphs.vertical;
        canvas.text(name + 2, 0, style, vertical);
        let shown = self.history.last();
        let mut end = name + 3;
        for (at, width, id, name) in self.tabs() {
            let style = if shown == Some(&id) {
                style
                    .remove_modifier(Modifier::REVERSED)
                    .add_modifier(Modifier::BOLD)
            } else {
                style
            };
            canvas.style_cells(at, 0, width, style.remove_modifier(Modifier::empty()));
            canvas.text(at, 0, style, &name);
            end = at + width;
        }
        if let Some(name) = self.gone_into() {
            let style = style
                .remove_modifier(Modifier::REVERSED)
                .add_modifier(Modifier::BOLD);
            end = canvas.text(end + 1, 0, style, &name);
        }
        if let Some(text) = self.status() {
            // Two blanks before it and one behind; so few letters that nobody could read them are left out.
            let room = canvas.width().saturating_sub(end + 3);
            let width = cells(text.width());
            let text = match room {
                room if width <= room => text,
                LEAST_STATUS.. => first_words(&text, usize::from(room)),
                _ => return,
            };
            let width = cells(text.width());
            let left = canvas.width().saturating_sub(width + 1);
            canvas.columns(left, width).text(0, 0, style, &text);
        }
    }

    fn footer(&self, canvas: &mut Canvas<'_>) -> Option<(u16, u16)> {
        if let Some((line, column)) = self.prompt_line() {
            canvas.line(0, &line);
            let area = canvas.area();
            let column = cells(column).min(area.width.saturating_sub(1));
            return Some((area.x + column, area.y));
        }
        if let Some(message) = &self.message {
            canvas.line(0, message);
            return None;
        }
        if let Some(progress) = self.current().and_then(|entry| entry.jobs.progress()) {
            let line = Line::plain(format!("{progress}  "))
                .and(Role::Key, "Esc")
                .and(Role::Dim, " stops");
            canvas.line(0, &line);
            return None;
        }
        let own = self.current().map_or(&[][..], |entry| entry.screen.keys());
        let own = own.iter().copied().flatten();
        let mut column = 0;
        // The last two of the general keys are never left out: help and quit.
        let last: Vec<&Binding> = keys::EVERYWHERE
            .iter()
            .rev()
            .filter(|binding| !binding.short.is_empty())
            .take(2)
            .collect();
        let kept: u16 = last.iter().map(|binding| self.hint_width(binding)).sum();
        let room = canvas.width().saturating_sub(kept);
        let first = own.chain(keys::EVERYWHERE);
        let first =
            first.filter(|b| !b.short.is_empty() && !last.iter().any(|l| l.action == b.action));
        for binding in first {
            if column + self.hint_width(binding) > room {
                continue;
            }
            column = self.hint(canvas, column, binding);
        }
        for binding in last.iter().rev() {
            column = self.hint(canvas, column, binding);
        }
        None
    }

    /// `Enter frames`, and two columns of space.
    fn hint(&self, canvas: &mut Canvas<'_>, column: u16, binding: &Binding) -> u16 {
        let line = Line::new(Role::Key, self.first_key(binding))
            .and(Role::Plain, " ")
            .and(Role::Dim, binding.short);
        canvas.line_at(column, 0, &line) + 2
    }

    fn hint_width(&self, binding: &Binding) -> u16 {
        cells(self.first_key(binding).width() + 1 + binding.short.width() + 2)
    }

    fn first_key(&self, binding: &Binding) -> String {
        let keys = self.keymap.keys(binding);
        keys.first().map(|key| keys::name(*key)).unwrap_or_default()
    }
}
