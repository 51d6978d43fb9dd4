//! What a profile consists of (`github.com/google/pprof/proto/profile.proto`).

use super::samples::{Samples, Tag, TagValue, Texts};
use std::collections::HashMap;

/// A profile.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Profile {
    /// What each value of a sample is.
    pub sample_types: Vec<ValueType>,
    /// The samples; all have as many values as there are types.
    pub samples: Samples,
    /// What the labels of samples say.
    pub texts: Texts,
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
    /// A page that tells of such profiles; empty when there is none.
    pub doc_url: String,
    /// A pattern of functions that are cut off with all that they call; empty when none are.
    pub drop_frames: String,
    /// A pattern of those among them that are not.
    pub keep_frames: String,
}

impl Profile {
    /// Adds a sample.
    pub fn add(&mut self, sample: &Sample) {
        let labels = sample.labels.iter();
        let tags: Vec<Tag> = labels
            .map(|label| Tag {
                key: self.texts.number(&label.key),
                value: match &label.value {
                    LabelValue::Text(text) => TagValue::Text(self.texts.number(text)),
                    LabelValue::Number(number) => TagValue::Number(*number, Texts::EMPTY),
                },
            })
            .collect();
        self.samples.push(&sample.locations, &sample.values, &tags);
    }
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

/// What was measured at one stack, as it is given to [`Profile::add`].
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
    /// Its number in the file that it was read from; zero when it was not.
    pub id: u64,
    /// Its address; zero for a place that is none in the code.
    pub address: u64,
    /// Index of the mapping that it lies in.
    pub mapping: Option<u32>,
    /// Its lines; the last one called all those before it, which are inlined.
    pub lines: Vec<Line>,
    /// Identical code of several functions was made one.
    pub is_folded: bool,
}

/// A line of a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Default)]
pub struct Line {
    /// Index of the function.
    pub function: u32,
    /// Line in its file; zero when not known.
    pub line: i64,
    /// Column of that line; zero when not known.
    pub column: i64,
}

/// A function.
#[derive(Clone, PartialEq, Eq, Debug, Default, Hash)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Its name as the linker knows it.
    pub system_name: String,
    /// Its file, empty when not known.
    pub file: String,
    /// The line where it begins; zero when not known.
    pub start_line: i64,
}

/// A mapped file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mapping {
    /// Its number in the file that it was read from; zero when it was not.
    pub id: u64,
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
    /// Their files.
    pub has_filenames: bool,
    /// Their lines.
    pub has_line_numbers: bool,
    /// What was inlined there.
    pub has_inline_frames: bool,
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
    pub fn function(&mut self, mut function: Function) -> u32 {
        if let Some(known) = self.functions.get(&function.name) {
            return *known;
        }
        function.system_name.clone_from(&function.name);
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
        let line = Line {
            function,
            ..Line::default()
        };
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
