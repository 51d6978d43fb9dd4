//! What is visible in a frame and in packages: variables, where they are, and what functions capture.
//!
//! Stands on [`crate::dwarf`], which says what the compiler recorded, and on [`crate::types`].
//!
//! | file | in charge of |
//! |---|---|
//! | `variables` | the variables of one frame |
//! | `arrange` | their order, and which hides which |
//! | `known` | what is the same for all frames at a pc |
//! | `levels` | which variables are in scope at a pc, by inlined call |
//! | `judge` | how far a location is to be believed |
//! | `ahead` | which locations run ahead of the source |
//! | `infer` | values that the code still has where DWARF has lost them |
//! | `beside` | type words of interfaces, by what is called with them |
//! | `unsaved` | values in registers that nobody saved |
//! | `by_source` | values that the program's text settles |
//! | `by_use` | values by the calls that variables are given to |
//! | `literal` | values that it states |
//! | `lengths` | lengths of slices that it states |
//! | `fault` | what was nil, as the source calls it |
//! | `abi` | where the caller reserved room for arguments |
//! | `generics` | real type arguments |
//! | `closures` | captured variables |
//! | `packages` | package variables and constants |
//!
//! `variables`, `abi`, `generics` and `closures` use each other: each needs a frame with all that belongs to it, which is
//! `variables::Context`.

mod abi;
mod ahead;
mod arrange;
mod beside;
mod by_source;
mod by_use;
mod closures;
mod fault;
mod generics;
mod infer;
mod judge;
mod known;
mod lengths;
mod levels;
mod literal;
mod packages;
mod unsaved;
mod variables;

pub use arrange::{Origin, Standing, Variable, range_body_parent};
pub use closures::{CaptureSlot, TypeArgument};
pub use fault::NilValue;
pub use known::Scopes;
pub use packages::{Ambiguous, PackageItem, PackageVariable};
pub use variables::{Entered, Frame, FrameVariables, VariablesError};
