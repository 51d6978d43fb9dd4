//! Cycles are built here; what the runtime printed is in the tests of the binary.

use super::*;
use crate::log::{Processes, Unread};
use dumpview_parsers::gctrace::{self, Clock, Cpu, Dialect};
use dumpview_parsers::log::{Kind, Origin, Place, Record};
use dumpview_parsers::quantity::{MiB, Nanos};

/// A cycle of 1 ms that begins at `ms`, with these heap sizes.
fn cycle(number: u32, ms: u64, heap: (u64, u64, u64), goal: u64) -> gctrace::Cycle {
    gctrace::Cycle {
        number,
        start: Nanos(ms * 1_000_000),
        cpu_percent: 1,
        leak_check: false,
        edited: false,
        clock: Clock {
            sweep_termination: Nanos(50_000),
            mark: Nanos(900_000),
            mark_termination: Nanos(50_000),
            ..Clock::default()
        },
        cpu: Cpu {
            sweep_termination: Nanos(100_000),
            assist: Nanos(10_000),
            background: Nanos(400_000),
            mark_termination: Nanos(100_000),
            ..Cpu::default()
        },
        heap_start: MiB(heap.0),
        heap_end: MiB(heap.1),
        heap_live: MiB(heap.2),
        goal: MiB(goal),
        stacks: Some(MiB(0)),
        globals: Some(MiB(0)),
        procs: 2,
        forced: false,
        dialect: Dialect::Go1_18,
        pieces: 1,
    }
}

fn feed(cycles: &[gctrace::Cycle]) -> (Collector, Vec<Option<Cycle>>) {
    let mut collector = Collector::new();
    let mut processes = Processes::new();
    let given = (1u64..)
        .zip(cycles)
        .map(|(line, cycle)| {
            let record = Record {
                place: Place { line, offset: 0 },
                stamp: None,
                origin: Origin(0),
                doubtful: false,
                kind: Kind::Gc(gctrace::Record::Cycle(*cycle)),
            };
            let whose = processes.of(&record);
            collector.record(&record, whose).copied()
        })
        .collect();
    (collector, given)
}

fn processes_of(cycles: &[gctrace::Cycle]) -> Vec<u32> {
    let (_, given) = feed(cycles);
    given
        .into_iter()
        .flatten()
        .map(|cycle| cycle.process.0)
        .collect()
}

const HEAP: (u64, u64, u64) = (4, 5, 2);

fn plain(number: u32, ms: u64) -> gctrace::Cycle {
    cycle(number, ms, HEAP, 4)
}

#[test]
fn a_restart_begins_a_new_process() {
    assert_eq!(
        processes_of(&[
            plain(1, 10),
            plain(2, 20),
            plain(1, 5),
            plain(2, 15),
            plain(3, 25)
        ]),
        [1, 1, 2, 2, 2]
    );
}

#[test]
fn the_go_command_goes_on_after_its_compilers() {
    assert_eq!(
        processes_of(&[
            plain(5, 78),
            plain(6, 99),
            plain(1, 769),
            plain(2, 2239),
            plain(7, 109)
        ]),
        [1, 1, 2, 2, 1]
    );
}

#[test]
fn two_interleaved_processes_are_told_apart_by_number_and_time() {
    let a = |n: u32| plain(n, u64::from(n) * 100);
    let b = |n: u32| plain(n, u64::from(n) * 7);
    assert_eq!(
        processes_of(&[a(1), b(1), b(2), a(2), b(3), b(4), a(3), b(5)]),
        [1, 2, 2, 1, 2, 2, 1, 2]
    );
}

#[test]
fn what_either_of_two_may_have_printed_is_doubtful() {
    let (collector, given) = feed(&[
        plain(1, 10),
        plain(1, 11),
        plain(2, 20),
        plain(2, 21),
        plain(3, 30),
    ]);
    assert!(given[4].unwrap().doubtful);
    assert!(
        collector
            .processes()
            .iter()
            .map(|process| process.doubtful)
            .sum::<u64>()
            > 0
    );
}

