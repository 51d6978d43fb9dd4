//! What this is, why it died, what is worth a look: a page of items, some of which lead somewhere. The suspects of a heap
//! are such a page, too.

use crate::ask::{Answer, Topic};
use crate::canvas::Canvas;
use crate::data::command::Export;
use crate::data::file::FilePlace;
use crate::data::frames::{AskSource, Source};
use crate::data::heap::AskSuspects;
use crate::data::overview::{AskOverview, Overview};
use crate::data::page::{Page, Standpoint, Target};
use crate::geometry::{Area, cells};
use crate::keys::{Action, Binding, ENTER};
use crate::screen::{Effect, Input, Screen};
use crate::theme::{Glyphs, UNICODE};
use crate::widgets::{bar, source};
use dumpview_view::line::{Line, Role};
use std::cell::Cell;
use std::ffi::OsStr;
use std::marker::PhantomData;
use std::path::Path;

/// What a page of items is about.
pub trait Paged: Topic<Answer = Overview> + Default {
    /// Which screen it is.
    const PAGE: Page;
    /// What is said before there is anything.
    const WAITING: &'static str;
}

impl Paged for AskOverview {
    const PAGE: Page = Page::Overview;
    const WAITING: &'static str = "opening…";
}

impl Paged for AskSuspects {
    const PAGE: Page = Page::Suspects;
    const WAITING: &'static str = "looking for suspects…";
}

/// The first page.
pub type OverviewScreen = ItemsScreen<AskOverview>;
/// What is worth looking at in the heap.
pub type SuspectsScreen = ItemsScreen<AskSuspects>;

/// The screen.
pub struct ItemsScreen<T> {
    topic: PhantomData<T>,
    asked: bool,
    page: Option<Overview>,
    failed: Option<String>,
    /// Among the items that can be stood on, the headline first.
    selected: usize,
    top: Cell<usize>,
    seen: Cell<Area>,
    /// The last frame had room for a second pane.
    wide: Cell<bool>,
    /// The frame whose source was asked for last, and its source.
    source_of: Option<Standpoint>,
    source: Option<Source>,
}

impl<T> Default for ItemsScreen<T> {
    fn default() -> Self {
        Self {
            topic: PhantomData,
            asked: false,
            page: None,
            failed: None,
            selected: 0,
            top: Cell::default(),
            seen: Cell::default(),
            wide: Cell::default(),
            source_of: None,
            source: None,
        }
    }
}

const KEYS: &[Binding] = &[Binding::new(
    ENTER,
    Action::Enter,
    "go there",
    "go to what the item is about",
)];

/// Below this an item says less rather than taking another row.
const NARROW: usize = 100;

/// From this on there is room for source beside the items.
const WIDE: u16 = 150;

/// A drawn row and the stop it belongs to.
struct Row {
    line: Line,
    stop: Option<usize>,
}

impl<T: Paged> ItemsScreen<T> {
    fn stops(&self) -> Vec<Option<&Target>> {
        let Some(page) = &self.page else {
            return Vec::new();
        };
        let items = page.sections.iter().flat_map(|section| &section.items);
        std::iter::once(page.go.as_ref())
            .chain(items.map(|item| item.go.as_ref()))
            .collect()
    }

    /// The page in rows of a width.
    fn rows(&self, width: usize, glyphs: &Glyphs) -> Vec<Row> {
        let Some(page) = &self.page else {
            let text = self.failed.clone().unwrap_or_else(|| T::WAITING.to_owned());
            let role = if self.failed.is_some() {
                Role::Alarm
            } else {
                Role::Dim
            };
            let lines = text
                .lines()
                .flat_map(|line| Line::new(role, line.to_owned()).wrapped(width, 2));
            return lines.map(|line| Row { line, stop: None }).collect();
        };
        let mut rows: Vec<Row> = page
            .headline
            .wrapped(width, 2)
            .into_iter()
            .map(|line| Row {
                line,
                stop: Some(0),
            })
            .collect();
        let mut stop = 0;
        for section in &page.sections {
            if !section.title.is_empty() {
                rows.push(Row {
                    line: Line::default(),
                    stop: None,
                });
                let title = Line::new(Role::Heading, section.title.clone());
                rows.push(Row {
                    line: title,
                    stop: None,
                });
            }
            let widest = section.items.iter().filter(|item| item.share.is_some());
            let widest = widest.map(|item| item.line.width()).max().unwrap_or(0);
            // A bar beside no other says nothing.
            let shares = section.items.iter().filter(|item| item.share.is_some());
            let compared = shares.count() > 1;
            for item in &section.items {
                stop += 1;
                let mut line = Line::plain("  ");
                let short = item.short.as_ref();
                let said = short.filter(|_| width < NARROW && item.line.width() + 2 > width);
                line.spans
                    .extend(said.unwrap_or(&item.line).spans.iter().cloned());
                if let Some((part, whole)) = item.share.filter(|_| compared) {
                    let pad = widest - item.line.width() + 2;
                    line.push(Role::Plain, " ".repeat(pad));
                    let room = cells(width.saturating_sub(widest + 6)).min(40);
                    let bar = bar::share(glyphs, part, whole, room, Role::Series(0));
                    line.spans.extend(bar.spans);
                    rows.push(Row {
                        line,
                        stop: Some(stop),
                    });
                    continue;
                }
                let wrapped = line.wrapped(width, 4);
                rows.extend(wrapped.into_iter().map(|line| Row {
                    line,
                    stop: Some(stop),
                }));
            }
        }
        rows
    }

