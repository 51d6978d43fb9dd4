//! What is wrong with an expression, and where in it.

use std::fmt;

/// An expression that cannot be read or evaluated.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExprError {
    /// The expression as typed.
    pub expr: String,
    /// Byte offset of the place.
    pub at: usize,
    /// What is wrong there, what was expected, what there is.
    pub message: String,
    /// Whether it is no expression at all, whatever the process holds.
    pub is_syntax: bool,
}

impl ExprError {
    pub(super) fn new(expr: &str, at: usize, message: impl Into<String>) -> Self {
        Self {
            expr: expr.to_owned(),
            at,
            message: message.into(),
            is_syntax: false,
        }
    }

    pub(super) fn syntax(expr: &str, at: usize, message: impl Into<String>) -> Self {
        Self {
            is_syntax: true,
            ..Self::new(expr, at, message)
        }
    }

    /// Column of the place, in characters from 1.
    pub fn column(&self) -> usize {
        self.before().chars().count() + 1
    }

    fn before(&self) -> &str {
        let mut at = self.at.min(self.expr.len());
        while !self.expr.is_char_boundary(at) {
            at -= 1;
        }
        self.expr.get(..at).unwrap_or(&self.expr)
    }

    /// The expression with a caret under the place, each line indented by two.
    pub fn pointer(&self) -> String {
        // Tabs keep their width under the caret.
        let blank: String = self
            .before()
            .chars()
            .map(|c| if c == '\t' { '\t' } else { ' ' })
            .collect();
        format!("  {}\n  {blank}^", self.expr)
    }
}

impl fmt::Display for ExprError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.message, self.pointer())
    }
}

impl std::error::Error for ExprError {}
