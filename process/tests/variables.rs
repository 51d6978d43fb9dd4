//! Variables of real frames against what the program said of itself before it died.
//!
//! `DUMPVIEW_CORES` names a directory of `NAME.core`, `NAME.stderr.txt` (the runtime's own traceback with
//! `GOTRACEBACK=crash`, which gives pc and fp of every frame), `NAME.truth.json` and the executables. Frames are taken
//! from the traceback, so this test depends on nothing but DWARF and types.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "a failure is a panic"
)]

use dumpview_process::addr::{Addr, Bias, FileAddr};
use dumpview_process::arch::Registers;
use dumpview_process::dwarf::{Dwarf, Location};
use dumpview_process::image::{CoreFile, Executable, Files, GoVersion, SectionArena};
use dumpview_process::mapped::OpenOptions;
use dumpview_process::memory::{CoreMemory, Memory, Region, RegionSource};
use dumpview_process::process::Process;
use dumpview_process::scope::{
    Frame, FrameVariables, Origin, PackageItem, PackageVariable, Scopes, Standing, Variable,
};
use dumpview_process::symbols::ArgWord;
use dumpview_process::types::{Kind, Shape, TypeModule, TypeRef, Types};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// One logical frame of a traceback.
#[derive(Debug)]
struct Traced {
    function: String,
    line: u64,
    pc: u64,
    sp: u64,
    cfa: u64,
    depth: usize,
}

/// The frames of the first goroutine of a traceback, inlined ones included.
fn traceback(text: &str) -> Vec<Traced> {
    let hex = |line: &str, key: &str| {
        let at = line.find(key)? + key.len();
        let digits = line[at..].split(' ').next()?;
        u64::from_str_radix(digits, 16).ok()
    };
    let mut frames: Vec<Traced> = Vec::new();
    let mut inlined: Vec<(String, u64)> = Vec::new();
    let start = text.find("[running").unwrap();
    let mut lines = text[start..].lines().skip(1);
    while let Some(call) = lines.next().filter(|line| !line.is_empty()) {
        let place = lines.next().unwrap();
        let name = call.rsplit_once('(').unwrap().0;
        let line = place.rsplit_once(':').unwrap().1;
        let line = line.split(' ').next().unwrap().parse().unwrap();
        let (sp, pc) = (hex(place, " sp=0x"), hex(place, " pc=0x"));
        let Some((cfa, (sp, pc))) = hex(place, " fp=0x").zip(sp.zip(pc)) else {
            inlined.push((name.to_owned(), line));
            continue;
        };
        let count = inlined.len();
        for (index, (function, line)) in inlined.drain(..).enumerate() {
            frames.push(Traced {
                function,
                line,
                pc,
                sp,
                cfa,
                depth: count - index,
            });
        }
        frames.push(Traced {
            function: name.to_owned(),
            line,
            pc,
            sp,
            cfa,
            depth: 0,
        });
    }
    frames
}

struct Dead<'a> {
    types: Types<'a>,
    memory: Arc<CoreMemory<'a>>,
    registers: Registers,
}

/// Composes memory and types of a core of a program that is not position independent.
fn open<'a>(core: &'a CoreFile<'a>, executable: &'a Executable<'a>) -> Dead<'a> {
    let files = executable
        .load_segments()
        .filter(|s| !s.writable)
        .map(|s| Region {
            start: s.addr.to_process(Bias(0)),
            end: s.addr.to_process(Bias(0)).offset(s.bytes.len() as u64),
            source: RegionSource::File(s.bytes),
        });
    let memory = Arc::new(CoreMemory::new([
        core.regions(),
        files.collect::<Vec<Region<'a>>>(),
    ]));
    let version = GoVersion::parse(&executable.build_info().unwrap().version);
    let symbol = |name| Addr(executable.symbol(name).unwrap().0.0);
    let module = TypeModule {
        types: symbol("runtime.types"),
        etypes: symbol("runtime.etypes"),
        ..TypeModule::default()
    };
    let dwarf = Arc::new(Dwarf::load(executable).unwrap());
    Dead {
        types: Types::new(memory.clone(), Some(dwarf), vec![module], version),
        memory,
        registers: Registers::new(core.arch),
    }
}

