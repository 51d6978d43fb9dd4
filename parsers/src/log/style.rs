//! How an application's own lines begin, learned from the stream. It tells where a number of a trace ends when
//! the application's words stand directly behind it: `5` and `..` is five, `1` and `2 files` is not twelve.

use super::Stamp;

/// What lines of the application began with.
#[derive(Clone, Debug, Default)]
pub(super) struct Style {
    /// The first bytes of lines, as bits.
    first: [u64; 4],
    /// A year and the separator behind it, of lines that begin with a date and a time.
    date: Option<[u8; 5]>,
    /// Some line began with a digit and not with a date.
    digits: bool,
}

impl Style {
    /// A line, from its start.
    #[inline]
    pub(super) fn saw(&mut self, text: &[u8]) {
        match text.first() {
            Some(b'0'..=b'9') => {
                let year = text.first_chunk();
                if self.date.as_ref() == year {
                    return;
                }
                if matches!(
                    Stamp::read(text),
                    Some((Stamp::Local(_) | Stamp::Utc(_), _))
                ) {
                    self.date = year.copied();
                } else {
                    self.digits = true;
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

    /// The length of a number at the front of `text` that has one of the application's dates directly behind
    /// it: a year has four digits.
    pub(super) fn before_date(&self, text: &[u8]) -> Option<usize> {
        let date = self.date?;
        let run = text
            .iter()
            .take_while(|byte| byte.is_ascii_digit() || **byte == b'.')
            .count();
        let number = run.checked_sub(4).filter(|&length| length > 0)?;
        let rest = text.get(number..)?;
        (rest.starts_with(&date) && Stamp::read(rest).is_some()).then_some(number)
    }
}
