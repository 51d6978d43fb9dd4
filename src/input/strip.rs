//! `--strip-prefix`: takes what a regular expression matches off the front of every line. Line numbers stay; offsets
//! become those of the shortened text.

use dumpview_parsers::lines::LineReader;
use regex::bytes::Regex;

/// Shortens the lines of a stream.
pub struct Stripper {
    prefix: Regex,
    lines: LineReader,
    out: Vec<u8>,
}

impl Stripper {
    /// Takes off what `prefix` matches, where it matches at the start.
    pub fn new(prefix: Regex) -> Self {
        Self {
            prefix,
            lines: LineReader::new(),
            out: Vec::new(),
        }
    }

    /// The lines that end in `chunk`, shortened.
    pub fn strip(&mut self, chunk: &[u8]) -> &[u8] {
        let Self { prefix, lines, out } = self;
        out.clear();
        lines.push(chunk, |line| {
            out.extend_from_slice(shortened(prefix, line.text));
            out.push(b'\n');
        });
        out
    }

    /// What stood after the last line end.
    pub fn rest(&mut self) -> &[u8] {
        let Self { prefix, lines, out } = self;
        out.clear();
        lines.finish(|line| out.extend_from_slice(shortened(prefix, line.text)));
        out
    }
}

fn shortened<'l>(prefix: &Regex, line: &'l [u8]) -> &'l [u8] {
    match prefix.find(line) {
        Some(found) if found.start() == 0 => line.get(found.end()..).unwrap_or_default(),
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_go_and_line_ends_stay() {
        let mut stripper = Stripper::new(Regex::new(r"\w+-\d+: ").unwrap());
        assert_eq!(
            stripper.strip(b"web-1: gc 1\nplain web-1: x\nweb-2"),
            b"gc 1\nplain web-1: x\n"
        );
        assert_eq!(stripper.strip(b": gc 2"), b"");
        assert_eq!(stripper.rest(), b"gc 2");
    }
}
