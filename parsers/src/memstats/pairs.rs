//! Names with values in a line: `Alloc = 1 MiB<tab>TotalAlloc = 2 MiB`, `alloc=57497872 sys=…`, `"heap_sys":7`.

use super::names::{LONGEST, Name, lookup};
use super::records::Value;
use super::value::value_of;

/// A field with its value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Pair {
    pub(super) name: Name,
    pub(super) value: Value,
    /// Where the name begins.
    start: usize,
    /// Where the value ends.
    end: usize,
}

/// The pairs of one line.
#[derive(Clone, Debug, Default)]
pub(super) struct Pairs {
    pub(super) list: Vec<Pair>,
    /// Fields whose value is none (`Alloc = lots`).
    pub(super) bad: usize,
    /// The one pair has nothing but a blank between its name and its value, as `fmt.Println("Alloc", m.Alloc)` prints.
    pub(super) spaced: bool,
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// The name in front of a separator, and where it begins.
pub(super) fn name_before(text: &[u8], separator: usize) -> Option<(Name, usize)> {
    let before = text.get(..separator)?.trim_ascii_end();
    let quoted = before.last() == Some(&b'"');
    let before = before.strip_suffix(b"\"").unwrap_or(before);
    let length = before
        .iter()
        .rev()
        .take(LONGEST + 1)
        .take_while(|byte| is_word(**byte))
        .count();
    let mut start = before.len() - length;
    let mut found = lookup(before.get(start..)?);
    if found.is_none() {
        // The two names of gops that hold a blank.
        for words in [&b"OS threads"[..], b"num CPU"] {
            if before.ends_with(words) {
                start = before.len() - words.len();
                found = lookup(words);
            }
        }
    }
    let boundary = start.checked_sub(1).and_then(|at| text.get(at));
    let fits = if quoted {
        boundary == Some(&b'"')
    } else {
        boundary.is_none_or(|b| !is_word(*b) && *b != b'/')
    };
    let start = if quoted {
        start.saturating_sub(1)
    } else {
        start
    };
    found.filter(|_| fits).map(|name| (name, start))
}

impl Pairs {
    /// Finds the pairs of a line.
    pub(super) fn scan(&mut self, text: &[u8]) {
        self.list.clear();
        self.bad = 0;
        self.spaced = false;
        let mut from = 0;
        for separator in memchr::memchr2_iter(b'=', b':', text) {
            if separator < from {
                continue;
            }
            let Some((name, start)) = name_before(text, separator) else {
                continue;
            };
            if start < from {
                continue;
            }
            let after = text.get(separator + 1..).unwrap_or_default();
            let after = after.strip_prefix(b"=").unwrap_or(after);
            let after = after.trim_ascii_start();
            match value_of(name.field, after) {
                Some((rest, value)) => {
                    from = text.len() - rest.len();
                    self.list.push(Pair {
                        name,
                        value,
                        start,
                        end: from,
                    });
                }
                None => self.bad += 1,
            }
        }
        if self.list.is_empty() && self.bad == 0 {
            self.println(text);
        }
    }

    /// A name as Go spells it, a blank and a value, and nothing else.
    fn println(&mut self, text: &[u8]) {
        let Some(blank) = memchr::memchr(b' ', text) else {
            return;
        };
        let (name, value) = text.split_at_checked(blank).unwrap_or_default();
        let named = lookup(name).filter(|name| name.exact);
        let Some(name) = named.filter(|_| name.first().is_some_and(u8::is_ascii_uppercase)) else {
            return;
        };
        if let Some(([], value)) = value_of(name.field, value.trim_ascii_start()) {
            self.spaced = true;
            self.list.push(Pair {
                name,
                value,
                start: 0,
                end: text.len(),
            });
        }
    }

    /// Whether the line is nothing but pairs.
    pub(super) fn are_whole(&self, text: &[u8]) -> bool {
        let (Some(first), Some(last)) = (self.list.first(), self.list.last()) else {
            return false;
        };
        self.bad == 0
            && is_space(text.get(..first.start).unwrap_or_default())
            && is_space(text.get(last.end..).unwrap_or_default())
            && self.gaps(text).all(is_space)
    }

    /// Whether they stand side by side, with nothing but punctuation or other pairs between them, to the end of
    /// the line or at least three.
    pub(super) fn are_chained(&self, text: &[u8]) -> bool {
        let Some(last) = self.list.last() else {
            return false;
        };
        let tail = text.get(last.end..).unwrap_or_default();
        let enough = self.list.len() >= 3 || self.list.len() >= 2 && is_assignments(tail);
        let known = self
            .list
            .iter()
            .filter(|pair| !pair.name.is_common())
            .count();
        let telling = known > 0 || self.list.iter().any(|pair| pair.name.exact);
        enough && telling && self.gaps(text).all(is_assignments)
    }

    fn gaps<'t>(&'t self, text: &'t [u8]) -> impl Iterator<Item = &'t [u8]> {
        self.list.windows(2).map(|pair| match pair {
            [one, two] => text.get(one.end..two.start).unwrap_or_default(),
            _ => &[],
        })
    }

    /// Whether the names are spelled as gops does: `heap-in-use`, `OS threads`.
    pub(super) fn are_of_gops(&self, text: &[u8]) -> bool {
        self.list.iter().any(|pair| {
            let rest = text.get(pair.start..).unwrap_or_default();
            let name = rest.split(|b| *b == b':').next().unwrap_or_default();
            name == b"OS threads" || name.len() < LONGEST && name.contains(&b'-')
        })
    }

    /// Whether the last pair with the line and could be the head of a longer number.
    pub(super) fn torn_at_end(&self, text: &[u8]) -> bool {
        self.list.last().is_some_and(|last| last.end == text.len())
            && text
                .last()
                .is_some_and(|b| !matches!(b, b'B' | b's' | b'e' | b')'))
    }
}

/// Punctuation and blanks.
fn is_space(gap: &[u8]) -> bool {
    gap.iter().all(|b| {
        matches!(
            b,
            b' ' | b'\t' | b',' | b';' | b'|' | b'.' | b'{' | b'}' | b'[' | b']' | b'(' | b')'
        )
    })
}

/// Punctuation, blanks and other pairs: `, "msg":"memstats",`, ` frees=34 `.
fn is_assignments(gap: &[u8]) -> bool {
    gap.split(|b| matches!(b, b' ' | b'\t' | b','))
        .all(|word| is_space(word) || memchr::memchr2(b'=', b':', word).is_some())
}
