//! Mappings of a process as text, which follows the samples of profiles that have addresses only (profile/legacy_profile.go).

use dumpview_parsers::pprof::Mapping;

/// Executable mappings of `/proc/PID/maps`, the program's own first, pieces of one file joined
/// (profile/profile.go:massageMappings).
pub fn mappings(maps: &[u8]) -> Vec<Mapping> {
    let text = String::from_utf8_lossy(maps);
    let mut mappings: Vec<Mapping> = Vec::new();
    let all = text.lines().filter_map(|line| match mapping(line) {
        Some((mapping, is_executed)) => is_executed.then_some(mapping),
        None => brief(line),
    });
    for mapping in all {
        match mappings.last_mut() {
            Some(last) if is_next(last, &mapping) => {
                last.limit = mapping.limit;
                if !mapping.file.is_empty() {
                    last.file = mapping.file;
                }
            }
            _ => mappings.push(mapping),
        }
    }
    let is_library = |file: &str| format!("{file}.").contains(".so.") || file.contains(".so_");
    let main = mappings.iter().position(|of| {
        let file = of.file.replace("(deleted)", "");
        let file = file.trim();
        !file.is_empty() && !file.starts_with('[') && !is_library(file)
    });
    if let Some(main) = main {
        mappings.swap(0, main);
    }
    /// Where programs that are no PIE begin.
    const START: u64 = 0x40_0000;
    if let Some(main) = mappings.first_mut()
        && main.start.wrapping_sub(main.offset) == START
    {
        main.start = START;
        main.offset = 0;
    }
    mappings
}

fn is_next(last: &Mapping, next: &Mapping) -> bool {
    let same_file = last.file.is_empty() || next.file.is_empty() || last.file == next.file;
    let offset = last
        .offset
        .wrapping_add(last.limit.wrapping_sub(last.start));
    let follows = last.offset == 0 || next.offset == 0 || offset == next.offset;
    same_file && last.limit == next.start && follows
}

fn hex(text: &str) -> Option<u64> {
    u64::from_str_radix(text.strip_prefix("0x").unwrap_or(text), 16).ok()
}

fn is_permission(word: &str) -> bool {
    word.bytes().all(|byte| b"-rwxp".contains(&byte))
}

/// `00400000-0052a000 r-xp 00000000 08:01 1234  /bin/app`; whether something is executed there.
fn mapping(line: &str) -> Option<(Mapping, bool)> {
    let mut words = line.split_whitespace();
    let (start, limit) = words.next()?.split_once('-')?;
    let permission = words.next().filter(|word| is_permission(word))?;
    let offset = hex(words.next()?)?;
    words.next().filter(|device| device.contains(':'))?;
    words.next()?;
    let mapping = Mapping {
        start: hex(start)?,
        limit: hex(limit)?,
        offset,
        file: words.next().unwrap_or_default().to_owned(),
        ..Mapping::default()
    };
    Some((mapping, permission.contains('x')))
}

/// `00400000-00fcb000: server`, `0x40000-0x80000 /bin/app (@ff00) abc123456` (legacy_profile.go:briefMapsRE).
fn brief(line: &str) -> Option<Mapping> {
    let mut words = line.split_whitespace().peekable();
    let range = words.next()?;
    let (start, limit) = range.strip_suffix(':').unwrap_or(range).split_once('-')?;
    let permission = words.next_if(|word| is_permission(word));
    if permission.is_some_and(|permission| !permission.contains('x')) {
        return None;
    }
    let mut mapping = Mapping {
        start: hex(start)?,
        limit: hex(limit)?,
        file: words.next().unwrap_or_default().to_owned(),
        ..Mapping::default()
    };
    for word in words {
        match word
            .strip_prefix("(@")
            .and_then(|word| word.strip_suffix(')'))
        {
            Some(offset) => mapping.offset = hex(offset)?,
            None => word.clone_into(&mut mapping.build_id),
        }
    }
    Some(mapping)
}
