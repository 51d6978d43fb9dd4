//! What one line says.

use super::records::{Counter, Killed, Record, Task};
use bstr::ByteSlice;
use nom::{
    IResult, Parser,
    bytes::complete::{tag, take_while},
    character::complete::{char, i64 as signed, space0, space1, u64 as number},
    combinator::{eof, opt},
    sequence::{delimited, preceded, terminated},
};

type Parsed<'a, T> = IResult<&'a [u8], T>;

/// `N (COMM)`, with `end` behind it: a name may hold parentheses and blanks.
fn process<'a>(text: &'a [u8], ends: &[&str]) -> Option<(u64, &'a [u8], &'a [u8])> {
    let parsed: Parsed<'a, u64> = terminated(number, tag(" (")).parse(text);
    let (rest, pid) = parsed.ok()?;
    ends.iter().find_map(|end| {
        let at = rest.find(end)?;
        // The kernel keeps 15 bytes of a name.
        (at <= 64).then_some((pid, rest.get(..at)?, rest.get(at + 1..)?))
    })
}

/// The number behind `name`, wherever it stands.
fn field(text: &[u8], name: &str) -> Option<i64> {
    let at = text.find(name)? + name.len();
    let parsed: Parsed<'_, i64> = signed(text.get(at..)?);
    Some(parsed.ok()?.1)
}

fn kib(text: &[u8], name: &str) -> Option<u64> {
    let at = text.find(name)? + name.len();
    let parsed: Parsed<'_, u64> = terminated(number, tag("kB")).parse(text.get(at..)?);
    Some(parsed.ok()?.1)
}

fn natural(text: &[u8], name: &str) -> Option<u64> {
    field(text, name).and_then(|n| u64::try_from(n).ok())
}

/// The name in front of `at`, without what logs put before it.
fn name_before(text: &[u8], at: usize) -> Option<&[u8]> {
    Some(without_prefix(text.get(..at)?))
}

/// Takes off `Nov 14 10:33:55 host kernel: ` and `[84211.507113] `, `[  +0.000003] `, `[Thu Dec  7 00:05:15 2017] `.
pub(super) fn without_prefix(text: &[u8]) -> &[u8] {
    let mut rest = match text.find("kernel: ") {
        Some(at) if at < 96 => text.get(at + 8..).unwrap_or_default(),
        // Talos: `kern:    info: [2026-11-21T02:21:10.1Z]: `.
        _ if text.starts_with(b"kern:") => {
            let at = text.find_byte(b'[').unwrap_or(0);
            text.get(at..).unwrap_or_default()
        }
        _ => text,
    };
    while let Some(inside) = rest.strip_prefix(b"[") {
        let Some(end) = inside.iter().take(32).position(|b| *b == b']') else {
            break;
        };
        let time = inside.get(..end).unwrap_or_default();
        // `[  40177]` is a row of the table.
        let row = time.iter().all(|b| b.is_ascii_digit() || *b == b' ');
        if row || time.trim_ascii().starts_with(b"pid") {
            break;
        }
        rest = inside.get(end + 1..).unwrap_or_default();
        rest = rest.strip_prefix(b":").unwrap_or(rest);
        rest = rest.strip_prefix(b" ").unwrap_or(rest);
    }
    rest
}

fn killed(text: &[u8]) -> Option<Record<'_>> {
    let at = text.find("Killed process ")?;
    let after = text.get(at + 15..)?;
    let (pid, comm, rest) = process(after, &[") total-vm:", "), UID ", "), total-vm:"])?;
    let head = text.get(..at)?;
    let of_cgroup = if head.ends_with(b"Memory cgroup out of memory: ") {
        Some(true)
    } else if head.contains_str("ut of memory") {
        Some(false)
    } else {
        None
    };
    Some(Record::Killed(Killed {
        pid,
        comm,
        of_cgroup,
        total_vm: kib(rest, "total-vm:")?,
        anon_rss: kib(rest, "anon-rss:")?,
        file_rss: kib(rest, "file-rss:")?,
        shmem_rss: kib(rest, "shmem-rss:"),
        uid: natural(rest, "UID:").or_else(|| natural(rest, "UID ")),
        page_tables: kib(rest, "pgtables:"),
        score_adj: field(rest, "oom_score_adj:"),
    }))
}

fn choice(text: &[u8]) -> Option<Record<'_>> {
    let at = text.find("Kill process ")?;
    let (pid, comm, rest) = process(text.get(at + 13..)?, &[") score "])?;
    rest.contains_str("sacrifice child").then_some(())?;
    Some(Record::Choice {
        pid,
        comm,
        score: natural(rest, "score ")?,
        of_cgroup: text.get(..at)?.ends_with(b"Memory cgroup out of memory: "),
    })
}

fn reaped(text: &[u8]) -> Option<Record<'_>> {
    let at = text.find("oom_reaper: reaped process ")?;
    let (pid, comm, rest) = process(text.get(at + 27..)?, &["), now anon-rss:"])?;
    Some(Record::Reaped {
        pid,
        comm,
        anon_rss: kib(rest, "anon-rss:")?,
    })
}

fn invoked(text: &[u8]) -> Option<Record<'_>> {
    let at = text.find(" invoked oom-killer: ")?;
    let rest = text.get(at..)?;
    Some(Record::Invoked {
        comm: name_before(text, at)?,
        order: field(rest, "order=")?,
        score_adj: field(rest, "oom_score_adj=").or_else(|| field(rest, "oom_adj=")),
    })
}

