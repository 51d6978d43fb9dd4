//! What is worth looking at in the heap, each with its evidence and where to look.

use super::{analysed, doubt};
use crate::answer::Failure;
use crate::browse::Open;
use crate::commands::heap::page;
use dumpview_model::units::{bytes, plural};
use dumpview_process::heap::suspects::{Question, Suspect, Thresholds};
use dumpview_tui::data::overview::{Item, Overview, Section};
use dumpview_tui::data::page::{Page, Standpoint, Target};
use dumpview_view::finding::{evidence, role};
use dumpview_view::job::Job;
use dumpview_view::line::{Line, Role};

/// The suspects. An earlier run may have left the answer.
///
/// # Errors
///
/// When there is no heap, or the job was stopped.
pub fn suspects(case: Open, job: &Job) -> Result<Overview, Failure> {
    if case.known_page().is_none() {
        analysed(case, job)?;
        job.now("looking for suspects");
    }
    let page = page(case, &Thresholds::default())?;
    let live = bytes(page.live.bytes);
    let headline = match page.suspects.len() {
        0 => Line::plain(format!("no suspects among {live} that live")),
        n => Line::new(
            Role::Heading,
            format!("{} among {live} that live", plural(n as u64, "suspect")),
        ),
    };
    let first = page.suspects.first().and_then(|s| s.next.first());
    let mut sections: Vec<Section> = page.suspects.iter().map(section).collect();
    sections.push(elsewhere());
    if let Some(line) = doubt(page.bounds) {
        sections.push(Section {
            title: String::new(),
            items: vec![Item::new(line)],
        });
    }
    Ok(Overview {
        headline,
        go: first.map(target),
        sections,
        at: Standpoint::default(),
        verb: "heap",
        unfinished: false,
    })
}

/// A suspect: its sentence, what shows it, where to look.
fn section(suspect: &Suspect) -> Section {
    let go = suspect.next.first().map(target);
    let finding = &suspect.finding;
    let mut items = vec![Item {
        line: Line::new(
            role(finding.severity),
            format!("{:8}", finding.severity.name()),
        )
        .and(Role::Plain, format!("  {}", finding.text)),
        go: go.clone(),
        share: None,
        short: None,
    }];
    items.extend(evidence(finding).map(|line| {
        let text = line.text();
        Item {
            line: Line::new(Role::Dim, format!("          {}", text.trim_start())),
            go: go.clone(),
            share: None,
            short: None,
        }
    }));
    items.extend(suspect.next.iter().map(|question| {
        let line = Line::plain("          → ").and(Role::Name, question.to_string());
        Item::leading(line, target(question))
    }));
    Section {
        title: format!("{}  {}", bytes(suspect.retained_bytes), finding.id),
        items,
    }
}

/// What else there is to look at.
fn elsewhere() -> Section {
    let item = |text: &str, page| Item::leading(Line::plain(text.to_owned()), Target::Page(page));
    Section {
        title: "the whole heap".to_owned(),
        items: vec![
            item("what there is most of: types", Page::Types),
            item("who keeps it: the dominator tree", Page::Retained),
            item("what keeps it: package variables, goroutines", Page::Roots),
        ],
    }
}

/// The screen that answers a question.
fn target(question: &Question) -> Target {
    let word = question.word.clone();
    let ty = word.strip_prefix("--type ").map(str::to_owned);
    let goroutine = word.strip_prefix("-g ").and_then(|id| id.parse().ok());
    match (question.verb, ty, goroutine) {
        ("heap tree", ..) if word.is_empty() => Target::Page(Page::Retained),
        ("heap tree", ..) => Target::Kept { name: word },
        ("heap paths", Some(ty), _) => Target::Instances { ty },
        ("heap object" | "heap refs" | "heap paths", ..) if !word.is_empty() => {
            Target::Place { name: word }
        }
        ("bt", _, Some(id)) => Target::Goroutine {
            id: Some(id),
            frame: None,
        },
        ("goroutines", ..) => Target::Page(Page::Goroutines),
        _ => Target::Command {
            line: question.to_string(),
            at: Standpoint::default(),
        },
    }
}
