//! Goroutines, the same whether they came from a core, a traceback or a profile.
//!
//! A program with a hundred thousand goroutines has a few dozen different stacks, so calls and stacks are kept
//! once each and a goroutine holds a number ([`StackId`]). Who reads a core or a text fills a [`Goroutines`];
//! who shows them asks it.
//!
//! | file | in charge of |
//! |---|---|
//! | `status` | what a goroutine was doing |
//! | `place` | places in the source, shared |
//! | `stacks` | calls and stacks, each kept once |
//! | `set` | the goroutines themselves |
//! | `groups` | those with identical stacks |
//! | `filter` | which ones are wanted |

mod groups;
mod place;
mod set;
mod stacks;
mod status;

pub use groups::Group;
pub use place::{Ancestor, Creator, Place, Places};
pub use set::{Goroutine, Goroutines, Labels, Listed};
pub use stacks::{Elided, FrameId, Stack, StackId, Stacks};
pub use status::Status;
