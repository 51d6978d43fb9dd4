//! Finds the runtime's package variables in programs that name none: no symbols, no DWARF.
//!
//! What is left of a stripped program's names are its functions' (pclntab). A variable is known by the company it
//! keeps: for each one the release's table has a few *recipes*, sets of runtime functions whose code
//! refers to one address in common that some other functions do not refer to. The recipes are made from an
//! unstripped build by `tools/layouts`, which checks that each singles out its variable. Here they are evaluated on
//! the program's own code. Two must agree and none may contradict, so code that was compiled otherwise (another
//! release, profile-guided inlining) yields no address rather than a wrong one; and [`verify`] holds
//! the main ones against what they lead to.

mod make;
mod refs;
mod verify;

pub use make::{Datum, FunctionRefs, make_recipes};
pub use refs::{Refs, data_refs};
pub use verify::{Unproven, is_heap, verify};

use crate::addr::Addr;
use crate::arch::Arch;
use crate::layout::Recipe;
use crate::memory::Memory;
use crate::runtime::Variables;
use crate::symbols::{Module, Symbols};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::HashMap;
use std::hash::BuildHasher;

/// Variables that were found, by full name.
pub type FoundVariables = FxHashMap<&'static str, Addr>;

impl Variables for FoundVariables {
    fn address(&self, name: &str) -> Option<Addr> {
        self.get(name).copied()
    }
}

/// A runtime function longer than this is none.
const LONGEST_FUNCTION: u64 = 1 << 18;

/// Evaluates recipes on a program's code. A variable is in the answer when at least two recipes give the same
/// address and none gives another.
pub fn find_variables<'t>(
    memory: &dyn Memory,
    arch: Arch,
    symbols: &Symbols<'_>,
    recipes: &[Recipe<'t>],
) -> FxHashMap<&'t str, Addr> {
    symbols.main().map_or_else(FxHashMap::default, |module| {
        vote(recipes, &refs_by_function(memory, arch, module, recipes))
    })
}

/// What the recipes agree on, given what each function refers to.
pub fn vote<'t, S: BuildHasher>(
    recipes: &[Recipe<'t>],
    functions: &HashMap<&str, Refs, S>,
) -> FxHashMap<&'t str, Addr> {
    let mut votes: FxHashMap<&str, Vec<Addr>> = FxHashMap::default();
    for recipe in recipes {
        // Anything but these addresses: the recipe does not apply.
        let left = evaluate(recipe, functions).unwrap_or_default();
        if let (Some(addr), Some(offset)) = (left.first(), recipe.offsets.first())
            && let variable = Addr(addr.0.wrapping_sub(*offset))
            && left
                .iter()
                .copied()
                .eq(recipe.offsets.iter().map(|at| variable.offset(*at)))
        {
            votes.entry(recipe.variable).or_default().push(variable);
        }
    }
    let unanimous = |votes: &[Addr]| votes.windows(2).all(|pair| pair.first() == pair.last());
    let agreed = votes
        .values()
        .filter(|v| v.len() > 1 && unanimous(v))
        .count();
    // One voice alone is heard only where the code has proven to be the code that the recipes were made from.
    let same_code = agreed >= MANY && votes.values().all(|v| unanimous(v));
    votes
        .into_iter()
        .filter(|(_, votes)| unanimous(votes) && (votes.len() > 1 || same_code))
        .filter_map(|(name, votes)| Some((name, *votes.first()?)))
        .collect()
}

/// So many variables on which several recipes agree, and none on which they do not, tell that the program's
/// runtime was compiled as the one the recipes were made from.
const MANY: usize = 10;

/// The addresses that a recipe leaves; `None` when one of its functions is not in the program.
fn evaluate<S: BuildHasher>(
    recipe: &Recipe<'_>,
    functions: &HashMap<&str, Refs, S>,
) -> Option<Vec<Addr>> {
    let mut left: Option<Vec<Addr>> = None;
    for word in &recipe.functions {
        let name = word.strip_prefix('-').unwrap_or(word);
        let bare = name.strip_suffix('&');
        let refs = functions.get(bare.unwrap_or(name))?;
        let refs = if bare.is_some() {
            &refs.taken
        } else {
            &refs.all
        };
        match &mut left {
            Some(left) if word.starts_with('-') => left.retain(|addr| !refs.contains(addr)),
            Some(left) => left.retain(|addr| refs.contains(addr)),
            None => left = Some(refs.clone()),
        }
    }
    left
}

/// The functions that recipes name.
fn names<'t>(recipes: &[Recipe<'t>]) -> impl Iterator<Item = &'t str> {
    let all = recipes.iter().flat_map(|r| r.functions.iter().copied());
    let bare = |name: &'t str| name.strip_prefix('-').unwrap_or(name);
    all.map(move |name| bare(name).strip_suffix('&').unwrap_or(bare(name)))
}

/// What each function that a recipe names refers to, within the module's data.
fn refs_by_function<'t>(
    memory: &dyn Memory,
    arch: Arch,
    module: &Module<'_>,
    recipes: &[Recipe<'t>],
) -> FxHashMap<&'t str, Refs> {
    let mut wanted: FxHashSet<&'t str> = FxHashSet::default();
    wanted.extend(names(recipes));
    let mut found = FxHashMap::default();
    let Some(data) = &module.data else {
        return found;
    };
    for func in module.funcs.iter() {
        let Some(name) = wanted.get(func.name()) else {
            continue;
        };
        let size = func
            .end
            .since(func.entry)
            .unwrap_or(0)
            .min(LONGEST_FUNCTION);
        let Ok(code) = memory.bytes(func.entry, size) else {
            continue;
        };
        let mut refs = data_refs(arch, &code, func.entry);
        // An external linker may put the sections in another order than Go's.
        let sections = [data.noptrdata, data.data, data.bss, data.noptrbss];
        refs.retain(|addr| sections.iter().any(|section| section.contains(addr)));
        found.insert(*name, refs);
        if found.len() == wanted.len() {
            break;
        }
    }
    found
}
