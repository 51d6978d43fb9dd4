//! The pc-line table's container: its header, its five tables, and which release wrote it.
//!
//! `runtime/symtab.go:pcHeader`, written by `cmd/link/internal/ld/pcln.go`; unchanged in shape since Go 1.18.
//! All tables stand behind the header at offsets it states:
//!
//! ```text
//! header │ funcnametab │ cutab │ filetab │ pctab │ ftab, then the _func records
//!        └ funcnameOffset └ cuOffset └ filetabOffset └ pctabOffset └ pclnOffset
//! ```
//!
//! This module cuts the bytes into those tables and checks that they can be cut; what the records say is
//! read in [`super::func`].

use super::bytes::{u32_at, u64_at};
use crate::arch::Arch;

/// Size of `runtime.pcHeader`, the same since 1.18.
const HEADER_SIZE: u64 = 72;

/// More functions than any linker emits (it refuses above 2^31 bytes of text), fewer than would fill memory.
const MAX_FUNCS: u64 = 1 << 26;

/// What in the table's records depends on the release.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Generation {
    /// 1.18 and 1.19: `_func` of 40 bytes, inline records of 20.
    Go118,
    /// 1.20 to 1.27: `startLine` added (`_func` of 44 bytes), inline records of 16.
    Go120,
}

impl Generation {
    /// Bytes of `_func` before the pcdata offsets.
    pub const fn func_size(self) -> u64 {
        match self {
            Self::Go118 => 40,
            Self::Go120 => 44,
        }
    }
}

/// Why bytes are not a pc-line table that can be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PclntabError {
    /// No magic number of any release.
    #[error("no pclntab: magic is {found:#x}")]
    BadMagic {
        /// The word found instead.
        found: u32,
    },
    /// A release whose tables have another shape.
    #[error("pclntab of {release}: releases before Go 1.18 are not read")]
    TooOld {
        /// Which releases write this magic.
        release: &'static str,
    },
    /// Written for another architecture.
    #[error("pclntab for instructions of {min_lc} and pointers of {ptr_size} bytes, not {arch}")]
    OtherArch {
        /// `minLC`.
        min_lc: u8,
        /// `ptrSize`.
        ptr_size: u8,
        /// The architecture of the process.
        arch: &'static str,
    },
    /// Offsets that do not ascend, or point past the end of the bytes.
    #[error("pclntab: {what} is {found:#x}, but {bound:#x} bounds it")]
    OutOfOrder {
        /// Which field.
        what: &'static str,
        /// Its value.
        found: u64,
        /// What it may not exceed (or, for an offset, must follow).
        bound: u64,
    },
}

/// The tables of one module, as slices. Cheap to copy.
#[derive(Clone, Copy, Debug)]
pub struct Pclntab<'a> {
    /// Which record shapes it holds.
    pub generation: Generation,
    /// Unit of pc deltas.
    pub min_lc: u64,
    /// Number of functions.
    pub nfunc: u32,
    /// `textStart` of the header: the text address up to 1.25, zero since.
    pub text_start: u64,
    /// `funcnameOffset`: where [`Self::names`] starts from the header, by which moduledata is recognised.
    pub names_offset: u64,
    /// Function names, NUL-terminated.
    pub names: &'a [u8],
    /// File offsets of each compilation unit.
    pub cutab: &'a [u8],
    /// File names, NUL-terminated.
    pub files: &'a [u8],
    /// Pc-value streams.
    pub pctab: &'a [u8],
    /// `ftab` at its head; `_func` records at offsets from its start.
    pub funcs: &'a [u8],
}

impl<'a> Pclntab<'a> {
    /// Whether `bytes` begin like a table this reader knows or knows to be too old.
    pub fn recognizes(bytes: &[u8], arch: Arch) -> bool {
        let magic = u32_at(bytes, 0);
        magic.is_some_and(|m| generation(m).is_ok() || too_old(m).is_some())
            && bytes.get(4..6) == Some(&[0, 0])
            && bytes.get(6).is_some_and(|b| u64::from(*b) == arch.min_lc())
            && bytes.get(7) == Some(&8)
    }

