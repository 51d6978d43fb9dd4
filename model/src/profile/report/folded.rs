//! Stacks in one line each, the outermost call first, as flame graphs are made from.

use super::super::graph::mean;
use super::Report;
use crate::value::quote::escape;
use std::collections::BTreeMap;
use std::io::{self, Write};

impl Report {
    /// Stacks by name with what was counted at them; those that cancelled out are none.
    pub fn folded(&self) -> BTreeMap<String, i64> {
        let mut stacks: BTreeMap<String, (i64, i64)> = BTreeMap::new();
        for (trace, sample) in self.named_stacks() {
            let (value, div) = self.values(sample);
            let sum = stacks.entry(trace).or_default();
            sum.0 = sum.0.wrapping_add(value);
            sum.1 = sum.1.wrapping_add(div);
        }
        let stacks = stacks.into_iter();
        let stacks = stacks.map(|(stack, (value, div))| (stack, mean(value, div)));
        stacks.filter(|(_, value)| *value != 0).collect()
    }

    fn named_stacks(
        &self,
    ) -> impl Iterator<Item = (String, dumpview_parsers::pprof::SampleRef<'_>)> {
        let samples = self.profile.samples.iter();
        let samples = samples.filter(|sample| !sample.stack.is_empty());
        self.traces().zip(samples).map(|(trace, sample)| {
            let names = trace.stack.iter().rev();
            // A semicolon parts calls, a blank the stack from its number, and a line stacks from each other.
            let names = names.map(|frame| escape(&frame.name).replace(';', ":"));
            (names.collect::<Vec<_>>().join(";"), sample)
        })
    }

    /// Writes them.
    ///
    /// # Errors
    ///
    /// When `out` does not take it.
    pub fn write_folded(&self, out: &mut dyn Write) -> io::Result<()> {
        for (stack, value) in self.folded() {
            writeln!(out, "{stack} {value}")?;
        }
        Ok(())
    }
}
