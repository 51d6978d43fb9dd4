//! A prefix as a row of times, numbers, names, signs and blanks, by which it is found before other lines.
//!
//! Words are taken literally: what is loose is only what has digits in it (times, counters, pids, names of pods) and the
//! level of a message. A line that has no prefix is then not taken to have one.

use crate::line::Stamp;

/// A part of a prefix.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Token {
    Stamp,
    /// Digits, and what stands between those of a date or a clock.
    Number(Value),
    /// A name with digits in it.
    Name(Value),
    /// `INFO`, `[warn]`: any level will do.
    Level,
    Word(Vec<u8>),
    Sign(u8),
    /// Any number of blanks: names are padded.
    Blanks,
    /// The blanks before the text: these, since more are the text's own.
    Last(Vec<u8>),
}

/// Whether what stands in a place tells the writer.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Value {
    /// Not known yet: this one was there.
    Seen(Vec<u8>),
    /// It was the same in every line: a pod, a pid.
    Writer,
    /// It differed from line to line: a time, a counter.
    Loose,
}

/// A prefix.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Template {
    tokens: Vec<Token>,
}

/// A prefix that was there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub length: usize,
    pub stamp: Option<Stamp>,
}

const LEVELS: [&[u8]; 24] = [
    b"trace",
    b"trc",
    b"debug",
    b"dbg",
    b"info",
    b"inf",
    b"notice",
    b"warn",
    b"warning",
    b"wrn",
    b"error",
    b"err",
    b"fatal",
    b"ftl",
    b"panic",
    b"pnc",
    b"crit",
    b"critical",
    b"alert",
    b"emerg",
    b"stdout",
    b"stderr",
    b"out",
    b"default",
];

