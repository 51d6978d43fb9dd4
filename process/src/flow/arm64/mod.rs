//! `AArch64` instructions as steps, decoded by their encoding classes (Arm ARM C4.1).
//!
//! Every word belongs to a class, and a class says where its registers stand. So nothing that writes a register or memory is
//! overlooked, whichever instruction it is; only the ones that move, add or store are told exactly.

mod memory;

use super::step::{BinOp, Effect, Expr, Mem, Step, Val, Way};
use crate::addr::Addr;
use crate::arch::Reg;

/// The stack pointer; in most places of an encoding the same number is the zero register.
const SP: u32 = 31;
const LINK: Reg = Reg(30);

/// The steps of `code`, which stands at `at`.
pub(super) fn steps(code: &[u8], at: Addr) -> Vec<Step> {
    (0u64..)
        .zip(code.chunks_exact(4))
        .map(|(index, bytes)| {
            let word = bytes.try_into().map_or(0, u32::from_le_bytes);
            let addr = at.offset(index * 4);
            let mut effects = Vec::new();
            let way = decode(word, addr, &mut effects);
            Step {
                addr,
                len: 4,
                way,
                effects,
            }
        })
        .collect()
}

const fn bits(word: u32, high: u32, low: u32) -> u32 {
    word >> low & (u32::MAX >> (31 - (high - low)))
}

/// A field as a signed number.
fn signed(word: u32, high: u32, low: u32) -> i64 {
    let width = high - low + 1;
    i64::from((bits(word, high, low) << (32 - width)).cast_signed() >> (32 - width))
}

/// A general register by its number.
fn general(number: u32) -> Reg {
    Reg(u16::try_from(number & 31).unwrap_or_default())
}

fn vector(number: u32) -> Reg {
    Reg(64 + u16::try_from(number & 31).unwrap_or_default())
}

/// A general register as a value, where 31 is zero.
fn value(number: u32) -> Val {
    if number & 31 == SP {
        Val::Const(0)
    } else {
        Val::Reg(general(number))
    }
}

/// Width of an operation in bytes, by its highest bit.
const fn width(word: u32) -> u8 {
    if word >> 31 == 0 { 4 } else { 8 }
}

fn decode(word: u32, addr: Addr, out: &mut Vec<Effect>) -> Way {
    match bits(word, 28, 25) {
        0b1000 | 0b1001 => immediate(word, addr, out),
        0b1010 | 0b1011 => return branch(word, addr, out),
        0b0100 | 0b0110 | 0b1100 | 0b1110 => memory::memory(word, addr, out),
        0b0101 | 0b1101 => by_registers(word, out),
        0b0111 | 0b1111 => floating(word, out),
        _ => return Way::Stop,
    }
    Way::On
}

/// Sets a general register; 31 is the zero register and keeps nothing.
fn set(number: u32, expr: Expr, out: &mut Vec<Effect>) {
    if number & 31 != SP {
        out.push(Effect::Set(general(number), expr));
    }
}

fn constant(value: u64) -> Expr {
    Expr::Val {
        val: Val::Const(value),
        bytes: 8,
        signed: false,
    }
}

/// Data processing with a constant.
fn immediate(word: u32, addr: Addr, out: &mut Vec<Effect>) {
    let (to, from) = (bits(word, 4, 0), bits(word, 9, 5));
    match bits(word, 25, 23) {
        0b000 | 0b001 => {
            let by = signed(word, 23, 5) << 2 | i64::from(bits(word, 30, 29));
            let target = if word >> 31 == 0 {
                addr.offset_signed(by)
            } else {
                Addr(addr.0 & !0xfff).offset_signed(by << 12)
            };
            set(to, constant(target.0), out);
        }
        0b010 => {
            let shift = if bits(word, 22, 22) == 1 { 12 } else { 0 };
            let by = i64::from(bits(word, 21, 10)) << shift;
            let by = if bits(word, 30, 30) == 1 { -by } else { by };
            let sets_flags = bits(word, 29, 29) == 1;
            // The stack pointer itself is known by tables.
            if to == SP {
                if sets_flags {
                    out.push(Effect::Use(general(from)));
                }
                return;
            }
            let expr = if width(word) == 8 {
                Expr::Address(Mem::at(general(from), by))
            } else {
                Expr::Binary {
                    op: BinOp::Add,
                    a: Val::Reg(general(from)),
                    b: Val::Const(by.cast_unsigned()),
                    bytes: 4,
                }
            };
            out.push(Effect::Set(general(to), expr));
        }
        0b100 => {
            let op = match bits(word, 30, 29) {
                0b01 => BinOp::Or,
                0b10 => BinOp::Xor,
                _ => BinOp::And,
            };
            let Some(mask) = bitmask(word) else {
                out.push(Effect::Clobber(general(to)));
                return;
            };
            if to == SP {
                out.push(Effect::Use(general(from)));
                return;
            }
            let expr = Expr::Binary {
                op,
                a: value(from),
                b: Val::Const(mask),
                bytes: width(word),
            };
            set(to, expr, out);
        }
        0b101 => {
            let shift = bits(word, 22, 21) * 16;
            let part = u64::from(bits(word, 20, 5)) << shift;
            let full = if width(word) == 8 {
                u64::MAX
            } else {
                u64::from(u32::MAX)
            };
            match bits(word, 30, 29) {
                0b00 => set(to, constant(!part & full), out),
                0b10 => set(to, constant(part), out),
                _ => {
                    let keep = Expr::Binary {
                        op: BinOp::And,
                        a: value(to),
                        b: Val::Const(!(0xffff << shift)),
                        bytes: width(word),
                    };
                    set(to, keep, out);
                    let add = Expr::Binary {
                        op: BinOp::Or,
                        a: value(to),
                        b: Val::Const(part),
                        bytes: width(word),
                    };
                    set(to, add, out);
                }
            }
        }
        0b110 => bitfield(word, out),
        _ => {
            out.push(Effect::Use(general(from)));
            out.push(Effect::Use(general(bits(word, 20, 16))));
            out.push(Effect::Clobber(general(to)));
        }
    }
}

