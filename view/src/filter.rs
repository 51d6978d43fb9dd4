//! Conditions over the columns of a table: `bytes>1MiB and function~http`, `not forced=true or pause_ns>1ms`.
//!
//! ```text
//! filter    = all { "or" all }
//! all       = one { "and" one }
//! one       = "not" one | "(" filter ")" | COLUMN operator VALUE | COLUMN ":" KEY operator VALUE | WORD
//! operator  = "=" | "!=" | "~" | "!~" | ">" | ">=" | "<" | "<="
//! ```
//!
//! `~` looks for a part of the text, without regard to case. A bare word is looked for in every column of words. Values
//! may have units (`1.5MiB`, `20ms`, `12%`) and stand in quotes when they hold blanks. `label:user=ann` asks for one key of
//! a column that holds several.

use crate::column::{Cell, Column, Row, Unit, column, names};
use std::borrow::Cow;
use std::cmp::Ordering;

/// Conditions that were understood.
pub struct Filter<R: ?Sized + 'static>(Node<R>);

enum Node<R: ?Sized + 'static> {
    Any(Vec<Self>),
    All(Vec<Self>),
    Not(Box<Self>),
    Test(&'static Column<R>, Operator, Value),
    /// Of the entries `key=value` of a column, the one of this key.
    Key(&'static Column<R>, String, Operator, Value),
    /// In lower case.
    Word(String),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Operator {
    Is,
    IsNot,
    Contains,
    ContainsNot,
    More,
    MoreOrSame,
    Less,
    LessOrSame,
}

/// Longer spellings first, so that `>=` is not read as `>`.
const OPERATORS: [(&str, Operator); 8] = [
    ("!=", Operator::IsNot),
    ("!~", Operator::ContainsNot),
    (">=", Operator::MoreOrSame),
    ("<=", Operator::LessOrSame),
    ("=", Operator::Is),
    ("~", Operator::Contains),
    (">", Operator::More),
    ("<", Operator::Less),
];

struct Value {
    text: String,
    number: Option<f64>,
}

impl<R: Row> Filter<R> {
    /// Reads a filter.
    ///
    /// # Errors
    ///
    /// With a sentence for people: which word was not understood and what could stand there.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut tokens = Tokens {
            rest: text,
            depth: 0,
        };
        let node = any(&mut tokens)?;
        match tokens.next()? {
            None => Ok(Self(node)),
            Some(extra) => Err(format!("'{}' was not expected", extra.text())),
        }
    }

    /// Reads what is typed where rows are filtered as one types: conditions, or some words, all of which a row has to
    /// hold; `None` for nothing.
    ///
    /// # Errors
    ///
    /// As [`Self::parse`].
    pub fn typed(text: &str) -> Result<Option<Self>, String> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let plain = !text.contains(['=', '~', '<', '>', '(', ')', '"', '\'']);
        let words: Vec<&str> = text.split_whitespace().collect();
        let keyword = |word: &&str| matches!(*word, "and" | "or" | "not");
        if plain && !words.iter().any(keyword) {
            let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
            return Self::parse(&quoted.join(" and ")).map(Some);
        }
        Self::parse(text).map(Some)
    }

    /// Whether it has a condition on one of these columns.
    pub fn asks_for(&self, columns: &[&str]) -> bool {
        self.0.asks_for(columns)
    }

    /// Whether a row meets it.
    pub fn holds(&self, row: &R) -> bool {
        self.0.holds(row)
    }
}

impl<R: Row> Node<R> {
    fn asks_for(&self, columns: &[&str]) -> bool {
        match self {
            Self::Any(nodes) | Self::All(nodes) => nodes.iter().any(|node| node.asks_for(columns)),
            Self::Not(node) => node.asks_for(columns),
            Self::Test(column, ..) | Self::Key(column, ..) => columns.contains(&column.name),
            Self::Word(_) => false,
        }
    }

    fn holds(&self, row: &R) -> bool {
        match self {
            Self::Any(nodes) => nodes.iter().any(|node| node.holds(row)),
            Self::All(nodes) => nodes.iter().all(|node| node.holds(row)),
            Self::Not(node) => !node.holds(row),
            Self::Test(column, operator, value) => operator.holds(&(column.get)(row), value),
            Self::Key(column, key, operator, value) => {
                let of_key = |cell: &Cell<'_>| {
                    let text = cell.to_string();
                    let (found, value) = text.split_once('=')?;
                    (found == key).then(|| value.to_owned())
                };
                let found = match (column.get)(row) {
                    Cell::List(entries) => entries.iter().find_map(of_key),
                    text => text
                        .to_string()
                        .split_whitespace()
                        .find_map(|entry| of_key(&Cell::Text(Cow::Borrowed(entry)))),
                };
                match found {
                    Some(text) => operator.holds(&Cell::Text(Cow::Owned(text)), value),
                    None => matches!(operator, Operator::IsNot | Operator::ContainsNot),
                }
            }
            Self::Word(word) => R::COLUMNS.iter().any(|column| {
                let words = matches!(column.unit, Unit::Text | Unit::Tree);
                words && contains(&(column.get)(row), word)
            }),
        }
    }
}

