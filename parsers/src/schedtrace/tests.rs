//! Lines printed after runtime/proc.go schedtrace with any numbers read back as those numbers.

use super::{Record, record};
use proptest::prelude::*;

/// `n n n`
fn spaced(numbers: &[u64]) -> String {
    numbers
        .iter()
        .map(u64::to_string)
        .collect::<Vec<_>>()
        .join(" ")
}

proptest! {
    #[test]
    fn samples_read_back(
        millis in 0u64..1 << 60,
        counts in proptest::array::uniform5(0u32..5000),
        queues in proptest::collection::vec((0u64..257, 0u64..1 << 40), 1..80),
        release in prop_oneof![Just(3u32), Just(4), Just(20), Just(25)],
    ) {
        let [idle, threads, spinning, idle_threads, global] = counts;
        let (local, ticks): (Vec<u64>, Vec<u64>) = queues.into_iter().unzip();
        let spinning_text = if release >= 4 { format!(" spinningthreads={spinning}") } else { String::new() };
        let needs = if release >= 20 { " needspinning=1" } else { "" };
        let lists = if release >= 25 {
            format!("[ {} ] schedticks=[ {} ]", spaced(&local), spaced(&ticks))
        } else {
            format!("[{}]", spaced(&local))
        };
        let text = format!(
            "SCHED {millis}ms: gomaxprocs={} idleprocs={idle} threads={threads}{spinning_text}{needs} idlethreads={idle_threads} runqueue={global} {lists}",
            local.len(),
        );
        let Some(Record::Sample(sample)) = record(text.as_bytes(), 1) else {
            panic!("{text}");
        };
        prop_assert_eq!(sample.millis, millis);
        prop_assert_eq!(sample.gomaxprocs as usize, local.len());
        let read = [sample.idleprocs, sample.threads, sample.idlethreads];
        prop_assert_eq!(read, [idle, threads, idle_threads]);
        prop_assert_eq!(sample.runqueue, u64::from(global));
        prop_assert_eq!(sample.spinningthreads, (release >= 4).then_some(spinning));
        prop_assert_eq!(sample.needspinning, (release >= 20).then_some(1));
        prop_assert_eq!(sample.local.iter().collect::<Vec<_>>(), local);
        let read = sample.schedticks.map(|ticks| ticks.iter().collect::<Vec<_>>());
        prop_assert_eq!(read, (release >= 25).then_some(ticks));
        // No line that stops earlier is taken for a whole one.
        for cut in 0..text.len() {
            let head = &text[..cut];
            let read = record(head.as_bytes(), 1);
            prop_assert!(read.is_none() || head.ends_with(']'), "{head}");
        }
    }

    /// One line in is one record out, and what is read of it stands in it.
    #[test]
    fn any_line_is_one_record_or_a_line_of_the_application(
        text in "(SCHED |  [PMG])[0-9]{0,3}[a-z0-9=:. \\[\\]()-]{0,80}",
    ) {
        let begins = |word: &str, number: u64, end: &str| {
            let rest = text.strip_prefix(word).and_then(|rest| rest.split_once(end));
            rest.is_some_and(|(digits, _)| digits.parse() == Ok(number))
        };
        match record(text.as_bytes(), 1) {
            Some(Record::Sample(sample)) => prop_assert!(begins("SCHED ", sample.millis, "ms: "), "{text}"),
            Some(Record::P(p)) => prop_assert!(begins("  P", p.id.into(), ": "), "{text}"),
            Some(Record::M(m)) => prop_assert!(begins("  M", m.id, ": "), "{text}"),
            Some(Record::G(g)) => prop_assert!(begins("  G", g.id, ": "), "{text}"),
            None => {}
        }
        let mut out = 0;
        let mut each = |_: crate::log::Record<'_>| out += 1;
        let mut reader = crate::log::LogReader::new();
        reader.push(text.as_bytes(), &mut each);
        reader.push(b"\n", &mut each);
        reader.finish(&mut each);
        prop_assert_eq!(out, 1, "{}", text);
    }
}

#[test]
fn words_of_the_details_are_read_whole() {
    let read = |text: &'static str| record(text.as_bytes(), 1);
    let Some(Record::G(g)) = read("  G2: status=4(force gc (idle)) m=-1 lockedm=7") else {
        panic!("G");
    };
    assert_eq!(
        (g.id, g.status, g.reason, g.m, g.lockedm),
        (2, 4, &b"force gc (idle)"[..], None, Some(7))
    );
    let text = "  M22: p=nil curg=5 mallocing=0 throwing=0 preemptoff=GC worker init locks=1 dying=0 helpgc=0 spinning=false blocked=true lockedg=nil";
    let Some(Record::M(m)) = read(text) else {
        panic!("M");
    };
    assert_eq!(
        (m.p, m.curg, m.preemptoff, m.locks),
        (None, Some(5), &b"GC worker init"[..], 1)
    );
    assert_eq!(
        (m.helpgc, m.spinning, m.blocked),
        (Some(0), false, Some(true))
    );
    let Some(Record::P(p)) =
        read("  P1: status=1 schedtick=2 syscalltick=3 m=4 runqsize=5/256 gfreecnt=6")
    else {
        panic!("P");
    };
    assert_eq!((p.runqsize, p.runqroom, p.timerslen), (5, Some(256), None));
    // A mark of progress within a reason.
    assert_eq!(read("  G2: status=4(sleep...) m=-1 lockedm=-1"), None);
}
