//! `export`: what was read as a file that another tool opens. One format more is a file here and an entry in [`EXPORTS`].
//!
//! | file | in charge of |
//! |---|---|
//! | `format` | what an export is |
//! | `folded` | stacks of goroutines, or who keeps the heap, for flame graphs |
//! | `pprof` | the profiles that a process carries, and who keeps its heap, for `go tool pprof` |
//! | `dot` | what stands around an object, for graphviz |
//! | `hprof` | the heap, for Eclipse MAT and VisualVM |
//! | `core` | a core without what the program stored |
//! | `sparse` | files with holes where zeros are |

mod core;
mod dot;
mod folded;
mod format;
mod hprof;
mod pprof;
mod sparse;

use crate::answer::{Answer, Exit, Failure, Stop};
use crate::case::core::{Case, Cursor};
use crate::case::{Files, Kind};
use crate::input::io_words;
use crate::out::Out;
use crate::verb::{About, Inputs, OnCore, OnFiles, Verb, Word};
use dumpview_view::Text;
use dumpview_view::document::Envelope;
use format::{Entry, ExportFlags, Written, entry};
use schemars::JsonSchema;
use serde::Serialize;
use sparse::Sparse;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// All of them.
const EXPORTS: &[Entry] = &[
    entry::<folded::Folded>(),
    entry::<pprof::Pprof>(),
    entry::<dot::Dot>(),
    entry::<hprof::Hprof>(),
    entry::<core::Core>(),
];

/// What was written.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "exported")]
pub struct Exported {
    /// The format, as `--to` takes it.
    to: String,
    /// The file, as typed.
    file: String,
    /// What is to know of it: of a redacted core, what stayed.
    notes: Vec<String>,
}

impl Answer for Exported {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        out.line(format_args!("wrote {}: {}", self.file, self.to))?;
        for note in &self.notes {
            out.line(note.as_str())?;
        }
        Ok(())
    }
}

/// `export`.
pub struct ExportVerb;

impl Verb for ExportVerb {
    type Args = ExportFlags;
    type Body = Exported;
    const ABOUT: About = About {
        inputs: Inputs::CoreOrLog,
        examples: &[
            "dumpview export --to folded -o app.folded core.44457 ./app",
            "dumpview export --to pprof --profile heap -o heap.pb.gz core.44457 ./app && go tool pprof -top heap.pb.gz",
            "dumpview export --to pprof --profile retained -o kept.pb.gz core.44457 ./app && go tool pprof -http : kept.pb.gz",
            "dumpview export --to dot --around main.cache -o cache.dot core.44457 ./app && dot -Tsvg -O cache.dot",
            "dumpview export --to core -o shared.core --keep '^main\\.config$' core.44457 ./app",
            "dumpview export --to hprof -o app.hprof core.44457 ./app",
            "dumpview export --to folded -o app.folded crash.log && flamegraph.pl app.folded > app.svg",
        ],
        notes: "A file that exists is overwritten with --force only.",
        ..About::core(
            "export",
            "What is in a core or a log as a file of another tool: flame graphs, pprof, graphviz, Java heap dumps; a redacted core",
            Word::None,
        )
    };
}

impl OnCore for ExportVerb {
    const ON_HEAP_DUMP: bool = true;

    fn ask(
        case: &Case<'_>,
        args: &ExportFlags,
        _: Option<&str>,
        _: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        let export = find(&args.to)?;
        is_no_input(&args.output, &case.core_path)?;
        if let Some(executable) = &case.executable_path {
            is_no_input(&args.output, executable)?;
        }
        let write = (export.core)(case, args)?;
        Ok(Box::new(written(args, write)?))
    }
}

impl OnFiles for ExportVerb {
    const READS: &'static [Kind] = &[Kind::Log, Kind::Compiler];

    fn answer(files: &Files<'_>, args: &ExportFlags, out: &mut Out<'_>) -> Result<Exit, Stop> {
        let path = files.first();
        let export = find(&args.to)?;
        is_no_input(&args.output, path)?;
        let (write, incomplete) = (export.log)(path, args)?;
        let exported = written(args, write)?;
        let path = path.display().to_string();
        out.complain_of(&path, &incomplete);
        out.whole(&Envelope::of_log("export", path), &incomplete, &exported)?;
        Ok(Exit::lacking(&incomplete))
    }
}

/// Refuses to write over what is read, by whatever name: it would be gone before it was read.
fn is_no_input(output: &str, input: &Path) -> Result<(), Failure> {
    let (Ok(to), Ok(from)) = (fs::metadata(output), fs::metadata(input)) else {
        return Ok(());
    };
    if to.is_file() && (to.dev(), to.ino()) == (from.dev(), from.ino()) {
        return Err(Failure::usage(format!(
            "-o {output}: it is what is read\n\nhint: name another file"
        )));
    }
    Ok(())
}

fn written(args: &ExportFlags, written: Written<'_>) -> Result<Exported, Failure> {
    let file = &args.output;
    let is_new = fs::metadata(file).is_err();
    let mut out = BufWriter::with_capacity(sparse::GATHERED, Sparse::new(create(args)?));
    let result = (written.write)(&mut out)
        .and_then(|()| out.flush())
        .and_then(|()| out.get_mut().end());
    if let Err(error) = result {
        if is_new {
            // Half a file is none; why there is none is told below.
            let _ = fs::remove_file(file);
        }
        return Err(Failure::unreadable(format!("{file}: {error}")));
    }
    Ok(Exported {
        to: args.to.clone(),
        file: file.clone(),
        notes: written.notes,
    })
}

/// A file that is there is overwritten only when that was said; what is no file, a pipe, loses nothing.
fn create(args: &ExportFlags) -> Result<File, Failure> {
    let file = &args.output;
    let is_pipe = fs::metadata(file).is_ok_and(|found| !found.is_file() && !found.is_dir());
    let mut options = OpenOptions::new();
    options.write(true);
    if is_pipe {
        options.create(false);
    } else if args.force {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    options.open(file).map_err(|error| {
        let why = match error.kind() {
            io::ErrorKind::AlreadyExists => {
                "exists already\n\nhint: --force overwrites it".to_owned()
            }
            _ => io_words(&error),
        };
        Failure::no_answer(format!("{file}: {why}"))
    })
}

/// The export of a name.
fn find(name: &str) -> Result<&'static Entry, Failure> {
    let found = EXPORTS.iter().find(|export| export.name == name);
    found.ok_or_else(|| {
        let names: Vec<&str> = EXPORTS.iter().map(|export| export.name).collect();
        Failure::usage(format!(
            "--to {name}: no such format\n\nhint: there is {}",
            names.join(", ")
        ))
    })
}
