//! Cycles are built here; what the runtime printed is in the tests of the binary.

use super::*;
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
    let given = (1u64..)
        .zip(cycles)
        .map(|(line, cycle)| {
            collector.record(&Record {
                place: Place { line, offset: 0 },
                stamp: None,
                origin: Origin(0),
                kind: Kind::Gc(gctrace::Record::Cycle(*cycle)),
            })
        })
        .collect();
    collector.finish();
    (collector, given)
}

fn runs_of(cycles: &[gctrace::Cycle]) -> Vec<u32> {
    let (_, given) = feed(cycles);
    given.into_iter().flatten().map(|cycle| cycle.run).collect()
}

const HEAP: (u64, u64, u64) = (4, 5, 2);

fn plain(number: u32, ms: u64) -> gctrace::Cycle {
    cycle(number, ms, HEAP, 4)
}

#[test]
fn a_restart_begins_a_new_run() {
    assert_eq!(
        runs_of(&[
            plain(1, 10),
            plain(2, 20),
            plain(1, 5),
            plain(2, 15),
            plain(3, 25)
        ]),
        [0, 0, 1, 1, 1]
    );
}

#[test]
fn the_go_command_goes_on_after_its_compilers() {
    assert_eq!(
        runs_of(&[
            plain(5, 78),
            plain(6, 99),
            plain(1, 769),
            plain(2, 2239),
            plain(7, 109)
        ]),
        [0, 0, 1, 1, 0]
    );
}

#[test]
fn two_interleaved_processes_are_told_apart_by_number_and_time() {
    let a = |n: u32| plain(n, u64::from(n) * 100);
    let b = |n: u32| plain(n, u64::from(n) * 7);
    assert_eq!(
        runs_of(&[a(1), b(1), b(2), a(2), b(3), b(4), a(3), b(5)]),
        [0, 1, 1, 0, 1, 1, 0, 1]
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
    assert!(collector.runs().iter().map(|run| run.doubtful).sum::<u64>() > 0);
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
        findings(&collector, run)
            .iter()
            .any(|f| f.id == "gc.lost-cycles")
    );
}

#[test]
fn a_cycle_cannot_start_before_the_last_one_ended() {
    let mut long = plain(2, 20);
    long.clock.mark = Nanos(500_000_000);
    assert_eq!(runs_of(&[plain(1, 10), long, plain(3, 40)]), [0, 0, 1]);
}

#[test]
fn back_to_back_cycles_at_the_limit_are_a_spiral() {
    let mut cycles = vec![cycle(1, 10, (60, 61, 50), 100)];
    for n in 2..40u32 {
        cycles.push(cycle(n, 10 + 2 * u64::from(n), (51, 52, 50), 51));
    }
    let (collector, _) = feed(&cycles);
    let found = findings(&collector, collector.main().unwrap());
    assert_eq!(found.first().unwrap().id, "gc.death-spiral", "{found:#?}");
    let roomy: Vec<_> = (1..40u32)
        .map(|n| cycle(n, 10 + 2 * u64::from(n), (99, 101, 50), 100))
        .collect();
    let (collector, _) = feed(&roomy);
    assert!(
        findings(&collector, collector.main().unwrap())
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
fn a_run_against_itself_is_noise_and_against_a_slower_one_is_not() {
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
    assert!(matches!(
        pause(compare(fast, fast)).verdict,
        Verdict::Noise { .. }
    ));
    assert!(
        matches!(pause(compare(fast, slow)).verdict, Verdict::Real { superiority, .. } if superiority > 0.99)
    );
}

#[test]
fn many_processes_cost_bounded_memory() {
    let cycles: Vec<_> = (0..500)
        .flat_map(|_| [plain(1, 10), plain(2, 20)])
        .collect();
    // The same line twice in a row is one line repeated; here another one stands between.
    let (collector, _) = feed(&cycles);
    assert!(collector.runs().len() <= 48);
    assert_eq!(collector.more().runs + collector.runs().len() as u64, 500);
}
