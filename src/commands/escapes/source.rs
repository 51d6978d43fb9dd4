//! Source files under a directory: a line of them, with a caret under the expression.

use crate::input::small;
use dumpview_view::safe::safe;
use dumpview_view::{Line, Role, Text, styled};
use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

/// A source tree.
pub struct Source {
    root: PathBuf,
    files: RefCell<HashMap<String, Option<Rc<Vec<u8>>>>>,
}

impl Source {
    /// Below a directory.
    pub fn new(root: PathBuf) -> Self {
        Self {
            root,
            files: RefCell::new(HashMap::new()),
        }
    }

    /// The content of a file that the compiler named.
    pub fn file(&self, name: &str) -> Option<Rc<Vec<u8>>> {
        if let Some(known) = self.files.borrow().get(name) {
            return known.clone();
        }
        let read = self.find(name).map(Rc::new);
        self.files
            .borrow_mut()
            .insert(name.to_owned(), read.clone());
        read
    }

    /// Where that file is, as an absolute path.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        let path = self.found(name).find(|path| path.is_file())?;
        path.canonicalize().ok()
    }

    /// Looks for the file below the root by ever shorter tails of its name: the compiler may have run in
    /// another directory, on another machine, or with -trimpath. Nothing outside the root is opened.
    fn find(&self, name: &str) -> Option<Vec<u8>> {
        self.found(name).find_map(|path| small(&path).ok())
    }

    /// Where it may be, the likeliest first.
    fn found(&self, name: &str) -> impl Iterator<Item = PathBuf> {
        let name = name.replace('\\', "/");
        let parts: Vec<_> = Path::new(&name)
            .components()
            .filter_map(|part| match part {
                Component::Normal(part) if !part.to_string_lossy().ends_with(':') => {
                    Some(part.to_owned())
                }
                _ => None,
            })
            .collect();
        let root = self.root.clone();
        (0..parts.len()).map(move |skip| root.join(parts.iter().skip(skip).collect::<PathBuf>()))
    }

    /// A line with the part that is meant; `None` when the file or the line is not there. Without a column nothing is
    /// marked.
    pub fn excerpt(&self, file: &str, line: u32, column: u32, what: &str) -> Option<Excerpt> {
        let content = self.file(file)?;
        let index = (line as usize).checked_sub(1)?;
        let bytes = content.split(|b| *b == b'\n').nth(index)?;
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_end_matches('\r');
        let (start, width) = span(text, column as usize, what);
        let before = expand(text.get(..start).unwrap_or_default());
        let marked = expand(text.get(start..start + width).unwrap_or_default());
        Some(Excerpt {
            text: expand(text),
            before: columns(&before),
            width: if column > 0 {
                columns(&marked).max(1)
            } else {
                0
            },
        })
    }

    /// Draws a line with its caret. A file that is not there draws nothing.
    pub(super) fn draw(
        &self,
        file: &str,
        line: u32,
        column: u32,
        what: &str,
        out: &mut Text<'_>,
    ) -> io::Result<()> {
        if self.file(file).is_none() {
            return Ok(());
        }
        let Some(excerpt) = self.excerpt(file, line, column, what) else {
            return out.line(styled(
                Role::Dim,
                format_args!(
                    "      {file} has no line {line}: it is not the source that was compiled"
                ),
            ));
        };
        out.line(format_args!("    {line:>6} │ {}", excerpt.text))?;
        if excerpt.width > 0 {
            let pad = " ".repeat(excerpt.before);
            let carets = "^".repeat(excerpt.width);
            out.line(Line::plain(format!("           │ {pad}")).and(Role::Alarm, carets))?;
        }
        Ok(())
    }
}

/// A line of source and the part of it that is meant.
pub struct Excerpt {
    /// With blanks for tabs.
    pub text: String,
    /// Columns before the part.
    pub before: usize,
    /// Its columns; 0 when nothing is marked.
    pub width: usize,
}

/// As it is shown: tabs as four blanks and the rest escaped, so that carets stand where they should.
fn expand(text: &str) -> String {
    safe(&text.replace('\t', "    ")).into_owned()
}

fn columns(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}

/// The part of the line to underline: bytes from and how many.
///
/// The compiler's position of a call, a conversion or an operation is that of its bracket or operator, so
/// the expression may begin left of the column. What it prints need not be what the source says (constants
/// are folded, literals shortened), so it is looked for as far as the first bracket or dots.
fn span(line: &str, column: usize, what: &str) -> (usize, usize) {
    let at = column.saturating_sub(1).min(line.len());
    let at = (0..=at)
        .rev()
        .find(|i| line.is_char_boundary(*i))
        .unwrap_or(0);
    let word = match what {
        "func literal" => "func",
        "append" => "append",
        _ => what
            .split("...")
            .next()
            .unwrap_or(what)
            .trim_end_matches(['{', '(']),
    };
    // A qualified name from inlining (`pkg.x`) is plain in its own source.
    let short = word.rsplit('.').next().unwrap_or(word);
    [word, short]
        .into_iter()
        .filter(|word| !word.is_empty())
        .find_map(|word| {
            line.match_indices(word)
                .map(|(found, _)| found)
                .find(|found| *found <= at && at <= found + word.len())
                .map(|found| (found, word.len()))
        })
        .unwrap_or_else(|| {
            let width = line
                .get(at..)
                .and_then(|rest| rest.chars().next())
                .map_or(0, char::len_utf8);
            (at, width)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_expression_around_the_column_is_underlined() {
        for (line, column, what, expected) in [
            ("\tx := 42", 2, "x", "x"),
            (
                "\treturn make([]int, n)",
                13,
                "make([]int, n)",
                "make([]int, n)",
            ),
            ("\treturn &Node{k: 1}", 9, "&Node{...}", "&Node"),
            ("\tgo func() {", 5, "func literal", "func"),
            ("\tfmt.Println(t)", 14, "t", "t"),
            ("\ty", 2, "pkg.y", "y"),
            ("\té := 1", 2, "other", "é"),
            ("", 9, "x", ""),
        ] {
            let (start, width) = span(line, column, what);
            assert_eq!(&line[start..start + width], expected, "{line}");
        }
    }
}
