//! Samples in columns: a profile may have millions of them, and a stack of forty places each.

use std::collections::HashMap;

/// The number of a text in [`Texts`].
pub type TextId = u32;

/// A label of a sample, its texts by number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Tag {
    /// Its name.
    pub key: TextId,
    /// What it says.
    pub value: TagValue,
}

/// What a label says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum TagValue {
    /// Text.
    Text(TextId),
    /// A number and its unit, which is [`Texts::EMPTY`] when it is not told.
    Number(i64, TextId),
}

/// Texts, each once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Texts {
    list: Vec<String>,
    numbers: HashMap<String, TextId>,
}

impl Default for Texts {
    fn default() -> Self {
        Self {
            list: vec![String::new()],
            numbers: HashMap::from([(String::new(), Self::EMPTY)]),
        }
    }
}

impl Texts {
    /// The empty text.
    pub const EMPTY: TextId = 0;

    /// The number of a text, which is kept.
    pub fn number(&mut self, text: &str) -> TextId {
        if let Some(known) = self.numbers.get(text) {
            return *known;
        }
        let number = TextId::try_from(self.list.len()).unwrap_or(TextId::MAX);
        self.list.push(text.to_owned());
        self.numbers.insert(text.to_owned(), number);
        number
    }

    /// The number of a text that is there already.
    pub fn find(&self, text: &str) -> Option<TextId> {
        self.numbers.get(text).copied()
    }

    /// A text.
    pub fn text(&self, number: TextId) -> &str {
        let index = usize::try_from(number).unwrap_or(usize::MAX);
        self.list.get(index).map_or("", String::as_str)
    }
}

/// Samples.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Samples {
    stacks: Vec<u32>,
    stack_ends: Vec<usize>,
    values: Vec<i64>,
    width: usize,
    tags: Vec<Tag>,
    /// As long as there are samples with labels, and shorter when the last ones have none.
    tag_ends: Vec<usize>,
}

/// One of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SampleRef<'s> {
    /// Indexes of locations, the innermost first.
    pub stack: &'s [u32],
    /// A value for each type.
    pub values: &'s [i64],
    /// Its labels, in the order in which they stood.
    pub tags: &'s [Tag],
}

/// A sample that is being changed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SampleMut {
    /// Indexes of locations, the innermost first.
    pub stack: Vec<u32>,
    /// A value for each type.
    pub values: Vec<i64>,
    /// Its labels.
    pub tags: Vec<Tag>,
}

impl Samples {
    /// None yet, with room for some where there is any: what is reserved and not used takes no memory, and what had to grow
    /// takes it twice while it is moved.
    pub fn with_capacity(samples: usize, width: usize, frames: usize) -> Self {
        let mut room = Self::default();
        // Without room they grow.
        let _ = room.stacks.try_reserve_exact(frames);
        let _ = room.stack_ends.try_reserve_exact(samples);
        let _ = room.values.try_reserve_exact(samples.saturating_mul(width));
        room
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.stack_ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.stack_ends.is_empty()
    }

    /// How many places all stacks have together.
    pub fn frames(&self) -> usize {
        self.stacks.len()
    }

    /// Adds one, which has as many values as the first one.
    pub fn push(&mut self, stack: &[u32], values: &[i64], tags: &[Tag]) {
        self.stacks.extend_from_slice(stack);
        self.values.extend_from_slice(values);
        self.close(values.len(), tags);
    }

    /// A place of the sample that [`Self::close`] ends, the innermost first.
    pub(super) fn frame(&mut self, location: u32) {
        self.stacks.push(location);
    }

    /// A value of that sample.
    pub(super) fn value(&mut self, value: i64) {
        self.values.push(value);
    }

    /// Ends a sample whose places and values were given one by one.
    pub(super) fn close(&mut self, width: usize, tags: &[Tag]) {
        self.width = width;
        self.stack_ends.push(self.stacks.len());
        if !tags.is_empty() {
            self.tag_ends
                .resize(self.stack_ends.len() - 1, self.tags.len());
            self.tags.extend_from_slice(tags);
            self.tag_ends.push(self.tags.len());
        }
    }

    fn tag_end(&self, index: usize) -> usize {
        self.tag_ends.get(index).copied().unwrap_or(self.tags.len())
    }

    /// One of them; an empty one where there is none.
    pub fn get(&self, index: usize) -> SampleRef<'_> {
        let end = self.stack_ends.get(index).copied().unwrap_or(0);
        let (start, first_tag) = match index.checked_sub(1) {
            Some(before) => (
                self.stack_ends.get(before).copied().unwrap_or(0),
                self.tag_end(before),
            ),
            None => (0, 0),
        };
        let values = index * self.width..(index + 1) * self.width;
        SampleRef {
            stack: self.stacks.get(start..end).unwrap_or_default(),
            values: self.values.get(values).unwrap_or_default(),
            tags: self
                .tags
                .get(first_tag..self.tag_end(index))
                .unwrap_or_default(),
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = SampleRef<'_>> {
        (0..self.len()).map(|index| self.get(index))
    }

    /// Values of all samples, those of one type.
    pub fn column(&self, index: usize) -> impl Iterator<Item = i64> {
        let width = self.width.max(1);
        self.values.iter().skip(index).step_by(width).copied()
    }

    /// Goes over all of them, changes each and keeps those for which `change` says so.
    pub fn rewrite(&mut self, mut change: impl FnMut(&mut SampleMut) -> bool) {
        let mut kept = Self::with_capacity(self.len(), self.width, self.stacks.len());
        let mut one = SampleMut::default();
        for sample in self.iter() {
            one.stack.clear();
            one.stack.extend_from_slice(sample.stack);
            one.values.clear();
            one.values.extend_from_slice(sample.values);
            one.tags.clear();
            one.tags.extend_from_slice(sample.tags);
            if change(&mut one) {
                kept.push(&one.stack, &one.values, &one.tags);
            }
        }
        *self = kept;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_given_back_as_they_were_added() {
        let mut texts = Texts::default();
        let tag = Tag {
            key: texts.number("k"),
            value: TagValue::Text(texts.number("v")),
        };
        assert_eq!(texts.text(tag.key), "k");
        let mut samples = Samples::default();
        samples.push(&[1, 2], &[3, 4], &[]);
        samples.push(&[], &[5, 6], &[tag]);
        samples.push(&[7], &[8, 9], &[]);
        let all: Vec<_> = samples.iter().collect();
        assert_eq!(all[0].stack, [1, 2]);
        assert_eq!(all[0].tags, []);
        assert_eq!(all[1].stack, [0u32; 0]);
        assert_eq!((all[1].values, all[1].tags), (&[5, 6][..], &[tag][..]));
        assert_eq!((all[2].stack, all[2].tags), (&[7][..], &[][..]));
        assert_eq!(samples.column(1).collect::<Vec<_>>(), [4, 6, 9]);
        samples.rewrite(|sample| {
            sample.stack.push(0);
            sample.values[0] != 3
        });
        assert_eq!(samples.len(), 2);
        assert_eq!(samples.get(0).tags, [tag]);
        assert_eq!(samples.get(1).stack, [7, 0]);
    }
}
