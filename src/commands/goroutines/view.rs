//! A set of goroutines as text and JSON, wherever it came from.

use super::GoroutinesFlags;
use crate::answer::{Answer, Failure};
use crate::flags::{TableFlags, no_match};
use dumpview_model::frame::Frame;
use dumpview_model::goroutine::{
    Elided, Goroutine, Goroutines, Group, Labels, Listed, Place, Status,
};
use dumpview_model::traceback::Profile;
use dumpview_model::units::{bytes, duration, plural};
use dumpview_view::choice::Choice;
use dumpview_view::column::{Column, Row};
use dumpview_view::rows::GoroutineRow;
use dumpview_view::{Role, Table, Text, styled};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::Arc;

/// The goroutines that were asked for, in one of two shapes: a row each, or a row for each distinct stack and
/// state.
pub struct View {
    goroutines: Arc<Goroutines>,
    /// Which of them are shown, by index, in the wanted order.
    chosen: Vec<usize>,
    /// How many matched, those that `--top` leaves out included.
    matched: usize,
    groups: Option<Vec<Group>>,
    manner: Manner,
    /// How many were left out because they are the runtime's own.
    system_hidden: usize,
    with_stacks: bool,
    /// Columns that were named.
    columns: Option<Vec<&'static Column<GoroutineRow>>>,
    /// What each keeps, when that was asked for.
    retained: Option<Kept>,
}

/// What people see of goroutines of which no groups were asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// A line each, in the order that was asked for.
    AsAsked,
    /// A line each, those that waited longest first.
    LongestFirst,
    /// Groups when there are many, else that.
    ByNumber {
        /// At most so many groups.
        top: usize,
    },
}

/// More goroutines than that are grouped for people.
const MANY: usize = 40;

/// What goroutines keep.
pub enum Kept {
    /// Bytes by id; `None` where it is not known. Those that are not listed keep none.
    Known(HashMap<u64, Option<u64>>),
    /// Why it is not known of any.
    Unknown(String),
}

impl View {
    /// Chooses, and groups when that is asked for.
    ///
    /// # Errors
    ///
    /// When the flags cannot be understood, or no goroutine matches the filter.
    pub fn new(
        goroutines: Goroutines,
        system_hidden: usize,
        flags: &GoroutinesFlags,
    ) -> Result<Self, Failure> {
        let choice = choice(flags)?;
        let goroutines = Arc::new(goroutines);
        let rows = (0..goroutines.list.len()).map(|index| GoroutineRow {
            all: Arc::clone(&goroutines),
            index,
        });
        let asked = flags.filter.is_some() || flags.sort.is_some();
        let mut chosen: Vec<usize> = if asked {
            let chosen = choice.choose(rows.collect());
            chosen.into_iter().map(|row| row.index).collect()
        } else {
            (0..goroutines.list.len()).collect()
        };
        if flags.filter.is_some() && chosen.is_empty() {
            return Err(no_match(&choice));
        }
        let matched = chosen.len();
        let top = flags.top.filter(|top| *top > 0).unwrap_or(usize::MAX);
        let groups = flags.group.then(|| {
            let mut groups = grouped(&goroutines, &chosen);
            groups.truncate(top);
            groups
        });
        let columns = choice.named().map(<[_]>::to_vec);
        let each = flags.each || columns.is_some() || flags.print.is_some();
        let plain = !(each || flags.with_stacks || flags.retained);
        let manner = match (&flags.sort, plain) {
            (Some(_), _) => Manner::AsAsked,
            (None, true) if matched > MANY => Manner::ByNumber { top },
            (None, _) => Manner::LongestFirst,
        };
        let ordered = flags.top.is_some() || columns.is_some();
        if manner == Manner::LongestFirst && ordered {
            sort_by_wait(&goroutines, &mut chosen);
        }
        if groups.is_none() && !matches!(manner, Manner::ByNumber { .. }) {
            chosen.truncate(top);
        }
        Ok(Self {
            goroutines,
            chosen,
            matched,
            groups,
            manner,
            system_hidden,
            with_stacks: flags.with_stacks,
            columns,
            retained: None,
        })
    }

    /// A profile, which has nothing but groups.
    pub fn of_profile(profile: Profile) -> Self {
        Self {
            goroutines: Arc::default(),
            chosen: Vec::new(),
            matched: 0,
            groups: Some(profile.groups),
            manner: Manner::AsAsked,
            system_hidden: 0,
            with_stacks: false,
            columns: None,
            retained: None,
        }
    }

