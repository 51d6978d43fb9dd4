//! Calls that a variable is given to as it is.

use super::blocks::{Block, Function};
use super::fate::Asked;
use super::lex::Sort;

/// A call with a variable's name as one of its arguments.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Given {
    /// The line that it stands on.
    pub line: u64,
    /// The function's name, with its package's when that is another.
    pub callee: String,
    /// Which argument it is.
    pub argument: usize,
}

impl Function {
    /// The calls of named functions that are given a variable while it has the value that it has here. Only when its value is not
    /// from inside a loop, where one round's is not the next's.
    pub fn given(&self, asked: &Asked<'_>) -> Vec<Given> {
        let Some(origin) = self.origin(asked) else {
            return Vec::new();
        };
        let source = &self.source;
        // A constant of the same name is assigned nowhere, and hides the variable.
        if self.body.clone().any(|at| source.sign(at) == "const") {
            return Vec::new();
        }
        let in_loop = |at: usize| {
            let blocks = self.blocks.iter();
            let mut loops = blocks.filter(|extent| extent.block == Block::Loop);
            loops.any(|extent| extent.from <= at && at <= extent.to)
        };
        if origin.is_some_and(in_loop) {
            return Vec::new();
        }
        let calls = self.body.clone().filter_map(|at| {
            let is_call = source.is_name(at) && source.sign(at + 1) == "(";
            let argument = is_call
                .then(|| self.argument(at + 1, asked.name))
                .flatten()?;
            let before = |back: usize| source.sign(at.wrapping_sub(back));
            let (first, callee) = if before(1) == "." {
                let package = source.words.get(at.checked_sub(2)?)?;
                let is_simple = package.sort == Sort::Name && before(3) != ".";
                is_simple.then(|| (3, format!("{}.{}", package.text, source.sign(at))))?
            } else {
                (1, source.sign(at).to_owned())
            };
            let is_later = matches!(before(first), "go" | "defer" | "func");
            let path = self.path(at);
            let in_literal = path.iter().any(|(number, _)| {
                let extent = self.blocks.get(*number);
                extent.is_some_and(|extent| extent.block == Block::Literal)
            });
            let line = source.line(at);
            let there = Asked {
                here: line,
                ..*asked
            };
            let is_same = || self.origin(&there) == Some(origin);
            let is_alone = || {
                let on_line = source.on_line(line).iter();
                on_line.filter(|word| word.text == source.sign(at)).count() == 1
            };
            (!is_later && !in_literal && is_alone() && is_same()).then_some(Given {
                line,
                callee,
                argument,
            })
        });
        calls.collect()
    }

    /// Which of the arguments in brackets is a name.
    fn argument(&self, open: usize, name: &str) -> Option<usize> {
        let source = &self.source;
        let close = source.close(open)?;
        let mut at = open + 1;
        let mut number = 0;
        let mut found = None;
        while at < close {
            let is_whole = matches!(source.sign(at.wrapping_sub(1)), "(" | ",")
                && matches!(source.sign(at + 1), ")" | ",")
                && source.is_name(at);
            if is_whole && source.sign(at) == name && found.replace(number).is_some() {
                return None;
            }
            number += usize::from(source.sign(at) == ",");
            at = source.close(at).unwrap_or(at) + 1;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Asked, Function, Source};
    use std::sync::Arc;

    const TEXT: &str = "package p

func f(a int, b string) (r int) {
\tr = g(1)
\th()
\tuse(r)
\tp.Use(b, r)
\tfor i := range b {
\t\tx := k(i)
\t\th()
\t\tuse(x)
\t\tuse(a)
\t}
\tdefer use(a)
\tfunc() {
\t\tuse(a)
\t}()
\tuse(a + 1)
\tboth(a, a)
\tuse(b)
\tb = `x`
\tuse(b)
\treturn r
}
";

    fn given(name: &str, declared: u64, here: u64) -> String {
        let source = Arc::new(Source::of(TEXT).unwrap());
        let function = Function::of(&source, "p.f", 3).unwrap();
        let given = function.given(&Asked {
            name,
            declared,
            here,
            is_parameter: declared == 3,
            is_result: name == "r",
            has_parts: false,
        });
        let told = given
            .iter()
            .map(|of| format!("{}#{} on {}", of.callee, of.argument, of.line));
        told.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn calls_count_that_get_what_a_variable_has_here() {
        // A result that `defer` may change is not told.
        assert_eq!(given("r", 3, 5), "");
        // Deferred calls and function literals come at another time; `a + 1` is not `a`, and of two the same none is told.
        assert_eq!(given("a", 3, 5), "use#0 on 12");
        assert_eq!(given("b", 3, 5), "p.Use#0 on 7, use#0 on 20");
        // It has another value from there on.
        assert_eq!(given("b", 3, 23), "use#0 on 22");
        // One round's value is not the next's.
        assert_eq!(given("x", 9, 10), "");
    }
}
