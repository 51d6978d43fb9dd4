//! Several profiles as one: added up, or one less the other (profile/merge.go, internal/driver/fetch.go).

use super::measure::{is_same_dimension, scale, whole};
use dumpview_parsers::pprof::{
    Function, Line, Location, Mapping, Profile, Tag, TagValue, Texts, ValueType,
};
use std::collections::HashMap;

/// Adds profiles up. Only the types of values that all of them have stay, in units that all of them can be told in; a single
/// one stays as it is.
///
/// # Errors
///
/// When they count different things.
pub fn combine(mut profiles: Vec<Profile>) -> Result<Profile, String> {
    same_types(&mut profiles)?;
    same_units(&mut profiles)?;
    if profiles.len() == 1 {
        return profiles.pop().ok_or_else(|| "no profile".to_owned());
    }
    merge(&profiles)
}

/// A profile less another one. With `relative`, shares are of the base, whose samples are marked for that.
///
/// # Errors
///
/// When they count different things.
pub fn subtract(
    mut profile: Profile,
    mut base: Profile,
    relative: bool,
    normalized: bool,
) -> Result<Profile, String> {
    if relative {
        let (key, value) = (base.texts.number(BASE), base.texts.number("true"));
        let mark = Tag {
            key,
            value: TagValue::Text(value),
        };
        base.samples.rewrite(|sample| {
            sample
                .tags
                .retain(|tag| tag.key != key || matches!(tag.value, TagValue::Number(..)));
            sample.tags.push(mark);
            true
        });
    }
    if normalized {
        normalize(&mut profile, &base)?;
    }
    let negative = vec![-1.0; base.sample_types.len()];
    scale_values(&mut base, &negative);
    combine(vec![profile, base])
}

/// A difference in which what was before is no longer told apart: samples of one stack are one, so that what did not change is not
/// there.
///
/// # Errors
///
/// As [`combine`].
pub fn net(mut profile: Profile) -> Result<Profile, String> {
    let Some(key) = profile.texts.find(BASE) else {
        return Ok(profile);
    };
    profile.samples.rewrite(|sample| {
        let is_mark = |tag: &Tag| tag.key == key && matches!(tag.value, TagValue::Text(_));
        sample.tags.retain(|tag| !is_mark(tag));
        true
    });
    merge(&[profile])
}

/// The label that samples of a base have.
pub const BASE: &str = "pprof::base";

/// Scales a profile so that its sums are those of the base.
fn normalize(profile: &mut Profile, base: &Profile) -> Result<(), String> {
    compatible(profile, base)?;
    let sum = |of: &Profile, index: usize| of.samples.column(index).fold(0i64, i64::wrapping_add);
    #[expect(clippy::cast_precision_loss, reason = "as pprof computes")]
    let ratio = |index: usize| match sum(profile, index) {
        0 => 0.0,
        ours => sum(base, index) as f64 / ours as f64,
    };
    let ratios: Vec<f64> = (0..profile.sample_types.len()).map(ratio).collect();
    scale_values(profile, &ratios);
    Ok(())
}

/// Multiplies values, and drops samples of which nothing remains.
pub fn scale_values(profile: &mut Profile, ratios: &[f64]) {
    #[expect(clippy::float_cmp, reason = "one is what no scaling is said by")]
    let is_one = |ratio: &f64| *ratio == 1.0;
    if ratios.iter().all(is_one) {
        return;
    }
    profile.samples.rewrite(|sample| {
        let mut keep = false;
        for (value, ratio) in sample.values.iter_mut().zip(ratios) {
            if !is_one(ratio) {
                #[expect(clippy::cast_precision_loss, reason = "as pprof computes")]
                let scaled = whole((*value as f64 * ratio).round());
                *value = scaled;
                keep |= scaled != 0;
            }
        }
        keep
    });
}

