//! What the figures mean: each finding is a sentence with its numbers, its lines and what to do.

use super::collect::{Collector, FORMATS};
use super::process::Process;
use super::summary::Summary;
use crate::finding::{Finding, Severity, rank};
use crate::log::Unread;
use crate::units::{duration, grouped, number, percent, plural};

/// Everything worth knowing about `process` and the stream as a whole, what matters most first.
pub fn findings(collector: &Collector, unread: &Unread, process: &Process) -> Vec<Finding> {
    let summary = process.summary();
    let mut found: Vec<Finding> = [
        starvation(process),
        saturated(&summary),
        idle_with_work(process, &summary),
        threads(process, &summary),
        many_goroutines_wait(&summary),
        imbalance(process, &summary),
        late(process, &summary),
        idle(&summary),
        procs(process),
        processes(collector, process),
        doubt(process),
        unreadable(unread),
    ]
    .into_iter()
    .flatten()
    .collect();
    rank(&mut found);
    found
}

fn millis(ms: u64) -> String {
    duration(ms.saturating_mul(1_000_000))
}

/// A P that schedules nothing while others wait in its queue: in three samples or more.
fn starvation(process: &Process) -> Option<Finding> {
    let still = process.standstill?;
    let time = still.to_millis - still.from_millis;
    let severity = if time >= 1000 {
        Severity::Critical
    } else {
        Severity::Warning
    };
    let others = if process.standstills > 1 {
        format!(" ({} such times)", grouped(process.standstills))
    } else {
        String::new()
    };
    Some(
        Finding::new(
            "sched.starvation",
            severity,
            format!(
                "P{} scheduled nothing for {} (schedtick stayed at {}) while its queue went from {} to {}{others}: one goroutine \
                 held it, in a loop that cannot be preempted, in C, or in a system call; or the machine gave the process no CPU",
                still.p,
                millis(time),
                still.schedtick,
                still.from_queue,
                still.to_queue,
            ),
        )
        .at(still.from_line, format!("first seen, queue {}", still.from_queue))
        .at(still.to_line, format!("last seen, queue {}", still.to_queue)),
    )
}

/// No idle P in nine of ten samples, and goroutines wait.
fn saturated(summary: &Summary) -> Option<Finding> {
    let busy = summary.all_busy_share?;
    let mean = summary.runnable_mean?;
    let procs = f64::from(summary.gomaxprocs_max.max(1));
    if summary.samples < 3 || busy < 0.9 || mean < procs {
        return None;
    }
    let severity = if mean >= 10.0 * procs {
        Severity::Critical
    } else {
        Severity::Warning
    };
    Some(
        Finding::new(
            "sched.saturated",
            severity,
            format!(
                "CPU is what it lacks: no P was idle in {} of the samples, and {} goroutines were runnable on average ({} for each of \
                 {}), {} at most; each waits its turn. More CPU (and GOMAXPROCS) or less work at once would help",
                percent(busy),
                number(mean),
                number(mean / procs),
                plural(u64::from(summary.gomaxprocs_max), "P"),
                grouped(summary.runnable_max.unwrap_or(0)),
            ),
        )
        .at(summary.runnable_max_line, "the most runnable goroutines"),
    )
}

/// Work and idle Ps meet for a moment when goroutines are made; in a fifth of the samples they do not meet.
fn idle_with_work(process: &Process, summary: &Summary) -> Option<Finding> {
    let share = summary.idle_with_work_share?;
    let (count, line) = process.idle_with_work;
    (count >= 3 && share >= 0.2).then(|| {
        Finding::new(
            "sched.idle-with-work",
            Severity::Warning,
            format!(
                "in {} ({}) goroutines were runnable while a P was idle: threads are woken too late, or the process is not given \
                 the CPUs that GOMAXPROCS counts (a container's CPU quota, busy neighbours)",
                plural(count, "sample"),
                percent(share),
            ),
        )
        .at(line, "the first such sample")
    })
}

/// Threads that neither run Go code nor are idle are in system calls or in C.
fn threads(process: &Process, summary: &Summary) -> Option<Finding> {
    let most = summary.threads_max;
    if most >= 5000 {
        return Some(
            Finding::new(
                "sched.thread-limit",
                Severity::Critical,
                format!(
                    "{} threads: the runtime ends the process at 10,000 (debug.SetMaxThreads); about {} were blocked in system \
                     calls or in C",
                    grouped(u64::from(most)),
                    grouped(u64::from(summary.blocked_max)),
                ),
            )
            .at(summary.threads_max_line, "the most threads"),
        );
    }
    let blocked = summary.blocked_max;
    let many = blocked >= 2 * summary.gomaxprocs_max.max(4);
    if !many || most < process.threads_ends.0.saturating_mul(3) / 2 + 4 {
        return None;
    }
    Some(
        Finding::new(
            "sched.threads",
            Severity::Warning,
            format!(
                "threads grew from {} to {}; about {blocked} at once were blocked in system calls or in C (files, DNS by cgo, locks in \
                 C, locked goroutines): each takes a thread of its own, limit how many do so at once",
                process.threads_ends.0, most
            ),
        )
        .at(summary.threads_max_line, "the most threads")
        .at(summary.blocked_max_line, format!("about {blocked} blocked")),
    )
}

