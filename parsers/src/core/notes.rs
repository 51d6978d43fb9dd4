//! The framing of notes: sizes, type, owner name and contents, each padded to four bytes.

use super::{NoteError, records::Note};
use nom::{IResult, Parser, bytes::complete::take, number::complete::le_u32};

/// Iterates over the notes of one segment. Stops after the first one that runs past the end, which it gives
/// as an error: what came before is good.
#[derive(Clone, Debug)]
pub struct Notes<'a> {
    data: &'a [u8],
    offset: usize,
}

impl<'a> Notes<'a> {
    /// The notes in the bytes of one `PT_NOTE` segment (or `SHT_NOTE` section).
    pub const fn new(data: &'a [u8]) -> Self {
        Self { data, offset: 0 }
    }
}

fn header(input: &[u8]) -> IResult<&[u8], (u32, u32, u32)> {
    (le_u32, le_u32, le_u32).parse(input)
}

fn padded(input: &[u8], len: usize) -> IResult<&[u8], &[u8]> {
    let (rest, data) = take(len)(input)?;
    // The last note of a segment may lack its padding.
    let pad = (len.next_multiple_of(4) - len).min(rest.len());
    Ok((rest.get(pad..).unwrap_or_default(), data))
}

impl<'a> Iterator for Notes<'a> {
    type Item = Result<Note<'a>, NoteError>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.offset;
        let rest = self.data.get(start..).filter(|rest| !rest.is_empty())?;
        let truncated = |what, needed: usize, left: usize| {
            Some(Err(NoteError::Truncated {
                offset: start,
                what,
                needed,
                left,
            }))
        };
        self.offset = self.data.len();
        let Ok((rest, (name_len, desc_len, kind))) = header(rest) else {
            return truncated("header", 12, rest.len());
        };
        let (name_len, desc_len) = (name_len as usize, desc_len as usize);
        let Ok((after_name, name)) = padded(rest, name_len) else {
            return truncated("name", name_len, rest.len());
        };
        let Ok((after_desc, desc)) = padded(after_name, desc_len) else {
            return truncated("contents", desc_len, after_name.len());
        };
        self.offset = self.data.len() - after_desc.len();
        let name = name.split(|b| *b == 0).next().unwrap_or(name);
        Some(Ok(Note {
            offset: start,
            name,
            kind,
            desc,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(name: &[u8], kind: u32, desc: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend(u32::try_from(name.len()).unwrap().to_le_bytes());
        out.extend(u32::try_from(desc.len()).unwrap().to_le_bytes());
        out.extend(kind.to_le_bytes());
        for part in [name, desc] {
            out.extend(part);
            out.resize(out.len().next_multiple_of(4), 0);
        }
        out
    }

    #[test]
    fn owner_and_contents_are_padded_to_four_bytes() {
        let mut data = note(b"CORE\0", 1, b"abcde");
        data.extend(note(b"GNU\0", 3, b"id"));
        let notes: Vec<_> = Notes::new(&data).map(Result::unwrap).collect();
        assert_eq!(notes.len(), 2);
        assert_eq!(
            (notes[0].name, notes[0].kind, notes[0].desc),
            (&b"CORE"[..], 1, &b"abcde"[..])
        );
        assert_eq!(
            (notes[1].name, notes[1].kind, notes[1].desc),
            (&b"GNU"[..], 3, &b"id"[..])
        );
    }

    #[test]
    fn truncated_notes_keep_the_earlier_ones() {
        let mut data = note(b"CORE\0", 1, b"abcd");
        let whole = data.len();
        data.extend(note(b"CORE\0", 2, &[7; 100]));
        for cut in whole + 1..data.len() {
            let notes: Vec<_> = Notes::new(&data[..cut]).collect();
            assert!(notes[0].is_ok());
            assert!(
                matches!(notes[1], Err(NoteError::Truncated { offset, .. }) if offset == whole),
                "{cut}"
            );
            assert_eq!(notes.len(), 2);
        }
    }
}