impl Operator {
    fn holds(self, cell: &Cell<'_>, value: &Value) -> bool {
        match self {
            Self::Is => is(cell, value),
            Self::IsNot => !is(cell, value),
            Self::Contains => contains(cell, &value.text.to_lowercase()),
            Self::ContainsNot => !contains(cell, &value.text.to_lowercase()),
            Self::More => compared(cell, value).is_some_and(Ordering::is_gt),
            Self::MoreOrSame => compared(cell, value).is_some_and(Ordering::is_ge),
            Self::Less => compared(cell, value).is_some_and(Ordering::is_lt),
            Self::LessOrSame => compared(cell, value).is_some_and(Ordering::is_le),
        }
    }
}

fn is(cell: &Cell<'_>, value: &Value) -> bool {
    match cell {
        Cell::List(cells) => cells.iter().any(|cell| is(cell, value)),
        Cell::Flag(flag) => value.text == flag.to_string(),
        cell => match compared(cell, value) {
            Some(order) => order.is_eq(),
            None => cell.to_string() == value.text,
        },
    }
}

fn compared(cell: &Cell<'_>, value: &Value) -> Option<Ordering> {
    cell.number()?.partial_cmp(&value.number?)
}

fn contains(cell: &Cell<'_>, lower: &str) -> bool {
    cell.to_string().to_lowercase().contains(lower)
}

enum Token {
    /// `(`, `)`.
    Bracket(char),
    Word(String),
    /// Never a keyword nor a bracket.
    Quoted(String),
    Operator(&'static str),
}

impl Token {
    fn text(&self) -> String {
        match self {
            Self::Bracket(c) => c.to_string(),
            Self::Word(word) | Self::Quoted(word) => word.clone(),
            Self::Operator(text) => (*text).to_owned(),
        }
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self, Self::Word(found) if found == word)
    }
}

/// Brackets are read by recursion.
const MAX_DEPTH: usize = 64;

struct Tokens<'t> {
    rest: &'t str,
    /// Brackets opened so far.
    depth: usize,
}

impl Tokens<'_> {
    fn next(&mut self) -> Result<Option<Token>, String> {
        self.rest = self.rest.trim_start();
        let Some(first) = self.rest.chars().next() else {
            return Ok(None);
        };
        if matches!(first, '(' | ')') {
            self.rest = self.rest.get(1..).unwrap_or_default();
            return Ok(Some(Token::Bracket(first)));
        }
        if matches!(first, '"' | '\'') {
            let inner = self.rest.get(1..).unwrap_or_default();
            let Some((quoted, rest)) = inner.split_once(first) else {
                return Err(format!("{} has no end", self.rest));
            };
            self.rest = rest;
            return Ok(Some(Token::Quoted(quoted.to_owned())));
        }
        if let Some((text, _)) = self.operator() {
            self.rest = self.rest.get(text.len()..).unwrap_or_default();
            return Ok(Some(Token::Operator(text)));
        }
        let ends = |c: char| c.is_whitespace() || "()=~<>!\"".contains(c);
        let end = self.rest.find(ends).unwrap_or(self.rest.len()).max(1);
        let (word, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        Ok(Some(Token::Word(word.to_owned())))
    }

    fn operator(&self) -> Option<(&'static str, Operator)> {
        OPERATORS
            .into_iter()
            .find(|(text, _)| self.rest.starts_with(text))
    }

    /// What comes next is taken only when it is this word.
    fn takes(&mut self, word: &str) -> Result<bool, String> {
        let before = self.rest;
        if self.next()?.is_some_and(|token| token.is_word(word)) {
            return Ok(true);
        }
        self.rest = before;
        Ok(false)
    }
}

fn any<R: Row>(tokens: &mut Tokens<'_>) -> Result<Node<R>, String> {
    let mut nodes = vec![all(tokens)?];
    while tokens.takes("or")? {
        nodes.push(all(tokens)?);
    }
    Ok(Node::Any(nodes))
}

