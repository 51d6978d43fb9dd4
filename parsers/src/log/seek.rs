//! The words of which one stands in a line that begins a record, or that has a piece of one, whatever stands before it.
//!
//! Nearly every line of a log is the application's own. A chunk is searched for all words at once, so that such a line is
//! known without being looked at. No word is escaped inside JSON or logfmt.
//!
//! The packed search looks at as many bytes as the shortest word has, from each word's first, and then compares the words that
//! share a bucket. So words are given from where few others of any prose begin alike (`kedm=` is of ` lockedm=`), as long as they are:
//! every line in which one stands is taken apart, and `tus=` alone would be in most lines of a server. And no more
//! than a dozen or two to a search: three of them take a third of the time of one. What is shorter than four bytes is looked
//! for on its own. What begins without a word is told by each format's `may_begin`.

use crate::search::Words;
use memchr::memmem::Finder;
use std::sync::LazyLock;

/// What stands in the first line of a record, or inside one that was torn.
const PACKED: [&[&str]; 3] = [
    &[
        "GC forced",
        "SCHED ",
        "scvg",
        "scav ",
        "scan: ",
        "pacer: ",
        "init ",
        "checkfinalizers: ",
        "ealloc(",
        "cefree(",
        "acegc",
        "WARNING: ",
        // `heap profile: `, `goroutine profile: total `
        "rofile: ",
        ": status=",
    ],
    &[
        "panic: ",
        "panic\"",
        "panic serving ",
        // `goroutine `
        "routine ",
        "atal error: ",
        "fatal: ",
        "xpected fault",
        "Exception 0x",
        "Signal ",
        "runtime: ",
        "runtime stack",
        "=====",
        " @ 0",
        "lloc",
        "heap",
        "Heap",
        ": p=",
    ],
    &[
        "ms clock, ",
        "ms cpu, ",
        "MB goal, ",
        "MB stacks, ",
        "MB globals, ",
        "KiB work",
        "% util",
        "dlethreads=",
        "hedticks=",
        "kedm=",
        "kedg=",
        "doff, ",
        "(forced)",
        "race(s)",
        "oom_reaper",
        "oom-kill",
        ".oom.group",
        "Killed process ",
        "Kill process ",
        // Rows of the kernel's table (`kernel: [ 1234]`) and counters (`memory: usage `), whatever stands before.
        "nel: [",
        "y: usage ",
    ],
];

static SEARCHES: LazyLock<[Words; 3]> = LazyLock::new(|| PACKED.map(Words::new));

/// Too short for the packed search.
static SHORT: LazyLock<[Finder<'static>; 2]> =
    LazyLock::new(|| [Finder::new("gc "), Finder::new("SIG")]);

/// Places in a chunk, from its start to its end.
pub(super) struct Places<'c> {
    chunk: &'c [u8],
    /// Where each of the searches found something last; none before has been passed over.
    next: [usize; 6],
}

impl<'c> Places<'c> {
    /// Those of a chunk.
    pub fn of(chunk: &'c [u8]) -> Self {
        Self {
            chunk,
            next: [0; 6],
        }
    }

    /// Whether a word, or what would hide one (a colour, a NUL), stands in this part, which begins where the last one ended
    /// or later.
    #[inline]
    pub fn any(&mut self, from: usize, to: usize) -> bool {
        (0..self.next.len()).any(|search| self.first(search, from) < to)
    }

    #[inline]
    fn first(&mut self, search: usize, from: usize) -> usize {
        let Some(next) = self.next.get_mut(search) else {
            return usize::MAX;
        };
        if *next < from || from == 0 {
            *next = find(self.chunk, search, from);
        }
        *next
    }
}

/// Where one of the searches finds something from a place on.
fn find(chunk: &[u8], search: usize, from: usize) -> usize {
    let rest = chunk.get(from..).unwrap_or_default();
    let packed = |words: &Words| words.first(chunk, from).map(|found| found.start());
    let [first, second, third] = &*SEARCHES;
    let [gc, signal] = &*SHORT;
    let found = match search {
        0 => gc.find(rest).map(|at| from + at),
        1 => packed(first),
        2 => packed(second),
        3 => packed(third),
        4 => signal.find(rest).map(|at| from + at),
        _ => memchr::memchr2(0x1b, 0, rest).map(|at| from + at),
    };
    found.unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a text has one of the words.
    fn known(text: &str) -> bool {
        Places::of(text.as_bytes()).any(0, text.len())
    }

    #[test]
    fn whatever_others_look_for_has_one_of_the_words() {
        for word in super::super::words_of_all() {
            assert!(known(word), "{word}");
        }
    }

    #[test]
    fn a_word_is_found_in_its_own_line_only() {
        let text = b"one\ntwo gc 1\nthree\nSIGQUIT: quit\n\x1b[1mg\x1b[0m\nlast";
        let mut places = Places::of(text);
        let mut from = 0;
        let found: Vec<bool> = memchr::memchr_iter(b'\n', text)
            .map(|end| places.any(std::mem::replace(&mut from, end + 1), end))
            .collect();
        assert_eq!(found, [false, true, false, true, true]);
    }

    #[test]
    fn no_word_is_too_short_for_the_packed_search() {
        assert!(PACKED.iter().all(|words| words.len() <= 32));
        assert!(PACKED.concat().iter().all(|word| word.len() >= 4));
    }
}
