//! What a sample adds to a node itself, and to the node's labels.

use super::super::combine::BASE;
use super::super::measure::scaled_label;
use super::node::{Node, Tag};
use dumpview_parsers::pprof::{Profile, SampleRef, TagValue};

/// Which value of a node a sample counts in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What it cost itself.
    Flat,
    /// With all that it called.
    Cum,
}

/// Adds a sample to what a node cost itself.
pub fn count_flat(node: Option<&mut Node>, (value, div): (i64, i64)) {
    if let Some(node) = node {
        node.flat = node.flat.wrapping_add(value);
        node.flat_div = node.flat_div.wrapping_add(div);
    }
}

/// Labels of a sample as nodes show them.
pub struct SampleTags {
    labels: String,
    /// Text, unit and number.
    numbers: Vec<(String, String, i64)>,
}

impl SampleTags {
    /// Those of a sample, numbers of `bytes` among them in one unit, and printed in another.
    pub fn of(sample: SampleRef<'_>, profile: &Profile, unit: &str, output: &str) -> Self {
        let texts = &profile.texts;
        let mut labels = Vec::new();
        let mut numbers = Vec::new();
        for tag in sample.tags {
            let key = texts.text(tag.key);
            match tag.value {
                TagValue::Text(_) if key == BASE => {}
                TagValue::Text(text) => labels.push(format!("{key}:{}", texts.text(text))),
                // Of numbers only sizes are shown (internal/report/report.go:newGraph).
                TagValue::Number(value, _) if key == "bytes" => {
                    numbers.push((scaled_label(value, unit, output), unit.to_owned(), value));
                }
                TagValue::Number(..) => {}
            }
        }
        labels.sort();
        Self {
            labels: labels.join("\\n"),
            numbers,
        }
    }

    /// Counts a sample at a node.
    pub fn count(&self, node: Option<&mut Node>, part: Part, values: (i64, i64)) {
        fn add(tag: &mut Tag, part: Part, (value, div): (i64, i64)) {
            let (sum, sum_div) = match part {
                Part::Flat => (&mut tag.flat, &mut tag.flat_div),
                Part::Cum => (&mut tag.cum, &mut tag.cum_div),
            };
            *sum = sum.wrapping_add(value);
            *sum_div = sum_div.wrapping_add(div);
        }
        let Some(node) = node else { return };
        let node = node.tags.get_or_insert_default();
        if !self.labels.is_empty() {
            let tag = node.labels.entry(self.labels.clone());
            let tag = tag.or_insert_with(|| Tag {
                name: self.labels.clone(),
                ..Tag::default()
            });
            add(tag, part, values);
        }
        if self.numbers.is_empty() {
            return;
        }
        let of_labels = node.numbers.entry(self.labels.clone()).or_default();
        for (name, unit, value) in &self.numbers {
            let tag = of_labels.entry(name.clone()).or_insert_with(|| Tag {
                name: name.clone(),
                unit: unit.clone(),
                value: *value,
                ..Tag::default()
            });
            add(tag, part, values);
        }
    }
}
