//! x86-64 instructions as steps, by `iced-x86`.

use super::step::{BinOp, Effect, Expr, Mem, Step, Val, Way};
use crate::addr::Addr;
use crate::arch::Reg;
use iced_x86::{
    Decoder, DecoderOptions, FlowControl, Instruction, InstructionInfoFactory, Mnemonic, OpAccess,
    OpKind, Register,
};

/// DWARF's number of each general register in the order of the machine's own numbers (rax rcx rdx rbx rsp …).
const GENERAL: [u16; 16] = [0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15];

/// The steps of `code`, which stands at `at`.
pub(super) fn steps(code: &[u8], at: Addr) -> Vec<Step> {
    let mut decoder = Decoder::with_ip(64, code, at.0, DecoderOptions::NONE);
    let mut info = InstructionInfoFactory::new();
    let mut steps = Vec::with_capacity(code.len() / 4);
    while decoder.can_decode() {
        let decoded = decoder.decode();
        let way = if decoded.is_invalid() {
            Way::Stop
        } else {
            way(&decoded)
        };
        steps.push(Step {
            addr: Addr(decoded.ip()),
            len: u8::try_from(decoded.len()).unwrap_or(1).max(1),
            way,
            effects: effects(&decoded, &mut info),
        });
    }
    steps
}

fn way(decoded: &Instruction) -> Way {
    let target = || Addr(decoded.near_branch_target());
    let near = decoded.op_count() > 0 && decoded.op0_kind() == OpKind::NearBranch64;
    match decoded.flow_control() {
        FlowControl::UnconditionalBranch => Way::Jump(target()),
        FlowControl::ConditionalBranch => Way::Branch(target()),
        FlowControl::IndirectBranch => Way::Indirect,
        FlowControl::Call => Way::Call(near.then(target)),
        FlowControl::IndirectCall => Way::Call(None),
        FlowControl::Return => Way::Return,
        FlowControl::Interrupt | FlowControl::Exception => match decoded.mnemonic() {
            // A breakpoint that the runtime plants goes on.
            Mnemonic::Int3 => Way::On,
            _ => Way::Stop,
        },
        _ => Way::On,
    }
}

/// A register and how many of its bytes are meant.
fn register(register: Register) -> Option<(Reg, u8)> {
    let bytes = u8::try_from(register.size()).ok()?;
    let full = register.full_register();
    let number = if full.is_gpr64() {
        *GENERAL.get(full.number())?
    } else if full.is_vector_register() && full.number() < 16 {
        17 + u16::try_from(full.number()).ok()?
    } else {
        return None;
    };
    // ah, bh, ch, dh are not the low byte.
    let high = matches!(
        register,
        Register::AH | Register::BH | Register::CH | Register::DH
    );
    Some((Reg(number), if high { 0 } else { bytes }))
}

/// A memory operand; `None` where a segment makes the address another one.
fn memory(decoded: &Instruction) -> Option<Mem> {
    if matches!(decoded.memory_segment(), Register::FS | Register::GS) {
        return None;
    }
    if decoded.is_ip_rel_memory_operand() {
        return Some(Mem {
            disp: decoded.ip_rel_memory_address().cast_signed(),
            ..Mem::default()
        });
    }
    let general = |reg: Register| match reg {
        Register::None => Some(None),
        other => Some(Some(register(other)?.0)),
    };
    let index = general(decoded.memory_index())?;
    Some(Mem {
        base: general(decoded.memory_base())?,
        index: index.zip(u8::try_from(decoded.memory_index_scale()).ok()),
        disp: decoded.memory_displacement64().cast_signed(),
    })
}

/// An operand of an instruction that is followed.
#[derive(Clone, Copy)]
enum Operand {
    Reg(Reg, u8),
    Const(u64),
    Mem(Mem, u8),
}

fn operand(decoded: &Instruction, number: u32) -> Option<Operand> {
    Some(match decoded.op_kind(number) {
        OpKind::Register => {
            let (reg, bytes) = register(decoded.op_register(number))?;
            (bytes != 0).then_some(Operand::Reg(reg, bytes))?
        }
        OpKind::Memory => Operand::Mem(
            memory(decoded)?,
            u8::try_from(decoded.memory_size().size()).ok()?,
        ),
        OpKind::Immediate8
        | OpKind::Immediate16
        | OpKind::Immediate32
        | OpKind::Immediate64
        | OpKind::Immediate8to16
        | OpKind::Immediate8to32
        | OpKind::Immediate8to64
        | OpKind::Immediate32to64 => Operand::Const(decoded.immediate(number)),
        _ => return None,
    })
}

