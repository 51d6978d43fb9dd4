//! A line to a record. The grammar of each release is a sequence that takes a few hundred nanoseconds.

use super::records::{
    Clock, Cpu, Cycle, Dialect, GreenTea, OldCycle, Record, Scan, ScanClass, Sweeps,
};
use crate::quantity::{MiB, Nanos};
use crate::scan::{self, end, fail, int, int32, maybe, millis, seconds, whole, word};

/// Reads a whole line; `pieces` is from how many it was put together.
#[inline]
pub(crate) fn record(text: &[u8], pieces: u32) -> Option<Record<'_>> {
    match text {
        [b'g', b'c', b' ', ..] => whole(cycle(text, pieces, &mut Printed)).map(Record::Cycle),
        [b'g', b'c', ..] => old_cycle(text, pieces).map(Record::OldCycle),
        b"GC forced" => Some(Record::SysmonForced { pieces }),
        [b's', b'c', b'a', b'n', ..] => whole(scanned(text, pieces)).map(Record::Scan),
        _ => None,
    }
}

/// How times are written.
pub(super) trait Times {
    /// Milliseconds with a fraction.
    fn millis<'i>(&mut self, input: &'i [u8]) -> scan::Scan<'i, Nanos>;
    /// Seconds with a fraction.
    fn seconds<'i>(&mut self, input: &'i [u8]) -> scan::Scan<'i, Nanos>;
}

/// As the runtime prints them.
struct Printed;

impl Times for Printed {
    #[inline]
    fn millis<'i>(&mut self, input: &'i [u8]) -> scan::Scan<'i, Nanos> {
        millis(input)
    }

    #[inline]
    fn seconds<'i>(&mut self, input: &'i [u8]) -> scan::Scan<'i, Nanos> {
        seconds(input)
    }
}

/// `a` and then the literal.
macro_rules! then {
    ($input:ident, $read:expr, $literal:literal) => {{
        let (rest, value) = $read($input)?;
        let (rest, ()) = word($literal)(rest)?;
        $input = rest;
        value
    }};
}

/// ```text
/// gc N @Ts U%[ (checking for goroutine leaks)]: clock ms clock, cpu ms cpu, a->b->c MB, g MB goal,
///     [s MB stacks, t MB globals, ]p P[ (forced)]
/// clock = a+b+c (1.5: a+b+c+d+e)    cpu = a+b/c/d+e (1.5: a+b+c+d/e/f+g)
/// ```
pub(super) fn cycle<'i>(
    input: &'i [u8],
    pieces: u32,
    times: &mut impl Times,
) -> scan::Scan<'i, Cycle> {
    let (mut input, ()) = word("gc ")(input)?;
    let number = then!(input, int32, " @");
    let start = then!(input, |at| times.seconds(at), "s ");
    let cpu_percent = then!(input, int32, "%");
    let (rest, leak_check) = maybe(" (checking for goroutine leaks)", input);
    let (mut input, ()) = word(": ")(rest)?;

    let first = then!(input, |at| times.millis(at), "+");
    let second = then!(input, |at| times.millis(at), "+");
    let (rest, third) = times.millis(input)?;
    let (rest, go1_5) = maybe("+", rest);
    input = rest;
    let clock = if go1_5 {
        Clock {
            sweep_termination: first,
            scan: Some(second),
            sync: Some(third),
            mark: then!(input, |at| times.millis(at), "+"),
            mark_termination: then!(input, |at| times.millis(at), " ms clock, "),
        }
    } else {
        (input, ()) = word(" ms clock, ")(input)?;
        Clock {
            sweep_termination: first,
            scan: None,
            sync: None,
            mark: second,
            mark_termination: third,
        }
    };

    let sweep_termination = then!(input, |at| times.millis(at), "+");
    let (mut scan, mut sync) = (None, None);
    if go1_5 {
        scan = Some(then!(input, |at| times.millis(at), "+"));
        sync = Some(then!(input, |at| times.millis(at), "+"));
    }
    let cpu = Cpu {
        sweep_termination,
        scan,
        sync,
        assist: then!(input, |at| times.millis(at), "/"),
        background: then!(input, |at| times.millis(at), "/"),
        idle: then!(input, |at| times.millis(at), "+"),
        mark_termination: then!(input, |at| times.millis(at), " ms cpu, "),
    };

    let heap_start = MiB(then!(input, int, "->"));
    let heap_end = MiB(then!(input, int, "->"));
    let heap_live = MiB(then!(input, int, " MB, "));
    let goal = MiB(then!(input, int, " MB goal, "));
    let (rest, number_next) = int(input)?;
    let (rest, with_stacks) = maybe(" MB stacks, ", rest);
    let (mut stacks, mut globals, mut procs) = (None, None, number_next);
    input = rest;
    if with_stacks {
        stacks = Some(MiB(number_next));
        globals = Some(MiB(then!(input, int, " MB globals, ")));
        (input, procs) = int(input)?;
    }
    let (input, ()) = word(" P")(input)?;
    let (input, forced) = maybe(" (forced)", input);
    let (input, ()) = end(input)?;
    let Ok(procs) = u32::try_from(procs) else {
        return fail(input);
    };
    let dialect = match (go1_5, with_stacks) {
        (true, false) => Dialect::Go1_5,
        (false, false) => Dialect::Go1_6,
        (false, true) => Dialect::Go1_18,
        (true, true) => return fail(input),
    };
    Ok((
        input,
        Cycle {
            number,
            start,
            cpu_percent,
            leak_check,
            clock,
            cpu,
            heap_start,
            heap_end,
            heap_live,
            goal,
            stacks,
            globals,
            procs,
            forced,
            edited: false,
            dialect,
            pieces,
        },
    ))
}

