//! The classes of reasons, and what usually helps against each.

use crate::words;

words! {
    /// A class of reasons.
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    pub enum Class {
        /// Put into an interface.
        Interface = "interface" "stored in an interface",
        /// Captured by a closure.
        Closure = "closure" "captured by a closure",
        /// Returned.
        Returned = "returned" "returned to the caller",
        /// Sent on a channel.
        Channel = "channel" "sent on a channel",
        /// Stored in an object that is on the heap.
        HeapObject = "heap_object" "stored in a heap object",
        /// Stored in a package variable.
        PackageVariable = "package_variable" "stored in a package variable",
        /// Stored by `append` or in a map, whose storage is on the heap.
        Growth = "growth" "slice or map growth",
        /// Too large for the stack, or of a size the compiler does not know.
        Size = "size" "size too large or not constant",
        /// Passed to a function that lets it escape, or that is not known.
        Call = "call" "passed to a function that lets it escape",
        /// Used by a `go` statement, or a `defer` in a loop.
        GoDefer = "go_defer" "used by go, or by defer in a loop",
        /// Passed to package reflect.
        Reflection = "reflection" "passed to reflect",
        /// Kept in a variable that lives longer: declared outside the loop or the closure, or itself on the heap.
        LongerLived = "longer_lived" "kept in a variable that lives longer",
        /// The compiler gave an explanation that this program cannot class.
        Other = "other" "for another reason",
        /// No explanation in the input.
        Unexplained = "unexplained" "not explained",
    }
}

impl Class {
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