fn all<R: Row>(tokens: &mut Tokens<'_>) -> Result<Node<R>, String> {
    let mut nodes = vec![one(tokens)?];
    while tokens.takes("and")? {
        nodes.push(one(tokens)?);
    }
    Ok(Node::All(nodes))
}

fn one<R: Row>(tokens: &mut Tokens<'_>) -> Result<Node<R>, String> {
    match tokens.next()? {
        None => Err(format!("a condition is missing\n\nhint: {}", names::<R>())),
        Some(Token::Bracket('(')) => {
            tokens.depth += 1;
            if tokens.depth > MAX_DEPTH {
                return Err("too many brackets".to_owned());
            }
            let node = any(tokens)?;
            match tokens.next()? {
                Some(Token::Bracket(')')) => Ok(node),
                _ => Err("a ) is missing".to_owned()),
            }
        }
        Some(token) if token.is_word("and") || token.is_word("or") => {
            Err(format!("'{}' was not expected", token.text()))
        }
        Some(token) if token.is_word("not") => {
            tokens.depth += 1;
            if tokens.depth > MAX_DEPTH {
                return Err("'not' stands too often".to_owned());
            }
            let node = one(tokens)?;
            tokens.depth -= 1;
            Ok(Node::Not(Box::new(node)))
        }
        Some(Token::Quoted(word)) => Ok(Node::Word(word.to_lowercase())),
        Some(Token::Word(word)) => match tokens.operator() {
            None => match compared_by_colon::<R>(&word) {
                Some(why) => Err(why),
                None => Ok(Node::Word(word.to_lowercase())),
            },
            Some((text, operator)) => {
                tokens.next()?;
                test(&word, text, operator, tokens)
            }
        },
        Some(token) => Err(format!("'{}' was not expected", token.text())),
    }
}

/// `COLUMN:VALUE` is what other programs take for a condition.
fn compared_by_colon<R: Row>(word: &str) -> Option<String> {
    let (name, value) = word.split_once(':')?;
    let column = column::<R>(name).filter(|column| !R::KEYED.contains(&column.name))?;
    let name = column.name;
    let value = if value.is_empty() { "VALUE" } else { value };
    let other = match column.unit {
        Unit::Text | Unit::Tree => '~',
        _ => '>',
    };
    let hint = format!("{name}={value}, {name}{other}{value}");
    Some(format!("'{word}' compares nothing\n\nhint: {hint}"))
}

fn test<R: Row>(
    name: &str,
    spelled: &str,
    operator: Operator,
    tokens: &mut Tokens<'_>,
) -> Result<Node<R>, String> {
    let (of, key) = match name.split_once(':') {
        Some((of, key)) => (of, Some(key)),
        None => (name, None),
    };
    let column = column::<R>(of)
        .filter(|column| key.is_none() || R::KEYED.contains(&column.name))
        .ok_or_else(|| format!("there is no column {name}\n\nhint: {}", names::<R>()))?;
    let Some(Token::Word(text) | Token::Quoted(text)) = tokens.next()? else {
        return Err(format!("a value is missing after {name}{spelled}"));
    };
    let number = number(&text, column.unit);
    if let Some(key) = key {
        if matches!(
            operator,
            Operator::Is | Operator::IsNot | Operator::Contains | Operator::ContainsNot
        ) {
            return Ok(Node::Key(
                column,
                key.to_owned(),
                operator,
                Value { text, number },
            ));
        }
        return Err(format!(
            "{name}{spelled}: a label is text\n\nhint: = != ~ !~"
        ));
    }
    let in_part = matches!(operator, Operator::Contains | Operator::ContainsNot);
    let alike = matches!(operator, Operator::Is | Operator::IsNot);
    if column.unit == Unit::Flag && !in_part && !(alike && matches!(&*text, "true" | "false")) {
        return Err(format!(
            "{name}{spelled}: not a value to compare with: '{text}'\n\nhint: {name}=true, {name}=false"
        ));
    }
    let is_text = matches!(column.unit, Unit::Text | Unit::Tree | Unit::Flag);
    if !in_part && number.is_none() && !(alike && is_text) {
        let like = match column.unit {
            Unit::Nanos | Unit::Millis => "500ms, 1.5s, 2m",
            Unit::Bytes | Unit::MiB => "512, 64KiB, 1.5MiB, 2GiB",
            Unit::Percent | Unit::Share => "12%, 0.12",
            _ => "12, 0.5, 0xc000012000",
        };
        return Err(format!(
            "{name}{spelled}: not a value to compare with: '{text}'\n\nhint: like {like}"
        ));
    }
    Ok(Node::Test(column, operator, Value { text, number }))
}

