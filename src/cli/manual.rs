//! What help and man pages say beside the flags: the verbs by what they read, exit status, files, environment.

use crate::registry::VERBS;
use crate::verb::{Entry, Group};
use std::fmt::Write as _;

/// What every man page ends with, in the words of man(7).
pub const SECTIONS: &str = r#".SH "EXIT STATUS"
.TP
0
Answered.
.TP
1
The question has no answer in this input: no such goroutine, no row that matches \-\-filter.
.TP
2
Wrong usage; the message names what was meant.
.TP
3
The input cannot be read, or is not what it was said to be.
.TP
4
Answered, but from a damaged input; what is missing is said on stderr, and in JSON under "incomplete".
.SH FILES
.TP
\fI$XDG_CACHE_HOME/dumpview\fR, else \fI~/.cache/dumpview\fR
What was learnt of the heaps of large cores, so that the next question is answered at once; bounded, and safe to delete. \-\-no\-cache neither reads nor writes it.
.TP
\fI$TMPDIR\fR, else \fI/tmp\fR
Where a compressed core, or one that comes through a pipe, is unpacked into a file without a name.
.SH ENVIRONMENT
.TP
PAGER
What long answers on a terminal are shown with; less when it is not set, nothing when it is empty or cat. LESS is set to FRX where it is not set.
.TP
NO_COLOR
No colours, when it is set.
.TP
TERM
With dumb there are no screens and no pager.
"#;

/// The verbs by what they read, between usage and flags.
pub fn help_template() -> String {
    type IsIn = fn(&Entry) -> bool;
    const GROUPS: [(&str, IsIn); 4] = [
        ("A core, and the executable it is of", |entry| {
            entry.about.group == Group::Core && !is_of_heap(entry)
        }),
        ("The memory of a core or of a heap dump", is_of_heap),
        ("A log, or what else a process wrote", |entry| {
            entry.about.group == Group::Log
        }),
        ("What the compiler printed", |entry| {
            entry.about.group == Group::Compiler
        }),
    ];
    let mut verbs = String::new();
    for (title, is_in) in GROUPS {
        let _ = writeln!(verbs, "{title}:");
        let all = VERBS.iter();
        let top = all.filter(|entry| entry.is_on_command_line() && entry.above().is_none());
        for entry in top.filter(|entry| is_in(entry)) {
            let aliases = match entry.about.aliases {
                [] => String::new(),
                [one] => format!(" [alias: {one}]"),
                several => format!(" [aliases: {}]", several.join(", ")),
            };
            let (name, line) = (entry.about.name, entry.about.line);
            let _ = writeln!(verbs, "  {name:<11} {line}{aliases}");
        }
        verbs.push('\n');
    }
    format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{verbs}Inputs:\n{{positionals}}\n\nOptions:\n{{options}}{{after-help}}\n"
    )
}

fn is_of_heap(entry: &Entry) -> bool {
    matches!(entry.about.name, "heap" | "memory" | "export")
}
