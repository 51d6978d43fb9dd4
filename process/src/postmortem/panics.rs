//! Panics in words: the text as the runtime printed it, and the value it came from.

use super::{Eface, PanicRecord};
use crate::addr::Addr;
use crate::process::Process;
use crate::value::{Gathered, Limits, Place, Reader};
use dumpview_model::value::text::Style;
use dumpview_model::value::{Data, Float, Value};
use schemars::JsonSchema;
use serde::Serialize;

/// How far a panic's value can be trusted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "panic-standing")]
#[serde(rename_all = "snake_case")]
pub enum PanicStanding {
    /// The panic's record holds it.
    Exact,
    /// It is from a slot that may have been used for something else since.
    Stale,
}

/// A panic in flight.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "panic")]
pub struct Panic {
    /// As the runtime printed it, without `panic: ` and what it appends.
    pub text: String,
    /// Dynamic type of the value; null when it cannot be read.
    #[serde(rename = "type")]
    pub ty: Option<String>,
    /// The value; null when it cannot be read.
    pub value: Option<Value>,
    /// How far to trust the value.
    pub standing: PanicStanding,
    /// Whether a deferred call recovered it.
    pub recovered: bool,
    /// It is no panic: `runtime.Goexit` is running the deferred calls.
    pub goexit: bool,
    /// Whether the runtime raised it.
    pub runtime_error: bool,
}

/// What the text of `*runtime.PanicNilError` says (`runtime/panic.go`, since 1.21), in all releases.
const NIL_PANIC: &[u8] = b"panic called with nil argument";

/// Whether a value is the text of a `*runtime.PanicNilError`.
fn is_nil_text(value: &Value) -> bool {
    let Data::String { bytes, .. } = &value.data else {
        return false;
    };
    let text = bytes.strip_prefix(b"runtime error: ").unwrap_or(bytes);
    &*value.ty == "string" && text == NIL_PANIC
}

/// A panic's record in words.
pub(super) fn describe(process: &Process<'_>, record: &PanicRecord) -> Panic {
    if record.goexit {
        return Panic {
            text: "runtime.Goexit".to_owned(),
            ty: None,
            value: None,
            standing: PanicStanding::Exact,
            recovered: record.recovered,
            goexit: true,
            runtime_error: false,
        };
    }
    // An error or Stringer was replaced by its text; the value is where gopanic was given it.
    let now = read(process, record.arg);
    let given = record
        .given
        .filter(|given| *given != record.arg)
        .and_then(|given| read(process, given));
    let version = process.version.as_ref();
    let version = version.map_or(u32::MAX, |version| version.minor);
    let text = match &now {
        Some(value) => said(value, version),
        // panic(nil), which since 1.21 is a PanicNilError.
        None if record.arg.ty.is_null() => "nil".to_owned(),
        None => "a value that cannot be read".to_owned(),
    };
    // What `panic(nil)` makes of its argument is in no slot, and its text has taken its place.
    let is_nil_panic = version >= 21
        && record.given.is_some_and(|given| given.ty.is_null())
        && now.as_ref().is_some_and(is_nil_text);
    let (value, standing) = match (given, &now) {
        // Only a string can have taken another value's place.
        (Some(given), Some(now)) if matches!(now.data, Data::String { .. }) => {
            (Some(given), PanicStanding::Stale)
        }
        _ => (now, PanicStanding::Exact),
    };
    let (value, ty) = if is_nil_panic {
        (None, Some("*runtime.PanicNilError".to_owned()))
    } else {
        let ty = value.as_ref().map(|value| value.ty.to_string());
        (value, ty)
    };
    let of_runtime = |ty: &String| ty.starts_with("runtime.") || ty.starts_with("*runtime.");
    Panic {
        text,
        runtime_error: ty.as_ref().is_some_and(of_runtime),
        ty,
        value,
        standing,
        recovered: record.recovered,
        goexit: record.goexit,
    }
}

/// The value that an `interface {}` holds; `None` when its type word is no type.
fn read(process: &Process<'_>, eface: Eface) -> Option<Value> {
    if eface.ty.is_null() {
        return None;
    }
    let dynamic = process.types().dynamic(eface.ty).ok()?;
    let mut reader = Reader::new(
        process.sources(),
        Limits {
            depth: 8,
            ..Limits::default()
        },
    );
    if dynamic.direct {
        let word = Gathered::whole(eface.data.to_le_bytes().to_vec());
        return Some(reader.read(dynamic.ty, Place::Gathered(&word, 0)));
    }
    Some(reader.read(dynamic.ty, Place::Memory(Addr(eface.data))))
}

/// What `printpanicval` prints (`runtime/error.go`): strings and numbers as they are, named ones with their type,
/// anything else by type; here with the value instead of its address. `minor` is the Go release's.
fn said(value: &Value, minor: u32) -> String {
    let style = Style {
        len: 8,
        string: 200,
        ..Style::default()
    };
    let plain = match &value.data {
        Data::String { bytes, .. } => String::from_utf8_lossy(bytes).into_owned(),
        Data::Bool(_) | Data::Int(_) | Data::Uint(_) => style.line(value),
        Data::Float(f) => float(*f, minor),
        Data::Complex { re, im } if minor < 26 => {
            format!("({}{}i)", float(*re, minor), float(*im, minor))
        }
        Data::Complex { .. } => style.line(value),
        _ => return style.line(value),
    };
    match (&value.data, value.ty.contains('.')) {
        (_, false) => plain,
        (Data::String { .. }, true) => format!("{}({plain:?})", value.ty),
        (_, true) => format!("{}({plain})", value.ty),
    }
}

/// A float as the runtime's `print` writes it: up to 1.25 always with seven digits and a three-digit exponent
/// (`runtime/print.go:printfloat`), since then the shortest digits that mean it.
fn float(value: Float, minor: u32) -> String {
    if minor >= 26 || value.special().is_some() {
        return value.to_string();
    }
    let text = format!("{:+.6e}", value.to_f64());
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    format!("{digits}e{:+04}", exponent.parse::<i32>().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::{Float, float};

    #[test]
    fn floats_up_to_1_25_have_seven_digits() {
        assert_eq!(
            float(Float::Double(std::f64::consts::PI), 25),
            "+3.141593e+000"
        );
        assert_eq!(float(Float::Double(-2e-10), 19), "-2.000000e-010");
        assert_eq!(float(Float::Double(0.25), 27), "0.25");
    }
}
