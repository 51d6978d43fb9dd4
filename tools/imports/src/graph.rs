//! Which rooms import which, and the circles among them.

use crate::read::{Id, Tree};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// The name of the root of the crate among its rooms.
const ROOT: &str = "(root)";

/// One import, as an example of why two rooms are connected.
struct Example {
    place: String,
    path: String,
}

/// What stands in one folder and what of it imports what: `edges[a][b]` says that `a` imports `b`, and where.
struct Folder {
    edges: BTreeMap<String, BTreeMap<String, Example>>,
}

/// Files or folders of one folder that import each other in a circle.
pub struct Circle {
    /// `CRATE` or `CRATE/FOLDER/…`.
    pub folder: String,
    /// Who is in it.
    pub members: BTreeSet<String>,
    /// One import for each connection within it.
    imports: Vec<String>,
}

impl Circle {
    /// Writes it with an import for each connection, so that one sees where to cut.
    pub fn draw(&self, allowed: Option<&str>, report: &mut String) {
        let names: Vec<&str> = self.members.iter().map(String::as_str).collect();
        let verdict = allowed.map_or("a circle".to_owned(), |why| format!("allowed ({why})"));
        let _ = writeln!(report, "{verdict}: {}: {}", self.folder, names.join(" "));
        for import in &self.imports {
            let _ = writeln!(report, "    {import}");
        }
    }
}

/// The circles of a crate, those between its rooms first.
pub fn circles(tree: &Tree, name: &str) -> Vec<Circle> {
    let mut out = Vec::new();
    for (id, module) in tree.modules.iter().enumerate() {
        if module.children.is_empty() {
            continue;
        }
        let folder = Folder::new(tree, id);
        let mut path = vec![name.to_owned()];
        path.extend(tree.path_of(id));
        for members in folder.circles() {
            out.push(Circle {
                folder: path.join("/"),
                imports: folder.imports_within(&members),
                members,
            });
        }
    }
    out
}

/// Writes the rooms of a crate, floor by floor; rooms of a circle share a floor.
pub fn draw_rooms(tree: &Tree, name: &str, report: &mut String) {
    let folder = Folder::new(tree, 0);
    let root = tree.modules.first().map_or("", |m| m.name.as_str());
    let _ = writeln!(report, "{name} ({root}.rs)");
    for (number, floor) in (1..).zip(folder.floors()) {
        let _ = writeln!(report, "  {number:>2}  {}", floor.join("  "));
    }
}

impl Folder {
    /// What stands directly in the module `of`, each with all that is below it.
    ///
    /// The root of a crate is a room like others: what it defines is imported from above. The own file of a folder
    /// below is none: it states the words that all in the folder share and puts the parts together, so it is imported by
    /// its children and imports them. What counts there is whether the children import each other in a circle.
    fn new(tree: &Tree, of: Id) -> Self {
        let mut edges: BTreeMap<String, BTreeMap<String, Example>> = BTreeMap::new();
        if let Some(module) = tree.modules.get(of) {
            for child in module.children.keys() {
                edges.insert(child.clone(), BTreeMap::new());
            }
        }
        for (from, module) in tree.modules.iter().enumerate() {
            let Some(importer) = room(tree, of, from) else {
                continue;
            };
            for reference in &module.references {
                let target = tree.target(from, &reference.names);
                let Some(imported) = target.and_then(|target| room(tree, of, target)) else {
                    continue;
                };
                if imported == importer {
                    continue;
                }
                edges
                    .entry(importer.clone())
                    .or_default()
                    .entry(imported)
                    .or_insert_with(|| Example {
                        place: format!("{}:{}", module.file.display(), reference.line),
                        path: reference.names.join("::"),
                    });
            }
        }
        Self { edges }
    }

    /// Everything that `from` imports, itself or by others.
    fn reached(&self, from: &str) -> BTreeSet<&str> {
        let mut reached = BTreeSet::new();
        let mut next = vec![from];
        while let Some(at) = next.pop() {
            for imported in self.edges.get(at).into_iter().flat_map(BTreeMap::keys) {
                if reached.insert(imported.as_str()) {
                    next.push(imported);
                }
            }
        }
        reached
    }

    /// Sets whose every member reaches every other.
    fn circles(&self) -> Vec<BTreeSet<String>> {
        let reached: BTreeMap<&str, BTreeSet<&str>> = self
            .edges
            .keys()
            .map(|name| (name.as_str(), self.reached(name)))
            .collect();
        let mut circles = BTreeSet::new();
        for (name, reach) in &reached {
            if reach.contains(name) {
                let members: BTreeSet<String> = reach
                    .iter()
                    .filter(|other| reached.get(*other).is_some_and(|back| back.contains(name)))
                    .map(|&other| other.to_owned())
                    .collect();
                circles.insert(members);
            }
        }
        circles.into_iter().collect()
    }

    fn imports_within(&self, members: &BTreeSet<String>) -> Vec<String> {
        let mut out = Vec::new();
        for (importer, imports) in &self.edges {
            for (imported, example) in imports {
                if members.contains(importer) && members.contains(imported) {
                    out.push(format!(
                        "{importer} -> {imported}: {} ({})",
                        example.path, example.place
                    ));
                }
            }
        }
        out
    }

    /// Rooms in floors: each stands above all that it imports, as low as it can.
    fn floors(&self) -> Vec<Vec<String>> {
        let circles = self.circles();
        let in_one_circle = |a: &str, b: &str| {
            circles
                .iter()
                .any(|circle| circle.contains(a) && circle.contains(b))
        };
        let mut floors: Vec<Vec<String>> = Vec::new();
        let mut placed: BTreeSet<&str> = BTreeSet::new();
        while placed.len() < self.edges.len() {
            let ready: Vec<&str> = self
                .edges
                .keys()
                .map(String::as_str)
                .filter(|name| !placed.contains(name))
                .filter(|name| {
                    self.reached(name)
                        .iter()
                        .all(|imported| placed.contains(imported) || in_one_circle(name, imported))
                })
                .collect();
            if ready.is_empty() {
                break;
            }
            placed.extend(&ready);
            // The root of the crate stands above its rooms and is none of them, unless they import from it.
            let shown = ready.iter().filter(|name| {
                **name != ROOT || circles.iter().any(|circle| circle.contains(ROOT))
            });
            let shown: Vec<String> = shown.map(|&name| name.to_owned()).collect();
            if !shown.is_empty() {
                floors.push(shown);
            }
        }
        floors
    }
}

/// What stands directly in the folder `of` and holds the module `id`; `None` when that is elsewhere.
fn room(tree: &Tree, of: Id, id: Id) -> Option<String> {
    if id == of {
        return (of == 0).then(|| ROOT.to_owned());
    }
    if !tree.is_within(id, of) {
        return None;
    }
    let mut at = id;
    loop {
        let module = tree.modules.get(at)?;
        let parent = module.parent?;
        if parent == of {
            return Some(module.name.clone());
        }
        at = parent;
    }
}
