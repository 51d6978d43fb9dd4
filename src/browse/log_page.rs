//! The first page of a log: what is in it, the worst first.

use super::log::Log;
use crate::commands::contents::{DeathDoc, MomentDoc, Report};
use crate::words::quoted;
use dumpview_model::finding::Severity;
use dumpview_model::inventory::Part;
use dumpview_model::units::{grouped, plural};
use dumpview_tui::data::overview::{Item, Overview, Section};
use dumpview_tui::data::page::{Page, Standpoint, Target};
use dumpview_view::finding;
use dumpview_view::line::{Line, Role};
use dumpview_view::text::lines_of;

impl Log {
    /// Sums up what was read so far.
    pub fn overview(&self) -> Overview {
        let (report, ended) = {
            let state = self.state();
            let lost = state.ended.as_ref().and_then(|ended| ended.lost.clone());
            let lost = lost.or_else(|| self.spool.lost());
            (
                Report::of(&state.model, &self.name, lost),
                state.ended.is_some(),
            )
        };
        let death = report.death();
        let mut sections = Vec::new();
        sections.extend(death.map(|death| where_it_died(death, report.told.as_ref())));
        if let (None, Some(told)) = (death, &report.told) {
            sections.push(section_of("goroutines were printed", told));
        }
        sections.extend([
            others(&report),
            findings(&report),
            inventory(&self.name, &report),
            unread(&report),
        ]);
        sections.extend(report.lost.as_ref().map(|why| Section {
            title: "missing from the input".to_owned(),
            items: vec![Item::new(Line::new(Role::Warning, why.clone()))],
        }));
        sections.retain(|section| !section.items.is_empty());
        let worst = report
            .findings
            .first()
            .and_then(|worst| worst.evidence.first());
        let target = match death {
            Some(death) => Some(death.line),
            None => worst.and_then(|evidence| evidence.line),
        };
        Overview {
            headline: headline(&report, ended),
            go: target.map(Target::text_line),
            sections,
            at: Standpoint::default(),
            verb: "",
            unfinished: !ended,
        }
    }
}

fn headline(report: &Report, ended: bool) -> Line {
    let worst = report.findings.first();
    match (report.death(), worst) {
        (Some(death), _) => {
            let told = report.told.as_ref().filter(|told| told.line == death.line);
            let role = match told {
                Some(told) if told.is_asked_for() => Role::Heading,
                _ => Role::Alarm,
            };
            Line::new(role, death.text.clone())
        }
        (None, Some(worst)) if ended && worst.severity > Severity::Info => {
            // The whole of it stands below.
            Line::new(Role::Warning, finding::verdict(worst).to_owned())
        }
        (None, _) if ended => Line::new(Role::Heading, "no crash is in this log"),
        (None, _) => Line::new(
            Role::Heading,
            "no crash in this log so far; it is still being read",
        ),
    }
}

/// The stack that died, or the groups where nobody is to blame; each line leads to the goroutines.
fn section_of(title: &str, told: &DeathDoc) -> Section {
    let lines = lines_of(|out| told.text(out)).into_iter();
    let items = lines
        .filter(|line| !line.text().trim().is_empty())
        .map(|line| Item::leading(line, Target::Page(Page::Goroutines)));
    Section {
        title: title.to_owned(),
        items: items.collect(),
    }
}

fn where_it_died(death: &MomentDoc, told: Option<&DeathDoc>) -> Section {
    let go = Target::text_line(death.line);
    let goroutines = death
        .goroutines
        .map_or_else(String::new, |n| format!(", {}", plural(n, "goroutine")));
    let place = format!("line {}{goroutines}", grouped(death.line));
    let mut items = vec![Item::leading(Line::plain(place), go.clone())];
    if let Some(told) = told.filter(|told| told.line == death.line) {
        items.extend(section_of("", told).items);
    }
    if death.goroutines.is_some() {
        let line = Line::plain("its goroutines, grouped by their stacks");
        items.push(Item::leading(line, Target::Page(Page::Goroutines)));
    }
    let before = death.before.iter();
    items.extend(before.map(|line| Item::leading(Line::new(Role::Dim, line.clone()), go.clone())));
    Section {
        title: "where, and the application's last lines before it".to_owned(),
        items,
    }
}

fn others(report: &Report) -> Section {
    let death = report.death().map(|death| death.line);
    let moments = report.moments.iter();
    let items = moments
        .filter(|moment| death != Some(moment.line))
        .map(|moment| {
            let line = Line::new(Role::Dim, format!("line {:>9}  ", grouped(moment.line)))
                .and(Role::Warning, format!("{}: ", moment.kind))
                .and(Role::Plain, moment.text.clone());
            Item::leading(line, Target::text_line(moment.line))
        });
    Section {
        title: "other crashes, dumps and kills".to_owned(),
        items: items.collect(),
    }
}

/// Findings, each leading to the first line that shows it.
fn findings(report: &Report) -> Section {
    let items = report.findings.iter().map(|finding| {
        let line = finding.evidence.first().and_then(|evidence| evidence.line);
        Item::finding(finding, line.map(Target::text_line))
    });
    Section {
        title: "findings".to_owned(),
        items: items.collect(),
    }
}

fn inventory(name: &str, report: &Report) -> Section {
    let items = report.inventory.parts().map(|(part, extent)| {
        let (first, last) = (grouped(extent.first), grouped(extent.last));
        let line = Line::plain(format!("{:<18}", part.as_str()))
            .and(Role::Number, format!("{:>12}", grouped(extent.records)))
            .and(Role::Dim, format!("  lines {first} to {last}"));
        // Screens of a log show everything else.
        let line = match part {
            Part::Profile => line.and(Role::Plain, format!("  dumpview pprof {}", quoted(name))),
            _ => line,
        };
        let go = match part {
            Part::MemStats => Target::Page(Page::Memstats),
            Part::Alloc => Target::Page(Page::Alloc),
            part => Target::Filtered {
                page: Page::Text,
                filter: format!("kind={}", part.as_str()),
            },
        };
        Item::leading(line, go)
    });
    Section {
        title: format!("{name} holds"),
        items: items.collect(),
    }
}

fn unread(report: &Report) -> Section {
    const MOST: usize = 20;
    let lines = report.unread.lines().iter().take(MOST);
    let items = lines.map(|lost| {
        let text = Line::new(Role::Dim, format!("line {:>9}  ", grouped(lost.line)))
            .and(Role::Plain, lost.why);
        Item::leading(text, Target::text_line(lost.line))
    });
    Section {
        title: "looked like traces and could not be read".to_owned(),
        items: items.collect(),
    }
}