fn effects(decoded: &Instruction, info: &mut InstructionInfoFactory) -> Vec<Effect> {
    if decoded.is_invalid() {
        return Vec::new();
    }
    followed(decoded).unwrap_or_else(|| others(decoded, info))
}

/// The instructions whose result is followed.
fn followed(decoded: &Instruction) -> Option<Vec<Effect>> {
    let both = || Some((operand(decoded, 0)?, operand(decoded, 1)?));
    Some(match decoded.mnemonic() {
        Mnemonic::Nop => Vec::new(),
        Mnemonic::Mov
        | Mnemonic::Movups
        | Mnemonic::Movupd
        | Mnemonic::Movaps
        | Mnemonic::Movapd
        | Mnemonic::Movdqu
        | Mnemonic::Movdqa
        | Mnemonic::Movq
        | Mnemonic::Movd => moved(both()?, decoded)?,
        Mnemonic::Movsd | Mnemonic::Movss
            if decoded.op_count() == 2 && decoded.op0_kind() != decoded.op1_kind() =>
        {
            moved(both()?, decoded)?
        }
        Mnemonic::Movzx => extended(both()?, false)?,
        Mnemonic::Movsx | Mnemonic::Movsxd => extended(both()?, true)?,
        Mnemonic::Lea => match (operand(decoded, 0)?, memory(decoded)?) {
            (Operand::Reg(to, 8), mem) => vec![Effect::Set(to, Expr::Address(mem))],
            _ => return None,
        },
        Mnemonic::Push => match operand(decoded, 0)? {
            Operand::Reg(reg, 8) => vec![Effect::Store {
                mem: Mem::at(Reg(7), -8),
                bytes: 8,
                val: Val::Reg(reg),
            }],
            _ => return None,
        },
        Mnemonic::Pop => match operand(decoded, 0)? {
            Operand::Reg(to, 8) => vec![Effect::Set(
                to,
                Expr::Load {
                    mem: Mem::at(Reg(7), 0),
                    bytes: 8,
                    signed: false,
                },
            )],
            _ => return None,
        },
        Mnemonic::Inc => counted(operand(decoded, 0)?, 1)?,
        Mnemonic::Dec => counted(operand(decoded, 0)?, -1)?,
        Mnemonic::Stosb | Mnemonic::Stosd | Mnemonic::Stosq if decoded.has_rep_prefix() => {
            repeated(decoded, false)
        }
        Mnemonic::Movsb | Mnemonic::Movsq if decoded.has_rep_prefix() => repeated(decoded, true),
        mnemonic => computed(binary(mnemonic)?, both()?, decoded.op_count())?,
    })
}

fn binary(mnemonic: Mnemonic) -> Option<BinOp> {
    Some(match mnemonic {
        Mnemonic::Add => BinOp::Add,
        Mnemonic::Sub => BinOp::Sub,
        Mnemonic::And => BinOp::And,
        Mnemonic::Or => BinOp::Or,
        Mnemonic::Xor | Mnemonic::Pxor | Mnemonic::Xorps => BinOp::Xor,
        Mnemonic::Imul => BinOp::Mul,
        Mnemonic::Shl => BinOp::Shl,
        Mnemonic::Shr => BinOp::Shr,
        Mnemonic::Sar => BinOp::Sar,
        _ => return None,
    })
}

fn moved((to, from): (Operand, Operand), decoded: &Instruction) -> Option<Vec<Effect>> {
    Some(match (to, from) {
        (Operand::Reg(to, size), from) if size >= 4 => {
            let expr = match from {
                Operand::Reg(from, bytes) => Expr::Val {
                    val: Val::Reg(from),
                    bytes: bytes.min(size),
                    signed: false,
                },
                Operand::Const(value) => Expr::Val {
                    val: Val::Const(value),
                    bytes: size,
                    signed: false,
                },
                Operand::Mem(mem, bytes) => Expr::Load {
                    mem,
                    bytes,
                    signed: false,
                },
            };
            vec![Effect::Set(to, expr)]
        }
        (Operand::Mem(mem, bytes), from) => {
            let val = match from {
                Operand::Reg(from, _) => Val::Reg(from),
                // The decoder extends it to the operand's size.
                Operand::Const(value) => Val::Const(value),
                Operand::Mem(..) => return None,
            };
            let bytes = match decoded.mnemonic() {
                Mnemonic::Movd => 4,
                _ => bytes,
            };
            vec![Effect::Store { mem, bytes, val }]
        }
        _ => return None,
    })
}

