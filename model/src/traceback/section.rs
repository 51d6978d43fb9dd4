//! A goroutine from its section. Hundreds of thousands come one after another, mostly with the stack of the one
//! before, so each call is held against the one at the same depth there before it is looked up.

use crate::frame::{Frame, Trust, is_users_function};
use crate::goroutine::{
    Ancestor, Creator, Elided, FrameId, Goroutine, Goroutines, Labels, Place, Places, Stack,
    StackId, Stacks, Status,
};
use crate::value::Address;
use bstr::ByteSlice;
use dumpview_parsers::traceback::{self, Header, M, Source};
use std::collections::HashMap;
use std::sync::Arc;

/// Why a stack ends early.
const ELIDED_END: &str = "the runtime left out the frames below: its traceback ends after 100";
/// More than anybody asks `tracebackancestors` for.
const MOST_ANCESTORS: usize = 256;
const UNAVAILABLE: &str = "it was running on another thread, which could not be interrupted";

/// Puts goroutines together.
#[derive(Clone, Debug, Default)]
pub(super) struct Sections {
    goroutines: Goroutines,
    index: HashMap<u64, u32>,
    places: Places,
    reasons: HashMap<Vec<u8>, Arc<str>>,
    /// What sections came to that others are like, by their number.
    alike: HashMap<u64, Alike>,
    /// The stack pointers of each goroutine are kept too.
    with_sps: bool,
    open: Option<Open>,
    stack: Stack,
    sps: Vec<u64>,
    last: Last,
    recent: Recent,
    repeated: usize,
}

/// Calls that were seen lately, by what is cheap to tell of them. What is found is compared before it is used.
#[derive(Clone, Debug)]
struct Recent([Option<FrameId>; 256]);

impl Default for Recent {
    fn default() -> Self {
        Self([None; 256])
    }
}

impl Recent {
    /// Where a call would be.
    fn at(frame: &traceback::Frame<'_>) -> usize {
        let line = frame.source.map_or(0, |source| source.line) as usize;
        (line.wrapping_mul(31) ^ frame.function.name.len().wrapping_mul(7)) % 256
    }
}

/// A goroutine whose section is being read.
#[derive(Clone, Debug)]
struct Open {
    goroutine: Goroutine,
    /// `runtime.goexit` was reached: the frame above it is the one it started in.
    to_the_end: bool,
    /// Those from which it comes, so far: the frames that follow are the last one's.
    ancestors: Vec<Ancestor>,
    /// Its section is like others of this number: the first of them, or one of which it is known what they come to.
    alike: Option<(u64, Option<Alike>)>,
}

/// What all goroutines have whose sections differ in numbers only.
#[derive(Clone, Debug)]
struct Alike {
    stack: StackId,
    start: Option<Arc<Place>>,
    system: bool,
    creator: Option<Arc<Place>>,
    /// One of its calls waits for its first argument.
    waits: bool,
}

/// The goroutine before.
#[derive(Clone, Debug, Default)]
struct Last {
    stack: Stack,
    id: StackId,
    creator: Option<Arc<Place>>,
    ancestors: Arc<[Ancestor]>,
}

/// What a dump's goroutines became.
pub(super) struct Read {
    pub goroutines: Goroutines,
    /// Sections that showed a goroutine a second time.
    pub repeated: usize,
}

impl Sections {
    pub fn new(with_sps: bool) -> Self {
        Self {
            with_sps,
            ..Self::default()
        }
    }

    /// Whether a goroutine was seen before the section that is being read: a throw prints one that runs elsewhere
    /// twice in a row, first without its calls.
    pub fn has(&self, id: u64) -> bool {
        self.index.contains_key(&id)
    }

    /// How many goroutines were seen.
    pub fn len(&self) -> usize {
        self.goroutines.list.len()
    }

    pub fn header(&mut self, header: &Header<'_>) {
        self.close();
        let status = Status::from_printed(header.state);
        let waits = status.is_none() || header.leaked;
        let mut goroutine = Goroutine::new(
            header.id,
            match (status, header.leaked) {
                (_, true) => Status::Leaked,
                (Some(status), false) => status,
                (None, false) => Status::Waiting,
            },
            StackId::default(),
        );
        if waits && status != Some(Status::Leaked) {
            goroutine.wait_reason = Some(self.reason(header));
        }
        goroutine.waiting_ns = header
            .minutes
            .map(|minutes| minutes.saturating_mul(60_000_000_000));
        goroutine.addr = header.g.map(Address);
        goroutine.m = match header.m {
            M::Id { id, .. } => Some(id),
            M::Nil | M::Unknown => None,
        };
        goroutine.locked_to_thread = header.locked;
        goroutine.bubble = header.bubble;
        if !header.labels.is_empty() {
            let text = |bytes: Vec<u8>| bytes.to_str_lossy().into_owned();
            let pairs = header.labels.iter();
            goroutine.labels = pairs
                .map(|(key, value)| (text(key), text(value)))
                .collect::<Labels>();
        }
        self.open = Some(Open {
            goroutine,
            to_the_end: false,
            ancestors: Vec::new(),
            alike: None,
        });
    }

