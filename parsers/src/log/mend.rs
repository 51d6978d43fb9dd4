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
//! Records that come whole while another is torn are held back until it is known what became of it: they may
//! have taken up digits of a second process, whose own then come as a piece without a beginning.
//!
//! Nothing is guessed. A number counts when the literal behind it follows directly, or when what follows is known
//! to be the application's by how its lines begin ([`super::style`]); else the record is reported as unreadable, and
//! so are two torn records at once: digits of two processes may have run together.

use super::style::Style;
use super::template::{Step, TEMPLATES, Template};
use super::{Kind, Line, Place, Stamp, Unreadable, trace};
use aho_corasick::AhoCorasick;
use std::sync::LazyLock;

/// How many lines a torn record waits for its next token.
const PATIENCE: u32 = 32;

/// How many whole records may pass before a torn one is given up: its process is gone.
const PASSES: usize = 3;

/// How many words of an application a line may have that look like a record's.
const ATTEMPTS: usize = 16;

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
    /// Whole records that came meanwhile.
    held: Vec<Held>,
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
}

/// Words that begin a record (as many as `BEGINNINGS`), then ones that only stand inside one.
const WORDS: [&str; 20] = [
    "gc ",
    "SCHED ",
    "scav ",
    "pacer: ",
    "scan: ",
    "checkfinalizers: ",
    ": status=",
    ": p=",
    " ms clock, ",
    " ms cpu, ",
    " MB goal, ",
    " MB stacks, ",
    " KiB work",
    "% util",
    " idlethreads=",
    " schedticks=",
    " lockedm=",
    " lockedg=",
    " handoff, ",
    " (forced)",
];
const BEGINNINGS: usize = 8;

static SEARCH: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| AhoCorasick::new(WORDS).ok());

/// The word's number in [`WORDS`], where it begins and where it ends.
fn words(text: &[u8]) -> impl Iterator<Item = (usize, usize, usize)> {
    SEARCH
        .as_ref()
        .into_iter()
        .flat_map(move |search| search.find_iter(text))
        .map(|found| (found.pattern().as_usize(), found.start(), found.end()))
}

/// The format whose word this is.
fn format_of(word: usize) -> &'static str {
    match WORDS.get(word) {
        Some(&(" KiB work" | "% util")) => "scavtrace",
        Some(&(" idlethreads=" | " schedticks=" | " lockedm=" | " lockedg=")) => "schedtrace",
        _ => "gctrace",
    }
}

/// Where a record may begin in a text: at its start, or at a word.
fn beginnings(text: &[u8]) -> impl Iterator<Item = (usize, &'static Template)> {
    let inside = words(text)
        .filter(|(word, ..)| *word < BEGINNINGS)
        .filter_map(|(word, start, _)| match WORDS.get(word) {
            // What belongs to them stands in front: `  G12: status=`.
            Some(&(": status=" | ": p=")) => {
                let before = text.get(..start)?;
                let digits = before
                    .iter()
                    .rev()
                    .take_while(|byte| byte.is_ascii_digit())
                    .count();
                start.checked_sub(digits + 3)
            }
            _ => Some(start),
        })
        .filter(|&start| start > 0);
    std::iter::once(0)
        .chain(inside)
        .take(ATTEMPTS)
        .flat_map(move |start| {
            let rest = text.get(start..).unwrap_or_default();
            TEMPLATES
                .iter()
                .filter(move |template| match template.step(0) {
                    Step::Lit(literal) => rest.starts_with(literal.as_bytes()),
                    _ => false,
                })
                .map(move |template| (start, template))
        })
}

/// Words that a waiting goroutine or a thread may have as its reason; nothing an application's progress mark is
/// part of.
fn is_reason(text: &[u8]) -> bool {
    text.len() <= 64
        && text
            .iter()
            .all(|byte| byte.is_ascii_alphabetic() || b" ()*./-_".contains(byte))
        && memchr::memmem::find(text, b"..").is_none()
}

impl Mender {
    /// Whether a line that is no whole trace is to be looked at here.
    #[inline]
    pub(super) fn wants(&self, text: &[u8]) -> bool {
        self.torn.is_some()
            || text.len() >= 5 && SEARCH.as_ref().is_some_and(|search| search.is_match(text))
            || looks_odd(text).is_some()
    }

    /// Whether lines that are none of its business matter.
    #[inline]
    pub(super) fn is_active(&self) -> bool {
        self.torn.is_some() || self.wary > 0
    }

