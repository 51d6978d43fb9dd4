//! Nodes as a profile, and the profile itself as it is written.

use super::super::measure::{scale, whole};
use super::{Report, divided};
use dumpview_parsers::pprof::{Function, Line, Location, Profile, ValueType};
use std::collections::HashMap;

impl Report {
    /// The profile, its values divided as was asked for (internal/report/report.go:printProto).
    pub fn proto(mut self) -> Profile {
        let ratio = 1.0 / self.options.divide_by;
        self.profile.samples.rewrite(|sample| {
            for value in &mut sample.values {
                *value = divided(*value, ratio);
            }
            true
        });
        self.profile
    }

    /// A sample for each node: what it cost with all that it called, and itself.
    pub fn top_proto(&mut self) -> Profile {
        let trimmed = self.graph();
        let unit = self.output_unit.as_str();
        let mut out = Profile {
            sample_types: vec![ValueType::new("cum", unit), ValueType::new("flat", unit)],
            time_nanos: self.profile.time_nanos,
            duration_nanos: self.profile.duration_nanos,
            period_type: self.profile.period_type.clone(),
            period: self.profile.period,
            ..Profile::default()
        };
        let mut functions: HashMap<Function, u32> = HashMap::new();
        let number = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        for (_, node) in trimmed.graph.iter() {
            let function = Function {
                name: self.names.name(node.key.name).to_owned(),
                file: self.names.name(node.key.file).to_owned(),
                start_line: node.key.start_line,
                ..Function::default()
            };
            let next = number(out.functions.len());
            let at = *functions.entry(function.clone()).or_insert(next);
            if at == next {
                out.functions.push(function);
            }
            let location = number(out.locations.len());
            out.locations.push(Location {
                id: u64::from(location) + 1,
                address: node.key.address,
                lines: vec![Line {
                    function: at,
                    line: node.key.line,
                    column: node.key.column,
                }],
                ..Location::default()
            });
            let scaled = |value| whole(scale(value, &self.sample_unit, unit).0);
            let values = [scaled(node.cum_value()), scaled(node.flat_value())];
            out.samples.push(&[location], &values, &[]);
        }
        out
    }
}
