//! Every committed core against what the program and the Go runtime said about it.

#[cfg(test)]
#[path = "support/fixtures.rs"]
mod fixtures;
#[cfg(test)]
mod support;

use rayon::prelude::*;
use serde_json::Value;
use support::value::differences;
use support::{Case, Report, death, disass, goroutines, variables};

/// Runs one check on every case, two at a time, and settles on the whole.
fn every(
    check: impl Fn(&Case, &mut Report) + Sync,
    wanted: impl Fn(&Case) -> bool + Sync,
) -> Report {
    let reports: Vec<(String, Report)> = fixtures::cases()
        .par_iter()
        .filter(|case| wanted(case))
        .map(|case| {
            let mut report = Report::default();
            check(case, &mut report);
            (case.name.clone(), report)
        })
        .collect();
    let mut all = Report::default();
    for (name, report) in reports {
        all.compared("case");
        all.add(&name, report);
    }
    all
}

#[test]
fn goroutines_and_frames_are_those_the_runtime_printed() {
    every(goroutines::check, |_| true).settle(&[
        "case",
        "goroutine of the truth",
        "goroutine of the traceback",
        "frame",
        "labels",
        "creator",
        "creator of the traceback",
    ]);
}

#[test]
fn variables_hold_what_the_program_said() {
    every(variables::check, Case::has_dwarf).settle(&["case", "value", "name out of scope"]);
}

#[test]
fn package_variables_hold_what_the_program_said() {
    every(variables::check_package, Case::has_dwarf).settle(&["package variable"]);
}

#[test]
fn locals_and_args_agree_with_the_full_backtrace() {
    every(variables::check_verbs, |case| {
        case.has_dwarf() && (case.name.starts_with("types-") || case.name.contains("-nilptr-"))
    })
    .settle(&["answer of a verb"]);
}

#[test]
fn the_reason_is_the_one_the_program_died_of() {
    every(death::check, |_| true).settle(&[
        "case",
        "kind of death",
        "signal",
        "text of a panic",
        "fatal error",
    ]);
}

#[test]
fn the_instruction_of_every_frame_of_a_crash_is_found() {
    let wanted = |case: &Case| {
        let crash = [
            "-nilptr-",
            "-wrapped-",
            "-nested-",
            "types-inline-",
            "cgo-c-",
        ];
        crash.iter().any(|part| case.name.contains(part))
    };
    every(disass::check, wanted).settle(&[
        "case",
        "frame",
        "call",
        "function",
        "line",
        "code of unknown extent",
    ]);
}

/// The comparison itself: a tree agrees with itself, and no single change in it passes.
#[test]
fn no_change_of_a_value_goes_unnoticed() {
    let mut changes = 0;
    for case in fixtures::cases()
        .iter()
        .filter(|c| c.name.starts_with("types-all-"))
    {
        for frame in case.truth["frames"].as_array().into_iter().flatten() {
            for variable in frame["variables"].as_array().into_iter().flatten() {
                let ty = variable["type"].as_str().unwrap_or_default();
                let value = &variable["value"];
                let name = variable["name"].to_string();
                assert!(differences(ty, value, value, &name).is_empty(), "{name}");
                let leaves = leaves(value);
                for nth in 0..leaves.min(40) {
                    let mut changed = value.clone();
                    change(&mut changed, &mut nth.clone());
                    assert!(
                        !differences(ty, value, &changed, &name).is_empty(),
                        "{name}, leaf {nth}: {changed}"
                    );
                    changes += 1;
                }
            }
        }
    }
    assert!(changes > 1000, "only {changes} changes were tried");
}

/// How many scalars a tree has.
fn leaves(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(leaves).sum(),
        Value::Object(keys) => keys.values().map(leaves).sum(),
        _ => 1,
    }
}

/// Changes one scalar, counted in the order of [`leaves`].
fn change(value: &mut Value, nth: &mut usize) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|v| change(v, nth)),
        Value::Object(keys) => keys.values_mut().for_each(|v| change(v, nth)),
        _ => {
            if *nth == 0 {
                *value = match &*value {
                    Value::Bool(b) => Value::Bool(!b),
                    Value::String(s) => Value::String(format!("{s}x")),
                    Value::Number(n) if n.as_u64() == Some(1) => 2.into(),
                    Value::Number(_) => 1.into(),
                    _ => "something".into(),
                };
            }
            *nth = nth.wrapping_sub(1);
        }
    }
}
