//! Stacks of goroutines and threads, from where they stood to their outermost frame.
//!
//! Go frames are unwound by the linker's stack-size tables ([`crate::symbols`]), which hold for every instruction
//! and are in every binary, not by DWARF or frame pointers. [`Unwinder`] decides where a stack starts (the
//! goroutine's saved state, or its thread's registers); `walk` goes from frame to frame and across stacks;
//! `native` does C. An answer that does not reach the outermost frame says why.
//!
//! For many goroutines, share one [`PcCache`] per worker thread: parked goroutines stop at few distinct pcs,
//! and a step then costs a hash lookup and one word of memory.

mod call;
mod dynamic;
mod eh_frame;
mod fields;
mod foreign;
mod frame;
mod logical;
mod native;
mod saved;
mod state;
mod switches;
mod walk;
mod words;

pub(crate) use call::Recent;
pub use call::{Call, Unwound};
pub use frame::{Elided, Incomplete, PhysicalFrame, Stack, StackKind, Trust};
pub use logical::LogicalFrame;
pub use native::{NativeImage, Natives};
pub use words::PcCache;

use crate::addr::Addr;
use crate::arch::{Arch, Registers};
use crate::layout::{FieldError, Layouts};
use crate::memory::{Memory, ReadError};
use crate::symbols::Symbols;
use fields::Fields;
use state::{SavedBy, Stacks, State};
use walk::Walk;

/// Statuses of a goroutine that matter here (`runtime/runtime2.go`, never renumbered).
mod status {
    pub const GIDLE: u32 = 0;
    pub const GRUNNING: u32 = 2;
    pub const GSYSCALL: u32 = 3;
    pub const GDEAD: u32 = 6;
    /// 1.26+: a dead goroutine kept for a thread of C.
    pub const GDEADEXTRA: u32 = 11;
}

/// How many frames of one stack to keep.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Innermost frames to keep.
    pub head: usize,
    /// Outermost frames to keep beyond those.
    pub tail: usize,
    /// Frames to walk at most.
    pub most: u64,
}

impl Default for Limits {
    /// A million frames and the outermost hundred; walks as far as the largest stack the runtime allows (1 GB
    /// of 16-byte frames).
    fn default() -> Self {
        Self {
            head: 1_000_000,
            tail: 100,
            most: 1 << 26,
        }
    }
}

/// Unwinds the stacks of one process. Shared between threads; each brings its own [`PcCache`].
pub struct Unwinder<'p> {
    memory: &'p dyn Memory,
    symbols: &'p Symbols<'p>,
    natives: Option<&'p Natives<'p>>,
    fields: Fields,
    arch: Arch,
    limits: Limits,
}

impl<'p> Unwinder<'p> {
    /// An unwinder for Go code. Fails when the layouts do not know the fields of `g` and `m` that say where a
    /// stack is.
    pub fn new(
        memory: &'p dyn Memory,
        symbols: &'p Symbols<'p>,
        layouts: &dyn Layouts,
        arch: Arch,
    ) -> Result<Self, FieldError> {
        Ok(Self {
            memory,
            symbols,
            natives: None,
            fields: Fields::resolve(layouts)?,
            arch,
            limits: Limits::default(),
        })
    }

    /// With C frames.
    pub fn with_natives(mut self, natives: &'p Natives<'p>) -> Self {
        self.natives = Some(natives);
        self
    }

    /// With other limits.
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The function tables in use.
    pub fn symbols(&self) -> &'p Symbols<'p> {
        self.symbols
    }

    /// The stack of the goroutine whose `runtime.g` stands at `g`. `thread` are the registers of the thread that
    /// runs it, when one does: without them a running goroutine has no stack to show.
    pub fn goroutine(&self, g: Addr, thread: Option<&Registers>) -> Stack {
        self.goroutine_with(&mut PcCache::default(), g, thread)
    }

    /// As [`Self::goroutine`], remembering pcs in `cache`.
    pub fn goroutine_with(
        &self,
        cache: &mut PcCache,
        g: Addr,
        thread: Option<&Registers>,
    ) -> Stack {
        match self.start(cache, g, thread) {
            Ok(stack) => stack,
            Err(error) => incomplete(Incomplete::Unreadable {
                what: "the goroutine's g",
                error,
            }),
        }
    }

