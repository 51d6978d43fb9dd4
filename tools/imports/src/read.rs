//! A crate as a tree of modules, with the paths that each module names.

use crate::lex::{self, Kind, Token};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A path as it is written: its names in order.
pub type Names = Vec<String>;

/// The index of a module in its [`Tree`]; 0 is the root.
pub type Id = usize;

/// A path longer than this many renamings leads nowhere: `use a::b; use b::a;` would go on for ever.
const DEEPEST: usize = 16;

/// A path somewhere in the code of a module.
pub struct Reference {
    /// As it is written.
    pub names: Names,
    /// The line it stands in.
    pub line: usize,
}

/// A module: a file, or a `mod name { … }` in one.
pub struct Module {
    /// Its name; that of the root file for the root.
    pub name: String,
    /// The file it stands in.
    pub file: PathBuf,
    /// The module around it.
    pub parent: Option<Id>,
    /// The modules directly in it, by name.
    pub children: BTreeMap<String, Id>,
    /// Names that a `use` brought in, and what they stand for.
    pub aliases: BTreeMap<String, Names>,
    /// Paths whose every name is brought in (`use a::*`).
    pub globs: Vec<Names>,
    /// Names of items that are defined in it.
    pub items: BTreeSet<String>,
    /// Every path in its code.
    pub references: Vec<Reference>,
}

/// The modules of a crate.
pub struct Tree {
    /// The root first.
    pub modules: Vec<Module>,
}

/// Reads a crate from its root file.
///
/// # Errors
///
/// A file that a `mod` names and that is not there or cannot be read.
pub fn crate_at(root: &Path) -> Result<Tree, String> {
    let folder = root.parent().unwrap_or(Path::new("")).to_owned();
    let mut files = |path: &Path| -> Option<String> { fs::read_to_string(path).ok() };
    crate_from(root, &folder, &mut files)
}

/// Reads a crate whose files are given by `files`; so tests need none on a disk.
pub fn crate_from(
    root: &Path,
    folder: &Path,
    files: &mut dyn FnMut(&Path) -> Option<String>,
) -> Result<Tree, String> {
    let text = files(root).ok_or_else(|| format!("{}: cannot be read", root.display()))?;
    let name = root.file_stem().unwrap_or_default().to_string_lossy();
    let mut reader = Reader {
        tree: Tree {
            modules: Vec::new(),
        },
        files,
    };
    let id = reader.add(&name, root, None);
    reader.module(id, &lex::tokens(&text), folder)?;
    Ok(reader.tree)
}

struct Reader<'f> {
    tree: Tree,
    files: &'f mut dyn FnMut(&Path) -> Option<String>,
}

