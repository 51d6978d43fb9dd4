//! Lines to kills.

use super::killing::{Killing, Other, Scope, limit};
use dumpview_parsers::log::{Kind, Origin, Record};
use dumpview_parsers::oom::{self, Counter, Killed};
use rustc_hash::FxHashMap;

/// Formats of kills.
pub const FORMATS: [&str; 1] = ["oom"];

/// A machine may go on killing for days: at most so many kills are kept, the first ones; all are counted.
const MOST: usize = 1000;
/// At most so many rows of a table.
const MOST_TASKS: usize = 4096;
/// The largest others that a kill keeps.
const OTHERS: usize = 5;
/// At most so many writers whose reports are open.
const MOST_OPEN: usize = 64;

#[derive(Clone, Debug)]
struct Row {
    pid: u64,
    rss: u64,
    name: String,
}

/// What was printed of a report so far.
#[derive(Clone, Debug, Default)]
struct Open {
    asked_by: Option<(Option<u64>, String)>,
    kernel: Option<String>,
    limit: Option<u64>,
    usage: Option<u64>,
    failures: Option<u64>,
    scope: Option<Scope>,
    cgroup: Option<String>,
    of_task: Option<String>,
    choice: Option<(u64, String)>,
    rows: Vec<Row>,
}

/// Puts lines to kills.
#[derive(Clone, Debug, Default)]
pub struct Collector {
    open: FxHashMap<Origin, Open>,
    /// The kills, in order of appearance.
    pub killings: Vec<Killing>,
    /// How many there were.
    pub count: u64,
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Collector {
    /// Takes what concerns kills. Gives the kill that the line says was done.
    pub fn record(&mut self, record: &Record<'_>) -> Option<&Killing> {
        let Kind::Oom(line) = record.kind else {
            return None;
        };
        match line {
            oom::Record::Reaped { pid, .. } => {
                let killed = self.recent(record.origin, |killing| killing.pid == pid);
                if let Some(killing) = killed {
                    killing.reaped = true;
                }
                return None;
            }
            oom::Record::Group { cgroup } => {
                let cgroup = text(cgroup);
                let killed = self.recent(record.origin, |killing| {
                    [&killing.cgroup, &killing.of_task]
                        .into_iter()
                        .any(|of| of.as_ref() == Some(&cgroup))
                });
                if let Some(killing) = killed {
                    killing.group = true;
                }
                return None;
            }
            _ => {}
        }
        let open = self.open(record.origin);
        match line {
            oom::Record::Invoked { comm, .. } => {
                *open = Open {
                    asked_by: Some((None, text(comm))),
                    ..Open::default()
                };
            }
            oom::Record::Asking { pid, comm, kernel } => {
                open.asked_by = Some((Some(pid), text(comm)));
                open.kernel = Some(text(kernel));
            }
            oom::Record::Usage {
                of: Counter::Memory,
                usage,
                limit: most,
                failures,
            } => {
                open.usage = usage.checked_mul(1024);
                open.limit = limit(most);
                open.failures = Some(failures);
            }
            oom::Record::Cgroup { full, of_task } => {
                open.scope = Some(Scope::Cgroup);
                open.cgroup = Some(text(full));
                open.of_task = of_task.map(text).or(open.of_task.take());
            }
            oom::Record::Task(task) if open.rows.len() < MOST_TASKS => open.rows.push(Row {
                pid: task.pid,
                rss: task.rss,
                name: text(task.comm),
            }),
            oom::Record::Chosen {
                constraint,
                full,
                of_task,
                ..
            } => {
                open.scope = Some(match constraint {
                    b"CONSTRAINT_MEMCG" => Scope::Cgroup,
                    b"CONSTRAINT_NONE" => Scope::Machine,
                    b"CONSTRAINT_CPUSET" | b"CONSTRAINT_MEMORY_POLICY" => Scope::Nodes,
                    _ => Scope::Unknown,
                });
                open.cgroup = full.map(text).or(open.cgroup.take());
                open.of_task = Some(text(of_task));
            }
            oom::Record::Choice {
                pid,
                comm,
                of_cgroup,
                ..
            } => {
                open.choice = Some((pid, text(comm)));
                open.scope = Some(if of_cgroup {
                    Scope::Cgroup
                } else {
                    open.scope.unwrap_or(Scope::Machine)
                });
            }
            oom::Record::Killed(killed) => {
                let open = std::mem::take(open);
                self.count += 1;
                if self.killings.len() >= MOST {
                    return None;
                }
                self.killings.push(put_together(record, &killed, open));
                return self.killings.last();
            }
            _ => {}
        }
        None
    }

    fn open(&mut self, origin: Origin) -> &mut Open {
        if self.open.len() >= MOST_OPEN && !self.open.contains_key(&origin) {
            self.open.clear();
        }
        self.open.entry(origin).or_default()
    }

    /// The latest of an origin's last kills that fits.
    fn recent(&mut self, origin: Origin, fits: impl Fn(&Killing) -> bool) -> Option<&mut Killing> {
        self.killings
            .iter_mut()
            .rev()
            .take(16)
            .find(|killing| killing.origin == origin && fits(killing))
    }
}

fn put_together(record: &Record<'_>, killed: &Killed<'_>, open: Open) -> Killing {
    let kib = |n: u64| n.saturating_mul(1024);
    let resident = killed.anon_rss + killed.file_rss + killed.shmem_rss.unwrap_or(0);
    // The table counts pages; how large they are is told by the killed one's row.
    let own = open.rows.iter().find(|row| row.pid == killed.pid);
    let page = own
        .filter(|row| row.rss > 0)
        .map(|row| kib(resident) / row.rss)
        .map_or(4096, |page| {
            [4096u64, 16384, 65536]
                .into_iter()
                .min_by_key(|size| size.abs_diff(page))
                .unwrap_or(4096)
        });
    let mut others: Vec<Other> = open
        .rows
        .into_iter()
        .filter(|row| row.pid != killed.pid)
        .map(|row| Other {
            pid: row.pid,
            name: row.name,
            rss: row.rss.saturating_mul(page),
        })
        .collect();
    others.sort_by_key(|other| std::cmp::Reverse(other.rss));
    others.truncate(OTHERS);
    let scope = match (killed.of_cgroup, open.scope) {
        (Some(true), _) => Scope::Cgroup,
        (_, Some(scope)) => scope,
        (Some(false), None) => Scope::Machine,
        (None, None) => Scope::Unknown,
    };
    Killing {
        place: record.place,
        stamp: record.stamp,
        origin: record.origin,
        pid: killed.pid,
        name: text(killed.comm),
        scope,
        cgroup: open.cgroup,
        of_task: open.of_task,
        limit: open.limit.filter(|_| scope == Scope::Cgroup),
        usage: open.usage,
        failures: open.failures,
        anon_rss: kib(killed.anon_rss),
        file_rss: kib(killed.file_rss),
        shmem_rss: killed.shmem_rss.map(kib),
        total_vm: kib(killed.total_vm),
        score_adj: killed.score_adj,
        asked_by: open
            .asked_by
            .filter(|(pid, name)| pid.map_or(*name != text(killed.comm), |pid| pid != killed.pid))
            .map(|(_, name)| name),
        kernel: open.kernel,
        instead_of: open.choice.filter(|(pid, _)| *pid != killed.pid),
        group: false,
        reaped: false,
        others,
    }
}
