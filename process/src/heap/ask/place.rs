//! What a place of the graph is called, and which place is meant by a name.

use crate::addr::{Addr, GoId};
use crate::expr::{ExprError, Expressions};
use crate::heap::{Analysis, RootKind};
use crate::runtime::Goroutine;
use dumpview_heap::{Dominators, NodeId, ObjId, Objects};
use dumpview_model::heap::{HeapPlace, PlaceKind};
use dumpview_model::value::Address;
use rustc_hash::FxHashMap;

/// Why a name means no place.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoPlace {
    /// The address is no object's; what it is instead.
    #[error("{0} is no object: {1}")]
    NoObject(Addr, String),
    /// A goroutine keeps nothing, or there is none of that id.
    #[error("{0} keeps nothing on the heap, or is not there")]
    NoRoot(String),
    /// Several variables end in this name.
    #[error("{name} could be {}", .candidates.join(" or "))]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// Full names, at most a dozen.
        candidates: Vec<String>,
    },
    /// It is an expression that leads to no address.
    #[error("{}: {}", .0.expr, .0.message)]
    Expression(ExprError),
}

/// `0x…` or decimal.
fn address(text: &str) -> Option<Addr> {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let number = match hex {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    number.ok().map(Addr)
}

/// What stands before the address of a word of package data that has no symbol.
const DATA: &str = "package data ";

/// Names that are offered when several variables are meant.
const MOST_CANDIDATES: usize = 12;

impl Analysis<'_, '_> {
    /// What a node is.
    pub fn place(&self, node: NodeId) -> HeapPlace {
        if let Some(root) = self.heap.root(node) {
            return self.root_place(root.kind);
        }
        let addr = self.object_addr(node);
        HeapPlace {
            addr: Some(Address(addr.0)),
            ty: self.type_name(node).map(str::to_owned),
            ..bare(PlaceKind::Object, addr.to_string())
        }
    }

    /// First byte of an object's slot.
    pub fn object_addr(&self, object: u32) -> Addr {
        Addr(self.heap.spans.addr(ObjId(object)))
    }

    fn root_place(&self, kind: RootKind) -> HeapPlace {
        let of = |what: &str, object: u32| {
            let ty = self
                .type_name(object)
                .map_or(String::new(), |ty| format!(" {ty}"));
            format!("{what} of {}{ty}", self.object_addr(object))
        };
        match kind {
            RootKind::Variable { addr } => {
                let name = self.heap.roots.variables.at(addr).map(|(_, _, name)| name);
                let shown = name.map_or_else(|| format!("{DATA}{addr}"), str::to_owned);
                HeapPlace {
                    addr: Some(Address(addr.0)),
                    variable: name.map(str::to_owned),
                    ..bare(PlaceKind::Variable, shown)
                }
            }
            RootKind::Goroutine { goroutine } => {
                self.of_goroutine(PlaceKind::Goroutine, goroutine, "")
            }
            RootKind::Registers { goroutine } => {
                self.of_goroutine(PlaceKind::Registers, goroutine, " registers")
            }
            RootKind::Frame { goroutine, frame } => self.frame_place(goroutine, frame),
            RootKind::Finalizer { object } => bare(PlaceKind::Finalizer, of("finalizer", object)),
            RootKind::Cleanup { object } => bare(PlaceKind::Cleanup, of("cleanup", object)),
            RootKind::WeakHandle { object } => {
                bare(PlaceKind::WeakHandle, of("weak handle", object))
            }
            RootKind::FinalizerQueue => {
                bare(PlaceKind::FinalizerQueue, "finalizer queue".to_owned())
            }
            RootKind::CleanupQueue => bare(PlaceKind::CleanupQueue, "cleanup queue".to_owned()),
            RootKind::TinyBlocks => {
                bare(PlaceKind::TinyBlocks, "blocks for tiny objects".to_owned())
            }
        }
    }

    fn goroutine_at(&self, number: u32) -> Option<&Goroutine> {
        let known = self.process.goroutines().ok();
        let known = known.filter(|_| self.heap.recorded.is_none());
        known?.list().get(number as usize)
    }

    fn goroutine_id(&self, number: u32) -> Option<GoId> {
        match &self.heap.recorded {
            Some(recorded) => recorded.id(number),
            None => Some(self.goroutine_at(number)?.id),
        }
    }

    /// The number of a goroutine.
    fn goroutine_number(&self, id: GoId) -> Option<u32> {
        let at = if let Some(recorded) = &self.heap.recorded {
            recorded.list().iter().position(|g| g.record.id == id.0)
        } else {
            let list = self.process.goroutines().ok()?.list();
            list.iter().position(|g| g.id == id)
        };
        u32::try_from(at?).ok()
    }

    fn of_goroutine(&self, kind: PlaceKind, number: u32, behind: &str) -> HeapPlace {
        let id = self.goroutine_id(number).map_or(0, |id| id.0);
        HeapPlace {
            goroutine: Some(id),
            ..bare(kind, format!("goroutine {id}{behind}"))
        }
    }

    /// A frame under the number that a backtrace gives it: that of the function itself, not of calls inlined into it.
    fn frame_place(&self, goroutine: u32, frame: u32) -> HeapPlace {
        let g = self.goroutine_at(goroutine);
        let unwound = g.map(|g| self.process.unwound(g));
        let found = unwound.as_ref().and_then(|unwound| {
            let is_it = |call: &crate::unwind::Call| call.physical == frame as usize;
            let at = unwound.calls.iter().rposition(is_it)?;
            Some((at, unwound.calls.get(at)?.name.clone()))
        });
        let recorded = self.heap.recorded.as_ref();
        let recorded = recorded.and_then(|all| all.function(goroutine, frame));
        let found = found.or_else(|| Some((frame as usize, recorded?)));
        let id = self.goroutine_id(goroutine).map_or(0, |id| id.0);
        let name = match &found {
            Some((at, function)) => format!("goroutine {id} frame {at} {function}"),
            None => format!("goroutine {id} frame"),
        };
        HeapPlace {
            goroutine: Some(id),
            frame: found.map(|(at, _)| at),
            ..bare(PlaceKind::Frame, name)
        }
    }

    /// The node that a name means: an address (interior ones included), a package variable, `goroutine 7`,
    /// `goroutine 7 frame 2`, or an expression: what a pointer, slice, string, map, channel, function or interface leads to.
    ///
    /// # Errors
    ///
    /// When it means none.
    pub fn named(&self, text: &str) -> Result<NodeId, NoPlace> {
        let text = text.trim();
        // As other verbs print what has no symbol.
        let text = text.strip_prefix(DATA).map_or(text, str::trim_start);
        // As other verbs print an object: its type stands behind the address.
        let first = text.split_whitespace().next().unwrap_or_default();
        if let Some(addr) = address(first) {
            return self.node_at(addr);
        }
        if let Some(rest) = text.strip_prefix("goroutine ") {
            return self
                .goroutine_root(rest)
                .ok_or_else(|| NoPlace::NoRoot(text.to_owned()));
        }
        if let Some(node) = self.variable_root(text)? {
            return Ok(node);
        }
        let scope = self.process.scope(None);
        let expressions = Expressions {
            sources: self.process.sources(),
            scope: &scope,
        };
        let addr = expressions.target(text).map_err(NoPlace::Expression)?;
        self.node_at(addr)
    }

    /// The object that covers an address, or the package variable that does and that keeps something.
    fn node_at(&self, addr: Addr) -> Result<NodeId, NoPlace> {
        let none = match self.object_at(addr) {
            Ok(object) => return Ok(object),
            Err(none) => none,
        };
        self.variable_over(addr).ok_or(none)
    }

    /// The root of the package variable that covers an address, when it keeps something.
    pub(super) fn variable_over(&self, addr: Addr) -> Option<NodeId> {
        // Without symbols each word is a root of its own.
        let named = self.heap.roots.variables.at(addr);
        let (start, end) = named.map_or((addr, addr.offset(1)), |(start, end, _)| (start, end));
        let is_it =
            |kind| matches!(kind, RootKind::Variable { addr } if start <= addr && addr < end);
        let root = self.roots().find(|(_, kind)| is_it(*kind))?;
        Some(root.0)
    }

    /// The object that covers an address.
    ///
    /// # Errors
    ///
    /// When none does, with what there is instead.
    pub fn object_at(&self, addr: Addr) -> Result<u32, NoPlace> {
        let found = self.heap.find(addr).map(|id| id.0);
        found.ok_or_else(|| NoPlace::NoObject(addr, self.elsewhere(addr)))
    }

    fn roots(&self) -> impl Iterator<Item = (NodeId, RootKind)> + '_ {
        let numbers = self.heap.spans.objects()..;
        numbers
            .zip(&self.heap.roots.list)
            .map(|(node, root)| (node, root.kind))
    }

    /// What each goroutine keeps; `None` of one whose stack was not read to its end. Those that keep nothing are left out.
    pub fn retained_by_goroutines(&self) -> Vec<(GoId, Option<u64>)> {
        let incomplete = &self.heap.roots.incomplete_stacks;
        let unknown = incomplete.iter().filter_map(|goroutine| {
            let id = self.goroutine_id(*goroutine)?;
            Some((id, None))
        });
        let known = self.roots().filter_map(|(node, kind)| {
            let RootKind::Goroutine { goroutine } = kind else {
                return None;
            };
            let id = self.goroutine_id(goroutine)?;
            let whole = !incomplete.contains(&goroutine);
            whole.then(|| (id, Some(self.retained(node).unwrap_or(0))))
        });
        known.chain(unknown).collect()
    }

    /// What groups of goroutines keep, each group's together; `None` where a stack was not read to its end. Groups have no
    /// goroutine in common. Costs a pass over the whole graph.
    pub fn retained_by_groups(&self, groups: &[&[GoId]]) -> Vec<Option<u64>> {
        let incomplete = &self.heap.roots.incomplete_stacks;
        let mut nodes: FxHashMap<GoId, Option<NodeId>> = FxHashMap::default();
        for goroutine in incomplete {
            nodes.extend(self.goroutine_id(*goroutine).map(|id| (id, None)));
        }
        for (node, kind) in self.roots() {
            if let RootKind::Goroutine { goroutine } = kind
                && let Some(id) = self.goroutine_id(goroutine)
            {
                nodes.entry(id).or_insert(Some(node));
            }
        }
        // Of a goroutine that keeps nothing there is no node.
        let members = |group: &&[GoId]| -> Option<Vec<NodeId>> {
            let known = group.iter().filter_map(|id| nodes.get(id).copied());
            known.collect()
        };
        let members: Vec<Option<Vec<NodeId>>> = groups.iter().map(members).collect();
        let lists: Vec<&[NodeId]> = members
            .iter()
            .map(|nodes| nodes.as_deref().unwrap_or_default())
            .collect();
        let Ok(graph) = self.heap.graph.gathered(&lists) else {
            return vec![None; groups.len()];
        };
        let dominators = Dominators::of(&graph, &self.heap.spans);
        let gathered = self.heap.graph.len()..;
        gathered
            .zip(members)
            .map(|(node, known)| {
                known?;
                Some(dominators.retained(node, &self.heap.spans).unwrap_or(0))
            })
            .collect()
    }

    fn goroutine_root(&self, rest: &str) -> Option<NodeId> {
        let mut words = rest.split_whitespace();
        let id = GoId(words.next()?.parse().ok()?);
        let number = self.goroutine_number(id)?;
        let wanted: Box<dyn Fn(RootKind) -> bool> = match words.next() {
            None => Box::new(move |kind| kind == RootKind::Goroutine { goroutine: number }),
            Some("registers") => {
                Box::new(move |kind| kind == RootKind::Registers { goroutine: number })
            }
            Some("frame") => {
                let call: usize = words.next()?.parse().ok()?;
                let frame = match self.goroutine_at(number) {
                    Some(g) => self.process.unwound(g).calls.get(call)?.physical,
                    None => call,
                };
                let frame = u32::try_from(frame).ok()?;
                Box::new(move |kind| {
                    kind == RootKind::Frame {
                        goroutine: number,
                        frame,
                    }
                })
            }
            Some(_) => return None,
        };
        self.roots()
            .find(|(_, kind)| wanted(*kind))
            .map(|(node, _)| node)
    }

    /// The root of a package variable, whose package may be given by its last element.
    fn variable_root(&self, text: &str) -> Result<Option<NodeId>, NoPlace> {
        let mut found: Vec<(NodeId, &str)> = Vec::new();
        for (node, kind) in self.roots() {
            let RootKind::Variable { addr } = kind else {
                continue;
            };
            let Some((_, _, name)) = self.heap.roots.variables.at(addr) else {
                continue;
            };
            if name == text {
                return Ok(Some(node));
            }
            let short = name.rsplit_once('/').map_or(name, |(_, last)| last);
            if short == text {
                found.push((node, name));
            }
        }
        match found.as_slice() {
            [] => Ok(None),
            [(node, _)] => Ok(Some(*node)),
            several => Err(NoPlace::Ambiguous {
                name: text.to_owned(),
                candidates: several
                    .iter()
                    .take(MOST_CANDIDATES)
                    .map(|(_, name)| (*name).to_owned())
                    .collect(),
            }),
        }
    }
}

/// A place of which nothing but its name is said.
const fn bare(kind: PlaceKind, name: String) -> HeapPlace {
    HeapPlace {
        kind,
        name,
        addr: None,
        ty: None,
        goroutine: None,
        frame: None,
        variable: None,
    }
}
