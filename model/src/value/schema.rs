//! The JSON Schema of values: what [`super::json`] writes, told to programs and to the page made from it.
//!
//! Values are written by hand, so their shapes are listed here once more, as types that nobody makes: a derive reads the
//! keys off them. That both agree is tested with documents of real cores.

use super::{Address, Float, Value, Variable};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

impl JsonSchema for Address {
    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("address")
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "address", "pattern": "^0x[0-9a-f]+$"})
    }
}

impl JsonSchema for Float {
    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("float")
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [{"type": "number"}, {"enum": ["NaN", "+Inf", "-Inf"]}]})
    }
}

/// A variable of a frame, a closure or a package. An escaped variable is shown as itself (`x`, type `T`), never as `&x`.
#[derive(JsonSchema)]
#[schemars(rename = "variable")]
#[expect(dead_code, reason = "read by the derive only")]
struct VariableShape {
    /// As in the source.
    name: String,
    /// What is known of it.
    #[schemars(flatten)]
    rest: ValuedShape,
    /// What kind of variable it is; absent of a package's variable.
    #[schemars(skip_serializing_if = "Option::is_none")]
    origin: Option<OriginShape>,
    /// True when the variable lives on the heap; absent when it does not.
    #[schemars(skip_serializing_if = "Option::is_none")]
    escaped: Option<bool>,
}

/// A value with its type and how far it can be trusted.
#[derive(JsonSchema)]
#[schemars(rename = "valued")]
#[expect(dead_code, reason = "read by the derive only")]
pub struct ValuedShape {
    /// Type as in the source.
    #[schemars(rename = "type")]
    ty: String,
    /// The value; absent (of `print`: null) when it cannot be shown.
    #[schemars(skip_serializing_if = "Option::is_none")]
    value: Option<Value>,
    /// How people read the value, only where that says more than it does: `"1.5s"`, `"2026-11-21T10:00:00Z"`, a named
    /// constant `"main.Blue"`.
    #[schemars(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// How far the value can be trusted.
    standing: StandingShape,
    /// Why it is not exact; absent when it is.
    #[schemars(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// Where it lives in memory; absent when it does not.
    #[schemars(skip_serializing_if = "Option::is_none")]
    addr: Option<Address>,
}

/// What kind of variable it is.
#[derive(JsonSchema)]
#[schemars(rename = "origin", rename_all = "snake_case")]
#[expect(dead_code, reason = "read by the derive only")]
enum OriginShape {
    /// Declared in the function's body.
    Local,
    /// A parameter, the receiver included.
    Argument,
    /// A result.
    Result,
    /// Captured by a closure.
    Capture,
}

/// How far a value can be trusted.
#[derive(JsonSchema)]
#[schemars(rename = "standing", rename_all = "snake_case")]
pub enum StandingShape {
    /// What the program held.
    Exact,
    /// Worked out from the machine code; `why` says how.
    Inferred,
    /// What was last stored in its place, which the function does not use again; pointers of it are not followed.
    Stale,
    /// The compiler kept no copy at this point.
    OptimizedOut,
    /// It exists, and its bytes or its type cannot be had.
    Unreadable,
}

impl JsonSchema for Variable {
    fn schema_name() -> Cow<'static, str> {
        VariableShape::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        VariableShape::json_schema(generator)
    }
}

/// A Go value. A bool, integer or string is the JSON scalar, integers exact; a float is a JSON number, or `"NaN"`,
/// `"+Inf"`, `"-Inf"`. A string that was cut, or is not UTF-8, is an object, and so is everything else, with `kind` and
/// `type`.
#[derive(JsonSchema)]
#[schemars(rename = "value", untagged)]
#[expect(dead_code, reason = "read by the derive only")]
enum ValueShape {
    /// A bool.
    Bool(bool),
    /// An integer, exact.
    Int(i64),
    /// An unsigned integer, exact.
    Uint(u64),
    /// A float.
    Float(f64),
    /// A string; of a float, `"NaN"`, `"+Inf"`, `"-Inf"`.
    String(String),
    /// Anything else.
    Object(Box<ObjectShape>),
}

/// A Go value that is no JSON scalar.
#[derive(JsonSchema)]
#[schemars(rename = "object")]
#[expect(dead_code, reason = "read by the derive only")]
struct ObjectShape {
    /// Type as in the source.
    #[schemars(rename = "type")]
    ty: String,
    /// What is not right about it, although it could be shown (a map whose entries disagree with its own count); of kind
    /// `unreadable`, why it could not be had. Absent when all is well.
    #[schemars(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// What its kind adds.
    #[schemars(flatten)]
    of_kind: KindShape,
}