impl Reader<'_> {
    fn add(&mut self, name: &str, file: &Path, parent: Option<Id>) -> Id {
        let id = self.tree.modules.len();
        self.tree.modules.push(Module {
            name: name.to_owned(),
            file: file.to_owned(),
            parent,
            children: BTreeMap::new(),
            aliases: BTreeMap::new(),
            globs: Vec::new(),
            items: BTreeSet::new(),
            references: Vec::new(),
        });
        if let Some(around) = parent.and_then(|parent| self.tree.modules.get_mut(parent)) {
            around.children.insert(name.to_owned(), id);
        }
        id
    }

    /// Reads the tokens of a module whose child modules have their files in `folder`.
    fn module(&mut self, id: Id, tokens: &[Token], folder: &Path) -> Result<(), String> {
        let mut at = 0;
        let mut path_attribute = None;
        while let Some(token) = tokens.get(at) {
            let rest = tokens.get(at..).unwrap_or_default();
            if token.is('#')
                && let Some(attribute) = Attribute::at(rest)
            {
                at += attribute.length;
                if attribute.of_tests && attribute.inner {
                    return Ok(());
                }
                if attribute.of_tests {
                    at += item_length(tokens.get(at..).unwrap_or_default());
                }
                path_attribute = attribute.path.or(path_attribute);
                continue;
            }
            at += match token.word() {
                Some("macro_rules") if rest.get(1).is_some_and(|t| t.is('!')) => {
                    // `macro_rules ! name { … }`
                    3 + group_length(rest.get(3..).unwrap_or_default())
                }
                Some("pub") if rest.get(1).is_some_and(|t| t.is('(')) => {
                    // `pub(in crate::a)` says who may see it, and imports nothing.
                    1 + group_length(rest.get(1..).unwrap_or_default())
                }
                // `use<'a>` lists what a type captures.
                Some("use") if !rest.get(1).is_some_and(|t| t.is('<')) => self.import(id, rest),
                Some("mod") if rest.get(1).is_some_and(|t| t.word().is_some()) => {
                    self.child(id, rest, folder, path_attribute.take())?
                }
                Some(
                    keyword @ ("fn" | "struct" | "enum" | "trait" | "const" | "static" | "type"
                    | "union"),
                ) => {
                    let name = rest.get(1).and_then(Token::word);
                    if let (Some(name), Some(module)) = (name, self.tree.modules.get_mut(id)) {
                        // `const fn name` is named by what follows.
                        if keyword != "const" || name != "fn" {
                            module.items.insert(name.to_owned());
                        }
                    }
                    1
                }
                Some(_) => self.path(id, tokens, at),
                None => 1,
            };
        }
        Ok(())
    }

    /// `mod name;` or `mod name { … }`; gives how many tokens it is.
    fn child(
        &mut self,
        id: Id,
        rest: &[Token],
        folder: &Path,
        path: Option<String>,
    ) -> Result<usize, String> {
        let name = rest.get(1).and_then(Token::word).unwrap_or_default();
        let within = folder.join(name);
        let here = self.tree.modules.get(id);
        let here = here.map(|m| m.file.clone()).unwrap_or_default();
        if rest.get(2).is_some_and(|t| t.is('{')) {
            let body = rest.get(2..).unwrap_or_default();
            let length = group_length(body);
            let child = self.add(name, &here, Some(id));
            let inner = body.get(1..length.saturating_sub(1)).unwrap_or_default();
            self.module(child, inner, &within)?;
            return Ok(2 + length);
        }
        if !rest.get(2).is_some_and(|t| t.is(';')) {
            return Ok(1);
        }
        let candidates = match path {
            Some(path) => vec![here.parent().unwrap_or(Path::new("")).join(path)],
            None => vec![folder.join(format!("{name}.rs")), within.join("mod.rs")],
        };
        for file in candidates {
            if let Some(text) = (self.files)(&file) {
                let child = self.add(name, &file, Some(id));
                self.module(child, &lex::tokens(&text), &within)?;
                return Ok(3);
            }
        }
        let line = rest.first().map_or(0, |t| t.line);
        Err(format!("{}:{line}: mod {name} has no file", here.display()))
    }

    /// A path in code that begins at `at`; gives how many tokens it is. A word alone says nothing: when it is of
    /// another module, a `use` brought it in, and that one counts.
    fn path(&mut self, id: Id, tokens: &[Token], at: usize) -> usize {
        let mut names = Vec::new();
        let mut length = 0;
        let rest = tokens.get(at..).unwrap_or_default();
        while let Some(word) = rest.get(length).and_then(Token::word) {
            names.push(word.to_owned());
            length += 1;
            if rest.get(length).is_none_or(|t| t.kind != Kind::Into) {
                break;
            }
            length += 1;
        }
        // `::a::b` leads out of the crate, and `$crate::a` to the crate of a macro.
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        let leads_out = before.is_some_and(|t| t.kind == Kind::Into || t.is('$'));
        if names.len() > 1 && !leads_out {
            self.refer(id, names, rest);
        }
        length.max(1)
    }

    fn refer(&mut self, id: Id, names: Names, at: &[Token]) {
        let line = at.first().map_or(0, |t| t.line);
        if let Some(module) = self.tree.modules.get_mut(id) {
            module.references.push(Reference { names, line });
        }
    }

    /// `use …;`; gives how many tokens it is.
    fn import(&mut self, id: Id, rest: &[Token]) -> usize {
        let end = rest.iter().position(|t| t.is(';')).unwrap_or(rest.len());
        let body = rest.get(1..end).unwrap_or_default();
        if body.first().is_some_and(|t| t.kind != Kind::Into) {
            self.branch(id, &[], body);
        }
        end + 1
    }

    /// One branch of a `use`, below the names in `above`: `a::b`, `a::{…}`, `a as b`, `*`, `{…}`.
    fn branch(&mut self, id: Id, above: &[String], body: &[Token]) {
        let mut names = above.to_vec();
        let mut at = 0;
        while let Some(token) = body.get(at) {
            let rest = body.get(at..).unwrap_or_default();
            match &token.kind {
                Kind::Word(word) if word == "as" => {
                    let alias = rest.get(1).and_then(Token::word);
                    self.bring(id, names, alias, body);
                    return;
                }
                // `{self}` is the path above itself.
                Kind::Word(word) if word == "self" && !names.is_empty() => {}
                Kind::Word(word) => names.push(word.clone()),
                Kind::Sign('*') => {
                    self.refer(id, names.clone(), body);
                    if let Some(module) = self.tree.modules.get_mut(id) {
                        module.globs.push(names);
                    }
                    return;
                }
                Kind::Sign('{') => {
                    let inner = rest.get(1..group_length(rest).saturating_sub(1));
                    for branch in split(inner.unwrap_or_default()) {
                        self.branch(id, &names, branch);
                    }
                    return;
                }
                _ => {}
            }
            at += 1;
        }
        let last = names.last().cloned();
        self.bring(id, names, last.as_deref(), body);
    }

    fn bring(&mut self, id: Id, names: Names, alias: Option<&str>, at: &[Token]) {
        if names.is_empty() {
            return;
        }
        if let (Some(alias), Some(module)) = (alias, self.tree.modules.get_mut(id))
            && alias != "_"
        {
            module.aliases.insert(alias.to_owned(), names.clone());
        }
        self.refer(id, names, at);
    }
}

