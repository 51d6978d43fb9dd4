//! Damaged heap dumps through the whole program: cut, changed, with lengths that no file has. Each is answered in part or refused,
//! with the place in the file, in memory that the file bounds; nothing panics, nothing hangs.

#[cfg(test)]
#[path = "support/samples.rs"]
mod samples;

#[cfg(test)]
mod dump_damage {
    use crate::samples;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    fn dump(name: &str) -> Vec<u8> {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/heapdumps");
        samples::bytes(&corpus.join(name))
    }

    fn written(name: &str, bytes: &[u8]) -> PathBuf {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&file, bytes).unwrap();
        file
    }

    /// Exit status and talk of a run that has 400 MB of memory and 20 seconds of a processor.
    fn asked(verb: &str, file: &Path) -> (i32, String) {
        let command = format!(
            "ulimit -d 400000; ulimit -t 20; exec {} {verb} {}",
            env!("CARGO_BIN_EXE_dumpview"),
            file.display()
        );
        let output = Command::new("sh")
            .args(["-c", &command])
            .env("RAYON_NUM_THREADS", "2")
            .output()
            .unwrap();
        let talk = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code().unwrap_or(-1), talk)
    }

    fn is_answered_or_refused(what: &str, verb: &str, file: &Path) -> i32 {
        let (status, talk) = asked(verb, file);
        assert!(
            [0, 1, 3, 4].contains(&status),
            "{what}: {verb}: {status}: {talk}"
        );
        assert!(!talk.contains("panicked"), "{what}: {verb}: {talk}");
        status
    }

    /// Numbers that look drawn at random and are the same each time.
    fn drawn(seed: &mut u64) -> usize {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        usize::try_from(*seed >> 16).unwrap()
    }

    #[test]
    fn a_dump_that_is_cut_anywhere_says_where() {
        let whole = dump("known-go1.27.3.dump.zst");
        let mut seed = 0x1234_5678_9abc_def0;
        let cuts = (1..100).map(|percent| whole.len() * percent / 100);
        let random: Vec<usize> = (0..20).map(|_| drawn(&mut seed) % whole.len()).collect();
        let mut partial = 0;
        for cut in cuts.chain(random) {
            let file = written("cut.dump", &whole[..cut]);
            let what = format!("cut at {cut}");
            let status = is_answered_or_refused(&what, "heap", &file);
            if status == 4 {
                partial += 1;
                let (_, talk) = asked("heap", &file);
                assert!(talk.contains("0x"), "{what}: {talk}");
            } else {
                assert!(status != 0, "{what}: called whole");
            }
        }
        assert!(partial > 90, "only {partial} were answered in part");
    }

    #[test]
    fn changed_bytes_and_lengths_are_no_danger() {
        let whole = dump("known-go1.27.3.dump.zst");
        let mut seed = 0xfeed_beef_1234_5678;
        for round in 0..40 {
            let mut bytes = whole.clone();
            for _ in 0..=round % 4 {
                let at = drawn(&mut seed) % bytes.len();
                bytes[at] = u8::try_from(drawn(&mut seed) & 0xff).unwrap();
            }
            let file = written("changed.dump", &bytes);
            for verb in ["heap", "goroutines", "heap records --top 5"] {
                is_answered_or_refused(&format!("round {round}"), verb, &file);
            }
        }
        // A varint of 2^60 in the place of any number: nine bytes.
        let huge = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10];
        for round in 0..40 {
            let mut bytes = whole.clone();
            let at = drawn(&mut seed) % (bytes.len() - huge.len());
            let at = if round < 20 { 16 + round * 7 } else { at };
            bytes.splice(at..=at, huge);
            let file = written("changed.dump", &bytes);
            is_answered_or_refused(&format!("2^60 at {at}"), "heap top", &file);
        }
    }
}
