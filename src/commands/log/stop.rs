//! Why a verb stops before it has answered, so that `?` serves both reasons.

use crate::answer::{Exit, Failure};
use std::io;

/// Why nothing more is printed.
pub enum Stop {
    /// There is no answer.
    Failed(Failure),
    /// It cannot be written.
    Write(io::Error),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

impl Stop {
    /// The two reasons apart, as verbs give them.
    pub fn apart(result: Result<Exit, Self>) -> Result<io::Result<Exit>, Failure> {
        match result {
            Ok(exit) => Ok(Ok(exit)),
            Err(Self::Write(error)) => Ok(Err(error)),
            Err(Self::Failed(failure)) => Err(failure),
        }
    }
}
