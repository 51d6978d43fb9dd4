//! `x`: raw memory in units of 1, 2, 4 or 8 bytes, with what cannot be had said where it would stand.

use crate::answer::{Answer, Failure};
use crate::case::core::{Case, Cursor};
use crate::verb::{About, OnCore, Verb, Word};
use clap::Args;
use dumpview_process::addr::Addr;
use dumpview_process::memory::Memory;
use dumpview_view::Text;
use schemars::JsonSchema;
use serde::Serialize;
use std::io;

/// Which memory.
#[derive(Args, Debug, Clone, Default)]
pub struct XFlags {
    /// Address, decimal or 0x hex; or an expression for one.
    #[arg(short, long, value_name = "ADDR")]
    pub addr: String,

    /// How many units.
    #[arg(short, long, value_name = "N", default_value_t = 64)]
    pub count: u64,

    /// Bytes per unit: 1, 2, 4 or 8.
    #[arg(short, long, value_name = "BYTES", default_value_t = 1)]
    pub size: u64,
}

/// Most bytes shown at once.
const MOST: u64 = 1 << 20;

/// A range of memory.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "memory")]
pub struct Dump {
    /// Address of the first unit.
    #[schemars(with = "dumpview_model::value::Address")]
    addr: String,
    /// Bytes of a unit: 1, 2, 4 or 8.
    size: u64,
    /// The units as hex, in address order.
    units: Vec<String>,
    /// Where reading ended early, and why; null when it did not.
    unreadable: Option<String>,
    #[serde(skip)]
    start: Addr,
    #[serde(skip)]
    bytes: Vec<u8>,
}

/// Reads the memory that `flags` ask for.
///
/// # Errors
///
/// When the address or size makes no sense, or not even the first byte can be had.
pub fn x(case: &Case<'_>, flags: &XFlags) -> Result<Dump, Failure> {
    let start = parse_addr(&flags.addr).ok_or_else(|| {
        Failure::usage(format!(
            "not an address: {}\n\nhint: hexadecimal with 0x, or decimal",
            flags.addr
        ))
    })?;
    if ![1, 2, 4, 8].contains(&flags.size) {
        return Err(Failure::usage(format!(
            "a unit of {} bytes: 1, 2, 4 or 8",
            flags.size
        )));
    }
    let want = flags.count.saturating_mul(flags.size).min(MOST);
    let mut bytes = Vec::new();
    let mut unreadable = None;
    while (bytes.len() as u64) < want {
        let at = start.offset(bytes.len() as u64);
        match case.process.memory.run(at, want - bytes.len() as u64) {
            Ok(run) => bytes.extend_from_slice(run),
            Err(error) if bytes.is_empty() => {
                return Err(Failure::no_answer(format!("cannot read memory at {error}")));
            }
            Err(error) => {
                unreadable = Some(error.to_string());
                break;
            }
        }
    }
    let size = usize::try_from(flags.size).unwrap_or(1);
    let units = bytes.chunks_exact(size).map(hex_unit).collect();
    Ok(Dump {
        addr: start.to_string(),
        size: flags.size,
        units,
        unreadable,
        start,
        bytes,
    })
}

fn hex_unit(little_endian: &[u8]) -> String {
    let mut padded = [0u8; 8];
    if let Some(low) = padded.get_mut(..little_endian.len()) {
        low.copy_from_slice(little_endian);
    }
    format!(
        "{:#0width$x}",
        u64::from_le_bytes(padded),
        width = 2 + 2 * little_endian.len()
    )
}

/// `0x…` or decimal.
pub fn parse_addr(text: &str) -> Option<Addr> {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    hex.map_or_else(
        || text.parse().ok(),
        |digits| u64::from_str_radix(digits, 16).ok(),
    )
    .map(Addr)
}

impl Answer for Dump {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        let size = usize::try_from(self.size).unwrap_or(1);
        for (row, chunk) in (0u64..).zip(self.bytes.chunks(16)) {
            let units: Vec<String> = chunk
                .chunks_exact(size)
                .map(|u| hex_unit(u).split_off(2))
                .collect();
            let shown: String = chunk
                .iter()
                .map(|b| {
                    if b.is_ascii_graphic() || *b == b' ' {
                        char::from(*b)
                    } else {
                        '.'
                    }
                })
                .collect();
            let width = (16 / size) * (size * 2 + 1);
            out.line(format_args!(
                "{:#014x}  {:width$} |{shown}|",
                self.start.offset(row * 16).0,
                units.join(" ")
            ))?;
        }
        if let Some(why) = &self.unreadable {
            out.line(format_args!("ends at {why}"))?;
        }
        Ok(())
    }
}

/// `x`.
pub struct XVerb;

impl Verb for XVerb {
    type Args = XFlags;
    type Body = Dump;
    const ABOUT: About = About {
        aliases: &["examinemem"],
        ..About::core("x", "Raw memory", Word::None)
    };
}

impl OnCore for XVerb {
    const ON_HEAP_DUMP: bool = true;

    fn ask(
        case: &Case<'_>,
        args: &XFlags,
        _word: Option<&str>,
        _cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        Ok(Box::new(x(case, args)?))
    }
}