    /// The same, with what each goroutine keeps; `of_groups` says it of groups, each by its ids.
    pub fn with_retained(
        mut self,
        retained: Kept,
        of_groups: impl FnOnce(&[Vec<u64>]) -> Vec<Option<u64>>,
    ) -> Self {
        self.retained = Some(retained);
        if let (Some(groups), Some(Kept::Known(_))) = (&mut self.groups, &self.retained) {
            let ids: Vec<Vec<u64>> = groups.iter().map(|group| group.ids.clone()).collect();
            for (group, kept) in groups.iter_mut().zip(of_groups(&ids)) {
                group.retained_bytes = kept;
            }
        }
        self
    }

    /// What a goroutine keeps, where that is known.
    fn retained(&self, g: &Goroutine) -> Option<u64> {
        match self.retained.as_ref()? {
            Kept::Known(known) => known.get(&g.id).copied().unwrap_or(Some(0)),
            Kept::Unknown(_) => None,
        }
    }

    /// Why it is not known what some of the goroutines keep.
    fn retained_unknown(&self) -> Option<&str> {
        match self.retained.as_ref()? {
            Kept::Unknown(why) => Some(why),
            Kept::Known(known) => {
                let lacks = |g: &Goroutine| known.get(&g.id) == Some(&None);
                self.chosen()
                    .any(lacks)
                    .then_some("stacks that were not read to their end")
            }
        }
    }

    /// What something keeps, in a column of its own when that was asked for.
    fn kept_column(&self, kept: Option<u64>) -> Option<String> {
        self.retained.as_ref()?;
        let kept = kept.map_or_else(|| "not known".to_owned(), bytes);
        Some(format!("{kept:>10} "))
    }

    /// The ids of those that were chosen.
    pub fn ids(&self) -> impl Iterator<Item = u64> + '_ {
        self.chosen().map(|g| g.id)
    }

    /// The row of one of them.
    fn row(&self, index: usize) -> GoroutineRow {
        GoroutineRow {
            all: Arc::clone(&self.goroutines),
            index,
        }
    }

    fn table(
        &self,
        columns: &[&'static Column<GoroutineRow>],
        out: &mut Text<'_>,
    ) -> io::Result<()> {
        let headings = columns.iter().map(|c| (c.title, c.unit.align()));
        let mut table = Table::new(headings);
        for index in &self.chosen {
            let row = self.row(*index);
            table.row(columns.iter().map(|column| column.text(&row)));
        }
        table.write(out)
    }

    fn chosen(&self) -> impl Iterator<Item = &Goroutine> {
        self.chosen
            .iter()
            .filter_map(|index| self.goroutines.list.get(*index))
    }
}

fn grouped(goroutines: &Goroutines, chosen: &[usize]) -> Vec<Group> {
    let members = chosen.iter();
    goroutines.group(members.filter_map(|index| goroutines.list.get(*index)))
}

/// The one that died first, then those that waited longest.
fn sort_by_wait(goroutines: &Goroutines, chosen: &mut [usize]) {
    chosen.sort_by_key(|index| {
        let g = goroutines.list.get(*index);
        Reverse(g.map(|g| (g.crashed, g.waiting_ns)))
    });
}

/// Which goroutines were asked for, in which order. `--top` is of what is shown, which may be groups.
///
/// # Errors
///
/// When it cannot be understood.
pub fn choice(flags: &GoroutinesFlags) -> Result<Choice<GoroutineRow>, Failure> {
    TableFlags {
        columns: flags.columns.clone(),
        sort: flags.sort.clone(),
        filter: flags.filter.clone(),
        top: None,
    }
    .choice()
}

/// The document of a view.
#[derive(JsonSchema)]
#[schemars(inline)]
#[expect(dead_code, reason = "read by the derive only")]
pub struct ViewShape<'a> {
    /// Goroutines by id; absent with `--group` and of a goroutine profile.
    #[schemars(skip_serializing_if = "Option::is_none")]
    goroutines: Option<Vec<Listed<'a>>>,
    /// Goroutines that share stack and state, most first; present with `--group`, and of a goroutine profile
    /// (`/debug/pprof/goroutine?debug=1`), which has nothing else.
    #[schemars(skip_serializing_if = "Option::is_none")]
    groups: Option<Vec<Group>>,
    /// How many were left out because they are the runtime's own (`--system` shows them).
    system_hidden: usize,
    /// Why it is not known of some of them, or of all, what they keep; present with `--retained` then.
    #[schemars(skip_serializing_if = "Option::is_none")]
    retained_unknown: Option<&'a str>,
}

impl JsonSchema for View {
    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("goroutines-view")
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        ViewShape::json_schema(generator)
    }
}

