//! The records of an HPROF file, as `heapDumper.cpp` of OpenJDK documents them (`JAVA PROFILE 1.0.2`).
//!
//! ```text
//! header: "JAVA PROFILE 1.0.2\0"  u4 bytes of an id  u8 milliseconds since 1970
//! record: u1 tag  u4 microseconds  u4 length  body
//! ```
//!
//! All numbers are big-endian. Objects stand in segments whose length is written before them, so a segment is collected
//! and written when it is large enough: the file is never in memory.

use std::collections::HashMap;
use std::io::{self, Write};

/// Ids are as wide as addresses.
pub const ID: u64 = 8;
/// Bytes that a segment is collected to.
const SEGMENT: usize = 4 << 20;
/// The stack trace of objects: none is known.
const NO_TRACE: u32 = 1;

/// What a value is, by the number that the format gives it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Basic {
    Object = 2,
    Boolean = 4,
    Float = 6,
    Double = 7,
    Byte = 8,
    Short = 9,
    Int = 10,
    Long = 11,
}

impl Basic {
    /// Bytes of a value.
    pub const fn size(self) -> u64 {
        match self {
            Self::Boolean | Self::Byte => 1,
            Self::Short => 2,
            Self::Int | Self::Float => 4,
            Self::Object | Self::Long | Self::Double => 8,
        }
    }
}

/// What keeps an object from outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Root {
    /// A class, whose static fields are package variables.
    Class,
    /// A frame of a thread, both by number.
    Frame { thread: u32, frame: u32 },
    /// A thread that is an object itself.
    Thread { thread: u32, trace: u32 },
    /// What the runtime keeps: finalizers, cleanups, weak handles.
    Runtime,
    /// Anything else: registers.
    Unknown,
}

/// A file as it is written.
pub struct Writer<'w> {
    out: &'w mut dyn Write,
    segment: Vec<u8>,
    strings: HashMap<String, u64>,
    classes: u32,
}

impl<'w> Writer<'w> {
    pub fn begin(out: &'w mut dyn Write, millis: u64) -> io::Result<Self> {
        out.write_all(b"JAVA PROFILE 1.0.2\0")?;
        out.write_all(&8u32.to_be_bytes())?;
        out.write_all(&millis.to_be_bytes())?;
        let mut writer = Self {
            out,
            segment: Vec::with_capacity(SEGMENT + (SEGMENT >> 2)),
            strings: HashMap::default(),
            classes: 0,
        };
        writer.trace(NO_TRACE, 0, &[])?;
        Ok(writer)
    }

    fn record(&mut self, tag: u8, body: &[u8]) -> io::Result<()> {
        self.out.write_all(&[tag, 0, 0, 0, 0])?;
        let len = u32::try_from(body.len()).map_err(|_| too_long())?;
        self.out.write_all(&len.to_be_bytes())?;
        self.out.write_all(body)
    }

    /// The id of a text, which is written when it is new. Ids of texts are even and small; no object is there.
    pub fn text(&mut self, text: &str) -> io::Result<u64> {
        if let Some(known) = self.strings.get(text) {
            return Ok(*known);
        }
        let id: u64 = 2 + 2 * self.strings.len() as u64;
        self.strings.insert(text.to_owned(), id);
        let mut body = id.to_be_bytes().to_vec();
        body.extend_from_slice(text.as_bytes());
        self.record(0x01, &body)?;
        Ok(id)
    }

    /// Says what a class is called; its number.
    pub fn class_name(&mut self, class: u64, name: &str) -> io::Result<u32> {
        let name = self.text(name)?;
        self.classes += 1;
        let mut body = self.classes.to_be_bytes().to_vec();
        body.extend_from_slice(&class.to_be_bytes());
        body.extend_from_slice(&NO_TRACE.to_be_bytes());
        body.extend_from_slice(&name.to_be_bytes());
        self.record(0x02, &body)?;
        Ok(self.classes)
    }

    /// A frame of a stack.
    pub fn frame(&mut self, id: u64, function: &str, file: &str, line: u32) -> io::Result<()> {
        let (function, signature, file) = (self.text(function)?, self.text("")?, self.text(file)?);
        let mut body = Vec::with_capacity(40);
        for id in [id, function, signature, file] {
            body.extend_from_slice(&id.to_be_bytes());
        }
        body.extend_from_slice(&1u32.to_be_bytes());
        body.extend_from_slice(&line.to_be_bytes());
        self.record(0x04, &body)
    }

    /// A stack, its innermost frame first.
    pub fn trace(&mut self, trace: u32, thread: u32, frames: &[u64]) -> io::Result<()> {
        let mut body = Vec::new();
        let count = u32::try_from(frames.len()).map_err(|_| too_long())?;
        for number in [trace, thread, count] {
            body.extend_from_slice(&number.to_be_bytes());
        }
        for frame in frames {
            body.extend_from_slice(&frame.to_be_bytes());
        }
        self.record(0x05, &body)
    }

    fn put(&mut self, bytes: &[u8]) {
        self.segment.extend_from_slice(bytes);
    }

