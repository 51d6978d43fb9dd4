//! Goroutines as the goroutines screen shows them, whatever they came from: rows of numbers, with texts and stacks that
//! many share there once.

use crate::answer::Failure;
use crate::case::core::Case;
use crate::commands::bt::{function_name, place};
use dumpview_model::frame::Frame;
use dumpview_model::goroutine::{Goroutines as Set, Place, StackId};
use dumpview_model::units::duration;
use dumpview_process::postmortem::{StackPointers, SystemGoroutines};
use dumpview_tui::data::frames::{Call, Frames};
use dumpview_tui::data::goroutines::{Goroutine, Goroutines, Stack};
use dumpview_view::job::Job;
use std::collections::HashMap;
use std::hash::Hash;

/// Things that many share, numbered.
struct Shared<T> {
    numbers: HashMap<T, u32>,
    all: Vec<T>,
}

impl<T: Clone + Eq + Hash> Shared<T> {
    fn new() -> Self {
        Self {
            numbers: HashMap::new(),
            all: Vec::new(),
        }
    }

    fn number(&mut self, one: T) -> u32 {
        if let Some(number) = self.numbers.get(&one) {
            return *number;
        }
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.numbers.insert(one.clone(), number);
        self.all.push(one);
        number
    }
}

/// Reads all goroutines of a core, with their stacks.
///
/// # Errors
///
/// When there is no list of them, or the job was stopped.
pub fn all(case: &Case<'_>, job: &Job) -> Result<Goroutines, Failure> {
    let table = case.goroutines_while(
        SystemGoroutines::Shown,
        StackPointers::OfOne,
        &mut |done, of| job.advance(done, of).is_ok(),
    );
    match table.map_err(Failure::no_answer)? {
        Some(table) => Ok(shown(&table.goroutines)),
        None => Err(Failure::no_answer("stopped")),
    }
}

/// A set of goroutines for the screen.
pub fn shown(set: &Set) -> Goroutines {
    let mut states = Shared::new();
    let mut creators = Shared::new();
    // Two pcs can be one line: stacks that people cannot tell apart are one.
    let mut seen: HashMap<Vec<(String, String)>, u32> = HashMap::new();
    let mut stacks: Vec<Stack> = Vec::new();
    let mut number_of: HashMap<StackId, u32> = HashMap::new();
    let mut rows = Vec::with_capacity(set.list.len());
    for g in &set.list {
        let stack = *number_of.entry(g.stack).or_insert_with(|| {
            let calls = set.stacks.frames(g.stack);
            let calls: Vec<(String, String)> = calls
                .map(|frame| (function_name(frame), place(frame)))
                .collect();
            let next = u32::try_from(stacks.len()).unwrap_or(u32::MAX);
            *seen.entry(calls.clone()).or_insert_with(|| {
                let why = set.stacks.of(g.stack).why_incomplete.as_deref();
                stacks.push(stack_of(set, g.stack, calls, why));
                next
            })
        });
        let creator = g.created_by.as_ref().map(|creator| {
            let place = &creator.place;
            creators.number(format!("{} {}", place.function, file_and_line(place)))
        });
        let labels: Vec<String> = g.labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
        rows.push(Goroutine {
            id: g.id,
            state: states.number(g.state()),
            stack,
            creator,
            waiting: g.waiting_ns,
            labels: (!labels.is_empty()).then(|| labels.join(", ").into()),
            crashed: g.crashed,
            system: g.system,
        });
    }
    Goroutines {
        states: states.all,
        stacks,
        creators: creators.all,
        rows,
    }
}

fn stack_of(set: &Set, id: StackId, calls: Vec<(String, String)>, why: Option<&str>) -> Stack {
    let location = set.stacks.location(id);
    let (function, place) = match (location, calls.first()) {
        (Some(place), _) => (place.function.clone(), file_and_line(place)),
        (None, Some((function, place))) => (function.clone(), place.clone()),
        (None, None) => Default::default(),
    };
    let users = set.stacks.frames(id).position(Frame::is_users);
    Stack {
        function,
        place,
        runtime: users.unwrap_or(0),
        calls,
        incomplete: why.map(str::to_owned),
    }
}

/// The frames of a goroutine of a set; of the one that crashed, or the first, when absent.
pub fn frames(set: &Set, id: Option<u64>) -> Option<Frames> {
    let list = &set.list;
    let g = match id {
        Some(id) => list.iter().find(|g| g.id == id)?,
        None => list.iter().find(|g| g.crashed).or_else(|| list.first())?,
    };
    let calls: Vec<Call> = set
        .stacks
        .frames(g.stack)
        .map(|frame| Call {
            function: function_name(frame),
            place: place(frame),
            runtime: frame.runtime,
            inlined: frame.inlined,
            ..Call::default()
        })
        .collect();
    let stack = set.stacks.of(g.stack);
    let elided = stack
        .elided
        .map(|elided| format!("{} frames were left out when it was printed", elided.count));
    let waiting = g
        .waiting_ns
        .map_or_else(String::new, |ns| format!(", {}", duration(ns)));
    Some(Frames {
        goroutine: g.id,
        state: format!("{}{waiting}", g.state()),
        creator: g.created_by.as_ref().map(|creator| {
            let place = &creator.place;
            format!("{} {}", place.function, file_and_line(place))
        }),
        first: set
            .stacks
            .frames(g.stack)
            .position(Frame::is_users)
            .unwrap_or(0),
        calls,
        incomplete: stack
            .why_incomplete
            .as_deref()
            .map(str::to_owned)
            .or(elided),
        previous: list
            .iter()
            .map(|other| other.id)
            .filter(|id| *id < g.id)
            .max(),
        next: list
            .iter()
            .map(|other| other.id)
            .filter(|id| *id > g.id)
            .min(),
    })
}

/// `file:line`, as far as they are known.
pub fn file_and_line(place: &Place) -> String {
    match (&place.file, place.line) {
        (Some(file), Some(line)) => format!("{file}:{line}"),
        (Some(file), None) => file.clone(),
        _ => String::new(),
    }
}
