//! `heap`: whether the walk is right, what is alive, who keeps most of it.

use super::{command, doubt, next, page, pasted};
use crate::answer::{Answer, Failure};
use crate::case::core::{Case, Cursor};
use crate::verb::{About, OnCore, Verb, Word};
use clap::Args;
use dumpview_model::heap::{Amount, HeapBranch, HeapTotal};
use dumpview_model::units::{bytes, grouped, percent, plural};
use dumpview_process::heap::audit::{Audit, Pair};
use dumpview_process::heap::suspects::{Suspect, Thresholds};
use dumpview_process::heap::types::Share;
use dumpview_process::heap::{Bound, Bounds};
use dumpview_view::column::Object;
use dumpview_view::finding::{Evidence, write};
use dumpview_view::{Role, Table, Text, styled};
use schemars::JsonSchema;
use serde::Serialize;
use std::io;

/// How `heap` answers.
#[derive(Args, Debug, Clone, Default)]
pub struct HeapFlags {
    #[arg(long = "threshold", value_name = "NAME=NUMBER", help = thresholds_help())]
    pub thresholds: Vec<String>,
}

/// The names that can be set, and what they are else.
fn thresholds_help() -> String {
    let mut own = Thresholds::default();
    let names: Vec<String> = Thresholds::NAMES
        .iter()
        .map(|name| format!("{name}={}", own.of(name).copied().unwrap_or_default()))
        .collect();
    format!(
        "From where on something is a suspect; may be repeated: {}",
        names.join(", ")
    )
}

/// What a number of the walk is against the runtime's own.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "heap-check")]
pub struct Check {
    /// What was compared.
    #[serde(rename = "check")]
    what: &'static str,
    /// What was walked.
    walked: u64,
    /// What the runtime counts; null where its counter cannot be read.
    counted: Option<u64>,
    /// Whether they agree.
    ok: bool,
}

/// The comparison of what was walked with what the runtime counts.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "heap-audit")]
pub struct AuditBody {
    /// Whether objects and bytes are exactly those that the runtime counts.
    agrees: bool,
    /// Every number that both know.
    checks: Vec<Check>,
}

/// What the runtime's counters say.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "heap-runtime")]
pub struct RuntimeBody {
    /// Allocated objects, garbage included; null where the counters cannot be read.
    objects: Option<u64>,
    /// Bytes of their slots.
    bytes: Option<u64>,
    /// `gcController.heapLive`: bytes marked by the last collection and allocated since.
    heap_live: Option<u64>,
}

/// Whose word the types of live bytes are.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "heap-type-sources")]
pub struct Sources {
    /// Bytes whose type the runtime itself keeps, in allocation headers and spans.
    header: u64,
    /// Bytes whose type follows from package variables.
    variable: u64,
    /// Bytes whose type follows from variables of frames.
    local: u64,
    /// Bytes whose type follows from interfaces.
    interface: u64,
    /// Bytes of which nothing tells what they are.
    unknown: u64,
}

/// The heap on a page.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "heap-report")]
pub struct Report {
    /// What a root reaches.
    live: Amount,
    /// What none reaches and the collector had not freed yet.
    garbage: Amount,
    /// What these numbers are of the true ones: a heap that is not whole in the core has bounds only.
    bounds: Bounds,
    /// Of a heap dump: what keeps objects and is not written to dumps, so that what only that keeps counts as garbage. Absent
    /// where the release has no such.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_in_dump: Vec<&'static str>,
    /// What the runtime's counters say.
    runtime: RuntimeBody,
    /// Share of live bytes whose type is known, of 1.
    typed_share: f64,
    /// Live bytes by who says what they are.
    typed_by: Sources,
    /// What was walked against what the runtime counts.
    audit: AuditBody,
    /// What is worth looking at, most bytes first.
    suspects: Vec<Suspect>,
    /// What keeps most: the uppermost places of the dominator tree.
    #[schemars(with = "Vec<Object<'static, HeapBranch>>")]
    #[serde(serialize_with = "objects")]
    top: Vec<HeapBranch>,
    /// What there is most of, by type.
    #[schemars(with = "Vec<Object<'static, HeapTotal>>")]
    #[serde(serialize_with = "objects")]
    types: Vec<HeapTotal>,
    #[serde(skip)]
    verdict: (Role, String),
    #[serde(skip)]
    doubt: Option<String>,
    /// For each suspect, what to ask next.
    #[serde(skip)]
    of_suspects: Vec<Vec<String>>,
    #[serde(skip)]
    next: Vec<String>,
}

