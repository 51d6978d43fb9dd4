//! Objects, bytes and retained bytes by what the objects are.

use crate::heap::Analysis;
use crate::heap::types::{Label, LabelId, Role};
use dumpview_heap::{Column, GroupTotal, Objects, by_group};
use dumpview_model::heap::{HeapTotal, UNKNOWN_TYPE};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;

/// What objects are put together by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TotalBy {
    /// What they are: a type, or a part of one.
    Type,
    /// The package of that type; of a closure, of its function.
    Package,
    /// The size class of their slot.
    SizeClass,
}

/// Which objects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Of {
    /// Those that a root reaches.
    Live,
    /// Those that none reaches.
    Garbage,
}

/// Objects whose type has no package: `string bytes`, `[]int backing`.
const NO_PACKAGE: &str = "(no package)";

/// Names of groups, and each object's group; groups from `names.len()` on are none.
struct Groups {
    names: Vec<String>,
    /// For each label, its group; the last entry is for objects without one.
    of_label: Vec<u32>,
    /// For each object, where labels do not decide.
    of_object: Option<Vec<u8>>,
}

impl Analysis<'_, '_> {
    /// Objects, bytes and retained bytes, the largest retained size first. Garbage retains nothing.
    ///
    /// What a group retains is what goes with its members one by one: an object below another of the same group counts
    /// once, and what only several of them keep together is not in it.
    pub fn totals(&self, by: TotalBy, of: Of) -> Vec<HeapTotal> {
        let groups = self.groups(by);
        let group = |node: u32| self.group_of(&groups, node);
        let count = u32::try_from(groups.names.len()).unwrap_or(u32::MAX);
        let totals = match of {
            Of::Live => by_group(
                &self.heap.graph,
                &self.dominators,
                &self.heap.spans,
                count,
                group,
            ),
            Of::Garbage => self.unreached(count, group),
        };
        let mut rows: Vec<HeapTotal> = groups
            .names
            .into_iter()
            .zip(totals)
            .filter(|(_, total)| total.objects > 0)
            .map(|(key, total)| HeapTotal {
                key,
                objects: total.objects,
                bytes: total.shallow,
                retained_bytes: (of == Of::Live).then_some(total.retained),
                of: match of {
                    Of::Live => self.live.bytes,
                    Of::Garbage => self.garbage.bytes,
                },
            })
            .collect();
        sort(&mut rows);
        rows
    }

    fn groups(&self, by: TotalBy) -> Groups {
        match by {
            TotalBy::Type => self.by_label(|_, name| name.to_owned(), UNKNOWN_TYPE),
            TotalBy::Package => self.by_label(
                |label, name| package(label, name).unwrap_or(NO_PACKAGE).to_owned(),
                UNKNOWN_TYPE,
            ),
            TotalBy::SizeClass => self.by_size_class(),
        }
    }

    /// Names of groups, and the number of each object's.
    pub(super) fn object_groups(&self, by: TotalBy) -> (Vec<String>, Column<u32>) {
        let groups = self.groups(by);
        let of = Column::of(self.heap.spans.objects(), |object| {
            self.group_of(&groups, object)
        });
        (groups.names, of)
    }

    fn group_of(&self, groups: &Groups, node: u32) -> u32 {
        if !self.heap.graph.is_object(node) {
            return u32::MAX;
        }
        if let Some(of) = &groups.of_object {
            return of.get(node as usize).map_or(u32::MAX, |at| u32::from(*at));
        }
        let label = self.labels.id(node).map(|id| id.0 as usize);
        let at = label.unwrap_or(groups.of_label.len().saturating_sub(1));
        groups.of_label.get(at).copied().unwrap_or(u32::MAX)
    }

