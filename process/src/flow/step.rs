//! What one instruction does, in the few words that following values needs.
//!
//! Instructions that move, add or store are told as such; of all others only what they read and what they overwrite.
//! Registers have their DWARF numbers ([`Reg`]), since that is what location lists speak of.

use crate::addr::Addr;
use crate::arch::Reg;

/// An operand in memory: base + index · scale + displacement. Without base and index, the displacement is the address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Mem {
    pub(super) base: Option<Reg>,
    pub(super) index: Option<(Reg, u8)>,
    pub(super) disp: i64,
}

/// A value that an instruction takes as it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Val {
    Reg(Reg),
    Const(u64),
    /// Some value that is not followed.
    Any,
}

/// Operations whose results are compared by their operands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum BinOp {
    Add,
    Sub,
    And,
    Or,
    Xor,
    Mul,
    Shl,
    Shr,
    Sar,
}

/// What a register is set to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Expr {
    /// The low bytes of a register or a constant, extended to the whole register.
    Val { val: Val, bytes: u8, signed: bool },
    /// Bytes of memory, extended to the whole register.
    Load { mem: Mem, bytes: u8, signed: bool },
    /// The address of an operand.
    Address(Mem),
    /// An operation on that many bytes, zero-extended.
    Binary {
        op: BinOp,
        a: Val,
        b: Val,
        bytes: u8,
    },
}

/// One thing that an instruction does. An instruction's effects happen in order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Effect {
    /// A register gets a value.
    Set(Reg, Expr),
    /// Memory gets a value.
    Store { mem: Mem, bytes: u8, val: Val },
    /// Memory may get a value, depending on a condition.
    MayStore { mem: Mem, bytes: u8 },
    /// Memory is read for a result that is not followed.
    Load { mem: Mem, bytes: u8 },
    /// A register gets a value that is not followed.
    Clobber(Reg),
    /// A register is read for a result that is not followed.
    Use(Reg),
    /// `rep stos`, `rep movs`: RCX units of so many bytes to RDI, for `movs` from RSI.
    Repeat { unit: u8, copies: bool },
}

/// Where an instruction leads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    /// To the next one.
    On,
    /// To one other.
    Jump(Addr),
    /// To one other or the next.
    Branch(Addr),
    /// To wherever a register or memory says.
    Indirect,
    /// Through a function; its address when the instruction has it.
    Call(Option<Addr>),
    /// Back to the caller.
    Return,
    /// Nowhere.
    Stop,
}

/// A decoded instruction.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) addr: Addr,
    pub(super) len: u8,
    pub(super) way: Way,
    pub(super) effects: Vec<Effect>,
}

impl Step {
    pub(super) const fn next(&self) -> Addr {
        self.addr.offset(self.len as u64)
    }
}

impl Mem {
    pub(super) const fn at(base: Reg, disp: i64) -> Self {
        Self {
            base: Some(base),
            index: None,
            disp,
        }
    }

    pub(super) const fn offset(self, by: i64) -> Self {
        Self {
            disp: self.disp.wrapping_add(by),
            ..self
        }
    }

    pub(super) fn registers(self) -> impl Iterator<Item = Reg> {
        self.base
            .into_iter()
            .chain(self.index.map(|(index, _)| index))
    }
}

impl Effect {
    /// Calls `each` for every register that it reads.
    pub(super) fn reads(self, each: &mut dyn FnMut(Reg)) {
        let mut val = |val: Val| {
            if let Val::Reg(reg) = val {
                each(reg);
            }
        };
        match self {
            Self::Set(_, Expr::Val { val: v, .. }) => val(v),
            Self::Set(_, Expr::Binary { a, b, .. }) => {
                val(a);
                val(b);
            }
            Self::Set(_, Expr::Load { mem, .. } | Expr::Address(mem))
            | Self::Load { mem, .. }
            | Self::MayStore { mem, .. } => mem.registers().for_each(each),
            Self::Store { mem, val: v, .. } => {
                val(v);
                mem.registers().for_each(each);
            }
            Self::Use(reg) => each(reg),
            Self::Repeat { copies, .. } => {
                // RCX, RDI, RSI, and RAX for what `stos` stores.
                for reg in [2, 5, if copies { 4 } else { 0 }] {
                    each(Reg(reg));
                }
            }
            Self::Clobber(_) => {}
        }
    }

    /// The register that it overwrites.
    pub(super) const fn writes(self) -> Option<Reg> {
        match self {
            Self::Set(reg, _) | Self::Clobber(reg) => Some(reg),
            _ => None,
        }
    }
}
