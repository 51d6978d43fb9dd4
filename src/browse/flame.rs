//! Stacks of goroutines as a tree of calls, and beside them what a core has counted of memory: the same picture as that of a profile.

use super::goroutines;
use crate::answer::Failure;
use crate::case::core::Case;
use dumpview_model::profile::{Command, Options, Report};
use dumpview_parsers::pprof::{Builder, Profile, Sample, ValueType};
use dumpview_process::profile::{Kind, read};
use dumpview_tui::data::goroutines::Goroutines;
use dumpview_tui::data::profile::{AskFlame, Pictured, Selection};
use dumpview_view::job::Job;

/// What is less than this share of all is not drawn.
const LEAST: f64 = 1e-4;

/// Goroutines that are not the runtime's own, as a profile that counts them.
fn counted(all: &Goroutines) -> Profile {
    let mut builder = Builder::default();
    let mut samples = Vec::new();
    for g in all.rows.iter().filter(|g| !g.system) {
        let Some(stack) = all.stack(g) else { continue };
        let calls = stack.calls.iter();
        samples.push(Sample {
            locations: calls.map(|(function, _)| builder.place(function)).collect(),
            values: vec![1],
            labels: Vec::new(),
        });
    }
    let mut profile = builder.profile;
    profile.sample_types = vec![ValueType::new("goroutine", "count")];
    for sample in &samples {
        profile.add(sample);
    }
    profile
}

fn pictured(profile: Profile, index: usize, asked: &AskFlame) -> Result<Pictured, Failure> {
    let labels = asked.select.labels.clone().unwrap_or_default();
    let options = Options {
        sample_index: index.to_string(),
        tagfocus: labels.clone(),
        ..Options::default()
    };
    let types = profile.sample_types.iter().map(|of| of.kind.clone());
    let types = types.collect();
    let report = Report::new(profile, Command::Folded, &options)?;
    Ok(Pictured {
        flame: report.flame(&asked.way, LEAST),
        selection: Selection {
            number: None,
            types,
            index,
            labels,
            filters: options.selecting(),
        },
    })
}

/// The tree of goroutines' calls.
pub fn of_goroutines(all: &Goroutines, asked: &AskFlame) -> Result<Pictured, Failure> {
    pictured(counted(all), 0, asked)
}

/// The same of a core, and behind it what the runtime has sampled of memory, where that can be read.
pub fn of_core(case: &Case<'_>, asked: &AskFlame, job: &Job) -> Result<Pictured, Failure> {
    let memory = read(&case.process, Kind::Heap)
        .ok()
        .map(|read| read.profile);
    let memory = memory.filter(|profile| !profile.samples.is_empty());
    let kinds = memory.iter().flat_map(|profile| &profile.sample_types);
    let kinds: Vec<String> = kinds.map(|of| of.kind.clone()).collect();
    let index = asked.select.index.unwrap_or(0);
    let of_memory = index.checked_sub(1).filter(|at| *at < kinds.len());
    let mut pictured = match (of_memory, memory) {
        (Some(at), Some(profile)) => pictured(profile, at, asked)?,
        _ => of_goroutines(&goroutines::all(case, job)?, asked)?,
    };
    pictured.selection.index = of_memory.map_or(0, |at| at + 1);
    pictured.selection.types = std::iter::once("goroutine".to_owned())
        .chain(kinds)
        .collect();
    Ok(pictured)
}
