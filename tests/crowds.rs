//! Cores of processes with a million of something, or whose lists say so: every verb that walks them answers, in a bounded
//! time and in bounded memory.
//!
//! Each core is a committed one with a recipe over it. How often the lists are read is counted beside the code that reads them
//! (`process/src/runtime/tests.rs`); here whole runs have a limit of memory and the patience of `support/run.rs`.

#[cfg(test)]
#[path = "support/overlay.rs"]
mod overlay;
#[cfg(test)]
#[path = "support/run.rs"]
mod run;
#[cfg(test)]
#[path = "support/samples.rs"]
mod samples;

#[cfg(test)]
mod tests {
    use crate::overlay::Overlay;
    use crate::run::{Call, Ran};
    use dumpview_model::goroutine::Status;
    use dumpview_process::process::Process;
    use dumpview_process::runtime::Goroutine;
    use std::fs;
    use std::path::{Path, PathBuf};

    const RELEASES: [&str; 2] = ["1.19", "1.27.3"];
    /// Where nothing is in a process: what is added stands there.
    const FREE: u64 = 0x7000_0000_0000;

    fn blocked(release: &str) -> Overlay {
        Overlay::of(
            &format!("crash-blocked-noopt-go{release}-amd64.core.zst"),
            &format!("crash-noopt-go{release}-amd64.exe.zst"),
        )
    }

    /// A core with its executable that is removed when it has been asked.
    struct Case {
        folder: PathBuf,
        core: PathBuf,
        exe: PathBuf,
    }

    impl Case {
        fn of(overlay: Overlay, name: &str) -> Self {
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("crowds-{name}"));
            let (core, exe) = overlay.write(&folder, name);
            Self { folder, core, exe }
        }

        /// The answer to a question, whose first word is the verb, within a gigabyte of data.
        fn ask(&self, question: &str) -> Ran {
            let out = self.folder.join("out");
            let mut words: Vec<&str> = question.split(' ').filter(|w| !w.is_empty()).collect();
            for word in words.iter_mut().filter(|word| **word == "OUT") {
                *word = out.to_str().unwrap();
            }
            let at = words.iter().position(|word| word.starts_with('-'));
            let files = [&self.core, &self.exe].map(|path| path.to_str().unwrap());
            let at = at.unwrap_or(words.len());
            words.splice(at..at, files);
            let ran = Call::limited(1 << 20, &words).run();
            assert!(!ran.err.contains("panicked"), "{question}: {}", ran.err);
            let told = ["incomplete", "all together may take"];
            let is_told = !ran.err.is_empty() || told.iter().any(|text| ran.out.contains(text));
            let cut = ran.status == 4 && is_told;
            assert!(
                ran.status == 0 || ran.status == 1 || cut,
                "{question}: {}: {}",
                ran.status,
                ran.err
            );
            ran
        }

