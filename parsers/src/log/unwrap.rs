//! Takes off what log machinery put around a line.
//!
//! Colours and NULs go first, then JSON, then prefixes, layer by layer ([`super::prefix`]). A layer that does not
//! say by itself what it is counts once a trace stood behind one like it; from then on every line loses it, for
//! frames and other continuations have nothing of their own to be told by. Memory is bounded: so many origins,
//! so many unfinished lines.

use super::colour::decolour;
use super::learn::{self, Candidate, Hold, MOST_SHAPES, Ruling, Shape, Tail};
use super::origins::Origins;
use super::prefix::{self, EVIDENT, LEARNED, Layer, Peeled};
use super::{telling, trace, wrapped};
use crate::line::{Line, MAX_LINE, Origin, Place, RawLine, Stamp};
use std::fmt;

/// Lines of which a piece has come, at once.
const MAX_PENDING: usize = 64;

/// How many bytes at the front of a line are a prefix.
pub type Strip = Box<dyn Fn(&[u8]) -> usize>;

/// Learns the prefix of a stream and takes it off.
#[derive(Default)]
pub struct Unwrapper {
    strip: Option<Strip>,
    /// Layers that stood before a trace.
    learned: Vec<Layer>,
    /// What a quotation begins with, as it was learned.
    quote: Vec<u8>,
    /// The number of the last numbered line.
    number: u64,
    /// A trace stood at the very start of a line.
    bare: bool,
    /// One stood right behind what is known: the lines are neither numbered nor quoted.
    unquoted: bool,
    /// Prefixes and fields that were learned from what stands behind them.
    shapes: Vec<Shape>,
    /// Lines that are held until it is known whether they have one.
    hold: Option<Hold>,
    origins: Origins,
    pending: Vec<Pending>,
    /// Room for a line without colours.
    plain: Vec<u8>,
}

/// The first pieces of a line.
#[derive(Debug)]
struct Pending {
    origin: Origin,
    stream: u8,
    place: Place,
    stamp: Option<Stamp>,
    text: Vec<u8>,
    cut: bool,
}

/// What is known of a line besides its text.
#[derive(Clone, Copy)]
struct Around {
    place: Place,
    stamp: Option<Stamp>,
    origin: Origin,
    unterminated: bool,
    cut: bool,
    /// Which stream it is a piece of, and whether it is the last.
    piece: Option<(u8, bool)>,
}

/// Whether a line may be held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum May {
    Wait,
    Not,
}

