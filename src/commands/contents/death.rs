//! What a log tells of the last crash, or of the goroutines that somebody asked for, before its goroutines are listed.

use crate::commands::goroutines::stack_text;
use crate::commands::info::groups;
use dumpview_model::death_kind::DeathKind;
use dumpview_model::frame::Frame;
use dumpview_model::goroutine::{Elided, Group};
use dumpview_model::log_model::LogModel;
use dumpview_model::traceback::{Death, Dump};
use dumpview_view::{Role, Text, styled};
use schemars::JsonSchema;
use serde::Serialize;
use std::io;

/// So many calls and groups stand on a first page.
const CALLS: usize = 6;
const GROUPS: usize = 5;

/// What is known of a dump.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "log-last-death")]
pub struct DeathDoc {
    /// The line it begins at, from 1.
    pub line: u64,
    /// What kind of death it was; null of goroutines that were printed without one.
    pub kind: Option<DeathKind>,
    /// What that means, for ends whose name does not say; null for others.
    meaning: Option<&'static str>,
    /// Other lines of the runtime that were printed with it.
    notes: Vec<String>,
    /// The goroutine that died; null where nobody is to blame or none was printed.
    crashed: Option<CrashedDoc>,
    /// The largest groups of goroutines, where nobody is to blame.
    groups: Vec<Group>,
}

/// The goroutine that died.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "log-crashed")]
struct CrashedDoc {
    /// Its id.
    goroutine: u64,
    /// Its calls without the runtime's own from where it first panicked, the innermost first, at most six.
    frames: Vec<Frame>,
    /// The calls without the runtime's own that were deferred and ran then, the innermost first, at most six: one of them
    /// panicked anew, or died otherwise.
    deferred: Vec<Frame>,
    /// They were called to put what was panicked with into words, and were not deferred.
    #[serde(skip)]
    printing: bool,
    #[serde(skip)]
    elided: Option<Elided>,
}

impl DeathDoc {
    /// Of the dump whose goroutines were kept.
    pub fn of(model: &LogModel) -> Option<Self> {
        let dump = model.tracebacks.found().dump.as_deref()?;
        let death = dump.death.as_ref();
        let kind = death.map(Death::kind);
        let crashed = dump
            .crashed()
            .filter(|_| !matches!(kind, None | Some(DeathKind::Quit | DeathKind::Deadlock)));
        let groups = match crashed {
            Some(_) => Vec::new(),
            None => largest(dump),
        };
        // That it panicked is said already.
        let is_shown = |frame: &Frame| !frame.runtime && frame.is_users();
        let crashed = crashed.map(|g| {
            let mut deferred = dump.goroutines.frames(g);
            // What stands before the call that panicked was deferred: that it panics again says less than why it ran.
            let panicked = deferred.iter().rposition(Frame::is_gopanic);
            let frames = deferred.split_off(panicked.unwrap_or(0));
            let shown = |frames: Vec<Frame>| -> Vec<Frame> {
                let shown = frames.into_iter().filter(is_shown);
                shown.take(CALLS).collect()
            };
            // A panic's value is put into words before it is printed (`runtime/panic.go:preprintpanics`).
            let puts_into_words = |frame: &Frame| frame.function == "runtime.preprintpanics";
            CrashedDoc {
                goroutine: g.id,
                printing: deferred.iter().any(puts_into_words),
                frames: shown(frames),
                deferred: shown(deferred),
                elided: dump.goroutines.stacks.of(g.stack).elided,
            }
        });
        let notes = death.map(|death| death.notes.iter().take(GROUPS));
        Some(Self {
            line: dump.line,
            kind,
            meaning: death.and_then(Death::meaning),
            notes: notes
                .into_iter()
                .flatten()
                .map(|note| note.text.clone())
                .collect(),
            crashed,
            groups,
        })
    }

    /// Whether somebody asked for it, so that nothing went wrong.
    pub fn is_asked_for(&self) -> bool {
        matches!(self.kind, None | Some(DeathKind::Quit))
    }

    /// What the runtime said beside the reason, and where the goroutine stood that died.
    pub fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        for note in &self.notes {
            out.line(format_args!("  {note}"))?;
        }
        if let Some(meaning) = self.meaning {
            let line = styled(Role::Plain, format_args!("  {meaning}"));
            let lines = line.wrapped(80, 2);
            lines.into_iter().try_for_each(|line| out.line(line))?;
        }
        let Some(crashed) = &self.crashed else {
            return groups(&self.groups, out);
        };
        if crashed.frames.is_empty() {
            return Ok(());
        }
        let how = if crashed.deferred.is_empty() {
            "died"
        } else {
            "panicked first"
        };
        out.line(styled(
            Role::Heading,
            format_args!("  goroutine {} {how} in", crashed.goroutine),
        ))?;
        let elided = crashed
            .elided
            .filter(|elided| elided.after < crashed.frames.len());
        stack_text(crashed.frames.iter(), elided, "    ", out)?;
        if !crashed.deferred.is_empty() {
            let heading = if crashed.printing {
                "  and while that was printed its Error or String method panicked, in"
            } else {
                "  and a call that it had deferred panicked again, in"
            };
            out.line(styled(Role::Heading, heading))?;
            stack_text(crashed.deferred.iter(), None, "    ", out)?;
        }
        Ok(())
    }
}

/// The largest groups of a dump.
fn largest(dump: &Dump) -> Vec<Group> {
    let users = dump.goroutines.list.iter().filter(|g| !g.system);
    let mut groups = dump.goroutines.group(users);
    groups.truncate(GROUPS);
    groups
}
