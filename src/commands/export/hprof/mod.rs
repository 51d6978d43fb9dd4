//! The heap as a Java heap dump, which Eclipse MAT and VisualVM open.
//!
//! | Go | HPROF |
//! |---|---|
//! | an object of a struct type | an object of a class of that name, whose fields fill its slot |
//! | text | `java.lang.String`, whose `value` is its bytes |
//! | an array of numbers | an array of numbers |
//! | other arrays, maps, channels, functions | an array of references, a word each |
//! | package variables | static fields of a class that is called like the package |
//! | goroutines | threads with their frames, and what each frame keeps |
//! | finalizers, cleanups, weak handles | JNI globals |
//!
//! A pointer into the middle of an object leads to the object. Garbage is written too: nothing keeps it there either.

mod classes;
mod records;
mod roots;

use super::format::{Export, ExportFlags, Written};
use crate::answer::Failure;
use crate::case::core::Case;
use crate::commands::heap::analysed;
use classes::{Field, Form, form};
use dumpview_model::heap::UNKNOWN_TYPE;
use dumpview_process::addr::Addr;
use dumpview_process::heap::suspects::TextLengths;
use dumpview_process::heap::{Analysis, Scratch, Span};
use dumpview_view::document::Incomplete;
use records::{Basic, ID, Writer, turned};
use std::collections::{HashMap, HashSet};
use std::io::{self, Write};
use std::path::Path;

/// `hprof`.
pub struct Hprof;

impl Export for Hprof {
    const NAME: &'static str = "hprof";

    fn of_core<'w>(case: &'w Case<'_>, _: &ExportFlags) -> Result<Written<'w>, Failure> {
        let analysis = analysed(case)?;
        let dump = case.process.heap_dump;
        if dump.is_some_and(|dump| dump.params.pointer_size != 8) {
            return Err(Failure::no_answer(
                "--to hprof: only heaps of 64-bit machines are written",
            ));
        }
        Ok(Written::new(move |out| write(analysis, out)))
    }

    fn of_log(
        path: &Path,
        _: &ExportFlags,
    ) -> Result<(Written<'static>, Vec<Incomplete>), Failure> {
        Err(Failure::no_answer(format!(
            "{}: a log has no heap",
            path.display()
        )))
    }
}

fn write(analysis: &Analysis<'_, '_>, out: &mut dyn Write) -> io::Result<()> {
    let mut exporter = Exporter {
        analysis,
        writer: Writer::begin(out, 0)?,
        lengths: TextLengths::of(analysis),
        classes: HashMap::default(),
        arrays: HashMap::default(),
        names: HashSet::default(),
        next_class: FIRST_CLASS,
        java: Java::default(),
    };
    exporter.java()?;
    let threads = roots::threads(analysis, &mut exporter)?;
    let mut scratch = Scratch::default();
    for span in analysis.heap.spans.list() {
        exporter.span(span, &mut scratch)?;
    }
    roots::write(analysis, &mut exporter, &threads)?;
    exporter.writer.end()
}

/// Ids of classes are odd, below every address of a process's heap.
const FIRST_CLASS: u64 = 0x1001;

/// Classes that readers look for.
#[derive(Clone, Copy, Debug, Default)]
struct Java {
    object: u64,
    string: u64,
    thread: u64,
}

/// What is written of objects of one label and slot size.
struct Class {
    id: u64,
    form: Form,
}

struct Exporter<'e, 'w, 'p, 'a> {
    analysis: &'e Analysis<'p, 'a>,
    writer: Writer<'w>,
    lengths: TextLengths,
    classes: HashMap<(Option<u32>, u64, bool, u64), Class>,
    /// Classes of arrays of references, which may be of any length, by what they are called in Go.
    arrays: HashMap<String, u64>,
    names: HashSet<String>,
    next_class: u64,
    java: Java,
}

impl Exporter<'_, '_, '_, '_> {
    fn new_id(&mut self) -> u64 {
        self.next_class += 2;
        self.next_class
    }