        fn ask_all(&self, questions: &[&str]) {
            for question in questions {
                self.ask(question);
            }
        }
    }

    impl Drop for Case {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }

    /// The g of a goroutine of the program's that waits.
    fn waiting_g(process: &Process<'_>) -> u64 {
        let all = process.goroutines().expect("goroutines");
        let symbols = process.symbols().expect("symbols");
        let is_own = |g: &&Goroutine| {
            let begins = symbols.find(g.startpc);
            g.status == Status::Waiting && begins.is_some_and(|f| f.name().starts_with("main."))
        };
        let own = all.list().iter().rev().find(is_own);
        own.expect("one that waits").addr.0
    }

    /// Makes `allgs` a list of so many of its own.
    fn list_gs(overlay: &mut Overlay, list: &[u64]) {
        let bytes: Vec<u8> = list.iter().flat_map(|at| at.to_le_bytes()).collect();
        let array = FREE + (1 << 44);
        let stored = overlay.store(&bytes);
        overlay.map(array, stored);
        let len = list.len() as u64;
        for (name, words) in [
            ("runtime.allgs", &[array, len, len][..]),
            ("runtime.allgptr", &[array]),
            ("runtime.allglen", &[len]),
        ] {
            let at = overlay.variable(name);
            overlay.poke(at, words);
        }
    }

    /// So many gs like the one given, in blocks that share the bytes of the first; gives their addresses.
    fn add_gs(overlay: &mut Overlay, g: &[u8], block: u64, blocks: u64) -> Vec<u64> {
        let goid = usize::try_from(overlay.field("runtime.g", "goid")).unwrap();
        let size = g.len() as u64;
        let mut bytes = g.repeat(usize::try_from(block).unwrap());
        for (index, g) in bytes.chunks_mut(g.len()).enumerate() {
            g[goid..goid + 8].copy_from_slice(&(1000 + index as u64).to_le_bytes());
        }
        let stored = overlay.store(&bytes);
        let stride = (block * size).next_multiple_of(4096);
        let mut list = Vec::new();
        for number in 0..blocks {
            let start = FREE + number * stride;
            overlay.map(start, stored);
            list.extend((0..block).map(|index| start + index * size));
        }
        list
    }

    /// Every verb that goes over all goroutines, threads, or what either waits for and has deferred.
    const OF_GOROUTINES: &[&str] = &[
        "",
        "goroutines --group",
        "goroutines --with-stacks --json",
        "bt --all --full",
        "waits",
        "threads",
        "memory",
        "heap top --by goroutine --no-cache",
        "export --to folded --force --output OUT",
    ];

    #[test]
    fn a_million_goroutines_are_answered() {
        let mut overlay = blocked("1.27.3");
        let at = overlay.ask(waiting_g);
        let size = overlay.size_of("runtime.g");
        let g = overlay.bytes(at, size);
        let list = add_gs(&mut overlay, &g, 1 << 16, 16);
        list_gs(&mut overlay, &list);
        let case = Case::of(overlay, "million");
        // A million stacks are written one by one, which takes its time.
        let mut but_stacks = OF_GOROUTINES.to_vec();
        but_stacks.retain(|question| !question.starts_with("bt"));
        case.ask_all(&but_stacks);
    }

    #[test]
    fn ten_million_dead_gs_are_counted() {
        for release in RELEASES {
            let mut overlay = blocked(release);
            let at = overlay.ask(waiting_g);
            let size = overlay.size_of("runtime.g");
            let mut g = overlay.bytes(at, size);
            let status = usize::try_from(overlay.field("runtime.g", "atomicstatus")).unwrap();
            g[status] = 6;
            let mut list = overlay.ask(|process| -> Vec<u64> {
                let all = process.goroutines().expect("goroutines");
                all.list().iter().map(|g| g.addr.0).collect()
            });
            list.extend(add_gs(&mut overlay, &g, 1 << 16, 153));
            list_gs(&mut overlay, &list);
            let case = Case::of(overlay, &format!("dead-{release}"));
            case.ask_all(OF_GOROUTINES);
        }
    }

    #[test]
    fn ten_million_goroutines_end_within_their_memory() {
        let mut overlay = blocked("1.27.3");
        let at = overlay.ask(waiting_g);
        let size = overlay.size_of("runtime.g");
        let g = overlay.bytes(at, size);
        let list = add_gs(&mut overlay, &g, 1 << 16, 153);
        list_gs(&mut overlay, &list);
        let case = Case::of(overlay, "ten-million");
        case.ask_all(OF_GOROUTINES);
    }

    /// Records of a list: how large they are and where they say which is the next.
    struct Chain<'c> {
        count: u64,
        stride: u64,
        links: &'c [u64],
        /// Where the last one leads.
        end: u64,
        /// Words that each has.
        fields: &'c [(u64, u64)],
        /// A word behind them.
        tail: u64,
    }

    impl Chain<'_> {
        /// Puts them one behind the other.
        fn put(&self, overlay: &mut Overlay, at: u64) {
            let place = |at: u64| usize::try_from(at).unwrap();
            let mut bytes = vec![0u8; place(self.count * self.stride + (1 << 12))];
            for index in 0..self.count {
                let record = place(index * self.stride);
                let next = at + (index + 1) * self.stride;
                let next = if index + 1 < self.count {
                    next
                } else {
                    self.end
                };
                let links = self.links.iter().map(|link| (*link, next));
                for (offset, word) in self.fields.iter().copied().chain(links) {
                    bytes[record + place(offset)..][..8].copy_from_slice(&word.to_le_bytes());
                }
            }
            let tail = place(self.count * self.stride);
            bytes[tail..tail + 8].copy_from_slice(&self.tail.to_le_bytes());
            let stored = overlay.store(&bytes);
            overlay.map(at, stored);
        }
    }

    const LIST: u64 = FREE + (2 << 44);
    const MILLION: u64 = 1_000_000;

    #[test]
    fn a_million_ms_or_a_circle_of_them_are_walked_once() {
        for end in [0, LIST + 1600] {
            let mut overlay = blocked("1.27.3");
            let link = overlay.field("runtime.m", "alllink");
            let id = overlay.field("runtime.m", "procid");
            // They lie over each other: all that is read of them are links and zeros.
            let stride = if id % 16 == link % 16 { 24 } else { 16 };
            let real = overlay.word(overlay.variable("runtime.allm"));
            let end = if end == 0 { real } else { end };
            let ms = Chain {
                count: MILLION,
                stride,
                links: &[link],
                end,
                fields: &[],
                tail: 0,
            };
            ms.put(&mut overlay, LIST);
            let at = overlay.variable("runtime.allm");
            overlay.poke(at, &[LIST]);
            let case = Case::of(overlay, &format!("ms-{}", end == real));
            case.ask_all(OF_GOROUTINES);
            case.ask_all(&["threads --json", "regs"]);
        }
    }

    /// Goroutines that all have the same list of deferred calls, of one frame.
    #[test]
    fn deferred_calls_by_the_million_shared_by_many_goroutines() {
        for release in RELEASES {
            for end in [0, LIST] {
                let mut overlay = blocked(release);
                let at = overlay.ask(waiting_g);
                let (sp, closure) = overlay.ask(|process| {
                    let all = process.goroutines().unwrap();
                    let g = all.by_addr(dumpview_process::addr::Addr(at)).unwrap();
                    let stack = process.stack(g);
                    let outer = stack.frames.last().unwrap();
                    (outer.sp.0, g.startpc.0)
                });
                let mut g = overlay.bytes(at, overlay.size_of("runtime.g"));
                let defers = usize::try_from(overlay.field("runtime.g", "_defer")).unwrap();
                g[defers..defers + 8].copy_from_slice(&LIST.to_le_bytes());
                let field = |path| overlay.field("runtime._defer", path);
                let size = overlay.size_of("runtime._defer");
                let records = Chain {
                    count: MILLION,
                    stride: size,
                    links: &[field("link")],
                    end,
                    // The closure is the word behind all records.
                    fields: &[(field("sp"), sp), (field("fn"), LIST + MILLION * size)],
                    tail: closure,
                };
                records.put(&mut overlay, LIST);
                let list = add_gs(&mut overlay, &g, 4096, 1);
                list_gs(&mut overlay, &list);
                let case = Case::of(overlay, &format!("defers-{release}-{end:x}"));
                case.ask_all(OF_GOROUTINES);
                case.ask_all(&["bt -g 1005 --full"]);
            }
        }
    }

    #[test]
    fn a_queue_of_a_million_that_every_goroutine_stands_in() {
        for release in RELEASES {
            for end in [0, LIST] {
                let mut overlay = blocked(release);
                let sudog = |overlay: &Overlay, path: &str| {
                    let plain = overlay.has_field("runtime.sudog", &format!("{path}.vu"));
                    let path = if plain {
                        format!("{path}.vu")
                    } else {
                        path.to_owned()
                    };
                    overlay.field("runtime.sudog", &path)
                };
                // A goroutine that waits on a channel.
                let (at, waiting) = overlay.ask(|process| {
                    let all = process.goroutines().unwrap().list();
                    let mut with = all.iter().filter(|g| !g.waiting.is_null());
                    let of = with.next_back().unwrap();
                    (of.addr.0, of.waiting.0)
                });
                let chan = overlay.word(waiting + sudog(&overlay, "c"));
                let mut g = overlay.bytes(at, overlay.size_of("runtime.g"));
                let first = usize::try_from(overlay.field("runtime.g", "waiting")).unwrap();
                g[first..first + 8].copy_from_slice(&LIST.to_le_bytes());
                let list = add_gs(&mut overlay, &g, 1 << 14, 1);
                let records = Chain {
                    count: MILLION,
                    stride: overlay.size_of("runtime.sudog"),
                    links: &[sudog(&overlay, "next"), sudog(&overlay, "waitlink")],
                    end,
                    fields: &[
                        (sudog(&overlay, "c"), chan),
                        (sudog(&overlay, "g"), list[7]),
                        (sudog(&overlay, "isSelect"), 1),
                    ],
                    tail: 0,
                };
                records.put(&mut overlay, LIST);
                list_gs(&mut overlay, &list);
                if chan != 0 {
                    for queue in ["recvq.first", "sendq.first"] {
                        let at = chan + overlay.field("runtime.hchan", queue);
                        overlay.poke(at, &[LIST]);
                    }
                }
                let table = overlay.variable("runtime.semtable");
                let treap = overlay.field("runtime.semtable", "[0].root.treap");
                overlay.poke(table + treap, &[LIST]);
                let case = Case::of(overlay, &format!("sudogs-{release}-{end:x}"));
                case.ask_all(OF_GOROUTINES);
                case.ask_all(&["vars", "bt -g 1005 --full"]);
            }
        }
    }

    #[test]
    fn ten_million_timers_of_every_p() {
        for release in RELEASES {
            let mut overlay = blocked(release);
            let wide = overlay.has_field("runtime.timers", "heap");
            let allp = overlay.variable("runtime.allp");
            let p = overlay.word(overlay.word(allp));
            let at = if wide {
                p + overlay.field("runtime.p", "timers") + overlay.field("runtime.timers", "heap")
            } else {
                p + overlay.field("runtime.p", "timers")
            };
            // An object of the heap that has a word where a timer has its time.
            let object = overlay.ask(|process| process.goroutines().unwrap().list()[0].addr.0);
            let count = 10 * MILLION;
            let words = if wide { 2 } else { 1 };
            let timers: Vec<u8> = (0..count * words)
                .flat_map(|_| object.to_le_bytes())
                .collect();
            let stored = overlay.store(&timers);
            overlay.map(LIST, stored);
            overlay.poke(at, &[LIST, count, count]);
            // The same P over and over.
            let ps: Vec<u8> = (0..10_000u64).flat_map(|_| p.to_le_bytes()).collect();
            let stored = overlay.store(&ps);
            overlay.map(LIST + (1 << 40), stored);
            overlay.poke(allp, &[LIST + (1 << 40), 10_000, 10_000]);
            let case = Case::of(overlay, &format!("timers-{release}"));
            case.ask_all(OF_GOROUTINES);
        }
    }

    #[test]
    fn a_million_threads_are_told() {
        let mut overlay = blocked("1.27.3");
        let status = overlay.thread_note();
        let tid = status.len() - 336 + 32;
        let mut notes = status.repeat(usize::try_from(MILLION).unwrap());
        for (index, note) in (1u32..).zip(notes.chunks_mut(status.len())) {
            note[tid..tid + 4].copy_from_slice(&index.to_le_bytes());
        }
        let stored = overlay.store(&notes);
        overlay.notes(stored);
        let case = Case::of(overlay, "threads");
        case.ask_all(&[
            "",
            "info",
            "goroutines",
            "threads",
            "threads --json",
            "regs",
            "bt --all",
            "waits",
            "memory",
        ]);
    }

    /// Ten thousand segments that are the same hundred megabytes of zeros, and five thousand that each claim the rest of the
    /// address space.
    #[test]
    fn segments_that_are_each_other_s_are_read_once() {
        for program in ["noopt", "stripped"] {
            let mut overlay = Overlay::of(
                &format!("crash-blocked-{program}-go1.27.3-amd64.core.zst"),
                &format!("crash-{program}-go1.27.3-amd64.exe.zst"),
            );
            let zeros = overlay.store(&vec![0; 100 << 20]);
            for index in 0..10_000 {
                overlay.map(FREE + (index << 28), zeros);
            }
            let word = overlay.store(&[7; 4096]);
            for index in 0..5_000 {
                overlay.map_beyond(LIST + (index << 13), word, 1 << 46);
            }
            let case = Case::of(overlay, &format!("aliases-{program}"));
            case.ask_all(&[
                "",
                "info",
                "goroutines",
                "threads",
                "memory",
                "heap --no-cache",
                "waits",
            ]);
        }
    }

    /// Where roots or stacks are missing it is not known what a goroutine keeps, and that is no nought.
    #[test]
    fn what_goroutines_keep_is_unknown_where_roots_are_missing() {
        for release in RELEASES {
            let damaged = |damage: &dyn Fn(&mut Overlay), name: &str| {
                let mut overlay = blocked(release);
                damage(&mut overlay);
                let case = Case::of(overlay, &format!("kept-{name}-{release}"));
                let ran = case.ask("goroutines --retained --json --system --no-cache");
                assert_eq!(ran.status, 4, "{name}: {}", ran.err);
                ran.json()
            };
            let mask = |overlay: &mut Overlay| {
                let module = overlay.variable("runtime.firstmoduledata");
                let count = module + overlay.field("runtime.moduledata", "gcdatamask.n");
                overlay.poke(count, &[1]);
            };
            let said = damaged(&mask, "mask");
            assert!(
                said["incomplete"]
                    .as_array()
                    .is_some_and(|all| !all.is_empty()),
                "{said}"
            );
            let stacks = |overlay: &mut Overlay| {
                let at = overlay.ask(waiting_g);
                let pc = at + overlay.field("runtime.g", "sched.pc");
                overlay.poke(pc, &[0x1234]);
            };
            let said = damaged(&stacks, "stack");
            let all = said["goroutines"].as_array().expect("goroutines");
            let unknown = all.iter().filter(|g| g["retained_bytes"].is_null()).count();
            assert_eq!(unknown, 1, "{said}");
            assert!(said["retained_unknown"].is_string(), "{said}");
        }
    }
}
