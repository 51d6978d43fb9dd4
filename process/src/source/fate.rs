//! From which assignment a variable has its value at a line.
//!
//! The last assignment before the line in the text counts if it stands in a block around the line: then every way there goes
//! through it. No other may come between, as in a loop around both, in a function literal, or through a pointer.

use super::assigned::{Assignment, Assignments};
use super::blocks::{Block, Function};
use super::lex::{Sort, Word};
use std::sync::{Arc, PoisonError};

/// A variable that is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'n> {
    /// Its name.
    pub name: &'n str,
    /// The line of its declaration.
    pub declared: u64,
    /// The line that the function stands at.
    pub here: u64,
    /// It is an argument or a result.
    pub is_parameter: bool,
    /// It is a result.
    pub is_result: bool,
    /// It may be changed in part, or by a method that is called of it.
    pub has_parts: bool,
}

/// Where a value is from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fate {
    /// The function was called with it.
    Entry,
    /// Zero, as a declaration without a value has it.
    Zero(u64),
    /// An expression, by its tokens, with its line.
    Given(Vec<Word>, u64),
    /// It was assigned on that line for the first and only time.
    Once(u64),
}

/// Signs of statements that assign.
const ASSIGNS: [&str; 15] = [
    ":=", "=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=", "&^=", "++", "--",
];

impl Function {
    /// Where a variable's value is from; `None` when that cannot be told.
    pub fn fate(&self, asked: &Asked<'_>) -> Option<Fate> {
        let source = &self.source;
        let Some(at) = self.origin(asked)? else {
            return match (asked.is_parameter, asked.is_result) {
                (true, false) => Some(Fate::Entry),
                (true, true) => Some(Fate::Zero(asked.declared)),
                _ => None,
            };
        };
        let all = self.assignments(asked)?;
        let own = || all.iter().filter(|of| source.line(of.at) >= asked.declared);
        let last = own().find(|of| of.at == at)?;
        let is_first = source.line(at) == asked.declared;
        if last.is_zero {
            return Some(Fate::Zero(source.line(at)));
        }
        if let Some(value) = &last.value {
            let words = source.words.get(value.clone())?.to_vec();
            return Some(Fate::Given(words, source.line(at)));
        }
        (is_first && own().count() == 1).then(|| Fate::Once(source.line(at)))
    }

