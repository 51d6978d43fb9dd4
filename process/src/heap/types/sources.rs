//! Where types start to flow: the runtime's headers, package variables, locals, and interfaces in places unknown.

use super::flow::{Claim, Flow};
use super::label::{Label, Labels, Role, Source, Strength};
use super::plan::TypeId;
use crate::addr::Addr;
use crate::dwarf::Location;
use crate::heap::data::PackageData;
use crate::heap::pointers::word_at;
use crate::heap::{Heap, HeapError, Scratch, Special, SpecialKind, StaticValue};
use crate::memory::MemoryExt;
use crate::process::Process;
use crate::runtime::{Semaphores, Sudogs, waits_on};
use crate::scope::Standing;
use crate::types::TypeRef;
use rustc_hash::FxHashSet;

/// Frames whose variables are asked for. A program of a hundred thousand goroutines has few distinct types on their
/// stacks, and those that hold much are mostly known by other ways.
const MOST_FRAMES: usize = 20_000;

impl Labels {
    /// Finds out what every object is.
    ///
    /// # Errors
    ///
    /// When no layout knows the runtime.
    pub fn find(process: &Process<'_>, heap: &Heap<'_>) -> Result<Self, HeapError> {
        let Some(layouts) = process.layouts() else {
            return match process.heap_dump {
                // Without its executable a dump tells the types of hardly any object.
                Some(_) => Ok(Self::for_objects(heap.spans.objects())),
                None => Err(HeapError::NoLayout),
            };
        };
        let mut flow = Flow::new(process, heap, layouts);
        flow.start_at_headers();
        flow.run();
        flow.start_at_specials(&heap.roots.specials);
        flow.run();
        flow.start_at_channels();
        flow.run();
        flow.start_at_variables(heap.roots.variables.statics());
        flow.run();
        flow.start_at_locals();
        flow.run();
        flow.start_at_interfaces();
        flow.run();
        let Flow {
            mut labels, plans, ..
        } = flow;
        let types = plans.type_refs().to_vec();
        labels.settle(types, |label| words(label, process, &|ty| plans.name(ty)));
        Ok(labels)
    }
}

/// A label in words.
fn words(label: &Label, process: &Process<'_>, name: &dyn Fn(TypeId) -> String) -> String {
    let ty = || name(label.ty);
    match label.role {
        Role::Value => ty(),
        Role::Backing => format!("[]{} backing", ty()),
        Role::StringBytes => "string bytes".to_owned(),
        Role::Tiny => "tiny block".to_owned(),
        Role::MapHeader => format!("{} header", ty()),
        Role::MapEntries => format!("{} entries", ty()),
        Role::MapDirectory => format!("{} directory", ty()),
        Role::MapTable => format!("{} table", ty()),
        Role::MapExtra => format!("{} overflow list", ty()),
        Role::Chan => format!("chan {}", ty()),
        Role::ChanBuffer => format!("chan {} buffer", ty()),
        Role::Closure => {
            let func = process.symbols().ok().and_then(|s| s.find(label.code));
            func.map_or_else(
                || "closure".to_owned(),
                |func| format!("{} closure", func.printed_name()),
            )
        }
    }
}

impl Flow<'_, '_> {
    /// Types that the runtime keeps with objects (1.22 and later).
    fn start_at_headers(&mut self) {
        let maps = self.types.maps_by_entries();
        for span in self.spans.list() {
            if span.is_noscan() {
                continue;
            }
            for slot in self.spans.slots(span) {
                let Some((at, offset)) = self.pointers.header(span, slot) else {
                    break;
                };
                let Some(object) = self.spans.object_in(span, slot) else {
                    continue;
                };
                let map = maps.get(&at).copied();
                let ty = map.unwrap_or_else(|| self.types.of_descriptor(at));
                let ty = self.plans.id(ty);
                let Some(plan) = self.plans.plan(ty) else {
                    continue;
                };
                // The header names the element of an array: `makeslice` and `new` look alike but for the size.
                let role = if map.is_some() {
                    Role::MapEntries
                } else if self.fits(span, plan.size) {
                    Role::Value
                } else {
                    Role::Backing
                };
                let claim = Claim {
                    role,
                    ty,
                    code: Addr::NULL,
                    bytes: plan.size,
                    has_pointers: true,
                    anywhere: false,
                };
                let start = span.start.offset(u64::from(slot) * span.elemsize + offset);
                self.label(
                    object,
                    start,
                    claim,
                    Strength::Certain,
                    Source::Header,
                    span,
                );
            }
        }
    }

    /// Functions that the runtime will call: finalizers and cleanups.
    fn start_at_specials(&mut self, specials: &[Special]) {
        for special in specials {
            if matches!(special.kind, SpecialKind::Finalizer | SpecialKind::Cleanup)
                && self.spans.at(special.payload).is_some()
            {
                self.closure(special.payload, Source::Header);
            }
        }
    }

    /// Channels that goroutines wait on: each keeps the type of its elements (`hchan.elemtype`).
    fn start_at_channels(&mut self) {
        let (Some(runtime), Some(elemtype)) = (self.process.runtime(), self.places.elemtype) else {
            return;
        };
        let Ok(goroutines) = self.process.goroutines() else {
            return;
        };
        let Some(sudogs) = Sudogs::new(&runtime) else {
            return;
        };
        let mut seen = FxHashSet::default();
        for goroutine in goroutines.list() {
            // Not the reason matters here, but what is linked.
            let Ok(waits) = waits_on(&runtime, &sudogs, goroutine, "", &Semaphores::default())
            else {
                continue;
            };
            for wait in waits.channels {
                if !seen.insert(wait.chan) {
                    continue;
                }
                let word = self.read(wait.chan.offset(elemtype.offset), 8);
                let descriptor = Addr(word_at(&word, 0));
                let ty = self.plans.id(self.types.of_descriptor(descriptor));
                if self.plans.plan(ty).is_some() {
                    self.part(Role::Chan, ty, wait.chan, Source::Header);
                }
            }
        }
    }

