//! Values as Go people read them, in the manner of Delve: one line, or indented when one line is too wide.
//!
//! ```text
//! main.Point {X: 1, Y: 2}
//! []int len: 5, cap: 8, [1,2,3,…2 more]
//! map[string]int len: 2, ["a": 1, "b": 2]
//! []uint8 len: 2, cap: 2, "hi"                                bytes that are no text: 0x00ff
//! *main.Node {Value: 7, Next: (*main.Node)(0xc000012345)}     a pointer that was not followed
//! error(*errors.errorString) *{s: "boom"}
//! chan int 2/5 [1,2]
//! main.Blue (2)        1.5s        time.Time(2026-11-21T10:00:00Z)
//! ```
//!
//! A value says its type where the reader cannot know it: at the top and in fields that are composite;
//! elements do not repeat it. Everything that came from the dump goes through [`super::quote`], so the text
//! is safe for a terminal.

use super::quote::{escape, quote};
use super::{Data, Pointee, Reading, Standing, Value, Variable};
use parts::{Part, Parts, Typed};
use std::fmt::Write;

mod parts;

/// How much of a value to print. What the reader left out of the tree cannot be printed whatever this says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Style {
    /// Nested composites to open.
    pub depth: usize,
    /// Elements, entries and fields to show of each.
    pub len: usize,
    /// Bytes to show of each string.
    pub string: usize,
    /// Columns to fill before [`Style::block`] breaks a value into lines.
    pub width: usize,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            depth: usize::MAX,
            len: usize::MAX,
            string: usize::MAX,
            width: 100,
        }
    }
}

impl Style {
    /// The value on one line.
    pub fn line(&self, value: &Value) -> String {
        let mut out = String::new();
        self.write(&mut out, value, Typed::Yes, 0, None);
        out
    }

    /// The value, broken into indented lines wherever one line would pass [`Style::width`]. A pointer that was
    /// followed says its address first, in a form that can be pasted into the next expression.
    pub fn block(&self, value: &Value) -> String {
        match &value.data {
            Data::Pointer {
                addr,
                pointee: Pointee::Value(_),
            } => format!("({})({addr})\n{}", escape(&value.ty), self.lines(value)),
            _ => self.lines(value),
        }
    }

    fn lines(&self, value: &Value) -> String {
        let mut out = String::new();
        self.write(&mut out, value, Typed::Yes, 0, Some(0));
        out
    }

    /// `name = value`, with the standing wherever it is not exact.
    pub fn variable(&self, variable: &Variable) -> String {
        named(variable, |value| self.line(value))
    }

    /// `name = value`, broken into lines where needed.
    pub fn variable_block(&self, variable: &Variable) -> String {
        named(variable, |value| self.lines(value))
    }

    /// Appends a value. `indent` is the level of the line it stands on, or `None` to keep to one line.
    fn write(
        &self,
        out: &mut String,
        value: &Value,
        typed: Typed,
        depth: usize,
        indent: Option<usize>,
    ) {
        self.write_plain(out, value, typed, depth, indent);
        if let Some(doubt) = &value.doubt {
            let _ = write!(out, " ({})", escape(doubt));
        }
    }

