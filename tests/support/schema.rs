//! Documents, checked against the schema that the binary prints of them.
//!
//! JSON Schema lets unknown keys pass; here a key that no part of the schema names is an error, since it is not in the
//! documentation either.

#![allow(
    dead_code,
    reason = "every test takes this file in for itself and uses its own part of it"
)]

use regex::Regex;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::process::Command;
use std::sync::OnceLock;

/// The schemas of all documents.
pub struct Schema {
    root: Value,
}

/// Words that say something to people and nothing about a value.
const ANNOTATIONS: [&str; 8] = [
    "title",
    "description",
    "format",
    "unit",
    "propertyOrder",
    "$schema",
    "$defs",
    "uniqueItems",
];

/// What was found at one place of a document.
#[derive(Default)]
struct Found {
    errors: Vec<String>,
    /// Keys that a part of the schema names.
    known: BTreeSet<String>,
    /// Why the shapes that do not fit do not.
    otherwise: Vec<String>,
}

impl Schema {
    /// What `dumpview schema` prints, asked once.
    pub fn get() -> &'static Self {
        static SCHEMA: OnceLock<Schema> = OnceLock::new();
        SCHEMA.get_or_init(|| {
            let output = Command::new(env!("CARGO_BIN_EXE_dumpview"))
                .arg("schema")
                .output()
                .expect("the built binary runs");
            Schema {
                root: serde_json::from_slice(&output.stdout).expect("the schema is JSON"),
            }
        })
    }

    /// The ids of all documents: `dumpview.bt/1`.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        let all = self.root["$defs"].as_object().expect("definitions");
        let ids = all.keys().map(String::as_str);
        ids.filter(|id| id.starts_with("dumpview."))
    }

    /// What is wrong with a document, a line each.
    pub fn errors(&self, document: &Value) -> Vec<String> {
        let id = document["schema"].as_str().unwrap_or_default();
        match self.root["$defs"].get(id) {
            Some(schema) if id.starts_with("dumpview.") => self.value(schema, document, id),
            _ => vec![format!("no schema {id:?}")],
        }
    }

    /// Fails when a document is not as its schema says.
    pub fn check(&self, document: &Value) {
        let errors = self.errors(document);
        assert!(errors.is_empty(), "{errors:#?}");
    }

    /// A value, with all that stands in it.
    fn value(&self, schema: &Value, value: &Value, path: &str) -> Vec<String> {
        let mut found = Found::default();
        self.part(schema, value, path, &mut found);
        if let Value::Object(map) = value
            && found.errors.is_empty()
        {
            let unknown: Vec<&String> = map
                .keys()
                .filter(|key| !found.known.contains(*key))
                .collect();
            for key in &unknown {
                found
                    .errors
                    .push(format!("{path}.{key}: not in the schema"));
            }
            if !unknown.is_empty() {
                found.errors.append(&mut found.otherwise);
            }
        }
        found.errors
    }

    /// One part of the schema of a value.
    fn part(&self, schema: &Value, value: &Value, path: &str, found: &mut Found) {
        let Value::Object(schema) = schema else {
            if schema == &Value::Bool(false) {
                found
                    .errors
                    .push(format!("{path}: nothing is allowed here"));
            }
            return;
        };
        let errors = found.errors.len();
        for (word, says) in schema {
            Self::plain(word, says, value, path, found);
        }
        Self::constants(schema, value, path, found);
        // A shape that is not meant is left before its depths are looked at.
        if found.errors.len() > errors {
            return;
        }
        self.inner(schema, value, path, found);
        for key in ["anyOf", "oneOf"] {
            if let Some(shapes) = schema.get(key).and_then(Value::as_array) {
                self.shapes(key, shapes, value, path, found);
            }
        }
        for part in schema
            .get("allOf")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            self.part(part, value, path, found);
        }
        if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
            let name = name
                .strip_prefix("#/$defs/")
                .expect("a definition")
                .replace("~1", "/");
            self.part(&self.root["$defs"][&name], value, path, found);
        }
    }

    /// What a word says of a value by itself.
    fn plain(word: &str, says: &Value, value: &Value, path: &str, found: &mut Found) {
        let holds = match word {
            "type" => match says {
                Value::Array(types) => types.iter().any(|of| is(of, value)),
                of => is(of, value),
            },
            "const" => says == value,
            "enum" => says.as_array().is_some_and(|words| words.contains(value)),
            "pattern" => {
                let pattern = Regex::new(says.as_str().expect("a pattern")).expect("a regex");
                value.as_str().is_none_or(|text| pattern.is_match(text))
            }
            "minimum" => match (value.as_f64(), says.as_f64()) {
                (Some(number), Some(least)) => number >= least,
                _ => true,
            },
            "maximum" => match (value.as_f64(), says.as_f64()) {
                (Some(number), Some(most)) => number <= most,
                _ => true,
            },
            "minItems" => value
                .as_array()
                .is_none_or(|list| list.len() as u64 >= says.as_u64().unwrap()),
            "maxItems" => value
                .as_array()
                .is_none_or(|list| list.len() as u64 <= says.as_u64().unwrap()),
            "required" => {
                for key in says
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                {
                    if value.as_object().is_some_and(|map| !map.contains_key(key)) {
                        found.errors.push(format!("{path}.{key}: missing"));
                    }
                }
                true
            }
            "properties"
            | "additionalProperties"
            | "items"
            | "prefixItems"
            | "anyOf"
            | "oneOf"
            | "allOf"
            | "$ref" => true,
            word => {
                assert!(
                    ANNOTATIONS.contains(&word),
                    "{path}: the schema says {word:?}"
                );
                true
            }
        };
        if !holds {
            let text: String = value.to_string().chars().take(80).collect();
            found
                .errors
                .push(format!("{path}: not of {word} {says}: {text}"));
        }
    }

    /// Keys that must have a certain value: by them shapes are told apart.
    fn constants(schema: &Map<String, Value>, value: &Value, path: &str, found: &mut Found) {
        let (Some(Value::Object(keys)), Value::Object(map)) = (schema.get("properties"), value)
        else {
            return;
        };
        for (name, key) in keys {
            if let (Some(word), Some(value)) = (key.get("const"), map.get(name))
                && word != value
            {
                found
                    .errors
                    .push(format!("{path}.{name}: {value}, not {word}"));
            }
        }
    }

    /// What stands in an object or a list.
    fn inner(&self, schema: &Map<String, Value>, value: &Value, path: &str, found: &mut Found) {
        match value {
            Value::Object(map) => {
                let keys = schema.get("properties").and_then(Value::as_object);
                let others = schema.get("additionalProperties");
                for (name, value) in map {
                    let key = keys.and_then(|keys| keys.get(name)).or(others);
                    if let Some(key) = key {
                        found.known.insert(name.clone());
                        found
                            .errors
                            .extend(self.value(key, value, &format!("{path}.{name}")));
                    }
                }
            }
            Value::Array(list) => {
                let first = schema.get("prefixItems").and_then(Value::as_array);
                for (index, value) in list.iter().enumerate() {
                    let item = first
                        .and_then(|first| first.get(index))
                        .or(schema.get("items"));
                    if let Some(item) = item {
                        found
                            .errors
                            .extend(self.value(item, value, &format!("{path}[]")));
                    }
                }
            }
            _ => {}
        }
    }

    /// The shapes of which a value has one.
    fn shapes(&self, word: &str, shapes: &[Value], value: &Value, path: &str, found: &mut Found) {
        let mut fits = 0;
        let mut otherwise = Vec::new();
        for shape in shapes {
            let mut one = Found::default();
            self.part(shape, value, path, &mut one);
            if one.errors.is_empty() {
                fits += 1;
                found.known.append(&mut one.known);
            } else {
                otherwise.append(&mut one.errors);
            }
            otherwise.append(&mut one.otherwise);
        }
        if fits == 0 {
            found.errors.push(format!("{path}: has none of the shapes"));
            found.errors.append(&mut otherwise);
        } else if word == "oneOf" && fits > 1 {
            found
                .errors
                .push(format!("{path}: has {fits} of the shapes, not one"));
        }
        found.otherwise.append(&mut otherwise);
    }
}

fn is(of: &Value, value: &Value) -> bool {
    match of.as_str().expect("the name of a type") {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the schema knows a type {other}"),
    }
}
