//! Functions in a file, and the blocks in them.

use super::assigned::Assigned;
use super::lex::Source;
use std::ops::Range;
use std::sync::Arc;

/// What a block is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Block {
    Loop,
    Literal,
    /// Of a switch or select: one of its cases runs.
    Cases,
    Other,
}

/// A block: what it is, from the keyword that it belongs to, to its end.
#[derive(Clone, Debug)]
pub(super) struct Extent {
    pub(super) block: Block,
    pub(super) from: usize,
    pub(super) to: usize,
    /// Its opening brace.
    open: usize,
    /// Where its cases begin.
    cases: Vec<usize>,
}

impl Extent {
    /// Whether a brace is the one that opens it.
    pub(super) const fn opens(&self, at: usize) -> bool {
        self.open == at
    }
}

/// A function of a file.
pub struct Function {
    pub(super) source: Arc<Source>,
    pub(super) body: Range<usize>,
    /// The blocks in it, by their beginning.
    pub(super) blocks: Vec<Extent>,
    /// What is assigned to the names that were asked about.
    pub(super) assigned: Assigned,
}

impl Function {
    /// The function that begins on a line, by its full name as the linker has it.
    pub fn of(source: &Arc<Source>, name: &str, line: u64) -> Option<Self> {
        let bare = without_brackets(name);
        let last = bare.rsplit(['.', '/']).next().unwrap_or_default();
        let is_literal = last
            .strip_prefix("func")
            .is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()))
            || last.starts_with(|c: char| c.is_ascii_digit());
        let from = source.words.partition_point(|word| word.line < line);
        let to = source.words.partition_point(|word| word.line <= line);
        let mut found = (from..to).filter_map(|at| {
            let open = source.body_of(at)?;
            let name = source.name_of(at);
            let fits = if is_literal {
                name.is_none()
            } else {
                name == Some(last)
            };
            fits.then_some(open)
        });
        let open = found.next().filter(|_| found.next().is_none())?;
        let body = open + 1..source.close(open)?;
        let mut function = Self {
            source: Arc::clone(source),
            blocks: Vec::new(),
            body,
            assigned: Assigned::default(),
        };
        function.find_blocks();
        Some(function)
    }

    fn find_blocks(&mut self) {
        let source = Arc::clone(&self.source);
        // Keywords whose block is still to come, each with the number of brackets that it stands in.
        let mut headers: Vec<(Block, usize, usize)> = Vec::new();
        let mut bodies: Vec<usize> = Vec::new();
        // The ends of the brackets that are open.
        let mut open: Vec<usize> = Vec::new();
        for at in self.body.clone() {
            while open.last().is_some_and(|close| *close <= at) {
                open.pop();
            }
            let depth = open.len();
            let sign = source.sign(at);
            open.extend(source.close(at));
            match sign {
                "for" => headers.push((Block::Loop, at, depth)),
                "switch" | "select" => headers.push((Block::Cases, at, depth)),
                "if" | "else" => headers.push((Block::Other, at, depth)),
                "func" => bodies.extend(source.body_of(at)),
                "case" | "default" => {
                    let inside = |of: &&mut Extent| of.block == Block::Cases && at < of.to;
                    if let Some(extent) = self.blocks.iter_mut().rev().find(inside) {
                        extent.cases.push(at);
                    }
                }
                "{" => {
                    let Some(to) = source.close(at) else {
                        return;
                    };
                    let own = headers.iter().position(|(.., of)| *of == depth);
                    let previous = source.sign(at.wrapping_sub(1));
                    let (block, from) = if bodies.contains(&at) {
                        (Block::Literal, at)
                    } else if self.is_of_type(at) {
                        continue;
                    } else if let Some(own) = own {
                        // `else if` is one block.
                        let last = headers.last().copied();
                        headers.truncate(own);
                        last.map_or((Block::Other, at), |(block, from, _)| (block, from))
                    } else if matches!(previous, ";" | "{" | "}" | ":" | "") {
                        (Block::Other, at)
                    } else {
                        continue;
                    };
                    self.blocks.push(Extent {
                        block,
                        from,
                        to,
                        open: at,
                        cases: Vec::new(),
                    });
                }
                _ => {}
            }
        }
    }

    /// Whether a brace is part of a type, or begins a value of one that cannot be mistaken: `[]T{`, `map[K]V{`.
    fn is_of_type(&self, at: usize) -> bool {
        let source = &self.source;
        if matches!(source.sign(at.wrapping_sub(1)), "struct" | "interface") {
            return true;
        }
        let mut start = at.wrapping_sub(1);
        if !source.is_name(start) {
            return false;
        }
        while source.sign(start.wrapping_sub(1)) == "." {
            start = start.wrapping_sub(2);
        }
        while source.sign(start.wrapping_sub(1)) == "*" {
            start = start.wrapping_sub(1);
        }
        source.sign(start.wrapping_sub(1)) == "]"
    }

    /// Whether a block is a function literal's.
    pub(super) fn is_literal(&self, number: usize) -> bool {
        let extent = self.blocks.get(number);
        extent.is_some_and(|extent| extent.block == Block::Literal)
    }

    /// The blocks around a token, outermost first, each with the number of its case.
    pub(super) fn path(&self, at: usize) -> Vec<(usize, usize)> {
        let around = self.blocks.iter().enumerate();
        around
            .filter(|(_, extent)| extent.open <= at && at < extent.to)
            .map(|(number, extent)| {
                let case = extent.cases.iter().filter(|case| **case <= at).count();
                (number, case)
            })
            .collect()
    }
}

