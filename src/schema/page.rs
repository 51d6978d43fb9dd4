//! docs/json.md, made from the schemas.
//!
//! ```text
//! introduction (docs/json.head.md)
//! ## Every document             keys that all documents have
//! ## dumpview VERB              in the registry's order: its keys, then the shapes that only it uses
//! ## Shapes                     the shapes that several verbs use
//! ```

use super::{Every, SCRIPT, document, generator, id, is_move, script};
use crate::registry::VERBS;
use dumpview_view::schema::ORDER;
use schemars::JsonSchema;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// What stands before the generated part.
const HEAD: &str = include_str!("../../docs/json.head.md");

/// The page.
pub fn page() -> String {
    let mut generator = generator();
    let every: Value = Every::json_schema(&mut generator).into();
    let mut sections: Vec<Section> = Vec::new();
    for entry in VERBS {
        let schema: Value = document(entry, &mut generator).into();
        let heading = (entry.about.name, entry.about.line);
        match sections.last_mut() {
            Some(last) if is_same(&last.schema, &schema) => last.verbs.push(heading),
            _ => sections.push(Section {
                verbs: vec![heading],
                schema,
                is_move: is_move(entry),
            }),
        }
    }
    let script: Value = script(&mut generator).into();
    let mut shapes = generator.take_definitions(true);
    // Its answers are the documents of verbs, which stand in their own sections.
    if let Some(answer) = shapes
        .get_mut("script-answer")
        .and_then(Value::as_object_mut)
    {
        answer.remove("anyOf");
    }
    sections.push(Section {
        verbs: vec![(SCRIPT, "The answers to the commands of `-x`, in order")],
        schema: script,
        is_move: false,
    });
    Page::new(every, sections, shapes).write()
}

/// Verbs whose documents have the same keys.
struct Section {
    verbs: Vec<(&'static str, &'static str)>,
    schema: Value,
    is_move: bool,
}

/// Whether two documents differ in their id and their line only.
fn is_same(one: &Value, other: &Value) -> bool {
    let without = |schema: &Value| {
        let mut schema = schema.clone();
        if let Some(map) = schema.as_object_mut() {
            map.remove("description");
        }
        if let Some(id) = schema.pointer_mut("/properties/schema") {
            *id = Value::Null;
        }
        schema
    };
    without(one) == without(other)
}

struct Page {
    every: Value,
    sections: Vec<Section>,
    shapes: Map<String, Value>,
    /// Shapes that more than one section uses.
    shared: BTreeSet<String>,
}

impl Page {
    fn new(every: Value, sections: Vec<Section>, shapes: Map<String, Value>) -> Self {
        let mut users: BTreeMap<String, usize> = BTreeMap::new();
        let mut page = Self {
            every,
            sections,
            shapes,
            shared: BTreeSet::new(),
        };
        let mut uses: Vec<Vec<String>> =
            page.sections.iter().map(|s| page.used(&s.schema)).collect();
        uses.push(page.used(&page.every));
        for name in uses.into_iter().flatten() {
            *users.entry(name).or_default() += 1;
        }
        let shared = users.into_iter().filter(|(_, users)| *users > 1);
        page.shared = shared.map(|(name, _)| name).collect();
        page
    }

    /// The shapes that a schema uses, each once, in the order in which a reader meets them.
    fn used(&self, schema: &Value) -> Vec<String> {
        let mut found = Vec::new();
        self.find(schema, &mut found);
        found
    }

    fn find(&self, schema: &Value, found: &mut Vec<String>) {
        if let Some(name) = reference(schema) {
            if !found.iter().any(|known| known == name) {
                found.push(name.to_owned());
                if let Some(shape) = self.shapes.get(name) {
                    self.find(shape, found);
                }
            }
            return;
        }
        for (_, key) in keys(schema) {
            self.find(key, found);
        }
        for part in ["items", "additionalProperties"] {
            if let Some(part) = schema.get(part) {
                self.find(part, found);
            }
        }
        for parts in ["anyOf", "oneOf", "allOf", "prefixItems"] {
            for part in list(schema, parts) {
                self.find(part, found);
            }
        }
    }

