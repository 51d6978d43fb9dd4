//! What screens ask of whoever knows the input, and what they are told.
//!
//! Every subject has a question type of its own, a [`Topic`], which names the type of its answer; it stands with the
//! data of its screen in [`crate::data`]. This module knows none of them. Requests are answered on another thread: a
//! newer one of the same [`Request::slot`] takes the place of an older one, whose job is stopped; the old answer stays on
//! the screen meanwhile.

use dumpview_view::job::Job;
use std::any::{Any, TypeId};
use std::fmt;
use std::sync::Arc;

/// A kind of question.
pub trait Topic: fmt::Debug + Send + Sync + 'static {
    /// What answers it.
    type Answer: Send + 'static;

    /// What is being done when answering may take so long that people wonder: `reading goroutines`. Other questions do
    /// not wait for such an answer.
    const LONG: Option<&'static str> = None;

    /// It needs the graph of the heap, whose making takes long: questions that do not need it never wait for one that does.
    const NEEDS_HEAP: bool = false;

    /// Questions of a topic with the same slot take each other's place.
    fn slot(&self) -> usize {
        0
    }

    /// The answer, where the question carries all that it needs (rows to be sorted, say).
    fn alone(&self, _job: &Job) -> Option<Result<Self::Answer, String>> {
        None
    }
}

/// Which question of which topic.
pub type Slot = (TypeId, usize);

/// What is asked, as the loop and the workers hand it around.
#[derive(Clone)]
pub struct Request(Arc<dyn Erased>);

trait Erased: Any + fmt::Debug + Send + Sync {
    fn slot(&self) -> Slot;
    fn long(&self) -> Option<&'static str>;
    fn needs_heap(&self) -> bool;
    fn alone(&self, job: &Job) -> Option<Outcome>;
}

impl<T: Topic> Erased for T {
    fn slot(&self) -> Slot {
        (TypeId::of::<T>(), Topic::slot(self))
    }

    fn long(&self) -> Option<&'static str> {
        T::LONG
    }

    fn needs_heap(&self) -> bool {
        T::NEEDS_HEAP
    }

    fn alone(&self, job: &Job) -> Option<Outcome> {
        Topic::alone(self, job).map(erased::<T>)
    }
}

impl<T: Topic> From<T> for Request {
    fn from(question: T) -> Self {
        Self(Arc::new(question))
    }
}

/// Two requests are the same when they say the same.
impl PartialEq for Request {
    fn eq(&self, other: &Self) -> bool {
        self.slot() == other.slot() && format!("{self:?}") == format!("{other:?}")
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Request {
    /// The question, when it is of this topic.
    pub fn about<T: Topic>(&self) -> Option<&T> {
        let question: &dyn Any = &*self.0;
        question.downcast_ref()
    }

    /// Requests of one screen with the same slot take each other's place.
    pub fn slot(&self) -> Slot {
        self.0.slot()
    }

    /// What is being done meanwhile, when others should not wait for it.
    pub fn long(&self) -> Option<&'static str> {
        self.0.long()
    }

    /// Whether it waits for the graph of the heap.
    pub fn needs_heap(&self) -> bool {
        self.0.needs_heap()
    }

    /// The answer, where the question carries all that it needs.
    pub fn alone(&self, job: &Job) -> Option<Answer> {
        let outcome = self.0.alone(job)?;
        Some(Answer {
            slot: self.slot(),
            outcome: Some(outcome),
        })
    }

    /// An answer to it.
    pub fn answer<T: Topic>(&self, outcome: Result<T::Answer, String>) -> Answer {
        Answer {
            slot: self.slot(),
            outcome: Some(erased::<T>(outcome)),
        }
    }

    /// There is no answer to it, and why.
    pub fn failed(&self, why: String) -> Answer {
        Answer {
            slot: self.slot(),
            outcome: Some(Err(why)),
        }
    }
}

type Outcome = Result<Box<dyn Any + Send>, String>;

fn erased<T: Topic>(outcome: Result<T::Answer, String>) -> Outcome {
    outcome.map(|answer| Box::new(answer) as Box<dyn Any + Send>)
}

/// What a screen is told.
pub struct Answer {
    slot: Slot,
    /// Until somebody took it.
    outcome: Option<Outcome>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("slot", &self.slot)
            .finish_non_exhaustive()
    }
}

impl Answer {
    /// The question that it answers.
    pub const fn slot(&self) -> Slot {
        self.slot
    }

    /// Whether it answers a question of a topic.
    pub fn is_about<T: Topic>(&self) -> bool {
        self.slot.0 == TypeId::of::<T>()
    }

    /// Takes what was said about a topic, or why there is nothing to say; `None` when it is about another.
    pub fn about<T: Topic>(&mut self) -> Option<Result<T::Answer, String>> {
        if self.slot.0 != TypeId::of::<T>() {
            return None;
        }
        match self.outcome.take()? {
            Ok(answer) => Some(Ok(*answer.downcast().ok()?)),
            Err(why) => Some(Err(why)),
        }
    }

    /// What is said about a topic, without taking it.
    pub fn peek<T: Topic>(&self) -> Option<&T::Answer> {
        match &self.outcome {
            Some(Ok(answer)) if self.slot.0 == TypeId::of::<T>() => answer.downcast_ref(),
            _ => None,
        }
    }
}
