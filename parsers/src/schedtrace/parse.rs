//! A line to a record.

use super::records::{Detail, G, M, Numbers, P, Record, Sample};
use crate::scan::{self, end, fail, int, int32, is_words, maybe, signed, until, whole, word};

/// Reads a whole line; `pieces` is from how many it was put together.
#[inline]
pub(crate) fn record(text: &[u8], pieces: u32) -> Option<Record<'_>> {
    match text {
        [b'S', b'C', ..] => whole(sample(text, pieces)).map(Record::Sample),
        [b' ', b' ', b'P', ..] => whole(processor(text, pieces)).map(Record::P),
        [b' ', b' ', b'M', ..] => whole(thread(text, pieces)).map(Record::M),
        [b' ', b' ', b'G', ..] => whole(goroutine(text, pieces)).map(Record::G),
        _ => None,
    }
}

/// The literal and then the value.
macro_rules! after {
    ($input:ident, $literal:literal, $read:expr) => {{
        let (rest, ()) = word($literal)($input)?;
        let (rest, value) = $read(rest)?;
        $input = rest;
        value
    }};
}

/// The same, when the literal is there.
macro_rules! optional {
    ($input:ident, $literal:literal, $read:expr) => {{
        let (rest, there) = maybe($literal, $input);
        $input = rest;
        if there {
            let (rest, value) = $read($input)?;
            $input = rest;
            Some(value)
        } else {
            None
        }
    }};
}

fn int_i32(input: &[u8]) -> scan::Scan<'_, i32> {
    let (rest, value) = signed(input)?;
    match i32::try_from(value) {
        Ok(value) => Ok((rest, value)),
        Err(_) => fail(input),
    }
}

/// A number, or `-1` (up to 1.19) and `nil` for none.
fn id(input: &[u8]) -> scan::Scan<'_, Option<u64>> {
    for none in ["nil", "-1"] {
        if let (rest, true) = maybe(none, input) {
            return Ok((rest, None));
        }
    }
    let (rest, value) = int(input)?;
    Ok((rest, Some(value)))
}

/// `0`, `1` (up to 1.19), `false`, `true`.
fn flag(input: &[u8]) -> scan::Scan<'_, bool> {
    for (text, value) in [("false", false), ("true", true), ("0", false), ("1", true)] {
        if let (rest, true) = maybe(text, input) {
            return Ok((rest, value));
        }
    }
    fail(input)
}

/// ```text
/// SCHED Tms: gomaxprocs=n idleprocs=n threads=n[ spinningthreads=n[ needspinning=n]] idlethreads=n runqueue=n
///     [n n]  /  [ n n ] schedticks=[ n n ]  /  gcwaiting=b nmidlelocked=n stopwait=n sysmonwait=b
/// ```
fn sample(mut input: &[u8], pieces: u32) -> scan::Scan<'_, Sample<'_>> {
    let millis = after!(input, "SCHED ", int);
    let gomaxprocs = after!(input, "ms: gomaxprocs=", int32);
    let idleprocs = after!(input, " idleprocs=", int32);
    let threads = after!(input, " threads=", int32);
    let spinningthreads = optional!(input, " spinningthreads=", int32);
    let needspinning = optional!(input, " needspinning=", int32);
    let idlethreads = after!(input, " idlethreads=", int32);
    let runqueue = after!(input, " runqueue=", int);
    let mut sample = Sample {
        millis,
        gomaxprocs,
        idleprocs,
        threads,
        spinningthreads,
        needspinning,
        idlethreads,
        runqueue,
        local: Numbers::default(),
        schedticks: None,
        detail: None,
        pieces,
    };
    let (rest, listed) = maybe(" [", input);
    if listed {
        let (rest, local) = numbers(rest)?;
        sample.local = local;
        input = rest;
        sample.schedticks = optional!(input, " schedticks=[", numbers);
    } else {
        sample.detail = Some(Detail {
            gcwaiting: after!(input, " gcwaiting=", flag),
            nmidlelocked: after!(input, " nmidlelocked=", int_i32),
            stopwait: after!(input, " stopwait=", int_i32),
            sysmonwait: after!(input, " sysmonwait=", flag),
        });
    }
    let (input, ()) = end(input)?;
    Ok((input, sample))
}

