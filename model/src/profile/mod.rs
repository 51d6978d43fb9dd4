//! What a profile says, whatever left it: `profile.proto`, the text of `debug=1`, the buckets of a core.
//!
//! ```text
//! parsers::pprof::Profile ─ combine ─▶ one profile ─ Report::new (frames of labels, total, filters, granularity)
//!                                                   ─▶ Report ─ graph ─▶ rows, trees, lists, pictures
//! ```
//!
//! Numbers, rows and their order are those of `go tool pprof`; where its own order is left to chance, the place in the
//! profile decides. Every rule names the source that it is from, under `github.com/google/pprof`.
//!
//! A profile may have millions of samples, each with a stack of a hundred calls. Those are kept in columns
//! ([`dumpview_parsers::pprof::Samples`]); patterns are held against functions and locations, of which there are few.
//!
//! ```
//! use dumpview_model::profile::{Command, Options, Report};
//! use dumpview_parsers::pprof::{Builder, Sample, ValueType};
//!
//! let mut builder = Builder::default();
//! let (main, work) = (builder.place("main.main"), builder.place("main.work"));
//! let mut profile = builder.profile;
//! profile.sample_types.push(ValueType::new("cpu", "nanoseconds"));
//! profile.add(&Sample { locations: vec![work, main], values: vec![30_000_000], labels: vec![] });
//!
//! let mut report = Report::new(profile, Command::Top, &Options::default()).unwrap();
//! let trimmed = report.graph();
//! let rows = report.rows(&trimmed.graph);
//! assert_eq!((rows[0].name.as_str(), rows[0].flat, rows[1].cum), ("main.work", 30_000_000, 30_000_000));
//! assert_eq!(report.value(rows[0].flat), "30ms");
//! ```
//!
//! | file | in charge of |
//! |---|---|
//! | `combine` | several profiles as one, and one less another |
//! | `options` | what may be asked for, by pprof's names |
//! | `flame` | the tree of calls |
//! | `frames` | which samples and frames stay |
//! | `labels` | labels: what they select, and frames made of them |
//! | `graph` | the graph of calls |
//! | `report` | a profile in the form that was asked for, and what it answers |
//! | `text` | text profiles, and binary ones of gperftools |
//! | `gperf`, `maps` | text of gperftools, and the mappings behind it |
//! | `stacks` | folded stacks and those of `perf script` |
//! | `perf_data`, `recording` | what `perf record` leaves |
//! | `series` | profiles one after the other: trends, and since when something grows |
//! | `findings` | what matters in it, in sentences |
//! | `measure`, `names` | how values and names are printed |

pub mod combine;
mod findings;
mod flame;
mod frames;
mod gperf;
pub mod graph;
mod labels;
mod maps;
pub mod measure;
pub mod names;
mod options;
mod perf_data;
mod recording;
mod report;
mod script;
mod series;
mod stacks;
mod text;

pub use findings::{Ask, Verdict, Whole, verdict};
pub use flame::{Flame, FlameNode, Way};
pub use frames::drop_frames;
pub use gperf::from_gperf;
pub use options::{Granularity, Options};
pub use perf_data::{FromPerf, from_perf_data};
pub use report::{
    AddressCost, Command, Inlined, Link, Listed, ListedLine, Report, Routine, Row, Summary, TagKey,
    TagValueRow, Trace, TraceFrame, TreeRow, Wrong, checked, pattern, sample_index,
};
pub use script::{Session, Step};
pub use series::{By, Look, Series, SeriesReading, Trend};
pub use stacks::from_stacks;
pub use text::{FromText, Naming, add_mapping, from_cpu, from_text};
