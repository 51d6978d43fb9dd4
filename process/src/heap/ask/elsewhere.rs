//! What an address is that no object covers.

use crate::addr::Addr;
use crate::heap::Analysis;
use crate::heap::spans::PAGE;
use crate::memory::{MemoryExt, RegionSource};

impl Analysis<'_, '_> {
    /// What there is at an address instead of an object, in words.
    pub(super) fn elsewhere(&self, addr: Addr) -> String {
        if addr.is_null() {
            return "nil".to_owned();
        }
        if let Some(span) = self.heap.spans.at(addr) {
            return match span.slot_at(addr) {
                Some(_) => format!("a free slot of {} bytes", span.elemsize),
                None => "the end of a span, which belongs to no slot".to_owned(),
            };
        }
        if let Ok(goroutines) = self.process.goroutines()
            && let Some(g) = goroutines.list().iter().find(|g| g.stack.holds(addr))
        {
            return format!("it lies on the stack of goroutine {}", g.id.0);
        }
        if let Some((start, _, name)) = self.heap.roots.variables.at(addr) {
            let at = addr.since(start).unwrap_or(0);
            return if at == 0 {
                format!("the package variable {name}")
            } else {
                format!("it lies in the package variable {name}, at byte {at}")
            };
        }
        if let Ok(symbols) = self.process.symbols()
            && let Some(func) = symbols.find(addr)
        {
            return format!("code of {}", func.name());
        }
        let manual = self.heap.spans.manual();
        let after = manual.partition_point(|span| span.start <= addr);
        if let Some(span) = after.checked_sub(1).and_then(|at| manual.get(at))
            && addr < span.start.offset(u64::from(span.npages) * PAGE)
        {
            return "it lies in a span without objects: a stack, or the runtime's own".to_owned();
        }
        if let Err(error) = self.process.memory.uint(addr, 1) {
            return error.why.as_str().to_owned();
        }
        let regions = self.process.memory.regions();
        let region = regions.iter().find(|r| r.start <= addr && addr < r.end);
        match region.map(|region| &region.source) {
            Some(RegionSource::File(_)) => "it lies in a mapped file".to_owned(),
            _ => "it lies outside the Go heap".to_owned(),
        }
    }
}
