//! A set of goroutines that were there at one moment.

use super::{Creator, Elided, Place, StackId, Stacks, Status};
use crate::frame::Frame;
use crate::value::Address;
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

/// One goroutine. The keys of its JSON are the contract of `docs/json.md`.
#[derive(Clone, PartialEq, Debug, serde::Serialize)]
pub struct Goroutine {
    /// Its id.
    pub id: u64,
    /// What it was doing.
    pub status: Status,
    /// What it waits for, in the runtime's words.
    pub wait_reason: Option<Arc<str>>,
    /// For how long, at least; known when a garbage collection saw it blocked. Tracebacks have whole minutes.
    pub waiting_ns: Option<u64>,
    /// Belongs to the runtime.
    pub system: bool,
    /// Profiler labels.
    pub labels: Labels,
    /// Who created it.
    pub created_by: Option<Creator>,
    /// The function it started in.
    pub start: Option<Arc<Place>>,
    /// Its first user frame.
    pub location: Option<Arc<Place>>,
    /// The thread that runs it, by the kernel's number.
    pub thread: Option<i32>,
    /// Address of its `g`.
    pub addr: Option<Address>,
    /// It is the one that died.
    pub crashed: bool,
    /// Holds its thread (`runtime.LockOSThread`).
    pub locked_to_thread: bool,
    /// The thread that runs it, by the runtime's number; in tracebacks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub m: Option<u64>,
    /// The lock, WaitGroup or condition that it waits for; in tracebacks that show the call's argument.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits_at: Option<Address>,
    /// Its synctest bubble; in tracebacks.
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
    pub const fn new(id: u64, status: Status, stack: StackId) -> Self {
        Self {
            id,
            status,
            wait_reason: None,
            waiting_ns: None,
            system: false,
            labels: Labels(None),
            created_by: None,
            start: None,
            location: None,
            thread: None,
            addr: None,
            crashed: false,
            locked_to_thread: false,
            m: None,
            waits_at: None,
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

/// One goroutine of a list, with its calls when they are wanted.
#[derive(Clone, serde::Serialize, Debug)]
pub struct Listed<'a> {
    /// The goroutine.
    #[serde(flatten)]
    pub goroutine: &'a Goroutine,
    /// Its calls, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frames: Option<Vec<Frame>>,
    /// Frames that were left out of the middle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elided: Option<Elided>,
    /// Why the outermost frame was not reached, when it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_incomplete: Option<&'a str>,
}

impl Goroutines {
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
        }
    }
}