impl Source {
    /// The opening brace of the function whose keyword stands there.
    pub(super) fn body_of(&self, at: usize) -> Option<usize> {
        if self.sign(at) != "func" {
            return None;
        }
        let after = self.signature(at + 1)?;
        (self.sign(after) == "{").then_some(after)
    }

    /// The name of the function whose keyword stands there; literals have none.
    fn name_of(&self, at: usize) -> Option<&str> {
        let mut after = at + 1;
        if self.sign(after) == "(" {
            after = self.close(after)? + 1;
        }
        // A literal's result may be a name, a method's name is followed by its arguments.
        let is_named = self.is_name(after) && matches!(self.sign(after + 1), "(" | "[");
        is_named.then(|| self.sign(after))
    }

    /// What follows a function's name, arguments and results, from after its keyword on.
    fn signature(&self, mut at: usize) -> Option<usize> {
        if self.sign(at) == "("
            && self.is_name(self.close(at)? + 1)
            && self.sign(self.close(at)? + 2) == "("
        {
            at = self.close(at)? + 1;
        }
        if self.is_name(at) {
            at += 1;
            if self.sign(at) == "[" {
                at = self.close(at)? + 1;
            }
        }
        if self.sign(at) != "(" {
            return None;
        }
        at = self.close(at)? + 1;
        match self.sign(at) {
            "(" => Some(self.close(at)? + 1),
            _ => Some(self.type_end(at).unwrap_or(at)),
        }
    }

    /// What follows a type; `None` where none begins.
    pub(super) fn type_end(&self, at: usize) -> Option<usize> {
        match self.sign(at) {
            "*" | "chan" => self.type_end(at + 1),
            "<-" if self.sign(at + 1) == "chan" => self.type_end(at + 2),
            "<-" => self.type_end(at + 1),
            "[" => self.type_end(self.close(at)? + 1),
            "map" => self.type_end(self.close(at + 1)? + 1),
            "(" => Some(self.close(at)? + 1),
            "func" => self.signature(at + 1),
            "struct" | "interface" => Some(self.close(at + 1)? + 1),
            _ if self.is_name(at) => {
                let mut after = at + 1;
                if self.sign(after) == "." {
                    after += 2;
                }
                if self.sign(after) == "[" {
                    after = self.close(after)? + 1;
                }
                Some(after)
            }
            _ => None,
        }
    }
}

/// A name without its type arguments.
fn without_brackets(name: &str) -> String {
    let mut depth = 0_usize;
    let mut bare = String::new();
    for c in name.chars() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            c if depth == 0 => bare.push(c),
            _ => {}
        }
    }
    bare
}
