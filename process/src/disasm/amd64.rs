//! x86-64, by `iced-x86`.

use super::{BAD, Instruction, Syntax};
use crate::addr::Addr;
use iced_x86::{
    Decoder, DecoderOptions, Formatter, GasFormatter, IntelFormatter, MemorySizeOptions, OpKind,
};
use std::fmt::Write;

/// Decodes as it is asked.
pub struct Instructions<'c> {
    code: &'c [u8],
    at: Addr,
    done: usize,
    decoder: Decoder<'c>,
    formatter: Box<dyn Formatter>,
}

impl<'c> Instructions<'c> {
    /// Those of `code`, which stands at `at`.
    pub fn new(code: &'c [u8], at: Addr, syntax: Syntax) -> Self {
        let mut formatter: Box<dyn Formatter> = match syntax {
            Syntax::Gnu => Box::new(GasFormatter::new()),
            Syntax::Intel => Box::new(IntelFormatter::new()),
        };
        let options = formatter.options_mut();
        if syntax == Syntax::Intel {
            // As objdump -M intel spells them.
            options.set_hex_prefix("0x");
            options.set_hex_suffix("");
            options.set_uppercase_keywords(true);
            options.set_memory_size_options(MemorySizeOptions::Always);
            options.set_show_branch_size(false);
        }
        options.set_rip_relative_addresses(true);
        options.set_uppercase_hex(false);
        options.set_small_hex_numbers_in_decimal(false);
        options.set_branch_leading_zeros(false);
        options.set_show_useless_prefixes(true);
        Self {
            code,
            at,
            done: 0,
            decoder: Decoder::with_ip(64, code, at.0, DecoderOptions::NONE),
            formatter,
        }
    }
}

impl<'c> Iterator for Instructions<'c> {
    type Item = Instruction<'c>;

    fn next(&mut self) -> Option<Instruction<'c>> {
        let rest = self.code.get(self.done..).filter(|rest| !rest.is_empty())?;
        let addr = self.at.offset(self.done as u64);
        // Where the bytes before were no instruction, the decoder has skipped more than the one that is shown as such.
        self.decoder.set_ip(addr.0);
        self.decoder.set_position(self.done).ok()?;
        let decoded = self.decoder.decode();
        if decoded.is_invalid() {
            self.done += 1;
            return Some(Instruction {
                addr,
                bytes: rest.get(..1)?,
                text: BAD.to_owned(),
                target: None,
            });
        }
        let bytes = rest.get(..decoded.len())?;
        self.done += bytes.len();
        let mut text = String::new();
        self.formatter.format(&decoded, &mut text);
        if decoded.is_jmp_near_indirect() || decoded.is_call_near_indirect() {
            // The one mnemonic on which the two differ in 64-bit code: binutils leaves out the only possible suffix.
            for (with_suffix, without) in [("jmpq ", "jmp "), ("callq ", "call ")] {
                text = text.replacen(with_suffix, without, 1);
            }
        }
        if decoded.is_ip_rel_memory_operand() {
            // Writing to a String cannot fail.
            let _ = write!(text, " # {:#x}", decoded.ip_rel_memory_address());
        }
        let near = decoded.op_count() > 0 && decoded.op0_kind() == OpKind::NearBranch64;
        Some(Instruction {
            addr,
            bytes,
            text,
            target: near.then(|| Addr(decoded.near_branch_target())),
        })
    }
}
