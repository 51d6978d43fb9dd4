//! A line to a record.

use super::records::{End, OldEnd, Record, Start, SweepDone};
use crate::quantity::{Bytes, MiB};
use crate::scan::{self, end, float, int, maybe, signed, whole, word};

/// Reads a whole line; `pieces` is from how many it was put together.
pub(crate) fn record(text: &[u8], pieces: u32) -> Option<Record> {
    let text = text.strip_prefix(b"pacer: ")?;
    match text {
        [b'a', ..] => whole(start(text, pieces)).map(Record::Start),
        [b's', ..] => whole(sweep_done(text, pieces)).map(Record::SweepDone),
        [b'H', ..] => whole(old_end(text, pieces)).map(Record::OldEnd),
        _ => whole(cycle_end(text, pieces)).map(Record::End),
    }
}

macro_rules! after {
    ($input:ident, $literal:literal, $read:expr) => {{
        let (rest, ()) = word($literal)($input)?;
        let (rest, value) = $read(rest)?;
        $input = rest;
        value
    }};
}

/// `assist ratio=f (scan n MB in n->n MB) workers=n+f`
fn start(mut input: &[u8], pieces: u32) -> scan::Scan<'_, Start> {
    let start = Start {
        assist_ratio: after!(input, "assist ratio=", float),
        scan: MiB(after!(input, " (scan ", int)),
        live: MiB(after!(input, " MB in ", int)),
        goal: MiB(after!(input, "->", int)),
        dedicated_workers: after!(input, " MB) workers=", int),
        fractional_workers: after!(input, "+", float),
        pieces,
    };
    Ok((input, start))
}

/// `n% CPU (n exp.) for n+n+n B work (n B exp.) in n B -> n B (∆goal n, cons/mark f)[[controller reset]]`
fn cycle_end(mut input: &[u8], pieces: u32) -> scan::Scan<'_, End> {
    let mut record = End {
        cpu_percent: after!(input, "", signed),
        cpu_expected: after!(input, "% CPU (", signed),
        heap_work: Bytes(after!(input, " exp.) for ", int)),
        stack_work: Bytes(after!(input, "+", int)),
        globals_work: Bytes(after!(input, "+", int)),
        work_expected: Bytes(after!(input, " B work (", int)),
        trigger: Bytes(after!(input, " B exp.) in ", int)),
        live: Bytes(after!(input, " B -> ", int)),
        goal_delta: after!(input, " B (∆goal ", signed),
        cons_mark: after!(input, ", cons/mark ", float),
        controller_reset: false,
        pieces,
    };
    let (input, ()) = word(")")(input)?;
    let (input, reset) = maybe("[controller reset]", input);
    record.controller_reset = reset;
    let (input, ()) = end(input)?;
    Ok((input, record))
}

/// `H_m_prev=n h_t=f H_T=n h_a=f H_a=n h_g=f H_g=n u_a=f u_g=f W_a=n goalΔ=f actualΔ=f u_a/u_g=f`
fn old_end(mut input: &[u8], pieces: u32) -> scan::Scan<'_, OldEnd> {
    let record = OldEnd {
        h_m_prev: Bytes(after!(input, "H_m_prev=", int)),
        h_t_ratio: after!(input, " h_t=", float),
        h_t: Bytes(after!(input, " H_T=", int)),
        h_a_ratio: after!(input, " h_a=", float),
        h_a: Bytes(after!(input, " H_a=", int)),
        h_g_ratio: after!(input, " h_g=", float),
        h_g: Bytes(after!(input, " H_g=", int)),
        u_a: after!(input, " u_a=", float),
        u_g: after!(input, " u_g=", float),
        w_a: after!(input, " W_a=", signed),
        goal_delta: after!(input, " goalΔ=", float),
        actual_delta: after!(input, " actualΔ=", float),
        u_a_per_u_g: after!(input, " u_a/u_g=", float),
        pieces,
    };
    Ok((input, record))
}

/// `sweep done at heap size nMB; allocated nMB during sweep; swept n pages at f pages/byte`
fn sweep_done(mut input: &[u8], pieces: u32) -> scan::Scan<'_, SweepDone> {
    let record = SweepDone {
        heap: MiB(after!(input, "sweep done at heap size ", int)),
        allocated: MiB(after!(input, "MB; allocated ", int)),
        pages: after!(input, "MB during sweep; swept ", int),
        pages_per_byte: after!(input, " pages at ", float),
        pieces,
    };
    let (input, ()) = word(" pages/byte")(input)?;
    Ok((input, record))
}
