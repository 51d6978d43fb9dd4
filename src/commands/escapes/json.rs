//! The JSON document. Decisions are written one by one: there may be hundreds of thousands.

use super::{Report, view};
use crate::answer::{Incomplete, InputSummary};
use dumpview_model::escape::{Analysis, BuildSet, Summary};
use dumpview_parsers::escape::Category;
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};
use std::io::{self, Write};

struct Document<'a>(&'a Report<'a>);
struct Decisions<'a>(&'a Report<'a>);

impl Serialize for Decisions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let report = self.0;
        let mut list = serializer.serialize_seq(None)?;
        for decision in report.selected() {
            list.serialize_element(&view::decision(report.analysis, decision))?;
        }
        list.end()
    }
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let report = self.0;
        let analysis = report.analysis;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("schema", "dumpview.escapes/1")?;
        map.serialize_entry(
            "input",
            &InputSummary {
                path: report.name.clone(),
                kind: "escapes",
                executable: None,
                go_version: analysis.go_version.clone(),
                arch: None,
            },
        )?;
        map.serialize_entry("incomplete", &incomplete(analysis))?;
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
        "unrecognized": analysis.unrecognized.count,
        "builds": builds,
        "build_count": analysis.build_count,
    })
}

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Document(report))?;
    out.write_all(b"\n")
}
