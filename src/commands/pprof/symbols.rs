//! Names for addresses: from the executables among the inputs, and from the one that the profile names where that is at hand.

use super::same::{Fits, by_build, file_addr, fits, is_code};
use crate::answer::Failure;
use crate::case::core::executable;
use dumpview_model::profile::AddressCost;
use dumpview_model::profile::names::base;
use dumpview_parsers::pprof::{Function, Line, Location, Mapping, Profile};
use dumpview_process::addr::FileAddr;
use dumpview_process::image::Executable;
use dumpview_process::process::Process;
use dumpview_process::profile::places;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// What is to be said of names.
#[derive(Default)]
pub struct Said {
    /// In any case.
    pub notes: Vec<String>,
    /// Of executables that named nothing, which matters where they serve for nothing else.
    pub idle: Vec<String>,
}

/// Gives names to addresses that have none. What is worth saying of it is returned.
pub fn symbolize(profile: &mut Profile, executables: &[PathBuf]) -> Result<Said, Failure> {
    let (mut said, mut idle) = (Vec::new(), Vec::new());
    for path in executables {
        let process = executable(path)?;
        said.push(of(profile, path, process, Asked::ByName, &mut idle));
    }
    for path in at_hand(profile, |at| at.lines.is_empty()) {
        if let Ok(process) = executable(&path) {
            said.push(of(profile, &path, process, Asked::ByProfile, &mut idle));
        }
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
    Ok(Said { notes: said, idle })
}

/// Files that lie where the profile says, of those that some of its addresses are in.
fn at_hand(profile: &Profile, wanted: impl Fn(&Location) -> bool) -> Vec<PathBuf> {
    let locations = profile.locations.iter().filter(|at| wanted(at));
    let mappings: BTreeSet<u32> = locations.filter_map(|at| at.mapping).collect();
    let files: BTreeSet<&str> = mappings
        .into_iter()
        .filter_map(|at| profile.mappings.get(usize::try_from(at).ok()?))
        .map(|of| of.file.as_str())
        .collect();
    let files = files.into_iter().map(PathBuf::from);
    files
        .filter(|path| path.is_absolute() && path.is_file())
        .collect()
}

/// Who wants an executable to be used.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// It was typed.
    ByName,
    /// It lies where the profile says; another build may lie there by now.
    ByProfile,
}

/// Why an executable may be a stranger, where no build id says that it is not: the profile names another file.
fn stranger(mapping: Option<&Mapping>, path: &Path) -> String {
    let said = mapping.map_or("", |mapping| base(&mapping.file));
    let own = path.file_name().unwrap_or_default().to_string_lossy();
    if said.is_empty() || said == own {
        return String::new();
    }
    format!(
        "{}: the profile is of {said}, and no build id says that they are one: names may be wrong",
        path.display()
    )
}

/// The mappings that an executable was mapped by: those of its build, else those of its name, else the program's own, which
/// is the first one.
fn mapped_by(profile: &Profile, path: &Path, exe: &Executable<'_>) -> Vec<usize> {
    let those = |wanted: &dyn Fn(&Mapping) -> bool| -> Vec<usize> {
        let all = profile.mappings.iter().enumerate();
        all.filter(|(_, of)| wanted(of)).map(|(at, _)| at).collect()
    };
    let same = those(&|of| matches!(by_build(Some(of), exe), Fits::Yes));
    if !same.is_empty() {
        return same;
    }
    let name = path.file_name().map(|name| name.to_string_lossy());
    let named = those(&|of| name.as_deref() == Some(base(&of.file)));
    if named.is_empty() { vec![0] } else { named }
}

/// An executable whose code a profile counts.
pub struct Program {
    /// Where it lies.
    pub path: PathBuf,
    /// The executable, opened alone.
    pub process: &'static Process<'static>,
    mappings: Vec<usize>,
}

