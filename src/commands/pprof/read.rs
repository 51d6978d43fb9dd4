//! Inputs to one profile.

use super::PprofFlags;
use super::symbols::{Said, symbolize};
use crate::answer::Failure;
use crate::case::{Files, Kind, fetched, recognize_file};
use crate::input::{map_for_good, stream};
use crate::out::Out;
use crate::words::{name as named, quoted};
use dumpview_model::inventory::{Inventory, Part};
use dumpview_model::profile::{
    Command, Naming, add_mapping, combine, drop_frames, from_cpu, from_gperf, from_perf_data,
    from_stacks, from_text,
};
use dumpview_parsers::log::LogReader;
use dumpview_parsers::perfdata::{self, PerfData};
use dumpview_parsers::pprof::{self, CpuProfile, GperfProfile, Profile};
use dumpview_parsers::profile::line;
use dumpview_view::document::Incomplete;
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A profile may be this long once it is unpacked.
const MOST: u64 = 4 << 30;
/// What unpacks to more than this has to be packed no tighter than profiles are.
const SUSPICIOUS: u64 = 256 << 20;
/// Deflate packs a hundred bytes into one where a file is nothing but repetition.
const TIGHTEST: u64 = 200;

/// What is longer is mapped, not read.
const MAPPED_FROM: u64 = 1 << 20;

/// What was read.
pub struct Loaded {
    /// The profile.
    pub profile: Profile,
    /// Executables among the inputs.
    pub executables: Vec<PathBuf>,
    /// What it lacks.
    pub incomplete: Vec<Incomplete>,
    /// What else is to be said of the inputs.
    said: Said,
}

impl Loaded {
    /// What is to be said of it: what it lacks, and the rest.
    pub fn said(&self) -> impl Iterator<Item = &str> {
        let lacks = self.incomplete.iter().map(|lacks| lacks.why.as_str());
        lacks.chain(self.said.notes.iter().map(String::as_str))
    }

    /// Says it.
    pub fn complain(&self, out: &Out<'_>) {
        for text in self.said() {
            out.complain(text);
        }
    }

    /// Says which executables served for nothing, where none of the reports reads instructions.
    pub fn complain_of_idle(&self, made: impl IntoIterator<Item = Command>, out: &Out<'_>) {
        let reads_code = |command| matches!(command, Command::Disasm | Command::Weblist);
        if !made.into_iter().any(reads_code) {
            self.said.idle.iter().for_each(|text| out.complain(text));
        }
    }
}

/// Reads all inputs, adds them up, subtracts the base.
pub fn load(files: &Files<'_>, args: &PprofFlags) -> Result<Loaded, Failure> {
    let naming = if args.no_symbols {
        Naming::Addresses
    } else {
        Naming::Comments
    };
    let mut incomplete = Vec::new();
    let mut all = |paths: &mut dyn Iterator<Item = &Path>| -> Result<Option<Profile>, Failure> {
        let mut profiles = Vec::new();
        for path in paths {
            profiles.push(one(path, naming, &mut incomplete)?);
        }
        if profiles.is_empty() {
            return Ok(None);
        }
        let combined = combine::combine(profiles);
        combined.map(Some).map_err(Failure::no_answer)
    };
    // pprof takes the executable first, and every verb here takes it last: wherever it stands, it is no profile.
    let is_executable = |path: &PathBuf| matches!(recognize_file(path), Ok(Kind::Executable));
    let (executables, profiles): (Vec<PathBuf>, Vec<PathBuf>) =
        files.paths.iter().cloned().partition(is_executable);
    let mut profile = all(&mut profiles.iter().map(PathBuf::as_path))?
        .ok_or_else(|| Failure::usage("no profile source specified"))?;
    let relative = !args.diff_base.is_empty();
    let bases = if relative {
        &args.diff_base
    } else {
        &args.base
    };
    match all(&mut bases.iter().map(Path::new))? {
        Some(base) => {
            profile = combine::subtract(profile, base, relative, args.options.normalize)
                .map_err(Failure::no_answer)?;
        }
        None if args.options.normalize => {
            return Err(Failure::usage(
                "normalize: there is no base to scale to\n\nhint: dumpview OLD NEW, pprof -base=OLD NEW",
            ));
        }
        None => {}
    }
    let said = if args.no_symbols {
        Said::default()
    } else {
        symbolize(&mut profile, &executables)?
    };
    if !args.all_frames {
        drop_frames(&mut profile);
    }
    profile.comments.extend(args.add_comment.clone());
    Ok(Loaded {
        profile,
        executables,
        incomplete,
        said,
    })
}

