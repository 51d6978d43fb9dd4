//! Labels of samples: which samples they select, which of them are shown, and frames made of them
//! (internal/driver/driver_focus.go, tagroot.go; profile/profile.go:NumLabelUnits).

use super::measure::{scale, scaled_label};
use dumpview_parsers::pprof::{
    Function, Line, Location, Profile, SampleMut, SampleRef, Stack, Tag, TagValue, TextId, Texts,
};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Units of numeric labels, by the name of the label.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Units {
    units: BTreeMap<TextId, String>,
    /// Labels that have several units: the label, the one that is used, the others.
    pub mixed: Vec<(String, String, Vec<String>)>,
}

impl Units {
    /// The first unit that a sample tells of each label; else what its name suggests.
    pub fn of(profile: &Profile) -> Self {
        let texts = &profile.texts;
        let mut units: BTreeMap<TextId, String> = BTreeMap::new();
        let mut others: BTreeMap<TextId, BTreeSet<String>> = BTreeMap::new();
        for sample in profile.samples.iter() {
            for tag in sample.tags {
                let TagValue::Number(_, unit) = tag.value else {
                    continue;
                };
                let unit = texts.text(unit);
                let known = units.entry(tag.key).or_default();
                if known.is_empty() {
                    unit.clone_into(known);
                } else if !unit.is_empty() && known != unit {
                    others.entry(tag.key).or_default().insert(unit.to_owned());
                }
            }
        }
        for (key, unit) in &mut units {
            if unit.is_empty() {
                match texts.text(*key) {
                    "alignment" | "request" => "bytes".clone_into(unit),
                    key => key.clone_into(unit),
                }
            }
        }
        let mixed = others.into_iter().map(|(key, others)| {
            let used = units.get(&key).cloned().unwrap_or_default();
            (
                texts.text(key).to_owned(),
                used,
                others.into_iter().collect(),
            )
        });
        let mixed = mixed.collect();
        Self { units, mixed }
    }

    /// The unit of a label.
    pub fn get(&self, key: TextId) -> &str {
        self.units.get(&key).map_or("", String::as_str)
    }
}

/// A range of numbers in a unit.
#[derive(Clone, PartialEq, Debug)]
struct Range {
    least: Option<f64>,
    most: Option<f64>,
    unit: String,
}

impl Range {
    /// `32kb`, `:64kb`, `4mb:`, `12kb:64mb`; `None` when the text is none of these.
    fn parse(text: &str) -> Option<Self> {
        let (first, rest) = if let Some(rest) = text.strip_prefix(':') {
            (None, rest)
        } else {
            let (first, rest) = quantity(text)?;
            (Some(first), rest)
        };
        let Some((value, unit)) = first else {
            let ((value, unit), "") = quantity(rest)? else {
                return None;
            };
            let (most, unit) = scale(value, unit, unit);
            return Some(Self {
                least: None,
                most: Some(most),
                unit: unit.into_owned(),
            });
        };
        let (least, unit) = scale(value, unit, unit);
        let most = match rest {
            "" => Some(least),
            ":" => None,
            rest => {
                let ((value, other), "") = quantity(rest.strip_prefix(':')?)? else {
                    return None;
                };
                let (most, other) = scale(value, other, &unit);
                if other != unit {
                    return None;
                }
                Some(most)
            }
        };
        Some(Self {
            least: Some(least),
            most,
            unit: unit.into_owned(),
        })
    }

    fn holds(&self, value: i64, unit: &str) -> bool {
        let (value, unit) = scale(value, unit, &self.unit);
        unit == self.unit
            && self.least.is_none_or(|least| value >= least)
            && self.most.is_none_or(|most| value <= most)
    }
}

/// A number and its unit at the beginning of a text.
fn quantity(text: &str) -> Option<((i64, &str), &str)> {
    let sign = usize::from(text.starts_with(['+', '-']));
    let digits = text.get(sign..)?;
    let digits = digits.len()
        - digits
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .len();
    let (number, rest) = text.split_at_checked(sign + digits)?;
    let number = number.parse().ok().filter(|_| digits > 0)?;
    let unit = rest.len()
        - rest
            .trim_start_matches(|c: char| c.is_ascii_alphabetic())
            .len();
    let (unit, rest) = rest.split_at_checked(unit)?;
    Some(((number, unit), rest))
}