/// Numbers with one space between (from 1.25 on also around them) and the bracket that closes.
fn numbers(input: &[u8]) -> scan::Scan<'_, Numbers<'_>> {
    let (mut rest, _) = maybe(" ", input);
    let start = rest;
    loop {
        let (after, _) = int(rest)?;
        let (after, space) = maybe(" ", after);
        let (after, closed) = maybe("]", after);
        rest = after;
        if closed {
            let length = start.len() - rest.len() - 1;
            return Ok((rest, Numbers::new(start.get(..length).unwrap_or_default())));
        }
        if !space {
            return fail(input);
        }
    }
}

/// ```text
///   Pn: status=n schedtick=n syscalltick=n m=id runqsize=n[/n] gfreecnt=n[ timerslen=n]
/// ```
fn processor(mut input: &[u8], pieces: u32) -> scan::Scan<'_, P> {
    let p = P {
        id: after!(input, "  P", int32),
        status: after!(input, ": status=", int32),
        schedtick: after!(input, " schedtick=", int),
        syscalltick: after!(input, " syscalltick=", int),
        m: after!(input, " m=", id),
        runqsize: after!(input, " runqsize=", int),
        runqroom: optional!(input, "/", int),
        gfreecnt: after!(input, " gfreecnt=", int),
        timerslen: optional!(input, " timerslen=", int),
        pieces,
    };
    let (input, ()) = end(input)?;
    Ok((input, p))
}

/// ```text
///   Mn: p=id curg=id mallocing=n throwing=n[ preemptoff=text][ gcing=n] locks=n dying=n[ helpgc=n]
///       spinning=b[ blocked=b] lockedg=id
/// ```
fn thread(mut input: &[u8], pieces: u32) -> scan::Scan<'_, M<'_>> {
    let number = after!(input, "  M", int);
    let p = after!(input, ": p=", id);
    let curg = after!(input, " curg=", id);
    let mallocing = after!(input, " mallocing=", signed);
    let throwing = after!(input, " throwing=", signed);
    let (rest, with_preemptoff) = maybe(" preemptoff=", input);
    input = rest;
    let (mut preemptoff, mut gcing) = (&[][..], None);
    let locks = if with_preemptoff {
        (input, preemptoff) = until(" locks=", input)?;
        if let Some(at) = memchr::memmem::find(preemptoff, b" gcing=") {
            let (text, tail) = preemptoff.split_at_checked(at).unwrap_or_default();
            let (tail, ()) = word(" gcing=")(tail)?;
            gcing = whole(signed(tail));
            preemptoff = text;
        }
        if !is_words(preemptoff) {
            return fail(input);
        }
        let (rest, locks) = signed(input)?;
        input = rest;
        locks
    } else {
        gcing = optional!(input, " gcing=", signed);
        after!(input, " locks=", signed)
    };
    let m = M {
        id: number,
        p,
        curg,
        mallocing,
        throwing,
        preemptoff,
        gcing,
        locks,
        dying: after!(input, " dying=", signed),
        helpgc: optional!(input, " helpgc=", signed),
        spinning: after!(input, " spinning=", flag),
        blocked: optional!(input, " blocked=", flag),
        lockedg: after!(input, " lockedg=", id),
        pieces,
    };
    let (input, ()) = end(input)?;
    Ok((input, m))
}

/// ```text
///   Gn: status=n(reason) m=id lockedm=id
/// ```
fn goroutine(mut input: &[u8], pieces: u32) -> scan::Scan<'_, G<'_>> {
    let number = after!(input, "  G", int);
    let status = after!(input, ": status=", int32);
    let (rest, ()) = word("(")(input)?;
    // The reason may hold parentheses.
    let (rest, reason) = until(") m=", rest)?;
    if !is_words(reason) {
        return fail(rest);
    }
    let (mut input, m) = id(rest)?;
    let lockedm = after!(input, " lockedm=", id);
    let (input, ()) = end(input)?;
    Ok((
        input,
        G {
            id: number,
            status,
            reason,
            m,
            lockedm,
            pieces,
        },
    ))
}
