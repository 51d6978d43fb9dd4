//! Interned text: each distinct piece once, in one arena, named by a 32-bit handle.

use hashbrown::HashTable;
use std::hash::{BuildHasher, RandomState};

/// A handle to interned text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Sym(u32);

impl Sym {
    /// The empty text, in every [`Strings`].
    pub const EMPTY: Self = Self(0);
}

#[derive(Clone, Copy, Debug)]
struct Span {
    start: usize,
    len: u32,
}

/// The interner. Keys come from input, so they are hashed with the standard library's keyed hash.
#[derive(Clone, Debug)]
pub struct Strings {
    arena: Vec<u8>,
    spans: Vec<Span>,
    table: HashTable<u32>,
    hasher: RandomState,
}

impl Default for Strings {
    fn default() -> Self {
        let mut new = Self {
            arena: Vec::new(),
            spans: Vec::new(),
            table: HashTable::new(),
            hasher: RandomState::new(),
        };
        new.intern(b"");
        new
    }
}

fn slice(arena: &[u8], span: Span) -> &[u8] {
    arena
        .get(span.start..span.start + span.len as usize)
        .unwrap_or_default()
}

impl Strings {
    /// The handle of `text`, new or old. Text that no longer fits (4 billion pieces, or a piece of 4 GiB)
    /// becomes the empty text.
    pub fn intern(&mut self, text: &[u8]) -> Sym {
        let hash = self.hasher.hash_one(text);
        let (arena, spans) = (&self.arena, &self.spans);
        let found = self.table.find(hash, |id| {
            spans
                .get(*id as usize)
                .is_some_and(|span| slice(arena, *span) == text)
        });
        if let Some(id) = found {
            return Sym(*id);
        }
        let (Ok(id), Ok(len)) = (u32::try_from(self.spans.len()), u32::try_from(text.len())) else {
            return Sym::EMPTY;
        };
        self.spans.push(Span {
            start: self.arena.len(),
            len,
        });
        self.arena.extend_from_slice(text);
        let (arena, spans, hasher) = (&self.arena, &self.spans, &self.hasher);
        self.table.insert_unique(hash, id, |id| {
            spans
                .get(*id as usize)
                .map_or(0, |span| hasher.hash_one(slice(arena, *span)))
        });
        Sym(id)
    }

    /// The handle of `text` if it was interned.
    pub fn find(&self, text: &[u8]) -> Option<Sym> {
        let hash = self.hasher.hash_one(text);
        self.table
            .find(hash, |id| self.bytes(Sym(*id)) == text)
            .map(|id| Sym(*id))
    }

    /// The text.
    pub fn bytes(&self, sym: Sym) -> &[u8] {
        self.spans
            .get(sym.0 as usize)
            .map_or(&[], |span| slice(&self.arena, *span))
    }

    /// The text for showing: what is not UTF-8 is replaced.
    pub fn text(&self, sym: Sym) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.bytes(sym))
    }

    /// A hash of `bytes` with this interner's key.
    pub(super) fn hash(&self, bytes: &[u8]) -> u64 {
        self.hasher.hash_one(bytes)
    }
}
