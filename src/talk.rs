//! What is said beside the answer. This is the only place that complains on stderr.

use dumpview_view::safe::safe;
use std::io::{self, Write};

/// One message on stderr. It may name what stands in a dump (paths, names), so it is escaped here.
pub fn complain(message: &str) {
    let mut stderr = io::stderr().lock();
    for (index, line) in message.lines().enumerate() {
        let who = if index == 0 { "dumpview: " } else { "" };
        // Nowhere is left to report that stderr is gone.
        let _ = writeln!(stderr, "{who}{}", safe(line));
    }
}
