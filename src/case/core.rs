//! One opened process and what every command needs from it.

use super::debug;
use super::image::{for_good, parsed};
use super::kept::Kept;
use super::kind::{Kind, recognize};
use super::texts::DiskTexts;
use crate::answer::Failure;
use crate::config::config;
use crate::flags::Common;
use crate::input::{Arena, InputError};
use crate::progress::Waiting;
use dumpview_process::addr::GoId;
use dumpview_process::heap::ask::Page;
use dumpview_process::heap::suspects::Thresholds;
use dumpview_process::heap::{Analysis, HeapError, Note, Phase};
use dumpview_process::heapdump::HeapDump;
use dumpview_process::image::{CoreFile, Executable, Files, ImageError};
use dumpview_process::mapped::{OpenOptions, Shortfall};
use dumpview_process::postmortem::{At, NoPlace, Postmortem};
use dumpview_process::process::Process;
use dumpview_view::document::{Envelope, Incomplete, InputSummary};
use dumpview_view::job::Job;
use std::borrow::Cow;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Instant;

/// An opened process with the paths it came from.
pub struct Case<'a> {
    /// The dead process, which the case derefs to.
    dead: &'a Postmortem<'a>,
    /// Its heap, walked at the first question that needs it.
    heap: OnceLock<Result<Analysis<'a, 'a>, HeapError>>,
    /// Held while it is walked.
    walking: Mutex<()>,
    /// What it says of itself, unless other thresholds are wanted.
    page: OnceLock<Page>,
    /// Both from an earlier run, and for the next one.
    kept: Kept,
    /// The core as typed.
    pub core_path: PathBuf,
    /// The executable in use, as typed or as the core names it.
    pub executable_path: Option<PathBuf>,
    /// Flags that every verb takes.
    pub common: &'a Common,
}

/// What is said of the first part of a walk.
pub const READING: &str = "reading the heap";

/// Which goroutine and frame a question means when it does not say.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cursor {
    /// Goroutine id; the one that crashed when unset.
    pub goroutine: Option<u64>,
    /// Frame number as `bt` shows it; the first user frame when unset.
    pub frame: Option<usize>,
}

/// Files of the machine we run on, for shared libraries named by the core. Whether they are the ones the
/// process had is checked by who asks.
struct DiskFiles {
    arena: &'static Arena,
    debug: &'static [PathBuf],
}

impl Files<'static> for DiskFiles {
    fn image(&self, path: &str) -> Option<&'static Executable<'static>> {
        let path = Path::new(path);
        let bytes = self.arena.open(path).ok()?;
        let file = parsed(bytes).ok()?;
        Some(for_good(debug::with_its_own(
            self.arena, file, path, self.debug,
        )))
    }
}

