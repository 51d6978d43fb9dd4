//! `heap` and the verbs below it: who keeps the memory of a core.
//!
//! | file | in charge of |
//! |---|---|
//! | `report` | `heap`: is the walk right, what is alive, what keeps most |
//! | `top` | `heap top`, `heap garbage`: objects by what they have in common |
//! | `strings` | `heap strings`: texts and bytes that are there several times |
//! | `tree` | `heap tree`: the dominator tree |
//! | `object` | `heap object`, `heap refs`, `heap set`: one object, its references, what several places keep |
//! | `diff` | `heap diff`: two moments of a process |
//! | `records` | `heap records`: what a heap dump consists of |
//! | `paths` | `heap paths`, `heap find`: why objects are alive, which fulfil a condition |

pub mod diff;
mod object;
mod paths;
mod records;
mod report;
mod strings;
mod top;
mod tree;

pub use diff::HeapDiffVerb;
pub use object::{HeapObjectVerb, HeapRefsVerb, HeapSetVerb};
pub use paths::{HeapFindVerb, HeapPathsVerb};
pub use records::HeapRecordsVerb;
pub use report::{HeapVerb, verdict};
pub use strings::HeapStringsVerb;
pub use top::{HeapGarbageVerb, HeapTopVerb};
pub use tree::HeapTreeVerb;

use super::info::next;
use crate::answer::{Answer, Failure};
use crate::case::core::Case;
use crate::listing::Listing;
use crate::words::quoted;
use dumpview_process::heap::ask::{NoPlace, Page};
use dumpview_process::heap::suspects::{Question, Thresholds};
use dumpview_process::heap::{Analysis, Bounds, HeapError};
use dumpview_view::Text;
use dumpview_view::column::Row;
use serde::Serialize;
use std::borrow::Cow;
use std::io::{self, Write};

/// The analysed heap.
///
/// # Errors
///
/// When there is no heap that could be walked.
pub fn analysed<'c, 'a>(case: &'c Case<'a>) -> Result<&'c Analysis<'a, 'a>, Failure> {
    case.heap().map_err(|error| no_heap(case, error))
}

/// The heap on a page.
///
/// # Errors
///
/// When there is no heap that could be walked.
pub fn page<'c>(case: &'c Case<'_>, thresholds: &Thresholds) -> Result<Cow<'c, Page>, Failure> {
    let page = case.heap_page(thresholds);
    page.map_err(|error| no_heap(case, error))
}

/// Why there is no heap, and what helps.
pub fn no_heap(case: &Case<'_>, error: &HeapError) -> Failure {
    let hint = match error {
        HeapError::TooManyEdges(_) => "",
        _ if case.process.executable.is_none() => {
            "\n\nhint: dumpview heap CORE EXE, with the very file that the process ran; without EXE it is looked for where the core says"
        }
        _ => "\n\nhint: dumpview info -v says what is known of this program",
    };
    let why = if case.process.executable.is_none() {
        "nothing but the executable of this process tells where its heap is".to_owned()
    } else {
        error.to_string()
    };
    Failure::no_answer(format!("there is no heap to walk: {why}{hint}"))
}

/// The node that a word means.
///
/// # Errors
///
/// When it means none.
pub fn named(analysis: &Analysis<'_, '_>, word: &str) -> Result<u32, Failure> {
    analysis.named(word).map_err(|why| {
        let is_wrong = matches!(&why, NoPlace::Expression(error) if error.is_syntax);
        let hint = match why {
            NoPlace::NoObject(..) => "dumpview heap top --by type lists what there is",
            NoPlace::NoRoot(_) => "dumpview heap top --by goroutine lists those that keep something",
            _ => {
                "an address, a package variable, `goroutine 7`, `goroutine 7 frame 2`, or an expression"
            }
        };
        let told = format!("{why}\n\nhint: {hint}");
        if is_wrong {
            Failure::usage(told)
        } else {
            Failure::no_answer(told)
        }
    })
}

/// Rows people see of a table when they do not say how many.
const MOST_ROWS: usize = 30;

/// A table of the heap, with what stands around it.
#[derive(Serialize)]
#[serde(bound = "E: Serialize")]
struct HeapTable<R: Row, E: Serialize> {
    #[serde(flatten)]
    about: E,
    #[serde(flatten)]
    listing: Listing<R>,
    /// What people read above it.
    #[serde(skip)]
    head: Vec<String>,
    /// What to ask next.
    #[serde(skip)]
    next: Vec<String>,
}

impl<R: Row, E: Serialize> Answer for HeapTable<R, E> {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        for line in &self.head {
            out.line(line.as_str())?;
        }
        self.listing.text(out)?;
        next(&self.next, out)
    }

    fn csv(&self, out: &mut dyn Write) -> Option<io::Result<()>> {
        self.listing.csv(out)
    }
}

/// Nothing beside the rows.
#[derive(Serialize)]
struct Nothing {}

/// The line that says which way numbers are wrong, of a heap that is not whole.
fn doubt(case: &Case<'_>) -> Option<String> {
    let words = Bounds::of(&case.heap_notes()).words()?;
    Some(format!("the heap is not whole in this core: {words}"))
}

/// The command line of a question that follows, to be pasted into a shell.
fn pasted(case: &Case<'_>, question: &Question) -> String {
    let begin = command(case, question.verb);
    let word = question.word.as_str();
    if word.is_empty() {
        begin
    } else if word.starts_with('-') {
        format!("{begin} {word}")
    } else {
        format!("{begin} {}", quoted(word))
    }
}

/// How the command line of another question about this case begins.
pub(super) fn command(case: &Case<'_>, verb: &str) -> String {
    let core = case.core_path.display();
    let exe = case.executable_path.as_ref();
    let exe = exe.map_or(String::new(), |path| format!(" {}", path.display()));
    format!("dumpview {verb} {core}{exe}")
}
