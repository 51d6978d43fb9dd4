//! Registers that someone saved on a stack: the kernel in a signal frame, `asyncPreempt` in its own.

use super::words::Words;
use crate::addr::Addr;
use crate::arch::{Arch, Reg, Registers};
use crate::memory::{Memory, MemoryExt, ReadResult};

/// Registers in a `ucontext_t` (kernel layout), and the pc and sp among them.
///
/// ```text
/// amd64: ucontext + 40: r8..r15 rdi rsi rbp rbx rdx rax rcx rsp rip …, + 224: pointer to FXSAVE
/// arm64: ucontext + 176: fault_address x0..x30 sp pc pstate, + 464: FPSIMD record
/// ```
pub(super) fn from_ucontext(
    memory: &dyn Memory,
    arch: Arch,
    ucontext: Addr,
) -> ReadResult<Registers> {
    let mut registers = Registers::new(arch);
    match arch {
        Arch::Amd64 => {
            const ORDER: [u16; 17] = [8, 9, 10, 11, 12, 13, 14, 15, 5, 4, 6, 3, 1, 0, 2, 7, 16];
            let gregs = memory.bytes(ucontext.offset(40), 17 * 8)?;
            set_words(&mut registers, &ORDER, &gregs);
            // Floating-point state is optional; without it vector registers stay unknown.
            let state = memory.ptr(ucontext.offset(224));
            if let Ok(state) = state.and_then(|at| memory.bytes(at.offset(160), 16 * 16)) {
                set_vectors(&mut registers, 17, &state);
            }
        }
        Arch::Arm64 => {
            const FPSIMD_MAGIC: u32 = 0x4650_8001;
            let order: [u16; 33] = std::array::from_fn(|n| u16::try_from(n).unwrap_or_default());
            let words = memory.bytes(ucontext.offset(184), 33 * 8)?;
            set_words(&mut registers, &order, &words);
            let record = ucontext.offset(464);
            if memory.u32(record) == Ok(FPSIMD_MAGIC)
                && let Ok(state) = memory.bytes(record.offset(16), 32 * 16)
            {
                set_vectors(&mut registers, 64, &state);
            }
        }
    }
    Ok(registers)
}

/// The `ucontext_t` of the signal frame under a frame of the runtime's signal entry whose CFA is `cfa`.
pub(super) const fn ucontext_addr(arch: Arch, cfa: Addr) -> Addr {
    match arch {
        Arch::Amd64 => cfa,
        // The siginfo comes first.
        Arch::Arm64 => cfa.offset(128),
    }
}

fn set_words(registers: &mut Registers, order: &[u16], bytes: &[u8]) {
    for (number, word) in order.iter().zip(bytes.chunks_exact(8)) {
        let word = word.try_into().ok().map(u64::from_le_bytes);
        registers.set(Reg(*number), word);
    }
}

fn set_vectors(registers: &mut Registers, first: u16, bytes: &[u8]) {
    for (number, slot) in (first..).zip(bytes.chunks_exact(16)) {
        registers.set_vector(Reg(number), slot.try_into().ok());
    }
}

/// Where `asyncPreempt` keeps what it saved, from its own stack pointer (`runtime/preempt_$GOARCH.s`, made by
/// `mkpreempt.go`). The frame's size tells the generations apart: up to 1.25 vector registers are in the frame,
/// since 1.26 in memory that `g.xRegs` points at.
struct PreemptFrame {
    /// Bytes from its stack pointer to its CFA.
    size: u64,
    /// {DWARF number, offset} of integer registers.
    words: &'static [(u16, u64)],
    /// Offset of the first vector register and distance between them, when they are in the frame whole.
    vectors: Option<(u64, u64)>,
}

const AMD64_WORDS_125: [(u16, u64); 15] = amd64_words(376);
const AMD64_WORDS_126: [(u16, u64); 15] = amd64_words(120);

/// AX CX DX BX SI DI R8..R15 from the stack pointer up, BP where it was pushed first.
const fn amd64_words(bp: u64) -> [(u16, u64); 15] {
    [
        (0, 0),
        (2, 8),
        (1, 16),
        (3, 24),
        (4, 32),
        (5, 40),
        (8, 48),
        (9, 56),
        (10, 64),
        (11, 72),
        (12, 80),
        (13, 88),
        (14, 96),
        (15, 104),
        (6, bp),
    ]
}

/// R0..R17 from 8, R19..R26 from 152, R29 below the stack pointer; R18 is the platform's, R27 the assembler's,
/// R28 holds g.
const ARM64_WORDS: [(u16, u64); 27] = {
    let mut words = [(29, 0u64.wrapping_sub(8)); 27];
    let mut n = 0;
    while n < 26 {
        let number: u16 = if n < 18 { n } else { n + 1 };
        #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
        {
            words[n as usize] = (number, 8 + 8 * n as u64);
        }
        n += 1;
    }
    words
};

const AMD64_PREEMPT: [PreemptFrame; 2] = [
    PreemptFrame {
        size: 0x188,
        words: &AMD64_WORDS_125,
        vectors: Some((112, 16)),
    },
    PreemptFrame {
        size: 0x88,
        words: &AMD64_WORDS_126,
        vectors: None,
    },
];

const ARM64_PREEMPT: [PreemptFrame; 2] = [
    PreemptFrame {
        size: 0x1f0,
        words: &ARM64_WORDS,
        // Only the low halves are saved: not a whole register.
        vectors: None,
    },
    PreemptFrame {
        size: 0xf0,
        words: &ARM64_WORDS,
        vectors: None,
    },
];

/// Registers of the code that `asyncPreempt` interrupted, without pc and sp, from its frame `sp..cfa`; `None`
/// when the frame is of a size no release makes.
pub(super) fn from_async_preempt(
    words: &mut Words<'_>,
    memory: &dyn Memory,
    arch: Arch,
    (sp, cfa): (u64, u64),
    x_regs: Option<Addr>,
) -> Option<Registers> {
    let (frames, first_vector, stride) = match arch {
        Arch::Amd64 => (&AMD64_PREEMPT, 17, 64),
        Arch::Arm64 => (&ARM64_PREEMPT, 64, 16),
    };
    let size = cfa.checked_sub(sp)?;
    let frame = frames.iter().find(|f| f.size == size)?;
    let mut registers = Registers::new(arch);
    for (number, offset) in frame.words {
        registers.set(Reg(*number), words.read(sp.wrapping_add(*offset)).ok());
    }
    let vectors = frame
        .vectors
        .map(|(offset, stride)| (Addr(sp).offset(offset), stride))
        .or(x_regs.map(|state| (state, stride)));
    if let Some((start, stride)) = vectors {
        let count = if arch == Arch::Amd64 { 16 } else { 32 };
        for n in 0..count {
            let at = start.offset(u64::from(n) * stride);
            registers.set_vector(Reg(first_vector + n), memory.array(at).ok());
        }
    }
    Some(registers)
}
