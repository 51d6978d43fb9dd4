//! Heaps of the committed cores: whole ones agree with the runtime's own counters, damaged ones end in an answer.

#[cfg(test)]
mod heap {
    use dumpview_heap::Paths;
    use dumpview_process::heap::Heap;
    use dumpview_process::heap::audit::Audit;
    use dumpview_process::heap::types::Labels;
    use dumpview_process::image::{CoreFile, Executable, NoFiles, SectionArena};
    use dumpview_process::mapped::OpenOptions;
    use dumpview_process::process::Process;
    use std::fs::File;
    use std::io::Read;
    use std::path::{Path, PathBuf};
    use std::time::{Duration, Instant};

    fn fixtures() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/fixtures")
    }

    fn unpacked(name: &str) -> Vec<u8> {
        let file = File::open(fixtures().join(format!("{name}.zst"))).expect(name);
        let mut bytes = Vec::new();
        let mut reader = ruzstd::decoding::StreamingDecoder::new(file).expect(name);
        reader.read_to_end(&mut bytes).expect(name);
        bytes
    }

    /// Everything about one heap: objects walked, objects counted, what is missing.
    struct Walked {
        agrees: bool,
        objects: u64,
        reached: u64,
        to_free_slots: u64,
        notes: usize,
    }

    /// Walks the heap of a core as far as it can be walked.
    fn walk(core: &[u8], exe: &[u8]) -> Option<Walked> {
        let arena = SectionArena::default();
        let core = CoreFile::parse(core).ok()?;
        let exe = Executable::parse(exe, &arena).ok()?;
        let options = OpenOptions {
            trust_executable: true,
        };
        let process = Process::open(&core, Some(&exe), &NoFiles, options);
        let heap = Heap::read(&process).ok()?;
        let dominators = heap.dominators();
        let labels = Labels::find(&process, &heap).ok()?;
        for object in (0..heap.spans.objects()).step_by(101) {
            let _ = labels.of(object).map(|label| label.role);
        }
        let paths = Paths::of(&heap.graph);
        assert!(paths.to(0).len() < usize::MAX);
        let audit = Audit::of(&process.runtime()?, &heap.spans);
        Some(Walked {
            agrees: audit.agrees() && audit.in_heap.agrees() && audit.manual.agrees(),
            objects: audit.objects.walked,
            reached: dominators.total(),
            to_free_slots: heap.scanned.to_free_slots,
            notes: heap.notes().len(),
        })
    }

    #[test]
    fn every_committed_core_agrees_with_its_own_counters() {
        // One death of each release, variant and architecture; the others share their executables.
        let mut walked = 0;
        for entry in std::fs::read_dir(fixtures()).expect("fixtures").flatten() {
            let name = entry.file_name().into_string().expect("a name");
            let Some(core) = name.strip_suffix(".zst") else {
                continue;
            };
            if !core.contains("-go1.") || core.contains(".exe") || core.contains(".witnesses") {
                continue;
            }
            let wanted = [
                "crash-sigquit-",
                "crash-blocked-n",
                "crash-oom-",
                "types-maps-",
                "cgo-c-sleep-",
            ];
            if !wanted.iter().any(|start| core.starts_with(start)) {
                continue;
            }
            let exe = executable_of(core);
            let found = walk(&unpacked(core), &unpacked(&exe)).expect(core);
            assert!(found.agrees, "{core}: walked {} objects", found.objects);
            assert_eq!(found.to_free_slots, 0, "{core}: pointers into free slots");
            assert!(found.reached > 0 && found.objects > 100, "{core}");
            walked += 1;
        }
        assert!(walked > 20, "only {walked} cores were walked");
    }

    /// `PROGRAM-MODE-VARIANT-goX-ARCH.core` ran `PROGRAM-VARIANT-goX-ARCH.exe`.
    fn executable_of(core: &str) -> String {
        let all: Vec<String> = std::fs::read_dir(fixtures())
            .expect("fixtures")
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter_map(|name| name.strip_suffix(".exe.zst").map(str::to_owned))
            .collect();
        let stem = core.trim_end_matches(".core");
        let fits = |exe: &&String| {
            let (program, rest) = exe.split_once('-').expect("a variant");
            stem.starts_with(program) && stem.ends_with(&format!("-{rest}"))
        };
        let best = all.iter().filter(fits).max_by_key(|exe| exe.len());
        format!("{}.exe", best.expect(core))
    }

    /// A generator whose numbers are the same every time.
    struct Lot(u64);

    impl Lot {
        fn below(&mut self, limit: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            usize::try_from(self.0 % limit.max(1) as u64).unwrap_or(0)
        }
    }

    /// Cores damaged in many ways: each has to end soon, whatever it says.
    fn damaged(program: &str, mode: &str, rest: &str) {
        let whole = unpacked(&format!("{program}-{mode}-{rest}.core"));
        let exe = unpacked(&format!("{program}-{rest}.exe"));
        let sound = walk(&whole, &exe).expect("a heap");
        let mut lot = Lot(0x9e37_79b9_7f4a_7c15);
        // Where there is something, most of a core being holes.
        let pages: Vec<usize> = (0..whole.len() / 4096)
            .filter(|page| {
                whole[page * 4096..(page + 1) * 4096]
                    .iter()
                    .any(|b| *b != 0)
            })
            .collect();
        let mut answers = 0;
        for round in 0..40 {
            let mut core = whole.clone();
            match round % 4 {
                0 => {
                    let keep = pages[lot.below(pages.len())] * 4096 + lot.below(4096);
                    core.truncate(keep.max(4096));
                }
                // Words of one page become sizes, lengths and pointers that none should be.
                1 => {
                    for _ in 0..200 {
                        let at = pages[lot.below(pages.len())] * 4096 + lot.below(512) * 8;
                        let word = [u64::MAX, 1 << 40, 1 << 47, 0xffff_ffff, 3, 0][lot.below(6)];
                        core[at..at + 8].copy_from_slice(&word.to_le_bytes());
                    }
                }
                // Words go where other words were: lists close on themselves.
                2 => {
                    for _ in 0..500 {
                        let from = pages[lot.below(pages.len())] * 4096 + lot.below(512) * 8;
                        let to = pages[lot.below(pages.len())] * 4096 + lot.below(512) * 8;
                        core.copy_within(from..from + 8, to);
                    }
                }
                // Single bytes, many of them.
                _ => {
                    for _ in 0..5000 {
                        let at = pages[lot.below(pages.len())] * 4096 + lot.below(4096);
                        core[at] =
                            core[at].wrapping_add(1 + u8::try_from(lot.below(255)).unwrap_or(0));
                    }
                }
            }
            let start = Instant::now();
            if let Some(found) = walk(&core, &exe) {
                answers += 1;
                if round % 4 == 0 && found.objects < sound.objects {
                    assert!(
                        found.notes > 0,
                        "round {round}: what is missing is not told"
                    );
                }
            }
            let took = start.elapsed();
            assert!(took < Duration::from_mins(1), "round {round} took {took:?}");
        }
        assert!(
            answers > 10,
            "only {answers} of 40 damaged cores had a heap"
        );
    }

    #[test]
    fn damage_ends_in_an_answer_1_27() {
        damaged("types", "maps", "noopt-go1.27.3-amd64");
    }

    #[test]
    fn damage_ends_in_an_answer_1_24() {
        damaged("types", "all", "noopt-go1.24.11-amd64");
    }

    #[test]
    fn damage_ends_in_an_answer_1_19() {
        damaged("types", "maps", "opt-go1.19-amd64");
    }

    #[test]
    fn damage_ends_in_an_answer_stripped() {
        damaged("crash", "blocked", "stripped-go1.27.3-amd64");
    }
}
