//! The text of the program, where the very files that it was made of are at hand: what they say of a variable that the compiler
//! gave no place, as constants are, or lost.
//!
//! | file | in charge of |
//! |---|---|
//! | `lex` | tokens of Go |
//! | `blocks` | functions, and which blocks a token stands in |
//! | `assigned` | what is assigned to the names that were asked about |
//! | `fate` | which assignment a variable has its value from |
//! | `again` | whether a variable was computed anew between two lines |
//! | `given` | calls that it is given to |
//!
//! Nothing here knows types or memory. What cannot be told for certain is `None`.

mod again;
mod assigned;
mod blocks;
mod fate;
mod given;
mod lex;

pub use blocks::Function;
pub use fate::{Asked, Fate};
pub use given::Given;
pub use lex::{Sort, Source, Word};
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Files larger than this are not read.
const MOST_TEXT: usize = 1 << 23;

/// Gives the text of source files, for callers that have them.
pub trait Texts: Send + Sync {
    /// The text of a file by its path in the program; `None` when it is not at hand, or is known to be another by now.
    fn text(&self, path: &str) -> Option<String>;
}

/// Source files, each read once.
#[derive(Default)]
pub struct Sources {
    texts: Option<Box<dyn Texts>>,
    known: Mutex<FxHashMap<String, Option<Arc<Source>>>>,
    functions: Mutex<FxHashMap<Place, Option<Arc<Function>>>>,
}

/// A function's file, name and first line.
type Place = (String, String, u64);

impl Sources {
    /// Those that `texts` gives.
    pub fn new(texts: Box<dyn Texts>) -> Self {
        Self {
            texts: Some(texts),
            known: Mutex::default(),
            functions: Mutex::default(),
        }
    }

    /// The function of a file that begins on a line, by its full name as the linker has it; each is read once.
    pub fn function(&self, path: &str, name: &str, line: u64) -> Option<Arc<Function>> {
        let known = || {
            let known = self.functions.lock();
            known.unwrap_or_else(PoisonError::into_inner)
        };
        let place = (path.to_owned(), name.to_owned(), line);
        if let Some(known) = known().get(&place) {
            return known.clone();
        }
        let function = Function::of(&self.of(path)?, name, line).map(Arc::new);
        known().insert(place, function.clone());
        function
    }

    /// A file in tokens.
    pub fn of(&self, path: &str) -> Option<Arc<Source>> {
        let texts = self.texts.as_ref()?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(path) {
            return known.clone();
        }
        let text = texts.text(path).filter(|text| text.len() <= MOST_TEXT);
        let source = text.and_then(|text| Source::of(&text)).map(Arc::new);
        known.insert(path.to_owned(), source.clone());
        source
    }
}
