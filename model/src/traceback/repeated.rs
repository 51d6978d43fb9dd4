//! The same crash, or the same panic that was survived, again and again in one log.

use super::{Collected, Summary};
use crate::death_kind::DeathKind;
use crate::finding::{Finding, Severity};
use crate::goroutine::Place;
use crate::units::grouped;
use std::collections::BTreeMap;

/// So many of one kind are a loop: two may be a coincidence.
const LOOP: usize = 3;
/// A panic's value may be a whole document.
const MOST: usize = 160;

/// What makes two of them one kind: the words without their numbers, and the place.
type Kind<'s> = (&'s str, String, Option<(&'s str, Option<u32>)>);

/// A sentence for each kind that came again and again, the most frequent first.
pub fn repeated(found: &Collected) -> Vec<Finding> {
    let mut kinds: BTreeMap<Kind<'_>, Vec<&Summary>> = BTreeMap::new();
    for summary in &found.dumps {
        let Some(cause) = summary.cause else {
            continue;
        };
        let place = summary.place.as_deref();
        let place = place.map(|place| (place.function.as_str(), place.line));
        let what = match cause {
            DeathKind::Quit => "quit",
            DeathKind::Served => "survived",
            _ => "crash",
        };
        let place = place.filter(|_| cause != DeathKind::Quit);
        let kind = (what, without_numbers(summary.text()), place);
        kinds.entry(kind).or_default().push(summary);
    }
    let mut kinds: Vec<_> = kinds
        .into_iter()
        .filter(|(_, of)| of.len() >= LOOP)
        .collect();
    kinds.sort_by_key(|(_, of)| std::cmp::Reverse(of.len()));
    let all_kept = found.dumps.len() >= found.dump_count;
    let found = kinds.into_iter().take(3);
    found
        .filter_map(|((what, ..), of)| finding(what, &of, all_kept))
        .collect()
}

fn finding(what: &str, of: &[&Summary], all_kept: bool) -> Option<Finding> {
    let (first, last) = (of.first()?, of.last()?);
    let least = if all_kept { "" } else { "at least " };
    let times = format!("{least}{} times", grouped(of.len() as u64));
    let lines = format!(
        "lines {} to {}",
        grouped(first.line),
        grouped(last.last_line)
    );
    let text = match last.text().split_once(": ") {
        // Whom it served is another one each time.
        Some((_, panic)) if what == "survived" => panic,
        _ => last.text(),
    };
    let mut reason: String = text.lines().next()?.chars().take(MOST).collect();
    if reason.len() < text.len() {
        reason.push('…');
    }
    let place = last.place.as_deref().map(words).unwrap_or_default();
    let (id, severity, text) = match what {
        "quit" => (
            "crash.quit-again",
            Severity::Info,
            format!("SIGQUIT asked {times} for all goroutines, {lines}"),
        ),
        "survived" => (
            "crash.survived",
            Severity::Warning,
            format!("the same panic was survived {times}, {lines}: {reason}{place}"),
        ),
        _ => (
            "crash.loop",
            Severity::Critical,
            format!("a crash loop: the same crash {times}, {lines}: {reason}{place}"),
        ),
    };
    let finding = Finding::new(id, severity, text);
    Some(of.iter().fold(finding, |finding, summary| {
        finding.at(summary.line, String::new())
    }))
}

fn words(place: &Place) -> String {
    match (&place.file, place.line) {
        (Some(file), Some(line)) => format!(" in {} ({file}:{line})", place.function),
        _ => format!(" in {}", place.function),
    }
}

/// Addresses, ports, lengths and counters differ from crash to crash.
fn without_numbers(text: &str) -> String {
    let mut out = String::new();
    let mut in_number = false;
    for c in text.chars().take(MOST) {
        let is_number = c.is_ascii_digit() || in_number && (c == 'x' || c.is_ascii_hexdigit());
        if is_number && !in_number {
            out.push('#');
        } else if !is_number {
            out.push(c);
        }
        in_number = is_number;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn died(line: u64, cause: DeathKind, reason: &str, function: &str) -> Arc<Summary> {
        Arc::new(Summary {
            number: 1,
            line,
            last_line: line + 9,
            process: crate::log::ProcessId::default(),
            goroutines: 1,
            repeated: 0,
            fatal: true,
            reason: Some(reason.to_owned()),
            cause: Some(cause),
            place: Some(Arc::new(Place {
                function: function.to_owned(),
                file: Some("/src/main.go".to_owned()),
                line: Some(8),
            })),
            embedded: false,
            before: Vec::new(),
        })
    }

    fn said(dumps: Vec<Arc<Summary>>) -> Vec<String> {
        let found = Collected {
            dump_count: dumps.len(),
            dumps,
            ..Collected::default()
        };
        repeated(&found).into_iter().map(|f| f.text).collect()
    }

    #[test]
    fn the_same_crash_with_other_numbers_is_a_loop() {
        let crash = |line, n| {
            let reason = format!("panic: pool {n}: connection refused 0xc00{n}4a");
            died(line, DeathKind::Panic, &reason, "main.dial")
        };
        assert_eq!(
            said(vec![crash(10, 7), crash(200, 12), crash(3000, 4)]),
            [
                "a crash loop: the same crash 3 times, lines 10 to 3,009: panic: pool 4: connection refused 0xc0044a in \
                 main.dial (/src/main.go:8)"
            ]
        );
    }

    #[test]
    fn two_crashes_and_crashes_at_other_places_are_none() {
        let nil = "panic: nil pointer dereference";
        let at = |line, function| died(line, DeathKind::Panic, nil, function);
        assert!(said(vec![at(1, "main.a"), at(20, "main.a")]).is_empty());
        assert!(said(vec![at(1, "main.a"), at(20, "main.a"), at(30, "main.b")]).is_empty());
    }

    #[test]
    fn signals_that_were_asked_for_are_no_crash_loop() {
        let asked = |line, function| died(line, DeathKind::Quit, "asked to dump", function);
        assert_eq!(
            said(vec![
                asked(1, "main.a"),
                asked(20, "main.b"),
                asked(30, "main.c")
            ]),
            ["SIGQUIT asked 3 times for all goroutines, lines 1 to 39"]
        );
    }
}
