//! What waits for its next token, and what is held back until it is known whose its digits are.

use super::super::{Kind, trace};
use super::style::Style;
use super::template::{Step, Template};
use super::tokens::{Run, Stop, Tokens};
use super::words::{has_word, looks_odd};
use crate::gctrace;
use crate::line::{Line, MAX_LINE, Unreadable, Written};
use crate::quantity::Nanos;

/// How many lines a torn record waits for its next token.
pub(super) const PATIENCE: u32 = 32;

/// How many whole records in a row show that nothing is mixed any more, and that a torn one's process is gone.
const PASSES: usize = 12;

/// How many whole records are not trusted after two were mixed: more of their digits may have been exchanged.
const DISTRUSTED: u32 = 4;

pub(super) const DOUBT: &str = "a number may have run together with what stands behind it";
const GONE: &str = "it is torn, and the rest of it did not come";
pub(super) const ENDED: &str = "the input ends in it";
pub(super) const MIXED: &str = "two torn records are mixed here";
pub(super) const ORPHAN: &str = "a piece of a record whose beginning is not known";
pub(super) const ODD: &str = "it begins like a record and goes on otherwise";

/// What a line turned out to be made of.
pub(in super::super) enum Piece<'a> {
    /// A record, and where it begins.
    Trace(Written, Kind<'a>),
    /// A whole one among torn ones, and where it begins.
    Doubtful(Written, Kind<'a>),
    /// A line, or a part of one, that is no trace.
    Text(Line<'a>),
}

impl<'a> Piece<'a> {
    fn unreadable(
        written: Written,
        format: &'static str,
        text: &'a [u8],
        why: &'static str,
    ) -> Self {
        Self::Trace(written, Kind::Unreadable(Unreadable { format, text, why }))
    }
}

/// Where pieces go.
pub(super) type Each<'e> = &'e mut dyn FnMut(Piece<'_>);

/// The machine, one for each origin.
#[derive(Debug, Default)]
pub(in super::super) struct Mender {
    pub(super) torn: Option<Torn>,
    /// For so many lines no record is put together: pieces of one that was given up may come.
    pub(super) wary: u32,
    /// That one was mixed with another: so many whole records are not to be trusted.
    pub(super) mixed: u32,
    /// Of one of the mixed ones only the first word came: as long as they are not trusted, any number may have its digits.
    pub(super) loose: bool,
    /// Whole records that came while one was torn, or since.
    pub(super) held: Vec<Held>,
    style: Style,
}

/// A record that waits for its next token.
#[derive(Debug)]
pub(super) struct Torn {
    pub template: &'static Template,
    /// The step that comes next.
    pub state: usize,
    /// Its tokens so far.
    pub text: Vec<u8>,
    pub written: Written,
    /// Physical lines with tokens of it.
    pub pieces: u32,
    pub waited: u32,
    /// A whole one of its kind came meanwhile. A process prints one after the other, so there are two, and what
    /// comes may be the end of the other's.
    pub rival: bool,
}

/// A whole record that is held back.
#[derive(Debug)]
pub(super) struct Held {
    written: Written,
    text: Vec<u8>,
}

impl Mender {
    /// A line of the application's own went by.
    #[inline]
    pub(in super::super) fn saw(&mut self, text: &[u8]) {
        self.style.saw(text);
    }

    pub(super) fn tokens(&self, template: &'static Template) -> Tokens<'_> {
        let style = &self.style;
        Tokens { template, style }
    }

    /// Whether a line that is no whole trace is to be looked at here.
    #[inline]
    pub(in super::super) fn wants(&self, text: &[u8]) -> bool {
        self.torn.is_some() || has_word(text) || looks_odd(text).is_some()
    }

    /// Whether lines that are none of its business matter.
    #[inline]
    pub(in super::super) fn is_active(&self) -> bool {
        self.torn.is_some() || self.wary > 0
    }

    /// A line of another kind went by.
    pub(in super::super) fn passed(&mut self, each: Each<'_>) {
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
    pub(in super::super) fn whole(&mut self, line: &Line<'_>, start: usize, each: Each<'_>) {
        let text = line.text.get(start..).unwrap_or_default();
        if !self.is_active() {
            if let Some(kind) = trace::whole(text, 1) {
                each(Piece::Trace(written(line, start), kind));
            }
            return;
        }
        if self.mixed > 0 {
            self.mixed -= 1;
            let piece = if self.loose {
                Piece::unreadable(written(line, start), trace::format(text), text, MIXED)
            } else {
                among_torn(written(line, start), text)
            };
            if self.mixed == 0 {
                self.wary = 0;
                self.loose = false;
            }
            each(piece);
            return;
        }
        if let Some(torn) = &mut self.torn
            && let Step::Lit(first) = torn.template.step(0)
        {
            torn.rival |= text.starts_with(first.as_bytes());
        }
        self.held.push(Held {
            written: written(line, start),
            text: text.to_vec(),
        });
        if self.held.len() >= PASSES {
            self.give_up(GONE, each);
            self.release(each);
        }
    }

    /// The input, or this origin's part of it, has ended.
    pub(in super::super) fn finish(&mut self, each: Each<'_>) {
        self.give_up(ENDED, each);
        self.release(each);
    }

    pub(super) fn give_up(&mut self, why: &'static str, each: Each<'_>) {
        let Some(torn) = self.torn.take() else {
            return;
        };
        self.wary = PATIENCE;
        each(Piece::unreadable(
            torn.written,
            torn.template.format,
            &torn.text,
            why,
        ));
    }

    /// Gives the records that were held back; nothing is amiss any more.
    fn release(&mut self, each: Each<'_>) {
        self.wary = 0;
        self.mixed = 0;
        self.loose = false;
        for held in self.held.drain(..) {
            if let Some(kind) = trace::whole(&held.text, 1) {
                each(Piece::Trace(held.written, kind));
            }
        }
    }

    /// Two records' pieces came between one another: what came whole meanwhile is a record, if its numbers agree, and
    /// said to be doubtful.
    pub(super) fn distrust(&mut self, each: Each<'_>) {
        self.give_up(MIXED, each);
        self.wary = PATIENCE;
        self.mixed = DISTRUSTED;
        for held in self.held.drain(..) {
            each(among_torn(held.written, &held.text));
        }
    }

    /// Takes a line apart that is no whole trace, or that comes while a record is torn.
    pub(in super::super) fn line(&mut self, line: &Line<'_>, each: Each<'_>) {
        let mut at = 0;
        if let Some(torn) = &self.torn {
            let run = self.tokens(torn.template).run(torn.state, line.text, 0);
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
                let run = self.tokens(torn.template).run(state, text, 0);
                run.tokens > 0 && run.stop == Stop::End
                    || run.tokens >= 2 && run.stop == Stop::Border
            }
        })
    }

    /// Adds tokens to the torn record, and gives it when it is over.
    pub(super) fn extend(
        &mut self,
        line: &Line<'_>,
        from: usize,
        run: Run,
        first: bool,
        each: Each<'_>,
    ) {
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
                if let Some(torn) = self.torn.take() {
                    let (format, text) = (torn.template.format, torn.text.as_slice());
                    if let Some(kind) = trace::mended(text, torn.pieces) {
                        each(Piece::Trace(torn.written, kind));
                        self.release(each);
                    } else {
                        // What it lacks may stand in what came meanwhile.
                        each(Piece::unreadable(torn.written, format, text, ODD));
                        self.distrust(each);
                    }
                }
            }
        }
    }

    pub(super) fn text(&mut self, line: &Line<'_>, from: usize, to: usize, each: Each<'_>) {
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
            place: written(line, from).place,
            ..*line
        }));
    }
}