    /// A class with the name, or with a number behind it when that is taken.
    fn class(
        &mut self,
        name: &str,
        above: u64,
        bytes: u64,
        fields: &[(u64, Basic)],
    ) -> io::Result<u64> {
        let mut unique = name.to_owned();
        let mut number = 2;
        while !self.names.insert(unique.clone()) {
            unique = format!("{name} ({number})");
            number += 1;
        }
        let id = self.new_id();
        self.writer.class_name(id, &unique)?;
        self.writer.class(id, above, bytes, &[], fields)?;
        Ok(id)
    }

    /// The classes without which readers do not open a file.
    fn java(&mut self) -> io::Result<()> {
        self.java.object = self.class("java.lang.Object", 0, 0, &[])?;
        let object = self.java.object;
        self.class("java.lang.Class", object, 0, &[])?;
        self.class("java.lang.ClassLoader", object, 0, &[])?;
        let value = self.writer.text("value")?;
        let coder = self.writer.text("coder")?;
        let hash = self.writer.text("hash")?;
        let fields = [
            (value, Basic::Object),
            (coder, Basic::Byte),
            (hash, Basic::Int),
        ];
        self.java.string = self.class("java.lang.String", object, STRING, &fields)?;
        let name = self.writer.text("name")?;
        let fields = [(name, Basic::Object)];
        self.java.thread = self.class("java.lang.Thread", object, ID, &fields)?;
        self.class("[Ljava.lang.Object;", object, 0, &[])?;
        for letter in ["Z", "F", "D", "B", "S", "I", "J", "C"] {
            self.class(&format!("[{letter}"), object, 0, &[])?;
        }
        Ok(())
    }

    /// The class of objects of a label in slots of a size.
    fn class_of(
        &mut self,
        label: Option<u32>,
        span: &Span,
        object: u32,
        header: u64,
    ) -> io::Result<(u64, Form)> {
        let key = (label, span.elemsize, span.is_noscan(), header);
        if let Some(known) = self.classes.get(&key) {
            return Ok((known.id, known.form.clone()));
        }
        let labels = &self.analysis.labels;
        let known = labels
            .of(object)
            .and_then(|label| Some((label, labels.type_ref(label.ty)?)));
        let form = form(
            self.analysis.process,
            known,
            (span.elemsize, header),
            !span.is_noscan(),
        );
        let name = self
            .analysis
            .type_name(object)
            .unwrap_or(UNKNOWN_TYPE)
            .to_owned();
        let above = self.java.object;
        let id = match &form {
            Form::Text | Form::Numbers(_) => 0,
            Form::Words => {
                if let Some(known) = self.arrays.get(&name) {
                    *known
                } else {
                    let id = self.class(&format!("[L{name};"), above, 0, &[])?;
                    self.arrays.insert(name, id);
                    id
                }
            }
            Form::Fields(fields) => {
                let mut named = Vec::with_capacity(fields.len());
                for field in fields {
                    named.push((self.writer.text(&field.name)?, field.basic));
                }
                self.class(&name, above, span.elemsize, &named)?
            }
        };
        let kept = form.clone();
        self.classes.insert(key, Class { id, form });
        Ok((id, kept))
    }

