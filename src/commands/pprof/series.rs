//! `pprof series`: profiles of one program by the time when they were taken.

use super::args::PprofFlags;
use super::read::profile;
use crate::answer::{Answer, Exit, Failure, Stop};
use crate::case::{Files, Kind, recognize_file};
use crate::out::Out;
use crate::times::date;
use crate::verb::{About, Inputs, OnFiles, Verb};
use crate::words::quoted;
use dumpview_model::profile::measure::label;
use dumpview_model::profile::{By, Series, SeriesReading, Trend, drop_frames, sample_index};
use dumpview_model::units::plural;
use dumpview_view::document::Incomplete;
use dumpview_view::sink::csv::Csv;
use dumpview_view::{Role, Text, styled};
use serde::Serialize;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// `pprof series`.
pub struct PprofSeriesVerb;

impl Verb for PprofSeriesVerb {
    type Args = PprofFlags;
    type Body = Series;
    const ABOUT: About = About {
        examples: &[
            "dumpview pprof series profiles/",
            "dumpview pprof series -sample_index=inuse_objects heap-*.pb.gz",
        ],
        notes: "A directory is all profiles in it; of several kinds, -sample_index says which. A sample counts for the program's own innermost \
                function; with -flat for the innermost, with -cum for all on the way, as in top. -nodecount=N shows so many.",
        ..super::about(
            "pprof series",
            "Profiles one after the other: the trend of each function, and since when it grows",
            Inputs::Files,
        )
    };
}

impl OnFiles for PprofSeriesVerb {
    const READS: &'static [Kind] = &[Kind::Profile, Kind::Log, Kind::Directory];

    fn answer(files: &Files<'_>, args: &PprofFlags, out: &mut Out<'_>) -> Result<Exit, Stop> {
        let mut incomplete = Vec::new();
        let by = match (args.options.cum, args.flat) {
            (true, _) => By::Cum,
            (_, true) => By::Flat,
            _ => By::Own,
        };
        let mut reading = SeriesReading::new(by);
        // Profiles of other kinds than the one that was asked for, and what the first of them says.
        let (mut others, mut why) = (0usize, None);
        for path in all(files.paths, &mut incomplete)? {
            let (mut of, lacks) = profile(&path)?;
            incomplete.extend(lacks);
            if !args.all_frames {
                drop_frames(&mut of);
            }
            if let Err(wrong) = sample_index(&of, &args.options.sample_index) {
                others += 1;
                why.get_or_insert(wrong);
                continue;
            }
            reading
                .take(path.display().to_string(), of, &args.options)
                .map_err(Failure::from)?;
        }
        if let Some(why) = why.filter(|_| reading.kinds().len() == 0) {
            return Err(Failure::from(why).into());
        }
        if others > 0 {
            let kind = &args.options.sample_index;
            out.complain(&format!(
                "{} of other kinds, which count no {kind}",
                plural(others as u64, "profile")
            ));
        }
        if reading.kinds().len() > 1 {
            return Err(several_kinds(&reading, files).into());
        }
        for lacks in &incomplete {
            out.complain(&lacks.why);
        }
        let shown = Shown {
            series: reading.finished(),
            most: usize::try_from(args.options.nodecount).ok(),
        };
        if shown.series.looks.len() < 2 {
            return Err(Failure::usage("a series is of two profiles at least").into());
        }
        out.whole(&super::envelope("pprof series", files), &incomplete, &shown)?;
        Ok(Exit::lacking(&incomplete))
    }
}

/// What to say of profiles that count different things.
fn several_kinds(reading: &SeriesReading, files: &Files<'_>) -> Failure {
    let counted: Vec<String> = reading
        .kinds()
        .map(|(kind, count)| format!("{count} count {kind}"))
        .collect();
    let paths = files.paths.iter();
    let paths: Vec<String> = paths
        .map(|path| quoted(&path.display().to_string()))
        .collect();
    let paths = paths.join(" ");
    let lines: Vec<String> = reading
        .kinds()
        .map(|(kind, _)| format!("dumpview pprof series -sample_index={kind} {paths}"))
        .collect();
    Failure::usage(format!(
        "a series is of one kind of profiles, and of these {}\n\nhint: {}",
        counted.join(", "),
        lines.join("\n      ")
    ))
}

/// The profiles, those of directories by name. What else lies in a directory is passed over.
fn all(paths: &[PathBuf], incomplete: &mut Vec<Incomplete>) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for path in paths {
        if !path.is_dir() {
            found.push(path.clone());
            continue;
        }
        let cannot = |error: io::Error| Failure::cannot_read(path, &error);
        let mut inside = Vec::new();
        for entry in std::fs::read_dir(path).map_err(cannot)? {
            inside.push(entry.map_err(cannot)?.path());
        }
        inside.sort();
        let (mut others, before) = (0usize, found.len());
        for file in inside.into_iter().filter(|file| file.is_file()) {
            if is_profile(&file) {
                found.push(file);
            } else {
                others += 1;
            }
        }
        if found.len() == before {
            incomplete.push(Incomplete {
                what: "input".to_owned(),
                why: format!(
                    "{}: none of its {others} files is a profile",
                    path.display()
                ),
            });
        }
    }
    Ok(found)
}

