//! What a `perf.data` consists of.

/// What was counted (`struct perf_event_attr`).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Attr {
    /// `PERF_TYPE_…`.
    pub kind: u32,
    /// Which of that type.
    pub config: u64,
    /// Events between two samples, or how many samples a second.
    pub period: u64,
    /// The period is how many samples a second are wanted.
    pub is_frequency: bool,
    /// Every record tells its thread and time.
    pub has_sample_ids: bool,
    /// Which fields a sample has.
    pub sample_type: u64,
    /// Which fields its counters have.
    pub read_format: u64,
    /// Numbers that samples name it by.
    pub ids: Vec<u64>,
    /// Its name, as `perf list` spells it; empty when the file does not say it.
    pub name: String,
}

impl Attr {
    /// Its name; of the common ones also where the file does not say it (`tools/perf/util/evsel.c:evsel__name`).
    pub fn event(&self) -> &str {
        const HARDWARE: [&str; 4] = ["cycles", "instructions", "cache-references", "cache-misses"];
        const SOFTWARE: [&str; 5] = [
            "cpu-clock",
            "task-clock",
            "page-faults",
            "context-switches",
            "cpu-migrations",
        ];
        let of = |names: &'static [&'static str]| {
            let at = usize::try_from(self.config).ok();
            at.and_then(|at| names.get(at)).copied()
        };
        let known = match self.kind {
            _ if !self.name.is_empty() => return &self.name,
            0 => of(&HARDWARE),
            1 => of(&SOFTWARE),
            _ => None,
        };
        known.unwrap_or("event")
    }
}

/// Which build of a file was mapped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BuildId<'a> {
    /// The file.
    pub file: &'a [u8],
    /// What tells builds of it apart.
    pub id: &'a [u8],
}

/// Where an address was executed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Mode {
    /// In the kernel.
    Kernel,
    /// In the process.
    User,
    /// In a hypervisor or a guest.
    Other,
}

/// A file that was mapped to be executed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Map<'a> {
    /// The process; `None` of the kernel.
    pub pid: Option<u32>,
    /// Its first address.
    pub start: u64,
    /// How many bytes.
    pub len: u64,
    /// Which offset of the file stands there.
    pub offset: u64,
    /// The file.
    pub file: &'a [u8],
    /// Its build, where the record says it; otherwise empty.
    pub build_id: &'a [u8],
}

/// A stack that was seen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sample {
    /// What was counted: an index of the file's events.
    pub event: usize,
    /// The process.
    pub pid: Option<u32>,
    /// The thread.
    pub tid: Option<u32>,
    /// When, in nanoseconds of the clock that was used.
    pub time: Option<u64>,
    /// How many events it stands for.
    pub period: u64,
    /// Where it was, the innermost first, and in which mode. All but the first address of a mode are return addresses.
    pub stack: Vec<(Mode, u64)>,
}

/// A record.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Record<'a> {
    /// A file was mapped.
    Map(Map<'a>),
    /// A thread has a name.
    Comm {
        /// The process.
        pid: u32,
        /// The thread.
        tid: u32,
        /// Its name.
        name: &'a [u8],
        /// It has executed a file: what was mapped is gone.
        is_exec: bool,
    },
    /// A thread was made.
    Fork {
        /// Its process.
        pid: u32,
        /// The process that made it.
        parent: u32,
        /// The thread.
        tid: u32,
        /// The thread that made it.
        parent_tid: u32,
    },
    /// So many records were lost.
    Lost(u64),
    /// A stack that was seen.
    Sample(Sample),
}
