//! Which goroutines are wanted: conditions joined by `and`.
//!
//! `status=waiting`, `wait~chan`, `id=7`, `fn~http`, `file~server.go`, `created~main`, `label:user=ann`, `thread=4711`,
//! `waiting>1m`; a bare word is looked for in state, functions, files and labels. `!=` and `!~` negate.

use super::{Goroutine, Goroutines};

/// A filter that was understood.
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
    pub fn parse(text: &str) -> Result<Self, String> {
        let conditions = text
            .split(" and ")
            .map(|part| Condition::parse(part.trim()));
        conditions.collect::<Result<Vec<_>, _>>().map(Self)
    }

    /// Whether a goroutine meets all conditions.
    pub fn matches(&self, all: &Goroutines, g: &Goroutine) -> bool {
        self.0
            .iter()
            .all(|condition| condition.holds(all, g) != condition.negated)
    }
}

impl Condition {
    fn parse(text: &str) -> Result<Self, String> {
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
                return Err(format!(
                    "unknown subject '{other}'\n\nhint: id, status, wait, waiting, fn, file, created, \
                     thread, label:KEY, or a bare word"
                ));
            }
        };
        let not_a_duration =
            || format!("not a duration: '{value}'\n\nhint: like 500ms, 30s, 5m, 2h");
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

    fn holds(&self, all: &Goroutines, g: &Goroutine) -> bool {
        let frames = || all.stacks.frames(g.stack);
        let function = || frames().any(|frame| self.test.text(&frame.function));
        let file = || {
            frames()
                .filter_map(|frame| frame.file.as_deref())
                .any(|file| self.test.text(file))
        };
        match &self.subject {
            Subject::Id => self.test.text(&g.id.to_string()),
            Subject::Status => self.test.text(g.status.as_str()),
            Subject::Function => function(),
            Subject::File => file(),
            Subject::WaitReason => g
                .wait_reason
                .as_ref()
                .is_some_and(|reason| self.test.text(reason)),
            Subject::CreatedBy => g
                .created_by
                .as_ref()
                .is_some_and(|creator| self.test.text(&creator.place.function)),
            Subject::Thread => g.thread.is_some_and(|tid| self.test.text(&tid.to_string())),
            Subject::Waiting => g.waiting_ns.is_some_and(|ns| self.test.duration(ns)),
            Subject::Label(key) => g.labels.get(key).is_some_and(|value| self.test.text(value)),
            Subject::Anything => {
                function()
                    || file()
                    || self.test.text(&g.state())
                    || g.labels
                        .iter()
                        .any(|(key, value)| self.test.text(key) || self.test.text(value))
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
