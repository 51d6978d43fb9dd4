//! A profile that is open, as screens ask it.

use super::answer::{Around, Asked};
use super::judged::judged;
use super::{PprofFlags, read};
use crate::answer::Failure;
use crate::case::Files;
use dumpview_model::finding::Finding;
use dumpview_model::profile::{
    Command, Flame, Options, Report, Session, Step, Way, Whole, sample_index,
};
use dumpview_parsers::pprof::Profile;
use dumpview_view::rows::{Cost, CostRow, CostUnit};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// What is less than this share of all is not drawn: a screen, zoomed thirty times, has no room for it.
const LEAST: f64 = 1e-4;

/// The profile, and the options that the prompt has set.
pub struct Opened {
    profile: Profile,
    whole: Whole,
    /// What was to be said when it was read.
    pub notes: Vec<String>,
    session: Mutex<Session>,
    source_path: Vec<String>,
    executables: Vec<PathBuf>,
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
    /// Opens it; where there is an older one, what differs.
    pub fn open(files: &Files<'_>, older: Option<&Path>) -> Result<Self, Failure> {
        let args = PprofFlags {
            diff_base: older
                .map(|path| path.display().to_string())
                .into_iter()
                .collect(),
            ..PprofFlags::default()
        };
        let loaded = read::load(files, &args)?;
        Ok(Self {
            notes: loaded.said().map(str::to_owned).collect(),
            session: Mutex::new(Session::new(&loaded.profile, &args.options)),
            executables: loaded.executables,
            profile: loaded.profile,
            whole: if older.is_some() {
                Whole::Difference
            } else {
                Whole::Profile
            },
            source_path: files.common.source_path.clone(),
        })
    }

    /// Words with which a line of the prompt begins: reports, then options.
    pub fn words() -> Vec<String> {
        let reports = Command::ALL.iter().map(|report| report.as_str());
        let options = Options::NAMES.iter().copied();
        reports.chain(options).map(str::to_owned).collect()
    }

    /// Names of its values.
    pub fn types(&self) -> Vec<String> {
        let types = self.profile.sample_types.iter();
        types.map(|of| of.kind.clone()).collect()
    }

    /// Which value is shown when none is asked for.
    pub fn index(&self) -> usize {
        sample_index(&self.profile, "").unwrap_or(0)
    }

    fn report(&self, command: Command, index: usize, labels: &str) -> Result<Report, Failure> {
        let options = Options {
            sample_index: index.to_string(),
            tagfocus: labels.to_owned(),
            nodecount: 0,
            nodefraction: 0.0,
            ..Options::default()
        };
        Ok(Report::new(self.profile.clone(), command, &options)?)
    }

    /// The tree of calls, and what is counted in all.
    pub fn flame(&self, index: usize, way: &Way, labels: &str) -> Result<(Flame, i64), Failure> {
        let report = self.report(Command::Folded, index, labels)?;
        Ok((report.flame(way, LEAST), report.counted()))
    }

    /// What matters.
    pub fn findings(&self, index: usize) -> Result<Vec<Finding>, Failure> {
        let options = Options {
            sample_index: index.to_string(),
            ..Options::default()
        };
        Ok(judged(&self.profile, &options, self.whole)?.findings)
    }

    /// Functions by what they cost.
    pub fn functions(&self, index: usize) -> Result<Costs, Failure> {
        let mut report = self.report(Command::Top, index, "")?;
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
        Ok(Costs {
            rows: rows.collect(),
            head: report.about(),
            unit,
        })
    }

    /// Answers a line of pprof's prompt; options stay.
    pub fn line(&self, line: &str) -> Result<Vec<String>, Failure> {
        let mut session = self
            .session
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        match session.line(line).map_err(Failure::usage)? {
            Step::Done | Step::Quit => Ok(vec!["set".to_owned()]),
            Step::Options(all) => {
                let lines = all.into_iter();
                Ok(lines
                    .map(|(name, value)| format!("  {name:25} = {value}"))
                    .collect())
            }
            Step::Report {
                command,
                pattern,
                options,
                output,
            } => {
                let profile = self.profile.clone();
                let asked = Asked::new(
                    profile,
                    command,
                    pattern.as_deref(),
                    &options,
                    Around {
                        rules: &self.source_path,
                        executables: &self.executables,
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
                    return Ok(vec![format!("written to {}", file.display())]);
                }
                let text = String::from_utf8_lossy(&text).replace('\t', "        ");
                Ok(text.lines().map(str::to_owned).collect())
            }
        }
    }
}
