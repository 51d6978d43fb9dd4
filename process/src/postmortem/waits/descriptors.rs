//! Which file or connection a descriptor is. Who waits for it, or is in a system call with it, stands below a method of its
//! `internal/poll.FD`, and has the address of that in a frame; it begins a `net.netFD`, which has both addresses, or an
//! `os.file`, which has a name. Frames are read by their stack maps and types by the runtime's own descriptors, so that it
//! makes no difference whether there is DWARF.

use super::Crowd;
use super::blocked::{Blocked, Found};
use crate::addr::Addr;
use crate::expr::Expressions;
use crate::heap::StackReader;
use crate::memory::MemoryExt;
use crate::process::Process;
use crate::unwind::{Call, PcCache};
use crate::value::Limits;
use dumpview_model::value::{Data, Value};
use dumpview_model::waits::{Certainty, Does, ObjectKind, Party, SystemCall};

/// Descriptors that are looked up: of thousands nobody reads all.
const MOST: usize = 256;
/// Frames of a stack that are looked at.
const MOST_FRAMES: usize = 16;
/// The structure that every file and connection begins with.
const FD: &str = "internal/poll.FD";
/// `mutexRefMask`: how many methods run (`internal/poll/fd_mutex.go`, 1.19–1.27).
const IN_USE: u64 = ((1 << 20) - 1) << 3;

/// What a file or a connection is called, and where its `internal/poll.FD` stands.
struct Named {
    text: Option<String>,
    fd: Addr,
    number: Option<u64>,
}

/// How an `internal/poll.FD` is known.
#[derive(Clone, Copy)]
enum By {
    /// By the runtime's record of it (`runtime.pollDesc`).
    Record(Addr),
    /// By the semaphore of one of its locks.
    Semaphore(Addr),
    /// By its number.
    Number(u64),
}

/// Looks for descriptors.
pub(super) struct Descriptors<'p, 'a> {
    process: &'p Process<'a>,
    crowd: &'p Crowd<'p>,
    stacks: StackReader<'a, 'p>,
    cache: PcCache,
    left: usize,
    /// How many were too many.
    skipped: usize,
}

impl<'p, 'a> Descriptors<'p, 'a> {
    /// `None` when stacks cannot be read.
    pub(super) fn new(process: &'p Process<'a>, crowd: &'p Crowd<'p>) -> Option<Self> {
        let minor = process.version.as_ref().map_or(u32::MAX, |v| v.minor);
        Some(Self {
            process,
            crowd,
            stacks: StackReader::new(process, minor)?,
            cache: PcCache::default(),
            left: MOST,
            skipped: 0,
        })
    }

    /// Names what is waited for, and says who has the lock of an open file.
    pub(super) fn describe(&mut self, found: &mut Blocked) {
        let mut holders: Vec<(Addr, Party)> = Vec::new();
        for of in &mut found.objects {
            let by = match of.object.kind {
                ObjectKind::Descriptor => By::Record(of.addr),
                ObjectKind::FileLock => By::Semaphore(of.addr),
                _ => continue,
            };
            let Some(named) = self.named(of.example, by) else {
                continue;
            };
            if of.object.state.descriptor.is_none() {
                of.object.state.descriptor = named.number;
            }
            if of.object.kind == ObjectKind::Descriptor {
                holders.extend(holder(of).map(|party| (named.fd, party)));
            }
            of.object.name = named.text.or(of.object.name.take());
        }
        // Who waits for a descriptor has the lock that others wait for, to read or to write.
        let size = self.layout_size();
        for of in &mut found.objects {
            if of.object.kind != ObjectKind::FileLock {
                continue;
            }
            let has = |(fd, _): &&(Addr, Party)| of.addr.since(*fd).is_some_and(|at| at < size);
            let holders = holders.iter().filter(has);
            of.object
                .parties
                .extend(holders.map(|(_, party)| party.clone()));
        }
        if self.skipped > 0 {
            let note = format!(
                "files and connections of which it was not looked up what they are: {}",
                self.skipped
            );
            found.incomplete.push(note);
        }
    }

