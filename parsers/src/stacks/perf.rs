//! What `perf script` prints: for each sample a line of its own and one for each call, the innermost first
//! (`tools/perf/builtin-script.c`).
//!
//! ```text
//! server 25784/25787 [001]  5093.499325:    5025125 cpu-clock:
//!            1f196 runtime.mallocgc+0x36 (/usr/bin/server)
//!
//! ```
//!
//! Which fields a sample has `-F` decides; they keep their order. A command may have blanks in its name.

/// A sample's own line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PerfHeader<'a> {
    /// The name of the command.
    pub comm: &'a str,
    /// The process, where it is told.
    pub pid: Option<u64>,
    /// The thread.
    pub tid: Option<u64>,
    /// When, in nanoseconds of the clock that was used.
    pub nanos: Option<u64>,
    /// How many events it stands for.
    pub period: Option<i64>,
    /// The event.
    pub event: &'a str,
    /// The one call, where calls have no lines of their own.
    pub frame: Option<PerfFrame<'a>>,
}

/// A call.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PerfFrame<'a> {
    /// Its address, in the file or the process, as perf printed it.
    pub address: u64,
    /// The function; empty when perf did not know it.
    pub symbol: &'a str,
    /// The file that it is in; empty when it is not told.
    pub object: &'a str,
    /// It was inlined into the call behind it.
    pub is_inlined: bool,
}

/// A line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PerfLine<'a> {
    /// A sample begins.
    Header(PerfHeader<'a>),
    /// A call of it.
    Frame(PerfFrame<'a>),
    /// It ends.
    Blank,
}

/// Reads a line; `None` when it is none.
pub fn perf_line(line: &str) -> Option<PerfLine<'_>> {
    let line = line.trim_end();
    if line.is_empty() {
        return Some(PerfLine::Blank);
    }
    if line.starts_with([' ', '\t'])
        && let Some(frame) = frame(line.trim_start())
    {
        return Some(PerfLine::Frame(frame));
    }
    // The command is right-aligned in some releases.
    header(line.trim_start()).map(PerfLine::Header)
}

fn frame(text: &str) -> Option<PerfFrame<'_>> {
    let (address, rest) = text.split_once(' ').unwrap_or((text, ""));
    let address = u64::from_str_radix(address.strip_prefix("0x").unwrap_or(address), 16).ok()?;
    let rest = rest.trim();
    let (symbol, object) = match rest
        .strip_suffix(')')
        .and_then(|rest| rest.rsplit_once(" ("))
    {
        Some(parts) => parts,
        None => match rest
            .strip_prefix('(')
            .and_then(|rest| rest.strip_suffix(')'))
        {
            Some(object) => ("", object),
            None => (rest, ""),
        },
    };
    let symbol = match symbol.rsplit_once("+0x") {
        Some((name, offset)) if offset.bytes().all(|byte| byte.is_ascii_hexdigit()) => name,
        _ => symbol,
    };
    let is_inlined = object == "inlined";
    Some(PerfFrame {
        address,
        symbol: if symbol == "[unknown]" { "" } else { symbol },
        object: if is_inlined || object == "[unknown]" {
            ""
        } else {
            object
        },
        is_inlined,
    })
}

fn header(line: &str) -> Option<PerfHeader<'_>> {
    let mut header = PerfHeader::default();
    let mut at = 0;
    let mut seen_pid = false;
    while let Some((start, word)) = next_word(line, at) {
        at = start + word.len();
        if !seen_pid {
            if let Some((pid, tid)) = ids(word).filter(|_| start > 0) {
                seen_pid = true;
                header.comm = line.get(..start)?.trim();
                (header.pid, header.tid) = (pid, tid);
            }
            continue;
        }
        if word.starts_with('[') && word.ends_with(']') {
            continue;
        }
        if let Some(nanos) = word.strip_suffix(':').and_then(seconds) {
            header.nanos = Some(nanos);
        } else if let Some(event) = word.strip_suffix(':') {
            header.event = event;
            let rest = line.get(at..).unwrap_or_default().trim();
            header.frame = frame(rest).filter(|_| !rest.is_empty());
            return Some(header);
        } else {
            header.period = Some(word.parse().ok()?);
        }
    }
    None
}

