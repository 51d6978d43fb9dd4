//! Whether a variable was computed anew between two lines.

use super::Function;
use super::assigned::Assignment;
use super::fate::Asked;

/// Signs of statements that compute a variable's next value from its last.
const CHANGES: [&str; 13] = [
    "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=", "&^=", "++", "--",
];

/// Signs of a computation, whose result is nobody's before.
const COMPUTES: [&str; 10] = ["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"];

/// What a way may end in that does not lead on to what follows its block.
const LEAVES: [&str; 5] = ["return", "break", "continue", "goto", "panic"];

impl Function {
    /// Whether a variable gets the result of a computation on a line after `since`, from which a way leads to the line asked about
    /// that does not go back.
    pub fn is_computed_again(&self, asked: &Asked<'_>, since: u64) -> bool {
        let Some(all) = self.assignments(asked) else {
            return false;
        };
        let line = |at: usize| self.source.line(at);
        let is_other = |of: &Assignment| of.declares && line(of.at) > asked.declared;
        if all.iter().any(is_other) {
            return false;
        }
        let since = since.max(asked.declared);
        all.iter().any(|of| {
            since < line(of.at)
                && line(of.end) < asked.here
                && self.computes(of)
                && self.may_lead_to(of, asked.here)
        })
    }

    fn computes(&self, of: &Assignment) -> bool {
        if CHANGES.contains(&self.source.sign(of.at + 1)) {
            return true;
        }
        let value = of.value.clone();
        let mut value = value.into_iter().flatten().map(|at| self.source.sign(at));
        value.any(|sign| COMPUTES.contains(&sign))
    }

    /// Whether what follows an assignment may be a line further on in the text.
    fn may_lead_to(&self, of: &Assignment, here: u64) -> bool {
        let first = self.first_of(here);
        let (from, to) = (self.path(of.at), self.path(first));
        let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
        let outermost = from.get(common).map(|(number, _)| *number);
        let Some(outermost) = outermost else {
            return true;
        };
        // Another case of the same statement does not come after this one.
        if to
            .get(common)
            .is_some_and(|(number, _)| *number == outermost)
        {
            return false;
        }
        let Some(end) = self.blocks.get(outermost).map(|extent| extent.to) else {
            return false;
        };
        // Nor does what an `else` leads to.
        if to.len() > common && self.source.sign(end + 1) == "else" {
            return false;
        }
        let literal = |(number, _): &(usize, usize)| self.is_literal(*number);
        !from.iter().skip(common).any(literal)
            && !(of.at..end).any(|at| LEAVES.contains(&self.source.sign(at)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Function, Source};
    use super::Asked;
    use std::sync::Arc;

    const TEXT: &str = "package p

func f(a, b int) int {
\tx := a
\tif a > 3 {
\t\tx = -x
\t} else {
\t\tg()
\t}
\tg()
\tif b > 3 {
\t\ta++
\t\treturn g(x)
\t}
\tb = g(a)
\tb, a = a, b
\tg()
\tswitch x {
\tcase 1:
\t\tb ^= x
\tcase 2:
\t\tg()
\t}
\tg()
\treturn x
}
";

    #[test]
    fn what_is_computed_on_a_way_that_leads_on_counts() {
        let source = Arc::new(Source::of(TEXT).unwrap());
        let function = Function::of(&source, "p.f", 3).unwrap();
        let again = |name, declared, since, here| {
            function.is_computed_again(
                &Asked {
                    name,
                    declared,
                    here,
                    is_parameter: declared == 3,
                    is_result: false,
                    has_parts: false,
                },
                since,
            )
        };
        assert!(again("x", 4, 4, 10));
        // The other way of an `if`, the statement itself, and what was computed there.
        assert!(!again("x", 4, 4, 8));
        assert!(!again("x", 4, 4, 6));
        assert!(!again("x", 4, 6, 10));
        // Its way ends.
        assert!(!again("a", 3, 3, 15));
        // What a call gives and what others had is nobody's computation.
        assert!(!again("b", 3, 3, 17));
        // Another case, and behind all of them.
        assert!(!again("b", 3, 3, 22));
        assert!(again("b", 3, 3, 24));
    }
}
