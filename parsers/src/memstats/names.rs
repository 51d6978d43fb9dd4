//! The many spellings of a field: `HeapInuse`, `heap_inuse`, `heap-in-use`, `heapInUse`.

use super::records::Field;

/// The longest spelling, with separators.
pub(super) const LONGEST: usize = 24;

/// A field's name as somebody wrote it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Name {
    pub(super) field: Field,
    /// It is spelled as in Go.
    pub(super) exact: bool,
}

impl Name {
    /// Whether a line of nothing but this name and a value is MemStats beyond doubt.
    pub(super) fn is_telling(self) -> bool {
        self.exact
            && !matches!(
                self.field,
                Field::Sys | Field::Lookups | Field::Mallocs | Field::Frees | Field::GoMaxProcs
            )
    }

    /// Whether the word has other meanings than this one.
    pub(super) const fn is_common(self) -> bool {
        matches!(
            self.field,
            Field::Alloc
                | Field::Sys
                | Field::Lookups
                | Field::Mallocs
                | Field::Frees
                | Field::Goroutines
                | Field::Threads
                | Field::GoMaxProcs
                | Field::NumCPU
        )
    }
}

/// The field that a word names.
pub(super) fn lookup(word: &[u8]) -> Option<Name> {
    if word.len() < 3 || word.len() > LONGEST {
        return None;
    }
    let mut plain = [0u8; LONGEST];
    let mut length = 0;
    for byte in word {
        match byte {
            b'-' | b'_' | b' ' => {}
            b'A'..=b'Z' | b'a'..=b'z' => {
                *plain.get_mut(length)? = byte.to_ascii_lowercase();
                length += 1;
            }
            _ => return None,
        }
    }
    let plain = plain.get(..length)?;
    let plain = plain.strip_suffix(b"bytes").unwrap_or(plain);
    let field = match plain {
        b"alloc" => Field::Alloc,
        b"totalalloc" => Field::TotalAlloc,
        b"sys" => Field::Sys,
        b"lookups" => Field::Lookups,
        b"mallocs" => Field::Mallocs,
        b"frees" => Field::Frees,
        b"heapalloc" => Field::HeapAlloc,
        b"heapsys" => Field::HeapSys,
        b"heapidle" => Field::HeapIdle,
        b"heapinuse" => Field::HeapInuse,
        b"heapreleased" => Field::HeapReleased,
        b"heapobjects" => Field::HeapObjects,
        b"stackinuse" => Field::StackInuse,
        b"stacksys" => Field::StackSys,
        b"mspaninuse" | b"stackmspaninuse" => Field::MSpanInuse,
        b"mspansys" | b"stackmspansys" => Field::MSpanSys,
        b"mcacheinuse" | b"stackmcacheinuse" => Field::MCacheInuse,
        b"mcachesys" | b"stackmcachesys" => Field::MCacheSys,
        b"buckhashsys" => Field::BuckHashSys,
        b"gcsys" => Field::GCSys,
        b"othersys" => Field::OtherSys,
        b"nextgc" => Field::NextGC,
        b"lastgc" => Field::LastGC,
        b"pausetotalns" | b"pausetotal" | b"gcpausetotal" => Field::PauseTotalNs,
        b"numgc" => Field::NumGC,
        b"numforcedgc" => Field::NumForcedGC,
        b"gccpufraction" => Field::GCCPUFraction,
        b"enablegc" => Field::EnableGC,
        b"debuggc" => Field::DebugGC,
        b"maxrss" => Field::MaxRSS,
        b"gcpause" => Field::LastPauseNs,
        b"gcpauseend" => Field::LastPauseEnd,
        b"goroutines" | b"numgoroutine" => Field::Goroutines,
        b"osthreads" => Field::Threads,
        b"gomaxprocs" => Field::GoMaxProcs,
        b"numcpu" => Field::NumCPU,
        _ => return None,
    };
    Some(Name {
        field,
        exact: word == field.name().as_bytes(),
    })
}
