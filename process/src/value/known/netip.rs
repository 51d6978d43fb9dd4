//! `net/netip`: addresses, with ports and as prefixes.

use super::{At, Known, Says};
use crate::types::Kind;
use crate::value::Reader;
use std::net::{Ipv4Addr, Ipv6Addr};

pub(super) const NETIP: Known = &[
    ("Addr", Says::All, addr),
    ("AddrPort", Says::All, addr_port),
    ("Prefix", Says::All, prefix),
];

/// What the handle of an address says.
enum Family {
    Invalid,
    V4,
    V6(String),
}

fn addr(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let hi = reader.unsigned(at, "addr.hi")?;
    let lo = reader.unsigned(at, "addr.lo")?;
    Some(match family(reader, at, hi, lo)? {
        Family::Invalid => "invalid IP".to_owned(),
        Family::V4 => {
            let [.., a, b, c, d] = lo.to_be_bytes();
            Ipv4Addr::new(a, b, c, d).to_string()
        }
        Family::V6(zone) => {
            let address = Ipv6Addr::from((u128::from(hi) << 64) | u128::from(lo));
            if zone.is_empty() {
                address.to_string()
            } else {
                format!("{address}%{zone}")
            }
        }
    })
}

/// Since Go 1.23 the handle leads to `addrDetail {isV6, zoneV6}`. Before, it is one of two objects that package
/// variables hold, or an `intern.Value` with the zone.
fn family(reader: &Reader<'_>, at: &At<'_>, hi: u64, lo: u64) -> Option<Family> {
    let z = reader.field(at, "z")?;
    let handle = match z.ty.kind {
        Kind::Pointer => z,
        _ => reader.field(&z, "value")?,
    };
    let word = reader.word(&handle)?;
    if word == 0 {
        return Some(Family::Invalid);
    }
    let target = reader.follow(&handle)?;
    if let Some(is_v6) = reader.field(&target, "isV6") {
        drop(is_v6);
        return Some(if reader.flag(&target, "isV6")? {
            Family::V6(reader.string_at(&target, "zoneV6")?)
        } else if hi == 0 && lo >> 32 == 0xffff {
            Family::V4
        } else {
            return None;
        });
    }
    let is = |name| {
        let variable = reader.sources.globals.variable(name)?;
        let held = crate::value::Place::Memory(variable);
        Some(held.word(reader.sources.memory).ok()? == word)
    };
    if is("net/netip.z4")? {
        return (hi == 0 && lo >> 32 == 0xffff).then_some(Family::V4);
    }
    if is("net/netip.z6noz")? {
        return Some(Family::V6(String::new()));
    }
    let zone = reader.dynamic(&reader.field(&target, "cmpVal")?)??;
    Some(Family::V6(reader.string_of(&zone)?))
}

fn addr_port(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let ip = addr(reader, &reader.field(at, "ip")?)?;
    let port = reader.unsigned(at, "port")?;
    Some(match ip.as_str() {
        "invalid IP" => "invalid AddrPort".to_owned(),
        ip if ip.contains(':') => format!("[{ip}]:{port}"),
        ip => format!("{ip}:{port}"),
    })
}

/// `bits` up to Go 1.21, then `bitsPlusOne`, zero for an invalid prefix.
fn prefix(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let ip = addr(reader, &reader.field(at, "ip")?)?;
    let bits = match reader.unsigned(at, "bitsPlusOne") {
        Some(more) => i64::try_from(more).ok()? - 1,
        None => reader.signed(at, "bits")?,
    };
    Some(if ip == "invalid IP" || bits < 0 {
        "invalid Prefix".to_owned()
    } else {
        format!("{ip}/{bits}")
    })
}
