//! What stands in pacer traces.

use std::marker::PhantomData;

/// One record of pacer traces.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub enum Record<'a> {
    /// Nothing is read yet.
    Nothing(PhantomData<&'a ()>),
}
