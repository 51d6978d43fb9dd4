//! `waits`: who waits for what, who could end it, and which waits can never end; of a core, or as far as a text tells.

use super::goroutines::{GoroutinesFlags, group_text, of_log};
use crate::answer::{Answer, Exit, Failure, Stop};
use crate::case::core::{Case, Cursor};
use crate::case::{Files, Kind};
use crate::out::Out;
use crate::verb::{About, Inputs, OnCore, OnFiles, Verb, Word};
use clap::Args;
use dumpview_model::goroutine::Group;
use dumpview_model::units::{bytes, duration, grouped, plural};
use dumpview_model::waits::{Certainty, Object, ObjectKind, Party, Waits};
use dumpview_process::addr::GoId;
use dumpview_process::postmortem::{StackPointers, SystemGoroutines};
use dumpview_view::document::{Envelope, Incomplete};
use dumpview_view::finding;
use dumpview_view::{Role, Text, styled};
use schemars::JsonSchema;
use serde::Serialize;
use std::io;

/// What is shown.
#[derive(Args, Debug, Clone, Default)]
pub struct WaitsFlags {
    /// At most this many objects; 0 for all.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub top: usize,

    /// Goroutines that nothing can wake any more, proven by the heap, and what they keep: by the rule of Go 1.27's own
    /// `goroutineleak` profile, on a core of any release.
    #[arg(long)]
    pub leaked: bool,

    /// Which dump of a log with several, by number; the one of the last crash, or the last one, when left out.
    #[arg(long, value_name = "N")]
    pub dump: Option<usize>,
}

/// What goroutines wait for.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Report {
    #[serde(flatten)]
    waits: Waits,
    /// Goroutines that nothing can wake any more, by stack, most first; present with `--leaked`.
    #[serde(skip_serializing_if = "Option::is_none")]
    leaked: Option<Vec<Group>>,
    #[serde(skip)]
    top: usize,
}

/// Goroutines and parties of one object that are named.
const NAMED: usize = 8;

impl Answer for Report {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        let waits = &self.waits;
        finding::write_all(&waits.findings, out)?;
        if !waits.findings.is_empty() {
            out.line("")?;
        }
        let count = plural(waits.blocked as u64, "goroutine");
        let what = plural(waits.objects.len() as u64, "object");
        out.line(styled(
            Role::Heading,
            format_args!("{count} blocked on {what}"),
        ))?;
        let top = if self.top == 0 { usize::MAX } else { self.top };
        for shown in waits.objects.iter().take(top) {
            object(shown, out)?;
        }
        let more = waits.objects.len().saturating_sub(top);
        if more > 0 {
            let note = format!(
                "{} more with fewer waiters (--top 0)",
                plural(more as u64, "object")
            );
            out.line(styled(Role::Dim, note))?;
        }
        circles(waits, out)?;
        heads(waits, out)?;
        leaked(self.leaked.as_deref(), out)?;
        others(waits, out)?;
        for why in &waits.incomplete {
            out.line(styled(Role::Warning, format_args!("incomplete: {why}")))?;
        }
        Ok(())
    }
}

/// `7, 8, 9 and 41 more`.
fn ids(of: &Object) -> String {
    let mut ids: Vec<u64> = of.waiters.iter().map(|waiter| waiter.goroutine).collect();
    ids.dedup();
    let named: Vec<String> = ids.iter().take(NAMED).map(u64::to_string).collect();
    let more = ids.len().saturating_sub(NAMED);
    let named = named.join(", ");
    match more {
        0 => named,
        more => format!("{named} and {} more", grouped(more as u64)),
    }
}

