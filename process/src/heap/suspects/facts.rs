//! What all judges share.

use super::Thresholds;
use crate::addr::Addr;
use crate::heap::types::{LabelId, Labels, Role};
use crate::heap::{Heap, RootKind};
use crate::process::Process;
use crate::types::TypeRef;
use dumpview_heap::{Dominators, Manner, NodeId, ObjId, Objects, Owners};
use dumpview_model::units;
use rustc_hash::FxHashMap;
use std::sync::OnceLock;

/// The group of nodes whose type is not known.
pub(super) const UNKNOWN: u32 = u32::MAX;
/// The group of roots, which have no type.
pub(super) const ROOT: u32 = u32::MAX - 1;

/// Owners that are climbed to name a root; longer ways are lists.
const MOST_OWNERS: usize = 256;

/// A heap under examination.
pub(super) struct Facts<'f, 'a, 'p> {
    pub process: &'f Process<'a>,
    pub heap: &'f Heap<'p>,
    pub labels: &'f Labels,
    pub dominators: &'f Dominators,
    pub thresholds: &'f Thresholds,
    pub owners: Owners<'f>,
    /// What objects of each label are to people.
    manners: Vec<Manner>,
    /// Bytes of all that is reached.
    pub live: u64,
    /// For each label, the first that speaks of the same: who said so does not matter here.
    groups: Vec<u32>,
    variables: OnceLock<FxHashMap<Addr, TypeRef>>,
}

impl<'f, 'a, 'p> Facts<'f, 'a, 'p> {
    pub fn new(
        process: &'f Process<'a>,
        heap: &'f Heap<'p>,
        labels: &'f Labels,
        dominators: &'f Dominators,
        thresholds: &'f Thresholds,
    ) -> Self {
        let manners: Vec<Manner> = (0u32..)
            .zip(labels.list())
            .map(|(id, label)| manner(label.role, labels.name(LabelId(id))))
            .collect();
        let owners = Owners::of(dominators, |node| match labels.id(node) {
            Some(id) => manners.get(id.0 as usize).copied().unwrap_or(Manner::Owner),
            None if is_runtimes_root(heap, node) => Manner::Passed,
            None => Manner::Owner,
        });
        let mut first: FxHashMap<_, u32> = FxHashMap::default();
        let groups = (0u32..)
            .zip(labels.list())
            .map(|(id, l)| *first.entry((l.role, l.ty, l.code)).or_insert(id))
            .collect();
        Self {
            process,
            heap,
            labels,
            dominators,
            thresholds,
            owners,
            manners,
            live: dominators.total(),
            groups,
            variables: OnceLock::new(),
        }
    }

    /// What nothing owns, with what it keeps, the largest first.
    pub fn unowned(&self) -> Vec<(NodeId, u64)> {
        let is_passed = |node| {
            let id = self.labels.id(node).map(|id| id.0 as usize);
            id.and_then(|id| self.manners.get(id)) == Some(&Manner::Passed)
        };
        self.owners.unowned(&self.heap.spans, is_passed)
    }

    /// So many percent of what lives, and no less than what matters at all.
    pub fn least(&self, percent: u64) -> u64 {
        let share = u128::from(self.live) * u128::from(percent) / 100;
        u64::try_from(share)
            .unwrap_or(u64::MAX)
            .max(self.thresholds.least_bytes)
    }

    /// `1.2 GiB, 81% of what lives`.
    pub fn amount(&self, bytes: u64) -> String {
        #[expect(clippy::cast_precision_loss, reason = "a percentage")]
        let share = bytes as f64 / self.live.max(1) as f64;
        format!(
            "{}, {} of what lives",
            units::bytes(bytes),
            units::percent(share)
        )
    }

    /// The group of a node: its label, or that it has none.
    pub fn group(&self, node: NodeId) -> u32 {
        if !self.heap.graph.is_object(node) {
            return ROOT;
        }
        let id = self.labels.id(node);
        id.and_then(|id| self.groups.get(id.0 as usize).copied())
            .unwrap_or(UNKNOWN)
    }

    /// One of a group, or several, in words; the number stands before them.
    pub fn named(&self, count: u64, group: u32) -> &str {
        match (group, count) {
            (UNKNOWN, 1) => "object of unknown type",
            _ => self.group_name(group),
        }
    }

    /// A group in words.
    pub fn group_name(&self, group: u32) -> &str {
        match group {
            UNKNOWN => "objects of unknown type",
            ROOT => "roots",
            id => self.labels.name(LabelId(id)),
        }
    }

    /// The address of an object.
    pub fn addr(&self, node: NodeId) -> Addr {
        Addr(self.heap.spans.addr(ObjId(node)))
    }

    /// What a node keeps.
    pub fn retained(&self, node: NodeId) -> u64 {
        let kept = self.dominators.retained(node, &self.heap.spans);
        kept.unwrap_or(0)
    }

    /// The types of package variables, where DWARF knows them.
    pub fn variable_type(&self, at: Addr) -> Option<TypeRef> {
        let all = self.variables.get_or_init(|| {
            let types = self.process.types();
            let statics = self.heap.roots.variables.statics().iter();
            types
                .package_variables(self.process.arch())
                .filter_map(|variable| Some((variable.place.ok()?, variable.ty)))
                .chain(statics.filter_map(|value| Some((value.start, value.single()?))))
                .collect()
        });
        all.get(&at).copied()
    }

