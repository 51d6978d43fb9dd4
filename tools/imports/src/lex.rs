//! Rust source as the few tokens that tell where paths stand: words, `::`, and single signs. Comments, strings, numbers
//! and lifetimes are passed over, so that a path in one of them is never taken for an import.

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A name or keyword; a raw one without its `r#`.
    Word(String),
    /// `::`
    Into,
    /// Any other sign, one character each.
    Sign(char),
    /// A string, for the path that `#[path = "…"]` names.
    Text(String),
}

/// A token and the line it stands in, counted from 1.
#[derive(Debug, Clone)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Where it is.
    pub line: usize,
}

impl Token {
    /// The name or keyword, when it is one.
    pub fn word(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }

    /// Whether it is this sign.
    pub fn is(&self, sign: char) -> bool {
        self.kind == Kind::Sign(sign)
    }
}

/// The characters that are left, and the line they begin in.
struct Rest<'a> {
    text: &'a str,
    line: usize,
}

impl<'a> Rest<'a> {
    /// Passes over so many bytes, which end between characters.
    fn skip(&mut self, bytes: usize) -> &'a str {
        let (passed, rest) = self.text.split_at_checked(bytes).unwrap_or((self.text, ""));
        self.line += passed.matches('\n').count();
        self.text = rest;
        passed
    }

    /// Passes over everything up to the end of `end`, or all when it never comes.
    fn skip_past(&mut self, end: &str) -> &'a str {
        let at = self
            .text
            .find(end)
            .map_or(self.text.len(), |at| at + end.len());
        self.skip(at)
    }

    /// Passes over the longest beginning whose characters all hold.
    fn skip_while(&mut self, holds: impl Fn(char) -> bool) -> &'a str {
        let at = self.text.find(|c| !holds(c)).unwrap_or(self.text.len());
        self.skip(at)
    }

    fn comment(&mut self) {
        // Comments of this kind nest.
        let mut depth = 0usize;
        while !self.text.is_empty() {
            if self.text.starts_with("/*") {
                depth += 1;
                self.skip(2);
            } else if self.text.starts_with("*/") {
                self.skip(2);
                depth -= 1;
                if depth == 0 {
                    return;
                }
            } else {
                self.skip_while(|c| c != '*' && c != '/');
                if !self.text.starts_with("/*") && !self.text.starts_with("*/") {
                    self.skip(1);
                }
            }
        }
    }

    /// The content of a string whose opening quote has been passed.
    fn string(&mut self) -> String {
        let mut content = String::new();
        loop {
            content += self.skip_while(|c| c != '"' && c != '\\');
            let escaped = self.text.starts_with('\\');
            self.skip(1);
            if !escaped {
                return content;
            }
            let next = self.text.chars().next().map_or(0, char::len_utf8);
            content += self.skip(next);
        }
    }

    /// A raw string from its `#`s on.
    fn raw_string(&mut self) -> String {
        let hashes = self.skip_while(|c| c == '#').len();
        self.skip(1);
        let end = format!("\"{}", "#".repeat(hashes));
        let content = self.skip_past(&end);
        content.strip_suffix(&end).unwrap_or(content).to_owned()
    }

    /// A character or a lifetime, from its quote on.
    fn quoted(&mut self) {
        self.skip(1);
        let mut characters = self.text.chars();
        match (characters.next(), characters.next()) {
            (Some('\\'), Some(escaped)) => {
                self.skip(1 + escaped.len_utf8());
                self.skip_past("'");
            }
            (Some(one), Some('\'')) => {
                self.skip(one.len_utf8() + 1);
            }
            _ => {
                self.skip_while(is_of_word);
            }
        }
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The tokens of a source text.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut rest = Rest { text, line: 1 };
    let mut tokens = Vec::new();
    while let Some(first) = rest.text.chars().next() {
        let line = rest.line;
        let mut push = |kind| tokens.push(Token { kind, line });
        if first.is_whitespace() {
            rest.skip_while(char::is_whitespace);
        } else if rest.text.starts_with("//") {
            rest.skip_while(|c| c != '\n');
        } else if rest.text.starts_with("/*") {
            rest.comment();
        } else if first == '"' {
            rest.skip(1);
            push(Kind::Text(rest.string()));
        } else if first == '\'' {
            rest.quoted();
        } else if first.is_ascii_digit() {
            rest.skip_while(is_of_word);
        } else if rest.text.starts_with("::") {
            rest.skip(2);
            push(Kind::Into);
        } else if is_of_word(first) {
            let word = rest.skip_while(is_of_word);
            let next = rest.text.chars().next();
            match (word, next) {
                ("b" | "c", Some('"')) => {
                    rest.skip(1);
                    push(Kind::Text(rest.string()));
                }
                ("b", Some('\'')) => rest.quoted(),
                ("r" | "br" | "cr", Some('"')) => push(Kind::Text(rest.raw_string())),
                ("r" | "br" | "cr", Some('#'))
                    if rest.text.trim_start_matches('#').starts_with('"') =>
                {
                    push(Kind::Text(rest.raw_string()));
                }
                ("r", Some('#')) => {
                    rest.skip(1);
                    push(Kind::Word(rest.skip_while(is_of_word).to_owned()));
                }
                _ => push(Kind::Word(word.to_owned())),
            }
        } else {
            rest.skip(first.len_utf8());
            push(Kind::Sign(first));
        }
    }
    tokens
}