    fn write(&self) -> String {
        let mut out = HEAD.trim_end().to_owned();
        out.push_str("\n\n## Every document\n\n");
        table(&self.every, &[], &mut out);
        for section in &self.sections {
            self.section(section, &mut out);
        }
        out.push_str("\n## Shapes\n\nWhat the documents of several verbs have.\n");
        for name in &self.shared {
            self.shape(name, &mut out);
        }
        // Paragraphs that follow tables, and those that follow nothing, begin alike.
        while out.contains("\n\n\n") {
            out = out.replace("\n\n\n", "\n\n");
        }
        out
    }

    fn section(&self, section: &Section, out: &mut String) {
        let names: Vec<&str> = section.verbs.iter().map(|(name, _)| *name).collect();
        let _ = write!(out, "\n## dumpview {}\n\n", names.join(", "));
        for (name, line) in &section.verbs {
            let ends = if line.ends_with(['.', '?']) { "" } else { "." };
            let _ = writeln!(out, "{line}{ends} `{}`\n", id(name));
        }
        if section.is_move {
            out.push_str("In scripts (`-x`) and at the `:` prompt only.\n\n");
        }
        let every: Vec<&str> = keys(&self.every)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        table(&section.schema, &every, out);
        for name in self.used(&section.schema) {
            if !self.shared.contains(&name) {
                self.shape(&name, out);
            }
        }
    }

    fn shape(&self, name: &str, out: &mut String) {
        let Some(shape) = self.shapes.get(name) else {
            return;
        };
        let _ = write!(out, "\n### {name}\n\n");
        if let Some(text) = text(shape) {
            let _ = write!(out, "{text}\n\n");
        }
        table(shape, &[], out);
    }
}

/// The keys of an object and of the shapes it may have, or the words of an enumeration.
fn table(schema: &Value, without: &[&str], out: &mut String) {
    let rows: Vec<(String, &Value)> = keys(schema)
        .into_iter()
        .filter(|(name, _)| !without.contains(name))
        .flat_map(|(name, key)| nested(name, key))
        .collect();
    if !rows.is_empty() {
        out.push_str("| key | type | meaning |\n|---|---|---|\n");
        for (name, key) in rows {
            let meaning = text(key).unwrap_or_default();
            let _ = writeln!(
                out,
                "| `{name}` | {} | {} |",
                cell(&kind(key)),
                cell(&meaning)
            );
        }
    }
    let alternatives = list(schema, "anyOf").iter().chain(list(schema, "oneOf"));
    let (words, shapes): (Vec<&Value>, Vec<&Value>) =
        alternatives.partition(|part| part.get("const").is_some());
    if !words.is_empty() {
        out.push_str("| word | meaning |\n|---|---|\n");
        for word in words {
            let meaning = text(word).unwrap_or_default();
            let _ = writeln!(out, "| {} | {} |", kind(word), cell(&meaning));
        }
    }
    let is_plain = |shape: &&Value| keys(shape).is_empty();
    if !shapes.is_empty() && shapes.iter().all(is_plain) {
        for shape in shapes {
            let meaning = text(shape).unwrap_or_default();
            let _ = writeln!(out, "- {}: {meaning}", kind(shape));
        }
        return;
    }
    for shape in shapes {
        if let Some(name) = reference(shape) {
            let meaning = text(shape).unwrap_or_default();
            let keys = format!("The keys of [{name}](#{name}).");
            let _ = writeln!(out, "\n{}", format!("{meaning} {keys}").trim());
            continue;
        }
        let tag = keys(shape).into_iter().find_map(|(name, key)| {
            let word = key.get("const")?.as_str()?;
            Some(format!("`{name}` `{word}`. "))
        });
        let tag = tag.unwrap_or_default();
        let meaning = text(shape).unwrap_or_default();
        let _ = write!(out, "\n{}\n\n", format!("{tag}{meaning}").trim());
        let tags: Vec<&str> = keys(shape)
            .into_iter()
            .filter(|(_, key)| key.get("const").is_some())
            .map(|(name, _)| name)
            .chain(without.iter().copied())
            .collect();
        table(shape, &tags, out);
    }
    for part in list(schema, "allOf") {
        table(part, without, out);
    }
}