/// Opens a core and its executable and lets `ask` have them.
///
/// # Errors
///
/// When the core cannot be read, or the executable that was typed cannot.
pub fn with_case<R>(
    core_path: &Path,
    executable_path: Option<&Path>,
    common: &Common,
    ask: impl FnOnce(&Case<'_>) -> Result<R, Failure>,
) -> Result<R, Failure> {
    let case = Case::open(core_path, executable_path, common)?;
    let answer = ask(case);
    // Whoever asked has the answer by now.
    case.keep();
    answer
}

impl Case<'static> {
    /// Opens a core and its executable, for good.
    ///
    /// # Errors
    ///
    /// When the core cannot be read, or the executable that was typed cannot.
    pub fn open(
        core_path: &Path,
        executable_path: Option<&Path>,
        common: &Common,
    ) -> Result<&'static Self, Failure> {
        let arena = for_good(Arena::default());
        let common = for_good(common.clone());
        let bytes = open(arena, core_path)?;
        let kind = recognize(bytes);
        if kind == Kind::Executable {
            return Err(executable_given_as_core(core_path, executable_path));
        }
        let given = match executable_path {
            Some(path) => {
                let bytes = open(arena, path).map_err(|failure| failure.of("the executable"))?;
                let exe = parsed(bytes).map_err(|error| not_an_image(path, &error))?;
                Some((exe, path.to_owned()))
            }
            None => None,
        };
        let dump = match kind {
            Kind::HeapDump => Some(for_good(heap_dump(bytes, core_path)?)),
            _ => None,
        };
        let core = for_good(match dump {
            Some(dump) => CoreFile::stand_in(bytes, dump.arch()),
            None => CoreFile::parse(bytes).map_err(|error| not_an_image(core_path, &error))?,
        });
        let (executable, used_path) = given
            .map(|given| instead_of_debug_file(arena, given, core, core_path))
            .or_else(|| find_executable(arena, core, core_path).next())
            .map(|(exe, path)| {
                let exe = debug::with_its_own(arena, exe, &path, &common.debug);
                (for_good(exe), path)
            })
            .unzip();
        let options = OpenOptions {
            trust_executable: common.ignore_build_id,
        };
        let debug = common.debug.as_slice();
        let files: &'static DiskFiles = for_good(DiskFiles { arena, debug });
        let mut process = match dump {
            Some(dump) => Process::of_heap_dump(dump, core, executable, options),
            None => Process::open(core, executable, files, options),
        };
        for (path, why) in arena.lost() {
            let what = if path == core_path {
                "input"
            } else {
                "executable"
            };
            process.lacks(Shortfall::damage(what, why));
        }
        let rules = common.source_path.iter().chain(&config().source_path);
        let older_than = used_path.iter().map(PathBuf::as_path).chain([core_path]);
        let texts = DiskTexts::new(rules.cloned().collect(), older_than);
        let process = process.with_texts(Box::new(texts));
        let executable_path = used_path.filter(|_| process.executable.is_some());
        Ok(for_good(Case {
            dead: for_good(Postmortem::new(process)),
            heap: OnceLock::new(),
            walking: Mutex::new(()),
            page: OnceLock::new(),
            kept: Kept::of(core_path, executable_path.as_ref(), common),
            core_path: core_path.to_owned(),
            executable_path,
            common,
        }))
    }
}

/// Opens an executable alone, for good.
///
/// # Errors
///
/// When it cannot be read, or is none.
pub fn executable(path: &Path) -> Result<&'static Process<'static>, Failure> {
    let bytes = open(for_good(Arena::default()), path)?;
    let exe = parsed(bytes).map_err(|error| not_an_image(path, &error))?;
    let exe = for_good(exe);
    let core = for_good(CoreFile::stand_in(exe.bytes, exe.arch));
    Ok(for_good(Process::of_executable(exe, core)))
}

/// Reads a heap dump.
fn heap_dump<'a>(bytes: &'a [u8], path: &Path) -> Result<HeapDump<'a>, Failure> {
    let _waiting = Waiting::begin();
    HeapDump::read(bytes).map_err(|error| {
        let hint = "a heap dump is what runtime/debug.WriteHeapDump writes";
        Failure::unreadable(format!("{}: {error}\n\nhint: {hint}", path.display()))
    })
}

/// The executable when none was typed: where the core says, else by that name beside the core. Whether it is
/// the right one is decided by its build id, like one that was typed.
fn find_executable(
    arena: &'static Arena,
    core: &CoreFile<'_>,
    core_path: &Path,
) -> impl Iterator<Item = (Executable<'static>, PathBuf)> {
    let named = core
        .executable_path()
        .map(|path| PathBuf::from(String::from_utf8_lossy(path).into_owned()));
    let beside = named.as_ref().and_then(|named| {
        let folder = core_path.parent().unwrap_or(Path::new(""));
        Some(folder.join(named.file_name()?))
    });
    named.into_iter().chain(beside).filter_map(|path| {
        let exe = parsed(arena.open(&path).ok()?).ok()?;
        Some((exe, path))
    })
}

