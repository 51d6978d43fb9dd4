//! Dense tables by id.
//!
//! Ids are made here or by the source, never read from input, so an id out of range is a mistake in a program. It
//! reads as the default and writes nowhere: a wrong number in a report, which the audit shows, instead of an abort.
//!
//! A table is made here, or stands in a file that an earlier run left and that is mapped for as long as the program runs
//! (`stored`): such a table is read where it is, and costs no memory of its own.

use rayon::prelude::*;
use std::borrow::Cow;

/// One value per id.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Column<T>(Cow<'static, [T]>)
where
    T: Copy + 'static;

impl<T: Copy + Default> Column<T> {
    /// `len` copies of `value`.
    pub fn filled(value: T, len: usize) -> Self {
        Self::from_vec(vec![value; len])
    }

    /// A column of values in the order of their ids.
    pub const fn from_vec(values: Vec<T>) -> Self {
        Self(Cow::Owned(values))
    }

    /// The same, of values that stand somewhere for good.
    pub const fn lent(values: &'static [T]) -> Self {
        Self(Cow::Borrowed(values))
    }

    /// The value of an id.
    #[inline]
    pub fn at(&self, id: u32) -> T {
        self.0.get(id as usize).copied().unwrap_or_default()
    }

    /// A column of what `value` gives for each id of `0..len`, asked by all threads.
    pub fn of(len: u32, value: impl Fn(u32) -> T + Sync) -> Self
    where
        T: Send,
    {
        let ids = (0..len).into_par_iter().with_min_len(1 << 14);
        Self::from_vec(ids.map(&value).collect())
    }

    /// Sets the value of an id.
    #[inline]
    pub fn set(&mut self, id: u32, value: T) {
        if let Some(place) = self.0.to_mut().get_mut(id as usize) {
            *place = value;
        }
    }

    /// Changes the value of an id.
    #[inline]
    pub fn update(&mut self, id: u32, change: impl FnOnce(T) -> T) {
        if let Some(place) = self.0.to_mut().get_mut(id as usize) {
            *place = change(*place);
        }
    }

    /// Adds a value under the next id.
    #[inline]
    pub fn push(&mut self, value: T) {
        self.0.to_mut().push(value);
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The values in the order of their ids.
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }

    /// The values in the order of their ids, to change.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        self.0.to_mut()
    }

    /// The values in the order of their ids, as a list.
    pub fn into_vec(self) -> Vec<T> {
        self.0.into_owned()
    }

    /// Gives back what was reserved and not used.
    pub fn shrink(&mut self) {
        self.0.to_mut().shrink_to_fit();
    }
}

/// A set of ids, one bit each: small enough to stay in the cache where a table of numbers would not.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Bits(Cow<'static, [u64]>);

impl Bits {
    /// The empty subset of `0..len`.
    pub fn none(len: u32) -> Self {
        Self(Cow::Owned(vec![0; (len as usize).div_ceil(64)]))
    }

    /// Those of `0..len` that `is_in` takes, asked by all threads.
    pub fn of(len: u32, is_in: impl Fn(u32) -> bool + Sync) -> Self {
        let words = 0..len.div_ceil(64);
        let word = |at: u32| -> u64 {
            let ids = at * 64..len.min((at + 1).saturating_mul(64));
            ids.fold(0, |word, id| word | u64::from(is_in(id)) << (id % 64))
        };
        let words = words.into_par_iter().with_min_len(256);
        Self(Cow::Owned(words.map(word).collect()))
    }

    /// The set whose bits these are, which stand somewhere for good.
    pub(crate) const fn lent(words: &'static [u64]) -> Self {
        Self(Cow::Borrowed(words))
    }

    /// Its bits.
    pub(crate) fn words(&self) -> &[u64] {
        &self.0
    }

    /// Whether an id is in the set.
    #[inline]
    pub fn has(&self, id: u32) -> bool {
        let word = self.0.get((id / 64) as usize).copied().unwrap_or(0);
        word >> (id % 64) & 1 != 0
    }

    /// Puts an id into the set; whether it was there before.
    #[inline]
    pub fn insert(&mut self, id: u32) -> bool {
        let Some(word) = self.0.to_mut().get_mut((id / 64) as usize) else {
            return false;
        };
        let bit = 1u64 << (id % 64);
        let before = *word & bit != 0;
        *word |= bit;
        before
    }

    /// Takes an id out of the set.
    pub fn remove(&mut self, id: u32) {
        if let Some(word) = self.0.to_mut().get_mut((id / 64) as usize) {
            *word &= !(1u64 << (id % 64));
        }
    }

    /// Number of ids in the set.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// The ids in the set, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        (0u32..).zip(&*self.0).flat_map(|(at, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros();
                (bit < 64).then(|| {
                    rest &= rest - 1;
                    at * 64 + bit
                })
            })
        })
    }
}
