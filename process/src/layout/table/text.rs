//! The text of a layout table.
//!
//! ```text
//! # where it comes from
//! release go1.27.3
//! wait 1 GC assist marking
//! const runtime._Gwaiting 4
//! const runtime._Foo@arm64 5
//! var runtime.semtable runtime.semTable
//! find runtime.sched 8 runtime.schedinit,runtime.mcount
//! find runtime.allgs 0+8 runtime.forEachG,-runtime.schedinit
//! runtime.g 456
//!  stack 0 runtime.stack
//!  goid 152 8
//!  trace 408 runtime.gTraceState
//! runtime.mheap@arm64 106008
//!  central 66272 [136]runtime.mheap.central
//!  +mutex 0 runtime.mutex
//! runtime.semTable@arm64 32128
//!  [] 0 [251]runtime.semTable.[]
//! ```
//!
//! A structure is a heading (name, size) and its members (name, offset, type), each indented by one space. A type
//! is a number, which is the size of something without parts; the name of another structure; or `[n]` and a
//! type. `+` marks an embedded member. A structure without a name of its own goes by the path to where it is
//! used (`runtime.mheap.central`), or by the variable whose type it is. An array with a name has `[]` for its only
//! member. `find` is a recipe of [`crate::runtime::search`]. What differs between the architectures stands twice, with `@GOARCH`.

use crate::arch::Arch;
use crate::image::GoVersion;
use crate::layout::Recipe;

/// One table, seen by one architecture.
#[derive(Clone, Copy)]
pub(super) struct Table<'t> {
    text: &'t str,
    arch: Arch,
}

/// One structure.
#[derive(Clone, Copy)]
pub(super) struct Block<'t> {
    pub name: &'t str,
    pub size: u64,
    body: &'t str,
}

/// One member.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct MemberLine<'t> {
    pub name: &'t str,
    pub offset: u64,
    pub of: MemberType<'t>,
    pub embedded: bool,
}

/// A member's type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum MemberType<'t> {
    /// No parts, so many bytes.
    Scalar(u64),
    /// A structure of the table.
    Named(&'t str),
    /// `[n]T`, as it is written.
    Array(&'t str),
}

impl<'t> MemberType<'t> {
    /// Reads a type.
    pub fn parse(text: &'t str) -> Self {
        if text.starts_with('[') {
            return Self::Array(text);
        }
        text.parse().map_or(Self::Named(text), Self::Scalar)
    }

    /// Count and element of `[n]T`.
    pub fn array(text: &'t str) -> Option<(u64, Self)> {
        let (count, element) = text.strip_prefix('[')?.split_once(']')?;
        Some((count.parse().ok()?, Self::parse(element)))
    }
}

impl<'t> Table<'t> {
    pub const fn new(text: &'t str, arch: Arch) -> Self {
        Self { text, arch }
    }

    /// The release whose table this is.
    pub fn version(&self) -> Option<GoVersion> {
        let text = self.after("release", "")?;
        GoVersion::parse(text.lines().next()?)
    }

    /// The structure of a name, or of the variable of that name.
    pub fn block(&self, name: &str) -> Option<Block<'t>> {
        self.structure(name).or_else(|| {
            let of = self.after("var", name)?.lines().next()?;
            self.structure(of)
        })
    }

    fn structure(&self, name: &str) -> Option<Block<'t>> {
        let start = self
            .find("", name)
            .or_else(|| self.find("", &format!("{name}@{}", self.arch.name())))?;
        let text = self.text.get(start..)?;
        let (heading, rest) = text.split_once('\n').unwrap_or((text, ""));
        let (full, size) = heading.split_once(' ')?;
        // The body ends at the first line that is not indented.
        let end = if rest.starts_with(' ') {
            memchr::memchr_iter(b'\n', rest.as_bytes())
                .find(|at| rest.as_bytes().get(at + 1) != Some(&b' '))
                .unwrap_or(rest.len())
        } else {
            0
        };
        Some(Block {
            name: full.split('@').next()?,
            size: size.parse().ok()?,
            body: rest.get(..end)?,
        })
    }

    /// Every structure that this architecture has.
    pub fn blocks(self) -> impl Iterator<Item = Block<'t>> {
        let headings = self.text.lines().filter_map(move |line| {
            let (name, size) = line.split_once(' ')?;
            let (name, arch) = name.split_once('@').unwrap_or((name, self.arch.name()));
            let here = !name.is_empty() && arch == self.arch.name();
            // Lines of other kinds have a keyword first, which no structure is named.
            (here && size.parse::<u64>().is_ok()).then_some(name)
        });
        headings.filter_map(move |name| self.structure(name))
    }

    /// Recipes for finding variables.
    pub fn recipes(self) -> impl Iterator<Item = Recipe<'t>> {
        let lines = self.text.lines().filter_map(|l| l.strip_prefix("find "));
        lines.filter_map(move |line| {
            let mut words = line.splitn(3, ' ');
            let (name, offsets, functions) = (words.next()?, words.next()?, words.next()?);
            let (name, arch) = name.split_once('@').unwrap_or((name, self.arch.name()));
            let offsets: Result<Vec<u64>, _> = offsets.split('+').map(str::parse).collect();
            let recipe = Recipe {
                variable: name,
                offsets: offsets.ok()?,
                functions: functions.split(',').collect(),
            };
            (arch == self.arch.name()).then_some(recipe)
        })
    }

    /// The value of a constant.
    pub fn constant(&self, name: &str) -> Option<i64> {
        let value = self
            .after("const", name)
            .or_else(|| self.after("const", &format!("{name}@{}", self.arch.name())))?;
        value.lines().next()?.parse().ok()
    }

    /// The text of a wait reason.
    pub fn wait_reason(&self, number: u8) -> Option<&'t str> {
        self.after("wait", &number.to_string())?.lines().next()
    }

    /// The text from behind `keyword name ` on.
    fn after(&self, keyword: &str, name: &str) -> Option<&'t str> {
        let keyword = format!("{keyword} ");
        let start = self.find(&keyword, name)? + keyword.len() + name.len();
        let rest = self.text.get(start..)?;
        Some(rest.strip_prefix(' ').unwrap_or(rest))
    }

    /// Where the line begins that starts with `keyword` and `name`, as a whole word.
    fn find(&self, keyword: &str, name: &str) -> Option<usize> {
        let end = if name.is_empty() { "" } else { " " };
        let line = format!("\n{keyword}{name}{end}");
        memchr::memmem::find(self.text.as_bytes(), line.as_bytes()).map(|at| at + 1)
    }
}

