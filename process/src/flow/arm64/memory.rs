//! Loads and stores (Arm ARM C4.1.66).

use super::{SP, bits, general, signed, vector};
use crate::addr::Addr;
use crate::arch::Reg;
use crate::flow::step::{Effect, Expr, Mem, Val};

/// What a load or store moves.
struct Moved {
    mem: Mem,
    bytes: u8,
    register: Reg,
    /// Of a load: how it fills the register.
    signed: bool,
    is_load: bool,
    /// Register 31, which is zero.
    is_zero: bool,
}

impl Moved {
    fn push(&self, out: &mut Vec<Effect>) {
        let Self { mem, bytes, .. } = *self;
        match (self.is_load, self.is_zero) {
            (true, true) => out.push(Effect::Load { mem, bytes }),
            (true, false) => out.push(Effect::Set(
                self.register,
                Expr::Load {
                    mem,
                    bytes,
                    signed: self.signed,
                },
            )),
            (false, is_zero) => out.push(Effect::Store {
                mem,
                bytes,
                val: if is_zero {
                    Val::Const(0)
                } else {
                    Val::Reg(self.register)
                },
            }),
        }
    }
}

/// Whatever loads or stores.
pub(super) fn memory(word: u32, addr: Addr, out: &mut Vec<Effect>) {
    let base = bits(word, 9, 5);
    let is_vector = bits(word, 26, 26) == 1;
    match bits(word, 29, 28) {
        0b11 => single(word, base, is_vector, out),
        0b10 => pair(word, base, is_vector, out),
        0b01 if bits(word, 24, 24) == 0 => {
            // A constant beside the code.
            let to = addr.offset_signed(signed(word, 23, 5) << 2);
            let size = bits(word, 31, 30);
            let bytes = match (is_vector, size) {
                (true, 0..=2) => 4 << size,
                (false, 0 | 2) => 4,
                (false, 1) => 8,
                // A prefetch.
                _ => 0,
            };
            let mem = Mem {
                disp: to.0.cast_signed(),
                ..Mem::default()
            };
            if bytes != 0 {
                moved(
                    word,
                    mem,
                    bytes,
                    (true, size == 2 && !is_vector),
                    is_vector,
                    out,
                );
            }
        }
        _ => {
            // Exclusive, ordered, compare and swap; structures of vectors.
            let mem = Mem::at(general(base), 0);
            let bytes = if is_vector {
                64
            } else {
                (1u8 << bits(word, 31, 30)).saturating_mul(2)
            };
            out.push(Effect::Load { mem, bytes });
            out.push(Effect::MayStore { mem, bytes });
            for at in [0, 10, 16] {
                let number = bits(word, at + 4, at);
                if is_vector {
                    (0..4).for_each(|n| out.push(Effect::Clobber(vector(number + n))));
                } else if number != SP {
                    out.push(Effect::Use(general(number)));
                    out.push(Effect::Clobber(general(number)));
                }
            }
        }
    }
}

fn moved(
    word: u32,
    mem: Mem,
    bytes: u8,
    (is_load, signed): (bool, bool),
    is_vector: bool,
    out: &mut Vec<Effect>,
) {
    let number = bits(word, 4, 0);
    Moved {
        mem,
        bytes,
        register: if is_vector {
            vector(number)
        } else {
            general(number)
        },
        signed,
        is_load,
        is_zero: !is_vector && number == SP,
    }
    .push(out);
}

/// Loads and stores of one register.
fn single(word: u32, base: u32, is_vector: bool, out: &mut Vec<Effect>) {
    let (size, opc) = (bits(word, 31, 30), bits(word, 23, 22));
    let bytes = if is_vector && opc & 2 != 0 {
        16
    } else {
        1u8 << size
    };
    let is_load = if is_vector { opc & 1 == 1 } else { opc != 0 };
    let is_signed = !is_vector && opc & 2 != 0;
    // Prefetches move nothing; a sign extended to 32 bits only is not followed.
    if !is_vector && size == 3 && opc & 2 != 0 {
        return;
    }
    let odd = is_signed && opc == 3;
    let at = |disp| Mem::at(general(base), disp);
    let access = |mem: Mem, out: &mut Vec<Effect>| {
        if odd {
            out.push(Effect::Load { mem, bytes });
            let to = bits(word, 4, 0);
            if to != SP {
                out.push(Effect::Clobber(general(to)));
            }
        } else {
            moved(word, mem, bytes, (is_load, is_signed), is_vector, out);
        }
    };
    if bits(word, 24, 24) == 1 {
        access(at(i64::from(bits(word, 21, 10)) * i64::from(bytes)), out);
    } else if bits(word, 21, 21) == 0 {
        let by = signed(word, 20, 12);
        match bits(word, 11, 10) {
            0b01 => {
                access(at(0), out);
                write_back(base, by, out);
            }
            0b11 => {
                access(at(by), out);
                write_back(base, by, out);
            }
            _ => access(at(by), out),
        }
    } else if bits(word, 11, 10) == 0b10 {
        let scale = if bits(word, 12, 12) == 1 { bytes } else { 1 };
        let mem = Mem {
            base: Some(general(base)),
            index: Some((general(bits(word, 20, 16)), scale)),
            disp: 0,
        };
        access(mem, out);
    } else {
        // Read, combine, write.
        let mem = at(0);
        out.push(Effect::Use(general(bits(word, 20, 16))));
        out.push(Effect::Load { mem, bytes });
        out.push(Effect::MayStore { mem, bytes });
        if bits(word, 4, 0) != SP {
            out.push(Effect::Clobber(general(bits(word, 4, 0))));
        }
    }
}

/// The base moves on; the stack pointer is known by tables.
fn write_back(base: u32, by: i64, out: &mut Vec<Effect>) {
    if base != SP {
        let base = general(base);
        out.push(Effect::Set(base, Expr::Address(Mem::at(base, by))));
    }
}

/// Loads and stores of two registers.
fn pair(word: u32, base: u32, is_vector: bool, out: &mut Vec<Effect>) {
    let opc = bits(word, 31, 30);
    let bytes: u8 = if is_vector {
        4 << opc.min(2)
    } else if opc & 2 != 0 {
        8
    } else {
        4
    };
    let is_load = bits(word, 22, 22) == 1;
    let by = signed(word, 21, 15) * i64::from(bytes);
    let mode = bits(word, 24, 23);
    let mem = Mem::at(general(base), if mode == 0b01 { 0 } else { by });
    let how = (is_load, !is_vector && opc == 1);
    // The base may be one of the registers that are loaded; then the second load would use the new value.
    let first = bits(word, 4, 0);
    let second = bits(word, 14, 10) | word & !31;
    if is_load && !is_vector && first == base {
        moved(
            second,
            mem.offset(i64::from(bytes)),
            bytes,
            how,
            is_vector,
            out,
        );
        moved(word, mem, bytes, how, is_vector, out);
    } else {
        moved(word, mem, bytes, how, is_vector, out);
        moved(
            second,
            mem.offset(i64::from(bytes)),
            bytes,
            how,
            is_vector,
            out,
        );
    }
    if mode & 1 == 1 {
        write_back(base, by, out);
    }
}
