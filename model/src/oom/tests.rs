//! The samples' kills, and what is said of them.

use super::*;
use crate::log::Unread;
use dumpview_parsers::log::LogReader;
use std::path::Path;

fn collect(text: &str) -> Collector {
    let mut collector = Collector::default();
    let mut unread = Unread::default();
    let mut reader = LogReader::new();
    let mut sink = |record: dumpview_parsers::log::Record<'_>| {
        unread.record(&record);
        collector.record(&record);
    };
    reader.push(text.as_bytes(), &mut sink);
    reader.finish(&mut sink);
    assert_eq!(unread.count(), 0);
    collector
}

fn load(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/logs/oom");
    std::fs::read_to_string(path.join(name)).unwrap()
}

#[test]
fn a_pod_at_its_limit() {
    let collector = collect(&load("made-up-kernel-6.x-go-in-pod.txt"));
    assert_eq!(collector.count, 1);
    let killing = &collector.killings[0];
    assert_eq!(killing.place.line, 12);
    assert_eq!(
        killing.sentence(),
        "The kernel killed orders (pid 40177) because its cgroup reached the limit of 256.0 MiB \
         (…/kubepods-burstable-pod5d0f2a1c_7f0e_4e0a_9a5d_0c7d5b1b2f33.slice): it held 253.6 MiB of anonymous memory and \
         12.5 MiB of files. All of its cgroup went with it."
    );
    assert!(killing.reaped);
    assert_eq!(
        (killing.limit, killing.failures),
        (Some(256 << 20), Some(8421))
    );
    assert_eq!(killing.kernel.as_deref(), Some("6.12.8-amd64"));
    assert_eq!(killing.asked_by, None);
    let pause = &killing.others[0];
    assert_eq!((pause.name.as_str(), pause.rss), ("pause", 4096));
    let finding = killing.finding();
    assert!(
        finding.text.contains("met 8,421 times before"),
        "{}",
        finding.text
    );
    assert!(
        finding
            .text
            .contains("1.6 GiB of address space (total-vm) means nothing")
    );
    assert!(finding.text.contains("GOMEMLIMIT"));
    assert_eq!(finding.evidence[0].line, Some(12));
}

#[test]
fn old_kernels_say_it_in_two_lines() {
    let collector = collect(&load("public-kernel-4.x-kill-two-lines.txt"));
    let found: Vec<_> = collector
        .killings
        .iter()
        .map(|k| (k.pid, k.name.as_str(), k.scope, k.anon_rss >> 10))
        .collect();
    assert_eq!(
        found,
        [
            (994, "containerd", Scope::Machine, 18912),
            (821218, "prometheus", Scope::Cgroup, 8043768),
            (788802, "node_exporter", Scope::Cgroup, 3652),
        ]
    );
    let child = "Out of memory: Kill process 10 (sh) score 4 or sacrifice child\n\
                 Killed process 11 (app) total-vm:8kB, anon-rss:4kB, file-rss:0kB\n";
    let collector = collect(child);
    assert_eq!(
        collector.killings[0].instead_of,
        Some((10, "sh".to_owned()))
    );
}

#[test]
fn no_limit_is_none_and_the_asker_is_named() {
    let collector = collect(
        "x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n\
         memory: usage 10kB, limit 9007199254740988kB, failcnt 0\n\
         [    5]     0     5     1000      900        1        0             0 big\n\
         [    6]     0     6      100       10        1        0             0 app\n\
         Out of memory: Killed process 6 (app) total-vm:400kB, anon-rss:30kB, file-rss:10kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0\n",
    );
    let killing = &collector.killings[0];
    assert_eq!((killing.limit, killing.scope), (None, Scope::Machine));
    assert_eq!(killing.asked_by.as_deref(), Some("x"));
    assert!(
        killing
            .finding()
            .text
            .contains("big (pid 5) was larger, with 3.5 MiB")
    );
}

#[test]
fn kills_without_end_are_counted_and_not_kept() {
    let line =
        "Out of memory: Killed process 6 (app) total-vm:400kB, anon-rss:30kB, file-rss:10kB\n";
    let collector = collect(&line.repeat(3000));
    assert_eq!(collector.count, 3000);
    assert!(collector.killings.len() <= 1000);
}
