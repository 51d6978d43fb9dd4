//! Types of values, and expressions that compute them.

use super::{Expression, Generator, Random};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Type {
    Int,
    Str,
    Slice,
    Ptr,
    Any,
    Err,
    Fn,
    Bool,
    Pair,
    Float,
    Byte,
}

const TYPES: [(Type, &str, &str); 11] = [
    (Type::Int, "int", "Int"),
    (Type::Str, "string", "Str"),
    (Type::Slice, "[]int", "Slice"),
    (Type::Ptr, "*Node", "Ptr"),
    (Type::Any, "any", "Any"),
    (Type::Err, "error", "Err"),
    (Type::Fn, "func(int) int", "Fn"),
    (Type::Bool, "bool", "Bool"),
    (Type::Pair, "Pair", "Pair"),
    (Type::Float, "float64", "Float"),
    (Type::Byte, "byte", "Byte"),
];

pub(super) fn spelled(ty: Type) -> (&'static str, &'static str) {
    let found = TYPES.iter().find(|(of, ..)| *of == ty).unwrap();
    (found.1, found.2)
}

pub(super) fn any_type(random: &mut Random) -> Type {
    // Numbers, strings and slices are what most programs are made of.
    if random.one_in(2) {
        [Type::Int, Type::Int, Type::Str, Type::Slice, Type::Ptr][random.below(5)]
    } else {
        TYPES[random.below(TYPES.len())].0
    }
}

impl Generator<'_> {
    fn variable(&mut self, ty: Type) -> Option<Expression> {
        let of: Vec<&String> = self
            .scope
            .iter()
            .filter(|(_, of)| *of == ty)
            .map(|(name, _)| name)
            .collect();
        let name = (*of.get(self.random.below(of.len().max(1)))?).clone();
        Some(Expression {
            text: name.clone(),
            reads: vec![name],
            is_pure: true,
        })
    }

    pub(super) fn expression(&mut self, ty: Type, depth: usize) -> Expression {
        if depth == 0 || self.random.one_in(3) {
            if !self.random.one_in(5)
                && let Some(variable) = self.variable(ty)
            {
                return variable;
            }
            return self.constant(ty);
        }
        let forms = forms(ty);
        let (form, parts) = forms[self.random.below(forms.len())];
        let mut reads = Vec::new();
        let mut text = form.to_owned();
        let calls = [
            "kept(", "mix(", "called(", "made(", "number(", "node(", "fail(", "append(", "func(",
            ".add", "any(", "&",
        ];
        let is_concatenation = ty == Type::Str && form.contains('+');
        let mut is_pure = !is_concatenation && !calls.iter().any(|call| form.contains(call));
        for part in parts {
            let value = self.expression(*part, depth - 1);
            reads.extend(value.reads);
            is_pure &= value.is_pure;
            let value = if matches!(part, Type::Int | Type::Str | Type::Float) {
                format!("({})", value.text)
            } else {
                value.text
            };
            text = text.replacen('$', &value, 1);
        }
        Expression {
            text,
            reads,
            is_pure,
        }
    }

    fn constant(&mut self, ty: Type) -> Expression {
        let number = self.random.below(1000);
        let text = match ty {
            Type::Int => format!("{number}"),
            Type::Str => format!("\"s{number}\""),
            Type::Slice => format!("[]int{{{number}, 2}}"),
            Type::Ptr => "(*Node)(nil)".to_owned(),
            Type::Any => format!("any({number})"),
            Type::Err => "error(nil)".to_owned(),
            Type::Fn => "(func(int) int)(nil)".to_owned(),
            Type::Bool => "len(sink.s) == 1".to_owned(),
            Type::Pair => format!("(Pair{{{number}, 1}})"),
            Type::Float => format!("{number}.5"),
            Type::Byte => format!("byte({})", number % 256),
        };
        Expression {
            text,
            reads: Vec::new(),
            is_pure: true,
        }
    }

    pub(super) fn call_of(&mut self, callee: usize) -> (String, Vec<String>) {
        let types = self.functions[callee].parameters.clone();
        let values: Vec<Expression> = types.into_iter().map(|ty| self.expression(ty, 1)).collect();
        let texts: Vec<&str> = values.iter().map(|value| value.text.as_str()).collect();
        let number = self.functions[callee].number;
        let call = format!("f{number}({})", texts.join(", "));
        (call, values.into_iter().flat_map(|v| v.reads).collect())
    }
}

/// Ways to compute a value; each `$` is a part.
fn forms(ty: Type) -> &'static [(&'static str, &'static [Type])] {
    use Type::{Any, Bool, Byte, Err, Float, Fn, Int, Pair, Ptr, Slice, Str};
    match ty {
        Int => &[
            ("$ + $", &[Int, Int]),
            ("$ * 3", &[Int]),
            ("len($)", &[Str]),
            ("len($)", &[Slice]),
            ("got($)", &[Ptr]),
            ("small($)", &[Int]),
            ("mix($, $)", &[Int, Int]),
            ("called($, $)", &[Fn, Int]),
            ("pick($, $, $)", &[Int, Int, Bool]),
            ("kept($)", &[Int]),
            ("int($)", &[Byte]),
            ("$.x", &[Pair]),
        ],
        Str => &[
            ("$ + $", &[Str, Str]),
            ("number($)", &[Int]),
            ("pick($, $, $)", &[Str, Str, Bool]),
            ("kept($)", &[Str]),
        ],
        Slice => &[
            ("made($)", &[Int]),
            ("append($, $)", &[Slice, Int]),
            ("first($)", &[Slice]),
            ("kept($)", &[Slice]),
        ],
        Ptr => &[
            ("node($, $)", &[Int, Str]),
            ("(&Node{a: $, next: $})", &[Int, Ptr]),
            ("chained($)", &[Ptr]),
            ("pick($, $, $)", &[Ptr, Ptr, Bool]),
        ],
        Any => &[
            ("any($)", &[Int]),
            ("any($)", &[Str]),
            ("any($)", &[Ptr]),
            ("kept($)", &[Any]),
        ],
        Err => &[
            ("fail($, $)", &[Int, Str]),
            ("error(&Failure{$, $})", &[Int, Str]),
        ],
        Fn => &[
            ("func(x int) int { return x + $ }", &[Int]),
            ("$.add", &[Ptr]),
            (
                "func(x int) int { hit(x); return x * $ + len($) }",
                &[Int, Str],
            ),
        ],
        Bool => &[
            ("$ < $", &[Int, Int]),
            ("$ == $", &[Str, Str]),
            ("$ != nil", &[Ptr]),
            ("$ != nil", &[Err]),
        ],
        Pair => &[("(Pair{$, $})", &[Int, Int]), ("kept($)", &[Pair])],
        Float => &[("$ * 1.5", &[Float]), ("float64($)", &[Int])],
        Byte => &[("narrow($)", &[Int]), ("kept($)", &[Byte])],
    }
}
