//! What is waited for, who waits, and who could end that.

use crate::units::plural;
use crate::value::Address;
use crate::words;
use schemars::JsonSchema;
use serde::Serialize;
use std::fmt::Write as _;
use std::sync::Arc;

words! {
    /// What is waited for.
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, JsonSchema)]
    #[schemars(rename = "wait-object-kind")]
    #[serde(rename_all = "snake_case")]
    pub enum ObjectKind {
        /// `sync.Mutex`.
        Mutex = "mutex" "sync.Mutex",
        /// `sync.RWMutex`.
        RwMutex = "rw_mutex" "sync.RWMutex",
        /// `sync.WaitGroup`.
        WaitGroup = "wait_group" "sync.WaitGroup",
        /// `sync.Cond`.
        Cond = "cond" "sync.Cond",
        /// `sync.Once`.
        Once = "once" "sync.Once",
        /// A channel.
        Channel = "channel" "channel",
        /// A nil channel, on which every operation waits for ever.
        NilChannel = "nil_channel" "nil channel",
        /// The lock of an open file.
        FileLock = "file_lock" "lock of an open file",
        /// A semaphore of the runtime's or of a type that is not known.
        Semaphore = "semaphore" "semaphore",
        /// A file descriptor that is not ready.
        Descriptor = "descriptor" "file descriptor",
        /// A bubble of `testing/synctest`, in which all are to come to rest.
        Bubble = "bubble" "synctest bubble",
        /// A point in time.
        Timer = "timer" "timer",
    }
}

words! {
    /// What a goroutine waits to do.
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, JsonSchema)]
    #[schemars(rename = "wait-how")]
    #[serde(rename_all = "snake_case")]
    pub enum How {
        /// To lock it, alone.
        Lock = "lock" "to lock it",
        /// To lock it for reading.
        ReadLock = "read_lock" "to lock it for reading",
        /// For it to be done, or signalled.
        Wait = "wait" "for it",
        /// To receive.
        Receive = "receive" "to receive",
        /// To send.
        Send = "send" "to send",
        /// A case of a select whose direction is not known.
        Select = "select" "in a select",
        /// To read.
        Read = "read" "to read",
        /// To write.
        Write = "write" "to write",
    }
}

words! {
    /// How sure something is.
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, JsonSchema)]
    #[schemars(rename = "wait-certainty")]
    #[serde(rename_all = "snake_case")]
    pub enum Certainty {
        /// Memory proves it.
        Certain = "certain" "memory proves it",
        /// All that is known of its code and its frame says so; a callee might have given it back.
        Probable = "probable" "its code and its frame say so",
        /// One way through its code says so, or something leads from it to the object.
        Possible = "possible" "one way through its code says so",
    }
}

impl Certainty {
    /// A word before what is not certain, with the blank behind it.
    pub const fn adverb(self) -> &'static str {
        match self {
            Self::Certain => "",
            Self::Probable => "probably ",
            Self::Possible => "perhaps ",
        }
    }
}

words! {
    /// What a goroutine is to an object that others wait for.
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, JsonSchema)]
    #[schemars(rename = "wait-does")]
    #[serde(rename_all = "snake_case")]
    pub enum Does {
        /// It has it.
        Holds = "holds" "holds it",
        /// It has it for reading.
        HoldsForReading = "holds_for_reading" "holds it for reading",
        /// It waits to write, and who comes later waits for that.
        IsBefore = "is_before" "waits before them",
        /// It is in the bubble and not at rest: it runs, or waits for what no goroutine of the bubble can end.
        KeepsBusy = "keeps_busy" "keeps it from coming to rest",
        /// It goes on to do what they wait for.
        WillEnd = "will_end" "goes on to end it",
    }
}

/// Whether a wait is one case of a `select`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "wait-waiting")]
#[serde(rename_all = "snake_case")]
pub enum Waiting {
    /// It is all that the goroutine waits for.
    Alone,
    /// It is a case of a `select`: another case may end it.
    OneCase,
}

/// A goroutine that waits.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "waiter")]
pub struct Waiter {
    /// Its id.
    pub goroutine: u64,
    /// What it waits to do.
    pub how: How,
    /// Whether it is one case of a `select`.
    pub waiting: Waiting,
    /// For how long, in nanoseconds, when that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_ns: Option<u64>,
    /// Where it waits, in words; `goroutines` says that of each.
    #[serde(skip)]
    pub place: Option<Arc<str>>,
}

