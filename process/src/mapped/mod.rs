//! The facts of a dead process: core and executable matched, memory composed, bias and Go version known.
//!
//! [`Mapped::open`] does only what every question needs (a few indexes over headers and notes). It knows nothing of
//! symbols, goroutines or types, which are found through it; [`crate::process::Process`] puts those on top.

mod alone;
mod heap_dump;
mod images;
mod matching;

pub use images::Image;
pub use matching::ExecutableMatch;

use crate::addr::{Addr, Bias};
use crate::arch::Arch;
use crate::heapdump::HeapDump;
use crate::image::{BUILD_INFO_MAGIC, BuildInfo, CoreFile, Executable, Files, GoVersion};
use crate::memory::{CoreMemory, Region, RegionSource, Unreadable};
use std::sync::Arc;

/// Something about the input that makes answers less than whole; shown on stderr and under `incomplete`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shortfall {
    /// What is affected (`core`, `executable`, `NT_FILE`, …).
    pub what: String,
    /// Why, and what would mend it.
    pub why: String,
    /// Whether the input itself is damaged, rather than an optional part not given.
    pub damage: bool,
}

impl Shortfall {
    /// The input itself is damaged.
    pub fn damage(what: &str, why: impl Into<String>) -> Self {
        Self {
            what: what.to_owned(),
            why: why.into(),
            damage: true,
        }
    }

    /// An optional part was not given.
    pub fn missing(what: &str, why: impl Into<String>) -> Self {
        Self {
            what: what.to_owned(),
            why: why.into(),
            damage: false,
        }
    }
}

/// The two files of a dead process, fitted together.
pub struct Mapped<'a> {
    /// The core dump.
    pub core: &'a CoreFile<'a>,
    /// The file with the Go program, when at hand and not known to be another one: the executable that ran, or a library
    /// of it. Of a program without Go, the executable.
    pub executable: Option<&'a Executable<'a>>,
    /// Where that stands, as the process saw it, when it is a library.
    pub go_library: Option<String>,
    /// Every ELF file of the process that is at hand, that one among them.
    pub images: Vec<Image<'a>>,
    /// How well core and executable fit.
    pub executable_match: ExecutableMatch,
    /// Every byte that can be had.
    pub memory: Arc<CoreMemory<'a>>,
    /// What the loader added to the addresses of [`Self::executable`].
    pub bias: Bias,
    /// Version, main package and build settings, from the executable or from the core's data.
    pub build: Option<BuildInfo>,
    /// The Go version; `None` for a program that is not Go (or whose traces of it are gone).
    pub version: Option<GoVersion>,
    /// What is missing from the input.
    pub shortfalls: Vec<Shortfall>,
    /// The heap dump that stands in for a core, when it does.
    pub heap_dump: Option<&'a HeapDump<'a>>,
}

/// How to open a process.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenOptions {
    /// Use the executable even when its build id says that it is another build.
    pub trust_executable: bool,
}

impl<'a> Mapped<'a> {
    /// Puts core and executable together. A damaged or mismatched input is not an error here: what it costs
    /// is in [`Self::shortfalls`].
    pub fn open(
        core: &'a CoreFile<'a>,
        executable: Option<&'a Executable<'a>>,
        files: &dyn Files<'a>,
        options: OpenOptions,
    ) -> Self {
        let mut shortfalls: Vec<Shortfall> = core
            .damage
            .iter()
            .map(|why| Shortfall::damage("notes", why))
            .collect();
        let executable_cut = executable.map(|exe| ("executable", exe.truncated_by, exe.bytes));
        for (what, lost, bytes) in [("core", core.truncated_by, core.bytes)]
            .into_iter()
            .chain(executable_cut)
            .filter(|(_, lost, _)| *lost > 0)
        {
            let whole = lost.saturating_add(bytes.len() as u64);
            let why = format!("truncated: {lost} of {whole} bytes are missing at its end");
            shortfalls.push(Shortfall::damage(what, why));
        }

        let own_path = core.executable_path();
        let from_core = CoreMemory::new([core.regions()]);
        let (executable_match, given_path) = executable
            .map_or((ExecutableMatch::NoExecutable, own_path), |exe| {
                images::placed(core, exe, &from_core)
            });
        let given = match &executable_match {
            ExecutableMatch::Mismatch { why } => {
                let used = if options.trust_executable {
                    "used because you asked"
                } else {
                    "not used"
                };
                let why = format!("not the program that left this core, and {used}: {why}");
                shortfalls.push(Shortfall::damage("executable", why));
                executable.filter(|_| options.trust_executable)
            }
            ExecutableMatch::NoExecutable => None,
            ExecutableMatch::Confirmed(_) | ExecutableMatch::Unverified => executable,
        };
        let images = images::all(core, given_path.zip(given), files, &from_core);
        // The Go part of a process may be a library that it loaded.
        let in_library = images.iter().find(|image| {
            image.file.is_go()
                && Some(image.path) != own_path
                && given.is_none_or(|exe| !exe.is_go())
        });
        let (executable, path) = match in_library {
            Some(image) => (Some(image.file), Some(image.path)),
            None => (given, given_path),
        };
        if executable_match == ExecutableMatch::NoExecutable && executable.is_none() {
            shortfalls.push(Shortfall::missing("executable", none_given(own_path)));
        }
        if executable.is_some_and(Executable::is_debug_file) {
            let why = "a file of debug information: it names and places variables, but its code and constants are not in it";
            shortfalls.push(Shortfall::missing("executable", why));
        }

        let bias = executable.map_or(Bias(0), |exe| matching::bias(core, exe, path));
        let memory = Arc::new(compose_memory(core, executable, path, bias, &images));
        let mut build = executable.and_then(Executable::build_info);
        if build.is_none()
            && let Some((found, path)) = build_info_in_core(&memory, core, own_path)
        {
            if path.is_some() && path != own_path && own_path.is_some() {
                let path = String::from_utf8_lossy(path.unwrap_or_default());
                let why =
                    format!("the Go part of this process is {path}, and that file is not at hand");
                shortfalls.push(Shortfall::missing("executable", why));
            }
            build = Some(found);
        }
        let version = build.as_ref().and_then(|b| GoVersion::parse(&b.version));
        let is_library = |path: &&[u8]| executable.is_some() && Some(*path) != own_path;
        Self {
            core,
            executable,
            go_library: path
                .filter(is_library)
                .map(|path| String::from_utf8_lossy(path).into_owned()),
            images,
            executable_match,
            memory,
            bias,
            build,
            version,
            shortfalls,
            heap_dump: None,
        }
    }

