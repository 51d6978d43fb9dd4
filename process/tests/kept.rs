//! What is kept of the heaps of committed cores: it gives the same answers, and harm is seen or does none.

#[cfg(test)]
mod kept {
    use dumpview_model::heap::{HeapBranch, HeapTotal};
    use dumpview_process::addr::GoId;
    use dumpview_process::heap::Analysis;
    use dumpview_process::heap::ask::{Cut, Of, OwnerKind, Page, TotalBy};
    use dumpview_process::heap::kept::{Identity, Kind, Sections};
    use dumpview_process::heap::suspects::Thresholds;
    use dumpview_process::image::{CoreFile, Executable, NoFiles, SectionArena};
    use dumpview_process::mapped::OpenOptions;
    use dumpview_process::process::Process;
    use std::borrow::Cow;
    use std::fs::File;
    use std::io::Read;
    use std::path::Path;

    const PROGRAM: u128 = 7;
    const PROGRAMS: [(&str, &str); 4] = [
        (
            "crash-nilptr-noopt-go1.27.3-amd64.core",
            "crash-noopt-go1.27.3-amd64.exe",
        ),
        (
            "crash-deadlock-stripped-go1.19-amd64.core",
            "crash-stripped-go1.19-amd64.exe",
        ),
        (
            "types-all-noopt-go1.27.3-arm64.core",
            "types-noopt-go1.27.3-arm64.exe",
        ),
        (
            "cgo-callback-panic-noopt-go1.19-amd64.core",
            "cgo-noopt-go1.19-amd64.exe",
        ),
    ];

    fn unpacked(name: &str) -> Vec<u8> {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/fixtures");
        let file = File::open(fixtures.join(format!("{name}.zst"))).expect(name);
        let mut bytes = Vec::new();
        let mut reader = ruzstd::decoding::StreamingDecoder::new(file).expect(name);
        reader.read_to_end(&mut bytes).expect(name);
        bytes
    }

    fn with_process(core: &[u8], exe: &[u8], ask: impl FnOnce(&Process<'_>) -> Option<()>) {
        let arena = SectionArena::default();
        let core = CoreFile::parse(core).expect("a core");
        let exe = Executable::parse(exe, &arena).expect("an executable");
        let options = OpenOptions {
            trust_executable: true,
        };
        let process = Process::open(&core, Some(&exe), &NoFiles, options);
        ask(&process).expect("something to compare");
    }

    fn anew<'p, 'a>(process: &'p Process<'a>) -> Analysis<'p, 'a> {
        Analysis::of(process, &|_| true).expect("a heap")
    }

    fn read<'p, 'a>(process: &'p Process<'a>, file: &[u8]) -> Option<Analysis<'p, 'a>> {
        let identity = Identity::of(process, b"now");
        Analysis::from_file(process, mapped(file), PROGRAM, identity).expect("spans")
    }

    /// As a file that stays mapped has it: for good, and where words can stand.
    fn mapped(bytes: &[u8]) -> &'static [u8] {
        let mut words = vec![[0u64; 8]; bytes.len().div_ceil(64) + 1];
        let room = zerocopy::IntoBytes::as_mut_bytes(words.as_mut_slice());
        room[..bytes.len()].copy_from_slice(bytes);
        &zerocopy::IntoBytes::as_bytes(Vec::leak(words))[..bytes.len()]
    }

    fn written(process: &Process<'_>, sections: &Sections<'_>) -> Vec<u8> {
        let mut file = Vec::new();
        let identity = Identity::of(process, b"now");
        sections.write(PROGRAM, identity, &mut file).unwrap();
        file
    }

    /// Thresholds that make suspects of much.
    fn thresholds() -> Thresholds {
        Thresholds {
            least_bytes: 64,
            dominator_percent: 1,
            many_objects: 2,
            many_percent: 0,
            list_length: 2,
            list_percent: 0,
            goroutine_percent: 0,
            duplicate_percent: 0,
            waste_percent: 0,
            ..Thresholds::default()
        }
    }

    /// All that is said of a heap.
    #[derive(PartialEq, Debug)]
    struct Said {
        page: Page,
        tree: Vec<HeapBranch>,
        totals: Vec<Vec<HeapTotal>>,
        goroutines: Vec<(GoId, Option<u64>)>,
        objects: Vec<String>,
        paths: usize,
    }

    fn said(analysis: &Analysis<'_, '_>) -> Said {
        let names = analysis.names();
        let nodes = (0..analysis.heap.graph.len()).step_by(97);
        let object = |node: u32| {
            let place = analysis.place(node);
            let retained = analysis.retained(node);
            let (out, referrers) = (names.references(node), analysis.referrers().row(node));
            format!("{place:?} {retained:?} {out:?} {referrers:?}")
        };
        Said {
            page: analysis.page(&thresholds()),
            tree: analysis
                .tree(
                    None,
                    Cut {
                        depth: 6,
                        bytes: 0,
                        width: 20,
                        lines: 2000,
                    },
                )
                .0,
            totals: vec![
                analysis.totals(TotalBy::Package, Of::Live),
                analysis.totals(TotalBy::SizeClass, Of::Live),
                analysis.totals(TotalBy::Type, Of::Garbage),
                analysis.owners(OwnerKind::Root),
                analysis.owners(OwnerKind::Goroutine),
            ],
            goroutines: analysis.retained_by_goroutines(),
            objects: nodes.clone().map(object).collect(),
            paths: nodes.map(|node| analysis.paths().to(node).len()).sum(),
        }
    }

