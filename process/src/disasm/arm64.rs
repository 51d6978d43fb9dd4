//! AArch64, by `yaxpeax-arm`.

use super::{BAD, Instruction};
use crate::addr::Addr;
use yaxpeax_arch::{Decoder, U8Reader};
use yaxpeax_arm::armv8::a64::{InstDecoder, Instruction as Decoded, Opcode, Operand, SizeCode};

/// The instructions of `code`, which stands at `at`; bytes after the last whole word are none.
pub fn instructions(code: &[u8], at: Addr) -> impl Iterator<Item = Instruction<'_>> {
    (0u64..).zip(code.chunks(4)).map(move |(index, bytes)| {
        let addr = at.offset(index * 4);
        let (text, target) = <[u8; 4]>::try_from(bytes)
            .ok()
            .and_then(|word| decode(word, addr))
            .unwrap_or_else(|| (BAD.to_owned(), None));
        Instruction {
            addr,
            bytes,
            text,
            target,
        }
    })
}

/// The text of a word and where it branches to.
fn decode(word: [u8; 4], addr: Addr) -> Option<(String, Option<Addr>)> {
    // Permanently undefined (`UDF`, Arm ARM C6.2): what Go pads functions with. The decoder leaves it out.
    if let [low, high, 0, 0] = word {
        return Some((format!("udf #{:#x}", u16::from_le_bytes([low, high])), None));
    }
    let number = u32::from_le_bytes(word);
    if is_unallocated(number) {
        return None;
    }
    let decoded = InstDecoder::default()
        .decode(&mut U8Reader::new(&word))
        .ok()?;
    if decoded.opcode == Opcode::Invalid {
        return None;
    }
    let text = alias(&decoded).unwrap_or_else(|| decoded.to_string());
    let text = with_extension(number, with_system_register_operand(number, text));
    let offset = decoded.operands.iter().find_map(|operand| match operand {
        Operand::PCOffset(offset) => Some(*offset),
        _ => None,
    });
    let Some(offset) = offset else {
        return Some((text, None));
    };
    // ADRP counts in pages, from the page it stands in.
    let base = if decoded.opcode == Opcode::ADRP {
        Addr(addr.0 & !0xfff)
    } else {
        addr
    };
    let named = base.offset_signed(offset);
    let branches = matches!(
        decoded.opcode,
        Opcode::B
            | Opcode::BL
            | Opcode::Bcc(_)
            | Opcode::CBZ
            | Opcode::CBNZ
            | Opcode::TBZ
            | Opcode::TBNZ
    );
    // The decoder spells it `$+0x10`, always last.
    let (before, _) = text.rsplit_once('$')?;
    Some((format!("{before}{named}"), branches.then_some(named)))
}

/// What binutils calls an instruction where the decoder calls it otherwise.
fn alias(decoded: &Decoded) -> Option<String> {
    if let (
        Opcode::ORR,
        [
            to,
            zero @ Operand::Register(size, 31),
            constant,
            Operand::Nothing,
        ],
    ) = (decoded.opcode, decoded.operands)
    {
        let value = match constant {
            Operand::Imm64(value) => value,
            Operand::Immediate(value) => u64::from(value),
            _ => return None,
        };
        // A MOV, the decoder says; binutils not where MOVZ or MOVN would do (`aarch64_wide_constant_p`).
        return is_wide_constant(value, size).then(|| format!("orr {to}, {zero}, {constant}"));
    }
    match (decoded.opcode, decoded.to_string().as_str()) {
        (_, "msr pstate.0x1a, #0x1") => Some("msr dit, #0x1".to_owned()),
        (_, "msr pstate.0x1a, #0x0") => Some("msr dit, #0x0".to_owned()),
        (Opcode::SYS(_), text) => Some(format!(
            "dc zva, {}",
            text.strip_prefix("sys #0x3, c7, c4, #0x1, ")?
        )),
        _ => None,
    }
}

/// MSR and MRS with the general register that the word names: yaxpeax-arm 0.5.0 drops the highest bit of MSR's, so that
/// `xzr` reads `x15`.
fn with_system_register_operand(word: u32, text: String) -> String {
    let register = match word & 31 {
        31 => "xzr".to_owned(),
        n => format!("x{n}"),
    };
    match (word & 0xfff0_0000, text.split_once(", ")) {
        (0xd510_0000, Some((before, _))) if before.starts_with("msr ") => {
            format!("{before}, {register}")
        }
        (0xd530_0000, Some((before, after))) if before.starts_with("mrs ") => {
            format!("mrs {register}, {after}")
        }
        _ => text,
    }
}

/// Words of integer arithmetic that the architecture leaves undefined (Arm ARM C4.1) and that the decoder takes for
/// instructions: 32-bit operations with a constant, a position or a shift of 64-bit ones, extensions shifted too far.
const fn is_unallocated(word: u32) -> bool {
    let narrow = word >> 31 == 0;
    match word & 0x1f80_0000 {
        // Logical with a constant: N. Move wide: the upper halves.
        0x1200_0000 | 0x1280_0000 => narrow && word & 0x0040_0000 != 0,
        _ => match word & 0x1f20_0000 {
            // Add and subtract, shifted: ROR does not exist. Extended: by at most four, and two bits are zero.
            0x0b00_0000 => narrow && word & 0x8000 != 0 || word & 0x00c0_0000 == 0x00c0_0000,
            0x0b20_0000 => word & 0x00c0_0000 != 0 || (word >> 10) & 7 > 4,
            // Logical, shifted.
            0x0a00_0000 | 0x0a20_0000 => narrow && word & 0x8000 != 0,
            _ => false,
        },
    }
}

/// Add and subtract of an extended register say how it is extended; the decoder says `lsl` there, which is the name
/// only next to the stack pointer.
fn with_extension(word: u32, text: String) -> String {
    let (to, from) = (word & 31, (word >> 5) & 31);
    let sets_flags = word & 0x2000_0000 != 0;
    let option = (word >> 13) & 7;
    let extended = word & 0x1fe0_0000 == 0x0b20_0000 && (option == 2 || option == 3);
    let with_sp = from == 31 || (to == 31 && !sets_flags);
    if !extended || (with_sp && option == 2 + (word >> 31)) {
        return text;
    }
    let name = if option == 2 { ", uxtw" } else { ", uxtx" };
    if text.contains(name) {
        text
    } else if text.contains(", lsl") {
        text.replace(", lsl", name)
    } else {
        text + name
    }
}

/// Whether one 16-bit part of a register suffices to hold `value`, or all but it.
fn is_wide_constant(value: u64, size: SizeCode) -> bool {
    let (value, width) = match size {
        SizeCode::X => (value, 64),
        SizeCode::W => (value & 0xffff_ffff, 32),
    };
    let inverted = !value & (u64::MAX >> (64 - width));
    (0..width).step_by(16).any(|shift| {
        [value, inverted]
            .iter()
            .any(|v| v & !(0xffff << shift) == 0)
    })
}
