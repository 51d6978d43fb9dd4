//! Records one after the other.

use super::cursor::Cursor;
use super::record::{
    AllocSample, Bucket, Defer, Finalizer, Frame, Goroutine, Itab, MemStats, ModuleData, Object,
    OldObject, OldType, OtherRoot, Panic, Params, Record, Stack, Thread, Type,
};
use super::{DumpError, Fields, Format};

/// A record and where it stands.
#[derive(Clone, PartialEq, Debug)]
pub struct Located<'a> {
    /// Offset of its tag.
    pub offset: u64,
    /// Offset of what follows it.
    pub end: u64,
    /// The record.
    pub record: Record<'a>,
}

/// The records of a dump. After the record that ends it, or after one that cannot be read, there are none.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    cursor: Cursor<'a>,
    format: Format,
    is_over: bool,
}

impl<'a> Records<'a> {
    /// Begins with the first record.
    ///
    /// # Errors
    ///
    /// When the file does not begin like a heap dump.
    pub fn new(bytes: &'a [u8]) -> Result<Self, DumpError> {
        let (format, at) = Format::of(bytes).ok_or_else(|| {
            let line = bytes
                .split(|byte| *byte == b'\n')
                .next()
                .unwrap_or_default();
            let head = line.get(..24).unwrap_or(line);
            DumpError::Header {
                found: format!("`{}`", head.escape_ascii()),
            }
        })?;
        Ok(Self {
            cursor: Cursor { bytes, at },
            format,
            is_over: false,
        })
    }

    /// The format.
    pub const fn format(&self) -> Format {
        self.format
    }

    /// Where the next record starts; behind the last, where reading ended.
    pub const fn offset(&self) -> u64 {
        self.cursor.offset()
    }

    fn read(&mut self) -> Result<Record<'a>, DumpError> {
        let (format, offset) = (self.format, self.cursor.offset());
        let c = &mut self.cursor;
        Ok(match c.number("a record")? {
            0 => Record::Eof,
            1 => Record::Object(object(c, format)?),
            2 => Record::OtherRoot(OtherRoot {
                description: c.data("the description of a root")?,
                pointer: c.number("the pointer of a root")?,
            }),
            3 => Record::Type(ty(c, format)?),
            4 => Record::Goroutine(goroutine(c)?),
            5 => Record::Frame(frame(c, format)?),
            6 => Record::Params(params(c, format)?),
            7 => Record::Finalizer(finalizer(c)?),
            8 => Record::Itab(Itab {
                addr: c.number("the address of an itab")?,
                ty: c.number("the type of an itab")?,
            }),
            9 => Record::Thread(Thread {
                m: c.number("the m of a thread")?,
                id: c.number("the id of a thread")?,
                system_id: c.number("the system's id of a thread")?,
            }),
            10 => Record::MemStats(memstats(c)?),
            11 => Record::QueuedFinalizer(finalizer(c)?),
            12 => Record::Data(module_data(c, format)?),
            13 => Record::Bss(module_data(c, format)?),
            14 => Record::Defer(deferred(c)?),
            15 => Record::Panic(panicking(c)?),
            16 => Record::Bucket(bucket(c)?),
            17 => Record::AllocSample(AllocSample {
                object: c.number("the object of an allocation sample")?,
                bucket: c.number("the bucket of an allocation sample")?,
            }),
            tag => return Err(DumpError::Tag { offset, tag }),
        })
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Located<'a>, DumpError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let start = self.cursor;
        match self.read() {
            Ok(record) => {
                self.is_over = record == Record::Eof;
                Some(Ok(Located {
                    offset: start.offset(),
                    end: self.cursor.offset(),
                    record,
                }))
            }
            Err(error) => {
                // Whoever asks where reading ended means the record.
                self.cursor = start;
                self.is_over = true;
                Some(Err(error))
            }
        }
    }
}

impl std::iter::FusedIterator for Records<'_> {}

#[inline]
fn object<'a>(c: &mut Cursor<'a>, format: Format) -> Result<Object<'a>, DumpError> {
    let addr = c.number("the address of an object")?;
    let old = if format == Format::Go13 {
        Some(OldObject {
            ty: c.number("the type of an object")?,
            kind: c.number("the kind of an object")?,
        })
    } else {
        None
    };
    let contents = c.data("the contents of an object")?;
    let fields = if old.is_some() {
        Fields::none(format)
    } else {
        Fields::pass(c, format)?
    };
    Ok(Object {
        addr,
        contents,
        fields,
        old,
    })
}

fn ty<'a>(c: &mut Cursor<'a>, format: Format) -> Result<Type<'a>, DumpError> {
    Ok(Type {
        addr: c.number("the address of a type")?,
        size: c.number("the size of a type")?,
        name: c.data("the name of a type")?,
        is_pointer: c.flag("the pointer flag of a type")?,
        old: (format == Format::Go13)
            .then(|| Fields::pass(c, format).map(|fields| OldType { fields }))
            .transpose()?,
    })
}

