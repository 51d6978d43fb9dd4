//! What stands in allocation traces.

use std::marker::PhantomData;

/// One record of allocation traces.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub enum Record<'a> {
    /// Nothing is read yet.
    Nothing(PhantomData<&'a ()>),
}
