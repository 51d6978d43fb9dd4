//! Values that source text states: literals of a variable's type, as bytes.

use super::variables::Context;
use crate::addr::Addr;
use crate::source::{Sort, Word};
use crate::types::{Kind, Shape, Type};

/// Literals nest at most this deep.
const MOST_DEPTH: usize = 16;

/// A constant of the language.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Constant {
    Int(i128),
    Float(f64),
    Text(Vec<u8>),
    Bool(bool),
    Nil,
}

impl Context<'_, '_> {
    /// The bytes of a value of a type that an expression states; `None` when it takes more than reading it.
    pub(super) fn literal(&self, ty: &Type, words: &[Word]) -> Option<Vec<u8>> {
        self.literal_within(ty, words, 0)
    }

    fn literal_within(&self, ty: &Type, words: &[Word], depth: usize) -> Option<Vec<u8>> {
        if depth > MOST_DEPTH {
            return None;
        }
        let words = without_brackets(words);
        let size = usize::try_from(ty.size).ok()?;
        if let Shape::Struct { fields } = &ty.shape {
            let elements = elements(words, &ty.name)?;
            let mut bytes = vec![0; size];
            let by_name = elements
                .first()
                .is_some_and(|first| first.get(1).is_some_and(|word| word.text == ":"));
            if !by_name && !elements.is_empty() && elements.len() != fields.len() {
                return None;
            }
            for (number, element) in elements.iter().enumerate() {
                let (field, value) = if by_name {
                    let (name, value) = element.split_first()?;
                    (
                        fields.iter().find(|field| field.name == name.text)?,
                        value.get(1..)?,
                    )
                } else {
                    (fields.get(number)?, *element)
                };
                let ty = self.types.resolve(field.ty).ok()?;
                let of_field = self.literal_within(&ty, value, depth + 1)?;
                let at = usize::try_from(field.offset).ok()?;
                bytes
                    .get_mut(at..at + of_field.len())?
                    .copy_from_slice(&of_field);
            }
            return Some(bytes);
        }
        if is_nil(ty, words) {
            return Some(vec![0; size]);
        }
        let mut parser = Parser { words, depth: 0 };
        let constant = parser.sum()?;
        if !parser.words.is_empty() {
            return None;
        }
        match (ty.kind, constant) {
            (Kind::Bool, Constant::Bool(value)) => Some(vec![u8::from(value)]),
            (Kind::Float64, constant) => Some(constant.float()?.to_le_bytes().to_vec()),
            #[expect(
                clippy::cast_possible_truncation,
                reason = "that is what the compiler does"
            )]
            (Kind::Float32, constant) => Some((constant.float()? as f32).to_le_bytes().to_vec()),
            (Kind::String, Constant::Text(text)) => self.text(&text),
            (kind, Constant::Int(value)) if is_integer(kind) => {
                let bits = u32::try_from(size * 8).ok()?;
                let fits = -(1_i128 << (bits - 1)) <= value && value < 1_i128 << bits;
                fits.then(|| value.to_le_bytes().get(..size).map(<[u8]>::to_vec))?
            }
            _ => None,
        }
    }

    /// A string that the function has an address of: its pointer and length.
    fn text(&self, text: &[u8]) -> Option<Vec<u8>> {
        let len = text.len() as u64;
        let addr = if text.is_empty() {
            Addr(0)
        } else {
            let memory = self.frame.memory;
            let is_there = |at: &Addr| memory.bytes(*at, len).is_ok_and(|found| *found == *text);
            self.frame.point?.constants().into_iter().find(is_there)?
        };
        let mut bytes = addr.0.to_le_bytes().to_vec();
        bytes.extend(len.to_le_bytes());
        Some(bytes)
    }
}

const fn is_integer(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Int
            | Kind::Int8
            | Kind::Int16
            | Kind::Int32
            | Kind::Int64
            | Kind::Uint
            | Kind::Uint8
            | Kind::Uint16
            | Kind::Uint32
            | Kind::Uint64
            | Kind::Uintptr
    )
}

