//! The runtime's own count of its goroutines, to hold the walk against.

use super::clock::processors;
use super::{Goroutines, Runtime};

/// Gs on free lists, as the runtime counts them. Every dead g is on one, but for those of cgo's extra Ms.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FreeGs(pub u64);

impl FreeGs {
    /// Adds up the central free lists and those of every P; `None` when one of them cannot be read.
    pub fn read(runtime: &Runtime<'_>) -> Option<Self> {
        let sched = runtime.structure("runtime.schedt", runtime.vars.address("runtime.sched")?);
        let size = |s: &crate::layout::Structure<'_>, paths: [&str; 2]| {
            paths.iter().find_map(|path| s.uint(path).ok())
        };
        // Until 1.24 one counter covers both central lists.
        let mut free = match sched.uint("gFree.n") {
            Ok(both) => both,
            Err(_) => {
                sched.uint("gFree.stack.size").ok()? + sched.uint("gFree.noStack.size").ok()?
            }
        };
        for p in processors(runtime).ok()? {
            let p = runtime.structure("runtime.p", p);
            free = free.checked_add(size(&p, ["gFree.n", "gFree.size"])?)?;
        }
        Some(Self(free))
    }

    /// How many goroutines the runtime says there are: all gs less the free ones.
    pub fn expected(self, goroutines: &Goroutines) -> Option<u64> {
        goroutines.allglen.checked_sub(self.0)
    }
}
