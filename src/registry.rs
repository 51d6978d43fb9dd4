//! All verbs. The command line, `-x`, the `:` prompt, help, man pages and completions are made from this table.

use crate::case::Kind;
use crate::commands::{
    alloc, bt, disass, escapes, gc, goroutines, info, list, listing, locals, log, memstats, moves,
    print, regs, report, sched, threads, timeline, x,
};
use crate::verb::{Entry, both, core, files};

/// The verbs, in the order of help.
pub const VERBS: &[Entry] = &[
    core::<info::InfoVerb>(),
    both::<goroutines::GoroutinesVerb>(),
    core::<threads::ThreadsVerb>(),
    core::<bt::BtVerb>(),
    core::<locals::LocalsVerb>(),
    core::<locals::ArgsVerb>(),
    core::<print::PrintVerb>(),
    core::<print::WhatisVerb>(),
    core::<print::VarsVerb>(),
    core::<listing::FuncsVerb>(),
    core::<listing::TypesVerb>(),
    core::<listing::SourcesVerb>(),
    core::<list::ListVerb>(),
    core::<regs::RegsVerb>(),
    core::<disass::DisassVerb>(),
    core::<x::XVerb>(),
    files::<escapes::EscapesVerb>(),
    files::<gc::GcVerb>(),
    files::<sched::SchedVerb>(),
    files::<alloc::AllocVerb>(),
    files::<memstats::MemstatsVerb>(),
    files::<timeline::TimelineVerb>(),
    core::<report::ReportVerb>(),
    files::<log::report::ContentsVerb>(),
    core::<moves::GoroutineVerb>(),
    core::<moves::FrameVerb>(),
    core::<moves::UpVerb>(),
    core::<moves::DownVerb>(),
];

/// The verb of a name.
pub fn find(name: &str) -> Option<&'static Entry> {
    VERBS.iter().find(|entry| entry.is_called(name))
}

/// What FILE without a verb asks of an input of this kind.
pub fn opening(kind: Kind) -> Option<&'static Entry> {
    find(match kind {
        Kind::Core => "report",
        Kind::Log => "log",
        Kind::Compiler => "escapes",
        _ => return None,
    })
}

/// The verbs that read this kind of input, by name.
pub fn readers(kind: Kind) -> Vec<&'static str> {
    VERBS
        .iter()
        .filter(|entry| entry.is_on_command_line())
        .filter(|entry| match kind {
            Kind::Core => entry.core.is_some(),
            kind => entry.reads.contains(&kind),
        })
        .map(|entry| entry.about.name)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_taken_twice_and_every_verb_has_words() {
        let mut names: Vec<&str> = VERBS
            .iter()
            .flat_map(|entry| [&[entry.about.name], entry.about.aliases].concat())
            .collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
        for entry in VERBS {
            assert!(!entry.about.line.is_empty(), "{}", entry.about.name);
            assert!(entry.core.is_some() || entry.files.is_some());
        }
    }
}