/// Leaves the types of values that all have, in the order of the first.
fn same_types(profiles: &mut [Profile]) -> Result<(), String> {
    let Some(first) = profiles.first() else {
        return Err("no profile".to_owned());
    };
    let count = |kind: &str| {
        let all = profiles.iter().flat_map(|profile| &profile.sample_types);
        all.filter(|of| of.kind == kind).count()
    };
    let types = first.sample_types.iter().map(|of| of.kind.clone());
    let common: Vec<String> = types.filter(|kind| count(kind) == profiles.len()).collect();
    if common.is_empty() {
        return Err("the profiles have no type of value in common".to_owned());
    }
    for profile in profiles {
        let place = |kind: &String| {
            let place = profile.sample_types.iter().position(|of| of.kind == *kind);
            place.ok_or_else(|| format!("a profile has no {kind}"))
        };
        let places: Vec<usize> = common.iter().map(place).collect::<Result<_, _>>()?;
        let in_order = places
            .iter()
            .enumerate()
            .all(|(index, place)| index == *place);
        if in_order && common.len() == profile.sample_types.len() {
            continue;
        }
        let shown = profile.default_sample_type.as_ref();
        if shown.is_none_or(|shown| !common.contains(shown)) {
            profile.default_sample_type = common.first().cloned();
        }
        let types = places
            .iter()
            .filter_map(|place| profile.sample_types.get(*place));
        profile.sample_types = types.cloned().collect();
        profile.samples.rewrite(|sample| {
            let values = places
                .iter()
                .map(|place| sample.values.get(*place).copied());
            sample.values = values.map(|value| value.unwrap_or(0)).collect();
            true
        });
    }
    Ok(())
}

/// The finest of units that measure the same; none for fewer than two.
fn finest(types: &[ValueType]) -> Result<Option<ValueType>, String> {
    let [first, rest @ ..] = types else {
        return Ok(None);
    };
    if rest.is_empty() {
        return Ok(None);
    }
    let mut finest = first;
    for of in rest {
        let one = |kind: &ValueType| kind.kind.strip_suffix('s').unwrap_or(&kind.kind).to_owned();
        if one(finest) != one(of) || !is_same_dimension(&finest.unit, &of.unit) {
            return Err(format!(
                "incompatible types: {}/{} and {}/{}",
                finest.kind, finest.unit, of.kind, of.unit
            ));
        }
        if scale(1, &of.unit, &finest.unit).0 < 1.0 {
            finest = of;
        }
    }
    Ok(Some(finest.clone()))
}

/// Brings values into units that all profiles have (internal/measurement:ScaleProfiles).
fn same_units(profiles: &mut [Profile]) -> Result<(), String> {
    let periods: Vec<ValueType> = profiles
        .iter()
        .map(|profile| profile.period_type.clone().unwrap_or_default())
        .collect();
    let period = finest(&periods).map_err(|why| format!("period type: {why}"))?;
    let count = profiles.first().map_or(0, |first| first.sample_types.len());
    let mut types = Vec::with_capacity(count);
    for index in 0..count {
        let of = profiles.iter().filter_map(|of| of.sample_types.get(index));
        let of: Vec<ValueType> = of.cloned().collect();
        types.push(finest(&of).map_err(|why| format!("sample types: {why}"))?);
    }
    for profile in profiles {
        if let (Some(to), Some(of)) = (&period, &mut profile.period_type) {
            let scaled = whole(scale(profile.period, &of.unit, &to.unit).0);
            profile.period = scaled;
            of.unit.clone_from(&to.unit);
        }
        let mut ratios = Vec::with_capacity(count);
        for (of, to) in profile.sample_types.iter_mut().zip(&types) {
            ratios.push(match to {
                None => 1.0,
                Some(to) => {
                    let ratio = scale(1, &of.unit, &to.unit).0;
                    of.unit.clone_from(&to.unit);
                    ratio
                }
            });
        }
        scale_values(profile, &ratios);
    }
    Ok(())
}

fn compatible(a: &Profile, b: &Profile) -> Result<(), String> {
    let period = |of: &Profile| of.period_type.clone().unwrap_or_default();
    let told = |of: &[ValueType]| {
        let each = of.iter().map(|of| format!("{}/{}", of.kind, of.unit));
        each.collect::<Vec<_>>().join(" ")
    };
    if period(a) != period(b) {
        let (a, b) = (told(&[period(a)]), told(&[period(b)]));
        return Err(format!("incompatible period types {a} and {b}"));
    }
    if a.sample_types != b.sample_types {
        let (a, b) = (told(&a.sample_types), told(&b.sample_types));
        return Err(format!("incompatible sample types {a} and {b}"));
    }
    Ok(())
}