    /// Instruction set.
    pub fn arch(&self) -> Arch {
        self.core.arch
    }

    /// Address in the process of a symbol of the executable.
    pub fn symbol(&self, name: &str) -> Option<Addr> {
        let (addr, _) = self.executable?.symbol(name)?;
        Some(addr.to_process(self.bias))
    }
}

/// What to say when no executable was given.
fn none_given(own_path: Option<&[u8]>) -> String {
    own_path.map_or_else(
        || "none given, and the core does not name one".to_owned(),
        |path| {
            format!(
                "none given, and {} is not at hand",
                String::from_utf8_lossy(path)
            )
        },
    )
}

/// Memory as the core has it, and below that the files it was mapped from. `path` is where the process had the executable.
fn compose_memory<'a>(
    core: &'a CoreFile<'a>,
    executable: Option<&'a Executable<'a>>,
    path: Option<&[u8]>,
    bias: Bias,
    images: &[Image<'a>],
) -> CoreMemory<'a> {
    let by_path = images::by_path(core);
    let of = |path: &[u8]| by_path.get(path).map_or(&[][..], Vec::as_slice);
    let mut from_files = Vec::new();
    if let Some(exe) = executable {
        let own = path.map_or(&[][..], of);
        from_files.push(matching::regions(exe.mapped_bytes(), core, own));
        from_files.push(exe.read_only_regions(bias));
    }
    for image in images.iter().filter(|image| Some(image.path) != path) {
        from_files.push(matching::regions(
            image.file.mapped_bytes(),
            core,
            of(image.path),
        ));
    }
    // Read-only file mappings that nothing else covers: say which file would have them.
    let file_missing = core
        .files
        .iter()
        .filter(|f| f.start < f.end && !core.writable_at(Addr(f.start)))
        .map(|f| Region {
            start: Addr(f.start),
            end: Addr(f.end),
            source: RegionSource::Missing(Unreadable::FileMissing),
        })
        .collect();
    let layers = [file_missing, core.regions()];
    CoreMemory::new(layers.into_iter().chain(from_files))
}

/// Build information is writable data, so the core has it even without the executable: looked for in the
/// writable mappings of the program itself, then in those of its libraries, or, when files are not named, in low writable
/// segments. With the file that it stands in.
fn build_info_in_core<'c>(
    memory: &CoreMemory<'_>,
    core: &'c CoreFile<'_>,
    own_path: Option<&[u8]>,
) -> Option<(BuildInfo, Option<&'c [u8]>)> {
    const MOST: usize = 64 << 20;
    let path_at = |start: Addr| {
        let mut files = core.files.iter();
        let file = files.find(|f| f.start <= start.0 && start.0 < f.end)?;
        Some(file.path)
    };
    let has_own = core.files.iter().any(|f| Some(f.path) == own_path);
    // Segments may name the same bytes of the file again and again; together they have no more than the file.
    let mut left = core.bytes.len();
    let mut look = |belongs: &dyn Fn(Option<&[u8]>) -> bool| {
        memory
            .regions()
            .iter()
            .filter(|r| core.writable_at(r.start) && belongs(path_at(r.start)))
            .find_map(|region| {
                let (RegionSource::Core(bytes) | RegionSource::File(bytes)) = region.source else {
                    return None;
                };
                let bytes = bytes.get(..MOST.min(left)).unwrap_or(bytes);
                left -= bytes.len().min(left);
                memchr::memmem::find_iter(bytes, BUILD_INFO_MAGIC)
                    .find_map(|at| BuildInfo::parse(bytes.get(at..)?))
                    .map(|info| (info, path_at(region.start)))
            })
    };
    if !has_own {
        return look(&|_| true);
    }
    look(&|path| path.is_some() && path == own_path)
        .or_else(|| look(&|path| path.is_some() && path != own_path))
}
