//! Sections in one file, each with its checksum, and what they are of.
//!
//! ```text
//! magic       u64   in this machine's byte order: another machine's file is none
//! kind        u64   Kind
//! program     u128  which program wrote it
//! identity    u128  what it was learnt of
//! sections    u64   how many follow
//!   length    u64   ┐ of each section
//!   checksum  u128  ┘
//! checksum    u128  of all that stands before it
//! sections, each from a multiple of 64 bytes on, with zeros before it; nothing behind the last
//! ```

use super::Identity;
use rayon::prelude::*;
use std::io::{self, Write};
use twox_hash::{XxHash3_64, XxHash3_128};

/// What a file is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// References, types, dominators.
    Graph,
    /// What is said of the heap without a word more.
    Page,
}

const MAGIC: u64 = u64::from_be_bytes(*b"dvheap\0\x01");
/// Where a section may begin: numbers of every width can stand there.
const ALIGNMENT: usize = 64;
/// Bytes that one task hashes.
const BLOCK: usize = 1 << 20;
/// No file has more sections.
const MOST: u64 = 64;

/// What stands in a file.
pub struct Sections<'s> {
    /// What it is for.
    pub kind: Kind,
    /// The sections, in their order.
    pub list: Vec<std::borrow::Cow<'s, [u8]>>,
}

/// The checksum of a section: of its blocks' checksums, which all threads work out.
fn checksum(section: &[u8]) -> u128 {
    let blocks = section.par_chunks(BLOCK).map(XxHash3_64::oneshot);
    let sums: Vec<[u8; 8]> = blocks.map(u64::to_le_bytes).collect();
    XxHash3_128::oneshot(sums.as_flattened())
}

fn head(kind: Kind, program: u128, identity: Identity, sections: u64) -> Vec<u8> {
    let mut head = Vec::new();
    head.extend(MAGIC.to_ne_bytes());
    head.extend((kind as u64).to_ne_bytes());
    head.extend(program.to_ne_bytes());
    head.extend(identity.0.to_ne_bytes());
    head.extend(sections.to_ne_bytes());
    head
}

/// Zeros from `at` to where a section may begin.
fn gap(at: usize) -> usize {
    at.next_multiple_of(ALIGNMENT) - at
}

