//! `print`, `whatis` and `vars`: values and types of expressions, and package variables.

use super::listing::{matcher, some};
use crate::answer::{Answer, Failure};
use crate::case::core::{Case, Cursor};
use crate::flags::{FrameFlags, RetainedFlags, ValueFlags};
use crate::verb::{About, OnCore, Verb, Word};
use clap::Args;
use dumpview_model::units::bytes;
use dumpview_model::value::text::Style;
use dumpview_model::value::{Address, Origin, Standing, StandingShape, Value, Variable};
use dumpview_process::expr::{ExprError, Expressions};
use dumpview_process::value::{Limits, Place, Reader};
use dumpview_view::{Role, Text, styled};
use schemars::JsonSchema;
use serde::Serialize;
use std::io;
use std::sync::Arc;

/// The value of an expression.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "printed")]
pub struct Printed {
    /// The expression, as typed.
    expr: String,
    /// Its type, as in the source.
    #[serde(rename = "type")]
    ty: Arc<str>,
    /// Its value; null when it cannot be shown.
    value: Option<Value>,
    /// How far the value can be trusted.
    #[schemars(with = "StandingShape")]
    standing: &'static str,
    /// Why it is not exact; absent when it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// Where it lives in memory; absent when it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    addr: Option<Address>,
    /// How people read the value, only where that says more than it does: `"1.5s"`, `"2026-11-21T10:00:00Z"`, a named
    /// constant `"main.Blue"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(flatten)]
    kept: Option<Retained>,
    #[serde(skip)]
    variable: Variable,
}

/// What a value keeps, when that was asked for.
#[derive(Serialize, JsonSchema, Clone)]
#[schemars(rename = "retained")]
pub struct Retained {
    /// Bytes on the heap that would go if its pointers were cut; present with `--retained`, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retained_bytes: Option<u64>,
    /// Why it cannot be told; absent when it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retained_unknown: Option<String>,
}

impl Retained {
    /// Bytes, or why they are not known.
    pub fn of<E: ToString>(kept: Result<u64, E>) -> Self {
        match kept {
            Ok(bytes) => Self {
                retained_bytes: Some(bytes),
                retained_unknown: None,
            },
            Err(why) => Self {
                retained_bytes: None,
                retained_unknown: Some(why.to_string()),
            },
        }
    }
}

/// The type of an expression.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "whatis")]
pub struct Whatis {
    /// The expression, as typed.
    expr: String,
    /// Its type, as in the source.
    #[serde(rename = "type")]
    ty: String,
}

/// Package variables.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "package-variables")]
pub struct PackageVariables {
    /// The variables in order of their names, which have their package: `main.config`.
    variables: Vec<Variable>,
}

/// Evaluates an expression.
///
/// # Errors
///
/// When it cannot be read or evaluated, with the place in it.
pub fn print(
    case: &Case<'_>,
    flags: &RetainedFlags,
    expr: &str,
    cursor: &Cursor,
) -> Result<Printed, Failure> {
    let analysis = flags.retained.then(|| case.heap());
    let flags = &flags.frame;
    with_expressions(case, flags, cursor, |expressions| {
        let variable = expressions
            .print(expr, flags.values.into())
            .map_err(|error| failure(&error))?;
        let reading = variable
            .value
            .as_ref()
            .and_then(|value| value.reading_text().map(str::to_owned));
        let kept = analysis.map(|analysis| match (analysis, expressions.place(expr)) {
            (Err(why), _) => Retained::of(Err(why)),
            (Ok(analysis), Ok(Some((ty, storage)))) => {
                Retained::of(analysis.retained_by_value(ty, &storage, false))
            }
            (Ok(_), _) => Retained::of(Err("its value is not whole")),
        });
        Ok(Printed {
            kept,
            expr: expr.to_owned(),
            ty: Arc::clone(&variable.ty),
            value: variable.value.clone(),
            standing: variable.standing.as_str(),
            why: variable.standing.why().map(str::to_owned),
            addr: variable.addr,
            text: reading,
            variable,
        })
    })
}

/// What something keeps, in words.
pub fn keeps(retained: &Retained) -> String {
    match (retained.retained_bytes, &retained.retained_unknown) {
        (Some(kept), _) => format!("keeps {}", bytes(kept)),
        (None, Some(why)) => format!("what it keeps is not known: {why}"),
        (None, None) => "what it keeps is not known".to_owned(),
    }
}

/// The type of an expression.
///
/// # Errors
///
/// As [`print()`].
pub fn whatis(
    case: &Case<'_>,
    flags: &FrameFlags,
    expr: &str,
    cursor: &Cursor,
) -> Result<Whatis, Failure> {
    with_expressions(case, flags, cursor, |expressions| {
        let ty = expressions.whatis(expr).map_err(|error| failure(&error))?;
        Ok(Whatis {
            expr: expr.to_owned(),
            ty,
        })
    })
}

