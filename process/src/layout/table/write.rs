//! Makes the text of a layout table from DWARF: what `tools/layouts` runs.
//!
//! A program's DWARF has only the types that the linker kept, so the tool is given one that uses much of the
//! library. Everything of the packages below goes in, and what their structures are made of.

use crate::arch::Arch;
use crate::layout::DwarfLayouts;
use crate::layout::MadeRecipe;
use crate::layout::dwarf::TypeText;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Packages whose structures go into a table, as prefixes of full names.
const PACKAGES: [&str; 11] = [
    "runtime.",
    "runtime/internal/",
    "runtime/pprof.label",
    "runtime/pprof.LabelSet",
    "internal/runtime/",
    "internal/abi.",
    "internal/sync.",
    "internal/poll.",
    "internal/chacha8rand.",
    "sync.",
    "time.",
];

/// Packages whose constants go into a table.
const CONSTANTS: [&str; 6] = [
    "runtime",
    "internal/abi",
    "internal/runtime/maps",
    "internal/runtime/gc",
    "runtime/internal/sys",
    "internal/runtime/sys",
];

/// One executable of the release, built for one architecture.
pub struct TableImage<'r, 'a> {
    /// Its architecture.
    pub arch: Arch,
    /// Its DWARF.
    pub layouts: &'r DwarfLayouts<'a>,
    /// Its `runtime.waitReasonStrings`.
    pub wait_reasons: Vec<String>,
    /// Recipes for finding variables in stripped programs.
    pub recipes: Vec<MadeRecipe>,
}

/// The text of the table of a release from executables for several architectures.
pub fn write_table(release: &str, images: &[TableImage<'_, '_>]) -> String {
    let mut text = String::from(
        "# Layouts of the Go runtime, generated from DWARF by tools/layouts. Do not edit.\n",
    );
    let _ = writeln!(text, "release {release}");
    let reasons = images
        .first()
        .map_or(&[][..], |i| i.wait_reasons.as_slice());
    for (number, reason) in reasons.iter().enumerate().skip(1) {
        let _ = writeln!(text, "wait {number} {reason}");
    }
    let constants = images.iter().map(|image| {
        let constants = image.layouts.constants(&CONSTANTS).into_iter();
        let lines = constants.map(|(name, value)| (name, format!(" {value}\n")));
        (image.arch, lines.collect())
    });
    merge(&mut text, "const ", &constants.collect::<Vec<_>>());
    let mut recipes = BTreeSet::new();
    for image in images {
        recipes.extend(image.recipes.iter().enumerate().map(|(index, r)| {
            let (arch, functions) = (image.arch.name(), r.functions.join(","));
            let offsets: Vec<String> = r.offsets.iter().map(u64::to_string).collect();
            let offsets = offsets.join("+");
            let line = format!("find {}@{arch} {offsets} {functions}", r.variable);
            ((&r.variable, arch, index), line)
        }));
    }
    for (_, line) in recipes {
        let _ = writeln!(text, "{line}");
    }
    let (mut all_variables, mut all_structures) = (Vec::new(), Vec::new());
    for image in images {
        let mut structures = structures(image.layouts);
        let variables = variables(image.layouts, &mut structures);
        all_variables.push((image.arch, variables));
        all_structures.push((image.arch, structures));
    }
    merge(&mut text, "var ", &all_variables);
    merge(&mut text, "", &all_structures);
    text
}

/// Writes the entries of all architectures in order of names, those that are the same in all only once.
fn merge(text: &mut String, keyword: &str, of: &[(Arch, BTreeMap<String, String>)]) {
    let names: BTreeSet<&String> = of.iter().flat_map(|(_, entries)| entries.keys()).collect();
    for name in names {
        let bodies: Vec<_> = of.iter().map(|(arch, e)| (arch, e.get(name))).collect();
        let first = bodies.first().and_then(|(_, body)| *body);
        if let Some(body) = first
            && bodies.iter().all(|(_, other)| *other == first)
        {
            let _ = write!(text, "{keyword}{name}{body}");
            continue;
        }
        for (arch, body) in bodies {
            if let Some(body) = body {
                let _ = write!(text, "{keyword}{name}@{}{body}", arch.name());
            }
        }
    }
}

