//! The goroutine profile in text form (`/debug/pprof/goroutine?debug=1`): stacks with counts, without ids or states.

use crate::frame::{Frame, Trust, is_users_function};
use crate::goroutine::{Group, Status};
use crate::value::Address;
use bstr::ByteSlice;
use dumpview_parsers::profile::{Header, Record, Values};
use std::sync::Arc;

/// One profile.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The line it begins at.
    pub line: u64,
    /// `goroutine` or `goroutineleak`.
    pub name: String,
    /// How many goroutines its first line says.
    pub total: u64,
    /// The stacks, most goroutines first as printed.
    pub groups: Vec<Group>,
}

impl Profile {
    /// One that begins with this record; `None` when it counts no goroutines.
    pub(super) fn begin(line: u64, record: &Record<'_>) -> Option<Self> {
        let Record::Header(Header::Count { name, total }) = record else {
            return None;
        };
        matches!(*name, b"goroutine" | b"goroutineleak").then(|| Self {
            line,
            name: name.to_str_lossy().into_owned(),
            total: *total,
            groups: Vec::new(),
        })
    }

    /// Takes a further record.
    pub(super) fn add(&mut self, record: &Record<'_>) {
        match record {
            Record::Sample(sample) => {
                let Values::Count(count) = sample.values else {
                    return;
                };
                self.groups.push(Group {
                    member_labels: std::collections::BTreeMap::new(),
                    count: usize::try_from(count).unwrap_or(usize::MAX),
                    ids: Vec::new(),
                    status: (self.name == "goroutineleak").then_some(Status::Leaked),
                    wait_reason: None,
                    waiting_ns: None,
                    labels: None,
                    created_by: None,
                    ancestors: Arc::default(),
                    frames: Vec::new(),
                    elided: None,
                    why_incomplete: None,
                    retained_bytes: None,
                    own: None,
                });
            }
            Record::Frame(frame) => {
                let Some(group) = self.groups.last_mut() else {
                    return;
                };
                let has_symbol = !frame.function.is_empty();
                let function = frame.function.to_str_lossy().into_owned();
                group.frames.push(Frame {
                    // The runtime's frames before the program's are left out by the profile itself.
                    runtime: !is_users_function(&function)
                        && group.frames.iter().any(|f| !f.runtime),
                    function,
                    file: has_symbol.then(|| frame.file.to_str_lossy().into_owned()),
                    line: has_symbol.then_some(frame.line),
                    pc: Some(Address(frame.pc)),
                    sp: None,
                    inlined: false,
                    trust: Trust::Printed,
                });
            }
            Record::Labels(labels) => {
                let Some(group) = self.groups.last_mut() else {
                    return;
                };
                let text = |quoted: dumpview_parsers::profile::Quoted<'_>| {
                    quoted.text().to_str_lossy().into_owned()
                };
                group.labels = Some(
                    labels
                        .iter()
                        .map(|(key, value)| (text(key), text(value)))
                        .collect(),
                );
            }
            _ => {}
        }
    }
}
