//! Profiles of one program, one after the other: how each function's cost went, and since when what grew has grown.
//!
//! A profile is a look at a moment (memory, goroutines) or at a while (CPU); what is compared is what each says, so CPU profiles
//! should be of the same length.

use super::findings::Stacks;
use super::report::{Command, Report, Wrong};
use super::{Options, sample_index};
use crate::words;
use dumpview_parsers::pprof::Profile;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::HashMap;

/// Fewer looks show no trend.
const LEAST_LOOKS: usize = 4;
/// What grew by less than this share of the last total is not worth telling.
const LEAST_SHARE: f64 = 0.01;
/// What has not become so much more than its least has not grown: samples and work vary.
const LEAST_FACTOR: f64 = 1.5;
/// Growth has begun where a function is this part of the way up for good.
const BEGUN: f64 = 0.1;

words! {
    /// Which function a sample counts for.
    #[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, JsonSchema)]
    #[schemars(rename = "profile-series-by")]
    #[serde(rename_all = "snake_case")]
    pub enum By {
        /// The innermost that is the program's own: whoever waits, allocates or copies does so in the runtime or in a library, and
        /// what grows there says nothing of whose it is.
        #[default]
        Own = "own" "the program's own innermost function",
        /// The innermost.
        Flat = "flat" "the innermost function",
        /// Every function that it goes through.
        Cum = "cum" "all functions on the way",
    }
}

/// A profile of the series.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "profile-look")]
pub struct Look {
    /// The file.
    pub file: String,
    /// When it was taken, nanoseconds since 1970; null when it does not say.
    pub time_unix_ns: Option<i64>,
    /// How long it was taken, in nanoseconds; zero for a moment.
    pub duration_ns: i64,
    /// The sum of its samples.
    pub total: i64,
}

/// How a function went.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "profile-trend")]
pub struct Trend {
    /// The function.
    pub function: String,
    /// What it cost in each profile.
    pub values: Vec<i64>,
    /// The last less the first.
    pub change: i64,
    /// The first profile, counted from 0, from which on it has grown for good; null where it has not.
    pub grows_since: Option<usize>,
}

impl Trend {
    /// What it cost most.
    pub fn most(&self) -> i64 {
        self.values.iter().copied().max().unwrap_or(0)
    }
}

/// The series.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Series {
    /// Which value of the samples.
    pub sample_type: String,
    /// Its unit, which all numbers here are in.
    pub unit: String,
    /// Which function a sample counts for.
    pub by: By,
    /// The profiles, in order of time.
    pub looks: Vec<Look>,
    /// Functions, those first that grew most.
    pub functions: Vec<Trend>,
    /// All of them together.
    pub total: Trend,
}

/// A series that is being read.
#[derive(Debug, Default)]
pub struct SeriesReading {
    by: By,
    looks: Vec<(Look, HashMap<String, i64>)>,
    /// What the profiles count, and how many count it.
    kinds: Vec<((String, String), usize)>,
}

impl SeriesReading {
    /// Nothing yet.
    pub fn new(by: By) -> Self {
        Self {
            by,
            ..Self::default()
        }
    }

    /// Takes a profile.
    ///
    /// # Errors
    ///
    /// When an option cannot be understood, or it has no such value.
    pub fn take(&mut self, file: String, profile: Profile, options: &Options) -> Result<(), Wrong> {
        let index = sample_index(&profile, &options.sample_index)?;
        let of = profile.sample_types.get(index).ok_or(Wrong::NoTypes)?;
        let kind = (of.kind.clone(), of.unit.clone());
        match self.kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += 1,
            None => self.kinds.push((kind, 1)),
        }
        let time = Some(profile.time_nanos).filter(|at| *at != 0);
        let duration_ns = profile.duration_nanos;
        let (total, costs) = costs(profile, self.by, options)?;
        let look = Look {
            file,
            time_unix_ns: time,
            duration_ns,
            total,
        };
        self.looks.push((look, costs));
        Ok(())
    }

    /// What the profiles count, and how many count it: a series is of one kind.
    pub fn kinds(&self) -> impl ExactSizeIterator<Item = (&str, usize)> {
        let kinds = self.kinds.iter();
        kinds.map(|((kind, _), count)| (kind.as_str(), *count))
    }

    /// The series; profiles that do not say when they were taken stay in the order in which they came.
    pub fn finished(mut self) -> Series {
        if self
            .looks
            .iter()
            .all(|(look, _)| look.time_unix_ns.is_some())
        {
            self.looks.sort_by_key(|(look, _)| look.time_unix_ns);
        }
        let count = self.looks.len();
        let mut by_name: HashMap<&str, Vec<i64>> = HashMap::new();
        for (at, (_, costs)) in self.looks.iter().enumerate() {
            for (name, cost) in costs {
                let values = by_name.entry(name).or_insert_with(|| vec![0; count]);
                if let Some(value) = values.get_mut(at) {
                    *value = *cost;
                }
            }
        }
        let totals: Vec<i64> = self.looks.iter().map(|(look, _)| look.total).collect();
        let last = totals.last().copied().unwrap_or(0);
        let mut functions: Vec<Trend> = by_name
            .into_iter()
            .map(|(name, values)| trend(name, values, last))
            .filter(|trend| trend.values.iter().any(|value| *value != 0))
            .collect();
        functions.sort_by(|a, b| (b.change, &a.function).cmp(&(a.change, &b.function)));
        let kind = self.kinds.into_iter().next();
        let (sample_type, unit) = kind.map(|(kind, _)| kind).unwrap_or_default();
        Series {
            sample_type,
            unit,
            by: self.by,
            functions,
            total: trend("total", totals, last),
            looks: self.looks.into_iter().map(|(look, _)| look).collect(),
        }
    }
}

