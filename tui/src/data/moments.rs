//! Everything on one axis.

use crate::ask::Topic;
use dumpview_model::timeline::Timeline;

/// The timeline, as far as the input has been read.
#[derive(Clone, Debug)]
pub struct Moments {
    /// It.
    pub timeline: Timeline,
    /// There will be no more.
    pub ended: bool,
}

/// Asks for the timeline.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskTimeline;

impl Topic for AskTimeline {
    type Answer = Moments;
}
