//! Distinct diagnostics to decisions.
//!
//! One decision per variable or expression and position of a package: `moved to heap: x`, its title
//! `x escapes to heap:`, the same from another build, and `x does not escape` from a build with other flags
//! all speak of one `x`. What they say differently becomes its outcomes.

use super::{
    builds::BuildSet,
    collect::Collector,
    decision::{Analysis, Decision, Flow, FunctionTrust, Kind, Outcome, Place},
    functions::Declarations,
    rows::{NO_FLOW, Row, Said},
    strings::{Strings, Sym},
};

/// Outcomes and explanations of one decision that are told apart. Real ones have fewer than ten; a damaged or
/// made-up input must not cost time that grows with its square.
const MAX_PARTS: usize = 256;

/// A diagnostic about a subject, on its way to a decision.
struct Part {
    package: Sym,
    place: Place,
    what: Sym,
    /// Titles come after the lines they may belong to.
    title: bool,
    row: u32,
}

impl Collector {
    /// Joins what was read into decisions.
    pub fn finish(mut self) -> Analysis {
        self.end();
        self.unify_logs();
        self.give_to_owners();
        let order = Order::new(&self);
        let mut parts = self.parts();
        parts.sort_by_cached_key(|part| {
            (
                order.of(part.package),
                order.of(part.place.file),
                part.place.line,
                part.place.column,
                order.of(part.what),
                part.title,
                part.row,
            )
        });
        let declarations = Declarations::new(&self.rows, &self.strings);
        let mut decisions = Vec::new();
        let mut rest = parts.as_slice();
        while let Some(first) = rest.first() {
            let same = rest
                .iter()
                .take_while(|part| {
                    part.package == first.package
                        && part.place == first.place
                        && part.what == first.what
                })
                .count();
            let (group, tail) = rest.split_at(same);
            rest = tail;
            decisions.push(self.decision(group, &declarations));
        }
        let decisions = join_renamed(decisions);
        let mut inlined: Vec<(Sym, Place, Sym, usize)> = self
            .rows
            .iter()
            .enumerate()
            .filter_map(|(at, row)| match row.said {
                Said::Inlined { function } => Some((row.package, row.place, function, at)),
                _ => None,
            })
            .collect();
        // The outermost of several calls inlined at one place is reported first.
        inlined.sort_unstable_by_key(|(package, place, _, at)| (*package, *place, *at));
        inlined.dedup_by_key(|(package, place, _, _)| (*package, *place));
        let mut declared: Vec<(Sym, Sym)> = self
            .rows
            .iter()
            .filter_map(|row| match row.said {
                Said::Declares { function } => Some((row.package, function)),
                _ => None,
            })
            .collect();
        declared.sort_unstable();
        declared.dedup();
        Analysis {
            declared,
            distinct: self.rows.len(),
            decisions,
            steps: self.steps,
            pool: self.pool,
            inlined: inlined
                .into_iter()
                .map(|(package, place, function, _)| (package, place, function))
                .collect(),
            builds: self.builds,
            build_count: self.build_count,
            counts: self.counts,
            unrecognized: self.unrecognized,
            incomplete: self.incomplete,
            go_version: self.go_version,
            strings: self.strings,
        }
    }

    fn parts(&mut self) -> Vec<Part> {
        let append = self.strings.intern(b"append");
        let mut parts = Vec::new();
        // From Go 1.25 on the terse line says `append`, its title the whole call.
        let mut appends: Vec<(Sym, Place)> = Vec::new();
        for (at, row) in self.rows.iter().enumerate() {
            let (what, title) = match row.said {
                Said::Decided { what, .. } => (what, false),
                Said::Title { what, .. } => (what, true),
                _ => continue,
            };
            if what == append {
                appends.push((row.package, row.place));
            }
            parts.push(Part {
                package: row.package,
                place: row.place,
                what,
                title,
                row: u32::try_from(at).unwrap_or(u32::MAX),
            });
        }
        appends.sort_unstable();
        for part in &mut parts {
            if part.title
                && self.strings.bytes(part.what).starts_with(b"append(")
                && appends.binary_search(&(part.package, part.place)).is_ok()
            {
                part.what = append;
            }
        }
        parts
    }

