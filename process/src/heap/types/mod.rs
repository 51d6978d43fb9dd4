//! What the objects are: a type, or a part of one (backing of a slice, groups of a map), and who says so.
//!
//! The runtime names the type of few objects ([`Source::Header`]). The others are known by what points at them: types
//! flow from package variables, locals and headers along typed pointers to a fixed point (`flow`), by the shape of each
//! type laid out once (`plan`). Interfaces carry the type of what they hold, so a program without DWARF still has many
//! starting points.
//!
//! A witness is as strong as it fits: one whose type fills the slot as the allocator would have chosen it outdoes a
//! pointer to a first field or a re-sliced head, and nothing outdoes the runtime. Two that fit alike and disagree are a
//! conflict, counted ([`Labels::conflicts`]); the first stays. A type that has pointers in a slot that has none, or the
//! other way round, is no witness at all.

mod flow;
mod interfaces;
mod label;
mod parts;
mod places;
mod plan;
mod sources;
mod stored;

pub use super::mspan::SIZE_CLASSES;
pub(in crate::heap) use interfaces::Interfaces;
pub use label::{Label, LabelId, Labels, Role, Share, Source, Strength};
pub use plan::TypeId;
pub(in crate::heap) use plan::{Link, Plan, Plans};
pub(in crate::heap) use stored::is_lasting;
