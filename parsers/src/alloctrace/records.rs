//! What stands in allocation traces.

/// One record of an allocation trace. It borrows from the reader.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub enum Record<'a> {
    /// `tracealloc`: an object was allocated.
    Alloc {
        /// Which.
        object: Object,
        /// Its type; nothing for objects without pointers and for blocks that several tiny ones share.
        type_name: Option<&'a [u8]>,
        /// By whom.
        stack: Stack<'a>,
    },
    /// `tracefree`: an object was found dead.
    Free {
        /// Which.
        object: Object,
        /// Who swept, which says nothing about the object.
        stack: Stack<'a>,
    },
    /// `tracegc`: a collection has marked what lives. Objects that it found dead are freed after it.
    Collection,
}

/// A block of memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Object {
    /// Where it is. Addresses are used again after a free.
    pub address: u64,
    /// Bytes that it takes: its size class.
    pub size: u64,
}

/// One call of a stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Call<'a> {
    /// The function, without arguments.
    pub function: &'a [u8],
    /// Its file; empty when its line is missing.
    pub file: &'a [u8],
    /// The line in it.
    pub line: u32,
}

/// Where the pieces of a call end in the text of a stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Ends {
    pub(super) function: usize,
    pub(super) file: usize,
    pub(super) line: u32,
}

/// A goroutine's calls when it allocated or swept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stack<'a> {
    pub(super) text: &'a [u8],
    pub(super) ends: &'a [Ends],
    /// The goroutine; 0 is a thread's scheduling stack. Nothing when its line is missing.
    pub goroutine: Option<u64>,
    /// The stack is not whole: frames were left out by the runtime or by whoever cut the text, or the input ended.
    pub cut: bool,
}

impl<'a> Stack<'a> {
    /// The calls, the innermost first, the runtime's own among them.
    pub fn calls(&self) -> impl Iterator<Item = Call<'a>> + use<'a> {
        let (text, mut from) = (self.text, 0);
        self.ends.iter().map(move |ends| {
            let function = text.get(from..ends.function).unwrap_or_default();
            let file = text.get(ends.function..ends.file).unwrap_or_default();
            from = ends.file;
            Call {
                function,
                file,
                line: ends.line,
            }
        })
    }
}
