//! `context`: the whole chain in one line, from its root on, as `String` of a context gives it, with values, and
//! with what has been cancelled and why.

use super::{At, Known, Says};
use crate::types::{Kind, Shape};
use crate::value::{Place, Reader};
use std::fmt::Write;

pub(super) const CONTEXT: Known = &[
    ("afterFuncCtx", Says::Some, chain),
    ("backgroundCtx", Says::All, chain),
    ("cancelCtx", Says::Some, chain),
    ("deadlineExceededError", Says::All, super::errors::text),
    ("emptyCtx", Says::All, chain),
    ("stopCtx", Says::Some, chain),
    ("timerCtx", Says::Some, chain),
    ("todoCtx", Says::All, chain),
    ("valueCtx", Says::Some, chain),
    ("withoutCancelCtx", Says::Some, chain),
];

pub(super) const SIGNAL: Known = &[("signalCtx", Says::Some, chain)];

/// Contexts above each other; a chain that is longer says how many are left out.
const MOST_SHOWN: usize = 16;
/// A chain that is longer than this, or runs in a circle, is said to.
const MOST_LINKS: usize = 1000;

fn chain(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    // From the context inwards; the text begins with the root.
    let mut links = Vec::new();
    let mut here = Some(at.clone());
    let mut root = None;
    while let Some(context) = here {
        if links.len() >= MOST_LINKS {
            root = Some("(more contexts than a program makes)".to_owned());
            break;
        }
        match link(reader, &context)? {
            Link::Root(text) => {
                root = Some(text);
                break;
            }
            Link::Of(text, parent) => {
                links.push(text);
                here = parent;
            }
        }
    }
    let mut text = root.unwrap_or_else(|| "(nil)".to_owned());
    let left_out = links.len().saturating_sub(MOST_SHOWN);
    if left_out > 0 {
        let _ = write!(text, ".(…{left_out} more)");
    }
    for link in links.iter().take(MOST_SHOWN).rev() {
        text.push('.');
        text.push_str(link);
    }
    Some(text)
}

enum Link<'p> {
    /// No context of package context is further in.
    Root(String),
    /// What it adds, and what it is made from; `None` for nil.
    Of(String, Option<At<'p>>),
}

/// One context, and the one inside.
fn link<'p>(reader: &mut Reader<'_>, at: &At<'p>) -> Option<Link<'p>> {
    let (name, inner) = match at.ty.name.as_str() {
        "context.backgroundCtx" => return Some(Link::Root("context.Background".to_owned())),
        "context.todoCtx" => return Some(Link::Root("context.TODO".to_owned())),
        "context.emptyCtx" => return empty(reader, at).map(Link::Root),
        "context.cancelCtx" => (format!("WithCancel{}", cancelled(reader, at)?), "Context"),
        "context.afterFuncCtx" => {
            let state = cancelled(reader, &reader.field(at, "cancelCtx")?)?;
            (format!("AfterFunc{state}"), "cancelCtx.Context")
        }
        "context.timerCtx" => {
            let deadline = reader.field(at, "deadline")?;
            let deadline = reader.text_of(&deadline)?;
            let state = cancelled(reader, &reader.field(at, "cancelCtx")?)?;
            let text = format!("WithDeadline({deadline}){state}");
            (text, "cancelCtx.Context")
        }
        "context.valueCtx" => {
            let key = any(reader, &reader.field(at, "key")?)?;
            let value = any(reader, &reader.field(at, "val")?)?;
            (format!("WithValue({key}: {value})"), "Context")
        }
        "context.withoutCancelCtx" => ("WithoutCancel".to_owned(), "c"),
        "os/signal.signalCtx" => ("signal.NotifyContext".to_owned(), "Context"),
        // Contexts of other packages: what embeds one is made from it.
        other => {
            let embedded = embedded_context(at);
            match embedded {
                Some(field) => (other.to_owned(), field),
                None => return Some(Link::Root(other.to_owned())),
            }
        }
    };
    let inner = reader.field(at, inner)?;
    let parent = match reader.dynamic(&inner)? {
        // The context itself, whether by pointer or not.
        Some(held) if held.ty.kind == Kind::Pointer => Some(reader.follow(&held)?),
        other => other,
    };
    Some(Link::Of(name, parent))
}

fn embedded_context(at: &At<'_>) -> Option<&'static str> {
    let Shape::Struct { fields } = &at.ty.shape else {
        return None;
    };
    let embeds = |f: &crate::types::FieldType| f.embedded && f.name == "Context";
    fields.iter().any(embeds).then_some("Context")
}

/// Up to Go 1.20 both roots have this type, and package variables say which is which.
fn empty(reader: &Reader<'_>, at: &At<'_>) -> Option<String> {
    let here = at.place.addr()?;
    let is = |name| {
        let variable = reader.sources.globals.variable(name)?;
        let held = Place::Memory(variable);
        Some(held.ptr(reader.sources.memory).ok()? == here)
    };
    if is("context.background")? {
        return Some("context.Background".to_owned());
    }
    is("context.todo")?.then(|| "context.TODO".to_owned())
}

/// What a `cancelCtx` was cancelled with, behind its name. `err` is an error, since Go 1.26 in an `atomic.Value`;
/// `cause` is there since Go 1.20, and the same as `err` where nobody gave another.
fn cancelled(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let err = reader.field(at, "err")?;
    let err = reader.field(&err, "v").unwrap_or(err);
    let Some(held) = reader.dynamic(&err)? else {
        return Some(String::new());
    };
    let why = super::errors::message(reader, &held)?;
    let mut text = format!(" (canceled: {why}");
    if let Some(cause) = reader.field(at, "cause")
        && let Some(cause) = reader.dynamic(&cause)?
    {
        let cause = super::errors::message(reader, &cause)?;
        if cause != why {
            let _ = write!(text, ", cause: {cause}");
        }
    }
    text.push(')');
    Some(text)
}

/// A key or a value: with its type where that is what tells it from others.
pub(super) fn any(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let Some(held) = reader.dynamic(at)? else {
        return Some("nil".to_owned());
    };
    let name = held.ty.name.clone();
    let target = match held.ty.kind {
        Kind::Pointer => reader.follow(&held),
        _ => None,
    };
    if let Some(target) = target {
        return Some(match reader.text_of(&target) {
            Some(text) => format!("{name}({text})"),
            None => name,
        });
    }
    if held.ty.kind == Kind::Struct {
        return Some(match reader.text_of(&held) {
            Some(text) => format!("{name}({text})"),
            None => format!("{name}{{}}"),
        });
    }
    let line = reader.line_of(&held)?;
    Some(
        if name.contains('.') && matches!(held.ty.shape, Shape::Scalar | Shape::String) {
            format!("{name}({line})")
        } else {
            line
        },
    )
}
