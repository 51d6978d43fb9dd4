//! Parts that screens are made of. Each has plain state, an update of its own, and draws itself into a canvas.

pub mod axis;
pub mod bar;
pub mod chart;
pub mod icicle;
pub mod input;
pub mod list;
pub mod source;
pub mod stack;
pub mod text;
pub mod tree;
