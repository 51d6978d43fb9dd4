//! Lines as Markdown, to be pasted into an issue: headings, and what stands under them as it is, between fences.
//!
//! What stands in a dump cannot end a fence, since a fence is longer than any run of backticks within; a heading is written
//! with every character escaped that Markdown or HTML would take for its own.

use super::html::is_heading;
use crate::line::{Line, Role};
use crate::safe::safe;
use crate::text::Lines;
use std::io::{self, Write};

/// Lines to Markdown.
pub struct Markdown<'w> {
    out: &'w mut dyn Write,
    /// Lines of the block that is open.
    block: Vec<String>,
}

impl<'w> Markdown<'w> {
    /// Writes to `out`.
    pub fn new(out: &'w mut dyn Write) -> Self {
        Self {
            out,
            block: Vec::new(),
        }
    }

    /// Ends what is open.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn end(mut self) -> io::Result<()> {
        self.close()
    }

    fn close(&mut self) -> io::Result<()> {
        let is_blank = |line: &String| line.trim().is_empty();
        let mut block = std::mem::take(&mut self.block);
        while block.last().is_some_and(is_blank) {
            block.pop();
        }
        let blanks = block.iter().take_while(|line| is_blank(line)).count();
        let block = block.get(blanks..).unwrap_or_default();
        if block.is_empty() {
            return Ok(());
        }
        let longest = block.iter().map(|line| longest_run(line)).max();
        let fence = "`".repeat(longest.unwrap_or(0).max(2) + 1);
        writeln!(self.out, "{fence}text")?;
        for line in block {
            writeln!(self.out, "{line}")?;
        }
        writeln!(self.out, "{fence}\n")
    }
}

fn longest_run(line: &str) -> usize {
    let runs = line.split(|c| c != '`').map(str::len);
    runs.max().unwrap_or(0)
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // Names of people and numbers of issues are links where it is pasted.
            '@' => out.push_str("&#64;"),
            '#' => out.push_str("&#35;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '(' | ')' | '!' | '|' | '~' | '{' | '}' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

impl Lines for Markdown<'_> {
    fn line(&mut self, line: Line) -> io::Result<()> {
        let text: String = line.spans.iter().map(|span| safe(&span.text)).collect();
        let is_alarm = !line.spans.is_empty() && line.spans.iter().all(|s| s.role == Role::Alarm);
        if is_heading(&line) || is_alarm && self.block.is_empty() {
            self.close()?;
            let text = escaped(text.trim());
            return if is_alarm {
                writeln!(self.out, "**{text}**\n")
            } else {
                writeln!(self.out, "### {text}\n")
            };
        }
        self.block.push(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Text;

    fn written(lines: &[(Role, &'static str)]) -> String {
        let mut out = Vec::new();
        let mut markdown = Markdown::new(&mut out);
        let mut text = Text::new(&mut markdown);
        for (role, line) in lines {
            text.line(Line::new(*role, *line)).unwrap();
        }
        markdown.end().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_reason_is_bold_and_the_rest_stands_between_fences() {
        let text = written(&[
            (Role::Alarm, "panic: a_b"),
            (Role::Plain, "  main.f"),
            (Role::Heading, "goroutines"),
            (Role::Plain, "3"),
        ]);
        assert_eq!(
            text,
            "**panic: a\\_b**\n\n```text\n  main.f\n```\n\n### goroutines\n\n```text\n3\n```\n\n"
        );
    }

    #[test]
    fn no_name_ends_a_fence_or_becomes_a_link() {
        let text = written(&[
            (Role::Alarm, "panic: @all #1 <img src=x> [x](y)"),
            (Role::Plain, "````"),
            (Role::Plain, "<script>"),
        ]);
        assert!(text.starts_with(
            "**panic: &#64;all &#35;1 &lt;img src=x&gt; \\[x\\]\\(y\\)**\n\n`````text\n````\n<script>\n`````\n"
        ));
    }
}
