//! What knows a terminal: safe text, colours, widths, and the screens.

#![forbid(unsafe_code)]

pub mod safe_text;
