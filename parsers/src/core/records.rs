//! The contents of the notes that matter for a Go process: threads, files, auxiliary vector, signal.

use super::NoteError;
use nom::{
    IResult, Parser,
    bytes::complete::{tag, take, take_till},
    combinator::map_opt,
    multi::count,
    number::complete::{le_i32, le_u16, le_u64},
};

/// Note types, as `elf.h` names them. Owner is `CORE` unless said.
pub mod note_type {
    /// One thread's status and integer registers.
    pub const NT_PRSTATUS: u32 = 1;
    /// One thread's floating-point registers.
    pub const NT_FPREGSET: u32 = 2;
    /// Process id, name and arguments.
    pub const NT_PRPSINFO: u32 = 3;
    /// The auxiliary vector. Also a Go build id when the owner is `Go`.
    pub const NT_AUXV: u32 = 6;
    /// Every file mapping.
    pub const NT_FILE: u32 = 0x4649_4c45;
    /// The siginfo of the signal that dumped.
    pub const NT_SIGINFO: u32 = 0x5349_4749;
    /// Owner `GNU`: the linker's build id.
    pub const NT_GNU_BUILD_ID: u32 = 3;
    /// Owner `Go`: the go command's build id.
    pub const NT_GO_BUILD_ID: u32 = 4;
}

/// Keys of the auxiliary vector (`elf.h`, `AT_*`).
pub mod aux {
    /// Address of the program headers in memory.
    pub const AT_PHDR: u64 = 3;
    /// Page size.
    pub const AT_PAGESZ: u64 = 6;
    /// Address of the dynamic loader.
    pub const AT_BASE: u64 = 7;
    /// Entry point of the program.
    pub const AT_ENTRY: u64 = 9;
    /// Address of the file name given to `execve`.
    pub const AT_EXECFN: u64 = 31;
    /// Address of the vDSO's ELF header.
    pub const AT_SYSINFO_EHDR: u64 = 33;
}

/// One note: owner, type and contents, with its place in the segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note<'a> {
    /// Where the note starts, in bytes from the start of the segment.
    pub offset: usize,
    /// Owner, without the NUL.
    pub name: &'a [u8],
    /// Type, meaningful within the owner.
    pub kind: u32,
    /// Contents without padding.
    pub desc: &'a [u8],
}

/// A general-purpose register slot of `NT_PRSTATUS`, in the kernel's order for the machine.
pub type Register = u64;

/// `NT_PRSTATUS`: one thread. Layout `struct elf_prstatus`, 64-bit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadStatus {
    /// `pr_info.si_signo`.
    pub signal: i32,
    /// `pr_cursig`: the same in every thread of a kernel core, so no sign of which thread crashed.
    pub current_signal: u16,
    /// Thread id in the namespace of the dumping kernel (or of gcore).
    pub tid: i32,
    /// Parent process id.
    pub parent: i32,
    /// Registers in kernel order (`user_regs_struct`); as many as the note holds.
    pub registers: Vec<Register>,
}

/// `NT_PRPSINFO`: the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessInfo<'a> {
    /// Process id.
    pub pid: i32,
    /// Executable's name, cut to 15 bytes by the kernel.
    pub name: &'a [u8],
    /// Arguments separated by spaces, cut to 79 bytes by the kernel.
    pub arguments: &'a [u8],
}

/// `NT_SIGINFO`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalInfo {
    /// Signal number.
    pub signal: i32,
    /// `si_code`.
    pub code: i32,
    /// The word at offset 16: fault address, or pid and uid of the sender, depending on the code.
    pub word: u64,
}

/// One entry of the auxiliary vector.
pub type AuxEntry = (u64, u64);

/// `NT_AUXV`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct AuxVector(pub Vec<AuxEntry>);

/// One file mapping of `NT_FILE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileMapping<'a> {
    /// First address.
    pub start: u64,
    /// First address after.
    pub end: u64,
    /// Offset into the file, in bytes.
    pub offset: u64,
    /// The path as the dying process saw it.
    pub path: &'a [u8],
}

/// `NT_FILE`: every file mapping.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct FileMappings<'a>(pub Vec<FileMapping<'a>>);

fn until_nul(field: &[u8]) -> &[u8] {
    field.split(|b| *b == 0).next().unwrap_or(field)
}

fn finish<'a, T>(
    desc: &'a [u8],
    result: IResult<&'a [u8], T>,
    expected: &'static str,
) -> Result<T, NoteError> {
    match result {
        Ok((_, value)) => Ok(value),
        Err(nom::Err::Error(e) | nom::Err::Failure(e)) => Err(NoteError::Malformed {
            offset: desc.len() - e.input.len(),
            expected,
        }),
        Err(nom::Err::Incomplete(_)) => Err(NoteError::Malformed {
            offset: desc.len(),
            expected,
        }),
    }
}

