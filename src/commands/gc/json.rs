//! The JSON document. It is written while the input is read, so its cycles come first and nothing is held; its head
//! waits for the first cycle, so that an input without any gives no half document.

use super::fields;
use super::read::Input;
use dumpview_model::gc::{Cycle, findings};
use serde_json::json;
use std::io::{self, Write};

pub(super) struct Document<'w> {
    out: &'w mut dyn Write,
    path: String,
    cycles: u64,
}

impl<'w> Document<'w> {
    pub(super) fn new(out: &'w mut dyn Write, path: &str) -> Self {
        Self {
            out,
            path: path.to_owned(),
            cycles: 0,
        }
    }

    /// Writes a cycle.
    pub(super) fn cycle(&mut self, cycle: &Cycle) -> io::Result<()> {
        if self.cycles == 0 {
            let input = json!({"path": self.path, "kind": "log", "executable": null, "go_version": null, "arch": null});
            writeln!(
                self.out,
                "{{\"schema\":\"dumpview.gc/1\",\"input\":{input},\"cycles\":["
            )?;
        } else {
            self.out.write_all(b",\n")?;
        }
        self.cycles += 1;
        fields::json(cycle, self.out)
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
            .map(|line| {
                json!({"line": line.line, "format": line.format, "text": line.text, "why": line.why})
            })
            .collect();
        let incomplete: Vec<_> = input
            .incomplete()
            .into_iter()
            .map(|why| json!({"what": "lines", "why": why}))
            .collect();
        let runs: Vec<_> = collector.runs().iter().map(|run| run.summary()).collect();
        let more = collector.more();
        self.out.write_all(b"\n],\"summary\":")?;
        serde_json::to_writer(&mut *self.out, &main.summary())?;
        self.out.write_all(b",\"runs\":")?;
        serde_json::to_writer(&mut *self.out, &runs)?;
        write!(
            self.out,
            ",\"more_runs\":{}",
            json!({"runs": more.runs, "cycles": more.cycles})
        )?;
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