fn objects<S: serde::Serializer, R: dumpview_view::column::Row>(
    rows: &[R],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(rows.iter().map(Object))
}

/// Rows of each table on the page.
const MOST: usize = 10;

fn report(case: &Case<'_>, flags: &HeapFlags) -> Result<Report, Failure> {
    let mut thresholds = Thresholds::default();
    for setting in &flags.thresholds {
        let set = thresholds.set(setting);
        set.map_err(|why| Failure::usage(format!("--threshold: {why}")))?;
    }
    let page = page(case, &thresholds)?.into_owned();
    let commands = |suspect: &Suspect| suspect.next.iter().map(|q| pasted(case, q)).collect();
    let of_suspects = page.suspects.iter().map(commands).collect();
    let audit = &page.audit;
    let mut types = page.types;
    types.truncate(MOST);
    Ok(Report {
        live: page.live,
        garbage: page.garbage,
        bounds: page.bounds,
        not_in_dump: not_in_dump(case),
        runtime: RuntimeBody {
            objects: audit.objects.counted,
            bytes: audit.bytes.counted,
            heap_live: audit.heap_live,
        },
        typed_share: page.share.percent() / 100.0,
        typed_by: sources(&page.share),
        audit: AuditBody {
            agrees: audit.agrees(),
            checks: checks(audit),
        },
        suspects: page.suspects,
        of_suspects,
        top: page.top,
        types,
        verdict: verdict(audit),
        doubt: doubt(case),
        next: vec![
            format!("{}  who keeps it, further down", command(case, "heap tree")),
            format!(
                "{} --by package  or root, goroutine, …",
                command(case, "heap top")
            ),
            format!(
                "{} ADDR  why an object is alive",
                command(case, "heap paths")
            ),
        ],
    })
}

/// What keeps objects and is not in a heap dump (`runtime/heapdump.go:dumpspecial` writes finalizers and samples, 1.19–1.27).
fn not_in_dump(case: &Case<'_>) -> Vec<&'static str> {
    let Some(dump) = case.process.heap_dump else {
        return Vec::new();
    };
    let since = |minor| dump.version.as_ref().is_none_or(|v| v.at_least(minor));
    let known = [(24, "cleanups"), (23, "weak handles")];
    let known = known.into_iter().filter(|(minor, _)| since(*minor));
    known.map(|(_, what)| what).collect()
}

const fn sources(share: &Share) -> Sources {
    Sources {
        header: share.header,
        variable: share.variable,
        local: share.local,
        interface: share.interface,
        unknown: share.none,
    }
}

fn checks(audit: &Audit) -> Vec<Check> {
    let check = |what: &'static str, pair: &Pair| Check {
        what,
        walked: pair.walked,
        counted: pair.counted,
        ok: pair.agrees(),
    };
    vec![
        check("allocated objects", &audit.objects),
        check("bytes of allocated objects", &audit.bytes),
        check("bytes of large objects", &audit.large_bytes),
        check("bytes of spans with objects", &audit.in_heap),
        check("bytes of spans without objects", &audit.manual),
        check("pages in use", &audit.pages),
        check("allocCount of spans", &audit.alloc_count),
    ]
}

/// Whether a walk can be believed, first of all.
pub fn verdict(audit: &Audit) -> (Role, String) {
    let walked = (audit.objects.walked, audit.bytes.walked);
    match audit.objects.counted.zip(audit.bytes.counted) {
        Some(_) if audit.agrees() => (
            Role::Good,
            format!(
                "agrees with the runtime's counters: {}, {} allocated",
                plural(walked.0, "object"),
                bytes(walked.1)
            ),
        ),
        Some((objects, size)) => (
            Role::Warning,
            format!(
                "differs from the runtime's counters: walked {} of {} bytes, counted {} of {} bytes",
                plural(walked.0, "object"),
                grouped(walked.1),
                grouped(objects),
                grouped(size)
            ),
        ),
        None => (
            Role::Warning,
            "the runtime's counters cannot be read: nothing to compare with".to_owned(),
        ),
    }
}

