//! Which report, and what it says for programs.

use super::disasm::{self, DisasmBody, disassembled};
use super::flame;
use super::html::{self, Parts};
use super::judged::judged;
use super::source::{ListedSource, SourceLine, Sources};
use super::text::{self, Escaping};
use super::weblist;
use crate::answer::{Answer, Failure};
use crate::out::Out;
use dumpview_model::profile::combine::BASE;
use dumpview_model::profile::graph::Trimmed;
use dumpview_model::profile::{
    Command, Flame, Options, Report, Routine, Row, Summary, TagKey, Trace, TreeRow, Verdict, Way,
    Whole, Wrong, pattern,
};
use dumpview_parsers::pprof::Profile;
use dumpview_view::Text;
use dumpview_view::sink::csv::Csv;
use flate2::Compression;
use flate2::write::GzEncoder;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::io::{self, Write};
use std::path::PathBuf;

/// `pprof top`.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct TopBody {
    #[serde(flatten)]
    summary: Summary,
    /// The rows, in order.
    rows: Vec<Row>,
}

/// `pprof tree` and `peek`.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct TreeBody {
    #[serde(flatten)]
    summary: Summary,
    /// The rows, in order.
    rows: Vec<TreeRow>,
}

/// `pprof list`.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct ListBody {
    /// Which value of the samples.
    sample_type: String,
    /// Its unit, which all numbers here are in.
    unit: String,
    /// The sum of all samples.
    total: i64,
    /// Functions by name, then by file.
    routines: Vec<ListedSource>,
}

/// `pprof traces`.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct TracesBody {
    /// Which value of the samples.
    sample_type: String,
    /// Its unit.
    unit: String,
    /// The sum of all samples.
    total: i64,
    /// Samples with a stack, in order.
    traces: Vec<Trace>,
}

/// `pprof tags`.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct TagsBody {
    /// Which value of the samples.
    sample_type: String,
    /// Its unit.
    unit: String,
    /// The sum of all samples.
    total: i64,
    /// Labels by name.
    tags: Vec<TagKey>,
}

/// Reports whose text is a format of its own.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct FileBody {
    /// The report as text; of `proto` and `topproto` what `raw` says of the profile.
    text: String,
}

enum Body {
    Top(Box<Trimmed>, TopBody),
    Tree(Box<Trimmed>, TreeBody),
    List(ListBody, String),
    Traces,
    Tags(TagsBody),
    Flame(Flame),
    Disasm(DisasmBody),
    File(Vec<u8>),
    Binary(Box<Profile>),
}

/// What a report needs beside the profile.
#[derive(Clone, Copy)]
pub struct Around<'a> {
    /// Prefixes of source files and what they are replaced by.
    pub rules: &'a [String],
    /// Executables that were named.
    pub executables: &'a [PathBuf],
}

/// A report that was made.
pub struct Asked {
    command: Command,
    report: Report,
    body: Body,
}

impl From<Wrong> for Failure {
    fn from(why: Wrong) -> Self {
        match why {
            Wrong::Option(_) => Self::usage(why.to_string()),
            _ => Self::no_answer(why),
        }
    }
}

impl Asked {
    /// Makes a report of a profile.
    pub fn new(
        profile: Profile,
        command: Command,
        word: Option<&str>,
        options: &Options,
        around: Around<'_>,
    ) -> Result<Self, Failure> {
        let judged = match command {
            Command::Html => of_html(&profile, options)?,
            _ => Verdict::default(),
        };
        let mut report = Report::new(profile, command, options)?;
        let searched = word.filter(|_| command.takes_pattern());
        let searched = searched
            .map(|word| pattern(&format!("argument {word}"), word))
            .transpose()?;
        let body = match (command, searched) {
            (Command::Top | Command::Text, _) => {
                let of = report.graph();
                let (summary, rows) = (report.summary(&of), report.rows(&of.graph));
                Body::Top(Box::new(of), TopBody { summary, rows })
            }
            (Command::Tree | Command::Peek, searched) => {
                let of = report.graph();
                let rows = report.tree(&of.graph, searched.as_ref())?;
                let summary = report.summary(&of);
                Body::Tree(Box::new(of), TreeBody { summary, rows })
            }
            (Command::List, Some(searched)) => {
                let routines = report.list(&searched)?.routines;
                let options = &report.options;
                let mut sources =
                    Sources::new(&options.source_path, &options.trim_path, around.rules);
                let listed = routines.into_iter().map(|of| listed(of, &mut sources));
                let routines = listed.collect();
                let body = ListBody {
                    sample_type: report.sample_type.clone(),
                    unit: report.sample_unit.clone(),
                    total: report.total,
                    routines,
                };
                Body::List(body, sources.search().to_owned())
            }
            (Command::Disasm, Some(searched)) => {
                Body::Disasm(disassembled(&mut report, &searched, around.executables)?)
            }
            (Command::Weblist, Some(searched)) => {
                // What matches may be inlined into what does not.
                let any = pattern("", "")?;
                let of = disassembled(&mut report, &any, around.executables)?;
                let options = &report.options;
                let (search, trim) = (&options.source_path, &options.trim_path);
                let mut sources = Sources::new(search, trim, around.rules);
                let mut out = Vec::new();
                weblist::page(&report, &of, &searched, &mut sources, &mut out)
                    .map_err(|error| Failure::unreadable(error.to_string()))?;
                Body::File(out)
            }
            (Command::List | Command::Disasm | Command::Weblist, None) => {
                return Err(Failure::usage(format!(
                    "{}: REGEX is missing",
                    command.as_str()
                )));
            }
            (Command::Traces, _) => Body::Traces,
            (Command::Tags, _) => Body::Tags(TagsBody {
                sample_type: report.sample_type.clone(),
                unit: report.sample_unit.clone(),
                total: report.total,
                tags: report.tags(),
            }),
            (Command::Flame, _) => Body::Flame(report.flame(&Way::All, 0.0)),
            (Command::Proto, _) => Body::Binary(Box::new(report.clone().proto())),
            (Command::TopProto, _) => Body::Binary(Box::new(report.top_proto())),
            (command, _) => Body::File(file(&mut report, command, &judged)?),
        };
        Ok(Self {
            command,
            report,
            body,
        })
    }