/// The constant of a logical instruction (`DecodeBitMasks`).
fn bitmask(word: u32) -> Option<u64> {
    let (n, rotate, ones) = (bits(word, 22, 22), bits(word, 21, 16), bits(word, 15, 10));
    let size_bits = n << 6 | (!ones & 0x3f);
    let length = 31u32.checked_sub(size_bits.leading_zeros())?;
    let size = 1u32 << length;
    if size < 2 {
        return None;
    }
    let (ones, rotate) = (ones & (size - 1), rotate & (size - 1));
    if ones == size - 1 {
        return None;
    }
    let run = u64::MAX >> (63 - ones);
    let element = if size == 64 {
        run.rotate_right(rotate)
    } else {
        let mask = (1u64 << size) - 1;
        if rotate == 0 {
            run
        } else {
            (run >> rotate | run << (size - rotate)) & mask
        }
    };
    let mut all = 0;
    for at in (0..64).step_by(usize::try_from(size).ok()?) {
        all |= element << at;
    }
    Some(if width(word) == 4 {
        all & u64::from(u32::MAX)
    } else {
        all
    })
}

/// Shifts by a constant and extensions; what inserts bits is not followed.
fn bitfield(word: u32, out: &mut Vec<Effect>) {
    let (to, from) = (bits(word, 4, 0), bits(word, 9, 5));
    let (rotate, last) = (bits(word, 21, 16), bits(word, 15, 10));
    let bytes = width(word);
    let whole = u32::from(bytes) * 8;
    let is_signed = bits(word, 30, 29) == 0;
    let inserts = bits(word, 30, 29) == 1;
    let shift = |op, by: u32| Expr::Binary {
        op,
        a: value(from),
        b: Val::Const(u64::from(by)),
        bytes,
    };
    let expr = if inserts {
        out.push(Effect::Use(general(to)));
        None
    } else if last + 1 == whole && !(is_signed && bytes == 4) {
        Some(shift(
            if is_signed { BinOp::Sar } else { BinOp::Shr },
            rotate,
        ))
    } else if rotate == 0 && matches!(last, 7 | 15 | 31) && (bytes == 8 || !is_signed) {
        Some(Expr::Val {
            val: value(from),
            bytes: u8::try_from(last.div_ceil(8)).unwrap_or(8),
            signed: is_signed,
        })
    } else if !is_signed && last + 1 == rotate {
        Some(shift(BinOp::Shl, whole - rotate))
    } else {
        None
    };
    if let Some(expr) = expr {
        set(to, expr, out);
    } else {
        out.push(Effect::Use(general(from)));
        out.push(Effect::Clobber(general(to)));
    }
}

