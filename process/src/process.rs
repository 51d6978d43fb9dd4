//! A dead process as it is asked: symbols, layouts, goroutines, DWARF and types, each loaded at the first question
//! that needs it.
//!
//! Opening stays cheap because none of this happens there; and a part is loaded once, whoever asks. Judgement (why it
//! died, what is worth knowing) is a floor higher, in [`crate::postmortem`].

use crate::addr::{Addr, GoId};
use crate::arch::Registers;
use crate::dwarf::Dwarf;
use crate::flow;
use crate::heapdump::HeapDump;
use crate::image::{CoreFile, Executable, Files, Thread};
use crate::layout::{FieldError, Layouts, RuntimeLayouts};
use crate::mapped::{Image, Mapped, OpenOptions, Shortfall};
use crate::runtime::search::{FoundVariables, Unproven, find_variables, is_heap, verify};
use crate::runtime::{
    Goroutine, Goroutines, LinkedDefers, Machine, Machines, Note, Reached, Runtime, RuntimeThread,
    RuntimeVars, Variables, linked_defers, match_threads,
};
use crate::scope::Scopes;
use crate::source::{Sources, Texts};
use crate::symbols::{ModuleData, Span, Symbols, SymbolsError};
use crate::types::{TypeModule, Types};
use crate::unwind::{Call, Limits, Natives, Recent, Stack, Unwinder, Unwound};
use crate::value::Shared;
use dumpview_model::frame::Own;
use rustc_hash::FxHashMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// One dead process. It derefs to its facts ([`Mapped`]): core, executable, memory, version.
pub struct Process<'a> {
    mapped: Mapped<'a>,
    parts: Parts<'a>,
}

impl<'a> Deref for Process<'a> {
    type Target = Mapped<'a>;

    fn deref(&self) -> &Mapped<'a> {
        &self.mapped
    }
}

/// The parts, empty until asked for.
#[derive(Default)]
struct Parts<'a> {
    layouts: OnceLock<Option<RuntimeLayouts<'a>>>,
    found_variables: OnceLock<Result<FoundVariables, Unproven>>,
    symbols: OnceLock<Result<Symbols<'a>, SymbolsError>>,
    natives: OnceLock<Natives<'a>>,
    dwarf: OnceLock<Option<Arc<Dwarf<'a>>>>,
    types: OnceLock<Types<'a>>,
    scopes: Scopes<'a>,
    plugin_types: OnceLock<Vec<(Span, Types<'a>)>>,
    goroutines: OnceLock<Result<Goroutines, ProcessError>>,
    machines: OnceLock<Result<Machines, ProcessError>>,
    threads: OnceLock<Vec<RuntimeThread>>,
    /// Index into `threads` of the one that an M is.
    thread_of: OnceLock<FxHashMap<Addr, usize>>,
    /// Index into `threads` of the one that runs a goroutine.
    running: OnceLock<FxHashMap<GoId, usize>>,
    unwound: Mutex<Recent>,
    deferred: Mutex<DeferRecords>,
    reached: OnceLock<Option<Reached>>,
    shared: Shared,
    functions: flow::Functions,
    sources: Sources,
}

/// Records of deferred calls that are read of one process. Of real ones each is on one goroutine's list; lists that lead
/// into each other would be read once for every goroutine.
const MOST_DEFERRED: usize = 1 << 24;

/// Deferred calls, as far as they were asked for.
#[derive(Default)]
struct DeferRecords {
    /// How many records were read, those of each goroutine counted once.
    read: usize,
    /// How many of each goroutine.
    of: FxHashMap<Addr, usize>,
    /// Those of the goroutine that was asked for last: they are asked for once for each frame.
    last: Option<(Addr, Arc<LinkedDefers>)>,
    /// Why the first list that is not whole is not.
    damage: Option<String>,
    /// How many are not whole.
    damaged: u64,
}

