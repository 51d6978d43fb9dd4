//! Inputs whose names and texts carry what a terminal must never be given, and the judge of what reaches it.

#![allow(
    dead_code,
    reason = "every test takes this file in for itself and uses its own part of it"
)]

/// What a terminal obeys or what deceives who reads: colours, a title, the clipboard, the eight-bit introducer as a
/// character and as a byte, a bell, a backspace, a return, DEL, text turned round, text that is not seen.
const PIECES: &[&[u8]] = &[
    b"\x1b[31m",
    "\u{202e}".as_bytes(),
    b"\x1b]0;t\x07",
    "\u{9b}2J".as_bytes(),
    b"\x7f",
    b"\r",
    "\u{200b}".as_bytes(),
    b"\x08\x08",
    b"\x9b",
    "\u{2066}".as_bytes(),
    b"\x1b]52;c;QQ==\x07",
];

/// A name for files and arguments that holds them all but the byte that is no UTF-8.
pub fn name() -> String {
    let pieces = PIECES.iter().filter_map(|p| std::str::from_utf8(p).ok());
    pieces.collect::<Vec<_>>().join("p")
}

/// A word of the same length that begins with the same letter and holds pieces from the `at`-th on, as many as fit.
fn poisoned(word: &[u8], at: usize) -> Vec<u8> {
    let mut out = word[..1].to_vec();
    for piece in PIECES.iter().cycle().skip(at).take(PIECES.len()) {
        if out.len() + piece.len() < word.len() {
            out.extend_from_slice(piece);
        }
    }
    let rest = out.len();
    out.extend_from_slice(&word[rest..]);
    out
}

/// Replaces every occurrence of the words, each by what it always is replaced by, in whatever file; says how many.
pub fn poison(bytes: &mut [u8], words: &[&str]) -> usize {
    let mut count = 0;
    for (i, word) in words.iter().enumerate() {
        let with = poisoned(word.as_bytes(), i);
        let places: Vec<usize> = memchr::memmem::find_iter(bytes, word).collect();
        count += places.len();
        for at in places {
            bytes[at..at + with.len()].copy_from_slice(&with);
        }
    }
    count
}

/// Text with a piece within every so many long words, whatever they are.
pub fn poison_text(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() * 2);
    let (mut run, mut words) = (0, 0);
    for byte in text {
        run = if byte.is_ascii_alphabetic() {
            run + 1
        } else {
            0
        };
        out.push(*byte);
        if run == 5 {
            words += 1;
            if words % 7 == 0 {
                out.extend_from_slice(PIECES[words / 7 % PIECES.len()]);
            }
        }
    }
    out
}

/// Where a program may be writing.
#[derive(Clone, Copy, PartialEq)]
pub enum Place {
    /// Into a file or pipe: text, without a colour.
    File,
    /// Onto a terminal, line by line: colours, and a return before each newline.
    Lines,
    /// Onto a whole screen: the cursor is moved and modes are set too.
    Screen,
}

/// The first thing in the output that has no business there, with what stands before it.
pub fn offence(output: &[u8], place: Place) -> Option<String> {
    let mut at = 0;
    while let Some(byte) = output.get(at) {
        let rest = &output[at..];
        let good = match byte {
            b'\n' | b'\t' | b' '..=b'~' => 1,
            b'\r' if place == Place::Screen || rest.starts_with(b"\r\n") => 1,
            b'\r' if place == Place::Lines => progress(rest),
            0x1b if place != Place::File => sequence(rest, place),
            0x80.. => character(rest),
            _ => 0,
        };
        if good == 0 {
            let before = &output[at.saturating_sub(60)..(at + 12).min(output.len())];
            return Some(String::from_utf8_lossy(before).escape_debug().to_string());
        }
        at += good;
    }
    None
}

/// The length of a line of progress, which is written over and wiped: a slow machine sees it.
fn progress(rest: &[u8]) -> usize {
    const WIPED: &[u8] = b"\x1b[K";
    let end = memchr::memmem::find(rest, WIPED);
    let line = end.and_then(|end| rest.get(1..end));
    let is_plain = |line: &[u8]| line.iter().all(|byte| matches!(byte, b' '..=b'~'));
    line.filter(|line| is_plain(line))
        .map_or(0, |line| 1 + line.len() + WIPED.len())
}

/// The length of a control sequence that may stand here: colours; on a screen whatever moves, wipes or sets a mode.
fn sequence(rest: &[u8], place: Place) -> usize {
    let Some(body) = rest.strip_prefix(b"\x1b[") else {
        return 0;
    };
    let parameters = body.iter().take_while(|b| matches!(b, b'0'..=b'?')).count();
    match body.get(parameters) {
        Some(b'm') => parameters + 3,
        Some(b'A'..=b'Z' | b'a'..=b'z') if place == Place::Screen => parameters + 3,
        _ => 0,
    }
}

/// The length of a character of several bytes that is seen and stands where it is written.
fn character(rest: &[u8]) -> usize {
    let chunk = rest.utf8_chunks().next();
    let first = chunk.and_then(|chunk| chunk.valid().chars().next());
    let Some(c) = first else { return 0 };
    let odd = c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    if odd { 0 } else { c.len_utf8() }
}
