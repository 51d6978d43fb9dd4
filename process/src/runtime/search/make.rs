//! Makes recipes from an unstripped program; run by `tools/layouts`.

use crate::addr::Addr;
use crate::layout::MadeRecipe;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// A package variable of the program: name, first address, size.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Datum {
    /// `runtime.sched`.
    pub name: String,
    /// Where it stands.
    pub addr: Addr,
    /// Its size.
    pub size: u64,
}

/// A function and the data it refers to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FunctionRefs {
    /// Its name.
    pub name: String,
    /// Addresses within the program's data, sorted.
    pub refs: Vec<Addr>,
}

impl FunctionRefs {
    fn bare_name(&self) -> &str {
        self.name.strip_suffix('&').unwrap_or(&self.name)
    }
}

/// So many recipes are kept for each variable, of so many functions each.
const RECIPES: usize = 4;
const FUNCTIONS: usize = 5;
/// And so many functions are tried as the first of one.
const STARTS: usize = 40;

/// Recipes for the wanted variables, the simplest first, of those that `holds` accepts. No two recipes of a variable
/// have a function in common that must refer to it, so that they fail apart.
pub fn make_recipes(
    data: &[Datum],
    functions: &[FunctionRefs],
    holds: &dyn Fn(&MadeRecipe) -> bool,
) -> Vec<MadeRecipe> {
    let mut by_addr: BTreeMap<Addr, Vec<&FunctionRefs>> = BTreeMap::new();
    for function in functions {
        for addr in &function.refs {
            by_addr.entry(*addr).or_default().push(function);
        }
    }
    let mut all = Vec::new();
    for datum in data {
        let mut found: Vec<Singled<'_>> = Vec::new();
        let end = datum.addr.offset(datum.size.max(1));
        for (addr, users) in by_addr.range(datum.addr..end) {
            let mut starts = users.clone();
            starts.sort_by_key(|f| (f.refs.len(), &f.name));
            for start in starts.into_iter().take(STARTS) {
                found.extend(single_out(*addr, datum.addr..end, start, users, &by_addr));
            }
        }
        found.sort_by_key(|singled| {
            let functions = singled.with.len() + singled.without.len();
            (singled.left.len(), functions, singled.left.first().copied())
        });
        let mut used = BTreeSet::new();
        let mut kept = 0;
        for Singled {
            left,
            with,
            without,
        } in found
        {
            if kept == RECIPES || with.iter().any(|f| used.contains(f.bare_name())) {
                continue;
            }
            let not = without.iter().map(|f| format!("-{}", f.name));
            let made = MadeRecipe {
                variable: datum.name.clone(),
                offsets: left.iter().map(|at| at.0 - datum.addr.0).collect(),
                functions: with.iter().map(|f| f.name.clone()).chain(not).collect(),
            };
            if holds(&made) {
                used.extend(with.iter().map(|f| f.bare_name()));
                kept += 1;
                all.push(made);
            }
        }
    }
    all
}

/// Functions that all refer to one address, and such that do not, which leave that address alone.
struct Singled<'f> {
    /// The address, and those of the same variable that no function tells from it.
    left: Vec<Addr>,
    with: Vec<&'f FunctionRefs>,
    without: Vec<&'f FunctionRefs>,
}

/// Functions, beginning with `start`, that single out `addr`. A function that shares most of what is left but the
/// address itself is as good as one that shares nothing else.
fn single_out<'f>(
    addr: Addr,
    variable: Range<Addr>,
    start: &'f FunctionRefs,
    users: &[&'f FunctionRefs],
    by_addr: &BTreeMap<Addr, Vec<&'f FunctionRefs>>,
) -> Option<Singled<'f>> {
    let mut singled = Singled {
        left: Vec::new(),
        with: vec![start],
        without: Vec::new(),
    };
    let mut common = start.refs.clone();
    while common != [addr] {
        let shared = |f: &FunctionRefs| common.iter().filter(|a| f.refs.contains(a)).count();
        let with = users.iter().min_by_key(|f| (shared(f), &f.name))?;
        // Candidates for leaving out are the other users of what should go.
        let others = common.iter().filter(|a| **a != addr);
        let others = others.filter_map(|a| by_addr.get(a)).flatten();
        let without = others
            .filter(|f| !f.refs.contains(&addr))
            .max_by_key(|f| (shared(f), Reverse(&f.name)));
        let gone_with = common.len() - shared(with);
        let gone_without = without.map_or(0, |f| shared(f));
        if gone_with == 0 && gone_without == 0 {
            if common.iter().any(|addr| !variable.contains(addr)) {
                return None;
            }
            break;
        }
        if gone_with >= gone_without {
            common.retain(|a| with.refs.contains(a));
            singled.with.push(with);
        } else {
            let without = without?;
            common.retain(|a| !without.refs.contains(a));
            singled.without.push(without);
        }
        if singled.with.len() + singled.without.len() > FUNCTIONS {
            return None;
        }
    }
    singled.left = common;
    Some(singled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_singled_out_by_functions_that_share_nothing_else() {
        let f = |name: &str, refs: &[u64]| FunctionRefs {
            name: name.to_owned(),
            refs: refs.iter().map(|a| Addr(*a)).collect(),
        };
        let functions = [
            f("a", &[0x10, 0x20]),
            f("b", &[0x10, 0x30]),
            f("c", &[0x18]),
            f("d", &[0x20, 0x30]),
            f("e", &[0x20, 0x40]),
        ];
        let datum = |name: &str, addr, size| Datum {
            name: name.to_owned(),
            addr: Addr(addr),
            size,
        };
        let data = [
            datum("x", 0x10, 16),
            datum("y", 0x20, 8),
            datum("z", 0x30, 8),
            datum("w", 0x40, 8),
        ];
        let made = make_recipes(&data, &functions, &|_| true);
        let made: Vec<_> = made
            .iter()
            .map(|r| {
                (
                    r.variable.as_str(),
                    r.offsets.clone(),
                    r.functions.join(","),
                )
            })
            .collect();
        let want = [
            ("x", 8, "c"),
            ("x", 0, "a,b"),
            ("y", 0, "a,d"),
            ("z", 0, "b,d"),
            ("w", 0, "e,-a"),
        ];
        let want = want.map(|(name, offset, functions)| (name, vec![offset], functions.to_owned()));
        assert_eq!(made, want);
    }
}
