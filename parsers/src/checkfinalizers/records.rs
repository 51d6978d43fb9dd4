//! What stands in finalizer checks.

use std::marker::PhantomData;

/// One record of finalizer checks.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub enum Record<'a> {
    /// Nothing is read yet.
    Nothing(PhantomData<&'a ()>),
}
