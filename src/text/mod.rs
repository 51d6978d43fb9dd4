//! Writing for people: styles that vanish when colour is off, tables in columns, bytes in IEC units.

pub mod chart;
mod table;

pub use dumpview_model::units::{bytes, duration};
pub use table::{Align, Table};

use anstyle::{AnsiColor, Style};
use std::fmt::Display;
use std::io::{self, Write};

/// Where text goes. Styles are escape sequences that the stream strips when colour is off.
pub struct Text<'w> {
    out: &'w mut dyn Write,
}

/// What a piece of text is, so that colours are chosen in one place. Meaning never rests on colour alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// A heading.
    Heading,
    /// The thing that matters most: a reason of death.
    Alarm,
    /// A name of a function.
    Name,
    /// Less important: addresses, folded lines, hints.
    Dim,
}

impl Role {
    const fn style(self) -> Style {
        match self {
            Self::Heading => Style::new().bold(),
            Self::Alarm => AnsiColor::Red.on_default().bold(),
            Self::Name => AnsiColor::Cyan.on_default(),
            Self::Dim => Style::new().dimmed(),
        }
    }
}

impl<'w> Text<'w> {
    /// Text to a stream that deals with styles itself.
    pub fn new(out: &'w mut dyn Write) -> Self {
        Self { out }
    }

    /// A line.
    pub fn line(&mut self, text: impl Display) -> io::Result<()> {
        writeln!(self.out, "{text}")
    }
}

impl Write for Text<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.out.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A piece of text in its role's style.
pub fn styled(role: Role, text: impl Display) -> impl Display {
    let style = role.style();
    let (on, off) = (style.render(), style.render_reset());
    format!("{on}{text}{off}")
}
