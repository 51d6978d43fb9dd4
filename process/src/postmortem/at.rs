//! Which goroutine and frame a question means, and the stack there.

use super::{DeathKind, Postmortem};
use crate::addr::GoId;
use crate::process::ProcessError;
use crate::runtime::{Goroutine, Goroutines};
use crate::unwind::{Call, Unwound};
use std::ops::Deref;
use std::sync::Arc;

/// Why there is no such goroutine or frame.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoPlace {
    /// There is no list of goroutines.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// The list is empty.
    #[error("the process has no goroutines")]
    NoGoroutines,
    /// None has the id.
    #[error("no goroutine {0}")]
    NoGoroutine(GoId),
    /// The goroutine's stack has fewer frames.
    #[error("goroutine {goroutine} has no frame {frame}: it has {frames}")]
    NoFrame {
        /// The goroutine.
        goroutine: GoId,
        /// The frame asked for.
        frame: usize,
        /// How many there are.
        frames: usize,
    },
}

/// A goroutine with its stack. Derefs to the stack and its calls.
#[derive(Clone, Debug)]
pub struct At {
    /// The goroutine.
    pub goroutine: Goroutine,
    unwound: Arc<Unwound>,
}

impl Deref for At {
    type Target = Unwound;

    fn deref(&self) -> &Unwound {
        &self.unwound
    }
}

impl At {
    /// A call and its number: the one asked for, else the first that is the program's own.
    ///
    /// # Errors
    ///
    /// When the stack has no such frame.
    pub fn call(&self, frame: Option<usize>) -> Result<(usize, &Call), NoPlace> {
        let frame = frame.unwrap_or_else(|| self.first_user_call());
        let call = self.calls.get(frame).ok_or(NoPlace::NoFrame {
            goroutine: self.goroutine.id,
            frame,
            frames: self.calls.len(),
        })?;
        Ok((frame, call))
    }
}

impl Postmortem<'_> {
    /// The stack of a goroutine: of the one asked for, else of the one that died, else of main (a deadlock, a signal
    /// that hit an idle thread).
    ///
    /// # Errors
    ///
    /// When there is no such goroutine.
    pub fn at(&self, goroutine: Option<GoId>) -> Result<At, NoPlace> {
        let all = self.process.goroutines().map_err(Clone::clone)?;
        let id = goroutine.or_else(|| self.default_goroutine(all));
        let id = id.ok_or(NoPlace::NoGoroutines)?;
        let goroutine = all.by_id(id).ok_or(NoPlace::NoGoroutine(id))?;
        Ok(At {
            goroutine: goroutine.clone(),
            unwound: self.process.unwound(goroutine),
        })
    }

    /// The goroutine that died; of a process that had not, one that a thread runs; else main, or the first of those
    /// that are left when main has ended.
    fn default_goroutine(&self, all: &Goroutines) -> Option<GoId> {
        let death = self.death();
        let is_known = |id: &GoId| all.by_id(*id).is_some();
        let running = || {
            let mut threads = self.process.threads().iter().filter_map(|t| t.goroutine);
            threads.find(|id| death.kind == DeathKind::Alive && is_known(id))
        };
        let died = death.goroutine.filter(is_known);
        died.or_else(running)
            .or_else(|| all.list().iter().map(|g| g.id).min())
    }
}
