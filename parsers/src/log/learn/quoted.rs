//! A text in quotes at the end of a line, whatever stands before: `{"log"=>"gc 1 @0.1s …"}]` as Fluent Bit prints records,
//! `{'log': 'gc 1 @0.1s …'}` as Python does.

/// The text in such quotes with which a record begins, when nothing but brackets stands behind it.
pub(super) fn text(quote: u8, record: &[u8]) -> Option<Vec<u8>> {
    if !matches!(quote, b'"' | b'\'') {
        return None;
    }
    let mut rest = record.strip_prefix(&[quote])?;
    let mut text = Vec::new();
    loop {
        let at = memchr::memchr2(b'\\', quote, rest)?;
        text.extend_from_slice(rest.get(..at)?);
        match rest.get(at..)? {
            [b'\\', escape, after @ ..] => {
                text.push(match escape {
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'r' => b'\r',
                    other => *other,
                });
                rest = after;
            }
            // Twice for one, as tables have it.
            [first, second, after @ ..] if first == second => {
                text.push(*first);
                rest = after;
            }
            [_, after @ ..] => {
                let ends = after.iter().all(|byte| b"}])>,; ".contains(byte));
                return ends.then_some(text);
            }
            [] => return None,
        }
    }
}
