//! Words of an expression: Go's tokens, and import paths that stand unquoted.

use super::ExprError;

/// One word.
#[derive(Clone, PartialEq, Debug)]
pub enum Token {
    /// An identifier.
    Ident(String),
    /// An import path of several elements, `net/http`, where the process has such a package.
    Package(String),
    /// An integer literal.
    Int(i128),
    /// A floating-point literal.
    Float(f64),
    /// An imaginary literal.
    Imaginary(f64),
    /// A rune literal.
    Rune(char),
    /// A string literal, unescaped.
    Str(Vec<u8>),
    /// An operator or delimiter.
    Op(&'static str),
    /// The end.
    End,
}

impl Token {
    /// As messages name it.
    pub fn describe(&self) -> String {
        match self {
            Self::Ident(name) | Self::Package(name) => name.clone(),
            Self::Int(n) => n.to_string(),
            Self::Float(f) | Self::Imaginary(f) => f.to_string(),
            Self::Rune(c) => format!("{c:?}"),
            Self::Str(_) => "a string".to_owned(),
            Self::Op(op) => (*op).to_owned(),
            Self::End => "the end".to_owned(),
        }
    }
}

/// A word and the bytes it stands on.
#[derive(Clone, PartialEq, Debug)]
pub struct Spanned {
    /// The word.
    pub token: Token,
    /// First byte.
    pub at: usize,
    /// First byte after.
    pub end: usize,
}

/// Longest first, so that the first that fits is the one meant.
const OPERATORS: [&str; 39] = [
    "...", "<<", ">>", "&^", "&&", "||", "==", "!=", "<=", ">=", "<-", ":=", "++", "--", "+=",
    "-=", "+", "-", "*", "/", "%", "&", "|", "^", "!", "<", ">", "(", ")", "[", "]", "{", "}", ",",
    ".", ":", ";", "=", "~",
];

/// Words of one expression; parsing and evaluating nest as deeply as there are operators.
const MAX_WORDS: usize = 500;

/// The words of `text`, [`Token::End`] last. `is_package` decides whether `a/b.C` is a package's name or a
/// division.
pub fn tokens(text: &str, is_package: &dyn Fn(&str) -> bool) -> Result<Vec<Spanned>, ExprError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut all: Vec<Spanned> = Vec::new();
    loop {
        lexer.skip_blank();
        let at = lexer.at;
        // After a dot stands a name of something, never a package.
        let after_dot = matches!(all.last(), Some(last) if last.token == Token::Op("."));
        let token = lexer.token(if after_dot { &|_| false } else { is_package })?;
        let end = lexer.at;
        let done = token == Token::End;
        if all.len() >= MAX_WORDS {
            return Err(lexer.error(at, "the expression is too long"));
        }
        all.push(Spanned { token, at, end });
        if done {
            return Ok(all);
        }
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn skip_blank(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.bump();
        }
    }

    fn error(&self, at: usize, message: impl Into<String>) -> ExprError {
        ExprError::syntax(self.text, at, message)
    }

    fn token(&mut self, is_package: &dyn Fn(&str) -> bool) -> Result<Token, ExprError> {
        let start = self.at;
        let Some(c) = self.peek() else {
            return Ok(Token::End);
        };
        let second = self.rest().chars().nth(1);
        match c {
            '"' => self.string(),
            '`' => self.raw_string(),
            '\'' => self.rune(),
            '0'..='9' => self.number(),
            '.' if second.is_some_and(|c| c.is_ascii_digit()) => self.number(),
            c if is_letter(c) => {
                if let Some(path) = self.package(is_package) {
                    return Ok(Token::Package(path));
                }
                while self.peek().is_some_and(|c| is_letter(c) || c.is_numeric()) {
                    self.bump();
                }
                Ok(Token::Ident(
                    self.text.get(start..self.at).unwrap_or_default().to_owned(),
                ))
            }
            _ => {
                let op = OPERATORS.iter().find(|op| self.rest().starts_with(**op));
                let op = op.ok_or_else(|| self.error(start, format!("unexpected {c:?}")))?;
                self.at += op.len();
                Ok(Token::Op(op))
            }
        }
    }