/// Reads one profile, and says what it lacks.
pub fn profile(path: &Path) -> Result<(Profile, Vec<Incomplete>), Failure> {
    let mut incomplete = Vec::new();
    let profile = one(path, Naming::Comments, &mut incomplete)?;
    Ok((profile, incomplete))
}

/// Reads a file.
fn one(path: &Path, naming: Naming, incomplete: &mut Vec<Incomplete>) -> Result<Profile, Failure> {
    if let Some(failure) = fetched(path) {
        return Err(failure);
    }
    let bytes = unpacked(path).map_err(|error| Failure::cannot_read(path, &error))?;
    let name = path.display();
    let mut lacks = |why: String| {
        incomplete.push(Incomplete {
            what: "input".to_owned(),
            why: format!("{name}: {why}"),
        });
    };
    let mut profile = if perfdata::recognizes(&bytes) {
        let data =
            PerfData::read(&bytes).map_err(|why| Failure::unreadable(format!("{name}: {why}")))?;
        recorded(&data, &mut lacks)
    } else if let Some(cpu) = CpuProfile::read(&bytes) {
        if !cpu.is_whole {
            lacks("the file is cut: its samples do not end".to_owned());
        }
        from_cpu(&cpu)
    } else if pprof::recognizes(&bytes, true) {
        pprof::read(&bytes).map_err(|why| Failure::unreadable(format!("{name}: {why}")))?
    } else if pprof::recognizes_gperf(&bytes)
        && let Some(text) = GperfProfile::read(&bytes).filter(|_| !is_of_go(&bytes))
    {
        if let Some(line) = text.unread.first() {
            let count = text.unread.len();
            lacks(format!(
                "line {line}: no line of such a profile ({count} such lines)"
            ));
        }
        from_gperf(&text)
    } else if let Some(text) = from_text(&bytes, naming).or_else(|| from_stacks(&bytes)) {
        if let Some((line, why)) = text.unread.first() {
            let count = text.unread.len();
            lacks(format!("line {line}: {why} ({count} such lines)"));
        }
        text.profile
    } else if let Some(failure) = text_instead(path, &bytes) {
        return Err(failure);
    } else {
        // What is meant for a profile and damaged at its beginning says where.
        let why = pprof::read(&bytes).err();
        let why = why.map_or("no profile".to_owned(), |why| format!("no profile: {why}"));
        return Err(Failure::unreadable(format!("{name}: {why}")));
    };
    add_mapping(&mut profile);
    Ok(profile)
}

/// What it is instead of a profile, where it is text, and which verb reads that.
fn text_instead(path: &Path, bytes: &[u8]) -> Option<Failure> {
    const HEAD: usize = 64 << 10;
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    let is_text = |byte: &u8| *byte >= b' ' || byte.is_ascii_whitespace() || *byte == 0x1b;
    if head.is_empty()
        || !head.iter().all(is_text)
        || String::from_utf8_lossy(head).contains('\u{fffd}')
    {
        return None;
    }
    let mut inventory = Inventory::default();
    let mut reader = LogReader::new();
    reader.push(bytes, &mut |record| inventory.record(&record));
    reader.finish(&mut |record| inventory.record(&record));
    let of_others = inventory.parts().filter(|(part, _)| *part != Part::Profile);
    let read_by = of_others
        .into_iter()
        .find_map(|(part, _)| Some((part, part.verb()?)));
    let name = named(path);
    let Some((part, verb)) = read_by else {
        return Some(Failure::unreadable(format!(
            "{name}: no profile, but text in which nothing is one\n\nhint: a profile is what net/http/pprof, runtime/pprof, perf or gperftools write"
        )));
    };
    let what = match part {
        Part::Traceback => "goroutines as a crash, a signal or debug=2 prints them",
        part => part.as_str(),
    };
    let file = quoted(&path.display().to_string());
    Some(Failure::unreadable(format!(
        "{name}: no profile, but {what}\n\nhint: dumpview {verb} {file}"
    )))
}

