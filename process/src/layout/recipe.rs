//! Recipes for finding the runtime's variables in a program without symbols, as tables keep them.

/// Functions that single out an address, `offset` bytes into a variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recipe<'t> {
    /// The variable, `runtime.sched`.
    pub variable: &'t str,
    /// Offset of the address that the functions refer to.
    pub offset: u64,
    /// The functions' names, as the linker stores them. `f&` is a function that takes the address rather than
    /// reading or writing there; a `-` before either says that it does not.
    pub functions: Vec<&'t str>,
}

/// A recipe with names of its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MadeRecipe {
    /// The variable.
    pub variable: String,
    /// Offset into it of the address that the functions have in common.
    pub offset: u64,
    /// The functions.
    pub functions: Vec<String>,
}

impl MadeRecipe {
    /// As it is evaluated.
    pub fn as_recipe(&self) -> Recipe<'_> {
        Recipe {
            variable: &self.variable,
            offset: self.offset,
            functions: self.functions.iter().map(String::as_str).collect(),
        }
    }
}