    fn start(
        &self,
        cache: &mut PcCache,
        g: Addr,
        thread: Option<&Registers>,
    ) -> Result<Stack, ReadError> {
        let status = self.fields.status(self.memory, g)?;
        if matches!(status, status::GIDLE | status::GDEAD | status::GDEADEXTRA) {
            return Ok(incomplete(Incomplete::NoStack));
        }
        let syscall = self.fields.syscall(self.memory, g)?;
        let runs = matches!(status, status::GRUNNING | status::GSYSCALL);
        let m = self.fields.m(self.memory, g)?;
        if runs && let Some(registers) = thread {
            let stacks = self.stacks(Some(m).filter(|m| !m.is_null()));
            let stack = self.walk_registers(cache, registers.clone(), stacks);
            let reached = stack.frames.iter().any(|f| f.stack == StackKind::Goroutine);
            let through_c = |f: &PhysicalFrame| self.symbols.find(f.pc).is_none();
            // The runtime shows a system call from where it was entered, which is what people know.
            if reached && (syscall.is_none() || stack.frames.iter().any(through_c)) {
                return Ok(stack);
            }
            if syscall.is_none() {
                return self.beyond_system_stack(cache, g, stack);
            }
        }
        let stacks = self.stacks_of(g, m)?;
        if let Some(saved) = syscall {
            let state = State::from_saved(saved, SavedBy::Entersyscall);
            return Ok(Walk::new(self, cache, stacks, state).run());
        }
        let gobuf = self.fields.gobuf(self.memory, g)?;
        if status == status::GRUNNING && gobuf.sp == 0 {
            return Ok(incomplete(Incomplete::NoRegisters));
        }
        Ok(Walk::new(
            self,
            cache,
            stacks,
            State::from_saved(gobuf, SavedBy::Switch),
        )
        .run())
    }

    /// A thread that moved to the system stack for good (mcall) left the goroutine's state in its gobuf.
    fn beyond_system_stack(
        &self,
        cache: &mut PcCache,
        g: Addr,
        mut stack: Stack,
    ) -> Result<Stack, ReadError> {
        let gobuf = self.fields.gobuf(self.memory, g)?;
        if gobuf.sp == 0 {
            return Ok(stack);
        }
        let m = self.fields.m(self.memory, g)?;
        let stacks = self.stacks_of(g, m)?;
        let rest = Walk::new(
            self,
            cache,
            stacks,
            State::from_saved(gobuf, SavedBy::Switch),
        )
        .run();
        let before = stack.frames.len();
        stack.frames.extend(rest.frames);
        stack.elided = rest.elided.map(|e| Elided {
            before: e.before + before,
            ..e
        });
        stack.incomplete = rest.incomplete;
        Ok(stack)
    }

    /// The whole stack of a thread: signal handler, system stack, and the goroutine it runs. `m` is its
    /// `runtime.m`; without one only C frames can be told.
    pub fn thread(&self, registers: &Registers, m: Option<Addr>) -> Stack {
        self.walk_registers(&mut PcCache::default(), registers.clone(), self.stacks(m))
    }

    fn walk_registers(&self, cache: &mut PcCache, registers: Registers, stacks: Stacks) -> Stack {
        match State::from_registers(registers, &stacks) {
            Some(state) => Walk::new(self, cache, stacks, state).run(),
            None => incomplete(Incomplete::NoRegisters),
        }
    }

    /// The stacks of a thread. What cannot be read is left out.
    fn stacks(&self, m: Option<Addr>) -> Stacks {
        let Some(m) = m else {
            return Stacks::default();
        };
        let bounds = |g: Addr| {
            let (lo, hi) = self.fields.stack_bounds(self.memory, g).ok()?;
            (!g.is_null() && lo < hi).then_some((g, lo, hi))
        };
        let curg = self.fields.curg(self.memory, m).ok();
        Stacks {
            curg: curg
                .filter(|g| self.fields.m(self.memory, *g) == Ok(m))
                .and_then(bounds),
            g0: self.fields.g0(self.memory, m).ok().and_then(bounds),
            gsignal: self.fields.gsignal(self.memory, m).ok().and_then(bounds),
            m: Some(m),
        }
    }

    /// The stack of a goroutine that does not run.
    fn stacks_of(&self, g: Addr, m: Addr) -> Result<Stacks, ReadError> {
        let (lo, hi) = self.fields.stack_bounds(self.memory, g)?;
        Ok(Stacks {
            curg: Some((g, lo, hi)),
            g0: None,
            gsignal: None,
            m: Some(m).filter(|m| !m.is_null()),
        })
    }
}

fn incomplete(why: Incomplete) -> Stack {
    Stack {
        incomplete: Some(why),
        ..Stack::default()
    }
}