impl<'t> Block<'t> {
    /// The type of an array that has a name.
    pub fn as_array(self) -> Option<MemberType<'t>> {
        let array = self.members().next().filter(|m| m.name == "[]")?;
        Some(array.of)
    }

    /// The members, in order.
    pub fn members(self) -> impl Iterator<Item = MemberLine<'t>> {
        self.body.lines().filter_map(|line| {
            let mut words = line.strip_prefix(' ')?.splitn(3, ' ');
            let (name, offset, of) = (words.next()?, words.next()?, words.next()?);
            let bare = name.strip_prefix('+');
            Some(MemberLine {
                name: bare.unwrap_or(name),
                offset: offset.parse().ok()?,
                of: MemberType::parse(of),
                embedded: bare.is_some(),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# made\nrelease go1.27.3\nwait 1 GC assist marking\nvar runtime.first runtime.g\nconst runtime.a 4\n\
        const runtime.b@arm64 -5\nruntime.empty 0\nruntime.g 456\n stack 0 runtime.stack\n +m 16 [2]8\n\
        runtime.gx@amd64 1\n a 0 1\nruntime.gx@arm64 2\n b 1 [2][3]runtime.g\n";

    #[test]
    fn structures_constants_and_texts_are_found_by_whole_names() {
        let (amd64, arm64) = (Table::new(TEXT, Arch::Amd64), Table::new(TEXT, Arch::Arm64));
        assert_eq!(amd64.version().unwrap().text, "go1.27.3");
        assert_eq!(amd64.wait_reason(1), Some("GC assist marking"));
        assert_eq!(amd64.wait_reason(2), None);
        assert_eq!(
            (amd64.constant("runtime.a"), amd64.constant("runtime")),
            (Some(4), None)
        );
        assert_eq!(
            (amd64.constant("runtime.b"), arm64.constant("runtime.b")),
            (None, Some(-5))
        );
        let members = |table: Table<'static>, name| {
            let block = table.block(name).unwrap();
            (block.name, block.size, block.members().collect::<Vec<_>>())
        };
        let line = |name, offset, of, embedded| MemberLine {
            name,
            offset,
            of,
            embedded,
        };
        let g = vec![
            line("stack", 0, MemberType::Named("runtime.stack"), false),
            line("m", 16, MemberType::Array("[2]8"), true),
        ];
        assert_eq!(
            members(amd64, "runtime.first"),
            ("runtime.g", 456, g.clone())
        );
        assert_eq!(members(amd64, "runtime.g"), ("runtime.g", 456, g));
        assert_eq!(
            members(amd64, "runtime.empty"),
            ("runtime.empty", 0, vec![])
        );
        let gx = vec![line("a", 0, MemberType::Scalar(1), false)];
        assert_eq!(members(amd64, "runtime.gx"), ("runtime.gx", 1, gx));
        let gx = vec![line("b", 1, MemberType::Array("[2][3]runtime.g"), false)];
        assert_eq!(members(arm64, "runtime.gx"), ("runtime.gx", 2, gx));
        assert!(amd64.block("runtime.gy").is_none() && amd64.block("stack").is_none());
        assert_eq!(
            MemberType::array("[2][3]runtime.g"),
            Some((2, MemberType::Array("[3]runtime.g")))
        );
    }
}
