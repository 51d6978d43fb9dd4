//! Samples come from the runtime's own words through the parser, because their queues can be made in no other way.

use super::*;
use crate::log::{ProcessId, Processes, Unread};
use dumpview_parsers::log::LogReader;

fn read(text: &str) -> (Collector, Vec<Sample>) {
    let mut collector = Collector::new();
    let mut samples = Vec::new();
    let mut processes = Processes::new();
    let mut reader = LogReader::new();
    let mut each = |sample: &Sample| samples.push(sample.clone());
    let mut sink = |record: dumpview_parsers::log::Record<'_>| {
        collector.record(&record, processes.of(&record), &mut each);
    };
    reader.push(text.as_bytes(), &mut sink);
    reader.finish(&mut sink);
    collector.finish(&mut each);
    (collector, samples)
}

fn line(ms: u64, idle: u32, threads: u32, queues: &str, ticks: &str) -> String {
    format!(
        "SCHED {ms}ms: gomaxprocs=2 idleprocs={idle} threads={threads} spinningthreads=0 needspinning=0 idlethreads=1 \
         runqueue=1 [ {queues} ] schedticks=[ {ticks} ]\n"
    )
}

#[test]
fn the_seed_is_read_as_its_article_explains() {
    let (collector, samples) = read(
        "SCHED 1004ms: gomaxprocs=4 idleprocs=0 threads=11 idlethreads=4 runqueue=8 [0 1 0 3]\n\
         SCHED 2005ms: gomaxprocs=4 idleprocs=0 threads=11 idlethreads=5 runqueue=6 [1 5 4 0]\n\
         SCHED 3008ms: gomaxprocs=4 idleprocs=0 threads=11 idlethreads=4 runqueue=10 [2 2 2 1]\n",
    );
    assert_eq!(
        samples.iter().map(Sample::runnable).collect::<Vec<_>>(),
        [12, 16, 17]
    );
    assert_eq!(collector.main().unwrap().summary().runnable_max_line, 3);
    assert_eq!(samples[0].blocked_threads(), 2);
}

#[test]
fn a_queue_that_grows_at_a_standstill_is_starvation() {
    let mut text = String::new();
    for n in 1..20u64 {
        let tick = if n < 5 { n * 10 } else { 50 };
        text += &line(
            n * 100,
            0,
            6,
            &format!("{} 0", n / 2),
            &format!("{tick} {}", n * 7),
        );
    }
    let (collector, _) = read(&text);
    let run = collector.main().unwrap();
    let still = run.standstill.unwrap();
    assert_eq!(
        (still.p, still.schedtick, still.from_line, still.to_line),
        (0, 50, 5, 19)
    );
    assert_eq!(
        findings(&collector, &Unread::default(), run)[0].id,
        "sched.starvation"
    );
    let moving: String = (1..20u64)
        .map(|n| line(n * 100, 0, 6, "3 3", &format!("{n} {n}")))
        .collect();
    let (collector, _) = read(&moving);
    assert_eq!(collector.main().unwrap().standstill, None);
}

#[test]
fn an_interleaved_process_and_a_restart_are_told_apart() {
    let mut text = String::new();
    for n in 0..5u64 {
        text += &line(n * 1000, 0, 5, "0 0", "1 1");
        text += &line(n * 1000 + u64::from(n > 0), 1, 9, "0 0", "1 1")
            .replace("gomaxprocs=2", "gomaxprocs=4");
    }
    text += &line(0, 0, 3, "0 0", "1 1");
    text += &line(1000, 0, 3, "0 0", "1 1");
    let (collector, samples) = read(&text);
    let counts: Vec<u64> = collector
        .processes()
        .iter()
        .map(|run| run.samples)
        .collect();
    assert_eq!(counts, [5, 5, 2]);
    assert!(
        samples
            .iter()
            .filter(|sample| sample.threads == 9)
            .all(|sample| sample.process == ProcessId(2))
    );
}

#[test]
fn details_belong_to_their_sample_even_with_other_lines_between() {
    let text = "SCHED 210ms: gomaxprocs=2 idleprocs=0 threads=7 spinningthreads=0 needspinning=1 idlethreads=1 runqueue=7 \
                gcwaiting=false nmidlelocked=1 stopwait=0 sysmonwait=false\n  \
                P0: status=1 schedtick=130 syscalltick=552 m=6 runqsize=3 gfreecnt=0 timerslen=1\n\
                2026/11/21 02:23:36 hello\n  \
                P1: status=0 schedtick=13 syscalltick=2 m=nil runqsize=0 gfreecnt=0 timerslen=1\n  \
                G1: status=4(chan receive) m=nil lockedm=nil\n  \
                G2: status=4(force gc (idle)) m=nil lockedm=nil\n  \
                G3: status=6() m=nil lockedm=nil\n";
    let (collector, samples) = read(text);
    assert_eq!(samples.len(), 1);
    let detail = samples[0].detail.as_ref().unwrap();
    assert_eq!((detail.ps.len(), detail.gs.len()), (2, 3));
    assert_eq!(samples[0].runnable(), 10);
    let waits = collector.main().unwrap().waits.clone().unwrap();
    assert_eq!(waits.alive, 2);
    assert!(
        waits
            .counts
            .iter()
            .any(|count| count.reason == "force gc (idle)" && count.count == 1)
    );
}

#[test]
fn heat_and_memory_are_bounded() {
    let text: String = (1..3000u64)
        .map(|n| line(n * 10, 0, 6, &format!("{} 1", n % 300), "1 1"))
        .collect();
    let (collector, _) = read(&text);
    let run = collector.main().unwrap();
    assert!(run.heat.columns().len() <= 256 && run.recent.len() <= RECENT);
    assert_eq!(
        run.heat
            .columns()
            .iter()
            .filter_map(|column| column.local.first())
            .max(),
        Some(&299)
    );
}