fn next_word(line: &str, from: usize) -> Option<(usize, &str)> {
    let rest = line.get(from..)?;
    let start = from + rest.find(|c: char| !c.is_whitespace())?;
    let word = line.get(start..)?.split_whitespace().next()?;
    Some((start, word))
}

/// `25784`, which is a thread, or `25784/25787`, process and thread.
fn ids(word: &str) -> Option<(Option<u64>, Option<u64>)> {
    match word.split_once('/') {
        Some((pid, tid)) => Some((Some(pid.parse().ok()?), Some(tid.parse().ok()?))),
        None => Some((None, Some(word.parse().ok()?))),
    }
}

/// `5093.499325` in nanoseconds.
fn seconds(word: &str) -> Option<u64> {
    let (whole, fraction) = word.split_once('.')?;
    let digits = fraction.len();
    if digits > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction: u64 = fraction.parse().ok()?;
    let scale = 10u64.checked_pow(u32::try_from(9 - digits).ok()?)?;
    let whole: u64 = whole.parse().ok()?;
    whole
        .checked_mul(1_000_000_000)?
        .checked_add(fraction * scale)
}

/// Whether a text that begins so is of `perf script`: its first sample has its line and a call.
pub fn recognizes_perf(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head.get(..4096).unwrap_or(head));
    let mut lines = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(perf_line);
    loop {
        match lines.next() {
            Some(Some(PerfLine::Blank)) => {}
            Some(Some(PerfLine::Header(header))) => {
                let has_call = header.frame.is_some()
                    || matches!(lines.next(), Some(Some(PerfLine::Frame(_))));
                return has_call && header.nanos.is_some();
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_have_the_fields_that_were_asked_for() {
        let header = |line| match perf_line(line) {
            Some(PerfLine::Header(header)) => header,
            other => panic!("{line}: {other:?}"),
        };
        let of = header("orders-1.27.3 25784  5093.499325:    5025125 cpu-clock: ");
        assert_eq!(
            (of.comm, of.pid, of.tid, of.nanos, of.period, of.event),
            (
                "orders-1.27.3",
                None,
                Some(25784),
                Some(5_093_499_325_000),
                Some(5_025_125),
                "cpu-clock"
            )
        );
        let of = header("web content 1/27 [003] 12.5: cycles:u:      7f00 f+0x3 (/lib/a b.so)");
        assert_eq!(
            (of.comm, of.pid, of.tid, of.period),
            ("web content", Some(1), Some(27), None)
        );
        assert_eq!(of.event, "cycles:u");
        let frame = of.frame.unwrap();
        assert_eq!(
            (frame.address, frame.symbol, frame.object),
            (0x7f00, "f", "/lib/a b.so")
        );
        for line in [
            "panic: boom",
            "goroutine 1 [running]:",
            "a 12 13",
            "2026/11/29 08:12:17 started: 5",
        ] {
            assert!(
                !matches!(perf_line(line), Some(PerfLine::Header(of)) if of.nanos.is_some()),
                "{line}"
            );
        }
    }

    #[test]
    fn calls_have_names_with_blanks_and_brackets() {
        let frame = |line| match perf_line(line) {
            Some(PerfLine::Frame(frame)) => frame,
            other => panic!("{line}: {other:?}"),
        };
        let of = frame(
            "\t  1ab925 runtime.AddCleanup[go.shape.struct { x bool },go.shape.struct {}]+0x265 (/src/bin/orders)",
        );
        assert_eq!(
            of.symbol,
            "runtime.AddCleanup[go.shape.struct { x bool },go.shape.struct {}]"
        );
        assert_eq!(of.object, "/src/bin/orders");
        assert_eq!(frame("\tffff [unknown] ([kernel.kallsyms])").symbol, "");
        assert_eq!(
            frame("\tffff [unknown] ([kernel.kallsyms])").object,
            "[kernel.kallsyms]"
        );
        assert!(frame("\t1 std::vector<int>::push (inlined)").is_inlined);
        assert_eq!(
            frame("\t1f196 runtime.(*listHeadManual).pop").symbol,
            "runtime.(*listHeadManual).pop"
        );
        assert!(recognizes_perf(b"a 1 1.0: 1 e:\n\t1 f (x)\n"));
        assert!(!recognizes_perf(b"a 1 1.0: 1 e:\n"));
        assert!(!recognizes_perf(b"\xff\n"));
    }
}
