//! Records to the parts of the model, each with the process that wrote it.

use super::Parts;
use super::waiting::{Held, Waiting, Want};
use crate::finding::{self, Finding};
use crate::inventory::Inventory;
use crate::log::{Offer, Processes, Unread, When, Whose};
use crate::oom::Killing;
use crate::timeline::{self, Timeline};
use crate::traceback::{self, Which};
use crate::{alloc, gc, memstats, oom, sched};
use dumpview_parsers::gctrace;
use dumpview_parsers::log::{Kind, Origin, Record};

/// What a record completed, for whoever writes it out at once.
#[derive(Clone, Copy, Debug)]
pub enum Fresh<'a> {
    /// A collection.
    Cycle(&'a gc::Cycle),
    /// A scheduler sample.
    Sample(&'a sched::Sample),
}

/// What a log tells. A clone is a snapshot and cheap.
#[derive(Clone, Debug)]
pub struct LogModel {
    parts: Parts,
    /// The number of the input that is being read, from 0.
    source: usize,
    processes: Processes,
    waiting: Waiting,
    held: Held,
    /// How much there is of which format, when all of [`Parts::OVERVIEW`] is collected.
    pub inventory: Inventory,
    /// Lines of the collected parts' formats that could not be read.
    pub unread: Unread,
    /// Collections.
    pub gc: gc::Collector,
    /// Scheduler samples.
    pub sched: sched::Collector,
    /// Memory statistics.
    pub memory: memstats::Collector,
    /// Allocations.
    pub alloc: alloc::Collector,
    /// Crashes, dumps, races, profiles.
    pub tracebacks: traceback::Collector,
    /// Kills by the kernel.
    pub kills: oom::Collector,
    /// Everything with its time.
    pub events: timeline::Log,
}

impl LogModel {
    /// Nothing read yet. Of the dumps, the goroutines of the last crash are kept.
    pub fn new(parts: Parts) -> Self {
        Self::with_dump(parts, Which::default(), false)
    }

    /// One that keeps the goroutines of this dump, with the stack pointers of their calls when wanted.
    pub fn with_dump(parts: Parts, which: Which, with_stack_pointers: bool) -> Self {
        Self {
            parts,
            source: 0,
            processes: Processes::new(),
            waiting: Waiting::default(),
            held: Held::default(),
            inventory: Inventory::default(),
            unread: Unread::default(),
            gc: gc::Collector::new(),
            sched: sched::Collector::new(),
            memory: memstats::Collector::new(),
            alloc: alloc::Collector::default(),
            tracebacks: traceback::Collector::new(which, with_stack_pointers),
            kills: oom::Collector::default(),
            events: timeline::Log::new(),
        }
    }

    /// Takes a record.
    pub fn record(&mut self, record: &Record<'_>, each: &mut dyn FnMut(Fresh<'_>)) {
        if self.parts.has(Parts::OVERVIEW) {
            self.inventory.record(record);
        }
        match &record.kind {
            Kind::Unreadable(lost) => {
                if self.is_ours(lost.format) {
                    self.unread.record(record);
                }
                return;
            }
            _ if self.waiting.keep(record) => {
                if let Some(first) = self.waiting.overflow() {
                    let whose = self.processes.of(&first);
                    self.give(&first, whose, each);
                }
                return;
            }
            _ if self.holds(record, Want::Given, each) => return,
            _ => {}
        }
        let whose = self.processes.of(record);
        self.decided(record, whose, each);
    }

    /// Gives a record whose process is known, and what waited for it.
    fn decided(&mut self, record: &Record<'_>, whose: Whose, each: &mut dyn FnMut(Fresh<'_>)) {
        while let Some(waited) = self.waiting.decided_by(record) {
            let whose = Whose {
                process: whose.process,
                ..Whose::default()
            };
            self.give(&waited, whose, each);
        }
        self.give(record, whose, each);
    }

    /// Takes a record of the collector whose process later ones tell, or that stands behind such a one.
    fn holds(&mut self, record: &Record<'_>, want: Want, each: &mut dyn FnMut(Fresh<'_>)) -> bool {
        let Kind::Gc(gc) = &record.kind else {
            return false;
        };
        let kept = match gc {
            gctrace::Record::Cycle(cycle) => {
                if let Offer::Known(whose) = self.processes.offer(record) {
                    // Nearly always nothing else waits.
                    if self.held.is_empty() {
                        if want == Want::Given {
                            self.decided(record, whose, each);
                        }
                        return true;
                    }
                    let kind = Kind::Gc(gctrace::Record::Cycle(*cycle));
                    self.held
                        .push(&Record { kind, ..*record }, want, Some(whose));
                    return true;
                }
                gctrace::Record::Cycle(*cycle)
            }
            gctrace::Record::Scan(scan) if !self.held.is_empty() => gctrace::Record::Scan(*scan),
            // What else is told of the collector is told with what came before.
            _ => {
                self.release(When::Now, each);
                return false;
            }
        };
        let kind = Kind::Gc(kept);
        self.held.push(&Record { kind, ..*record }, want, None);
        self.release(When::Known, each);
        while self.held.is_full() {
            self.release_first(When::Now, each);
        }
        true
    }

    /// Gives what is held, as far as it is known whose it is.
    fn release(&mut self, when: When, each: &mut dyn FnMut(Fresh<'_>)) {
        while self.release_first(when, each) {}
    }

    fn release_first(&mut self, when: When, each: &mut dyn FnMut(Fresh<'_>)) -> bool {
        let Some((record, want, known)) = self.held.first() else {
            return false;
        };
        let whose = if known.is_some() {
            known
        } else if matches!(record.kind, Kind::Gc(gctrace::Record::Cycle(_))) {
            self.processes.decided(record.origin, when)
        } else {
            Some(self.processes.of(&record))
        };
        let Some(whose) = whose else {
            return false;
        };
        self.held.pop();
        if want == Want::Given {
            self.decided(&record, whose, each);
        }
        true
    }

    /// Takes a record that is not wanted: it only tells of its process.
    pub fn pass_by(&mut self, record: &Record<'_>, each: &mut dyn FnMut(Fresh<'_>)) {
        if !self.holds(record, Want::PassedBy, each) {
            self.processes.of(record);
        }
    }

    fn give(&mut self, record: &Record<'_>, whose: Whose, each: &mut dyn FnMut(Fresh<'_>)) {
        let parts = self.parts;
        if parts.has(Parts::GC)
            && let Some(cycle) = self.gc.record(record, whose)
        {
            each(Fresh::Cycle(cycle));
        }
        if parts.has(Parts::SCHED) {
            self.sched
                .record(record, whose, &mut |sample| each(Fresh::Sample(sample)));
        }
        if parts.has(Parts::MEMORY) {
            self.memory.record(self.source, record, whose);
        }
        if parts.has(Parts::ALLOC) {
            self.alloc.record(record, whose);
        }
        if parts.has(Parts::CRASHES) {
            let events = &mut self.events;
            self.tracebacks.record(record, whose, &mut |begun, ended| {
                if parts.has(Parts::EVENTS) {
                    events.ended(begun, ended);
                }
            });
        }
        if parts.has(Parts::KILLS)
            && let Some(killing) = self.kills.record(record)
            && parts.has(Parts::EVENTS)
        {
            self.events.killed(record, whose, killing);
        }
        if parts.has(Parts::EVENTS) {
            self.events.record(record, whose);
        }
    }

    /// The input has ended: what is open comes to its end, and origins get the names that `name_of` tells.
    pub fn finish(&mut self, name_of: impl Fn(Origin) -> String, each: &mut dyn FnMut(Fresh<'_>)) {
        self.release(When::Now, each);
        while let Some(waited) = self.waiting.next() {
            let whose = self.processes.of(&waited);
            self.give(&waited, whose, each);
        }
        self.sched.finish(&mut |sample| each(Fresh::Sample(sample)));
        let (events, parts) = (&mut self.events, self.parts);
        self.tracebacks.finish(&mut |begun, ended| {
            if parts.has(Parts::EVENTS) {
                events.ended(begun, ended);
            }
        });
        self.events.end(&name_of);
        self.alloc.end(&name_of);
        self.gc.end(&name_of);
        self.memory.end(name_of);
    }

    /// Another input is read after the one that was finished. Its processes are counted on, and memory statistics of
    /// the same origin go on with those before; the lines that could not be read are those of the last input.
    pub fn begin_input(&mut self) {
        self.source += 1;
        self.processes.begin_input();
        self.unread = Unread::default();
    }

    fn is_ours(&self, format: &str) -> bool {
        let formats: [(Parts, &[&str]); 6] = [
            (Parts::GC, &gc::FORMATS),
            (Parts::SCHED, &sched::FORMATS),
            (Parts::MEMORY, &memstats::FORMATS),
            (Parts::ALLOC, &alloc::FORMATS),
            (Parts::CRASHES, &traceback::FORMATS),
            (Parts::KILLS, &oom::FORMATS),
        ];
        let mut formats = formats.iter();
        self.parts.has(Parts::OVERVIEW)
            || self.parts.has(Parts::EVENTS)
            || formats.any(|(part, of)| self.parts.has(*part) && of.contains(&format))
    }

    /// The events on their own axis; `name` is the log's.
    pub fn timeline(&self, name: &str) -> Timeline {
        let mut collector = timeline::Collector::new();
        collector.log(name, &self.events, &self.unread);
        collector.finish(&[])
    }

    /// What is worth knowing, the worst first: kills, the goroutines of the last crash, crashes that repeat, the collector and the scheduler of the process that has most of
    /// either, the memory and the allocations of each.
    pub fn findings(&self) -> Vec<Finding> {
        let mut found: Vec<Finding> = self.kills.killings.iter().map(Killing::finding).collect();
        if let Some(process) = self.gc.main() {
            found.extend(gc::findings(&self.gc, &self.unread, process));
        }
        if let Some(process) = self.sched.main() {
            found.extend(sched::findings(&self.sched, &self.unread, process));
        }
        for process in self.memory.processes() {
            let of = memstats::findings(process).into_iter();
            found.extend(of.map(|finding| finding.of(process.id.0.into())));
        }
        for process in &self.alloc.processes {
            let of = alloc::findings(process).into_iter();
            found.extend(of.map(|finding| finding.of(process.id.0.into())));
        }
        let tracebacks = self.tracebacks.found();
        let dump = tracebacks.dump.as_deref();
        found.extend(dump.map(traceback::findings).unwrap_or_default());
        found.extend(traceback::repeated(tracebacks));
        finding::rank(&mut found);
        found
    }
}
