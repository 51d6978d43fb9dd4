//! Answers as people and programs read them, before anybody knows where they go.
//!
//! A verb says *what* a piece of text is ([`line::Role`]); a sink (a terminal, a plain stream, a screen) decides how that
//! looks. Nothing in here opens an input or knows a terminal.
//!
//! | module | in charge of |
//! |---|---|
//! | [`mod@line`] | a line of text with meaning |
//! | [`safe`] | text of a dump as text that a terminal may be given |
//! | [`text`] | where a verb writes its lines |
//! | [`table`] | cells under headings |
//! | [`chart`] | areas, bars and heat strips in text |
//! | [`mod@column`] | what a record consists of, listed once |
//! | [`rows`] | the record types and their columns |
//! | [`choice`], [`filter`] | which rows and columns are wanted |
//! | [`document`] | what JSON documents begin with |
//! | [`job`] | work that takes a while and can be stopped |
//! | [`schema`] | the JSON Schema of records, and what is composed of schemas |
//! | [`finding`] | a finding in words, drawn the same by every verb and screen |
//! | [`sink`] | lines to a stream |
//!
//! ```
//! use dumpview_view::line::{Line, Role};
//! use dumpview_view::sink::ansi::{Ansi, Styles};
//! use dumpview_view::text::Text;
//!
//! let mut out = Vec::new();
//! let mut ansi = Ansi::new(&mut out, Styles::None);
//! let mut text = Text::new(&mut ansi);
//! // What came from a dump is escaped by the sink, once, whatever a verb does.
//! text.line(Line::new(Role::Alarm, "panic: ").and(Role::Plain, "a\u{1b}]52;c;\u{7}"))?;
//! assert_eq!(out, b"panic: a\\x1b]52;c;\\a\n");
//! # Ok::<(), std::io::Error>(())
//! ```

#![deny(unsafe_code)]

pub mod chart;
pub mod choice;
pub mod column;
mod columns;
pub mod document;
pub mod filter;
pub mod finding;
pub mod job;
pub mod json;
pub mod line;
pub mod rows;
pub mod safe;
pub mod schema;
pub mod sink;
pub mod table;
pub mod text;

pub use line::{Line, Role, styled};
pub use table::{Align, Table};
pub use text::Text;
