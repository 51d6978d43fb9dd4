//! One `mspan` as it lies in memory, believed as far as it agrees with itself and with the heap's own map.

use super::pages::ArenaMap;
use super::span::{ManualSpan, PAGE, Span, SweepState};
use crate::addr::Addr;
use crate::layout::{Field, FieldError};
use crate::memory::Memory;
use crate::runtime::Runtime;

/// Bytes of a slot by size class, large objects aside (`runtime/sizeclasses.go`, since 1.25
/// `internal/runtime/gc/sizeclasses.go`; the same in 1.19–1.27).
pub const SIZE_CLASSES: [u64; 68] = [
    0, 8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320,
    352, 384, 416, 448, 480, 512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792,
    2048, 2304, 2688, 3072, 3200, 3456, 4096, 4864, 5376, 6144, 6528, 6784, 6912, 8192, 9472, 9728,
    10240, 10880, 12288, 13568, 14336, 16384, 18432, 19072, 20480, 21760, 24576, 27264, 28672,
    32768,
];

/// No span has more slots: a page of 8-byte objects (`runtime/sizeclasses.go`). So the bits of a span take no more
/// memory than its `mspan` does, whatever a damaged core claims.
const MOST_SLOTS: u64 = 1024;

/// The places of an `mspan`'s fields, looked up once.
pub(super) struct Fields {
    pub size: u64,
    start: Field,
    npages: Field,
    freeindex: Field,
    nelems: Field,
    alloc_bits: Field,
    sweepgen: Field,
    alloc_count: Field,
    before_cache: Field,
    spanclass: Field,
    state: Field,
    elemsize: Field,
    specials: Field,
    user_arena: Option<Field>,
    large_type: Option<Field>,
    states: States,
}

/// `mSpanState` by name.
struct States {
    in_use: u64,
    manual: u64,
}

/// What is said of each slot of a span.
#[derive(Debug, Default)]
pub(super) struct SlotBits {
    /// Those that are allocated.
    pub allocated: Vec<u64>,
    /// Of these, those allocated since the span was last swept; none where that is not known.
    pub since_sweep: Option<Vec<u64>>,
}

/// One `mspan` as read.
pub(super) enum Read {
    Dead,
    Manual(ManualSpan),
    Objects(Span, SlotBits),
    /// What is wrong with it.
    Bad(&'static str),
}

impl Fields {
    pub fn of(runtime: &Runtime<'_>) -> Result<Self, FieldError> {
        let layouts = runtime.layouts;
        let maybe = |path: &str| layouts.field("runtime.mspan", path);
        let field = |path: &str| {
            maybe(path).ok_or_else(|| FieldError::NoSuchField {
                structure: "runtime.mspan".to_owned(),
                path: path.to_owned(),
            })
        };
        let constant = |name: &str, default: u64| {
            layouts
                .constant(name)
                .and_then(|value| u64::try_from(value).ok())
                .unwrap_or(default)
        };
        Ok(Self {
            size: layouts.size_of("runtime.mspan").unwrap_or_default(),
            start: field("startAddr")?,
            npages: field("npages")?,
            freeindex: field("freeindex")?,
            nelems: field("nelems")?,
            alloc_bits: field("allocBits")?,
            sweepgen: field("sweepgen")?,
            alloc_count: field("allocCount")?,
            before_cache: field("allocCountBeforeCache")?,
            spanclass: field("spanclass")?,
            state: field("state")?,
            elemsize: field("elemsize")?,
            specials: field("specials")?,
            user_arena: maybe("isUserArenaChunk"),
            large_type: maybe("largeType"),
            // The numbers are those of every release, should the layout have no constants.
            states: States {
                in_use: constant("runtime.mSpanInUse", 1),
                manual: constant("runtime.mSpanManual", 2),
            },
        })
    }

