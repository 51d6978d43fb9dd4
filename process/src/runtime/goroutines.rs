//! Every goroutine of the process: the walk over `runtime.allgs`.
//!
//! `allgs` never shrinks and holds dead gs too, which are counted but not listed. The list is believed only
//! as far as it makes sense: entries must be readable, distinct, not overlapping, and have a status of
//! the runtime's. So a length field full of garbage costs no more than the core has bytes.

use super::goroutine::{GError, GReader};
use super::{Goroutine, Runtime};
use crate::addr::{Addr, GoId};
use crate::layout::FieldError;
use crate::memory::MemoryExt;
use dumpview_model::goroutine::Status;
use rustc_hash::FxHashMap;

/// Something about the walk that makes its answer less than whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// What is missing or odd, in words.
    pub text: String,
    /// How many entries it concerns.
    pub count: u64,
}

/// All goroutines that are not dead, in the order of `allgs` (oldest g first; gs are reused, so ids are not
/// in order).
#[derive(Clone, Debug, Default)]
pub struct Goroutines {
    list: Vec<Goroutine>,
    by_id: FxHashMap<GoId, usize>,
    by_addr: FxHashMap<Addr, usize>,
    /// Dead gs that the list holds for reuse.
    pub dead: u64,
    /// Length of `allgs`.
    pub allglen: u64,
    /// What could not be had; empty when the list is whole.
    pub notes: Vec<Note>,
}

/// Kinds of trouble are counted; only the first of each is told in full.
#[derive(Default)]
struct Trouble {
    unreadable: Option<(GError, u64)>,
    status: Option<(GError, u64)>,
    overlapping: u64,
}

impl Goroutines {
    /// Walks `runtime.allgs`.
    ///
    /// # Errors
    ///
    /// When there is no list to walk: the variable or a field of `g` is unknown, or the slice header cannot be
    /// read. A list with holes is not an error: see [`Self::notes`].
    pub fn read(runtime: &Runtime<'_>) -> Result<Self, FieldError> {
        let reader = GReader::new(*runtime)?;
        let (array, len, doubt) = all_gs(runtime)?;
        let mut goroutines = Self {
            allglen: len,
            notes: doubt.into_iter().collect(),
            ..Self::default()
        };
        let mut trouble = Trouble::default();
        goroutines.walk(runtime, &reader, array, &mut trouble);
        goroutines.tell(trouble);
        Ok(goroutines)
    }

    fn walk(
        &mut self,
        runtime: &Runtime<'_>,
        reader: &GReader<'_>,
        array: Addr,
        trouble: &mut Trouble,
    ) {
        let pointers = self.pointers(runtime, array);
        let overlaps = overlapping(&pointers, reader.size);
        for (addr, bad) in pointers.into_iter().zip(overlaps) {
            if bad {
                trouble.overlapping += 1;
                continue;
            }
            let slot = match reader.read(addr) {
                // `allgadd` throws at an idle g: what has this status is memory that never was one.
                Ok(Some(g)) if g.status == Status::Idle => {
                    let status = 0;
                    (&mut trouble.status, GError::Status { addr, status })
                }
                Ok(Some(g)) => {
                    self.push(g);
                    continue;
                }
                Ok(None) => {
                    self.dead += 1;
                    continue;
                }
                Err(error @ GError::Status { .. }) => (&mut trouble.status, error),
                Err(error) => (&mut trouble.unreadable, error),
            };
            let (count, error) = slot;
            count.get_or_insert((error, 0)).1 += 1;
        }
    }

    fn push(&mut self, g: Goroutine) {
        let index = self.list.len();
        self.by_id.entry(g.id).or_insert(index);
        self.by_addr.insert(g.addr, index);
        self.list.push(g);
    }

