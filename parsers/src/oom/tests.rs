//! Every sample, every kernel's shape, with and without prefixes, prose, damage.

use super::*;
use crate::log::Kind;
use crate::testing::{self, lossy, sample};
use proptest::prelude::*;

fn told(input: &[u8]) -> Vec<String> {
    let mut out = Vec::new();
    testing::read(input, |record| {
        let text = match record.kind {
            Kind::Oom(record) => show(&record),
            Kind::Unreadable(u) => format!("UNREADABLE {}: {}", u.format, u.why),
            Kind::Log(text) => format!("log {}", lossy(text)),
            other => format!("{other:?}"),
        };
        out.push(format!("{} {text}", record.place.line));
    });
    out
}

fn show(record: &Record<'_>) -> String {
    match record {
        Record::Invoked {
            comm,
            order,
            score_adj,
        } => format!("invoked {} {order} {score_adj:?}", lossy(comm)),
        Record::Asking { pid, comm, kernel } => {
            format!("asking {pid} {} {}", lossy(comm), lossy(kernel))
        }
        Record::Usage {
            of,
            usage,
            limit,
            failures,
        } => format!("{of:?} {usage} {limit} {failures}"),
        Record::Cgroup { full, of_task } => {
            format!("cgroup {} {:?}", lossy(full), of_task.map(lossy))
        }
        Record::Task(t) => format!(
            "task {} {} {} {} {:?} {} {} {}",
            t.pid,
            t.uid,
            t.total_vm,
            t.rss,
            t.rss_anon,
            t.swap,
            t.score_adj,
            lossy(t.comm)
        ),
        Record::Chosen {
            constraint,
            full,
            of_task,
            comm,
            pid,
            uid,
        } => format!(
            "chosen {} {:?} {} {} {pid} {uid}",
            lossy(constraint),
            full.map(lossy),
            lossy(of_task),
            lossy(comm)
        ),
        Record::Choice {
            pid,
            comm,
            score,
            of_cgroup,
        } => format!("choice {pid} {} {score} {of_cgroup}", lossy(comm)),
        Record::Killed(k) => format!(
            "killed {} {} {:?} {} {} {} {:?} {:?} {:?} {:?}",
            k.pid,
            lossy(k.comm),
            k.of_cgroup,
            k.total_vm,
            k.anon_rss,
            k.file_rss,
            k.shmem_rss,
            k.uid,
            k.page_tables,
            k.score_adj
        ),
        Record::Reaped {
            pid,
            comm,
            anon_rss,
        } => format!("reaped {pid} {} {anon_rss}", lossy(comm)),
        Record::Group { cgroup } => format!("group {}", lossy(cgroup)),
    }
}