    /// A node in words, and the word by which other verbs know it.
    pub fn name(&self, node: NodeId) -> Name {
        let Some(root) = self.heap.root(node) else {
            let addr = self.addr(node);
            let what = self.group_name(self.group(node)).to_owned();
            return Name {
                text: format!("{what} at {addr}"),
                word: addr.to_string(),
                goroutine: None,
            };
        };
        let goroutine = |number: u32| {
            let all = self.process.goroutines().ok();
            all.and_then(|all| all.list().get(number as usize))
        };
        let of = |number: u32, what: String| {
            let id = goroutine(number).map_or(0, |g| g.id.0);
            Name {
                text: format!("{what} goroutine {id}"),
                word: id.to_string(),
                goroutine: Some(id),
            }
        };
        match root.kind {
            RootKind::Variable { addr } => {
                let named = self.heap.roots.variables.at(addr);
                let name = named.map_or_else(|| addr.to_string(), |(_, _, name)| name.to_owned());
                let ty = self.variable_type(addr);
                let ty = ty.and_then(|ty| self.process.types().resolve(ty).ok());
                let text = ty.map_or_else(|| name.clone(), |ty| format!("{name} ({})", ty.name));
                Name {
                    text,
                    word: name,
                    goroutine: None,
                }
            }
            RootKind::Goroutine { goroutine } => of(goroutine, String::new()),
            RootKind::Registers { goroutine } => of(goroutine, "registers of".to_owned()),
            RootKind::Frame { goroutine, frame } => {
                let what = match self.function(goroutine, frame) {
                    Some(function) => format!("{function} in"),
                    None => format!("frame {frame} of"),
                };
                of(goroutine, what)
            }
            other => Name {
                text: kind_words(other).to_owned(),
                word: String::new(),
                goroutine: None,
            },
        }
    }

    /// The root that an object hangs on, where only one does: `, kept by main.server (*main.Server),`; else nothing.
    pub fn kept_by(&self, node: NodeId) -> String {
        let mut at = node;
        for _ in 0..MOST_OWNERS {
            match self.owners.owner(at) {
                Some(above) => at = above,
                None => break,
            }
        }
        if at == node || self.heap.graph.is_object(at) {
            return String::new();
        }
        format!(", kept by {},", self.name(at).text.trim())
    }

    /// The function of a goroutine's frame.
    fn function(&self, goroutine: u32, frame: u32) -> Option<String> {
        let all = self.process.goroutines().ok()?;
        let goroutine = all.list().get(goroutine as usize)?;
        let unwound = self.process.unwound(goroutine);
        let call = unwound
            .calls
            .iter()
            .find(|call| call.physical == frame as usize)?;
        Some(call.frame.function.clone())
    }
}

/// A node in words.
pub(super) struct Name {
    /// `main.registry (map[string]*main.session)`, `main.session at 0xc000012340`, `goroutine 7`.
    pub text: String,
    /// `main.registry`, `0xc000012340`; empty when no verb knows it.
    pub word: String,
    /// The goroutine's id when it is one, or a part of one.
    pub goroutine: Option<u64>,
}

impl Name {
    /// What to ask next.
    pub fn next(&self) -> (&'static str, String) {
        match self.goroutine {
            Some(id) => ("bt", format!("-g {id}")),
            None => ("heap tree", self.word.clone()),
        }
    }
}

/// Whether it is a variable of the runtime: what hangs on it is the program's, timers above all.
pub(super) fn is_runtimes_root(heap: &Heap<'_>, node: NodeId) -> bool {
    let Some(RootKind::Variable { addr }) = heap.root(node).map(|root| root.kind) else {
        return false;
    };
    let named = heap.roots.variables.at(addr);
    named.is_some_and(|(_, _, name)| is_runtimes(name))
}

/// Whether a name, of a type behind `*` and `[]` too, is one that only the runtime itself knows.
fn is_runtimes(name: &str) -> bool {
    let name = name.trim_start_matches(|c: char| "*[]".contains(c) || c.is_ascii_digit());
    let of_runtime = name.strip_prefix("runtime.");
    of_runtime.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()))
}

/// What objects are to people: some are only parts of what they think of, some are the runtime's own.
fn manner(role: Role, name: &str) -> Manner {
    match role {
        Role::Closure => Manner::Owner,
        _ if is_runtimes(name) => Manner::Passed,
        Role::Backing
        | Role::MapHeader
        | Role::MapEntries
        | Role::MapDirectory
        | Role::MapTable
        | Role::MapExtra
        | Role::ChanBuffer => Manner::Part,
        Role::Value | Role::StringBytes | Role::Tiny | Role::Chan => Manner::Owner,
    }
}

fn kind_words(kind: RootKind) -> &'static str {
    match kind {
        RootKind::Finalizer { .. } => "a finalizer",
        RootKind::Cleanup { .. } => "a cleanup",
        RootKind::WeakHandle { .. } => "a weak handle",
        RootKind::FinalizerQueue => "finalizers that are due",
        RootKind::CleanupQueue => "cleanups that are due",
        RootKind::TinyBlocks => "blocks for tiny objects",
        RootKind::Variable { .. } => "a package variable",
        RootKind::Goroutine { .. } | RootKind::Frame { .. } | RootKind::Registers { .. } => {
            "a goroutine"
        }
    }
}
