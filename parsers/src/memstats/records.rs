//! What stands in memory statistics.

use std::marker::PhantomData;

/// One record of memory statistics.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub enum Record<'a> {
    /// Nothing is read yet.
    Nothing(PhantomData<&'a ()>),
}