#[test]
fn samples_read_as_reviewed() {
    let mut all = Vec::new();
    for name in [
        "public-kernel-3.10-global.txt",
        "public-kernel-4.x-kill-two-lines.txt",
        "public-kernel-4.15-5.3-headers.txt",
        "public-kernel-5.x-memcg.txt",
        "made-up-kernel-6.x-go-in-pod.txt",
    ] {
        all.push(format!("== {name}"));
        all.extend(told(sample("oom", name).as_bytes()));
    }
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn prefixes_do_not_matter() {
    let bare = sample("oom", "made-up-kernel-6.x-go-in-pod.txt");
    let bare: Vec<&str> = bare
        .lines()
        .map(|line| line.split_once("] ").unwrap().1)
        .collect();
    let expected: Vec<Option<String>> = bare
        .iter()
        .map(|text| line(text.as_bytes()).map(|r| show(&r)))
        .collect();
    assert_eq!(expected.iter().flatten().count(), 11, "{expected:#?}");
    for prefix in [
        "[84211.507113] ",
        "[  +0.000003] ",
        "[Thu Dec  7 00:05:15 2017] ",
        "[Mar19 10:02] ",
        "Nov 14 10:33:55 host kernel: ",
        "Nov 14 10:33:55 host kernel: [84211.507113] ",
        "2026-11-21T02:21:10.123456+01:00 host kernel: ",
        "kern:    info: [2026-11-21T02:21:10.123456789Z]: ",
    ] {
        for (text, expected) in bare.iter().zip(&expected) {
            let with = format!("{prefix}{text}");
            let shown = line(with.as_bytes()).map(|record| show(&record));
            assert_eq!(&shown, expected, "{with}");
        }
    }
}

#[test]
fn names_hold_blanks_and_parentheses_and_lists_hold_commas() {
    for (text, expected) in [
        (
            "Out of memory: Killed process 7 (a (b) c) total-vm:4kB, anon-rss:3kB, file-rss:2kB, shmem-rss:1kB, UID:0 pgtables:9kB oom_score_adj:-5",
            "killed 7 a (b) c Some(false) 4 3 2 Some(1) Some(0) Some(9) Some(-5)",
        ),
        (
            "Killed process 2592 (java), UID 1000, total-vm:4kB, anon-rss:3kB, file-rss:2kB",
            "killed 2592 java None 4 3 2 None Some(1000) None None",
        ),
        (
            "oom-kill:constraint=CONSTRAINT_NONE,nodemask=0,2-4,cpuset=a,mems_allowed=0,2-4,global_oom,task_memcg=/user.slice,task=we,ird,pid=5,uid=6",
            "chosen CONSTRAINT_NONE None /user.slice we,ird 5 6",
        ),
        (
            "Task in /docker/1f killed as a result of limit of /docker",
            "cgroup /docker Some(\"/docker/1f\")",
        ),
        (
            "[ 1234]   100  1234     5000     1000      20        3          -998 my prog",
            "task 1234 100 5000 1000 None 3 -998 my prog",
        ),
    ] {
        assert_eq!(
            line(text.as_bytes()).map(|r| show(&r)).as_deref(),
            Some(expected),
            "{text}"
        );
    }
}

#[test]
fn prose_stays_the_applications_and_torn_lines_are_reported() {
    for text in [
        "the oom killer came",
        "Kill process 5 now",
        "Killed process 7 by hand",
        "room for more",
        "[12] 3 4",
        "memory: usage high",
        "CPU: fast",
        "Tasks in progress",
    ] {
        assert_eq!(
            told(format!("{text}\n").as_bytes()),
            [format!("1 log {text}")]
        );
    }
    for text in [
        "Memory cgroup out of memory: Killed process 40177 (orders) total-vm:1672840kB, anon-r",
        "Out of memory: Killed process 40177 (orders) total-vm:16728",
        "x invoked oom-killer: gfp_mask=0xcc0(GFP_KER",
    ] {
        assert_eq!(
            told(text.as_bytes()),
            ["1 UNREADABLE oom: not a whole line of an out-of-memory report"]
        );
    }
}

proptest! {
    #[test]
    fn damage_gives_a_result(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut input = sample("oom", "made-up-kernel-6.x-go-in-pod.txt").into_bytes();
        let at = at.index(input.len());
        input[at] = byte;
        if cut {
            input.truncate(at);
        }
        let lines = memchr::memchr_iter(b'\n', &input).count() + 1;
        prop_assert!(told(&input).len() <= lines);
    }

    #[test]
    fn a_kill_of_any_numbers_reads_the_same(pid in any::<u32>(), n in any::<[u32; 5]>(), adj in -1000i64..1000, comm in "[a-z ()_.-]{1,15}") {
        let text = format!(
            "Memory cgroup out of memory: Killed process {pid} ({comm}) total-vm:{}kB, anon-rss:{}kB, file-rss:{}kB, \
             shmem-rss:{}kB, UID:{} pgtables:12kB oom_score_adj:{adj}", n[0], n[1], n[2], n[3], n[4]);
        let expected = Killed {
            pid: u64::from(pid), comm: comm.as_bytes(), of_cgroup: Some(true), total_vm: u64::from(n[0]),
            anon_rss: u64::from(n[1]), file_rss: u64::from(n[2]), shmem_rss: Some(u64::from(n[3])),
            uid: Some(u64::from(n[4])), page_tables: Some(12), score_adj: Some(adj),
        };
        prop_assert_eq!(line(text.as_bytes()), Some(Record::Killed(expected)));
    }
}