/// A goroutine that could end the wait of others.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "wait-party")]
pub struct Party {
    /// Its id.
    pub goroutine: u64,
    /// What it is to the object.
    pub does: Does,
    /// How sure that is.
    pub certainty: Certainty,
    /// What shows it, in words.
    pub evidence: Vec<String>,
    /// The frame that shows it, as a backtrace counts, when one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame: Option<usize>,
    /// Where the goroutine is, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// What memory says of an object; each part only of what has it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "wait-state")]
pub struct ObjectState {
    /// Whether a lock is locked (an RWMutex: by a writer).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locked: Option<bool>,
    /// Whether a mutex hands over to its longest waiter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starving: Option<bool>,
    /// Waiters by the object's own count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counted_waiters: Option<u64>,
    /// Readers that have an RWMutex, or wait for it; of which a writer waits for `departing`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readers: Option<u64>,
    /// Readers that a waiting writer of an RWMutex waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub departing: Option<u64>,
    /// The counter of a WaitGroup.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counter: Option<u64>,
    /// Values in a channel's buffer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queued: Option<u64>,
    /// What a channel's buffer has room for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u64>,
    /// Whether a channel is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<bool>,
    /// A file descriptor's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub descriptor: Option<u64>,
    /// Goroutines of a synctest bubble.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Those of them that are not at rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running: Option<u64>,
    /// Nanoseconds until a timer ends, below zero when that is past.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_in_ns: Option<i64>,
}

/// Something that is waited for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "wait-object")]
pub struct Object {
    /// What it is.
    pub kind: ObjectKind,
    /// Where it stands; null when that is not known.
    pub addr: Option<Address>,
    /// The variable or field that it is or hangs on, `main.pool.mu`, `s.mu of frame 3 of goroutine 7`; null when nothing names it.
    pub name: Option<String>,
    /// Its type; of a channel with what is sent: `chan int`; of a part of a type of package `sync` with that: `sync.Mutex of
    /// sync.Map`; of a bubble its number; of what a text gives no address of, where it is waited for.
    pub ty: Option<String>,
    /// What memory says of it.
    pub state: ObjectState,
    /// Who waits, by id.
    pub waiters: Vec<Waiter>,
    /// Who could end that, the surest first.
    pub parties: Vec<Party>,
}

impl Object {
    /// An object that nothing but its kind is known of.
    pub const fn new(kind: ObjectKind, addr: Option<Address>) -> Self {
        Self {
            kind,
            addr,
            name: None,
            ty: None,
            state: ObjectState {
                locked: None,
                starving: None,
                counted_waiters: None,
                readers: None,
                departing: None,
                counter: None,
                queued: None,
                capacity: None,
                closed: None,
                descriptor: None,
                total: None,
                running: None,
                ends_in_ns: None,
            },
            waiters: Vec::new(),
            parties: Vec::new(),
        }
    }

    /// What it is called: `sync.Mutex main.pool.mu (0xc000012345)`.
    pub fn title(&self) -> String {
        let mut title = self
            .ty
            .clone()
            .unwrap_or_else(|| self.kind.about().to_owned());
        if let Some(name) = &self.name {
            title.push(' ');
            title.push_str(name);
        }
        if let Some(addr) = self.addr {
            // Writing to a string cannot fail.
            let _ = write!(title, " ({addr})");
        }
        title
    }

    /// The same, as short as it can be named in a sentence.
    pub fn short(&self) -> String {
        match (&self.name, self.addr) {
            // Its number says more than its address.
            (None, _) if self.kind == ObjectKind::Bubble && self.ty.is_some() => {
                self.ty.clone().unwrap_or_default()
            }
            (Some(name), _) => name.clone(),
            (None, Some(addr)) => format!("the {} at {addr}", self.kind.about()),
            (None, None) => {
                let what = self.ty.as_deref();
                format!("a {}", what.unwrap_or(self.kind.about()))
            }
        }
    }

    /// Its state in words; nothing when nothing is known.
    pub fn state_words(&self) -> String {
        let state = &self.state;
        let mut words: Vec<String> = Vec::new();
        match state.locked {
            Some(true) => words.push("locked".to_owned()),
            Some(false) if state.readers.is_some_and(|readers| readers > 0) => {
                words.push("read-locked".to_owned());
            }
            Some(false) => words.push("unlocked".to_owned()),
            None => {}
        }
        if state.starving == Some(true) {
            words.push("starving".to_owned());
        }
        words.extend(state.counter.map(|n| format!("counter {n}")));
        let departing = state.departing.filter(|n| *n > 0);
        // Those that are counted have the lock, but for where a writer has it or waits for those that do.
        let waiting = match (state.locked, departing) {
            (Some(true), _) => Some(0),
            (_, departing) => departing,
        };
        words.extend(state.readers.and_then(|readers| {
            let Some(have) = waiting else {
                return (readers > 0).then(|| plural(readers, "reader"));
            };
            let waiting = readers.saturating_sub(have);
            (waiting > 0).then(|| format!("{} waiting", plural(waiting, "reader")))
        }));
        words.extend(departing.map(|n| format!("a writer waits for {}", plural(n, "reader"))));
        if let (Some(queued), Some(capacity)) = (state.queued, state.capacity) {
            words.push(match capacity {
                0 => "unbuffered".to_owned(),
                _ => format!("{queued} of {capacity} queued"),
            });
        }
        if state.closed == Some(true) {
            words.push("closed".to_owned());
        }
        words.extend(state.descriptor.map(|fd| format!("fd {fd}")));
        words.extend(state.total.map(|n| plural(n, "goroutine")));
        words.extend(state.running.map(|n| format!("{n} of them not at rest")));
        words.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_of_a_lock_have_it_or_wait_for_it() {
        let words = |locked, readers, departing| {
            let mut lock = Object::new(ObjectKind::RwMutex, None);
            lock.state = ObjectState {
                locked: Some(locked),
                readers: Some(readers),
                departing: Some(departing),
                ..lock.state
            };
            lock.state_words()
        };
        assert_eq!(words(false, 2, 0), "read-locked, 2 readers");
        assert_eq!(words(false, 0, 0), "unlocked");
        assert_eq!(words(true, 1, 0), "locked, 1 reader waiting");
        assert_eq!(
            words(false, 3, 2),
            "read-locked, 1 reader waiting, a writer waits for 2 readers"
        );
    }
}
