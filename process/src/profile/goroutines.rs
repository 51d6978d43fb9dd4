//! Stacks that are there, not sampled: of goroutines, and of those who created threads.

use super::{ProfileError, Reader, counting};
use crate::addr::Addr;
use crate::memory::MemoryExt;
use crate::runtime::{Label, Note, SystemRule, labels};
use dumpview_parsers::pprof::{self, LabelValue, Profile, Sample};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How many goroutines, or threads, have the same stack and labels.
type Counted = BTreeMap<(Vec<Addr>, Vec<Label>), i64>;

impl Reader<'_, '_> {
    pub(super) fn goroutines(&mut self) -> Result<Profile, ProfileError> {
        let goroutines = self.process.goroutines().map_err(Clone::clone)?;
        self.notes.extend(goroutines.notes.iter().cloned());
        let rule = SystemRule::read(&self.runtime);
        let most = self.places.depth();
        let (mut counted, mut unlabelled) = (Counted::new(), 0u64);
        for goroutine in goroutines.list() {
            let entry = self.symbols.find(goroutine.startpc);
            if rule.is_system(goroutine, entry.map(|f| f.name())) {
                continue;
            }
            let stack = self.process.stack(goroutine);
            let stack = self.places.return_addresses(&stack, most);
            let labels = labels(&self.runtime, goroutine.labels);
            unlabelled += u64::from(labels.is_err());
            *counted
                .entry((stack, labels.unwrap_or_default()))
                .or_default() += 1;
        }
        if unlabelled > 0 {
            let text = "goroutines whose labels could not be read".to_owned();
            self.notes.push(Note {
                text,
                count: unlabelled,
            });
        }
        self.counted(counted);
        Ok(counting("goroutine"))
    }

    pub(super) fn threads(&mut self) -> Result<Profile, ProfileError> {
        let machines = self.process.machines().map_err(Clone::clone)?;
        self.notes.extend(machines.notes.iter().cloned());
        let mut counted = Counted::new();
        for machine in &machines.list {
            let m = self.runtime.structure("runtime.m", machine.addr);
            let (at, field) = m.addr_of("createstack")?;
            let word = |index: u64| self.runtime.memory.ptr(at.offset(index * 8)).ok();
            // The array is of one length; what it does not need of it is zero.
            let words = (0..field.size / 8).map_while(word);
            let stack = words.take_while(|pc| !pc.is_null()).collect();
            *counted.entry((stack, Vec::new())).or_default() += 1;
        }
        self.counted(counted);
        Ok(counting("threadcreate"))
    }

    fn counted(&mut self, counted: Counted) {
        let mut counted: Vec<_> = counted.into_iter().collect();
        counted.sort_by_key(|(_, count)| Reverse(*count));
        for ((stack, labels), count) in counted {
            let labels = labels.into_iter().map(|label| pprof::Label {
                key: label.key,
                value: LabelValue::Text(label.value),
            });
            let labels = labels.collect();
            self.samples.push(Sample {
                locations: self.places.of_stack(&stack),
                values: vec![count],
                labels,
            });
        }
    }
}
