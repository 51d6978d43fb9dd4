//! Which line is what.

use super::block::{Block, Manner, TORN, Went, number};
use super::json::{self, Indented};
use super::metrics;
use super::object;
use super::pairs::{Pairs, name_before};
use super::records::{Form, Record, Snapshot};
use crate::line::{Format, Line, Sink, Taken};
use memchr::memmem::Finder;
use std::sync::LazyLock;

/// Looked for in every line with a brace, so they are prepared once.
static JSON_OBJECT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("{\"Alloc\":"));
static NAMED_OBJECT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("{Alloc:"));

/// The shortest `%v` of a MemStats: 29 numbers and two rings of 256.
const POSITIONAL: usize = 1100;
/// Lines of one field are shorter.
const SHORT: usize = 80;
/// An object of a MemStats is longer; a shorter one may be the program's own with the same names.
const WHOLE: usize = 1500;

/// Reads memory statistics.
#[derive(Clone, Debug)]
pub struct Reader {
    block: Option<Box<Block>>,
    pairs: Pairs,
    /// `alloc` in `Alloc`, `HeapAlloc`, `total_alloc`.
    alloc: Finder<'static>,
    /// `heap` in `HeapInuse`, `heap_sys`.
    heap: Finder<'static>,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            block: None,
            pairs: Pairs::default(),
            alloc: Finder::new("lloc"),
            heap: Finder::new("eap"),
        }
    }
}

/// What follows the time that Go's log package writes, and the file that it may name:
/// `2026/11/21 02:34:46 main.go:12: text`.
fn after_stamp(text: &[u8]) -> &[u8] {
    let [
        _,
        _,
        _,
        _,
        b'/',
        _,
        _,
        b'/',
        _,
        _,
        b' ',
        _,
        _,
        b':',
        _,
        _,
        b':',
        rest @ ..,
    ] = text
    else {
        return text;
    };
    let end = rest
        .iter()
        .position(|b| !b.is_ascii_digit() && *b != b'.')
        .unwrap_or(rest.len());
    let Some(rest) = rest.get(end..).and_then(|rest| rest.strip_prefix(b" ")) else {
        return text;
    };
    let word = rest.split(|b| *b == b' ').next().unwrap_or_default();
    let file = word
        .strip_suffix(b":")
        .is_some_and(|word| memchr::memmem::find(word, b".go:").is_some());
    if file {
        rest.get(word.len() + 1..).unwrap_or_default()
    } else {
        rest
    }
}

/// Whether a snapshot could begin with a line that speaks of no heap and of no allocation; almost every line of a log is
/// told here.
fn begins_without_words(text: &[u8]) -> bool {
    match text {
        [] => return false,
        [b'/', ..] => return true,
        [b'g', b'o', b'_', ..] => return true,
        [b'#', b' ', ..] if text.len() < SHORT => return true,
        _ => {}
    }
    if text.len() < SHORT {
        let text = after_stamp(text);
        if text.last().is_some_and(u8::is_ascii_digit) && number(text).is_some() {
            return true;
        }
        let first = memchr::memchr2(b'=', b':', text);
        if first.is_some_and(|at| name_before(text, at).is_some()) {
            return true;
        }
    }
    text.len() >= POSITIONAL && text.ends_with(b"}]}")
}