fn object(of: &Object, out: &mut Text<'_>) -> io::Result<()> {
    out.line("")?;
    let state = of.state_words();
    let state = if state.is_empty() {
        state
    } else {
        format!("  [{state}]")
    };
    out.line(styled(Role::Plain, of.title()).and(Role::Dim, state))?;
    let longest = of
        .waiters
        .iter()
        .filter_map(|waiter| waiter.waiting_ns)
        .max();
    let longest = longest.filter(|ns| *ns > 0);
    let longest = longest.map_or_else(String::new, |ns| {
        format!(", the longest for {}", duration(ns))
    });
    let mut hows: Vec<&str> = of.waiters.iter().map(|waiter| waiter.how.about()).collect();
    hows.sort_unstable();
    hows.dedup();
    out.line(format_args!(
        "  {} {} {}{longest}: {}",
        plural(of.waiters.len() as u64, "goroutine"),
        if of.waiters.len() == 1 {
            "waits"
        } else {
            "wait"
        },
        hows.join(", "),
        ids(of)
    ))?;
    for shown in of.parties.iter().take(NAMED) {
        party(shown, out)?;
    }
    let more = of.parties.len().saturating_sub(NAMED);
    if more > 0 {
        out.line(styled(
            Role::Dim,
            format_args!("  and {more} more that could end it"),
        ))?;
    }
    if of.parties.is_empty() && is_lock(of.kind) && of.state.locked != Some(false) {
        let note = "  who holds it was not found in any stack";
        out.line(styled(Role::Dim, note))?;
    }
    Ok(())
}

const fn is_lock(kind: ObjectKind) -> bool {
    matches!(
        kind,
        ObjectKind::Mutex | ObjectKind::RwMutex | ObjectKind::Once
    )
}

/// A word before what is not certain.
const fn sure(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::Certain => "",
        Certainty::Probable => "probably ",
        Certainty::Possible => "perhaps ",
    }
}

fn party(of: &Party, out: &mut Text<'_>) -> io::Result<()> {
    let place = of
        .place
        .as_ref()
        .map_or_else(String::new, |place| format!(": {place}"));
    out.line(format_args!(
        "  goroutine {} {}{}{place}",
        of.goroutine,
        sure(of.certainty),
        of.does.about()
    ))?;
    for evidence in &of.evidence {
        out.line(styled(Role::Dim, format_args!("    {evidence}")))?;
    }
    Ok(())
}

fn circles(waits: &Waits, out: &mut Text<'_>) -> io::Result<()> {
    for circle in &waits.circles {
        out.line("")?;
        let title = match circle.certainty {
            Certainty::Certain => "deadlock",
            Certainty::Probable | Certainty::Possible => "deadlock, by code and frames",
        };
        out.line(styled(Role::Alarm, title))?;
        for step in &circle.steps {
            out.line(format_args!("  {}", step.text))?;
        }
        if circle.behind > 0 {
            let behind = plural(circle.behind as u64, "goroutine");
            out.line(format_args!("  {behind} behind them"))?;
        }
    }
    Ok(())
}

fn heads(waits: &Waits, out: &mut Text<'_>) -> io::Result<()> {
    if waits.heads.is_empty() {
        return Ok(());
    }
    out.line("")?;
    out.line(styled(Role::Heading, "at the head"))?;
    for head in waits.heads.iter().take(NAMED) {
        let place = head.place.as_deref().unwrap_or("an unknown place");
        let direct = match head.waiters - head.direct.min(head.waiters) {
            0 => String::new(),
            _ => format!(", {} of them directly", grouped(head.direct as u64)),
        };
        out.line(format_args!(
            "  goroutine {}, for which {} {}{}{direct}: {place}",
            head.goroutine,
            plural(head.waiters as u64, "goroutine"),
            sure(head.certainty),
            if head.waiters == 1 { "waits" } else { "wait" },
        ))?;
    }
    Ok(())
}