/// Whether the first line is one that Go writes: its text has names beside the addresses.
fn is_of_go(text: &[u8]) -> bool {
    let first = text.split(|byte| *byte == b'\n').next();
    first.is_some_and(|first| line(first.trim_ascii_end()).is_some())
}

/// A recording of perf, and what it lacks.
fn recorded(data: &PerfData<'_>, lacks: &mut impl FnMut(String)) -> Profile {
    if let Some(at) = data.cut_at {
        lacks(format!("the file is cut: its records end at {at:#x}"));
    }
    if data.is_damaged() {
        lacks("its tables of events and build ids cannot be read".to_owned());
    }
    if data.compressed > 0 {
        let count = data.compressed;
        lacks(format!(
            "{count} records are compressed (perf record -z), and not read\n\nhint: perf inject -i FILE -o PLAIN unpacks them"
        ));
    }
    let read = from_perf_data(data);
    if let Some((count, why)) = read.unread {
        lacks(format!("{why} ({count} such records)"));
    }
    if read.lost > 0 {
        lacks(format!("the kernel lost {} records", read.lost));
    }
    read.profile
}

/// A file's bytes, unpacked. A large file that is not packed is mapped; a small one that would fill memory is told.
pub fn unpacked(path: &Path) -> io::Result<Cow<'static, [u8]>> {
    if stream::is_plain_file(path)? {
        let file = File::open(path)?;
        if file.metadata()?.len() > MAPPED_FROM {
            return map_for_good(&file).map(Cow::Borrowed);
        }
    }
    read_unpacked(path).map(Cow::Owned)
}

fn read_unpacked(path: &Path) -> io::Result<Vec<u8>> {
    let packed = if path.as_os_str() == "-" {
        None
    } else {
        let file = File::open(path)?.metadata()?;
        file.is_file().then_some(file.len())
    };
    let mut from = stream::open(path)?;
    let mut bytes = Vec::new();
    // Plain files are as long as they are, packed ones some times that.
    bytes.reserve_exact(
        usize::try_from(packed.unwrap_or(0))
            .unwrap_or(0)
            .min(1 << 30),
    );
    from.by_ref().take(SUSPICIOUS).read_to_end(&mut bytes)?;
    let len = |bytes: &Vec<u8>| bytes.len() as u64;
    if len(&bytes) == SUSPICIOUS {
        if let Some(packed) = packed
            && SUSPICIOUS / packed.max(1) > TIGHTEST
        {
            return Err(io::Error::other(format!(
                "{packed} bytes unpack to more than {SUSPICIOUS}, which is no profile"
            )));
        }
        // Text and stacks of other tools are never so long.
        let is_one = perfdata::recognizes(&bytes)
            || pprof::recognizes(&bytes, false)
            || pprof::recognizes_cpu(&bytes);
        if !is_one {
            return Err(io::Error::other(format!(
                "begins with {SUSPICIOUS} bytes of something which is no profile"
            )));
        }
        from.by_ref()
            .take(MOST - SUSPICIOUS)
            .read_to_end(&mut bytes)?;
        if len(&bytes) == MOST {
            return Err(io::Error::other(format!("longer than {MOST} bytes")));
        }
    }
    Ok(bytes)
}