/// `oom-kill:constraint=…,nodemask=…,cpuset=…,mems_allowed=0,2-4,…`: the values of some keys hold commas.
fn chosen(text: &[u8]) -> Option<Record<'_>> {
    let at = text.find("oom-kill:constraint=")?;
    let rest = text.get(at + 20..)?;
    let constraint = rest.get(..rest.find(",nodemask=")?)?;
    let between = |from: &str, to: &str| {
        let start = rest.find(from)? + from.len();
        let value = rest.get(start..)?;
        value.get(..value.find(to)?)
    };
    let (_, tail) = rest.split_at_checked(rest.rfind(",pid=")?)?;
    Some(Record::Chosen {
        constraint,
        full: between(",oom_memcg=", ",task_memcg="),
        of_task: between(",task_memcg=", ",task=")?,
        comm: between(",task=", ",pid=")?,
        pid: natural(tail, ",pid=")?,
        uid: natural(tail, ",uid=")?,
    })
}

fn group(text: &[u8]) -> Option<Record<'_>> {
    let end = text.find(" are going to be killed due to memory.oom.group set")?;
    let at = text.find("Tasks in ")?;
    Some(Record::Group {
        cgroup: text.get(at + 9..end)?,
    })
}

fn cgroup(text: &[u8]) -> Option<Record<'_>> {
    if let Some(at) = text.find("Memory cgroup stats for ") {
        let path = text.get(at + 24..)?;
        // Up to 4.x the counters follow on the same line.
        let end = path.find(": ").unwrap_or(path.len());
        let path = path.get(..end)?;
        return Some(Record::Cgroup {
            full: path.strip_suffix(b":").unwrap_or(path),
            of_task: None,
        });
    }
    let at = text.find("Task in ")?;
    let rest = text.get(at + 8..)?;
    let middle = rest.find(" killed as a result of limit of ")?;
    Some(Record::Cgroup {
        full: rest.get(middle + 32..)?,
        of_task: rest.get(..middle),
    })
}

fn asking(text: &[u8]) -> Option<Record<'_>> {
    let at = text.find("CPU: ")?;
    let rest = text.get(at..)?;
    let pid = natural(rest, " PID: ")?;
    let name = rest.get(rest.find(" Comm: ")? + 7..)?;
    let end = name
        .find(" Not tainted ")
        .or_else(|| name.find(" Tainted: "))?;
    let after = name.get(end..)?;
    // `Not tainted VERSION #1`, or letters and blanks before the version.
    let kernel = after
        .split(|b| *b == b' ')
        .find(|word| word.first().is_some_and(u8::is_ascii_digit) && word.contains(&b'.'))?;
    Some(Record::Asking {
        pid,
        comm: name.get(..end)?,
        kernel,
    })
}

/// `memory: usage 262144kB, limit 262144kB, failcnt 8421`
fn usage(text: &[u8]) -> Option<Record<'_>> {
    let parsed: Parsed<'_, (&[u8], u64, u64, u64)> = (
        terminated(take_while(|b: u8| b != b':'), tag(": usage ")),
        terminated(number, tag("kB, limit ")),
        terminated(number, tag("kB, failcnt ")),
        terminated(number, eof),
    )
        .parse(text);
    let (_, (name, usage, limit, failures)) = parsed.ok()?;
    Some(Record::Usage {
        of: match name {
            b"memory" => Counter::Memory,
            b"memory+swap" => Counter::MemorySwap,
            b"swap" => Counter::Swap,
            b"kmem" => Counter::Kernel,
            _ => return None,
        },
        usage,
        limit,
        failures,
    })
}

/// `[  40177] 65532 40177   418210    68123 …  984 orders`: eight numbers with the one in brackets, or eleven (6.8
/// and later). The column before the last but one is page tables, in entries or in bytes.
fn task(text: &[u8]) -> Option<Record<'_>> {
    let parsed: Parsed<'_, u64> =
        delimited((char('['), space0), number, (space0, char(']'))).parse(text);
    let (mut rest, pid) = parsed.ok()?;
    let mut numbers = [0i64; 10];
    let mut count = 0;
    while let Some(slot) = numbers.get_mut(count) {
        let parsed: Parsed<'_, i64> = preceded(
            opt(space1),
            terminated(signed, nom::combinator::peek(space1)),
        )
        .parse(rest);
        let Ok((after, n)) = parsed else { break };
        (*slot, rest, count) = (n, after, count + 1);
    }
    let comm = rest.trim_ascii_start();
    if comm.is_empty() || comm.len() > 64 {
        return None;
    }
    let natural = |index: usize| u64::try_from(*numbers.get(index)?).ok();
    let (rss_anon, swap, adj) = match count {
        7 => (None, 5, 6),
        10 => (Some(natural(4)?), 8, 9),
        _ => return None,
    };
    Some(Record::Task(Task {
        pid,
        uid: natural(0)?,
        total_vm: natural(2)?,
        rss: natural(3)?,
        rss_anon,
        swap: natural(swap)?,
        score_adj: *numbers.get(adj)?,
        comm,
    }))
}

/// Whether a line has words of a report that it is to be read by.
pub(super) fn has_words(text: &[u8]) -> bool {
    [
        " invoked oom-killer: ",
        "oom-kill:constraint=",
        "oom_reaper: reaped process ",
        "Killed process ",
        "Kill process ",
    ]
    .iter()
    .any(|words| text.contains_str(words))
}

/// Reads one line of a report; nothing for others.
pub fn line(text: &[u8]) -> Option<Record<'_>> {
    killed(text)
        .or_else(|| chosen(text))
        .or_else(|| invoked(text))
        .or_else(|| choice(text))
        .or_else(|| reaped(text))
        .or_else(|| group(text))
        .or_else(|| cgroup(text))
        .or_else(|| asking(text))
        .or_else(|| usage(without_prefix(text)))
        .or_else(|| task(without_prefix(text)))
}