/// What was typed, unless that is a file of debug information and the executable it belongs to is at hand: then that, with
/// what was typed for its debug information.
fn instead_of_debug_file(
    arena: &'static Arena,
    given: (Executable<'static>, PathBuf),
    core: &CoreFile<'_>,
    core_path: &Path,
) -> (Executable<'static>, PathBuf) {
    let (file, path) = given;
    if !file.is_debug_file() {
        return (file, path);
    }
    let whole = find_executable(arena, core, core_path)
        .find(|(exe, _)| !exe.is_debug_file() && exe.is_of_build(&file));
    match whole {
        Some((exe, found)) if !exe.has_dwarf() => (exe.with_debug_file(for_good(file)), found),
        Some(whole) => whole,
        None => (file, path),
    }
}

/// Maps a file, or says what to do about it.
fn open<'a>(arena: &'a Arena, path: &Path) -> Result<&'a [u8], Failure> {
    arena.open(path).map_err(|error| match &error {
        InputError::Io(error) => Failure::cannot_read(path, error),
        InputError::Directory => Failure::unreadable(format!(
            "{}: {error}\n\nhint: name the file in it",
            path.display()
        )),
        _ => Failure::unreadable(format!("{}: {error}", path.display())),
    })
}

fn not_an_image(path: &Path, error: &ImageError) -> Failure {
    let hint = match error {
        ImageError::WrongType {
            wanted: "executable",
            found: "core dump",
        } => "\n\nhint: the core comes first: dumpview CORE EXE",
        ImageError::NotElf { .. } => {
            "\n\nhint: a core dump or executable begins with 7f 45 4c 46 (ELF)"
        }
        _ => "",
    };
    Failure::unreadable(format!("{}: {error}{hint}", path.display()))
}

fn executable_given_as_core(core_path: &Path, executable_path: Option<&Path>) -> Failure {
    let path = core_path.display();
    let hint = executable_path.map_or_else(
        || format!("dumpview CORE {path}"),
        |other| format!("dumpview {} {path}", other.display()),
    );
    Failure::unreadable(format!(
        "{path}: an executable, where a core dump is expected\n\nhint: {hint}"
    ))
}

impl<'a> Deref for Case<'a> {
    type Target = Postmortem<'a>;

    fn deref(&self) -> &Postmortem<'a> {
        self.dead
    }
}

impl<'a> Case<'a> {
    /// The stack of the goroutine that is meant: the one asked for, else the cursor's, else the one that crashed.
    ///
    /// # Errors
    ///
    /// When there is no such goroutine.
    pub fn at(&self, asked: Option<u64>, cursor: &Cursor) -> Result<At, NoPlace> {
        self.dead.at(asked.or(cursor.goroutine).map(GoId))
    }

    /// The heap, walked once.
    ///
    /// # Errors
    ///
    /// When there is none that could be walked.
    pub fn heap(&self) -> Result<&Analysis<'a, 'a>, &HeapError> {
        if let Some(known) = self.heap.get() {
            return known.as_ref();
        }
        let waiting = Waiting::begin();
        self.heap_for(&waiting.at(READING))
            .unwrap_or(Err(&HeapError::Stopped))
    }

    /// The same for a job that may be stopped; `None` when it was.
    pub fn heap_for(&self, job: &Job) -> Option<Result<&Analysis<'a, 'a>, &HeapError>> {
        let _turn = self.walking.lock().unwrap_or_else(PoisonError::into_inner);
        if self.heap.get().is_none() {
            match self.walk(job) {
                Err(HeapError::Stopped) => return None,
                walked => {
                    // It is this thread's turn, so nobody else has set it.
                    let _ = self.heap.set(walked);
                }
            }
        }
        self.heap.get().map(Result::as_ref)
    }

