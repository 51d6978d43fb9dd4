//! One frame of a goroutine's or thread's stack, the same whether a core, a traceback or a heap dump told it.
//!
//! A frame is *logical*: a call that the compiler inlined is a frame of its own, as people see their program.

use crate::value::Address;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeSet;

/// How far a frame can be relied on: by what it was found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, JsonSchema)]
#[schemars(rename = "trust")]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Trust {
    /// Where a thread stood: its registers, as dumped or as a signal frame saved them.
    Registers,
    /// By the stack sizes that the Go linker records for every instruction; also a goroutine's own record of
    /// where it stopped.
    Pclntab,
    /// By a C image's unwind tables.
    EhFrame,
    /// By the chain of frame pointers, which can skip frames.
    FramePointer,
    /// By what looks like a return address.
    Guessed,
    /// As the program printed it itself.
    Printed,
}

impl Trust {
    /// As JSON spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registers => "registers",
            Self::Pclntab => "pclntab",
            Self::EhFrame => "eh_frame",
            Self::FramePointer => "frame_pointer",
            Self::Guessed => "guessed",
            Self::Printed => "printed",
        }
    }
}

/// A call on a stack. Calls that the compiler inlined are frames of their own.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, JsonSchema)]
#[schemars(rename = "frame")]
pub struct Frame {
    /// Function as a traceback prints it, generics as `F[...]` (`main.(*T[...]).M`); empty when not known.
    pub function: String,
    /// Source file as the compiler was given it; null when not known.
    pub file: Option<String>,
    /// Line in `file`, from 1; null when not known.
    pub line: Option<u32>,
    /// Program counter: the return address but for frames that were interrupted; that of the physical frame also for a
    /// call inlined into it. Null where it is not known: a log has it only where it was printed (GOTRACEBACK=system).
    pub pc: Option<Address>,
    /// Stack pointer of the physical frame; null where it is not known, as `pc`.
    pub sp: Option<Address>,
    /// Whether the call was inlined into the frame behind it in this list.
    pub inlined: bool,
    /// By what the frame was found.
    pub trust: Trust,
    /// Whether the runtime's own traceback would leave it out unless asked for system frames; the text view folds it.
    pub runtime: bool,
}

impl Frame {
    /// Whether it is the runtime's call that runs deferred calls in a panic, as a traceback names it or as the linker does.
    pub fn is_gopanic(&self) -> bool {
        matches!(self.function.as_str(), "panic" | "runtime.gopanic")
    }

    /// Whether the call is not the runtime's.
    pub fn is_users(&self) -> bool {
        !self.runtime && is_users_function(&self.function)
    }
}

/// What is the program's own, as against Go's library and other modules.
///
/// Files of the library are known by the `src` of a Go installation before their package's path. `-trimpath` leaves nothing
/// before it, and then a package of the program may look like one of the library: neither need have a dot in its first path
/// element. What tells them apart is the main module, which the build info names, or else the file of a function of `main`.
#[derive(Clone, Debug, Default)]
pub struct Own {
    /// The path of the main module, where it is known.
    module: Option<String>,
    /// First elements of trimmed paths under which files of package `main` lie.
    trimmed: BTreeSet<String>,
}

impl Own {
    /// What belongs to this module.
    pub fn of_module(module: Option<&str>) -> Self {
        let module = module.filter(|module| !module.is_empty());
        Self {
            module: module.map(str::to_owned),
            trimmed: module.map(first_element).into_iter().collect(),
        }
    }

    /// Takes the file of a function of `main` into account.
    pub fn learn(&mut self, frame: &Frame) {
        let file = frame.file.as_deref().filter(|file| !is_absolute(file));
        if let Some(file) = file
            && frame.function.starts_with("main.")
            && file.contains('/')
        {
            self.trimmed.insert(first_element(file));
        }
    }

    /// Whether a name (of a function, of a package variable) is of the main module.
    pub fn is_of_module(&self, name: &str) -> bool {
        let module = self.module.as_deref();
        name.starts_with("main.")
            || module
                .and_then(|module| name.strip_prefix(module))
                .is_some_and(|rest| rest.starts_with(['.', '/']))
    }

    /// Whether the call is of Go's own library.
    pub fn is_library(&self, frame: &Frame) -> bool {
        let Some(file) = &frame.file else {
            return false;
        };
        let package = package(&frame.function);
        // Sources that were downloaded lie below a host name.
        let first = first_element(package.unwrap_or_default());
        if first.contains('.') || package == Some("main") {
            return false;
        }
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        // The runtime has functions that are linked under names of other packages: `time.Sleep`, `syscall.RawSyscall6`.
        let is_runtime = |above: &str, folder: &str| {
            let below = folder.split_once(&format!("{above}runtime"));
            below.is_some_and(|(_, below)| below.is_empty() || below.starts_with('/'))
        };
        if ["/src/", "/src/internal/"]
            .iter()
            .any(|above| is_runtime(above, folder))
            || folder.starts_with("runtime/")
            || folder == "runtime"
        {
            return true;
        }
        let Some(package) = package else {
            // Assembly has names without a package, `aeshashbody` and `cmpbody`: their files tell whose they are.
            return folder.contains("/src/internal/") || folder.starts_with("internal/");
        };
        match folder.strip_suffix(package) {
            Some("") => !self.trimmed.contains(&first),
            Some(above) => above.ends_with("/src/"),
            None => false,
        }
    }

