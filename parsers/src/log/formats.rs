//! The readers of one origin, and which of them a line is offered to.

use super::mend::{Mender, Piece};
use super::{Kind, Record, Sink, trace};
use crate::line::{self, Format, Given, Line, Place, Taken, Unreadable, Written};
use crate::{alloctrace, checkfinalizers, gctrace, memstats, oom, profile, race, traceback};

/// How many formats have readers.
const COUNT: usize = 7;

/// Which of them reads tracebacks.
const TRACEBACK: usize = 3;

/// A format's reader whose records come among those of the others.
trait Reader {
    fn begins(&self, first: Option<u8>) -> bool;
    fn expects(&self, text: &[u8]) -> bool;
    fn line(&mut self, line: &Line<'_>, out: &mut Sink<'_>) -> Taken;
    fn finish(&mut self, out: &mut Sink<'_>);
}

impl<F> Reader for F
where
    F: Format,
    for<'r> Kind<'r>: From<Given<'r, F::Record<'r>>>,
{
    fn begins(&self, first: Option<u8>) -> bool {
        Format::begins(self, first)
    }

    fn expects(&self, text: &[u8]) -> bool {
        Format::expects(self, text)
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Sink<'_>) -> Taken {
        Format::line(
            self,
            line,
            &mut line::Sink::new(&mut |written, given| out(Record::new(written, given.into()))),
        )
    }

    fn finish(&mut self, out: &mut Sink<'_>) {
        Format::finish(
            self,
            &mut line::Sink::new(&mut |written, given| out(Record::new(written, given.into()))),
        );
    }
}

/// What one origin's lines are read with.
#[derive(Debug, Default)]
pub(super) struct Formats {
    /// Whose record is open, by its place in [`Formats::all`].
    open: Option<usize>,
    package: Option<Package>,
    mender: Mender,
    checkfinalizers: checkfinalizers::Reader,
    alloctrace: alloctrace::Reader,
    race: race::Reader,
    traceback: traceback::Reader,
    profile: profile::Reader,
    memstats: memstats::Reader,
    oom: oom::Reader,
}

/// A line `# import/path`. The go command says so whose output follows; it is told when a collector's trace does.
#[derive(Debug)]
struct Package {
    place: Place,
    path: Vec<u8>,
}

impl Package {
    fn read(line: &Line<'_>) -> Option<Self> {
        let path = line.text.strip_prefix(b"# ")?;
        let plausible = (1..=256).contains(&path.len())
            && path
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-._~/[] ".contains(byte));
        plausible.then(|| Self {
            place: line.place,
            path: path.to_vec(),
        })
    }
}

/// For every first byte of a line (256 stands for an empty line) the formats that could begin with it.
#[derive(Debug)]
pub(super) struct Starts([u8; 257]);

impl Default for Starts {
    fn default() -> Self {
        let mut formats = Formats::default();
        let mut starts = [0; 257];
        for (index, format) in formats.all().into_iter().enumerate() {
            for (byte, mask) in starts.iter_mut().enumerate() {
                if format.begins(u8::try_from(byte).ok()) {
                    *mask |= 1 << index;
                }
            }
        }
        Self(starts)
    }
}

impl Starts {
    fn of(&self, text: &[u8]) -> u8 {
        let index = text.first().map_or(256, |&byte| usize::from(byte));
        self.0.get(index).copied().unwrap_or_default()
    }
}

impl Formats {
    /// In the order in which a line is offered.
    fn all(&mut self) -> [&mut dyn Reader; COUNT] {
        [
            &mut self.checkfinalizers,
            &mut self.alloctrace,
            &mut self.race,
            &mut self.traceback,
            &mut self.profile,
            &mut self.memstats,
            &mut self.oom,
        ]
    }

    #[inline]
    pub(super) fn line(&mut self, starts: &Starts, line: &Line<'_>, out: &mut Sink<'_>) {
        match trace::whole(line.text, 1).or_else(|| self.edited(line)) {
            // Numbers at the end may have had more digits.
            Some(_) if line.unterminated && line.text.last().is_some_and(u8::is_ascii_digit) => {
                let kind = Kind::Unreadable(Unreadable {
                    format: trace::format(line.text),
                    text: line.text,
                    why: "the input ends in its last number",
                });
                self.trace(line.into(), kind, false, out);
            }
            Some(_) if self.mender.is_active() => {
                self.mend(starts, out, |mender, each| mender.whole(line, 0, each));
            }
            Some(kind) => self.trace(line.into(), kind, false, out),
            None if !self.expects(line.text) && self.mender.wants(line.text) => {
                self.mend(starts, out, |mender, each| mender.line(line, each));
            }
            None => {
                if self.mender.is_active() {
                    self.mend(starts, out, Mender::passed);
                }
                self.other(starts, line, out);
            }
        }
    }

