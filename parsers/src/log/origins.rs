//! Who writes the lines of a stream, by the names that stand before them.

use crate::line::Origin;
use std::collections::HashMap;

/// Writers told apart. More than that share the last.
const MAX_ORIGINS: usize = 1024;

/// Names, numbered in order of appearance; 0 has none.
#[derive(Debug, Default)]
pub(super) struct Origins {
    names: Vec<Vec<u8>>,
    numbers: HashMap<Vec<u8>, u32>,
    /// The one asked for last.
    last: u32,
}

impl Origins {
    /// The number of a name.
    pub fn number(&mut self, name: &[u8]) -> Origin {
        if self.name(Origin(self.last)) == name && self.last != 0 {
            return Origin(self.last);
        }
        if let Some(&number) = self.numbers.get(name) {
            self.last = number;
        } else {
            if self.names.len() < MAX_ORIGINS {
                let name = if self.names.len() + 1 == MAX_ORIGINS {
                    b"others"
                } else {
                    name
                };
                self.names.push(name.to_vec());
                let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
                self.numbers.insert(name.to_vec(), number);
            }
            self.last = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        }
        Origin(self.last)
    }

    /// A writer that is named behind the name of another one, if it is named.
    pub fn within(&mut self, outer: Origin, writer: &[u8]) -> Origin {
        if writer.is_empty() {
            return outer;
        }
        let outer = self.name(outer);
        if outer.is_empty() {
            return self.number(writer);
        }
        let name = [outer, b" ", writer].concat();
        self.number(&name)
    }

    /// The name that has this number.
    pub fn name(&self, origin: Origin) -> &[u8] {
        (origin.0 as usize)
            .checked_sub(1)
            .and_then(|index| self.names.get(index))
            .map_or(&[], Vec::as_slice)
    }
}
