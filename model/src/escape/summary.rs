//! Decisions counted: in all, and by file, function, package, reason or variable.

use super::{
    class::Class,
    decision::{Analysis, Decision, Kind},
    form::Form,
    functions::outermost,
    select::Select,
};
use crate::words;
use rustc_hash::FxHashMap;

words! {
    /// What to count by.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub enum GroupBy {
        /// The file.
        File = "file" "The file",
        /// The outermost function.
        Function = "func" "The function",
        /// The package.
        Package = "package" "The package",
        /// The class of reasons.
        Reason = "reason" "Why it escapes",
        /// The variable or expression.
        Variable = "variable" "The variable or expression",
    }
}

/// Decisions that share a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// The file, function, … ; empty when unknown.
    pub key: String,
    /// Decisions on the heap.
    pub heap: u64,
    /// Leaking parameters of all kinds.
    pub leaking: u64,
    /// Decisions on the stack.
    pub stack: u64,
    /// How often the same was printed.
    pub lines: u64,
}

/// Totals.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Summary {
    /// Decisions by kind, in the order of [`Kind::ALL`].
    pub kinds: Vec<(Kind, u64)>,
    /// Heap decisions by reason, the most frequent first.
    pub reasons: Vec<(Class, u64)>,
    /// Decisions that differ between builds.
    pub varying: u64,
    /// Decisions in all.
    pub decisions: u64,
    /// Of them explained by a flow.
    pub explained: u64,
    /// Heap decisions about constants put into interfaces, which allocate nothing when they run.
    pub constants: u64,
}

fn key(analysis: &Analysis, decision: &Decision, by: GroupBy) -> String {
    match by {
        GroupBy::File => analysis.text(decision.place.file).into_owned(),
        GroupBy::Function => decision.function.map_or_else(String::new, |(name, _)| {
            let package = analysis.text(decision.package);
            let name = analysis.text(name);
            let outer = outermost(&name);
            if package.is_empty() {
                outer.to_owned()
            } else {
                format!("{package}.{outer}")
            }
        }),
        GroupBy::Package => analysis.text(decision.package).into_owned(),
        GroupBy::Reason => analysis.reason(decision).map_or_else(
            || "does not escape".to_owned(),
            |reason| reason.sentence_class(),
        ),
        GroupBy::Variable => analysis.text(decision.what).into_owned(),
    }
}

impl super::reason::Reason {
    fn sentence_class(&self) -> String {
        self.class.about().to_owned()
    }
}

/// Groups the selected decisions, the group with most heap decisions first.
pub fn group(analysis: &Analysis, select: &Select, by: GroupBy) -> Vec<Group> {
    let mut at: FxHashMap<String, usize> = FxHashMap::default();
    let mut groups: Vec<Group> = Vec::new();
    for decision in &analysis.decisions {
        if !select.matches(analysis, decision) {
            continue;
        }
        let key = key(analysis, decision, by);
        let index = *at.entry(key).or_insert_with_key(|key| {
            groups.push(Group {
                key: key.clone(),
                heap: 0,
                leaking: 0,
                stack: 0,
                lines: 0,
            });
            groups.len() - 1
        });
        let Some(group) = groups.get_mut(index) else {
            continue;
        };
        let kind = decision.kind();
        if kind.is_heap() {
            group.heap += 1;
        } else if kind == Kind::DoesNotEscape {
            group.stack += 1;
        } else {
            group.leaking += 1;
        }
        group.lines += decision
            .outcomes
            .iter()
            .map(|outcome| u64::from(outcome.count))
            .sum::<u64>();
    }
    groups.sort_by(|a, b| {
        (b.heap, b.leaking, b.stack)
            .cmp(&(a.heap, a.leaking, a.stack))
            .then_with(|| a.key.cmp(&b.key))
    });
    groups
}

/// Totals of the selected decisions.
pub fn summary(analysis: &Analysis, select: &Select) -> Summary {
    let mut out = Summary {
        kinds: Kind::ALL.iter().map(|kind| (*kind, 0)).collect(),
        reasons: Class::ALL.iter().map(|class| (*class, 0)).collect(),
        ..Summary::default()
    };
    for decision in &analysis.decisions {
        if !select.matches(analysis, decision) {
            continue;
        }
        out.decisions += 1;
        out.explained += u64::from(!decision.flows.is_empty());
        out.varying += u64::from(decision.varies());
        let kind = decision.kind();
        if let Some((_, count)) = out.kinds.iter_mut().find(|(k, _)| *k == kind) {
            *count += 1;
        }
        if !kind.is_heap() {
            continue;
        }
        out.constants += u64::from(Form::of(analysis, decision) == Some(Form::Constant));
        let class = analysis.reason(decision).map(|reason| reason.class);
        if let Some((_, count)) = out.reasons.iter_mut().find(|(c, _)| Some(*c) == class) {
            *count += 1;
        }
    }
    out.reasons.retain(|(_, count)| *count > 0);
    out.reasons
        .sort_by_key(|(class, count)| (std::cmp::Reverse(*count), *class));
    out
}