impl Dead<'_> {
    /// A value as far as this test needs it: scalars, strings, structs, arrays, slices, pointers' addresses.
    /// `None` for what it does not read.
    fn render(&self, ty: TypeRef, at: &dyn Fn(u64, u64) -> Option<Vec<u8>>) -> Option<Value> {
        let ty = self.types.resolve(ty).unwrap();
        let word = |from| at(from, 8).map(|b| u64::from_le_bytes(b.try_into().unwrap()));
        Some(match (&ty.shape, ty.kind) {
            (Shape::Scalar, Kind::Bool) => json!(at(0, 1)?[0] == 1),
            (
                Shape::Scalar,
                kind @ (Kind::Int | Kind::Int8 | Kind::Int16 | Kind::Int32 | Kind::Int64),
            ) => {
                let _ = kind;
                let bytes = at(0, ty.size)?;
                let negative = bytes.last().unwrap() & 0x80 != 0;
                let mut word = if negative { [0xff; 8] } else { [0; 8] };
                word[..bytes.len()].copy_from_slice(&bytes);
                json!(i64::from_le_bytes(word))
            }
            (Shape::Scalar, Kind::Float32 | Kind::Float64 | Kind::Complex64 | Kind::Complex128) => {
                return None;
            }
            (Shape::Scalar, _) => {
                let mut word = [0; 8];
                let bytes = at(0, ty.size)?;
                word[..bytes.len()].copy_from_slice(&bytes);
                json!(u64::from_le_bytes(word))
            }
            (Shape::String, _) => {
                let len = word(8)?;
                if len > 200 {
                    return None;
                }
                let bytes = match len {
                    0 => Vec::new(),
                    len => self.memory.bytes(Addr(word(0)?), len).ok()?.into_owned(),
                };
                json!(String::from_utf8(bytes).ok()?)
            }
            (Shape::Struct { fields }, _) => {
                let mut out = Vec::new();
                for field in fields {
                    let value = self.render(field.ty, &|from, len| at(field.offset + from, len))?;
                    out.push(value);
                }
                json!({"kind": "struct", "fields": out})
            }
            (Shape::Array { elem, len }, _) if *len <= 64 => {
                let size = self.types.resolve(*elem).unwrap().size;
                let elements: Option<Vec<Value>> = (0..*len)
                    .map(|i| self.render(*elem, &|from, len| at(i * size + from, len)))
                    .collect();
                json!({"kind": "array", "elements": elements?})
            }
            (Shape::Slice { elem }, _) => {
                let (data, len, cap) = (word(0)?, word(8)?, word(16)?);
                let size = self.types.resolve(*elem).unwrap().size;
                let elements: Option<Vec<Value>> = (0..len.min(500))
                    .map(|i| {
                        self.render(*elem, &|from, len| {
                            let addr = Addr(data + i * size + from);
                            Some(self.memory.bytes(addr, len).ok()?.into_owned())
                        })
                    })
                    .collect();
                json!({"kind": "slice", "len": len, "cap": cap, "elements": elements?})
            }
            _ => return None,
        })
    }

    fn value(&self, variable: &Variable) -> Option<Value> {
        let location = variable.location.as_ref()?;
        self.render(variable.ty, &|from, len| match location {
            Location::Memory(addr) => {
                Some(self.memory.bytes(addr.offset(from), len).ok()?.into_owned())
            }
            Location::Pieces(pieces) => {
                let mut all = Vec::new();
                for piece in pieces {
                    assert_eq!(piece.offset, all.len() as u64);
                    all.extend(piece.bytes.clone().ok()?);
                }
                let from = usize::try_from(from).unwrap();
                Some(
                    all.get(from..from + usize::try_from(len).unwrap())?
                        .to_vec(),
                )
            }
        })
    }
}

/// The truth in the form that `render` gives; `None` for kinds it does not read.
fn expected(truth: &Value) -> Option<Value> {
    let Some(object) = truth.as_object() else {
        return (!truth.is_null()).then(|| truth.clone());
    };
    if object.contains_key("truncated") {
        return None;
    }
    let list = |key: &str| -> Option<Vec<Value>> {
        object.get(key)?.as_array()?.iter().map(expected).collect()
    };
    Some(match object.get("kind")?.as_str()? {
        "struct" => {
            let fields: Option<Vec<Value>> = object["fields"]
                .as_array()?
                .iter()
                .map(|field| expected(&field["value"]))
                .collect();
            json!({"kind": "struct", "fields": fields?})
        }
        "array" => json!({"kind": "array", "elements": list("elements")?}),
        "slice" if object["len"].as_u64()? > 500 => return None,
        "slice" => {
            json!({"kind": "slice", "len": object["len"], "cap": object["cap"], "elements": list("elements")?})
        }
        _ => return None,
    })
}

