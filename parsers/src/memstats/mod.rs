//! runtime.MemStats in the many forms in which people print it.
//!
//! | form | how it is told |
//! |---|---|
//! | the footer of `heap?debug=1` | `# runtime.MemStats` |
//! | JSON on one line (expvar, json.Marshal, a logger's field) | `{"Alloc":` |
//! | JSON, indented | lines `"Alloc": 1,` one after the other |
//! | `%+v`, `%#v` | `{Alloc:` |
//! | `%v` | numbers and arrays in the order of the struct |
//! | gops, "PrintMemUsage", log lines, logfmt, slog | names that are fields of MemStats, each with a value |
//! | runtime/metrics, Prometheus' Go collector | names of metrics |
//! | the record of a heap dump | it is no text: `of_dump` is given it |
//! | numbers without names | four lines whose values have the relations of Alloc, TotalAlloc, HeapAlloc, HeapSys |
//!
//! Prose mentions `Alloc = 5` as well, so evidence decides: whole lines of nothing but fields, or at least two side
//! by side; names that are common words (`sys`, `frees`) do not count alone. Lines that turn out to be too little
//! are given back as the application's own. A snapshot has the fields that were printed and no others: what
//! is absent is unknown, not zero. Units are kept as written, since nobody can know whether `MB` was 10⁶ or 2²⁰.
//!
//! | file | in charge of |
//! |---|---|
//! | `records` | a snapshot and its values |
//! | `names` | the many spellings of a field |
//! | `value` | numbers with units, durations, times |
//! | `pairs` | names with values in a line |
//! | `object` | `%+v`, `%#v`, `%v` |
//! | `json` | JSON |
//! | `metrics` | runtime/metrics and Prometheus |
//! | `of_dump` | the record of a heap dump |
//! | `block` | lines that belong together |
//! | `reader` | which line is what |

mod block;
mod json;
mod metrics;
mod names;
mod object;
mod of_dump;
mod pairs;
mod reader;
mod records;
#[cfg(test)]
mod tests;
mod value;

pub use reader::Reader;
pub use records::{
    Amount, Field, Form, Metric, MetricValue, Record, SizeClass, Snapshot, Unit, Value,
};
