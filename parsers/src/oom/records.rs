//! What stands in out-of-memory reports. Texts are as printed.

/// One line of an out-of-memory report.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub enum Record<'a> {
    /// `COMM invoked oom-killer: …`: who asked for memory when there was none. It need not be who is killed.
    Invoked {
        /// The thread's name.
        comm: &'a [u8],
        /// What it asked for is 2 to this pages.
        order: i64,
        /// How its process is weighed, −1000 (never) to 1000.
        score_adj: Option<i64>,
    },
    /// `CPU: … PID: … Comm: … Not tainted VERSION`: who asked, and the kernel.
    Asking {
        /// Its process.
        pid: u64,
        /// The thread's name.
        comm: &'a [u8],
        /// `6.12.8-amd64`
        kernel: &'a [u8],
    },
    /// `memory: usage …kB, limit …kB, failcnt …` of the cgroup that is full.
    Usage {
        /// Of what.
        of: Counter,
        /// In KiB.
        usage: u64,
        /// In KiB; a number near 2⁵³ is none.
        limit: u64,
        /// How often more was asked for.
        failures: u64,
    },
    /// `Memory cgroup stats for PATH:`, or `Task in PATH killed as a result of limit of PATH` (up to 4.x).
    Cgroup {
        /// The cgroup that is full.
        full: &'a [u8],
        /// The cgroup of the process that is killed.
        of_task: Option<&'a [u8]>,
    },
    /// A row of the table of processes.
    Task(Task<'a>),
    /// `oom-kill:constraint=…` (5.0 and later): what was full, and who was chosen.
    Chosen {
        /// `CONSTRAINT_NONE`, `CONSTRAINT_MEMCG`, `CONSTRAINT_CPUSET`, `CONSTRAINT_MEMORY_POLICY`
        constraint: &'a [u8],
        /// The cgroup that is full; nothing when the machine is.
        full: Option<&'a [u8]>,
        /// The cgroup of the process.
        of_task: &'a [u8],
        /// Its name.
        comm: &'a [u8],
        /// Its number.
        pid: u64,
        /// Whose it is.
        uid: u64,
    },
    /// `Kill process A (…) score N or sacrifice child` (up to 4.20). It may be a child that is killed.
    Choice {
        /// Its number.
        pid: u64,
        /// Its name.
        comm: &'a [u8],
        /// How much it stood out, of 1000; more with an adjustment.
        score: u64,
        /// A cgroup was full, not the machine.
        of_cgroup: bool,
    },
    /// `Killed process …`
    Killed(Killed<'a>),
    /// `oom_reaper: reaped process …`: its memory was taken.
    Reaped {
        /// Its number.
        pid: u64,
        /// Its name.
        comm: &'a [u8],
        /// What is left of its anonymous memory, in KiB.
        anon_rss: u64,
    },
    /// `Tasks in PATH are going to be killed due to memory.oom.group set`: the whole container goes.
    Group {
        /// The cgroup.
        cgroup: &'a [u8],
    },
}

/// A counter of a memory cgroup.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Counter {
    /// `memory`
    Memory,
    /// `memory+swap` (version 1)
    MemorySwap,
    /// `swap`
    Swap,
    /// `kmem` (version 1)
    Kernel,
}

/// The process that was killed, in KiB.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Killed<'a> {
    /// Its number.
    pub pid: u64,
    /// Its name.
    pub comm: &'a [u8],
    /// A cgroup was full, not the machine; nothing up to 4.20, where another line says it.
    pub of_cgroup: Option<bool>,
    /// Address space. Go reserves much more than it uses.
    pub total_vm: u64,
    /// Resident memory that is no file's: heap, stacks.
    pub anon_rss: u64,
    /// Resident pages of files.
    pub file_rss: u64,
    /// Resident shared memory (4.5 and later).
    pub shmem_rss: Option<u64>,
    /// Whose it is.
    pub uid: Option<u64>,
    /// Its page tables.
    pub page_tables: Option<u64>,
    /// How it was weighed, −1000 to 1000.
    pub score_adj: Option<i64>,
}

/// A row of the table of processes. Sizes are in pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Task<'a> {
    /// Its number.
    pub pid: u64,
    /// Whose it is.
    pub uid: u64,
    /// Address space.
    pub total_vm: u64,
    /// Resident.
    pub rss: u64,
    /// Of that, no file's (6.8 and later).
    pub rss_anon: Option<u64>,
    /// In swap.
    pub swap: u64,
    /// How it is weighed, −1000 to 1000.
    pub score_adj: i64,
    /// Its name.
    pub comm: &'a [u8],
}