#[derive(Default, Debug)]
struct Tally {
    exact: usize,
    inferred: usize,
    unread: usize,
    stale: usize,
    stale_right: usize,
    optimized_out: usize,
    missing: usize,
    unreadable: usize,
}

/// Package variables have the types and values that the program says they have.
fn check_package_variables(name: &str, dead: &Dead<'_>, truth: &Value, faults: &mut Vec<String>) {
    let arch = dead.registers.arch();
    let all: Vec<PackageVariable> = dead.types.package_variables(arch).collect();
    for wanted in truth["vars"].as_array().unwrap() {
        let full = wanted["name"].as_str().unwrap();
        let (package, short) = full.rsplit_once('.').unwrap();
        let item = dead.types.package_item(package, short, arch);
        let Ok(Some(PackageItem::Variable(found))) = item else {
            faults.push(format!("{name}: {full}: {item:?}"));
            continue;
        };
        assert!(all.contains(&found));
        let ty = dead.types.resolve(found.ty).unwrap();
        let addr = found.place.unwrap();
        let value = dead.render(found.ty, &|from, len| {
            Some(dead.memory.bytes(addr.offset(from), len).ok()?.into_owned())
        });
        let right = value
            .zip(expected(&wanted["value"]))
            .is_none_or(|(v, e)| v == e);
        let at = wanted["addr"]
            .as_str()
            .is_none_or(|a| a == addr.to_string());
        if ty.name != wanted["type"] || !right || !at {
            faults.push(format!(
                "{name}: {full}: {} at {addr} is not {wanted}",
                ty.name
            ));
        }
    }
}

/// One frame, as DWARF has it, to be compared with what the program told.
struct Told<'t, 'a> {
    name: &'t str,
    function: &'t str,
    depth: usize,
    dead: &'t Dead<'a>,
    found: &'t FrameVariables,
}

impl Told<'_, '_> {
    fn check(&self, wanted: &Value, tally: &mut Tally, faults: &mut Vec<String>) {
        let noopt = self.found.unoptimized;
        let wanted_name = wanted["name"].as_str().unwrap();
        let mut matches: Vec<&Variable> = self
            .found
            .variables
            .iter()
            .filter(|v| v.name == wanted_name)
            .collect();
        let same_type = |v: &Variable| {
            self.dead.types.resolve(v.ty).unwrap().name == wanted["type"].as_str().unwrap()
        };
        if matches.len() > 1 {
            matches.retain(|v| same_type(v));
        }
        let at = format!("{}: {}: {wanted_name}", self.name, self.function);
        let Some(variable) = matches.first() else {
            tally.missing += 1;
            if std::env::var_os("DUMPVIEW_CORES_VERBOSE").is_some() {
                eprintln!("{at}: no DIE in scope");
            }
            // What a function on one line declares cannot be told without its DIE's own line (Go 1.19).
            let on_one_line = self.name.contains("inline") && self.name.contains("go1.19");
            if noopt && !on_one_line {
                faults.push(format!("{at}: missing"));
            }
            return;
        };
        match &variable.standing {
            Standing::Exact | Standing::Inferred(_) | Standing::Stale(_) => {}
            Standing::OptimizedOut(_) => {
                tally.optimized_out += 1;
                if noopt {
                    faults.push(format!("{at}: optimized out"));
                }
                return;
            }
            Standing::Unreadable(why) => {
                tally.unreadable += 1;
                if noopt {
                    faults.push(format!("{at}: {why}"));
                }
                return;
            }
        }
        let exact = matches!(variable.standing, Standing::Exact | Standing::Inferred(_));
        let value = self.dead.value(variable);
        let Some((value, expected)) = value.zip(expected(&wanted["value"])) else {
            tally.unread += 1;
            return;
        };
        let right = value == expected;
        if !right && wanted["dead"] == true {
            // What a dead variable pointed at may be gone, in whatever build.
            return;
        }
        if exact && !right {
            faults.push(format!("{at}: {value} is not {expected}: {variable:?}"));
        }
        if exact && !same_type(variable) && !variable.shaped {
            let found = &self.dead.types.resolve(variable.ty).unwrap().name;
            faults.push(format!("{at}: type {found} is not {}", wanted["type"]));
        }
        let origin = match variable.origin {
            Origin::Local => "local",
            Origin::Argument => "argument",
            Origin::Result => "result",
            Origin::Capture => "capture",
        };
        // A closure that was inlined captures nothing: it uses its parent's variables. Up to Go 1.22 DWARF
        // does not say what is captured.
        let untold = wanted["origin"] == "capture"
            && (self.depth > 0
                || ["1.19", "1.21", "1.22"]
                    .iter()
                    .any(|v| self.name.contains(v)));
        if !untold && wanted["origin"].as_str().is_some_and(|o| o != origin) {
            faults.push(format!("{at}: {origin} is not {}", wanted["origin"]));
        }
        if exact && wanted["escaped"] == true && noopt && !variable.escaped {
            faults.push(format!("{at}: not shown as escaped"));
        }
        if matches!(variable.standing, Standing::Inferred(_)) {
            tally.inferred += 1;
        } else if exact {
            tally.exact += 1;
        } else {
            tally.stale += 1;
            tally.stale_right += usize::from(right);
            if !right && std::env::var_os("DUMPVIEW_CORES_VERBOSE").is_some() {
                eprintln!("{at}: stale and old");
            }
        }
    }
}