impl Reader {
    fn begin(&mut self, line: &Line<'_>, out: &mut Sink<'_, Self>) -> Taken {
        let text = after_stamp(line.text);
        let manner = match text {
            [b'#', ..] => Some(Manner::Footer),
            [b'/', ..] => metrics::runtime(text).map(|_| Manner::Metrics),
            [b'g', b'o', b'_', ..] => metrics::prometheus(text).map(|_| Manner::Prometheus),
            _ if number(text).is_some() => Some(Manner::Nameless(Vec::new())),
            _ if json::may_begin(text) => Some(Manner::Indented(Indented::default())),
            _ => None,
        };
        if let Some(manner) = manner {
            let mut block = Block::new(manner, line);
            match block.line(line, text, &mut self.pairs) {
                Went::Out | Went::Between => return Taken::No,
                Went::Wrong(why) => out.unreadable(line, line.text, why),
                Went::On | Went::Last => {}
            }
            self.block = Some(Box::new(block));
            return Taken::Open;
        }
        if let Some(taken) = Self::object(line, text, out) {
            return taken;
        }
        self.pairs.scan(text);
        if self.pairs.are_whole(text) {
            let mut block = Block::new(Manner::Fields, line);
            let went = block.line(line, text, &mut self.pairs);
            match went {
                Went::Out => return Taken::No,
                Went::Wrong(why) => out.unreadable(line, line.text, why),
                _ => {}
            }
            self.block = Some(Box::new(block));
            return Taken::Open;
        }
        if self.pairs.are_chained(text) {
            let torn = (line.unterminated || line.cut) && self.pairs.torn_at_end(text);
            if torn {
                self.pairs.list.pop();
                out.unreadable(line, line.text, TORN);
            }
            let mut found = Snapshot::new(Form::Named);
            for pair in &self.pairs.list {
                found.set(pair.name.field, pair.value);
            }
            out.record(line, Record::Snapshot(&found));
            return Taken::Yes;
        }
        Taken::No
    }

    /// A whole MemStats on one line.
    fn object(line: &Line<'_>, text: &[u8], out: &mut Sink<'_, Self>) -> Option<Taken> {
        memchr::memchr(b'{', text)?;
        let (at, (found, whole)) = if let Some(at) = JSON_OBJECT.find(text) {
            (at, json::object(text.get(at..)?))
        } else if let Some(at) = NAMED_OBJECT.find(text) {
            (at, object::named(text.get(at..)?))
        } else if text.len() >= POSITIONAL {
            let at = memchr::memchr(b'{', text)?;
            return object::positional(text.get(at..)?).map(|found| {
                out.record(line, Record::Snapshot(&found));
                Taken::Yes
            });
        } else {
            return None;
        };
        let has_fields = found.fields().nth(2).is_some();
        let closed = memchr::memchr(b'}', text.get(at..)?).is_some();
        if !(whole && has_fields) && closed && text.len() < WHOLE {
            return None;
        }
        if has_fields {
            out.record(line, Record::Snapshot(&found));
        }
        if !whole || !has_fields {
            out.unreadable(line, line.text, "not a whole MemStats");
        }
        Some(Taken::Yes)
    }

    fn close(&mut self, out: &mut Sink<'_, Self>) {
        if let Some(block) = self.block.take() {
            block.close(out);
        }
    }
}

impl Format for Reader {
    type Record<'r> = Record<'r>;

    const NAME: &'static str = "memstats";

    fn rests(&self) -> bool {
        self.block.is_none()
    }

    fn may_begin(&self, text: &[u8]) -> bool {
        begins_without_words(text)
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Sink<'_, Self>) -> Taken {
        if let Some(block) = &mut self.block {
            let went = block.line(line, after_stamp(line.text), &mut self.pairs);
            block.give_back(out);
            match went {
                Went::On => return Taken::Open,
                Went::Last => {
                    self.close(out);
                    return Taken::Yes;
                }
                Went::Wrong(why) => {
                    out.unreadable(line, line.text, why);
                    return Taken::Open;
                }
                Went::Between => {
                    out.log(line, line.text);
                    return Taken::Open;
                }
                Went::Out => self.close(out),
            }
        }
        let words = || [&self.alloc, &self.heap].map(|word| word.find(line.text).is_some());
        if !begins_without_words(line.text) && words() == [false; 2] {
            return Taken::No;
        }
        self.begin(line, out)
    }

    fn finish(&mut self, out: &mut Sink<'_, Self>) {
        self.close(out);
    }
}
