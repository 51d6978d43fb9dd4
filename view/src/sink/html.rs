//! Lines as a page of HTML that stands alone: no script, no image, nothing that is fetched.
//!
//! What stands in a dump is text here, whatever it looks like: every character that HTML would take for its own is written
//! as a reference, and the page forbids itself everything but its own style.

use crate::line::{Line, Role};
use crate::safe::markup;
use crate::text::Lines;
use std::io::{self, Write};

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{margin:2em auto;max-width:110ch;padding:0 1em;font:14px/1.45 ui-monospace,monospace}\
p{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;min-height:1.45em}\
h2{font-size:inherit;margin:0;white-space:pre-wrap}\
.alarm{color:#c0182b;font-weight:bold}.warning{color:#8a5a00}.good{color:#1a7f37}\
.dim{opacity:.65}.name,.key{color:#0a6c8a}\
@media(prefers-color-scheme:dark){.alarm{color:#ff7b86}.warning{color:#e2b340}.good{color:#5fd17a}\
.name,.key{color:#6cc7e6}}";

/// Lines to a page.
pub struct Html<'w> {
    out: &'w mut dyn Write,
}

impl<'w> Html<'w> {
    /// Begins a page.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn begin(out: &'w mut dyn Write, title: &str) -> io::Result<Self> {
        let title = markup(title);
        write!(
            out,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n\
             <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        )?;
        Ok(Self { out })
    }

    /// Ends the page.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn end(self) -> io::Result<()> {
        self.out.write_all(b"</body>\n</html>\n")
    }
}

const fn class(role: Role) -> Option<&'static str> {
    Some(match role {
        Role::Alarm => "alarm",
        Role::Warning => "warning",
        Role::Good => "good",
        Role::Dim => "dim",
        Role::Name => "name",
        Role::Key => "key",
        Role::Heading | Role::Plain | Role::Type | Role::Number | Role::Text | Role::Series(_) => {
            return None;
        }
    })
}

impl Lines for Html<'_> {
    fn line(&mut self, line: Line) -> io::Result<()> {
        let heading = is_heading(&line);
        let tag = if heading { "h2" } else { "p" };
        write!(self.out, "<{tag}>")?;
        for span in &line.spans {
            let text = markup(&span.text);
            match class(span.role) {
                Some(class) => write!(self.out, "<span class=\"{class}\">{text}</span>")?,
                None => self.out.write_all(text.as_bytes())?,
            }
        }
        writeln!(self.out, "</{tag}>")
    }
}

/// Whether a line is nothing but a heading.
pub(super) fn is_heading(line: &Line) -> bool {
    !line.spans.is_empty() && line.spans.iter().all(|span| span.role == Role::Heading)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Text;

    #[test]
    fn what_looks_like_html_in_a_dump_is_text() {
        let mut out = Vec::new();
        let hostile = "</p><script>alert('1')</script>\u{202e} & \"x\"";
        let mut page = Html::begin(&mut out, hostile).unwrap();
        let mut text = Text::new(&mut page);
        text.line(Line::new(Role::Alarm, hostile)).unwrap();
        page.end().unwrap();
        let page = String::from_utf8(out).unwrap();
        assert!(
            !page.contains("<script") && !page.contains("</p><s") && !page.contains('\u{202e}')
        );
        assert!(page.contains(
            "<p><span class=\"alarm\">&lt;/p&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"
        ));
    }
}
