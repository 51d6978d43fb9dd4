//! Symbols for values: two places that hold the same symbol hold the same value, whatever it is.

use super::step::BinOp;
use rustc_hash::FxHashMap;

/// Operations nest at most this deep; what is computed further is a value of its own.
const MOST_DEPTH: u8 = 5;

/// A symbol. Number 0 is [`UNKNOWN`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Token(u32);

/// Equal to no other value, itself included.
pub(super) const UNKNOWN: Token = Token(0);

/// A place that a symbol can be in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Key {
    /// By its index in [`super::evaluate::State`].
    Register(u8),
    /// By offset from the CFA and size.
    Slot(i64, u8),
    /// Something that is followed by name, by number.
    Name(u32),
}

/// What a symbol stands for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Node {
    Unknown,
    Const(u64),
    /// An address in the frame, from the CFA.
    Frame(i64),
    /// A register at the function's entry.
    Entry(u8),
    Op(BinOp, u8, Token, Token),
    /// The low bytes of a value, zero-extended.
    Zero(u8, Token),
    /// The low bytes of a value, sign-extended.
    Sign(u8, Token),
    /// Two words in a vector register.
    Pair(Token, Token),
    /// Whatever the step put there.
    Defined(u32, Key),
    /// Whatever the edges into a block bring.
    Merged(u32, Key),
}

/// Which values have symbols.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Scope {
    /// All, so that places can be compared.
    Values,
    /// Constants and addresses of the frame only: enough to tell which bytes of the frame a step touches, at a fraction of the
    /// cost.
    Addresses,
}

/// The symbols of one function.
#[derive(Debug)]
pub(super) struct Tokens {
    nodes: Vec<(Node, u8)>,
    known: FxHashMap<Node, Token>,
    scope: Scope,
}

impl Tokens {
    pub(super) fn new(scope: Scope) -> Self {
        Self {
            nodes: vec![(Node::Unknown, 0)],
            known: FxHashMap::default(),
            scope,
        }
    }

    pub(super) const fn scope(&self) -> Scope {
        self.scope
    }

    pub(super) fn node(&self, token: Token) -> Node {
        self.nodes
            .get(token.0 as usize)
            .map_or(Node::Unknown, |(node, _)| *node)
    }

    fn depth(&self, token: Token) -> u8 {
        self.nodes
            .get(token.0 as usize)
            .map_or(0, |(_, depth)| *depth)
    }

    /// The symbol of a node; unknown where it would nest too deeply or has unknown parts.
    pub(super) fn of(&mut self, node: Node) -> Token {
        if self.scope == Scope::Addresses
            && matches!(node, Node::Entry(_) | Node::Defined(..) | Node::Merged(..))
        {
            return UNKNOWN;
        }
        if let Some(known) = self.known.get(&node) {
            return *known;
        }
        let parts = match node {
            Node::Unknown => return UNKNOWN,
            Node::Op(_, _, a, b) | Node::Pair(a, b) => [Some(a), Some(b)],
            Node::Zero(_, a) | Node::Sign(_, a) => [Some(a), None],
            _ => [None, None],
        };
        let mut depth = 0;
        for part in parts.into_iter().flatten() {
            if part == UNKNOWN {
                return UNKNOWN;
            }
            depth = depth.max(self.depth(part) + 1);
        }
        let Ok(number) = u32::try_from(self.nodes.len()) else {
            return UNKNOWN;
        };
        if depth > MOST_DEPTH {
            return UNKNOWN;
        }
        let token = Token(number);
        self.nodes.push((node, depth));
        self.known.insert(node, token);
        token
    }

    pub(super) fn constant(&mut self, value: u64) -> Token {
        self.of(Node::Const(value))
    }

