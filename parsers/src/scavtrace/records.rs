//! What stands in scavenger traces.

use std::marker::PhantomData;

/// One record of scavenger traces.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub enum Record<'a> {
    /// Nothing is read yet.
    Nothing(PhantomData<&'a ()>),
}
