//! What a log says of goroutines, as JSON: the keys of a core's answer, and those that only a text has.

use super::text::Report;
use super::view::View;
use dumpview_model::death_kind::DeathKind;
use dumpview_model::traceback::{
    Death, LogLine, PanicText, Race, RaisedSignal, Summary, ThreadStack,
};
use dumpview_model::value::Address;
use dumpview_view::document::{LogTail, Unread};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// What a log says of goroutines.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Document<'a> {
    /// Why the process died, of the dump that is shown; null for a dump that nothing died of.
    death: Option<DeathDoc<'a>>,
    /// The number of the dump that is shown; null when there is none.
    dump: Option<usize>,
    /// The first thousand dumps.
    dumps: Vec<&'a Summary>,
    /// How many dumps there are.
    dump_count: usize,
    /// Stacks that belong to threads; absent when there are none.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    thread_stacks: &'a [ThreadStack],
    /// Race reports, the first thousand.
    races: Vec<RaceDoc<'a>>,
    /// How many race reports there are.
    race_count: usize,
    #[serde(flatten)]
    tail: LogTail,
    #[serde(flatten)]
    view: Option<&'a View>,
}

/// Why a process died, as its log tells.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "log-death")]
struct DeathDoc<'a> {
    /// Why it died, in one sentence.
    reason: String,
    /// What kind of death it was; `served`: net/http caught the panic.
    kind: DeathKind,
    /// The line where it begins, from 1.
    line: u64,
    /// Id of the goroutine that died; null when not printed.
    goroutine: Option<u64>,
    /// The signal that ended it; null when none was printed.
    signal: Option<&'a RaisedSignal>,
    /// The signal that became a panic or a fatal error; null when none was printed.
    fault: Option<&'a RaisedSignal>,
    /// Panics in flight, oldest first.
    panics: &'a [PanicText],
    /// The message behind `fatal error: `; null without one.
    fatal_error: Option<&'a str>,
    /// Whom net/http served, of a panic that it caught; else null.
    client: Option<&'a str>,
    /// The runtime's other lines.
    notes: &'a [LogLine],
    /// The application's last lines before it.
    before: &'a [LogLine],
    /// Register name to hex; empty when they were not printed.
    #[schemars(with = "BTreeMap<&'a str, Address>")]
    registers: BTreeMap<&'a str, String>,
}

/// A race report.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "race-report")]
struct RaceDoc<'a> {
    /// The race in one sentence.
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
            tail: LogTail {
                findings: report.findings.clone(),
                unread: Unread::of(&report.unread, None),
            },
            view: report.view.as_ref(),
        };
        document.serialize(serializer)
    }
}