/// The branches of a group, which commas divide.
fn split(inner: &[Token]) -> Vec<&[Token]> {
    let mut depth = 0usize;
    inner
        .split(|token| {
            depth += usize::from(token.is('{'));
            depth -= usize::from(token.is('}') && depth > 0);
            depth == 0 && token.is(',')
        })
        .filter(|branch| !branch.is_empty())
        .collect()
}

/// `#[…]` or `#![…]`.
struct Attribute {
    length: usize,
    /// `#!`: of the module it stands in, not of the next item.
    inner: bool,
    /// Whether what it stands before is built for tests only.
    of_tests: bool,
    /// Of `#[path = "…"]`.
    path: Option<String>,
}

impl Attribute {
    fn at(rest: &[Token]) -> Option<Self> {
        let inner = rest.get(1).is_some_and(|t| t.is('!'));
        let open = 1 + usize::from(inner);
        if !rest.get(open).is_some_and(|t| t.is('[')) {
            return None;
        }
        let length = open + group_length(rest.get(open..)?);
        let content = rest.get(open + 1..length.checked_sub(1)?)?;
        let has = |word: &str| content.iter().any(|t| t.word() == Some(word));
        let first = content.first().and_then(Token::word);
        let of_tests = match first {
            Some("test") => true,
            // With `any` or `not` it is built without tests too.
            Some("cfg") => has("test") && !has("not") && !has("any"),
            _ => false,
        };
        let path = match content {
            [name, _, value] if name.word() == Some("path") => match &value.kind {
                Kind::Text(path) => Some(path.clone()),
                _ => None,
            },
            _ => None,
        };
        Some(Self {
            length,
            inner,
            of_tests,
            path,
        })
    }
}

