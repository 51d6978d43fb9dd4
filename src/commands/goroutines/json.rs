//! What a log says of goroutines, as JSON: the keys of a core's answer, and those that only a text has.

use super::text::Report;
use super::view::View;
use dumpview_model::finding::Finding;
use dumpview_model::log::UnreadLine;
use dumpview_model::traceback::{
    Cause, Death, LogLine, PanicText, Race, RaisedSignal, Summary, ThreadStack,
};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

#[derive(Serialize)]
struct Document<'a> {
    death: Option<DeathDoc<'a>>,
    dump: Option<usize>,
    dumps: Vec<&'a Summary>,
    dump_count: usize,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    thread_stacks: &'a [ThreadStack],
    findings: &'a [Finding],
    races: Vec<RaceDoc<'a>>,
    race_count: usize,
    unrecognized: &'a [UnreadLine],
    unrecognized_count: u64,
    #[serde(flatten)]
    view: Option<&'a View>,
}

#[derive(Serialize)]
struct DeathDoc<'a> {
    reason: String,
    kind: Cause,
    line: u64,
    goroutine: Option<u64>,
    signal: Option<&'a RaisedSignal>,
    fault: Option<&'a RaisedSignal>,
    panics: &'a [PanicText],
    fatal_error: Option<&'a str>,
    client: Option<&'a str>,
    notes: &'a [LogLine],
    before: &'a [LogLine],
    registers: BTreeMap<&'a str, String>,
}

#[derive(Serialize)]
struct RaceDoc<'a> {
    text: String,
    #[serde(flatten)]
    race: &'a Race,
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let report = self;
        let dump = report.dump.as_ref();
        let document = Document {
            death: dump.and_then(|dump| {
                let death: &Death = dump.death.as_ref()?;
                Some(DeathDoc {
                    reason: death.reason(),
                    kind: death.kind(),
                    line: death.line,
                    goroutine: death.goroutine,
                    signal: death.signal.as_ref(),
                    fault: death.fault.as_ref(),
                    panics: &death.panics,
                    fatal_error: death.fatal_error.as_deref(),
                    client: death.client.as_deref(),
                    notes: &death.notes,
                    before: &dump.before,
                    registers: dump
                        .registers
                        .iter()
                        .map(|(name, value)| (name.as_str(), format!("{value:#x}")))
                        .collect(),
                })
            }),
            dump: dump.map(|dump| dump.number),
            dumps: report.found.dumps.iter().map(AsRef::as_ref).collect(),
            dump_count: report.found.dump_count,
            thread_stacks: dump.map(|dump| dump.threads.as_slice()).unwrap_or_default(),
            findings: &report.findings,
            races: report
                .found
                .races
                .iter()
                .map(|race| RaceDoc {
                    text: race.sentence(),
                    race,
                })
                .collect(),
            race_count: report.found.race_count,
            unrecognized: report.unread.lines(),
            unrecognized_count: report.unread.count(),
            view: report.view.as_ref(),
        };
        document.serialize(serializer)
    }
}
