//! Names for addresses: from the executables among the inputs, and from the one that the profile names where that is at hand.

use crate::answer::Failure;
use crate::case::core::executable;
use dumpview_model::profile::names::base;
use dumpview_parsers::pprof::{Function, Line, Mapping, Profile};
use dumpview_process::addr::FileAddr;
use dumpview_process::image::Executable;
use dumpview_process::process::Process;
use dumpview_process::profile::places;
use std::collections::HashMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Gives names to addresses that have none. What is worth saying of it is returned.
pub fn symbolize(profile: &mut Profile, executables: &[PathBuf]) -> Result<Vec<String>, Failure> {
    let mut said = Vec::new();
    for path in executables {
        let process = executable(path)?;
        said.push(of(profile, path, process, Asked::ByName));
    }
    let named = profile.mappings.first().map(|mapping| mapping.file.clone());
    let path = named.map(PathBuf::from).filter(|path| path.is_file());
    let lacks_names = profile.locations.iter().any(|at| at.lines.is_empty());
    let path = path.filter(|_| executables.is_empty() && lacks_names);
    if let Some((path, process)) =
        path.and_then(|path| executable(&path).ok().map(|process| (path, process)))
    {
        said.push(of(profile, &path, process, Asked::ByProfile));
    }
    said.retain(|text| !text.is_empty());
    if said.is_empty()
        && profile.locations.iter().all(|at| at.lines.is_empty())
        && !profile.locations.is_empty()
    {
        said.push(
            "its places are addresses without names\n\nhint: dumpview pprof EXECUTABLE PROFILE names them".to_owned(),
        );
    }
    Ok(said)
}

/// Who wants an executable to be used.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// It was typed.
    ByName,
    /// It lies where the profile says; another build may lie there by now.
    ByProfile,
}

/// Whether an executable is the one that was mapped.
enum Fits {
    Yes,
    /// Neither says a build id.
    Perhaps,
    No(String),
}

fn fits(mapping: Option<&Mapping>, exe: &Executable<'_>) -> Fits {
    let own = exe.gnu_build_id().map(hex);
    let said = mapping.map_or("", |mapping| mapping.build_id.as_str());
    match own {
        Some(own) if own == said => Fits::Yes,
        Some(own) if !said.is_empty() => {
            Fits::No(format!("build id {own}, and the profile is of {said}"))
        }
        None if !said.is_empty() => Fits::No(format!("no build id, and the profile is of {said}")),
        _ => Fits::Perhaps,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Text grows without fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Names what an executable can name; says what came of it, or nothing when all went as it should.
fn of(profile: &mut Profile, path: &Path, process: &Process<'_>, asked: Asked) -> String {
    let name = path.display();
    let Some(exe) = process.executable else {
        return String::new();
    };
    // The mapping of that build, else the program's own, which is the first one.
    let same = profile
        .mappings
        .iter()
        .position(|of| matches!(fits(Some(of), exe), Fits::Yes));
    let mapping = same.unwrap_or(0);
    match fits(profile.mappings.get(mapping), exe) {
        Fits::Yes => {}
        Fits::Perhaps if asked == Asked::ByProfile => return String::new(),
        Fits::Perhaps => {}
        Fits::No(why) => return format!("{name}: {why}: it is another build, and names nothing"),
    }
    let own = u32::try_from(mapping).ok();
    let lacks: Vec<usize> = profile
        .locations
        .iter()
        .enumerate()
        .filter(|(_, at)| at.lines.is_empty() && (at.mapping == own || at.mapping.is_none()))
        .map(|(index, _)| index)
        .collect();
    if lacks.is_empty() {
        return format!(
            "{name}: every place in the profile has its name already, and none was taken from there"
        );
    }
    let of_mapping = profile.mappings.get(mapping).cloned();
    let mut functions = Functions::of(profile);
    let mut unnamed = 0;
    for index in &lacks {
        let Some(location) = profile.locations.get_mut(*index) else {
            continue;
        };
        let at = file_addr(exe, of_mapping.as_ref(), location.address);
        let places = at.map(|at| places(process, at)).unwrap_or_default();
        if places.is_empty() {
            unnamed += 1;
        }
        let lines = places.into_iter().map(|place| Line {
            function: functions.number(Function {
                system_name: place.name.clone(),
                name: place.name,
                file: place.file,
                start_line: place.start_line,
            }),
            line: place.line,
            column: 0,
        });
        location.lines = lines.collect();
    }
    profile.functions = functions.all;
    if let Some(mapping) = profile.mappings.get_mut(mapping) {
        let named = unnamed == 0;
        mapping.has_functions |= named;
        mapping.has_filenames |= named;
        mapping.has_line_numbers |= named;
        mapping.has_inline_frames |= named;
        if mapping.file.is_empty() {
            base(&name.to_string()).clone_into(&mut mapping.file);
        }
    }
    match (unnamed, process.symbols()) {
        (0, _) => String::new(),
        (_, Err(why)) => format!("{name}: {why}"),
        (of, _) => format!(
            "{name}: {of} of {} addresses are none of its code",
            lacks.len()
        ),
    }
}

/// Functions, each once.
struct Functions {
    all: Vec<Function>,
    numbers: HashMap<Function, u32>,
}

impl Functions {
    fn of(profile: &mut Profile) -> Self {
        let all = std::mem::take(&mut profile.functions);
        let numbers = all.iter().cloned().zip(0..).collect();
        Self { all, numbers }
    }

    fn number(&mut self, function: Function) -> u32 {
        let next = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        *self.numbers.entry(function).or_insert_with_key(|function| {
            self.all.push(function.clone());
            next
        })
    }
}

/// Where an address of the process stands in the file. What may be mapped anywhere is found by its mapping.
fn file_addr(exe: &Executable<'_>, mapping: Option<&Mapping>, address: u64) -> Option<FileAddr> {
    if !exe.is_position_independent() {
        return Some(FileAddr(address));
    }
    let mapping = mapping.filter(|of| of.start != 0 && (of.start..of.limit).contains(&address))?;
    let offset = (address - mapping.start).checked_add(mapping.offset)?;
    let mut segments = exe.load_segments();
    segments.find_map(|segment| {
        let within = offset.checked_sub(segment.file_offset)?;
        let is_there = within < segment.bytes.len() as u64;
        is_there.then(|| FileAddr(segment.addr.0.wrapping_add(within)))
    })
}