/// What a value has by its kind.
#[derive(JsonSchema)]
#[schemars(tag = "kind", rename_all = "snake_case")]
#[expect(dead_code, reason = "read by the derive only")]
enum KindShape {
    /// A string that was cut, or is not UTF-8.
    String {
        /// Its text; what is no UTF-8 is replaced.
        value: String,
        /// Its length in bytes.
        len: u64,
        /// Its bytes in hex; absent when it is UTF-8.
        #[schemars(skip_serializing_if = "Option::is_none")]
        hex: Option<String>,
        /// Bytes that were left out; absent when none were.
        #[schemars(skip_serializing_if = "Option::is_none")]
        truncated: Option<u64>,
    },
    /// A complex number.
    Complex {
        /// The real part.
        re: Float,
        /// The imaginary part.
        im: Float,
    },
    /// A struct.
    Struct {
        /// Where it lives in memory; absent when it does not.
        #[schemars(skip_serializing_if = "Option::is_none")]
        addr: Option<Address>,
        /// Its fields in the order of the type; empty at the depth limit.
        fields: Vec<FieldShape>,
        /// Fields that were left out, at the depth limit all; absent when none were.
        #[schemars(skip_serializing_if = "Option::is_none")]
        truncated: Option<u64>,
    },
    /// An array.
    Array {
        /// Where it lives in memory; absent when it does not.
        #[schemars(skip_serializing_if = "Option::is_none")]
        addr: Option<Address>,
        /// Number of elements.
        len: u64,
        /// The elements.
        elements: Vec<Value>,
        /// Elements that were left out; absent when none were.
        #[schemars(skip_serializing_if = "Option::is_none")]
        truncated: Option<u64>,
    },
    /// A slice.
    Slice {
        /// Of its first element; `"0x0"` when nil.
        addr: Address,
        /// Number of elements.
        len: u64,
        /// Its capacity in elements.
        cap: u64,
        /// The elements.
        elements: Vec<Value>,
        /// Elements that were left out; absent when none were.
        #[schemars(skip_serializing_if = "Option::is_none")]
        truncated: Option<u64>,
    },
    /// A pointer.
    Pointer {
        /// What it holds; `"0x0"` when nil.
        addr: Address,
        /// What it points at; absent when nil, at the depth limit, and when it is shown further up.
        #[schemars(skip_serializing_if = "Option::is_none")]
        value: Option<Value>,
        /// How people read `value`, where that says more.
        #[schemars(skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        /// True when what it points at is shown further up; absent when not.
        #[schemars(skip_serializing_if = "Option::is_none")]
        cycle: Option<bool>,
    },
    /// An interface. Chains of errors are the fields of the dynamic values.
    Interface {
        /// Type of what it holds; null when nil.
        dynamic_type: Option<String>,
        /// Its data word.
        addr: Address,
        /// What it holds; absent when nil and at the depth limit.
        #[schemars(skip_serializing_if = "Option::is_none")]
        value: Option<Value>,
        /// How people read `value`, where that says more.
        #[schemars(skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    /// A map.
    Map {
        /// Of its header; `"0x0"` when nil.
        addr: Address,
        /// Number of entries.
        len: u64,
        /// The entries.
        entries: Vec<EntryShape>,
        /// Entries that were left out; absent when none were.
        #[schemars(skip_serializing_if = "Option::is_none")]
        truncated: Option<u64>,
    },
    /// A channel. A nil one has `addr` only.
    Chan {
        /// Of its header; `"0x0"` when nil.
        addr: Address,
        /// Number of buffered elements.
        #[schemars(skip_serializing_if = "Option::is_none")]
        len: Option<u64>,
        /// Size of its buffer in elements.
        #[schemars(skip_serializing_if = "Option::is_none")]
        cap: Option<u64>,
        /// Whether it is closed.
        #[schemars(skip_serializing_if = "Option::is_none")]
        closed: Option<bool>,
        /// The buffered elements, oldest first.
        #[schemars(skip_serializing_if = "Option::is_none")]
        elements: Option<Vec<Value>>,
        /// Elements that were left out; absent when none were.
        #[schemars(skip_serializing_if = "Option::is_none")]
        truncated: Option<u64>,
        /// Goroutines that wait to receive; null when the queue could not be walked.
        #[schemars(
            skip_serializing_if = "Option::is_none",
            schema_with = "number_or_null"
        )]
        recv_waiters: Option<u64>,
        /// Goroutines that wait to send; null when the queue could not be walked.
        #[schemars(
            skip_serializing_if = "Option::is_none",
            schema_with = "number_or_null"
        )]
        send_waiters: Option<u64>,
    },
    /// A function or closure.
    Func {
        /// Of its code pointer; `"0x0"` when nil.
        addr: Address,
        /// Its name as a traceback prints it; null when nil.
        name: Option<String>,
        /// What a closure captured.
        captures: Vec<Variable>,
    },
    /// An `unsafe.Pointer`.
    UnsafePointer {
        /// What it holds.
        addr: Address,
    },
    /// A part of a value that could not be had, in the place where it would stand; `why` says why not.
    Unreadable {},
}

/// A number that is known to be there or not to be known: a key that may be absent and may be null.
fn number_or_null(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"oneOf": [{"type": "integer", "minimum": 0}, {"type": "null"}]})
}

/// A field of a struct.
#[derive(JsonSchema)]
#[schemars(rename = "field")]
#[expect(dead_code, reason = "read by the derive only")]
struct FieldShape {
    /// As in the source.
    name: String,
    /// Type as in the source.
    #[schemars(rename = "type")]
    ty: String,
    /// The value.
    value: Value,
    /// How people read `value`, where that says more.
    #[schemars(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// True when it is embedded; absent when not.
    #[schemars(skip_serializing_if = "Option::is_none")]
    embedded: Option<bool>,
}

/// An entry of a map.
#[derive(JsonSchema)]
#[schemars(rename = "entry")]
#[expect(dead_code, reason = "read by the derive only")]
struct EntryShape {
    /// The key.
    key: Value,
    /// The value.
    value: Value,
    /// How people read `value`, where that says more.
    #[schemars(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

impl JsonSchema for Value {
    fn schema_name() -> Cow<'static, str> {
        ValueShape::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        ValueShape::json_schema(generator)
    }
}
