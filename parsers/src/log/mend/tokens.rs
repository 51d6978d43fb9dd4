//! How far the tokens of a record go in a line, and where they go on.

use super::style::{self, Style};
use super::template::{Step, Template};
use super::words::{ATTEMPTS, begins};
use crate::line::Line;
use crate::scan;

/// Why the tokens stop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stop {
    /// The record and the line are over.
    End,
    /// Something else stands here, behind a token that is whole.
    Border,
    /// It is not known where the last token ends.
    Doubt,
}

/// How far tokens went.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub stop: Stop,
    pub state: usize,
    /// Where in the line they stop.
    pub at: usize,
    pub tokens: usize,
    /// A literal among them is so long that it is nobody else's.
    pub long: bool,
    /// What stands there begins with a date, as the application's lines do, or like another record.
    pub known: bool,
}

/// A kind of record, in a stream whose application's lines begin like this.
#[derive(Clone, Copy)]
pub(super) struct Tokens<'s> {
    pub template: &'static Template,
    pub style: &'s Style,
}

impl Tokens<'_> {
    /// Whether the input ends in a record that begins with this line: there is nothing behind its tokens but what may be
    /// the head of a number or of the next literal.
    pub fn is_cut(self, line: &Line<'_>, start: usize, run: &Run) -> bool {
        let behind = line.text.get(run.at..).unwrap_or_default();
        let number = || {
            behind
                .iter()
                .all(|byte| byte.is_ascii_digit() || *byte == b'.')
        };
        let literal = || {
            let mut literals = self.template.literals(run.state);
            literals.any(|literal| literal.as_bytes().starts_with(behind))
        };
        line.unterminated && start == 0 && run.tokens >= 2 && (number() || literal())
    }

    /// Whether the tokens go on in the same line, to its end.
    pub fn completes(self, mut run: Run, text: &[u8]) -> bool {
        for _ in 0..ATTEMPTS {
            match self.further(run.state, text, run.at) {
                Some((_, next)) if next.stop == Stop::Border => run = next,
                Some((_, next)) => return next.stop == Stop::End,
                None => return false,
            }
        }
        false
    }

    /// Where the tokens that stopped at `at` go on in the same line.
    pub fn further(self, state: usize, text: &[u8], at: usize) -> Option<(usize, Run)> {
        let template = self.template;
        let rest = text.get(at..)?;
        // Whoever writes dates writes whole lines.
        if style::before_date(rest) == Some(0) {
            return None;
        }
        let counts = |run: &Run| match run.stop {
            Stop::End => run.tokens > 0,
            // In doubt too, lest a later word be taken for the next.
            Stop::Border | Stop::Doubt => run.long,
        };
        let literals = template.literals(state);
        let behind_literal = literals
            .filter_map(|literal| {
                memchr::memmem::find_iter(rest, literal)
                    .take(ATTEMPTS)
                    .map(|found| at + found)
                    .filter(|&from| from > at)
                    .map(|from| (from, self.run(state, text, from)))
                    // A blank may be any.
                    .find(|(_, run)| counts(run) && (literal != " " || run.stop == Stop::End))
            })
            .min_by_key(|(from, _)| *from);
        if behind_literal.is_some() || template.number(state).is_none() {
            return behind_literal;
        }
        // Before a number only marks count that cannot be a part of it.
        let mark = *rest
            .first()
            .filter(|byte| byte.is_ascii_punctuation() && !b"+-".contains(byte))?;
        let from = at + rest.iter().take_while(|&&byte| byte == mark).count();
        let run = self.run(state, text, from);
        counts(&run).then_some((from, run))
    }

    /// Takes tokens from `at` on.
    pub fn run(self, state: usize, text: &[u8], at: usize) -> Run {
        let template = self.template;
        let mut run = Run {
            stop: Stop::Border,
            state,
            at,
            tokens: 0,
            long: false,
            known: false,
        };
        loop {
            let rest = text.get(run.at..).unwrap_or_default();
            if let (Some((step, form)), Some(length)) =
                (template.number(run.state), style::before_date(rest))
            {
                run.known = true;
                if length > 0 {
                    let number = rest.get(..length).unwrap_or_default();
                    if !matches!(form.scan(number), Ok(([], ()))) {
                        run.stop = Stop::Doubt;
                        return run;
                    }
                    run.at += length;
                    run.state = step + 1;
                    run.tokens += 1;
                }
                return run;
            }
            let Some(token) = template.token(run.state, rest) else {
                if rest.first().is_some_and(u8::is_ascii_digit)
                    && template.number(run.state).is_some()
                {
                    run.stop = Stop::Doubt;
                }
                run.known = style::before_date(rest) == Some(0) || begins(rest);
                return run;
            };
            match template.step(token) {
                Step::Lit(literal) => {
                    run.at += literal.len();
                    run.long |= literal.len() >= 5;
                }
                step @ (Step::Text | Step::Path) => {
                    let is_it = match step {
                        Step::Path => scan::is_path,
                        _ => scan::is_words,
                    };
                    let words = match template.step(token + 1) {
                        Step::Lit(literal) => memchr::memmem::find(rest, literal.as_bytes()),
                        _ => None,
                    };
                    match words {
                        Some(length) if rest.get(..length).is_some_and(is_it) => {
                            run.at += length;
                        }
                        _ => {
                            run.stop = Stop::Doubt;
                            return run;
                        }
                    }
                }
                Step::Num(form) => {
                    let left = form.scan(rest).map_or(rest.len(), |(left, ())| left.len());
                    let length = rest.len() - left;
                    let behind = rest.get(length..).unwrap_or_default();
                    run.at += length;
                    run.state = token + 1;
                    run.tokens += 1;
                    if template.token(run.state, behind).is_none() {
                        run.known = begins(behind);
                        let last = rest.get(length.saturating_sub(1));
                        if last.is_some_and(u8::is_ascii_digit)
                            && !self.style.trusts(behind)
                            && !run.known
                        {
                            run.stop = Stop::Doubt;
                        }
                        return run;
                    }
                    continue;
                }
                Step::End => {
                    run.stop = Stop::End;
                    return run;
                }
                Step::Or(_) | Step::Jump(_) => return run,
            }
            run.state = token + 1;
            run.tokens += 1;
        }
    }
}
