//! Which data a function's code refers to: every address that its instructions name outright.
//!
//! Go's code names package variables relative to the program counter, on both architectures and in
//! position-independent programs too: `RIP + n` on amd64; `ADRP` (a page) and an offset, or `ADR`, on arm64.

use crate::addr::Addr;
use crate::arch::Arch;
use iced_x86::{Decoder, DecoderOptions, Mnemonic};

/// What a function's code refers to; sorted, each address once.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Refs {
    /// Every address.
    pub all: Vec<Addr>,
    /// Those that the code computes without reading or writing there: `&array`, arguments.
    pub taken: Vec<Addr>,
}

impl Refs {
    /// Keeps the addresses that `wanted` wants.
    pub fn retain(&mut self, wanted: impl Fn(Addr) -> bool) {
        self.all.retain(|addr| wanted(*addr));
        self.taken.retain(|addr| wanted(*addr));
    }
}

/// What the code at `at` refers to. Damaged code gives fewer addresses, or wrong ones.
pub fn data_refs(arch: Arch, code: &[u8], at: Addr) -> Refs {
    let mut refs = match arch {
        Arch::Amd64 => amd64(code, at),
        Arch::Arm64 => arm64(code, at),
    };
    for list in [&mut refs.all, &mut refs.taken] {
        list.sort_unstable();
        list.dedup();
    }
    refs
}

fn amd64(code: &[u8], at: Addr) -> Refs {
    let mut refs = Refs::default();
    let decoder = Decoder::with_ip(64, code, at.0, DecoderOptions::NONE);
    for instruction in decoder {
        if instruction.is_ip_rel_memory_operand() {
            let addr = Addr(instruction.ip_rel_memory_address());
            refs.all.push(addr);
            if instruction.mnemonic() == Mnemonic::Lea {
                refs.taken.push(addr);
            }
        }
    }
    refs
}

/// Fields of A64 instructions (Arm ARM C4.1): PC-relative addressing, add with an immediate, loads and stores
/// with an unsigned offset.
fn arm64(code: &[u8], at: Addr) -> Refs {
    let mut refs = Refs::default();
    // The page that ADRP put into each register, until it is used: the assembler always emits pairs.
    let mut pages = [None; 32];
    let (words, _) = code.as_chunks::<4>();
    for (index, word) in (0u64..).zip(words) {
        let word = u32::from_le_bytes(*word);
        let pc = at.offset(index * 4);
        let register = |shift: u32| (word >> shift) as usize & 31;
        let imm12 = u64::from(word >> 10 & 0xfff);
        let mut take = |number: usize| pages.get_mut(number).and_then(Option::take);
        if word & 0x9f00_0000 == 0x9000_0000 {
            let page = Addr(pc.0 & !0xfff).offset_signed(imm21(word) << 12);
            if let Some(slot) = pages.get_mut(register(0)) {
                *slot = Some(page);
            }
        } else if word & 0x9f00_0000 == 0x1000_0000 {
            refs.taken.push(pc.offset_signed(imm21(word)));
        } else if word & 0xffc0_0000 == 0x9100_0000 {
            let page = take(register(5));
            refs.taken.extend(page.map(|page: Addr| page.offset(imm12)));
        } else if word & 0x3b00_0000 == 0x3900_0000 {
            let vector_of_16 = word & 0x0480_0000 == 0x0480_0000 && word >> 30 == 0;
            let scale = if vector_of_16 { 4 } else { word >> 30 };
            let page = take(register(5));
            refs.all
                .extend(page.map(|page: Addr| page.offset(imm12 << scale)));
        }
    }
    refs.all.extend_from_slice(&refs.taken);
    refs
}

/// The signed 21-bit immediate of ADR and ADRP, split into a high and a low part.
fn imm21(word: u32) -> i64 {
    let bits = (word >> 5 & 0x7_ffff) << 2 | word >> 29 & 3;
    let unused = 32 - 21;
    i64::from((bits << unused).cast_signed() >> unused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amd64_operands_relative_to_rip_are_found() {
        // lea rax,[rip+0x10]; mov ecx,[rip-0x8]; cmp qword [rip+0x100],1; mov rax,[rsp+8]; jmp $+5
        let code = [
            0x48, 0x8d, 0x05, 0x10, 0, 0, 0, 0x8b, 0x0d, 0xf8, 0xff, 0xff, 0xff, 0x48, 0x83, 0x3d,
            0, 1, 0, 0, 1, 0x48, 0x8b, 0x44, 0x24, 8, 0xe9, 0, 0, 0, 0,
        ];
        let refs = data_refs(Arch::Amd64, &code, Addr(0x1000));
        assert_eq!(refs.all, [Addr(0x1005), Addr(0x1017), Addr(0x1115)]);
        assert_eq!(refs.taken, [Addr(0x1017)]);
        let none = data_refs(Arch::Amd64, &[0xff; 9], Addr(0));
        assert_eq!(none, Refs::default(), "no instructions");
    }

    #[test]
    fn arm64_pages_are_joined_with_the_offset_that_follows() {
        // adrp x27,+0x2000; add x0,x27,#0x123 · adrp x27,-0x1000; ldr x1,[x27,#16] · adr x2,+8 · ldr x1,[x27,#16]
        let code: Vec<u8> = [
            0xd000_001bu32,
            0x9104_8f60,
            0xf0ff_fffb,
            0xf940_0b61,
            0x1000_0042,
            0xf940_0b61,
        ]
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .collect();
        let refs = data_refs(Arch::Arm64, &code, Addr(0x1_0004));
        assert_eq!(refs.all, [Addr(0xf010), Addr(0x1_001c), Addr(0x1_2123)]);
        assert_eq!(refs.taken, [Addr(0x1_001c), Addr(0x1_2123)]);
    }
}
