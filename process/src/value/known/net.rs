//! `net`: addresses as their `String` gives them, and connections by both ends.

use super::{At, Known, Nilable, Says, errors};
use crate::value::Reader;
use std::fmt::Write;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

pub(super) const NET: Known = &[
    ("AddrError", Says::Chain, errors::text),
    ("DNSError", Says::Chain, errors::text),
    ("HardwareAddr", Says::All, hardware),
    ("IP", Says::All, ip),
    ("IPAddr", Says::All, ip_addr),
    ("IPConn", Says::Some, conn),
    ("IPMask", Says::All, mask),
    ("IPNet", Says::All, network),
    ("OpError", Says::Chain, errors::text),
    ("ParseError", Says::Chain, errors::text),
    ("TCPAddr", Says::All, port),
    ("TCPConn", Says::Some, conn),
    ("TCPListener", Says::Some, listener),
    ("UDPAddr", Says::All, port),
    ("UDPConn", Says::Some, conn),
    ("UnixAddr", Says::All, unix),
    ("UnixConn", Says::Some, conn),
    ("UnixListener", Says::Some, listener),
    ("UnknownNetworkError", Says::Chain, errors::text),
    ("conn", Says::Some, conn),
    ("netFD", Says::Some, descriptor),
];

/// Hardware addresses have six, eight or twenty bytes.
const MAX_HARDWARE: u64 = 20;

/// An address of four or sixteen bytes; IPv4 in IPv6 is IPv4 to package net.
fn ip_text(bytes: &[u8]) -> Option<String> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Some(Ipv4Addr::from(four).to_string());
    }
    let sixteen = Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?);
    Some(match sixteen.to_ipv4_mapped() {
        Some(four) => four.to_string(),
        None => sixteen.to_string(),
    })
}

fn ip(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    ip_text(&reader.bytes_of(at, 16)?)
}

/// Hexadecimal, as `IPMask.String` has it.
fn mask(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let bytes = reader.bytes_of(at, 16).filter(|bytes| !bytes.is_empty())?;
    Some(hex(&bytes))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn hardware(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let bytes = reader.bytes_of(at, MAX_HARDWARE)?;
    let parts: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    (!parts.is_empty()).then(|| parts.join(":"))
}

/// `10.0.0.0/8`; a mask with holes is written in full. An IPv4 address may have a mask of sixteen bytes, and the
/// other way round: package net says `<nil>` of most of those, and so nothing is said here.
fn network(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let address = reader.bytes_of(&reader.field(at, "IP")?, 16)?;
    let mask = reader.bytes_of(&reader.field(at, "Mask")?, 16)?;
    let text = ip_text(&address)?;
    let v4 = !text.contains(':');
    if mask.len() != if v4 { 4 } else { 16 } {
        return None;
    }
    let ones = mask.iter().map(|byte| byte.count_ones()).sum::<u32>();
    let leading = mask
        .iter()
        .position(|byte| *byte != 0xff)
        .map_or(ones, |full| {
            let full = u32::try_from(full).unwrap_or(0);
            full * 8
                + mask
                    .get(full as usize)
                    .map_or(0, |byte| byte.leading_ones())
        });
    Some(if leading == ones {
        format!("{text}/{ones}")
    } else {
        format!("{text}/{}", hex(&mask))
    })
}

/// An address with its zone; empty for none.
fn zoned(reader: &Reader<'_>, at: &At<'_>) -> Option<String> {
    let bytes = reader.bytes_of(&reader.field(at, "IP")?, 16)?;
    let zone = reader.string_at(at, "Zone")?;
    let ip = if bytes.is_empty() {
        String::new()
    } else {
        ip_text(&bytes)?
    };
    Some(if zone.is_empty() {
        ip
    } else {
        format!("{ip}%{zone}")
    })
}

fn ip_addr(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    zoned(reader, at).filter(|text| !text.is_empty())
}

/// `TCPAddr` and `UDPAddr`: `net.JoinHostPort`.
fn port(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let host = zoned(reader, at)?;
    let port = reader.signed(at, "Port")?;
    Some(if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    })
}

fn unix(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    reader.string_at(at, "Name").filter(|name| !name.is_empty())
}

/// `tcp 127.0.0.1:52100->127.0.0.1:80`, as `net.OpError` names a connection.
fn conn(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let fd = reader
        .field(at, "conn.fd")
        .or_else(|| reader.field(at, "fd"))?;
    let fd = reader.follow(&fd)?;
    descriptor(reader, &fd)
}

fn listener(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let fd = reader.follow(&reader.field(at, "fd")?)?;
    Some(format!("listening on {}", descriptor(reader, &fd)?))
}

fn descriptor(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let mut text = reader.string_at(at, "net")?;
    if let Some(local) = address(reader, at, "laddr")? {
        let _ = write!(text, " {local}");
    }
    if let Some(remote) = address(reader, at, "raddr")? {
        let _ = write!(text, "->{remote}");
    }
    // `poll.FD.destroy` leaves -1.
    match reader.signed(at, "pfd.Sysfd")? {
        -1 => text.push_str(" (closed)"),
        fd => {
            let _ = write!(text, " (fd {fd})");
        }
    }
    Some(text)
}

/// A `net.Addr`; the inner `None` is nil, or an address without a name, as the far end of a Unix socket has none.
pub(super) fn address(reader: &mut Reader<'_>, at: &At<'_>, path: &str) -> Option<Nilable<String>> {
    let Some(held) = reader.dynamic(&reader.field(at, path)?)? else {
        return Some(None);
    };
    let Some(target) = reader.follow(&held) else {
        return Some(None);
    };
    if target.ty.name == "net.UnixAddr" {
        return Some(unix(reader, &target));
    }
    Some(Some(reader.text_of(&target)?))
}