fn with_expressions<T>(
    case: &Case<'_>,
    flags: &FrameFlags,
    cursor: &Cursor,
    ask: impl FnOnce(&Expressions<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    // Without a stack (no goroutines, a truncated core) package variables still have names.
    let asked_for_frame =
        flags.goroutine.is_some() || flags.frame.is_some() || cursor.frame.is_some();
    let at = match case.at(flags.goroutine, cursor) {
        Ok(at) => Some(at),
        Err(why) if asked_for_frame => return Err(why.into()),
        Err(_) => None,
    };
    let call = match &at {
        Some(at) => match at.call(flags.frame.or(cursor.frame)) {
            Ok((_, call)) => Some((&**at, call)),
            Err(why) if asked_for_frame => return Err(why.into()),
            Err(_) => None,
        },
        None => None,
    };
    let scope = case.process.scope(call);
    ask(&Expressions {
        sources: case.process.sources_at(call.map(|(_, call)| call)),
        scope: &scope,
    })
}

/// Why an expression has no value, with the place in it.
pub fn failure(error: &ExprError) -> Failure {
    let told = format!(
        "column {}: {}\n{}",
        error.column(),
        error.message,
        error.pointer()
    );
    if error.is_syntax {
        return Failure::usage(format!(
            "{told}\n\nhint: an expression of Go, in quotes: 'main.config.Hosts[0].Name'"
        ));
    }
    Failure::no_answer(told)
}

/// Package variables whose name matches, with their values.
///
/// # Errors
///
/// When nothing matches, or there is no DWARF to name them.
pub fn vars(
    case: &Case<'_>,
    flags: ValueFlags,
    pattern: Option<&str>,
) -> Result<PackageVariables, Failure> {
    let process = &case.process;
    if process.dwarf().is_none() {
        return Err(Failure::no_answer(
            "the executable has no DWARF (stripped, or built with -ldflags=-w), so package variables have no names",
        ));
    }
    let matches = matcher(pattern)?;
    let limits = Limits {
        depth: (flags.depth as usize).min(2),
        ..flags.into()
    };
    let mut reader = Reader::new(process.sources(), limits);
    let all = process.types().package_variables(process.arch());
    let mut variables: Vec<Variable> = all
        .filter(|variable| matches(&variable.name))
        .map(|variable| {
            let ty = process
                .types()
                .resolve(variable.ty)
                .map_or_else(|_| "?".into(), |ty| ty.name.as_str().into());
            let (value, standing, addr) = match variable.place {
                Ok(addr) => {
                    let value = reader.read(variable.ty, Place::Memory(addr));
                    (Some(value), Standing::Exact, Some(Address(addr.0)))
                }
                Err(why) => (None, Standing::Unreadable(why.to_string()), None),
            };
            Variable {
                name: variable.name.into(),
                ty,
                value,
                standing,
                addr,
                origin: Origin::Global,
                escaped: false,
            }
            .settled()
        })
        .collect();
    variables.sort_by(|a, b| a.name.cmp(&b.name));
    some(variables, pattern, "package variable").map(|variables| PackageVariables { variables })
}

impl Answer for Printed {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        if let Some(kept) = &self.kept {
            out.line(styled(Role::Dim, keeps(kept)))?;
        }
        match &self.variable.value {
            Some(value) if self.variable.standing == Standing::Exact => {
                out.block("", &Style::default().block(value))
            }
            _ => out.block("", &Style::default().variable_block(&self.variable)),
        }
    }
}

impl Answer for Whatis {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        out.line(&self.ty)
    }
}

impl Answer for PackageVariables {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        let style = Style {
            len: 8,
            string: 64,
            ..Style::default()
        };
        for variable in &self.variables {
            out.line(style.variable(variable))?;
        }
        Ok(())
    }
}

/// `print`.
pub struct PrintVerb;

impl Verb for PrintVerb {
    type Args = RetainedFlags;
    type Body = Printed;
    const ABOUT: About = About {
        aliases: &["p"],
        ..About::core("print", "Value of an expression", EXPR)
    };
}

impl OnCore for PrintVerb {
    const ON_HEAP_DUMP: bool = true;

    fn ask(
        case: &Case<'_>,
        args: &RetainedFlags,
        word: Option<&str>,
        cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        Ok(Box::new(print(
            case,
            args,
            word.unwrap_or_default(),
            cursor,
        )?))
    }
}

/// `whatis`.
pub struct WhatisVerb;

impl Verb for WhatisVerb {
    type Args = FrameFlags;
    type Body = Whatis;
    const ABOUT: About = About::core("whatis", "Type of an expression", EXPR);
}

impl OnCore for WhatisVerb {
    const ON_HEAP_DUMP: bool = true;

    fn ask(
        case: &Case<'_>,
        args: &FrameFlags,
        word: Option<&str>,
        cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        Ok(Box::new(whatis(
            case,
            args,
            word.unwrap_or_default(),
            cursor,
        )?))
    }
}

/// `vars`.
pub struct VarsVerb;

impl Verb for VarsVerb {
    type Args = VarsFlags;
    type Body = PackageVariables;
    const ABOUT: About = About::core(
        "vars",
        "Package variables whose name matches a regex, with their values",
        Word::Optional("REGEX", "a regular expression for their names"),
    );
}

impl OnCore for VarsVerb {
    const ON_HEAP_DUMP: bool = true;

    fn ask(
        case: &Case<'_>,
        args: &VarsFlags,
        word: Option<&str>,
        _cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        Ok(Box::new(vars(case, args.values, word)?))
    }
}

/// The word of `print` and `whatis`.
const EXPR: Word = Word::Required("EXPR", "the expression");

/// How `vars` answers.
#[derive(Args, Debug, Clone, Default)]
pub struct VarsFlags {
    /// Value limits.
    #[command(flatten)]
    pub values: ValueFlags,
}
