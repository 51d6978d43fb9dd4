//! `list`: source lines around a frame, a place or a function.
//!
//! Sources are looked for where the binary says, then under each `--source-path FROM=TO`, then, for a path that
//! does not exist here, by its tail below the current directory. A file changed since the build shows
//! wrong lines, which the heading warns of when its modification time is later than the core's.

use super::listing::symbols;
use crate::answer::{Answer, Failure};
use crate::case::core::{Case, Cursor};
use crate::config::config;
use crate::flags::{Common, FrameFlags};
use crate::input::small;
use crate::verb::{About, OnCore, Verb, Word};
use dumpview_view::{Role, Text, styled};
use schemars::JsonSchema;
use serde::Serialize;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Lines before and after the one that is meant.
const AROUND: u32 = 5;

/// Some lines of a source file.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "excerpt")]
pub struct Excerpt {
    /// The file, as the binary names it.
    file: String,
    /// Where it was found.
    pub found: String,
    /// The line that is meant, from 1.
    pub line: u32,
    /// Whether the file was changed after the core was written.
    pub newer_than_core: bool,
    /// The line that is meant and those around it.
    pub lines: Vec<Line>,
}

/// A line of source.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "source-line")]
pub struct Line {
    /// Its number, from 1.
    pub number: u32,
    /// Its text, without its end.
    pub text: String,
}

/// Reads the lines that `place` or the frame means.
///
/// # Errors
///
/// When the place cannot be understood or the file is not at hand.
pub fn list(
    case: &Case<'_>,
    flags: &FrameFlags,
    place: Option<&str>,
    cursor: &Cursor,
) -> Result<Excerpt, Failure> {
    let (file, line) = match place {
        Some(place) => parse_place(case, flags, place, cursor)?,
        None => frame_place(case, flags, cursor)?,
    };
    excerpt(case.common, file, line, AROUND, &case.core_path)
}

/// Reads the lines around a frame, this many before and after.
///
/// # Errors
///
/// When the frame has no line or the file is not at hand.
pub fn around(case: &Case<'_>, cursor: &Cursor, lines: u32) -> Result<Excerpt, Failure> {
    let (file, line) = frame_place(case, &FrameFlags::default(), cursor)?;
    excerpt(case.common, file, line, lines, &case.core_path)
}

/// Reads the lines around one of a file. `written` is what was written while the program ran that was made of it.
///
/// # Errors
///
/// When the file is not at hand or has no such line.
pub fn excerpt(
    common: &Common,
    file: String,
    line: u32,
    around: u32,
    written: &Path,
) -> Result<Excerpt, Failure> {
    let found = on_this_machine(common, &file)?;
    let text =
        small(&found).map_err(|e| Failure::no_answer(format!("{}: {e}", found.display())))?;
    let first = line.saturating_sub(around).max(1);
    let lines: Vec<Line> = (1u32..)
        .zip(text.split(|byte| *byte == b'\n'))
        .skip_while(|(number, _)| *number < first)
        .take_while(|(number, _)| *number <= line.saturating_add(around))
        .map(|(number, text)| Line {
            number,
            text: String::from_utf8_lossy(text).trim_end().to_owned(),
        })
        .collect();
    if lines.is_empty() {
        return Err(Failure::no_answer(format!(
            "{}: has no line {line}",
            found.display()
        )));
    }
    let modified = |path: &Path| fs::metadata(path).and_then(|m| m.modified()).ok();
    let newer_than_core = modified(&found) > modified(written);
    Ok(Excerpt {
        file,
        found: found.display().to_string(),
        line,
        newer_than_core,
        lines,
    })
}

fn frame_place(
    case: &Case<'_>,
    flags: &FrameFlags,
    cursor: &Cursor,
) -> Result<(String, u32), Failure> {
    let at = case.at(flags.goroutine, cursor)?;
    let (index, call) = at.call(flags.frame.or(cursor.frame))?;
    match (&call.frame.file, call.frame.line) {
        (Some(file), Some(line)) => Ok((file.clone(), line)),
        _ => Err(Failure::no_answer(format!(
            "frame {index} has no source line"
        ))),
    }
}

