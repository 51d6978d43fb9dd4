//! The JSON contract of every verb: its JSON Schema, and the page that is made from it.
//!
//! What a document says is stated once, by the types that are serialised and the columns of their rows; this module
//! composes it with what every document begins with. Nothing here runs while an answer is written.

mod page;

pub use page::page;

use crate::answer::{FAILURE, FailureDocument};
use crate::registry::VERBS;
use crate::verb::{Entry, Group};
use dumpview_view::document::{Envelope, Incomplete, schema_id as id};
use dumpview_view::schema::{ORDER, described, joined};
use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

/// Which version of JSON Schema the schemas are written in.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// What every document says.
#[derive(JsonSchema)]
#[schemars(inline)]
#[expect(dead_code, reason = "read by the derive only")]
struct Every {
    #[schemars(flatten)]
    envelope: Envelope,
    /// What the answer lacks; empty when the input was whole. Exit status 4 goes with a damaged input.
    incomplete: Vec<Incomplete>,
}

/// The document of an `-x` script.
#[derive(JsonSchema)]
#[schemars(inline)]
#[expect(dead_code, reason = "read by the derive only")]
struct Script {
    /// One answer a command, in order.
    answers: Vec<Answered>,
}

/// One answer of a script: what the verb's own document says, without `input` and `incomplete`, which stand in the
/// script's; or why there is none.
#[derive(JsonSchema)]
#[schemars(rename = "script-answer")]
#[expect(dead_code, reason = "read by the derive only")]
struct Answered {
    /// The command, as typed.
    command: String,
    /// Which document this is: `dumpview.VERB/1`.
    schema: String,
    /// Why there is no answer; absent when there is one.
    #[schemars(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// The name of the document of an `-x` script.
pub const SCRIPT: &str = "script";

fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .with_transform(AbsentForNull)
        .into_generator()
}

/// A key that may be absent is never null: serde leaves out what is none. A derive allows both.
#[derive(Clone)]
struct AbsentForNull;

impl Transform for AbsentForNull {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        // In a row any key may be absent, and its column says whether it may be null.
        if schema.get(ORDER).is_some() {
            return;
        }
        let required: Vec<Value> = match schema.get("required") {
            Some(Value::Array(names)) => names.clone(),
            _ => Vec::new(),
        };
        if let Some(Value::Object(keys)) = schema.get_mut("properties") {
            for (name, key) in keys {
                if !required.iter().any(|of| of.as_str() == Some(name)) {
                    never_null(key);
                }
            }
        }
    }
}

