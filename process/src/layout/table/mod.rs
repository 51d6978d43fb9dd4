//! Layouts from built-in tables, for binaries without DWARF.
//!
//! One table per release, generated from DWARF by `tools/layouts` and committed as text (`../tables/*.txt`): made
//! for review, so that the difference of two releases is the difference of two files. A table is never parsed as
//! a whole; a question finds the block of its structure by searching for its heading, and reads that. See
//! [`text`] for the format and [`write`] for how tables are made.

#[cfg(test)]
mod tests;
mod text;
mod write;

pub use write::{TableImage, write_table};

use super::shape::{Member, Node, Shape, Shapes, resolve};
use super::{Field, LayoutSource, Layouts};
use crate::arch::Arch;
use crate::image::GoVersion;
use crate::layout::Recipe;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, PoisonError};
use text::{Block, MemberType, Table};

/// The tables, oldest release first. A new release is one more line, and a file made by `tools/layouts`.
const TABLES: [&str; 9] = [
    include_str!("../tables/go1.19.txt"),
    include_str!("../tables/go1.20.txt"),
    include_str!("../tables/go1.21.txt"),
    include_str!("../tables/go1.22.txt"),
    include_str!("../tables/go1.23.txt"),
    include_str!("../tables/go1.24.txt"),
    include_str!("../tables/go1.25.txt"),
    include_str!("../tables/go1.26.txt"),
    include_str!("../tables/go1.27.txt"),
];

/// Layouts of one release on one architecture, from its table or the nearest there is.
pub struct TableLayouts {
    table: Table<'static>,
    source: LayoutSource,
    shapes: Mutex<Interned>,
}

/// A type of a table: a number into [`Interned`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Id(usize);

/// Shapes read so far, and the text that each stands for.
#[derive(Default)]
struct Interned {
    ids: FxHashMap<MemberType<'static>, Id>,
    types: Vec<(MemberType<'static>, Option<Arc<Shape<Id>>>)>,
    /// What was asked for by name. A search goes through most of the text, and the same is asked of every goroutine.
    roots: FxHashMap<Box<str>, Option<Id>>,
}

impl Interned {
    fn id(&mut self, of: MemberType<'static>) -> Id {
        *self.ids.entry(of).or_insert_with(|| {
            self.types.push((of, None));
            Id(self.types.len() - 1)
        })
    }
}

impl TableLayouts {
    /// The table for a release: its own, or that of the nearest release, which [`Layouts::source`] then says.
    /// Patch releases of one minor release have the same layouts unless a fix moved a field.
    pub fn for_release(version: &GoVersion, arch: Arch) -> Option<Self> {
        let distance = |table: &Table<'_>| {
            let own = table.version()?;
            // The older of two neighbours: structures change more often by growing at a later release.
            let minor = own.minor.abs_diff(version.minor);
            Some((
                minor,
                own.minor > version.minor,
                own.patch.abs_diff(version.patch),
            ))
        };
        let tables = TABLES.iter().map(|text| Table::new(text, arch));
        let table = tables.min_by_key(|t| distance(t).unwrap_or((u32::MAX, true, 0)))?;
        let own = table.version()?;
        let same_release = (own.minor, own.patch) == (version.minor, version.patch);
        let source = if same_release && version.experiments().next().is_none() {
            LayoutSource::Table(own.text)
        } else {
            LayoutSource::NearestTable(own.text)
        };
        Some(Self {
            table,
            source,
            shapes: Mutex::default(),
        })
    }

    /// The releases that have a table, oldest first.
    pub fn releases() -> impl Iterator<Item = GoVersion> {
        let tables = TABLES.iter().map(|text| Table::new(text, Arch::Amd64));
        tables.filter_map(|table| table.version())
    }

    /// The text of a wait reason by number, for processes whose own `runtime.waitReasonStrings` is lost. Only
    /// from the table of exactly this release: numbers change.
    pub fn wait_reason(&self, number: u8) -> Option<&'static str> {
        matches!(self.source, LayoutSource::Table(_))
            .then(|| self.table.wait_reason(number))
            .flatten()
    }

    /// How to find the runtime's variables in a program of this release without symbols.
    pub fn recipes(&self) -> Vec<Recipe<'static>> {
        self.table.recipes().collect()
    }

    /// Every structure of the table for this architecture, and the names of its members.
    pub fn structures(&self) -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
        self.table.blocks().map(|block| {
            let members = block.members().map(|member| member.name);
            (block.name, members.collect())
        })
    }

    fn root(&self, structure: &str) -> Option<Id> {
        let mut shapes = self.shapes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(root) = shapes.roots.get(structure) {
            return *root;
        }
        let block = self.table.block(structure);
        let root = block.map(|block| shapes.id(MemberType::Named(block.name)));
        shapes.roots.insert(structure.into(), root);
        root
    }

    fn build(&self, of: MemberType<'static>, shapes: &mut Interned) -> Option<Shape<Id>> {
        match of {
            MemberType::Scalar(size) => Some(Shape {
                size,
                node: Node::Scalar,
            }),
            MemberType::Named(name) => {
                let block: Block<'static> = self.table.block(name)?;
                if let Some(array @ MemberType::Array(_)) = block.as_array() {
                    return self.build(array, shapes);
                }
                let members = block.members().map(|m| Member {
                    name: m.name.into(),
                    offset: m.offset,
                    shape: shapes.id(m.of),
                    embedded: m.embedded,
                });
                Some(Shape {
                    size: block.size,
                    node: Node::Struct(members.collect()),
                })
            }
            MemberType::Array(text) => {
                let (count, element) = MemberType::array(text)?;
                let stride = self.size(element)?;
                Some(Shape {
                    size: stride.checked_mul(count)?,
                    node: Node::Array {
                        element: shapes.id(element),
                        count,
                    },
                })
            }
        }
    }

    fn size(&self, of: MemberType<'static>) -> Option<u64> {
        match of {
            MemberType::Scalar(size) => Some(size),
            MemberType::Named(name) => Some(self.table.block(name)?.size),
            MemberType::Array(text) => {
                let (count, element) = MemberType::array(text)?;
                self.size(element)?.checked_mul(count)
            }
        }
    }
}

impl Shapes for TableLayouts {
    type Ref = Id;

    fn shape(&self, of: Id) -> Option<Arc<Shape<Id>>> {
        let mut shapes = self.shapes.lock().unwrap_or_else(PoisonError::into_inner);
        let (text, known) = shapes.types.get(of.0)?;
        if let Some(known) = known {
            return Some(Arc::clone(known));
        }
        let text = *text;
        let shape = Arc::new(self.build(text, &mut shapes)?);
        shapes.types.get_mut(of.0)?.1 = Some(Arc::clone(&shape));
        Some(shape)
    }
}

impl Layouts for TableLayouts {
    fn field(&self, structure: &str, path: &str) -> Option<Field> {
        resolve(self, self.root(structure)?, path)
    }

    fn size_of(&self, structure: &str) -> Option<u64> {
        Some(self.shape(self.root(structure)?)?.size)
    }

    fn constant(&self, name: &str) -> Option<i64> {
        self.table.constant(name)
    }

    fn source(&self) -> LayoutSource {
        self.source.clone()
    }
}
