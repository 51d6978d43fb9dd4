//! The facts of a dead process: core and executable matched, memory composed, bias and Go version known.
//!
//! [`Mapped::open`] does only what every question needs (a few indexes over headers and notes). It knows nothing of
//! symbols, goroutines or types, which are found through it; [`crate::process::Process`] puts those on top.

mod alone;
mod heap_dump;
mod matching;

pub use matching::ExecutableMatch;

use crate::addr::{Addr, Bias};
use crate::arch::Arch;
use crate::heapdump::HeapDump;
use crate::image::{BUILD_INFO_MAGIC, BuildInfo, CoreFile, Executable, Files, GoVersion};
use crate::memory::{CoreMemory, Region, RegionSource, Unreadable};
use dumpview_parsers::core::{FileMapping, aux};
use std::collections::BTreeMap;
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
    /// The executable it ran, when at hand and not known to be another program.
    pub executable: Option<&'a Executable<'a>>,
    /// How well core and executable fit.
    pub executable_match: ExecutableMatch,
    /// Every byte that can be had.
    pub memory: Arc<CoreMemory<'a>>,
    /// What the loader added to the executable's addresses.
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
        let executable_match = executable.map_or(ExecutableMatch::NoExecutable, |exe| {
            matching::compare(core, exe, own_path, &from_core)
        });
        let executable = match &executable_match {
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
            ExecutableMatch::NoExecutable => {
                let why = own_path.map_or_else(
                    || "none given, and the core does not name one".to_owned(),
                    |path| {
                        format!(
                            "none given, and {} is not at hand",
                            String::from_utf8_lossy(path)
                        )
                    },
                );
                shortfalls.push(Shortfall::missing("executable", why));
                None
            }
            ExecutableMatch::Confirmed(_) | ExecutableMatch::Unverified => executable,
        };

        if executable.is_some_and(Executable::is_debug_file) {
            let why = "a file of debug information: it names and places variables, but its code and constants are not in it";
            shortfalls.push(Shortfall::missing("executable", why));
        }

        let bias = executable.map_or(Bias(0), |exe| load_bias(core, exe));
        let memory = Arc::new(compose_memory(core, executable, own_path, bias, files));
        let build = executable
            .and_then(Executable::build_info)
            .or_else(|| build_info_in_core(&memory, core, own_path));
        let version = build.as_ref().and_then(|b| GoVersion::parse(&b.version));
        Self {
            core,
            executable,
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

/// What was added to link-time addresses: entry point in the auxiliary vector against the file's own.
///
/// The lowest mapping is no substitute: an internally linked Go PIE has its first segment at 0x400000.
fn load_bias(core: &CoreFile<'_>, exe: &Executable<'_>) -> Bias {
    if !exe.is_position_independent() {
        return Bias(0);
    }
    let entry = core.auxv.get(aux::AT_ENTRY);
    Bias(entry.map_or(0, |entry| entry.wrapping_sub(exe.entry().0)))
}

/// More mapped files than this are not opened: a process has a few dozen, a hostile core may name millions.
const MOST_LIBRARIES: usize = 1024;

fn compose_memory<'a>(
    core: &'a CoreFile<'a>,
    executable: Option<&'a Executable<'a>>,
    own_path: Option<&[u8]>,
    bias: Bias,
    files: &dyn Files<'a>,
) -> CoreMemory<'a> {
    let mut by_path: BTreeMap<&[u8], Vec<&FileMapping<'_>>> = BTreeMap::new();
    for mapping in &core.files {
        by_path.entry(mapping.path).or_default().push(mapping);
    }
    let dumped = CoreMemory::new([core.regions()]);
    let mut from_files = Vec::new();
    if let Some(exe) = executable {
        let own = own_path
            .and_then(|path| by_path.remove(path))
            .unwrap_or_default();
        from_files.push(matching::regions(exe.mapped_bytes(), core, &own));
        from_files.push(exe.read_only_regions(bias));
    }
    for (path, mappings) in by_path.into_iter().take(MOST_LIBRARIES) {
        let readable = std::str::from_utf8(path).ok();
        if let Some(bytes) = readable.and_then(|path| files.open(path))
            && matching::same_first_page(bytes, &mappings, &dumped)
        {
            from_files.push(matching::regions(bytes, core, &mappings));
        }
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
/// writable mappings of the program itself, or, when files are not named, in low writable segments.
fn build_info_in_core(
    memory: &CoreMemory<'_>,
    core: &CoreFile<'_>,
    own_path: Option<&[u8]>,
) -> Option<BuildInfo> {
    const MOST: usize = 64 << 20;
    let own: Vec<_> = core
        .files
        .iter()
        .filter(|f| Some(f.path) == own_path)
        .collect();
    let belongs =
        |start: Addr| own.is_empty() || own.iter().any(|f| f.start <= start.0 && start.0 < f.end);
    // Segments may name the same bytes of the file again and again; together they have no more than the file.
    let mut left = core.bytes.len();
    memory
        .regions()
        .iter()
        .filter(|r| belongs(r.start) && core.writable_at(r.start))
        .find_map(|region| {
            let (RegionSource::Core(bytes) | RegionSource::File(bytes)) = region.source else {
                return None;
            };
            let bytes = bytes.get(..MOST.min(left)).unwrap_or(bytes);
            left -= bytes.len().min(left);
            memchr::memmem::find_iter(bytes, BUILD_INFO_MAGIC)
                .find_map(|at| BuildInfo::parse(bytes.get(at..)?))
        })
}