/// What selects samples by their labels.
#[derive(Clone, Debug)]
pub struct Selector {
    key: Option<String>,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    Range(Range),
    Patterns(Vec<Regex>),
}

impl Selector {
    /// `key=pattern`, `pattern,pattern`, `key=1kb:10kb`.
    ///
    /// # Errors
    ///
    /// When a pattern is none.
    pub fn parse(text: &str) -> Result<Self, regex::Error> {
        let (key, text) = match text.split_once('=') {
            Some((key, text)) => (Some(key).filter(|key| !key.is_empty()), text),
            None => (None, text),
        };
        let test = match Range::parse(text) {
            Some(range) => Test::Range(range),
            None => Test::Patterns(text.split(',').map(Regex::new).collect::<Result<_, _>>()?),
        };
        Ok(Self {
            key: key.map(str::to_owned),
            test,
        })
    }

    /// Whether it was understood as a range of numbers.
    pub const fn is_range(&self) -> bool {
        matches!(self.test, Test::Range(_))
    }

    fn selects(&self, tags: &[Tag], texts: &Texts, units: &Units) -> bool {
        let is_named = |tag: &&Tag| {
            let key = self.key.as_deref();
            key.is_none_or(|key| texts.text(tag.key) == key)
        };
        let text = |tag: &Tag| match tag.value {
            TagValue::Text(text) => Some(texts.text(text)),
            TagValue::Number(..) => None,
        };
        match &self.test {
            Test::Range(range) => tags.iter().filter(is_named).any(|tag| match tag.value {
                TagValue::Number(value, _) => range.holds(value, units.get(tag.key)),
                TagValue::Text(_) => false,
            }),
            // Without a name all patterns have to match some label, with one any of them its values.
            Test::Patterns(patterns) if self.key.is_none() => patterns.iter().all(|pattern| {
                tags.iter().any(|tag| {
                    text(tag).is_some_and(|value| {
                        pattern.is_match(&format!("{}:{value}", texts.text(tag.key)))
                    })
                })
            }),
            Test::Patterns(patterns) => tags.iter().filter(is_named).any(|tag| {
                text(tag)
                    .is_some_and(|value| patterns.iter().any(|pattern| pattern.is_match(value)))
            }),
        }
    }
}

/// Keeps samples that `focus` selects and `ignore` does not. Whether either selected any.
pub fn by_tag(
    profile: &mut Profile,
    focus: Option<&Selector>,
    ignore: Option<&Selector>,
    units: &Units,
) -> (bool, bool) {
    let texts = &profile.texts;
    let (mut any_focused, mut any_ignored) = (false, false);
    if focus.is_none() && ignore.is_none() {
        return (true, false);
    }
    profile.samples.rewrite(|sample| {
        let focused = focus.is_none_or(|of| of.selects(&sample.tags, texts, units));
        let ignored = ignore.is_some_and(|of| of.selects(&sample.tags, texts, units));
        any_focused |= focused;
        any_ignored |= ignored;
        focused && !ignored
    });
    (any_focused, any_ignored)
}

/// Takes labels away whose names do not match `show` or match `hide`. Whether either matched any.
pub fn by_tag_name(
    profile: &mut Profile,
    show: Option<&Regex>,
    hide: Option<&Regex>,
) -> (bool, bool) {
    if show.is_none() && hide.is_none() {
        return (true, false);
    }
    let texts = &profile.texts;
    let (mut any_shown, mut any_hidden) = (false, false);
    let mut known: HashMap<TextId, bool> = HashMap::new();
    profile.samples.rewrite(|sample| {
        sample.tags.retain(|tag| {
            *known.entry(tag.key).or_insert_with(|| {
                let name = texts.text(tag.key);
                let shown = show.is_none_or(|show| show.is_match(name));
                let hidden = hide.is_some_and(|hide| hide.is_match(name));
                any_shown |= shown;
                any_hidden |= hidden;
                shown && !hidden
            })
        });
        true
    });
    (any_shown, any_hidden)
}

