//! The report for people: findings, what is waited for, circles, heads, leaked goroutines, the rest.

use super::Report;
use crate::commands::goroutines::group_text;
use dumpview_model::goroutine::Group;
use dumpview_model::units::{bytes, duration, grouped, plural};
use dumpview_model::waits::{Certainty, Object, ObjectKind, OtherWaits, Party, Waits};
use dumpview_view::finding;
use dumpview_view::{Role, Text, styled};
use std::io;

/// Goroutines and parties of one object that are named.
const NAMED: usize = 8;
/// System calls that are told.
const CALLS: usize = 20;

impl Report {
    /// All of it for people.
    pub(super) fn report(&self, out: &mut Text<'_>) -> io::Result<()> {
        let waits = &*self.waits;
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
        let top = self.top;
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
        unmoved(self.unmoved.as_deref(), out)?;
        others(waits, out)?;
        system_calls(waits, out)?;
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
        format!(", the longest for at least {}", duration(ns))
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
    if of.parties.is_empty() && is_lock(of.kind) && of.state.locked == Some(true) {
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

fn party(of: &Party, out: &mut Text<'_>) -> io::Result<()> {
    let place = of
        .place
        .as_ref()
        .map_or_else(String::new, |place| format!(": {place}"));
    out.line(format_args!(
        "  goroutine {} {}{}{place}",
        of.goroutine,
        of.certainty.adverb(),
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
        let doing = head.doing.as_ref();
        let doing = doing.map_or_else(String::new, |doing| format!("; it {doing}"));
        out.line(format_args!(
            "  goroutine {}, for which {} {}{}{direct}: {place}{doing}",
            head.goroutine,
            plural(head.waiters as u64, "goroutine"),
            head.certainty.adverb(),
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

fn unmoved(groups: Option<&[Group]>, out: &mut Text<'_>) -> io::Result<()> {
    let Some(groups) = groups else {
        return Ok(());
    };
    out.line("")?;
    let count: usize = groups.iter().map(|group| group.count).sum();
    let title = match count {
        0 => "no goroutine waits where it waited before".to_owned(),
        1 => "1 goroutine waits where it waited before".to_owned(),
        n => format!(
            "{} goroutines wait where they waited before",
            grouped(n as u64)
        ),
    };
    out.line(styled(Role::Heading, title))?;
    for group in groups {
        group_text(group, "", out)?;
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
            "{:>8}  {}{}{}{system}",
            grouped(other.count as u64),
            other.wait_reason,
            if other.in_bubble {
                " in a synctest bubble"
            } else {
                ""
            },
            ends(other)
        ))?;
    }
    Ok(())
}

/// When those that sleep go on.
fn ends(of: &OtherWaits) -> String {
    let left = |ns: i64| match u64::try_from(ns) {
        Ok(ns) => format!("in {}", duration(ns)),
        Err(_) => format!("{} ago", duration(ns.unsigned_abs())),
    };
    match (of.first_ends_in_ns, of.last_ends_in_ns) {
        (Some(first), Some(last)) if first == last => format!(", which ends {}", left(first)),
        (Some(first), Some(last)) => {
            format!(", the first ends {}, the last {}", left(first), left(last))
        }
        _ => String::new(),
    }
}

fn system_calls(waits: &Waits, out: &mut Text<'_>) -> io::Result<()> {
    if waits.system_calls.is_empty() {
        return Ok(());
    }
    out.line("")?;
    out.line(styled(Role::Heading, "in system calls"))?;
    for call in waits.system_calls.iter().take(CALLS) {
        let place = call.place.as_deref().unwrap_or("an unknown place");
        out.line(format_args!(
            "  goroutine {} on thread {}: {}: {place}",
            call.goroutine,
            call.thread,
            call.text()
        ))?;
    }
    let more = waits.system_calls.len().saturating_sub(CALLS);
    if more > 0 {
        let note = format!("  and {more} more");
        out.line(styled(Role::Dim, note))?;
    }
    Ok(())
}
