//! The first page of a core: why it died, where, what is worth a look, and what the answer rests on.

use crate::answer::{Answer, Failure};
use crate::case::core::{Case, Cursor};
use crate::commands::bt::{arguments, function_name, place};
use crate::commands::{heap_dump, info};
use dumpview_model::finding::Subject;
use dumpview_model::units::{duration, grouped, plural};
use dumpview_process::heapdump::HeapDump;
use dumpview_process::postmortem::{At, BacktraceOptions, Summary};
use dumpview_process::runtime::{Collections, Goroutine, WaitReasons};
use dumpview_tui::data::overview::{Item, Overview, Section};
use dumpview_tui::data::page::{Page, Standpoint, Target};
use dumpview_view::Text;
use dumpview_view::line::{Line, Role};
use dumpview_view::text::lines_of;
use std::collections::HashMap;
use std::io;

/// Frames of the crashing goroutine that stand on the page.
const FRAMES: usize = 8;

/// Sums up a core, or a heap dump.
///
/// # Errors
///
/// When a heap dump has more references than can be numbered.
pub fn page(case: &Case<'_>) -> Result<Overview, Failure> {
    match case.process.heap_dump {
        Some(dump) => of_dump(case, dump),
        None => Ok(of_core(case)),
    }
}

/// A heap dump, in the lines that it has without a terminal.
fn of_dump(case: &Case<'_>, dump: &HeapDump<'_>) -> Result<Overview, Failure> {
    let report = heap_dump::report(case, dump)?;
    let mut items = text_of(|out| report.text(out));
    // The last line says what to type.
    items.pop();
    let headline = if items.is_empty() {
        Line::default()
    } else {
        items.remove(0).line
    };
    let sections = vec![
        Section {
            title: String::new(),
            items,
        },
        heap(),
    ];
    Ok(Overview {
        headline,
        go: Some(Target::Page(Page::Suspects)),
        sections,
        at: Standpoint::default(),
        verb: "report",
        unfinished: false,
    })
}

/// Where the heap is looked at: what takes a walk of it is not on the first page.
fn heap() -> Section {
    let item = |text: &str, page| Item::leading(Line::plain(text.to_owned()), Target::Page(page));
    Section {
        title: "heap".to_owned(),
        items: vec![
            item(
                "suspects: what keeps too much, and what is wasted",
                Page::Suspects,
            ),
            item("who keeps the memory, largest first", Page::Retained),
        ],
    }
}

fn of_core(case: &Case<'_>) -> Overview {
    let summary = case.summary();
    let at = case.at(None, &Cursor::default()).ok();
    let goroutine = at.as_ref().map(|at| at.goroutine.id.0);
    let mut sections = vec![panics(&summary), findings(&summary, goroutine)];
    sections.extend(at.as_ref().map(|at| stack(case, at)));
    sections.extend(states(case));
    sections.extend(case.process.runtime().map(|_| heap()));
    sections.extend(collector(case));
    sections.push(printed(&summary));
    sections.push(Section {
        title: "what this is".to_owned(),
        items: text_of(|out| info::facts(&summary, out)),
    });
    sections.push(missing(case));
    sections.push(Section {
        title: "checked against the runtime's own counters".to_owned(),
        // The first line that is not empty is the title.
        items: text_of(|out| info::checks(&summary, out))
            .into_iter()
            .skip(1)
            .collect(),
    });
    sections.retain(|section| !section.items.is_empty());
    Overview {
        headline: Line::new(info::role(&summary), summary.reason.clone()),
        go: goroutine.map(|id| Target::Goroutine {
            id: Some(id),
            frame: None,
        }),
        sections,
        at: Standpoint {
            goroutine,
            frame: at.as_ref().map(|at| at.first_user_call()),
        },
        verb: "report",
        unfinished: false,
    }
}

