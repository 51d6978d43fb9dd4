//! Several words looked for at once, in the many lines that have none of them.

use aho_corasick::{AhoCorasick, Input, Match, Span, packed};

/// Words that are looked for; where the processor cannot look for all at once, one byte after the other.
pub(crate) struct Words {
    packed: Option<packed::Searcher>,
    plain: Option<AhoCorasick>,
}

impl Words {
    /// Prepares a search.
    pub fn new(words: &[&str]) -> Self {
        Self {
            packed: packed::Searcher::new(words),
            plain: AhoCorasick::new(words).ok(),
        }
    }

    /// The first of them from a place on.
    #[inline]
    pub fn first(&self, text: &[u8], from: usize) -> Option<Match> {
        let span = Span::from(from..text.len());
        match (&self.packed, &self.plain) {
            (Some(packed), _) => packed.find_in(text, span),
            (None, Some(plain)) => plain.find(Input::new(text).span(span)),
            (None, None) => None,
        }
    }

    /// All of them, one behind the other.
    pub fn all(&self, text: &[u8]) -> impl Iterator<Item = Match> {
        let mut from = 0;
        std::iter::from_fn(move || {
            let found = self.first(text, from)?;
            from = found.end();
            Some(found)
        })
    }
}
