//! Why a goroutine waits, in the runtime's own words.
//!
//! `runtime.waitReasonStrings` is an array of strings in the process's data; its numbering changes with nearly
//! every release, so it is read, not remembered.

use super::Runtime;
use crate::memory::MemoryExt;
use std::sync::Arc;

/// The texts by number.
#[derive(Clone, Debug, Default)]
pub struct WaitReasons {
    texts: Vec<Arc<str>>,
}

/// More than any release has (47); reading stops before, where the strings end.
const MOST: u64 = 96;

/// Every release since 1.11 has this text at 1 (`waitReasonGCAssistMarking`), so an array without it is not
/// the array.
const FIRST: &str = "GC assist marking";

impl WaitReasons {
    /// Reads the texts from the process.
    pub fn read(runtime: &Runtime<'_>) -> Self {
        let mut texts: Vec<Arc<str>> = Vec::new();
        let Some(array) = runtime.vars.address("runtime.waitReasonStrings") else {
            return Self::default();
        };
        for index in 0..MOST {
            let Ok((bytes, len)) = runtime.memory.go_string(array.offset(index * 16), 64) else {
                break;
            };
            let text = std::str::from_utf8(&bytes).unwrap_or("\0");
            let printable = text.bytes().all(|b| (0x20..0x7f).contains(&b));
            if len > 64 || !printable || (len == 0) != (index == 0) {
                break;
            }
            texts.push(text.into());
        }
        if texts.get(1).is_none_or(|text| text.as_ref() != FIRST) {
            texts.clear();
        }
        Self { texts }
    }

    /// Whether the texts are known at all.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// All texts by number; the first is empty.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(AsRef::as_ref)
    }

    /// The text of a number; `None` for zero (no reason was given) and for numbers without a text.
    pub fn text(&self, number: u8) -> Option<&Arc<str>> {
        self.texts
            .get(usize::from(number))
            .filter(|text| !text.is_empty())
    }
}