    /// Package variables, whose types DWARF knows.
    fn start_at_variables(&mut self, statics: &[StaticValue]) {
        for variable in self.types.package_variables(self.process.arch()) {
            if let Ok(at) = variable.place {
                self.variable(variable.ty, at, Source::Variable);
                // One at a time: what waits stays short, whatever there is.
                self.run();
            }
        }
        for value in statics {
            let id = self.plans.id(value.ty);
            let bytes = self.read(value.start, value.end.0 - value.start.0);
            self.values(id, &bytes, 0, value.count, Source::Variable);
            self.run();
        }
    }

    fn variable(&mut self, ty: TypeRef, at: Addr, source: Source) {
        let id = self.plans.id(ty);
        if let Some(plan) = self.plans.plan(id)
            && !plan.links.is_empty()
        {
            let bytes = self.read(at, plan.size);
            self.values(id, &bytes, 0, 1, source);
        }
    }

    /// Variables of frames, whose types DWARF knows, where they stand for certain.
    fn start_at_locals(&mut self) {
        if self.types.dwarf().is_none() {
            return;
        }
        let Ok(goroutines) = self.process.goroutines() else {
            return;
        };
        let mut frames = 0;
        for goroutine in goroutines.list() {
            let unwound = self.process.unwound(goroutine);
            for call in &unwound.calls {
                frames += 1;
                if frames > MOST_FRAMES {
                    return;
                }
                let Ok(found) = self.process.declared(&unwound, call) else {
                    continue;
                };
                for variable in found.variables {
                    if variable.standing != Standing::Exact || variable.shaped {
                        continue;
                    }
                    match variable.location {
                        Some(Location::Memory(at)) => {
                            self.variable(variable.ty, at, Source::Local);
                        }
                        Some(Location::Pieces(pieces)) => {
                            let mut bytes = Vec::new();
                            for piece in pieces {
                                let at = usize::try_from(piece.offset).unwrap_or(usize::MAX);
                                if at == bytes.len()
                                    && let Ok(more) = piece.bytes
                                {
                                    bytes.extend(more);
                                }
                            }
                            let id = self.plans.id(variable.ty);
                            self.values(id, &bytes, 0, 1, Source::Local);
                        }
                        None => {}
                    }
                    self.run();
                }
            }
        }
    }

    /// Interfaces in objects and package data of unknown type: a word that is a type or an itab, no pointer as the
    /// collector sees it, and behind it one that is (`cmd/compile/internal/typebits`, 1.19–1.27). A `*rtype` before some
    /// other pointer, in a structure or as two variables side by side, is a pointer to the collector.
    fn start_at_interfaces(&mut self) {
        let mut found: Vec<(Addr, Addr)> = Vec::new();
        for span in self.spans.list() {
            if span.is_noscan() {
                continue;
            }
            // Most spans have no object of unknown type, and the bytes of one in a heap dump have to be put together.
            let mut bytes = None;
            let mut scratch = Scratch::default();
            for (object, slot) in (span.first..).zip(self.spans.slots(span)) {
                if self.labels.id(object).is_some() {
                    continue;
                }
                let bytes = bytes.get_or_insert_with(|| self.pointers.bytes(span));
                let first = u64::from(slot) * span.elemsize;
                // The word after the last pointer: what comes before it is no first word of an interface.
                let mut after = first;
                self.pointers
                    .visit(span, bytes, slot, &mut scratch, |offset| {
                        if offset >= first + 8 && offset != after {
                            let (word, data) = (word_at(bytes, offset - 8), word_at(bytes, offset));
                            found.push((Addr(word), Addr(data)));
                        }
                        after = offset + 8;
                    });
                self.pairs(&mut found);
            }
        }
        if self.types.dwarf().is_none() {
            self.pairs_of_package_data();
        }
    }

    fn pairs_of_package_data(&mut self) {
        let mut found = Vec::new();
        let mut after = None;
        PackageData::of(self.process).words(|at, data| {
            if after != Some(at) && self.spans.at(data).is_some() {
                let word = at.0.checked_sub(8).map(Addr);
                found.extend(
                    word.and_then(|word| self.process.memory.ptr(word).ok().map(|w| (w, data))),
                );
            }
            after = Some(at.offset(8));
        });
        self.pairs(&mut found);
    }

    /// Takes those pairs for interfaces whose first word leads to a type.
    fn pairs(&mut self, found: &mut Vec<(Addr, Addr)>) {
        for (word, data) in found.drain(..) {
            if word.is_null() || self.spans.at(word).is_some() || self.spans.at(data).is_none() {
                continue;
            }
            if self.types.is_static(word) {
                self.interface(word, data, true, Source::Interface);
            } else if self.is_itab(word) {
                self.interface(word, data, false, Source::Interface);
            }
        }
        self.run();
    }

    /// Whether a word leads to an interface table: in package data or read-only data, with a type the linker made.
    fn is_itab(&self, word: Addr) -> bool {
        let Ok(symbols) = self.process.symbols() else {
            return false;
        };
        let near = symbols.modules().filter_map(|m| m.data.as_ref()).any(|m| {
            m.noptrdata.start <= word && word < m.noptrbss.end
                || m.types.start <= word && word < m.types.end
                || m.rodata <= word && word < m.noptrdata.end
        });
        near && self
            .interfaces
            .type_in_itab(word)
            .is_some_and(|ty| self.types.is_static(ty))
    }
}
