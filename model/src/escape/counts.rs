//! How many lines there were of each kind, and those that are of none.

use dumpview_parsers::escape::Category;

/// How many lines there were of each category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts([u64; Category::ALL.len()]);

impl Default for Counts {
    fn default() -> Self {
        Self([0; Category::ALL.len()])
    }
}

impl Counts {
    /// Lines of one category.
    pub fn of(&self, category: Category) -> u64 {
        self.0.get(category as usize).copied().unwrap_or(0)
    }

    /// All lines.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    pub(super) fn add(&mut self, category: Category) {
        if let Some(count) = self.0.get_mut(category as usize) {
            *count += 1;
        }
    }
}

/// Lines that no part of the program knows.
#[derive(Clone, Debug, Default)]
pub struct Unrecognized {
    /// The first of them: line number and text, shortened.
    pub lines: Vec<(u64, String)>,
    /// How many there were.
    pub count: u64,
}
