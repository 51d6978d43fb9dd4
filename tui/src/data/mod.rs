//! What screens show, apart from how: for every subject its data, the question that is answered with it, and the columns
//! of what stands in tables.
//!
//! Screens and whoever knows an input meet here; neither needs the other.

pub mod collections;
pub mod command;
pub mod escapes;
pub mod file;
pub mod frames;
pub mod goroutines;
pub mod heap;
pub mod memory;
pub mod moments;
pub mod overview;
pub mod page;
pub mod profile;
pub mod schedule;
pub mod statistics;
pub mod text;
pub mod value;
pub mod waits;

use dumpview_model::log::ProcessId;

/// One of the processes that wrote to an input, and what there is about it.
#[derive(Clone, Debug)]
pub struct OfProcess<T> {
    /// The process that is shown; none when the input has nothing of the kind.
    pub data: Option<T>,
    /// Its number in the log.
    pub id: ProcessId,
    /// Which of how many processes it is, from zero.
    pub number: usize,
    /// How many there are.
    pub processes: usize,
    /// There will be no more.
    pub ended: bool,
}

/// Which of the processes that wrote to an input is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Which {
    /// Its number in the log.
    pub id: ProcessId,
    /// Its place among those that have something of the kind, from zero.
    pub number: usize,
    /// How many have.
    pub processes: usize,
}

impl<T> OfProcess<T> {
    /// Which process it is.
    pub const fn which(&self) -> Which {
        Which {
            id: self.id,
            number: self.number,
            processes: self.processes,
        }
    }
}

impl<T> Default for OfProcess<T> {
    fn default() -> Self {
        Self {
            data: None,
            id: ProcessId::default(),
            number: 0,
            processes: 0,
            ended: false,
        }
    }
}
