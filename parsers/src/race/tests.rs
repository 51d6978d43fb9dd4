//! The reader on recorded reports, against a naive count, and on damage.

use super::Record;
use crate::log::Kind;
use crate::testing::{self, lossy, samples};

fn read(text: &[u8]) -> Vec<String> {
    let mut out = Vec::new();
    testing::read(text, |record| {
        let line = record.place.line;
        out.push(match record.kind {
            Kind::Race(Record::Frame(f)) => {
                let source = f.source.unwrap();
                let name = lossy(f.function.name);
                format!("{line}   {name} {}:{}", lossy(source.file), source.line)
            }
            Kind::Race(Record::Access(a)) => {
                let (kind, addr) = (lossy(a.kind), a.addr.unwrap_or(0));
                format!(
                    "{line} access previous={} {kind} {addr:#x} {:?}",
                    a.previous, a.who
                )
            }
            Kind::Race(other) => format!("{line} {other:?}"),
            Kind::Log(text) => format!("{line} log {}", lossy(text)),
            other => format!("{line} OTHER {other:?}"),
        });
    });
    out
}

#[test]
fn recorded_reports_are_read_as_reviewed() {
    for (name, text) in samples("race", ".txt") {
        let records = read(&text);
        let text = lossy(&text);
        let count = |what: &str| records.iter().filter(|r| r.contains(what)).count();
        assert_eq!(
            count("Start"),
            text.matches("WARNING: DATA RACE").count(),
            "{name}"
        );
        assert_eq!(count(" access "), text.matches(" at 0x").count(), "{name}");
        assert_eq!(
            count("Creation"),
            text.matches(" created at:").count(),
            "{name}"
        );
        let sources = text
            .lines()
            .filter(|l| l.starts_with("      ") && l.contains(" +0x"));
        let frames = records
            .iter()
            .filter(|r| r.contains("   ") && !r.contains(" log "));
        assert_eq!(frames.count(), sources.count(), "{name}");
        assert_eq!(count("OTHER"), 0, "{name}");
        insta::assert_snapshot!(name.as_str(), records.join("\n"));
    }
}

/// How many reports there are in a text, and how many of each kind of what is in them.
struct Counts {
    reports: usize,
    accesses: usize,
    frames: usize,
    lines_of_the_application: usize,
}

fn counted(text: &[u8]) -> Counts {
    let records = read(text);
    let is_log = |record: &&String| record.contains(" log ");
    let of_reports: Vec<&String> = records.iter().filter(|r| !is_log(r)).collect();
    let count = |what: &str| of_reports.iter().filter(|r| r.contains(what)).count();
    Counts {
        reports: count(" Start"),
        accesses: count(" access "),
        frames: count("   "),
        lines_of_the_application: records.iter().filter(is_log).count(),
    }
}
proptest::proptest! {
    /// A byte that changes costs one report, or one access or call in it; what is no record any more is a line.
    #[test]
    fn damage_costs_one_report_at_most(at in 0usize..2000, byte: u8, sample in 0usize..8) {
        let (_, mut text) = samples("race", ".txt").swap_remove(sample);
        let at = at % text.len();
        let end = text.len() - at / 2;
        let whole = counted(&text[..end]);
        text[at] = byte;
        let found = counted(&text[..end]);
        proptest::prop_assert!(found.reports + 1 >= whole.reports);
        if found.reports >= whole.reports {
            proptest::prop_assert!(found.accesses + 1 >= whole.accesses);
            proptest::prop_assert!(found.frames + 1 >= whole.frames);
        } else {
            proptest::prop_assert!(found.lines_of_the_application > whole.lines_of_the_application);
        }
    }
}