fn many_goroutines_wait(summary: &Summary) -> Option<Finding> {
    let waits = summary.waits.as_ref()?;
    let top = waits
        .counts
        .iter()
        .find(|count| count.status == "waiting")?;
    if top.count < 100 || top.count * 2 < waits.alive {
        return None;
    }
    Some(
        Finding::new(
            "sched.waiting",
            Severity::Info,
            format!(
                "{} of {} goroutines wait for the same: {}",
                grouped(top.count),
                grouped(waits.alive),
                if top.reason.is_empty() {
                    "no reason given"
                } else {
                    &top.reason
                }
            ),
        )
        .at(waits.line, "the last sample with goroutines"),
    )
}

fn imbalance(process: &Process, summary: &Summary) -> Option<Finding> {
    let imbalance = summary.imbalance_p50?;
    if imbalance < 0.7 || process.imbalance.count() < 5 {
        return None;
    }
    let busiest = summary
        .ps
        .iter()
        .max_by(|a, b| a.mean_queue.total_cmp(&b.mean_queue))?;
    Some(
        Finding::new(
            "sched.imbalance",
            Severity::Info,
            format!(
                "queues are uneven (index {imbalance:.2}; 0 is even, 1 is all in one): P{} has {} in its queue on average; others \
                 steal from it only when they are idle",
                busiest.p,
                number(busiest.mean_queue)
            ),
        )
        .at(busiest.max_line, format!("its longest queue, {}", busiest.max_queue)),
    )
}

/// sysmon prints the samples on its own thread: when they come late, the process had no CPU.
fn late(process: &Process, summary: &Summary) -> Option<Finding> {
    let usual = summary.interval_millis?;
    let (longest, line) = process.longest_interval;
    if process.interval.count() < 5 || usual == 0 || longest < usual * 3 || longest < usual + 200 {
        return None;
    }
    Some(
        Finding::new(
            "sched.late-sample",
            Severity::Warning,
            format!(
                "a sample came {} after the one before instead of {}: lines were lost, or the whole process stood still (CPU quota used \
                 up, SIGSTOP, a suspended machine)",
                millis(longest),
                millis(usual)
            ),
        )
        .at(line, "the late sample"),
    )
}

fn idle(summary: &Summary) -> Option<Finding> {
    let idle = summary.idle_share?;
    if idle < 0.9 || summary.samples < 3 {
        return None;
    }
    Some(Finding::new(
        "sched.idle",
        Severity::Info,
        format!(
            "{} of the Ps were idle: if it is slow, it waits for something else than CPU",
            percent(idle)
        ),
    ))
}

fn procs(process: &Process) -> Option<Finding> {
    let (least, most, changed) = process.gomaxprocs;
    Some(
        Finding::new(
            "sched.gomaxprocs",
            Severity::Info,
            format!(
                "GOMAXPROCS changed between {least} and {most}: set by the program, or since Go 1.25 by a new CPU limit of its \
                 container"
            ),
        )
        .at(changed?, "the first change"),
    )
}

fn processes(collector: &Collector, process: &Process) -> Option<Finding> {
    let processes = collector.processes();
    let count = processes.len() as u64 + collector.more();
    if count < 2 {
        return None;
    }
    let mut finding = Finding::new(
        "sched.processes",
        Severity::Info,
        format!(
            "{count} processes write to this stream (their times start anew); this is about the one with the most samples, {}",
            grouped(process.samples)
        ),
    );
    for other in processes
        .iter()
        .filter(|other| other.id != process.id)
        .take(8)
    {
        finding = finding.at(
            other.first_line,
            format!("{} from here", plural(other.samples, "sample")),
        );
    }
    Some(finding)
}

fn doubt(process: &Process) -> Option<Finding> {
    (process.doubtful > 0).then(|| {
        Finding::new(
            "sched.doubtful-process",
            Severity::Warning,
            format!(
                "{} may belong to another process that writes to the same stream at the same times",
                plural(process.doubtful, "sample")
            ),
        )
    })
}

fn unreadable(unread: &Unread) -> Option<Finding> {
    let first = unread.first_of(&FORMATS)?;
    Some(
        Finding::new(
            "sched.unreadable",
            Severity::Warning,
            format!(
                "{} looked like scheduler traces and could not be read (--json lists them under unrecognized)",
                plural(unread.count_of(&FORMATS), "line")
            ),
        )
        .at(first.line, first.why),
    )
}
