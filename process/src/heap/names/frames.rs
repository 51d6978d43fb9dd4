//! References out of a goroutine and its frames: by the variable that holds the pointer.
//!
//! A word of a frame is a variable's own place, or a copy of one that lives in a register, or nothing that a source
//! names (a spilled temporary, a slot for results). DWARF's places decide, and where they do not cover the word, a
//! variable of the frame that holds the very same pointer.

use super::within::push_path;
use super::{NamedBy, Names, Reference};
use crate::addr::Addr;
use crate::dwarf::Location;
use crate::heap::pointers::word_at;
use crate::heap::{RootKind, Slot};
use crate::scope::{Standing, Variable};
use crate::unwind::Unwound;

/// A name and who says so.
type Named = (String, NamedBy);

impl Names<'_, '_> {
    /// A goroutine's own words, and its frames.
    pub(super) fn of_goroutine(&self, goroutine: u32, node: u32) -> Vec<Reference> {
        let mut all = Vec::new();
        let objects = self.heap.spans.objects();
        let frames = self
            .heap
            .graph
            .out(node)
            .iter()
            .filter(|to| **to >= objects);
        for to in frames {
            let name = match self.heap.root(*to).map(|root| root.kind) {
                Some(RootKind::Frame { frame, .. }) => self.frame_name(goroutine, frame),
                Some(RootKind::Registers { .. }) => Some("registers".to_owned()),
                _ => None,
            };
            all.push(Reference {
                to: *to,
                word: None,
                value: Addr::NULL,
                name: name.unwrap_or_default(),
                named_by: NamedBy::Runtime,
                call: None,
            });
        }
        let recorded = self.heap.recorded.as_ref();
        let record = self
            .goroutine(goroutine)
            .map(|g| g.addr)
            .or_else(|| recorded?.record(goroutine));
        if let Some(record) = record.and_then(|at| self.heap.spans.find(at)) {
            all.extend(self.words_of(record));
        }
        let slots = self.slots(goroutine).unwrap_or_default();
        for slot in &slots.own {
            let word = Some(slot.addr).filter(|addr| !addr.is_null());
            let name = if word.is_some() {
                "deferred call"
            } else {
                "kept by the runtime for the goroutine"
            };
            all.extend(self.reference(word, slot.value, name.to_owned(), NamedBy::Runtime));
        }
        all
    }

    /// Number and function of a frame, as a backtrace counts them.
    pub(super) fn frame_name(&self, goroutine: u32, frame: u32) -> Option<String> {
        if let Some(recorded) = &self.heap.recorded {
            let function = recorded.function(goroutine, frame)?;
            return Some(format!("frame {frame} {function}"));
        }
        let unwound = self.process.unwound(self.goroutine(goroutine)?);
        let of = |physical: usize| physical == frame as usize;
        let at = unwound.calls.iter().rposition(|call| of(call.physical))?;
        let call = unwound.calls.get(at)?;
        Some(format!("frame {at} {}", call.name))
    }

    pub(super) fn of_registers(&self, goroutine: u32) -> Vec<Reference> {
        let slots = self.slots(goroutine).unwrap_or_default();
        let arch = self.process.arch();
        let named = slots.registers.iter().map(|(register, value)| {
            let name = arch.register_name(*register);
            (name, *value)
        });
        let extended = slots.extended.iter();
        named
            .chain(extended.map(|value| ("vector register".to_owned(), *value)))
            .filter_map(|(name, value)| self.reference(None, value, name, NamedBy::Place))
            .collect()
    }

