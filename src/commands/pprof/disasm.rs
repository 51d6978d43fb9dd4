//! Instructions with what they cost (internal/report/report.go:PrintAssembly). The numbers are those of `go tool pprof`; the
//! instructions are in GNU syntax, as everywhere here, or in Intel's (-intel_syntax), and programs may be stripped.

use super::symbols::{Program, programs};
use super::text::Escaping;
use crate::answer::Failure;
use dumpview_model::profile::measure::percentage;
use dumpview_model::profile::names::base;
use dumpview_model::profile::{AddressCost, Report, Wrong};
use dumpview_process::arch::Arch;
use dumpview_process::disasm::Syntax;
use dumpview_process::profile::{Code, CodePlace, Routine, code, routines};
use dumpview_view::sink::csv::Csv;
use regex::Regex;
use schemars::JsonSchema;
use serde::Serialize;
use std::io;
use std::path::PathBuf;

/// An instruction that a profile was asked about.
#[derive(Clone, Serialize, JsonSchema)]
#[schemars(rename = "profile-instruction")]
pub struct InstructionCost {
    /// Where it stands in the file.
    #[schemars(with = "dumpview_model::value::Address")]
    addr: String,
    /// What it cost itself.
    pub flat: i64,
    /// With all that it called.
    pub cum: i64,
    /// Its text, in the syntax that is named above.
    pub text: String,
    /// The function that the profile names there; null where it names none.
    function: Option<String>,
    /// The base of its source file; null when not known.
    file: Option<String>,
    /// The line; null when not known.
    line: Option<i64>,
    #[serde(skip)]
    pub at: u64,
    #[serde(skip)]
    pub places: Vec<CodePlace>,
}

/// A function and its instructions.
#[derive(Clone, Serialize, JsonSchema)]
#[schemars(rename = "profile-disassembly")]
pub struct Disassembly {
    /// The function.
    pub function: String,
    /// The executable that it is in.
    pub executable: String,
    /// What its instructions cost themselves.
    pub flat: i64,
    /// The sum of what they cost with all that they called.
    pub cum: i64,
    /// Its instructions, in order.
    pub instructions: Vec<InstructionCost>,
}

/// `pprof disasm`.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct DisasmBody {
    /// Which value of the samples.
    sample_type: String,
    /// Its unit, which all numbers here are in.
    unit: String,
    /// The sum of all samples.
    total: i64,
    /// `gnu` (AT&T operands on amd64), or `intel`.
    syntax: &'static str,
    /// Functions by name.
    pub routines: Vec<Disassembly>,
}

/// The functions that match and cost something.
pub fn disassembled(
    report: &mut Report,
    searched: &Regex,
    executables: &[PathBuf],
) -> Result<DisasmBody, Failure> {
    let programs = programs(&report.profile, executables)?;
    let syntax = syntax(report, &programs);
    let costs = report.by_address();
    let word = searched.as_str();
    // What reads as an address is one too.
    let address = match word.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => word.parse().ok(),
    };
    let mut listed = Vec::new();
    for program in &programs {
        let mut here: Vec<(u64, &AddressCost)> = costs
            .iter()
            .filter_map(|cost| Some((program.file_addr(&report.profile, cost)?.0, cost)))
            .collect();
        here.sort_by_key(|(at, _)| *at);
        let matches = |name: &str| address.is_some() || searched.is_match(name);
        for routine in routines(program.process, &matches) {
            let range = routine.start.0..routine.end.0;
            if address.is_some_and(|at| !range.contains(&at)) {
                continue;
            }
            let from = here.partition_point(|(at, _)| *at < range.start);
            let to = here.partition_point(|(at, _)| *at < range.end);
            let own = here.get(from..to).unwrap_or_default();
            if !own.is_empty() {
                listed.push(annotated(program, &routine, own, syntax));
            }
        }
    }
    if listed.is_empty() {
        return Err(Wrong::NoMatch(word.to_owned()).into());
    }
    listed.sort_by(|a, b| a.function.cmp(&b.function));
    Ok(DisasmBody {
        sample_type: report.sample_type.clone(),
        unit: report.sample_unit.clone(),
        total: report.total,
        syntax: match syntax {
            Syntax::Gnu => "gnu",
            Syntax::Intel => "intel",
        },
        routines: listed,
    })
}

/// The syntax that was asked for, where the programs' architecture has more than one.
fn syntax(report: &mut Report, programs: &[Program]) -> Syntax {
    if !report.options.intel_syntax {
        return Syntax::Gnu;
    }
    let of_intel = |program: &Program| program.process.arch() == Arch::Amd64;
    if programs.iter().any(of_intel) {
        return Syntax::Intel;
    }
    let why = "-intel_syntax has no effect: instructions of arm64 have one syntax";
    report.warnings.push(why.to_owned());
    Syntax::Gnu
}

