//! Samples in columns: a profile may have millions of them, and a stack of forty places each.

use std::collections::HashMap;
use std::ops::Range;
use std::slice;

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

/// Places of stacks one after the other, which are most of what a profile is: few have more of them than 16 bits can number.
#[derive(Clone, Debug)]
enum Places {
    Narrow(Vec<u16>),
    Wide(Vec<u32>),
}

impl Default for Places {
    fn default() -> Self {
        Self::Narrow(Vec::new())
    }
}

impl PartialEq for Places {
    fn eq(&self, other: &Self) -> bool {
        let all = |of: &Self| of.get(0..of.len()).to_vec();
        all(self) == all(other)
    }
}

impl Eq for Places {}

impl Places {
    /// Without any, of so many that there are.
    fn of(places: usize) -> Self {
        if places <= 1 << 16 {
            Self::Narrow(Vec::new())
        } else {
            Self::Wide(Vec::new())
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Narrow(list) => list.len(),
            Self::Wide(list) => list.len(),
        }
    }

    fn reserve(&mut self, more: usize) {
        // Without room they grow.
        let _ = match self {
            Self::Narrow(list) => list.try_reserve_exact(more),
            Self::Wide(list) => list.try_reserve_exact(more),
        };
    }

    fn extend(&mut self, places: &[u32]) {
        match self {
            Self::Wide(list) => list.extend_from_slice(places),
            Self::Narrow(list) => {
                let before = list.len();
                list.extend(places.iter().map_while(|place| u16::try_from(*place).ok()));
                if list.len() - before < places.len() {
                    let known = list.iter().take(before);
                    let mut wide: Vec<u32> = known.map(|of| u32::from(*of)).collect();
                    wide.extend_from_slice(places);
                    *self = Self::Wide(wide);
                }
            }
        }
    }

    #[inline]
    fn get(&self, range: Range<usize>) -> Stack<'_> {
        match self {
            Self::Narrow(list) => Stack::Narrow(list.get(range).unwrap_or_default()),
            Self::Wide(list) => Stack::Wide(list.get(range).unwrap_or_default()),
        }
    }
}

/// The stack of a sample: indexes of locations, the innermost first.
#[derive(Clone, Copy, Debug)]
pub enum Stack<'s> {
    /// Of 16 bits.
    Narrow(&'s [u16]),
    /// Of 32.
    Wide(&'s [u32]),
}

impl<'s> Stack<'s> {
    /// The indexes.
    #[inline]
    pub fn iter(self) -> StackPlaces<'s> {
        match self {
            Self::Narrow(list) => StackPlaces::Narrow(list.iter()),
            Self::Wide(list) => StackPlaces::Wide(list.iter()),
        }
    }

    /// How many there are.
    pub fn len(self) -> usize {
        self.iter().len()
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// All of them.
    pub fn to_vec(self) -> Vec<u32> {
        self.iter().collect()
    }
}

impl PartialEq for Stack<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Stack<'_> {}

impl<'s> IntoIterator for Stack<'s> {
    type Item = u32;
    type IntoIter = StackPlaces<'s>;

    fn into_iter(self) -> StackPlaces<'s> {
        self.iter()
    }
}

/// Goes through a stack.
#[derive(Clone, Debug)]
pub enum StackPlaces<'s> {
    /// Of 16 bits.
    Narrow(slice::Iter<'s, u16>),
    /// Of 32.
    Wide(slice::Iter<'s, u32>),
}

impl Iterator for StackPlaces<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        match self {
            Self::Narrow(of) => of.next().map(|at| u32::from(*at)),
            Self::Wide(of) => of.next().copied(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::Narrow(of) => of.size_hint(),
            Self::Wide(of) => of.size_hint(),
        }
    }

    #[inline]
    fn nth(&mut self, n: usize) -> Option<u32> {
        match self {
            Self::Narrow(of) => of.nth(n).map(|at| u32::from(*at)),
            Self::Wide(of) => of.nth(n).copied(),
        }
    }
}

impl DoubleEndedIterator for StackPlaces<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<u32> {
        match self {
            Self::Narrow(of) => of.next_back().map(|at| u32::from(*at)),
            Self::Wide(of) => of.next_back().copied(),
        }
    }

    #[inline]
    fn nth_back(&mut self, n: usize) -> Option<u32> {
        match self {
            Self::Narrow(of) => of.nth_back(n).map(|at| u32::from(*at)),
            Self::Wide(of) => of.nth_back(n).copied(),
        }
    }
}

impl ExactSizeIterator for StackPlaces<'_> {}

/// Samples.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Samples {
    stacks: Places,
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
    /// Where it was.
    pub stack: Stack<'s>,
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
    /// None yet, with room for some where there is any, of stacks of so many places: what is reserved and not used takes no
    /// memory, and what had to grow takes it twice while it is moved.
    pub fn with_capacity(samples: usize, width: usize, frames: usize, places: usize) -> Self {
        let mut room = Self {
            stacks: Places::of(places),
            ..Self::default()
        };
        room.stacks.reserve(frames);
        // Without room they grow.
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
        self.values.extend_from_slice(values);
        self.close(stack, values.len(), tags);
    }

    /// A value of the sample that [`Self::close`] ends.
    pub(super) fn value(&mut self, value: i64) {
        self.values.push(value);
    }

    /// Ends a sample whose values were given one by one.
    pub(super) fn close(&mut self, stack: &[u32], width: usize, tags: &[Tag]) {
        self.width = width;
        self.stacks.extend(stack);
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
            stack: self.stacks.get(start..end),
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
        let mut kept = Self::with_capacity(self.len(), self.width, self.stacks.len(), 0);
        let mut one = SampleMut::default();
        for sample in self.iter() {
            one.stack.clear();
            one.stack.extend(sample.stack);
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
        assert_eq!(all[0].stack.to_vec(), [1, 2]);
        assert_eq!(all[0].tags, []);
        assert!(all[1].stack.is_empty());
        assert_eq!((all[1].values, all[1].tags), (&[5, 6][..], &[tag][..]));
        assert_eq!((all[2].stack.to_vec(), all[2].tags), (vec![7], &[][..]));
        assert_eq!(samples.column(1).collect::<Vec<_>>(), [4, 6, 9]);
        samples.rewrite(|sample| {
            sample.stack.push(0);
            sample.values[0] != 3
        });
        assert_eq!(samples.len(), 2);
        assert_eq!(samples.get(0).tags, [tag]);
        assert_eq!(samples.get(1).stack.to_vec(), [7, 0]);
        let before = samples.clone();
        samples.push(&[70_000, 3], &[0, 0], &[]);
        assert_eq!(samples.get(1).stack, before.get(1).stack);
        assert_eq!(
            samples.get(2).stack.iter().rev().collect::<Vec<_>>(),
            [3, 70_000]
        );
    }
}
