//! The classes of reasons, and what usually helps against each.

/// A class of reasons.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Class {
    /// Put into an interface.
    Interface,
    /// Captured by a closure.
    Closure,
    /// Returned.
    Returned,
    /// Sent on a channel.
    Channel,
    /// Stored in an object that is on the heap.
    HeapObject,
    /// Stored in a package variable.
    PackageVariable,
    /// Stored by `append` or in a map, whose storage is on the heap.
    Growth,
    /// Too large for the stack, or of a size the compiler does not know.
    Size,
    /// Passed to a function that lets it escape, or that is not known.
    Call,
    /// Used by a `go` statement, or a `defer` in a loop.
    GoDefer,
    /// Passed to package reflect.
    Reflection,
    /// Kept in a variable that lives longer: declared outside the loop or the closure, or itself on the heap.
    LongerLived,
    /// The compiler gave an explanation that this program cannot class.
    Other,
    /// No explanation in the input.
    Unexplained,
}

impl Class {
    /// Every class, in the order they are shown.
    pub const ALL: [Self; 14] = [
        Self::Interface,
        Self::Closure,
        Self::Returned,
        Self::Channel,
        Self::HeapObject,
        Self::PackageVariable,
        Self::Growth,
        Self::Size,
        Self::Call,
        Self::GoDefer,
        Self::Reflection,
        Self::LongerLived,
        Self::Other,
        Self::Unexplained,
    ];

    /// Its name in JSON, CSV and filters.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Interface => "interface",
            Self::Closure => "closure",
            Self::Returned => "returned",
            Self::Channel => "channel",
            Self::HeapObject => "heap_object",
            Self::PackageVariable => "package_variable",
            Self::Growth => "growth",
            Self::Size => "size",
            Self::Call => "call",
            Self::GoDefer => "go_defer",
            Self::Reflection => "reflection",
            Self::LongerLived => "longer_lived",
            Self::Other => "other",
            Self::Unexplained => "unexplained",
        }
    }

    /// A few words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Interface => "stored in an interface",
            Self::Closure => "captured by a closure",
            Self::Returned => "returned to the caller",
            Self::Channel => "sent on a channel",
            Self::HeapObject => "stored in a heap object",
            Self::PackageVariable => "stored in a package variable",
            Self::Growth => "slice or map growth",
            Self::Size => "size too large or not constant",
            Self::Call => "passed to a function that lets it escape",
            Self::GoDefer => "used by go, or by defer in a loop",
            Self::Reflection => "passed to reflect",
            Self::LongerLived => "kept in a variable that lives longer",
            Self::Other => "for another reason",
            Self::Unexplained => "not explained",
        }
    }

    /// What usually helps.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Interface => {
                "call a function that takes the concrete type (strconv.AppendInt, a typed log field), keep formatting off the hot path, or pass a pointer to something already on the heap"
            }
            Self::Closure => {
                "pass the variable to the function as an argument, copy it to a local that is not assigned again, or keep the closure from outliving the call"
            }
            Self::Returned => {
                "return the value instead of a pointer, or let the caller pass in what is to be filled (the function may also become inlinable, and the caller then decides)"
            }
            Self::Channel => {
                "send a value instead of a pointer, or take the objects from a pool and give them back on the receiving side"
            }
            Self::HeapObject => {
                "store a value in the field instead of a pointer, or reuse the object that is stored there"
            }
            Self::PackageVariable => {
                "keep it in a local or pass it along; what a package variable holds is never freed while it is there"
            }
            Self::Growth => {
                "make the slice or map once with its final size and of values instead of pointers; reuse its storage between calls"
            }
            Self::Size => {
                "use a constant size below 64 KiB with a slice of it, take the buffer as an argument, or keep it in a sync.Pool"
            }
            Self::Call => {
                "see whether the callee must keep it: a concrete type in place of an interface, or a function that is inlined, lets the compiler look inside"
            }
            Self::GoDefer => {
                "start fewer, longer-lived goroutines (a worker reading from a channel), and move defer out of the loop"
            }
            Self::Reflection => {
                "keep reflection out of the hot path: prepare what it needs once, or generate the code"
            }
            Self::LongerLived => {
                "declare the variable in the loop or closure that uses it, or make the object once before the loop and reuse it"
            }
            Self::Other => "read the flow: the last step names what keeps it",
            Self::Unexplained => {
                "where the input has no -m=2 build, append one (go build -gcflags=-m=2): it prints the flow"
            }
        }
    }
}
