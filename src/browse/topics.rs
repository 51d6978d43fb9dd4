//! What an input has to show: its numbered screens, and which function answers which question.

use super::export;
use crate::answer::Failure;
use dumpview_tui::ask::{Answer, Request, Topic};
use dumpview_tui::screen::Screen;
use dumpview_view::job::Job;
use std::any::TypeId;
use std::collections::HashMap;

type Handler<'h, C> = Box<dyn Fn(&C, &Request, &Job) -> Answer + Send + Sync + 'h>;

/// The topics of an input of type `C`.
pub struct Topics<'h, C: ?Sized> {
    known: HashMap<TypeId, Handler<'h, C>>,
    screens: Vec<fn() -> Box<dyn Screen>>,
    /// What is said about other topics.
    otherwise: &'static str,
}

impl<'h, C: ?Sized> Topics<'h, C> {
    /// None yet.
    pub fn new(otherwise: &'static str) -> Self {
        Self {
            known: HashMap::new(),
            screens: Vec::new(),
            otherwise,
        }
    }

    /// With one more numbered screen, and what answers the question that it begins with.
    pub fn screen<S: Screen + Default + 'static, T: Topic>(
        self,
        answer: impl Fn(&C, &T, &Job) -> Result<T::Answer, Failure> + Send + Sync + 'h,
    ) -> Self {
        self.on(answer).shows::<S>()
    }

    /// With one more numbered screen, which begins with a question that another asks too.
    pub fn shows<S: Screen + Default + 'static>(mut self) -> Self {
        self.screens.push(|| Box::<S>::default());
        self
    }

    /// The numbered screens, as nobody has seen them yet.
    pub fn screens(&self) -> Vec<Box<dyn Screen>> {
        self.screens.iter().map(|screen| screen()).collect()
    }

    /// With one more question.
    pub fn on<T: Topic>(
        mut self,
        answer: impl Fn(&C, &T, &Job) -> Result<T::Answer, Failure> + Send + Sync + 'h,
    ) -> Self {
        let handler = move |input: &C, request: &Request, job: &Job| match request.about::<T>() {
            Some(question) => {
                let outcome = answer(input, question, job);
                request.answer::<T>(outcome.map_err(|failure| on_a_line(&failure.message)))
            }
            None => request.failed("asked about another topic".to_owned()),
        };
        self.known.insert(TypeId::of::<T>(), Box::new(handler));
        self
    }

    /// With the writing of files, as an input does that no verb knows.
    pub fn with_files(self) -> Self {
        self.on(|_, write, _| export::shown(write)?.ok_or_else(export::no_such_form))
    }

    /// Answers a question.
    pub fn answer(&self, input: &C, request: &Request, job: &Job) -> Answer {
        if let Some(answer) = request.alone(job) {
            return answer;
        }
        match self.known.get(&request.slot().0) {
            Some(handler) => handler(input, request, job),
            None => request.failed(self.otherwise.to_owned()),
        }
    }
}

/// A failure in the words of the command line, where its hint is a line of its own, on one line.
fn on_a_line(message: &str) -> String {
    message.replace("\n\nhint: ", "; ").replace('\n', " ")
}