/// The instructions of a function, each with the samples up to the next one.
fn annotated(
    program: &Program,
    routine: &Routine,
    own: &[(u64, &AddressCost)],
    syntax: Syntax,
) -> Disassembly {
    let sum = |value: fn(&AddressCost) -> i64| {
        let values = own.iter().map(|(_, cost)| value(cost));
        values.fold(0i64, i64::wrapping_add)
    };
    let codes = code(program.process, routine, syntax);
    let ends = codes.iter().skip(1).map(|code| code.addr.0);
    let mut own_left = own.iter().peekable();
    let instructions = codes
        .iter()
        .zip(ends.chain([u64::MAX]))
        .map(|(code, end)| {
            let mut total = AddressCost::default();
            while let Some((_, cost)) = own_left.next_if(|(at, _)| *at < end) {
                total.add(cost);
                if total.function.is_empty() {
                    total.function.clone_from(&cost.function);
                }
                if total.file.is_empty() {
                    total.file.clone_from(&cost.file);
                }
                if total.line == 0 {
                    total.line = cost.line;
                }
            }
            instruction(code, &total)
        })
        .collect();
    Disassembly {
        function: routine.name.clone(),
        executable: program.path.display().to_string(),
        flat: sum(|cost| cost.flat),
        cum: sum(|cost| cost.cum),
        instructions,
    }
}

fn instruction(code: &Code, cost: &AddressCost) -> InstructionCost {
    let own = code.places.first();
    let file = own.map_or(cost.file.as_str(), |place| &place.file);
    let line = own.map_or(cost.line, |place| place.line);
    let known = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    InstructionCost {
        addr: format!("{:#x}", code.addr.0),
        flat: cost.flat_value(),
        cum: cost.cum_value(),
        text: code.text.clone(),
        function: known(&cost.function),
        file: known(base(file)),
        line: Some(line).filter(|line| *line != 0),
        at: code.addr.0,
        places: code.places.clone(),
    }
}

/// Instructions as pprof prints them.
pub fn text(report: &Report, body: &DisasmBody, out: &mut Escaping<'_>) -> io::Result<()> {
    out.line(&format!("Total: {}", report.value(report.total)))?;
    for routine in &body.routines {
        out.line(&format!(
            "ROUTINE ======================== {}",
            routine.function
        ))?;
        out.line(&format!(
            "{:>10} {:>10} (flat, cum) {} of Total",
            report.value(routine.flat),
            report.value(routine.cum),
            percentage(routine.cum, report.total)
        ))?;
        let mut before = (None, None, None);
        for one in &routine.instructions {
            let here = (one.function.as_ref(), one.file.as_ref(), one.line);
            let place = if here == before {
                String::new()
            } else {
                place(one)
            };
            before = here;
            let costs = format!(
                "{:>10} {:>10} {:>10x}:",
                report.value_or_dot(one.flat),
                report.value_or_dot(one.cum),
                one.at
            );
            if place.is_empty() {
                out.line(&format!("{costs} {}", one.text))?;
            } else if one.text.len() < 40 {
                out.line(&format!("{costs} {:<40};{place}", one.text))?;
            } else {
                out.line(&format!("{:>74};{place}", ""))?;
                out.line(&format!("{costs} {}", one.text))?;
            }
        }
    }
    Ok(())
}

/// Where an instruction is from.
fn place(one: &InstructionCost) -> String {
    let function = one.function.as_ref();
    let function = function.map_or(String::new(), |name| format!("{name} "));
    let file = one.file.as_deref().unwrap_or_default();
    match one.line {
        Some(line) if !file.is_empty() => format!("{function}{file}:{line}"),
        _ => format!("{function}{file}"),
    }
}

/// A line an instruction.
pub fn csv(body: &DisasmBody, csv: &mut Csv<'_>) -> io::Result<()> {
    csv.line(["function", "addr", "flat", "cum", "text", "file", "line"])?;
    for routine in &body.routines {
        for one in &routine.instructions {
            let numbers = [one.flat, one.cum].map(|n| n.to_string());
            let [flat, cum] = numbers;
            let line = one.line.map_or(String::new(), |line| line.to_string());
            let file = one.file.clone().unwrap_or_default();
            csv.line([
                &routine.function,
                &one.addr,
                &flat,
                &cum,
                &one.text,
                &file,
                &line,
            ])?;
        }
    }
    csv.flush()
}
