//! An expression taken apart.

/// An expression, and where in the text it stands.
#[derive(Clone, PartialEq, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Byte offset where messages about it point: an operator, a name, a bracket.
    pub at: usize,
    /// First byte.
    pub start: usize,
    /// First byte after.
    pub end: usize,
}

/// A constant as written.
#[derive(Clone, PartialEq, Debug)]
pub enum Literal {
    /// An integer.
    Int(i128),
    /// A float.
    Float(f64),
    /// An imaginary number.
    Imaginary(f64),
    /// A rune.
    Rune(char),
    /// A string.
    Str(Vec<u8>),
}

/// Kinds of expressions.
#[derive(Clone, PartialEq, Debug)]
pub enum ExprKind {
    /// A literal.
    Literal(Literal),
    /// A name.
    Name(String),
    /// An import path of several elements.
    Package(String),
    /// A type that can only be a type: `[]T`, `map[K]V`, `func()`.
    Type(TypeExpr),
    /// `(x)`
    Paren(Box<Expr>),
    /// An operator before its operand.
    Unary(&'static str, Box<Expr>),
    /// An operator between operands.
    Binary(&'static str, Box<Expr>, Box<Expr>),
    /// `x.name`
    Select(Box<Expr>, String),
    /// `x.(T)`
    Assert(Box<Expr>, TypeExpr),
    /// `x[i]`, or a generic type with its arguments.
    Index(Box<Expr>, Vec<Expr>),
    /// `x[i:j:k]`
    Slice(Box<Expr>, [Option<Box<Expr>>; 3]),
    /// `f(args)`: a conversion, or one of the built-in functions.
    Call(Box<Expr>, Vec<Expr>),
}

/// A type as written.
#[derive(Clone, PartialEq, Debug)]
pub enum TypeExpr {
    /// Looked up by this name: `main.T`, `net/http.Client`, `map[string]int`, `main.Box[int]`.
    Named(String),
    /// `*T`
    Pointer(Box<TypeExpr>),
    /// `[]T`
    Slice(Box<TypeExpr>),
    /// `[n]T`
    Array(u64, Box<TypeExpr>),
}

impl TypeExpr {
    /// As Go spells it.
    pub fn name(&self) -> String {
        match self {
            Self::Named(name) => name.clone(),
            Self::Pointer(elem) => format!("*{}", elem.name()),
            Self::Slice(elem) => format!("[]{}", elem.name()),
            Self::Array(len, elem) => format!("[{len}]{}", elem.name()),
        }
    }
}
