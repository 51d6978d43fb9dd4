//! Random programs that reassign what they are given: in every way that makes a compiler forget where a value is.
//!
//! Only their own text is random; they run the same way each time, and twice the same when compiled without optimisation.
//!
//! | file | in charge of |
//! |---|---|
//! | `values` | types and expressions |
//! | `statements` | statements |
//! | `live` | their text, and what is read after each line |

mod live;
mod statements;
mod values;

use live::{number_live, render};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use values::{Type, any_type, spelled};

/// Numbers that look random, the same for one seed.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        high as usize % bound
    }

    fn one_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }
}

/// A statement, with what it reads and sets, and the statements inside it.
#[derive(Default)]
struct Statement {
    head: String,
    reads: Vec<String>,
    sets: Option<String>,
    /// What it reads is read for what it sets alone: the compiler leaves it out when nobody reads that.
    is_pure: bool,
    /// What a loop gives a new value in every round.
    renews: Vec<String>,
    /// Each with the line that ends it.
    blocks: Vec<(Vec<Statement>, &'static str)>,
    repeats: bool,
    leaves: bool,
}

/// An expression, with the variables that it reads.
struct Expression {
    text: String,
    reads: Vec<String>,
    /// It calls or allocates nothing.
    is_pure: bool,
}

struct Function {
    number: usize,
    parameters: Vec<Type>,
}

/// A program: its text, and for each line the variables that are read after it.
pub struct Program {
    pub source: String,
    pub live: BTreeMap<u64, BTreeSet<String>>,
}

struct Generator<'r> {
    random: &'r mut Random,
    functions: Vec<Function>,
    /// Variables in scope, innermost last.
    scope: Vec<(String, Type)>,
    /// Loop variables, which are not assigned.
    fixed: Vec<String>,
    next: usize,
    depth: usize,
    /// Statements that may still be made in this function.
    left: usize,
    current: usize,
    /// Calls of other random functions in this one.
    calls: usize,
}

/// Functions of a program.
const FUNCTIONS: usize = 6;

pub fn program(random: &mut Random) -> Program {
    let functions = (0..FUNCTIONS)
        .map(|number| Function {
            number,
            parameters: (0..2 + random.below(4)).map(|_| any_type(random)).collect(),
        })
        .collect();
    let mut generator = Generator {
        random,
        functions,
        scope: Vec::new(),
        fixed: Vec::new(),
        next: 0,
        depth: 0,
        left: 0,
        current: 0,
        calls: 0,
    };
    let mut text = super::PROLOGUE.to_owned();
    let mut live = BTreeMap::new();
    for number in 0..FUNCTIONS {
        let (head, body) = generator.function(number);
        text.push_str(&head);
        let mut line = 1 + text.matches('\n').count() as u64;
        let mut lines = Vec::new();
        render(&body, 1, &mut text, &mut line, &mut lines);
        text.push_str("}\n");
        let mut lines = lines.into_iter();
        number_live(&body, &mut lines, &BTreeSet::new(), &mut live);
    }
    text.push_str(&generator.main());
    Program { source: text, live }
}

impl Generator<'_> {
    fn function(&mut self, number: usize) -> (String, Vec<Statement>) {
        self.scope.clear();
        self.fixed.clear();
        self.next = 0;
        self.current = number;
        self.calls = 0;
        let is_small = self.random.one_in(4);
        self.left = if is_small {
            4
        } else {
            12 + self.random.below(18)
        };
        let types = self.functions[number].parameters.clone();
        let mut parameters = Vec::new();
        for (at, ty) in types.into_iter().enumerate() {
            let name = format!("a{at}");
            parameters.push(format!("{name} {}", spelled(ty).0));
            self.scope.push((name, ty));
        }
        let named = self.random.one_in(3);
        let result = if named {
            self.scope.push(("r".to_owned(), Type::Int));
            "(r int)"
        } else {
            "int"
        };
        let noinline = if self.random.one_in(2) && !is_small {
            "//go:noinline\n"
        } else {
            ""
        };
        let head = format!(
            "\n{noinline}func f{number}({}) {result} {{\n",
            parameters.join(", ")
        );
        let mut body = self.block(false);
        body.push(self.site());
        for _ in 0..=self.random.below(4) {
            body.push(self.using());
        }
        let value = self.expression(Type::Int, 1);
        body.push(Statement {
            head: format!("return {}", value.text),
            reads: value.reads,
            leaves: true,
            ..Statement::default()
        });
        (head, body)
    }

    fn main(&mut self) -> String {
        let mut text = String::from(
            "\nfunc first(c []int) []int {\n\tif len(c) > 3 {\n\t\treturn c[:3]\n\t}\n\treturn c\n}\n\nfunc main() {\n",
        );
        self.scope.clear();
        for round in 0..18 {
            let function = self.random.below(FUNCTIONS);
            let (call, _) = self.call_of(function);
            let after = 1 + self.random.below(6);
            // A loop without end takes a processor.
            let kind = if round % 6 == 0 { "spins" } else { "calls" };
            let _ = writeln!(text, "\t{kind} = {after}\n\tstart(func() {{ {call} }})");
        }
        for function in 0..FUNCTIONS {
            let (call, _) = self.call_of(function);
            let after = 1 + self.random.below(3);
            let _ = writeln!(text, "\tfaults = {after}\n\t{call}");
        }
        text.push_str("\tpanic(\"the end\")\n}\n");
        text
    }
}