    /// Cuts the table that starts at the head of `bytes`. More bytes than the table has do no harm.
    ///
    /// # Errors
    ///
    /// See [`PclntabError`].
    pub fn parse(bytes: &'a [u8], arch: Arch) -> Result<Self, PclntabError> {
        let magic = u32_at(bytes, 0).unwrap_or_default();
        let generation = generation(magic)?;
        let (min_lc, ptr_size) = match bytes.get(6..8) {
            Some(&[min_lc, ptr_size]) => (min_lc, ptr_size),
            _ => (0, 0),
        };
        if u64::from(min_lc) != arch.min_lc() || ptr_size != 8 {
            return Err(PclntabError::OtherArch {
                min_lc,
                ptr_size,
                arch: arch.name(),
            });
        }
        let word = |offset: usize| u64_at(bytes, offset).unwrap_or_default();
        let offsets = [
            ("funcnameOffset", word(32)),
            ("cuOffset", word(40)),
            ("filetabOffset", word(48)),
            ("pctabOffset", word(56)),
            ("pclnOffset", word(64)),
        ];
        let mut low = HEADER_SIZE;
        for (what, found) in offsets {
            let len = bytes.len() as u64;
            let bound = if found < low { low } else { len };
            if found < low || found > len {
                return Err(PclntabError::OutOfOrder { what, found, bound });
            }
            low = found;
        }
        let [names, cutab, files, pctab, funcs] = offsets.map(|(_, offset)| offset);
        let nfunc = word(8);
        let ftab_room = (bytes.len() as u64 - funcs) / 8;
        if nfunc > MAX_FUNCS || nfunc >= ftab_room {
            return Err(PclntabError::OutOfOrder {
                what: "nfunc",
                found: nfunc,
                bound: ftab_room.min(MAX_FUNCS),
            });
        }
        let cut = |from: u64, to: u64| {
            let range = usize::try_from(from).ok()?..usize::try_from(to).ok()?;
            bytes.get(range)
        };
        let table = |from, to| cut(from, to).unwrap_or_default();
        Ok(Self {
            generation,
            min_lc: u64::from(min_lc),
            nfunc: u32::try_from(nfunc).unwrap_or(u32::MAX),
            text_start: word(24),
            names_offset: names,
            names: table(names, cutab),
            cutab: table(cutab, files),
            files: table(files, pctab),
            pctab: table(pctab, funcs),
            funcs: table(funcs, bytes.len() as u64),
        })
    }

    /// Entry `index` of ftab: offsets of the function's code from text, and of its record from [`Self::funcs`].
    /// Entry `nfunc` is the end sentinel.
    #[inline]
    pub fn ftab(&self, index: u32) -> Option<(u32, u32)> {
        let at = usize::try_from(index).ok()?.checked_mul(8)?;
        let entry = self.funcs.get(at..at.checked_add(8)?)?;
        Some((u32_at(entry, 0)?, u32_at(entry, 4)?))
    }

    /// Number of the function whose code covers `offset` bytes from text.
    #[inline]
    pub fn index_at(&self, offset: u32) -> Option<u32> {
        if offset < self.ftab(0)?.0 || offset >= self.ftab(self.nfunc)?.0 {
            return None;
        }
        let (mut low, mut high) = (0, self.nfunc);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.ftab(middle)?.0 <= offset {
                low = middle;
            } else {
                high = middle;
            }
        }
        Some(low)
    }
}

const fn too_old(magic: u32) -> Option<&'static str> {
    match magic {
        0xffff_fffb => Some("Go 1.2 to 1.15"),
        0xffff_fffa => Some("Go 1.16 or 1.17"),
        _ => None,
    }
}