    /// A trace that is whole but for its digits, where nobody tears lines and nobody waits for this one.
    fn edited<'t>(&mut self, line: &Line<'t>) -> Option<Kind<'t>> {
        let cycle = gctrace::edited(line.text)?;
        let alone = !self.mender.is_active() && !self.expects(line.text);
        alone.then_some(Kind::Gc(gctrace::Record::Cycle(cycle)))
    }

    /// Whether a line in which none of the words stands is nobody's but the application's: nothing is open, and it begins
    /// nothing.
    #[inline]
    pub(super) fn passes(&self, text: &[u8]) -> bool {
        !(matches!(text, [b'g', b'c', b'0'..=b'9', ..])
            || self.traceback.may_begin(text)
            || self.profile.may_begin(text)
            || self.memstats.may_begin(text)
            || self.oom.may_begin(text))
    }

    /// Whether nothing is open.
    pub(super) fn rest(&self) -> bool {
        self.open.is_none()
            && self.package.is_none()
            && !self.mender.is_active()
            && self.checkfinalizers.rests()
            && self.alloctrace.rests()
            && self.race.rests()
            && self.traceback.rests()
            && self.profile.rests()
            && self.memstats.rests()
            && self.oom.rests()
    }

    /// Whether an empty line was the last of a dump, and nobody waits for the next one but its reader.
    pub(super) fn is_between_goroutines(&self) -> bool {
        let is_alone = self.open == Some(TRACEBACK) && self.package.is_none();
        is_alone && !self.mender.is_active() && self.traceback.is_between()
    }

    /// Whether a whole trace is given as it is, whatever is open.
    #[inline]
    pub(super) fn takes_traces(&self) -> bool {
        !self.mender.is_active() && self.package.is_none()
    }

    /// Takes a goroutine whole, unless its first line may have been torn.
    pub(super) fn goroutine(
        &mut self,
        written: Written,
        first: &[u8],
        section: traceback::Section<'_>,
        out: &mut Sink<'_>,
    ) -> bool {
        let taken = !self.mender.wants(first);
        if taken {
            self.traceback.passed();
            let record = traceback::Record::Section(section);
            out(Record::new(written, Kind::Traceback(record)));
        }
        taken
    }

    /// A line of the application's own, which passes.
    #[inline]
    pub(super) fn pass(&mut self, text: &[u8]) {
        self.mender.saw(text);
    }

    /// Whether the open record's format knows this line for its next.
    #[inline]
    fn expects(&mut self, text: &[u8]) -> bool {
        let open = self.open;
        open.is_some_and(|index| {
            self.all()
                .get(index)
                .is_some_and(|format| format.expects(text))
        })
    }

    /// Lets the mender work, and takes what it gives.
    fn mend(
        &mut self,
        starts: &Starts,
        out: &mut Sink<'_>,
        work: impl FnOnce(&mut Mender, &mut dyn FnMut(Piece<'_>)),
    ) {
        let mut mender = std::mem::take(&mut self.mender);
        work(&mut mender, &mut |piece| match piece {
            Piece::Text(line) => self.other(starts, &line, out),
            Piece::Trace(written, kind) => self.trace(written, kind, false, out),
            Piece::Doubtful(written, kind) => self.trace(written, kind, true, out),
        });
        self.mender = mender;
    }

    /// Gives a record of one line, and the package that was announced for it.
    #[inline]
    fn trace(&mut self, written: Written, kind: Kind<'_>, doubtful: bool, out: &mut Sink<'_>) {
        let record = Record {
            doubtful,
            ..Record::new(written, kind)
        };
        if let Some(package) = self.package.take()
            && matches!(kind, Kind::Gc(_))
        {
            out(Record {
                place: package.place,
                kind: Kind::Gc(gctrace::Record::Package(&package.path)),
                ..record
            });
        }
        out(record);
    }

    /// Offers a line to the formats whose records are more than a line.
    fn other(&mut self, starts: &Starts, line: &Line<'_>, out: &mut Sink<'_>) {
        self.package = Package::read(line);
        let mut open = self.open.take();
        // It looks like a call: of a log that begins in the middle of such a trace, the stack is taken for a dump's.
        if open == Some(TRACEBACK) && alloctrace::is_ours(line.text) {
            Reader::finish(&mut self.traceback, out);
            open = None;
        }
        let mut all = self.all();
        let first = open.and_then(|index| Some((index, all.get_mut(index)?.line(line, out))));
        let mut taken = first.filter(|(_, taken)| *taken != Taken::No);
        if taken.is_none() {
            let mut mask = starts.of(line.text);
            while mask != 0 {
                let index = mask.trailing_zeros() as usize;
                mask &= mask - 1;
                if Some(index) == open {
                    continue;
                }
                let Some(format) = all.get_mut(index) else {
                    break;
                };
                let answer = format.line(line, out);
                if answer != Taken::No {
                    taken = Some((index, answer));
                    break;
                }
            }
        }
        match taken {
            Some((index, Taken::Open)) => self.open = Some(index),
            Some(_) => {}
            None => {
                self.mender.saw(line.text);
                out(Record::new(line.into(), Kind::Log(line.text)));
            }
        }
    }

    pub(super) fn finish(&mut self, starts: &Starts, out: &mut Sink<'_>) {
        self.mend(starts, out, Mender::finish);
        for format in self.all() {
            format.finish(out);
        }
    }
}