#[test]
fn lost_cycles_are_counted_and_repeated_lines_are_not() {
    let (collector, _) = feed(&[plain(3, 10), plain(3, 10), plain(4, 20), plain(9, 60)]);
    let run = collector.main().unwrap();
    assert_eq!(
        (run.cycles, run.lost, run.repeated, run.missing()),
        (3, 4, 1, 6)
    );
    assert!(
        findings(&collector, &Unread::default(), run)
            .iter()
            .any(|f| f.id == "gc.lost-cycles")
    );
}

#[test]
fn what_nobody_has_is_lost_whoever_the_others_are_of() {
    let mut cycles = Vec::new();
    for n in 1..20 {
        cycles.push(plain(n, 10 * u64::from(n)));
        cycles.push(plain(n, 10 * u64::from(n) + 1));
    }
    for n in 30..34 {
        cycles.push(plain(n, 10 * u64::from(n)));
    }
    let (collector, _) = feed(&cycles);
    // Each of the two may have any of the first nineteen; nobody has those between.
    let gap = collector.gap().unwrap();
    assert!(gap.starts_with("10 cycles missing"), "{gap}");
    let doubtful: u64 = collector.processes().iter().map(|of| of.doubtful).sum();
    assert_eq!(doubtful, 40);
}

#[test]
fn a_cycle_cannot_start_before_the_last_one_ended() {
    let mut long = plain(2, 20);
    long.clock.mark = Nanos(500_000_000);
    assert_eq!(processes_of(&[plain(1, 10), long, plain(3, 40)]), [1, 1, 2]);
}

#[test]
fn back_to_back_cycles_at_the_limit_are_a_spiral() {
    let mut cycles = vec![cycle(1, 10, (60, 61, 50), 100)];
    for n in 2..40u32 {
        cycles.push(cycle(n, 10 + 2 * u64::from(n), (51, 52, 50), 51));
    }
    let (collector, _) = feed(&cycles);
    let found = findings(&collector, &Unread::default(), collector.main().unwrap());
    assert_eq!(found.first().unwrap().id, "gc.death-spiral", "{found:#?}");
    let roomy: Vec<_> = (1..40u32)
        .map(|n| cycle(n, 10 + 2 * u64::from(n), (99, 101, 50), 100))
        .collect();
    let (collector, _) = feed(&roomy);
    assert!(
        findings(&collector, &Unread::default(), collector.main().unwrap())
            .iter()
            .all(|f| f.id != "gc.death-spiral")
    );
}

#[test]
fn totals_are_those_of_the_lines() {
    let cycles: Vec<_> = (1..=100u32).map(|n| plain(n, u64::from(n) * 10)).collect();
    let (collector, _) = feed(&cycles);
    let summary = collector.main().unwrap().summary();
    assert_eq!(summary.pause.total_ns, 100 * 100_000);
    assert_eq!(summary.pause.total_below_ns, Some(100 * 102_000));
    assert_eq!(
        (summary.begin_ns, summary.end_ns),
        (Some(0), Some(1_001_000_000))
    );
    // 610 µs of CPU a cycle, of two Ps over 1001 ms.
    assert!((summary.cpu_share.unwrap() - 100.0 * 0.61 / 2002.0).abs() < 1e-9);
    // Each cycle allocates 1 MiB while it marks and 2 until the next one.
    let rate = summary.allocation.unwrap();
    assert!((rate.mib_per_s - 300.0).abs() < 1e-9, "{rate:?}");
}