    /// An import path with a slash in it, up to the dot before a name; the longest that is a package.
    fn package(&mut self, is_package: &dyn Fn(&str) -> bool) -> Option<String> {
        let rest = self.rest();
        let path_char = |c: char| c.is_alphanumeric() || "_./-~%@+".contains(c);
        let len = rest.find(|c| !path_char(c)).unwrap_or(rest.len());
        let run = rest.get(..len)?;
        let slash = run.find('/')?;
        let path = run
            .match_indices('.')
            .rev()
            .map(|(dot, _)| dot)
            .filter(|dot| *dot > slash)
            .filter_map(|dot| run.get(..dot))
            .find(|path| is_package(path))?
            .to_owned();
        self.at += path.len();
        Some(path)
    }

    fn number(&mut self) -> Result<Token, ExprError> {
        let start = self.at;
        let digits = |lexer: &mut Self, radix: u32| {
            let from = lexer.at;
            while lexer.peek().is_some_and(|c| c.is_digit(radix) || c == '_') {
                lexer.bump();
            }
            lexer
                .text
                .get(from..lexer.at)
                .unwrap_or_default()
                .replace('_', "")
        };
        let prefix = self
            .rest()
            .get(..2)
            .unwrap_or_default()
            .to_ascii_lowercase();
        let radix = match prefix.as_str() {
            "0x" => 16,
            "0o" => 8,
            "0b" => 2,
            _ => 10,
        };
        if radix != 10 {
            self.at += 2;
            let text = digits(self, radix);
            return self.integer(&text, radix, start);
        }
        let mut text = digits(self, 10);
        let mut float = false;
        if self.peek() == Some('.') {
            float = true;
            self.bump();
            text = format!("{text}.{}", digits(self, 10));
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            float = true;
            self.bump();
            text.push('e');
            if let Some(sign @ ('+' | '-')) = self.peek() {
                self.bump();
                text.push(sign);
            }
            text.push_str(&digits(self, 10));
        }
        let imaginary = self.peek() == Some('i');
        if imaginary {
            self.bump();
        }
        if float || imaginary {
            let value = text
                .parse()
                .map_err(|_| self.error(start, "not a number"))?;
            self.end_of_number()?;
            return Ok(if imaginary {
                Token::Imaginary(value)
            } else {
                Token::Float(value)
            });
        }
        // 0755 is octal, as in C.
        match text.strip_prefix('0') {
            Some(octal) if !octal.is_empty() => self.integer(octal, 8, start),
            _ => self.integer(&text, 10, start),
        }
    }

    fn integer(&self, digits: &str, radix: u32, start: usize) -> Result<Token, ExprError> {
        self.end_of_number()?;
        if digits.is_empty() {
            return Err(self.error(self.at, "expected digits"));
        }
        let value = i128::from_str_radix(digits, radix);
        value
            .map(Token::Int)
            .map_err(|_| self.error(start, "not an integer that fits"))
    }

    fn end_of_number(&self) -> Result<(), ExprError> {
        match self.peek() {
            Some(c) if is_letter(c) || c.is_numeric() => {
                Err(self.error(self.at, format!("unexpected {c:?} in a number")))
            }
            _ => Ok(()),
        }
    }

    fn string(&mut self) -> Result<Token, ExprError> {
        let start = self.at;
        self.bump();
        let mut bytes = Vec::new();
        loop {
            match self.bump() {
                Some('"') => return Ok(Token::Str(bytes)),
                Some('\\') => match self.escape('"')? {
                    Escaped::Byte(byte) => bytes.push(byte),
                    Escaped::Char(c) => push_char(&mut bytes, c),
                },
                Some(c) => push_char(&mut bytes, c),
                None => return Err(self.error(start, "string without its closing \"")),
            }
        }
    }

    fn raw_string(&mut self) -> Result<Token, ExprError> {
        let start = self.at;
        self.bump();
        let rest = self.rest();
        let Some(len) = rest.find('`') else {
            return Err(self.error(start, "string without its closing `"));
        };
        let bytes = rest.get(..len).unwrap_or_default().replace('\r', "");
        self.at += len + 1;
        Ok(Token::Str(bytes.into_bytes()))
    }

    fn rune(&mut self) -> Result<Token, ExprError> {
        let start = self.at;
        self.bump();
        let c = match self.bump() {
            Some('\\') => match self.escape('\'')? {
                Escaped::Byte(byte) => char::from(byte),
                Escaped::Char(c) => c,
            },
            Some(c) if c != '\'' => c,
            _ => return Err(self.error(start, "expected one character in '…'")),
        };
        if self.bump() != Some('\'') {
            return Err(self.error(start, "expected one character in '…'"));
        }
        Ok(Token::Rune(c))
    }

