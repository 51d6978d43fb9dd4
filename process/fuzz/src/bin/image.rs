//! Bytes as a core or as an executable: headers, notes, segments that lie over each other, symbols; and memory as far
//! as they compose one.

#![no_main]

#[path = "../../../tests/asked/mod.rs"]
#[expect(dead_code, reason = "the structures of a core are another target's")]
mod asked;

use asked::{everything, opened};

/// The header of an ELF core or executable for amd64, whose tables begin behind it.
fn header(kind: u8, segments: u8, sections: u8) -> [u8; 64] {
    let mut out = [0; 64];
    out[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    out[16] = kind;
    out[18] = 62;
    out[20] = 1;
    out[32] = 64;
    out[40] = 64;
    out[52] = 64;
    out[54] = 56;
    out[56] = segments;
    out[58] = 64;
    out[60] = sections;
    out
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let [which, segments, cut, rest @ ..] = data else {
        return;
    };
    // Most headers are wrong, and what is behind them would never be reached.
    let cut = usize::from(*cut).min(rest.len());
    let (core, exe) = rest.split_at(rest.len() * cut / 256);
    let with = |header: [u8; 64], rest: &[u8]| [&header[..], rest].concat();
    let core = if which & 1 == 0 {
        with(header(4, segments % 8, 0), core)
    } else {
        core.to_vec()
    };
    let exe = if which & 2 == 0 {
        with(header(2, segments / 8 % 4, segments / 32), exe)
    } else {
        exe.to_vec()
    };
    let _ = opened(&core, &exe, everything);
});
