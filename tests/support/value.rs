//! Compares a value of the truth with the one dumpview shows, as trees of `docs/json.md`.
//!
//! A key that is missing in the truth is not compared; a value that is missing in the answer is a problem.

use serde_json::Value;
use std::collections::HashMap;

/// One line a difference; empty when they agree.
pub fn differences(ty: &str, truth: &Value, found: &Value, place: &str) -> Vec<String> {
    let mut out = Vec::new();
    compare(ty, truth, found, place, &mut out);
    out
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(160) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn compare(ty: &str, truth: &Value, found: &Value, place: &str, out: &mut Vec<String>) {
    if out.len() > 20 {
        return;
    }
    let mut differ = || {
        out.push(format!(
            "{place}: expected {}, found {}",
            short(truth),
            short(found)
        ));
    };
    match truth {
        Value::Number(_) => {
            if !same_number(ty, truth, found) {
                differ();
            }
        }
        Value::String(text) => {
            if !same_text(text, found) {
                differ();
            }
        }
        Value::Object(_) if found.is_object() && truth["kind"] == found["kind"] => {
            composite(truth, found, place, out);
        }
        _ if truth == found => {}
        _ => differ(),
    }
}

fn same_number(ty: &str, truth: &Value, found: &Value) -> bool {
    if let (Some(a), Some(b)) = (truth.as_i64(), found.as_i64()) {
        return a == b;
    }
    if let (Some(a), Some(b)) = (truth.as_u64(), found.as_u64()) {
        return a == b;
    }
    let (Some(a), Some(b)) = (truth.as_f64(), found.as_f64()) else {
        return false;
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "both sides lose the same digits"
    )]
    let narrow = |x: f64| (x as f32).to_bits();
    a.to_bits() == b.to_bits() || (matches!(ty, "float32" | "complex64") && narrow(a) == narrow(b))
}

/// A long string may come back cut, and then says how much is missing.
fn same_text(text: &str, found: &Value) -> bool {
    match found {
        Value::String(other) => text == other,
        Value::Object(_) if found["kind"] == "string" => {
            let (Some(start), Some(len), Some(left)) = (
                found["value"].as_str(),
                found["len"].as_u64(),
                found["truncated"].as_u64(),
            ) else {
                return false;
            };
            len == text.len() as u64
                && left + start.len() as u64 == len
                && text.as_bytes().starts_with(start.as_bytes())
        }
        _ => false,
    }
}

/// Keys compared as they are, wherever the truth has them.
const PLAIN: [&str; 14] = [
    "type",
    "addr",
    "len",
    "cap",
    "closed",
    "recv_waiters",
    "send_waiters",
    "dynamic_type",
    "name",
    "hex",
    "cycle",
    "kind",
    "escaped",
    "origin",
];

fn composite(truth: &Value, found: &Value, place: &str, out: &mut Vec<String>) {
    let ty = truth["type"].as_str().unwrap_or_default();
    for key in PLAIN {
        if let Some(expected) = truth.get(key)
            && found.get(key) != Some(expected)
        {
            let got = found.get(key).unwrap_or(&Value::Null);
            out.push(format!(
                "{place}.{key} ({ty}): expected {}, found {}",
                short(expected),
                short(got)
            ));
        }
    }
    if truth.get("cycle").is_none() && found.get("cycle").is_some() && truth.get("value").is_some()
    {
        out.push(format!("{place}: cut as a cycle, and is none"));
        return;
    }
    for key in ["re", "im"] {
        if let Some(part) = truth.get(key) {
            compare(ty, part, &found[key], &format!("{place}.{key}"), out);
        }
    }
    // `value` of a pointer or an interface; a string's is lossy and its hex was compared.
    if truth["kind"] != "string"
        && let Some(inner) = truth.get("value")
    {
        let inner_ty = truth["dynamic_type"]
            .as_str()
            .unwrap_or_else(|| ty.strip_prefix('*').unwrap_or(ty));
        let place = format!("{place}.*");
        match found.get("value") {
            Some(got) => compare(inner_ty, inner, got, &place, out),
            None => out.push(format!("{place}: missing, expected {}", short(inner))),
        }
        text(truth, found, &place, out);
    }
    if let Some(fields) = truth["fields"].as_array() {
        named(fields, &found["fields"], place, "field", out);
    }
    if let Some(captures) = truth["captures"].as_array() {
        named(captures, &found["captures"], place, "capture", out);
    }
    if let Some(elements) = truth["elements"].as_array() {
        sequence(element_type(ty), elements, found, place, out);
    }
    if let Some(entries) = truth["entries"].as_array() {
        map_entries(entries, found, place, out);
    }
}