type Each<'e> = &'e mut dyn FnMut(&Line<'_>);

impl Unwrapper {
    /// Lets a caller take its own prefix off, before anything else is looked for.
    pub fn strip(&mut self, strip: Strip) {
        self.strip = Some(strip);
    }

    /// Gives the line that `raw` completes, if it does.
    pub fn line(&mut self, raw: &RawLine<'_>, each: &mut dyn FnMut(&Line<'_>)) {
        let Some(mut hold) = self.hold.take() else {
            if let Err(candidate) = self.through(raw, May::Wait, each) {
                let (hold, ruling) = Hold::new(raw, candidate);
                self.ruled(hold, ruling, each);
            }
            return;
        };
        let ruling = self.peek(raw, hold.origin, |tail| hold.push(raw, tail));
        self.ruled(hold, ruling, each);
    }

    /// Goes on holding lines, or gives them.
    fn ruled(&mut self, hold: Hold, ruling: Ruling, each: Each<'_>) {
        if ruling == Ruling::Open {
            self.hold = Some(hold);
        } else {
            self.release(&hold, ruling, each);
        }
    }

    /// Whether a line that begins with a goroutine's header, and those that belong to it, are what the process wrote: nothing
    /// stands before the lines of this stream, and nothing waits.
    pub(super) fn is_bare(&self) -> bool {
        let learned = !self.learned.is_empty() || !self.shapes.is_empty() || self.strip.is_some();
        let waits = self.hold.is_some() || !self.pending.is_empty();
        self.bare && self.unquoted && !learned && !waits
    }

    /// A line in which no word of a trace stands, when it is whole and tells nothing of the stream: what stands around it is
    /// known, or nothing does.
    #[inline]
    pub(super) fn plain<'t>(&mut self, raw: &RawLine<'t>) -> Option<Line<'t>> {
        let waits = self.hold.is_some() || !self.pending.is_empty();
        // What stands in a field is not known without taking the whole record apart.
        let fields = self.shapes.iter().any(Shape::has_field);
        if waits || self.strip.is_some() || fields || raw.cut || raw.number == 1 {
            return None;
        }
        let mut text = raw.text;
        if text.first() == Some(&b'{') && wrapped::may_be(text) {
            return None;
        }
        let (mut stamp, mut origin) = (None, Origin(0));
        let mut used = 0u16;
        for _ in 0..4 {
            // As Go's log writes it: no machinery that says what it is begins so.
            if self.learned.is_empty() && text.get(4) == Some(&b'/') {
                break;
            }
            let Some((layer, peeled)) = self.outermost(text, prefix::stamp(text), used) else {
                break;
            };
            let is_part = peeled.piece.is_some_and(|(_, last)| !last);
            if is_part || matches!(layer, Layer::Number | Layer::Quote) {
                return None;
            }
            used |= 1 << layer as u16;
            stamp = peeled.stamp.or(stamp);
            if let Some(name) = peeled.name {
                origin = self.origins.number(name);
            }
            text = text.get(peeled.length..)?;
        }
        let taken = self.shapes.iter().find_map(|shape| shape.take(text));
        if let Some(taken) = taken {
            stamp = taken.stamp.or(stamp);
            origin = self.origins.within(origin, &taken.writer);
            text = text.get(taken.length..)?;
        }
        Some(Line {
            text,
            place: Place {
                line: raw.number,
                offset: raw.offset,
            },
            stamp,
            origin,
            unterminated: raw.unterminated,
            cut: raw.cut,
        })
    }

    /// It is known what the held lines are.
    fn release(&mut self, hold: &Hold, ruling: Ruling, each: Each<'_>) {
        let mut lines = hold.lines.iter();
        if ruling == Ruling::Prefix {
            let shape = hold.learned();
            if self.shapes.len() >= MOST_SHAPES {
                self.shapes.remove(0);
            }
            self.shapes.push(shape);
        }
        // Its question is answered, those of the lines after it are not.
        if let Some(first) = lines.next() {
            let _ = self.through(&first.raw(), May::Not, each);
        }
        for line in lines {
            self.line(&line.raw(), each);
        }
    }

    /// A line without what is known to be around it, beside lines of this origin; nothing is learned and nothing given.
    fn peek<T>(&self, raw: &RawLine<'_>, beside: Origin, look: impl FnOnce(Tail<'_>) -> T) -> T {
        let mut plain = Vec::new();
        decolour(raw.text, &mut plain);
        let mut text = plain.as_slice();
        if let Some(strip) = &self.strip {
            text = text.get(strip(text)..).unwrap_or_default();
        }
        let wrapped = wrapped::unwrap(text);
        let mut name: &[u8] = &[];
        if let Some(wrapped) = &wrapped {
            name = wrapped.name.as_ref().map_or(name, |name| name.as_bytes());
            let inside = wrapped.text.as_bytes();
            text = inside.strip_suffix(b"\n").unwrap_or(inside);
        }
        let mut used = 0u16;
        for _ in 0..4 {
            let Some((layer, peeled)) = self.outermost(text, prefix::stamp(text), used) else {
                break;
            };
            used |= 1 << layer as u16;
            name = peeled.name.unwrap_or(name);
            text = text.get(peeled.length..).unwrap_or_default();
        }
        let bare = telling::tells(text) && self.origins.name(beside) == name;
        look(Tail { text, bare })
    }

    /// Gives a line, unless it is to wait for its neighbours.
    fn through(&mut self, raw: &RawLine<'_>, may: May, each: Each<'_>) -> Result<(), Candidate> {
        let mut around = Around {
            place: Place {
                line: raw.number,
                offset: raw.offset,
            },
            stamp: None,
            origin: Origin(0),
            unterminated: raw.unterminated,
            cut: raw.cut,
            piece: None,
        };
        let mut text = raw.text;
        if raw.number == 1 {
            text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
        }
        if memchr::memchr2(0x1b, 0, text).is_some() {
            let mut plain = std::mem::take(&mut self.plain);
            plain.clear();
            decolour(text, &mut plain);
            let given = self.bare_line(&plain, &mut around, may, each);
            self.plain = plain;
            given
        } else {
            self.bare_line(text, &mut around, may, each)
        }
    }

    /// A line without colours.
    fn bare_line(
        &mut self,
        text: &[u8],
        around: &mut Around,
        may: May,
        each: Each<'_>,
    ) -> Result<(), Candidate> {
        let text = match &self.strip {
            Some(strip) => text.get(strip(text)..).unwrap_or_default(),
            None => text,
        };
        if text.first() == Some(&b'{')
            && let Some(wrapped) = wrapped::unwrap(text)
        {
            around.stamp = wrapped.stamp;
            if let Some(name) = &wrapped.name {
                around.origin = self.origins.number(name.as_bytes());
            }
            let inside = wrapped.text.as_bytes();
            let (line, whole) = match inside.strip_suffix(b"\n") {
                Some(line) => (line.strip_suffix(b"\r").unwrap_or(line), true),
                None => (inside, false),
            };
            around.piece = Some((wrapped.stream, whole));
            // Not the buffer that `text` may stand in.
            let mut plain = Vec::new();
            let line = if memchr::memchr2(0x1b, 0, line).is_some() {
                decolour(line, &mut plain);
                plain.as_slice()
            } else {
                line
            };
            // Only a line's first piece can have a prefix of its own, and a piece says nothing of the whole.
            if self.waiting(around).is_some() {
                self.give(line, around, each);
                return Ok(());
            }
            let may = if whole { may } else { May::Not };
            return self.dressed(line, around, may, each);
        }
        self.dressed(text, around, may, each)
    }

    /// Takes prefixes off, and learns which there are.
    fn dressed(
        &mut self,
        text: &[u8],
        around: &mut Around,
        may: May,
        each: Each<'_>,
    ) -> Result<(), Candidate> {
        let mut rest = text;
        let mut used = 0u16;
        let number = self.number;
        // Nothing is nested deeper.
        let mut stamp = prefix::stamp(rest);
        for _ in 0..4 {
            let Some((layer, peeled)) = self.outermost(rest, stamp, used) else {
                break;
            };
            used |= 1 << layer as u16;
            rest = self.take(rest, &peeled, around);
            stamp = prefix::stamp(rest);
        }
        if telling::tells(rest) {
            self.bare |= rest.len() == text.len();
            if used & (1 << Layer::Number as u16 | 1 << Layer::Quote as u16) == 0 {
                self.stands_unquoted();
            }
            self.give(rest, around, each);
            return Ok(());
        }
        if self.shaped(rest, around, each) {
            return Ok(());
        }
        if let Some(count) = self.learn(rest, stamp, used, 0) {
            let from = self.learned.len().saturating_sub(count);
            for layer in self.learned.get(from..).unwrap_or_default().to_vec() {
                if let Some(peeled) = layer.peel(rest, prefix::stamp(rest)) {
                    rest = self.take(rest, &peeled, around);
                }
            }
        } else if may == May::Wait
            && let Some(candidate) = learn::candidate(rest, self.bare, around.origin)
        {
            self.number = number;
            return Err(candidate);
        }
        self.give(rest, around, each);
        Ok(())
    }

    /// A trace stood without number and quotation: what was taken for one was none, or it has ended.
    fn stands_unquoted(&mut self) {
        self.unquoted = true;
        self.learned
            .retain(|layer| !matches!(layer, Layer::Number | Layer::Quote));
        self.quote.clear();
    }

    /// Gives what a line says that is dressed as others were.
    fn shaped(&mut self, text: &[u8], around: &mut Around, each: Each<'_>) -> bool {
        let Some(taken) = self.shapes.iter().find_map(|shape| shape.take(text)) else {
            return false;
        };
        around.stamp = taken.stamp.or(around.stamp);
        around.origin = self.origins.within(around.origin, &taken.writer);
        let Some(texts) = &taken.texts else {
            let rest = text.get(taken.length..).unwrap_or_default();
            self.give(rest, around, each);
            return true;
        };
        // The record ended, so what is in it did, too.
        (around.unterminated, around.cut) = (false, false);
        for text in texts {
            let text = text.strip_suffix(b"\n").unwrap_or(text);
            for line in text.split(|byte| *byte == b'\n') {
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                self.give(line, around, each);
            }
        }
        true
    }

    /// The layer that a text begins with, of those that may be taken off.
    #[inline]
    fn outermost<'t>(
        &self,
        text: &'t [u8],
        stamp: Option<(Stamp, usize)>,
        used: u16,
    ) -> Option<(Layer, Peeled<'t>)> {
        let first = *text.first()?;
        // Letters in lower case begin words, and only services.
        let named = self.learned.contains(&Layer::Service);
        let indented = self.quote.first() == Some(&b'\t');
        if first.is_ascii_lowercase() && !named || first == b'\t' && !indented {
            return None;
        }
        EVIDENT
            .iter()
            .chain(&self.learned)
            .filter(|layer| used & (1 << **layer as u16) == 0)
            .find_map(|&layer| {
                let mut peeled = layer.peel(text, stamp)?;
                match layer {
                    // A trace behind a time only is no host and no unit.
                    Layer::Unit
                        if stamp.is_some_and(|(_, length)| {
                            text.get(length + 1..).is_some_and(telling::tells)
                        }) =>
                    {
                        return None;
                    }
                    // Where a trace stood right behind a time, what follows the time is text: `created at: ` too.
                    Layer::Unit
                        if self.learned.contains(&Layer::Time)
                            && !peeled.name.is_some_and(|name| name.ends_with(b"]")) =>
                    {
                        return None;
                    }
                    Layer::Quote if !text.starts_with(&self.quote) => return None,
                    Layer::Quote => peeled.length = self.quote.len(),
                    // Numbers of lines rise by one.
                    Layer::Number if prefix::number(text)?.0 != self.number + 1 => return None,
                    _ => {}
                }
                Some((layer, peeled))
            })
    }

    fn take<'t>(&mut self, text: &'t [u8], peeled: &Peeled<'t>, around: &mut Around) -> &'t [u8] {
        if peeled.stamp.is_some() {
            around.stamp = peeled.stamp;
        }
        if let Some(name) = peeled.name {
            around.origin = self.origins.number(name);
        }
        if peeled.piece.is_some() {
            around.piece = peeled.piece;
        }
        if let Some((number, length)) = prefix::number(text)
            && length == peeled.length
        {
            self.number = number;
        }
        text.get(peeled.length..).unwrap_or_default()
    }

    /// Looks for a trace behind layers that are not known yet; how many of them were learned.
    fn learn(
        &mut self,
        text: &[u8],
        stamp: Option<(Stamp, usize)>,
        used: u16,
        depth: usize,
    ) -> Option<usize> {
        for layer in LEARNED {
            if used & (1 << layer as u16) != 0 || self.learned.contains(&layer) {
                continue;
            }
            if self.unquoted && matches!(layer, Layer::Number | Layer::Quote) {
                continue;
            }
            let Some(peeled) = layer.peel(text, stamp) else {
                continue;
            };
            let rest = text.get(peeled.length..).unwrap_or_default();
            let told = match layer {
                // The application's own logger may say "panic: " and the like; it does not print whole traces.
                Layer::GoTime => trace::whole(rest, 1).is_some(),
                _ => telling::tells(rest),
            };
            if told {
                if layer == Layer::Quote {
                    self.quote = text.get(..peeled.length).unwrap_or_default().to_vec();
                }
                self.learned.push(layer);
                return Some(1);
            }
            if depth < 2
                && let Some(count) = self.learn(
                    rest,
                    prefix::stamp(rest),
                    used | 1 << layer as u16,
                    depth + 1,
                )
            {
                let at = self.learned.len().saturating_sub(count);
                self.learned.insert(at, layer);
                return Some(count + 1);
            }
        }
        None
    }

    /// Where the first pieces of this line are.
    fn waiting(&self, around: &Around) -> Option<usize> {
        let (stream, _) = around.piece?;
        self.pending
            .iter()
            .position(|pending| pending.origin == around.origin && pending.stream == stream)
    }

    /// Joins pieces, and gives what is whole.
    fn give(&mut self, text: &[u8], around: &Around, each: Each<'_>) {
        let waiting = self.waiting(around);
        let last = around.piece.is_none_or(|(_, last)| last);
        let Some(index) = waiting else {
            if last || self.pending.len() >= MAX_PENDING {
                each(&Line {
                    text,
                    place: around.place,
                    stamp: around.stamp,
                    origin: around.origin,
                    unterminated: around.unterminated,
                    cut: around.cut || !last,
                });
            } else {
                self.pending.push(Pending {
                    origin: around.origin,
                    stream: around.piece.map_or(0, |(stream, _)| stream),
                    place: around.place,
                    stamp: around.stamp,
                    text: text.to_vec(),
                    cut: around.cut,
                });
            }
            return;
        };
        if let Some(pending) = self.pending.get_mut(index) {
            let room = MAX_LINE.saturating_sub(pending.text.len());
            pending.cut |= text.len() > room;
            let kept = text.get(..room).unwrap_or(text);
            pending.text.extend_from_slice(kept);
        }
        if last {
            let pending = self.pending.swap_remove(index);
            pending.give(around.unterminated, each);
        }
    }

    /// The input has ended.
    pub fn finish(&mut self, each: &mut dyn FnMut(&Line<'_>)) {
        // What waits behind the first of them may be held anew.
        while let Some(hold) = self.hold.take() {
            let ruling = hold.last();
            self.release(&hold, ruling, each);
        }
        for pending in self.pending.drain(..) {
            pending.give(true, each);
        }
    }

    /// The name that the prefix gave an origin; empty for lines without one.
    pub fn origin_name(&self, origin: Origin) -> &[u8] {
        self.origins.name(origin)
    }
}

impl fmt::Debug for Unwrapper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unwrapper")
            .field("learned", &self.learned)
            .field("origins", &self.origins)
            .finish_non_exhaustive()
    }
}

impl Pending {
    fn give(&self, unterminated: bool, each: Each<'_>) {
        each(&Line {
            text: &self.text,
            place: self.place,
            stamp: self.stamp,
            origin: self.origin,
            unterminated,
            cut: self.cut,
        });
    }
}