fn generation(magic: u32) -> Result<Generation, PclntabError> {
    match magic {
        0xffff_fff0 => Ok(Generation::Go118),
        0xffff_fff1 => Ok(Generation::Go120),
        found => Err(
            too_old(found).map_or(PclntabError::BadMagic { found }, |release| {
                PclntabError::TooOld { release }
            }),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::FuncTable;
    use super::*;
    use crate::addr::Addr;

    /// Two functions, `main.f` with a frame of 24 bytes that inlines `main.g` at its pc 4..8, and the end mark
    /// that every wrapper id is counted from.
    fn table() -> (Vec<u8>, Vec<u8>) {
        let names = b"\0main.f\0main.g\0runtime.systemstack_switch\0";
        let files = b"\0/src/f.go\0";
        // From byte 1: frame size 0, then 24; line 10 then 33 then 11; file 0; inline index -1, 0, -1.
        let pctab = [
            &[0u8][..],
            &[2, 1, 48, 15, 0],
            &[22, 4, 46, 4, 43, 8, 0],
            &[2, 16, 0],
            &[0, 4, 2, 4, 1, 8, 0],
        ]
        .concat();
        let (pcsp, pcln, pcfile, inl) = (1u32, 6u32, 13u32, 16u32);
        let mut funcs = Vec::new();
        let records = [(0u32, 24u32), (16, 24 + 44 + 12 + 16)];
        for (entry, record) in records.iter().chain(&[(32, 0)]) {
            funcs.extend(entry.to_le_bytes());
            funcs.extend(record.to_le_bytes());
        }
        for (entry, name, id) in [(0u32, 1u32, 0u8), (16, 15, 9)] {
            let npcdata = 3u32;
            for word in [entry, name, 0, 0, pcsp, pcfile, pcln, npcdata, 0, 7] {
                funcs.extend(word.to_le_bytes());
            }
            funcs.extend([id, 0, 0, 4]);
            for word in [0, 0, inl, u32::MAX, u32::MAX, u32::MAX, 0] {
                funcs.extend(word.to_le_bytes());
            }
        }
        let mut out = vec![0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8];
        let mut at = HEADER_SIZE;
        let mut word = |w: u64| out.extend(w.to_le_bytes());
        word(2);
        word(1);
        word(0);
        for len in [names.len(), 4, files.len(), pctab.len(), 0] {
            word(at);
            at += len as u64;
        }
        out.extend(names);
        out.extend(1u32.to_le_bytes());
        out.extend(files);
        out.extend(pctab);
        out.extend(funcs);
        // One inline record: main.g, called from pc 2, declared at line 30.
        let tree = [0u32, 8, 2, 30].map(u32::to_le_bytes).concat();
        (out, tree)
    }

    fn read<'a>(bytes: &'a [u8], tree: &'a [u8]) -> Result<FuncTable<'a>, PclntabError> {
        let pcln = Pclntab::parse(bytes, Arch::Amd64)?;
        let gofunc = Some((Addr(0x9000), tree));
        Ok(FuncTable::new(
            pcln,
            Addr(0x8000),
            Addr(0x1000),
            Vec::new(),
            gofunc,
        ))
    }

    #[test]
    fn a_function_is_found_named_placed_and_sized() {
        let (bytes, tree) = table();
        let funcs = read(&bytes, &tree).unwrap();
        assert!(funcs.find(Addr(0xfff)).is_none());
        assert!(funcs.find(Addr(0x1020)).is_none());
        let f = funcs.find(Addr(0x100f)).unwrap();
        assert_eq!(
            (f.name(), f.entry, f.end),
            ("main.f", Addr(0x1000), Addr(0x1010))
        );
        assert_eq!(f.start_line(), Some(7));
        assert_eq!(f.sp_delta(Addr(0x1000)), Some(0));
        assert_eq!(f.sp_delta(Addr(0x1001)), Some(24));
        let lines: Vec<_> = f
            .inline_frames(Addr(0x1005))
            .map(|call| {
                (
                    call.name,
                    call.position.file,
                    call.position.line,
                    call.inlined,
                )
            })
            .collect();
        assert_eq!(
            lines,
            [
                ("main.g", "/src/f.go", 33, true),
                ("main.f", "/src/f.go", 10, false)
            ]
        );
        assert_eq!(funcs.by_name("main.f").unwrap().index(), 0);
        assert!(funcs.by_name("ain.f").is_none());
        assert!(funcs.is_wrapper_id(10));
        assert_eq!(funcs.files().into_iter().collect::<Vec<_>>(), ["/src/f.go"]);
    }

    #[test]
    fn cut_or_changed_tables_give_an_answer_or_an_error() {
        let (bytes, tree) = table();
        let mut answers = 0;
        let mut ask = |bytes: &[u8]| {
            if let Ok(funcs) = read(bytes, &tree) {
                for f in funcs.iter() {
                    answers += f.inline_frames(Addr(f.entry.0.wrapping_add(5))).count();
                    let _ = (f.printed_name(), f.sp_delta(f.entry), f.file());
                }
                let _ = funcs.files();
            }
        };
        for len in 0..bytes.len() {
            ask(&bytes[..len]);
        }
        for at in 0..bytes.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] = value;
                ask(&changed);
            }
        }
        assert!(answers > 0);
    }

    #[test]
    fn older_releases_are_named() {
        let mut bytes = table().0;
        bytes[0] = 0xfb;
        let error = Pclntab::parse(&bytes, Arch::Amd64).unwrap_err();
        assert_eq!(
            error.to_string(),
            "pclntab of Go 1.2 to 1.15: releases before Go 1.18 are not read"
        );
    }
}
