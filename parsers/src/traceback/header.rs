//! The line before a goroutine's frames (runtime/traceback.go, `goroutineheader`).
//!
//! ```text
//! goroutine 7 gp=0xc000006c40 m=3 mp=0x57c400 [select (leaked) (scan), 2 minutes, locked to thread, synctest bubble 1]:
//! goroutine 7 [select labels:{"k": "v"}]:       1.26
//! goroutine 7 [select] {k: v, "a b": "]:"}:     1.27
//! ```
//!
//! Quoted labels may hold `]:` and `}`, so what closes the bracket is the first `]` outside of quotes.

use super::records::{Header, Labels, M};
use crate::scan::{Scan, hex};
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::character::complete::u64 as decimal;
use nom::combinator::{all_consuming, map, opt, value};
use nom::sequence::{delimited, preceded};

/// Reads a goroutine's header.
pub fn header(line: &[u8]) -> Option<Header<'_>> {
    let rest = line.strip_prefix(b"goroutine ")?.strip_suffix(b":")?;
    let (rest, id) = decimal::<_, ()>(rest).ok()?;
    let (rest, (g, m)) = addresses(rest).ok()?;
    let inside = rest.strip_prefix(b" [")?;
    let end = closing(inside)?;
    let (bracket, after) = inside.split_at_checked(end)?;
    let mut header = Header {
        id,
        g,
        m,
        ..Header::default()
    };
    match after.strip_prefix(b"]")? {
        b"" => {}
        labels => header.labels.text = labels.strip_prefix(b" {")?.strip_suffix(b"}")?,
    }
    notes(bracket, &mut header)?;
    (!header.state.is_empty()).then_some(header)
}

/// ` gp=0x1 m=3 mp=0x2`, as much of it as there is.
fn addresses(input: &[u8]) -> Scan<'_, (Option<u64>, M)> {
    let m = preceded(
        tag(" m="),
        alt((
            value(M::Nil, tag("nil")),
            map((decimal, opt(preceded(tag(" mp="), hex))), |(id, mp)| {
                M::Id {
                    id,
                    mp: mp.unwrap_or(0),
                }
            }),
        )),
    );
    (
        opt(preceded(tag(" gp="), hex)),
        map(opt(m), Option::unwrap_or_default),
    )
        .parse(input)
}

/// Where the first `]` outside of quotes is.
fn closing(text: &[u8]) -> Option<usize> {
    let first = memchr::memchr2(b']', b'"', text)?;
    if text.get(first) == Some(&b']') {
        return Some(first);
    }
    let mut quoted = false;
    let mut at = first;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => quoted = !quoted,
            b'\\' if quoted => at += 1,
            b']' if !quoted => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// Takes the notes off the end of what stood in the bracket; the state is left.
fn notes<'a>(bracket: &'a [u8], header: &mut Header<'a>) -> Option<()> {
    let mut rest = bracket;
    if let Some(at) = memchr::memmem::find(rest, b" labels:{") {
        let (state, labels) = rest.split_at_checked(at)?;
        header.labels.text = labels.strip_prefix(b" labels:{")?.strip_suffix(b"}")?;
        rest = state;
    }
    while let Some(at) = memchr::memmem::rfind(rest, b", ") {
        let (before, note) = rest.split_at_checked(at)?;
        if note == b", locked to thread" {
            header.locked = true;
        } else {
            let number = |before: &'static str, after: &'static str| {
                all_consuming(delimited(tag(before), decimal::<_, ()>, tag(after)))
                    .parse(note)
                    .ok()
                    .map(|(_, n)| n)
            };
            if let Some(minutes) = number(", ", " minutes") {
                header.minutes = Some(minutes);
            } else {
                let bubble =
                    number(", synctest bubble ", "").or_else(|| number(", synctest group ", ""));
                header.bubble = Some(bubble?);
            }
        }
        rest = before;
    }
    loop {
        let (state, flag) = if let Some(state) = rest.strip_suffix(b" (leaked)") {
            (state, &mut header.leaked)
        } else if let Some(state) = rest.strip_suffix(b" (scan)") {
            (state, &mut header.scan)
        } else if let Some(state) = rest.strip_suffix(b" (durable)") {
            (state, &mut header.durable)
        } else {
            break;
        };
        *flag = true;
        rest = state;
    }
    header.state = rest;
    Some(())
}