/// A typed value in the unit of its column.
fn number(text: &str, unit: Unit) -> Option<f64> {
    if let Some(hex) = text.strip_prefix("0x") {
        #[expect(clippy::cast_precision_loss, reason = "compared with another of these")]
        return u64::from_str_radix(hex, 16).ok().map(|n| n as f64);
    }
    let end = text
        .find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '-' | '+'))
        .unwrap_or(text.len());
    let (digits, suffix) = text.split_at(end);
    let value: f64 = digits.parse().ok()?;
    let scale = match suffix {
        "" => return Some(value),
        "ns" => 1.0,
        "us" | "µs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "m" | "min" => 60e9,
        "h" => 3600e9,
        "B" => 1.0,
        "K" | "KiB" | "KB" | "kB" => 1024.0,
        "M" | "MiB" | "MB" => 1_048_576.0,
        "G" | "GiB" | "GB" => 1_073_741_824.0,
        "T" | "TiB" | "TB" => 1_099_511_627_776.0,
        "%" => 0.01,
        _ => return None,
    };
    let is_time = matches!(suffix, "ns" | "us" | "µs" | "ms" | "s" | "m" | "min" | "h");
    let own = match unit {
        Unit::Nanos if is_time => 1.0,
        Unit::Millis if is_time => 1e6,
        Unit::Bytes if !is_time && suffix != "%" => 1.0,
        Unit::MiB | Unit::MiBPerSecond if !is_time && suffix != "%" => 1_048_576.0,
        Unit::Share if suffix == "%" => 1.0,
        Unit::Percent if suffix == "%" => 0.01,
        _ => return None,
    };
    Some(value * scale / own)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Thing {
        name: &'static str,
        bytes: u64,
        took: Option<u64>,
        old: bool,
    }

    impl Row for Thing {
        const KEY: &'static str = "things";
        const ONE: &'static str = "thing";
        const COLUMNS: &'static [Column<Self>] = crate::columns! {
            name: "name" Text, |t| Cell::Word(t.name), "";
            bytes: "bytes" Bytes, |t| Cell::Count(t.bytes), "";
            took: "took" Nanos, |t| crate::column::count(t.took), "";
            old: "old" Flag, |t| Cell::Flag(t.old), "";
        };
    }

    fn found(filter: &str) -> String {
        let things = [
            Thing {
                name: "http Server",
                bytes: 2 << 20,
                took: Some(1_500_000_000),
                old: true,
            },
            Thing {
                name: "or",
                bytes: 100,
                took: None,
                old: false,
            },
            Thing {
                name: "map",
                bytes: 1 << 20,
                took: Some(900),
                old: false,
            },
        ];
        let filter = match Filter::<Thing>::parse(filter) {
            Ok(filter) => filter,
            Err(why) => return format!("error: {why}"),
        };
        let names: Vec<&str> = things
            .iter()
            .filter(|t| filter.holds(t))
            .map(|t| t.name)
            .collect();
        names.join("|")
    }

    #[test]
    fn conditions_mean_what_they_say() {
        for (filter, names) in [
            ("http", "http Server"),
            ("HTTP", "http Server"),
            ("name~server", "http Server"),
            ("name=map or name='http Server'", "http Server|map"),
            ("bytes>=1MiB and not old=true", "map"),
            ("bytes>1MiB", "http Server"),
            ("took>1s", "http Server"),
            ("took<1us", "map"),
            ("not (old=true or name=map)", "or"),
            ("\"or\"", "or"),
            ("name!~map and name!=or", "http Server"),
            ("bytes=100", "or"),
        ] {
            assert_eq!(found(filter), names, "{filter}");
        }
    }

    #[test]
    fn what_is_not_understood_says_what_would_be() {
        for (filter, part) in [
            (
                "colour=red",
                "there is no column colour\n\nhint: the columns are name, bytes, took, old",
            ),
            ("bytes>soon", "like 512, 64KiB"),
            ("took>1MiB", "like 500ms"),
            ("bytes=some", "like 512, 64KiB"),
            ("bytes!=some", "like 512, 64KiB"),
            ("old=yes", "old=true, old=false"),
            ("old>1", "old=true, old=false"),
            ("name:key=1", "there is no column name:key"),
            ("name:http", "hint: name=http, name~http"),
            ("bytes:", "hint: bytes=VALUE, bytes>VALUE"),
            ("bytes>", "a value is missing"),
            ("(name=x", "a ) is missing"),
            ("name=x name=y", "'name' was not expected"),
            ("name='x", "has no end"),
            ("", "a condition is missing"),
            ("and and", "'and' was not expected"),
        ] {
            assert!(found(filter).contains(part), "{filter}: {}", found(filter));
        }
    }
}