/// Adds profiles up whose types are the same. What no sample refers to is left out.
fn merge(profiles: &[Profile]) -> Result<Profile, String> {
    let mut merger = Merger {
        merged: header(profiles)?,
        ..Merger::default()
    };
    for profile in profiles {
        merger.add(profile);
    }
    let is_zero = |values: &[i64]| values.iter().all(|value| *value == 0);
    if merger.values.iter().any(|values| is_zero(values)) {
        // What cancelled out takes its places with it.
        let merged = merger.finished();
        return merge(&[merged]);
    }
    Ok(merger.finished())
}

fn header(profiles: &[Profile]) -> Result<Profile, String> {
    let Some(first) = profiles.first() else {
        return Err("no profile".to_owned());
    };
    let mut merged = Profile {
        sample_types: first.sample_types.clone(),
        period_type: first.period_type.clone(),
        drop_frames: first.drop_frames.clone(),
        keep_frames: first.keep_frames.clone(),
        ..Profile::default()
    };
    for profile in profiles {
        compatible(first, profile)?;
        if merged.time_nanos == 0 || profile.time_nanos < merged.time_nanos {
            merged.time_nanos = profile.time_nanos;
        }
        merged.duration_nanos = merged.duration_nanos.wrapping_add(profile.duration_nanos);
        if merged.period == 0 || merged.period < profile.period {
            merged.period = profile.period;
        }
        for comment in &profile.comments {
            if !merged.comments.contains(comment) {
                merged.comments.push(comment.clone());
            }
        }
        if merged.default_sample_type.is_none() {
            merged
                .default_sample_type
                .clone_from(&profile.default_sample_type);
        }
        if merged.doc_url.is_empty() {
            merged.doc_url.clone_from(&profile.doc_url);
        }
    }
    Ok(merged)
}

/// A sample that is the same in every profile: its places and labels.
type SampleKey = (Vec<u32>, Vec<Tag>);
/// A mapping that is the same wherever it was mapped.
type MappingKey = (u64, u64, String);
/// A place that is: its address less its mapping's, the mapping, lines, the last column, whether it is folded. Columns of
/// other lines do not count (profile/merge.go:key writes over them).
type LocationKey = (u64, Option<u32>, Vec<(u32, i64)>, i64, bool);

#[derive(Default)]
struct Merger {
    merged: Profile,
    values: Vec<Vec<i64>>,
    samples: HashMap<SampleKey, usize>,
    order: Vec<SampleKey>,
    locations: HashMap<LocationKey, u32>,
    functions: HashMap<Function, u32>,
    mappings: HashMap<MappingKey, u32>,
}

/// Where parts of one profile stand in the merged one.
struct Places {
    locations: Vec<Option<u32>>,
    functions: Vec<Option<u32>>,
    mappings: Vec<Option<(u32, i64)>>,
}