    fn reason(&mut self, header: &Header<'_>) -> Arc<str> {
        let durable = header.durable;
        let mut key = header.state.to_vec();
        if durable {
            key.extend_from_slice(b" (durable)");
        }
        if let Some(known) = self.reasons.get(&key) {
            return Arc::clone(known);
        }
        let reason: Arc<str> = key.to_str_lossy().into();
        self.reasons.insert(key, Arc::clone(&reason));
        reason
    }

    /// All calls of the goroutine whose header came, and who created it.
    pub fn calls(&mut self, section: &traceback::Section<'_>) {
        let number = section.alike;
        if let Some(open) = &mut self.open
            && let Some(known) = self.alike.get(&number)
            && !self.with_sps
        {
            if known.waits {
                open.goroutine.waits_at = section.records().find_map(|record| match record {
                    traceback::Record::Frame(frame) => waits_at(&frame.function),
                    _ => None,
                });
            }
            open.goroutine.created_by = known.creator.as_ref().map(|place| Creator {
                place: Arc::clone(place),
                goroutine: section.creator,
            });
            open.alike = Some((number, Some(known.clone())));
            return;
        }
        for record in section.records() {
            match record {
                traceback::Record::Frame(frame) => self.frame(&frame),
                traceback::Record::CreatedBy { creator, source } => {
                    self.created_by(&creator, source);
                }
                _ => {}
            }
        }
        if let Some(open) = &mut self.open {
            open.alike = Some((number, None));
        }
    }

    pub fn frame(&mut self, frame: &traceback::Frame<'_>) {
        let Some(open) = &mut self.open else { return };
        if let Some(ancestor) = open.ancestors.last_mut() {
            ancestor.frames.push(to_model(frame));
            return;
        }
        if open.goroutine.waits_at.is_none() {
            open.goroutine.waits_at = waits_at(&frame.function);
        }
        open.to_the_end |= frame.function.name == b"runtime.goexit";
        let at = self.stack.frames.len();
        let stacks = &mut self.goroutines.stacks;
        let known = self.last.stack.frames.get(at).copied();
        let is_it = |id: &FrameId| stacks.get(*id).is_some_and(|known| is_same(known, frame));
        let id = if let Some(id) = known.filter(is_it) {
            id
        } else {
            let slot = Recent::at(frame);
            let recent = self.recent.0.get(slot).copied().flatten();
            let id = recent
                .filter(is_it)
                .unwrap_or_else(|| intern(stacks, frame));
            if let Some(slot) = self.recent.0.get_mut(slot) {
                *slot = Some(id);
            }
            id
        };
        self.stack.frames.push(id);
        let source = frame.source.unwrap_or_default();
        self.stack.pcs.push(source.pc.map(Address));
        if self.with_sps {
            self.sps.push(source.sp.unwrap_or(0));
        }
    }

    pub fn elided(&mut self, elided: traceback::Elided) {
        let Some(open) = &mut self.open else { return };
        if let Some(ancestor) = open.ancestors.last_mut() {
            ancestor.incomplete = true;
            return;
        }
        match elided {
            traceback::Elided::Middle(count) => {
                self.stack.elided = Some(Elided {
                    after: self.stack.frames.len(),
                    count,
                });
            }
            traceback::Elided::End => self.stack.why_incomplete = Some(ELIDED_END.into()),
        }
    }

    pub fn unavailable(&mut self) {
        if self.open.is_some() {
            self.stack.why_incomplete = Some(UNAVAILABLE.into());
        }
    }

    /// The frames that follow are those of a goroutine from which the open one comes.
    pub fn ancestor(&mut self, goroutine: u64) {
        if let Some(open) = &mut self.open
            && open.ancestors.len() < MOST_ANCESTORS
        {
            open.ancestors.push(Ancestor {
                goroutine,
                frames: Vec::new(),
                incomplete: false,
                created_by: None,
            });
        }
    }