    fn flush_when(&mut self, most: usize) -> io::Result<()> {
        if self.segment.len() <= most {
            return Ok(());
        }
        let segment = std::mem::take(&mut self.segment);
        self.record(0x1c, &segment)?;
        self.segment = segment;
        self.segment.clear();
        Ok(())
    }

    /// A class with its static fields and those of its objects.
    pub fn class(
        &mut self,
        class: u64,
        above: u64,
        bytes: u64,
        statics: &[(u64, u64)],
        fields: &[(u64, Basic)],
    ) -> io::Result<()> {
        self.flush_when(SEGMENT)?;
        self.put(&[0x20]);
        self.put(&class.to_be_bytes());
        self.put(&NO_TRACE.to_be_bytes());
        for id in [above, 0, 0, 0, 0, 0] {
            self.put(&u64::to_be_bytes(id));
        }
        self.put(&u32::try_from(bytes).map_err(|_| too_long())?.to_be_bytes());
        self.put(&0u16.to_be_bytes());
        self.put(
            &u16::try_from(statics.len())
                .map_err(|_| too_long())?
                .to_be_bytes(),
        );
        for (name, value) in statics {
            self.put(&name.to_be_bytes());
            self.put(&[Basic::Object as u8]);
            self.put(&value.to_be_bytes());
        }
        self.put(
            &u16::try_from(fields.len())
                .map_err(|_| too_long())?
                .to_be_bytes(),
        );
        for (name, basic) in fields {
            self.put(&name.to_be_bytes());
            self.put(&[*basic as u8]);
        }
        Ok(())
    }

    /// Begins an object of a class, whose fields' bytes `fill` writes.
    pub fn instance(
        &mut self,
        id: u64,
        class: u64,
        bytes: u64,
        fill: impl FnOnce(&mut Vec<u8>),
    ) -> io::Result<()> {
        self.flush_when(SEGMENT)?;
        self.put(&[0x21]);
        self.put(&id.to_be_bytes());
        self.put(&NO_TRACE.to_be_bytes());
        self.put(&class.to_be_bytes());
        self.put(&u32::try_from(bytes).map_err(|_| too_long())?.to_be_bytes());
        let wanted = self.segment.len() + usize::try_from(bytes).map_err(|_| too_long())?;
        fill(&mut self.segment);
        self.segment.resize(wanted, 0);
        Ok(())
    }

    /// An array of references.
    pub fn objects(
        &mut self,
        id: u64,
        class: u64,
        count: u64,
        fill: impl FnOnce(&mut Vec<u8>),
    ) -> io::Result<()> {
        self.flush_when(SEGMENT)?;
        self.put(&[0x22]);
        self.put(&id.to_be_bytes());
        self.put(&NO_TRACE.to_be_bytes());
        self.put(&u32::try_from(count).map_err(|_| too_long())?.to_be_bytes());
        self.put(&class.to_be_bytes());
        let bytes = usize::try_from(count * ID).map_err(|_| too_long())?;
        let wanted = self.segment.len() + bytes;
        fill(&mut self.segment);
        self.segment.resize(wanted, 0);
        Ok(())
    }

    /// An array of numbers, as they lie in little-endian memory; what is missing of the last is zero.
    pub fn numbers(&mut self, id: u64, basic: Basic, bytes: &[u8]) -> io::Result<()> {
        self.flush_when(SEGMENT)?;
        self.put(&[0x23]);
        self.put(&id.to_be_bytes());
        self.put(&NO_TRACE.to_be_bytes());
        let size = usize::try_from(basic.size()).unwrap_or(1);
        let count = u32::try_from(bytes.len() / size).map_err(|_| too_long())?;
        self.put(&count.to_be_bytes());
        self.put(&[basic as u8]);
        turned(bytes, size, &mut self.segment);
        Ok(())
    }

    /// What keeps an object.
    pub fn root(&mut self, id: u64, root: Root) -> io::Result<()> {
        self.flush_when(SEGMENT)?;
        let (tag, numbers): (u8, &[u32]) = match &root {
            Root::Unknown => (0xff, &[]),
            Root::Class => (0x05, &[]),
            Root::Runtime => (0x01, &[]),
            Root::Frame { thread, frame } => (0x03, &[*thread, *frame]),
            Root::Thread { thread, trace } => (0x08, &[*thread, *trace]),
        };
        self.put(&[tag]);
        self.put(&id.to_be_bytes());
        if root == Root::Runtime {
            // The id of a JNI global reference, of which there is none.
            self.put(&id.to_be_bytes());
        }
        for number in numbers {
            self.put(&number.to_be_bytes());
        }
        Ok(())
    }

    /// Ends the file.
    pub fn end(mut self) -> io::Result<()> {
        self.flush_when(0)?;
        self.record(0x2c, &[])
    }
}

fn too_long() -> io::Error {
    io::Error::other("an object is longer than the format allows")
}

/// Numbers of so many bytes with their bytes turned round.
pub fn turned(bytes: &[u8], size: usize, into: &mut Vec<u8>) {
    if size == 1 {
        into.extend_from_slice(bytes);
        return;
    }
    for number in bytes.chunks_exact(size) {
        into.extend(number.iter().rev());
    }
}
