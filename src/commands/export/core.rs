//! A core without what the program stored.

use super::format::{Export, ExportFlags, Written};
use crate::answer::Failure;
use crate::case::core::Case;
use crate::commands::heap::analysed;
use dumpview_model::units::plural;
use dumpview_process::postmortem::redact::Redaction;
use dumpview_view::document::Incomplete;
use regex::Regex;
use std::path::Path;

/// `core`.
pub struct Core;

impl Export for Core {
    const NAME: &'static str = "core";

    fn of_core<'w>(case: &'w Case<'_>, flags: &ExportFlags) -> Result<Written<'w>, Failure> {
        let compile = |text: &String| {
            Regex::new(text).map_err(|error| Failure::usage(format!("--keep {text}: {error}")))
        };
        let keep: Vec<Regex> = flags.keep.iter().map(compile).collect::<Result<_, _>>()?;
        let is_kept = |name: &str| keep.iter().any(|regex| regex.is_match(name));
        let redaction = Redaction::of(analysed(case)?, &is_kept)
            .map_err(|why| Failure::no_answer(format!("--to core: {why}")))?;
        let mut notes = vec![
            "what stayed: the runtime's structures, code, addresses, lengths of strings, slices, maps and channels; the rest is zero".to_owned(),
        ];
        for name in &redaction.kept.variables {
            notes.push(format!("kept as it is: variable {name}"));
        }
        for (name, count) in &redaction.kept.types {
            notes.push(format!(
                "kept as they are: {} of {name}",
                plural(*count, "object")
            ));
        }
        if notes.len() == 1 && !keep.is_empty() {
            return Err(Failure::no_answer(
                "--keep: no package variable and no type of an object has such a name\n\nhint: dumpview vars and dumpview heap top list them",
            ));
        }
        Ok(Written {
            write: Box::new(move |out| redaction.write(out)),
            notes,
        })
    }

    fn of_log(
        path: &Path,
        _: &ExportFlags,
    ) -> Result<(Written<'static>, Vec<Incomplete>), Failure> {
        Err(Failure::no_answer(format!(
            "{}: only a core is redacted, and this is a log",
            path.display()
        )))
    }
}
