//! Lines without what only a terminal obeys.

/// Copies what is neither a control sequence of a terminal (`ESC [ … letter`, `ESC ] … BEL`) nor NUL.
pub(super) fn decolour(text: &[u8], plain: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = memchr::memchr2(0x1b, 0, rest) {
        plain.extend_from_slice(rest.get(..at).unwrap_or_default());
        rest = rest.get(at..).unwrap_or_default();
        let length = match rest {
            [0x1b, b'[', sequence @ ..] => sequence
                .iter()
                .position(|byte| matches!(byte, 0x40..=0x7e))
                .map_or(2, |end| end + 3),
            [0x1b, b']', sequence @ ..] => sequence
                .iter()
                .position(|&byte| byte == 0x07)
                .map_or(2, |end| end + 3),
            _ => 1,
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    plain.extend_from_slice(rest);
}
