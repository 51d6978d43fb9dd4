//! Statements: what reassigns variables, and where the program may stop.

use super::values::{Type, any_type, spelled};
use super::{FUNCTIONS, Generator, Statement};

impl Generator<'_> {
    pub(super) fn block(&mut self, in_closure: bool) -> Vec<Statement> {
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
            is_pure: value.is_pure,
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
            is_pure: value.is_pure,
            ..Statement::default()
        }
    }

    /// A place where the program may stop: in a call, in a loop without end, at a nil pointer.
    pub(super) fn site(&mut self) -> Statement {
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

    pub(super) fn using(&mut self) -> Statement {
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
        let mut renews = Vec::new();
        let (head, reads) = if self.random.one_in(2) {
            renews.extend([index.clone(), element.clone()]);
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
            renews,
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
}