    fn is_unfinished(&self) -> bool {
        self.page.as_ref().is_some_and(|page| page.unfinished)
    }

    fn enter(&self) -> Vec<Effect> {
        let stops = self.stops();
        let target = stops.get(self.selected).copied().flatten();
        target
            .map(|target| Effect::Go(target.clone()))
            .into_iter()
            .collect()
    }

    fn step(&mut self, by: isize) {
        let last = self.stops().len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(by).min(last);
    }

    /// Asks for the source of the frame that the selected item is about; of the one that the page is about, where the item
    /// names none.
    fn ask_source(&mut self) -> Vec<Effect> {
        let Some(page) = self.page.as_ref().filter(|_| self.wide.get()) else {
            return Vec::new();
        };
        let stops = self.stops();
        let of_item = match stops.get(self.selected).copied().flatten() {
            Some(Target::Goroutine {
                id: Some(id),
                frame: Some(frame),
            }) => Some((*id, *frame)),
            _ => None,
        };
        let of_page = page.at.goroutine.zip(page.at.frame);
        let Some((goroutine, frame)) = of_item.or(of_page) else {
            return Vec::new();
        };
        let at = Standpoint {
            goroutine: Some(goroutine),
            frame: Some(frame),
        };
        if self.source_of.replace(at) == Some(at) {
            return Vec::new();
        }
        vec![Effect::Ask(AskSource { goroutine, frame }.into())]
    }

    fn take(&mut self, mut answer: Answer) {
        match answer.about::<T>() {
            Some(Ok(page)) => {
                self.failed = None;
                self.page = Some(page);
            }
            Some(Err(why)) => self.failed = Some(why),
            None => {}
        }
        if let Some(Ok(source)) = answer.about::<AskSource>() {
            // Where not even instructions can be shown a pane would only say so.
            self.source = Some(source).filter(|source| !source.lines.is_empty());
        }
    }

    fn draw_items(&self, canvas: &mut Canvas<'_>) {
        let rows = self.rows(usize::from(canvas.width()), &canvas.theme().glyphs);
        let height = usize::from(canvas.height());
        self.seen.set(canvas.area());
        let of_selected = |row: &Row| row.stop == Some(self.selected);
        let first = rows.iter().position(of_selected).unwrap_or(0);
        let last = rows.iter().rposition(of_selected).unwrap_or(0);
        let highest = if self.selected == 0 {
            0
        } else {
            first.saturating_sub(2)
        };
        let top = self
            .top
            .get()
            .max((last + 3).saturating_sub(height))
            .min(highest)
            .min(rows.len().saturating_sub(height));
        self.top.set(top);
        let can_enter = self.stops().get(self.selected).is_some_and(Option::is_some);
        for (line, row) in (0..canvas.height()).zip(rows.iter().skip(top)) {
            canvas.line(line, &row.line);
            if of_selected(row) && self.page.is_some() {
                let style = canvas.theme().selected(can_enter);
                let width = cells(row.line.width());
                canvas.style_cells(0, line, width, style);
            }
        }
    }
}

impl<T: Paged> Screen for ItemsScreen<T> {
    fn page(&self) -> Page {
        T::PAGE
    }

