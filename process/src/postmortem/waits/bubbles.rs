//! Bubbles of `testing/synctest`: who keeps one from coming to rest, and what time it is in it.
//!
//! `Wait` ends when all goroutines of the bubble are at rest (*durably blocked*): each waits for another of them. `Run`
//! goes on then, too. A goroutine that runs, or waits for what something outside may end (a lock, the network, a channel made
//! outside), keeps all of them waiting. Which waits count as rest is a table of the runtime's own, and is read.

use super::Crowd;
use super::blocked::Blocked;
use crate::addr::Addr;
use crate::layout::Structure;
use crate::memory::MemoryExt;
use crate::process::Process;
use crate::runtime::{Goroutine, Runtime, WaitReasons};
use dumpview_model::goroutine::Status;
use dumpview_model::waits::{Certainty, Does, ObjectKind, ObjectState, Party};

/// What 1.24 called it, and what later releases do.
const STRUCTURES: [&str; 2] = ["runtime.synctestBubble", "runtime.synctestGroup"];
/// For each wait reason whether it is rest.
const AT_REST: &str = "runtime.isIdleInSynctest";

fn structure<'r>(runtime: &Runtime<'r>, bubble: Addr) -> Option<Structure<'r>> {
    let mut known = STRUCTURES.into_iter();
    let name = known.find(|name| runtime.layouts.size_of(name).is_some())?;
    Some(runtime.structure(name, bubble))
}

/// The time in a bubble, which stands still until all are at rest; in nanoseconds, as a sleep in it ends.
pub(super) fn now(runtime: &Runtime<'_>, bubble: Addr) -> Option<i64> {
    let now = structure(runtime, bubble)?.uint("now").ok()?;
    Some(now.cast_signed())
}

/// Says of each bubble who keeps it busy.
pub(super) fn describe(
    process: &Process<'_>,
    crowd: &Crowd<'_>,
    reasons: &WaitReasons,
    found: &mut Blocked,
) {
    let Some(runtime) = process.runtime() else {
        return;
    };
    for of in &mut found.objects {
        if of.object.kind != ObjectKind::Bubble {
            continue;
        }
        let field = |path| structure(&runtime, of.addr)?.uint(path).ok();
        of.object.state = ObjectState {
            total: field("total"),
            running: field("running"),
            ..ObjectState::default()
        };
        let number = field("id");
        of.object.ty = number.map(|number| format!("{} {number}", ObjectKind::Bubble.about()));
        let members = crowd.all.iter().filter(|g| g.bubble == of.addr);
        let busy = members.filter_map(|g| busy(&runtime, reasons, g));
        of.object.parties.extend(busy);
    }
}

fn busy(runtime: &Runtime<'_>, reasons: &WaitReasons, g: &Goroutine) -> Option<Party> {
    let why = if g.status == Status::Waiting {
        let table = runtime.vars.address(AT_REST)?;
        let rests = runtime.memory.u8(table.offset(u64::from(g.waitreason)));
        if rests.ok()? != 0 {
            return None;
        }
        let reason = reasons.text(g.waitreason)?;
        format!("it is in the bubble, and {reason} is no wait that only the bubble can end")
    } else {
        format!("it is in the bubble, and {}", g.status.as_str())
    };
    Some(Party {
        goroutine: g.id.0,
        does: Does::KeepsBusy,
        certainty: Certainty::Certain,
        evidence: vec![why],
        frame: None,
        place: None,
    })
}