    /// The heap from an earlier run, or from the core.
    fn walk(&self, job: &Job) -> Result<Analysis<'a, 'a>, HeapError> {
        if let Some(analysis) = self.kept.analysis(&self.dead.process)? {
            return Ok(analysis);
        }
        let begun = Instant::now();
        let analysis = Analysis::of(&self.dead.process, &|step| {
            job.now(match step.phase {
                Phase::References => READING,
                Phase::Owners => "finding out what the objects are and who keeps what",
            });
            let count = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
            job.advance(count(step.done), count(step.of)).is_ok()
        });
        self.kept.analysis_took(begun.elapsed());
        analysis
    }

    /// Leaves for the next run what was learnt of the heap and was worth it.
    pub fn keep(&self) {
        if let Some(Ok(analysis)) = self.heap.get() {
            self.kept.keep(analysis, self.page.get());
        }
    }

    /// The heap on a page, with the suspects that these thresholds make. What an earlier run left needs no walk.
    ///
    /// # Errors
    ///
    /// When there is no heap that could be walked.
    pub fn heap_page(&self, thresholds: &Thresholds) -> Result<Cow<'_, Page>, &HeapError> {
        if *thresholds != Thresholds::default() {
            return Ok(Cow::Owned(self.heap()?.page(thresholds)));
        }
        if let Some(page) = self.known_page() {
            return Ok(Cow::Borrowed(page));
        }
        let begun = Instant::now();
        let page = self.heap()?.page(thresholds);
        self.kept.page_took(begun.elapsed());
        Ok(Cow::Borrowed(self.page.get_or_init(|| page)))
    }

    /// The page when it is at hand already, or an earlier run left it.
    pub fn known_page(&self) -> Option<&Page> {
        if self.page.get().is_none()
            && let Some(page) = self.kept.page(&self.dead.process)
        {
            return Some(self.page.get_or_init(|| page));
        }
        self.page.get()
    }

    /// The envelope of a verb's document.
    pub fn envelope(&self, verb: &str) -> Envelope {
        Envelope::new(
            verb,
            InputSummary {
                path: self.core_path.display().to_string(),
                kind: match self.process.heap_dump {
                    Some(_) => "heap dump",
                    None => "core",
                },
                executable: self
                    .executable_path
                    .as_ref()
                    .map(|p| p.display().to_string()),
                go_version: match self.process.heap_dump {
                    Some(dump) => dump.version.as_ref().map(|v| v.text.clone()),
                    None => self.process.version.as_ref().map(|v| v.text.clone()),
                },
                arch: match self.process.heap_dump {
                    Some(dump) => dump.arch_name(),
                    None => Some(self.process.arch().name()),
                },
            },
        )
    }

    /// What the input lacks, as far as it was looked at.
    pub fn incomplete(&self) -> Vec<Incomplete> {
        let lists = self.process.list_damage();
        let shortfalls = self.process.shortfalls.iter().chain(&lists);
        let shortfalls = shortfalls.map(|s| Incomplete {
            what: s.what.clone(),
            why: s.why.clone(),
        });
        let shortfalls: Vec<Incomplete> = shortfalls.collect();
        let notes = self.heap_notes().into_iter().map(|note| Incomplete {
            what: "heap".to_owned(),
            why: format!("{}: {}", note.text, note.count),
        });
        shortfalls.into_iter().chain(notes).collect()
    }

    /// What the heap lacks, once somebody asked for it.
    pub fn heap_notes(&self) -> Vec<Note> {
        let known = self.heap.get().and_then(|heap| heap.as_ref().ok());
        known.map(Analysis::notes).unwrap_or_default()
    }

    /// Whether the input itself is damaged (not merely lacking an optional file).
    pub fn is_damaged(&self) -> bool {
        let lists = self.process.list_damage();
        let mut all = self.process.shortfalls.iter().chain(&lists);
        all.any(|shortfall| shortfall.damage) || !self.heap_notes().is_empty()
    }
}
