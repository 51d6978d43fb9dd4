//! `--filter`: conditions joined by `and`.
//!
//! `status=waiting`, `wait~chan`, `id=7`, `fn~http`, `file~server.go`, `created~main`, `label:user=ann`, `thread=4711`,
//! `waiting>1m`; a bare word is looked for in state, functions, files and labels. `!=` and `!~` negate.

use super::facts::Described;
use crate::answer::Failure;

/// A parsed filter.
#[derive(Debug)]
pub struct Filter(Vec<Condition>);

#[derive(Debug)]
struct Condition {
    subject: Subject,
    test: Test,
    negated: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Subject {
    Anything,
    Id,
    Status,
    WaitReason,
    Function,
    File,
    CreatedBy,
    Thread,
    Waiting,
    Label(String),
}

#[derive(Debug)]
enum Test {
    Is(String),
    Contains(String),
    Longer(u64),
    Shorter(u64),
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    ///
    /// When a condition cannot be understood, with the words it could have used.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let conditions = text
            .split(" and ")
            .map(|part| Condition::parse(part.trim()));
        conditions.collect::<Result<Vec<_>, _>>().map(Self)
    }

    /// Whether a goroutine meets all conditions.
    pub fn matches(&self, all: &Described<'_, '_>, index: usize) -> bool {
        self.0
            .iter()
            .all(|condition| condition.holds(all, index) != condition.negated)
    }
}

impl Condition {
    fn parse(text: &str) -> Result<Self, Failure> {
        let operators = ["!=", "!~", "=", "~", ">", "<"];
        let found = operators
            .iter()
            .filter_map(|operator| text.find(operator).map(|at| (at, *operator)))
            .min_by_key(|(at, operator)| (*at, std::cmp::Reverse(operator.len())));
        let Some((at, operator)) = found else {
            return Ok(Self {
                subject: Subject::Anything,
                test: Test::Contains(text.to_owned()),
                negated: false,
            });
        };
        let subject = text.get(..at).unwrap_or_default().trim();
        let value = text
            .get(at + operator.len()..)
            .unwrap_or_default()
            .trim()
            .to_owned();
        let subject = match subject {
            "id" => Subject::Id,
            "status" => Subject::Status,
            "wait" | "wait_reason" => Subject::WaitReason,
            "fn" | "function" => Subject::Function,
            "file" => Subject::File,
            "created" | "created_by" => Subject::CreatedBy,
            "thread" => Subject::Thread,
            "waiting" => Subject::Waiting,
            label if label.starts_with("label:") => Subject::Label(label.replacen("label:", "", 1)),
            other => {
                return Err(Failure::usage(format!(
                    "--filter: unknown subject '{other}'\n\nhint: id, status, wait, waiting, fn, file, created, \
                     thread, label:KEY, or a bare word"
                )));
            }
        };
        let not_a_duration = || {
            Failure::usage(format!(
                "--filter: not a duration: '{value}'\n\nhint: like 500ms, 30s, 5m, 2h"
            ))
        };
        let test = match operator {
            ">" => Test::Longer(nanoseconds(&value).ok_or_else(not_a_duration)?),
            "<" => Test::Shorter(nanoseconds(&value).ok_or_else(not_a_duration)?),
            "~" | "!~" => Test::Contains(value),
            _ => Test::Is(value),
        };
        Ok(Self {
            subject,
            test,
            negated: operator.starts_with('!'),
        })
    }

    fn holds(&self, all: &Described<'_, '_>, index: usize) -> bool {
        let Some(g) = all.goroutine(index) else {
            return false;
        };
        let calls = all.calls(all.stack_of(index));
        let function = || {
            calls
                .iter()
                .any(|call| self.test.text(&call.frame.function))
        };
        let file = || {
            calls
                .iter()
                .filter_map(|call| call.frame.file.as_deref())
                .any(|f| self.test.text(f))
        };
        let doc = || all.facts(index);
        match &self.subject {
            Subject::Id => self.test.text(&g.id.to_string()),
            Subject::Status => self.test.text(g.status.as_str()),
            Subject::Function => function(),
            Subject::File => file(),
            Subject::WaitReason => doc()
                .and_then(|d| d.wait_reason)
                .is_some_and(|reason| self.test.text(&reason)),
            Subject::CreatedBy => doc()
                .and_then(|d| d.created_by)
                .is_some_and(|creator| self.test.text(&creator.place.function)),
            Subject::Thread => doc()
                .and_then(|d| d.thread)
                .is_some_and(|tid| self.test.text(&tid.to_string())),
            Subject::Waiting => doc()
                .and_then(|d| d.waiting_ns)
                .is_some_and(|ns| self.test.duration(ns)),
            Subject::Label(key) => {
                doc().is_some_and(|d| d.labels.get(key).is_some_and(|value| self.test.text(value)))
            }
            Subject::Anything => {
                let in_doc = || {
                    doc().is_some_and(|d| {
                        self.test.text(&d.state())
                            || d.labels
                                .iter()
                                .any(|(k, v)| self.test.text(k) || self.test.text(v))
                    })
                };
                function() || file() || in_doc()
            }
        }
    }
}

impl Test {
    fn text(&self, text: &str) -> bool {
        match self {
            Self::Is(value) => text == value,
            Self::Contains(value) => text.contains(value.as_str()),
            Self::Longer(_) | Self::Shorter(_) => false,
        }
    }

    const fn duration(&self, ns: u64) -> bool {
        match self {
            Self::Longer(limit) => ns > *limit,
            Self::Shorter(limit) => ns < *limit,
            Self::Is(_) | Self::Contains(_) => false,
        }
    }
}

/// `500ms`, `30s`, `5m`, `2h`.
fn nanoseconds(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let scale = match unit {
        "ns" => 1,
        "us" | "µs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" | "min" => 60 * 1_000_000_000,
        "h" => 3600 * 1_000_000_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read() {
        let filter =
            Filter::parse("status=waiting and label:user!=ann and waiting>5m and chan").unwrap();
        let subjects: Vec<_> = filter
            .0
            .iter()
            .map(|c| (c.subject.clone(), c.negated))
            .collect();
        assert_eq!(
            subjects,
            [
                (Subject::Status, false),
                (Subject::Label("user".to_owned()), true),
                (Subject::Waiting, false),
                (Subject::Anything, false),
            ]
        );
        assert!(Filter::parse("colour=red").is_err());
        assert!(Filter::parse("waiting>soon").is_err());
    }
}
