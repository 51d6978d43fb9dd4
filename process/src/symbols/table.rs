//! One module's functions: found by pc, by name, or walked in address order.

use super::bytes::{from, u32_at};
use super::func::{Func, table_str};
use super::pclntab::Pclntab;
use crate::addr::Addr;
use std::collections::BTreeSet;

/// One text section of a module whose text the linker had to split (`runtime.textsect`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TextSection {
    /// Offsets from text, as ftab counts them: first.
    pub vaddr: u64,
    /// First after.
    pub end: u64,
    /// Where the section was loaded.
    pub base: Addr,
}

/// The functions of one module. Finding a function is a binary search without allocation.
#[derive(Clone, Debug)]
pub struct FuncTable<'a> {
    pcln: Pclntab<'a>,
    addr: Addr,
    text: Addr,
    sections: Vec<TextSection>,
    gofunc: Option<(Addr, &'a [u8])>,
    wrapper_id: Option<u8>,
}

impl<'a> FuncTable<'a> {
    /// The table whose header stands at `addr`, for code at `text`. `gofunc` is where funcdata starts, with the
    /// bytes from there on; without it inlined calls and argument words are not known. `sections` is empty
    /// unless the linker split the text.
    pub fn new(
        pcln: Pclntab<'a>,
        addr: Addr,
        text: Addr,
        sections: Vec<TextSection>,
        gofunc: Option<(Addr, &'a [u8])>,
    ) -> Self {
        let mut table = Self {
            pcln,
            addr,
            text,
            sections,
            gofunc,
            wrapper_id: None,
        };
        // `FuncIDWrapper` closes the list in every release, right after `systemstack_switch`, which every
        // program links (`internal/abi/symtab.go`); the numbers themselves shift.
        table.wrapper_id = table
            .by_name("runtime.systemstack_switch")
            .and_then(|f| f.func_id().checked_add(1))
            .filter(|id| *id > 1);
        table
    }

    /// The tables.
    pub const fn pcln(&self) -> &Pclntab<'a> {
        &self.pcln
    }

    /// Where the header stands.
    pub const fn addr(&self) -> Addr {
        self.addr
    }

    /// The address that function offsets count from.
    pub const fn text(&self) -> Addr {
        self.text
    }

    /// Bytes of funcdata from `moduledata.gofunc` on; empty when not at hand.
    pub fn gofunc(&self) -> &'a [u8] {
        self.gofunc.map_or(&[], |(_, bytes)| bytes)
    }

    /// `moduledata.gofunc`.
    pub fn gofunc_addr(&self) -> Option<Addr> {
        self.gofunc.map(|(addr, _)| addr)
    }

    /// Number of functions.
    pub const fn len(&self) -> u32 {
        self.pcln.nfunc
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.pcln.nfunc == 0
    }

    /// Whether `id` is the `funcID` of compiler-made wrappers, which tracebacks leave out.
    pub fn is_wrapper_id(&self, id: u8) -> bool {
        self.wrapper_id == Some(id)
    }

    /// The address of an ftab offset (`moduledata.textAddr`).
    fn addr_of(&self, offset: u32) -> Addr {
        let offset = u64::from(offset);
        if self.sections.len() > 1 {
            let last = self.sections.last();
            let section = self
                .sections
                .iter()
                .find(|s| s.vaddr <= offset && offset < s.end)
                .or(last.filter(|s| offset == s.end));
            if let Some(section) = section {
                return section.base.offset(offset - section.vaddr);
            }
        }
        self.text.offset(offset)
    }

    /// The ftab offset of an address (`moduledata.textOff`).
    #[inline]
    fn offset_of(&self, pc: Addr) -> Option<u32> {
        let plain = pc.since(self.text)?;
        if self.sections.len() <= 1 {
            return u32::try_from(plain).ok();
        }
        let section = self.sections.iter().find(|s| {
            pc.since(s.base)
                .is_some_and(|at| at < s.end.saturating_sub(s.vaddr))
        });
        let offset = section.map_or(plain, |s| pc.0 - s.base.0 + s.vaddr);
        u32::try_from(offset).ok()
    }

    /// The function whose code covers `pc`.
    #[inline]
    pub fn find(&self, pc: Addr) -> Option<Func<'_>> {
        self.get(self.pcln.index_at(self.offset_of(pc)?)?)
    }

    /// The function by its number in address order.
    #[inline]
    pub fn get(&self, index: u32) -> Option<Func<'_>> {
        if index >= self.pcln.nfunc {
            return None;
        }
        let (entry, record) = self.pcln.ftab(index)?;
        let (end, _) = self.pcln.ftab(index.checked_add(1)?)?;
        Some(Func {
            table: self,
            index,
            record: from(self.pcln.funcs, u64::from(record)),
            entry: self.addr_of(entry),
            end: self.addr_of(end),
        })
    }

    /// Every function in address order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Func<'_>> {
        let count = usize::try_from(self.pcln.nfunc).unwrap_or_default();
        // `get` answers for every index below `nfunc`, since `Pclntab::parse` checked that ftab holds them.
        (0..count).map(|index| {
            let index = u32::try_from(index).unwrap_or_default();
            self.get(index).unwrap_or(Func {
                table: self,
                index,
                record: &[],
                entry: Addr::NULL,
                end: Addr::NULL,
            })
        })
    }

    /// The function of exactly this name as the linker stores it; a walk over all names.
    pub fn by_name(&self, name: &str) -> Option<Func<'_>> {
        // Find the string once, then compare offsets: names are stored once each.
        let needle = [name.as_bytes(), b"\0"].concat();
        let finder = memchr::memmem::Finder::new(&needle);
        let offset = finder.find_iter(self.pcln.names).find(|at| {
            at.checked_sub(1)
                .is_none_or(|before| self.pcln.names.get(before) == Some(&0))
        })?;
        let offset = u32::try_from(offset).ok()?;
        (0..self.pcln.nfunc).find_map(|index| {
            let (_, record) = self.pcln.ftab(index)?;
            let at = usize::try_from(record).ok()?.checked_add(4)?;
            (u32_at(self.pcln.funcs, at)? == offset).then(|| self.get(index))?
        })
    }

    /// Every source file that contributed code, sorted, once each.
    pub fn files(&self) -> BTreeSet<&str> {
        let offsets: BTreeSet<u32> = self
            .pcln
            .cutab
            .chunks_exact(4)
            .filter_map(|entry| u32_at(entry, 0))
            .filter(|offset| *offset != u32::MAX)
            .collect();
        offsets
            .into_iter()
            .filter_map(|offset| table_str(self.pcln.files, u64::from(offset)))
            .filter(|file| !file.is_empty())
            .collect()
    }

    pub(super) fn name_at(&self, offset: u32) -> &'a str {
        table_str(self.pcln.names, u64::from(offset)).unwrap_or_default()
    }

    /// File number `file` of the compilation unit whose part of cutab starts at entry `unit`.
    pub(super) fn file_at(&self, unit: u32, file: u32) -> Option<&'a str> {
        let entry = usize::try_from(unit.checked_add(file)?).ok()?;
        let offset = u32_at(self.pcln.cutab, entry.checked_mul(4)?)?;
        if offset == u32::MAX {
            return None;
        }
        table_str(self.pcln.files, u64::from(offset))
    }
}