/// Whether an expression is the nil of a type: bare, or converted.
fn is_nil(ty: &Type, words: &[Word]) -> bool {
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    match ty.kind {
        // A nil pointer that is converted to an interface is none of its nils.
        Kind::Interface => matches!(
            texts.as_slice(),
            ["nil"] | ["error" | "any", "(", "nil", ")"]
        ),
        Kind::Pointer | Kind::Func | Kind::Slice | Kind::Map | Kind::Chan | Kind::UnsafePointer => {
            let Some(of) = texts.strip_suffix(&["(", "nil", ")"]) else {
                return texts == ["nil"];
            };
            let is_type = matches!(of, ["[", "]", ..]) || matches!(of, ["(", .., ")"]);
            is_type && !of.contains(&",") && !of.contains(&"{")
        }
        _ => false,
    }
}

/// What stands between the braces of a struct's literal.
fn elements<'w>(words: &'w [Word], name: &str) -> Option<Vec<&'w [Word]>> {
    let open = words.iter().position(|word| word.text == "{")?;
    let (of, rest) = words.split_at(open);
    let last = of.last().filter(|word| word.sort == Sort::Name)?;
    let is_its = name.rsplit(['.', '/']).next() == Some(last.text.as_str()) && of.len() <= 3;
    let (close, inner) = rest.get(1..)?.split_last()?;
    if !is_its || close.text != "}" {
        return None;
    }
    listed(inner)
}

/// The parts between commas; `None` where a bracket closes that none of them opens.
pub(super) fn listed(words: &[Word]) -> Option<Vec<&[Word]>> {
    let mut depth = 0_i32;
    let mut is_closed = true;
    let elements = words
        .split(|word| {
            match word.text.as_str() {
                "(" | "[" | "{" if word.sort == Sort::Sign => depth += 1,
                ")" | "]" | "}" if word.sort == Sort::Sign => depth -= 1,
                _ => {}
            }
            is_closed &= depth >= 0;
            depth == 0 && word.sort == Sort::Sign && word.text == ","
        })
        .filter(|element| !element.is_empty())
        .collect();
    (is_closed && depth == 0).then_some(elements)
}

fn without_brackets(mut words: &[Word]) -> &[Word] {
    while let [first, inner @ .., last] = words
        && first.text == "("
        && last.text == ")"
        && closes_at_end(inner)
    {
        words = inner;
    }
    words
}

fn closes_at_end(inner: &[Word]) -> bool {
    let mut depth = 0_i32;
    inner
        .iter()
        .filter(|word| word.sort == Sort::Sign)
        .all(|word| {
            match word.text.as_str() {
                "(" => depth += 1,
                ")" => depth -= 1,
                _ => {}
            }
            depth >= 0
        })
}

impl Constant {
    #[expect(clippy::cast_precision_loss, reason = "that is what the compiler does")]
    const fn float(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            _ => None,
        }
    }
}

/// Constant expressions of integers and strings; of floats their literals only.
struct Parser<'w> {
    words: &'w [Word],
    depth: usize,
}

