//! What earlier runs learnt of the heap of a core, and what this one leaves for the next: `process::heap::kept` in files of
//! the user's cache.
//!
//! Two files a core: all that an analysis cost, and the page that `heap` answers with, which needs no analysis then. A
//! file is used when it is of this very program (its executable's bytes count, so that one that was built anew trusts no
//! other's answers) and of these inputs; the next one of the same inputs takes its place.

use crate::cache::Cache;
use crate::flags::Common;
use crate::input::map_for_good;
use crate::talk::complain;
use dumpview_process::heap::kept::{Identity, Sections};
use dumpview_process::heap::{Analysis, HeapError, ask::Page};
use dumpview_process::process::Process;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, UNIX_EPOCH};
use twox_hash::XxHash3_128;

/// What took less is done again rather than kept.
const WORTH_KEEPING: Duration = Duration::from_millis(300);
/// `DUMPVIEW_CACHE=always`: what took less is kept as well.
const ALWAYS: (&str, &str) = ("DUMPVIEW_CACHE", "always");

/// What is kept of one core.
pub struct Kept {
    cache: Option<Cache>,
    /// When core and executable were written to.
    stamp: Vec<u8>,
    /// Which program and which inputs, found out when somebody asks.
    names: OnceLock<Option<Names>>,
    always: bool,
    is_talkative: bool,
    graph_is_new: AtomicBool,
    page_is_new: AtomicBool,
}

#[derive(Clone, Copy)]
struct Names {
    program: u128,
    inputs: Identity,
}

/// The bytes of the program that runs, as a number.
fn program() -> Option<u128> {
    let file = File::open(std::env::current_exe().ok()?).ok()?;
    Some(XxHash3_128::oneshot(map_for_good(&file).ok()?))
}

/// When a file was written to, as bytes; nothing when that is not known.
fn written(path: &Path) -> Vec<u8> {
    let time = fs::metadata(path).and_then(|about| about.modified()).ok();
    let since = time.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    since.map_or_else(Vec::new, |since| since.as_nanos().to_le_bytes().to_vec())
}

impl Kept {
    /// What is kept of a core and an executable, unless nothing is to be.
    pub fn of(core: &Path, executable: Option<&PathBuf>, common: &Common) -> Self {
        let mut stamp = written(core);
        // A core that came through a pipe has no time.
        let is_wanted = !common.no_cache && !stamp.is_empty();
        let cache = is_wanted.then(Cache::of_user).flatten();
        stamp.extend(executable.map(|path| written(path)).unwrap_or_default());
        Self {
            cache,
            stamp,
            names: OnceLock::new(),
            always: std::env::var(ALWAYS.0).is_ok_and(|word| word == ALWAYS.1),
            is_talkative: common.verbose && !common.quiet,
            graph_is_new: AtomicBool::new(false),
            page_is_new: AtomicBool::new(false),
        }
    }

    fn names(&self, process: &Process<'_>) -> Option<Names> {
        let find = || {
            Some(Names {
                program: program()?,
                inputs: Identity::of(process, &self.stamp),
            })
        };
        *self.names.get_or_init(find)
    }

    fn file(&self, process: &Process<'_>, kind: &str) -> Option<(&'static [u8], Names)> {
        let cache = self.cache.as_ref()?;
        let names = self.names(process)?;
        let file = cache.get(&name(names.inputs, kind))?;
        Some((file, names))
    }

    /// The analysis that an earlier run left.
    ///
    /// # Errors
    ///
    /// As [`Analysis::of`].
    pub fn analysis<'p, 'a>(
        &self,
        process: &'p Process<'a>,
    ) -> Result<Option<Analysis<'p, 'a>>, HeapError> {
        let Some((file, names)) = self.file(process, GRAPH) else {
            return Ok(None);
        };
        let read = Analysis::from_file(process, file, names.program, names.inputs)?;
        self.tell_used(GRAPH, read.is_some());
        Ok(read)
    }

    /// The page that an earlier run left.
    pub fn page(&self, process: &Process<'_>) -> Option<Page> {
        let (file, names) = self.file(process, PAGE)?;
        let read = Page::from_file(file, names.program, names.inputs);
        self.tell_used(PAGE, read.is_some());
        read
    }

    /// An analysis was made anew, in that time.
    pub fn analysis_took(&self, time: Duration) {
        self.graph_is_new
            .store(self.always || time >= WORTH_KEEPING, Ordering::Relaxed);
    }

    /// A page was made anew, in that time.
    pub fn page_took(&self, time: Duration) {
        self.page_is_new
            .store(self.always || time >= WORTH_KEEPING, Ordering::Relaxed);
    }

    /// Leaves for the next run what was worth it.
    pub fn keep(&self, analysis: &Analysis<'_, '_>, page: Option<&Page>) {
        let graph_is_new = self.graph_is_new.swap(false, Ordering::Relaxed);
        let page_is_new = self.page_is_new.swap(false, Ordering::Relaxed);
        // A heap dump has its graph ready: nothing is kept of it.
        if !graph_is_new && !page_is_new || analysis.process.heap_dump.is_some() {
            return;
        }
        let Some(sections) = analysis.to_sections() else {
            self.tell("the heap is not whole, so what was learnt of it is not kept");
            return;
        };
        if graph_is_new {
            self.put(analysis.process, GRAPH, &sections);
        }
        if page_is_new && let Some(page) = page {
            self.put(analysis.process, PAGE, &page.to_sections());
        }
    }

    fn put(&self, process: &Process<'_>, kind: &str, sections: &Sections<'_>) {
        let Some((cache, names)) = self.cache.as_ref().zip(self.names(process)) else {
            return;
        };
        let write = |out: &mut dyn std::io::Write| sections.write(names.program, names.inputs, out);
        let done = cache.put(&name(names.inputs, kind), sections.bytes(), write);
        if let Err(why) = done {
            self.tell(&format!("what was learnt of the heap is not kept: {why}"));
        }
    }

    fn tell_used(&self, kind: &str, was_used: bool) {
        self.tell(&if was_used {
            format!("the {kind} of the heap is from the cache of an earlier run")
        } else {
            format!("the {kind} of the heap in the cache is of another program, or damaged")
        });
    }

    fn tell(&self, what: &str) {
        if self.is_talkative {
            complain(what);
        }
    }
}

const GRAPH: &str = "graph";
const PAGE: &str = "page";

fn name(inputs: Identity, kind: &str) -> String {
    format!("{:032x}.{kind}", inputs.0)
}