/// `FILE:LINE` (a file by its end), a line of the frame's file, or a function.
fn parse_place(
    case: &Case<'_>,
    flags: &FrameFlags,
    place: &str,
    cursor: &Cursor,
) -> Result<(String, u32), Failure> {
    if let Ok(line) = place.parse() {
        return Ok((frame_place(case, flags, cursor)?.0, line));
    }
    let symbols = symbols(case)?;
    if let Some((file, line)) = place.rsplit_once(':')
        && let Ok(line) = line.parse()
    {
        let ends = |path: &&str| {
            *path == file
                || path
                    .strip_suffix(file)
                    .is_some_and(|before| before.ends_with('/'))
        };
        let known = symbols
            .modules()
            .flat_map(|module| module.funcs.files())
            .find(ends);
        return Ok((known.unwrap_or(file).to_owned(), line));
    }
    let func = symbols
        .by_name(place)
        .or_else(|| symbols.funcs().find(|f| f.printed_name() == place));
    let func = func.ok_or_else(|| {
        Failure::no_answer(format!(
            "no function {place}\n\nhint: FILE:LINE, LINE, or a name from dumpview funcs"
        ))
    })?;
    let line = func
        .start_line()
        .unwrap_or_else(|| func.position(func.entry).line);
    Ok((func.file().to_owned(), line))
}

/// The file on this machine.
///
/// # Errors
///
/// When it is not here, with where it could be looked for.
pub fn on_this_machine(common: &Common, file: &str) -> Result<PathBuf, Failure> {
    find(common, file).ok_or_else(|| {
        let folder = Path::new(file)
            .parent()
            .filter(|at| !at.as_os_str().is_empty());
        let hint = folder.map_or_else(
            || "dumpview sources lists the files that the program was made of".to_owned(),
            |at| format!("--source-path {}=WHERE-IT-IS-NOW", at.display()),
        );
        Failure::no_answer(format!("{file}: the source is not here\n\nhint: {hint}"))
    })
}

fn find(common: &Common, file: &str) -> Option<PathBuf> {
    let mapped = common.source_path.iter();
    let mapped = mapped.chain(&config().source_path).filter_map(|rule| {
        let (from, to) = rule.split_once('=')?;
        Some(PathBuf::from(format!("{to}{}", file.strip_prefix(from)?)))
    });
    let as_named = PathBuf::from(file);
    let tails = (1..as_named.components().count())
        .map(|skip| as_named.components().skip(skip).collect::<PathBuf>());
    mapped
        .chain([as_named.clone()])
        .chain(tails)
        .find(|path| path.is_file())
}

impl Answer for Excerpt {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        out.line(styled(
            Role::Dim,
            format_args!("{}:{}", self.found, self.line),
        ))?;
        if self.newer_than_core {
            out.line(styled(
                Role::Alarm,
                "this file was changed after the core was written: lines may not fit",
            ))?;
        }
        for line in &self.lines {
            let mark = if line.number == self.line { "=>" } else { "  " };
            let text = line.text.replace('\t', "    ");
            out.line(format_args!("{mark} {:>5}  {}", line.number, text))?;
        }
        Ok(())
    }
}

/// `list`.
pub struct ListVerb;

impl Verb for ListVerb {
    type Args = FrameFlags;
    type Body = Excerpt;
    const ABOUT: About = About {
        aliases: &["ls"],
        ..About::core(
            "list",
            "Source around a frame, or around FILE:LINE or a function",
            Word::Optional("PLACE", "FILE:LINE, LINE or a function"),
        )
    };
}

impl OnCore for ListVerb {
    const ON_HEAP_DUMP: bool = true;

    fn ask(
        case: &Case<'_>,
        args: &FrameFlags,
        word: Option<&str>,
        cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        Ok(Box::new(list(case, args, word, cursor)?))
    }
}
