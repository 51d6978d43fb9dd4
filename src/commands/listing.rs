//! `funcs`, `types` and `sources`: what the program's own tables list, filtered by a regex.

use crate::answer::{Answer, Failure};
use crate::case::core::Case;
use crate::case::core::Cursor;
use crate::flags::no_pattern;
use crate::flags::{NoFlags, TableFlags};
use crate::listing::Listing;
use crate::verb::{About, OnCore, Verb, Word};
use dumpview_process::symbols::Symbols;
use dumpview_view::Text;
use dumpview_view::rows::FunctionRow;
use dumpview_view::schema::Rows;
use regex::Regex;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeSet;
use std::io;

/// Source files in path order.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "source-files")]
pub struct Sources {
    /// Paths as the compiler was given them, in order.
    sources: BTreeSet<String>,
}

/// Types in name order.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "type-names")]
pub struct TypeList {
    /// Names as `print` takes them, in order.
    types: BTreeSet<String>,
}

/// Functions whose name matches.
///
/// # Errors
///
/// When the program has no function tables, or nothing matches.
fn funcs(case: &Case<'_>, pattern: Option<&str>) -> Result<Vec<FunctionRow>, Failure> {
    let matches = matcher(pattern)?;
    let mut functions: Vec<FunctionRow> = symbols(case)?
        .funcs()
        .filter(|func| matches(func.name()))
        .map(|func| {
            let start = func.position(func.entry);
            FunctionRow {
                name: func.name().to_owned(),
                entry: func.entry.0,
                size: func.end.since(func.entry).unwrap_or(0),
                file: func.file().to_owned(),
                line: func.start_line().unwrap_or(start.line),
            }
        })
        .collect();
    functions.sort();
    some(functions, pattern, "function")
}

/// Source files whose path matches.
///
/// # Errors
///
/// As [`funcs`].
pub fn sources(case: &Case<'_>, pattern: Option<&str>) -> Result<Sources, Failure> {
    let matches = matcher(pattern)?;
    let sources: BTreeSet<String> = symbols(case)?
        .modules()
        .flat_map(|module| module.funcs.files())
        .filter(|file| matches(file))
        .map(str::to_owned)
        .collect();
    some(sources, pattern, "source file").map(|sources| Sources { sources })
}

/// Types whose name matches.
///
/// # Errors
///
/// When nothing matches.
pub fn types(case: &Case<'_>, pattern: Option<&str>) -> Result<TypeList, Failure> {
    let matches = matcher(pattern)?;
    let all = case.process.types().all();
    let types: BTreeSet<String> = all
        .iter()
        .map(|listed| listed.name.as_ref())
        .filter(|name| matches(name))
        .map(str::to_owned)
        .collect();
    some(types, pattern, "type").map(|types| TypeList { types })
}

/// The function tables, or what to do about their absence.
pub fn symbols<'s>(case: &'s Case<'_>) -> Result<&'s Symbols<'s>, Failure> {
    case.process
        .symbols()
        .map_err(|error| Failure::no_answer(error.to_string()))
}

/// A predicate on names; everything passes without a pattern.
pub fn matcher(pattern: Option<&str>) -> Result<impl Fn(&str) -> bool, Failure> {
    let regex = pattern
        .map(Regex::new)
        .transpose()
        .map_err(|error| no_pattern(pattern.unwrap_or_default(), &error))?;
    Ok(move |name: &str| regex.as_ref().is_none_or(|regex| regex.is_match(name)))
}

/// Refuses an empty list: "nothing matched" is an answer people must be able to tell from success.
pub fn some<C>(found: C, pattern: Option<&str>, what: &str) -> Result<C, Failure>
where
    for<'c> &'c C: IntoIterator,
{
    if (&found).into_iter().next().is_some() {
        return Ok(found);
    }
    let matching = pattern.map_or_else(String::new, |p| format!(" matches {p}"));
    Err(Failure::no_answer(format!("no {what}{matching}")))
}

impl Answer for TypeList {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        for name in &self.types {
            out.line(name)?;
        }
        Ok(())
    }
}

impl Answer for Sources {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        for source in &self.sources {
            out.line(source)?;
        }
        Ok(())
    }
}

/// `funcs`.
pub struct FuncsVerb;

impl Verb for FuncsVerb {
    type Args = TableFlags;
    type Body = Rows<FunctionRow>;
    const ABOUT: About = About::core("funcs", "Functions whose name matches a regex", REGEX);
}

impl OnCore for FuncsVerb {
    const ON_HEAP_DUMP: bool = true;

    fn ask(
        case: &Case<'_>,
        args: &TableFlags,
        word: Option<&str>,
        _cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        Ok(Box::new(Listing::new(funcs(case, word)?, args)?))
    }
}

/// `types`.
pub struct TypesVerb;

impl Verb for TypesVerb {
    type Args = NoFlags;
    type Body = TypeList;
    const ABOUT: About = About::core("types", "Types whose name matches a regex", REGEX);
}

impl OnCore for TypesVerb {
    const ON_HEAP_DUMP: bool = true;

    fn ask(
        case: &Case<'_>,
        _args: &NoFlags,
        word: Option<&str>,
        _cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        Ok(Box::new(types(case, word)?))
    }
}

/// `sources`.
pub struct SourcesVerb;

impl Verb for SourcesVerb {
    type Args = NoFlags;
    type Body = Sources;
    const ABOUT: About = About::core("sources", "Source files whose path matches a regex", REGEX);
}

impl OnCore for SourcesVerb {
    const ON_HEAP_DUMP: bool = true;

    fn ask(
        case: &Case<'_>,
        _args: &NoFlags,
        word: Option<&str>,
        _cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        Ok(Box::new(sources(case, word)?))
    }
}

/// The word of these verbs.
const REGEX: Word = Word::Optional("REGEX", "a regular expression for their names");