impl Serialize for View {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match &self.groups {
            Some(groups) => map.serialize_entry("groups", groups)?,
            None => map.serialize_entry("goroutines", &Rows(self))?,
        }
        map.serialize_entry("system_hidden", &self.system_hidden)?;
        if let Some(why) = self.retained_unknown() {
            map.serialize_entry("retained_unknown", why)?;
        }
        map.end()
    }
}

/// The rows, made one at a time: there can be hundreds of thousands.
struct Rows<'a>(&'a View);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let view = self.0;
        let mut rows = serializer.serialize_seq(Some(view.chosen.len()))?;
        for g in view.chosen() {
            rows.serialize_element(&Listed {
                retained_bytes: view.retained(g),
                ..view.goroutines.listed(g, view.with_stacks)
            })?;
        }
        rows.end()
    }
}

impl Answer for View {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        if let Some(columns) = &self.columns {
            return self.table(columns, out);
        }
        match (&self.groups, self.manner) {
            (Some(groups), _) => self.groups_text(groups, out)?,
            (None, Manner::ByNumber { top }) => {
                let mut groups = grouped(&self.goroutines, &self.chosen);
                groups.truncate(top);
                self.groups_text(&groups, out)?;
                let note = "grouped by stack, since there are many; --each gives a line each";
                out.line(styled(Role::Dim, note))?;
            }
            (None, manner) => {
                let mut chosen = self.chosen.clone();
                if manner == Manner::LongestFirst {
                    sort_by_wait(&self.goroutines, &mut chosen);
                }
                self.each_text(&chosen, out)?;
            }
        }
        if let Some(why) = self.retained_unknown() {
            let note = format_args!("what they keep is not known everywhere: {why}");
            out.line(styled(Role::Warning, note))?;
        }
        let hidden = self.system_hidden;
        if hidden > 0 {
            let note = format_args!("{hidden} of the runtime's own are not shown (--system)");
            out.line(styled(Role::Dim, note))?;
        }
        Ok(())
    }

    fn csv(&self, out: &mut dyn Write) -> Option<io::Result<()>> {
        let rows = self.chosen.iter().map(|index| self.row(*index));
        let columns = self.columns.clone();
        let columns = columns.unwrap_or_else(|| GoroutineRow::COLUMNS.iter().collect());
        let rows: Vec<GoroutineRow> = rows.collect();
        self.groups
            .is_none()
            .then(|| dumpview_view::sink::csv::write(&columns, &rows, out))
    }
}

impl View {
    fn groups_text(&self, groups: &[Group], out: &mut Text<'_>) -> io::Result<()> {
        for group in groups {
            let kept = self.kept_column(group.retained_bytes).unwrap_or_default();
            group_text(group, &kept, out)?;
        }
        let total: usize = groups.iter().map(|g| g.count).sum();
        let count = plural(total as u64, "goroutine");
        let stacks = plural(groups.len() as u64, "group");
        let of = match self.matched.saturating_sub(total) {
            0 => String::new(),
            more => format!("; {more} in smaller groups are not shown"),
        };
        out.line(styled(Role::Dim, format_args!("{count} in {stacks}{of}")))
    }

    fn each_text(&self, chosen: &[usize], out: &mut Text<'_>) -> io::Result<()> {
        let mut line = String::new();
        let list = &self.goroutines.list;
        for g in chosen.iter().filter_map(|index| list.get(*index)) {
            line.clear();
            if let Some(kept) = self.kept_column(self.retained(g)) {
                line.push_str(&kept);
            }
            row(g, &mut line);
            out.line(&line)?;
            if self.with_stacks {
                let listed = self.goroutines.listed(g, true);
                let frames = listed.frames.as_deref().unwrap_or_default();
                stack_text(frames.iter(), listed.elided, "      ", out)?;
            }
        }
        let count = plural(chosen.len() as u64, "goroutine");
        let of = match self.matched.saturating_sub(chosen.len()) {
            0 => String::new(),
            more => format!(", {more} more"),
        };
        out.line(styled(Role::Dim, format_args!("{count}{of}")))
    }
}

/// One goroutine on one line.
pub fn row(g: &Goroutine, line: &mut String) {
    // Writing to a string cannot fail.
    let mark = if g.crashed { "* " } else { "  " };
    let _ = write!(line, "{mark}goroutine {} [", g.id);
    state(g, line);
    if let Some(ns) = g.waiting_ns {
        let _ = write!(line, ", {}", duration(ns));
    }
    if g.locked_to_thread {
        line.push_str(", locked to thread");
    }
    if let Some(bubble) = g.bubble {
        let _ = write!(line, ", synctest bubble {bubble}");
    }
    line.push(']');
    if let Some(at) = &g.location {
        line.push(' ');
        place(at, line);
    }
    labels(&g.labels, line);
}