    fn row(&self, part: &Part) -> Option<&Row> {
        self.rows.get(part.row as usize)
    }

    fn decision(&self, group: &[Part], declarations: &Declarations) -> Decision {
        let mut outcomes: Vec<Outcome> = Vec::new();
        let mut flows: Vec<Flow> = Vec::new();
        let mut named = None;
        for row in group.iter().filter_map(|part| self.row(part)) {
            match row.said {
                Said::Decided {
                    kind,
                    to_result,
                    function,
                    ..
                } => {
                    named = named.or(function);
                    add_outcome(&mut outcomes, kind, to_result, row, false);
                    self.flows_of(row, None, &mut flows);
                }
                Said::Title { function, leak, .. } => {
                    named = named.or(function);
                    add_title(&mut outcomes, implied(leak, &self.strings), row);
                    self.flows_of(row, leak.map(|(destination, _)| destination), &mut flows);
                }
                _ => {}
            }
        }
        outcomes.sort_by_key(|outcome| (outcome.kind, outcome.to_result.map(|(_, level)| level)));
        let (package, place, what) = group
            .first()
            .map_or((Sym::EMPTY, Place::NONE, Sym::EMPTY), |first| {
                (first.package, first.place, first.what)
            });
        let function = named.map(|name| (name, FunctionTrust::Named)).or_else(|| {
            declarations
                .nearest(package, place)
                .map(|name| (name, FunctionTrust::Nearest))
        });
        Decision {
            package,
            place,
            what,
            function,
            outcomes,
            flows,
        }
    }

    fn flows_of(&self, row: &Row, destination: Option<Sym>, out: &mut Vec<Flow>) {
        let mut at = row.flow;
        while at != NO_FLOW {
            let Some(flow) = self.flows.get(at as usize) else {
                return;
            };
            let full = out.len() >= MAX_PARTS;
            let same = out.iter_mut().find(|known| {
                known.destination == destination
                    && self.pool.get(known.start..known.start + known.len)
                        == self.pool.get(flow.start..flow.start + flow.len)
            });
            match same {
                Some(known) => {
                    known.builds.insert(flow.builds);
                    known.count = known.count.saturating_add(flow.count);
                }
                None if full => return,
                None => out.push(Flow {
                    start: flow.start,
                    len: flow.len,
                    builds: flow.builds,
                    count: flow.count,
                    destination,
                }),
            }
            at = flow.next;
        }
    }
}

/// Joins a title with the one terse line at its place that has none.
///
/// The compiler may fold a constant into an expression, or put a literal in place of a variable, after it
/// explained it: `make([]byte, size) escapes to heap:` and then `make([]byte, 32768) escapes to heap`
/// (Go 1.25 on, in inlined calls). When more than one of either is left at a place, none is joined.
fn join_renamed(decisions: Vec<Decision>) -> Vec<Decision> {
    let heap = |decision: &Decision| {
        decision
            .outcomes
            .first()
            .is_some_and(|outcome| outcome.kind.is_heap())
    };
    let title_only = |decision: &Decision| {
        heap(decision)
            && decision
                .outcomes
                .iter()
                .all(|outcome| outcome.explanation_only)
    };
    let bare = |decision: &Decision| {
        heap(decision)
            && decision.flows.is_empty()
            && !decision
                .outcomes
                .iter()
                .any(|outcome| outcome.explanation_only)
    };
    let mut out: Vec<Decision> = Vec::with_capacity(decisions.len());
    let mut rest = decisions.into_iter().peekable();
    while let Some(first) = rest.next() {
        let mut group = vec![first];
        while let Some(next) = rest.next_if(|next| {
            group
                .first()
                .is_some_and(|first| (first.package, first.place) == (next.package, next.place))
        }) {
            group.push(next);
        }
        let count = |test: &dyn Fn(&Decision) -> bool| group.iter().filter(|d| test(d)).count();
        if count(&title_only) == 1
            && count(&bare) == 1
            && let Some(at) = group.iter().position(title_only)
        {
            let title = group.remove(at);
            if let Some(twin) = group.iter_mut().find(|decision| bare(decision)) {
                twin.flows = title.flows;
                twin.function = title
                    .function
                    .filter(|(_, trust)| *trust == FunctionTrust::Named)
                    .or(twin.function);
            }
        }
        out.append(&mut group);
    }
    out
}

