//! What stands in scheduler traces.

use std::marker::PhantomData;

/// One record of scheduler traces.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub enum Record<'a> {
    /// Nothing is read yet.
    Nothing(PhantomData<&'a ()>),
}
