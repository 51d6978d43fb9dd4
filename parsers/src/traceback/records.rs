//! What stands in tracebacks.

use std::marker::PhantomData;

/// One record of tracebacks.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub enum Record<'a> {
    /// Nothing is read yet.
    Nothing(PhantomData<&'a ()>),
}
