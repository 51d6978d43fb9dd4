//! The screens as a person meets them: the built binary on a pseudo-terminal.
//!
//! Waiting is for something to be seen, never for time to pass.

#[cfg(test)]
#[path = "../support/fixtures.rs"]
mod fixtures;
#[cfg(test)]
mod gallery;
#[cfg(test)]
mod heap;
#[cfg(test)]
mod places;
#[cfg(test)]
mod profile;
#[cfg(test)]
#[path = "../support/pty.rs"]
mod pty;
#[cfg(test)]
mod screenshots;
#[cfg(test)]
mod statistics;
#[cfg(test)]
#[expect(
    dead_code,
    reason = "the committed cases alone are used here, not what compares them"
)]
#[path = "../support/mod.rs"]
mod support;
#[cfg(test)]
#[path = "../support/svg.rs"]
mod svg;
#[cfg(test)]
mod walks;
