//! The longest maps and slices that package variables hold: what grows without end mostly hangs there.

use super::Postmortem;
use crate::value::{Limits, Place, Reader};
use dumpview_model::value::{Data, Pointee, Value};
use std::sync::Arc;

/// A map or slice of the program's own.
pub(super) struct Collection {
    /// The variable, and the fields to it: `main.server.sessions`.
    pub(super) name: String,
    /// Its type.
    pub(super) ty: Arc<str>,
    /// Entries, elements.
    pub(super) len: u64,
}

/// Variables looked at, and structures within structures.
const MOST_VARIABLES: usize = 4096;
const LEVELS: usize = 4;

/// Those of at least so many entries, the longest first.
pub(super) fn longest(dead: &Postmortem<'_>, least: u64) -> Vec<Collection> {
    let process = &dead.process;
    let limits = Limits {
        depth: LEVELS,
        len: 0,
        string: 0,
        nodes: 4096,
    };
    let mut found = Vec::new();
    let all = process.types().package_variables(process.arch());
    let own = all.filter(|variable| dead.is_programs(&variable.name));
    for variable in own.take(MOST_VARIABLES) {
        if let Ok(addr) = variable.place {
            // Each has a budget of its own: what one of them holds hides nothing of the next.
            let mut reader = Reader::new(process.sources(), limits);
            let value = reader.read(variable.ty, Place::Memory(addr));
            collect(&variable.name, &value, least, &mut found);
        }
    }
    found.sort_by(|a, b| b.len.cmp(&a.len).then_with(|| a.name.cmp(&b.name)));
    found
}

fn collect(name: &str, value: &Value, least: u64, found: &mut Vec<Collection>) {
    match &value.data {
        Data::Map { len, .. } | Data::Slice { len, .. } if *len >= least => {
            found.push(Collection {
                name: name.to_owned(),
                ty: Arc::clone(&value.ty),
                len: *len,
            });
        }
        Data::Struct { fields, .. } => {
            for field in fields {
                collect(
                    &format!("{name}.{}", field.name),
                    &field.value,
                    least,
                    found,
                );
            }
        }
        Data::Pointer {
            pointee: Pointee::Value(pointee),
            ..
        } => collect(name, pointee, least, found),
        _ => {}
    }
}
