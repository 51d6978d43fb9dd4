//! `container/list` and `container/ring`: how many values, and the first of them.

use super::context::any;
use super::{At, Known, Says};
use crate::value::Reader;

pub(super) const LIST: Known = &[("Element", Says::Some, element), ("List", Says::Some, list)];

pub(super) const RING: Known = &[("Ring", Says::Some, ring)];

/// Values that are shown.
const MOST_SHOWN: u64 = 8;
/// Elements of a ring that are counted.
const MOST_COUNTED: u64 = 4096;

/// The list counts itself; what cannot be followed that far is no list.
fn list(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let len = reader.unsigned(at, "len")?;
    let mut here = reader.field(at, "root")?;
    let mut shown = Vec::new();
    for _ in 0..len.min(MOST_SHOWN) {
        here = reader.follow(&reader.field(&here, "next")?)?;
        shown.push(any(reader, &reader.field(&here, "Value")?)?);
    }
    Some(listing(len, &shown))
}

fn element(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    any(reader, &reader.field(at, "Value")?)
}

fn ring(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let first = at.place.addr()?;
    let mut here = at.clone();
    let mut shown = Vec::new();
    for len in 1..=MOST_COUNTED {
        if len <= MOST_SHOWN {
            shown.push(any(reader, &reader.field(&here, "Value")?)?);
        }
        let next = reader.field(&here, "next")?;
        // A ring of one need not be initialised.
        here = match reader.follow(&next) {
            Some(next) => next,
            None if len == 1 => return Some(listing(1, &shown)),
            None => return None,
        };
        if here.place.addr() == Some(first) {
            return Some(listing(len, &shown));
        }
    }
    None
}

fn listing(len: u64, shown: &[String]) -> String {
    let more = len.saturating_sub(shown.len() as u64);
    let more = if more > 0 {
        format!(", …{more} more")
    } else {
        String::new()
    };
    format!("len {len} [{}{more}]", shown.join(", "))
}
