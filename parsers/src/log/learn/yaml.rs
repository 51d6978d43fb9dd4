//! Fields of YAML, each on a line of its own: `textPayload: 'gc 1 @0.1s …'`, as `gcloud logging read` prints records.

/// The key and the text of a line that is a field with a text on it.
pub(super) fn member(line: &[u8]) -> Option<(String, String)> {
    let (key, value) = field(line)?;
    let value = str::from_utf8(value).ok()?;
    let text = match value.as_bytes() {
        [b'\'', inside @ .., b'\''] => str::from_utf8(inside).ok()?.replace("''", "'"),
        [b'"', ..] => serde_json::from_str(value).ok()?,
        // A block begins in the next line, and neither is a text.
        [] | [b'|' | b'>' | b'{' | b'[' | b'&' | b'*' | b'!' | b'\'', ..] => return None,
        _ => value.to_owned(),
    };
    Some((key.to_owned(), text))
}

/// The same where the text stands in quotes, as all must in which `: ` stands: else it may be any name before a text.
pub(super) fn quoted_member(line: &[u8]) -> Option<(String, String)> {
    let (_, value) = field(line)?;
    matches!(value.first(), Some(b'\'' | b'"')).then(|| member(line))?
}

/// Whether a line is what stands around such fields: other fields, and what parts the records.
pub(super) fn is_around_members(line: &[u8]) -> bool {
    matches!(line.trim_ascii(), b"---" | b"...") || field(line).is_some()
}

/// A key, which is a word, and what stands behind it.
fn field(line: &[u8]) -> Option<(&str, &[u8])> {
    let line = line.trim_ascii();
    let line = line.strip_prefix(b"- ").unwrap_or(line);
    let colon = memchr::memchr(b':', line)?;
    let key = line.get(..colon).filter(|key| !key.is_empty())?;
    let is_key = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-./@".contains(byte);
    let value = match line.get(colon + 1..)? {
        [] => &[],
        [b' ', value @ ..] => value.trim_ascii(),
        _ => return None,
    };
    let key = str::from_utf8(key).ok()?;
    key.bytes()
        .all(|byte| is_key(&byte))
        .then_some((key, value))
}
