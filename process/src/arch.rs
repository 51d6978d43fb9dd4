//! What differs between amd64 and arm64: register numbers, names, and the roles Go gives to registers.
//!
//! Registers are numbered as DWARF numbers them, since that is what location lists and `.eh_frame` use.
//! The order in an `NT_PRSTATUS` note is a different one and lives with the note parser.

/// The instruction set a dumped process ran on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Arch {
    /// x86-64; `GOARCH=amd64`.
    Amd64,
    /// `AArch64`; `GOARCH=arm64`.
    Arm64,
}

/// A register in the psABI's DWARF numbering for its architecture.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Reg(pub u16);

impl Arch {
    /// `e_machine` of an ELF file to the architecture, when it is one of ours.
    pub const fn from_elf_machine(e_machine: u16) -> Option<Self> {
        match e_machine {
            62 => Some(Self::Amd64),
            183 => Some(Self::Arm64),
            _ => None,
        }
    }

    /// As `GOARCH` spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }

    /// The stack pointer: rsp, sp.
    pub const fn sp(self) -> Reg {
        match self {
            Self::Amd64 => Reg(7),
            Self::Arm64 => Reg(31),
        }
    }

    /// The frame pointer: rbp, x29.
    pub const fn fp(self) -> Reg {
        match self {
            Self::Amd64 => Reg(6),
            Self::Arm64 => Reg(29),
        }
    }

    /// The program counter's column: rip is DWARF 16; arm64 has no number of its own, so 32 (`pc` in the
    /// `AArch64` DWARF ABI since 2020) stands for it.
    pub const fn pc(self) -> Reg {
        match self {
            Self::Amd64 => Reg(16),
            Self::Arm64 => Reg(32),
        }
    }

    /// The link register, where there is one.
    pub const fn lr(self) -> Option<Reg> {
        match self {
            Self::Amd64 => None,
            Self::Arm64 => Some(Reg(30)),
        }
    }

    /// Holds the current g in ABIInternal Go code (`R14`, `R28`); garbage in C.
    pub const fn g(self) -> Reg {
        match self {
            Self::Amd64 => Reg(14),
            Self::Arm64 => Reg(28),
        }
    }

    /// Holds the closure object at function entry (`RDX`, `R26`).
    pub const fn closure(self) -> Reg {
        match self {
            Self::Amd64 => Reg(1),
            Self::Arm64 => Reg(26),
        }
    }

    /// Smallest instruction size in bytes, the unit of pc deltas in pclntab (`minLC`).
    pub const fn min_lc(self) -> u64 {
        match self {
            Self::Amd64 => 1,
            Self::Arm64 => 4,
        }
    }

    /// The register's name in gdb's and Delve's spelling, for the integer registers.
    pub fn register_name(self, reg: Reg) -> String {
        const AMD64: [&str; 17] = [
            "rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11",
            "r12", "r13", "r14", "r15", "rip",
        ];
        match (self, reg.0) {
            (Self::Amd64, n @ 0..=16) => AMD64
                .get(usize::from(n))
                .map_or_else(String::new, ToString::to_string),
            (Self::Amd64, n @ 17..=32) => format!("xmm{}", n - 17),
            (Self::Arm64, 31) => "sp".to_owned(),
            (Self::Arm64, 32) => "pc".to_owned(),
            (Self::Arm64, n @ 0..=30) => format!("x{n}"),
            (Self::Arm64, n @ 64..=95) => format!("v{}", n - 64),
            (_, n) => format!("reg{n}"),
        }
    }
}

/// Register values of one frame. A register that is not known is absent, never zero.
///
/// Integer registers (and pc) are 64-bit words by DWARF number; vector registers keep their low 16 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registers {
    arch: Arch,
    /// A bit for each word that is known: there may be a million threads.
    known: u64,
    words: [u64; 33],
    vectors: Option<Box<[Option<[u8; 16]>; 32]>>,
}

impl Registers {
    /// No register known yet.
    pub const fn new(arch: Arch) -> Self {
        Self {
            arch,
            known: 0,
            words: [0; 33],
            vectors: None,
        }
    }

    /// The architecture whose numbering this uses.
    pub const fn arch(&self) -> Arch {
        self.arch
    }

    /// The word in an integer register, when known.
    pub fn get(&self, reg: Reg) -> Option<u64> {
        let word = *self.words.get(usize::from(reg.0))?;
        (self.known >> reg.0 & 1 != 0).then_some(word)
    }

    /// Records an integer register; numbers outside the integer file are ignored.
    pub fn set(&mut self, reg: Reg, value: Option<u64>) {
        if let Some(slot) = self.words.get_mut(usize::from(reg.0)) {
            // What is not known is zero, so that equal registers are equal.
            *slot = value.unwrap_or_default();
            self.known &= !(1 << reg.0);
            self.known |= u64::from(value.is_some()) << reg.0;
        }
    }

    /// The low 16 bytes of a vector register, by DWARF number (amd64 17.., arm64 64..).
    pub fn vector(&self, reg: Reg) -> Option<[u8; 16]> {
        let base = self.vector_base();
        let index = usize::from(reg.0.checked_sub(base)?);
        self.vectors.as_ref()?.get(index).copied().flatten()
    }

    /// Records a vector register by DWARF number; other numbers are ignored.
    pub fn set_vector(&mut self, reg: Reg, value: Option<[u8; 16]>) {
        let base = self.vector_base();
        let Some(index) = reg.0.checked_sub(base) else {
            return;
        };
        let vectors = self.vectors.get_or_insert_with(|| Box::new([None; 32]));
        if let Some(slot) = vectors.get_mut(usize::from(index)) {
            *slot = value;
        }
    }

    /// The words of known vector registers, two each, by DWARF number.
    pub fn vector_words(&self) -> impl Iterator<Item = (Reg, u64)> + '_ {
        let known = self.vectors.iter().flat_map(|vectors| vectors.iter());
        let known = (self.vector_base()..).zip(known);
        known.flat_map(|(number, vector)| {
            let (words, _) = vector.as_ref().map_or(&[][..], |v| v).as_chunks::<8>();
            let word = move |word: &[u8; 8]| (Reg(number), u64::from_le_bytes(*word));
            words.iter().map(word)
        })
    }

    const fn vector_base(&self) -> u16 {
        match self.arch {
            Arch::Amd64 => 17,
            Arch::Arm64 => 64,
        }
    }

    /// Program counter, when known.
    pub fn pc(&self) -> Option<u64> {
        self.get(self.arch.pc())
    }

    /// Stack pointer, when known.
    pub fn sp(&self) -> Option<u64> {
        self.get(self.arch.sp())
    }

    /// Known integer registers in DWARF order.
    pub fn known(&self) -> impl Iterator<Item = (Reg, u64)> + '_ {
        let all = (0u16..).map(Reg).zip(&self.words);
        all.filter_map(|(reg, _)| Some((reg, self.get(reg)?)))
    }
}
