//! Functions, files and lines by pc, from the tables every Go program carries (pclntab, moduledata).
//!
//! The linker writes these for the runtime's own tracebacks, so no build flag removes them: a stripped program
//! symbolises exactly as well as one with DWARF, inlined calls included. [`Symbols`] holds one [`FuncTable`] per
//! module. Reading is lazy: opening finds the table and checks moduledata; nothing is decoded before its
//! function is asked for.

mod args;
mod bytes;
mod func;
mod inline;
mod itabs;
mod kind;
mod locate;
mod module_data;
mod name;
mod pclntab;
mod pcvalue;
mod table;

pub use args::{ArgWord, printed_args};
pub use func::{Func, FuncFlags, Position, Positions, funcdata, pcdata};
pub use inline::{InlineFrame, InlineFrames};
pub use itabs::{Itab, itabs};
pub use kind::FuncKind;
pub use module_data::{BitVector, ItabList, ModuleData, ModuleDataError, Slice, Span};
pub use name::{is_exported_runtime, printed as printed_name};
pub use pclntab::{Generation, Pclntab, PclntabError};
pub(crate) use pcvalue::Ascending;
pub use pcvalue::{PcRange, PcRanges};
pub use table::{FuncTable, TextSection};

use crate::addr::Addr;
use crate::layout::Layouts;
use crate::mapped::{Mapped, Shortfall};
use crate::memory::{MemoryExt, ReadError};

/// More modules than this are a cyclic or damaged list; programs have one, plus one per plugin.
const MAX_MODULES: usize = 256;

/// Why a program has no function tables.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SymbolsError {
    /// Nothing looks like a pc-line table.
    #[error("no pclntab: not a Go program, or its executable is not at hand")]
    NotFound,
    /// There is one, but it cannot be read.
    #[error(transparent)]
    Unreadable(#[from] PclntabError),
}

/// Why a module further down the list cannot be used.
#[derive(Debug, thiserror::Error)]
enum NoModule {
    #[error(transparent)]
    Data(#[from] ModuleDataError),
    #[error(transparent)]
    Memory(#[from] ReadError),
    #[error(transparent)]
    Table(#[from] PclntabError),
}

/// One module: its functions, and what moduledata says of it.
#[derive(Clone, Debug)]
pub struct Module<'a> {
    /// Its functions.
    pub funcs: FuncTable<'a>,
    /// Its moduledata; `None` when the core does not hold it or no layout fits.
    pub data: Option<ModuleData>,
}

impl Module<'_> {
    /// Code that the table covers.
    pub fn pcs(&self) -> Span {
        self.data.as_ref().map_or_else(
            || {
                let first = self.funcs.get(0).map_or(Addr::NULL, |f| f.entry);
                let last = self.funcs.len().checked_sub(1);
                let last = last.and_then(|last| self.funcs.get(last));
                Span {
                    start: first,
                    end: last.map_or(Addr::NULL, |f| f.end),
                }
            },
            |data| data.pcs,
        )
    }
}

/// Functions of every module of a process.
#[derive(Clone, Debug, Default)]
pub struct Symbols<'a> {
    modules: Vec<(Span, Module<'a>)>,
    /// What could not be had, for the report.
    pub shortfalls: Vec<Shortfall>,
}

impl<'a> Symbols<'a> {
    /// Finds the tables of a process. `layouts` are the candidates for moduledata, likeliest first: one when
    /// the Go version is known, several when not; the first that reads consistently is used.
    ///
    /// # Errors
    ///
    /// When there is no table to read at all. A missing moduledata is a shortfall, not an error.
    pub fn load(mapped: &Mapped<'a>, layouts: &[&dyn Layouts]) -> Result<Self, SymbolsError> {
        let found = locate::pclntab(mapped)
            .map_err(|why| why.map_or(SymbolsError::NotFound, SymbolsError::Unreadable))?;
        let memory = &mapped.memory;
        let mut why = None;
        let first = locate::words_equal(mapped, found.addr)
            .into_iter()
            .find_map(|addr| {
                layouts.iter().find_map(|layouts| {
                    let read = ModuleData::read(memory, *layouts, addr)
                        .and_then(|md| md.check(memory, *layouts, &found.pcln).map(|()| md));
                    read.map_err(|error| why = Some(error))
                        .ok()
                        .map(|md| (md, *layouts))
                })
            });
        let mut symbols = Self::default();
        let Some((first, layouts)) = first else {
            let why = why.map_or_else(
                || "not in the core: package data, types and inlined calls are limited".to_owned(),
                |error| error.to_string(),
            );
            let shortfall = Shortfall::damage("moduledata", why);
            symbols.shortfalls.push(shortfall);
            symbols.push(without_module_data(mapped, found));
            return Ok(symbols);
        };
        let mut next = first.next;
        let first = symbols.bounded(mapped, first);
        symbols.push(module(mapped, found, first));
        while !next.is_null() && symbols.modules.len() < MAX_MODULES {
            let at = next;
            if symbols
                .modules()
                .any(|m| m.data.as_ref().is_some_and(|d| d.addr == at))
            {
                break;
            }
            match further_module(mapped, layouts, at) {
                Ok((found, data)) => {
                    next = data.next;
                    if !data.bad {
                        let data = symbols.bounded(mapped, data);
                        symbols.push(module(mapped, found, data));
                    }
                }
                Err(why) => {
                    let what = format!("module at {at}");
                    let shortfall = Shortfall::damage(&what, why.to_string());
                    symbols.shortfalls.push(shortfall);
                    break;
                }
            }
        }
        Ok(symbols)
    }