    pub fn created_by(&mut self, creator: &traceback::Creator<'_>, source: Option<Source<'_>>) {
        let Some(open) = &mut self.open else { return };
        let is_it = |place: &Arc<Place>| {
            place.function.as_bytes() == creator.function
                && place.file.as_deref().map(str::as_bytes) == source.map(|s| s.file)
                && place.line == source.map(|s| s.line)
        };
        let place = self.last.creator.take().filter(is_it).unwrap_or_else(|| {
            self.places.share(Place {
                function: creator.function.to_str_lossy().into_owned(),
                file: source.map(|s| s.file.to_str_lossy().into_owned()),
                line: source.map(|s| s.line),
            })
        });
        self.last.creator = Some(Arc::clone(&place));
        let creator = Some(Creator {
            place,
            goroutine: creator.goroutine,
        });
        match open.ancestors.last_mut() {
            Some(ancestor) => ancestor.created_by = creator,
            None => open.goroutine.created_by = creator,
        }
    }

    /// The section is over: the goroutine joins the others.
    pub fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        let mut goroutine = open.goroutine;
        if let Some((_, Some(known))) = open.alike {
            goroutine.stack = known.stack;
            goroutine.location = self.goroutines.stacks.location(known.stack).cloned();
            goroutine.start = known.start;
            goroutine.system = known.system;
            self.join(goroutine);
            return;
        }
        if !open.ancestors.is_empty() {
            goroutine.ancestors = match &self.last.ancestors {
                same if **same == *open.ancestors => Arc::clone(same),
                _ => open.ancestors.into(),
            };
            self.last.ancestors = Arc::clone(&goroutine.ancestors);
        }
        let stacks = &mut self.goroutines.stacks;
        if open.to_the_end {
            let start = self
                .stack
                .frames
                .iter()
                .rev()
                .nth(1)
                .and_then(|id| stacks.get(*id));
            if let Some(start) = start {
                let users = || {
                    self.stack
                        .frames
                        .iter()
                        .filter_map(|id| stacks.get(*id))
                        .any(Frame::is_users)
                };
                goroutine.system = is_system(&start.function, users);
                // Where the call is, not where the function begins: the line is not known.
                goroutine.start = Some(self.places.share(Place {
                    function: start.function.clone(),
                    file: start.file.clone(),
                    line: None,
                }));
            }
        }
        if self.last.stack == self.stack && !stacks.is_empty() {
            goroutine.stack = self.last.id;
        } else {
            goroutine.stack = stacks.stack(&self.stack);
            self.last.id = goroutine.stack;
        }
        goroutine.location = stacks.location(goroutine.stack).cloned();
        if let Some((number, None)) = open.alike {
            let mut frames = self.stack.frames.iter().filter_map(|id| stacks.get(*id));
            let alike = Alike {
                stack: goroutine.stack,
                start: goroutine.start.clone(),
                system: goroutine.system,
                creator: goroutine
                    .created_by
                    .as_ref()
                    .map(|by| Arc::clone(&by.place)),
                waits: frames.any(|frame| waits(frame.function.as_bytes())),
            };
            self.alike.insert(number, alike);
        }
        if self.with_sps {
            goroutine.sps = Some(self.sps.as_slice().into());
            self.sps.clear();
        }
        std::mem::swap(&mut self.last.stack, &mut self.stack);
        self.stack.frames.clear();
        self.stack.pcs.clear();
        self.stack.elided = None;
        self.stack.why_incomplete = None;
        self.join(goroutine);
    }

    fn join(&mut self, goroutine: Goroutine) {
        let list = &mut self.goroutines.list;
        let next = u32::try_from(list.len()).unwrap_or(u32::MAX);
        let at = *self.index.entry(goroutine.id).or_insert(next);
        if at == next {
            list.push(goroutine);
            return;
        }
        self.repeated += 1;
        // The first time its thread was not the one that printed, and its frames may have been out of reach.
        let stacks = &self.goroutines.stacks;
        if let Some(known) = list.get_mut(at as usize)
            && stacks.of(known.stack).frames.is_empty()
        {
            known.stack = goroutine.stack;
            known.location = goroutine.location;
            known.start = goroutine.start;
            known.system = goroutine.system;
            known.sps = goroutine.sps;
            known.m = goroutine.m.or(known.m);
            known.ancestors = goroutine.ancestors;
            known.created_by = goroutine.created_by.or(known.created_by.take());
        }
    }

    /// The goroutine whose section is being read, or was read last.
    pub fn current(&self) -> Option<(u64, Status)> {
        let open = self.open.as_ref().map(|open| &open.goroutine);
        open.or(self.goroutines.list.last())
            .map(|g| (g.id, g.status))
    }

    /// All of them, by id; `crashed` is the one that died.
    pub fn finish(mut self, crashed: Option<u64>) -> Read {
        self.close();
        let mut goroutines = self.goroutines;
        goroutines.list.sort_by_key(|g| g.id);
        for g in &mut goroutines.list {
            g.crashed = Some(g.id) == crashed;
        }
        Read {
            goroutines,
            repeated: self.repeated,
        }
    }
}

