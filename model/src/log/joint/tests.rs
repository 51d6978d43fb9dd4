//! Streams of processes that are simulated as the runtime paces its cycles.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "numbers as the runtime cuts them, far from any bound"
)]

use super::*;
use dumpview_parsers::gctrace::{Clock, Cpu, Dialect};
use dumpview_parsers::quantity::{MiB, Nanos};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What makes a process.
#[derive(Clone, Debug)]
struct Program {
    /// When it starts, in milliseconds.
    starts: u64,
    /// Its live heap in MiB, and by how much that grows with a cycle, in hundredths.
    live: f64,
    grows: f64,
    gogc: f64,
    /// MiB a second.
    allocates: f64,
    /// CPU time of marking a MiB, in nanoseconds.
    marking: f64,
    procs: u32,
    seed: u64,
}

/// A number between 0 and 1 that looks like chance.
fn chance(seed: &mut u64) -> f64 {
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) as f64 / f64::from(1u32 << 31)
}

fn mib(size: f64) -> MiB {
    MiB(size as u64)
}

/// Its cycles, each with when it was written, in nanoseconds of the machine.
fn cycles(program: &Program, count: u32) -> Vec<(f64, Cycle)> {
    let mut seed = program.seed;
    let (mut now, mut live, mut worked) = (0.0, program.live, 0.0);
    (1..=count)
        .map(|number| {
            let goal = (live * (1.0 + program.gogc / 100.0)).max(4.0 * program.gogc / 100.0);
            let start_heap = live + (goal - live) * (0.85 + 0.1 * chance(&mut seed));
            now += (start_heap - live) / program.allocates * 1e9 * (0.7 + 0.6 * chance(&mut seed))
                + 1e6;
            live = (program.live + program.grows * f64::from(number))
                * (0.95 + 0.1 * chance(&mut seed));
            let live_now = live.min(start_heap);
            live = live_now;
            let mark_cpu = start_heap * program.marking * (0.8 + 0.4 * chance(&mut seed)) + 2e5;
            let mark = mark_cpu / f64::from(program.procs) * 4.0;
            let stop = 3e4 + 4e4 * chance(&mut seed);
            let wall = mark + 2.0 * stop;
            worked += mark_cpu + 2.0 * stop * f64::from(program.procs);
            let end = now + wall;
            let share = worked / (end * f64::from(program.procs)) * 100.0;
            let cycle = Cycle {
                number,
                start: Nanos((now / 1e6) as u64 * 1_000_000),
                cpu_percent: share as u32,
                leak_check: false,
                edited: false,
                clock: Clock {
                    sweep_termination: Nanos(stop as u64),
                    mark: Nanos(mark as u64),
                    mark_termination: Nanos(stop as u64),
                    ..Clock::default()
                },
                cpu: Cpu {
                    sweep_termination: Nanos((stop * f64::from(program.procs)) as u64),
                    background: Nanos(mark_cpu as u64),
                    mark_termination: Nanos((stop * f64::from(program.procs)) as u64),
                    ..Cpu::default()
                },
                heap_start: mib(start_heap),
                heap_end: mib(start_heap + 1.0),
                heap_live: mib(live_now),
                goal: mib(goal),
                stacks: Some(MiB(0)),
                globals: Some(MiB(0)),
                procs: program.procs,
                forced: false,
                dialect: Dialect::Go1_18,
                pieces: 1,
            };
            now = end;
            // It is written a little later.
            let written = program.starts as f64 * 1e6 + end + 2e6 * chance(&mut seed);
            (written, cycle)
        })
        .collect()
}

/// What came of a stream: cycles that are nobody's for certain, and cycles in a run most of whose are another's.
#[derive(Debug, Default)]
struct Outcome {
    all: usize,
    doubtful: usize,
    wrong: usize,
}

