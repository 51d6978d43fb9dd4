//! `alloc`: allocations by type, size and stack, from allocfreetrace.

mod text;

use crate::answer::Failure;
use crate::flags::one_of;
use crate::log::{self, Each, Inputs, LogArgs, OnLog, Reading, Summed, Timeless};
use crate::out::Form;
use crate::verb::{About, First};
use clap::Args;
use dumpview_model::alloc::{By, Collector};
use dumpview_model::log_model::{LogModel, Parts};
use dumpview_parsers::log::{Kind as Line, Record};
use dumpview_view::Text;
use dumpview_view::rows::Allocation;
use std::io;

/// Flags of `alloc`. `--top` is 15 of each kind in the report when left out.
#[derive(Args, Debug, Clone, Default)]
pub struct AllocFlags {
    /// Sum up by this only.
    #[arg(long, value_name = "WHAT", value_parser = one_of::<By>())]
    pub by: Option<By>,
}

/// `alloc`.
pub type AllocVerb = OnLog<Alloc>;

/// Allocations of all processes of a log.
#[derive(Default)]
pub struct Alloc {
    bys: Vec<By>,
    /// Sums of each kind in the report.
    top: usize,
    /// Sums of each kind in the document.
    rows: usize,
}

impl Reading for Alloc {
    type Own = AllocFlags;
    type Row = Allocation;
    type Summary<'m> = Summed<&'m Collector>;
    type Body = log::Body<Self>;
    const ABOUT: About = About {
        examples: &[
            "GODEBUG=allocfreetrace=1 app 2>&1 | dumpview alloc -",
            "dumpview alloc trace.log --by stack --top 5",
        ],
        ..About::log(
            "alloc",
            "allocfreetrace records (GODEBUG=allocfreetrace=1, up to Go 1.22): what was allocated, by type, size and stack",
        )
    };
    const LINE: &'static str = "allocation trace";
    const HINT: &'static str = "run the program with GODEBUG=allocfreetrace=1; Go 1.23 and later have none, there a heap \
                                profile tells who allocates";

    const PARTS: Parts = Parts::ALLOC;
    const FIRST: Option<First> = Some(First::Alloc);
    const TIMELESS: Timeless = Timeless::Kept;

    fn asked(args: &mut LogArgs<AllocFlags>, form: Form) -> Result<Self, Failure> {
        let mut bys = args.own.by.map_or(By::ALL.to_vec(), |by| vec![by]);
        // Of each kind of sums the largest are shown; the table takes as many in all.
        let top = match args.table.top.take() {
            None => 15,
            Some(0) => usize::MAX,
            Some(top) => top,
        };
        let mut rows = top;
        if form == Form::Csv {
            bys.truncate(1);
            rows = usize::MAX;
        }
        Ok(Self { bys, top, rows })
    }

    fn is_ours(record: &Record<'_>) -> bool {
        matches!(&record.kind, Line::Alloc(_))
    }

    fn finish(&self, inputs: &Inputs, each: Each<'_, Allocation>) -> io::Result<()> {
        for process in &inputs.model.alloc.processes {
            for by in &self.bys {
                for row in process.rows(*by).into_iter().take(self.rows) {
                    each(&Allocation::new(u64::from(process.id.0), *by, row))?;
                }
            }
        }
        Ok(())
    }

    fn found(&self, inputs: &Inputs) -> bool {
        !inputs.model.alloc.processes.is_empty() || inputs.model.unread.count() > 0
    }

    fn summary<'m>(&self, model: &'m LogModel) -> Summed<&'m Collector> {
        Summed {
            summary: &model.alloc,
        }
    }

    fn text(&self, inputs: &Inputs, out: &mut Text<'_>) -> io::Result<()> {
        text::write(self, &inputs.model, out)
    }
}
