//! The JSON document. Decisions are written one by one: there may be hundreds of thousands.

use super::Report;
use dumpview_model::escape::{Analysis, BuildSet, Summary};
use dumpview_parsers::escape::Category;
use dumpview_view::column::Object;
use dumpview_view::document::{Envelope, Incomplete, InputSummary};
use dumpview_view::rows::decision as view;
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

/// What the document says.
pub(super) struct Body<'a>(pub &'a Report<'a>);
struct Decisions<'a>(&'a Report<'a>);

impl Serialize for Decisions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let report = self.0;
        let mut list = serializer.serialize_seq(None)?;
        for decision in report.selected() {
            list.serialize_element(&Object(&view::decision(report.analysis, decision)))?;
        }
        list.end()
    }
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let report = self.0;
        let analysis = report.analysis;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("summary", &summary(report))?;
        map.serialize_entry(
            "unrecognized",
            &analysis
                .unrecognized
                .lines
                .iter()
                .map(|(line, text)| json!({"line": line, "text": text}))
                .collect::<Vec<_>>(),
        )?;
        map.serialize_entry("unrecognized_count", &analysis.unrecognized.count)?;
        if let Some(groups) = &report.groups {
            let rows: Vec<Value> = groups
                .rows
                .iter()
                .map(|group| {
                    json!({"key": group.key, "heap": group.heap, "leaking": group.leaking,
                           "stack": group.stack, "lines": group.lines})
                })
                .collect();
            map.serialize_entry("by", groups.by.name())?;
            map.serialize_entry("groups", &rows)?;
        } else {
            map.serialize_entry("decisions", &Decisions(report))?;
        }
        map.end()
    }
}

/// The envelope of the document.
pub(super) fn envelope(report: &Report<'_>) -> Envelope {
    Envelope::new(
        "escapes",
        InputSummary {
            path: report.name.clone(),
            kind: "escapes",
            go_version: report.analysis.go_version.clone(),
            ..InputSummary::default()
        },
    )
}

/// Damage, as every document lists it.
pub(super) fn incomplete(analysis: &Analysis) -> Vec<Incomplete> {
    analysis
        .incomplete
        .iter()
        .map(|why| Incomplete {
            what: "lines".to_owned(),
            why: why.clone(),
        })
        .collect()
}

fn counts(summary: &Summary) -> (Map<String, Value>, Map<String, Value>) {
    let kinds = summary
        .kinds
        .iter()
        .map(|(kind, count)| (kind.name().to_owned(), Value::from(*count)))
        .collect();
    let reasons = summary
        .reasons
        .iter()
        .map(|(class, count)| (class.name().to_owned(), Value::from(*count)))
        .collect();
    (kinds, reasons)
}

fn summary(report: &Report<'_>) -> Value {
    let analysis = report.analysis;
    let (kinds, reasons) = counts(&report.summary);
    let lines: Map<String, Value> = Category::ALL
        .into_iter()
        .map(|category| (category, analysis.counts.of(category)))
        .filter(|(_, count)| *count > 0)
        .map(|(category, count)| (category.name().to_owned(), Value::from(count)))
        .collect();
    let builds: Vec<Value> = (1u32..)
        .zip(&analysis.builds)
        .map(|(number, build)| {
            json!({"build": number, "first_line": build.first_line, "lines": build.lines,
                   "flags": build.flags(), "explained": build.explained, "inlining": build.inlining,
                   "and_later": number == BuildSet::LAST && analysis.build_count > number})
        })
        .collect();
    json!({
        "decisions": report.summary.decisions,
        "explained": report.summary.explained,
        "constants": report.summary.constants,
        "varying": report.summary.varying,
        "kinds": kinds,
        "reasons": reasons,
        "lines": lines,
        "builds": builds,
        "build_count": analysis.build_count,
    })
}
