//! What is worth knowing, in a sentence: the shape that every model's verdicts share.

use schemars::JsonSchema;
use serde::Serialize;

/// How much a finding matters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, JsonSchema)]
#[schemars(rename = "severity")]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Costs something, or will.
    Warning,
    /// Is, or will be, the end of the process or of its latency.
    Critical,
}

impl Severity {
    /// The word in JSON and text.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// What shows that a finding is true.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "evidence")]
pub struct Evidence {
    /// Line number in the input, from 1; absent for what stands in a core.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// What stands there, in the runtime's words where it has some.
    pub what: String,
}

/// One finding.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "finding")]
pub struct Finding {
    /// A name that scripts can rely on, `AREA.WORDS-WITH-HYPHENS`: `gc.death-spiral`.
    pub id: &'static str,
    /// The process that it is about, as every verb on that log counts; absent where the document says of which process
    /// it speaks, or the input is a core.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub process: Option<u64>,
    /// How much it matters.
    pub severity: Severity,
    /// One or two sentences with the numbers, and what to do.
    pub text: String,
    /// Where to look: the lines or facts that it is read from.
    pub evidence: Vec<Evidence>,
    /// What of a core it is about; a screen leads there.
    #[serde(skip)]
    pub subject: Option<Subject>,
}

/// What of a core a finding is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// The goroutine that crashed.
    Crashed,
    /// Several goroutines.
    Goroutines,
    /// Goroutines that wait for each other.
    Waits,
}

impl Finding {
    /// A finding without evidence yet.
    pub fn new(id: &'static str, severity: Severity, text: impl Into<String>) -> Self {
        Self {
            id,
            process: None,
            severity,
            text: text.into(),
            evidence: Vec::new(),
            subject: None,
        }
    }

    /// About that.
    #[must_use]
    pub const fn about(mut self, subject: Subject) -> Self {
        self.subject = Some(subject);
        self
    }

    /// Of the process with this number, counted from 1.
    #[must_use]
    pub const fn of(mut self, process: u64) -> Self {
        self.process = Some(process);
        self
    }

    /// Adds a line to look at.
    #[must_use]
    pub fn at(mut self, line: u64, what: impl Into<String>) -> Self {
        self.evidence.push(Evidence {
            line: Some(line),
            what: what.into(),
        });
        self
    }

    /// Adds what was seen where there are no lines.
    #[must_use]
    pub fn seen(mut self, what: impl Into<String>) -> Self {
        self.evidence.push(Evidence {
            line: None,
            what: what.into(),
        });
        self
    }
}

/// Puts what matters most first; among equals the order of finding stays.
pub fn rank(findings: &mut [Finding]) {
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
}