impl ThreadStatus {
    /// Reads the contents of an `NT_PRSTATUS` note of a 64-bit machine.
    ///
    /// # Errors
    ///
    /// When it is shorter than the fixed part (112 bytes).
    pub fn parse(desc: &[u8]) -> Result<Self, NoteError> {
        fn status(input: &[u8]) -> IResult<&[u8], ThreadStatus> {
            let (rest, signal) = le_i32(input)?;
            let (rest, _) = take(8usize)(rest)?;
            let (rest, current_signal) = le_u16(rest)?;
            let (rest, _) = take(2usize + 16)(rest)?;
            let (rest, (tid, parent)) = (le_i32, le_i32).parse(rest)?;
            let (rest, _) = take(112usize - 40)(rest)?;
            // After the registers stands one more word, pr_fpvalid with its padding.
            let words = (rest.len() / 8).saturating_sub(1);
            let (rest, registers) = count(le_u64, words).parse(rest)?;
            Ok((
                rest,
                ThreadStatus {
                    signal,
                    current_signal,
                    tid,
                    parent,
                    registers,
                },
            ))
        }
        finish(
            desc,
            status(desc),
            "struct elf_prstatus of 112 bytes and registers",
        )
    }
}

impl<'a> ProcessInfo<'a> {
    /// Reads the contents of an `NT_PRPSINFO` note of a 64-bit machine (136 bytes).
    ///
    /// # Errors
    ///
    /// When it is shorter than that.
    pub fn parse(desc: &'a [u8]) -> Result<Self, NoteError> {
        fn info(input: &[u8]) -> IResult<&[u8], ProcessInfo<'_>> {
            let (rest, _) = take(24usize)(input)?;
            let (rest, pid) = le_i32(rest)?;
            let (rest, _) = take(12usize)(rest)?;
            let (rest, (name, arguments)) = (take(16usize), take(80usize)).parse(rest)?;
            Ok((
                rest,
                ProcessInfo {
                    pid,
                    name: until_nul(name),
                    arguments: until_nul(arguments),
                },
            ))
        }
        finish(desc, info(desc), "struct elf_prpsinfo of 136 bytes")
    }
}

impl SignalInfo {
    /// Reads the start of a `siginfo_t`.
    ///
    /// # Errors
    ///
    /// When it is shorter than 24 bytes.
    pub fn parse(desc: &[u8]) -> Result<Self, NoteError> {
        fn info(input: &[u8]) -> IResult<&[u8], SignalInfo> {
            let (rest, (signal, _errno, code, _pad)) =
                (le_i32, le_i32, le_i32, le_i32).parse(input)?;
            let (rest, word) = le_u64(rest)?;
            Ok((rest, SignalInfo { signal, code, word }))
        }
        finish(desc, info(desc), "siginfo_t of at least 24 bytes")
    }
}

impl AuxVector {
    /// Reads the contents of an `NT_AUXV` note; stops at `AT_NULL` or where the bytes end.
    pub fn parse(desc: &[u8]) -> Self {
        let words: Vec<u64> = desc
            .chunks_exact(8)
            .filter_map(|c| c.try_into().ok().map(u64::from_le_bytes))
            .collect();
        let pairs = words.chunks_exact(2).filter_map(|pair| match pair {
            [key, value] => Some((*key, *value)),
            _ => None,
        });
        Self(pairs.take_while(|(key, _)| *key != 0).collect())
    }

    /// The value under a key of [`aux`].
    pub fn get(&self, key: u64) -> Option<u64> {
        self.0.iter().find(|(k, _)| *k == key).map(|(_, v)| *v)
    }
}

impl<'a> FileMappings<'a> {
    /// Reads the contents of an `NT_FILE` note: count, page size, that many {start, end, page offset}, then
    /// as many NUL-terminated paths.
    ///
    /// # Errors
    ///
    /// When counts and contents disagree.
    pub fn parse(desc: &'a [u8]) -> Result<Self, NoteError> {
        fn mappings(input: &[u8]) -> IResult<&[u8], Vec<FileMapping<'_>>> {
            let (rest, (n, page)) = (le_u64, le_u64).parse(input)?;
            // Three words and at least one NUL each: bounds the count by what is there.
            let (rest, n) = map_opt(nom::combinator::success(n), |n| {
                usize::try_from(n).ok().filter(|n| *n <= input.len() / 25)
            })
            .parse(rest)?;
            let (mut rest, ranges) = count((le_u64, le_u64, le_u64), n).parse(rest)?;
            let mut out = Vec::with_capacity(n);
            for (start, end, pages) in ranges {
                let (after, path) = take_till(|b| b == 0)(rest)?;
                let (after, _) = tag(&b"\0"[..])(after)?;
                out.push(FileMapping {
                    start,
                    end,
                    offset: pages.wrapping_mul(page),
                    path,
                });
                rest = after;
            }
            Ok((rest, out))
        }
        finish(
            desc,
            mappings(desc),
            "NT_FILE count, page size, ranges and paths",
        )
        .map(Self)
    }
}