fn number(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

fn place<T: Copy>(list: &[Option<T>], index: u32) -> Option<T> {
    list.get(usize::try_from(index).ok()?).copied().flatten()
}

fn keep<T>(list: &mut [Option<T>], index: u32, value: T) {
    let slot = usize::try_from(index).ok().and_then(|at| list.get_mut(at));
    if let Some(slot) = slot {
        *slot = Some(value);
    }
}

fn part<T>(list: &[T], index: u32) -> Option<&T> {
    list.get(usize::try_from(index).ok()?)
}

impl Merger {
    fn add(&mut self, profile: &Profile) {
        let mut places = Places {
            locations: vec![None; profile.locations.len()],
            functions: vec![None; profile.functions.len()],
            mappings: vec![None; profile.mappings.len()],
        };
        if self.mappings.is_empty() && !profile.mappings.is_empty() {
            // The first mapping is the program's own.
            self.mapping(0, profile, &mut places);
        }
        for sample in profile.samples.iter() {
            if sample.values.iter().all(|value| *value == 0) {
                continue;
            }
            let stack = sample.stack.iter();
            let stack: Vec<u32> = stack
                .filter_map(|location| self.location(location, profile, &mut places))
                .collect();
            let tags = sample.tags.iter();
            let mut tags: Vec<Tag> = tags.map(|tag| self.tag(*tag, &profile.texts)).collect();
            let texts = &self.merged.texts;
            let is_number = |tag: &Tag| matches!(tag.value, TagValue::Number(..));
            // In the order in which they are told and written.
            tags.sort_by(|a, b| {
                (is_number(a), texts.text(a.key)).cmp(&(is_number(b), texts.text(b.key)))
            });
            let key = (stack, tags);
            let known = self.samples.get(&key);
            if let Some(known) = known.and_then(|at| self.values.get_mut(*at)) {
                for (sum, value) in known.iter_mut().zip(sample.values) {
                    *sum = sum.wrapping_add(*value);
                }
            } else {
                self.samples.insert(key.clone(), self.values.len());
                self.order.push(key);
                self.values.push(sample.values.to_vec());
            }
        }
    }

    fn tag(&mut self, tag: Tag, texts: &Texts) -> Tag {
        let mut text = |id| self.merged.texts.number(texts.text(id));
        Tag {
            key: text(tag.key),
            value: match tag.value {
                TagValue::Text(id) => TagValue::Text(text(id)),
                TagValue::Number(value, unit) => TagValue::Number(value, text(unit)),
            },
        }
    }

    fn location(&mut self, index: u32, profile: &Profile, places: &mut Places) -> Option<u32> {
        if let Some(known) = place(&places.locations, index) {
            return Some(known);
        }
        let of = part(&profile.locations, index)?;
        let mapping = of
            .mapping
            .and_then(|mapping| self.mapping(mapping, profile, places));
        let address = mapping.map_or(of.address, |(_, moved)| {
            of.address.wrapping_add_signed(moved)
        });
        let lines = of.lines.iter().filter_map(|line| {
            Some(Line {
                function: self.function(line.function, profile, places)?,
                ..*line
            })
        });
        let lines: Vec<Line> = lines.collect();
        let start = mapping.and_then(|(mapping, _)| part(&self.merged.mappings, mapping));
        let key = (
            address.wrapping_sub(start.map_or(0, |mapping| mapping.start)),
            mapping.map(|(mapping, _)| mapping),
            lines
                .iter()
                .map(|line| (line.function, line.line))
                .collect(),
            lines.last().map_or(0, |line| line.column),
            of.is_folded,
        );
        let next = number(self.merged.locations.len());
        let at = *self.locations.entry(key).or_insert(next);
        if at == next {
            self.merged.locations.push(Location {
                id: u64::from(next) + 1,
                address,
                mapping: mapping.map(|(mapping, _)| mapping),
                lines,
                is_folded: of.is_folded,
            });
        }
        keep(&mut places.locations, index, at);
        Some(at)
    }

    fn function(&mut self, index: u32, profile: &Profile, places: &mut Places) -> Option<u32> {
        if let Some(known) = place(&places.functions, index) {
            return Some(known);
        }
        let of = part(&profile.functions, index)?;
        let next = number(self.merged.functions.len());
        let known = self.functions.get(of).copied();
        let at = known.unwrap_or_else(|| {
            self.functions.insert(of.clone(), next);
            self.merged.functions.push(of.clone());
            next
        });
        keep(&mut places.functions, index, at);
        Some(at)
    }

    /// Where a mapping stands, and how far addresses in it have moved.
    fn mapping(
        &mut self,
        index: u32,
        profile: &Profile,
        places: &mut Places,
    ) -> Option<(u32, i64)> {
        if let Some(known) = place(&places.mappings, index) {
            return Some(known);
        }
        /// Sizes are rounded up to pages.
        const PAGE: u64 = 0x1000;
        let of = part(&profile.mappings, index)?;
        let size = of.limit.wrapping_sub(of.start).wrapping_add(PAGE - 1);
        let name = if of.build_id.is_empty() {
            &of.file
        } else {
            &of.build_id
        };
        let key = (size - size % PAGE, of.offset, name.clone());
        let next = number(self.merged.mappings.len());
        let at = *self.mappings.entry(key).or_insert(next);
        if at == next {
            self.merged.mappings.push(Mapping {
                id: u64::from(next) + 1,
                ..of.clone()
            });
        }
        let known = part(&self.merged.mappings, at)?;
        let moved = known.start.wrapping_sub(of.start).cast_signed();
        keep(&mut places.mappings, index, (at, moved));
        Some((at, moved))
    }

    fn finished(mut self) -> Profile {
        for ((stack, tags), values) in self.order.iter().zip(&self.values) {
            self.merged.samples.push(stack, values, tags);
        }
        self.merged
    }
}