impl Report {
    fn typed(&self) -> String {
        let by = &self.typed_by;
        let all = by.header + by.variable + by.local + by.interface + by.unknown;
        #[expect(clippy::cast_precision_loss, reason = "a percentage")]
        let share = |part: u64| percent(part as f64 / all.max(1) as f64);
        let parts: Vec<String> = [
            (by.header, "headers"),
            (by.variable, "package variables"),
            (by.local, "locals"),
            (by.interface, "interfaces"),
        ]
        .iter()
        .filter(|(part, _)| *part > 0)
        .map(|(part, name)| format!("{} {name}", share(*part)))
        .collect();
        let share = format!("{} of live bytes", percent(self.typed_share));
        if parts.is_empty() {
            return share;
        }
        format!("{share}: {}", parts.join(", "))
    }
}

impl Answer for Report {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        let (role, verdict) = &self.verdict;
        out.line(styled(*role, verdict))?;
        if let Some(doubt) = &self.doubt {
            out.line(styled(Role::Warning, doubt))?;
        }
        if !self.not_in_dump.is_empty() {
            let what = self.not_in_dump.join(", ");
            out.line(format!(
                "not in a heap dump: {what}; what only they keep counts as garbage"
            ))?;
        }
        let amount = |of: &Amount| format!("{}, {}", bytes(of.bytes), plural(of.objects, "object"));
        let own = self.runtime.heap_live.map_or(String::new(), |own| {
            format!("; the runtime's heapLive: {}", bytes(own))
        });
        out.line(format!("live     {}{own}", amount(&self.live)))?;
        // Without all roots and references it is not known what nothing reaches.
        if matches!(self.bounds.garbage, Bound::Exact | Bound::Lower) {
            out.line(format!("garbage  {}", amount(&self.garbage)))?;
        } else {
            out.line(format!(
                "unreached {}: garbage, or kept by what is not here",
                amount(&self.garbage)
            ))?;
        }
        if self.live.bytes > 0 {
            out.line(format!("typed    {}", self.typed()))?;
        }
        if !self.suspects.is_empty() {
            out.blank()?;
            out.line(styled(Role::Heading, "suspects"))?;
        }
        for (suspect, commands) in self.suspects.iter().zip(&self.of_suspects) {
            write(&suspect.finding, Evidence::First(3), out)?;
            for command in commands {
                out.line(styled(Role::Dim, format!("            next: {command}")))?;
            }
        }
        out.blank()?;
        out.line(styled(Role::Heading, "who keeps most"))?;
        table(
            &self.top,
            &["retained_bytes", "share", "children", "place"],
            out,
        )?;
        out.blank()?;
        out.line(styled(Role::Heading, "what there is most of"))?;
        table(
            &self.types,
            &["retained_bytes", "share", "bytes", "objects", "key"],
            out,
        )?;
        out.blank()?;
        next(&self.next, out)
    }
}

/// Some columns of rows.
fn table<R: dumpview_view::column::Row>(
    rows: &[R],
    columns: &[&str],
    out: &mut Text<'_>,
) -> io::Result<()> {
    let columns: Vec<_> = R::COLUMNS
        .iter()
        .filter(|column| columns.contains(&column.name))
        .collect();
    let mut table = Table::new(columns.iter().map(|c| (c.title, c.unit.align())));
    for row in rows {
        table.row(columns.iter().map(|column| column.text(row)));
    }
    table.write(out)
}

/// `heap`.
pub struct HeapVerb;

impl Verb for HeapVerb {
    type Args = HeapFlags;
    type Body = Report;
    const ABOUT: About = About {
        examples: &[
            "dumpview heap core.44457 ./app",
            "dumpview heap top core.44457 ./app --by package",
            "dumpview core.44457 ./app -x heap -x 'heap tree main.cache'",
        ],
        ..About::core(
            "heap",
            "The heap: what is alive, suspects, who keeps most; more in the verbs below it",
            Word::None,
        )
    };
}

impl OnCore for HeapVerb {
    const ON_HEAP_DUMP: bool = true;

    fn ask(
        case: &Case<'_>,
        args: &HeapFlags,
        _word: Option<&str>,
        _cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        Ok(Box::new(report(case, args)?))
    }
}
