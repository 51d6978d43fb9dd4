//! The pc-value streams of pctab: stack deltas, file numbers, line numbers and pcdata, by pc.
//!
//! A stream starts at the function's entry with the value −1 and repeats {zigzag varint: change of the value,
//! varint: instructions it holds for}. A value change of zero that is not the first record ends it
//! (`runtime/symtab.go:pcvalue,step`).

/// One stretch of a stream: `value` holds for offsets from the entry in `start..end`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PcRange {
    /// First byte, from the function's entry.
    pub start: u64,
    /// First byte after.
    pub end: u64,
    /// The value there.
    pub value: i32,
}

/// Decodes one stream, in order. Ends at the terminator or where the bytes stop making sense.
#[derive(Clone, Debug)]
pub struct PcRanges<'a> {
    bytes: &'a [u8],
    min_lc: u64,
    at: u64,
    value: i32,
    first: bool,
}

impl<'a> PcRanges<'a> {
    /// The stream that starts at the head of `bytes`, in units of `min_lc` bytes of code.
    pub const fn new(bytes: &'a [u8], min_lc: u64) -> Self {
        Self {
            bytes,
            min_lc,
            at: 0,
            value: -1,
            first: true,
        }
    }

    /// The value at `offset` bytes from the entry, or `None` where the stream does not reach.
    pub fn at(mut self, offset: u64) -> Option<i32> {
        self.find(|range| offset < range.end).map(|r| r.value)
    }
}

impl Iterator for PcRanges<'_> {
    type Item = PcRange;

    fn next(&mut self) -> Option<PcRange> {
        let change = varint(&mut self.bytes)?;
        if change == 0 && !self.first {
            self.bytes = &[];
            return None;
        }
        self.first = false;
        let length = varint(&mut self.bytes)?;
        let zigzag = (change >> 1) ^ (change & 1).wrapping_neg();
        self.value = self.value.wrapping_add(zigzag.cast_signed());
        let start = self.at;
        self.at = start.saturating_add(u64::from(length).saturating_mul(self.min_lc));
        Some(PcRange {
            start,
            end: self.at,
            value: self.value,
        })
    }
}

/// A stream asked in ascending order: one walk along it, where [`PcRanges::at`] starts anew each time.
#[derive(Clone, Debug)]
pub struct Ascending<'a> {
    rest: PcRanges<'a>,
    current: Option<PcRange>,
}

impl<'a> Ascending<'a> {
    /// From the first stretch on.
    pub fn new(mut ranges: PcRanges<'a>) -> Self {
        let current = ranges.next();
        Self {
            rest: ranges,
            current,
        }
    }

    /// The value at `offset` bytes from the entry; `None` where the stream does not reach, or has been passed.
    pub fn at(&mut self, offset: u64) -> Option<i32> {
        while self.current.is_some_and(|range| range.end <= offset) {
            self.current = self.rest.next();
        }
        self.current
            .filter(|range| range.start <= offset)
            .map(|range| range.value)
    }
}

/// A 32-bit varint from the head of `bytes`; `None` when they end inside it or it is longer than five bytes.
#[inline]
fn varint(bytes: &mut &[u8]) -> Option<u32> {
    let (&byte, rest) = bytes.split_first()?;
    if byte < 0x80 {
        *bytes = rest;
        return Some(u32::from(byte));
    }
    let mut value = 0u32;
    for (shift, &byte) in (0u32..35).step_by(7).zip(bytes.iter()) {
        value |= u32::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            let used = usize::try_from(shift / 7).ok()? + 1;
            *bytes = bytes.get(used..)?;
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_asked_in_ascending_order_answers_as_one_asked_anew() {
        // 7 for 4 bytes, 9 for 1, −1 for 300, the end.
        let bytes = [16, 4, 4, 1, 19, 0xac, 2, 0];
        let ranges = PcRanges::new(&bytes, 1);
        let mut ascending = Ascending::new(ranges.clone());
        for offset in 0..310 {
            assert_eq!(ascending.at(offset), ranges.clone().at(offset), "{offset}");
        }
        assert_eq!(ascending.at(0), None, "passed");
    }

    #[test]
    fn a_stream_holds_each_value_up_to_its_end() {
        // +1 (to 0) for 1, +8 for 0x90 (two bytes), -8 for 3, end.
        let bytes = [2, 1, 16, 0x90, 0x01, 15, 3, 0, 99];
        let ranges: Vec<_> = PcRanges::new(&bytes, 4).collect();
        assert_eq!(
            ranges,
            [
                PcRange {
                    start: 0,
                    end: 4,
                    value: 0
                },
                PcRange {
                    start: 4,
                    end: 580,
                    value: 8
                },
                PcRange {
                    start: 580,
                    end: 592,
                    value: 0
                },
            ]
        );
        let stream = PcRanges::new(&bytes, 4);
        assert_eq!(stream.clone().at(3), Some(0));
        assert_eq!(stream.clone().at(4), Some(8));
        assert_eq!(stream.clone().at(591), Some(0));
        assert_eq!(stream.at(592), None);
    }

    #[test]
    fn a_first_change_of_zero_is_a_value_not_the_end() {
        assert_eq!(PcRanges::new(&[0, 5, 0], 1).at(4), Some(-1));
        assert_eq!(PcRanges::new(&[0, 5, 0], 1).at(5), None);
    }

    #[test]
    fn cut_and_overlong_varints_end_the_stream() {
        for bytes in [
            &[][..],
            &[2],
            &[0x80],
            &[2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        ] {
            assert_eq!(PcRanges::new(bytes, 1).next(), None, "{bytes:?}");
        }
    }
}
