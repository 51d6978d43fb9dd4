//! A profile that is open, as screens ask it.

use super::PprofFlags;
use super::answer::{Around, Asked};
use super::judged::judged;
use super::read::{self, Loaded};
use crate::answer::Failure;
use crate::case::Files;
use crate::flags::Common;
use dumpview_model::profile::{
    Command, Flame, Options, Report, Session, Step, Verdict, Way, Whole, checked, sample_index,
};
use dumpview_parsers::pprof::Profile;
use dumpview_view::rows::{Cost, CostRow, CostUnit};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is less than this share of all is not drawn: a screen, zoomed thirty times, has no room for it.
const LEAST: f64 = 1e-4;

/// What was read, and what of it is looked at.
pub struct Opened {
    paths: Vec<PathBuf>,
    args: PprofFlags,
    common: Common,
    whole: Whole,
    state: Mutex<State>,
}

struct State {
    loaded: Loaded,
    session: Session,
    /// How often the selection was changed.
    number: u64,
}

/// What is looked at: the same for every question until the next one changes it.
pub struct LookedAt {
    /// How often it was changed.
    pub number: u64,
    /// Names of the values that there are.
    pub types: Vec<String>,
    /// Which of them.
    pub index: usize,
    /// Labels that samples have to have.
    pub labels: String,
    /// All that is left out, as it is typed.
    pub filters: Vec<String>,
}

/// What a line of the prompt did.
pub enum Answered {
    /// There is something to read.
    Lines(Vec<String>),
    /// Something is looked at or told otherwise from now on.
    Changed(String),
}

/// What functions cost.
pub struct Costs {
    /// What stands above them.
    pub head: Vec<String>,
    /// The functions.
    pub rows: Vec<CostRow>,
    /// What is counted.
    pub unit: CostUnit,
}

#[expect(clippy::cast_precision_loss, reason = "shown with few digits")]
fn share(value: i64, total: i64) -> f64 {
    if total == 0 {
        0.0
    } else {
        value as f64 / total as f64
    }
}

