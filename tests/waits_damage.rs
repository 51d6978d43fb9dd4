//! Who waits for whom in cores whose records of waiters are damaged: channels whose queues lead to themselves, `sudog`s that
//! lead in circles or nowhere, bytes that were changed. An answer in part, no panic, no hang.

#[cfg(test)]
#[path = "support/samples.rs"]
mod samples;

#[cfg(test)]
mod waits_damage {
    use crate::samples;
    use serde_json::Value;
    use std::ops::Range;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    const CASES: [(&str, &str); 2] = [
        (
            "crash-blocked-noopt-go1.19-amd64.core.zst",
            "crash-noopt-go1.19-amd64.exe.zst",
        ),
        (
            "crash-blocked-noopt-go1.27.3-amd64.core.zst",
            "crash-noopt-go1.27.3-amd64.exe.zst",
        ),
    ];
    /// Words of a channel (`hchan`) and of a record of a waiter (`sudog`).
    const WORDS: u64 = 12;

    fn fixture(name: &str) -> Vec<u8> {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/fixtures");
        samples::bytes(&corpus.join(name))
    }

    fn written(name: &str, bytes: &[u8]) -> PathBuf {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&file, bytes).unwrap();
        file
    }

    fn word(bytes: &[u8], at: usize) -> u64 {
        u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
    }

    /// Where an address of the process stands in its core.
    fn offset(core: &[u8], addr: u64) -> Option<usize> {
        let half = |at: usize| u16::from_le_bytes(core[at..at + 2].try_into().unwrap());
        let headers = usize::try_from(word(core, 32)).unwrap();
        (0..usize::from(half(56))).find_map(|number| {
            let header = headers + number * usize::from(half(54));
            let is_load = core[header..header + 4] == [1, 0, 0, 0];
            let (start, size) = (word(core, header + 16), word(core, header + 32));
            let inside = is_load && (start..start + size).contains(&addr);
            inside.then(|| usize::try_from(word(core, header + 8) + addr - start).unwrap())
        })
    }

    /// The answer of a run that has 400 MB of memory and 20 seconds of a processor; nothing where it was refused.
    fn asked(what: &str, core: &Path, exe: &Path) -> Option<Value> {
        let command = format!(
            "ulimit -d 400000; ulimit -t 20; exec {} waits --json {} {}",
            env!("CARGO_BIN_EXE_dumpview"),
            core.display(),
            exe.display()
        );
        let output = Command::new("sh")
            .args(["-c", &command])
            .env("RAYON_NUM_THREADS", "2")
            .output()
            .unwrap();
        let talk = String::from_utf8_lossy(&output.stderr);
        let status = output.status.code().unwrap_or(-1);
        assert!([0, 1, 3, 4].contains(&status), "{what}: {status}: {talk}");
        assert!(!talk.contains("panicked"), "{what}: {talk}");
        matches!(status, 0 | 4).then(|| serde_json::from_slice(&output.stdout).expect(what))
    }

    fn addresses(answer: &Value) -> Vec<u64> {
        let objects = answer["objects"].as_array().unwrap().iter();
        let channels = objects.filter(|object| object["kind"] == "channel");
        let addrs = channels.filter_map(|object| object["addr"].as_str());
        addrs
            .map(|addr| u64::from_str_radix(&addr[2..], 16).unwrap())
            .collect()
    }

    /// The words of a channel that lead to its waiters.
    fn queues(core: &[u8], channel: u64) -> Vec<u64> {
        let at = offset(core, channel).unwrap();
        let words = (0..WORDS).map(|n| word(core, at + usize::try_from(n * 8).unwrap()));
        // A record of a waiter has the channel in it.
        let leads_back = |to: &u64| {
            offset(core, *to).is_some_and(|at| {
                let words = (0..16).map(|n| at + n * 8);
                let mut words = words.filter(|at| at + 8 <= core.len());
                words.any(|at| word(core, at) == channel)
            })
        };
        let mut found: Vec<u64> = words.filter(leads_back).collect();
        found.dedup();
        found
    }

    /// Numbers that look drawn at random and are the same each time.
    fn drawn(seed: &mut u64, below: Range<usize>) -> usize {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        below.start + usize::try_from(*seed >> 16).unwrap() % below.len()
    }

    #[test]
    fn what_leads_to_itself_is_answered_in_part() {
        let mut changed = 0;
        for (core, exe) in CASES {
            let whole = fixture(core);
            let exe = written(&format!("damage-{exe}.exe"), &fixture(exe));
            let file = written(&format!("damage-{core}.core"), &whole);
            let sound = asked(core, &file, &exe).expect("an answer");
            let channels = addresses(&sound);
            let waiters = channels.iter().flat_map(|channel| queues(&whole, *channel));
            let waiters: Vec<u64> = waiters.take(4).collect();
            assert!(!waiters.is_empty(), "{core}: {channels:x?}");
            // Each word of a channel and of a waiter's record in turn: to itself, to the other.
            for of in [channels[0], waiters[0]] {
                for number in 0..WORDS {
                    let at = offset(&whole, of + number * 8).unwrap();
                    for to in [waiters[0], channels[0]] {
                        if word(&whole, at) == to {
                            continue;
                        }
                        let mut bytes = whole.clone();
                        bytes[at..at + 8].copy_from_slice(&to.to_le_bytes());
                        let file = written(&format!("damage-{core}.core"), &bytes);
                        let what = format!("{core}: {to:#x} at {of:#x}+{}", number * 8);
                        let answer = asked(&what, &file, &exe).expect(&what);
                        assert!(answer["objects"].as_array().is_some(), "{what}");
                        changed += 1;
                    }
                }
            }
        }
        assert!(changed > 60, "{changed}");
    }

    #[test]
    fn changed_bytes_are_no_hang() {
        let mut seed = 0x1234_5678_9abc_def0;
        let mut answered = 0;
        for (core, exe) in CASES {
            let whole = fixture(core);
            let exe = written(&format!("mutated-{exe}.exe"), &fixture(exe));
            for round in 0..12 {
                let mut bytes = whole.clone();
                let count = 1 << (round % 12);
                for _ in 0..count {
                    let at = drawn(&mut seed, 4096..bytes.len() - 8) & !7;
                    // A word of its own: what leads somewhere leads somewhere else.
                    let from = drawn(&mut seed, 4096..bytes.len() - 8) & !7;
                    let other = word(&whole, from);
                    bytes[at..at + 8].copy_from_slice(&other.to_le_bytes());
                }
                let file = written(&format!("mutated-{core}.core"), &bytes);
                let what = format!("{core}: {count} words, round {round}");
                answered += usize::from(asked(&what, &file, &exe).is_some());
            }
        }
        assert!(answered > 15, "{answered}");
    }
}
