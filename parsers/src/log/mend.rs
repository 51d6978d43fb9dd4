//! Puts torn records together again.
//!
//! ```text
//! gc 3 @0.184s 5%: 2.9+48+0.040 ms clock, 5.9+0.75/17/0.15+0.080 ms cpu, 72026/11/21 02:23:36 indexed
//! ->8->5 MB, 8 MB goal, 0 MB stacks, 0 MB globals, 2 P
//! ```
//!
//! What else was written to the descriptor stands between two tokens of a record ([`super::template`]), in the same
//! line or as lines of its own. The machine takes tokens as far as they go. Where they stop at a border, the
//! record waits for its next token: further on in the line, or at the start of one of the next
//! [`PATIENCE`] lines. What stands between is the application's, or another record that is whole.
//!
//! Records that come whole while another is torn, or soon after one was given up, are held back for a few lines:
//! they may have taken up digits of a second process, and then pieces without a beginning follow.
//!
//! Nothing is guessed. A number counts when the literal behind it follows directly, or when what follows is known
//! to be the application's by how its lines begin ([`super::style`]); else the record is reported as unreadable, and
//! so are two torn records at once: digits of two processes may have run together.

use super::style::{self, Style};
use super::template::{Step, Template};
use super::words::{ATTEMPTS, beginnings, begins, has_word, looks_odd, orphan, words};
use super::{Kind, Line, Place, Stamp, Unreadable, trace};
use crate::lines::MAX_LINE;
use crate::scan;

/// How many lines a torn record waits for its next token.
const PATIENCE: u32 = 32;

/// How many whole records in a row show that nothing is mixed any more, and that a torn one's process is gone.
const PASSES: usize = 12;

/// How many whole records are not trusted after two were mixed: more of their digits may have been exchanged.
const DISTRUSTED: u32 = 4;

const DOUBT: &str = "a number may have run together with what stands behind it";
const GONE: &str = "it is torn, and the rest of it did not come";
const ENDED: &str = "the input ends in it";
const MIXED: &str = "two torn records are mixed here";
const ORPHAN: &str = "a piece of a record whose beginning is not known";
const ODD: &str = "it begins like a record and goes on otherwise";

