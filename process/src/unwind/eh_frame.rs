//! One image's `.eh_frame`, found through the search table that `PT_GNU_EH_FRAME` points at.

use super::frame::Trust;
use super::native::{Step, code_addr};
use crate::addr::Addr;
use crate::arch::{Arch, Reg, Registers};
use crate::memory::{CoreMemory, Memory, MemoryExt};
use gimli::{
    BaseAddresses, CfaRule, EhFrameHdr, EndianSlice, EvaluationResult, LittleEndian, Location,
    ParsedEhFrameHdr, Pointer, RegisterRule, UnwindContext, UnwindExpression, UnwindSection, Value,
};

type Slice<'a> = EndianSlice<'a, LittleEndian>;

/// Steps that one unwind expression may take; real ones have a handful.
const MOST_STEPS: u32 = 1000;

/// Unwind tables of one image, in the process's memory.
#[derive(Debug)]
pub(super) struct EhFrame<'a> {
    header: ParsedEhFrameHdr<Slice<'a>>,
    frames: gimli::EhFrame<Slice<'a>>,
    bases: BaseAddresses,
}

impl<'a> EhFrame<'a> {
    /// The tables whose header (`.eh_frame_hdr`) stands at `at`; `None` when their bytes are not at hand.
    pub(super) fn read(memory: &CoreMemory<'a>, at: Addr) -> Option<Self> {
        let bases = BaseAddresses::default().set_eh_frame_hdr(at.0);
        let header = EhFrameHdr::new(memory.run_at(at).ok()?, LittleEndian)
            .parse(&bases, 8)
            .ok()?;
        let Pointer::Direct(eh_frame) = header.eh_frame_ptr() else {
            return None;
        };
        let frames = gimli::EhFrame::new(memory.run_at(Addr(eh_frame)).ok()?, LittleEndian);
        Some(Self {
            header,
            frames,
            bases: bases.set_eh_frame(eh_frame),
        })
    }

    /// From the frame with these registers to its caller, by the rules for `lookup`, the pc or one before it.
    pub(super) fn step(
        &self,
        memory: &dyn Memory,
        registers: &Registers,
        lookup: u64,
    ) -> Option<Step> {
        let arch = registers.arch();
        let table = self.header.table()?;
        let entry = table
            .fde_for_address(
                &self.frames,
                &self.bases,
                lookup,
                UnwindSection::cie_from_offset,
            )
            .ok()
            .filter(|entry| entry.contains(lookup))?;
        let mut context = UnwindContext::new();
        let row = entry
            .unwind_info_for_address(&self.frames, &self.bases, &mut context, lookup)
            .ok()?;
        let cfa = match row.cfa() {
            CfaRule::RegisterAndOffset { register, offset } => {
                registers.get(Reg(register.0))?.wrapping_add_signed(*offset)
            }
            CfaRule::Expression(expression) => {
                self.evaluate(memory, registers, expression, None)?
            }
        };
        let mut caller = Registers::new(arch);
        // What no rule names is kept: an approximation for registers that a callee need not preserve, which
        // therefore are dropped below.
        for (reg, value) in registers.known() {
            let rule = row.register(gimli::Register(reg.0));
            let value = match rule {
                None => is_preserved(arch, reg).then_some(value),
                Some(rule) => self.apply(memory, registers, &rule, reg, cfa),
            };
            caller.set(reg, value);
        }
        for number in 0..33u16 {
            if caller.get(Reg(number)).is_none()
                && let Some(rule) = row.register(gimli::Register(number))
            {
                let value = self.apply(memory, registers, &rule, Reg(number), cfa);
                caller.set(Reg(number), value);
            }
        }
        let return_column = Reg(entry.cie().return_address_register().0);
        let return_address = match row.register(gimli::Register(return_column.0)) {
            Some(rule) => self.apply(memory, registers, &rule, return_column, cfa),
            // A leaf of arm64 leaves it in the link register.
            None => arch.lr().and_then(|lr| registers.get(lr)),
        };
        caller.set(arch.pc(), return_address.map(|pc| code_addr(arch, pc)));
        if row.register(gimli::Register(arch.sp().0)).is_none() {
            caller.set(arch.sp(), Some(cfa));
        }
        Some(Step {
            caller,
            cfa,
            trust: Trust::EhFrame,
            exact: entry.is_signal_trampoline(),
        })
    }

    fn apply(
        &self,
        memory: &dyn Memory,
        registers: &Registers,
        rule: &RegisterRule<usize>,
        reg: Reg,
        cfa: u64,
    ) -> Option<u64> {
        match rule {
            RegisterRule::SameValue => registers.get(reg),
            RegisterRule::Offset(offset) => memory.u64(Addr(cfa).offset_signed(*offset)).ok(),
            RegisterRule::ValOffset(offset) => Some(cfa.wrapping_add_signed(*offset)),
            RegisterRule::Register(other) => registers.get(Reg(other.0)),
            RegisterRule::Expression(expression) => {
                let at = self.evaluate(memory, registers, expression, Some(cfa))?;
                memory.u64(Addr(at)).ok()
            }
            RegisterRule::ValExpression(expression) => {
                self.evaluate(memory, registers, expression, Some(cfa))
            }
            RegisterRule::Constant(value) => Some(*value),
            _ => None,
        }
    }

    fn evaluate(
        &self,
        memory: &dyn Memory,
        registers: &Registers,
        expression: &UnwindExpression<usize>,
        initial: Option<u64>,
    ) -> Option<u64> {
        let expression = expression.get(&self.frames).ok()?;
        let encoding = gimli::Encoding {
            address_size: 8,
            format: gimli::Format::Dwarf32,
            version: 4,
        };
        let mut evaluation = expression.evaluation(encoding);
        evaluation.set_max_iterations(MOST_STEPS);
        if let Some(cfa) = initial {
            evaluation.set_initial_value(cfa);
        }
        let mut result = evaluation.evaluate().ok()?;
        loop {
            result = match result {
                EvaluationResult::Complete => break,
                EvaluationResult::RequiresMemory { address, size, .. } => {
                    let word = memory.uint(Addr(address), u64::from(size)).ok()?;
                    evaluation.resume_with_memory(Value::Generic(word)).ok()?
                }
                EvaluationResult::RequiresRegister { register, .. } => {
                    let word = registers.get(Reg(register.0))?;
                    evaluation.resume_with_register(Value::Generic(word)).ok()?
                }
                _ => return None,
            };
        }
        match evaluation.result().first()?.location {
            Location::Address { address } => Some(address),
            Location::Value { value } => value.to_u64(u64::MAX).ok(),
            _ => None,
        }
    }
}

/// Whether the psABI has a callee preserve the register, so that no rule means the same value.
fn is_preserved(arch: Arch, reg: Reg) -> bool {
    match arch {
        // rbx, rbp, r12-r15
        Arch::Amd64 => matches!(reg.0, 3 | 6 | 12..=15),
        Arch::Arm64 => matches!(reg.0, 19..=29),
    }
}