/// A whole record that came among torn ones: its numbers have to be of one process, as far as they tell.
fn among_torn(written: Written, text: &[u8]) -> Piece<'_> {
    match trace::mended(text, 1).filter(agrees) {
        Some(kind) => Piece::Doubtful(written, kind),
        None => Piece::unreadable(written, trace::format(text), text, MIXED),
    }
}

/// Whether the numbers of a collection agree: the processor time of the phases that stop the world is their time on the
/// clock times GOMAXPROCS, cut down both (runtime/mgc.go, `gcMarkTermination`; of fewer processors than that nothing is told).
fn agrees(kind: &Kind<'_>) -> bool {
    // Nothing in the other traces would tell that a part of them is another's.
    let Kind::Gc(gctrace::Record::Cycle(cycle)) = kind else {
        return false;
    };
    let fits = |clock: Nanos, cpu: Nanos, procs: u64| {
        let most = clock.0.saturating_add(clock.printed_step().0);
        clock.0.saturating_mul(procs) < cpu.0.saturating_add(cpu.printed_step().0)
            && most.saturating_mul(procs) > cpu.0
    };
    let procs = u64::from(cycle.procs);
    fits(
        cycle.clock.sweep_termination,
        cycle.cpu.sweep_termination,
        procs,
    ) && fits(
        cycle.clock.mark_termination,
        cycle.cpu.mark_termination,
        procs,
    )
}

/// Where a part of a line begins.
pub(super) fn written(line: &Line<'_>, at: usize) -> Written {
    let mut written = Written::from(line);
    written.place.offset += at as u64;
    written
}

pub(super) fn unreadable(
    line: &Line<'_>,
    at: usize,
    format: &'static str,
    text: &[u8],
    why: &'static str,
    each: Each<'_>,
) {
    each(Piece::unreadable(written(line, at), format, text, why));
}
