//! Machine code as instructions: what a frame's function does where its source is not at hand.
//!
//! The syntax is GNU's, as `objdump -d` and gdb print it (AT&T operands on amd64), for that is what people who ask
//! for instructions of a core compare with; profiles, whose readers may ask for it, have Intel's as well. Decoding is the work of `iced-x86` and `yaxpeax-arm`; here their answers
//! get one shape. Bytes that are no instruction (or none that the decoder knows) are [`BAD`], one byte on amd64 and
//! one word on arm64, and decoding goes on after them: nothing is guessed. Whoever asks starts at a function's entry;
//! amd64 code that is entered in the middle of an instruction decodes to something else.
//!
//! Nothing here knows functions or lines: [`Instruction::target`] is an address.

mod amd64;
mod arm64;

use crate::addr::Addr;
use crate::arch::Arch;

/// The text of what is no instruction.
pub const BAD: &str = "(bad)";

/// How operands are spelled and ordered; instructions of arm64 have one syntax only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Syntax {
    /// As `objdump -d` prints them.
    Gnu,
    /// As `objdump -M intel` prints them.
    Intel,
}

/// One instruction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Instruction<'c> {
    /// Where it stands.
    pub addr: Addr,
    /// Its bytes.
    pub bytes: &'c [u8],
    /// Mnemonic and operands; [`BAD`] when it is none. What it names relative to the program counter
    /// is spelled as an address: branch targets in the operand, amd64 data after `#`.
    pub text: String,
    /// Where a call or jump leads, when the instruction itself says it.
    pub target: Option<Addr>,
}

impl Instruction<'_> {
    /// The first address after it.
    pub const fn end(&self) -> Addr {
        self.addr.offset(self.bytes.len() as u64)
    }

    /// Whether `addr` is one of its bytes'.
    pub const fn covers(&self, addr: Addr) -> bool {
        addr.0 >= self.addr.0 && addr.0 < self.end().0
    }
}

/// The instructions of `code`, which stands at `at`, in GNU syntax. Every byte belongs to exactly one of them.
pub fn instructions(
    arch: Arch,
    code: &[u8],
    at: Addr,
) -> Box<dyn Iterator<Item = Instruction<'_>> + '_> {
    instructions_in(Syntax::Gnu, arch, code, at)
}

/// As [`instructions`], in a syntax of one's own choice.
pub fn instructions_in(
    syntax: Syntax,
    arch: Arch,
    code: &[u8],
    at: Addr,
) -> Box<dyn Iterator<Item = Instruction<'_>> + '_> {
    match arch {
        Arch::Amd64 => Box::new(amd64::Instructions::new(code, at, syntax)),
        Arch::Arm64 => Box::new(arm64::instructions(code, at)),
    }
}

#[cfg(test)]
mod tests;