    /// What stands for a character after a backslash.
    fn escape(&mut self, quote: char) -> Result<Escaped, ExprError> {
        let start = self.at.saturating_sub(1);
        let unknown = |lexer: &Self| lexer.error(start, "unknown escape sequence");
        let c = self.bump().ok_or_else(|| unknown(self))?;
        let plain = |byte| Ok(Escaped::Byte(byte));
        let (count, radix) = match c {
            'a' => return plain(7),
            'b' => return plain(8),
            'f' => return plain(12),
            'n' => return plain(b'\n'),
            'r' => return plain(b'\r'),
            't' => return plain(b'\t'),
            'v' => return plain(11),
            '\\' => return plain(b'\\'),
            c if c == quote => return Ok(Escaped::Char(c)),
            'x' => (2, 16),
            'u' => (4, 16),
            'U' => (8, 16),
            '0'..='7' => {
                self.at -= 1;
                (3, 8)
            }
            _ => return Err(unknown(self)),
        };
        let digits = self.rest().get(..count).unwrap_or_default();
        let code = u32::from_str_radix(digits, radix).map_err(|_| unknown(self))?;
        self.at += count;
        if matches!(c, 'u' | 'U') {
            let c = char::from_u32(code).ok_or_else(|| unknown(self))?;
            return Ok(Escaped::Char(c));
        }
        u8::try_from(code)
            .map(Escaped::Byte)
            .map_err(|_| unknown(self))
    }
}

enum Escaped {
    Byte(u8),
    Char(char),
}

fn push_char(bytes: &mut Vec<u8>, c: char) {
    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

fn is_letter(c: char) -> bool {
    c == '_' || c.is_alphabetic()
}

#[cfg(test)]
mod tests {
    use super::{Token, tokens};

    fn words(text: &str) -> Vec<Token> {
        let known = |path: &str| matches!(path, "net/http" | "github.com/a-b/c");
        let all = tokens(text, &known).unwrap();
        all.into_iter().map(|s| s.token).collect()
    }

    #[test]
    fn literals_of_every_kind() {
        let mut all =
            words(r#"0x1F 0b11 0o17 017 1_000 1.5 .5 1e3 2i 'a' '\n' '\u4e16' "a\x41\"" `r\n`"#);
        all.pop();
        assert_eq!(
            all,
            [
                Token::Int(31),
                Token::Int(3),
                Token::Int(15),
                Token::Int(15),
                Token::Int(1000),
                Token::Float(1.5),
                Token::Float(0.5),
                Token::Float(1000.0),
                Token::Imaginary(2.0),
                Token::Rune('a'),
                Token::Rune('\n'),
                Token::Rune('世'),
                Token::Str(b"aA\"".to_vec()),
                Token::Str(b"r\\n".to_vec()),
            ]
        );
    }

    #[test]
    fn paths_are_packages_where_there_is_one() {
        let package = |p: &str| Token::Package(p.to_owned());
        let ident = |n: &str| Token::Ident(n.to_owned());
        let (dot, end) = (Token::Op("."), Token::End);
        assert_eq!(
            words("net/http.Client"),
            [
                package("net/http"),
                dot.clone(),
                ident("Client"),
                end.clone()
            ]
        );
        assert_eq!(
            words("github.com/a-b/c.D.e"),
            [
                package("github.com/a-b/c"),
                dot.clone(),
                ident("D"),
                dot.clone(),
                ident("e"),
                end.clone()
            ]
        );
        assert_eq!(
            words("a/b.c"),
            [ident("a"), Token::Op("/"), ident("b"), dot, ident("c"), end]
        );
    }

    #[test]
    fn errors_say_where() {
        for (text, at, message) in [
            ("1 + \"abc", 4, "string without its closing \""),
            ("a # b", 2, "unexpected '#'"),
            ("0x", 2, "expected digits"),
            ("12ab", 2, "unexpected 'a' in a number"),
            ("'ab'", 0, "expected one character in '…'"),
            (r#""\q""#, 1, "unknown escape sequence"),
        ] {
            let error = tokens(text, &|_| false).unwrap_err();
            assert_eq!((error.at, error.message.as_str()), (at, message), "{text}");
        }
    }
}
