//! What allocates, told by the form of the expression that the compiler prints.

use super::decision::{Analysis, Decision, Kind};

/// What allocates, by the form of the expression.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Form {
    /// A variable.
    Variable,
    /// A parameter.
    Parameter,
    /// `&T{…}`, `new(T)`.
    Object,
    /// `[]T{…}`, `make([]T, …)`.
    Slice,
    /// `map[K]V{…}`, `make(map[K]V)`.
    Map,
    /// `make(chan T)`.
    Channel,
    /// `func literal`.
    Closure,
    /// `... argument`, the slice of a variadic call.
    Variadic,
    /// The storage `append` may need.
    Append,
    /// A conversion to string or `[]byte`, or a concatenation.
    Text,
    /// A value put into an interface.
    Boxed,
    /// A constant put into an interface: from read-only data, nothing is allocated when it runs.
    Constant,
    /// `x.f`: a field put into an interface, or a method value; the compiler prints both alike.
    Selector,
}

impl Form {
    /// Its name in JSON and CSV.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Variable => "variable",
            Self::Parameter => "parameter",
            Self::Object => "object",
            Self::Slice => "slice",
            Self::Map => "map",
            Self::Channel => "channel",
            Self::Closure => "closure",
            Self::Variadic => "variadic_slice",
            Self::Append => "append",
            Self::Text => "string",
            Self::Boxed => "boxed_value",
            Self::Constant => "boxed_constant",
            Self::Selector => "selector",
        }
    }

    /// The form of what a decision is about. `None`: it does not escape and its text is a name, which may be
    /// a parameter's or that of a variable put into an interface.
    pub fn of(analysis: &Analysis, decision: &Decision) -> Option<Self> {
        let expression = || Self::of_expression(&analysis.text(decision.what));
        match decision.kind() {
            Kind::MovedToHeap | Kind::LeakingClosureReference => Some(Self::Variable),
            Kind::LeakingParam | Kind::LeakingParamContent | Kind::LeakingParamToResult => {
                Some(Self::Parameter)
            }
            Kind::EscapesToHeap => Some(expression()),
            Kind::DoesNotEscape => {
                Some(expression()).filter(|form| !matches!(form, Self::Boxed | Self::Selector))
            }
        }
    }

    fn of_expression(text: &str) -> Self {
        let literal = text.ends_with('}') || text.ends_with(" literal");
        if text == "func literal" {
            Self::Closure
        } else if text == "... argument" {
            Self::Variadic
        } else if text == "append" || text.starts_with("append(") {
            Self::Append
        } else if text.starts_with("make([]") {
            Self::Slice
        } else if text.starts_with("make(map[") {
            Self::Map
        } else if text.starts_with("make(chan") || text.starts_with("make(<-chan") {
            Self::Channel
        } else if text.starts_with("new(") || (text.starts_with('&') && !text.starts_with("&&")) {
            Self::Object
        } else if literal && text.starts_with("[]") {
            Self::Slice
        } else if literal && text.starts_with("map[") {
            Self::Map
        } else if text.starts_with("string(")
            || text.starts_with("([]byte)(")
            || text.starts_with("([]rune)(")
            || text.starts_with("[]byte(")
            || text.starts_with("[]rune(")
            || is_concatenation(text)
        {
            Self::Text
        } else if is_constant(text) {
            Self::Constant
        } else if is_selector(text) {
            Self::Selector
        } else {
            Self::Boxed
        }
    }
}

/// `a + "b"`: an operand, ` + ` outside of brackets and strings.
fn is_concatenation(text: &str) -> bool {
    let (mut depth, mut quote, mut escaped) = (0i32, None, false);
    for (at, c) in text.char_indices() {
        match quote {
            Some(q) => {
                if escaped {
                    escaped = false;
                } else if c == '\\' && q != '`' {
                    escaped = true;
                } else if c == q {
                    quote = None;
                }
            }
            None => match c {
                '"' | '`' | '\'' => quote = Some(c),
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth -= 1,
                '+' if depth == 0 => {
                    return text.get(at..).is_some_and(|rest| rest.starts_with("+ "))
                        && text.contains('"');
                }
                _ => {}
            },
        }
    }
    false
}

/// One literal: a string, a rune, a number.
///
/// The compiler reports its conversion to an interface as escaping, but takes the data from read-only memory
/// (`walk/order.go`, `OCONVIFACE`; 0 allocations measured with Go 1.19 and 1.27).
fn is_constant(text: &str) -> bool {
    let mut chars = text.chars();
    match chars.next() {
        Some(quote @ ('"' | '`' | '\'')) => {
            let mut escaped = false;
            for c in chars.by_ref() {
                if escaped {
                    escaped = false;
                } else if c == '\\' && quote != '`' {
                    escaped = true;
                } else if c == quote {
                    return chars.next().is_none();
                }
            }
            false
        }
        Some(first) if first.is_ascii_digit() || first == '-' => {
            text.len() > usize::from(first == '-')
                && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-' | '_'))
        }
        _ => false,
    }
}

fn is_selector(text: &str) -> bool {
    text.contains('.')
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == '.' || c == '·')
        && !text.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::Form;

    #[test]
    fn forms() {
        for (text, form) in [
            ("func literal", Form::Closure),
            ("... argument", Form::Variadic),
            ("make([]int, n)", Form::Slice),
            ("[]op{...}", Form::Slice),
            ("&Node{...}", Form::Object),
            ("new(int)", Form::Object),
            ("map[string]int{...}", Form::Map),
            (r#""a" + b"#, Form::Text),
            (r#"f("a + b")"#, Form::Boxed),
            ("string(b)", Form::Text),
            ("t", Form::Boxed),
            ("x.y.z", Form::Selector),
            ("1.5", Form::Constant),
            ("-3", Form::Constant),
            (r#""a \" b""#, Form::Constant),
            (r#""a" == b"#, Form::Boxed),
            ("mul{...}", Form::Boxed),
        ] {
            assert_eq!(Form::of_expression(text), form, "{text}");
        }
    }
}