fn leaked(groups: Option<&[Group]>, out: &mut Text<'_>) -> io::Result<()> {
    let Some(groups) = groups else {
        return Ok(());
    };
    out.line("")?;
    let count: usize = groups.iter().map(|group| group.count).sum();
    let title = match count {
        0 => "no goroutine is proven to be leaked".to_owned(),
        n => format!(
            "{} leaked: nothing that may still run can reach what they wait for",
            plural(n as u64, "goroutine")
        ),
    };
    out.line(styled(Role::Heading, title))?;
    for group in groups {
        let kept = group.retained_bytes;
        let kept = kept.map_or_else(String::new, |kept| format!("{:>10} ", bytes(kept)));
        group_text(group, &kept, out)?;
    }
    Ok(())
}

fn others(waits: &Waits, out: &mut Text<'_>) -> io::Result<()> {
    if waits.others.is_empty() {
        return Ok(());
    }
    out.line("")?;
    out.line(styled(Role::Heading, "waits that no goroutine ends"))?;
    for other in &waits.others {
        let system = match other.system {
            0 => String::new(),
            n if n == other.count => "  the runtime's own".to_owned(),
            n => format!("  {n} of them the runtime's own"),
        };
        out.line(format_args!(
            "{:>8}  {}{system}",
            grouped(other.count as u64),
            other.wait_reason
        ))?;
    }
    Ok(())
}

/// `waits`.
pub struct WaitsVerb;

impl Verb for WaitsVerb {
    type Args = WaitsFlags;
    type Body = Report;
    const ABOUT: About = About {
        inputs: Inputs::CoreOrLog,
        ..About::core(
            "waits",
            "Who waits for whom: locks, channels, groups, who holds them, deadlocks, leaked goroutines",
            Word::None,
        )
    };
}

impl OnCore for WaitsVerb {
    fn ask(
        case: &Case<'_>,
        args: &WaitsFlags,
        _word: Option<&str>,
        _cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        let waits = case.waits().map_err(Failure::no_answer)?;
        let leaked = if args.leaked {
            Some(leaked_of(case)?)
        } else {
            None
        };
        Ok(Box::new(Report {
            waits,
            leaked,
            top: args.top,
        }))
    }
}

/// Leaked goroutines by stack, with what each group keeps.
fn leaked_of(case: &Case<'_>) -> Result<Vec<Group>, Failure> {
    let heap = case.heap().map_err(Failure::no_answer)?;
    let ids = case.stuck(heap).map_err(Failure::no_answer)?;
    let table = case.goroutines(SystemGoroutines::Shown, StackPointers::OfOne);
    let all = table.map_err(Failure::no_answer)?.goroutines;
    let mut groups = all.group(all.list.iter().filter(|g| ids.contains(&g.id)));
    let members: Vec<Vec<GoId>> = groups
        .iter()
        .map(|group| group.ids.iter().copied().map(GoId).collect())
        .collect();
    let members: Vec<&[GoId]> = members.iter().map(Vec::as_slice).collect();
    for (group, kept) in groups.iter_mut().zip(heap.retained_by_groups(&members)) {
        group.retained_bytes = kept;
    }
    Ok(groups)
}

impl OnFiles for WaitsVerb {
    const READS: &'static [Kind] = &[Kind::Log, Kind::Compiler];

    fn answer(files: &Files<'_>, args: &WaitsFlags, out: &mut Out<'_>) -> Result<Exit, Stop> {
        if args.leaked {
            let why = "--leaked: only a core has the memory that proves it";
            return Err(Failure::usage(why).into());
        }
        let flags = GoroutinesFlags {
            dump: args.dump,
            ..GoroutinesFlags::default()
        };
        let (all, ended) = of_log(files.first(), &flags)?;
        let report = Report {
            waits: Waits::of_text(&all),
            leaked: None,
            top: args.top,
        };
        let path = files.first().display().to_string();
        let lost = ended.lost.iter().map(|why| Incomplete {
            what: "input".to_owned(),
            why: why.clone(),
        });
        let incomplete: Vec<Incomplete> = lost.collect();
        out.whole(&Envelope::of_log("waits", &path), &incomplete, &report)?;
        Ok(Exit::lacking(&incomplete))
    }
}