#[test]
fn a_process_against_itself_is_noise_and_against_a_slower_one_is_not() {
    let fast: Vec<_> = (1..=50u32).map(|n| plain(n, u64::from(n) * 10)).collect();
    let slow: Vec<_> = fast
        .iter()
        .map(|cycle| {
            let mut slow = *cycle;
            slow.clock.mark_termination = Nanos(90_000);
            slow
        })
        .collect();
    let (fast, slow) = (feed(&fast).0, feed(&slow).0);
    let (fast, slow) = (fast.main().unwrap(), slow.main().unwrap());
    let pause = |rows: Vec<Row>| {
        rows.into_iter()
            .find(|row| row.name == "pause_p50")
            .unwrap()
    };
    assert_eq!(pause(compare(fast, fast)).verdict, Verdict::Noise);
    let slower = pause(compare(fast, slow));
    assert_eq!(slower.verdict, Verdict::Real);
    assert!(slower.superiority.unwrap() > 0.99);
}

#[test]
fn many_processes_cost_bounded_memory() {
    let cycles: Vec<_> = (0..500)
        .flat_map(|_| [plain(1, 10), plain(2, 20)])
        .collect();
    // The same line twice in a row is one line repeated; here another one stands between.
    let (collector, _) = feed(&cycles);
    assert!(collector.processes().len() <= 64);
    assert_eq!(
        collector.more().processes + collector.processes().len() as u64,
        500
    );
}

/// How a live heap goes over time, in MiB, when the program has run for so many seconds.
#[derive(Clone, Copy, Debug)]
enum Life {
    Leak { base: f64, per_s: f64 },
    Plateau { base: f64 },
    Step { base: f64, to: f64, at: f64 },
    WarmUp { most: f64, tau: f64 },
    Sawtooth { base: f64, height: f64, period: f64 },
}

impl Life {
    fn live(self, t: f64) -> f64 {
        match self {
            Self::Leak { base, per_s } => base + per_s * t,
            Self::Plateau { base } => base,
            Self::Step { base, to, at } => {
                if t < at {
                    base
                } else {
                    to
                }
            }
            Self::WarmUp { most, tau } => 4.0 + most * (1.0 - (-t / tau).exp()),
            Self::Sawtooth {
                base,
                height,
                period,
            } => base + height * (t % period) / period,
        }
    }
}

/// The cycles that a program with GOGC=100 prints of such a life: each comes when as much again was allocated as was live,
/// so a heap that grows steadily is collected at ever longer distances.
fn cycles_of(life: Life, seconds: f64, garbage_per_s: f64) -> Vec<gctrace::Cycle> {
    let mut cycles = Vec::new();
    let mut t = 0.05;
    while t < seconds && cycles.len() < 2000 {
        let live = life.live(t).max(1.0);
        let number = u32::try_from(cycles.len() + 1).unwrap();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "sizes and times of a test, not negative"
        )]
        let mib = |value: f64| value.max(0.0) as u64;
        cycles.push(cycle(
            number,
            mib(t * 1000.0),
            (mib(live * 2.0), mib(live * 2.0), mib(live)),
            mib(live * 2.0).max(4),
        ));
        let before = life.live(t);
        // What is allocated is garbage and growth.
        let mut next = t;
        loop {
            next += (seconds / 20_000.0).max(0.002);
            let growth = (life.live(next) - before).max(0.0);
            if growth + garbage_per_s * (next - t) >= live.max(4.0) || next >= seconds {
                break;
            }
        }
        t = next;
    }
    cycles
}

fn growth_of(life: Life, seconds: f64, garbage_per_s: f64) -> Growth {
    let (collector, _) = feed(&cycles_of(life, seconds, garbage_per_s));
    collector.main().unwrap().growth()
}

