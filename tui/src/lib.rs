//! What knows a terminal: safe text, colours, widths, and the screens.
//!
//! Screens show [`data`] and ask for it ([`ask`]); whoever knows the input answers. Nothing here opens or parses anything.

#![forbid(unsafe_code)]

pub mod app;
pub mod ask;
pub mod canvas;
pub mod data;
pub mod geometry;
pub mod keys;
pub mod rows;
pub mod screen;
pub mod screens;
pub mod table;
pub mod terminal;
pub mod theme;
pub mod widgets;
