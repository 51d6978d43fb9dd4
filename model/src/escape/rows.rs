//! The distinct diagnostics: what each says, and how it is found again.

use super::{
    builds::BuildSet,
    collect::Collector,
    decision::{Kind, Place},
    strings::Sym,
};
use dumpview_parsers::escape::{Category, Inlining, Message};
use rustc_hash::FxBuildHasher;
use std::hash::BuildHasher;

/// What a distinct diagnostic says, as far as decisions need it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Said {
    /// A decision.
    Decided {
        kind: Kind,
        what: Sym,
        to_result: Option<(Sym, i32)>,
        function: Option<Sym>,
    },
    /// The title of an explanation.
    Title {
        what: Sym,
        function: Option<Sym>,
        /// For a parameter: where it leaks to and with how many dereferences.
        leak: Option<(Sym, i32)>,
    },
    /// `can inline F` and `cannot inline F`: a function is declared here.
    Declares { function: Sym },
    /// `inlining call to F`.
    Inlined { function: Sym },
    /// Nothing decisions need.
    Other,
}

/// A distinct diagnostic.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub package: Sym,
    pub place: Place,
    pub message: Sym,
    pub said: Said,
    pub category: Category,
    pub builds: BuildSet,
    pub count: u32,
    /// Index of its first flow, [`NO_FLOW`] when there is none.
    pub flow: u32,
}

pub(super) const NO_FLOW: u32 = u32::MAX;

pub(super) fn row_key(package: Sym, place: Place, message: Sym) -> u64 {
    FxBuildHasher.hash_one((package, place, message))
}

pub(super) fn saturating_add(count: &mut u32) {
    *count = count.saturating_add(1);
}

impl Collector {
    /// The diagnostic of the current package at a place with this text.
    pub(super) fn find_row(&self, place: Place, symbol: Sym) -> Option<u32> {
        let (package, rows) = (self.package, &self.rows);
        self.table
            .find(row_key(package, place, symbol), |id| {
                rows.get(*id as usize).is_some_and(|row| {
                    row.message == symbol && row.place == place && row.package == package
                })
            })
            .copied()
    }

    pub(super) fn seen_again(&mut self, row: u32, builds: BuildSet) -> Option<(Category, Said)> {
        let row = self.rows.get_mut(row as usize)?;
        saturating_add(&mut row.count);
        row.builds.insert(builds);
        Some((row.category, row.said))
    }

    pub(super) fn insert(&mut self, place: Place, symbol: Sym, read: &Message<'_>) -> u32 {
        let said = self.said(read);
        self.insert_said(place, symbol, said, read.category())
    }

    pub(super) fn insert_said(
        &mut self,
        place: Place,
        symbol: Sym,
        said: Said,
        category: Category,
    ) -> u32 {
        let package = self.package;
        let id = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        self.rows.push(Row {
            package,
            place,
            message: symbol,
            said,
            category,
            builds: BuildSet::default(),
            count: 0,
            flow: NO_FLOW,
        });
        let rows = &self.rows;
        self.table
            .insert_unique(row_key(package, place, symbol), id, |id| {
                rows.get(*id as usize)
                    .map_or(0, |row| row_key(row.package, row.place, row.message))
            });
        id
    }

    fn said(&mut self, read: &Message<'_>) -> Said {
        let strings = &mut self.strings;
        let decided = |kind, what| Said::Decided {
            kind,
            what,
            to_result: None,
            function: None,
        };
        match *read {
            Message::EscapesToHeap { expression } => {
                decided(Kind::EscapesToHeap, strings.intern(expression))
            }
            Message::MovedToHeap { name } => decided(Kind::MovedToHeap, strings.intern(name)),
            Message::DoesNotEscape {
                function,
                expression,
            } => Said::Decided {
                kind: Kind::DoesNotEscape,
                what: strings.intern(expression),
                to_result: None,
                function: function.map(|function| strings.intern(function)),
            },
            Message::LeakingParam { param } => decided(Kind::LeakingParam, strings.intern(param)),
            Message::LeakingParamContent { param } => {
                decided(Kind::LeakingParamContent, strings.intern(param))
            }
            Message::LeakingParamToResult {
                param,
                result,
                level,
            } => Said::Decided {
                kind: Kind::LeakingParamToResult,
                what: strings.intern(param),
                to_result: Some((strings.intern(result), level)),
                function: None,
            },
            Message::LeakingClosureReference { name } => {
                decided(Kind::LeakingClosureReference, strings.intern(name))
            }
            Message::EscapeTitle {
                expression,
                function,
            } => Said::Title {
                what: strings.intern(expression),
                function: function.map(|function| strings.intern(function)),
                leak: None,
            },
            Message::LeakTitle {
                param,
                destination,
                function,
                derefs,
            } => Said::Title {
                what: strings.intern(param),
                function: function.map(|function| strings.intern(function)),
                leak: Some((strings.intern(destination), derefs)),
            },
            Message::Inlining(
                Inlining::Can { function, .. } | Inlining::Cannot { function, .. },
            ) => Said::Declares {
                function: strings.intern(function),
            },
            Message::Inlining(Inlining::Call { function }) => Said::Inlined {
                function: strings.intern(function),
            },
            _ => Said::Other,
        }
    }
}
