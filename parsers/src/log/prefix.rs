//! What log machinery puts before each line, layer by layer.
//!
//! A layer is taken off when it says by itself what it is, or when a trace was seen behind one like it: an
//! application's own time stamp before its own words is left where it is.

use crate::line::Stamp;

/// A kind of prefix.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Layer {
    /// `TIME stdout F `: a Kubernetes CRI file.
    Cri,
    /// `TIME host unit[pid]: `: journald and syslog.
    Unit,
    /// `<pri>1 TIME host app pid msgid - `: RFC 5424.
    Syslog,
    /// `[pod/name/container] `: kubectl logs --prefix.
    Pod,
    /// `service  | `: docker compose.
    Service,
    /// `TIME `: docker logs -t, GitHub Actions and whoever else.
    Time,
    /// `YYYY/MM/DD HH:MM:SS `: as Go's own `log` writes it.
    GoTime,
    /// `12 `, `12: `: lines numbered by an editor or a web page.
    Number,
    /// `> `, `$ `, blanks: a quotation.
    Quote,
}

/// Those that say by themselves what they are.
pub(super) const EVIDENT: [Layer; 4] = [Layer::Cri, Layer::Unit, Layer::Syslog, Layer::Pod];

/// Those that are taken off once a trace was seen behind one.
pub(super) const LEARNED: [Layer; 5] = [
    Layer::Service,
    Layer::Time,
    Layer::GoTime,
    Layer::Number,
    Layer::Quote,
];

/// A prefix that was there.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Peeled<'a> {
    /// How long it is.
    pub length: usize,
    /// The time in it.
    pub stamp: Option<Stamp>,
    /// Who it names.
    pub name: Option<&'a [u8]>,
    /// Which of the writer's streams, when the line is a piece of a longer one, and whether it is the last.
    pub piece: Option<(u8, bool)>,
}

impl Peeled<'_> {
    fn of(length: usize) -> Self {
        Self {
            length,
            stamp: None,
            name: None,
            piece: None,
        }
    }
}

impl Layer {
    /// The prefix of this kind at the start of a text, whose stamp has been read.
    pub(super) fn peel(self, text: &[u8], stamp: Option<(Stamp, usize)>) -> Option<Peeled<'_>> {
        match self {
            Self::Syslog => syslog(text),
            Self::Pod => pod(text),
            Self::Service => service(text),
            Self::Number => number(text).map(|(_, length)| Peeled::of(length)),
            Self::Quote => {
                let length = match text {
                    [b'>' | b'$', b' ', ..] => 2,
                    [blank @ (b' ' | b'\t'), ..] => {
                        text.iter().take_while(|byte| *byte == blank).count()
                    }
                    _ => 0,
                };
                (length > 0).then(|| Peeled::of(length))
            }
            Self::Cri | Self::Unit | Self::Time | Self::GoTime => {
                let (stamp, length) = stamp?;
                let go_time = text.get(4) == Some(&b'/');
                match self {
                    Self::GoTime if go_time => behind(text, stamp, length),
                    Self::Time if !go_time => behind(text, stamp, length),
                    Self::Cri if !go_time => cri(text, stamp, length),
                    Self::Unit if !go_time => unit(text, stamp, length),
                    _ => None,
                }
            }
        }
    }
}

/// The stamp at the start of a text.
pub(super) fn stamp(text: &[u8]) -> Option<(Stamp, usize)> {
    match text.first()? {
        b'0'..=b'9' | b'A'..=b'Z' | b'[' => Stamp::read(text),
        _ => None,
    }
}

/// A stamp with a blank, or the end of the line, behind it.
fn behind(text: &[u8], stamp: Stamp, length: usize) -> Option<Peeled<'_>> {
    let length = match text.get(length) {
        None => length,
        Some(b' ' | b'\t') => length + 1,
        Some(_) => return None,
    };
    Some(Peeled {
        stamp: Some(stamp),
        ..Peeled::of(length)
    })
}

fn cri(text: &[u8], stamp: Stamp, length: usize) -> Option<Peeled<'_>> {
    let rest = text.get(length..)?;
    let (stream, rest) = match rest {
        [b' ', b's', b't', b'd', b'o', b'u', b't', rest @ ..] => (1, rest),
        [b' ', b's', b't', b'd', b'e', b'r', b'r', rest @ ..] => (2, rest),
        _ => return None,
    };
    let last = match rest {
        [b' ', b'F'] | [b' ', b'F', b' ', ..] => true,
        [b' ', b'P'] | [b' ', b'P', b' ', ..] => false,
        _ => return None,
    };
    Some(Peeled {
        stamp: Some(stamp),
        piece: Some((stream, last)),
        ..Peeled::of((length + 10).min(text.len()))
    })
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._-@/:\\".contains(&byte)
}

