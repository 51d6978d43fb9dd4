//! Little-endian words out of a byte slice, `None` past its end.

/// The word of four bytes at `offset`.
#[inline]
pub fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    let word = bytes.get(offset..offset.checked_add(4)?)?;
    word.try_into().ok().map(u32::from_le_bytes)
}

/// The signed word of four bytes at `offset`.
#[inline]
pub fn i32_at(bytes: &[u8], offset: usize) -> Option<i32> {
    u32_at(bytes, offset).map(u32::cast_signed)
}

/// The word of eight bytes at `offset`.
#[inline]
pub fn u64_at(bytes: &[u8], offset: usize) -> Option<u64> {
    let word = bytes.get(offset..offset.checked_add(8)?)?;
    word.try_into().ok().map(u64::from_le_bytes)
}

/// Everything from `offset` on; empty past the end.
#[inline]
pub fn from(bytes: &[u8], offset: u64) -> &[u8] {
    usize::try_from(offset)
        .ok()
        .and_then(|offset| bytes.get(offset..))
        .unwrap_or_default()
}

/// The NUL-terminated string at `offset`, without the NUL.
#[inline]
pub fn c_str_at(bytes: &[u8], offset: u64) -> Option<&[u8]> {
    let rest = from(bytes, offset);
    let end = memchr::memchr(0, rest)?;
    rest.get(..end)
}
