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
    // What has no stack is of no call, and counts all the same.
    let mut by_call: HashMap<Option<Call>, i64> = HashMap::new();
    for (value, sample) in stacks.samples() {
        let of = by_call.entry(stacks.site(sample.stack)).or_default();
        *of = of.wrapping_add(value);
    }
    let changed = largest(&by_call);
    let (mut grew, mut shrank) = (0i64, 0i64);
    for (_, value) in &changed {
        if *value > 0 {
            grew = grew.saturating_add(*value);
        } else {
            shrank = shrank.saturating_sub(*value);
        }
    }
    let kind = stacks.profile.sample_types.get(stacks.index);
    let kind = match kind.map_or("", |of| of.kind.as_str()) {
        "goroutine" | "goroutineleak" => "the number of goroutines",
        "cpu" => "CPU time",
        "delay" => "the time waited",
        "contentions" => "the number of waits",
        "threadcreate" => "the number of threads",
        kind => kind,
    };
    let text = format!(
        "Between the two, {kind} changed by {}: {} more at some places, {} less at others",
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
            call.map_or_else(|| "what has no stack".to_owned(), |call| stacks.place(call))
        ));
    }
    let mut grown = changed.iter().filter(|(_, value)| *value > 0);
    let most = grown.find_map(|(call, _)| *call);
    let ask = most.map(|call| Ask::of("peek", stacks.name(call.function)));
    found.push((finding, ask));
}