impl Opened {
    /// Opens it, with the flags of the command line.
    pub fn open(
        paths: Vec<PathBuf>,
        mut args: PprofFlags,
        common: Common,
    ) -> Result<Self, Failure> {
        // What was before is to be seen beside what is now.
        if args.diff_base.is_empty() {
            args.diff_base = std::mem::take(&mut args.base);
        }
        let loaded = loaded(&paths, &args, &common)?;
        checked(&args.options)?;
        sample_index(&loaded.profile, &args.options.sample_index)?;
        Ok(Self {
            whole: if args.diff_base.is_empty() {
                Whole::Profile
            } else {
                Whole::Difference
            },
            state: Mutex::new(State {
                session: Session::new(&loaded.profile, &args.options),
                loaded,
                number: 0,
            }),
            paths,
            args,
            common,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Words with which a line of the prompt begins: reports, then options.
    pub fn words() -> Vec<String> {
        let reports = Command::ALL.iter().map(|report| report.as_str());
        let options = Options::NAMES.iter().copied();
        reports.chain(options).map(str::to_owned).collect()
    }

    /// What was to be said when it was read.
    pub fn notes(&self) -> Vec<String> {
        self.state().loaded.said().map(str::to_owned).collect()
    }

    /// How often the selection was changed.
    pub fn number(&self) -> u64 {
        self.state().number
    }

    /// What is looked at now.
    pub fn looked_at(&self) -> LookedAt {
        let state = self.state();
        let options = state.session.options();
        let types = state.loaded.profile.sample_types.iter();
        LookedAt {
            number: state.number,
            types: types.map(|of| of.kind.clone()).collect(),
            index: sample_index(&state.loaded.profile, &options.sample_index).unwrap_or(0),
            labels: options.tagfocus.clone(),
            filters: options.selecting(),
        }
    }

    /// Looks at another value, or at samples with other labels.
    pub fn select(&self, index: Option<usize>, labels: Option<&str>) -> Result<(), Failure> {
        let mut state = self.state();
        let mut options = state.session.options().clone();
        if let Some(index) = index {
            options.sample_index = index.to_string();
        }
        if let Some(labels) = labels {
            labels.clone_into(&mut options.tagfocus);
        }
        self.change(&mut state, options)
    }

    /// Goes by other options from now on; what cannot be is left as it was.
    fn change(&self, state: &mut State, options: Options) -> Result<(), Failure> {
        let before = state.session.options();
        if *before == options {
            return Ok(());
        }
        checked(&options)?;
        sample_index(&state.loaded.profile, &options.sample_index)?;
        if before.normalize != options.normalize {
            let mut args = self.args.clone();
            args.options.normalize = options.normalize;
            state.loaded = loaded(&self.paths, &args, &self.common)?;
        }
        state.session.set_options(options);
        state.number += 1;
        Ok(())
    }

    fn report(&self, command: Command) -> Result<Report, Failure> {
        let state = self.state();
        let options = state.session.options().on_a_screen();
        Ok(Report::new(
            state.loaded.profile.clone(),
            command,
            &options,
        )?)
    }

    /// The tree of calls.
    pub fn flame(&self, way: &Way) -> Result<Flame, Failure> {
        Ok(self.report(Command::Folded)?.flame(way, LEAST))
    }

    /// What matters.
    pub fn judged(&self) -> Result<Verdict, Failure> {
        let state = self.state();
        let options = state.session.options().on_a_screen();
        judged(&state.loaded.profile, &options, self.whole)
    }

    /// Functions by what they cost.
    pub fn functions(&self) -> Result<Costs, Failure> {
        let mut report = self.report(Command::Top)?;
        let trimmed = report.graph();
        let unit = match report.sample_unit.as_str() {
            "nanoseconds" => CostUnit::Nanos,
            "bytes" => CostUnit::Bytes,
            _ => CostUnit::Count,
        };
        let cost = |value: i64| Cost {
            value,
            share: share(value, report.total),
        };
        let rows = report.rows(&trimmed.graph).into_iter().map(|row| CostRow {
            flat: cost(row.flat),
            cum: cost(row.cum),
            function: row.name,
            unit,
        });
        let rows = rows.collect();
        let mut head = report.about();
        head.extend(self.shares());
        Ok(Costs { head, rows, unit })
    }

    /// What shares are of, where that is not what is shown.
    fn shares(&self) -> Option<String> {
        let is_difference = self.whole == Whole::Difference;
        is_difference.then(|| "Shares are of what was before".to_owned())
    }

    /// Answers a line of pprof's prompt; options stay.
    pub fn line(&self, line: &str) -> Result<Answered, Failure> {
        let mut state = self.state();
        let before = state.session.options().clone();
        let step = state.session.line(line).map_err(Failure::usage)?;
        let after = state.session.options().clone();
        state.session.set_options(before.clone());
        self.change(&mut state, after.clone())?;
        match step {
            Step::Done | Step::Quit => Ok(Answered::Changed(changed(
                &before,
                &after,
                &state.loaded.profile,
            ))),
            Step::Options(all) => {
                let lines = all.into_iter();
                Ok(Answered::Lines(
                    lines
                        .map(|(name, value)| format!("  {name:25} = {value}"))
                        .collect(),
                ))
            }
            Step::Report {
                command,
                pattern,
                options,
                output,
            } => {
                let asked = Asked::new(
                    state.loaded.profile.clone(),
                    command,
                    pattern.as_deref(),
                    &options,
                    Around {
                        rules: &self.common.source_path,
                        executables: &state.loaded.executables,
                    },
                )?;
                let mut text = Vec::new();
                if let (None, Some(failure)) = (&output, asked.not_to_be_shown()) {
                    return Err(failure);
                }
                let cannot = |error: std::io::Error| Failure::unreadable(error.to_string());
                asked.write(&mut text).map_err(cannot)?;
                if let Some(file) = output.map(PathBuf::from) {
                    std::fs::write(&file, text).map_err(cannot)?;
                    let written = format!("written to {}", file.display());
                    return Ok(Answered::Lines(vec![written]));
                }
                let text = String::from_utf8_lossy(&text).replace('\t', "        ");
                // An answer stays on the screen when something else is looked at.
                let mut head = vec![selection(&options, &state.loaded.profile)];
                head.extend(self.shares());
                head.extend(asked.warnings().iter().cloned());
                let lines = head.into_iter().chain(text.lines().map(str::to_owned));
                Ok(Answered::Lines(lines.collect()))
            }
        }
    }
}

fn loaded(paths: &[PathBuf], args: &PprofFlags, common: &Common) -> Result<Loaded, Failure> {
    let files = Files {
        paths,
        word: None,
        common,
    };
    read::load(&files, args)
}

/// What numbers are of, in words.
fn selection(options: &Options, profile: &Profile) -> String {
    let index = sample_index(profile, &options.sample_index).unwrap_or(0);
    let kind = profile.sample_types.get(index);
    let kind = kind.map_or(String::new(), |of| of.kind.clone());
    let words = std::iter::once(kind).chain(options.selecting());
    let words = words.chain(options.counting());
    words.collect::<Vec<_>>().join(", ")
}

/// What a line has changed, in words.
fn changed(before: &Options, after: &Options, profile: &Profile) -> String {
    if before.counting() != after.counting() {
        return format!(
            "{}: of answers to lines typed here; screens show sums",
            selection(after, profile)
        );
    }
    if before.on_a_screen() == after.on_a_screen() {
        return "set, for answers to lines typed here".to_owned();
    }
    format!("looked at: {}", selection(after, profile))
}
