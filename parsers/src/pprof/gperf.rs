//! Text profiles of gperftools and of programs that copied it (github.com/google/pprof/profile/legacy_profile.go: parseHeap,
//! parseContention, parseThread). Go's own text of `debug=1` is read elsewhere.
//!
//! ```text
//! heap profile:     1:     1024 [     2:     2048] @ heap_v2/524288       --- contentionz 1 ---      --- threadz 1 ---
//!      1:     1024 [     2:     2048] @ 0x4a1b20 0x4a1c31                 cycles/second = 3201000044  --- Thread 7f2 (name: main/14748) stack: ---
//! MAPPED_LIBRARIES:                                                        3 2 @ 0xc20 0xc31          0x40be31 0x40be4c
//! 00400000-fcb000: cppbench_server_main                                    --- Memory map: ---        --- Thread … ---
//! ```

/// What such a profile counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GperfKind {
    /// Memory: objects and bytes in use, and all that were allocated.
    Heap {
        /// Bytes between two samples; values are as they were sampled. Zero where nothing was sampled.
        rate: i64,
        /// What the first line has in front of the rate.
        period: i64,
        /// What was allocated is told beside what is in use.
        has_allocs: bool,
    },
    /// Waits for locks: cycles and how often.
    Contention {
        /// One of so many is recorded.
        period: i64,
        /// Cycles of a second; zero where that is not told.
        hz: i64,
        /// Since when, in milliseconds.
        millis: i64,
    },
    /// Threads.
    Thread,
}

/// A stack.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GperfSample {
    /// In use: objects and bytes, and the same of all; or cycles and how often; or threads.
    pub values: [i64; 4],
    /// Addresses, the innermost first.
    pub stack: Vec<u64>,
}

/// A profile.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GperfProfile<'a> {
    /// What it counts.
    pub kind: GperfKind,
    /// Its samples.
    pub samples: Vec<GperfSample>,
    /// What follows: the mappings of the process as text.
    pub maps: &'a [u8],
    /// Lines that could not be read.
    pub unread: Vec<u64>,
}

/// Whether a text begins as one.
pub fn recognizes_gperf(head: &[u8]) -> bool {
    let head = String::from_utf8_lossy(head.get(..4096).unwrap_or(head));
    first(&head).is_some_and(|line| kind(line).is_some())
}

fn is_comment(line: &str) -> bool {
    line.is_empty() || line.starts_with('#')
}

fn first(text: &str) -> Option<&str> {
    text.lines().map(str::trim).find(|line| !is_comment(line))
}

fn kind(line: &str) -> Option<GperfKind> {
    if let Some(rest) = line.strip_prefix("heap profile:") {
        return heap(rest);
    }
    if line.starts_with("--- contentionz ") {
        return Some(GperfKind::Contention {
            period: 1,
            hz: 0,
            millis: 0,
        });
    }
    let numbered = line
        .strip_prefix("--- threadz ")
        .and_then(|rest| rest.strip_suffix(" ---"));
    let is_numbered = numbered.is_some_and(|of| of.bytes().all(|byte| byte.is_ascii_digit()));
    (is_numbered || is_thread(line)).then_some(GperfKind::Thread)
}

/// `--- Thread 7f794ab90940 (name: main/14748) stack: ---`
fn is_thread(line: &str) -> bool {
    let rest = line.strip_prefix("--- Thread ");
    rest.is_some_and(|rest| rest.contains(" (name: ") && rest.ends_with(") stack: ---"))
}

/// `   1:  1024 [   2:  2048] @ heap_v2/524288`; also `growth`, `fragmentation`, which are not sampled.
fn heap(rest: &str) -> Option<GperfKind> {
    let (numbers, how) = rest.rsplit_once('@')?;
    let [live_objects, live_bytes, objects, bytes] = memory(numbers)?;
    let differs = |all: i64, live: i64| all != live && all != 0;
    let has_allocs = differs(objects, live_objects) || differs(bytes, live_bytes);
    let how = how.trim();
    let (name, rate) = how.split_once('/').unwrap_or((how, ""));
    let number: i64 = if rate.is_empty() {
        0
    } else {
        rate.parse().ok()?
    };
    let (rate, period, has_allocs) = match name {
        "heapz_v2" | "heap_v2" => (number, number, has_allocs),
        // Go's own has its numbers without blanks, and is not read here.
        "heap" => (number / 2, number / 2, has_allocs),
        "heapprofile" => (0, 1, has_allocs),
        "growth" | "growthz" | "fragmentation" | "fragmentationz" => (0, 1, false),
        _ => return None,
    };
    Some(GperfKind::Heap {
        rate,
        period,
        has_allocs,
    })
}

