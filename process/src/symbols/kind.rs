//! Functions of the runtime that unwinding treats in a way of their own.

use super::func::Func;

/// What a function means to an unwinder, told by its name.
///
/// The runtime compares `funcID` numbers, which shift whenever one is inserted; names are stable.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum FuncKind {
    /// Any other function.
    Normal,
    /// Compiler-made wrapper: tracebacks leave it out unless it calls a panic.
    Wrapper,
    /// The outermost frame of every goroutine.
    Goexit,
    /// The outermost frame of a thread's own stack.
    Mstart,
    /// Switched from a goroutine's stack to g0 and never returns there.
    Mcall,
    /// Runs a function on g0 and returns to the goroutine's stack.
    Systemstack,
    /// Stands in a goroutine's gobuf while it is on g0 by systemstack.
    SystemstackSwitch,
    /// Grew the stack of the goroutine, on g0.
    Morestack,
    /// Switched to g0 to call C.
    Asmcgocall,
    /// Switched from g0 to the goroutine when C called Go.
    Cgocallback,
    /// Resumes a goroutine.
    Gogo,
    /// Entered as if called by the instruction that faulted.
    Sigpanic,
    /// Entered as if called by the instruction that was interrupted.
    AsyncPreempt,
    /// Entered as if called by where a debugger stopped the thread.
    DebugCall,
    /// Entry of the signal handler, on gsignal.
    Sigtramp,
    /// A panic.
    Gopanic,
    /// Calls a method through an interface on a nil receiver.
    Panicwrap,
    /// Runs finalizers, on a goroutine of its own.
    RunFinalizers,
    /// Runs cleanups, on goroutines of their own.
    RunCleanups,
}

impl FuncKind {
    /// The kind of a physical function.
    pub fn of(func: &Func<'_>) -> Self {
        let id = func.func_id();
        if func.table().is_wrapper_id(id) {
            return Self::Wrapper;
        }
        Self::by_name(func.name())
    }

    /// The kind of a function of this name, wrappers aside.
    pub fn by_name(name: &str) -> Self {
        let Some(name) = name.strip_prefix("runtime.") else {
            return Self::Normal;
        };
        match name {
            "goexit" => Self::Goexit,
            "mstart" => Self::Mstart,
            "mcall" => Self::Mcall,
            "systemstack" => Self::Systemstack,
            "systemstack_switch" => Self::SystemstackSwitch,
            "morestack" => Self::Morestack,
            "asmcgocall" => Self::Asmcgocall,
            "cgocallback" => Self::Cgocallback,
            "gogo" => Self::Gogo,
            "sigpanic" => Self::Sigpanic,
            "asyncPreempt" => Self::AsyncPreempt,
            "debugCallV2" => Self::DebugCall,
            "sigtramp" | "cgoSigtramp" => Self::Sigtramp,
            "gopanic" => Self::Gopanic,
            "panicwrap" => Self::Panicwrap,
            "runfinq" | "runFinalizers" => Self::RunFinalizers,
            "runCleanups" => Self::RunCleanups,
            _ => Self::Normal,
        }
    }

    /// Whether it was entered as if called at the instruction below it, whose pc is then no return address
    /// (`runtime/traceback.go:isInjectedCall`).
    pub const fn is_injected_call(self) -> bool {
        matches!(self, Self::Sigpanic | Self::AsyncPreempt | Self::DebugCall)
    }

    /// Whether a wrapper that called this is shown after all (`runtime/traceback.go:elideWrapperCalling`).
    pub const fn shows_wrapper(self) -> bool {
        matches!(self, Self::Gopanic | Self::Sigpanic | Self::Panicwrap)
    }
}
