//! Goroutines grouped by state and identical stacks.

use super::facts::{CreatorDoc, Described};
use crate::text::{Role, Text, styled};
use dumpview_model::frame::Frame;
use serde::Serialize;
use std::collections::HashMap;
use std::io;
use std::sync::Arc;

/// Goroutines in the same state with the same calls.
#[derive(Serialize, Debug)]
pub struct Group {
    /// How many.
    pub count: usize,
    /// Their ids, rising.
    pub ids: Vec<u64>,
    /// Their status.
    pub status: &'static str,
    /// What they wait for.
    pub wait_reason: Option<Arc<str>>,
    /// Who created them, when the same `go` statement created all.
    pub created_by: Option<CreatorDoc>,
    /// Their calls, innermost first; stack pointers differ and are absent.
    pub frames: Vec<Frame>,
    /// Why the outermost frame was not reached, when it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_incomplete: Option<String>,
}

/// Groups the chosen goroutines; largest group first, then by the smallest id.
pub fn group(all: &Described<'_, '_>, chosen: &[usize]) -> Vec<Group> {
    // By pcs first, which is cheap; then by what people see, since two pcs can be one line.
    let mut by_stack: HashMap<(usize, &'static str, u8), Vec<usize>> = HashMap::new();
    for index in chosen {
        let Some(g) = all.goroutine(*index) else {
            continue;
        };
        let reason = if g.status.is_blocked() {
            g.waitreason
        } else {
            0
        };
        by_stack
            .entry((all.stack_of(*index), g.status.as_str(), reason))
            .or_default()
            .push(*index);
    }
    let mut groups: HashMap<(Vec<Frame>, &'static str, u8), Vec<usize>> = HashMap::new();
    for ((stack, status, reason), members) in by_stack {
        let frames = all.calls(stack).iter().map(|call| Frame {
            sp: None,
            pc: None,
            ..call.frame.clone()
        });
        groups
            .entry((frames.collect(), status, reason))
            .or_default()
            .extend(members);
    }
    let mut groups: Vec<Group> = groups
        .into_iter()
        .filter_map(|((frames, status, _), mut members)| {
            members.sort_unstable();
            let first = *members.first()?;
            let example = all.facts(first)?;
            let gopc = |index: usize| all.goroutine(index).map(|g| g.gopc);
            let one_creator = members.iter().all(|index| gopc(*index) == gopc(first));
            let pcs = all.calls(all.stack_of(first));
            let frames = frames.into_iter().zip(pcs).map(|(frame, call)| Frame {
                pc: call.frame.pc,
                ..frame
            });
            Some(Group {
                count: members.len(),
                ids: members
                    .iter()
                    .filter_map(|index| all.goroutine(*index))
                    .map(|g| g.id.0)
                    .collect(),
                status,
                wait_reason: example.wait_reason,
                created_by: example.created_by.filter(|_| one_creator),
                frames: frames.collect(),
                why_incomplete: all.why_incomplete(all.stack_of(first)),
            })
        })
        .collect();
    groups.sort_by_key(|g| (std::cmp::Reverse(g.count), g.ids.first().copied()));
    groups
}

impl Group {
    /// A heading with count, state and some ids, then the calls.
    pub fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        const SHOWN: usize = 5;
        let ids: Vec<String> = self
            .ids
            .iter()
            .take(SHOWN)
            .map(|id: &u64| id.to_string())
            .collect();
        let more = match self.ids.len().saturating_sub(SHOWN) {
            0 => String::new(),
            n => format!(" …{n} more"),
        };
        let state = self.wait_reason.as_deref().unwrap_or(self.status);
        let heading = format_args!("{} × [{state}]  {}{more}", self.count, ids.join(" "));
        out.line(styled(Role::Heading, heading))?;
        for frame in self.frames.iter().filter(|frame| !frame.runtime) {
            super::super::bt::short_frame(frame, "    ", out)?;
        }
        if let Some(why) = &self.why_incomplete {
            out.line(styled(Role::Dim, format_args!("    … {why}")))?;
        }
        if let Some(creator) = &self.created_by {
            let place = &creator.place;
            let line = format_args!(
                "    created by {} {}:{}",
                place.function, place.file, place.line
            );
            out.line(styled(Role::Dim, line))?;
        }
        out.line("")
    }
}
