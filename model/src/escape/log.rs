//! The compiler's JSON logs as diagnostics.
//!
//! A log says what `-m=2` says, in another form: `escape` with a text and a flow is a title, `escape` without a
//! text the terse line, which has no subject then and adds nothing to its title. `leak` is the title of a
//! parameter's explanation. The inliner's entries name no function.

use super::{
    builds::BuildSet,
    collect::Collector,
    decision::{Place, Step},
};
use dumpview_parsers::escape::{
    Category, LogDiagnostic, LogHeader, log_diagnostic, log_header, message,
};
use dumpview_parsers::line::RawLine;

/// Where the reading of one log file stands.
#[derive(Debug, Default)]
pub struct LogFile {
    header: Option<LogHeader>,
    failed: bool,
}

impl LogFile {
    /// A file of which nothing is read yet.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Collector {
    /// Logs of one build follow.
    pub fn begin_logs(&mut self) {
        self.begin_input();
        let build = self.current_build();
        build.explained = true;
        build.escapes = true;
        build.logs = true;
    }

    /// Reads one line of a log file.
    pub fn log_line(&mut self, file: &mut LogFile, line: RawLine<'_>) {
        if line.text.is_empty() || file.failed {
            return;
        }
        if file.header.is_none() {
            match log_header(line.text) {
                Ok(header) => {
                    self.set_package(header.package.as_bytes());
                    if header.gc_version.starts_with("go") {
                        self.go_version = Some(header.gc_version.clone());
                    }
                    self.note(Category::Package);
                    file.header = Some(header);
                }
                // Some other JSON: none of its lines are the compiler's.
                Err(_) => file.failed = true,
            }
            return;
        }
        match log_diagnostic(line.text) {
            Ok(read) => {
                let source = file.header.as_ref().map_or("", |header| &header.file);
                self.logged(&read, source);
            }
            Err(_) if line.unterminated => {
                self.lost(format!("compiler log: line {} has no end", line.number));
            }
            Err(_) => self.unknown(line.number, line.text, None),
        }
    }

    fn logged(&mut self, read: &LogDiagnostic, source: &str) {
        let place = Place {
            file: self.strings.intern(source.as_bytes()),
            line: read.line,
            column: read.column,
        };
        let category = match read.code.as_str() {
            "canInlineFunction" => Category::CanInline,
            "cannotInlineFunction" => Category::CannotInline,
            "cannotInlineCall" | "inlineCall" => Category::InliningNote,
            "isInBounds" | "isSliceInBounds" => Category::BoundsCheck,
            "nilcheck" | "copy" => Category::Debug,
            // Older logs have `escapes` for what is `escape` in newer ones.
            "escape" | "escapes" | "leak" if read.message.is_empty() => Category::EscapesToHeap,
            "escape" | "escapes" | "leak" => Category::Explanation,
            _ => {
                let text = format!("{}: {}", read.code, read.message);
                self.unknown(u64::from(read.line), text.as_bytes(), None);
                return;
            }
        };
        if category != Category::Explanation {
            self.note(category);
            return;
        }
        let title = format!("{}:", read.message);
        let Some(parsed) = message(title.as_bytes()) else {
            self.unknown(u64::from(read.line), title.as_bytes(), None);
            return;
        };
        let symbol = self.strings.intern(title.as_bytes());
        let builds = self.build_set();
        let row = match self.find_row(place, symbol) {
            Some(row) => row,
            None => self.insert(place, symbol, &parsed),
        };
        self.seen_again(row, builds);
        self.note(Category::Explanation);
        self.log_flow(row, read, builds);
    }

    fn log_flow(&mut self, row: u32, read: &LogDiagnostic, builds: BuildSet) {
        let mut text = String::new();
        for note in read.notes.iter().filter(|note| note.step().is_some()) {
            text.push_str(&note.message);
            text.push('\n');
        }
        if text.is_empty() {
            return;
        }
        let hash = self.strings.hash(text.as_bytes());
        if self.known_flow(row, hash, builds) {
            return;
        }
        let start = self.pool.len();
        for note in &read.notes {
            let Some(step) = note.step() else { continue };
            let at = Place {
                file: self.strings.intern(note.file.as_bytes()),
                line: note.line,
                column: note.column,
            };
            let step: Step = self.step(&step, Some(at));
            self.push_step(step);
            self.note(Category::Step);
        }
        self.add_flow(row, hash, start, builds);
    }
}
