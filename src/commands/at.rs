//! Which goroutine and frame a question means, and the stack there.

use crate::answer::Failure;
use crate::case::core::{Cursor, Session};
use crate::commands::goroutines::first_user_call;
use dumpview_process::addr::GoId;
use dumpview_process::death::DeathKind;
use dumpview_process::frames::Call;
use dumpview_process::runtime::Goroutine;
use dumpview_process::unwind::Stack;

/// A goroutine with its stack.
pub struct At<'s> {
    /// The goroutine.
    pub goroutine: &'s Goroutine,
    /// Its physical stack.
    pub stack: Stack,
    /// Its calls, innermost first.
    pub calls: Vec<Call>,
}

/// The goroutine that is meant: the one asked for, else the cursor's, else the one that crashed.
pub fn goroutine<'s>(
    session: &'s Session<'_>,
    asked: Option<u64>,
    cursor: &Cursor,
) -> Result<&'s Goroutine, Failure> {
    let all = session.process.goroutines().map_err(Failure::no_answer)?;
    let id = asked
        .or(cursor.goroutine)
        .map(GoId)
        .or_else(|| default_goroutine(session));
    let found = match id {
        Some(id) => all.by_id(id),
        None => all.list().iter().min_by_key(|g| g.id),
    };
    found.ok_or_else(|| match id {
        Some(id) => Failure::no_answer(format!(
            "no goroutine {id}\n\nhint: dumpview goroutines lists the ones there are"
        )),
        None => Failure::no_answer("the process has no goroutines"),
    })
}

/// The goroutine that died; where none did, main (a deadlock, a signal that hit an idle thread).
fn default_goroutine(session: &Session<'_>) -> Option<GoId> {
    let death = session.process.death();
    let all = session.process.goroutines().ok()?;
    let running = || {
        let alive = death.kind == DeathKind::Alive;
        let mut threads = session.process.threads().iter().filter_map(|t| t.goroutine);
        if alive {
            threads.find(|id| all.by_id(*id).is_some())
        } else {
            None
        }
    };
    death
        .goroutine
        .filter(|id| all.by_id(*id).is_some())
        .or_else(running)
        .or(Some(GoId(1)))
}

impl<'s> At<'s> {
    /// The stack of the goroutine that is meant.
    pub fn new(
        session: &'s Session<'_>,
        asked: Option<u64>,
        cursor: &Cursor,
    ) -> Result<Self, Failure> {
        let goroutine = goroutine(session, asked, cursor)?;
        let stack = session.process.stack(goroutine);
        let calls = session.process.calls(&stack);
        Ok(Self {
            goroutine,
            stack,
            calls,
        })
    }

    /// The call that is meant: the one asked for, else the cursor's, else the first that is the program's own.
    pub fn call(&self, asked: Option<usize>, cursor: &Cursor) -> Result<(usize, &Call), Failure> {
        let index = asked
            .or(cursor.frame)
            .unwrap_or_else(|| first_user_call(&self.calls));
        let id = self.goroutine.id;
        self.calls.get(index).map(|call| (index, call)).ok_or_else(|| {
            Failure::no_answer(format!(
                "goroutine {id} has no frame {index}: it has {}\n\nhint: dumpview bt -g {id} numbers them",
                self.calls.len()
            ))
        })
    }
}
