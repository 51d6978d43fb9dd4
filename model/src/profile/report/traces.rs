//! Samples one by one.

use super::super::graph::mean;
use super::super::measure::label;
use super::super::names::clean;
use super::Report;
use dumpview_parsers::pprof::TagValue;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// A call of a stack.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "profile-frame")]
pub struct TraceFrame {
    /// What it is called.
    pub name: String,
    /// It was inlined.
    pub inline: bool,
}

/// A sample.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "profile-trace")]
pub struct Trace {
    /// Its value.
    pub value: i64,
    /// Texts of its labels by name.
    pub labels: BTreeMap<String, Vec<String>>,
    /// Numbers of its labels by name, with their units.
    pub numbers: BTreeMap<String, Vec<String>>,
    /// The stack, the innermost call first.
    pub stack: Vec<TraceFrame>,
}

impl Report {
    /// All samples that have a stack.
    pub fn traces(&self) -> impl Iterator<Item = Trace> {
        let profile = &self.profile;
        let frames = self.frames_of_locations();
        let samples = profile.samples.iter().filter(|one| !one.stack.is_empty());
        samples.map(move |sample| {
            let stack = sample.stack.iter();
            let stack = stack.filter_map(|at| frames.get(usize::try_from(at).ok()?));
            let mut trace = Trace {
                value: 0,
                labels: BTreeMap::new(),
                numbers: BTreeMap::new(),
                stack: stack.flatten().cloned().collect(),
            };
            let (value, div) = self.values(sample);
            trace.value = mean(value, div);
            let texts = &profile.texts;
            for tag in sample.tags {
                let (of, text) = match tag.value {
                    TagValue::Text(text) => (&mut trace.labels, texts.text(text).to_owned()),
                    TagValue::Number(value, _) => {
                        (&mut trace.numbers, label(value, self.units.get(tag.key)))
                    }
                };
                let of = of.entry(texts.text(tag.key).to_owned()).or_default();
                of.push(text);
            }
            trace
        })
    }

    /// The calls of each location, the innermost first.
    pub(crate) fn frames_of_locations(&self) -> Vec<Vec<TraceFrame>> {
        let functions = self.profile.functions.iter();
        let files: Vec<String> = functions
            .map(|of| match of.file.as_str() {
                "" => String::new(),
                file => clean(file),
            })
            .collect();
        let locations = self.profile.locations.iter();
        locations
            .map(|location| self.frames(location, &files))
            .collect()
    }

    fn frames(
        &self,
        location: &dumpview_parsers::pprof::Location,
        files: &[String],
    ) -> Vec<TraceFrame> {
        let mapping = location.mapping.and_then(|at| usize::try_from(at).ok());
        let mapping = mapping.and_then(|at| self.profile.mappings.get(at));
        let object = mapping.map_or("", |of| of.file.as_str());
        let key = |line, column| super::super::graph::Key {
            address: location.address,
            line,
            column,
            ..Default::default()
        };
        if location.lines.is_empty() {
            return vec![TraceFrame {
                name: key(0, 0).parts("", "", object).join(" "),
                inline: false,
            }];
        }
        let last = location.lines.len() - 1;
        let lines = location.lines.iter().enumerate();
        lines
            .map(|(index, line)| {
                let function = usize::try_from(line.function).unwrap_or(usize::MAX);
                let name = self.profile.functions.get(function);
                let name = name.map_or("", |of| of.name.as_str());
                let file = files.get(function).map_or("", String::as_str);
                let object = if name.is_empty() { object } else { "" };
                let parts = key(line.line, line.column).parts(name, file, object);
                TraceFrame {
                    name: parts.join(" "),
                    inline: index != last,
                }
            })
            .collect()
    }
}