fn extended((to, from): (Operand, Operand), signed: bool) -> Option<Vec<Effect>> {
    let Operand::Reg(to, size) = to else {
        return None;
    };
    // Sign-extended to 32 bits and then zero-extended is not followed.
    if signed && size != 8 || size < 4 {
        return None;
    }
    let expr = match from {
        Operand::Reg(from, bytes) => Expr::Val {
            val: Val::Reg(from),
            bytes,
            signed,
        },
        Operand::Mem(mem, bytes) => Expr::Load { mem, bytes, signed },
        Operand::Const(_) => return None,
    };
    Some(vec![Effect::Set(to, expr)])
}

fn counted(to: Operand, by: i64) -> Option<Vec<Effect>> {
    match to {
        Operand::Reg(to, bytes @ (4 | 8)) => Some(vec![Effect::Set(
            to,
            Expr::Binary {
                op: BinOp::Add,
                a: Val::Reg(to),
                b: Val::Const(by.cast_unsigned()),
                bytes,
            },
        )]),
        _ => None,
    }
}

fn computed(op: BinOp, (to, from): (Operand, Operand), operands: u32) -> Option<Vec<Effect>> {
    let Operand::Reg(to, bytes) = to else {
        return None;
    };
    if let (BinOp::Xor | BinOp::Sub, Operand::Reg(from, _)) = (op, from)
        && from == to
        && bytes >= 4
    {
        let zero = Expr::Val {
            val: Val::Const(0),
            bytes,
            signed: false,
        };
        return Some(vec![Effect::Set(to, zero)]);
    }
    if operands != 2 || !matches!(bytes, 4 | 8) {
        return None;
    }
    // The stack pointer is known by tables.
    if to == Reg(7) {
        return Some(Vec::new());
    }
    let b = match from {
        Operand::Reg(from, _) => Val::Reg(from),
        Operand::Const(value) => Val::Const(value),
        Operand::Mem(..) => return None,
    };
    let a = Val::Reg(to);
    Some(vec![Effect::Set(to, Expr::Binary { op, a, b, bytes })])
}

fn repeated(decoded: &Instruction, copies: bool) -> Vec<Effect> {
    let unit = u8::try_from(decoded.memory_size().size()).unwrap_or(1);
    vec![
        Effect::Repeat { unit, copies },
        Effect::Clobber(Reg(2)),
        Effect::Clobber(Reg(5)),
        Effect::Clobber(if copies { Reg(4) } else { Reg(2) }),
    ]
}

/// Whatever else: what it reads and overwrites.
fn others(decoded: &Instruction, info: &mut InstructionInfoFactory) -> Vec<Effect> {
    let used = info.info(decoded);
    let mut effects = Vec::new();
    let is_call = matches!(
        decoded.flow_control(),
        FlowControl::Call | FlowControl::IndirectCall | FlowControl::Return
    );
    for reg in used.used_registers() {
        if let Some((number, _)) = register(reg.register())
            && matches!(
                reg.access(),
                OpAccess::Read | OpAccess::CondRead | OpAccess::ReadWrite | OpAccess::ReadCondWrite
            )
            && number != Reg(7)
        {
            effects.push(Effect::Use(number));
        }
    }
    for mem in used.used_memory() {
        if matches!(mem.segment(), Register::FS | Register::GS)
            || is_call && mem.base() == Register::RSP
        {
            continue;
        }
        let general = |reg: Register| register(reg).map(|(reg, _)| reg);
        let place = Mem {
            base: general(mem.base()),
            index: general(mem.index()).zip(u8::try_from(mem.scale()).ok()),
            disp: mem.displacement().cast_signed(),
        };
        let bytes = u8::try_from(mem.memory_size().size()).unwrap_or(u8::MAX);
        let read = Effect::Load { mem: place, bytes };
        let val = Val::Any;
        let write = Effect::Store {
            mem: place,
            bytes,
            val,
        };
        let may = Effect::MayStore { mem: place, bytes };
        match mem.access() {
            OpAccess::Read | OpAccess::CondRead => effects.push(read),
            OpAccess::Write => effects.push(write),
            OpAccess::ReadWrite => effects.extend([read, write]),
            OpAccess::CondWrite => effects.push(may),
            OpAccess::ReadCondWrite => effects.extend([read, may]),
            _ => {}
        }
    }
    for reg in used.used_registers() {
        if let Some((number, _)) = register(reg.register())
            && matches!(
                reg.access(),
                OpAccess::Write
                    | OpAccess::CondWrite
                    | OpAccess::ReadWrite
                    | OpAccess::ReadCondWrite
            )
            && number != Reg(7)
        {
            effects.push(Effect::Clobber(number));
        }
    }
    effects
}