    fn keys(&self) -> &'static [&'static [Binding]] {
        &[KEYS]
    }

    fn update(&mut self, input: Input<'_>) -> Vec<Effect> {
        match input {
            Input::Shown if !self.asked || self.is_unfinished() => {
                self.asked = true;
                return vec![Effect::Ask(T::default().into())];
            }
            Input::Fresh { ended: true } => return vec![Effect::Ask(T::default().into())],
            Input::Answer(answer) => self.take(answer),
            Input::Stopped => {
                self.asked = false;
                self.failed = Some("stopped; comes when this is shown again".to_owned());
            }
            Input::Act(action) => match action {
                Action::Up => self.step(-1),
                Action::Down => self.step(1),
                Action::PageUp => self.step(-10),
                Action::PageDown => self.step(10),
                Action::Top => self.selected = 0,
                Action::Bottom => self.step(isize::MAX),
                Action::Enter | Action::Right => return self.enter(),
                Action::Back => return vec![Effect::Back],
                _ => {}
            },
            Input::Wheel { rows, .. } => self.step(isize::from(rows)),
            Input::Click { row, .. } => {
                let seen = self.seen.get();
                // Rows are made anew where they are drawn; a click goes by those of the last frame.
                let Some(index) = row.checked_sub(seen.y) else {
                    return Vec::new();
                };
                let index = self.top.get() + usize::from(index);
                let mut effects = self.click(index, seen);
                effects.extend(self.ask_source());
                return effects;
            }
            _ => {}
        }
        self.ask_source()
    }

    fn draw(&self, canvas: &mut Canvas<'_>) {
        let width = canvas.width();
        self.wide.set(width >= WIDE);
        let Some(shown) = self.source.as_ref().filter(|_| width >= WIDE) else {
            self.draw_items(canvas);
            return;
        };
        let left = width - width * 2 / 5;
        self.draw_items(&mut canvas.columns(0, left - 1));
        canvas.columns(left, 1).divider(0);
        source::draw(&mut canvas.columns(left + 1, width - left - 1), shown, 0);
    }

    fn selection(&self) -> Option<String> {
        let page = self.page.as_ref()?;
        let items = page.sections.iter().flat_map(|section| &section.items);
        std::iter::once(&page.headline)
            .chain(items.map(|item| &item.line))
            .nth(self.selected)
            .map(Line::text)
    }

    fn export(&self) -> Option<Export> {
        let page = self.page.as_ref()?;
        let mut text = vec![page.headline.text()];
        for section in &page.sections {
            if !section.title.is_empty() {
                text.push(String::new());
                text.push(section.title.clone());
            }
            let items = section.items.iter();
            text.extend(items.map(|item| format!("  {}", item.line.text())));
        }
        let verb = (!page.verb.is_empty()).then(|| page.verb.to_owned());
        Some(Export::lines(text, verb))
    }

    /// What the selected item names, the line of the input that it leads to, else the source that is shown beside it.
    fn file(&self) -> Option<FilePlace> {
        let stops = self.stops();
        let go = stops.get(self.selected).copied().flatten();
        let of_input = match go {
            Some(Target::Line { line, .. }) => Some(FilePlace::Input { line: *line }),
            _ => None,
        };
        let text = self.selection()?;
        // A time of day has colons too.
        let is_file = |place: &FilePlace| match place {
            FilePlace::Source { file, .. } => {
                let ending = Path::new(file).extension().and_then(OsStr::to_str);
                ending.is_some_and(|ending| ending.chars().all(char::is_alphabetic))
            }
            FilePlace::Input { .. } => true,
        };
        let named = text.split_whitespace().filter_map(FilePlace::of_source);
        let mut named = named.filter(is_file);
        let shown = || {
            let source = self.source.as_ref().filter(|source| !source.instructions)?;
            FilePlace::of_source(&source.title)
        };
        named.next_back().or(of_input).or_else(shown)
    }

    fn standpoint(&self) -> Standpoint {
        self.page.as_ref().map(|page| page.at).unwrap_or_default()
    }
}

impl<T: Paged> ItemsScreen<T> {
    /// A click selects, and on what is selected already goes there.
    fn click(&mut self, index: usize, seen: Area) -> Vec<Effect> {
        // Which glyphs bars are made of does not change how many rows there are.
        let rows = self.rows(usize::from(seen.width), &UNICODE);
        let Some(stop) = rows.get(index).and_then(|row| row.stop) else {
            return Vec::new();
        };
        if stop == self.selected {
            return self.enter();
        }
        self.selected = stop;
        Vec::new()
    }
}
