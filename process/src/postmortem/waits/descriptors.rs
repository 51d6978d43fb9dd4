//! Which file or connection a descriptor is, by the receivers in the frames of who waits for it: `net.netFD` has both addresses,
//! `os.File` a name.

use super::Crowd;
use super::blocked::{Blocked, Found};
use crate::expr::Expressions;
use crate::process::Process;
use crate::unwind::Call;
use crate::value::Limits;
use dumpview_model::value::{Data, Value};
use dumpview_model::waits::{Certainty, Does, ObjectKind, Party};

/// Descriptors that are looked up: of thousands nobody reads all.
const MOST: usize = 256;
/// Calls of a stack that are looked at.
const MOST_CALLS: usize = 16;

/// What a file or a connection is called, and its own place.
struct Named {
    text: String,
    /// The `internal/poll.FD`, from its start to its end.
    place: Option<(u64, u64)>,
    number: Option<u64>,
}

pub(super) fn describe(process: &Process<'_>, crowd: &Crowd<'_>, found: &mut Blocked) {
    let is_file = |of: &&mut Found| {
        matches!(
            of.object.kind,
            ObjectKind::Descriptor | ObjectKind::FileLock
        )
    };
    let mut left = 0usize;
    let mut holders: Vec<((u64, u64), Party)> = Vec::new();
    for (number, of) in found.objects.iter_mut().filter(is_file).enumerate() {
        if number >= MOST {
            left += 1;
            continue;
        }
        let Some(named) = of_waiter(process, crowd, of.example) else {
            continue;
        };
        if of.object.state.descriptor.is_none() {
            of.object.state.descriptor = named.number;
        }
        if of.object.kind == ObjectKind::Descriptor
            && let (Some(place), Some(waiter)) = (named.place, of.object.waiters.first())
        {
            let party = Party {
                goroutine: waiter.goroutine,
                does: Does::Holds,
                certainty: Certainty::Certain,
                evidence: vec![format!(
                    "it waits {} below internal/poll.(*FD), which has locked it",
                    waiter.how.about()
                )],
                frame: None,
                place: None,
            };
            holders.push((place, party));
        }
        of.object.name = Some(named.text);
    }
    if left > 0 {
        let note =
            format!("files and connections of which it was not looked up what they are: {left}");
        found.incomplete.push(note);
    }
    // Who waits for a descriptor has the lock that others wait for, to read or to write.
    for of in &mut found.objects {
        if of.object.kind != ObjectKind::FileLock {
            continue;
        }
        let has = |((start, end), _): &&((u64, u64), Party)| (*start..*end).contains(&of.addr.0);
        let parties: Vec<Party> = holders
            .iter()
            .filter(has)
            .map(|(_, party)| party.clone())
            .collect();
        of.object.parties.extend(parties);
    }
}

/// The receiver of a method of one of these types, as its source names it, and the words that say what it is.
fn receiver(call: &Call) -> Option<(&'static str, &'static [&'static str])> {
    let name = call.name.as_str();
    [
        ("net.(*netFD).", "fd", &["*fd"][..]),
        ("os.(*File).", "f", &["f.file.name"]),
    ]
    .into_iter()
    .find(|(method, ..)| name.starts_with(method))
    .map(|(_, receiver, words)| (receiver, words))
}

fn of_waiter(process: &Process<'_>, crowd: &Crowd<'_>, waiter: usize) -> Option<Named> {
    let g = crowd.all.get(waiter)?;
    let at = process.unwound(g);
    let size = process.layouts()?.size_of("internal/poll.FD");
    let mut named = Named {
        text: String::new(),
        place: None,
        number: None,
    };
    for call in at.calls.iter().take(MOST_CALLS) {
        let is_poll = call.name.starts_with("internal/poll.(*FD).");
        let known = receiver(call);
        if !is_poll && known.is_none() {
            continue;
        }
        let scope = process.scope(Some((&at, call)));
        let expressions = Expressions {
            sources: process.sources(),
            scope: &scope,
        };
        let value = |expr: &str| {
            let limits = Limits {
                depth: 2,
                len: 4,
                string: 256,
                nodes: 200,
            };
            expressions.print(expr, limits).ok()?.value
        };
        if is_poll && named.place.is_none() {
            let fd = value("fd").and_then(|fd| fd.leads_to());
            named.place = fd
                .zip(size)
                .map(|(at, size)| (at.0, at.0.saturating_add(size)));
            named.number = value("fd.Sysfd").and_then(|value| match value.data {
                Data::Int(number) => u64::try_from(number).ok(),
                _ => None,
            });
        }
        if let Some((_, words)) = known {
            let text = words.iter().find_map(|expr| said(&value(expr)?))?;
            // A connection says its number too, which stands beside it.
            let text = text.split(" (fd ").next().unwrap_or_default();
            text.clone_into(&mut named.text);
            return Some(named);
        }
    }
    None
}

/// What a value says of itself, or the string that it is.
fn said(value: &Value) -> Option<String> {
    match (&value.data, value.reading_text()) {
        (_, Some(text)) => Some(text.to_owned()),
        (Data::String { bytes, .. }, None) => Some(String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    }
    .filter(|text| !text.is_empty())
}
