//! A snapshot of memory statistics, with what was printed and no more.

/// One record of memory statistics. It borrows from the reader.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub enum Record<'a> {
    /// Statistics of one moment.
    Snapshot(&'a Snapshot),
}

macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// A field of runtime.MemStats, or a number that is printed along with them. Sizes are in bytes, times in
        /// nanoseconds.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Field {
            $($(#[$doc])* $name,)*
        }

        impl Field {
            /// In the order of the struct; what is not of it comes last.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its name in Go.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }
        }
    };
}

fields! {
    /// Bytes of live and not yet swept objects; the same as `HeapAlloc`.
    Alloc,
    /// Bytes allocated since the start.
    TotalAlloc,
    /// Address space obtained from the system: the sum of the `Sys` fields.
    Sys,
    /// Pointer lookups; always 0 since Go 1.10.
    Lookups,
    /// Objects allocated since the start.
    Mallocs,
    /// Objects freed since the start.
    Frees,
    /// Bytes of live and not yet swept objects.
    HeapAlloc,
    /// The heap's address space.
    HeapSys,
    /// Spans without objects; part of it is returned to the system.
    HeapIdle,
    /// Spans with at least one object.
    HeapInuse,
    /// What of `HeapIdle` was returned to the system.
    HeapReleased,
    /// Live and not yet swept objects.
    HeapObjects,
    /// Stack spans.
    StackInuse,
    /// `StackInuse` and the stacks of threads that the system gave.
    StackSys,
    /// Descriptors of spans.
    MSpanInuse,
    /// The same, and those kept for later.
    MSpanSys,
    /// Caches of processors.
    MCacheInuse,
    /// The same, and those kept for later.
    MCacheSys,
    /// Tables of the profiler.
    BuckHashSys,
    /// The collector's own data.
    GCSys,
    /// Everything else of the runtime's.
    OtherSys,
    /// Heap size at which the next collection is aimed to end.
    NextGC,
    /// End of the last collection, in nanoseconds since 1970; 0 for none.
    LastGC,
    /// Sum of all pauses.
    PauseTotalNs,
    /// Collections finished.
    NumGC,
    /// Those that the program asked for.
    NumForcedGC,
    /// Share of the processors' time that the collector took since the start, 0 to 1.
    GCCPUFraction,
    /// Always true.
    EnableGC,
    /// Unused.
    DebugGC,
    /// The largest resident size of the process (profiles of Go 1.17 and later); not of the struct.
    MaxRSS,
    /// The last pause (gops).
    LastPauseNs,
    /// When it ended, in nanoseconds since 1970 (gops).
    LastPauseEnd,
    /// `goroutines` (gops stats), `go_goroutines`.
    Goroutines,
    /// `OS threads` (gops stats), `go_threads`.
    Threads,
    /// `GOMAXPROCS` (gops stats).
    GoMaxProcs,
    /// `num CPU` (gops stats).
    NumCPU,
}

impl Field {
    /// How many there are.
    pub const COUNT: usize = Self::ALL.len();

    /// Those that `%v` prints before the arrays, and how many scalars follow them.
    pub(super) const BEFORE_ARRAYS: usize = 24;
    pub(super) const SCALARS: usize = 29;

    /// Whether it is a size in bytes.
    pub const fn is_bytes(self) -> bool {
        !self.is_nanos()
            && !matches!(
                self,
                Self::Lookups
                    | Self::Mallocs
                    | Self::Frees
                    | Self::HeapObjects
                    | Self::NumGC
                    | Self::NumForcedGC
                    | Self::GCCPUFraction
                    | Self::EnableGC
                    | Self::DebugGC
                    | Self::Goroutines
                    | Self::Threads
                    | Self::GoMaxProcs
                    | Self::NumCPU
            )
    }

    /// Whether it is a time in nanoseconds.
    pub const fn is_nanos(self) -> bool {
        matches!(
            self,
            Self::LastGC | Self::PauseTotalNs | Self::LastPauseNs | Self::LastPauseEnd
        )
    }
}

/// A unit as people write it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unit {
    /// As written.
    pub text: &'static str,
    /// The least that it can mean, in bytes or nanoseconds.
    pub low: u64,
    /// The most that it can mean. `MB` is 10⁶ to some and 2²⁰ to others.
    pub high: u64,
}

impl Unit {
    /// Whether it has two meanings.
    pub const fn is_ambiguous(self) -> bool {
        self.low != self.high
    }
}

/// A number that was rounded, or whose unit has two meanings: `1 MiB`, `4.4 MB`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Amount {
    /// The number without its point.
    pub digits: u64,
    /// How many of the digits stood behind the point.
    pub decimals: u8,
    /// The unit behind it.
    pub unit: Unit,
}