    fn span(&mut self, span: &Span, scratch: &mut Scratch) -> io::Result<()> {
        let heap = &self.analysis.heap;
        let bytes = heap.pointers.bytes(span);
        let header = heap.pointers.header_size(span);
        let mut recent: Option<(Option<u32>, (u64, Form))> = None;
        let mut words: Vec<u64> = Vec::new();
        for (object, slot) in (span.first..).zip(heap.spans.slots(span)) {
            let from = u64::from(slot) * span.elemsize;
            let range = usize::try_from(from).unwrap_or(usize::MAX);
            let end = usize::try_from(from + span.elemsize).unwrap_or(usize::MAX);
            // What is not in the core is written as zeros.
            let own = bytes.get(range..end.min(bytes.len())).unwrap_or_default();
            let label = self.analysis.labels.id(object).map(|id| id.0);
            if recent.as_ref().is_none_or(|(of, _)| *of != label) {
                recent = Some((label, self.class_of(label, span, object, header)?));
            }
            let Some((_, (class, form))) = &recent else {
                continue;
            };
            let id = span.start.offset(from).0;
            match form {
                Form::Text => self.string(id, object, own, span.elemsize)?,
                Form::Numbers(basic) => {
                    if own.len() as u64 == span.elemsize {
                        self.writer.numbers(id, *basic, own)?;
                    } else {
                        let mut whole = own.to_vec();
                        whole.resize(usize::try_from(span.elemsize).unwrap_or(0), 0);
                        self.writer.numbers(id, *basic, &whole)?;
                    }
                }
                Form::Fields(fields) => {
                    let spans = &heap.spans;
                    self.writer.instance(id, *class, span.elemsize, |into| {
                        for field in fields {
                            value(field, own, |addr| target(spans, addr), into);
                        }
                    })?;
                }
                Form::Words => {
                    words.clear();
                    words.resize(usize::try_from(span.elemsize / ID).unwrap_or(0), 0);
                    heap.pointers.visit(span, &bytes, slot, scratch, |offset| {
                        let at = usize::try_from((offset - from) / ID).unwrap_or(usize::MAX);
                        if let Some(word) = words.get_mut(at) {
                            *word = target(&heap.spans, heap.pointers.word(&bytes, offset));
                        }
                    });
                    self.writer
                        .objects(id, *class, words.len() as u64, |into| {
                            for word in &words {
                                into.extend_from_slice(&word.to_be_bytes());
                            }
                        })?;
                }
            }
        }
        Ok(())
    }

    /// A text: its bytes are an array of their own, at an address where no object is.
    fn string(&mut self, id: u64, object: u32, own: &[u8], slot: u64) -> io::Result<()> {
        let len = self.lengths.of_object(object, slot);
        let len = len
            .and_then(|len| usize::try_from(len).ok())
            .unwrap_or(own.len());
        let text = own.get(..len).unwrap_or(own);
        self.new_string(id, id + 1, text)
    }

    fn new_string(&mut self, id: u64, value: u64, text: &[u8]) -> io::Result<()> {
        // Latin-1 is what the format has for bytes; other text is UTF-16 in the byte order of the machine.
        let (coder, coded) = if text.is_ascii() {
            (0u8, text.to_vec())
        } else {
            let text = String::from_utf8_lossy(text);
            (1, text.encode_utf16().flat_map(u16::to_le_bytes).collect())
        };
        let class = self.java.string;
        self.writer.instance(id, class, STRING, |into| {
            into.extend_from_slice(&value.to_be_bytes());
            into.push(coder);
        })?;
        self.writer.numbers(value, Basic::Byte, &coded)
    }
}

/// Bytes of the fields of a `java.lang.String`.
const STRING: u64 = ID + 1 + 4;

/// The object that an address lies in; 0 where none is.
fn target(spans: &dumpview_process::heap::Spans, addr: u64) -> u64 {
    if addr == 0 {
        return 0;
    }
    let addr = Addr(addr);
    let found = spans.at(addr).and_then(|span| {
        let slot = addr.since(span.start)? / span.elemsize;
        let slot = u32::try_from(slot).ok()?;
        spans.object_in(span, slot)?;
        Some(span.start.offset(u64::from(slot) * span.elemsize).0)
    });
    found.unwrap_or(0)
}

/// A field's value with its bytes turned round; a reference leads to an object or nowhere.
fn value(field: &Field, own: &[u8], target: impl Fn(u64) -> u64, into: &mut Vec<u8>) {
    let size = usize::try_from(field.basic.size()).unwrap_or(1);
    let at = usize::try_from(field.offset).unwrap_or(usize::MAX);
    let bytes = at.checked_add(size).and_then(|end| own.get(at..end));
    match (bytes, field.basic) {
        (Some(bytes), Basic::Object) => {
            let mut word = [0; 8];
            word.copy_from_slice(bytes);
            into.extend_from_slice(&target(u64::from_le_bytes(word)).to_be_bytes());
        }
        (Some(bytes), _) => turned(bytes, size, into),
        (None, _) => into.resize(into.len() + size, 0),
    }
}
