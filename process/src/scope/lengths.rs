//! Lengths that source text states of slices: the compiler keeps constants in no place.

use super::literal::{Constant, listed, number};
use crate::source::{Sort, Word};

/// Length and capacity of a slice that an expression makes: `[]T{…}` without keys, `make([]T, n)`.
pub(super) fn lengths(words: &[Word]) -> Option<[u64; 2]> {
    let sign = |at: usize| words.get(at).map_or("", |word| word.text.as_str());
    let close = words.len().checked_sub(1)?;
    if sign(0) == "make" && sign(1) == "(" && sign(close) == ")" {
        let arguments = listed(words.get(2..close)?)?;
        let of = |argument: &[Word]| match argument {
            [word] if word.sort == Sort::Number => match number(&word.text)? {
                Constant::Int(length) => u64::try_from(length).ok(),
                _ => None,
            },
            _ => None,
        };
        return match arguments.as_slice() {
            [_, length] => Some([of(length)?; 2]),
            [_, length, capacity] => Some([of(length)?, of(capacity)?]),
            _ => None,
        };
    }
    let open = words.iter().position(|word| word.text == "{")?;
    let is_literal = sign(0) == "[" && sign(1) == "]" && sign(close) == "}";
    if !is_literal || matches!(sign(open - 1), "struct" | "interface") {
        return None;
    }
    let elements = listed(words.get(open + 1..close)?)?;
    let has_key = elements
        .iter()
        .any(|element| element.get(1).is_some_and(|word| word.text == ":"));
    (!has_key).then_some([elements.len() as u64; 2])
}

#[cfg(test)]
mod tests {
    use super::lengths;
    use crate::source::{Asked, Fate, Function, Source};
    use std::sync::Arc;

    #[test]
    fn lengths_of_slices_are_counted() {
        let told = |made: &str| {
            let text = format!("package p\n\nfunc f() {{\n\tx := {made}\n\tg(x)\n}}\n");
            let source = Arc::new(Source::of(&text)?);
            let fate = Function::of(&source, "p.f", 3)?.fate(&Asked {
                name: "x",
                declared: 4,
                here: 5,
                is_parameter: false,
                is_result: false,
                has_parts: false,
            });
            match fate? {
                Fate::Given(words, _) => lengths(&words),
                _ => None,
            }
        };
        assert_eq!(told("[]int{751, 2}"), Some([2, 2]));
        assert_eq!(told("[]T{{1, 2}, {3, f(4, 5)}, }"), Some([2, 2]));
        assert_eq!(told("make([]T, 4)"), Some([4, 4]));
        assert_eq!(told("make(map[string][]int, 4)"), Some([4, 4]));
        assert_eq!(told("make([]T, 4, 0x10)"), Some([4, 16]));
        // A key is an index; a part of another is shorter.
        assert_eq!(told("[]int{9: 1}"), None);
        assert_eq!(told("[]int{1, 2}[:1]"), None);
        assert_eq!(told("[]struct{ a int }{{1}, {2}}"), None);
        assert_eq!(told("make([]T, n)"), None);
        assert_eq!(told("append([]int{1}, 2)"), None);
    }
}