fn element_type(ty: &str) -> &str {
    match ty.strip_prefix('[').and_then(|t| t.split_once(']')) {
        Some((_, element)) => element,
        None => ty.rsplit(' ').next().unwrap_or(ty),
    }
}

/// The words beside a value.
pub fn text(truth: &Value, found: &Value, place: &str, out: &mut Vec<String>) {
    if let Some(expected) = truth.get("text")
        && found.get("text") != Some(expected)
    {
        let got = found.get("text").unwrap_or(&Value::Null);
        out.push(format!("{place} text: expected {expected}, found {got}"));
    }
}

fn named(truth: &[Value], found: &Value, place: &str, what: &str, out: &mut Vec<String>) {
    let none = Vec::new();
    let found = found.as_array().unwrap_or(&none);
    let mut used = vec![false; found.len()];
    for item in truth {
        let name = item["name"].as_str().unwrap_or_default();
        let place = format!("{place}.{name}");
        let at = found
            .iter()
            .zip(&used)
            .position(|(f, used)| !used && f["name"] == item["name"]);
        let Some(at) = at else {
            out.push(format!("{place}: {what} missing"));
            continue;
        };
        used[at] = true;
        let got = &found[at];
        for key in ["type", "embedded", "origin", "escaped", "addr"] {
            if let Some(expected) = item.get(key)
                && got.get(key) != Some(expected)
            {
                let got = got.get(key).unwrap_or(&Value::Null);
                out.push(format!("{place} {key}: expected {expected}, found {got}"));
            }
        }
        text(item, got, &place, out);
        let ty = item["type"].as_str().unwrap_or_default();
        compare(ty, &item["value"], &got["value"], &place, out);
    }
}

fn sequence(ty: &str, truth: &[Value], found: &Value, place: &str, out: &mut Vec<String>) {
    let none = Vec::new();
    let elements = found["elements"].as_array().unwrap_or(&none);
    let left = found["truncated"].as_u64().unwrap_or(0);
    if elements.len() as u64 + left != truth.len() as u64 {
        out.push(format!(
            "{place}: expected {} elements, found {} and {left} left out",
            truth.len(),
            elements.len()
        ));
    }
    for (i, (expected, got)) in truth.iter().zip(elements).enumerate() {
        compare(ty, expected, got, &format!("{place}[{i}]"), out);
    }
}

/// Entries come in no order: each of the truth's has to be found, and used once.
fn map_entries(truth: &[Value], found: &Value, place: &str, out: &mut Vec<String>) {
    let none = Vec::new();
    let entries = found["entries"].as_array().unwrap_or(&none);
    let left = found["truncated"].as_u64().unwrap_or(0);
    if entries.len() as u64 + left != truth.len() as u64 {
        out.push(format!(
            "{place}: expected {} entries, found {} and {left} left out",
            truth.len(),
            entries.len()
        ));
        return;
    }
    let mut by_key: HashMap<String, Vec<&Value>> = HashMap::new();
    let mut others: Vec<&Value> = Vec::new();
    for entry in entries {
        match &entry["key"] {
            Value::Object(_) => others.push(entry),
            key => by_key.entry(bucket(key)).or_default().push(entry),
        }
    }
    let mut unmatched = 0;
    let mut example = None;
    for entry in truth {
        let candidates = match &entry["key"] {
            Value::Object(_) => &mut others,
            key => by_key.entry(bucket(key)).or_default(),
        };
        let at = candidates.iter().position(|c| {
            differences("", &entry["key"], &c["key"], "").is_empty()
                && differences("", &entry["value"], &c["value"], "").is_empty()
        });
        if let Some(at) = at {
            candidates.swap_remove(at);
        } else {
            unmatched += 1;
            example = example.or_else(|| Some((entry, candidates.first().map(|c| short(c)))));
        }
    }
    if let Some((entry, nearest)) = example
        && left == 0
    {
        out.push(format!(
            "{place}: {unmatched} entries not found, one is {}, nearest {nearest:?}",
            short(entry)
        ));
    }
}

/// What equal scalar keys have in common however they are spelled: `3` and `3.0`, but not `0` and `-0.0`.
fn bucket(key: &Value) -> String {
    match key.as_f64() {
        Some(f) if key.is_f64() && f.to_bits() == (-0.0f64).to_bits() => "-0".to_owned(),
        Some(f) if key.is_f64() => f.to_string(),
        _ => key.to_string(),
    }
}