fn old_cycle(text: &[u8], pieces: u32) -> Option<OldCycle> {
    whole(since_1_3(text, pieces)).or_else(|| whole(until_1_2(text, pieces)))
}

fn micros(input: &[u8]) -> scan::Scan<'_, Nanos> {
    let (rest, value) = int(input)?;
    Ok((rest, Nanos(value.saturating_mul(1000))))
}

fn whole_millis(input: &[u8]) -> scan::Scan<'_, Nanos> {
    let (rest, value) = int(input)?;
    Ok((rest, Nanos(value.saturating_mul(1_000_000))))
}

/// `a(b) handoff, a(b) steal, a/b/c yields`, and the time of day that a patched 1.4 put behind it.
#[expect(
    clippy::type_complexity,
    reason = "the tail of two grammars, taken apart at once"
)]
fn sharing(mut input: &[u8]) -> scan::Scan<'_, ((u64, u64), (u64, u64), (u64, u64, u64))> {
    let handoff = (then!(input, int, "("), then!(input, int, ") handoff, "));
    let steal = (then!(input, int, "("), then!(input, int, ") steal, "));
    let yields = (
        then!(input, int, "/"),
        then!(input, int, "/"),
        then!(input, int, " yields"),
    );
    if let Ok((rest, ())) = word(" @")(input) {
        (input, _) = int(rest)?;
    }
    let (input, ()) = end(input)?;
    Ok((input, (handoff, steal, yields)))
}

/// ```text
/// gcN(T): a+b+c+d us, h -> h MB, o (a-f) objects,[ G goroutines,] n/b/p sweeps, …
/// ```
fn since_1_3(input: &[u8], pieces: u32) -> scan::Scan<'_, OldCycle> {
    let (mut input, ()) = word("gc")(input)?;
    let number = then!(input, int32, "(");
    let threads = then!(input, int32, "): ");
    let stop = then!(input, micros, "+");
    let sweep = then!(input, micros, "+");
    let mark = then!(input, micros, "+");
    let rest_time = then!(input, micros, " us, ");
    let heap_from = MiB(then!(input, int, " -> "));
    let heap_to = MiB(then!(input, int, " MB, "));
    let objects = then!(input, int, " (");
    let allocated = then!(input, int, "-");
    let freed = then!(input, int, ") objects, ");
    let (rest, next) = int(input)?;
    let (rest, with_goroutines) = maybe(" goroutines, ", rest);
    input = rest;
    let mut goroutines = None;
    let mut spans = next;
    if with_goroutines {
        goroutines = Some(next);
        (input, spans) = int(input)?;
    }
    let (mut input, ()) = word("/")(input)?;
    let sweeps = Sweeps {
        spans,
        background: then!(input, int, "/"),
        paused: then!(input, int, " sweeps, "),
    };
    let (input, (handoff, steal, yields)) = sharing(input)?;
    Ok((
        input,
        OldCycle {
            number,
            threads,
            stop: Some(stop),
            sweep,
            mark,
            rest: rest_time,
            heap_from,
            heap_to,
            objects_before: None,
            objects,
            allocated,
            freed,
            goroutines,
            sweeps: Some(sweeps),
            handoff,
            steal,
            yields,
            dialect: if with_goroutines {
                Dialect::Go1_4
            } else {
                Dialect::Go1_3
            },
            pieces,
        },
    ))
}

