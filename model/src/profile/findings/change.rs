//! One profile less another: what grew and what shrank.

use super::cpu::largest;
use super::stacks::{Call, Stacks};
use super::{Ask, Found};
use crate::finding::{Finding, Severity};
use std::collections::HashMap;

/// So many places are named.
const PLACES: usize = 5;

/// What grew and shrank, by the program's own calls.
pub fn findings(stacks: &Stacks<'_>, found: &mut Vec<Found>) {
    let mut by_call: HashMap<Call, i64> = HashMap::new();
    for (value, sample) in stacks.samples() {
        if let Some(site) = stacks.site(sample.stack) {
            let of = by_call.entry(site).or_default();
            *of = of.wrapping_add(value);
        }
    }
    let changed = largest(&by_call);
    let (mut grew, mut shrank) = (0i64, 0i64);
    for (_, value) in &changed {
        if *value > 0 {
            grew = grew.wrapping_add(*value);
        } else {
            shrank = shrank.wrapping_sub(*value);
        }
    }
    let kind = stacks.profile.sample_types.get(stacks.index);
    let kind = kind.map_or("", |of| of.kind.as_str());
    let text = format!(
        "Between the two {kind} changed by {}: {} more at some places, {} less at others",
        stacks.amount(stacks.total),
        stacks.amount(grew),
        stacks.amount(shrank)
    );
    let mut finding = Finding::new("profile.change", Severity::Info, text);
    for (call, value) in changed.iter().take(PLACES).filter(|(_, value)| *value != 0) {
        let sign = if *value > 0 { "+" } else { "" };
        finding = finding.seen(format!(
            "{sign}{} in {}",
            stacks.amount(*value),
            stacks.place(*call)
        ));
    }
    let most = changed.iter().find(|(_, value)| *value > 0);
    let ask = most.map(|(call, _)| Ask::of("peek", stacks.name(call.function)));
    found.push((finding, ask));
}
