//! What the targets share: real inputs, unpacked, and edits that are taken back.

use std::path::Path;

/// A committed file.
///
/// # Panics
///
/// When it is not there or no zstd.
pub fn unpacked(name: &str) -> Vec<u8> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/fixtures");
    let packed = std::fs::read(fixtures.join(format!("{name}.zst"))).expect(name);
    let mut bytes = Vec::new();
    let mut reader = ruzstd::decoding::StreamingDecoder::new(packed.as_slice()).expect(name);
    std::io::Read::read_to_end(&mut reader, &mut bytes).expect(name);
    bytes
}

/// Changes words as an input says, twelve bytes an edit: which kind of stretch, which of them, which word, what to write. Gives
/// what was there, for [`undo`].
pub fn edit(bytes: &mut [u8], kinds: &[&[(usize, usize)]], edits: &[u8]) -> Vec<(usize, u64)> {
    let kinds: Vec<_> = kinds.iter().filter(|kind| !kind.is_empty()).collect();
    let chosen = |kind: u8, which: u8, word: u16| {
        let kind = kinds[usize::from(kind) % kinds.len()];
        // More stretches than a byte can say are reached by the word's bits.
        let (offset, size) = kind[(usize::from(which) + usize::from(word) * 31) % kind.len()];
        offset + usize::from(word) % (size / 8) * 8
    };
    let mut undo = Vec::new();
    for edit in edits.chunks_exact(12).take(64) {
        let short = |at: usize| u16::from_le_bytes([edit[at], edit[at + 1]]);
        let word = |bytes: &[u8], at: usize| {
            u64::from_le_bytes(bytes[at..at + 8].try_into().expect("a word"))
        };
        let at = chosen(edit[0], edit[1], short(2));
        let old = word(bytes, at);
        let number = u64::from(u32::from_le_bytes(
            edit[8..12].try_into().expect("four bytes"),
        ));
        let new = match edit[4] % 7 {
            0 => number,
            1 => word(bytes, chosen(edit[6], edit[7], short(8))),
            2 => old.wrapping_add(number.cast_signed().wrapping_sub(1 << 31).cast_unsigned()),
            3 => old ^ 1 << (edit[5] % 64),
            4 => number << (edit[5] % 64),
            5 => old ^ (number & 0xff) << (edit[5] % 8 * 8),
            _ => u64::MAX - number,
        };
        undo.push((at, old));
        bytes[at..at + 8].copy_from_slice(&new.to_le_bytes());
    }
    undo
}

/// Puts back what [`edit`] changed, so that an input means the same at any time.
pub fn undo(bytes: &mut [u8], changed: Vec<(usize, u64)>) {
    for (at, old) in changed.into_iter().rev() {
        bytes[at..at + 8].copy_from_slice(&old.to_le_bytes());
    }
}