fn check(dir: &Path, name: &str, tally: &mut Tally, faults: &mut Vec<String>) {
    let read = |suffix: &str| std::fs::read(dir.join(format!("{name}{suffix}"))).unwrap();
    let truth: Value = serde_json::from_slice(&read(".truth.json")).unwrap();
    let text = String::from_utf8_lossy(&read(".stderr.txt")).into_owned();
    let core_bytes = read(".core");
    let core = CoreFile::parse(&core_bytes).unwrap();
    let exe_name = name.replacen(&format!("-{}", truth["mode"].as_str().unwrap()), "", 1);
    let exe_bytes = std::fs::read(dir.join(format!("{exe_name}.exe"))).unwrap();
    let arena = SectionArena::default();
    let executable = Executable::parse(&exe_bytes, &arena).unwrap();
    let dead = open(&core, &executable);
    let process = Process::open(&core, Some(&executable), &NoFiles, OpenOptions::default());
    let traced = traceback(&text);
    check_package_variables(name, &dead, &truth, faults);
    let mut seen: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    for frame in truth["frames"].as_array().unwrap() {
        let function = frame["function"].as_str().unwrap();
        // The program tells its frames from the outermost in, a traceback from the innermost out.
        let nth = seen.entry(function).or_insert(0usize);
        let mut same = traced.iter().rev().filter(|t| t.function == function);
        let found = same.nth(*nth);
        *nth += 1;
        let Some(traced) = found else {
            faults.push(format!("{name}: {function}: not in the traceback"));
            continue;
        };
        let point = process.point(Addr(traced.pc), false);
        let mut registers = dead.registers.clone();
        registers.set(registers.arch().sp(), Some(traced.sp));
        let found = Scopes::default().variables(
            &dead.types,
            &Frame {
                pc: FileAddr(traced.pc - 1),
                cfa: Some(Addr(traced.cfa)),
                registers: &registers,
                memory: &*dead.memory,
                inline_depth: traced.depth,
                line: Some(traced.line),
                start_line: None,
                closure: None,
                point: point.as_ref(),
                unsaved: &[],
                entered: None,
                program: process.program(),
                sources: None,
            },
        );
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                faults.push(format!("{name}: {function}: {error}"));
                continue;
            }
        };
        let noopt = found.unoptimized;
        assert!(noopt || !name.contains("noopt"));
        for absent in frame["absent"].as_array().unwrap() {
            let absent = absent.as_str().unwrap();
            if let Some(shown) = found.variables.iter().find(|v| v.name == absent) {
                faults.push(format!("{name}: {function}: {absent} is shown: {shown:?}"));
            }
        }
        let told = Told {
            name,
            function,
            depth: traced.depth,
            dead: &dead,
            found: &found,
        };
        for wanted in frame["variables"].as_array().unwrap() {
            told.check(wanted, tally, faults);
        }
    }
}

