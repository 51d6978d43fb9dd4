//! Rows of values with commas between them (RFC 4180), as consoles of log stores export them.

use super::inside::Inside;
use crate::line::Stamp;

/// The values of a row, each with whether it stood in quotes; nothing where a quoted one does not end in this line, or goes on
/// behind its end.
fn values(row: &[u8]) -> Option<Vec<(Vec<u8>, bool)>> {
    let mut all = Vec::new();
    let mut rest = row;
    loop {
        let Some(mut quoted) = rest.strip_prefix(b"\"") else {
            let end = memchr::memchr(b',', rest);
            let value = rest.get(..end.unwrap_or(rest.len()))?;
            all.push((value.to_vec(), false));
            match end {
                Some(end) => rest = rest.get(end + 1..)?,
                None => return Some(all),
            }
            continue;
        };
        let mut value = Vec::new();
        loop {
            let end = memchr::memchr(b'"', quoted)?;
            value.extend_from_slice(quoted.get(..end)?);
            quoted = quoted.get(end + 1..)?;
            match quoted.strip_prefix(b"\"") {
                Some(after) => {
                    value.push(b'"');
                    quoted = after;
                }
                None => break,
            }
        }
        all.push((value, true));
        match quoted {
            [] => return Some(all),
            [b',', after @ ..] => rest = after,
            _ => return None,
        }
    }
}

/// The column of a row, and how many it has, whose value stands in quotes and is as it is wanted; and what was found there.
pub(super) fn column_of<T>(
    row: &[u8],
    wanted: &dyn Fn(&[u8]) -> Option<T>,
) -> Option<((usize, usize), T)> {
    let values = values(row)?;
    let found = values
        .iter()
        .enumerate()
        .filter(|(_, (_, quoted))| *quoted)
        .find_map(|(column, (value, _))| Some((column, wanted(value)?)));
    let (column, found) = found.filter(|_| values.len() > 1)?;
    Some(((column, values.len()), found))
}

/// What a row of so many columns has in one of them.
pub(super) fn in_column((column, columns): (usize, usize), row: &[u8]) -> Option<Inside> {
    let mut values = values(row).filter(|values| values.len() == columns)?;
    let stamp = values.iter().enumerate().find_map(|(at, (value, _))| {
        let (stamp, _) = Stamp::read(value).filter(|_| at != column)?;
        Some(stamp)
    });
    let (text, _) = values.swap_remove(column);
    Some(Inside {
        texts: vec![text],
        stamp,
        ..Inside::default()
    })
}