/// Whether profiles lie in a directory.
pub fn has_profiles(directory: &Path) -> bool {
    let inside = std::fs::read_dir(directory).into_iter().flatten();
    let mut files = inside.flatten().map(|entry| entry.path());
    files.any(|file| file.is_file() && is_profile(&file))
}

fn is_profile(path: &Path) -> bool {
    matches!(recognize_file(path), Ok(Kind::Profile))
}

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    series: Series,
    /// So many functions at most.
    #[serde(skip)]
    most: Option<usize>,
}

impl Shown {
    fn amount(&self, value: i64) -> String {
        label(value, &self.series.unit)
    }

    fn when(&self, look: usize) -> String {
        let look = self.series.looks.get(look);
        match look.and_then(|look| look.time_unix_ns) {
            Some(at) => date(at, "%Y-%m-%d %H:%M:%S"),
            None => look.map_or(String::new(), |look| look.file.clone()),
        }
    }

    fn row(&self, trend: &Trend) -> String {
        let value = |value: Option<&i64>| value.map_or(String::new(), |of| self.amount(*of));
        let sign = if trend.change > 0 { "+" } else { "" };
        let since = trend.grows_since.map(|at| self.when(at));
        format!(
            "{:>10} {:>10} {:>10} {:>11}  {:<19}  {}  {}",
            value(trend.values.first()),
            self.amount(trend.most()),
            value(trend.values.last()),
            format!("{sign}{}", self.amount(trend.change)),
            since.unwrap_or_default(),
            curve(&trend.values),
            trend.function
        )
    }
}

/// A curve of a few columns, each the most of its part, in characters that every terminal has.
fn curve(values: &[i64]) -> String {
    const COLUMNS: usize = 16;
    const STEPS: &[u8] = b" .:-=+*#";
    let most = values.iter().copied().max().unwrap_or(0).max(1);
    let columns = values.len().clamp(1, COLUMNS);
    let part = |column: usize| {
        let (from, to) = (
            column * values.len() / columns,
            (column + 1) * values.len() / columns,
        );
        let part = values.get(from..to.max(from + 1)).unwrap_or_default();
        part.iter().copied().max().unwrap_or(0).max(0)
    };
    let steps = i128::try_from(STEPS.len() - 1).unwrap_or(1);
    let mut drawn = String::with_capacity(columns);
    for column in 0..columns {
        // What is there at all is seen.
        let step = (i128::from(part(column)) * steps + i128::from(most) - 1) / i128::from(most);
        let step = usize::try_from(step).ok().and_then(|step| STEPS.get(step));
        drawn.push(char::from(*step.unwrap_or(&b'#')));
    }
    drawn
}

impl Answer for Shown {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        const USUAL: usize = 20;
        let series = &self.series;
        let last = series.looks.len().saturating_sub(1);
        out.line(styled(
            Role::Heading,
            format_args!(
                "{} profiles of {}, {} to {}",
                series.looks.len(),
                series.sample_type,
                self.when(0),
                self.when(last)
            ),
        ))?;
        out.line(styled(
            Role::Dim,
            format_args!(
                "{:>10} {:>10} {:>10} {:>11}  {:<19}",
                "first", "most", "last", "change", "grows since"
            ),
        ))?;
        out.line(self.row(&series.total))?;
        if series.by != By::Flat {
            let by = format!("{:>66}each sample counts for {}", "", series.by.about());
            out.line(styled(Role::Dim, by.trim_start()))?;
        }
        let most = match self.most {
            Some(0) => usize::MAX,
            Some(most) => most,
            None => USUAL,
        };
        for trend in series.functions.iter().take(most) {
            out.line(self.row(trend))?;
        }
        let left = series.functions.len().saturating_sub(most);
        if left > 0 {
            out.line(format_args!("and {left} more functions: -nodecount=0"))?;
        }
        Ok(())
    }

    fn csv(&self, out: &mut dyn Write) -> Option<io::Result<()>> {
        let mut csv = Csv::new(out);
        let mut write = || {
            let files = self.series.looks.iter().map(|look| look.file.as_str());
            csv.line(
                ["function", "change", "grows_since"]
                    .into_iter()
                    .chain(files),
            )?;
            for trend in std::iter::once(&self.series.total).chain(&self.series.functions) {
                let since = trend.grows_since.and_then(|at| self.series.looks.get(at));
                let since = since.map_or(String::new(), |look| look.file.clone());
                let values = trend.values.iter().map(i64::to_string);
                let head = [trend.function.clone(), trend.change.to_string(), since];
                csv.line(head.into_iter().chain(values))?;
            }
            csv.flush()
        };
        Some(write())
    }
}
