//! Which samples and frames of stacks stay (profile/filter.go, profile/prune.go).
//!
//! Patterns are held against locations, of which there are few, and what that says is then done to stacks. A location has
//! several lines where calls were inlined; a pattern may take some of them away.

use super::names::simplified;
use dumpview_parsers::pprof::{Line, Location, Profile};
use regex::Regex;
use std::collections::HashMap;

/// What a pattern says of functions and mappings of a profile, each asked once.
struct Matches {
    functions: Vec<bool>,
    mappings: Vec<bool>,
}

impl Matches {
    fn new(profile: &Profile, pattern: &Regex) -> Self {
        let functions = profile.functions.iter();
        let mappings = profile.mappings.iter();
        Self {
            functions: functions
                .map(|of| pattern.is_match(&of.name) || pattern.is_match(&of.file))
                .collect(),
            mappings: mappings.map(|of| pattern.is_match(&of.file)).collect(),
        }
    }

    fn line(&self, line: &Line) -> bool {
        at(&self.functions, line.function)
    }

    fn mapping(&self, location: &Location) -> bool {
        location
            .mapping
            .is_some_and(|mapping| at(&self.mappings, mapping))
    }

    fn location(&self, location: &Location) -> bool {
        location.lines.iter().any(|line| self.line(line)) || self.mapping(location)
    }
}

fn at(flags: &[bool], index: u32) -> bool {
    usize::try_from(index).is_ok_and(|index| flags.get(index) == Some(&true))
}

/// Patterns of functions, files and mapped files.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Only samples that go through a match.
    pub focus: Option<Regex>,
    /// No samples that do.
    pub ignore: Option<Regex>,
    /// Hide what matches.
    pub hide: Option<Regex>,
    /// Hide what does not.
    pub show: Option<Regex>,
}

/// Which of them found something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Found {
    /// `focus` did.
    pub focus: bool,
    /// `ignore` did.
    pub ignore: bool,
    /// `hide` did.
    pub hide: bool,
    /// `show` did.
    pub show: bool,
}

/// What `focus` and `ignore` say of a location.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Neither,
    Focused,
    Ignored,
}

/// Keeps samples that go through a match of `focus` and none of `ignore`, without the lines that are hidden.
pub fn by_name(profile: &mut Profile, names: &Names) -> Found {
    let mut found = Found {
        focus: false,
        ignore: false,
        hide: false,
        show: false,
    };
    if names.focus.is_none()
        && names.ignore.is_none()
        && names.hide.is_none()
        && names.show.is_none()
    {
        found.focus = true;
        return found;
    }
    let matches = |pattern: &Option<Regex>| {
        let pattern = pattern.as_ref();
        pattern.map(|pattern| Matches::new(profile, pattern))
    };
    let (focus, ignore) = (matches(&names.focus), matches(&names.ignore));
    let (hide, show) = (matches(&names.hide), matches(&names.show));
    let mut verdicts = Vec::with_capacity(profile.locations.len());
    let mut hidden = vec![false; profile.locations.len()];
    for (location, hidden) in profile.locations.iter_mut().zip(&mut hidden) {
        verdicts.push(if ignore.as_ref().is_some_and(|of| of.location(location)) {
            found.ignore = true;
            Verdict::Ignored
        } else if focus.as_ref().is_none_or(|of| of.location(location)) {
            found.focus = true;
            Verdict::Focused
        } else {
            Verdict::Neither
        });
        if let Some(hide) = &hide
            && hide.location(location)
        {
            found.hide = true;
            if hide.mapping(location) {
                location.lines.clear();
            }
            location.lines.retain(|line| !hide.line(line));
            *hidden |= location.lines.is_empty();
        }
        if let Some(show) = &show {
            if !show.mapping(location) {
                location.lines.retain(|line| show.line(line));
            }
            *hidden |= location.lines.is_empty();
            found.show |= !location.lines.is_empty();
        }
    }
    let hides = hidden.contains(&true);
    profile.samples.rewrite(|sample| {
        let mut focused = false;
        for location in &sample.stack {
            let index = usize::try_from(*location).unwrap_or(usize::MAX);
            match verdicts.get(index) {
                Some(Verdict::Ignored) => return false,
                Some(Verdict::Focused) => focused = true,
                _ => {}
            }
        }
        if focused && hides {
            sample.stack.retain(|location| !at(&hidden, *location));
            return !sample.stack.is_empty();
        }
        focused
    });
    found
}

/// Cuts off what stands above the outermost match, and drops samples without one. Whether there was any.
pub fn show_from(profile: &mut Profile, pattern: &Regex) -> bool {
    let matches = Matches::new(profile, pattern);
    let mut marked = Vec::with_capacity(profile.locations.len());
    for location in &mut profile.locations {
        let last = location.lines.iter().rposition(|line| matches.line(line));
        let whole = matches.mapping(location);
        if let Some(last) = last.filter(|_| !whole) {
            location.lines.truncate(last + 1);
        }
        marked.push(whole || last.is_some());
    }
    profile.samples.rewrite(|sample| {
        let outermost = sample.stack.iter().rposition(|of| at(&marked, *of));
        sample
            .stack
            .truncate(outermost.map_or(0, |index| index + 1));
        outermost.is_some()
    });
    marked.contains(&true)
}

