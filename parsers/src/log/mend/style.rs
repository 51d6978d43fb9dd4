//! How an application's own lines begin, learned from the stream. It tells where a number of a trace ends when
//! the application's words stand directly behind it: `5` and `..` is five, `1` and `2 files` is not twelve.

use crate::line::Stamp;

/// What lines of the application began with.
#[derive(Clone, Debug, Default)]
pub(super) struct Style {
    /// The first bytes of lines, as bits.
    first: [u64; 4],
    /// A year and the separator behind it, of the last line that began with a date and a time.
    date: [u8; 5],
    /// Some line began with a digit and not with a date.
    digits: bool,
}

impl Style {
    /// A line, from its start.
    #[inline]
    pub(super) fn saw(&mut self, text: &[u8]) {
        match text.first() {
            Some(b'0'..=b'9') => {
                if text.starts_with(&self.date) || self.digits {
                    return;
                }
                match text.first_chunk() {
                    Some(year) if before_date(text) == Some(0) => self.date = *year,
                    _ => self.digits = true,
                }
            }
            Some(&byte) => {
                if let Some(bits) = self.first.get_mut(usize::from(byte / 64)) {
                    *bits |= 1 << (byte % 64);
                }
            }
            None => {}
        }
    }

    /// Whether what stands directly behind a number can only be the application's: it begins as its lines do,
    /// and they do not begin with digits.
    pub(super) fn trusts(&self, rest: &[u8]) -> bool {
        let Some(&byte) = rest.first() else {
            return false;
        };
        let seen = self
            .first
            .get(usize::from(byte / 64))
            .copied()
            .unwrap_or_default();
        !self.digits && !byte.is_ascii_digit() && seen & (1 << (byte % 64)) != 0
    }
}

/// Where a logger's date and time begin in the digits at the front of `text`: a year has four. What stands before
/// is a number, or nothing.
pub(super) fn before_date(text: &[u8]) -> Option<usize> {
    let number = digits(text).checked_sub(4)?;
    let rest = text.get(number..)?;
    Stamp::read(rest).is_some().then_some(number)
}

/// The length of a number, whatever its form.
fn digits(text: &[u8]) -> usize {
    let count = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        rest.iter()
            .take_while(|byte| byte.is_ascii_digit() || **byte == b'.')
            .count()
    };
    let sign = usize::from(matches!(text.first(), Some(b'+' | b'-')));
    let length = sign + count(sign);
    match text.get(length..) {
        Some([b'e', b'+' | b'-', ..]) => length + 2 + count(length + 2),
        _ => length,
    }
}
