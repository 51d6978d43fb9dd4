//! Figures of long streams in memory that does not grow with them.
//!
//! | file | in charge of |
//! |---|---|
//! | `sketch` | quantiles |
//! | `series` | values over time, for charts |
//! | `trend` | whether values rise |
//! | `rank` | whether two samples differ |

mod rank;
mod series;
mod sketch;
mod trend;

pub use rank::{Difference, rank_sum};
pub use series::{Bucket, Series};
pub use sketch::{Quantile, Sketch};
pub use trend::{Trend, theil_sen};
