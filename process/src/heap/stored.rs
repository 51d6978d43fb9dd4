//! Small things as bytes, and from bytes that nobody has to trust: what of a heap is kept beside its columns.
//!
//! Each type lists its fields once ([`stored`]), for writing and reading alike, and the compiler sees to it that none is
//! forgotten. Reading gives `None` where the bytes end too soon, a variant is none, or a text is none.

use crate::addr::Addr;

/// What can be kept.
pub(super) trait Stored: Sized {
    /// Adds its bytes.
    fn put(&self, out: &mut Vec<u8>);

    /// Reads it.
    fn take(rest: &mut Rest) -> Option<Self>;
}

/// Bytes that are not read yet. They stand somewhere for good, so texts may be read where they are.
pub(super) struct Rest(pub &'static [u8]);

impl Rest {
    fn bytes(&mut self, count: usize) -> Option<&'static [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }
}

/// All of a section as one thing; `None` when something is left over.
pub(super) fn whole<T: Stored>(section: &'static [u8]) -> Option<T> {
    let mut rest = Rest(section);
    let read = T::take(&mut rest)?;
    rest.0.is_empty().then_some(read)
}

/// One thing as a section.
pub(super) fn section<T: Stored>(of: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    of.put(&mut bytes);
    bytes
}

/// Implements [`Stored`] for a struct by its fields, or for an enum by its variants, which have none.
macro_rules! stored {
    (struct $name:ty { $($field:ident),* $(,)? }) => {
        impl $crate::heap::stored::Stored for $name {
            fn put(&self, out: &mut Vec<u8>) {
                let Self { $($field),* } = self;
                $($crate::heap::stored::Stored::put($field, out);)*
            }

            fn take(rest: &mut $crate::heap::stored::Rest) -> Option<Self> {
                Some(Self { $($field: $crate::heap::stored::Stored::take(rest)?),* })
            }
        }
    };
    (enum $name:ty { $($variant:ident),* $(,)? }) => {
        impl $crate::heap::stored::Stored for $name {
            fn put(&self, out: &mut Vec<u8>) {
                match self { $(Self::$variant => {})* }
                let all = [$(Self::$variant),*];
                // There are fewer than 256 of them, and this is one.
                let at = all.iter().position(|one| one == self).unwrap_or(usize::MAX);
                out.push(u8::try_from(at).unwrap_or(u8::MAX));
            }

            fn take(rest: &mut $crate::heap::stored::Rest) -> Option<Self> {
                let at: u8 = $crate::heap::stored::Stored::take(rest)?;
                [$(Self::$variant),*].get(usize::from(at)).copied()
            }
        }
    };
}
pub(super) use stored;

macro_rules! stored_numbers {
    ($($number:ty),*) => {$(
        impl Stored for $number {
            fn put(&self, out: &mut Vec<u8>) {
                out.extend(self.to_le_bytes());
            }

            fn take(rest: &mut Rest) -> Option<Self> {
                rest.array().map(Self::from_le_bytes)
            }
        }
    )*};
}
stored_numbers!(u8, u32, u64, i64);

impl Stored for usize {
    fn put(&self, out: &mut Vec<u8>) {
        (*self as u64).put(out);
    }

    fn take(rest: &mut Rest) -> Option<Self> {
        u64::take(rest)?.try_into().ok()
    }
}

impl Stored for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn take(rest: &mut Rest) -> Option<Self> {
        match u8::take(rest)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Stored for Addr {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
    }

    fn take(rest: &mut Rest) -> Option<Self> {
        u64::take(rest).map(Self)
    }
}

impl Stored for &'static str {
    fn put(&self, out: &mut Vec<u8>) {
        self.len().put(out);
        out.extend(self.as_bytes());
    }

    fn take(rest: &mut Rest) -> Option<Self> {
        let length = usize::take(rest)?;
        str::from_utf8(rest.bytes(length)?).ok()
    }
}

macro_rules! stored_texts {
    ($($text:ty),*) => {$(
        impl Stored for $text {
            fn put(&self, out: &mut Vec<u8>) {
                self.len().put(out);
                out.extend(self.as_bytes());
            }

            fn take(rest: &mut Rest) -> Option<Self> {
                <&str>::take(rest).map(Self::from)
            }
        }
    )*};
}
stored_texts!(String, Box<str>);

impl<T: Stored> Stored for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.is_some().put(out);
        if let Some(some) = self {
            some.put(out);
        }
    }

    fn take(rest: &mut Rest) -> Option<Self> {
        if bool::take(rest)? {
            T::take(rest).map(Some)
        } else {
            Some(None)
        }
    }
}

impl<T: Stored> Stored for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.len().put(out);
        for one in self {
            one.put(out);
        }
    }

    /// A count that is damaged ends with the bytes, since each element has some.
    fn take(rest: &mut Rest) -> Option<Self> {
        let count = usize::take(rest)?;
        let mut list = Self::new();
        for _ in 0..count {
            let before = rest.0.len();
            list.push(T::take(rest)?);
            if rest.0.len() == before {
                return None;
            }
        }
        Some(list)
    }
}

impl<A: Stored, B: Stored> Stored for (A, B) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }

    fn take(rest: &mut Rest) -> Option<Self> {
        Some((A::take(rest)?, B::take(rest)?))
    }
}

impl<A: Stored, B: Stored, C: Stored> Stored for (A, B, C) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
        self.2.put(out);
    }

    fn take(rest: &mut Rest) -> Option<Self> {
        Some((A::take(rest)?, B::take(rest)?, C::take(rest)?))
    }
}

#[cfg(test)]
mod tests {
    use super::{Stored, section, whole};
    use proptest::prelude::*;

    #[derive(Clone, Copy, PartialEq, Debug)]
    enum Colour {
        Red,
        Green,
    }
    stored!(
        enum Colour {
            Red,
            Green,
        }
    );

    #[derive(Clone, PartialEq, Debug)]
    struct Thing {
        number: u64,
        words: Vec<(String, Option<u32>)>,
        colour: Colour,
    }
    stored!(struct Thing { number, words, colour });

    fn things() -> impl Strategy<Value = Thing> {
        let words = prop::collection::vec((".*", prop::option::of(any::<u32>())), 0..9);
        (any::<u64>(), words, any::<bool>()).prop_map(|(number, words, red)| Thing {
            number,
            words,
            colour: if red { Colour::Red } else { Colour::Green },
        })
    }

    fn read<T: Stored>(bytes: &[u8]) -> Option<T> {
        whole(Vec::leak(bytes.to_vec()))
    }

    proptest! {
        #[test]
        fn what_is_kept_is_had_again(thing in things()) {
            let bytes = section(&thing);
            prop_assert_eq!(read::<Thing>(&bytes), Some(thing));
            prop_assert_eq!(read::<Thing>(&bytes[..bytes.len() - 1]), None);
            prop_assert_eq!(read::<Thing>(&[&bytes[..], &[0]].concat()), None);
        }

        #[test]
        fn any_bytes_are_read_to_an_end(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read::<Thing>(&bytes);
            let _ = read::<Vec<Vec<Option<u64>>>>(&bytes);
        }
    }
}