    fn write_plain(
        &self,
        out: &mut String,
        value: &Value,
        typed: Typed,
        depth: usize,
        indent: Option<usize>,
    ) {
        if self.write_reading(out, value, typed, depth, indent) {
            return;
        }
        let ty = escape(&value.ty);
        match &value.data {
            Data::Bool(b) => push(out, b),
            Data::Int(n) => push(out, n),
            Data::Uint(n) if &*value.ty == "uintptr" => {
                let _ = write!(out, "{n:#x}");
            }
            Data::Uint(n) => push(out, n),
            Data::Float(f) => push(out, f),
            Data::Complex { re, im } => {
                let im = im.to_string();
                let sign = if im.starts_with(['-', '+']) { "" } else { "+" };
                let _ = write!(out, "({re}{sign}{im}i)");
            }
            Data::String { bytes, len } => self.write_string(out, bytes, *len),
            Data::UnsafePointer(addr) => {
                let _ = write!(out, "unsafe.Pointer({addr})");
            }
            Data::Unreadable(why) => {
                let _ = write!(out, "(unreadable: {})", escape(why));
            }
            Data::Pointer { addr, pointee } => match pointee {
                _ if addr.is_nil() => nil(out, &ty, typed),
                Pointee::NotFollowed => {
                    let _ = write!(out, "({ty})({addr})");
                }
                Pointee::Cycle => {
                    let _ = write!(out, "({ty})({addr}) (cycle)");
                }
                Pointee::Value(target) => {
                    out.push('*');
                    self.write(out, target, typed, depth, indent);
                }
            },
            Data::Interface {
                dynamic_type: Some(dynamic),
                value: target,
                addr,
            } => {
                let _ = write!(out, "{ty}({}) ", escape(dynamic));
                match target {
                    Some(target) => self.write(out, target, Typed::No, depth, indent),
                    None => push(out, addr),
                }
            }
            Data::Interface { .. } => nil(out, &ty, typed),
            Data::Map { addr, .. } if addr.is_nil() => nil(out, &ty, typed),
            Data::Chan(chan) if chan.addr.is_nil() => nil(out, &ty, typed),
            Data::Func { addr, name, .. } if addr.is_nil() && name.is_none() => {
                nil(out, &ty, typed);
            }
            Data::Slice { addr, len: 0, .. } if addr.is_nil() && typed == Typed::No => {
                out.push_str("nil");
            }
            _ => {
                if let Some(parts) = self.take_apart(value, typed, depth) {
                    self.write_parts(out, &parts, depth, indent);
                }
            }
        }
    }

    /// Names, times, locks: `main.Blue (2)`, `1.5s`, `sync.Mutex(locked)`. False when there is none.
    fn write_reading(
        &self,
        out: &mut String,
        value: &Value,
        typed: Typed,
        depth: usize,
        indent: Option<usize>,
    ) -> bool {
        let close = |out: &mut String| {
            if typed == Typed::Yes {
                out.push(')');
            }
        };
        if let Data::Struct {
            fields,
            shown: Some(index),
            ..
        } = &value.data
            && let Some(field) = fields.get(*index)
            && value.reading.is_none()
        {
            if typed == Typed::Yes {
                let _ = write!(out, "{}(", escape(&value.ty));
            }
            self.write(out, &field.value, typed, depth, indent);
            close(out);
            return true;
        }
        let asked_for = (depth, indent) == (0, Some(0));
        match (&value.reading, &value.data) {
            (Some(Reading::Beside(_)), _) if !asked_for => return false,
            (Some(Reading::Whole(text) | Reading::Summary(text) | Reading::Beside(text)), data) => {
                if typed == Typed::Yes && data.is_composite() {
                    let _ = write!(out, "{}({})", escape(&value.ty), escape(text));
                } else {
                    out.push_str(&escape(text));
                }
                if asked_for
                    && !matches!(value.reading, Some(Reading::Whole(_)))
                    && let Some(parts) = self.take_apart(value, Typed::No, depth)
                {
                    out.push(' ');
                    self.write_parts(out, &parts, depth, indent);
                }
            }
            (Some(Reading::Name(text)), data) => {
                let _ = match data {
                    Data::Int(n) => write!(out, "{} ({n})", escape(text)),
                    Data::Uint(n) => write!(out, "{} ({n})", escape(text)),
                    _ => write!(out, "{}", escape(text)),
                };
            }
            (None, _) => return false,
        }
        true
    }

    fn write_string(&self, out: &mut String, bytes: &[u8], len: u64) {
        let shown = floor_char_boundary(bytes, self.string);
        let bytes = bytes.get(..shown).unwrap_or(bytes);
        out.push_str(&quote(bytes));
        let more = len.saturating_sub(bytes.len() as u64);
        if more > 0 {
            let _ = write!(out, "…{more} more");
        }
    }

