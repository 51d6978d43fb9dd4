//! A set of goroutines that were there at one moment.

use super::{Ancestor, Creator, Elided, Place, StackId, Stacks, Status};
use crate::frame::Frame;
use crate::value::Address;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::sync::Arc;

/// Profiler labels, by key.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Labels(pub Option<Arc<[(String, String)]>>);

impl Labels {
    /// Keys and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.0.as_deref().unwrap_or_default();
        pairs
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.iter().find(|(k, _)| *k == key).map(|(_, value)| value)
    }
}

impl FromIterator<(String, String)> for Labels {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(pairs: T) -> Self {
        let mut pairs: Vec<_> = pairs.into_iter().collect();
        pairs.sort();
        Self((!pairs.is_empty()).then(|| pairs.into()))
    }
}

impl Serialize for Labels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in self.iter() {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl JsonSchema for Labels {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        std::borrow::Cow::Borrowed("labels")
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "object", "additionalProperties": {"type": "string"}})
    }
}

/// One goroutine.
#[derive(Clone, PartialEq, Debug, serde::Serialize, JsonSchema)]
#[schemars(rename = "goroutine")]
pub struct Goroutine {
    /// Its id, as `goroutine 7 [running]` has it.
    pub id: u64,
    /// What it was doing.
    pub status: Status,
    /// What it waits for, in the runtime's words; null when it does not wait.
    pub wait_reason: Option<Arc<str>>,
    /// For how long it has waited at least, in nanoseconds; null unless the runtime recorded it, which happens when a
    /// garbage collection sees it blocked. Whole minutes in tracebacks.
    pub waiting_ns: Option<u64>,
    /// Whether it belongs to the runtime.
    pub system: bool,
    /// Profiler labels, key to text; empty without any.
    pub labels: Labels,
    /// Who created it; null for the main goroutine and where it is not known.
    pub created_by: Option<Creator>,
    /// The goroutines from which it comes, the one that created it first; present only where the runtime printed them
    /// (`GODEBUG=tracebackancestors=N`).
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schemars(with = "Option<Vec<Ancestor>>")]
    pub ancestors: Arc<[Ancestor]>,
    /// The function it started in, in a log without its line; null when not known.
    pub start: Option<Arc<Place>>,
    /// Its first frame of the program itself; null when no frame has a source file.
    pub location: Option<Arc<Place>>,
    /// The thread that runs it, by the kernel's number; null when none does, and in logs.
    pub thread: Option<i32>,
    /// Address of its `g`; null where it is not known: a log has it only where it was printed (GOTRACEBACK=system).
    pub addr: Option<Address>,
    /// Whether it is the one that died.
    pub crashed: bool,
    /// Whether it holds its thread (`runtime.LockOSThread`).
    pub locked_to_thread: bool,
    /// The thread that runs it, by the runtime's number; present only where a traceback printed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub m: Option<u64>,
    /// Address of the lock, WaitGroup or condition that it waits for; present only in tracebacks that show the call's
    /// argument.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits_at: Option<Address>,
    /// What that is in words, and the goroutine that could end the wait; only where it was asked for.
    pub waits_on: Option<(Arc<str>, Option<u64>)>,
    /// Number of its synctest bubble; present only where a traceback printed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bubble: Option<u64>,
    /// Its calls; see [`Goroutines::stacks`].
    #[serde(skip)]
    pub stack: StackId,
    /// Stack pointers of its calls, where they are known and wanted; 0 where one is not known.
    #[serde(skip)]
    pub sps: Option<Box<[u64]>>,
}

impl Goroutine {
    /// A goroutine of which nothing but this is known.
    pub fn new(id: u64, status: Status, stack: StackId) -> Self {
        Self {
            id,
            status,
            wait_reason: None,
            waiting_ns: None,
            system: false,
            labels: Labels(None),
            created_by: None,
            ancestors: Arc::default(),
            start: None,
            location: None,
            thread: None,
            addr: None,
            crashed: false,
            locked_to_thread: false,
            m: None,
            waits_at: None,
            waits_on: None,
            bubble: None,
            stack,
            sps: None,
        }
    }

    /// As a traceback's header has it: the wait reason of a waiting goroutine, else the status.
    pub fn state(&self) -> String {
        match &self.wait_reason {
            Some(reason) if self.status == Status::Waiting => reason.to_string(),
            Some(reason) => format!("{reason} ({})", self.status.as_str()),
            None => self.status.as_str().to_owned(),
        }
    }
}

/// Goroutines and what they share.
#[derive(Clone, Debug, Default)]
pub struct Goroutines {
    /// All of them, by id.
    pub list: Vec<Goroutine>,
    /// Their calls.
    pub stacks: Stacks,
}

/// A goroutine of a list.
#[derive(Clone, serde::Serialize, Debug, JsonSchema)]
#[schemars(rename = "listed-goroutine")]
pub struct Listed<'a> {
    /// The goroutine.
    #[serde(flatten)]
    pub goroutine: &'a Goroutine,
    /// Its calls, innermost first; present with `--with-stacks`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frames: Option<Vec<Frame>>,
    /// Frames that were left out of the middle of its stack; absent when none were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elided: Option<Elided>,
    /// Why the outermost frame was not reached; absent when it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_incomplete: Option<&'a str>,
    /// Bytes on the heap that would go with it; present with `--retained`, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retained_bytes: Option<u64>,
}

impl Goroutines {
    /// Places that were found before all calls were known are found anew.
    pub fn settle(&mut self) {
        self.stacks.settle();
        for goroutine in &mut self.list {
            goroutine.location = self.stacks.location(goroutine.stack).cloned();
        }
    }

    /// The calls of a goroutine, with its own program counters and stack pointers.
    pub fn frames(&self, goroutine: &Goroutine) -> Vec<Frame> {
        let stack = self.stacks.of(goroutine.stack);
        let sps = goroutine.sps.as_deref().unwrap_or_default();
        let frames = stack.frames.iter().filter_map(|id| self.stacks.get(*id));
        frames
            .enumerate()
            .map(|(at, frame)| Frame {
                pc: stack.pcs.get(at).copied().flatten(),
                sp: sps.get(at).filter(|sp| **sp != 0).map(|sp| Address(*sp)),
                ..frame.clone()
            })
            .collect()
    }

    /// A goroutine as lists show it.
    pub fn listed<'a>(&'a self, goroutine: &'a Goroutine, with_stack: bool) -> Listed<'a> {
        let stack = self.stacks.of(goroutine.stack);
        Listed {
            goroutine,
            frames: with_stack.then(|| self.frames(goroutine)),
            elided: stack.elided,
            why_incomplete: stack.why_incomplete.as_deref(),
            retained_bytes: None,
        }
    }
}