    /// Why it is not shown where it is read: it is a file for another program, and what is to be done with it.
    pub fn not_to_be_shown(&self) -> Option<Failure> {
        let file = match self.command {
            Command::Proto | Command::TopProto => "profile.pb.gz",
            Command::Svg => "flame.svg",
            Command::Html => "profile.html",
            Command::Weblist => "weblist.html",
            _ => return None,
        };
        let command = self.command.as_str();
        Some(Failure::usage(format!(
            "{command}: a file for another program, which a terminal cannot show\n\nhint: {command} … > {file}"
        )))
    }

    /// What was asked for and found nothing.
    pub fn warnings(&self) -> &[String] {
        &self.report.warnings
    }

    /// Says which sources were not found, where they were looked for, and how to map them.
    pub fn complain_of_sources(&self, out: &Out<'_>) {
        let Body::List(body, search) = &self.body else {
            return;
        };
        let mut missing: Vec<&str> = body
            .routines
            .iter()
            .filter(|of| of.source.is_none())
            .filter_map(|of| of.routine.file.as_deref())
            .collect();
        missing.sort_unstable();
        missing.dedup();
        for file in missing {
            out.complain(&format!(
                "could not find file {file} on path {search}\n\nhint: -source_path=DIR names where it lies, -trim_path=PREFIX cuts its beginning off, --source-path FROM=TO replaces it"
            ));
        }
    }

    /// Writes it as pprof does.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        match &self.body {
            // Text for other tools is looked at in terminals as well.
            Body::File(bytes) => {
                let text = String::from_utf8_lossy(bytes);
                let mut out = Escaping::new(out);
                text.lines().try_for_each(|line| out.line(line))
            }
            Body::Binary(profile) => {
                let mut packed = GzEncoder::new(out, Compression::fast());
                profile.write(&mut packed)?;
                packed.finish().map(drop)
            }
            _ => self.write_text(&mut Escaping::new(out)),
        }
    }

    fn write_text(&self, out: &mut Escaping<'_>) -> io::Result<()> {
        let report = &self.report;
        match &self.body {
            Body::Top(of, body) => text::top(report, of, &body.rows, out),
            Body::Tree(of, body) => text::tree(report, of, &body.rows, out),
            Body::List(body, search) => text::list(report, &body.routines, search, out),
            Body::Traces => text::traces(report, out),
            Body::Tags(body) => text::tags(report, &body.tags, out),
            Body::Flame(of) => flame::text(of, report.options.nodefraction, out),
            Body::Disasm(body) => disasm::text(report, body, out),
            Body::File(_) | Body::Binary(_) => Ok(()),
        }
    }
}

/// What matters, for reports that say it.
fn of_html(profile: &Profile, options: &Options) -> Result<Verdict, Failure> {
    let whole = match profile.texts.find(BASE) {
        Some(_) => Whole::Difference,
        None => Whole::Profile,
    };
    judged(profile, options, whole)
}

fn file(report: &mut Report, command: Command, judged: &Verdict) -> Result<Vec<u8>, Failure> {
    let mut out = Vec::new();
    let written = match command {
        Command::Raw => report.raw(&mut out),
        Command::Dot => report.dot(&mut out),
        Command::Callgrind => report.callgrind(&mut out),
        Command::Folded => report.write_folded(&mut out),
        Command::Html => {
            let of = report.graph();
            let parts = Parts {
                judged,
                flame: &report.flame(&Way::All, flame::LEAST),
                rows: &report.rows(&of.graph),
            };
            html::page(report, &parts, &mut out)
        }
        Command::Svg => flame::svg(&report.flame(&Way::All, flame::LEAST), &mut out),
        Command::Speedscope => flame::speedscope(&report.flame(&Way::All, 0.0), &mut out),
        _ => {
            let mut comments = report.profile.comments.iter();
            comments.try_for_each(|line| writeln!(out, "{line}"))
        }
    };
    written.map_err(|error| Failure::unreadable(error.to_string()))?;
    Ok(out)
}