    /// Which assignment a variable has its value from, by its token, or `None` when none has come yet; nothing when that cannot
    /// be told.
    #[expect(
        clippy::option_option,
        reason = "that nothing was assigned is known, too"
    )]
    pub(super) fn origin(&self, asked: &Asked<'_>) -> Option<Option<usize>> {
        let source = &self.source;
        let all = self.assignments(asked)?;
        let line = |at: usize| source.line(at);
        // Code before the first statement and after the last one has the line of the end.
        if asked.here >= line(self.body.end) {
            return None;
        }
        // A function literal that stands further on has not run, unless a loop goes back.
        let in_literal = |of: &Assignment| {
            let around = self.path(of.at);
            around.iter().any(|(n, _)| {
                self.blocks.get(*n).is_some_and(|extent| {
                    extent.block == Block::Literal && line(extent.from) <= asked.here
                })
            })
        };
        if all.iter().any(in_literal) {
            return None;
        }
        let own: Vec<&Assignment> = all
            .iter()
            .filter(|of| line(of.at) >= asked.declared)
            .collect();
        if !asked.is_parameter
            && own
                .iter()
                .filter(|of| line(of.at) == asked.declared)
                .count()
                != 1
        {
            return None;
        }
        if own
            .iter()
            .any(|of| line(of.at) <= asked.here && asked.here <= line(of.end))
        {
            return None;
        }
        let (before, after): (Vec<&Assignment>, Vec<&Assignment>) =
            own.iter().partition(|of| line(of.at) < asked.here);
        let comes_back = |of: &&Assignment| {
            self.blocks.iter().any(|extent| {
                extent.block == Block::Loop
                    && asked.declared <= line(extent.from)
                    && line(extent.from) <= asked.here
                    && asked.here <= line(extent.to)
                    && line(of.at) <= line(extent.to)
            })
        };
        if after.iter().any(comes_back) {
            return None;
        }
        let Some(last) = before.last() else {
            return Some(None);
        };
        if !self.leads_to(last.at, asked.here) {
            return None;
        }
        let is_first = line(last.at) == asked.declared;
        // A declaration on another line may be of another variable.
        if last.declares && (!is_first || asked.is_parameter) {
            return None;
        }
        Some(Some(last.at))
    }

    /// Whether an expression may have been assigned only once, whatever it is: by a declaration that nothing follows.
    pub fn is_only(&self, asked: &Asked<'_>) -> bool {
        let line = |at: usize| self.source.line(at);
        self.assignments(asked).is_some_and(|all| {
            let mut own = all.iter().filter(|of| line(of.at) >= asked.declared);
            own.next().is_some_and(|of| line(of.at) == asked.declared) && own.next().is_none()
        })
    }

    /// Whether nothing but one assignment assigns anything on a line, as far as the text of it goes.
    pub fn is_alone(&self, line: u64) -> bool {
        let on_line = self.source.on_line(line).iter();
        // A function literal may assign whatever is around it.
        let assigns = on_line.filter(|word| match word.sort {
            Sort::Sign => ASSIGNS.contains(&word.text.as_str()),
            sort => sort == Sort::Name && word.text == "func",
        });
        assigns.count() == 1
    }

    /// The first token of a line that is more than the end of a block.
    pub(super) fn first_of(&self, line: u64) -> usize {
        let words = &self.source.words;
        let mut first = words.partition_point(|word| word.line < line);
        while self.source.sign(first) == "}" {
            first += 1;
        }
        first
    }

    /// Whether every way to a line goes through a token before it.
    fn leads_to(&self, at: usize, here: u64) -> bool {
        let first = self.first_of(here);
        let (to, from) = (self.path(first), self.path(at));
        to.starts_with(&from) && self.body.contains(&first)
    }

    /// All assignments of a name, sought at the first question about it; `None` when it may change in another way.
    pub(super) fn assignments(&self, asked: &Asked<'_>) -> Assignments {
        let known = || {
            let known = self.assigned.known.lock();
            known.unwrap_or_else(PoisonError::into_inner)
        };
        let key = (asked.name.to_owned(), asked.is_result, asked.has_parts);
        if let Some(found) = known().get(&key) {
            return found.clone();
        }
        let found = self.seek_assignments(asked).map(Arc::from);
        known().insert(key, found.clone());
        found
    }

    fn seek_assignments(&self, asked: &Asked<'_>) -> Option<Vec<Assignment>> {
        let source = &self.source;
        let mut found = Vec::new();
        for at in self.body.clone() {
            let sign = source.sign(at);
            if sign == "goto" || sign == "defer" && asked.is_result {
                return None;
            }
            if sign != asked.name || !source.is_name(at) {
                continue;
            }
            let (previous, next) = (source.sign(at.wrapping_sub(1)), source.sign(at + 1));
            if previous == "." {
                continue;
            }
            let has_rest = matches!(next, "." | "[");
            let is_address = previous == "&" && !has_rest;
            if is_address || asked.has_parts && has_rest {
                return None;
            }
            if has_rest || previous == "*" {
                continue;
            }
            let is_of_itself = |of: &Assignment| {
                let value = of.value.clone();
                let value = value.and_then(|value| source.words.get(value));
                !of.declares && matches!(value, Some([word]) if word.text == asked.name)
            };
            found.extend(self.assignment(at).filter(|of| !is_of_itself(of)));
        }
        Some(found)
    }

    /// The assignment whose left side has a name.
    fn assignment(&self, at: usize) -> Option<Assignment> {
        let source = &self.source;
        let start = self.statement(at);
        let is_var = source.sign(start) == "var" || self.is_in_group(start, "var");
        let first = if source.sign(start) == "var" {
            start + 1
        } else {
            start
        };
        // Names before this one and after it, with commas between.
        let mut names = 1;
        let mut left = at;
        while left > first {
            if source.sign(left - 1) != "," {
                return None;
            }
            left = self.operand_before(left - 1, first)?;
            names += 1;
        }
        let mut next = at + 1;
        while source.sign(next) == "," {
            next = self.operand_after(next + 1)?;
            names += 1;
        }
        let end_of = |from: usize| self.end_of_statement(from);
        if is_var {
            let after_type = source.type_end(next).unwrap_or(next);
            let next = if source.sign(next) == "=" {
                next
            } else {
                after_type
            };
            let has_value = source.sign(next) == "=";
            let end = end_of(next);
            return Some(Assignment {
                at,
                end,
                declares: true,
                value: (has_value && names == 1).then_some(next + 1..end),
                is_zero: !has_value,
            });
        }
        let sign = source.sign(next);
        if !ASSIGNS.contains(&sign) {
            return None;
        }
        let end = end_of(next + 1);
        let is_range = source.sign(next + 1) == "range";
        let is_case = matches!(source.sign(start.wrapping_sub(1)), "case");
        let whole = matches!(sign, ":=" | "=") && names == 1 && !is_range && !is_case;
        Some(Assignment {
            at,
            end,
            declares: sign == ":=",
            value: whole.then_some(next + 1..end),
            is_zero: false,
        })
    }

    /// Where the statement begins that a token stands in.
    fn statement(&self, at: usize) -> usize {
        let mut start = at;
        while start > self.body.start {
            match self.source.sign(start - 1) {
                ";" | "{" | "}" | ":" | "if" | "for" | "switch" | "case" | "else" => break,
                // An argument is no part of a left side.
                "(" if self.source.sign(start.wrapping_sub(2)) == "var" => break,
                ")" | "]" => {
                    let close = start - 1;
                    let open = (self.body.start..close).rev();
                    let mut open = open.filter(|open| self.source.close(*open) == Some(close));
                    match open.next() {
                        Some(open) => start = open,
                        None => break,
                    }
                }
                _ => start -= 1,
            }
        }
        start
    }

    /// Whether a statement stands in brackets after a keyword.
    fn is_in_group(&self, start: usize, keyword: &str) -> bool {
        let around = (self.body.start..start).rev();
        let mut around =
            around.filter(|open| self.source.close(*open).is_some_and(|close| close > start));
        around.next().is_some_and(|open| {
            self.source.sign(open) == "(" && self.source.sign(open.wrapping_sub(1)) == keyword
        })
    }

    /// Where an operand of a left side begins that ends before a token.
    fn operand_before(&self, end: usize, first: usize) -> Option<usize> {
        let mut at = end;
        let mut depth = 0_usize;
        while at > first {
            match self.source.sign(at - 1) {
                ")" | "]" | "}" => depth += 1,
                "(" | "[" | "{" => depth = depth.checked_sub(1)?,
                "," if depth == 0 => return Some(at),
                _ => {}
            }
            at -= 1;
        }
        (depth == 0).then_some(at)
    }

    /// What follows an operand of a left side.
    fn operand_after(&self, mut at: usize) -> Option<usize> {
        loop {
            match self.source.sign(at) {
                "(" | "[" | "{" => at = self.source.close(at)? + 1,
                "." | "*" => at += 1,
                _ if self.source.is_name(at) => at += 1,
                _ => return Some(at),
            }
        }
    }

    /// The token that ends a statement.
    fn end_of_statement(&self, mut at: usize) -> usize {
        while at < self.body.end {
            match self.source.sign(at) {
                ";" | ")" | "]" | "}" => break,
                "{" if self.blocks.iter().any(|extent| extent.opens(at)) => break,
                "(" | "[" | "{" => at = self.source.close(at).unwrap_or(at) + 1,
                ":" => break,
                _ => at += 1,
            }
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Function, Source};
    use super::{Asked, Fate};
    use std::sync::Arc;

    const TEXT: &str = "package p

func f(a int, b string) (r int) {
\tx := 5
\tvar y int
\tvar s string = \"a\" + `b`
\tg()
\tif a > 3 {
\t\tx = 7
\t\tg()
\t}
\tg()
\tfor i := range []int{1, 2} {
\t\tg()
\t\ty = i
\t\tz := 1
\t\tg()
\t\tz = 2
\t}
\tswitch x {
\tcase 1:
\t\tb = \"\"
\tdefault:
\t\tg()
\t}
\tg()
\tdone(&s)
\tcall(func() { a = 3 })
\treturn x
}
";

    fn fate(name: &str, declared: u64, here: u64) -> Option<String> {
        let source = Arc::new(Source::of(TEXT).unwrap());
        let function = Function::of(&source, "p.f", 3).unwrap();
        let fate = function.fate(&Asked {
            name,
            declared,
            here,
            is_parameter: declared == 3,
            is_result: name == "r",
            has_parts: false,
        })?;
        Some(match fate {
            Fate::Given(words, line) => {
                let words: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
                format!("{} of {line}", words.join(" "))
            }
            other => format!("{other:?}"),
        })
    }

    #[test]
    fn the_last_assignment_that_every_way_goes_through_is_the_one() {
        let told = |name, declared, here| fate(name, declared, here).unwrap_or_default();
        assert_eq!(told("x", 4, 7), "5 of 4");
        assert_eq!(told("x", 4, 10), "7 of 9");
        // It depends on the way taken.
        assert_eq!(told("x", 4, 12), "");
        assert_eq!(told("y", 5, 7), "Zero(5)");
        // The loop may have gone round already.
        assert_eq!(told("y", 5, 14), "");
        assert_eq!(told("z", 16, 17), "1 of 16");
        assert_eq!(told("r", 3, 12), "Zero(3)");
        assert_eq!(told("b", 3, 12), "Entry");
        // Assigned in another case, and perhaps.
        assert_eq!(told("b", 3, 24), "");
        assert_eq!(told("b", 3, 26), "");
    }

    #[test]
    fn what_is_assigned_to_itself_is_as_it_was() {
        let text =
            "package p\n\nfunc f(a int) int {\n\tx := a\n\ta = a\n\tx = x\n\treturn g(x)\n}\n";
        let source = Arc::new(Source::of(text).unwrap());
        let function = Function::of(&source, "p.f", 3).unwrap();
        let fate = |name, declared| {
            function.fate(&Asked {
                name,
                declared,
                here: 7,
                is_parameter: declared == 3,
                is_result: false,
                has_parts: false,
            })
        };
        assert_eq!(fate("a", 3), Some(Fate::Entry));
        let Some(Fate::Given(words, 4)) = fate("x", 4) else {
            panic!("x has its value from line 4");
        };
        assert_eq!(words.first().map(|word| word.text.as_str()), Some("a"));
    }

    #[test]
    fn what_may_change_elsewhere_is_not_told() {
        // Its address is taken; a function literal assigns it, once there is one.
        assert_eq!(fate("s", 6, 7), None);
        assert_eq!(fate("a", 3, 7).as_deref(), Some("Entry"));
        assert_eq!(fate("a", 3, 29), None);
        // At the end of a function its beginning may be meant.
        assert_eq!(fate("r", 3, 30), None);
    }
}
