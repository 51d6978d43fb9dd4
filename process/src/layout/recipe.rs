//! Recipes for finding the runtime's variables in a program without symbols, as tables keep them.

/// Functions that single out addresses in a variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recipe<'t> {
    /// The variable, `runtime.sched`.
    pub variable: &'t str,
    /// Offsets of the addresses that the functions refer to: one, or words that no function tells apart, as pointer and
    /// length of a slice are.
    pub offsets: Vec<u64>,
    /// The functions' names, as the linker stores them. `f&` is a function that takes the address rather than
    /// reading or writing there; a `-` before either says that it does not.
    pub functions: Vec<&'t str>,
}

/// A recipe with names of its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MadeRecipe {
    /// The variable.
    pub variable: String,
    /// Offsets into it of the addresses that the functions have in common.
    pub offsets: Vec<u64>,
    /// The functions.
    pub functions: Vec<String>,
}

impl MadeRecipe {
    /// As it is evaluated.
    pub fn as_recipe(&self) -> Recipe<'_> {
        Recipe {
            variable: &self.variable,
            offsets: self.offsets.clone(),
            functions: self.functions.iter().map(String::as_str).collect(),
        }
    }
}