    /// The entries of the list, as far as they can be read.
    fn pointers(&mut self, runtime: &Runtime<'_>, array: Addr) -> Vec<Addr> {
        let mut pointers = Vec::new();
        let mut at = array;
        let mut left = self.allglen.saturating_mul(8);
        while left > 0 {
            let run = match runtime.memory.run(at, left) {
                Ok(run) if run.len() >= 8 => run,
                Ok(_) => break,
                Err(error) => {
                    self.notes.push(Note {
                        text: format!("the list of goroutines ends early: {error}"),
                        count: left / 8,
                    });
                    break;
                }
            };
            let (words, _) = run.as_chunks::<8>();
            pointers.extend(words.iter().map(|w| Addr(u64::from_le_bytes(*w))));
            let read = (words.len() as u64).saturating_mul(8);
            at = at.offset(read);
            left = left.saturating_sub(read);
        }
        pointers
    }

    fn tell(&mut self, trouble: Trouble) {
        let mut note = |text: String, count| self.notes.push(Note { text, count });
        if let Some((first, count)) = trouble.unreadable {
            note(
                format!("goroutines that cannot be read, first {first}"),
                count,
            );
        }
        if let Some((first, count)) = trouble.status {
            note(
                format!("entries that are no goroutines, first {first}"),
                count,
            );
        }
        if trouble.overlapping > 0 {
            note(
                "entries that point at or into another goroutine".to_owned(),
                trouble.overlapping,
            );
        }
    }

    /// All of them.
    pub fn list(&self) -> &[Goroutine] {
        &self.list
    }

    /// The goroutine with an id.
    pub fn by_id(&self, id: GoId) -> Option<&Goroutine> {
        self.list.get(*self.by_id.get(&id)?)
    }

    /// The goroutine whose `g` stands at an address.
    pub fn by_addr(&self, addr: Addr) -> Option<&Goroutine> {
        self.list.get(*self.by_addr.get(&addr)?)
    }
}

/// Array and length of `allgs`, and what is wrong with them. `allgptr` and `allglen` are its copies for readers without
/// a lock: they are stored after the slice has grown (`runtime/proc.go:allgadd`, 1.19–1.27), so `allglen` is the
/// slice's length or one less. Where they differ by more, one of them is damaged, and a slice that agrees with itself
/// is believed.
fn all_gs(runtime: &Runtime<'_>) -> Result<(Addr, u64, Option<Note>), FieldError> {
    let slice = runtime.variable("allgs", |memory, at| {
        let [len, cap] = [8, 16].map(|offset| memory.u64(at.offset(offset)));
        Ok((memory.ptr(at)?, len?, cap?))
    });
    let array = runtime.variable("allgptr", MemoryExt::ptr);
    let len = runtime.variable("allglen", MemoryExt::u64);
    let (Ok(array), Ok(len)) = (array, len) else {
        return slice.map(|(array, len, _)| (array, len, None));
    };
    let Ok((own_array, own_len, cap)) = slice else {
        return Ok((array, len, None));
    };
    if own_len == len || own_len == len.saturating_add(1) {
        return Ok((array, len, None));
    }
    let sound = own_array == array && own_len <= cap;
    let doubt = Note {
        text: format!("runtime.allglen says {len} goroutines, runtime.allgs {own_len}"),
        count: 1,
    };
    let len = if sound { own_len } else { len };
    Ok((array, len, Some(doubt)))
}

/// For each address, whether it stands at or within `size` bytes behind another entry: gs are objects of
/// their own, so the later one is no g.
fn overlapping(pointers: &[Addr], size: u64) -> Vec<bool> {
    let mut order: Vec<usize> = (0..pointers.len()).collect();
    let addr = |index: usize| pointers.get(index).copied().unwrap_or_default();
    order.sort_by_key(|index| (addr(*index), *index));
    let mut bad = vec![false; pointers.len()];
    let mut last: Option<Addr> = None;
    for index in order {
        let here = addr(index);
        if last.is_some_and(|last| here.0 - last.0 < size) {
            if let Some(flag) = bad.get_mut(index) {
                *flag = true;
            }
        } else {
            last = Some(here);
        }
    }
    bad
}
