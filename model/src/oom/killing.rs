//! One kill, and what is to be said of it.

use crate::finding::{Finding, Severity};
use crate::units::{bytes, plural};
use dumpview_parsers::log::{Origin, Place, Stamp};

/// A cgroup without a limit prints the largest number there is; machines have less than this many bytes.
const NO_LIMIT: u64 = 1 << 53;

/// What was full.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// The machine.
    Machine,
    /// A cgroup: a container's limit.
    Cgroup,
    /// The nodes that a cpuset or a memory policy allows.
    Nodes,
    /// The lines do not say.
    Unknown,
}

/// A process of the table that was not killed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Other {
    /// Its number.
    pub pid: u64,
    /// Its name.
    pub name: String,
    /// Resident memory in bytes.
    pub rss: u64,
}

/// One process that the kernel killed for memory. Sizes are in bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Killing {
    /// Where it was said that it is killed.
    pub place: Place,
    /// When.
    pub stamp: Option<Stamp>,
    /// By whose log.
    pub origin: Origin,
    /// Its number.
    pub pid: u64,
    /// Its name: the first thread's, at most 15 bytes.
    pub name: String,
    /// What was full.
    pub scope: Scope,
    /// The cgroup that was full.
    pub cgroup: Option<String>,
    /// The cgroup that it was in.
    pub of_task: Option<String>,
    /// The limit of the cgroup.
    pub limit: Option<u64>,
    /// What the cgroup used.
    pub usage: Option<u64>,
    /// How often the limit was met.
    pub failures: Option<u64>,
    /// Its heap and stacks.
    pub anon_rss: u64,
    /// Its resident pages of files.
    pub file_rss: u64,
    /// Its resident shared memory.
    pub shmem_rss: Option<u64>,
    /// Its address space.
    pub total_vm: u64,
    /// How it was weighed, −1000 to 1000.
    pub score_adj: Option<i64>,
    /// Who asked for memory, when it was another.
    pub asked_by: Option<String>,
    /// The kernel's release.
    pub kernel: Option<String>,
    /// The process that was chosen, when a child of it was killed in its place (up to 4.20).
    pub instead_of: Option<(u64, String)>,
    /// All of the cgroup were killed with it.
    pub group: bool,
    /// Its memory was taken from it at once.
    pub reaped: bool,
    /// The largest others in the table, the largest first.
    pub others: Vec<Other>,
}

impl Killing {
    /// What happened, with the numbers, in a sentence or two.
    pub fn sentence(&self) -> String {
        let full = match self.scope {
            Scope::Machine => "the machine had no memory left".to_owned(),
            Scope::Nodes => {
                "no memory was left on the nodes that its cpuset or memory policy allows".to_owned()
            }
            Scope::Cgroup => match (self.limit, &self.cgroup) {
                (Some(limit), Some(cgroup)) => format!(
                    "its cgroup reached the limit of {} ({})",
                    bytes(limit),
                    short(cgroup)
                ),
                (Some(limit), None) => format!("its cgroup reached the limit of {}", bytes(limit)),
                (None, Some(cgroup)) => format!("its cgroup reached its limit ({})", short(cgroup)),
                (None, None) => "its cgroup reached its limit".to_owned(),
            },
            Scope::Unknown => "memory ran out".to_owned(),
        };
        let shmem = self
            .shmem_rss
            .filter(|n| *n > 0)
            .map_or_else(String::new, |n| format!(", {} shared", bytes(n)));
        let mut text = format!(
            "The kernel killed {} (pid {}) because {full}: it held {} of anonymous memory{shmem} and {} of files.",
            self.name,
            self.pid,
            bytes(self.anon_rss),
            bytes(self.file_rss)
        );
        if let Some((pid, name)) = &self.instead_of {
            text.extend([format!(
                " It was killed in place of its parent {name} (pid {pid})."
            )]);
        }
        if self.group {
            text += " All of its cgroup went with it.";
        }
        text
    }

    /// The kill as a finding, with what to do.
    pub fn finding(&self) -> Finding {
        let mut text = self.sentence();
        if let Some(failures) = self.failures.filter(|n| *n > 0) {
            text.extend([format!(
                " The limit had been met {} before.",
                plural(failures, "time")
            )]);
        }
        let resident = self.anon_rss + self.file_rss + self.shmem_rss.unwrap_or(0);
        if self.total_vm > resident.saturating_mul(3) {
            text.extend([format!(" That it had {} of address space (total-vm) means nothing for a Go program, which reserves much more \
                 than it uses.",
                bytes(self.total_vm))]);
        }
        if self.scope == Scope::Machine
            && let Some(larger) = self.others.first().filter(|other| other.rss > resident)
        {
            text.extend([format!(
                " {} (pid {}) was larger, with {}.",
                larger.name,
                larger.pid,
                bytes(larger.rss)
            )]);
        }
        if let Some(asker) = &self.asked_by {
            text.extend([format!(
                " Memory was asked for by {asker}, who is not to blame for that."
            )]);
        }
        text += match self.limit {
            Some(_) => {
                " If it is a Go program, compare with MemStats Sys - HeapReleased, and set GOMEMLIMIT below the limit \
                 (some 10% for what is not Go's)."
            }
            None => " If it is a Go program, compare with MemStats Sys - HeapReleased.",
        };
        Finding::new("oom.killed", Severity::Critical, text).at(
            self.place.line,
            format!("Killed process {} ({})", self.pid, self.name),
        )
    }
}

/// The limit that a number of KiB is, if it is one.
pub(super) fn limit(kib: u64) -> Option<u64> {
    kib.checked_mul(1024)
        .filter(|bytes| *bytes < NO_LIMIT && *bytes > 0)
}

/// The end of a cgroup's path, which is what tells it from others.
fn short(path: &str) -> String {
    let end = path.rsplit('/').next().unwrap_or(path);
    if end.is_empty() {
        return "/".to_owned();
    }
    if end.len() == path.len() || format!("/{end}") == path {
        path.to_owned()
    } else {
        format!("…/{end}")
    }
}