/// What functions cost in a profile, and all of them together.
fn costs(
    profile: Profile,
    by: By,
    options: &Options,
) -> Result<(i64, HashMap<String, i64>), Wrong> {
    let options = Options {
        nodecount: 0,
        nodefraction: 0.0,
        ..options.clone()
    };
    if by == By::Own {
        // Of all reports this one leaves frames as they are, by whose files it is known whose they are.
        let report = Report::new(profile, Command::Raw, &options)?;
        let stacks = Stacks::new(&report.profile, report.index);
        let mut costs: HashMap<String, i64> = HashMap::new();
        for (value, sample) in stacks.samples() {
            let Some(site) = stacks.site(sample.stack) else {
                continue;
            };
            let name = stacks.name(site.function).to_owned();
            let cost = costs.entry(name).or_default();
            *cost = cost.wrapping_add(value);
        }
        return Ok((report.total, costs));
    }
    let mut report = Report::new(profile, Command::Top, &options)?;
    let trimmed = report.graph();
    let rows = report.rows(&trimmed.graph).into_iter();
    let costs = rows.map(|row| match by {
        By::Cum => (row.name, row.cum),
        _ => (row.name, row.flat),
    });
    Ok((report.total, costs.collect()))
}

fn trend(name: &str, values: Vec<i64>, total: i64) -> Trend {
    let ends = (values.first(), values.last());
    let change = match ends {
        (Some(first), Some(last)) => last.wrapping_sub(*first),
        _ => 0,
    };
    Trend {
        function: name.to_owned(),
        change,
        grows_since: grows_since(&values, total),
        values,
    }
}

/// From where on values have grown for good: the last one stands out from the least before it, it is (nearly) the most, and since
/// that place none came back to where they began.
#[expect(clippy::cast_precision_loss, reason = "shares")]
fn grows_since(values: &[i64], total: i64) -> Option<usize> {
    if values.len() < LEAST_LOOKS {
        return None;
    }
    let last = *values.last()? as f64;
    let least = *values.iter().min()? as f64;
    let most = *values.iter().max()? as f64;
    let grown = last - least;
    let is_much = grown > LEAST_SHARE * (total as f64).abs() && last >= LEAST_FACTOR * least;
    // What comes and goes is at its most by chance.
    if !is_much || grown <= 0.0 || last < least + 0.8 * (most - least) {
        return None;
    }
    let begun = least + BEGUN * grown;
    let before = values.iter().rposition(|value| (*value as f64) <= begun)?;
    let after = values.get(before + 1..)?;
    // A single look is a jump, which the next one may take back.
    if after.len() < 2 {
        return None;
    }
    let (mut up, mut down) = (0.0f64, 0.0f64);
    for pair in after.windows(2) {
        if let [a, b] = pair {
            let step = (*b as f64) - (*a as f64);
            up += step.max(0.0);
            down += (-step).max(0.0);
        }
    }
    (down <= 0.5 * (up + after.first().map_or(0.0, |first| *first as f64 - least)))
        .then_some(before + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_begins_where_values_never_come_back() {
        for (values, since) in [
            (&[10, 10, 11, 10, 40, 70, 100, 130][..], Some(4)),
            // It comes and goes.
            (&[10, 90, 12, 80, 11, 95, 10, 90], None),
            (&[100, 100, 101, 99, 100, 102], None),
            // One jump at the end.
            (&[10, 10, 10, 10, 100], None),
            (&[0, 0, 50, 50, 50, 50], Some(2)),
            (&[5, 50, 100], None),
            (&[100, 70, 40, 10], None),
        ] {
            assert_eq!(grows_since(values, 150), since, "{values:?}");
        }
        // Too little beside the rest.
        assert_eq!(grows_since(&[1, 2, 3, 4, 5, 6], 100_000), None);
    }
}
