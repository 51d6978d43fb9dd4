//! What stands in a line that is no whole trace: records, pieces of them, the application's words.

use super::super::trace;
use super::mender::{
    DOUBT, ENDED, Each, MIXED, Mender, ODD, ORPHAN, PATIENCE, Torn, unreadable, written,
};
use super::template::Template;
use super::tokens::{Run, Stop};
use super::words::{ATTEMPTS, beginnings, begins, ends_bare, has_bare, looks_odd, orphan, words};
use crate::line::Line;

impl Mender {
    /// What stands in a line from `at` on: other records, the rest of the torn one, text.
    pub(super) fn apart(&mut self, line: &Line<'_>, mut at: usize, each: Each<'_>) {
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
                self.between(line, at, at + start, each);
                self.whole(line, at + start, each);
                return;
            }
            if let Some((start, template, run)) = torn {
                self.between(line, at, start, each);
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
                    let why = match (alone, self.tokens(template).is_cut(line, start, &run)) {
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
                    written: written(line, start),
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
            let further = self.torn.as_ref().and_then(|torn| {
                let tokens = self.tokens(torn.template);
                let (from, run) = tokens.further(torn.state, line.text, at)?;
                Some((from, run, torn.rival, torn.template.format))
            });
            let Some((from, run, rival, format)) = further else {
                self.remainder(line, at, each);
                return;
            };
            if rival {
                self.distrust(each);
                let text = line.text.get(at..).unwrap_or_default();
                unreadable(line, at, format, text, MIXED, each);
                return;
            }
            if ends_bare(line.text.get(at..from).unwrap_or_default()) {
                let text = line.text.get(at..).unwrap_or_default();
                self.distrust(each);
                // The other's number is still to come, and may come right behind one of the next record's.
                self.loose = true;
                unreadable(line, at, format, text, MIXED, each);
                return;
            }
            self.between(line, at, from, each);
            // A new line, when its start was another's.
            self.extend(line, from, run, at == 0, each);
            if run.stop == Stop::End {
                return;
            }
            at = run.at;
        }
        self.text(line, at, line.text.len(), each);
    }

    /// What stands before a record or a piece of one: text, or a piece of another whose beginning was taken for text.
    fn between(&mut self, line: &Line<'_>, from: usize, to: usize, each: Each<'_>) {
        let text = line.text.get(from..to).unwrap_or_default();
        match orphan(text) {
            Some(format) => unreadable(line, from, format, text, ORPHAN, each),
            None => self.text(line, from, to, each),
        }
    }

    /// What is left of a line and begins no record.
    fn remainder(&mut self, line: &Line<'_>, at: usize, each: Each<'_>) {
        let rest = line.text.get(at..).unwrap_or_default();
        let odd = if at == 0 { looks_odd(rest) } else { None };
        if let Some(format) = odd {
            let beginnings = words(rest).filter(|(word, ..)| *word == 0).count();
            if self.is_active() || beginnings > 1 {
                self.distrust(each);
                self.loose |= has_bare(rest);
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
            } else if !is_first(line) || self.torn.is_some() {
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
            let tokens = self.tokens(template);
            let run = tokens.run(0, line.text, start);
            if run.stop == Stop::End {
                return Some((start, template, run));
            }
            let behind = line.text.get(run.at..).unwrap_or_default();
            // A quotation of a whole line, in somebody's JSON.
            let quoted = matches!(behind.first(), Some(b'"' | b'\'' | b'`' | b'\\'))
                && template.token(run.state, b"").is_some();
            let credible = run.state >= template.credible
                || tokens.is_cut(line, start, &run)
                || run.stop == Stop::Border
                    && (run.known && (run.tokens >= 2 || start == 0)
                        || tokens.completes(run, line.text));
            (credible && !quoted).then_some((start, template, run))
        })
    }
}

/// Whether what a line lacks may have been cut off with the beginning of the log (`tail -c`, a log that was copied and
/// truncated), so that nothing else lacks it.
const fn is_first(line: &Line<'_>) -> bool {
    line.place.line == 1
}