/// `   1:     1024 [     2:     2048] `
fn memory(text: &str) -> Option<[i64; 4]> {
    let (live, all) = text.trim().strip_suffix(']')?.split_once('[')?;
    let pair = |text: &str| -> Option<(i64, i64)> {
        let (objects, bytes) = text.split_once(':')?;
        Some((objects.trim().parse().ok()?, bytes.trim().parse().ok()?))
    };
    let ((live_objects, live_bytes), (objects, bytes)) = (pair(live)?, pair(all)?);
    Some([live_objects, live_bytes, objects, bytes])
}

/// Numbers with `0x` in front; `None` when one of them is too large.
fn addresses(text: &str) -> Option<Vec<u64>> {
    let words = text.match_indices("0x").map(|(at, _)| {
        let digits = text.get(at + 2..).unwrap_or_default();
        let end = digits.find(|c: char| !c.is_ascii_hexdigit());
        digits
            .get(..end.unwrap_or(digits.len()))
            .unwrap_or_default()
    });
    let words = words.filter(|digits| !digits.is_empty());
    words
        .map(|digits| u64::from_str_radix(digits, 16).ok())
        .collect()
}

fn sample(line: &str, kind: GperfKind) -> Option<GperfSample> {
    let (values, stack) = line.split_once('@')?;
    let values = if let GperfKind::Heap { .. } = kind {
        memory(values)?
    } else {
        let mut words = values.split_whitespace();
        let cycles = words.next()?.parse().ok()?;
        [cycles, words.next()?.parse().ok()?, 0, 0]
    };
    Some(GperfSample {
        values,
        stack: addresses(stack)?,
    })
}

fn is_map_mark(line: &str) -> bool {
    line.contains("--- Memory map: ---") || line.contains("MAPPED_LIBRARIES:")
}

impl<'a> GperfProfile<'a> {
    /// Reads one; `None` when the text is none.
    pub fn read(text: &'a [u8]) -> Option<Self> {
        let mut profile: Option<Self> = None;
        let mut rest = text;
        let mut number = 0;
        while !rest.is_empty() {
            let end = rest.iter().position(|byte| *byte == b'\n');
            let (line, after) = rest.split_at(end.map_or(rest.len(), |at| at + 1));
            rest = after;
            number += 1;
            let line = String::from_utf8_lossy(line);
            let line = line.trim();
            let Some(profile) = &mut profile else {
                if !is_comment(line) {
                    profile = Some(Self {
                        kind: kind(line)?,
                        samples: Vec::new(),
                        maps: &[],
                        unread: Vec::new(),
                    });
                    if is_thread(line) {
                        profile.as_mut()?.thread();
                    }
                }
                continue;
            };
            if is_map_mark(line) {
                profile.maps = rest;
                break;
            }
            if !is_comment(line) && !profile.take(line) {
                profile.unread.push(number);
            }
        }
        let mut profile = profile?;
        // Nothing was told of these.
        let is_thread = profile.kind == GperfKind::Thread;
        profile
            .samples
            .retain(|sample| !is_thread || !sample.stack.is_empty());
        Some(profile)
    }

    fn thread(&mut self) {
        self.samples.push(GperfSample {
            values: [1, 0, 0, 0],
            stack: Vec::new(),
        });
    }

