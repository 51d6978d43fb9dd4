//! Which function a position is in, from the lines that declare functions.
//!
//! At `-m=2` the inliner says of every function, at its name, whether it can be inlined, so the last such line
//! before a position names its function. At `-m` only the inlinable ones are named; then nothing is concluded,
//! since a position would be counted to whichever function happens to stand above.

use super::{
    decision::Place,
    rows::{Row, Said},
    strings::{Strings, Sym},
};
use dumpview_parsers::escape::Category;

/// Declarations by package and place.
pub(super) struct Declarations {
    sorted: Vec<(Sym, Place, Sym)>,
}

/// The part of a function's name before what the compiler made inside it: `f.func1`, `f.gowrap2`,
/// `f.deferwrap1`, `f-range1`.
pub(super) fn outermost(name: &str) -> &str {
    let generated = |at: usize, word: &str| {
        name.get(at + word.len()..)
            .and_then(|rest| rest.chars().next())
            .is_some_and(|c| c.is_ascii_digit())
    };
    let end = [".func", ".gowrap", ".deferwrap", "-range"]
        .iter()
        .filter_map(|word| {
            name.match_indices(word)
                .find(|(at, _)| generated(*at, word))
                .map(|(at, _)| at)
        })
        .min()
        .unwrap_or(name.len());
    name.get(..end).unwrap_or(name)
}

impl Declarations {
    pub(super) fn new(rows: &[Row], strings: &Strings) -> Self {
        let mut complete: Vec<Sym> = rows
            .iter()
            .filter(|row| {
                row.category == Category::CannotInline
                    || (row.category == Category::CanInline
                        && memchr::memmem::find(strings.bytes(row.message), b" with cost ")
                            .is_some())
            })
            .map(|row| row.package)
            .collect();
        complete.sort_unstable();
        complete.dedup();
        let mut sorted: Vec<(Sym, Place, Sym)> = rows
            .iter()
            .filter_map(|row| match row.said {
                Said::Declares { function }
                    if row.place.line > 0 && complete.binary_search(&row.package).is_ok() =>
                {
                    Some((row.package, row.place, function))
                }
                _ => None,
            })
            .filter(|(_, _, function)| {
                let name = strings.text(*function);
                outermost(&name).len() == name.len() && !name.starts_with("glob..")
            })
            .collect();
        sorted.sort_unstable();
        sorted.dedup_by_key(|(package, place, _)| (*package, *place));
        Self { sorted }
    }

    /// The function declared last before a position of the same file.
    pub(super) fn nearest(&self, package: Sym, place: Place) -> Option<Sym> {
        if place.line == 0 {
            return None;
        }
        // A parameter stands before its function's name when it is the receiver, on the same line.
        let end = self
            .sorted
            .partition_point(|(p, q, _)| (*p, q.file, q.line) <= (package, place.file, place.line));
        self.sorted
            .get(..end)?
            .last()
            .filter(|(p, q, _)| *p == package && q.file == place.file)
            .map(|(_, _, function)| *function)
    }
}

#[cfg(test)]
mod tests {
    use super::outermost;

    #[test]
    fn closures_belong_to_their_function() {
        for (name, outer) in [
            ("(*T).f.func1", "(*T).f"),
            ("f.gowrap2.deferwrap1", "f"),
            ("f-range1", "f"),
            ("f.function", "f.function"),
            ("f", "f"),
        ] {
            assert_eq!(outermost(name), outer);
        }
    }
}
