//! Files, pipes and log directories to an [`Analysis`].

use crate::answer::Failure;
use crate::input::{log, stream};
use dumpview_model::escape::{Analysis, Collector, LogFile};
use dumpview_parsers::escape::begins_log;
use dumpview_parsers::line::{LineReader, RawLine};
use std::fs;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Reads all inputs as if they were appended to one file. `tap` sees the text of files on its way.
pub fn read(paths: &[PathBuf], tap: &mut dyn FnMut(&[u8])) -> Result<Analysis, Failure> {
    let mut collector = Collector::new();
    let mut bytes = 0;
    let mut input = Input::Nothing;
    for path in paths {
        if path.is_dir() {
            bytes += read_logs(path, &mut collector)?;
            input = Input::Nothing;
        } else {
            bytes += read_text(path, &mut input, &mut collector, tap)?;
        }
    }
    let name = name(paths);
    if bytes == 0 {
        return Err(Failure::unreadable(format!(
            "{name}: is empty: the build printed nothing\n\n\
             hint: go build -gcflags=-m=2 PACKAGE 2>FILE (flags go to the packages named on the command line; \
             -gcflags=all=-m=2 for every one)"
        )));
    }
    if !collector.saw_compiler_output() {
        return Err(Failure::unreadable(format!(
            "{name}: no compiler output: none of its lines is one that go build -gcflags=-m prints\n\n\
             hint: dumpview FILE says what a file is"
        )));
    }
    Ok(collector.finish())
}

/// The inputs as the user would name them.
pub fn name(paths: &[PathBuf]) -> String {
    match paths {
        [] => String::new(),
        [one] => one.display().to_string(),
        [first, rest @ ..] => format!("{} and {} more", first.display(), rest.len()),
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::cannot_read(path, error)
}

/// What an input was found to be by its first line.
enum Input {
    /// Nothing of it has come.
    Nothing,
    /// What the compiler prints.
    Text,
    /// A log of the compiler's, whose directory is not given.
    Log(LogFile),
}

impl Input {
    /// Takes a line. Logs that follow each other are of one build.
    fn line(&mut self, line: RawLine<'_>, collector: &mut Collector) {
        if line.number == 1 || matches!(self, Self::Log(_)) {
            let begins = begins_log(line.text);
            match self {
                Self::Log(log) if begins => *log = LogFile::new(),
                _ if begins => {
                    collector.begin_logs();
                    *self = Self::Log(LogFile::new());
                }
                _ if line.number == 1 => {
                    collector.begin_input();
                    *self = Self::Text;
                }
                _ => {}
            }
        }
        match self {
            Self::Log(log) => collector.log_line(log, line),
            _ => collector.line(line),
        }
    }
}

fn read_text(
    path: &Path,
    input: &mut Input,
    collector: &mut Collector,
    tap: &mut dyn FnMut(&[u8]),
) -> Result<u64, Failure> {
    let mut lines = LineReader::new();
    let ended = log::chunks(path, false, None, &mut |chunk| {
        tap(chunk.bytes);
        lines.push(chunk.bytes, |line| input.line(line, collector));
        ControlFlow::Continue(())
    });
    let ended = ended.map_err(|error| unreadable(path, &error))?;
    lines.finish(|line| input.line(line, collector));
    // A compressed file cut short, or more than there is memory for: what came before is good.
    if let Some(why) = ended.lost {
        collector.lost(format!("{}: {why}", path.display()));
    }
    Ok(ended.bytes)
}

/// Reads every log of a `-json=0,DIR` directory, in the order of their names.
fn read_logs(directory: &Path, collector: &mut Collector) -> Result<u64, Failure> {
    let mut files = Vec::new();
    find_logs(directory, 0, &mut files).map_err(|error| unreadable(directory, &error))?;
    files.sort();
    let mut total = 0;
    collector.begin_logs();
    for path in &files {
        let mut input = stream::open(path).map_err(|error| unreadable(path, &error))?;
        let mut text = Vec::new();
        input
            .read_to_end(&mut text)
            .map_err(|error| unreadable(path, &error))?;
        total += text.len() as u64;
        let mut lines = LineReader::new();
        let mut log = LogFile::new();
        lines.push(&text, |line| collector.log_line(&mut log, line));
        lines.finish(|line| collector.log_line(&mut log, line));
    }
    Ok(total)
}

/// The compiler makes one directory a package; nothing is nested deeper than that.
const MAX_DEPTH: u32 = 4;

fn find_logs(directory: &Path, depth: u32, out: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let is_log = path
            .file_name()
            .and_then(|name| name.to_str())
            .is_some_and(|name| {
                [".json", ".json.gz", ".json.zst"]
                    .iter()
                    .any(|end| name.ends_with(end))
            });
        if path.is_dir() && depth < MAX_DEPTH {
            find_logs(&path, depth + 1, out)?;
        } else if is_log {
            out.push(path);
        }
    }
    Ok(())
}
