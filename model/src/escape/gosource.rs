//! A Go file's functions and where they begin and end.
//!
//! A scanner and not a parser: it knows comments, strings, runes and brackets, which is enough to find `func`
//! at the top level and the brace that ends its body. A file that does not compile gives what it gives.

/// One top-level function.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Function {
    first_line: u32,
    last_line: u32,
    /// As the compiler names it: `F`, `T.M`, `(*T).M`.
    name: String,
}

/// The functions of a file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GoSource {
    functions: Vec<Function>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Token<'a> {
    Word(&'a str),
    Sign(char),
    LineEnd,
}

/// Splits source into words and signs, without comments and with literals as a `"`.
struct Scanner<'a> {
    rest: &'a str,
    line: u32,
}

impl<'a> Scanner<'a> {
    fn skip(&mut self, bytes: usize) {
        let (passed, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        let lines = passed.bytes().filter(|b| *b == b'\n').count();
        self.line = self
            .line
            .saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.rest = rest;
    }

    /// Length of a literal that `quote` opens, both quotes included.
    fn literal(&self, quote: char) -> usize {
        let mut escaped = false;
        for (at, c) in self.rest.char_indices().skip(1) {
            if quote != '`' && c == '\n' {
                return at;
            }
            if escaped {
                escaped = false;
            } else if c == '\\' && quote != '`' {
                escaped = true;
            } else if c == quote {
                return at + c.len_utf8();
            }
        }
        self.rest.len()
    }

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let rest = self.rest;
            let first = rest.chars().next()?;
            if rest.starts_with("//") {
                let end = rest.find('\n').unwrap_or(rest.len());
                self.skip(end);
            } else if rest.starts_with("/*") {
                let end = rest.find("*/").map_or(rest.len(), |end| end + 2);
                self.skip(end);
            } else if matches!(first, '"' | '\'' | '`') {
                let length = self.literal(first);
                self.skip(length);
                return Some(Token::Sign('"'));
            } else if first.is_alphanumeric() || first == '_' {
                let end = rest
                    .find(|c: char| !c.is_alphanumeric() && c != '_')
                    .unwrap_or(rest.len());
                let word = rest.get(..end).unwrap_or_default();
                self.skip(end);
                return Some(Token::Word(word));
            } else {
                self.skip(first.len_utf8());
                if first == '\n' {
                    return Some(Token::LineEnd);
                }
                if !first.is_whitespace() {
                    return Some(Token::Sign(first));
                }
            }
        }
    }
}

impl GoSource {
    /// Finds the functions in a file.
    pub fn new(source: &[u8]) -> Self {
        let text = String::from_utf8_lossy(source);
        let mut scanner = Scanner {
            rest: &text,
            line: 1,
        };
        let mut functions = Vec::new();
        let mut depth = 0u32;
        let mut at_start = true;
        while let Some(token) = scanner.next() {
            match token {
                Token::Sign('(' | '[' | '{') => depth = depth.saturating_add(1),
                Token::Sign(')' | ']' | '}') => depth = depth.saturating_sub(1),
                Token::Word("func") if depth == 0 && at_start => {
                    let first_line = scanner.line;
                    if let Some(name) = function(&mut scanner) {
                        functions.push(Function {
                            first_line,
                            last_line: scanner.line,
                            name,
                        });
                    }
                }
                _ => {}
            }
            at_start =
                matches!(token, Token::LineEnd) || (at_start && token == Token::Word("func"));
        }
        Self { functions }
    }

    /// The function whose lines these are.
    pub fn function_at(&self, line: u32) -> Option<&str> {
        let after = self
            .functions
            .partition_point(|function| function.first_line <= line);
        self.functions
            .get(after.checked_sub(1)?)
            .filter(|function| line <= function.last_line)
            .map(|function| function.name.as_str())
    }
}

/// Reads on from after `func` to the end of its body; its name, unless this is no declaration.
fn function(scanner: &mut Scanner<'_>) -> Option<String> {
    let mut name = None;
    let mut receiver = String::new();
    let (mut depth, mut lists, mut before) = (0u32, 0u32, Token::LineEnd);
    let mut in_body = false;
    // Braces that belong to `struct` and `interface` types of the signature.
    let mut type_depth = 0u32;
    while let Some(token) = scanner.next() {
        match token {
            Token::Sign('{') if depth == 0 && type_depth == 0 && !in_body => {
                if matches!(before, Token::Word("struct" | "interface")) {
                    type_depth = 1;
                } else {
                    in_body = true;
                    depth = 1;
                }
            }
            Token::Sign('{') if type_depth > 0 && !in_body => type_depth += 1,
            Token::Sign('}') if type_depth > 0 && !in_body => type_depth -= 1,
            Token::Sign('(' | '[' | '{') => {
                if depth == 0 && token == Token::Sign('(') {
                    lists += 1;
                }
                depth = depth.saturating_add(1);
            }
            Token::Sign(')' | ']' | '}') => {
                depth = depth.saturating_sub(1);
                if in_body && depth == 0 {
                    return named(&receiver, name);
                }
            }
            Token::Word(word) if depth == 0 && name.is_none() => name = Some(word.to_owned()),
            // In the receiver: the last word at its own level is the type.
            Token::Word(word) if lists == 1 && depth == 1 && name.is_none() => {
                let pointer = before == Token::Sign('*');
                receiver = format!("{}{word}", if pointer { "*" } else { "" });
            }
            Token::Sign('*') if lists == 1 && name.is_none() => {}
            // No body: the function is written in assembly.
            Token::LineEnd if depth == 0 && type_depth == 0 => return named(&receiver, name),
            _ => {}
        }
        before = token;
    }
    None
}

fn named(receiver: &str, name: Option<String>) -> Option<String> {
    let name = name?;
    Some(match receiver.strip_prefix('*') {
        Some(base) => format!("(*{base}).{name}"),
        None if receiver.is_empty() => name,
        None => format!("{receiver}.{name}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = r#"package p

// func comment() {
var s = "func no() {"
var f = func() {
}

func plain(x interface{ M() }) struct{ a int } {
	r := '{'
	_ = `func raw() {
`
	go func() {
	}()
}

func (t *T[K]) Pointer() (a, b int) { return 1, 2 }
func (T) Value() {}
func assembly(x int)

var after = 1
"#;

    #[test]
    fn lines_belong_to_their_function() {
        let source = GoSource::new(SOURCE.as_bytes());
        for (line, name) in [
            (3, None),
            (5, None),
            (8, Some("plain")),
            (12, Some("plain")),
            (14, Some("plain")),
            (15, None),
            (16, Some("(*T).Pointer")),
            (17, Some("T.Value")),
            (18, Some("assembly")),
            (20, None),
        ] {
            assert_eq!(source.function_at(line), name, "line {line}");
        }
    }

    #[test]
    fn broken_files_end() {
        for text in [
            "func",
            "func (",
            "func f() {",
            "/*",
            "\"",
            "func f(interface{",
        ] {
            GoSource::new(text.as_bytes());
        }
    }
}