    /// The low bytes of a value, extended to a word.
    pub(super) fn extended(&mut self, token: Token, bytes: u8, signed: bool) -> Token {
        if bytes >= 8 {
            return token;
        }
        match self.node(token) {
            Node::Const(value) => self.constant(cut(value, bytes, signed)),
            // Narrower ones keep their value; the same width of the other kind is another value of the same bytes.
            Node::Zero(inner, _) if !signed && inner <= bytes => token,
            Node::Sign(inner, _) if signed && inner <= bytes => token,
            Node::Zero(inner, of) | Node::Sign(inner, of) if inner >= bytes => {
                self.extended(of, bytes, signed)
            }
            _ if signed => self.of(Node::Sign(bytes, token)),
            _ => self.of(Node::Zero(bytes, token)),
        }
    }

    /// The result of an operation.
    pub(super) fn binary(&mut self, op: BinOp, a: Token, b: Token, bytes: u8) -> Token {
        let result = match (op, self.node(a), self.node(b)) {
            (_, Node::Const(a), Node::Const(b)) => self.constant(computed(op, a, b, bytes)),
            (BinOp::Add, Node::Frame(at), Node::Const(by))
            | (BinOp::Add, Node::Const(by), Node::Frame(at))
                if bytes == 8 =>
            {
                self.of(Node::Frame(at.wrapping_add(by.cast_signed())))
            }
            (BinOp::Sub, Node::Frame(at), Node::Const(by)) if bytes == 8 => {
                self.of(Node::Frame(at.wrapping_sub(by.cast_signed())))
            }
            (
                BinOp::Add
                | BinOp::Sub
                | BinOp::Or
                | BinOp::Xor
                | BinOp::Shl
                | BinOp::Shr
                | BinOp::Sar,
                _,
                Node::Const(0),
            ) => a,
            (BinOp::Sub, _, Node::Const(by)) => {
                let by = self.constant(by.wrapping_neg());
                return self.binary(BinOp::Add, a, by, bytes);
            }
            (BinOp::Add, Node::Op(BinOp::Add, 8, inner, first), Node::Const(second))
                if bytes == 8 =>
            {
                match self.node(first) {
                    Node::Const(first) => {
                        let by = self.constant(first.wrapping_add(second));
                        return self.binary(BinOp::Add, inner, by, 8);
                    }
                    _ => self.of(Node::Op(op, bytes, a, b)),
                }
            }
            _ => self.of(Node::Op(op, bytes, a, b)),
        };
        self.extended(result, bytes, false)
    }

    /// Whether a symbol is, or is made of, one that `is` tells.
    pub(super) fn contains(&self, token: Token, is: &dyn Fn(Node) -> bool) -> bool {
        let node = self.node(token);
        is(node)
            || match node {
                Node::Op(_, _, a, b) | Node::Pair(a, b) => {
                    self.contains(a, is) || self.contains(b, is)
                }
                Node::Zero(_, a) | Node::Sign(_, a) => self.contains(a, is),
                _ => false,
            }
    }
}

/// The low bytes of a constant, extended.
fn cut(value: u64, bytes: u8, signed: bool) -> u64 {
    let unused = 64 - u32::from(bytes.clamp(1, 8)) * 8;
    if signed {
        ((value << unused).cast_signed() >> unused).cast_unsigned()
    } else {
        value << unused >> unused
    }
}

fn computed(op: BinOp, a: u64, b: u64, bytes: u8) -> u64 {
    let amount = u32::try_from(b & u64::from(bytes * 8 - 1)).unwrap_or(0);
    let low = cut(a, bytes, false);
    let value = match op {
        BinOp::Add => a.wrapping_add(b),
        BinOp::Sub => a.wrapping_sub(b),
        BinOp::And => a & b,
        BinOp::Or => a | b,
        BinOp::Xor => a ^ b,
        BinOp::Mul => a.wrapping_mul(b),
        BinOp::Shl => low << amount,
        BinOp::Shr => low >> amount,
        BinOp::Sar => (cut(a, bytes, true).cast_signed() >> amount).cast_unsigned(),
    };
    cut(value, bytes, false)
}