impl Parser<'_> {
    fn eat(&mut self, sign: &str) -> bool {
        match self.words.split_first() {
            Some((first, rest)) if first.sort == Sort::Sign && first.text == sign => {
                self.words = rest;
                true
            }
            _ => false,
        }
    }

    fn sum(&mut self) -> Option<Constant> {
        let mut sum = self.product()?;
        loop {
            let is_minus = match self.words.first().map(|word| word.text.as_str()) {
                Some("+") => false,
                Some("-") => true,
                _ => return Some(sum),
            };
            self.words = self.words.get(1..)?;
            sum = match (sum, self.product()?) {
                (Constant::Int(a), Constant::Int(b)) if is_minus => {
                    Constant::Int(a.checked_sub(b)?)
                }
                (Constant::Int(a), Constant::Int(b)) => Constant::Int(a.checked_add(b)?),
                (Constant::Text(a), Constant::Text(b)) if !is_minus => {
                    Constant::Text([a, b].concat())
                }
                _ => return None,
            };
        }
    }

    fn product(&mut self) -> Option<Constant> {
        let mut product = self.term()?;
        while self.eat("*") {
            product = match (product, self.term()?) {
                (Constant::Int(a), Constant::Int(b)) => Constant::Int(a.checked_mul(b)?),
                _ => return None,
            };
        }
        Some(product)
    }

    fn term(&mut self) -> Option<Constant> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return None;
        }
        let term = self.inner();
        self.depth -= 1;
        term
    }

    fn inner(&mut self) -> Option<Constant> {
        if self.eat("-") {
            return match self.term()? {
                Constant::Int(value) => Some(Constant::Int(value.checked_neg()?)),
                Constant::Float(value) => Some(Constant::Float(-value)),
                _ => None,
            };
        }
        if self.eat("(") {
            let inner = self.sum()?;
            return self.eat(")").then_some(inner);
        }
        let (word, rest) = self.words.split_first()?;
        self.words = rest;
        match (word.sort, word.text.as_str()) {
            (Sort::Number, text) => number(text),
            (Sort::Text, text) => unquoted(text).map(Constant::Text),
            (Sort::Char, text) => character(text).map(Constant::Int),
            (Sort::Name, "true") => Some(Constant::Bool(true)),
            (Sort::Name, "false") => Some(Constant::Bool(false)),
            (Sort::Name, "nil") => Some(Constant::Nil),
            (Sort::Name, to) if self.eat("(") => {
                let inner = self.sum()?;
                let converted = match inner {
                    // A constant fits what it is converted to.
                    Constant::Int(_) if to.starts_with("int") || to.starts_with("uint") => inner,
                    Constant::Int(_) if matches!(to, "byte" | "rune") => inner,
                    Constant::Text(_) if to == "string" => inner,
                    Constant::Int(_) | Constant::Float(_) if to == "float64" => {
                        Constant::Float(inner.float()?)
                    }
                    _ => return None,
                };
                let is_predeclared = matches!(
                    to.trim_start_matches('u'),
                    "int"
                        | "int8"
                        | "int16"
                        | "int32"
                        | "int64"
                        | "intptr"
                        | "byte"
                        | "rune"
                        | "string"
                        | "float64"
                );
                (is_predeclared && self.eat(")")).then_some(converted)
            }
            _ => None,
        }
    }
}

pub(super) fn number(text: &str) -> Option<Constant> {
    let plain: String = text
        .chars()
        .filter(|c| *c != '_')
        .collect::<String>()
        .to_lowercase();
    let radix = |prefix: &str, radix| {
        let digits = plain.strip_prefix(prefix)?;
        i128::from_str_radix(digits, radix).ok().map(Constant::Int)
    };
    if let Some(value) = radix("0x", 16)
        .or_else(|| radix("0b", 2))
        .or_else(|| radix("0o", 8))
    {
        return Some(value);
    }
    if plain.len() > 1 && plain.starts_with('0') && plain.bytes().all(|b| b.is_ascii_digit()) {
        return radix("0", 8);
    }
    if let Ok(value) = plain.parse() {
        return Some(Constant::Int(value));
    }
    let is_float = plain
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'+' | b'-'));
    is_float.then(|| plain.parse().ok().map(Constant::Float))?
}

/// The bytes of a string's literal, with the escapes that are common.
fn unquoted(text: &str) -> Option<Vec<u8>> {
    if let Some(raw) = text.strip_prefix('`') {
        let raw = raw.strip_suffix('`')?;
        return Some(raw.bytes().filter(|byte| *byte != b'\r').collect());
    }
    let mut bytes = Vec::new();
    let mut chars = text.strip_prefix('"')?.strip_suffix('"')?.chars();
    while let Some(c) = chars.next() {
        let c = if c == '\\' { escape(chars.next()?)? } else { c };
        bytes.extend(c.encode_utf8(&mut [0; 4]).bytes());
    }
    Some(bytes)
}

const fn escape(after: char) -> Option<char> {
    Some(match after {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        c @ ('\\' | '"' | '\'') => c,
        _ => return None,
    })
}

fn character(text: &str) -> Option<i128> {
    let mut chars = text.strip_prefix('\'')?.strip_suffix('\'')?.chars();
    let c = match chars.next()? {
        '\\' => escape(chars.next()?)?,
        c => c,
    };
    chars.next().is_none().then_some(i128::from(u32::from(c)))
}