fn goroutine<'a>(c: &mut Cursor<'a>) -> Result<Goroutine<'a>, DumpError> {
    Ok(Goroutine {
        addr: c.number("the g of a goroutine")?,
        sp: c.number("the sp of a goroutine")?,
        id: c.number("the id of a goroutine")?,
        gopc: c.number("the gopc of a goroutine")?,
        status: c.number("the status of a goroutine")?,
        is_system: c.flag("the system flag of a goroutine")?,
        is_background: c.flag("the background flag of a goroutine")?,
        wait_since: c.number("the wait time of a goroutine")?,
        wait_reason: c.data("the wait reason of a goroutine")?,
        context: c.number("the context of a goroutine")?,
        m: c.number("the m of a goroutine")?,
        top_defer: c.number("the defer of a goroutine")?,
        top_panic: c.number("the panic of a goroutine")?,
    })
}

fn frame<'a>(c: &mut Cursor<'a>, format: Format) -> Result<Frame<'a>, DumpError> {
    Ok(Frame {
        sp: c.number("the sp of a frame")?,
        depth: c.number("the depth of a frame")?,
        child_sp: c.number("the callee's sp of a frame")?,
        contents: c.data("the contents of a frame")?,
        entry: c.number("the entry pc of a frame")?,
        pc: c.number("the pc of a frame")?,
        continuation_pc: c.number("the continuation pc of a frame")?,
        function: c.data("the function of a frame")?,
        fields: Fields::pass(c, format)?,
    })
}

fn params<'a>(c: &mut Cursor<'a>, format: Format) -> Result<Params<'a>, DumpError> {
    let big_endian = c.flag("the byte order")?;
    let pointer_size = c.number("the size of a pointer")?;
    let channel_header = (format == Format::Go13)
        .then(|| c.number("the size of a channel's header"))
        .transpose()?;
    let heap_start = c.number("the start of the heap")?;
    let heap_end = c.number("the end of the heap")?;
    let arch = if format >= Format::Go15 {
        c.data("the architecture")?
    } else {
        // A letter, `6` for amd64. It is below 0x80, so the byte of the varint is the letter itself.
        let from = c.at;
        c.number("the letter of the architecture")?;
        c.bytes.get(from..c.at).unwrap_or_default()
    };
    Ok(Params {
        big_endian,
        pointer_size,
        channel_header,
        heap_start,
        heap_end,
        arch,
        text: c.data("the version")?,
        ncpu: c.number("the number of CPUs")?,
    })
}

fn finalizer(c: &mut Cursor<'_>) -> Result<Finalizer, DumpError> {
    Ok(Finalizer {
        object: c.number("the object of a finalizer")?,
        function: c.number("the function of a finalizer")?,
        code: c.number("the code of a finalizer")?,
        argument_type: c.number("the argument type of a finalizer")?,
        object_type: c.number("the object type of a finalizer")?,
    })
}

fn memstats(c: &mut Cursor<'_>) -> Result<Box<MemStats>, DumpError> {
    let mut next = || c.number("a number of memstats");
    Ok(Box::new(MemStats {
        alloc: next()?,
        total_alloc: next()?,
        sys: next()?,
        lookups: next()?,
        mallocs: next()?,
        frees: next()?,
        heap_alloc: next()?,
        heap_sys: next()?,
        heap_idle: next()?,
        heap_inuse: next()?,
        heap_released: next()?,
        heap_objects: next()?,
        stack_inuse: next()?,
        stack_sys: next()?,
        mspan_inuse: next()?,
        mspan_sys: next()?,
        mcache_inuse: next()?,
        mcache_sys: next()?,
        buck_hash_sys: next()?,
        gc_sys: next()?,
        other_sys: next()?,
        next_gc: next()?,
        last_gc: next()?,
        pause_total_ns: next()?,
        pause_ns: {
            let mut pauses = [0; 256];
            for pause in &mut pauses {
                *pause = next()?;
            }
            pauses
        },
        num_gc: next()?,
    }))
}

fn module_data<'a>(c: &mut Cursor<'a>, format: Format) -> Result<ModuleData<'a>, DumpError> {
    Ok(ModuleData {
        addr: c.number("the address of package data")?,
        contents: c.data("package data")?,
        fields: Fields::pass(c, format)?,
    })
}

fn deferred(c: &mut Cursor<'_>) -> Result<Defer, DumpError> {
    Ok(Defer {
        addr: c.number("the address of a defer")?,
        g: c.number("the goroutine of a defer")?,
        sp: c.number("the sp of a defer")?,
        pc: c.number("the pc of a defer")?,
        function: c.number("the function of a defer")?,
        code: c.number("the code of a defer")?,
        link: c.number("the link of a defer")?,
    })
}

fn panicking(c: &mut Cursor<'_>) -> Result<Panic, DumpError> {
    Ok(Panic {
        addr: c.number("the address of a panic")?,
        g: c.number("the goroutine of a panic")?,
        argument_type: c.number("the argument's type of a panic")?,
        argument: c.number("the argument of a panic")?,
        running: c.number("the defer of a panic")?,
        link: c.number("the link of a panic")?,
    })
}

fn bucket<'a>(c: &mut Cursor<'a>) -> Result<Bucket<'a>, DumpError> {
    let id = c.number("the id of a bucket")?;
    let size = c.number("the object size of a bucket")?;
    let left = c.number("the depth of a bucket's stack")?;
    let stack = Stack { cursor: *c, left };
    for _ in 0..left {
        c.data("a function of a bucket's stack")?;
        c.data("a file of a bucket's stack")?;
        c.number("a line of a bucket's stack")?;
    }
    Ok(Bucket {
        id,
        size,
        stack,
        allocs: c.number("the allocations of a bucket")?,
        frees: c.number("the frees of a bucket")?,
    })
}
