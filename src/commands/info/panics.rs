//! Panics in words: the text as the runtime printed it, and the value it came from.

use crate::session::Session;
use crate::text::Text;
use dumpview_model::value::text::Style;
use dumpview_model::value::{Data, Value};
use dumpview_process::addr::Addr;
use dumpview_process::death::{Death, Eface, PanicRecord};
use dumpview_process::value::{Gathered, Limits, Place, Reader};
use serde::Serialize;
use std::io;

/// One panic.
#[derive(Serialize, Debug)]
pub struct PanicDoc {
    /// As the runtime printed it, without `panic: ` and what it appends.
    pub text: String,
    /// Dynamic type of the value.
    #[serde(rename = "type")]
    ty: Option<String>,
    /// The value.
    value: Option<Value>,
    /// `exact`, or `stale` when the value is from a slot that may have been reused.
    standing: &'static str,
    /// A deferred call recovered it.
    pub recovered: bool,
    /// Always false: `Goexit` is not listed among panics.
    goexit: bool,
    /// The runtime raised it.
    runtime_error: bool,
}

/// The panics of a death.
pub fn describe(session: &Session<'_>, death: &Death) -> Vec<PanicDoc> {
    death
        .panics
        .iter()
        .map(|record| one(session, record))
        .collect()
}

fn one(session: &Session<'_>, record: &PanicRecord) -> PanicDoc {
    // An error or Stringer was replaced by its text; the value is where gopanic was given it.
    let now = read(session, record.arg);
    let given = record
        .given
        .filter(|given| *given != record.arg)
        .and_then(|given| read(session, given));
    let text = now
        .as_ref()
        .map_or_else(|| "a value that cannot be read".to_owned(), said);
    let (value, standing) = match (given, &now) {
        // Only a string can have taken another value's place.
        (Some(given), Some(now)) if matches!(now.data, Data::String { .. }) => {
            (Some(given), "stale")
        }
        _ => (now, "exact"),
    };
    let ty = value.as_ref().map(|value| value.ty.to_string());
    let of_runtime = |ty: &String| ty.starts_with("runtime.") || ty.starts_with("*runtime.");
    PanicDoc {
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
fn read(session: &Session<'_>, eface: Eface) -> Option<Value> {
    if eface.ty.is_null() {
        return None;
    }
    let process = &session.process;
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
/// anything else by type; here with the value instead of its address.
fn said(value: &Value) -> String {
    let style = Style {
        len: 8,
        string: 200,
        ..Style::default()
    };
    let named = value.ty.contains('.');
    match &value.data {
        Data::String { bytes, .. } if !named => String::from_utf8_lossy(bytes).into_owned(),
        Data::Bool(_) | Data::Int(_) | Data::Uint(_) | Data::Float(_) | Data::Complex { .. }
            if !named =>
        {
            style.line(value)
        }
        Data::String { bytes, .. } => format!("{}({:?})", value.ty, String::from_utf8_lossy(bytes)),
        Data::Bool(_) | Data::Int(_) | Data::Uint(_) | Data::Float(_) | Data::Complex { .. } => {
            format!("{}({})", value.ty, style.line(value))
        }
        _ => style.line(value),
    }
}

impl PanicDoc {
    /// The value, where it says more than the text.
    pub fn value_text(&self, out: &mut Text<'_>) -> io::Result<()> {
        let Some(value) = &self.value else {
            return Ok(());
        };
        let more = matches!(
            value.data,
            Data::Struct { .. }
                | Data::Pointer { .. }
                | Data::Interface { .. }
                | Data::Map { .. }
                | Data::Slice { .. }
        );
        if !more {
            return Ok(());
        }
        let doubt = if self.standing == "stale" { "?" } else { "" };
        let shown = Style::default().block(value);
        out.line(format_args!(
            "  value{doubt}: {}",
            shown.replace('\n', "\n  ")
        ))
    }
}
