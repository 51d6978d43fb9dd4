//! Heaps of the committed cores: whole ones agree with the runtime's own counters, damaged ones end in an answer.

#[cfg(test)]
mod walk;

#[cfg(test)]
mod heap {
    use crate::walk::{Places, Walked, walk};
    use dumpview_process::heap::Heap;
    use dumpview_process::heap::types::Labels;
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
            assert_eq!(found.notes, 0, "{core}: what is whole is called damaged");
            assert_eq!(found.to_free_slots, 0, "{core}: pointers into free slots");
            assert!(found.reached > 0 && found.objects > 100, "{core}");
            walked += 1;
        }
        assert!(walked > 20, "only {walked} cores were walked");
    }

    /// Where the masks of package data are not in the core, they are made of what the executable has: the same is reached.
    #[test]
    fn masks_that_are_not_in_the_core_are_made_again() {
        let mut compared = 0;
        for entry in std::fs::read_dir(fixtures()).expect("fixtures").flatten() {
            let name = entry.file_name().into_string().expect("a name");
            let core = name.strip_suffix(".zst").unwrap_or_default();
            if !core.starts_with("crash-sigquit-")
                || core.contains(".exe")
                || core.contains(".witnesses")
            {
                continue;
            }
            let (mut bytes, exe) = (unpacked(core), unpacked(&executable_of(core)));
            let whole = walk(&bytes, &exe).expect(core);
            let places = Places::of(&bytes, &exe).expect(core);
            let masks = places
                .lengths
                .iter()
                .filter(|(of, _)| of.ends_with("mask.n"));
            let mut cut = 0;
            for (_, at) in masks {
                // The pointer stands behind the number of bits (`runtime.bitvector`); nothing is mapped there.
                bytes[at.offset + 8..at.offset + 16].copy_from_slice(&16u64.to_le_bytes());
                cut += 1;
            }
            assert_eq!(cut, 2, "{core}");
            let again = walk(&bytes, &exe).expect(core);
            assert_eq!((again.reached, again.notes), (whole.reached, 0), "{core}");
            compared += 1;
        }
        assert!(compared > 4, "only {compared} cores were compared");
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
        let places = Places::of(&whole, &exe).expect("structures");
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
        for round in 0..50 {
            let mut core = whole.clone();
            match round % 5 {
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
                // Words of the runtime's structures, of objects and of stacks, by what stands elsewhere in them.
                3 => {
                    for _ in 0..300 {
                        let mut word = || {
                            let kinds = places.kinds();
                            let kind = kinds[lot.below(kinds.len())];
                            let place = kind[lot.below(kind.len())];
                            place.offset + lot.below(place.size / 8) * 8
                        };
                        let (from, to) = (word(), word());
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
                if round % 5 == 0 && found.objects < sound.objects {
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
            "only {answers} of 50 damaged cores had a heap"
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

    /// One word of a runtime structure says what cannot be: the answer is smaller and says so, or it is the same.
    fn one_word(program: &str, mode: &str, rest: &str) {
        let whole = unpacked(&format!("{program}-{mode}-{rest}.core"));
        let exe = unpacked(&format!("{program}-{rest}.exe"));
        let sound = walk(&whole, &exe).expect("a heap");
        let places = Places::of(&whole, &exe).expect("structures");
        let mut core = whole.clone();
        let mut damaged = |at: usize, word: u64, what: &str| {
            let before = core[at..at + 8].to_vec();
            core[at..at + 8].copy_from_slice(&word.to_le_bytes());
            let start = Instant::now();
            let found = walk(&core, &exe);
            let took = start.elapsed();
            assert!(took < Duration::from_secs(20), "{what} took {took:?}");
            core[at..at + 8].copy_from_slice(&before);
            found
        };
        let mut told = 0;
        let mut check = |found: Option<Walked>, what: &str| {
            let found = found.expect("what is left of the heap");
            let changed = (found.objects, found.reached) != (sound.objects, sound.reached);
            let known = found.notes > 0 || !found.agrees;
            assert!(!changed || known, "{what}: {found:?}, it was {sound:?}");
            told += usize::from(changed && known);
        };
        let words = [1 << 40, u64::MAX, 1 << 20, 7, 0];
        for (name, at) in places.fields.clone() {
            // A span in use that has many objects, and one of few.
            for span in places.mspans.iter().step_by(places.mspans.len() / 5 + 1) {
                for word in words {
                    let what = format!("{name} of the mspan at {:#x} is {word:#x}", span.addr);
                    check(damaged(span.offset + at, word, &what), &what);
                }
            }
        }
        for word in words {
            let at = places.mheap[0].offset + places.count;
            let what = format!("{word:#x} spans");
            check(damaged(at, word, &what), &what);
        }
        assert_eq!(places.lengths.len(), 6);
        // What leads to roots: the same roots are found, or it is said that some may be missing.
        for (name, place) in &places.lengths {
            let sound = u64::from_le_bytes(whole[place.offset..][..8].try_into().expect("a word"));
            for word in [
                1,
                sound / 2,
                sound + 64,
                1 << 20,
                1 << 40,
                u64::MAX >> 1,
                u64::MAX,
            ] {
                let what = format!("{name} is {word:#x}");
                let found = damaged(place.offset, word, &what);
                if let Some(found) = &found {
                    assert!(found.notes > 0, "{what} is not told");
                }
                check(found, &what);
            }
        }
        // The first word of an object of more than 512 bytes names its type since 1.22.
        for object in places.objects.iter().step_by(7) {
            for word in [object.addr, object.addr + 16, u64::MAX, 0x1234] {
                let what = format!("a header at {:#x} is {word:#x}", object.addr);
                damaged(object.offset, word, &what).expect("a heap");
            }
        }
        assert!(told > 10, "only {told} damaged words changed anything");
    }

    #[test]
    fn one_impossible_word_of_the_runtime_is_told_1_27() {
        one_word("types", "maps", "noopt-go1.27.3-amd64");
    }

    #[test]
    fn one_impossible_word_of_the_runtime_is_told_1_19() {
        one_word("types", "maps", "opt-go1.19-amd64");
    }

    /// Bytes of the middle of the heap are not in the core: what is left is a lower bound, and says so.
    #[test]
    fn a_core_cut_in_its_heap_is_a_lower_bound() {
        for rest in ["noopt-go1.27.3-amd64", "opt-go1.19-amd64"] {
            let whole = unpacked(&format!("types-maps-{rest}.core"));
            let exe = unpacked(&format!("types-{rest}.exe"));
            let sound = walk(&whole, &exe).expect("a heap");
            let places = Places::of(&whole, &exe).expect("structures");
            let mut offsets: Vec<usize> = places.objects.iter().map(|p| p.offset).collect();
            offsets.sort_unstable();
            let mut compared = 0;
            for part in 1..4 {
                let cut = offsets[offsets.len() * part / 4];
                let Some(found) = walk(&whole[..cut], &exe) else {
                    continue;
                };
                compared += 1;
                assert!(found.reached <= sound.reached, "{rest} cut at {cut:#x}");
                assert!(found.notes > 0, "{rest} cut at {cut:#x}: {found:?}");
            }
            assert!(compared > 0, "{rest}: no cut core had a heap");
        }
    }

    /// Everything that is worked out on several threads, as bytes.
    fn as_bytes(core: &[u8], exe: &[u8], threads: usize) -> Vec<u8> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("threads").install(|| {
            crate::walk::with_process(core, exe, |process| {
                let heap = Heap::read(process).ok()?;
                let dominators = heap.dominators();
                let labels = Labels::find(process, &heap).ok()?;
                let mut bytes = format!(
                    "{:?} {:?} {:?} {:?} {:?}",
                    heap.scanned,
                    heap.roots.list,
                    heap.roots.specials,
                    heap.notes(),
                    labels.list()
                )
                .into_bytes();
                for node in 0..heap.graph.len() {
                    for to in heap.graph.out(node) {
                        bytes.extend(to.to_le_bytes());
                    }
                    let retained = dominators.retained(node, &heap.spans);
                    let label = labels.id(node).map(|id| id.0);
                    bytes.extend(retained.unwrap_or(u64::MAX).to_le_bytes());
                    bytes.extend(label.unwrap_or(u32::MAX).to_le_bytes());
                }
                Some(bytes)
            })
            .expect("a heap")
        })
    }

    #[test]
    fn one_thread_and_many_say_the_same_byte_for_byte() {
        for (core, exe) in [
            (
                "types-maps-noopt-go1.27.3-amd64",
                "types-noopt-go1.27.3-amd64",
            ),
            ("types-maps-opt-go1.19-amd64", "types-opt-go1.19-amd64"),
            (
                "crash-blocked-stripped-go1.27.3-amd64",
                "crash-stripped-go1.27.3-amd64",
            ),
        ] {
            let (core, exe) = (
                unpacked(&format!("{core}.core")),
                unpacked(&format!("{exe}.exe")),
            );
            let one = as_bytes(&core, &exe, 1);
            assert!(one.len() > 10_000);
            for threads in [2, 7] {
                assert!(one == as_bytes(&core, &exe, threads), "{threads} threads");
            }
        }
    }
}