    /// The live words of a frame.
    pub(super) fn of_frame(&self, goroutine: u32, frame: u32) -> Vec<Reference> {
        let slots = self.slots(goroutine).unwrap_or_default();
        let Some(slots) = slots.frames.into_iter().find(|f| f.frame == frame) else {
            return Vec::new();
        };
        let unwound = self.goroutine(goroutine).map(|g| self.process.unwound(g));
        let (declared, sp) = match (&unwound, &self.heap.recorded) {
            (Some(unwound), _) => {
                let sp = unwound.stack.frames.get(frame as usize).map(|f| f.sp);
                (self.declared(unwound, frame), sp)
            }
            (None, recorded) => {
                let sp = recorded.as_ref().and_then(|all| all.sp(goroutine, frame));
                (Vec::new(), sp)
            }
        };
        let named = slots.slots.iter().filter_map(|slot| {
            let variable = self.variable_of(&declared, *slot);
            let (call, (name, by)) = variable.map_or_else(
                || {
                    let at = sp.and_then(|sp| slot.addr.since(sp));
                    let name =
                        at.map_or_else(|| format!("{}", slot.addr), |at| format!("sp+{at:#x}"));
                    (None, (name, NamedBy::Place))
                },
                |(call, named)| (Some(call), named),
            );
            let mut reference = self.reference(Some(slot.addr), slot.value, name, by)?;
            reference.call = call;
            Some(reference)
        });
        named.collect()
    }

    /// The variables of all calls in a physical frame, innermost first.
    fn declared(&self, unwound: &Unwound, frame: u32) -> Vec<(usize, Variable)> {
        let mut all = Vec::new();
        for (number, call) in unwound.calls.iter().enumerate() {
            if call.physical == frame as usize
                && let Ok(found) = self.process.declared(unwound, call)
            {
                all.extend(found.variables.into_iter().map(|v| (number, v)));
            }
        }
        all
    }

    /// The variable that a word of a frame is, or whose pointer it has.
    fn variable_of(&self, declared: &[(usize, Variable)], slot: Slot) -> Option<(usize, Named)> {
        let exact = |v: &&(usize, Variable)| v.1.standing == Standing::Exact;
        let stale = |v: &&(usize, Variable)| matches!(v.1.standing, Standing::Stale(_));
        let place = |(call, v): &(usize, Variable)| Some((*call, self.at_place(v, slot.addr)?));
        let pointer =
            |(call, v): &(usize, Variable)| Some((*call, self.with_pointer(v, slot.value)?));
        let sure = declared.iter().filter(exact).find_map(place);
        let sure = sure.or_else(|| declared.iter().filter(exact).find_map(pointer));
        sure.or_else(|| {
            let (call, (name, _)) = declared.iter().filter(stale).find_map(place)?;
            Some((call, (name, NamedBy::Perhaps)))
        })
    }

    /// The way in a variable to a word, when the word is a part of it.
    fn at_place(&self, variable: &Variable, word: Addr) -> Option<Named> {
        let Some(Location::Memory(start)) = &variable.location else {
            return None;
        };
        let types = self.process.types();
        let offset = word.since(*start)?;
        if offset >= types.resolve(variable.ty).ok()?.size {
            return None;
        }
        let mut name = variable.name.clone();
        let by = push_path(types, variable.ty, offset, &mut name, NamedBy::Variable);
        Some((name, by))
    }

    /// The way in a variable to a pointer that it holds, in registers or in memory; `&v` for a variable that moved to
    /// the heap and that the pointer leads to.
    fn with_pointer(&self, variable: &Variable, value: Addr) -> Option<Named> {
        let types = self.process.types();
        match variable.location.as_ref()? {
            Location::Memory(start) => {
                let leads_there = variable.escaped && *start == value;
                leads_there.then(|| (format!("&{}", variable.name), NamedBy::Variable))
            }
            Location::Pieces(pieces) => pieces.iter().find_map(|piece| {
                let bytes = piece.bytes.as_ref().ok()?;
                let at = (0..bytes.len() as u64)
                    .step_by(8)
                    .find(|at| word_at(bytes, *at) == value.0)?;
                let mut name = variable.name.clone();
                let at = piece.offset.saturating_add(at);
                let by = push_path(types, variable.ty, at, &mut name, NamedBy::Variable);
                Some((name, by))
            }),
        }
    }
}