const fn is_sign(byte: u8) -> bool {
    matches!(
        byte,
        b'[' | b']'
            | b'('
            | b')'
            | b'{'
            | b'}'
            | b'<'
            | b'>'
            | b'|'
            | b'='
            | b','
            | b';'
            | b'"'
            | b'\''
            | b'#'
    )
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// The word at the start of a text.
fn word(text: &[u8]) -> &[u8] {
    let ends = |byte: &u8| is_blank(*byte) || is_sign(*byte);
    let length = text.iter().position(ends).unwrap_or(text.len());
    text.get(..length).unwrap_or_default()
}

fn is_number(word: &[u8]) -> bool {
    let loose = |byte: &u8| byte.is_ascii_digit() || b".:,-/+_TZ".contains(byte);
    // TAI64N, as svlogd and multilog write it.
    let tai = word.len() == 25 && word.first() == Some(&b'@');
    tai && word.iter().skip(1).all(u8::is_ascii_hexdigit)
        || word.iter().all(loose) && word.iter().any(u8::is_ascii_digit)
}

fn is_level(word: &[u8]) -> bool {
    let word = word.strip_suffix(b":").unwrap_or(word);
    LEVELS.iter().any(|level| word.eq_ignore_ascii_case(level))
}

impl Template {
    /// The prefix that ends where this text does.
    pub fn of(prefix: &[u8]) -> Self {
        let mut tokens = Vec::new();
        let mut rest = prefix;
        while let Some(&first) = rest.first() {
            let (token, length) = if let Some((_, length)) =
                Stamp::read(rest).filter(|(_, length)| *length <= rest.len())
            {
                (Token::Stamp, length)
            } else if is_blank(first) {
                let blanks = rest.iter().take_while(|byte| is_blank(**byte)).count();
                let text = rest.get(..blanks).unwrap_or_default();
                if blanks == rest.len() {
                    (Token::Last(text.to_vec()), blanks)
                } else {
                    (Token::Blanks, blanks)
                }
            } else if is_sign(first) {
                (Token::Sign(first), 1)
            } else {
                let word = word(rest);
                let token = if is_number(word) {
                    Token::Number(Value::Seen(word.to_vec()))
                } else if word.iter().any(u8::is_ascii_digit) {
                    Token::Name(Value::Seen(word.to_vec()))
                } else if is_level(word) {
                    Token::Level
                } else {
                    Token::Word(word.to_vec())
                };
                (token, word.len())
            };
            tokens.push(token);
            rest = rest.get(length..).unwrap_or_default();
        }
        Self { tokens }
    }

    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Whether it has nothing by which it would not be found before an application's words.
    pub fn is_plain(&self) -> bool {
        self.tokens.iter().all(|token| {
            matches!(
                token,
                Token::Number(_) | Token::Blanks | Token::Last(_) | Token::Sign(_) | Token::Level
            )
        })
    }

    /// Whether it is nothing but blanks.
    pub fn is_indent(&self) -> bool {
        self.tokens
            .iter()
            .all(|token| matches!(token, Token::Blanks | Token::Last(_)))
    }

    /// The prefix at the start of a text; each value that may tell the writer is handed on with its place.
    fn walk<'t>(&self, text: &'t [u8], each: &mut dyn FnMut(usize, &'t [u8])) -> Option<Found> {
        let mut rest = text;
        let mut stamp = None;
        for (index, token) in self.tokens.iter().enumerate() {
            let length = match token {
                Token::Stamp => {
                    let (read, length) = Stamp::read(rest)?;
                    stamp = stamp.or(Some(read));
                    length
                }
                Token::Sign(sign) => (rest.first() == Some(sign)).then_some(1)?,
                Token::Blanks => {
                    let blanks = rest.iter().take_while(|byte| is_blank(**byte)).count();
                    (blanks > 0).then_some(blanks)?
                }
                // An empty line may have lost the blanks at its end.
                Token::Last(_) if rest.is_empty() => 0,
                Token::Last(blanks) if rest.starts_with(blanks) => blanks.len(),
                Token::Last(blanks) if blanks.starts_with(rest) => rest.len(),
                Token::Last(_) => return None,
                Token::Word(_) | Token::Level | Token::Number(_) | Token::Name(_) => {
                    let word = word(rest);
                    let fits = match token {
                        Token::Word(expected) => word == expected,
                        Token::Level => is_level(word),
                        Token::Number(_) => is_number(word),
                        _ => word.iter().any(u8::is_ascii_digit),
                    };
                    if !fits || word.is_empty() {
                        return None;
                    }
                    each(index, word);
                    word.len()
                }
            };
            rest = rest.get(length..)?;
        }
        Some(Found {
            length: text.len() - rest.len(),
            stamp,
        })
    }

    /// The prefix at the start of a text.
    pub fn find(&self, text: &[u8]) -> Option<Found> {
        self.walk(text, &mut |_, _| {})
    }

    /// Compares a line that has this prefix with those before: what differs does not tell the writer.
    pub fn compare(&mut self, text: &[u8]) {
        let mut differing = Vec::new();
        let tokens = &self.tokens;
        self.walk(text, &mut |index, word| {
            if let Some(Token::Number(Value::Seen(seen)) | Token::Name(Value::Seen(seen))) =
                tokens.get(index)
                && seen != word
            {
                differing.push(index);
            }
        });
        for index in differing {
            self.loosen(index);
        }
    }

    fn loosen(&mut self, index: usize) {
        if let Some(Token::Number(value) | Token::Name(value)) = self.tokens.get_mut(index) {
            *value = Value::Loose;
        }
    }

    /// No more lines are compared: what was the same in all tells the writer, unless it is a time.
    pub fn settle(&mut self) {
        let bracketed: Vec<bool> = (0..self.tokens.len())
            .map(|index| {
                let before = index.checked_sub(1).and_then(|at| self.tokens.get(at));
                let after = self.tokens.get(index + 1);
                matches!(before, Some(Token::Sign(b'[' | b'(')))
                    && matches!(after, Some(Token::Sign(b']' | b')')))
            })
            .collect();
        for (token, bracketed) in self.tokens.iter_mut().zip(bracketed) {
            match token {
                Token::Number(value) => {
                    let is_pid = matches!(value, Value::Seen(seen)
                        if bracketed && seen.len() <= 7 && seen.iter().all(u8::is_ascii_digit));
                    *value = if is_pid { Value::Writer } else { Value::Loose };
                }
                Token::Name(value @ Value::Seen(_)) => *value = Value::Writer,
                _ => {}
            }
        }
    }

    /// The writer that a line's prefix names.
    pub fn writer(&self, text: &[u8], name: &mut Vec<u8>) {
        let mut words: Vec<(usize, &[u8])> = Vec::new();
        self.walk(text, &mut |index, word| words.push((index, word)));
        let mut gap = false;
        for (index, token) in self.tokens.iter().enumerate() {
            let tells = match token {
                Token::Word(_) | Token::Name(Value::Writer | Value::Seen(_)) => true,
                Token::Number(Value::Writer) => true,
                Token::Sign(b'[' | b']' | b'(' | b')') => {
                    gap = true;
                    continue;
                }
                _ => {
                    gap = true;
                    continue;
                }
            };
            let word = words.iter().find(|(at, _)| *at == index);
            if let Some((_, word)) = word.filter(|_| tells) {
                if gap && !name.is_empty() {
                    name.push(b' ');
                }
                gap = false;
                name.extend_from_slice(word);
            }
        }
        while name.last().is_some_and(|byte| b":-/".contains(byte)) {
            name.pop();
        }
    }
}