    /// The module with its data no longer than it can be: each part ends where memory or the next part begins
    /// (`cmd/link/internal/ld/data.go:dodata`). A damaged end would make the whole heap package data.
    fn bounded(&mut self, mapped: &Mapped<'_>, mut data: ModuleData) -> ModuleData {
        let starts = [data.noptrdata, data.data, data.bss, data.noptrbss].map(|part| part.start);
        let (at, shortfalls) = (data.addr, &mut self.shortfalls);
        for (part, name) in [
            (&mut data.noptrdata, "enoptrdata"),
            (&mut data.data, "edata"),
            (&mut data.bss, "ebss"),
            (&mut data.noptrbss, "enoptrbss"),
        ] {
            let above = starts.iter().copied().filter(|start| *start > part.start);
            let most = above.chain([mapped_until(mapped, part.start)]).min();
            if let Some(most) = most
                && part.end > most.max(part.start)
            {
                let why = format!("{name} is {}, but the data ends before {most}", part.end);
                part.end = most.max(part.start);
                // A heap dump has the parts with pointers only (`runtime/heapdump.go:dumproots`).
                if mapped.heap_dump.is_some() && name.starts_with("enoptr") {
                    continue;
                }
                shortfalls.push(Shortfall::damage(&format!("moduledata at {at}"), why));
            }
        }
        data
    }

    fn push(&mut self, module: Module<'a>) {
        self.modules.push((module.pcs(), module));
    }

    /// Every module, the main one first.
    pub fn modules(&self) -> impl Iterator<Item = &Module<'a>> {
        self.modules.iter().map(|(_, module)| module)
    }

    /// The module of the program itself.
    pub fn main(&self) -> Option<&Module<'a>> {
        self.modules().next()
    }

    /// The function whose code covers `pc`; `None` for C code and wild addresses.
    #[inline]
    pub fn find(&self, pc: Addr) -> Option<Func<'_>> {
        let (_, module) = self.modules.iter().find(|(pcs, _)| pcs.contains(pc))?;
        module.funcs.find(pc)
    }

    /// Every function of every module.
    pub fn funcs(&self) -> impl Iterator<Item = Func<'_>> {
        self.modules().flat_map(|module| module.funcs.iter())
    }

    /// The function of exactly this name, as the linker stores it.
    pub fn by_name(&self, name: &str) -> Option<Func<'_>> {
        self.modules().find_map(|module| module.funcs.by_name(name))
    }
}

/// The end of the mappings that follow each other from an address on, dumped or not.
fn mapped_until(mapped: &Mapped<'_>, start: Addr) -> Addr {
    let regions = mapped.memory.regions();
    let first = regions.partition_point(|region| region.end <= start);
    let following = regions.get(first..).unwrap_or_default().iter();
    following.fold(start, |until, region| {
        let follows = region.start <= until && until < region.end;
        if follows { region.end } else { until }
    })
}

/// A module whose moduledata was read.
fn module<'a>(mapped: &Mapped<'a>, found: locate::Found<'a>, data: ModuleData) -> Module<'a> {
    let gofunc = mapped.memory.run_at(data.gofunc).ok();
    Module {
        funcs: FuncTable::new(
            found.pcln,
            found.addr,
            data.text.start,
            data.text_sections.clone(),
            gofunc.map(|bytes| (data.gofunc, bytes)),
        ),
        data: Some(data),
    }
}

/// A plugin or shared module further down the list.
fn further_module<'a>(
    mapped: &Mapped<'a>,
    layouts: &dyn Layouts,
    addr: Addr,
) -> Result<(locate::Found<'a>, ModuleData), NoModule> {
    let memory = &mapped.memory;
    let data = ModuleData::read(memory, layouts, addr)?;
    let bytes = memory.run_at(data.pc_header)?;
    let pcln = Pclntab::parse(bytes, mapped.arch())?;
    data.check(memory, layouts, &pcln)?;
    let addr = data.pc_header;
    Ok((locate::Found { addr, pcln }, data))
}

/// Without moduledata: text's address from the table itself (up to 1.25), else from the symbol table or the
/// section; funcdata from the symbol table or not at all.
fn without_module_data<'a>(mapped: &Mapped<'a>, found: locate::Found<'a>) -> Module<'a> {
    let in_core = mapped.memory.u64(found.addr.offset(24)).ok();
    let stated = in_core.unwrap_or(found.pcln.text_start);
    let section = mapped.executable.and_then(|exe| exe.section(".text"));
    let text = Some(Addr(stated))
        .filter(|addr| !addr.is_null())
        .or_else(|| mapped.symbol("runtime.text"))
        .or_else(|| section.map(|s| s.addr.to_process(mapped.bias)))
        .unwrap_or_default();
    let gofunc = ["go:func.*", "go.func.*"]
        .iter()
        .find_map(|name| mapped.symbol(name))
        .and_then(|addr| Some((addr, mapped.memory.run_at(addr).ok()?)));
    Module {
        funcs: FuncTable::new(found.pcln, found.addr, text, Vec::new(), gofunc),
        data: None,
    }
}