/// Takes null from what a value may be.
fn never_null(key: &mut Value) {
    let Some(key) = key.as_object_mut() else {
        return;
    };
    if let Some(Value::Array(types)) = key.get_mut("type") {
        types.retain(|of| of != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            key.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(shapes)) = key.get_mut("anyOf") {
        shapes.retain(|shape| shape.get("type").is_none_or(|of| of != "null"));
        if let [Value::Object(only)] = shapes.as_slice() {
            let only = only.clone();
            key.remove("anyOf");
            key.extend(only);
        }
    }
}

/// The shape of a verb's document, whose parts are told to `generator`.
fn document(entry: &Entry, generator: &mut SchemaGenerator) -> Schema {
    whole(entry.about.name, entry.about.line, entry.body, generator)
}

fn whole(
    name: &str,
    line: &str,
    body: fn(&mut SchemaGenerator) -> Schema,
    generator: &mut SchemaGenerator,
) -> Schema {
    let mut every = Every::json_schema(generator);
    if let Some(schema) = every.pointer_mut("/properties/schema")
        && let Some(schema) = schema.as_object_mut()
    {
        schema.insert("const".to_owned(), json!(id(name)));
    }
    let mut document = described(joined(every, body(generator)), line);
    AbsentForNull.transform(&mut document);
    document
}

/// The shape of the document of an `-x` script: its answers are those of the verbs that can be asked of a core.
fn script(generator: &mut SchemaGenerator) -> Schema {
    let whole = whole(
        SCRIPT,
        "The answers to the commands of `-x`",
        Script::json_schema,
        generator,
    );
    let answers: Vec<Value> = VERBS
        .iter()
        .filter(|entry| entry.core.is_some())
        .map(|entry| {
            let named = json_schema!({"properties": {"schema": {"const": id(entry.about.name)}}});
            let mut answer = joined(named, (entry.body)(generator));
            AbsentForNull.transform(&mut answer);
            answer.into()
        })
        .collect();
    let failed = json!({"required": ["error"]});
    if let Some(answer) = generator.definitions_mut().get_mut("script-answer")
        && let Some(answer) = answer.as_object_mut()
    {
        let any = std::iter::once(failed).chain(answers).collect();
        answer.insert("anyOf".to_owned(), any);
    }
    whole
}

/// The shape of the document of a failure, which has no answer and so nothing that answers have.
fn failure(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = FailureDocument::json_schema(generator);
    if let Some(name) = schema.pointer_mut("/properties/schema")
        && let Some(name) = name.as_object_mut()
    {
        name.insert("const".to_owned(), json!(id(FAILURE)));
    }
    schema
}

/// The schema of the document of one verb, of an `-x` script, or of a failure; none when there is no such verb.
pub fn one(name: &str) -> Option<Value> {
    let mut generator = generator();
    let (name, document) = match name {
        SCRIPT => (SCRIPT, script(&mut generator)),
        FAILURE => (FAILURE, failure(&mut generator)),
        _ => {
            let entry = crate::registry::find(name)?;
            (entry.about.name, document(entry, &mut generator))
        }
    };
    let mut root = Map::new();
    root.insert("$schema".to_owned(), json!(DIALECT));
    root.insert("title".to_owned(), json!(id(name)));
    root.extend(document.as_object().cloned().unwrap_or_default());
    root.insert("$defs".to_owned(), generator.take_definitions(true).into());
    Some(root.into())
}

/// The schema of every document: one of the verbs', each of which stands among the definitions under its id.
pub fn all() -> Value {
    let mut generator = generator();
    let mut documents: Vec<(String, Schema)> = VERBS
        .iter()
        .map(|entry| (id(entry.about.name), document(entry, &mut generator)))
        .collect();
    documents.push((id(SCRIPT), script(&mut generator)));
    documents.push((id(FAILURE), failure(&mut generator)));
    // A slash in a pointer is written `~1`.
    let refs = documents
        .iter()
        .map(|(id, _)| json!({"$ref": format!("#/$defs/{}", id.replace('/', "~1"))}));
    let refs: Vec<Value> = refs.collect();
    let mut definitions = generator.take_definitions(true);
    definitions.extend(
        documents
            .into_iter()
            .map(|(id, schema)| (id, schema.into())),
    );
    json!({
        "$schema": DIALECT,
        "title": "The documents of dumpview",
        "oneOf": refs,
        "$defs": definitions,
    })
}

/// Whether a verb is a move of scripts.
fn is_move(entry: &Entry) -> bool {
    entry.about.group == Group::Script
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_has_a_schema_of_its_own_and_stands_among_all() {
        let all = all();
        for entry in VERBS {
            let name = entry.about.name;
            let one = one(name).expect("a verb of the registry");
            assert_eq!(one["properties"]["schema"]["const"], id(name), "{name}");
            assert!(all["$defs"][id(name)].is_object(), "{name}");
        }
        assert_eq!(one("nonsense"), None);
    }

    #[test]
    fn every_key_has_a_description() {
        fn keys(schema: &Value, path: &str, bare: &mut Vec<String>) {
            match schema {
                Value::Object(map) => {
                    let properties = map.get("properties").and_then(Value::as_object);
                    for (name, key) in properties.into_iter().flatten() {
                        let is_tag = key.get("const").is_some();
                        if !is_tag && key["description"].as_str().is_none_or(str::is_empty) {
                            bare.push(format!("{path}.{name}"));
                        }
                    }
                    for (name, part) in map {
                        keys(part, &format!("{path}/{name}"), bare);
                    }
                }
                Value::Array(list) => list.iter().for_each(|part| keys(part, path, bare)),
                _ => {}
            }
        }
        let mut bare = Vec::new();
        keys(&all(), "", &mut bare);
        assert!(bare.is_empty(), "keys without a description: {bare:#?}");
    }
}