/// Every structure to be written: its name, and the rest of its heading with the members.
fn structures(layouts: &DwarfLayouts<'_>) -> BTreeMap<String, String> {
    let mut names: Vec<String> = layouts
        .type_names()
        .into_iter()
        .filter(|name| PACKAGES.iter().any(|package| name.starts_with(package)))
        .collect();
    names.extend(["string".to_owned()]);
    let mut out = BTreeMap::new();
    let slice = " 24\n array 0 8\n len 8 8\n cap 16 8\n";
    out.insert("slice".to_owned(), slice.to_owned());
    while let Some(name) = names.pop() {
        if out.contains_key(&name) {
            continue;
        }
        let Some(of) = layouts.type_text(&name) else {
            continue;
        };
        structure(&name, &of, &mut out, &mut names);
    }
    out
}

/// Package variables of the runtime that are structures or arrays, and the names of their types. Those whose
/// types have no name are written to `out` under their own.
fn variables(
    layouts: &DwarfLayouts<'_>,
    out: &mut BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    for name in layouts.variable_names("runtime") {
        let mut names = Vec::new();
        match layouts.variable_type(&name) {
            Some(
                TypeText::Struct { name: Some(of), .. } | TypeText::Array { name: Some(of), .. },
            ) if out.contains_key(&of) => {
                variables.insert(name, format!(" {of}\n"));
            }
            Some(TypeText::Struct { name: Some(_), .. } | TypeText::Scalar(_)) | None => {}
            Some(of) => structure(&name, &of, out, &mut names),
        }
        while let Some(name) = names.pop() {
            if let Some(of) = layouts
                .type_text(&name)
                .filter(|_| !out.contains_key(&name))
            {
                structure(&name, &of, out, &mut names);
            }
        }
    }
    variables
}

/// Writes one structure under a name; the named ones it is made of are added to `names`.
fn structure(
    name: &str,
    of: &TypeText,
    out: &mut BTreeMap<String, String>,
    names: &mut Vec<String>,
) {
    let mut text = String::new();
    let (size, members) = match of {
        TypeText::Struct { size, members, .. } => (size, members.as_slice()),
        TypeText::Array {
            size,
            count,
            element,
            ..
        } => {
            let of = type_word(&format!("{name}.[]"), element, out, names);
            let _ = writeln!(text, " [] 0 [{count}]{of}");
            (size, &[][..])
        }
        TypeText::Scalar(_) => return,
    };
    text.insert_str(0, &format!(" {size}\n"));
    for member in members.iter().filter(|m| m.name != "_") {
        let plus = if member.embedded { "+" } else { "" };
        let path = format!("{name}.{}", member.name);
        let of = type_word(&path, &member.of, out, names);
        let _ = writeln!(text, " {plus}{} {} {of}", member.name, member.offset);
    }
    out.insert(name.to_owned(), text);
}

/// How a table spells a type that is found at a path.
fn type_word(
    path: &str,
    of: &TypeText,
    out: &mut BTreeMap<String, String>,
    names: &mut Vec<String>,
) -> String {
    match of {
        TypeText::Scalar(size) => size.to_string(),
        TypeText::Array {
            name: Some(name), ..
        } => {
            names.push(name.clone());
            name.clone()
        }
        TypeText::Array { count, element, .. } => {
            format!("[{count}]{}", type_word(path, element, out, names))
        }
        TypeText::Struct {
            name,
            size,
            members,
        } => {
            let word = |size: u64| matches!(size, 1 | 2 | 4 | 8);
            match name.as_deref() {
                // Their word stands at offset 0, and a path may stop at them.
                Some(name) if name.contains("/atomic.") && word(*size) => size.to_string(),
                Some(name) if name.starts_with("[]") => "slice".to_owned(),
                Some(name) if is_plain(name) => {
                    names.push(name.to_owned());
                    name.to_owned()
                }
                _ if members.is_empty() => size.to_string(),
                _ => {
                    structure(path, of, out, names);
                    path.to_owned()
                }
            }
        }
    }
}

/// A name that can stand in a table as it is: no type arguments, no type written out.
fn is_plain(name: &str) -> bool {
    name.bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'/'))
}
