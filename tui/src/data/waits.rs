//! Who waits for whom.

use crate::ask::Topic;
use dumpview_model::waits::Waits;
use std::sync::Arc;

/// Asks for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskWaits;

impl Topic for AskWaits {
    type Answer = Arc<Waits>;
    const LONG: Option<&'static str> = Some("looking for who waits for whom");
}
