//! What `pprof FILE` without a report shows: what matters, then the rows that cost most, then what to ask next.

use super::PprofFlags;
use super::answer::{Around, Asked, TopBody};
use super::judged::judged;
use crate::answer::{Answer, Failure};
use crate::case::Files;
use crate::commands::info;
use crate::words::quoted;
use dumpview_model::finding::Finding;
use dumpview_model::profile::{Ask, Command, Whole};
use dumpview_parsers::pprof::Profile;
use dumpview_view::{Role, Text, finding, styled};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::io::{self, Write};

/// `pprof`.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct PageBody {
    /// What matters, in sentences; empty where the profile is too thin to judge.
    findings: Vec<Finding>,
    /// What shares in findings are of, where filters leave a part of the profile; null otherwise.
    findings_of: Option<String>,
    /// What to ask next: lines for a shell.
    next: Vec<String>,
    #[serde(flatten)]
    top: TopBody,
}

/// The page.
pub struct Page {
    findings: Vec<Finding>,
    findings_of: Option<String>,
    next: Vec<String>,
    top: Asked,
}

impl Page {
    /// Makes it.
    pub fn new(files: &Files<'_>, args: &PprofFlags, profile: Profile) -> Result<Self, Failure> {
        let whole = if args.base.is_empty() && args.diff_base.is_empty() {
            Whole::Profile
        } else {
            Whole::Difference
        };
        let verdict = judged(&profile, &args.options, whole)?;
        let mut options = args.options.clone();
        // What matters first; the rest is a verb away.
        if options.nodecount == -1 {
            options.nodecount = 10;
        }
        let next = verdict.asks.iter().map(|ask| line(ask, files, args));
        Ok(Self {
            next: next.collect(),
            findings: verdict.findings,
            findings_of: verdict.of,
            top: Asked::new(
                profile,
                Command::Top,
                None,
                &options,
                Around {
                    rules: &files.common.source_path,
                    executables: &[],
                },
            )?,
        })
    }

    /// The rows.
    pub const fn top(&self) -> &Asked {
        &self.top
    }
}

/// A question as a shell takes it.
fn line(ask: &Ask, files: &Files<'_>, args: &PprofFlags) -> String {
    let mut line = format!("dumpview pprof {}", ask.verb);
    let mut add = |word: &str| {
        if !word.is_empty() {
            line.push(' ');
            line.push_str(&quoted(word));
        }
    };
    add(&ask.pattern);
    for (flag, bases) in [("-base", &args.base), ("-diff_base", &args.diff_base)] {
        for base in bases {
            add(&format!("{flag}={base}"));
        }
    }
    for path in files.paths {
        add(&path.display().to_string());
    }
    add(&ask.flags);
    line
}

impl Serialize for Page {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Whole<'p> {
            findings: &'p [Finding],
            findings_of: Option<&'p str>,
            next: &'p [String],
            #[serde(flatten)]
            top: &'p Asked,
        }
        Whole {
            findings: &self.findings,
            findings_of: self.findings_of.as_deref(),
            next: &self.next,
            top: &self.top,
        }
        .serialize(serializer)
    }
}

impl Answer for Page {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        if let Some(of) = self
            .findings_of
            .as_ref()
            .filter(|_| !self.findings.is_empty())
        {
            out.line(styled(Role::Dim, of))?;
        }
        finding::write_all(&self.findings, out)?;
        if !self.findings.is_empty() {
            out.line("")?;
        }
        self.top.text(out)?;
        if !self.next.is_empty() {
            out.line("")?;
        }
        info::next(&self.next, out)
    }

    fn csv(&self, out: &mut dyn Write) -> Option<io::Result<()>> {
        self.top.csv(out)
    }
}