    /// A line of another kind went by.
    pub(super) fn passed(&mut self, each: Each<'_>) {
        self.wary = self.wary.saturating_sub(1);
        if let Some(torn) = &mut self.torn {
            torn.waited += 1;
            if torn.waited > PATIENCE {
                self.give_up(GONE, each);
            }
        }
    }

    /// A whole record came, at `start` of a line.
    pub(super) fn whole(&mut self, line: &Line<'_>, start: usize, each: Each<'_>) {
        let text = line.text.get(start..).unwrap_or_default();
        let place = place(line, start);
        let Some(torn) = &mut self.torn else {
            if let Some(kind) = trace::whole(text, 1) {
                each(Piece::Trace(place, line.stamp, kind));
            }
            return;
        };
        torn.held.push(Held {
            place,
            stamp: line.stamp,
            text: text.to_vec(),
        });
        if torn.held.len() >= PASSES {
            self.give_up(GONE, each);
        }
    }

    /// The input, or this origin's part of it, has ended.
    pub(super) fn finish(&mut self, each: Each<'_>) {
        self.give_up(ENDED, each);
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
        for held in &torn.held {
            let kind = if why == MIXED {
                Kind::Unreadable(Unreadable {
                    format: torn.template.format,
                    text: &held.text,
                    why,
                })
            } else if let Some(kind) = trace::whole(&held.text, 1) {
                kind
            } else {
                continue;
            };
            each(Piece::Trace(held.place, held.stamp, kind));
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
                Stop::Border => run.tokens >= 2,
                Stop::Doubt => false,
            };
            if !counts {
                self.passed(each);
                self.apart(line, 0, each);
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

    /// What stands in a line from `at` on: other records, the rest of the torn one, text.
    fn apart(&mut self, line: &Line<'_>, mut at: usize, each: Each<'_>) {
        // The torn record's tokens have stopped in this line.
        let mut here = at > 0;
        for _ in 0..ATTEMPTS {
            let rest = line.text.get(at..).unwrap_or_default();
            let whole = beginnings(rest).find(|(start, _)| {
                rest.get(*start..)
                    .is_some_and(|rest| trace::whole(rest, 1).is_some())
            });
            if let Some((start, _)) = whole {
                self.text(line, at, at + start, each);
                self.whole(line, at + start, each);
                return;
            }
            if let Some((start, template, run)) = self.beginning(line, at) {
                self.text(line, at, start, each);
                if self.torn.is_some() || self.wary > 0 || run.stop == Stop::Doubt {
                    let alone = self.torn.is_none() && self.wary == 0;
                    self.give_up(MIXED, each);
                    self.wary = PATIENCE;
                    let why = if alone { DOUBT } else { MIXED };
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
                    held: Vec::new(),
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
                here = true;
                continue;
            }
            let further = match &self.torn {
                Some(torn) if here => self.further(torn.template, torn.state, line.text, at),
                _ => None,
            };
            let Some((from, run)) = further else {
                self.remainder(line, at, each);
                return;
            };
            self.text(line, at, from, each);
            self.extend(line, from, run, false, each);
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
            unreadable(line, at, format, rest, ODD, each);
        } else if let Some(format) = orphan(rest) {
            // Its beginning was given up, and here it is over.
            if rest.ends_with(b" P") || rest.ends_with(b" (forced)") {
                self.wary = 0;
            }
            // Its digits may stand in a record that seemed to be whole.
            self.give_up(MIXED, each);
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
                || run.stop == Stop::Border
                    && (self
                        .style
                        .before_date(line.text.get(run.at.saturating_sub(1)..)?)
                        .is_some()
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
        let counts = |run: &Run| {
            run.stop == Stop::End && run.tokens > 0 || run.stop == Stop::Border && run.tokens >= 3
        };
        let (literals, number) = template.expected(state);
        let behind_literal = literals
            .filter_map(|literal| {
                memchr::memmem::find_iter(rest, literal)
                    .take(ATTEMPTS)
                    .map(|found| at + found)
                    .filter(|&from| from > at)
                    .map(|from| (from, self.run(template, state, text, from)))
                    .find(|(_, run)| counts(run))
            })
            .min_by_key(|(from, _)| *from);
        if behind_literal.is_some() || number.is_none() {
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
        };
        loop {
            let rest = text.get(run.at..).unwrap_or_default();
            let Some(token) = template.token(run.state, rest) else {
                // Digits that are no number of this form may be one with a date behind it.
                if let (_, Some(form)) = template.expected(run.state)
                    && let Some(length) = self.style.before_date(rest)
                    && rest
                        .get(..length)
                        .is_some_and(|number| scan_whole(form, number))
                    && let Some(next) = number_step(template, run.state)
                {
                    run.at += length;
                    run.state = next + 1;
                    run.tokens += 1;
                } else if rest.first().is_some_and(u8::is_ascii_digit)
                    && template.expected(run.state).1.is_some()
                {
                    run.stop = Stop::Doubt;
                }
                return run;
            };
            match template.step(token) {
                Step::Lit(literal) => run.at += literal.len(),
                Step::Text => {
                    let Step::Lit(literal) = template.step(token + 1) else {
                        return run;
                    };
                    match memchr::memmem::find(rest, literal.as_bytes()) {
                        Some(length) if rest.get(..length).is_some_and(is_reason) => {
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
                    let next = token + 1;
                    if template.token(next, behind).is_some() {
                        run.at += length;
                    } else if let Some(length) = self.style.before_date(rest)
                        && rest
                            .get(..length)
                            .is_some_and(|number| scan_whole(form, number))
                    {
                        run.at += length;
                        run.state = next;
                        run.tokens += 1;
                        return run;
                    } else {
                        run.at += length;
                        run.state = next;
                        run.tokens += 1;
                        let ends_in_digit = rest
                            .get(length.saturating_sub(1))
                            .is_some_and(u8::is_ascii_digit);
                        if ends_in_digit
                            && !self.style.trusts(behind)
                            && trace::whole(behind, 1).is_none()
                        {
                            run.stop = Stop::Doubt;
                        }
                        return run;
                    }
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
                    for held in &torn.held {
                        if let Some(kind) = trace::whole(&held.text, 1) {
                            each(Piece::Trace(held.place, held.stamp, kind));
                        }
                    }
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

fn scan_whole(form: super::template::Form, number: &[u8]) -> bool {
    matches!(form.scan(number), Ok(([], ())))
}

/// The step of the number that may come at `state`.
fn number_step(template: &Template, mut state: usize) -> Option<usize> {
    for _ in 0..8 {
        match template.step(state) {
            Step::Num(_) => return Some(state),
            Step::Or(other) => state = other,
            Step::Jump(to) => state = to,
            _ => return None,
        }
    }
    None
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

/// The format of which a line has a piece: a word of it with the numbers that belong to it.
fn orphan(text: &[u8]) -> Option<&'static str> {
    if text == b" (forced)" {
        return Some("gctrace");
    }
    words(text)
        .filter(|(word, ..)| *word >= BEGINNINGS)
        .find_map(|(word, start, end)| {
            let before = start.checked_sub(1).and_then(|at| text.get(at));
            let digit_before = before.is_none_or(u8::is_ascii_digit);
            let behind = text.get(end);
            let fits = match WORDS.get(word) {
                Some(&" (forced)") => {
                    text.get(..start)?.ends_with(b" P") || text.get(..start)?.ends_with(b"% util")
                }
                Some(&" lockedm=" | &" lockedg=") => {
                    behind.is_some_and(|byte| byte.is_ascii_digit() || b"-n".contains(byte))
                }
                Some(&" schedticks=") => behind == Some(&b'['),
                Some(&"% util") => digit_before,
                Some(&" KiB work") => digit_before && matches!(behind, Some(b',' | b' ') | None),
                Some(&" handoff, ") => before == Some(&b')'),
                _ => digit_before && behind.is_none_or(u8::is_ascii_digit),
            };
            fits.then(|| format_of(word))
        })
}

/// The format of a line that begins as only a trace does, and was not read.
fn looks_odd(text: &[u8]) -> Option<&'static str> {
    let number_behind = |word: &[u8]| {
        text.strip_prefix(word)
            .and_then(|rest| rest.first())
            .is_some_and(u8::is_ascii_digit)
    };
    let has = |byte| memchr::memchr(byte, text).is_some();
    match text.first()? {
        b'g' if number_behind(b"gc ") => (has(b'@') && has(b'%') && has(b':')).then_some("gctrace"),
        b'g' if number_behind(b"gc") => (has(b'(') && has(b'+')).then_some("gctrace"),
        b'S' if number_behind(b"SCHED ") => Some("schedtrace"),
        b's' if number_behind(b"scav ") => Some("scavtrace"),
        b's' if number_behind(b"scvg") || text.starts_with(b"scvg: ") => Some("scavtrace"),
        b'p' if text.starts_with(b"pacer: ") => Some("pacertrace"),
        b's' if text.starts_with(b"scan: total ") || text.starts_with(b"scan: class ") => {
            Some("gctrace")
        }
        b'c' if text.starts_with(b"checkfinalizers: ") => Some("checkfinalizers"),
        _ => None,
    }
}
