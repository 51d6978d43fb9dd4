//! What stands in scheduler traces (runtime/proc.go schedtrace; runtime/proc.c up to 1.4).

use std::fmt;

/// One record of scheduler traces. With `scheddetail=1` a sample is followed by its Ps, Ms and Gs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Record<'a> {
    /// `SCHED …`.
    Sample(Sample<'a>),
    /// A processor.
    P(P),
    /// A thread.
    M(M<'a>),
    /// A goroutine.
    G(G<'a>),
}

/// `SCHED Tms: …`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sample<'a> {
    /// Milliseconds since the process's first sample; cut down.
    pub millis: u64,
    /// GOMAXPROCS.
    pub gomaxprocs: u32,
    /// Ps with nothing to do.
    pub idleprocs: u32,
    /// Threads, sysmon and blocked ones included.
    pub threads: u32,
    /// Threads looking for work; Go 1.4 and later.
    pub spinningthreads: Option<u32>,
    /// 1 when a thread should be looking for work; Go 1.20 and later.
    pub needspinning: Option<u32>,
    /// Threads with nothing to do.
    pub idlethreads: u32,
    /// Goroutines in the global queue.
    pub runqueue: u64,
    /// Goroutines in each P's own queue; empty with `scheddetail=1`, where they stand with the Ps.
    pub local: Numbers<'a>,
    /// Each P's count of schedules; Go 1.25 and later, without `scheddetail`.
    pub schedticks: Option<Numbers<'a>>,
    /// Only with `scheddetail=1`.
    pub detail: Option<Detail>,
    /// How many physical lines it was pieced together from; 1 for a whole one.
    pub pieces: u32,
}

impl Sample<'_> {
    /// All of it but the lists, which are texts of the line.
    pub(crate) fn without_lists(self) -> Sample<'static> {
        let Self {
            millis,
            gomaxprocs,
            idleprocs,
            threads,
            spinningthreads,
            needspinning,
            idlethreads,
            runqueue,
            local: _,
            schedticks,
            detail,
            pieces,
        } = self;
        Sample {
            millis,
            gomaxprocs,
            idleprocs,
            threads,
            spinningthreads,
            needspinning,
            idlethreads,
            runqueue,
            local: Numbers::default(),
            schedticks: schedticks.map(|_| Numbers::default()),
            detail,
            pieces,
        }
    }
}

impl<'a> Sample<'a> {
    /// The same with the lists of the line that it was read from.
    pub(crate) fn with_lists_of(self, line: &'a [u8]) -> Self {
        let mut rest = line;
        let mut lists = std::iter::from_fn(|| {
            let open = memchr::memchr(b'[', rest)?;
            let inside = rest.get(open + 1..)?;
            let (list, behind) = inside.split_at_checked(memchr::memchr(b']', inside)?)?;
            rest = behind;
            Some(Numbers::new(list))
        });
        let local = lists.next().unwrap_or_default();
        Self {
            local,
            schedticks: self.schedticks.map(|_| lists.next().unwrap_or_default()),
            ..self
        }
    }
}

/// What `scheddetail=1` adds to a sample.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Detail {
    /// The world is to stop.
    pub gcwaiting: bool,
    /// Threads locked to a goroutine that wait for work.
    pub nmidlelocked: i32,
    /// Ps still to stop.
    pub stopwait: i32,
    /// sysmon sleeps.
    pub sysmonwait: bool,
}

/// Numbers with spaces between, as printed and known to be well-formed.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Numbers<'a> {
    text: &'a [u8],
}

impl<'a> Numbers<'a> {
    /// Takes a text that holds decimal numbers of at most 19 digits, and spaces; nothing else is kept.
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text }
    }

    /// In order of the Ps.
    pub fn iter(self) -> impl Iterator<Item = u64> + 'a {
        self.text
            .split(|&byte| byte == b' ')
            .filter(|word| !word.is_empty())
            .map(|word| {
                word.iter().fold(0u64, |number, byte| {
                    number
                        .wrapping_mul(10)
                        .wrapping_add(u64::from(byte.wrapping_sub(b'0')))
                })
            })
    }

    /// True when there are none.
    pub fn is_empty(self) -> bool {
        self.iter().next().is_none()
    }
}

impl fmt::Debug for Numbers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// `  PN: …`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct P {
    /// Its number.
    pub id: u32,
    /// 0 idle, 1 running, 2 in a system call, 3 stopped for the collector, 4 dead.
    pub status: u32,
    /// Schedules so far.
    pub schedtick: u64,
    /// System calls so far.
    pub syscalltick: u64,
    /// Its thread.
    pub m: Option<u64>,
    /// Goroutines in its queue.
    pub runqsize: u64,
    /// The queue's room; up to 1.3.
    pub runqroom: Option<u64>,
    /// Dead goroutines kept for reuse.
    pub gfreecnt: u64,
    /// Timers; Go 1.14 and later.
    pub timerslen: Option<u64>,
    /// How many physical lines it was pieced together from; 1 for a whole one.
    pub pieces: u32,
}

/// `  MN: …`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct M<'a> {
    /// Its number.
    pub id: u64,
    /// Its P.
    pub p: Option<u64>,
    /// The goroutine it runs.
    pub curg: Option<u64>,
    /// It is in the allocator.
    pub mallocing: i64,
    /// It is dying.
    pub throwing: i64,
    /// Why it must not be preempted; empty when it may be, or when the release does not say.
    pub preemptoff: &'a [u8],
    /// It runs the collector; up to 1.5.
    pub gcing: Option<i64>,
    /// Locks it holds.
    pub locks: i64,
    /// How far it has come with dying.
    pub dying: i64,
    /// It helps the collector; up to 1.10.
    pub helpgc: Option<i64>,
    /// It looks for work.
    pub spinning: bool,
    /// It waits for a note. Printed since 1.4.
    pub blocked: Option<bool>,
    /// The goroutine locked to it.
    pub lockedg: Option<u64>,
    /// How many physical lines it was pieced together from; 1 for a whole one.
    pub pieces: u32,
}

/// `  GN: …`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct G<'a> {
    /// Its number.
    pub id: u64,
    /// 0 idle, 1 runnable, 2 running, 3 in a system call, 4 waiting, 6 dead, 8 copying its stack, 9 preempted,
    /// 10 leaked, 11 a dead one for callbacks from C (1.26 and later); and 4096 while its stack is scanned.
    pub status: u32,
    /// What it waits for; of a goroutine that is not waiting it may be what it waited for last.
    pub reason: &'a [u8],
    /// Its thread.
    pub m: Option<u64>,
    /// The thread locked to it.
    pub lockedm: Option<u64>,
    /// How many physical lines it was pieced together from; 1 for a whole one.
    pub pieces: u32,
}