impl<'a> Labels<'a> {
    /// Whether none were printed.
    pub const fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Keys and values, unquoted; stops where the text is not as the runtime prints it.
    pub fn iter(&self) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> + use<'a> {
        let mut rest = self.text;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let (key, after) = word(rest, b':')?;
            let (value, after) = word(after.strip_prefix(b": ")?, b',')?;
            rest = match after {
                b"" => after,
                _ => after.strip_prefix(b", ")?,
            };
            Some((key, value))
        })
    }
}

/// A quoted or bare word and what follows it; a bare one ends before `end`.
fn word(text: &[u8], end: u8) -> Option<(Vec<u8>, &[u8])> {
    let Some(mut rest) = text.strip_prefix(b"\"") else {
        let (bare, rest) =
            text.split_at_checked(memchr::memchr(end, text).unwrap_or(text.len()))?;
        return Some((bare.to_vec(), rest));
    };
    let mut out = Vec::new();
    loop {
        let (&byte, after) = rest.split_first()?;
        rest = after;
        match byte {
            b'"' => return Some((out, rest)),
            b'\\' => {
                let (&escape, after) = rest.split_first()?;
                rest = after;
                let digits = match escape {
                    b'n' => {
                        out.push(b'\n');
                        continue;
                    }
                    b'r' => {
                        out.push(b'\r');
                        continue;
                    }
                    b't' => {
                        out.push(b'\t');
                        continue;
                    }
                    b'x' => 2,
                    b'u' => 4,
                    b'U' => 8,
                    other => {
                        out.push(other);
                        continue;
                    }
                };
                let (digits, after) = rest.split_at_checked(digits)?;
                rest = after;
                let code = u32::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?;
                let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(header: &Header<'_>) -> Vec<(String, String)> {
        let text = |b: Vec<u8>| String::from_utf8(b).unwrap();
        header
            .labels
            .iter()
            .map(|(k, v)| (text(k), text(v)))
            .collect()
    }

    #[test]
    fn every_part_of_a_header_is_read() {
        let h = header(
            b"goroutine 7 gp=0xc6c40 m=3 mp=0x57c400 [chan receive (nil chan) (leaked) (scan), 2 minutes, locked to thread, synctest bubble 4]:",
        )
        .unwrap();
        assert_eq!(
            h,
            Header {
                id: 7,
                g: Some(0xc6c40),
                m: M::Id {
                    id: 3,
                    mp: 0x57c400
                },
                state: b"chan receive (nil chan)",
                leaked: true,
                scan: true,
                durable: false,
                minutes: Some(2),
                locked: true,
                bubble: Some(4),
                labels: Labels::default(),
            }
        );
        let h = header(b"goroutine 20 gp=0xc280780 m=nil [cleanup wait]:").unwrap();
        assert_eq!((h.m, h.state), (M::Nil, &b"cleanup wait"[..]));
        let h = header(b"goroutine 9 [running (durable), synctest bubble 1]:").unwrap();
        assert_eq!(
            (h.durable, h.bubble, h.state),
            (true, Some(1), &b"running"[..])
        );
        assert_eq!(
            header(b"goroutine 8 [sleep, synctest group 5]:")
                .unwrap()
                .bubble,
            Some(5)
        );
    }

    #[test]
    fn labels_of_both_ages_may_hold_anything() {
        let h = header(
            br#"goroutine 7 [select, 3 minutes labels:{"k": "a]: }", "\n\"": "\u00e9\x1b"}]:"#,
        )
        .unwrap();
        assert_eq!(h.minutes, Some(3));
        assert_eq!(
            labels(&h),
            [
                ("k".into(), "a]: }".into()),
                ("\n\"".into(), "é\u{1b}".into())
            ]
        );
        let h = header(br#"goroutine 7 [select, 3 minutes] {k: v/1.x, "a b": "]:, \t", e: }:"#)
            .unwrap();
        assert_eq!(
            labels(&h),
            [
                ("k".into(), "v/1.x".into()),
                ("a b".into(), "]:, \t".into()),
                ("e".into(), String::new())
            ]
        );
    }

    #[test]
    fn other_lines_are_no_headers() {
        for line in [
            "goroutine 7 [running]",
            "goroutine [running]:",
            "goroutine 7 []:",
            "goroutine 7 [running:",
            "goroutine profile: total 7",
            "goroutine 7 [running] and more:",
            "goroutine 7 [select, 3 apples]:",
            "",
        ] {
            assert_eq!(header(line.as_bytes()), None, "{line}");
        }
    }
}