/// The values of a label of a sample, numbers in a unit that fits.
pub fn values(sample: SampleRef<'_>, key: TextId, texts: &Texts, unit: &str) -> Vec<String> {
    let of_key = || sample.tags.iter().filter(|tag| tag.key == key);
    let is_text = |tag: &&Tag| matches!(tag.value, TagValue::Text(_));
    let has_units =
        of_key().any(|tag| matches!(tag.value, TagValue::Number(_, unit) if unit != Texts::EMPTY));
    let value = |tag: &Tag| match tag.value {
        TagValue::Text(text) => texts.text(text).to_owned(),
        TagValue::Number(value, of) if has_units => scaled_label(value, texts.text(of), unit),
        TagValue::Number(value, _) => scaled_label(value, "", ""),
    };
    let strings = of_key().filter(is_text).map(value);
    let numbers = of_key().filter(|tag| !is_text(tag)).map(value);
    strings.chain(numbers).collect()
}

/// Frames that stand for values of labels.
struct Frames {
    made: HashMap<(String, TextId), u32>,
}

impl Frames {
    fn of(&mut self, name: String, key: TextId, profile: &mut Profile) -> u32 {
        if let Some(known) = self.made.get(&(name.clone(), key)) {
            return *known;
        }
        let index = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        let function = index(profile.functions.len());
        profile.functions.push(Function {
            name: name.clone(),
            file: profile.texts.text(key).to_owned(),
            ..Function::default()
        });
        let location = index(profile.locations.len());
        let last = profile.locations.iter().map(|location| location.id).max();
        profile.locations.push(Location {
            id: last.unwrap_or(0).max(u64::from(location)) + 1,
            lines: vec![Line {
                function,
                ..Line::default()
            }],
            ..Location::default()
        });
        self.made.insert((name, key), location);
        location
    }
}

/// Adds frames with the values of labels above and below every stack; the first key stands outermost. Whether any sample
/// has such labels.
pub fn as_frames(profile: &mut Profile, roots: &str, leaves: &str, unit: &str) -> (bool, bool) {
    fn keys(names: &str, texts: &mut Texts) -> Vec<TextId> {
        let names = names.split(',').filter(|name| !name.is_empty());
        // Innermost first, as stacks are.
        names.rev().map(|name| texts.number(name)).collect()
    }
    let roots = keys(roots, &mut profile.texts);
    let leaves = keys(leaves, &mut profile.texts);
    let (mut any_root, mut any_leaf) = (false, false);
    if roots.is_empty() && leaves.is_empty() {
        return (any_root, any_leaf);
    }
    let mut frames = Frames {
        made: HashMap::new(),
    };
    let mut samples = std::mem::take(&mut profile.samples);
    samples.rewrite(|sample| {
        let mut made = |keys: &[TextId], any: &mut bool, sample: &SampleMut| -> Vec<u32> {
            let as_ref = SampleRef {
                stack: Stack::Narrow(&[]),
                values: &[],
                tags: &sample.tags,
            };
            let each = keys.iter().map(|key| {
                let values = values(as_ref, *key, &profile.texts, unit);
                *any |= !values.is_empty();
                frames.of(values.join(","), *key, profile)
            });
            each.collect()
        };
        // Frames have numbers in the order in which they are made: roots first.
        let above = made(&roots, &mut any_root, sample);
        let below = made(&leaves, &mut any_leaf, sample);
        sample.stack.splice(0..0, below);
        sample.stack.extend(above);
        true
    });
    profile.samples = samples;
    (any_root, any_leaf)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_told_from_patterns() {
        for (text, value, unit, holds) in [
            ("32kb", 32 << 10, "bytes", true),
            ("32kb", 33 << 10, "bytes", false),
            (":64kb", 64 << 10, "bytes", true),
            ("4mb:", 4 << 20, "bytes", true),
            ("4mb:", 4 << 10, "bytes", false),
            ("1kb:64kb", 2048, "bytes", true),
            ("1kb:64kb", 80 << 10, "bytes", false),
            // As measurement.Scale has it: a number without a unit is of every unit.
            ("5", 5, "widgets", true),
            ("5", 5, "", true),
            ("-3:3", 0, "", true),
        ] {
            let range = Range::parse(text).unwrap();
            assert_eq!(range.holds(value, unit), holds, "{text} {value}{unit}");
        }
        for text in ["put", "1kb:2ms", "a5", "5-6", ":", "", "1kb:2kb:3kb"] {
            assert!(Range::parse(text).is_none(), "{text}");
        }
    }
}
