//! Calls, owned: what a stack looks like to people, kept apart from the tables that it was named by.

use super::frame::Stack;
use super::native::Natives;
use crate::addr::Addr;
use crate::symbols::Symbols;
use dumpview_model::frame::Frame;
use std::sync::Arc;

/// One call on a stack.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
    /// As people see it.
    pub frame: Frame,
    /// Function as the linker stores it.
    pub name: String,
    /// Index into [`Stack::frames`] of the physical frame that it is part of.
    pub physical: usize,
    /// How many calls it is inlined into, down to the physical function.
    pub inline_depth: usize,
    /// The pc to look things up by.
    pub lookup_pc: Addr,
}

impl Stack {
    /// The calls of the stack, inlined ones among them, innermost first.
    pub fn calls(&self, symbols: &Symbols<'_>, natives: &Natives<'_>) -> Vec<Call> {
        let logical = self.logical(symbols, Some(natives));
        let mut calls: Vec<Call> = logical
            .iter()
            .map(|call| Call {
                frame: call.to_model(),
                name: call.name.to_owned(),
                physical: call.physical,
                inline_depth: 0,
                lookup_pc: call.lookup_pc,
            })
            .collect();
        // Innermost first: from the end, each call inlined into the one before is one deeper.
        let mut deeper: Option<(usize, usize)> = None;
        for call in calls.iter_mut().rev() {
            call.inline_depth = match deeper {
                Some((physical, depth)) if physical == call.physical => depth + 1,
                _ => 0,
            };
            deeper = Some((call.physical, call.inline_depth));
        }
        calls
    }
}

/// A stack with its calls: what every question about a goroutine's frames starts from.
#[derive(Clone, Debug, Default)]
pub struct Unwound {
    /// Physical frames and the registers known in them.
    pub stack: Stack,
    /// The calls, innermost first.
    pub calls: Vec<Call>,
    /// The call that says where it is, see [`dumpview_model::frame::Own::first`].
    pub own: Option<usize>,
}

impl Unwound {
    /// Index of the first call that is the program's own: not the runtime's, nor the library's that leads to it. The
    /// innermost when none is.
    pub fn first_user_call(&self) -> usize {
        self.own.unwrap_or(0)
    }
}

/// Calls of kept stacks together; some 200 bytes each. One stack alone may be larger.
const MOST_CALLS: usize = 100_000;
/// Stacks kept.
const MOST_STACKS: usize = 64;

/// The stacks that were asked for last, by the address of their `g`.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    /// The oldest first.
    stacks: Vec<(Addr, Arc<Unwound>)>,
}

impl Recent {
    /// A stack that is kept.
    pub(crate) fn get(&self, g: Addr) -> Option<Arc<Unwound>> {
        let (_, unwound) = self.stacks.iter().find(|(at, _)| *at == g)?;
        Some(Arc::clone(unwound))
    }

    /// Keeps a stack, in the place of the oldest ones when there are too many.
    pub(crate) fn keep(&mut self, g: Addr, unwound: &Arc<Unwound>) {
        self.stacks.push((g, Arc::clone(unwound)));
        let calls = |kept: &[(Addr, Arc<Unwound>)]| -> usize {
            kept.iter().map(|(_, unwound)| unwound.calls.len()).sum()
        };
        while self.stacks.len() > 1
            && (self.stacks.len() > MOST_STACKS || calls(&self.stacks) > MOST_CALLS)
        {
            self.stacks.remove(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_CALLS, MOST_STACKS, Recent, Unwound};
    use crate::addr::Addr;
    use crate::unwind::Call;
    use dumpview_model::frame::{Frame, Trust};
    use std::sync::Arc;

    #[test]
    fn kept_stacks_are_bounded_by_number_and_by_calls() {
        let call = Call {
            frame: Frame {
                function: String::new(),
                file: None,
                line: None,
                pc: None,
                sp: None,
                inlined: false,
                trust: Trust::Pclntab,
                runtime: false,
            },
            name: String::new(),
            physical: 0,
            inline_depth: 0,
            lookup_pc: Addr(0),
        };
        let of = |calls| {
            Arc::new(Unwound {
                calls: vec![call.clone(); calls],
                ..Unwound::default()
            })
        };
        let mut recent = Recent::default();
        for g in 0..=MOST_STACKS as u64 {
            recent.keep(Addr(g), &of(1));
        }
        assert!(recent.get(Addr(0)).is_none() && recent.get(Addr(1)).is_some());
        recent.keep(Addr(100), &of(MOST_CALLS + 1));
        assert!(recent.get(Addr(64)).is_none() && recent.get(Addr(100)).is_some());
    }
}
