//! The JSON document, written while the input is read; its head waits for the first sample.

use super::read::Input;
use dumpview_model::sched::{Detail, G, Sample, findings, g_status};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::json;
use std::io::{self, Write};

pub(super) struct Document<'w> {
    out: &'w mut dyn Write,
    path: String,
    samples: u64,
}

struct Shown<'a>(&'a Sample);
struct Goroutines<'a>(&'a [G]);
struct Goroutine<'a>(&'a G);

impl Serialize for Goroutine<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let g = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &g.id)?;
        map.serialize_entry("status", &g.status)?;
        map.serialize_entry("status_name", g_status(g.status))?;
        map.serialize_entry("reason", &*g.reason)?;
        map.serialize_entry("m", &g.m)?;
        map.serialize_entry("lockedm", &g.lockedm)?;
        map.end()
    }
}

impl Serialize for Goroutines<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for g in self.0 {
            list.serialize_element(&Goroutine(g))?;
        }
        list.end()
    }
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let sample = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("run", &sample.run)?;
        map.serialize_entry("line", &sample.place.line)?;
        map.serialize_entry("offset", &sample.place.offset)?;
        map.serialize_entry("millis", &sample.millis)?;
        map.serialize_entry("gomaxprocs", &sample.gomaxprocs)?;
        map.serialize_entry("idleprocs", &sample.idleprocs)?;
        map.serialize_entry("threads", &sample.threads)?;
        if let Some(spinning) = sample.spinningthreads {
            map.serialize_entry("spinningthreads", &spinning)?;
        }
        if let Some(needed) = sample.needspinning {
            map.serialize_entry("needspinning", &needed)?;
        }
        map.serialize_entry("idlethreads", &sample.idlethreads)?;
        map.serialize_entry("runqueue", &sample.runqueue)?;
        map.serialize_entry("local", &sample.local)?;
        if !sample.schedticks.is_empty() {
            map.serialize_entry("schedticks", &sample.schedticks)?;
        }
        map.serialize_entry("runnable", &sample.runnable())?;
        map.serialize_entry("pieces", &sample.pieces)?;
        if let Some(detail) = &sample.detail {
            let Detail {
                gcwaiting,
                nmidlelocked,
                stopwait,
                sysmonwait,
                ps,
                ms,
                gs,
                left_out,
            } = &**detail;
            map.serialize_entry("gcwaiting", gcwaiting)?;
            map.serialize_entry("nmidlelocked", nmidlelocked)?;
            map.serialize_entry("stopwait", stopwait)?;
            map.serialize_entry("sysmonwait", sysmonwait)?;
            map.serialize_entry("ps", ps)?;
            map.serialize_entry("ms", ms)?;
            map.serialize_entry("gs", &Goroutines(gs))?;
            map.serialize_entry("left_out", left_out)?;
        }
        map.end()
    }
}

impl<'w> Document<'w> {
    pub(super) fn new(out: &'w mut dyn Write, path: &str) -> Self {
        Self {
            out,
            path: path.to_owned(),
            samples: 0,
        }
    }

    /// Writes a sample.
    pub(super) fn sample(&mut self, sample: &Sample) -> io::Result<()> {
        if self.samples == 0 {
            let input = json!({"path": self.path, "kind": "log", "executable": null, "go_version": null, "arch": null});
            writeln!(
                self.out,
                "{{\"schema\":\"dumpview.sched/1\",\"input\":{input},\"samples\":["
            )?;
        } else {
            self.out.write_all(b",\n")?;
        }
        self.samples += 1;
        serde_json::to_writer(&mut *self.out, &Shown(sample))?;
        Ok(())
    }

    /// Lets out what was written.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Writes what is known at the end.
    pub(super) fn finish(self, input: &Input) -> io::Result<()> {
        let collector = &input.collector;
        let Some(main) = collector.main() else {
            return Ok(());
        };
        let unrecognized: Vec<_> = collector
            .unrecognized()
            .iter()
            .map(|line| json!({"line": line.line, "text": line.text, "why": line.why}))
            .collect();
        let incomplete: Vec<_> = input
            .incomplete()
            .into_iter()
            .map(|why| json!({"what": "lines", "why": why}))
            .collect();
        let runs: Vec<_> = collector.runs().iter().map(|run| run.summary()).collect();
        self.out.write_all(b"\n],\"summary\":")?;
        serde_json::to_writer(&mut *self.out, &main.summary())?;
        self.out.write_all(b",\"runs\":")?;
        serde_json::to_writer(&mut *self.out, &runs)?;
        self.out.write_all(b",\"findings\":")?;
        serde_json::to_writer(&mut *self.out, &findings(collector, main))?;
        writeln!(
            self.out,
            ",\"unrecognized\":{},\"unrecognized_count\":{},\"incomplete\":{}}}",
            json!(unrecognized),
            collector.unrecognized_count(),
            json!(incomplete)
        )
    }
}