/// ```text
/// gcN(T): a+b+c ms, h -> h MB o -> o (a-f) objects, …
/// ```
fn until_1_2(input: &[u8], pieces: u32) -> scan::Scan<'_, OldCycle> {
    let (mut input, ()) = word("gc")(input)?;
    let number = then!(input, int32, "(");
    let threads = then!(input, int32, "): ");
    let mark = then!(input, whole_millis, "+");
    let sweep = then!(input, whole_millis, "+");
    let rest_time = then!(input, whole_millis, " ms, ");
    let heap_from = MiB(then!(input, int, " -> "));
    let heap_to = MiB(then!(input, int, " MB "));
    let objects_before = then!(input, int, " -> ");
    let objects = then!(input, int, " (");
    let allocated = then!(input, int, "-");
    let freed = then!(input, int, ") objects, ");
    let (input, (handoff, steal, yields)) = sharing(input)?;
    Ok((
        input,
        OldCycle {
            number,
            threads,
            stop: None,
            sweep,
            mark,
            rest: rest_time,
            heap_from,
            heap_to,
            objects_before: Some(objects_before),
            objects,
            allocated,
            freed,
            goroutines: None,
            sweeps: None,
            handoff,
            steal,
            yields,
            dialect: Dialect::Go1_1,
            pieces,
        },
    ))
}

/// ```text
/// scan: total n objs            scan: class (L / sB) n objs
/// scan: total a+b+c=n objs, d+e=m spans                     (Green Tea)
/// ```
fn scanned(input: &[u8], pieces: u32) -> scan::Scan<'_, Scan> {
    let (input, ()) = word("scan: ")(input)?;
    let (input, total) = maybe("total ", input);
    let (mut input, class) = if total {
        (input, ScanClass::Total)
    } else {
        let (mut input, ()) = word("class ")(input)?;
        let (rest, large) = maybe("L ", input);
        if large {
            (rest, ScanClass::Large)
        } else {
            let size = then!(input, int32, "B ");
            (input, ScanClass::Size(size))
        }
    };
    let (rest, first) = int(input)?;
    let (rest, green_tea) = maybe("+", rest);
    if !green_tea {
        let (input, ()) = word(" objs")(rest)?;
        return Ok((
            input,
            Scan {
                class,
                objects: first,
                green_tea: None,
                pieces,
            },
        ));
    }
    input = rest;
    let sparse_objects = then!(input, int, "+");
    let dense_objects = then!(input, int, "=");
    let objects = then!(input, int, " objs, ");
    let sparse_spans = then!(input, int, "+");
    let dense_spans = then!(input, int, "=");
    let spans = then!(input, int, " spans");
    // The sums stand in the line; a digit lost or gained breaks them.
    let objects_agree = first
        .checked_add(sparse_objects)
        .and_then(|sum| sum.checked_add(dense_objects))
        == Some(objects);
    if !objects_agree || sparse_spans.checked_add(dense_spans) != Some(spans) {
        return fail(input);
    }
    Ok((
        input,
        Scan {
            class,
            objects,
            green_tea: Some(GreenTea {
                single_objects: first,
                sparse_objects,
                dense_objects,
                sparse_spans,
                dense_spans,
            }),
            pieces,
        },
    ))
}