impl Program {
    /// Where an address of the profile stands in the file; `None` where it stands in another one.
    pub fn file_addr(&self, profile: &Profile, cost: &AddressCost) -> Option<FileAddr> {
        let at = cost.mapping.and_then(|at| usize::try_from(at).ok());
        let first = self.mappings.first().copied();
        let at = at.or(first).filter(|at| self.mappings.contains(at))?;
        file_addr(
            self.process.executable?,
            profile.mappings.get(at),
            cost.address,
        )
    }
}

/// The executables whose code a profile counts: those that were typed, else those that lie where it says.
pub fn programs(profile: &Profile, executables: &[PathBuf]) -> Result<Vec<Program>, Failure> {
    let mut programs = Vec::new();
    let found = at_hand(profile, |_| executables.is_empty());
    for path in executables.iter().chain(&found) {
        let process = match executable(path) {
            Ok(process) => process,
            // Nobody asked for what lies there.
            Err(_) if executables.is_empty() => continue,
            Err(why) => return Err(why),
        };
        let Some(exe) = process.executable else {
            continue;
        };
        let mappings = mapped_by(profile, path, exe);
        match fits(profile, &mappings, process) {
            Fits::Yes => {}
            Fits::Perhaps if !executables.is_empty() => {}
            Fits::No(why) if !executables.is_empty() => {
                let name = path.display();
                return Err(Failure::no_answer(format!(
                    "{name}: {why}: it is another build"
                )));
            }
            Fits::Perhaps | Fits::No(_) => continue,
        }
        programs.push(Program {
            path: path.clone(),
            process,
            mappings,
        });
    }
    if programs.is_empty() {
        return Err(Failure::usage(
            "instructions are in the executable, which does not lie where the profile says\n\nhint: dumpview pprof disasm REGEX EXECUTABLE PROFILE",
        ));
    }
    Ok(programs)
}

/// Names what an executable can name; says what came of it, or nothing when all went as it should.
fn of(
    profile: &mut Profile,
    path: &Path,
    process: &Process<'_>,
    asked: Asked,
    idle: &mut Vec<String>,
) -> String {
    let name = path.display();
    let Some(exe) = process.executable else {
        return String::new();
    };
    let mappings = mapped_by(profile, path, exe);
    let mut doubt = String::new();
    match fits(profile, &mappings, process) {
        Fits::Yes => {}
        Fits::Perhaps if asked == Asked::ByProfile => return String::new(),
        Fits::Perhaps => {
            let mapping = mappings.first().and_then(|at| profile.mappings.get(*at));
            doubt = stranger(mapping, path);
        }
        Fits::No(why) => return format!("{name}: {why}: it is another build, and names nothing"),
    }
    let index = |at: Option<u32>| at.and_then(|at| usize::try_from(at).ok());
    let is_own = |at: Option<u32>| index(at).is_none_or(|at| mappings.contains(&at));
    let lacks: Vec<usize> = profile
        .locations
        .iter()
        .enumerate()
        .filter(|(_, at)| at.lines.is_empty() && is_own(at.mapping))
        .map(|(index, _)| index)
        .collect();
    if lacks.is_empty() {
        idle.push(format!(
            "{name}: every place in the profile has its name already, and none was taken from there"
        ));
        return doubt;
    }
    let first = mappings.first().copied().unwrap_or(0);
    let mut functions = Functions::of(profile);
    let mut unnamed = 0;
    for at in &lacks {
        let Some(location) = profile.locations.get_mut(*at) else {
            continue;
        };
        let mapping = profile
            .mappings
            .get(index(location.mapping).unwrap_or(first));
        let at = file_addr(exe, mapping, location.address);
        let at = at.filter(|at| is_code(exe, *at));
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
    for mapping in mappings {
        let Some(mapping) = profile.mappings.get_mut(mapping) else {
            continue;
        };
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
        (0, _) => doubt,
        // A library has names of what it offers, and not of all that is in it.
        _ if asked == Asked::ByProfile => String::new(),
        (_, Err(why)) => format!("{name}: {why}"),
        (of, _) => {
            let before = if doubt.is_empty() {
                format!("{name}: ")
            } else {
                format!("{doubt}; ")
            };
            let all = lacks.len();
            format!("{before}{of} of {all} addresses are none of its code")
        }
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
