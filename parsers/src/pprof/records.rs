//! What a profile consists of (`github.com/google/pprof/proto/profile.proto`).

use std::collections::HashMap;

/// A profile.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Profile {
    /// What each value of a sample is.
    pub sample_types: Vec<ValueType>,
    /// The samples; all have as many values as there are types.
    pub samples: Vec<Sample>,
    /// Files that were mapped.
    pub mappings: Vec<Mapping>,
    /// Places that samples refer to.
    pub locations: Vec<Location>,
    /// Functions that places refer to.
    pub functions: Vec<Function>,
    /// When it was taken, nanoseconds since 1970; zero when that is not known.
    pub time_nanos: i64,
    /// How long it was taken, for profiles that take a while.
    pub duration_nanos: i64,
    /// What is counted between two samples.
    pub period_type: Option<ValueType>,
    /// How much of that.
    pub period: i64,
    /// Lines that `go tool pprof -comments` prints.
    pub comments: Vec<String>,
    /// The type of value that is shown when none is asked for.
    pub default_sample_type: Option<String>,
}

/// What a value is, and in which unit.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ValueType {
    /// `inuse_space`.
    pub kind: String,
    /// `bytes`.
    pub unit: String,
}

impl ValueType {
    /// A type by its two names.
    pub fn new(kind: &str, unit: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            unit: unit.to_owned(),
        }
    }
}

/// What was measured at one stack.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sample {
    /// Indexes of locations, the innermost first.
    pub locations: Vec<u32>,
    /// A value for each type.
    pub values: Vec<i64>,
    /// What else is known of it.
    pub labels: Vec<Label>,
}

/// A label of a sample.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Label {
    /// Its name.
    pub key: String,
    /// What it says.
    pub value: LabelValue,
}

/// A label's value.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum LabelValue {
    /// Text.
    Text(String),
    /// A number, whose unit is the label's name.
    Number(i64),
}

/// A place in the code, with the calls inlined there.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Location {
    /// Its address; zero for a place that is none in the code.
    pub address: u64,
    /// Index of the mapping that it lies in.
    pub mapping: Option<u32>,
    /// Its lines; the last one called all those before it, which are inlined.
    pub lines: Vec<Line>,
}

/// A line of a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Line {
    /// Index of the function.
    pub function: u32,
    /// Line in its file; zero when not known.
    pub line: i64,
}

/// A function.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Its file, empty when not known.
    pub file: String,
    /// The line where it begins; zero when not known.
    pub start_line: i64,
}

/// A mapped file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mapping {
    /// First address.
    pub start: u64,
    /// First address after it.
    pub limit: u64,
    /// Which offset of the file stands at the start.
    pub offset: u64,
    /// The file.
    pub file: String,
    /// What tells builds of it apart, as hexadecimal digits.
    pub build_id: String,
    /// Every location within has its functions.
    pub has_functions: bool,
}

/// Gives functions and places without addresses their numbers, each once.
#[derive(Default)]
pub struct Builder {
    /// What was made so far.
    pub profile: Profile,
    functions: HashMap<String, u32>,
    places: HashMap<Line, u32>,
}

impl Builder {
    /// The function of a name.
    pub fn function(&mut self, function: Function) -> u32 {
        if let Some(known) = self.functions.get(&function.name) {
            return *known;
        }
        let index = number(self.profile.functions.len());
        self.functions.insert(function.name.clone(), index);
        self.profile.functions.push(function);
        index
    }

    /// A location.
    pub fn location(&mut self, location: Location) -> u32 {
        let index = number(self.profile.locations.len());
        self.profile.locations.push(location);
        index
    }

    /// The place that is nothing but a name: no address, no file, no line.
    pub fn place(&mut self, name: &str) -> u32 {
        let function = self.functions.get(name).copied();
        let function = function.unwrap_or_else(|| {
            self.function(Function {
                name: name.to_owned(),
                ..Function::default()
            })
        });
        let line = Line { function, line: 0 };
        if let Some(known) = self.places.get(&line) {
            return *known;
        }
        let index = self.location(Location {
            lines: vec![line],
            ..Location::default()
        });
        self.places.insert(line, index);
        index
    }
}

/// Indexes are 32 bits wide: no profile has four thousand million places.
fn number(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