    /// The frame that says where a stack is: the innermost of the main module, else outside Go's library. Of a stack that is
    /// all the library's, the outermost, which says what the goroutine is for, where the innermost only says how it waits:
    /// `net/http.(*conn).serve`, not `internal/poll.runtime_pollWait`. Wrappers that the compiler made are no place.
    pub fn first<'f>(&self, frames: impl Iterator<Item = &'f Frame>) -> Option<usize> {
        let (mut other, mut library, mut wrapper) = (None, None, None);
        for (at, frame) in frames.enumerate().filter(|(_, frame)| frame.is_users()) {
            if self.module.is_some() && self.is_of_module(&frame.function) {
                return Some(at);
            }
            if frame.file.as_deref() == Some("<autogenerated>") {
                wrapper = Some(at);
            } else if self.is_library(frame) {
                library = Some(at);
            } else {
                other.get_or_insert(at);
            }
        }
        other.or(library).or(wrapper)
    }
}

fn first_element(path: &str) -> String {
    path.split('/').next().unwrap_or_default().to_owned()
}

fn is_absolute(file: &str) -> bool {
    file.starts_with(['/', '\\', '.']) || file.get(1..2) == Some(":")
}

/// The package of a function, by its full name: of `net/http.(*Server).Serve`, `net/http`.
fn package(function: &str) -> Option<&str> {
    let bare = function.split('[').next().unwrap_or(function);
    let name = bare.rfind('/').map_or(0, |slash| slash + 1);
    let dot = bare.get(name..)?.find('.')?;
    bare.get(..name + dot)
}

/// Whether a function is not the runtime's, by its name.
pub fn is_users_function(name: &str) -> bool {
    let runtime = [
        "runtime.",
        "internal/runtime/",
        "runtime/internal/",
        "gcWriteBarrier",
    ];
    // Tracebacks call runtime.gopanic so.
    let gopanic = name == "panic";
    !name.is_empty() && !gopanic && !runtime.iter().any(|start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::{Frame, Own, Trust};

    fn frame(function: &str, file: &str) -> Frame {
        Frame {
            function: function.to_owned(),
            file: Some(file.to_owned()),
            line: Some(1),
            pc: None,
            sp: None,
            inlined: false,
            trust: Trust::Printed,
            runtime: false,
        }
    }

    #[test]
    fn with_trimmed_paths_the_library_is_told_from_a_module_without_a_dot() {
        let mut own = Own::default();
        own.learn(&frame("main.main", "shop/cmd/server/main.go"));
        let is = |function, file| own.is_library(&frame(function, file));
        assert!(is("net/http.(*conn).serve", "net/http/server.go"));
        assert!(is("sync.(*Mutex).Lock", "sync/mutex.go"));
        assert!(is(
            "vendor/golang.org/x/net/http2/hpack.f",
            "vendor/golang.org/x/net/http2/hpack/a.go"
        ));
        assert!(is("time.Sleep", "runtime/time.go"));
        assert!(is("aeshashbody", "/go/src/runtime/asm_amd64.s"));
        assert!(is("cmpbody", "internal/bytealg/compare_amd64.s"));
        assert!(!is("helper", "/home/me/shop/fast_amd64.s"));
        assert!(!is(
            "shop/internal/db.(*Pool).get",
            "shop/internal/db/pool.go"
        ));
        assert!(!is("main.main", "shop/cmd/server/main.go"));
        assert!(!is("main.main", "./main.go"));
        let other = "github.com/x/y.F";
        assert!(!is(other, "github.com/x/y@v1.2.3/f.go"));
    }

    #[test]
    fn with_whole_paths_the_library_is_where_go_is_installed() {
        let own = Own::of_module(Some("shop"));
        let is = |function, file| own.is_library(&frame(function, file));
        assert!(is("net/http.Get", "/usr/local/go/src/net/http/client.go"));
        assert!(is(
            "net/http.Get",
            "C:/Program Files/Go/src/net/http/client.go"
        ));
        assert!(!is("shop/db.Get", "/home/me/shop/db/db.go"));
        let raw = "/usr/local/go/src/runtime/internal/syscall/asm_linux_amd64.s";
        assert!(is("syscall.RawSyscall6", raw));
        let raw = "/usr/local/go/src/internal/runtime/syscall/asm_linux_amd64.s";
        assert!(is("syscall.RawSyscall6", raw));
        assert!(!is("main.main", "/home/me/src/runtime/main.go"));
    }

    #[test]
    fn the_main_module_comes_before_other_modules_and_those_before_the_library() {
        let frames = [
            frame("sync.(*Mutex).Lock", "sync/mutex.go"),
            frame("github.com/x/y.F", "github.com/x/y@v1.2.3/f.go"),
            frame("shop/db.Get", "shop/db/db.go"),
        ];
        let first = |own: Own, most| own.first(frames.iter().take(most));
        assert_eq!(first(Own::of_module(Some("shop")), 3), Some(2));
        assert_eq!(first(Own::of_module(Some("sho")), 3), Some(1));
        assert_eq!(first(Own::default(), 2), Some(1));
        assert_eq!(first(Own::default(), 1), Some(0));
    }

    #[test]
    fn a_stack_of_the_library_is_where_it_began_and_no_wrapper_is_a_place() {
        let frames = [
            frame(
                "internal/poll.runtime_pollWait",
                "/go/src/runtime/netpoll.go",
            ),
            frame("net.(*TCPListener).Accept", "/go/src/net/tcpsock.go"),
            frame("net/http.(*onceCloseListener).Accept", "<autogenerated>"),
            frame("net/http.(*Server).Serve", "/go/src/net/http/server.go"),
        ];
        assert_eq!(Own::default().first(frames.iter()), Some(3));
        assert_eq!(Own::default().first(frames.iter().take(3)), Some(1));
    }
}