    /// Names what system calls are given.
    pub(super) fn name_calls(&mut self, calls: &mut [SystemCall]) {
        for call in calls {
            let first = call.arguments.first().copied().flatten();
            let number = self.crowd.by_id.get(&call.goroutine).copied();
            if let (Some(first), Some(number)) = (first, number) {
                let named = self.named(number, By::Number(first.0));
                call.file = named.and_then(|named| named.text);
            }
        }
    }

    fn layout_size(&self) -> u64 {
        let layouts = self.process.layouts();
        layouts.and_then(|layouts| layouts.size_of(FD)).unwrap_or(0)
    }

    fn named(&mut self, number: usize, by: By) -> Option<Named> {
        let calls = self.crowd.calls(number);
        let methods = calls.iter().take(MOST_FRAMES);
        let is_below = |call: &Call| call.name.starts_with("internal/poll.(*FD).");
        if !methods.clone().any(is_below) {
            return None;
        }
        if self.left == 0 {
            self.skipped += 1;
            return None;
        }
        self.left -= 1;
        let g = self.crowd.all.get(number)?;
        let slots = self.stacks.read(g, &mut self.cache);
        let frames = slots.frames.iter().take(MOST_FRAMES);
        let mut words = frames.flat_map(|frame| &frame.slots).map(|slot| slot.value);
        let fd = words.find(|word| self.is(*word, by))?;
        let text = methods
            .clone()
            .find_map(|call| value_of(&call.name, fd))
            .and_then(|expr| said(&self.value(&expr)?));
        Some(Named {
            text,
            fd,
            number: self.word(fd, "Sysfd"),
        })
    }

    /// A field of an `internal/poll.FD`.
    fn word(&self, fd: Addr, path: &str) -> Option<u64> {
        let field = self.process.layouts()?.field(FD, path)?;
        let at = fd.offset(field.offset);
        self.process.memory.uint(at, field.size).ok()
    }

    fn is(&self, fd: Addr, by: By) -> bool {
        let place = |path: &str| {
            let field = self.process.layouts()?.field(FD, path)?;
            Some(fd.offset(field.offset))
        };
        match by {
            By::Record(record) => self.word(fd, "pd.runtimeCtx") == Some(record.0),
            // The number alone would fit much else: while a method runs, it is counted.
            By::Number(number) => {
                let state = self.word(fd, "fdmu.state");
                self.word(fd, "Sysfd") == Some(number)
                    && state.is_some_and(|state| state & IN_USE != 0)
            }
            By::Semaphore(at) => ["fdmu.rsema", "fdmu.wsema"]
                .into_iter()
                .any(|path| place(path) == Some(at)),
        }
    }

    fn value(&self, expr: &str) -> Option<Value> {
        let scope = self.process.scope(None);
        let expressions = Expressions {
            sources: self.process.sources(),
            scope: &scope,
        };
        let limits = Limits {
            depth: 2,
            len: 4,
            string: 256,
            nodes: 200,
        };
        expressions.print(expr, limits).ok()?.value
    }
}

/// Who waits for a descriptor is below a method that has locked it.
fn holder(of: &Found) -> Option<Party> {
    let waiter = of.object.waiters.first()?;
    Some(Party {
        goroutine: waiter.goroutine,
        does: Does::Holds,
        certainty: Certainty::Certain,
        evidence: vec![format!(
            "it waits {} below internal/poll.(*FD), which has locked it",
            waiter.how.about()
        )],
        frame: None,
        place: None,
    })
}

/// What says what a file is, when this function is a method of the structure that begins with its `internal/poll.FD`.
fn value_of(function: &str, fd: Addr) -> Option<String> {
    if function.starts_with("net.(*netFD).") {
        return Some(format!("*(*net.netFD)({:#x})", fd.0));
    }
    // A file is a pointer to this, so that nobody copies it.
    function
        .starts_with("os.(*File).")
        .then(|| format!("(*os.file)({:#x}).name", fd.0))
}

/// What a value says of itself, or the string that it is.
fn said(value: &Value) -> Option<String> {
    let text = match (&value.data, value.reading_text()) {
        // A connection says its number too, which stands beside it.
        (_, Some(text)) => text.split(" (fd ").next().unwrap_or_default().to_owned(),
        (Data::String { bytes, .. }, None) => String::from_utf8_lossy(bytes).into_owned(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}