/// What a command prints, as items.
fn text_of(print: impl FnOnce(&mut Text<'_>) -> io::Result<()>) -> Vec<Item> {
    lines_of(print)
        .into_iter()
        .filter(|line| !line.text().trim().is_empty())
        .map(Item::new)
        .collect()
}

/// The panics in flight, when there are several, and their values.
fn panics(summary: &Summary) -> Section {
    let mut items = text_of(|out| info::reason(summary, out));
    // The first line is the headline.
    if !items.is_empty() {
        items.remove(0);
    }
    Section {
        title: String::new(),
        items,
    }
}

/// The top of the stack that people look at first.
fn stack(case: &Case<'_>, at: &At) -> Section {
    let id = at.goroutine.id.0;
    let first = at.first_user_call();
    let known = case.backtrace(at, BacktraceOptions::arguments(FRAMES * 2, 32));
    let calls = at.calls.iter().enumerate().skip(first);
    let shown = calls.filter(|(_, call)| !call.frame.runtime).take(FRAMES);
    let items = shown.map(|(index, call)| {
        let args = known.frames.get(index).map(arguments).unwrap_or_default();
        let args = shortened(args);
        let line = Line::new(Role::Dim, format!("{index:>3}  "))
            .and(Role::Name, function_name(&call.frame))
            .and(Role::Plain, format!("({args})  "))
            .and(Role::Dim, place(&call.frame));
        let go = Target::Goroutine {
            id: Some(id),
            frame: Some(index),
        };
        let all = place(&call.frame);
        let short = Line::new(Role::Dim, format!("{index:>3}  "))
            .and(Role::Name, function_name(&call.frame))
            .and(Role::Plain, "(…)  ")
            .and(Role::Dim, all.rsplit('/').next().unwrap_or(&all).to_owned());
        Item {
            short: Some(short),
            ..Item::leading(line, go)
        }
    });
    let state = case.describe(&at.goroutine).state();
    Section {
        items: items.collect(),
        title: format!("goroutine {id} [{state}]"),
    }
}

/// Arguments that would take more than a line, cut: all of them are one key away.
fn shortened(mut args: String) -> String {
    const MOST: usize = 60;
    if let Some((at, _)) = args.char_indices().nth(MOST) {
        args.truncate(at);
        args.push('…');
    }
    args
}

/// Findings, each leading to what it is about.
fn findings(summary: &Summary, goroutine: Option<u64>) -> Section {
    let items = summary.findings.iter().map(|finding| {
        let go = finding.subject.map(|subject| match subject {
            Subject::Goroutines => Target::Page(Page::Goroutines),
            Subject::Waits => Target::Page(Page::Waits),
            Subject::Crashed => Target::Goroutine {
                id: goroutine,
                frame: None,
            },
        });
        let mut item = Item::finding(finding, go);
        let evidence: Vec<&str> = finding.evidence.iter().map(|e| e.what.as_str()).collect();
        let evidence = format!("  ({})", evidence.join(", "));
        item.line.push(Role::Dim, evidence);
        item
    });
    Section {
        title: "findings".to_owned(),
        items: items.collect(),
    }
}

/// How many goroutines are in which state.
fn states(case: &Case<'_>) -> Option<Section> {
    const MOST: usize = 8;
    let process = &case.process;
    let all = process.goroutines().ok()?;
    let reasons = WaitReasons::read(&process.runtime()?);
    let mut counts: HashMap<String, u64> = HashMap::new();
    let mut by_kind: HashMap<_, u64> = HashMap::new();
    let own = |g: &&Goroutine| !case.is_system(g);
    let mut total = 0;
    // The runtime's own are on the screen when they are asked for; here they would only stand between.
    for g in all.list().iter().filter(own) {
        total += 1;
        let reason = g.status.is_blocked().then_some(g.waitreason);
        *by_kind.entry((g.status, reason)).or_default() += 1;
    }
    for ((status, reason), count) in by_kind {
        let text = reason.and_then(|reason| reasons.text(reason));
        let state = text.map_or_else(|| status.as_str().to_owned(), ToString::to_string);
        *counts.entry(state).or_default() += count;
    }
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let more = counts.len().saturating_sub(MOST);
    let mut items: Vec<Item> = counts
        .into_iter()
        .take(MOST)
        .map(|(state, count)| Item {
            short: None,
            line: Line::new(Role::Number, format!("{count:>8}  ")).and(Role::Plain, state.clone()),
            share: Some((count, total)),
            go: Some(Target::Filtered {
                page: Page::Goroutines,
                filter: format!("state=\"{state}\""),
            }),
        })
        .collect();
    if more > 0 {
        let line = Line::new(Role::Dim, format!("          {more} more states"));
        items.push(Item::leading(line, Target::Page(Page::Goroutines)));
    }
    let own = match all.list().len() as u64 - total {
        0 => String::new(),
        own => format!(", {own} more of the runtime's own"),
    };
    Some(Section {
        title: format!("{}{own}", plural(total, "goroutine")),
        items,
    })
}

/// What the runtime remembers of its collections.
fn collector(case: &Case<'_>) -> Option<Section> {
    let collections = Collections::read(&case.process.runtime()?)?;
    let forced = match collections.forced {
        0 => String::new(),
        n => format!(", {} asked for by the program", grouped(n)),
    };
    let line = Line::new(Role::Number, plural(collections.count, "collection")).and(
        Role::Plain,
        format!(
            "{forced}; the world stood still for {} in all",
            duration(collections.pause_total_ns)
        ),
    );
    let go = Target::Page(Page::Timeline);
    let mut items = vec![Item::leading(line, go.clone())];
    if let Some(longest) = collections.pauses.iter().max_by_key(|pause| pause.ns) {
        let among = collections.pauses.len() as u64;
        let line = Line::plain(format!(
            "the longest pause of the last {}: {}, collection {}",
            grouped(among),
            duration(longest.ns),
            grouped(longest.cycle)
        ));
        items.push(Item::leading(line, go));
    }
    Some(Section {
        title: "collector".to_owned(),
        items,
    })
}

fn printed(summary: &Summary) -> Section {
    let text = summary.printed.as_deref().unwrap_or_default().trim_end();
    Section {
        title: "last printed by the runtime".to_owned(),
        items: text
            .lines()
            .map(|line| Item::new(Line::plain(line.replace('\t', "    "))))
            .collect(),
    }
}

fn missing(case: &Case<'_>) -> Section {
    let shortfalls = case.process.shortfalls.iter();
    Section {
        title: "missing from the input".to_owned(),
        items: shortfalls
            .map(|shortfall| {
                let line = Line::new(Role::Warning, format!("{}: ", shortfall.what))
                    .and(Role::Plain, shortfall.why.clone());
                Item::leading(line, Target::Page(Page::Memory))
            })
            .collect(),
    }
}
