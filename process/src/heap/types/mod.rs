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

pub use label::{Label, LabelId, Labels, Role, Share, Source, Strength};
pub use plan::TypeId;

/// Bytes of a slot by size class, large objects aside (`runtime/sizeclasses.go`, since 1.25
/// `internal/runtime/gc/sizeclasses.go`; the same in 1.19–1.27).
pub const SIZE_CLASSES: [u64; 68] = [
    0, 8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320,
    352, 384, 416, 448, 480, 512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792,
    2048, 2304, 2688, 3072, 3200, 3456, 4096, 4864, 5376, 6144, 6528, 6784, 6912, 8192, 9472, 9728,
    10240, 10880, 12288, 13568, 14336, 16384, 18432, 19072, 20480, 21760, 24576, 27264, 28672,
    32768,
];