/// A call as the model has it.
pub(super) fn to_model(frame: &traceback::Frame<'_>) -> Frame {
    let pointers = frame.source.unwrap_or_default();
    let source = frame.source.filter(|source| !source.file.is_empty());
    let function = frame.function.name.to_str_lossy().into_owned();
    let runtime = is_hidden(&function);
    Frame {
        function,
        file: source.map(|s| s.file.to_str_lossy().into_owned()),
        line: source.map(|s| s.line),
        pc: pointers.pc.map(Address),
        sp: pointers.sp.map(Address),
        inlined: frame.function.is_inlined(),
        trust: Trust::Printed,
        runtime,
    }
}

/// The first argument of a call that waits for something of package sync: the thing itself. One that the
/// runtime marks as maybe stale (`?`) says nothing.
fn waits_at(function: &traceback::Function<'_>) -> Option<Address> {
    if !waits(function.name) {
        return None;
    }
    let first = function.args.split(|byte| *byte == b',').next()?;
    let digits = str::from_utf8(first.strip_prefix(b"0x")?).ok()?;
    u64::from_str_radix(digits, 16).ok().map(Address)
}

/// Whether a function waits for its first argument.
fn waits(function: &[u8]) -> bool {
    let waits: [&[u8]; 5] = [
        b"(*Mutex).lockSlow",
        b"(*RWMutex).RLock",
        b"(*RWMutex).Lock",
        b"(*WaitGroup).Wait",
        b"(*Cond).Wait",
    ];
    let method = function
        .strip_prefix(b"sync.")
        .or_else(|| function.strip_prefix(b"internal/sync."));
    method.is_some_and(|method| waits.contains(&method))
}

/// Whether a known call is this one.
fn is_same(known: &Frame, frame: &traceback::Frame<'_>) -> bool {
    let source = frame.source.unwrap_or_default();
    known.line.unwrap_or(0) == source.line
        && known.function.as_bytes() == frame.function.name
        && known.file.as_deref().unwrap_or_default().as_bytes() == source.file
        && known.inlined == frame.function.is_inlined()
}

fn intern(stacks: &mut Stacks, frame: &traceback::Frame<'_>) -> FrameId {
    let source = frame.source.unwrap_or_default();
    let inlined = frame.function.is_inlined();
    stacks.frame_by(
        &frame.function.name.to_str_lossy(),
        &source.file.to_str_lossy(),
        source.line,
        |known| known.inlined == inlined,
        || Frame {
            pc: None,
            sp: None,
            ..to_model(frame)
        },
    )
}

/// Whether the runtime's own traceback leaves a function out below level system
/// (`runtime/traceback.go:showfuncinfo`, `isExportedRuntime`).
fn is_hidden(function: &str) -> bool {
    let upper = |s: &str| s.as_bytes().first().is_some_and(u8::is_ascii_uppercase);
    let Some(rest) = function.strip_prefix("runtime.") else {
        return false;
    };
    let Some((receiver, method)) = rest.rsplit_once('.') else {
        return !upper(rest);
    };
    let receiver = receiver
        .strip_prefix("(*")
        .and_then(|r| r.strip_suffix(')'))
        .unwrap_or(receiver);
    !(upper(method) && (receiver.is_empty() || upper(receiver)))
}

/// The runtime's own rule for its own goroutines (`runtime/traceback.go:isSystemGoroutine`); whether finalizers
/// or cleanups of the program were running is told from its calls.
fn is_system(start: &str, has_users: impl Fn() -> bool) -> bool {
    match start {
        "runtime.main" | "runtime.corostart" | "runtime.handleAsyncEvent" => false,
        "runtime.runfinq" | "runtime.runFinalizers" | "runtime.runCleanups" => !has_users(),
        name => !is_users_function(name) && name.starts_with("runtime."),
    }
}