struct NoFiles;

impl<'a> Files<'a> for NoFiles {
    fn image(&self, _path: &str) -> Option<&'a Executable<'a>> {
        None
    }
}

/// Every function's argument homes against the offsets that the compiler recorded for tracebacks.
fn check_homes(dir: &Path, name: &str, faults: &mut Vec<String>) {
    let core_bytes = std::fs::read(dir.join(format!("{name}.core"))).unwrap();
    let exe_name = name.replacen("-all", "", 1);
    let exe_bytes = std::fs::read(dir.join(format!("{exe_name}.exe"))).unwrap();
    let core = CoreFile::parse(&core_bytes).unwrap();
    let arena = SectionArena::default();
    let executable = Executable::parse(&exe_bytes, &arena).unwrap();
    let process = Process::open(&core, Some(&executable), &NoFiles, OpenOptions::default());
    let types = process.types();
    let mut checked = 0;
    for func in process.symbols().unwrap().funcs() {
        let entry = func.entry.to_file(process.bias);
        let (Some(words), homes) = (
            func.arg_words(func.entry, Addr(0)),
            types.argument_offsets(entry, core.arch),
        ) else {
            continue;
        };
        let recorded: Vec<u64> = words
            .iter()
            .filter_map(|word| match word {
                ArgWord::Word { addr, .. } => Some(addr.0),
                _ => None,
            })
            .collect();
        if words.contains(&ArgWord::More) || words.contains(&ArgWord::TooFar) {
            continue;
        }
        // Of functions with brackets in their name tracebacks leave out the first argument, taking it for the
        // dictionary. Arguments of size zero are not recorded.
        let skip = usize::from(func.name().contains('['));
        for (argument, at) in homes.iter().skip(skip) {
            let empty = words
                .windows(2)
                .any(|w| w == [ArgWord::Open, ArgWord::Close]);
            if recorded.contains(at) || empty {
                checked += 1;
            } else {
                let name = func.name();
                faults.push(format!("{name}: {argument} at {at}, recorded {recorded:?}"));
            }
        }
    }
    assert!(checked > 1500, "{name}: {checked}");
}

#[test]
fn argument_homes_are_where_the_compiler_recorded_them() {
    let Ok(dir) = std::env::var("DUMPVIEW_CORES") else {
        eprintln!("not run: DUMPVIEW_CORES is not set");
        return;
    };
    let dir = Path::new(&dir);
    let mut faults = Vec::new();
    for variant in ["opt", "noopt"] {
        for release in ["1.19", "1.22.10", "1.24.11", "1.27.3"] {
            for arch in ["amd64", "arm64"] {
                let name = format!("types-all-{variant}-go{release}-{arch}");
                if dir.join(format!("{name}.core")).exists() {
                    check_homes(dir, &name, &mut faults);
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn variables_are_what_the_program_says_they_are() {
    let Ok(dir) = std::env::var("DUMPVIEW_CORES") else {
        eprintln!("not run: DUMPVIEW_CORES is not set");
        return;
    };
    let dir = Path::new(&dir);
    let only = std::env::var("DUMPVIEW_CORES_ONLY").unwrap_or_default();
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .unwrap()
        .filter_map(|entry| {
            let file = entry.unwrap().file_name().into_string().unwrap();
            let name = file.strip_suffix(".core")?;
            let mode = ["all", "inline", "maps"]
                .iter()
                .find_map(|mode| name.strip_prefix("types-")?.strip_prefix(mode));
            // Variants without DWARF have no variables; position independent ones need the load bias.
            let plain = mode.is_some_and(|variant| {
                !["pie", "nodwarf", "stripped"]
                    .iter()
                    .any(|no| variant.contains(no))
            });
            (plain && name.contains(&only)).then(|| name.to_owned())
        })
        .collect();
    names.sort();
    let mut faults = Vec::new();
    for name in &names {
        let mut tally = Tally::default();
        check(dir, name, &mut tally, &mut faults);
        eprintln!("{name}: {tally:?}");
        assert!(tally.exact >= 5, "{name}: {tally:?}");
    }
    assert!(!names.is_empty());
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}
