//! `heap strings`: texts and bytes that are there several times.

use super::{HeapTable, MOST_ROWS, analysed, command, doubt};
use crate::answer::{Answer, Failure};
use crate::case::core::{Case, Cursor};
use crate::flags::TableFlags;
use crate::listing::Listing;
use crate::verb::{About, OnCore, Verb, Word};
use dumpview_model::heap::HeapCopies;
use dumpview_model::units::{bytes, grouped};
use dumpview_model::value::Address;
use dumpview_process::heap::suspects::{Copies, copies};
use dumpview_view::schema::Rows;
use schemars::JsonSchema;
use serde::Serialize;

/// Contents that are read: those of the rows that anybody looks at.
const MOST_CONTENTS: usize = 100_000;

/// What the document says beside its rows.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct StringsBody {
    /// How many different contents are there several times.
    contents: u64,
    /// How many copies of them there are, the first of each included.
    copies: u64,
    /// Bytes that one of each would do without.
    wasted_bytes: u64,
}

/// `heap strings`.
pub struct HeapStringsVerb;

impl Verb for HeapStringsVerb {
    type Args = TableFlags;
    type Body = Rows<HeapCopies, StringsBody>;
    const ABOUT: About = About {
        examples: &[
            "dumpview heap strings core.44457 ./app",
            "dumpview heap strings core.44457 ./app --filter 'len>100' --top 20 --csv",
        ],
        notes: "How long a text is, what refers to it tells. Not compared are texts over 32 KiB, those that begin inside an \
                object or\nin a block of tiny ones (strings under 16 bytes), and bytes whose second half is zeros: buffers.",
        ..About::core(
            "heap strings",
            "Strings and byte slices that are there several times: text, copies, wasted bytes",
            Word::None,
        )
    };
}

fn row(copies: Copies) -> HeapCopies {
    HeapCopies {
        addr: Address(copies.at.0),
        content: copies.content,
        is_string: copies.text,
        len: copies.len,
        count: copies.count,
        bytes: copies.bytes,
        wasted_bytes: copies.wasted,
    }
}

impl OnCore for HeapStringsVerb {
    const ON_HEAP_DUMP: bool = true;

    fn ask(
        case: &Case<'_>,
        args: &TableFlags,
        _word: Option<&str>,
        _cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        args.choice::<HeapCopies>()?;
        let heap = analysed(case)?;
        let found = copies(
            heap.process,
            &heap.heap,
            &heap.labels,
            &heap.dominators,
            MOST_CONTENTS,
        );
        if found.is_empty() {
            return Err(Failure::no_answer(
                "no string and no byte slice is there twice, of those that can be compared",
            ));
        }
        let about = StringsBody {
            contents: found.len() as u64,
            copies: found.iter().map(|copies| copies.count).sum(),
            wasted_bytes: found.iter().map(|copies| copies.wasted).sum(),
        };
        let mut head: Vec<String> = doubt(case).into_iter().collect();
        head.push(format!(
            "{} strings and byte slices have {} contents: {} wasted",
            grouped(about.copies),
            grouped(about.contents),
            bytes(about.wasted_bytes)
        ));
        let rows = found.into_iter().map(row).collect();
        Ok(Box::new(HeapTable {
            about,
            listing: Listing::new(rows, args)?.for_people(MOST_ROWS),
            head,
            next: vec![format!(
                "{} ADDR  who holds one",
                command(case, "heap paths")
            )],
        }))
    }
}
