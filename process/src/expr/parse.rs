//! Words to an expression, by Go's precedence.

use super::ExprError;
use super::ast::{Expr, ExprKind, Literal, TypeExpr};
use super::token::{Spanned, Token, tokens};

/// Brackets and operators inside each other; real expressions have a handful.
const MAX_NESTING: usize = 100;

/// The expression in `text`. `is_package` tells a package's path (`net/http`) from a division.
pub fn parse(text: &str, is_package: &dyn Fn(&str) -> bool) -> Result<Expr, ExprError> {
    let mut parser = Parser {
        text,
        tokens: tokens(text, is_package)?,
        next: 0,
        nesting: 0,
    };
    let expr = parser.binary(0)?;
    match parser.peek() {
        Token::End => Ok(expr),
        Token::Op(op @ ("=" | ":=" | "++" | "--" | "+=" | "-=")) => {
            Err(parser.error(format!("unexpected {op}: a dead process cannot be changed")))
        }
        other => Err(parser.error(format!(
            "expected an operator or the end, found {}",
            other.describe()
        ))),
    }
}

/// How tightly an operator between operands binds; Go's five levels.
fn precedence(op: &str) -> Option<u8> {
    Some(match op {
        "||" => 1,
        "&&" => 2,
        "==" | "!=" | "<" | "<=" | ">" | ">=" => 3,
        "+" | "-" | "|" | "^" => 4,
        "*" | "/" | "%" | "<<" | ">>" | "&" | "&^" => 5,
        _ => return None,
    })
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Spanned>,
    next: usize,
    nesting: usize,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        self.tokens
            .get(self.next)
            .map_or(&Token::End, |spanned| &spanned.token)
    }

    fn at(&self) -> usize {
        self.tokens
            .get(self.next)
            .map_or(self.text.len(), |spanned| spanned.at)
    }

    /// First byte after the last word taken.
    fn end(&self) -> usize {
        let last = self.next.checked_sub(1).and_then(|i| self.tokens.get(i));
        last.map_or(0, |spanned| spanned.end)
    }

    fn advance(&mut self) -> Token {
        let token = self.peek().clone();
        self.next += 1;
        token
    }

    fn take(&mut self, op: &str) -> bool {
        let found = matches!(self.peek(), Token::Op(next) if *next == op);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, op: &str) -> Result<(), ExprError> {
        if self.take(op) {
            return Ok(());
        }
        Err(self.error(format!("expected {op}, found {}", self.peek().describe())))
    }

    fn error(&self, message: impl Into<String>) -> ExprError {
        ExprError::syntax(self.text, self.at(), message)
    }

    fn nested<T>(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<T, ExprError>,
    ) -> Result<T, ExprError> {
        if self.nesting >= MAX_NESTING {
            return Err(self.error("nested too deeply"));
        }
        self.nesting += 1;
        let parsed = parse(self);
        self.nesting -= 1;
        parsed
    }

    /// Operators that bind tighter than `level`.
    fn binary(&mut self, level: u8) -> Result<Expr, ExprError> {
        self.nested(|parser| {
            let mut left = parser.unary()?;
            loop {
                let Token::Op(op) = *parser.peek() else {
                    return Ok(left);
                };
                let Some(tighter) = precedence(op).filter(|p| *p > level) else {
                    return Ok(left);
                };
                let at = parser.at();
                parser.advance();
                let right = parser.binary(tighter)?;
                left = Expr {
                    at,
                    start: left.start,
                    end: right.end,
                    kind: ExprKind::Binary(op, Box::new(left), Box::new(right)),
                };
            }
        })
    }

    fn unary(&mut self) -> Result<Expr, ExprError> {
        let at = self.at();
        match *self.peek() {
            Token::Op(op @ ("+" | "-" | "!" | "^" | "*" | "&")) => {
                self.advance();
                let operand = self.nested(Self::unary)?;
                Ok(Expr {
                    at,
                    start: at,
                    end: operand.end,
                    kind: ExprKind::Unary(op, Box::new(operand)),
                })
            }
            Token::Op("<-") => Err(self.error("a dead process cannot receive")),
            _ => self.postfix(),
        }
    }

    fn postfix(&mut self) -> Result<Expr, ExprError> {
        let mut expr = self.primary()?;
        loop {
            let at = self.at();
            let (at, kind) = if self.take(".") {
                self.after_dot(expr.clone())?
            } else if self.take("[") {
                (at, self.after_bracket(expr.clone())?)
            } else if self.take("(") {
                let arguments = self.list(")")?;
                (at, ExprKind::Call(Box::new(expr.clone()), arguments))
            } else {
                return Ok(expr);
            };
            expr = Expr {
                kind,
                at,
                start: expr.start,
                end: self.end(),
            };
        }
    }

    fn after_dot(&mut self, x: Expr) -> Result<(usize, ExprKind), ExprError> {
        let at = self.at();
        if self.take("(") {
            let ty = self.type_expr()?;
            self.expect(")")?;
            return Ok((at, ExprKind::Assert(Box::new(x), ty)));
        }
        match self.advance() {
            Token::Ident(name) => Ok((at, ExprKind::Select(Box::new(x), name))),
            other => Err(ExprError::syntax(
                self.text,
                at,
                format!(
                    "expected a name or (type) after the dot, found {}",
                    other.describe()
                ),
            )),
        }
    }

    fn after_bracket(&mut self, x: Expr) -> Result<ExprKind, ExprError> {
        let mut parts = [None, None, None];
        let mut colons = 0;
        for index in 0..3 {
            if !matches!(self.peek(), Token::Op(":" | "]")) {
                let part = self.binary(0)?;
                if let Some(slot) = parts.get_mut(index) {
                    *slot = Some(Box::new(part));
                }
            }
            if index == 2 || !self.take(":") {
                break;
            }
            colons += 1;
        }
        let [first, second, third] = parts;
        if colons > 0 {
            self.expect("]")?;
            return Ok(ExprKind::Slice(Box::new(x), [first, second, third]));
        }
        let Some(first) = first else {
            return Err(self.error("expected an index"));
        };
        let mut indices = vec![*first];
        while self.take(",") {
            indices.push(self.binary(0)?);
        }
        self.expect("]")?;
        Ok(ExprKind::Index(Box::new(x), indices))
    }

    /// Expressions between commas, up to and with `close`.
    fn list(&mut self, close: &str) -> Result<Vec<Expr>, ExprError> {
        let mut all = Vec::new();
        while !self.take(close) {
            if !all.is_empty() {
                self.expect(",")?;
            }
            all.push(self.binary(0)?);
        }
        Ok(all)
    }

    fn primary(&mut self) -> Result<Expr, ExprError> {
        let start = self.at();
        let kind = match self.peek().clone() {
            Token::Op("(") => {
                self.advance();
                let inner = self.binary(0)?;
                self.expect(")")?;
                ExprKind::Paren(Box::new(inner))
            }
            Token::Op("[") => ExprKind::Type(self.type_expr()?),
            Token::Ident(word)
                if matches!(
                    word.as_str(),
                    "map" | "chan" | "func" | "struct" | "interface"
                ) && matches!(
                    self.tokens.get(self.next + 1).map(|s| &s.token),
                    Some(
                        Token::Op("[" | "(" | "{" | "<-" | "*")
                            | Token::Ident(_)
                            | Token::Package(_)
                    )
                ) =>
            {
                ExprKind::Type(self.type_expr()?)
            }
            Token::Ident(name) => self.word(ExprKind::Name(name)),
            Token::Package(path) => self.word(ExprKind::Package(path)),
            Token::Int(n) => self.word(ExprKind::Literal(Literal::Int(n))),
            Token::Float(f) => self.word(ExprKind::Literal(Literal::Float(f))),
            Token::Imaginary(f) => self.word(ExprKind::Literal(Literal::Imaginary(f))),
            Token::Rune(c) => self.word(ExprKind::Literal(Literal::Rune(c))),
            Token::Str(bytes) => self.word(ExprKind::Literal(Literal::Str(bytes))),
            Token::End if start == 0 => return Err(self.error("expected an expression")),
            other => {
                return Err(self.error(format!("expected an operand, found {}", other.describe())));
            }
        };
        Ok(Expr {
            kind,
            at: start,
            start,
            end: self.end(),
        })
    }

    fn word(&mut self, kind: ExprKind) -> ExprKind {
        self.advance();
        kind
    }

    fn type_expr(&mut self) -> Result<TypeExpr, ExprError> {
        self.nested(|parser| {
            if parser.take("*") {
                return Ok(TypeExpr::Pointer(Box::new(parser.type_expr()?)));
            }
            if parser.take("(") {
                let inner = parser.type_expr()?;
                parser.expect(")")?;
                return Ok(inner);
            }
            if parser.take("[") {
                if parser.take("]") {
                    return Ok(TypeExpr::Slice(Box::new(parser.type_expr()?)));
                }
                let Token::Int(len) = *parser.peek() else {
                    return Err(parser.error("expected ] or a length"));
                };
                let len = u64::try_from(len).map_err(|_| parser.error("length out of range"))?;
                parser.advance();
                parser.expect("]")?;
                return Ok(TypeExpr::Array(len, Box::new(parser.type_expr()?)));
            }
            parser.named_type().map(TypeExpr::Named)
        })
    }

    /// A type that is looked up by its spelling.
    fn named_type(&mut self) -> Result<String, ExprError> {
        if self.take("<-") {
            self.keyword("chan")?;
            return Ok(format!("<-chan {}", self.type_expr()?.name()));
        }
        let start = self.at();
        let mut name = match self.advance() {
            Token::Ident(word) => match word.as_str() {
                "map" => {
                    self.expect("[")?;
                    let key = self.type_expr()?.name();
                    self.expect("]")?;
                    return Ok(format!("map[{key}]{}", self.type_expr()?.name()));
                }
                "chan" => {
                    let arrow = if self.take("<-") { "<-" } else { "" };
                    return Ok(format!("chan{arrow} {}", self.type_expr()?.name()));
                }
                "func" => return self.func_type(),
                "struct" | "interface" => return self.braced_type(&word),
                _ => word,
            },
            Token::Package(path) => path,
            Token::Str(path) => String::from_utf8_lossy(&path).into_owned(),
            other => {
                return Err(ExprError::syntax(
                    self.text,
                    start,
                    format!("expected a type, found {}", other.describe()),
                ));
            }
        };
        if self.take(".") {
            let at = self.at();
            let Token::Ident(word) = self.advance() else {
                return Err(ExprError::syntax(self.text, at, "expected a type's name"));
            };
            name = format!("{name}.{word}");
        }
        if self.take("[") {
            let mut arguments = vec![self.type_expr()?.name()];
            while self.take(",") {
                arguments.push(self.type_expr()?.name());
            }
            self.expect("]")?;
            name = format!("{name}[{}]", arguments.join(","));
        }
        Ok(name)
    }

    fn keyword(&mut self, word: &str) -> Result<(), ExprError> {
        match self.peek() {
            Token::Ident(next) if next == word => {
                self.advance();
                Ok(())
            }
            other => Err(self.error(format!("expected {word}, found {}", other.describe()))),
        }
    }

    fn func_type(&mut self) -> Result<String, ExprError> {
        let parameters = self.type_list()?;
        let mut name = format!("func({})", parameters.join(", "));
        if matches!(self.peek(), Token::Op("(")) {
            let results = self.type_list()?;
            name = match results.as_slice() {
                [one] => format!("{name} {one}"),
                all => format!("{name} ({})", all.join(", ")),
            };
        } else if matches!(
            self.peek(),
            Token::Ident(_) | Token::Package(_) | Token::Op("[" | "*" | "<-")
        ) {
            name = format!("{name} {}", self.type_expr()?.name());
        }
        Ok(name)
    }

    fn type_list(&mut self) -> Result<Vec<String>, ExprError> {
        self.expect("(")?;
        let mut all = Vec::new();
        while !self.take(")") {
            if !all.is_empty() {
                self.expect(",")?;
            }
            let dots = if self.take("...") { "..." } else { "" };
            all.push(format!("{dots}{}", self.type_expr()?.name()));
        }
        Ok(all)
    }

    /// `struct {…}` and `interface {…}`: only the empty ones are spelled by people.
    fn braced_type(&mut self, word: &str) -> Result<String, ExprError> {
        self.expect("{")?;
        self.expect("}")?;
        Ok(format!("{word} {{}}"))
    }
}