/// Why the runtime of a process cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProcessError {
    /// Neither DWARF nor a table has the layouts: not a Go program, or of a release before those known.
    #[error("no layout of the runtime's structures fits this program")]
    NoLayout,
    /// The program has no symbols, and the runtime variables that were searched for do not prove right.
    #[error(transparent)]
    Unproven(#[from] Unproven),
    /// A structure that leads there could not be read.
    #[error(transparent)]
    Field(#[from] FieldError),
}

impl<'a> Process<'a> {
    /// Puts core and executable together. A damaged or mismatched input is not an error here: what it costs
    /// is in [`Mapped::shortfalls`].
    pub fn open(
        core: &'a CoreFile<'a>,
        executable: Option<&'a Executable<'a>>,
        files: &dyn Files<'a>,
        options: OpenOptions,
    ) -> Self {
        Self {
            mapped: Mapped::open(core, executable, files, options),
            parts: Parts::default(),
        }
    }

    /// Adds what whoever opened the inputs knows them to lack: what a damaged archive did not give.
    pub fn lacks(&mut self, shortfall: Shortfall) {
        self.mapped.shortfalls.push(shortfall);
    }

    /// Puts a heap dump and its executable together.
    pub fn of_heap_dump(
        dump: &'a HeapDump<'a>,
        core: &'a CoreFile<'a>,
        executable: Option<&'a Executable<'a>>,
        options: OpenOptions,
    ) -> Self {
        Self {
            mapped: Mapped::of_heap_dump(dump, core, executable, options),
            parts: Parts::default(),
        }
    }

    /// Lets values be told by the program's text too.
    #[must_use]
    pub fn with_texts(mut self, texts: Box<dyn Texts>) -> Self {
        self.parts.sources = Sources::new(texts);
        self
    }

    /// The program's text, as far as it is at hand.
    pub(crate) const fn sources_of_text(&self) -> &Sources {
        &self.parts.sources
    }

    /// An executable alone: its functions, lines and code. `core` stands for the process where only the architecture matters.
    pub fn of_executable(executable: &'a Executable<'a>, core: &'a CoreFile<'a>) -> Self {
        Self {
            mapped: Mapped::of_executable(executable, core),
            parts: Parts::default(),
        }
    }

    /// Layouts of the runtime's structures; `None` when neither DWARF nor a table knows this program.
    pub fn layouts(&self) -> Option<&dyn Layouts> {
        self.runtime_layouts()
            .map(|layouts| layouts as &dyn Layouts)
    }

    fn runtime_layouts(&self) -> Option<&RuntimeLayouts<'a>> {
        let choose =
            || RuntimeLayouts::choose(self.dwarf().cloned(), self.version.as_ref(), self.arch());
        self.parts.layouts.get_or_init(choose).as_ref()
    }

    /// The runtime's variables of a program without symbols, searched for in its code.
    fn found_variables(&self) -> Result<&FoundVariables, &Unproven> {
        let search = || {
            let Some(RuntimeLayouts::Table(table)) = self.runtime_layouts() else {
                return Ok(FoundVariables::default());
            };
            let Ok(symbols) = self.symbols() else {
                return Ok(FoundVariables::default());
            };
            let memory = &*self.memory;
            let mut found = find_variables(memory, self.arch(), symbols, &table.recipes());
            let runtime = Runtime {
                memory,
                layouts: table,
                vars: &found,
            };
            verify(&runtime, self.arch(), &self.core.threads)?;
            if !is_heap(&runtime) {
                found.remove("runtime.mheap_");
            }
            Ok(found)
        };
        self.parts.found_variables.get_or_init(search).as_ref()
    }

    /// What is needed to read the runtime's own structures; `None` when no layout knows this program.
    pub fn runtime(&self) -> Option<Runtime<'_>> {
        Some(Runtime {
            memory: &*self.memory,
            layouts: self.layouts()?,
            vars: self,
        })
    }

    /// Whether its executable is at hand, and is no Go program.
    pub fn is_foreign(&self) -> bool {
        self.executable.is_some() && self.version.is_none() && self.symbols().is_err()
    }

    /// Functions, files and lines, and what moduledata says.
    ///
    /// # Errors
    ///
    /// When the process has no function tables: not Go, or its executable is not at hand.
    pub fn symbols(&self) -> Result<&Symbols<'a>, &SymbolsError> {
        let symbols = self.parts.symbols.get_or_init(|| {
            let layouts: Vec<&dyn Layouts> = self.layouts().into_iter().collect();
            Symbols::load(self, &layouts)
        });
        symbols.as_ref()
    }

    /// C libraries and the vDSO, whose frames are found by their own unwind tables.
    pub fn natives(&self) -> &Natives<'a> {
        self.parts.natives.get_or_init(|| Natives::new(self))
    }

    /// The executable's DWARF, when it has any.
    pub fn dwarf(&self) -> Option<&Arc<Dwarf<'a>>> {
        self.parts
            .dwarf
            .get_or_init(|| Dwarf::load(self.executable?).map(Arc::new))
            .as_ref()
    }

    /// What the frames at one pc have in common.
    pub(crate) const fn scopes(&self) -> &Scopes<'a> {
        &self.parts.scopes
    }

    /// Types, from DWARF and from the runtime's descriptors.
    pub fn types(&self) -> &Types<'a> {
        self.parts.types.get_or_init(|| {
            let modules = self.symbols().map_or_else(
                |_| Vec::new(),
                |symbols| {
                    symbols
                        .modules()
                        .filter_map(|m| m.data.as_ref())
                        .map(type_module)
                        .collect()
                },
            );
            let memory = Arc::clone(&self.memory);
            Types::new(memory, self.dwarf().cloned(), modules, self.version.clone())
                .with_bias(self.bias)
        })
    }

    /// The types that DWARF means in the code at `pc`: those of the plugin it is in, else the program's.
    pub fn types_at(&self, pc: Addr) -> &Types<'a> {
        let all = self.parts.plugin_types.get_or_init(|| self.plugin_types());
        let found = all.iter().find(|(pcs, _)| pcs.contains(pc));
        found.map_or_else(|| self.types(), |(_, types)| types)
    }

    /// The types of every module but the program's own, with the code that they are of. What plugins and program share has
    /// types of both.
    fn plugin_types(&self) -> Vec<(Span, Types<'a>)> {
        let Ok(symbols) = self.symbols() else {
            return Vec::new();
        };
        let data = || symbols.modules().filter_map(|module| module.data.as_ref());
        data()
            .skip(1)
            .filter_map(|plugin| {
                let is_its = |image: &&Image<'a>| {
                    let segments = image.file.load_segments();
                    segments
                        .filter(|segment| segment.executable)
                        .any(|segment| {
                            let start = segment.addr.to_process(image.bias);
                            let end = start.offset(segment.mem_size);
                            Span { start, end }.contains(plugin.text.start)
                        })
                };
                let image = self.images.iter().find(is_its)?;
                let dwarf = Dwarf::load(image.file).map(Arc::new)?;
                // The module whose descriptors its DWARF names stands first.
                let others = data().filter(|module| module.addr != plugin.addr);
                let modules = std::iter::once(plugin).chain(others).map(type_module);
                let memory = Arc::clone(&self.memory);
                let types =
                    Types::new(memory, Some(dwarf), modules.collect(), self.version.clone());
                Some((plugin.pcs, types.with_bias(image.bias)))
            })
            .collect()
    }

    /// Every goroutine that is not dead.
    ///
    /// # Errors
    ///
    /// Why there is no list: not Go, or the structures that lead to it could not be read.
    pub fn goroutines(&self) -> Result<&Goroutines, &ProcessError> {
        let goroutines = self.parts.goroutines.get_or_init(|| {
            let runtime = self.runtime().ok_or(ProcessError::NoLayout)?;
            Goroutines::read(&runtime).map_err(|error| match self.found_variables() {
                Err(unproven) => unproven.clone().into(),
                Ok(_) => error.into(),
            })
        });
        goroutines.as_ref()
    }

    /// What the runtime's own lists lack in this core: modules, goroutines, Ms; of those that were asked for so far.
    pub fn list_damage(&self) -> Vec<Shortfall> {
        let modules = self.parts.symbols.get().and_then(|read| read.as_ref().ok());
        let mut all = modules.map_or_else(Vec::new, |read| read.shortfalls.clone());
        let goroutines = self.parts.goroutines.get().map(Result::as_ref);
        let machines = self.parts.machines.get().map(Result::as_ref);
        let goroutines = goroutines.and_then(Result::ok).map(|read| &read.notes);
        let machines = machines.and_then(Result::ok).map(|read| &read.notes);
        let deferred = self.deferred_records();
        let deferred = deferred.damage.iter().map(|why| Note {
            text: format!("lists of deferred calls that end early, first: {why}"),
            count: deferred.damaged,
        });
        let deferred: Vec<Note> = deferred.collect();
        for (what, notes) in [
            ("goroutines", goroutines),
            ("threads", machines),
            ("deferred calls", Some(&deferred)),
        ] {
            for note in notes.into_iter().flatten() {
                let why = match note.count {
                    1 => note.text.clone(),
                    count => format!("{}: {count}", note.text),
                };
                all.push(Shortfall::damage(what, why));
            }
        }
        all
    }

    /// The runtime's Ms.
    ///
    /// # Errors
    ///
    /// As [`Self::goroutines`].
    pub fn machines(&self) -> Result<&Machines, &ProcessError> {
        let machines = self.parts.machines.get_or_init(|| {
            let runtime = self.runtime().ok_or(ProcessError::NoLayout)?;
            Ok(Machines::read(&runtime)?)
        });
        machines.as_ref()
    }

    /// The threads of the core with their Ms and goroutines; empty when the runtime cannot be read.
    pub fn threads(&self) -> &[RuntimeThread] {
        self.parts.threads.get_or_init(|| {
            let (Some(runtime), Ok(machines), Ok(goroutines)) =
                (self.runtime(), self.machines(), self.goroutines())
            else {
                return Vec::new();
            };
            match_threads(
                &runtime,
                self.arch(),
                &self.core.threads,
                machines,
                goroutines,
            )
        })
    }

    /// The thread that an M is, when the core has it.
    pub fn thread_of(&self, machine: &Machine) -> Option<&Thread> {
        let threads = self.threads();
        let of = self.parts.thread_of.get_or_init(|| {
            let mut of = FxHashMap::default();
            for thread in threads {
                if let Some(m) = thread.m {
                    of.entry(m).or_insert(thread.index);
                }
            }
            of
        });
        self.core.threads.get(*of.get(&machine.addr)?)
    }

    /// The thread that runs a goroutine, when one does.
    pub fn thread_running(&self, goroutine: GoId) -> Option<&RuntimeThread> {
        let threads = self.threads();
        let running = self.parts.running.get_or_init(|| {
            let mut running = FxHashMap::default();
            for (index, thread) in threads.iter().enumerate() {
                if let Some(id) = thread.goroutine {
                    running.entry(id).or_insert(index);
                }
            }
            running
        });
        threads.get(*running.get(&goroutine)?)
    }

    /// The calls that a goroutine has deferred by records.
    pub fn linked_defers(&self, goroutine: &Goroutine) -> Arc<LinkedDefers> {
        let Some(runtime) = self.runtime().filter(|_| !goroutine.defers.is_null()) else {
            return Arc::default();
        };
        let mut records = self.deferred_records();
        if let Some((g, list)) = &records.last
            && *g == goroutine.addr
        {
            return Arc::clone(list);
        }
        let before = records.of.get(&goroutine.addr).copied();
        let most = before.unwrap_or_else(|| MOST_DEFERRED.saturating_sub(records.read));
        let list = Arc::new(linked_defers(&runtime, goroutine.defers, most));
        if before.is_none() {
            records.read = records.read.saturating_add(list.records);
            records.of.insert(goroutine.addr, list.records);
            if let Some(why) = &list.incomplete {
                records.damaged += 1;
                records.damage.get_or_insert_with(|| why.clone());
            }
        }
        records.last = Some((goroutine.addr, Arc::clone(&list)));
        list
    }

    fn deferred_records(&self) -> MutexGuard<'_, DeferRecords> {
        let records = self.parts.deferred.lock();
        records.unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers of the thread that runs a goroutine, when one does.
    pub fn registers_of(&self, goroutine: &Goroutine) -> Option<&Registers> {
        let thread = self.thread_running(goroutine.id)?;
        self.core.threads.get(thread.index).map(|t| &t.registers)
    }

    /// Unwinds stacks, C frames included; `None` when there is nothing to unwind Go frames by.
    pub fn unwinder(&self) -> Option<Unwinder<'_>> {
        let symbols = self.symbols().ok()?;
        let unwinder = Unwinder::new(&*self.memory, symbols, self.layouts()?, self.arch()).ok()?;
        // Nobody reads a million frames: of a stack overflow both ends are kept.
        let limits = Limits {
            head: 10_000,
            ..Limits::default()
        };
        Some(unwinder.with_natives(self.natives()).with_limits(limits))
    }

    /// The calls of a stack, innermost first; none without function tables.
    pub fn calls(&self, stack: &Stack) -> Vec<Call> {
        self.symbols()
            .map(|symbols| stack.calls(symbols, self.natives()))
            .unwrap_or_default()
    }

    /// What is the program's own, by the build info.
    pub fn own(&self) -> Own {
        let build = self.build.as_ref();
        let module = build.and_then(|build| build.module.as_deref());
        Own::of_module(module.and_then(|module| module.split(' ').next()))
    }

    /// The stack of a goroutine and its calls, unwound at the first question of several about it.
    pub fn unwound(&self, goroutine: &Goroutine) -> Arc<Unwound> {
        let recent = || {
            let lock = self.parts.unwound.lock();
            lock.unwrap_or_else(PoisonError::into_inner)
        };
        if let Some(known) = recent().get(goroutine.addr) {
            return known;
        }
        let stack = self.stack(goroutine);
        let calls = self.calls(&stack);
        let unwound = Arc::new(Unwound {
            own: self.own().first(calls.iter().map(|call| &call.frame)),
            calls,
            stack,
        });
        recent().keep(goroutine.addr, &unwound);
        unwound
    }

    /// The stack of a goroutine, unwound for this question only; empty and incomplete when there is nothing to
    /// unwind by.
    pub fn stack(&self, goroutine: &Goroutine) -> Stack {
        let registers = self.registers_of(goroutine);
        self.unwinder()
            .map(|unwinder| unwinder.goroutine(goroutine.addr, registers))
            .unwrap_or_default()
    }

    /// The whole stack of a thread, from its registers: signal handler, system stack, goroutine.
    pub fn thread_stack(&self, thread: &Thread, m: Option<Addr>) -> Stack {
        self.unwinder()
            .map(|unwinder| unwinder.thread(&thread.registers, m))
            .unwrap_or_default()
    }

    /// The code, to be followed.
    pub fn program(&self) -> Option<flow::Program<'_>> {
        Some(flow::Program {
            memory: &*self.memory,
            symbols: self.symbols().ok()?,
            arch: self.arch(),
        })
    }

    /// What a function's code does from a frame's pc on; `None` where it cannot be followed.
    pub fn point(&self, pc: Addr, interrupted: bool) -> Option<flow::Point> {
        self.parts.functions.point(self.program()?, pc, interrupted)
    }

    /// What registers at a place held that nobody saved; see [`flow::Functions::unsaved`].
    pub(crate) fn unsaved(
        &self,
        program: flow::Program<'_>,
        pc: Addr,
        interrupted: bool,
    ) -> flow::Unsaved {
        self.parts.functions.unsaved(program, pc, interrupted)
    }

    /// A time that the process reached, if its structures hold one.
    pub fn reached(&self) -> Option<Reached> {
        let read = || Reached::read(&self.runtime()?);
        *self.parts.reached.get_or_init(read)
    }

    /// What was read of structures that many values lead to.
    pub(crate) const fn shared(&self) -> &Shared {
        &self.parts.shared
    }
}

impl Variables for Process<'_> {
    fn address(&self, name: &str) -> Option<Addr> {
        let dwarf = self.runtime_layouts().and_then(RuntimeLayouts::dwarf);
        let named = RuntimeVars::new(self.executable, dwarf, self.bias).address(name);
        named.or_else(|| self.found_variables().ok()?.address(name))
    }
}

/// Where a module keeps its type descriptors.
fn type_module(data: &ModuleData) -> TypeModule {
    TypeModule {
        types: data.types.start,
        etypes: data.types.end,
        typelinks: data.typelinks.map(|links| (links.ptr, links.len)),
        descriptors_len: data.typedesclen,
    }
}