/// A key, or the keys of the object that stands under it.
fn nested<'s>(name: &str, key: &'s Value) -> Vec<(String, &'s Value)> {
    let mut rows = vec![(name.to_owned(), key)];
    for (inner, key) in keys(key) {
        rows.push((format!("{name}.{inner}"), key));
    }
    rows
}

/// The name of the shape that a schema refers to.
fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/$defs/")
}

fn list<'s>(schema: &'s Value, key: &str) -> &'s [Value] {
    let list = schema.get(key).and_then(Value::as_array);
    list.map_or(&[], Vec::as_slice)
}

/// The keys of an object in the order in which they are told: as the schema says, else those that are always there first.
fn keys(schema: &Value) -> Vec<(&str, &Value)> {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return Vec::new();
    };
    let order = list(schema, "required").iter().chain(list(schema, ORDER));
    let mut names: Vec<&str> = Vec::new();
    let rest = properties.keys().map(String::as_str);
    for name in order.filter_map(Value::as_str).chain(rest) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let key = |name| properties.get(name).map(|key| (name, key));
    names.into_iter().filter_map(key).collect()
}

/// A description on one line.
fn text(schema: &Value) -> Option<String> {
    let text = schema.get("description")?.as_str()?;
    let words: Vec<&str> = text.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// What a value is, in words.
fn kind(schema: &Value) -> String {
    if let Some(name) = reference(schema) {
        return format!("[{name}](#{name})");
    }
    if let Some(word) = schema.get("const") {
        return format!("`{word}`");
    }
    let words = list(schema, "enum");
    if !words.is_empty() {
        let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
        return words.join(", ");
    }
    for key in ["anyOf", "oneOf"] {
        let parts = list(schema, key);
        if !parts.is_empty() {
            let mut kinds: Vec<String> = Vec::new();
            for part in parts.iter().map(kind) {
                if !kinds.contains(&part) {
                    kinds.push(part);
                }
            }
            return kinds.join(" or ");
        }
    }
    let unit = schema.get("unit").and_then(Value::as_str);
    let unit = unit.filter(|unit| *unit != "number");
    match schema.get("type") {
        Some(Value::Array(types)) => {
            let kinds: Vec<String> = types
                .iter()
                .filter_map(Value::as_str)
                .map(|name| of_type(name, schema, unit))
                .collect();
            kinds.join(" or ")
        }
        Some(Value::String(name)) => of_type(name, schema, unit),
        _ => "anything".to_owned(),
    }
}

fn of_type(name: &str, schema: &Value, unit: Option<&str>) -> String {
    match name {
        "array" => {
            let first = list(schema, "prefixItems");
            if !first.is_empty() {
                let kinds: Vec<String> = first.iter().map(kind).collect();
                return format!("list of {} ({})", first.len(), kinds.join(", "));
            }
            let items = schema
                .get("items")
                .map_or_else(|| "anything".to_owned(), kind);
            format!("list of {items}")
        }
        "object" => match schema.get("additionalProperties") {
            Some(of @ Value::Object(_)) => format!("object, each value {}", kind(of)),
            _ => "object".to_owned(),
        },
        "string" => match schema.get("format").and_then(Value::as_str) {
            Some("address") => "address".to_owned(),
            _ => "string".to_owned(),
        },
        "boolean" => "bool".to_owned(),
        "integer" | "number" => match unit {
            Some(unit) => format!("{name}, {unit}"),
            None => name.to_owned(),
        },
        name => name.to_owned(),
    }
}
