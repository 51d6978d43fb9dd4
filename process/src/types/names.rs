//! The name of a type with a descriptor, put together with full import paths.
//!
//! A descriptor's own string names packages by their last element (`http.Client`), so two types may share it.
//! A named type is its package path and the end of its string; an unnamed one is spelled from its parts, as
//! the compiler spells it for DWARF. Only when the parts cannot be read does the runtime's string stand in.

use super::descriptor::{HEAD, Header};
use super::{Kind, TypeError, Types};
use crate::addr::Addr;
use crate::memory::MemoryExt;
use std::fmt::Write as _;

/// Unnamed types nest at most this deep before the runtime's string stands in.
const MAX_DEPTH: usize = 12;
/// Names do not grow beyond this.
const MAX_LEN: usize = 4096;
/// Parameters or methods beyond this are left out.
const MAX_PARTS: u64 = 1024;

impl Types<'_> {
    /// The full name of the type at a descriptor; never empty.
    pub(super) fn descriptor_name(&self, addr: Addr) -> String {
        let mut out = String::new();
        self.write_name(addr, 0, &mut out);
        out
    }

    fn write_name(&self, addr: Addr, depth: usize, out: &mut String) {
        let start = out.len();
        let Ok(header) = self.header(addr) else {
            out.push('?');
            return;
        };
        let text = || self.runtime_string(&header);
        if header.is_named() {
            match (self.package_path(&header), text()) {
                (Some(path), Some(text)) => {
                    let _ = write!(out, "{path}.{}", last_element(&text));
                }
                (None, Some(text)) => out.push_str(&text),
                _ => out.push('?'),
            }
            return;
        }
        let spelled =
            depth < MAX_DEPTH && out.len() < MAX_LEN && self.spell(&header, depth + 1, out).is_ok();
        if !spelled {
            out.truncate(start);
            match text() {
                Some(text) => out.push_str(&text),
                None => out.push('?'),
            }
        }
    }

    fn spell(&self, header: &Header, depth: usize, out: &mut String) -> Result<(), TypeError> {
        let memory = self.memory();
        let part = |at, out: &mut String| -> Result<(), TypeError> {
            self.write_name(memory.ptr(header.at(at))?, depth, out);
            Ok(())
        };
        match header.kind {
            Kind::Pointer => {
                out.push('*');
                part(HEAD, out)?;
            }
            Kind::Slice => {
                out.push_str("[]");
                part(HEAD, out)?;
            }
            Kind::Array => {
                let _ = write!(out, "[{}]", memory.u64(header.at(64))?);
                part(HEAD, out)?;
            }
            Kind::Map => {
                out.push_str("map[");
                part(HEAD, out)?;
                out.push(']');
                part(56, out)?;
            }
            Kind::Chan => {
                let direction = memory.u64(header.at(56))?;
                out.push_str(match direction {
                    1 => "<-chan ",
                    2 => "chan<- ",
                    _ => "chan ",
                });
                let mut elem = String::new();
                part(HEAD, &mut elem)?;
                if direction != 1 && elem.starts_with("<-") {
                    let _ = write!(out, "({elem})");
                } else {
                    out.push_str(&elem);
                }
            }
            Kind::Func => {
                out.push_str("func");
                self.spell_signature(header, depth, out)?;
            }
            Kind::Struct => self.spell_struct(header, depth, out)?,
            Kind::Interface => self.spell_interface(header, depth, out)?,
            _ => out.push_str(&self.runtime_string(header).ok_or(TypeError::Foreign)?),
        }
        Ok(())
    }

    fn spell_signature(
        &self,
        header: &Header,
        depth: usize,
        out: &mut String,
    ) -> Result<(), TypeError> {
        let memory = self.memory();
        let inputs = u64::from(memory.u16(header.at(48))?);
        let raw_outputs = memory.u16(header.at(50))?;
        let (outputs, variadic) = (u64::from(raw_outputs & 0x7fff), raw_outputs & 0x8000 != 0);
        let uncommon = if header.is_uncommon() { 16 } else { 0 };
        let types = header.at(self.kind_size(Kind::Func) + uncommon);
        let write = |from: u64, count: u64, variadic: bool, out: &mut String| {
            for index in 0..count.min(MAX_PARTS) {
                if index > 0 {
                    out.push_str(", ");
                }
                let ty = memory.ptr(types.offset((from + index) * 8))?;
                if variadic && index + 1 == count {
                    let mut last = String::new();
                    self.write_name(ty, depth, &mut last);
                    let _ = write!(out, "...{}", last.strip_prefix("[]").unwrap_or(&last));
                } else {
                    self.write_name(ty, depth, out);
                }
            }
            Ok::<_, TypeError>(())
        };
        out.push('(');
        write(0, inputs, variadic, out)?;
        out.push(')');
        match outputs {
            0 => {}
            1 => {
                out.push(' ');
                write(inputs, 1, false, out)?;
            }
            _ => {
                out.push_str(" (");
                write(inputs, outputs, false, out)?;
                out.push(')');
            }
        }
        Ok(())
    }

    fn spell_struct(
        &self,
        header: &Header,
        depth: usize,
        out: &mut String,
    ) -> Result<(), TypeError> {
        out.push_str("struct {");
        let mut separator = " ";
        for field in self.raw_fields(header)? {
            let (name, ty, _) = field?;
            let name = self.name_at(name)?;
            out.push_str(separator);
            separator = "; ";
            if !name.embedded {
                out.push_str(&name.text);
                out.push(' ');
            }
            self.write_name(ty, depth, out);
            if !name.tag.is_empty() {
                let _ = write!(out, " {:?}", name.tag);
            }
        }
        out.push_str(if separator == " " { "}" } else { " }" });
        Ok(())
    }

    fn spell_interface(
        &self,
        header: &Header,
        depth: usize,
        out: &mut String,
    ) -> Result<(), TypeError> {
        let memory = self.memory();
        let methods = memory.ptr(header.at(56))?;
        let count = memory.u64(header.at(64))?;
        out.push_str("interface {");
        for index in 0..count.min(MAX_PARTS) {
            let at = methods.offset(index * 8);
            let resolve = |offset| {
                self.resolve_offset(header.addr, offset)
                    .ok_or(TypeError::Foreign)
            };
            let name = self.name_at(resolve(memory.i32(at)?)?)?;
            let signature = self.header(resolve(memory.i32(at.offset(4))?)?)?;
            out.push_str(if index == 0 { " " } else { "; " });
            out.push_str(&name.text);
            self.spell_signature(&signature, depth, out)?;
        }
        out.push_str(if count == 0 { "}" } else { " }" });
        Ok(())
    }
}

/// What follows the last dot outside brackets: `Client` of `http.Client`, `Box[net/http.Header]` of
/// `main.Box[net/http.Header]` (`reflect.rtype.Name`).
fn last_element(text: &str) -> &str {
    let mut brackets = 0usize;
    for (at, byte) in text.bytes().enumerate().rev() {
        match byte {
            b']' => brackets += 1,
            b'[' => brackets = brackets.saturating_sub(1),
            b'.' if brackets == 0 => return text.get(at + 1..).unwrap_or(text),
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::last_element;

    #[test]
    fn the_package_is_what_stands_before_the_last_dot_outside_brackets() {
        assert_eq!(last_element("http.Client"), "Client");
        assert_eq!(
            last_element("main.Box[net/http.Header]"),
            "Box[net/http.Header]"
        );
        assert_eq!(
            last_element("main.Pair[a.b/c.T,[]x.y]"),
            "Pair[a.b/c.T,[]x.y]"
        );
        assert_eq!(last_element("error"), "error");
    }
}