impl Sections<'_> {
    /// Bytes of the file.
    pub fn bytes(&self) -> u64 {
        let lengths = self.list.iter().map(|section| section.len() as u64);
        lengths
            .map(|n| n.next_multiple_of(ALIGNMENT as u64))
            .sum::<u64>()
            + (1 << 11)
    }

    /// Writes the file.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn write(&self, program: u128, identity: Identity, out: &mut dyn Write) -> io::Result<()> {
        let mut head = head(self.kind, program, identity, self.list.len() as u64);
        for section in &self.list {
            head.extend((section.len() as u64).to_ne_bytes());
            head.extend(checksum(section).to_ne_bytes());
        }
        let sum = XxHash3_128::oneshot(&head);
        head.extend(sum.to_ne_bytes());
        out.write_all(&head)?;
        let mut at = head.len();
        for section in &self.list {
            let zeros = [0; ALIGNMENT];
            out.write_all(zeros.get(..gap(at)).unwrap_or_default())?;
            out.write_all(section)?;
            at = at.next_multiple_of(ALIGNMENT) + section.len();
        }
        out.flush()
    }

    /// The sections of a file that this program wrote of these inputs; `None` when it is not that, or anything in it
    /// is not as it was written.
    pub(super) fn read<const N: usize>(
        file: &'static [u8],
        kind: Kind,
        program: u128,
        identity: Identity,
    ) -> Option<[&'static [u8]; N]> {
        let expected = head(kind, program, identity, N as u64);
        let count = usize::try_from((N as u64).min(MOST)).ok()?;
        let (head, _) = file.split_at_checked(expected.len() + count * 24)?;
        let (start, table) = head.split_at_checked(expected.len())?;
        if start != expected {
            return None;
        }
        let sum = file.get(head.len()..)?.first_chunk::<16>()?;
        if XxHash3_128::oneshot(head) != u128::from_ne_bytes(*sum) {
            return None;
        }
        let mut at = head.len() + sum.len();
        let mut sections = [&[][..]; N];
        for (place, entry) in sections.iter_mut().zip(table.as_chunks::<24>().0) {
            let (length, sum) = entry.split_first_chunk::<8>()?;
            let length = usize::try_from(u64::from_ne_bytes(*length)).ok()?;
            let zeros = file.get(at..)?.get(..gap(at))?;
            at += zeros.len();
            let section = file.get(at..)?.get(..length)?;
            let is_right = checksum(section).to_ne_bytes() == *sum;
            if !is_right || zeros.iter().any(|byte| *byte != 0) {
                return None;
            }
            *place = section;
            at += length;
        }
        (at == file.len()).then_some(sections)
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Sections};
    use crate::heap::kept::Identity;
    use proptest::prelude::*;

    const PROGRAM: u128 = 7;
    const INPUTS: Identity = Identity(8);

    fn written(sections: &[Vec<u8>; 3]) -> Vec<u8> {
        let sections = Sections {
            kind: Kind::Graph,
            list: sections.iter().map(|s| s.as_slice().into()).collect(),
        };
        let mut file = Vec::new();
        sections.write(PROGRAM, INPUTS, &mut file).unwrap();
        assert!(file.len() as u64 <= sections.bytes());
        file
    }

    fn read(file: &[u8]) -> Option<[&'static [u8]; 3]> {
        Sections::read(Vec::leak(file.to_vec()), Kind::Graph, PROGRAM, INPUTS)
    }

    fn sections() -> impl Strategy<Value = [Vec<u8>; 3]> {
        let section = || prop::collection::vec(any::<u8>(), 0..200);
        [section(), section(), section()]
    }

    proptest! {
        #[test]
        fn what_is_kept_is_had_again(sections in sections()) {
            let again = read(&written(&sections)).expect("just written");
            prop_assert_eq!(again.map(<[u8]>::to_vec), sections);
        }

        #[test]
        fn any_bit_any_cut_and_anything_behind_is_seen(
            sections in sections(),
            place in any::<prop::sample::Index>(),
            bit in 0..8,
            more in 1usize..100,
        ) {
            let whole = written(&sections);
            let mut changed = whole.clone();
            changed[place.index(whole.len())] ^= 1u8 << bit;
            prop_assert_eq!(read(&changed), None);
            prop_assert_eq!(read(&whole[..place.index(whole.len())]), None);
            prop_assert_eq!(read(&[whole, vec![0; more]].concat()), None);
        }

        #[test]
        fn sections_that_changed_places_are_seen(
            pair in prop::collection::vec(any::<(u8, u8)>(), 1..200),
            third in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let (first, second): (Vec<u8>, Vec<u8>) = pair.into_iter().unzip();
            prop_assume!(first != second);
            let swapped = [second.clone(), first.clone(), third.clone()];
            let (mut file, other) = (written(&[first, second, third]), written(&swapped));
            let table = 56 + 3 * 24 + 16;
            file[table..].copy_from_slice(&other[table..]);
            prop_assert_eq!(read(&file), None);
        }

        #[test]
        fn any_bytes_are_nothing(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            prop_assert_eq!(read(&bytes), None);
        }
    }

    #[test]
    fn a_file_of_another_kind_program_or_input_is_nothing() {
        let file: &'static [u8] = Vec::leak(written(&[vec![1], vec![2], vec![3]]));
        let read = |kind, program, inputs| Sections::read::<3>(file, kind, program, inputs);
        assert!(read(Kind::Graph, PROGRAM, INPUTS).is_some());
        assert!(read(Kind::Page, PROGRAM, INPUTS).is_none());
        assert!(read(Kind::Graph, 9, INPUTS).is_none());
        assert!(read(Kind::Graph, PROGRAM, Identity(9)).is_none());
        assert!(Sections::read::<2>(file, Kind::Graph, PROGRAM, INPUTS).is_none());
        assert!(Sections::read::<4>(file, Kind::Graph, PROGRAM, INPUTS).is_none());
    }
}