fn branch(word: u32, addr: Addr, out: &mut Vec<Effect>) -> Way {
    let to = |high, low| addr.offset_signed(signed(word, high, low) << 2);
    match (bits(word, 31, 29), bits(word, 25, 24)) {
        (0b000, _) => Way::Jump(to(25, 0)),
        (0b100, _) => Way::Call(Some(to(25, 0))),
        (0b010, 0b00) => Way::Branch(to(23, 5)),
        (0b001 | 0b101, low) => {
            out.push(Effect::Use(general(bits(word, 4, 0))));
            Way::Branch(if low & 2 == 0 { to(23, 5) } else { to(18, 5) })
        }
        (0b110, 0b00) => match bits(word, 23, 21) {
            // BRK: a breakpoint, which Go plants after calls that do not return.
            0b001 | 0b010 => Way::Stop,
            _ => Way::On,
        },
        (0b110, 0b01) => {
            // System registers.
            out.push(Effect::Clobber(general(bits(word, 4, 0))));
            Way::On
        }
        (0b110, _) => {
            let from = general(bits(word, 9, 5));
            if from != LINK || bits(word, 22, 21) != 0b10 {
                out.push(Effect::Use(from));
            }
            match bits(word, 22, 21) {
                0b00 => Way::Indirect,
                0b01 => Way::Call(None),
                0b10 => Way::Return,
                _ => Way::Stop,
            }
        }
        _ => Way::Stop,
    }
}

/// Data processing with registers.
fn by_registers(word: u32, out: &mut Vec<Effect>) {
    let (to, a, b) = (bits(word, 4, 0), bits(word, 9, 5), bits(word, 20, 16));
    let bytes = width(word);
    let amount = bits(word, 15, 10);
    let op = match (bits(word, 28, 24), bits(word, 30, 29), bits(word, 21, 21)) {
        // Logical, without the inverted ones.
        (0b01010, 0b00 | 0b11, 0) => Some(BinOp::And),
        (0b01010, 0b01, 0) => Some(BinOp::Or),
        (0b01010, 0b10, 0) => Some(BinOp::Xor),
        // Add and subtract, without the extending ones.
        (0b01011, 0b00 | 0b01, 0) => Some(BinOp::Add),
        (0b01011, 0b10 | 0b11, 0) => Some(BinOp::Sub),
        _ => None,
    };
    match op {
        Some(BinOp::Or) if a == SP && amount == 0 => set(
            to,
            Expr::Val {
                val: value(b),
                bytes,
                signed: false,
            },
            out,
        ),
        Some(op) if amount == 0 => {
            let expr = Expr::Binary {
                op,
                a: value(a),
                b: value(b),
                bytes,
            };
            if to == SP {
                out.push(Effect::Use(general(a)));
                out.push(Effect::Use(general(b)));
            }
            set(to, expr, out);
        }
        _ => {
            let third = bits(word, 28, 24) == 0b11011;
            for number in [a, b].into_iter().chain(third.then(|| bits(word, 14, 10))) {
                if number != SP {
                    out.push(Effect::Use(general(number)));
                }
            }
            // Conditional compares have flags where others have a register.
            let compares = bits(word, 28, 21) == 0b1101_0010;
            if to != SP && !compares {
                out.push(Effect::Clobber(general(to)));
            }
        }
    }
}

/// Floating point and vectors.
fn floating(word: u32, out: &mut Vec<Effect>) {
    let (to, from) = (bits(word, 4, 0), bits(word, 9, 5));
    // Between floating point and integers: opcode and mode say in which direction.
    if bits(word, 28, 24) == 0b11110 && bits(word, 21, 21) == 1 && bits(word, 15, 10) == 0 {
        let opcode = bits(word, 18, 16);
        let into_vector = matches!(opcode, 0b010 | 0b011 | 0b111);
        let moves = matches!(opcode, 0b110 | 0b111) && bits(word, 20, 19) == 0;
        let expr = |val| Expr::Val {
            val,
            bytes: width(word),
            signed: false,
        };
        match (into_vector, moves) {
            (true, true) => out.push(Effect::Set(vector(to), expr(value(from)))),
            (false, true) => set(to, expr(Val::Reg(vector(from))), out),
            (true, false) => {
                out.push(Effect::Use(general(from)));
                out.push(Effect::Clobber(vector(to)));
            }
            (false, false) => {
                out.push(Effect::Use(vector(from)));
                out.push(Effect::Clobber(general(to)));
            }
        }
        return;
    }
    for number in [from, bits(word, 20, 16), bits(word, 14, 10), to] {
        out.push(Effect::Use(vector(number)));
    }
    // A lane to a general register (UMOV, SMOV), and from one (INS, DUP).
    if bits(word, 31, 31) == 0 && bits(word, 28, 21) == 0b0111_0000 {
        out.push(Effect::Use(general(from)));
        if matches!(bits(word, 15, 10), 0b00_1111 | 0b00_1011) {
            out.push(Effect::Clobber(general(to)));
            return;
        }
    }
    if bits(word, 15, 10) & 0b1111 == 0b1000 && bits(word, 28, 24) == 0b11110 {
        // A comparison sets flags only.
        return;
    }
    out.push(Effect::Clobber(vector(to)));
}