/// The length of a word of at most 255 bytes.
fn name(text: &[u8]) -> Option<usize> {
    let length = text.iter().take_while(|&&byte| is_name(byte)).count();
    (1..=255).contains(&length).then_some(length)
}

/// `TIME host unit[pid]: ` or, as of the kernel, `TIME host unit: `.
fn unit(text: &[u8], stamp: Stamp, length: usize) -> Option<Peeled<'_>> {
    let start = length + 1;
    if text.get(start - 1) != Some(&b' ') {
        return None;
    }
    let host = start + name(text.get(start..)?)?;
    if text.get(host) != Some(&b' ') {
        return None;
    }
    let rest = text.get(host + 1..)?;
    let word = name(rest)?;
    let mut end = host + 1 + word;
    match rest.get(word..) {
        Some([b'[', pid @ ..]) => {
            let digits = pid.iter().take_while(|byte| byte.is_ascii_digit()).count();
            end += digits + 2;
            if digits == 0 || pid.get(digits) != Some(&b']') || text.get(end) != Some(&b':') {
                return None;
            }
        }
        // A colon is part of a name, but not its last.
        _ if rest.get(word - 1) == Some(&b':') && matches!(stamp, Stamp::Yearless(_)) => end -= 1,
        _ => return None,
    }
    let length = match text.get(end + 1) {
        None => end + 1,
        Some(b' ') => end + 2,
        Some(_) => return None,
    };
    Some(Peeled {
        stamp: Some(stamp),
        name: text.get(start..end),
        ..Peeled::of(length)
    })
}

/// `<pri>1 TIME host app pid msgid - `; structured data is passed over.
fn syslog(text: &[u8]) -> Option<Peeled<'_>> {
    let rest = text.strip_prefix(b"<")?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = rest.get(digits..)?.strip_prefix(b">1 ")?;
    let (stamp, length) = Stamp::read(rest)?;
    let names = rest.get(length..)?.strip_prefix(b" ")?;
    let mut blanks = memchr::memchr_iter(b' ', names);
    let pid_end = blanks.nth(2)?;
    let id_end = blanks.next()?;
    let mut rest = names.get(id_end + 1..)?;
    if let Some(after) = rest.strip_prefix(b"-") {
        rest = after;
    } else {
        let end = memchr::memmem::find(rest, b"] ")?;
        rest = rest.get(end + 1..)?;
    }
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    let rest = rest.strip_prefix("\u{feff}".as_bytes()).unwrap_or(rest);
    Some(Peeled {
        stamp: Some(stamp),
        name: names.get(..pid_end),
        ..Peeled::of(text.len() - rest.len())
    })
}

fn pod(text: &[u8]) -> Option<Peeled<'_>> {
    let rest = text.strip_prefix(b"[pod/")?;
    let end = name(rest)?;
    let length = match rest.get(end..) {
        Some([b']', b' ', ..]) => end + 2,
        Some([b']']) => end + 1,
        _ => return None,
    };
    Some(Peeled {
        name: rest.get(..end),
        ..Peeled::of(length + 5)
    })
}

fn service(text: &[u8]) -> Option<Peeled<'_>> {
    let end = name(text)?;
    let rest = text.get(end..)?;
    let blanks = rest.iter().take_while(|&&byte| byte == b' ').count();
    let length = match rest.get(blanks..) {
        Some([b'|', b' ', ..]) => end + blanks + 2,
        Some([b'|']) => end + blanks + 1,
        _ => return None,
    };
    (blanks > 0).then(|| Peeled {
        name: text.get(..end),
        ..Peeled::of(length)
    })
}

/// The line number, and how long the prefix is.
pub(super) fn number(text: &[u8]) -> Option<(u64, usize)> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(1..=9).contains(&digits) {
        return None;
    }
    let value = text
        .get(..digits)?
        .iter()
        .fold(0, |value, byte| value * 10 + u64::from(byte - b'0'));
    let mut length = digits;
    if let Some(b':' | b'|' | b'.') = text.get(length) {
        length += 1;
    }
    match text.get(length) {
        None => Some((value, length)),
        Some(b' ' | b'\t') => Some((value, length + 1)),
        Some(_) => None,
    }
}