    /// Labels of one name are one group, whoever says so.
    fn by_label(&self, name: impl Fn(&Label, &str) -> String, unknown: &str) -> Groups {
        let mut ids: FxHashMap<String, u32> = FxHashMap::default();
        let mut names = Vec::new();
        let mut of_label = Vec::new();
        let labels = self.labels.list().iter();
        let named = (0u32..)
            .zip(labels)
            .map(|(id, label)| name(label, self.labels.name(LabelId(id))));
        for key in named.chain([unknown.to_owned()]) {
            let next = u32::try_from(names.len()).unwrap_or(u32::MAX);
            let id = *ids.entry(key.clone()).or_insert_with(|| {
                names.push(key);
                next
            });
            of_label.push(id);
        }
        Groups {
            names,
            of_label,
            of_object: None,
        }
    }

    fn by_size_class(&self) -> Groups {
        let sizes = crate::heap::types::SIZE_CLASSES;
        let mut of = vec![0u8; self.heap.spans.objects() as usize];
        for span in self.heap.spans.list() {
            let from = span.first as usize;
            if let Some(places) = of.get_mut(from..from + span.allocated as usize) {
                places.fill(span.size_class());
            }
        }
        let names = sizes.iter().map(|size| match size {
            0 => "large".to_owned(),
            size => size.to_string(),
        });
        Groups {
            names: names.collect(),
            of_label: Vec::new(),
            of_object: Some(of),
        }
    }

    fn unreached(&self, count: u32, group: impl Fn(u32) -> u32) -> Vec<GroupTotal> {
        let mut totals = vec![GroupTotal::default(); count as usize];
        self.heap.spans.runs(&mut |run| {
            for id in run.first.0..run.first.0.saturating_add(run.count) {
                if self.dominators.is_reached(id) {
                    continue;
                }
                if let Some(total) = totals.get_mut(group(id) as usize) {
                    total.objects += 1;
                    total.shallow = total.shallow.saturating_add(run.size);
                }
            }
        });
        totals
    }
}

/// Largest first: by what they keep, then by their own bytes, then by name and number.
pub(super) fn sort(rows: &mut [HeapTotal]) {
    rows.sort_by(|a, b| {
        let size = |row: &HeapTotal| Reverse((row.retained_bytes, row.bytes));
        size(a)
            .cmp(&size(b))
            .then_with(|| numbered(&a.key).cmp(&numbered(&b.key)))
    });
}

/// A name, and the number it ends in, so that `goroutine 9` comes before `goroutine 10`.
fn numbered(name: &str) -> (&str, u64) {
    let text = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = name
        .get(text.len()..)
        .and_then(|digits| digits.parse().ok());
    (number.map_or(name, |_| text), number.unwrap_or(0))
}

/// The package that the first name in a type belongs to: of `map[string]*net/http.Header entries`, `net/http`.
fn package<'n>(label: &Label, name: &'n str) -> Option<&'n str> {
    if matches!(label.role, Role::StringBytes | Role::Tiny) {
        return None;
    }
    let is_name = |c: char| c.is_alphanumeric() || "_/.-~%".contains(c);
    name.split(|c: char| !is_name(c)).find_map(|word| {
        let slash = word.rfind('/').map_or(0, |at| at + 1);
        let dot = word.get(slash..)?.find('.')?;
        word.get(..slash + dot)
            .filter(|package| !package.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::package;
    use crate::addr::Addr;
    use crate::heap::types::{Label, Role, Source, Strength, TypeId};

    #[test]
    fn the_package_is_that_of_the_first_name() {
        let label = |role| Label {
            role,
            ty: TypeId(0),
            code: Addr::NULL,
            source: Source::Header,
            strength: Strength::Fits,
        };
        let of = |name| package(&label(Role::Value), name);
        assert_eq!(of("main.Order"), Some("main"));
        assert_eq!(of("[]*net/http.Header backing"), Some("net/http"));
        assert_eq!(of("map[string]main.T entries"), Some("main"));
        assert_eq!(of("example.com/a-b/c.T[int]"), Some("example.com/a-b/c"));
        assert_eq!(of("[]int backing"), None);
        assert_eq!(package(&label(Role::StringBytes), "string bytes"), None);
    }
}
