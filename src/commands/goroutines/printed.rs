//! `--print`: the value of an expression in each of the chosen goroutines.

use super::view::View;
use crate::answer::{Answer, Failure};
use crate::case::core::{Case, Cursor};
use crate::commands::print::failure;
use dumpview_model::units::plural;
use dumpview_model::value::text::Style;
use dumpview_model::value::{StandingShape, Value};
use dumpview_process::expr::{ExprError, Expressions};
use dumpview_process::value::Limits;
use dumpview_view::{Role, Text, styled};
use schemars::JsonSchema;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;

/// A variable that is wanted stands near the innermost frame of the program.
const FRAMES: usize = 32;
/// So many numbers of goroutines are shown with a value.
const IDS: usize = 8;

/// What an expression is in each of the chosen goroutines.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "printed-in-goroutines")]
pub struct Printed {
    /// The expression, as typed.
    expr: String,
    /// A value each, of the goroutines in which it has one.
    #[serde(rename = "printed")]
    values: Vec<PrintedIn>,
    /// Goroutines in which it has none.
    without: Vec<u64>,
}

/// The value in one of them.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "printed-in-goroutine")]
struct PrintedIn {
    /// The goroutine's id.
    goroutine: u64,
    /// The frame, as `bt` numbers them.
    frame: usize,
    /// The function of the frame.
    function: String,
    /// The expression's type, as in the source.
    #[serde(rename = "type")]
    ty: String,
    /// Its value; null when it cannot be shown.
    value: Option<Value>,
    /// How far the value can be trusted.
    #[schemars(with = "StandingShape")]
    standing: &'static str,
    /// Why it is not exact; absent when it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(skip)]
    text: String,
}

/// Evaluates it.
///
/// # Errors
///
/// When it cannot be read, or has a value in none of them: why it has none in the first.
pub(super) fn printed(case: &Case<'_>, view: &View, expr: &str) -> Result<Printed, Failure> {
    let mut printed = Vec::new();
    let mut without = Vec::new();
    let mut first_error = None;
    for id in view.ids() {
        match one(case, id, expr) {
            Ok(found) => printed.push(found),
            Err(Some(error)) if error.is_syntax => return Err(failure(&error)),
            Err(error) => {
                without.push(id);
                first_error = first_error.or(error);
            }
        }
    }
    match first_error {
        Some(error) if printed.is_empty() => Err(failure(&error)),
        None if printed.is_empty() => Err(Failure::no_answer(format!(
            "no goroutine has a frame in which {expr} could be looked for"
        ))),
        _ => Ok(Printed {
            expr: expr.to_owned(),
            values: printed,
            without,
        }),
    }
}

/// In the innermost frame of the program that has it; the error of the innermost frame when none has.
fn one(case: &Case<'_>, id: u64, expr: &str) -> Result<PrintedIn, Option<ExprError>> {
    let at = case.at(Some(id), &Cursor::default()).map_err(|_| None)?;
    let limits = Limits {
        depth: 2,
        ..crate::flags::ValueFlags::default().into()
    };
    let calls = at.calls.iter().enumerate().skip(at.first_user_call());
    let mut first = None;
    for (index, call) in calls.take(FRAMES) {
        let scope = case.process.scope(Some((&*at, call)));
        let expressions = Expressions {
            sources: case.process.sources_at(Some(call)),
            scope: &scope,
        };
        match expressions.print(expr, limits) {
            Ok(variable) => {
                let text = Style::default().variable(&variable);
                return Ok(PrintedIn {
                    goroutine: id,
                    frame: index,
                    function: call.frame.function.clone(),
                    ty: variable.ty.to_string(),
                    standing: variable.standing.as_str(),
                    why: variable.standing.why().map(str::to_owned),
                    value: variable.value,
                    text,
                });
            }
            Err(error) if error.is_syntax => return Err(Some(error)),
            Err(error) => first = first.or(Some(error)),
        }
    }
    Err(first)
}

impl Answer for Printed {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        let mut equal: BTreeMap<(&str, &str), Vec<u64>> = BTreeMap::new();
        for one in &self.values {
            let key = (one.text.as_str(), one.function.as_str());
            equal.entry(key).or_default().push(one.goroutine);
        }
        let mut equal: Vec<_> = equal.into_iter().collect();
        equal.sort_by_key(|(_, ids)| (Reverse(ids.len()), ids.first().copied()));
        for ((text, function), ids) in &equal {
            out.line(styled(
                Role::Plain,
                format_args!("{:>7} × {text}", ids.len()),
            ))?;
            let noun = if ids.len() == 1 {
                "goroutine"
            } else {
                "goroutines"
            };
            let shown: Vec<String> = ids.iter().take(IDS).map(u64::to_string).collect();
            let more = match ids.len().saturating_sub(IDS) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let shown = shown.join(", ");
            let line = format_args!("          {function}, {noun} {shown}{more}");
            out.line(styled(Role::Dim, line))?;
        }
        let without = match self.without.len() as u64 {
            0 => String::new(),
            n => format!("; {} in which it has no value", plural(n, "goroutine")),
        };
        let values = plural(equal.len() as u64, "value");
        let count = plural(self.values.len() as u64, "goroutine");
        out.line(styled(
            Role::Dim,
            format_args!("{values} in {count}{without}"),
        ))
    }
}