    /// Takes a line; whether it is one of the profile's.
    fn take(&mut self, line: &str) -> bool {
        match &mut self.kind {
            GperfKind::Thread => self.of_thread(line),
            GperfKind::Contention { period, hz, millis } => {
                if let Some((name, value)) = line.split_once('=') {
                    let Ok(value) = value.trim().parse::<i64>() else {
                        return false;
                    };
                    match name.trim() {
                        "cycles/second" => *hz = value,
                        "sampling period" => *period = value,
                        "ms since reset" => *millis = value,
                        "discarded samples" => {}
                        _ => return false,
                    }
                    return true;
                }
                line.starts_with("---") || self.sampled(line)
            }
            GperfKind::Heap { .. } => self.sampled(line),
        }
    }

    fn sampled(&mut self, line: &str) -> bool {
        let sample = sample(line, self.kind);
        let is_one = sample.is_some();
        self.samples.extend(sample);
        is_one
    }

    fn of_thread(&mut self, line: &str) -> bool {
        if is_thread(line) {
            self.thread();
            return true;
        }
        if line.contains("same as previous thread") {
            // The head before counted a thread more, which is one more of those before.
            self.samples.pop();
            if let Some(before) = self.samples.last_mut()
                && let Some(count) = before.values.first_mut()
            {
                *count = count.saturating_add(1);
            }
            return true;
        }
        if line.starts_with("---") {
            return true;
        }
        let (Some(last), Some(addresses)) = (self.samples.last_mut(), addresses(line)) else {
            return self.samples.is_empty();
        };
        last.stack.extend(addresses);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_of_cpp_is_told_by_its_head() {
        let text = b"heap profile:   2:   3072 [   5:   9000] @ heap_v2/524288\n   1:   1024 [   2:   2048] @ 0x10 0x20\n   1:   2048 [   3:   6952] @ 0x30\n\nMAPPED_LIBRARIES:\n00400000-00500000 r-xp 0 0:0 0 /bin/a\n";
        let profile = GperfProfile::read(text).unwrap();
        let kind = GperfKind::Heap {
            rate: 524_288,
            period: 524_288,
            has_allocs: true,
        };
        assert_eq!((profile.kind, profile.samples.len()), (kind, 2));
        assert_eq!(profile.samples[0].values, [1, 1024, 2, 2048]);
        assert_eq!(profile.samples[0].stack, [0x10, 0x20]);
        assert!(profile.maps.starts_with(b"00400000"));
        for cut in 0..text.len() {
            if let Some(profile) = GperfProfile::read(&text[..cut]) {
                assert!(profile.samples.len() <= 2);
            }
        }
        assert!(recognizes_gperf(b"heap profile: 1: 2 [ 3: 4] @ growthz\n"));
        assert!(!recognizes_gperf(b"heap profile: 1: 2 [ 3: 4] @ other\n"));
    }

    #[test]
    fn waits_of_cpp_have_attributes_first() {
        let text = b"--- contentionz 1 ---\ncycles/second = 2000000000\nsampling period = 100\nms since reset = 16502830\ndiscarded samples = 0\n 19490304 27 @ 0xbccc97 0xc61202\n junk\n--- Memory map: ---\n";
        let profile = GperfProfile::read(text).unwrap();
        let kind = GperfKind::Contention {
            period: 100,
            hz: 2_000_000_000,
            millis: 16_502_830,
        };
        assert_eq!(profile.kind, kind);
        assert_eq!(profile.samples[0].values, [19_490_304, 27, 0, 0]);
        assert_eq!(profile.unread, [7]);
    }

    #[test]
    fn threads_that_are_the_same_are_counted() {
        let text = b"--- threadz 1 ---\n\n--- Thread 7f79 (name: main/14748) stack: ---\n  PC: 0xa00 0xbc8f1c: foo()\n  0xbcae55\n--- Thread 7f78 (name: worker/3) stack: ---\n  [same as previous thread]\n--- Thread 7f77 (name: worker/4) stack: ---\n  0xc0 0xd0\n---- no stack trace for thread 1 ----\n--- Memory map: ---\n";
        let profile = GperfProfile::read(text).unwrap();
        let of = |sample: &GperfSample| (sample.values[0], sample.stack.len());
        let all: Vec<_> = profile.samples.iter().map(of).collect();
        assert_eq!(
            (profile.kind, all),
            (GperfKind::Thread, vec![(2, 3), (1, 2)])
        );
    }
}
