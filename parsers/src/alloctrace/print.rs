//! The way back, for tests: a record as the runtime prints it.

use super::records::{Record, Stack};
use std::io::Write;

fn stack(stack: &Stack<'_>, out: &mut Vec<u8>) {
    writeln!(out, "goroutine {} [running]:", stack.goroutine.unwrap()).unwrap();
    for call in stack.calls() {
        out.extend_from_slice(call.function);
        out.extend_from_slice(b"(0x1)\n\t");
        out.extend_from_slice(call.file);
        writeln!(out, ":{} +0x12 fp=0xc0 sp=0xb0 pc=0x40cd91", call.line).unwrap();
    }
    out.push(b'\n');
}

/// Appends a record.
pub(super) fn print(record: &Record<'_>, out: &mut Vec<u8>) {
    match record {
        Record::Alloc {
            object,
            type_name,
            stack: calls,
        } => {
            write!(out, "tracealloc({:#x}, {:#x}", object.address, object.size).unwrap();
            if let Some(name) = type_name {
                out.extend_from_slice(b", ");
                out.extend_from_slice(name);
            }
            out.extend_from_slice(b")\n");
            stack(calls, out);
        }
        Record::Free {
            object,
            stack: calls,
        } => {
            writeln!(out, "tracefree({:#x}, {:#x})", object.address, object.size).unwrap();
            stack(calls, out);
        }
        Record::Collection => out.extend_from_slice(
            b"tracegc()\n\ngoroutine 2 [idle]:\nruntime.gopark(...)\n\t/proc.go:1\nend tracegc\n\n",
        ),
    }
}
