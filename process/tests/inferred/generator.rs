//! Random programs that reassign what they are given: in every way that makes a compiler forget where a value is.
//!
//! Only their own text is random; they run the same way each time, and twice the same when compiled without optimisation.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

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

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Type {
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

fn spelled(ty: Type) -> (&'static str, &'static str) {
    let found = TYPES.iter().find(|(of, ..)| *of == ty).unwrap();
    (found.1, found.2)
}

/// A statement, with what it reads and sets, and the statements inside it.
#[derive(Default)]
struct Statement {
    head: String,
    reads: Vec<String>,
    sets: Option<String>,
    /// Each with the line that ends it.
    blocks: Vec<(Vec<Statement>, &'static str)>,
    repeats: bool,
    leaves: bool,
}

/// An expression, with the variables that it reads.
struct Expression {
    text: String,
    reads: Vec<String>,
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

fn any_type(random: &mut Random) -> Type {
    // Numbers, strings and slices are what most programs are made of.
    if random.one_in(2) {
        [Type::Int, Type::Int, Type::Str, Type::Slice, Type::Ptr][random.below(5)]
    } else {
        TYPES[random.below(TYPES.len())].0
    }
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

    fn block(&mut self, in_closure: bool) -> Vec<Statement> {
        let (scope, fixed) = (self.scope.len(), self.fixed.len());
        let mut made = Vec::new();
        let most = if self.depth == 0 {
            40
        } else {
            2 + self.random.below(4)
        };
        self.depth += 1;
        while made.len() < most && self.left > 0 {
            self.left -= 1;
            made.extend(self.statement(in_closure));
        }
        self.depth -= 1;
        if self.depth > 0 {
            self.scope.truncate(scope);
            self.fixed.truncate(fixed);
        }
        made
    }

    fn statement(&mut self, in_closure: bool) -> Vec<Statement> {
        match self.random.below(20) {
            0..=5 => self.declaration(),
            6..=8 => vec![self.assignment()],
            9..=11 => vec![self.site()],
            12 | 13 => vec![self.using()],
            14 if self.depth < 4 => vec![self.conditional(in_closure)],
            15 if self.depth < 3 => vec![self.repetition(in_closure)],
            16 if self.depth < 3 && !in_closure => vec![self.closure()],
            17 => self.another().into_iter().collect(),
            18 if !in_closure && self.depth > 1 => vec![self.early()],
            19 if self.depth < 4 => vec![self.switch(in_closure)],
            _ => vec![self.assignment()],
        }
    }

    fn declaration(&mut self) -> Vec<Statement> {
        let ty = any_type(self.random);
        let value = self.expression(ty, 2);
        let name = format!("v{}", self.next);
        self.next += 1;
        let declared = Statement {
            head: format!("var {name} {} = {}", spelled(ty).0, value.text),
            reads: value.reads,
            sets: Some(name.clone()),
            ..Statement::default()
        };
        let used = Statement {
            head: format!("_ = {name}"),
            ..Statement::default()
        };
        self.scope.push((name, ty));
        vec![declared, used]
    }

    fn assignment(&mut self) -> Statement {
        let open: Vec<(String, Type)> = self
            .scope
            .iter()
            .filter(|(name, _)| !self.fixed.contains(name))
            .cloned()
            .collect();
        let (name, ty) = open[self.random.below(open.len())].clone();
        let value = self.expression(ty, 2);
        Statement {
            head: format!("{name} = {}", value.text),
            reads: value.reads,
            sets: Some(name),
            ..Statement::default()
        }
    }

    /// A place where the program may stop: in a call, in a loop without end, at a nil pointer.
    fn site(&mut self) -> Statement {
        let head = match self.random.below(6) {
            0 => "if spins--; spins == 0 { stopped.Store(1); for stuck { } }".to_owned(),
            1 => "if faults--; faults == 0 { *null = 1 }".to_owned(),
            _ => format!("hit({})", self.random.below(100)),
        };
        Statement {
            head,
            ..Statement::default()
        }
    }

    fn using(&mut self) -> Statement {
        let (name, ty) = self.scope[self.random.below(self.scope.len())].clone();
        Statement {
            head: format!("use{}({name})", spelled(ty).1),
            reads: vec![name],
            ..Statement::default()
        }
    }

    fn conditional(&mut self, in_closure: bool) -> Statement {
        let condition = self.expression(Type::Bool, 1);
        let mut blocks = vec![(self.block(in_closure), "}")];
        if self.random.one_in(2) {
            blocks[0].1 = "} else {";
            blocks.push((self.block(in_closure), "}"));
        }
        Statement {
            head: format!("if {} {{", condition.text),
            reads: condition.reads,
            blocks,
            ..Statement::default()
        }
    }

    fn repetition(&mut self, in_closure: bool) -> Statement {
        let index = format!("i{}", self.next);
        let element = format!("x{}", self.next);
        self.next += 1;
        let scope = self.scope.len();
        let over = self.expression(Type::Slice, 1);
        self.fixed.push(index.clone());
        self.scope.push((index.clone(), Type::Int));
        let (head, reads) = if self.random.one_in(2) {
            self.fixed.push(element.clone());
            self.scope.push((element.clone(), Type::Int));
            let head = format!(
                "for {index}, {element} := range first({}) {{ _, _ = {index}, {element}",
                over.text
            );
            (head, over.reads)
        } else {
            let most = 1 + self.random.below(3);
            (
                format!("for {index} := 0; {index} < {most}; {index}++ {{ _ = {index}"),
                Vec::new(),
            )
        };
        let block = self.block(in_closure);
        self.scope.truncate(scope);
        Statement {
            head,
            reads,
            blocks: vec![(block, "}")],
            repeats: true,
            ..Statement::default()
        }
    }

    fn switch(&mut self, in_closure: bool) -> Statement {
        let value = self.expression(Type::Int, 1);
        let blocks = vec![
            (self.block(in_closure), "case 1:"),
            (self.block(in_closure), "default:"),
            (self.block(in_closure), "}"),
        ];
        Statement {
            head: format!("switch ({}) % 3 {{ case 0:", value.text),
            reads: value.reads,
            blocks,
            ..Statement::default()
        }
    }

    /// A function literal called where it stands, which may be inlined.
    fn closure(&mut self) -> Statement {
        Statement {
            head: "func() {".to_owned(),
            blocks: vec![(self.block(true), "}()")],
            ..Statement::default()
        }
    }

    fn early(&mut self) -> Statement {
        let (condition, value) = (
            self.expression(Type::Bool, 1),
            self.expression(Type::Int, 1),
        );
        let mut reads = condition.reads;
        reads.extend(value.reads);
        Statement {
            head: format!("if {} {{ return {} }}", condition.text, value.text),
            reads,
            ..Statement::default()
        }
    }

    /// A call of a later random function: programs end.
    fn another(&mut self) -> Option<Statement> {
        let first = self.current + 1;
        if first >= FUNCTIONS || self.calls >= 2 {
            return None;
        }
        self.calls += 1;
        let callee = first + self.random.below(FUNCTIONS - first);
        let (call, mut reads) = self.call_of(callee);
        let open: Vec<String> = self
            .scope
            .iter()
            .filter(|(name, ty)| *ty == Type::Int && !self.fixed.contains(name))
            .map(|(name, _)| name.clone())
            .collect();
        if open.is_empty() {
            return Some(Statement {
                head: format!("useInt({call})"),
                reads,
                ..Statement::default()
            });
        }
        let to = open[self.random.below(open.len())].clone();
        let head = if self.random.one_in(2) {
            reads.push(to.clone());
            format!("{to} += {call}")
        } else {
            format!("{to} = {call}")
        };
        Some(Statement {
            head,
            reads,
            sets: Some(to),
            ..Statement::default()
        })
    }

    fn call_of(&mut self, callee: usize) -> (String, Vec<String>) {
        let types = self.functions[callee].parameters.clone();
        let values: Vec<Expression> = types.into_iter().map(|ty| self.expression(ty, 1)).collect();
        let texts: Vec<&str> = values.iter().map(|value| value.text.as_str()).collect();
        let number = self.functions[callee].number;
        let call = format!("f{number}({})", texts.join(", "));
        (call, values.into_iter().flat_map(|v| v.reads).collect())
    }

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
        })
    }

    fn expression(&mut self, ty: Type, depth: usize) -> Expression {
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
        for part in parts {
            let value = self.expression(*part, depth - 1);
            reads.extend(value.reads);
            let value = if matches!(part, Type::Int | Type::Str | Type::Float) {
                format!("({})", value.text)
            } else {
                value.text
            };
            text = text.replacen('$', &value, 1);
        }
        Expression { text, reads }
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
        }
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

fn render(
    statements: &[Statement],
    depth: usize,
    text: &mut String,
    line: &mut u64,
    lines: &mut Vec<u64>,
) {
    let put = |text: &mut String, line: &mut u64, depth: usize, what: &str| {
        let _ = writeln!(text, "{}{what}", "\t".repeat(depth));
        *line += 1;
    };
    for statement in statements {
        lines.push(*line);
        put(text, line, depth, &statement.head);
        for (block, end) in &statement.blocks {
            render(block, depth + 1, text, line, lines);
            put(text, line, depth, end);
        }
    }
}

/// Notes for each line what is read after it, given what is read after these statements; gives what is read before them.
fn number_live(
    statements: &[Statement],
    lines: &mut dyn Iterator<Item = u64>,
    after: &BTreeSet<String>,
    live: &mut BTreeMap<u64, BTreeSet<String>>,
) -> BTreeSet<String> {
    // Lines come in the order of the text, liveness against it.
    let numbered: Vec<Numbered<'_>> = statements.iter().map(|s| Numbered::of(s, lines)).collect();
    lived(&numbered, after, live)
}

struct Numbered<'s> {
    statement: &'s Statement,
    line: u64,
    blocks: Vec<Vec<Numbered<'s>>>,
}

impl<'s> Numbered<'s> {
    fn of(statement: &'s Statement, lines: &mut dyn Iterator<Item = u64>) -> Self {
        let line = lines.next().unwrap();
        let blocks = statement
            .blocks
            .iter()
            .map(|(block, _)| block.iter().map(|s| Numbered::of(s, lines)).collect())
            .collect();
        Self {
            statement,
            line,
            blocks,
        }
    }
}

fn lived(
    statements: &[Numbered<'_>],
    after: &BTreeSet<String>,
    live: &mut BTreeMap<u64, BTreeSet<String>>,
) -> BTreeSet<String> {
    let mut now = after.clone();
    for numbered in statements.iter().rev() {
        let statement = numbered.statement;
        if let Some(set) = &statement.sets {
            now.remove(set);
        }
        live.entry(numbered.line).or_default().extend(now.clone());
        if !numbered.blocks.is_empty() {
            let mut before = now.clone();
            for _ in 0..=usize::from(statement.repeats) {
                let out = before.clone();
                for block in &numbered.blocks {
                    before.extend(lived(block, &out, live));
                }
            }
            now = before;
        }
        if statement.leaves {
            now.clear();
        }
        now.extend(statement.reads.iter().cloned());
    }
    now
}
