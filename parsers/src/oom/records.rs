//! What stands in out-of-memory reports.

use std::marker::PhantomData;

/// One record of out-of-memory reports.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub enum Record<'a> {
    /// Nothing is read yet.
    Nothing(PhantomData<&'a ()>),
}