    #[test]
    fn the_answers_are_those_from_nothing() {
        for (core, exe) in PROGRAMS {
            let (core_bytes, exe_bytes) = (unpacked(core), unpacked(exe));
            with_process(&core_bytes, &exe_bytes, |process| {
                let analysis = anew(process);
                let file = written(process, &analysis.to_sections().expect(core));
                let again = read(process, &file).expect(core);
                let said_first = said(&analysis);
                assert_eq!(said(&again), said_first, "{core}");
                assert!(!said_first.page.suspects.is_empty(), "{core}");
                // What was read can be kept again, and is the same to the byte.
                let twice = written(process, &again.to_sections().expect(core));
                assert!(twice == file, "{core}");

                let page = written(process, &said_first.page.to_sections());
                let identity = Identity::of(process, b"now");
                let read = |file: &[u8]| Page::from_file(mapped(file), PROGRAM, identity);
                assert_eq!(read(&page).as_ref(), Some(&said_first.page));
                for at in 0..page.len() {
                    let mut changed = page.clone();
                    changed[at] ^= 0x10;
                    assert!(read(&changed).is_none(), "byte {at} of a page");
                }
                assert!(read(&file).is_none());
                Some(())
            });
        }
    }

    #[test]
    fn a_file_with_a_changed_byte_or_cut_is_nothing() {
        let (core, exe) = PROGRAMS[0];
        let (core, exe) = (unpacked(core), unpacked(exe));
        with_process(&core, &exe, |process| {
            let file = written(process, &anew(process).to_sections()?);
            let step = file.len() / 300;
            for at in (0..400).chain((400..file.len()).step_by(step)) {
                let mut changed = file.clone();
                changed[at] ^= 1;
                assert!(read(process, &changed).is_none(), "byte {at}");
                assert!(read(process, &file[..at]).is_none(), "cut at {at}");
            }
            assert!(read(process, &[&file[..], &[0]].concat()).is_none());
            Some(())
        });
    }

    #[test]
    fn what_is_of_another_core_is_nothing() {
        let (core, exe) = (unpacked(PROGRAMS[0].0), unpacked(PROGRAMS[0].1));
        let stripped = (unpacked(PROGRAMS[1].0), unpacked(PROGRAMS[1].1));
        let mut file = Vec::new();
        with_process(&core, &exe, |process| {
            file = written(process, &anew(process).to_sections()?);
            let (now, later) = (b"now", b"later");
            assert!(Identity::of(process, now) == Identity::of(process, now));
            assert!(Identity::of(process, now) != Identity::of(process, later));
            Some(())
        });
        with_process(&stripped.0, &stripped.1, |process| {
            assert!(read(process, &file).is_none());
            Some(())
        });
        // A register of a thread, and a byte of the executable.
        for (at, in_core) in [(0x1000, true), (exe.len() / 2 / 4096 * 4096, false)] {
            let (mut core, mut exe) = (core.clone(), exe.clone());
            let changed = if in_core { &mut core } else { &mut exe };
            changed[at] ^= 1;
            with_process(&core, &exe, |process| {
                assert!(read(process, &file).is_none());
                Some(())
            });
        }
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

    /// Somebody may write a file whose checksums are right and whose numbers are not.
    #[test]
    fn numbers_of_anybodys_making_end_in_an_answer_or_in_none() {
        let (core, exe) = (unpacked(PROGRAMS[0].0), unpacked(PROGRAMS[0].1));
        with_process(&core, &exe, |process| {
            let analysis = anew(process);
            let whole = analysis.to_sections()?.list;
            let mut lot = Lot(0x9e37_79b9_7f4a_7c15);
            let (mut taken, mut refused) = (0, 0);
            for round in 0..120 {
                let mut list: Vec<Cow<'_, [u8]>> = whole.clone();
                let number = round % list.len();
                let section = list[number].to_mut();
                match lot.below(4) {
                    0 => section.truncate(lot.below(section.len())),
                    1 => {
                        let other = lot.below(whole.len());
                        *section = whole[other].to_vec();
                    }
                    _ => {
                        for _ in 0..=lot.below(8) {
                            let at = lot.below(section.len());
                            if let Some(byte) = section.get_mut(at) {
                                *byte = u8::try_from(lot.below(256)).unwrap();
                            }
                        }
                    }
                }
                let kind = Kind::Graph;
                let file = written(process, &Sections { kind, list });
                match read(process, &file) {
                    Some(analysis) => {
                        let _ = said(&analysis);
                        taken += 1;
                    }
                    None => refused += 1,
                }
            }
            println!("{taken} of such files were read, {refused} refused");
            assert!(refused > 0 && taken > 0);
            Some(())
        });
    }

    #[test]
    fn a_heap_with_holes_is_not_kept() {
        let (mut core, exe) = (unpacked(PROGRAMS[0].0), unpacked(PROGRAMS[0].1));
        core.truncate(core.len() / 2);
        with_process(&core, &exe, |process| {
            if let Ok(analysis) = Analysis::of(process, &|_| true) {
                assert!(analysis.to_sections().is_none());
            }
            Some(())
        });
    }
}