impl Amount {
    /// The least and the most that it can be: it may have been cut off or rounded, and the unit may have
    /// two meanings.
    pub fn range(&self) -> (u64, u64) {
        let scale = 10u128.pow(u32::from(self.decimals.min(18)));
        let (digits, low, high) = (
            u128::from(self.digits),
            u128::from(self.unit.low),
            u128::from(self.unit.high),
        );
        let least = (2 * digits).saturating_sub(1) * low / (2 * scale);
        let most = (digits + 1) * high / scale;
        let fit = |n: u128| u64::try_from(n).unwrap_or(u64::MAX);
        (fit(least), fit(most))
    }
}

impl std::fmt::Display for Amount {
    /// As it was written, with a blank before the unit.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let decimals = usize::from(self.decimals);
        let digits = format!("{:0>width$}", self.digits, width = decimals + 1);
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        let point = if fraction.is_empty() { "" } else { "." };
        write!(f, "{whole}{point}{fraction} {}", self.unit.text)
    }
}

/// A value as printed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Value {
    /// Exact.
    Integer(u64),
    /// A fraction, or a large number that was written as a float.
    Float(f64),
    /// true or false.
    Bool(bool),
    /// Rounded, or in a unit with two meanings.
    Amount(Amount),
}

/// Objects of one size (`BySize`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SizeClass {
    /// The largest object in it, in bytes.
    pub size: u64,
    /// Allocated since the start.
    pub mallocs: u64,
    /// Freed since the start.
    pub frees: u64,
}

/// One metric of runtime/metrics.
#[derive(Clone, PartialEq, Debug)]
pub struct Metric {
    /// `/gc/heap/allocs:bytes`
    pub name: String,
    /// What stood behind it.
    pub value: MetricValue,
}

/// What a metric was printed as.
#[derive(Clone, PartialEq, Debug)]
pub enum MetricValue {
    /// A counter or a gauge.
    Integer(u64),
    /// The same, as a float.
    Float(f64),
    /// A histogram, in the program's own words.
    Text(String),
}

/// How a snapshot was printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Form {
    /// The footer of a heap profile.
    Profile,
    /// JSON with the field names of Go.
    Json,
    /// `%+v`, `%v`, `%#v`
    Format,
    /// gops.
    Gops,
    /// Names and values in the program's own manner.
    #[default]
    Named,
    /// Numbers without names, told by their relations.
    Nameless,
    /// runtime/metrics.
    Metrics,
    /// Prometheus' Go collector.
    Prometheus,
    /// The record of a heap dump, which is no text.
    HeapDump,
    /// The runtime's counters in a core, which is no text.
    Core,
}

impl Form {
    /// In words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Profile => "profile footer",
            Self::Json => "JSON",
            Self::Format => "fmt",
            Self::Gops => "gops",
            Self::Named => "named values",
            Self::Nameless => "numbers without names",
            Self::Metrics => "runtime/metrics",
            Self::Prometheus => "Prometheus",
            Self::HeapDump => "heap dump",
            Self::Core => "core",
        }
    }
}

/// Statistics of one moment.
#[derive(Clone, PartialEq, Debug)]
pub struct Snapshot {
    /// How it was printed.
    pub form: Form,
    /// By field; absent is unknown.
    values: [Option<Value>; Field::COUNT],
    /// The ring of the last 256 pauses in nanoseconds, or empty. The newest is at (`NumGC` + 255) mod 256.
    pub pause_ns: Vec<u64>,
    /// When each of them ended, in nanoseconds since 1970, or empty.
    pub pause_end: Vec<u64>,
    /// By size class, or empty.
    pub by_size: Vec<SizeClass>,
    /// Metrics by name, or empty.
    pub metrics: Vec<Metric>,
    /// How many lines it took.
    pub lines: u64,
}

impl Default for Snapshot {
    fn default() -> Self {
        Self::new(Form::default())
    }
}

impl Snapshot {
    /// One without a value.
    pub const fn new(form: Form) -> Self {
        Self {
            form,
            values: [None; Field::COUNT],
            pause_ns: Vec::new(),
            pause_end: Vec::new(),
            by_size: Vec::new(),
            metrics: Vec::new(),
            lines: 1,
        }
    }

    /// What was printed for a field.
    pub fn get(&self, field: Field) -> Option<Value> {
        self.values.get(field as usize).copied().flatten()
    }

    /// A field's exact number.
    pub fn integer(&self, field: Field) -> Option<u64> {
        match self.get(field)? {
            Value::Integer(n) => Some(n),
            _ => None,
        }
    }

    /// Sets a field.
    pub fn set(&mut self, field: Field, value: Value) {
        if let Some(slot) = self.values.get_mut(field as usize) {
            *slot = Some(value);
        }
    }

    /// The fields that were printed, in the order of the struct.
    pub fn fields(&self) -> impl Iterator<Item = (Field, Value)> + use<'_> {
        Field::ALL
            .iter()
            .filter_map(|field| Some((*field, self.get(*field)?)))
    }
}