fn listed(routine: Routine, sources: &mut Sources) -> ListedSource {
    let found = routine.file.as_deref().and_then(|file| sources.file(file));
    let path = found.map(|file| file.path.display().to_string());
    let source = found.map(|file| {
        let lines = (1..).zip(&file.lines);
        let shown =
            lines.filter(|(number, _)| (routine.first_line..=routine.last_line).contains(number));
        shown
            .map(|(line, text)| SourceLine {
                line,
                text: text.clone(),
            })
            .collect()
    });
    ListedSource {
        routine,
        path,
        source,
    }
}

impl Serialize for Asked {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let report = &self.report;
        match &self.body {
            Body::Top(_, body) => body.serialize(serializer),
            Body::Tree(_, body) => body.serialize(serializer),
            Body::List(body, _) => body.serialize(serializer),
            Body::Traces => TracesBody {
                sample_type: report.sample_type.clone(),
                unit: report.sample_unit.clone(),
                total: report.total,
                traces: report.traces().collect(),
            }
            .serialize(serializer),
            Body::Tags(body) => body.serialize(serializer),
            Body::Flame(of) => of.serialize(serializer),
            Body::Disasm(body) => body.serialize(serializer),
            Body::File(bytes) => FileBody {
                text: String::from_utf8_lossy(bytes).into_owned(),
            }
            .serialize(serializer),
            Body::Binary(profile) => {
                let mut report = report.clone();
                report.profile = profile.as_ref().clone();
                let mut text = Vec::new();
                report.raw(&mut text).map_err(serde::ser::Error::custom)?;
                let text = String::from_utf8_lossy(&text).into_owned();
                FileBody { text }.serialize(serializer)
            }
        }
    }
}

impl Answer for Asked {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        let mut text = Vec::new();
        self.write(&mut text)?;
        out.block(
            "",
            &String::from_utf8_lossy(&text).replace('\t', "        "),
        )
    }

    fn csv(&self, out: &mut dyn Write) -> Option<io::Result<()>> {
        let mut csv = Csv::new(out);
        Some(match &self.body {
            Body::Top(_, body) => rows(&body.rows, &mut csv),
            Body::Tree(_, body) => calls(&body.rows, &mut csv),
            Body::Tags(body) => tags(&body.tags, &mut csv),
            Body::List(body, _) => lines(&body.routines, &mut csv),
            Body::Disasm(body) => disasm::csv(body, &mut csv),
            _ => return None,
        })
    }
}

fn rows(rows: &[Row], csv: &mut Csv<'_>) -> io::Result<()> {
    csv.line(["flat", "cum", "name", "function", "file", "line", "address"])?;
    for row in rows {
        csv.line([
            row.flat.to_string(),
            row.cum.to_string(),
            row.name.clone(),
            row.function.clone().unwrap_or_default(),
            row.file.clone().unwrap_or_default(),
            row.line.map_or(String::new(), |line| line.to_string()),
            row.address.clone().unwrap_or_default(),
        ])?;
    }
    csv.flush()
}

fn calls(rows: &[TreeRow], csv: &mut Csv<'_>) -> io::Result<()> {
    csv.line(["caller", "callee", "value", "inline", "residual"])?;
    for TreeRow { row, callees, .. } in rows {
        for call in callees {
            let (inline, residual) = (call.inline.to_string(), call.residual.to_string());
            let value = call.value.to_string();
            csv.line([&row.name, &call.name, &value, &inline, &residual])?;
        }
    }
    csv.flush()
}

fn tags(keys: &[TagKey], csv: &mut Csv<'_>) -> io::Result<()> {
    csv.line(["key", "value", "flat"])?;
    for key in keys {
        for value in &key.values {
            csv.line([&key.key, &value.value, &value.flat.to_string()])?;
        }
    }
    csv.flush()
}

fn lines(routines: &[ListedSource], csv: &mut Csv<'_>) -> io::Result<()> {
    csv.line(["function", "file", "line", "flat", "cum"])?;
    for ListedSource { routine, .. } in routines {
        for line in &routine.lines {
            let file = routine.file.clone().unwrap_or_default();
            let numbers = [line.line, line.flat, line.cum].map(|n| n.to_string());
            let [number, flat, cum] = numbers;
            csv.line([&routine.function, &file, &number, &flat, &cum])?;
        }
    }
    csv.flush()
}
