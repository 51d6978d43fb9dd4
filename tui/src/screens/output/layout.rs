//! Content as rows of so many columns.

use crate::data::value::Content;
use dumpview_view::line::{Line, Role, split_at_width};
use dumpview_view::safe::safe;
use std::fmt::Write;
use unicode_width::UnicodeWidthStr;

/// How it is laid out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Manner {
    /// Lines that are too long are broken.
    pub wrap: bool,
    /// Bytes in hex.
    pub hex: bool,
    /// Only lines that hold this, in any case; all when empty.
    pub filter: String,
}

/// A row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// As it is shown.
    pub text: Line,
    /// The line of the content that it is a part of; of bytes in hex, the row's number.
    pub line: usize,
}

/// How far the rest of a broken line is indented: below what stands beside a name, where a line begins with one in a column.
fn hanging(line: &Line, width: usize) -> usize {
    let first = line.spans.first();
    let column = first.filter(|span| span.text.ends_with("  ") && !span.text.trim().is_empty());
    let column = column.map(|span| span.text.width());
    column.filter(|column| *column < width / 2).unwrap_or(2)
}

/// The rows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Layout {
    pub rows: Vec<Row>,
    /// Bytes on a row, in hex.
    stride: Option<usize>,
}

impl Layout {
    /// Lays content out in `width` columns.
    pub fn new(content: &Content, width: usize, manner: &Manner) -> Self {
        match content {
            Content::Bytes { bytes, .. } if manner.hex => {
                let stride = if width < 78 { 8 } else { 16 };
                let rows = bytes.chunks(stride).enumerate();
                let rows = rows.map(|(line, chunk)| Row {
                    text: dumped(line * stride, chunk, stride),
                    line,
                });
                Self {
                    rows: rows.collect(),
                    stride: Some(stride),
                }
            }
            Content::Bytes { bytes, .. } => {
                let text = String::from_utf8_lossy(bytes);
                let lines = text.split('\n').map(|line| {
                    let line = line.trim_end_matches('\r').replace('\t', "    ");
                    Line::new(Role::Text, safe(&line).into_owned())
                });
                Self::of_lines(lines, |line| cut(line, width), manner)
            }
            Content::Lines(lines) => {
                let wrapped = |line: &Line| {
                    if manner.wrap {
                        line.wrapped(width, hanging(line, width))
                    } else {
                        vec![line.clone()]
                    }
                };
                Self::of_lines(lines.iter().cloned(), wrapped, manner)
            }
        }
    }

    fn of_lines(
        lines: impl Iterator<Item = Line>,
        wrapped: impl Fn(&Line) -> Vec<Line>,
        manner: &Manner,
    ) -> Self {
        let filter = manner.filter.to_lowercase();
        let kept = lines
            .enumerate()
            .filter(|(_, line)| line.text().to_lowercase().contains(&filter));
        let rows = kept.flat_map(|(number, line)| {
            let rows = wrapped(&line).into_iter();
            rows.map(move |text| Row { text, line: number })
        });
        Self {
            rows: rows.collect(),
            stride: None,
        }
    }

    /// The first row of a line, or of the next one that is there.
    pub fn row_of(&self, line: usize) -> usize {
        self.rows.partition_point(|row| row.line < line)
    }

    /// Rows on which a word begins, in any case; it may go on in the next row.
    pub fn found(&self, content: &Content, word: &str) -> Vec<usize> {
        let word = word.to_ascii_lowercase();
        let mut found = match (self.stride, content) {
            (Some(stride), Content::Bytes { bytes, .. }) => {
                let lower = bytes.to_ascii_lowercase();
                let starts = lower.windows(word.len().max(1)).enumerate();
                starts
                    .filter(|(_, part)| *part == word.as_bytes())
                    .map(|(at, _)| at / stride)
                    .collect()
            }
            _ => self.found_in_lines(&word),
        };
        found.dedup();
        found
    }

    fn found_in_lines(&self, word: &str) -> Vec<usize> {
        let mut found = Vec::new();
        let mut first = 0;
        for rows in self.rows.chunk_by(|a, b| a.line == b.line) {
            // The line is put together again: a word may be cut in two by the end of a row.
            let mut whole = String::new();
            let mut starts = Vec::new();
            for row in rows {
                starts.push(whole.len());
                whole.push_str(&row.text.text());
            }
            whole.make_ascii_lowercase();
            found.extend(
                whole
                    .match_indices(word)
                    .map(|(at, _)| first + starts.partition_point(|start| *start <= at) - 1),
            );
            first += rows.len();
        }
        found
    }
}

/// A line in pieces of so many columns.
fn cut(line: &Line, width: usize) -> Vec<Line> {
    let text = line.text();
    let mut rest = text.as_str();
    let mut rows = Vec::new();
    loop {
        let (row, left) = split_at_width(rest, width.max(1));
        rows.push(Line::new(Role::Text, row.to_owned()));
        if left.is_empty() {
            return rows;
        }
        rest = left;
    }
}

/// Bytes as `hexdump -C` shows them.
fn dumped(offset: usize, bytes: &[u8], stride: usize) -> Line {
    let mut hex = String::new();
    for at in 0..stride {
        if at % 8 == 0 {
            hex.push(' ');
        }
        match bytes.get(at) {
            // Writing to a string cannot fail.
            Some(byte) => _ = write!(hex, "{byte:02x} "),
            None => hex.push_str("   "),
        }
    }
    let shown = bytes.iter().map(|byte| match byte {
        b' '..=b'~' => char::from(*byte),
        _ => '.',
    });
    Line::new(Role::Dim, format!("{offset:08x} "))
        .and(Role::Number, hex)
        .and(Role::Text, format!(" {}", shown.collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(layout: &Layout) -> Vec<String> {
        layout.rows.iter().map(|row| row.text.text()).collect()
    }

    #[test]
    fn a_word_is_found_across_the_end_of_a_row() {
        let content = Content::Bytes {
            bytes: b"one\ntwothree\nTHREE".to_vec(),
            len: 18,
        };
        let layout = Layout::new(&content, 5, &Manner::default());
        assert_eq!(texts(&layout), ["one", "twoth", "ree", "THREE"]);
        assert_eq!(layout.found(&content, "three"), [1, 3]);
        assert_eq!(layout.row_of(2), 3);
    }

    #[test]
    fn bytes_are_dumped_and_searched_as_they_are() {
        let content = Content::Bytes {
            bytes: b"\x00\x01abcdefgh\xffij".to_vec(),
            len: 13,
        };
        let manner = Manner {
            hex: true,
            ..Manner::default()
        };
        let layout = Layout::new(&content, 40, &manner);
        assert_eq!(
            texts(&layout),
            [
                "00000000  00 01 61 62 63 64 65 66  ..abcdef",
                "00000008  67 68 ff 69 6a           gh.ij",
            ]
        );
        assert_eq!(layout.found(&content, "FG"), [0]);
        assert_eq!(layout.found(&content, "ij"), [1]);
        assert!(content.is_binary());
    }

    #[test]
    fn lines_are_kept_by_what_they_hold() {
        let content = Content::Lines(vec!["a b c".into(), "d".into(), "bb".into()]);
        let manner = Manner {
            filter: "B".to_owned(),
            wrap: true,
            ..Manner::default()
        };
        let layout = Layout::new(&content, 80, &manner);
        assert_eq!(texts(&layout), ["a b c", "bb"]);
        assert_eq!(layout.rows[1].line, 2);
    }
}
