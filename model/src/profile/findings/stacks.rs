//! The calls of samples, with what is the program's own.

use crate::frame::{Frame, Own, Trust, is_users_function};
use crate::units::{bytes, duration, grouped, percent, plural};
use dumpview_parsers::pprof::{Function, Profile, SampleRef, Stack};

/// A call: its function, and the line where it stood.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Call {
    /// Index of the function.
    pub function: u32,
    /// Line of its file; zero when not known.
    pub line: i64,
}

/// A profile that is judged by one of its values.
pub struct Stacks<'p> {
    /// The profile.
    pub profile: &'p Profile,
    /// Which value.
    pub index: usize,
    /// The sum of that.
    pub total: i64,
    /// By location, the innermost first.
    calls: Vec<Vec<Call>>,
    /// By function: whether it is neither the runtime's nor of Go's library.
    own: Vec<bool>,
    /// By function: whether it is neither the runtime's nor one of `sync`.
    users: Vec<bool>,
}

impl<'p> Stacks<'p> {
    /// Of a profile.
    pub fn new(profile: &'p Profile, index: usize) -> Self {
        let locations = profile.locations.iter();
        let calls = locations
            .map(|location| {
                let lines = location.lines.iter();
                let calls = lines.map(|line| Call {
                    function: line.function,
                    line: line.line,
                });
                calls.collect()
            })
            .collect();
        let frames: Vec<Frame> = profile.functions.iter().map(frame).collect();
        let mut known = Own::default();
        for frame in &frames {
            known.learn(frame);
        }
        let is_sync = |name: &str| name.starts_with("sync.") || name.starts_with("internal/sync.");
        let users = frames
            .iter()
            .map(|frame| is_users_function(&frame.function) && !is_sync(&frame.function));
        let users: Vec<bool> = users.collect();
        let own = frames.iter().zip(&users);
        let own = own
            .map(|(frame, users)| *users && !known.is_library(frame))
            .collect();
        let total = profile.samples.column(index);
        Self {
            profile,
            index,
            total: total.fold(0, i64::wrapping_add),
            calls,
            own,
            users,
        }
    }

    /// Whether one profile was taken from another.
    pub fn has_negative(&self) -> bool {
        self.profile
            .samples
            .column(self.index)
            .any(|value| value < 0)
    }

    /// The samples that count.
    pub fn samples(&self) -> impl Iterator<Item = (i64, SampleRef<'p>)> {
        let index = self.index;
        let samples = self.profile.samples.iter();
        samples.filter_map(move |sample| {
            let value = sample.values.get(index).copied().unwrap_or(0);
            (value != 0).then_some((value, sample))
        })
    }

    /// Where a type of value stands.
    pub fn column(&self, kind: &str) -> Option<usize> {
        let types = &self.profile.sample_types;
        types.iter().position(|of| of.kind == kind)
    }

    /// The calls of a stack, the innermost first.
    pub fn calls<'s>(&'s self, stack: Stack<'s>) -> impl DoubleEndedIterator<Item = Call> + 's {
        let locations = stack.iter().filter_map(|at| self.calls.get(place(at)));
        locations.flatten().copied()
    }

    /// The innermost call that is the program's own.
    pub fn own(&self, stack: Stack<'_>) -> Option<Call> {
        self.calls(stack).find(|call| self.is_own(*call))
    }

    /// That, else the innermost that is neither the runtime's nor a lock's, else the innermost.
    pub fn site(&self, stack: Stack<'_>) -> Option<Call> {
        let users = |call: &Call| self.users.get(place(call.function)) == Some(&true);
        self.own(stack)
            .or_else(|| self.calls(stack).find(users))
            .or_else(|| self.calls(stack).next())
    }

    /// Whether a call is neither the runtime's nor of Go's library.
    pub fn is_own(&self, call: Call) -> bool {
        self.own.get(place(call.function)) == Some(&true)
    }

    /// The name of a function.
    pub fn name(&self, function: u32) -> &'p str {
        let function = self.profile.functions.get(place(function));
        function.map_or("", |of| of.name.as_str())
    }

    /// A call with its place: `main.load (main.go:42)`.
    pub fn place(&self, call: Call) -> String {
        let function = self.profile.functions.get(place(call.function));
        let file = function.map_or("", |of| of.file.as_str());
        let name = self.name(call.function);
        let file = file.rsplit('/').next().unwrap_or(file);
        match (file, call.line) {
            ("", _) => name.to_owned(),
            (file, 0) => format!("{name} ({file})"),
            (file, line) => format!("{name} ({file}:{line})"),
        }
    }

    /// For each function whether `is` says so of its name.
    pub fn functions(&self, is: impl Fn(&str) -> bool) -> Vec<bool> {
        let functions = self.profile.functions.iter();
        functions.map(|of| is(&of.name)).collect()
    }

    /// An amount in the words of its unit.
    pub fn amount(&self, value: i64) -> String {
        let unit = self.profile.sample_types.get(self.index);
        amount(value, unit.map_or("", |of| of.unit.as_str()))
    }

    /// The share of the total.
    pub fn share(&self, value: i64) -> f64 {
        ratio(value, self.total)
    }

    /// A share in words.
    pub fn percent(&self, value: i64) -> String {
        percent(self.share(value))
    }
}

/// The flag of a function, by its index.
pub fn is(flags: &[bool], function: u32) -> bool {
    flags.get(place(function)) == Some(&true)
}

fn place(index: u32) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}

fn frame(function: &Function) -> Frame {
    Frame {
        function: function.name.clone(),
        file: Some(function.file.clone()).filter(|file| !file.is_empty()),
        line: None,
        pc: None,
        sp: None,
        inlined: false,
        trust: Trust::Printed,
        runtime: false,
    }
}

/// A part of a whole.
#[expect(clippy::cast_precision_loss, reason = "shown with two digits")]
pub fn ratio(part: i64, whole: i64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

/// An amount in the words of its unit; of negative ones the sign.
pub fn amount(value: i64, unit: &str) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let of = value.unsigned_abs();
    match unit {
        "nanoseconds" => format!("{sign}{}", duration(of)),
        "bytes" => format!("{sign}{}", bytes(of)),
        "count" | "" => format!("{sign}{}", grouped(of)),
        unit => format!("{sign}{} {unit}", grouped(of)),
    }
}

/// `3 objects`, whatever the sign.
pub fn counted(value: i64, one: &str) -> String {
    plural(value.unsigned_abs(), one)
}
