//! Which build a line belongs to.
//!
//! The go command prints each package's header once a build, so a header seen again begins the next build.
//! What the flags were is not written anywhere; what was printed shows it: explanations mean `-m=2`, and an
//! output with escape lines but no inlining line means `-l`.

/// A set of builds, numbered from 1. Builds from the 64th on share a place, so that a file of many builds
/// costs no more than one of few.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct BuildSet(u64);

impl BuildSet {
    /// The highest number that is told apart.
    pub const LAST: u32 = 64;

    /// The set of one build.
    pub const fn of(build: u32) -> Self {
        let place = if build > Self::LAST {
            Self::LAST
        } else {
            build
        };
        Self(1 << place.saturating_sub(1))
    }

    /// Adds the builds of `other`.
    pub fn insert(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Whether a build is in both.
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// No build.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The numbers in it; [`BuildSet::LAST`] stands for itself and all later ones.
    pub fn iter(self) -> impl Iterator<Item = u32> {
        (1..=Self::LAST).filter(move |build| self.intersects(Self::of(*build)))
    }
}

/// One build of the input.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Build {
    /// Lines of it.
    pub lines: u64,
    /// The line its first header stands on.
    pub first_line: u64,
    /// It explains its decisions (`-m=2` and above).
    pub explained: bool,
    /// It reports inlining; a build that does not was made with `-l`.
    pub inlining: bool,
    /// It dumps IR (`-m=3` and above).
    pub dumps: bool,
    /// It has escape analysis lines.
    pub escapes: bool,
    /// It was read from JSON logs.
    pub logs: bool,
}

impl Build {
    /// The flags that print such an output.
    pub const fn flags(&self) -> &'static str {
        if self.logs {
            return "-json=0";
        }
        match (self.escapes, self.explained, self.inlining, self.dumps) {
            (_, _, true, true) => "-m=3",
            (_, _, false, true) => "-m=3 -l",
            (true, true, true, _) => "-m=2",
            (true, true, false, _) => "-m=2 -l",
            (true, false, true, _) => "-m",
            (true, false, false, _) => "-m -l",
            (false, _, true, _) => "-m",
            (false, _, false, _) => "",
        }
    }
}
