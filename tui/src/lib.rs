//! What knows a terminal: safe text, colours, widths, and the screens.
//!
//! Screens show data that they state themselves (each in its own module) and ask for it ([`ask`]); whoever knows the
//! input answers. Nothing here opens or parses anything.

#![forbid(unsafe_code)]

pub mod app;
pub mod ask;
pub mod canvas;
pub mod geometry;
pub mod keys;
pub mod screen;
pub mod screens;
pub mod terminal;
pub mod theme;
pub mod widgets;
