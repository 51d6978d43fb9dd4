//! The command line of dumpview.

#![deny(unsafe_code)]

fn main() {}