/// How many tokens a group in brackets is, both brackets counted; 1 when it does not begin with one.
fn group_length(rest: &[Token]) -> usize {
    let mut depth = 0usize;
    for (at, token) in rest.iter().enumerate() {
        match token.kind {
            Kind::Sign('(' | '[' | '{') => depth += 1,
            Kind::Sign(')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    rest.len()
}

/// How many tokens the next item is, its own attributes included: up to its `;`, its body, or the comma of a field.
fn item_length(rest: &[Token]) -> usize {
    let mut at = 0;
    while let Some(attribute) = rest
        .get(at..)
        .filter(|rest| rest.first().is_some_and(|t| t.is('#')))
        .and_then(Attribute::at)
    {
        at += attribute.length;
    }
    let visibility = rest.get(at).filter(|t| t.word() == Some("pub"));
    if visibility.is_some() {
        at += 1;
        if rest.get(at).is_some_and(|t| t.is('(')) {
            at += group_length(rest.get(at..).unwrap_or_default());
        }
    }
    // The braces of an import are not its end.
    let is_import = rest.get(at).and_then(Token::word) == Some("use");
    let mut is_item = false;
    while let Some(token) = rest.get(at) {
        match &token.kind {
            Kind::Word(word) => {
                is_item |= matches!(
                    word.as_str(),
                    "fn" | "mod"
                        | "use"
                        | "impl"
                        | "struct"
                        | "enum"
                        | "const"
                        | "static"
                        | "trait"
                        | "type"
                        | "macro_rules"
                        | "let"
                );
                at += 1;
            }
            Kind::Sign(';') => return at + 1,
            Kind::Sign(',') if !is_item => return at + 1,
            Kind::Sign(')' | ']' | '}') => return at,
            Kind::Sign('{') if !is_import => {
                return at + group_length(rest.get(at..).unwrap_or_default());
            }
            Kind::Sign('(' | '[' | '{') => {
                at += group_length(rest.get(at..).unwrap_or_default());
            }
            _ => at += 1,
        }
    }
    at
}

impl Tree {
    /// Whether `above` is `id` or a module around it.
    pub fn is_within(&self, id: Id, above: Id) -> bool {
        let mut at = Some(id);
        while let Some(module) = at {
            if module == above {
                return true;
            }
            at = self.modules.get(module).and_then(|m| m.parent);
        }
        false
    }

    /// The module that a path in the code of `from` leads to; `None` when it leads out of the crate or is no path of
    /// modules at all.
    ///
    /// What a module around `from` only passes on (`pub use child::Item`) is taken to come from where it is defined:
    /// such a module is a table of contents for its children, and they do not import each other by reading it.
    pub fn target(&self, from: Id, names: &[String]) -> Option<Id> {
        let absolute = self.absolute(from, names, 0)?;
        self.walk(from, &absolute, 0)
    }

    /// A path from the root of the crate.
    fn absolute(&self, from: Id, names: &[String], depth: usize) -> Option<Names> {
        if depth > DEEPEST {
            return None;
        }
        let (first, mut rest) = names.split_first()?;
        let module = self.modules.get(from)?;
        let mut base = match first.as_str() {
            "crate" => Some(0),
            "self" => Some(from),
            "super" => module.parent,
            _ => module.children.contains_key(first).then_some(from),
        };
        if let Some(mut around) = base {
            if matches!(first.as_str(), "self" | "super") {
                while let Some((next, after)) = rest.split_first()
                    && next == "super"
                {
                    around = self.modules.get(around)?.parent?;
                    rest = after;
                }
            } else if first != "crate" {
                rest = names;
            }
            base = Some(around);
        }
        if let Some(base) = base {
            let mut path = self.path_of(base);
            path.extend_from_slice(rest);
            return Some(path);
        }
        if let Some(stands_for) = module.aliases.get(first) {
            let mut path = self.absolute_but(from, stands_for, first, depth)?;
            path.extend_from_slice(rest);
            return Some(path);
        }
        // A name that `use super::*` brought in.
        for glob in &module.globs {
            let Some(path) = self.absolute(from, glob, depth + 1) else {
                continue;
            };
            let Some(of) = self.walk(from, &path, depth + 1) else {
                continue;
            };
            let known = self.modules.get(of).is_some_and(|m| {
                of != from && (m.children.contains_key(first) || m.aliases.contains_key(first))
            });
            if known {
                return self.absolute(of, names, depth + 1);
            }
        }
        None
    }

    /// As [`Tree::absolute`] for what an alias stands for; `use regex;` and `use log::log;` are not looked up in
    /// themselves.
    fn absolute_but(&self, from: Id, names: &[String], alias: &str, depth: usize) -> Option<Names> {
        let first = names.first()?;
        let is_child = self.modules.get(from)?.children.contains_key(first);
        if first == alias && !is_child {
            return None;
        }
        self.absolute(from, names, depth + 1)
    }

    /// The names that lead to a module from the root.
    pub fn path_of(&self, id: Id) -> Names {
        let mut names = Vec::new();
        let mut at = self.modules.get(id);
        while let Some(module) = at
            && let Some(parent) = module.parent
        {
            names.push(module.name.clone());
            at = self.modules.get(parent);
        }
        names.reverse();
        names
    }

    /// Follows an absolute path to the last module on it.
    fn walk(&self, from: Id, path: &[String], depth: usize) -> Option<Id> {
        let mut at = 0;
        let mut rest = path;
        while let Some((first, after)) = rest.split_first() {
            let module = self.modules.get(at)?;
            if let Some(child) = module.children.get(first) {
                (at, rest) = (*child, after);
                continue;
            }
            if at == from || !self.is_within(from, at) || depth > DEEPEST {
                break;
            }
            if let Some(stands_for) = module.aliases.get(first) {
                let mut path = self.absolute_but(at, stands_for, first, depth)?;
                path.extend_from_slice(after);
                return self.walk(from, &path, depth + 1);
            }
            if !module.items.contains(first)
                && let Some(of) = self.passed_on(at, first, from, depth)
            {
                return Some(of);
            }
            break;
        }
        Some(at)
    }

    /// The module whose item `name` is brought into `at` by a `use …::*`.
    fn passed_on(&self, at: Id, name: &str, from: Id, depth: usize) -> Option<Id> {
        let module = self.modules.get(at)?;
        module.globs.iter().find_map(|glob| {
            let path = self.absolute(at, glob, depth + 1)?;
            let of = self.walk(from, &path, depth + 1)?;
            let there = self.modules.get(of)?;
            (of != at && (there.items.contains(name) || there.aliases.contains_key(name)))
                .then_some(of)
        })
    }
}
