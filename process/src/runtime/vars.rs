//! Where the runtime's package variables (`runtime.allgs`, `runtime.sched`) stand in the process.
//!
//! DWARF is asked first: when there is any, layouts have already paid for its index of names, while the first
//! question to the symbol table sorts all of it. A binary without either has its variables searched
//! for in the process itself; what that finds is handed in here as already proven.

use crate::addr::{Addr, Bias};
use crate::image::Executable;
use crate::layout::DwarfLayouts;
use rustc_hash::FxHashMap;

/// Addresses of package variables by full name.
pub trait Variables: Send + Sync {
    /// Where the variable stands, or `None` when this program has none of that name (or it cannot be told).
    fn address(&self, name: &str) -> Option<Addr>;
}

/// Package variables of one process, from whichever source knows them.
#[derive(Default)]
pub struct RuntimeVars<'r, 'a> {
    dwarf: Option<&'r DwarfLayouts<'a>>,
    exe: Option<&'r Executable<'a>>,
    bias: Bias,
    found: FxHashMap<String, Addr>,
}

impl<'r, 'a> RuntimeVars<'r, 'a> {
    /// Variables that the executable names, loaded with `bias`.
    pub fn new(
        exe: Option<&'r Executable<'a>>,
        dwarf: Option<&'r DwarfLayouts<'a>>,
        bias: Bias,
    ) -> Self {
        Self {
            dwarf,
            exe,
            bias,
            found: FxHashMap::default(),
        }
    }

    /// Adds a variable that was found in the process and verified there. It wins over the executable.
    pub fn insert(&mut self, name: &str, addr: Addr) {
        self.found.insert(name.to_owned(), addr);
    }
}

impl Variables for RuntimeVars<'_, '_> {
    fn address(&self, name: &str) -> Option<Addr> {
        let in_file = || {
            let described = self.dwarf.and_then(|dwarf| dwarf.variable(name));
            described.or_else(|| self.exe?.symbol(name).map(|(addr, _)| addr))
        };
        let found = self.found.get(name).copied();
        found.or_else(|| in_file().map(|addr| addr.to_process(self.bias)))
    }
}
