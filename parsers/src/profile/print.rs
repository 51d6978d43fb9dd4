//! The way back, for tests: a record as the runtime prints it, without the tabs that align columns.

use super::records::{Header, Memory, Record, Values};
use std::io::Write;

fn memory(out: &mut Vec<u8>, m: Memory) {
    write!(
        out,
        "{}: {} [{}: {}] ",
        m.live_objects, m.live_bytes, m.objects, m.bytes
    )
    .unwrap();
}

/// Appends a record and its line end.
pub(super) fn print(record: &Record<'_>, out: &mut Vec<u8>) {
    match record {
        Record::Header(Header::Count { name, total }) => {
            out.extend_from_slice(name);
            write!(out, " profile: total {total}").unwrap();
        }
        Record::Header(Header::Heap { sum, sample_rate }) => {
            out.extend_from_slice(b"heap profile: ");
            memory(out, *sum);
            write!(out, "@ heap/{}", sample_rate * 2).unwrap();
        }
        Record::Header(Header::Block) => out.extend_from_slice(b"--- contention:"),
        Record::Header(Header::Mutex) => out.extend_from_slice(b"--- mutex:"),
        Record::CyclesPerSecond(n) => write!(out, "cycles/second={n}").unwrap(),
        Record::SamplingPeriod(n) => write!(out, "sampling period={n}").unwrap(),
        Record::Sample(sample) => {
            match sample.values {
                Values::Count(n) => write!(out, "{n} ").unwrap(),
                Values::Memory(m) => memory(out, m),
                Values::Contention { cycles, count } => write!(out, "{cycles} {count} ").unwrap(),
            }
            out.push(b'@');
            for address in sample.stack.iter() {
                write!(out, " {address:#x}").unwrap();
            }
        }
        Record::Labels(labels) => {
            out.extend_from_slice(b"# labels: {");
            for (index, (key, value)) in labels.iter().enumerate() {
                let comma = if index > 0 { ", " } else { "" };
                write!(
                    out,
                    "{comma}{}:{}",
                    go_quoted(&key.text()),
                    go_quoted(&value.text())
                )
                .unwrap();
            }
            out.push(b'}');
        }
        Record::Frame(frame) => {
            write!(out, "#\t{:#x}", frame.pc).unwrap();
            if !frame.function.is_empty() {
                out.push(b'\t');
                out.extend_from_slice(frame.function);
                write!(out, "+{:#x}\t", frame.pc - frame.entry).unwrap();
                out.extend_from_slice(frame.file);
                write!(out, ":{}", frame.line).unwrap();
            }
        }
    }
    out.push(b'\n');
}

/// As `%q` does, all but ASCII escaped.
pub(super) fn go_quoted(text: &[u8]) -> String {
    let mut out = vec![b'"'];
    for chunk in bstr::ByteSlice::utf8_chunks(text) {
        for c in chunk.valid().chars() {
            match c {
                '"' => out.extend_from_slice(b"\\\""),
                '\\' => out.extend_from_slice(b"\\\\"),
                '\n' => out.extend_from_slice(b"\\n"),
                '\t' => out.extend_from_slice(b"\\t"),
                ' '..='~' => write!(out, "{c}").unwrap(),
                '\u{0}'..='\u{7f}' => write!(out, "\\x{:02x}", c as u32).unwrap(),
                '\u{80}'..='\u{ffff}' => write!(out, "\\u{:04x}", c as u32).unwrap(),
                _ => write!(out, "\\U{:08x}", c as u32).unwrap(),
            }
        }
        for byte in chunk.invalid() {
            write!(out, "\\x{byte:02x}").unwrap();
        }
    }
    out.push(b'"');
    String::from_utf8(out).unwrap()
}