    fn write_parts(
        &self,
        out: &mut String,
        parts: &Parts<'_>,
        depth: usize,
        indent: Option<usize>,
    ) {
        let start = out.len();
        out.push_str(&parts.open);
        for (index, part) in parts.items.iter().enumerate() {
            if index > 0 {
                out.push_str(parts.separator);
            }
            self.write_part(out, part, depth + 1, None);
        }
        out.push_str(parts.close);

        let Some(indent) = indent else { return };
        let line_start = out.rfind('\n').map_or(0, |at| at + 1);
        let wide = out
            .get(line_start..)
            .is_some_and(|line| line.chars().count() > self.width);
        if !wide || parts.items.is_empty() {
            return;
        }
        out.truncate(start);
        out.push_str(&parts.open);
        let only_scalars = parts.items.iter().all(Part::is_small);
        let mut column = usize::MAX;
        for part in &parts.items {
            // Numbers fill lines; anything larger gets one of its own.
            if only_scalars {
                let mut text = String::new();
                self.write_part(&mut text, part, depth + 1, None);
                let width = text.chars().count() + 2;
                if column.saturating_add(width) > self.width {
                    new_line(out, indent + 1);
                    column = (indent + 1) * INDENT.len();
                } else {
                    out.push(' ');
                }
                let _ = write!(out, "{text},");
                column += width;
                continue;
            }
            new_line(out, indent + 1);
            self.write_part(out, part, depth + 1, Some(indent + 1));
            out.push(',');
        }
        new_line(out, indent);
        out.push_str(parts.close);
    }

    fn write_part(&self, out: &mut String, part: &Part<'_>, depth: usize, indent: Option<usize>) {
        match part {
            Part::Value(value, typed) => self.write(out, value, *typed, depth, indent),
            Part::Named(name, value) => {
                let _ = write!(out, "{}: ", escape(name));
                self.write(out, value, Typed::Yes, depth, indent);
            }
            Part::Entry(key, value) => {
                self.write(out, key, Typed::No, depth, None);
                out.push_str(": ");
                self.write(out, value, Typed::No, depth, indent);
            }
            Part::Captured(variable) => {
                let _ = write!(out, "{}: ", escape(&variable.name));
                out.push_str(&with_standing(variable, |value| {
                    let mut text = String::new();
                    self.write(&mut text, value, Typed::Yes, depth, None);
                    text
                }));
            }
            Part::Nothing => out.push('…'),
            Part::More(count) => {
                let _ = write!(out, "…{count} more");
            }
        }
    }
}

fn named(variable: &Variable, show: impl Fn(&Value) -> String) -> String {
    format!(
        "{} = {}",
        escape(&variable.name),
        with_standing(variable, show)
    )
}

/// The value of a variable with its standing, without its name.
fn with_standing(variable: &Variable, show: impl Fn(&Value) -> String) -> String {
    match (&variable.standing, &variable.value) {
        (Standing::Exact, Some(value)) => show(value),
        // The mark stands before the value, where nothing that is cut off takes it along.
        (Standing::Stale(why), Some(value)) => {
            format!("? {} (stale: {})", show(value), escape(why))
        }
        (Standing::Inferred(_), Some(value)) => format!("~ {}", show(value)),
        (Standing::OptimizedOut(why), _) => format!("(optimized out: {})", escape(why)),
        (Standing::Unreadable(why), Some(value)) => {
            format!("{} (unreadable: {})", show(value), escape(why))
        }
        (standing, _) => format!(
            "(unreadable: {})",
            escape(standing.why().unwrap_or("no value"))
        ),
    }
}

const INDENT: &str = "    ";

fn new_line(out: &mut String, indent: usize) {
    out.push('\n');
    for _ in 0..indent {
        out.push_str(INDENT);
    }
}

fn push(out: &mut String, item: impl std::fmt::Display) {
    let _ = write!(out, "{item}");
}

fn nil(out: &mut String, ty: &str, typed: Typed) {
    if typed == Typed::Yes {
        out.push_str(ty);
        out.push(' ');
    }
    out.push_str("nil");
}

/// The longest prefix of at most `max` bytes that does not end inside a character.
pub fn floor_char_boundary(bytes: &[u8], max: usize) -> usize {
    if bytes.len() <= max {
        return bytes.len();
    }
    // A UTF-8 character has at most three continuation bytes; more of them are no character at all.
    (max.saturating_sub(3)..=max)
        .rev()
        .find(|&at| bytes.get(at).is_none_or(|b| b & 0xc0 != 0x80))
        .unwrap_or(max)
}

#[cfg(test)]
mod tests;
