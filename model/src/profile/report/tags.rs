//! Labels of samples and what was counted with them.

use super::super::measure::scaled_label;
use super::Report;
use dumpview_parsers::pprof::TagValue;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// A value of a label.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "profile-tag-value")]
pub struct TagValueRow {
    /// What it says; a number with its unit.
    pub value: String,
    /// What was counted with it.
    pub flat: i64,
}

/// A label.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "profile-tag")]
pub struct TagKey {
    /// Its name.
    pub key: String,
    /// What was counted with it, whatever it said.
    pub total: i64,
    /// Its values, the heaviest first.
    pub values: Vec<TagValueRow>,
}

impl Report {
    /// All labels, by name.
    pub fn tags(&self) -> Vec<TagKey> {
        let texts = &self.profile.texts;
        let mut keys: BTreeMap<&str, BTreeMap<String, i64>> = BTreeMap::new();
        for sample in self.profile.samples.iter() {
            let (counted, _) = self.values(sample);
            for tag in sample.tags {
                let value = match tag.value {
                    TagValue::Text(text) => texts.text(text).to_owned(),
                    TagValue::Number(value, _) => {
                        scaled_label(value, self.units.get(tag.key), &self.output_unit)
                    }
                };
                let values = keys.entry(texts.text(tag.key)).or_default();
                let sum = values.entry(value).or_default();
                *sum = sum.wrapping_add(counted);
            }
        }
        let keys = keys.into_iter().map(|(key, values)| {
            let total = values
                .values()
                .fold(0, |sum: i64, one| sum.wrapping_add(*one));
            let mut values: Vec<TagValueRow> = values
                .into_iter()
                .map(|(value, flat)| TagValueRow { value, flat })
                .collect();
            values.sort_by_key(|row| std::cmp::Reverse(row.flat.wrapping_abs()));
            TagKey {
                key: key.to_owned(),
                total,
                values,
            }
        });
        keys.collect()
    }
}