/// What a pattern says of functions without their arguments; an unnamed one never matches.
fn functions(profile: &Profile, mut is_match: impl FnMut(&str) -> bool) -> Vec<bool> {
    let mut known: HashMap<&str, bool> = HashMap::new();
    let functions = profile.functions.iter();
    functions
        .map(|function| {
            let name = function.name.as_str();
            !name.is_empty()
                && *known
                    .entry(name)
                    .or_insert_with(|| is_match(simplified(name)))
        })
        .collect()
}

/// Cuts off what the matched function nearest to the innermost call has called.
pub fn prune_from(profile: &mut Profile, pattern: &Regex) {
    let pruned = functions(profile, |name| pattern.is_match(name));
    let mut marked = Vec::with_capacity(profile.locations.len());
    for location in &mut profile.locations {
        let first = location
            .lines
            .iter()
            .position(|line| at(&pruned, line.function));
        if let Some(first) = first {
            location.lines.drain(..first);
        }
        marked.push(first.is_some());
    }
    profile.samples.rewrite(|sample| {
        if let Some(innermost) = sample.stack.iter().position(|of| at(&marked, *of)) {
            sample.stack.drain(..innermost);
        }
        true
    });
}

/// Cuts off the functions that match `drop` and not `keep`, with all that they call, except where nothing stands above
/// them.
pub fn prune(profile: &mut Profile, drop: &Regex, keep: Option<&Regex>) {
    let pruned = functions(profile, |name| {
        drop.is_match(name) && !keep.is_some_and(|keep| keep.is_match(name))
    });
    #[derive(Clone, Copy, PartialEq)]
    enum Cut {
        No,
        /// The location goes too.
        Whole,
        /// Lines of it stay.
        Beneath,
    }
    let mut cuts = Vec::with_capacity(profile.locations.len());
    for location in &mut profile.locations {
        let last = location
            .lines
            .iter()
            .rposition(|line| at(&pruned, line.function));
        cuts.push(match last {
            None => Cut::No,
            Some(last) if last + 1 == location.lines.len() => Cut::Whole,
            Some(last) => {
                location.lines.drain(..=last);
                Cut::Beneath
            }
        });
    }
    profile.samples.rewrite(|sample| {
        let mut under_user = false;
        for index in (0..sample.stack.len()).rev() {
            let location = sample.stack.get(index).copied().unwrap_or(0);
            let cut = usize::try_from(location).ok();
            match cut.and_then(|at| cuts.get(at)).copied().unwrap_or(Cut::No) {
                Cut::No => under_user = true,
                _ if !under_user => {}
                Cut::Whole => {
                    sample.stack.drain(..=index);
                    break;
                }
                Cut::Beneath => {
                    sample.stack.drain(..index);
                    break;
                }
            }
        }
        true
    });
}

/// Cuts off what the profile itself says is not worth showing: its `drop_frames` but for its `keep_frames`. A pattern that
/// cannot be read counts as none, as in pprof.
pub fn drop_frames(profile: &mut Profile) {
    let whole = |pattern: &str| Regex::new(&format!("^({pattern})$")).ok();
    if profile.drop_frames.is_empty() {
        return;
    }
    let Some(drop) = whole(&profile.drop_frames) else {
        return;
    };
    let keep = (!profile.keep_frames.is_empty()).then(|| whole(&profile.keep_frames));
    match keep {
        None => prune(profile, &drop, None),
        Some(Some(keep)) => prune(profile, &drop, Some(&keep)),
        Some(None) => {}
    }
}

/// What of a location is kept apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Apart {
    /// Inlined calls.
    pub inlines: bool,
    /// Functions.
    pub functions: bool,
    /// Files.
    pub files: bool,
    /// Lines.
    pub lines: bool,
    /// Columns.
    pub columns: bool,
    /// Addresses.
    pub addresses: bool,
}

/// Forgets what tells places apart that are to be one (profile/profile.go:Aggregate).
pub fn aggregate(profile: &mut Profile, apart: Apart) {
    for mapping in &mut profile.mappings {
        mapping.has_inline_frames &= apart.inlines;
        mapping.has_functions &= apart.functions;
        mapping.has_filenames &= apart.files;
        mapping.has_line_numbers &= apart.lines;
    }
    for function in &mut profile.functions {
        if !apart.functions {
            function.name.clear();
            function.system_name.clear();
        }
        if !apart.files {
            function.file.clear();
        }
    }
    for location in &mut profile.locations {
        if !apart.inlines && location.lines.len() > 1 {
            let last = location.lines.len() - 1;
            location.lines.drain(..last);
        }
        for line in &mut location.lines {
            if !apart.lines {
                line.line = 0;
            }
            if !apart.lines || !apart.columns {
                line.column = 0;
            }
        }
        if !apart.addresses {
            location.address = 0;
        }
    }
}
