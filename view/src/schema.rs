//! The JSON Schema of records, made from their columns, and of what is composed of several shapes.
//!
//! Nothing here is used while an answer is written: schemas are made when somebody asks for them.

use crate::column::{Column, Object, Row, Shape, Unit};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::marker::PhantomData;

/// A record that stands in documents: what they say of it beside its columns.
pub trait Documented: Row {
    /// What its list holds, and in which order.
    const ALL: &'static str;
    /// What it is.
    const ABOUT: &'static str;
    /// What each object within it is, by name.
    const WITHIN: &'static [(&'static str, &'static str)] = &[];
}

/// A record in JSON. None of its keys is required, since `--columns` leaves them out.
impl<R: Documented> JsonSchema for Object<'_, R> {
    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed(R::ONE)
    }

    fn schema_id() -> Cow<'static, str> {
        Cow::Borrowed(std::any::type_name::<R>())
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut record = Keys::default();
        for columns in R::COLUMNS.chunk_by(|a, b| a.within == b.within) {
            let Some(name) = columns.first().and_then(|column| column.within) else {
                for column in columns {
                    record.column(column, generator);
                }
                continue;
            };
            let mut within = Keys::default();
            for column in columns {
                within.column(column, generator);
            }
            let about = R::WITHIN.iter().find(|(of, _)| *of == name);
            let about = about.map_or("", |(_, about)| about);
            record.add(name, described(within.schema(), about).into());
        }
        described(record.schema(), R::ABOUT)
    }
}

/// Keys of an object, in order.
#[derive(Default)]
struct Keys {
    order: Vec<String>,
    properties: Map<String, Value>,
    alternatives: Vec<Value>,
}

impl Keys {
    fn add(&mut self, name: &str, schema: Value) {
        self.order.push(name.to_owned());
        self.properties.insert(name.to_owned(), schema);
    }

    fn column<R>(&mut self, column: &Column<R>, generator: &mut SchemaGenerator) {
        let schema = match column.shape {
            Shape::OfUnit => of_unit(column.unit),
            Shape::OrNull => nullable(of_unit(column.unit)),
            Shape::Or(other) => json_schema!({"anyOf": [of_unit(column.unit), other(generator)]}),
            Shape::Own(shape) => shape(generator),
            Shape::Keys(keys) => return self.keys(keys(generator)),
        };
        let schema = described(schema, &sentence(column.about));
        self.add(column.name, schema.into());
    }

    /// The keys of another object; where that has several shapes, none of their keys is required either.
    fn keys(&mut self, mut schema: Schema) {
        let shapes = schema.remove("oneOf").or_else(|| schema.remove("anyOf"));
        if let Some(Value::Array(mut shapes)) = shapes {
            for shape in &mut shapes {
                if let Some(shape) = shape.as_object_mut() {
                    let required = shape.remove("required");
                    // The order of the keys stays known.
                    shape.extend(required.map(|order| (ORDER.to_owned(), order)));
                }
            }
            self.alternatives.extend(shapes);
        }
        if let Some(Value::Object(properties)) = schema.remove("properties") {
            for (name, schema) in properties {
                self.add(&name, schema);
            }
        }
    }

    fn schema(self) -> Schema {
        let mut schema =
            json_schema!({"type": "object", "properties": self.properties, ORDER: self.order});
        if !self.alternatives.is_empty() {
            schema.insert("anyOf".to_owned(), self.alternatives.into());
        }
        schema
    }
}

/// What a column says of itself, as other keys are described.
fn sentence(about: &str) -> String {
    let mut rest = about.chars();
    let first = rest.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + rest.as_str() + "."
}

/// The annotation that says in which order the keys of an object are told to people.
pub const ORDER: &str = "propertyOrder";

fn of_unit(unit: Unit) -> Schema {
    match unit {
        Unit::Text => json_schema!({"type": "string"}),
        Unit::Id
        | Unit::Count
        | Unit::Bytes
        | Unit::MiB
        | Unit::Nanos
        | Unit::Millis
        | Unit::UnixNanos
        | Unit::Percent => json_schema!({"type": "integer", "unit": unit.about()}),
        Unit::Share | Unit::MiBPerSecond => json_schema!({"type": "number", "unit": unit.about()}),
        Unit::Flag => json_schema!({"type": "boolean"}),
        Unit::Address => {
            json_schema!({"type": "string", "format": "address", "pattern": "^0x[0-9a-f]+$"})
        }
        // A column of this unit has a shape of its own; any is allowed until it says which.
        Unit::Tree => json_schema!({}),
    }
}

fn nullable(mut schema: Schema) -> Schema {
    if let Some(of) = schema.remove("type") {
        schema.insert("type".to_owned(), json!([of, "null"]));
    }
    schema
}

/// A document that is a list of records under their key, and further keys.
pub struct Rows<R, Rest = Nothing>(PhantomData<(R, Rest)>);

/// No further keys.
#[derive(serde::Serialize, JsonSchema)]
pub struct Nothing {}

impl<R: Documented, Rest: JsonSchema> JsonSchema for Rows<R, Rest> {
    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed(R::KEY)
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let rows = generator.subschema_for::<Vec<Object<'static, R>>>();
        let rows = described(rows, R::ALL);
        let first = json_schema!({
            "type": "object", "properties": {R::KEY: rows}, "required": [R::KEY],
        });
        joined(first, Rest::json_schema(generator))
    }
}

/// A schema with a description.
pub fn described(mut schema: Schema, text: &str) -> Schema {
    schema.insert("description".to_owned(), json!(text));
    schema
}

/// The schema of an object that has the keys of both, the first one's first; where either has several shapes, so has the
/// object.
pub fn joined(mut first: Schema, mut second: Schema) -> Schema {
    for key in ["properties", "required", ORDER] {
        match (first.get_mut(key), second.remove(key)) {
            (Some(Value::Object(into)), Some(Value::Object(from))) => into.extend(from),
            (Some(Value::Array(into)), Some(Value::Array(from))) => into.extend(from),
            (None, Some(from)) => {
                first.insert(key.to_owned(), from);
            }
            _ => {}
        }
    }
    if let Some(shape) = second.remove("$ref") {
        let all = first
            .ensure_object()
            .entry("allOf")
            .or_insert_with(|| json!([]));
        if let Value::Array(all) = all {
            all.push(json!({"$ref": shape}));
        }
    }
    for key in ["anyOf", "oneOf"] {
        let Some(shapes) = second.remove(key) else {
            continue;
        };
        let taken = first.get(key).is_some();
        let into = first.ensure_object();
        if taken {
            let all = into.entry("allOf").or_insert_with(|| json!([]));
            if let Value::Array(all) = all {
                all.push(json!({key: shapes}));
            }
        } else {
            into.insert(key.to_owned(), shapes);
        }
    }
    first
}

/// The keys of both.
pub struct And<A, B>(PhantomData<(A, B)>);

impl<A: JsonSchema, B: JsonSchema> JsonSchema for And<A, B> {
    fn schema_name() -> Cow<'static, str> {
        Cow::Owned(format!("{}-and-{}", A::schema_name(), B::schema_name()))
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        joined(A::json_schema(generator), B::json_schema(generator))
    }
}

/// A shape that stands where it is used, not in the definitions.
pub struct Inline<T>(PhantomData<T>);

impl<T: JsonSchema> JsonSchema for Inline<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}