/// What a line turned out to be made of.
pub(super) enum Piece<'a> {
    /// A record, and where it begins.
    Trace(Place, Option<Stamp>, Kind<'a>),
    /// A line, or a part of one, that is no trace.
    Text(Line<'a>),
}

/// Where pieces go.
type Each<'e> = &'e mut dyn FnMut(Piece<'_>);

/// The machine, one for each origin.
#[derive(Debug, Default)]
pub(super) struct Mender {
    torn: Option<Torn>,
    /// For so many lines no record is put together: pieces of one that was given up may come.
    wary: u32,
    /// That one was mixed with another: so many whole records are not to be trusted.
    mixed: u32,
    /// Whole records that came while one was torn, or since.
    held: Vec<Held>,
    pub(super) style: Style,
}

/// A record that waits for its next token.
#[derive(Debug)]
struct Torn {
    template: &'static Template,
    /// The step that comes next.
    state: usize,
    /// Its tokens so far.
    text: Vec<u8>,
    place: Place,
    stamp: Option<Stamp>,
    /// Physical lines with tokens of it.
    pieces: u32,
    waited: u32,
    /// A whole one of its kind came meanwhile. A process prints one after the other, so there are two, and what
    /// comes may be the end of the other's.
    rival: bool,
}

/// A whole record that is held back.
#[derive(Debug)]
struct Held {
    place: Place,
    stamp: Option<Stamp>,
    text: Vec<u8>,
}

/// Why the tokens stop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stop {
    /// The record and the line are over.
    End,
    /// Something else stands here, behind a token that is whole.
    Border,
    /// It is not known where the last token ends.
    Doubt,
}

/// How far tokens went.
#[derive(Clone, Copy, Debug)]
struct Run {
    stop: Stop,
    state: usize,
    /// Where in the line they stop.
    at: usize,
    tokens: usize,
    /// A literal among them is so long that it is nobody else's.
    long: bool,
    /// What stands there begins with a date, as the application's lines do, or like another record.
    known: bool,
}

/// Whether the input ends in a record that begins with this line: there is nothing behind its tokens but what may be
/// the head of a number or of the next literal.
fn is_cut(line: &Line<'_>, start: usize, template: &Template, run: &Run) -> bool {
    let behind = line.text.get(run.at..).unwrap_or_default();
    let number = || {
        behind
            .iter()
            .all(|byte| byte.is_ascii_digit() || *byte == b'.')
    };
    let literal = || {
        let mut literals = template.literals(run.state);
        literals.any(|literal| literal.as_bytes().starts_with(behind))
    };
    line.unterminated && start == 0 && run.tokens >= 2 && (number() || literal())
}

impl Mender {
    /// Whether a line that is no whole trace is to be looked at here.
    #[inline]
    pub(super) fn wants(&self, text: &[u8]) -> bool {
        self.torn.is_some() || has_word(text) || looks_odd(text).is_some()
    }

    /// Whether lines that are none of its business matter.
    #[inline]
    pub(super) fn is_active(&self) -> bool {
        self.torn.is_some() || self.wary > 0
    }

    /// A line of another kind went by.
    pub(super) fn passed(&mut self, each: Each<'_>) {
        if let Some(torn) = &mut self.torn {
            torn.waited += 1;
            if torn.waited > PATIENCE {
                self.give_up(GONE, each);
                self.release(each);
            }
        } else if self.wary > 0 {
            self.wary -= 1;
            if self.wary == 0 {
                self.release(each);
            }
        }
    }

    /// A whole record came, at `start` of a line.
    pub(super) fn whole(&mut self, line: &Line<'_>, start: usize, each: Each<'_>) {
        let text = line.text.get(start..).unwrap_or_default();
        let place = place(line, start);
        if !self.is_active() {
            if let Some(kind) = trace::whole(text, 1) {
                each(Piece::Trace(place, line.stamp, kind));
            }
            return;
        }
        if self.mixed > 0 {
            self.mixed -= 1;
            if self.mixed == 0 {
                self.wary = 0;
            }
            let format = trace::whole(text, 1).map_or("gctrace", |kind| trace::format(&kind));
            unreadable(line, start, format, text, MIXED, each);
            return;
        }
        if let Some(torn) = &mut self.torn
            && let Step::Lit(first) = torn.template.step(0)
        {
            torn.rival |= text.starts_with(first.as_bytes());
        }
        self.held.push(Held {
            place,
            stamp: line.stamp,
            text: text.to_vec(),
        });
        if self.held.len() >= PASSES {
            self.give_up(GONE, each);
            self.release(each);
        }
    }

    /// The input, or this origin's part of it, has ended.
    pub(super) fn finish(&mut self, each: Each<'_>) {
        self.give_up(ENDED, each);
        self.release(each);
    }

    fn give_up(&mut self, why: &'static str, each: Each<'_>) {
        let Some(torn) = self.torn.take() else {
            return;
        };
        self.wary = PATIENCE;
        each(Piece::Trace(
            torn.place,
            torn.stamp,
            Kind::Unreadable(Unreadable {
                format: torn.template.format,
                text: &torn.text,
                why,
            }),
        ));
    }

    /// Gives the records that were held back; nothing is amiss any more.
    fn release(&mut self, each: Each<'_>) {
        self.wary = 0;
        self.mixed = 0;
        for held in self.held.drain(..) {
            if let Some(kind) = trace::whole(&held.text, 1) {
                each(Piece::Trace(held.place, held.stamp, kind));
            }
        }
    }

    /// Two records' pieces came between one another: neither they nor what came meanwhile can be trusted.
    fn distrust(&mut self, each: Each<'_>) {
        self.give_up(MIXED, each);
        self.wary = PATIENCE;
        self.mixed = DISTRUSTED;
        for held in self.held.drain(..) {
            let format = trace::whole(&held.text, 1).map_or("gctrace", |kind| trace::format(&kind));
            each(Piece::Trace(
                held.place,
                held.stamp,
                Kind::Unreadable(Unreadable {
                    format,
                    text: &held.text,
                    why: MIXED,
                }),
            ));
        }
    }

    /// Takes a line apart that is no whole trace, or that comes while a record is torn.
    pub(super) fn line(&mut self, line: &Line<'_>, each: Each<'_>) {
        let mut at = 0;
        if let Some(torn) = &self.torn {
            let run = self.run(torn.template, torn.state, line.text, 0);
            // One token may be anything's word; a line's end that was due is told by its being empty.
            let counts = match run.stop {
                Stop::End => true,
                Stop::Border => run.tokens >= 2 || run.long,
                Stop::Doubt => false,
            };
            if !counts {
                if run.tokens > 0 {
                    // If it was the next token, what follows would not go with what came before.
                    self.give_up(DOUBT, each);
                } else if self.skipped(torn, line.text) {
                    self.distrust(each);
                }
                self.passed(each);
                self.apart(line, 0, each);
                return;
            }
            if torn.rival {
                let format = torn.template.format;
                self.distrust(each);
                unreadable(line, 0, format, line.text, MIXED, each);
                return;
            }
            at = run.at;
            self.extend(line, 0, run, true, each);
            if run.stop == Stop::End {
                return;
            }
        }
        self.apart(line, at, each);
    }

    /// Whether a line is of the torn record, but not what comes next: that has gone into another record.
    fn skipped(&self, torn: &Torn, text: &[u8]) -> bool {
        let number = torn.template.number(torn.state);
        if text.is_empty() {
            return number.is_some_and(|(step, _)| torn.template.token(step + 1, text).is_some());
        }
        (torn.state + 1..torn.template.steps.len()).any(|state| {
            matches!(torn.template.step(state), Step::Lit(_)) && {
                let run = self.run(torn.template, state, text, 0);
                run.tokens > 0 && run.stop == Stop::End
                    || run.tokens >= 2 && run.stop == Stop::Border
            }
        })
    }

    /// What stands in a line from `at` on: other records, the rest of the torn one, text.
    fn apart(&mut self, line: &Line<'_>, mut at: usize, each: Each<'_>) {
        for _ in 0..ATTEMPTS {
            let rest = line.text.get(at..).unwrap_or_default();
            let whole = beginnings(rest).map(|(start, _)| start).find(|&start| {
                rest.get(start..)
                    .is_some_and(|rest| trace::whole(rest, 1).is_some())
            });
            let torn = self.beginning(line, at);
            if let Some(start) = whole
                && torn.is_none_or(|(torn, ..)| at + start <= torn)
            {
                self.text(line, at, at + start, each);
                self.whole(line, at + start, each);
                return;
            }
            if let Some((start, template, run)) = torn {
                self.text(line, at, start, each);
                let alone = !self.is_active();
                if !alone || run.stop == Stop::Doubt {
                    let behind = line.text.get(run.at..).unwrap_or_default();
                    let another = beginnings(behind).any(|(start, _)| {
                        start == 0 || begins(behind.get(start..).unwrap_or_default())
                    });
                    if alone && !another {
                        self.wary = PATIENCE;
                    } else {
                        self.distrust(each);
                    }
                    let why = match (alone, is_cut(line, start, template, &run)) {
                        (true, true) => ENDED,
                        (true, false) => DOUBT,
                        (false, _) => MIXED,
                    };
                    let text = line.text.get(start..).unwrap_or_default();
                    unreadable(line, start, template.format, text, why, each);
                    return;
                }
                self.torn = Some(Torn {
                    template,
                    state: 0,
                    text: Vec::new(),
                    place: place(line, start),
                    stamp: line.stamp,
                    pieces: 0,
                    waited: 0,
                    rival: false,
                });
                self.extend(line, start, run, true, each);
                if run.stop == Stop::End {
                    return;
                }
                if line.unterminated {
                    self.give_up(ENDED, each);
                    return;
                }
                at = run.at;
                continue;
            }
            if self.torn.is_some() && at > 0 && begins(rest) {
                self.distrust(each);
                let format = beginnings(rest)
                    .next()
                    .map_or("gctrace", |(_, template)| template.format);
                unreadable(line, at, format, rest, MIXED, each);
                return;
            }
            let further = match &self.torn {
                Some(torn) => self.further(torn.template, torn.state, line.text, at),
                None => None,
            };
            let Some((from, run)) = further else {
                self.remainder(line, at, each);
                return;
            };
            if self.torn.as_ref().is_some_and(|torn| torn.rival) {
                let format = self
                    .torn
                    .as_ref()
                    .map_or("gctrace", |torn| torn.template.format);
                self.distrust(each);
                let text = line.text.get(at..).unwrap_or_default();
                unreadable(line, at, format, text, MIXED, each);
                return;
            }
            self.text(line, at, from, each);
            // A new line, when its start was another's.
            self.extend(line, from, run, at == 0, each);
            if run.stop == Stop::End {
                return;
            }
            at = run.at;
        }
        self.text(line, at, line.text.len(), each);
    }

    /// What is left of a line and begins no record.
    fn remainder(&mut self, line: &Line<'_>, at: usize, each: Each<'_>) {
        let rest = line.text.get(at..).unwrap_or_default();
        let odd = if at == 0 { looks_odd(rest) } else { None };
        if let Some(format) = odd {
            let beginnings = words(rest).filter(|(word, ..)| *word == 0).count();
            if self.is_active() || beginnings > 1 {
                self.distrust(each);
            }
            unreadable(line, at, format, rest, ODD, each);
        } else if let Some(format) = orphan(rest) {
            let over = rest.ends_with(b" P") || rest.ends_with(b" (forced)");
            let over = over && beginnings(rest).all(|(start, _)| start > 0);
            if over
                && self.wary > 0
                && self.torn.is_none()
                && self.mixed == 0
                && self.held.is_empty()
            {
                // The end of the one that was given up.
                self.wary = 0;
            } else {
                self.distrust(each);
            }
            unreadable(line, at, format, rest, ORPHAN, each);
        } else {
            self.text(line, at, line.text.len(), each);
        }
    }

    /// The first place from `at` on where a record begins and is credible as far as it goes.
    fn beginning(&self, line: &Line<'_>, at: usize) -> Option<(usize, &'static Template, Run)> {
        let rest = line.text.get(at..)?;
        beginnings(rest).find_map(|(start, template)| {
            let start = at + start;
            let run = self.run(template, 0, line.text, start);
            if run.stop == Stop::End {
                return Some((start, template, run));
            }
            let behind = line.text.get(run.at..).unwrap_or_default();
            // A quotation of a whole line, in somebody's JSON.
            let quoted = matches!(behind.first(), Some(b'"' | b'\'' | b'`' | b'\\'))
                && template.token(run.state, b"").is_some();
            let credible = run.state >= template.credible
                || is_cut(line, start, template, &run)
                || run.stop == Stop::Border
                    && (run.known && (run.tokens >= 2 || start == 0)
                        || self.completes(template, run, line.text));
            (credible && !quoted).then_some((start, template, run))
        })
    }

    /// Whether the tokens go on in the same line, to its end.
    fn completes(&self, template: &'static Template, run: Run, text: &[u8]) -> bool {
        let mut run = run;
        for _ in 0..ATTEMPTS {
            match self.further(template, run.state, text, run.at) {
                Some((_, next)) if next.stop == Stop::Border => run = next,
                Some((_, next)) => return next.stop == Stop::End,
                None => return false,
            }
        }
        false
    }

    /// Where the tokens that stopped at `at` go on in the same line.
    fn further(
        &self,
        template: &'static Template,
        state: usize,
        text: &[u8],
        at: usize,
    ) -> Option<(usize, Run)> {
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
                    .map(|from| (from, self.run(template, state, text, from)))
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
        let run = self.run(template, state, text, from);
        counts(&run).then_some((from, run))
    }

    /// Takes tokens from `at` on.
    fn run(&self, template: &'static Template, state: usize, text: &[u8], at: usize) -> Run {
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
                Step::Text => {
                    let words = match template.step(token + 1) {
                        Step::Lit(literal) => memchr::memmem::find(rest, literal.as_bytes()),
                        _ => None,
                    };
                    match words {
                        Some(length) if rest.get(..length).is_some_and(scan::is_words) => {
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

    /// Adds tokens to the torn record, and gives it when it is over.
    fn extend(&mut self, line: &Line<'_>, from: usize, run: Run, first: bool, each: Each<'_>) {
        let Some(torn) = &mut self.torn else {
            return;
        };
        torn.text
            .extend_from_slice(line.text.get(from..run.at).unwrap_or_default());
        torn.state = run.state;
        torn.pieces += u32::from(first);
        // No record is torn so often; lists of numbers must not grow with the input.
        if torn.pieces > PATIENCE || torn.text.len() > MAX_LINE {
            self.give_up(GONE, each);
            return;
        }
        match run.stop {
            Stop::Border => {}
            Stop::Doubt => {
                self.give_up(DOUBT, each);
            }
            Stop::End => {
                let torn = self.torn.take();
                if let Some(torn) = torn {
                    let kind = (torn.template.read)(&torn.text, torn.pieces).unwrap_or({
                        Kind::Unreadable(Unreadable {
                            format: torn.template.format,
                            text: &torn.text,
                            why: ODD,
                        })
                    });
                    each(Piece::Trace(torn.place, torn.stamp, kind));
                    self.release(each);
                }
            }
        }
    }

    fn text(&mut self, line: &Line<'_>, from: usize, to: usize, each: Each<'_>) {
        let text = line.text.get(from..to).unwrap_or_default();
        // Empty lines are somebody's too.
        if text.is_empty() && !line.text.is_empty() {
            return;
        }
        if from == 0 {
            self.style.saw(text);
        }
        each(Piece::Text(Line {
            text,
            place: place(line, from),
            ..*line
        }));
    }
}

fn place(line: &Line<'_>, at: usize) -> Place {
    Place {
        line: line.place.line,
        offset: line.place.offset + at as u64,
    }
}

fn unreadable(
    line: &Line<'_>,
    at: usize,
    format: &'static str,
    text: &[u8],
    why: &'static str,
    each: Each<'_>,
) {
    each(Piece::Trace(
        place(line, at),
        line.stamp,
        Kind::Unreadable(Unreadable { format, text, why }),
    ));
}