fn outcome(programs: &[Program], count: u32, lost: f64) -> Outcome {
    let mut stream: Vec<(f64, usize, Cycle)> = Vec::new();
    let mut seed = 7;
    for (index, program) in programs.iter().enumerate() {
        let all = cycles(program, count).into_iter();
        stream.extend(all.map(|(at, cycle)| (at, index, cycle)));
    }
    stream.sort_by(|(one, ..), (other, ..)| one.total_cmp(other));
    stream.retain(|_| chance(&mut seed) >= lost);
    let mut joint = Joint::default();
    let mut picks = Vec::new();
    for (_, _, cycle) in &stream {
        joint.push(cycle, false, |_| true);
        while let Some(pick) = joint.pop(false) {
            picks.push(pick);
        }
    }
    while let Some(pick) = joint.pop(true) {
        picks.push(pick);
    }
    assert_eq!(picks.len(), stream.len());
    let mut runs: BTreeMap<u64, BTreeMap<usize, usize>> = BTreeMap::new();
    for ((_, owner, _), pick) in stream.iter().zip(&picks) {
        if !pick.doubtful {
            *runs
                .entry(pick.label)
                .or_default()
                .entry(*owner)
                .or_default() += 1;
        }
    }
    let wrong = runs.values().map(|owners| {
        let all: usize = owners.values().sum();
        all - owners.values().max().copied().unwrap_or_default()
    });
    Outcome {
        all: stream.len(),
        doubtful: picks.iter().filter(|pick| pick.doubtful).count(),
        wrong: wrong.sum(),
    }
}

fn program() -> impl Strategy<Value = Program> {
    (
        prop_oneof![0u64..20, 0u64..20_000],
        1.0..200.0f64,
        0.0..2.0f64,
        prop_oneof![Just(100.0), Just(50.0), Just(200.0)],
        20.0..2000.0f64,
        1e4..4e5f64,
        any::<u64>(),
    )
        .prop_map(
            |(starts, live, grows, gogc, allocates, marking, seed)| Program {
                starts,
                live,
                grows,
                gogc,
                allocates,
                marking,
                procs: 4,
                seed,
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_cycle_is_in_anothers_run_without_a_mark(
        programs in proptest::collection::vec(program(), 2..5),
        alike in any::<bool>(),
        lost in prop_oneof![Just(0.0), Just(0.03)],
    ) {
        let mut programs = programs;
        if alike {
            // Copies of one service, started one after the other.
            let first = programs[0].clone();
            for program in &mut programs {
                *program = Program { starts: program.starts, seed: program.seed, ..first.clone() };
            }
        }
        let came = outcome(&programs, 60, lost);
        prop_assert_eq!(came.wrong, 0, "{:?}", came);
    }
}

/// Four that differ as services do: most of their cycles are told for certain.
#[test]
fn most_cycles_of_four_services_are_told() {
    let services = [
        (0, 8.0, 40.0),
        (150, 30.0, 90.0),
        (900, 3.0, 25.0),
        (2_000, 64.0, 300.0),
    ];
    let programs: Vec<Program> = (1u64..)
        .zip(services)
        .map(|(seed, (starts, live, allocates))| Program {
            starts,
            live,
            grows: 0.1,
            gogc: 100.0,
            allocates,
            marking: 5e4,
            procs: 4,
            seed,
        })
        .collect();
    let came = outcome(&programs, 125, 0.0);
    assert_eq!((came.all, came.wrong), (500, 0), "{came:?}");
    assert!(came.doubtful * 10 < came.all, "{came:?}");
}

/// One process, whatever it loses and however it grows, waits for nothing.
#[test]
fn one_process_waits_for_nothing() {
    let program = Program {
        starts: 0,
        live: 4.0,
        grows: 0.5,
        gogc: 100.0,
        allocates: 50.0,
        marking: 5e4,
        procs: 4,
        seed: 3,
    };
    let mut joint = Joint::default();
    for (index, (_, cycle)) in cycles(&program, 300).iter().enumerate() {
        if index % 50 == 7 {
            continue;
        }
        joint.push(cycle, false, |_| true);
        let pick = joint.pop(false);
        assert_eq!(
            pick,
            Some(Pick {
                label: 0,
                doubtful: false
            }),
            "{cycle:?}"
        );
    }
}
