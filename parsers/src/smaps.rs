//! `/proc/PID/smaps`: what the kernel says of each mapping, and of `/proc/PID/maps`, which has the first lines only.
//!
//! ```text
//! 7f3a5c000000-7f3a5c021000 rw-p 00000000 00:00 0    [heap]
//! Size:                132 kB
//! Rss:                  64 kB
//! Swap:                  0 kB
//! ```

/// One mapping.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mapping<'a> {
    /// First address.
    pub start: u64,
    /// First address after it.
    pub end: u64,
    /// A path, or a name in brackets; empty for anonymous memory without a name.
    pub name: &'a str,
    /// Resident bytes; `None` when the file does not say.
    pub resident: Option<u64>,
    /// Swapped bytes; `None` when the file does not say.
    pub swapped: Option<u64>,
}

/// Reads all mappings; lines that are neither a mapping nor a known field are passed over.
pub fn parse(text: &str) -> Vec<Mapping<'_>> {
    let mut mappings: Vec<Mapping<'_>> = Vec::new();
    for line in text.lines() {
        if let Some(mapping) = mapping(line) {
            mappings.push(mapping);
        } else if let Some((field, value)) = line.split_once(':')
            && let Some(last) = mappings.last_mut()
        {
            let bytes = kilobytes(value);
            match field {
                "Rss" => last.resident = bytes,
                "Swap" => last.swapped = bytes,
                _ => {}
            }
        }
    }
    mappings
}

fn mapping(line: &str) -> Option<Mapping<'_>> {
    let (range, rest) = line.split_once(' ')?;
    let (start, end) = range.split_once('-')?;
    let hex = |text: &str| u64::from_str_radix(text, 16).ok();
    let (start, end) = (hex(start)?, hex(end)?);
    // Access, offset, device, inode; a name may have blanks.
    let mut name = rest;
    for _ in 0..4 {
        name = name.trim_start();
        name = name.split_once(' ').map_or("", |(_, rest)| rest);
    }
    (start < end).then_some(Mapping {
        start,
        end,
        name: name.trim(),
        resident: None,
        swapped: None,
    })
}

fn kilobytes(value: &str) -> Option<u64> {
    let number = value.trim().strip_suffix("kB")?.trim();
    number.parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_have_names_and_what_is_resident() {
        let text = "c000000000-c000400000 rw-p 00000000 00:00 0 [anon: Go: heap]\nSize: 4096 kB\nRss:  132 kB\n\
                    Swap:    8 kB\nVmFlags: rd wr\n7ff000-7ff100 r-xp 00001000 08:01 77   /a b/prog\n\
                    100-200 rw-p 00000000 00:00 0 \nnonsense\n9-8 rw-p 0 0 0\n";
        let all = parse(text);
        assert_eq!(all.len(), 3);
        assert_eq!(all[0].name, "[anon: Go: heap]");
        assert_eq!(
            (all[0].resident, all[0].swapped),
            (Some(132 << 10), Some(8 << 10))
        );
        assert_eq!(
            (all[1].start, all[1].end, all[1].name),
            (0x7f_f000, 0x7f_f100, "/a b/prog")
        );
        assert_eq!((all[1].resident, all[2].name), (None, ""));
    }
}