    pub fn read(
        &self,
        memory: &dyn Memory,
        map: Option<&ArenaMap<'_>>,
        addr: Addr,
        sweepgen: u32,
    ) -> Read {
        let Ok(bytes) = memory.bytes(addr, self.size) else {
            return Read::Bad("an mspan is not in the core");
        };
        let get = |field: Field| word(&bytes, field);
        let state = get(Field {
            size: 1,
            ..self.state
        });
        if state != self.states.in_use && state != self.states.manual {
            return Read::Dead;
        }
        let start = Addr(get(self.start));
        let npages = get(self.npages);
        let Ok(pages) = u32::try_from(npages) else {
            return Read::Bad("a span has more pages than there is memory");
        };
        let end = start.0.checked_add(npages.saturating_mul(PAGE));
        if !start.0.is_multiple_of(PAGE) || pages == 0 || end.is_none_or(|end| end > 1 << 48) {
            return Read::Bad("a span is not where a span can be");
        }
        // Every page of a span in use leads back to it (`mheap.setSpans`); so do first and last of a span of the runtime's.
        let first = start.0 / PAGE;
        if map.is_some_and(|map| !map.has(addr, first) || !map.has(addr, first + npages - 1)) {
            return Read::Bad("a span is not where the heap's own map has it");
        }
        if state == self.states.manual {
            return Read::Manual(ManualSpan {
                start,
                npages: pages,
            });
        }
        let (elemsize, nelems) = (get(self.elemsize), get(self.nelems));
        let (class, freeindex) = (get(self.spanclass) >> 1, get(self.freeindex));
        let of_class = usize::try_from(class)
            .ok()
            .and_then(|at| SIZE_CLASSES.get(at));
        if class != 0 && of_class != Some(&elemsize) || freeindex > nelems {
            return Read::Bad("a span's slots are not those of its class");
        }
        let fits = elemsize
            .checked_mul(nelems)
            .is_some_and(|all| all <= npages * PAGE);
        if elemsize == 0 || nelems > MOST_SLOTS || !fits {
            return Read::Bad("a span has more slots than it has room for");
        }
        let Ok(bits) = allocation_bits(memory, Addr(get(self.alloc_bits)), nelems, freeindex)
        else {
            return Read::Bad("a span's allocation bits are not in the core");
        };
        let narrow = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
        let optional = |field: Option<Field>| field.map_or(0, get);
        let span = Span {
            start,
            npages: pages,
            spanclass: u8::try_from(get(self.spanclass)).unwrap_or(0),
            user_arena: optional(self.user_arena) != 0,
            sweep: SweepState::of(narrow(get(self.sweepgen)), sweepgen),
            elemsize,
            nelems: narrow(nelems),
            allocated: bits.allocated.iter().map(|word| word.count_ones()).sum(),
            alloc_count: narrow(get(self.alloc_count)),
            counted_before_cache: narrow(get(self.before_cache)),
            first: 0,
            specials: Addr(get(self.specials)),
            large_type: Addr(optional(self.large_type)),
            bits: 0,
            knows_new: bits.since_sweep.is_some(),
            reciprocal: narrow((1u64 << 32).div_ceil(elemsize)),
        };
        Read::Objects(span, bits)
    }
}

/// An unsigned integer at a field's place.
fn word(bytes: &[u8], field: Field) -> u64 {
    let at = usize::try_from(field.offset).unwrap_or(usize::MAX);
    let mut le = [0u8; 8];
    let size = usize::try_from(field.size).unwrap_or(8).min(8);
    if let Some(from) = at.checked_add(size).and_then(|end| bytes.get(at..end))
        && let Some(to) = le.get_mut(..size)
    {
        to.copy_from_slice(from);
    }
    u64::from_le_bytes(le)
}

/// The allocated slots as bits: all below `freeindex`, and those that `allocBits` names, which the last sweep found marked. So
/// what stands below `freeindex` and is not named was allocated since (`runtime/mbitmap.go:nextFreeIndex`, 1.19–1.27).
fn allocation_bits(
    memory: &dyn Memory,
    at: Addr,
    nelems: u64,
    freeindex: u64,
) -> Result<SlotBits, ()> {
    let count = usize::try_from(nelems.div_ceil(64)).map_err(|_| ())?;
    let mut allocated = vec![0u64; count];
    let named = memory.bytes(at, nelems.div_ceil(8));
    if let Ok(bytes) = &named {
        for (word, eight) in allocated.iter_mut().zip(bytes.chunks(8)) {
            let mut le = [0u8; 8];
            if let Some(to) = le.get_mut(..eight.len()) {
                to.copy_from_slice(eight);
            }
            *word = u64::from_le_bytes(le);
        }
    } else if freeindex < nelems {
        return Err(());
    }
    let mut since = Vec::with_capacity(count);
    for (word, first) in allocated.iter_mut().zip((0u64..).step_by(64)) {
        let handed_out = low_bits(freeindex.saturating_sub(first)) & low_bits(nelems - first);
        since.push(handed_out & !*word);
        *word = (*word | handed_out) & low_bits(nelems - first);
    }
    Ok(SlotBits {
        allocated,
        since_sweep: named.is_ok().then_some(since),
    })
}

/// A word whose lowest `count` bits are set; all of them from 64 on.
pub(super) const fn low_bits(count: u64) -> u64 {
    if count >= 64 {
        u64::MAX
    } else {
        (1 << count) - 1
    }
}
