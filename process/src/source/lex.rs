//! Tokens of Go, with the semicolons that ends of lines are.

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sort {
    /// A name or keyword.
    Name,
    /// A number.
    Number,
    /// A string, with its quotes.
    Text,
    /// A character, with its quotes.
    Char,
    /// An operator or a bracket; an end of line that ends a statement is `;`.
    Sign,
}

/// A token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Word {
    /// What it is.
    pub sort: Sort,
    /// Its text.
    pub text: String,
    /// Its line, from 1.
    pub line: u64,
}

/// A file in tokens.
#[derive(Debug)]
pub struct Source {
    pub(super) words: Vec<Word>,
    /// For each opening bracket the token that closes it.
    closes: Vec<Option<usize>>,
}

/// Operators of several characters, longer ones first.
const SIGNS: [&str; 25] = [
    "<<=", ">>=", "&^=", "...", ":=", "==", "!=", "<=", ">=", "+=", "-=", "*=", "/=", "%=", "&=",
    "|=", "^=", "&&", "||", "<-", "++", "--", "<<", ">>", "&^",
];

impl Source {
    /// `None` when the text is not Go.
    pub fn of(text: &str) -> Option<Self> {
        let mut lexer = Lexer {
            rest: text,
            line: 1,
            words: Vec::new(),
        };
        while !lexer.rest.is_empty() {
            lexer.next()?;
        }
        lexer.end_line();
        let words = lexer.words;
        let mut closes = vec![None; words.len()];
        let mut open: Vec<(usize, &str)> = Vec::new();
        for (at, word) in words
            .iter()
            .enumerate()
            .filter(|(_, w)| w.sort == Sort::Sign)
        {
            match word.text.as_str() {
                "(" => open.push((at, ")")),
                "[" => open.push((at, "]")),
                "{" => open.push((at, "}")),
                text @ (")" | "]" | "}") => {
                    let (from, _) = open.pop().filter(|(_, wanted)| *wanted == text)?;
                    *closes.get_mut(from)? = Some(at);
                }
                _ => {}
            }
        }
        open.is_empty().then_some(Self { words, closes })
    }

    /// The text of a token; empty beyond the end, and for strings and characters.
    pub(super) fn sign(&self, at: usize) -> &str {
        self.words
            .get(at)
            .filter(|word| matches!(word.sort, Sort::Sign | Sort::Name))
            .map_or("", |word| &word.text)
    }

    pub(super) fn is_name(&self, at: usize) -> bool {
        self.words
            .get(at)
            .is_some_and(|word| word.sort == Sort::Name)
    }

    pub(super) fn line(&self, at: usize) -> u64 {
        self.words.get(at).map_or(0, |word| word.line)
    }

    /// The token that closes the bracket that another opens.
    pub(super) fn close(&self, at: usize) -> Option<usize> {
        self.closes.get(at).copied().flatten()
    }

    /// Whether a name stands on a line.
    pub fn names(&self, name: &str, line: u64) -> bool {
        let mut on_line = self.on_line(line).iter();
        on_line.any(|word| word.sort == Sort::Name && word.text == name)
    }

    /// The tokens on a line.
    pub(super) fn on_line(&self, line: u64) -> &[Word] {
        let from = self.words.partition_point(|word| word.line < line);
        let to = self.words.partition_point(|word| word.line <= line);
        self.words.get(from..to).unwrap_or_default()
    }
}

struct Lexer<'t> {
    rest: &'t str,
    line: u64,
    words: Vec<Word>,
}

impl Lexer<'_> {
    fn next(&mut self) -> Option<()> {
        let first = self.rest.chars().next()?;
        let rest = self.rest;
        let while_in = |is: &dyn Fn(char) -> bool| rest.find(|c| !is(c)).unwrap_or(rest.len());
        match first {
            '\n' => {
                self.end_line();
                self.skip(1)?;
            }
            ' ' | '\t' | '\r' => self.skip(1)?,
            '/' if rest.starts_with("//") => self.skip(rest.find('\n').unwrap_or(rest.len()))?,
            '/' if rest.starts_with("/*") => {
                let end = rest.find("*/")? + 2;
                if rest.get(..end)?.contains('\n') {
                    self.end_line();
                }
                self.skip(end)?;
            }
            '"' | '\'' => {
                let sort = if first == '"' { Sort::Text } else { Sort::Char };
                self.take(sort, quoted(rest, first)?)?;
            }
            '`' => self.take(Sort::Text, rest.get(1..)?.find('`')? + 2)?,
            '0'..='9' => {
                let end = while_in(&|c| c.is_alphanumeric() || matches!(c, '.' | '_'));
                self.take(Sort::Number, exponent(rest, end))?;
            }
            c if c.is_alphabetic() || c == '_' => {
                self.take(Sort::Name, while_in(&|c| c.is_alphanumeric() || c == '_'))?;
            }
            c => {
                let long = SIGNS.iter().find(|sign| rest.starts_with(**sign));
                self.take(Sort::Sign, long.map_or(c.len_utf8(), |sign| sign.len()))?;
            }
        }
        Some(())
    }

    fn take(&mut self, sort: Sort, bytes: usize) -> Option<()> {
        let text = self.rest.get(..bytes)?.to_owned();
        let line = self.line;
        self.words.push(Word { sort, text, line });
        self.skip(bytes)
    }

    fn skip(&mut self, bytes: usize) -> Option<()> {
        let (gone, rest) = self.rest.split_at_checked(bytes)?;
        self.line += gone.matches('\n').count() as u64;
        self.rest = rest;
        Some(())
    }

    /// Ends a statement where an end of line does.
    fn end_line(&mut self) {
        const GO_ON: [&str; 4] = ["break", "continue", "fallthrough", "return"];
        const KEYWORDS: [&str; 21] = [
            "case",
            "chan",
            "const",
            "default",
            "defer",
            "else",
            "for",
            "func",
            "go",
            "goto",
            "if",
            "import",
            "interface",
            "map",
            "package",
            "range",
            "select",
            "struct",
            "switch",
            "type",
            "var",
        ];
        let Some(last) = self.words.last() else {
            return;
        };
        let text = last.text.as_str();
        let ends = match last.sort {
            Sort::Name => GO_ON.contains(&text) || !KEYWORDS.contains(&text),
            Sort::Number | Sort::Text | Sort::Char => true,
            Sort::Sign => matches!(text, "++" | "--" | ")" | "]" | "}"),
        };
        if ends {
            self.words.push(Word {
                sort: Sort::Sign,
                text: ";".to_owned(),
                line: last.line,
            });
        }
    }
}

/// The length of what stands in quotes.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\n' => return None,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The end of a number that has an exponent with a sign.
fn exponent(text: &str, end: usize) -> usize {
    let (number, rest) = text.split_at(end);
    let hex = number.starts_with("0x") || number.starts_with("0X");
    let ends_in = number.ends_with(if hex { ['p', 'P'] } else { ['e', 'E'] });
    if ends_in && rest.starts_with(['+', '-']) {
        let digits = rest.get(1..).unwrap_or_default();
        let more = digits.find(|c: char| !c.is_ascii_digit());
        return end + 1 + more.unwrap_or(digits.len());
    }
    end
}
