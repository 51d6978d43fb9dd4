//! Types of modules that many programs have, by name: identifiers, decimals, protobuf's own times.

use super::net::hex;
use super::{At, Known, Says, big, wrapper};
use crate::value::Reader;
use dumpview_model::value::duration::go_duration;
use jiff::Timestamp;

/// The types of a package of a module, the suffix of its major version left out.
pub(super) fn of(package: &str, _name: &str) -> Option<Known> {
    let path = match package.rsplit_once("/v") {
        Some((path, version)) if version.bytes().all(|b| b.is_ascii_digit()) => path,
        _ => package,
    };
    Some(match path {
        "github.com/shopspring/decimal" => &[("Decimal", Says::All, decimal)],
        "github.com/oklog/ulid" => &[("ULID", Says::All, ulid)],
        "github.com/rs/xid" => &[("ID", Says::All, xid)],
        "go.mongodb.org/mongo-driver/bson" | "go.mongodb.org/mongo-driver/bson/primitive" => {
            &[("ObjectID", Says::All, object_id)]
        }
        "go.uber.org/atomic" => &[
            ("Bool", Says::All, uber_bool),
            ("Int32", Says::All, uber_int),
            ("Int64", Says::All, uber_int),
            ("Uint32", Says::All, uber_uint),
            ("Uint64", Says::All, uber_uint),
        ],
        "google.golang.org/protobuf/types/known/durationpb" => {
            &[("Duration", Says::All, pb_duration)]
        }
        "google.golang.org/protobuf/types/known/timestamppb" => {
            &[("Timestamp", Says::All, pb_timestamp)]
        }
        _ => return None,
    })
}

/// Every `[16]byte` that is named for it: `github.com/google/uuid.UUID` and its many sisters.
pub(super) fn uuid_like(reader: &Reader<'_>, at: &At<'_>) -> Option<String> {
    let (_, name) = super::identity(&at.ty.name)?;
    if at.ty.size != 16 || !matches!(name, "UUID" | "Uuid" | "GUID" | "Guid") {
        return None;
    }
    let bytes = <[u8; 16]>::try_from(reader.bytes_of(at, 16)?).ok()?;
    let text = hex(&bytes);
    let part = |from, to| text.get(from..to);
    Some(format!(
        "{}-{}-{}-{}-{}",
        part(0, 8)?,
        part(8, 12)?,
        part(12, 16)?,
        part(16, 20)?,
        part(20, 32)?
    ))
}

/// `decimal.Decimal {value *big.Int; exp int32}`: value × 10^exp, as its `String` writes it.
fn decimal(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let exp = reader.signed(at, "exp")?;
    let text = if reader.is_nil(at, "value")? {
        "0".to_owned()
    } else {
        let value = reader.follow(&reader.field(at, "value")?)?;
        big::int(reader, &value)?
    };
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.as_str()),
    };
    if exp >= 0 {
        let zeros = usize::try_from(exp).ok().filter(|n| *n <= 1000)?;
        let zeros = if digits == "0" { 0 } else { zeros };
        return Some(format!("{sign}{digits}{}", "0".repeat(zeros)));
    }
    let places = usize::try_from(exp.unsigned_abs())
        .ok()
        .filter(|n| *n <= 1000)?;
    let padded = format!("{digits:0>width$}", width = places + 1);
    let (whole, fraction) = padded.split_at_checked(padded.len() - places)?;
    let fraction = fraction.trim_end_matches('0');
    Some(if fraction.is_empty() && whole == "0" {
        "0".to_owned()
    } else if fraction.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    })
}

/// 128 bits in Crockford's base 32, 26 characters.
fn ulid(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let bytes = <[u8; 16]>::try_from(reader.bytes_of(at, 16)?).ok()?;
    let number = u128::from_be_bytes(bytes);
    base32(number, 26, b"0123456789ABCDEFGHJKMNPQRSTVWXYZ")
}

/// 96 bits in 20 characters of base 32, the last of which has one bit.
fn xid(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let bytes = reader.bytes_of(at, 12).filter(|bytes| bytes.len() == 12)?;
    let number = bytes.iter().fold(0u128, |n, b| (n << 8) | u128::from(*b));
    base32(number << 4, 20, b"0123456789abcdefghijklmnopqrstuv")
}

fn base32(number: u128, len: u32, alphabet: &[u8; 32]) -> Option<String> {
    (0..len)
        .rev()
        .map(|digit| {
            let digit = usize::try_from((number >> (5 * digit)) & 31).ok()?;
            alphabet.get(digit).map(|c| char::from(*c))
        })
        .collect()
}

fn object_id(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let bytes = reader.bytes_of(at, 12).filter(|bytes| bytes.len() == 12)?;
    Some(hex(&bytes))
}

fn uber_bool(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    Some((reader.unsigned(at, "v.v")? != 0).to_string())
}

fn uber_int(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    Some(reader.signed(at, "v")?.to_string())
}

fn uber_uint(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let held = reader.field(at, "v")?;
    if wrapper::shown_field(&held.ty).is_some() {
        return reader.text_of(&held);
    }
    Some(reader.unsigned(at, "v")?.to_string())
}

fn pb_duration(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let (seconds, nanos) = (reader.signed(at, "Seconds")?, reader.signed(at, "Nanos")?);
    let all = seconds.checked_mul(1_000_000_000)?.checked_add(nanos)?;
    Some(go_duration(all))
}

fn pb_timestamp(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let (seconds, nanos) = (reader.signed(at, "Seconds")?, reader.signed(at, "Nanos")?);
    let at = Timestamp::new(seconds, i32::try_from(nanos).ok()?).ok()?;
    Some(at.to_string())
}