proptest::proptest! {
    /// A leak is named a leak at any rate and length, or nothing is said; never that it stayed, faded or fell.
    #[test]
    fn a_steady_leak_is_never_said_to_have_stopped(
        // Logs have whole MiB: what rises by one or two is not judged.
        base in 4.0f64..200.0,
        times in 2.0f64..400.0,
        seconds in 5.0f64..20_000.0,
        garbage in 0.0f64..20.0,
    ) {
        // Over the whole time it grows to so many times its size.
        let per_s = base * times / seconds;
        // Garbage comes at so many times the rate of the leak.
        let life = Life::Leak { base, per_s };
        let growth = growth_of(life, seconds, garbage * per_s);
        proptest::prop_assert!(
            matches!(growth.shape, Shape::Leak | Shape::Unknown),
            "{life:?} for {seconds} s: {growth:?}"
        );
        proptest::prop_assert!(!growth.against.iter().any(|why| why.contains("fades")), "{growth:?}");
    }

    /// What does not grow for good is never called a leak with confidence.
    #[test]
    fn what_stays_or_falls_back_is_no_leak(
        base in 20.0f64..500.0,
        factor in 1.3f64..20.0,
        share in 0.15f64..0.6,
        seconds in 30.0f64..20_000.0,
        often in 4.0f64..40.0,
        which in 0usize..4,
    ) {
        let life = match which {
            0 => Life::Plateau { base },
            1 => Life::Step { base, to: base * factor, at: seconds * share },
            2 => Life::WarmUp { most: base * factor, tau: seconds * 0.2 },
            _ => Life::Sawtooth { base, height: base * factor, period: seconds / often },
        };
        // A hundred cycles or so.
        let growth = growth_of(life, seconds, 100.0 * base * factor / seconds);
        let allowed: &[Shape] = match which {
            0 => &[Shape::Flat],
            1 => &[Shape::Risen, Shape::Unknown],
            2 => &[Shape::Risen, Shape::Flat, Shape::Unknown],
            _ => &[Shape::Flat, Shape::Rising, Shape::Risen, Shape::Unknown, Shape::Falling],
        };
        proptest::prop_assert!(allowed.contains(&growth.shape), "{life:?} for {seconds} s: {growth:?}");
    }
}

/// The two lives that were called "rose and then stayed": most of their cycles are early, most of their time is late.
#[test]
fn few_late_cycles_of_a_steady_leak_do_not_fade() {
    let minutes = growth_of(
        Life::Leak {
            base: 2.0,
            per_s: 155.0,
        },
        12.0,
        10.0,
    );
    assert_eq!(minutes.shape, Shape::Leak, "{minutes:?}");
    let hours = growth_of(
        Life::Leak {
            base: 2_500.0,
            per_s: 12_100.0 / 14_400.0,
        },
        14_400.0,
        6.0,
    );
    assert_eq!(hours.shape, Shape::Leak, "{hours:?}");
    assert!((hours.slope - 0.84).abs() < 0.02, "{hours:?}");
}

/// What a map and a slice that append doubles left in the trace of two seconds: it stands still between two steps.
#[test]
fn what_few_cycles_cannot_tell_is_not_called_stayed() {
    let live = [1, 2, 3, 5, 7, 10, 10, 19, 20, 38, 41, 76, 80];
    let at = [
        27, 41, 51, 77, 105, 173, 243, 372, 489, 786, 1057, 1601, 2251,
    ];
    let cycles: Vec<_> = (1..)
        .zip(live.iter().zip(at))
        .map(|(number, (live, ms))| cycle(number, ms, (live * 2, live * 2, *live), live * 2))
        .collect();
    let (collector, _) = feed(&cycles);
    let process = collector.main().unwrap();
    assert_eq!(process.growth().shape, Shape::Unknown);
    let found = findings(&collector, &Unread::default(), process);
    let growth = found
        .iter()
        .find(|finding| finding.id == "gc.growth")
        .unwrap();
    assert!(
        growth.text.contains("from 1 MiB to 80 MiB in 13 cycles"),
        "{growth:?}"
    );
    // As does a program that doubles seven times.
    let cycles: Vec<_> = (0..7u32)
        .map(|n| cycle(n + 1, 20 << n, (6 << n, 6 << n, 3 << n), 6 << n))
        .collect();
    let (collector, _) = feed(&cycles);
    let process = collector.main().unwrap();
    let found = findings(&collector, &Unread::default(), process);
    assert!(
        found.iter().any(|finding| finding.id == "gc.growth"),
        "{found:?}"
    );
}