fn state(g: &Goroutine, line: &mut String) {
    match &g.wait_reason {
        Some(reason) if g.status == Status::Waiting => line.push_str(reason),
        _ => line.push_str(&g.state()),
    }
}

/// `main.f /src/main.go:12`
fn place(place: &Place, line: &mut String) {
    line.push_str(&place.function);
    if let Some(file) = &place.file {
        let _ = write!(line, " {file}");
        if let Some(number) = place.line {
            let _ = write!(line, ":{number}");
        }
    }
}

/// ` {k=v, k2=v2}`, or nothing.
fn labels(labels: &Labels, line: &mut String) {
    for (at, (key, value)) in labels.iter().enumerate() {
        line.push_str(if at == 0 { " {" } else { ", " });
        let _ = write!(line, "{key}={value}");
    }
    if labels.0.is_some() {
        line.push('}');
    }
}

/// ` {worker=0,2,3}`: of each label what its members have.
fn members_labels(labels: &BTreeMap<String, Vec<String>>, line: &mut String) {
    const SHOWN: usize = 5;
    for (at, (key, values)) in labels.iter().enumerate() {
        line.push_str(if at == 0 { " {" } else { ", " });
        let shown: Vec<&str> = values.iter().take(SHOWN).map(String::as_str).collect();
        let _ = write!(line, "{key}={}", shown.join(","));
        if values.len() > SHOWN {
            line.push_str(",…");
        }
    }
    if !labels.is_empty() {
        line.push('}');
    }
}

/// Calls, a line each, with the gap where some were left out.
pub fn stack_text<'f>(
    frames: impl Iterator<Item = &'f Frame>,
    elided: Option<Elided>,
    indent: &str,
    out: &mut Text<'_>,
) -> io::Result<()> {
    let mut shown = 0;
    for frame in frames {
        if let Some(gap) = elided.filter(|gap| gap.after == shown) {
            gap_text(gap, indent, out)?;
        }
        super::super::bt::short_frame(frame, indent, out)?;
        shown += 1;
    }
    match elided.filter(|gap| gap.after >= shown) {
        Some(gap) => gap_text(gap, indent, out),
        None => Ok(()),
    }
}

fn gap_text(gap: Elided, indent: &str, out: &mut Text<'_>) -> io::Result<()> {
    let note = format_args!(
        "{indent}… {} frames were left out by the runtime",
        gap.count
    );
    out.line(styled(Role::Dim, note))
}

/// A heading with count, state and some ids, then the calls; `kept` stands before it.
pub fn group_text(group: &Group, kept: &str, out: &mut Text<'_>) -> io::Result<()> {
    const SHOWN: usize = 5;
    let mut heading = format!("{kept}{} ×", group.count);
    let state = group
        .wait_reason
        .as_deref()
        .or(group.status.map(Status::as_str));
    if let Some(state) = state {
        let _ = write!(heading, " [{state}");
        if let Some((least, most)) = group.waiting_ns {
            let _ = write!(heading, ", {}", duration(least));
            if most != least {
                let _ = write!(heading, " to {}", duration(most));
            }
        }
        heading.push(']');
    }
    if !group.ids.is_empty() {
        heading.push(' ');
    }
    for id in group.ids.iter().take(SHOWN) {
        let _ = write!(heading, " {id}");
    }
    let more = group.ids.len().saturating_sub(SHOWN);
    if more > 0 {
        let _ = write!(heading, " …{more} more");
    }
    if let Some(all) = &group.labels {
        labels(all, &mut heading);
    }
    members_labels(&group.member_labels, &mut heading);
    out.line(styled(Role::Heading, heading))?;
    // Runtime frames are folded, so the place of a gap is counted without them.
    let elided = group.elided.map(|gap| Elided {
        after: group
            .frames
            .iter()
            .take(gap.after)
            .filter(|f| !f.runtime)
            .count(),
        ..gap
    });
    stack_text(
        group.frames.iter().filter(|f| !f.runtime),
        elided,
        "    ",
        out,
    )?;
    if let Some(why) = &group.why_incomplete {
        out.line(styled(Role::Dim, format_args!("    … {why}")))?;
    }
    if let Some(creator) = &group.created_by {
        let mut line = "    created by ".to_owned();
        place(&creator.place, &mut line);
        out.line(styled(Role::Dim, line))?;
    }
    for ancestor in group.ancestors.iter() {
        let id = ancestor.goroutine;
        out.line(format_args!("    started by goroutine {id}, which was in"))?;
        let frames = ancestor.frames.iter().filter(|frame| !frame.runtime);
        stack_text(frames, None, "        ", out)?;
        if ancestor.incomplete {
            out.line(styled(Role::Dim, "        … and what called it"))?;
        }
    }
    out.line("")
}