fn add_outcome(
    outcomes: &mut Vec<Outcome>,
    kind: Kind,
    to_result: Option<(Sym, i32)>,
    row: &Row,
    explanation_only: bool,
) {
    let to_result = to_result.filter(|_| outcomes.len() < MAX_PARTS);
    let known = outcomes
        .iter_mut()
        .find(|outcome| outcome.kind == kind && outcome.to_result == to_result);
    if let Some(known) = known {
        known.builds.insert(row.builds);
        known.count = known.count.saturating_add(row.count);
        return;
    }
    outcomes.push(Outcome {
        kind,
        to_result,
        builds: row.builds,
        count: row.count,
        explanation_only,
    });
}

/// A title says again what a terse line of its build says. From a build without such a line (a JSON log) it
/// counts for the outcome it can only mean, and for itself where there is none.
fn add_title(
    outcomes: &mut Vec<Outcome>,
    (kind, to_result): (Kind, Option<(Sym, i32)>),
    row: &Row,
) {
    let costly = |outcome: &&mut Outcome| outcome.kind != Kind::DoesNotEscape;
    if outcomes
        .iter_mut()
        .filter(costly)
        .any(|outcome| !outcome.explanation_only && outcome.builds.intersects(row.builds))
    {
        return;
    }
    let meant = outcomes.iter_mut().filter(costly).find(|outcome| {
        if kind.is_heap() {
            outcome.kind.is_heap()
        } else {
            outcome.kind == kind
        }
    });
    match meant {
        Some(outcome) => outcome.builds.insert(row.builds),
        None => add_outcome(outcomes, kind, to_result, row, true),
    }
}

/// What a title says when no line of its own says it (wrappers the compiler makes: `<autogenerated>`).
fn implied(leak: Option<(Sym, i32)>, strings: &Strings) -> (Kind, Option<(Sym, i32)>) {
    match leak {
        None => (Kind::EscapesToHeap, None),
        Some((destination, level)) if strings.bytes(destination).starts_with(b"~") => {
            (Kind::LeakingParamToResult, Some((destination, level)))
        }
        Some((_, 0)) => (Kind::LeakingParam, None),
        Some(_) => (Kind::LeakingParamContent, None),
    }
}

/// The alphabetical order of the texts that sorting needs, so that the result does not depend on the order
/// of the input's builds.
struct Order {
    ranks: Vec<(Sym, u32)>,
}

impl Order {
    fn new(collector: &Collector) -> Self {
        let mut syms: Vec<Sym> = Vec::with_capacity(collector.rows.len() * 2);
        for row in &collector.rows {
            syms.push(row.package);
            syms.push(row.place.file);
            if let Said::Decided { what, .. } | Said::Title { what, .. } = row.said {
                syms.push(what);
            }
        }
        if let Some(append) = collector.strings.find(b"append") {
            syms.push(append);
        }
        syms.sort_unstable();
        syms.dedup();
        syms.sort_by(|a, b| collector.strings.bytes(*a).cmp(collector.strings.bytes(*b)));
        let mut ranks: Vec<(Sym, u32)> = syms.into_iter().zip(0u32..).collect();
        ranks.sort_unstable();
        Self { ranks }
    }

    fn of(&self, sym: Sym) -> u32 {
        self.ranks
            .binary_search_by_key(&sym, |(sym, _)| *sym)
            .ok()
            .and_then(|at| self.ranks.get(at))
            .map_or(u32::MAX, |(_, rank)| *rank)
    }
}

/// For tests and callers that ask about one build only.
impl Outcome {
    /// Whether this was decided in the given build.
    pub fn in_build(&self, build: u32) -> bool {
        self.builds.intersects(BuildSet::of(build))
    }
}
