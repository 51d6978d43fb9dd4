//! The binary form of CPU profiles that gperftools writes, and Go wrote before 1.9
//! (github.com/google/pprof/profile/legacy_profile.go:parseCPU).
//!
//! ```text
//! words of 4 or 8 bytes, either order:   0 3 0 PERIOD(µs) 0   { COUNT N PC×N }…   0 1 0   then the text of /proc/PID/maps
//! ```

/// How words are stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Words {
    wide: bool,
    big: bool,
}

impl Words {
    const ALL: [Self; 4] = [
        Self::new(false, false),
        Self::new(false, true),
        Self::new(true, false),
        Self::new(true, true),
    ];

    const fn new(wide: bool, big: bool) -> Self {
        Self { wide, big }
    }

    fn take(self, bytes: &mut &[u8]) -> Option<u64> {
        let word = if self.wide {
            let (word, rest) = bytes.split_first_chunk::<8>()?;
            *bytes = rest;
            if self.big {
                u64::from_be_bytes(*word)
            } else {
                u64::from_le_bytes(*word)
            }
        } else {
            let (word, rest) = bytes.split_first_chunk::<4>()?;
            *bytes = rest;
            u64::from(if self.big {
                u32::from_be_bytes(*word)
            } else {
                u32::from_le_bytes(*word)
            })
        };
        Some(word)
    }
}

/// A stack and how often it was seen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CpuSample {
    /// How often.
    pub count: u64,
    /// Program counters, the innermost first; all but that are return addresses.
    pub stack: Vec<u64>,
}

/// Such a profile.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CpuProfile<'a> {
    /// Microseconds between two samples.
    pub period: u64,
    /// Its samples.
    pub samples: Vec<CpuSample>,
    /// What follows: the mappings of the process as text.
    pub maps: &'a [u8],
    /// Whether the samples end with their mark; otherwise the file is cut.
    pub is_whole: bool,
}

fn head(bytes: &[u8]) -> Option<(Words, u64, &[u8])> {
    Words::ALL.into_iter().find_map(|words| {
        let mut rest = bytes;
        let head: [Option<u64>; 5] = std::array::from_fn(|_| words.take(&mut rest));
        match head {
            [Some(0), Some(3), Some(0), Some(period @ 1..), Some(0)] => Some((words, period, rest)),
            _ => None,
        }
    })
}

/// Whether a file begins as one.
pub fn recognizes_cpu(bytes: &[u8]) -> bool {
    head(bytes).is_some()
}

impl<'a> CpuProfile<'a> {
    /// Reads one; `None` when the bytes are none.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let (words, period, mut rest) = head(bytes)?;
        let mut profile = Self {
            period,
            samples: Vec::new(),
            maps: &[],
            is_whole: false,
        };
        let width = if words.wide { 8 } else { 4 };
        while let Some(count) = words.take(&mut rest) {
            let Some(depth) = words.take(&mut rest) else {
                return Some(profile);
            };
            // A depth that the rest of the file cannot hold is none: nothing is allocated for it.
            if depth > (rest.len() / width) as u64 {
                return Some(profile);
            }
            let stack: Vec<u64> = (0..depth).filter_map(|_| words.take(&mut rest)).collect();
            if count == 0 && stack == [0] {
                profile.maps = rest;
                profile.is_whole = true;
                return Some(profile);
            }
            profile.samples.push(CpuSample { count, stack });
        }
        Some(profile)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(words: &[u64], word: impl Fn(u64) -> Vec<u8>) -> Vec<u8> {
        let mut bytes: Vec<u8> = words.iter().flat_map(|value| word(*value)).collect();
        bytes.extend_from_slice(b"00400000-00401000 r-xp 0 00:00 0 /bin/a\n");
        bytes
    }

    #[test]
    fn words_of_any_width_and_order_are_read() {
        let words = [0, 3, 0, 10_000, 0, 5, 2, 0x40_1000, 0x40_2000, 0, 1, 0];
        let narrow = |value: u64| u32::try_from(value).unwrap();
        for bytes in [
            bytes(&words, |word| word.to_le_bytes().to_vec()),
            bytes(&words, |word| word.to_be_bytes().to_vec()),
            bytes(&words, |word| narrow(word).to_le_bytes().to_vec()),
            bytes(&words, |word| narrow(word).to_be_bytes().to_vec()),
        ] {
            let profile = CpuProfile::read(&bytes).unwrap();
            assert_eq!(profile.period, 10_000);
            assert!(profile.is_whole);
            assert_eq!(profile.samples.len(), 1);
            assert_eq!(profile.samples[0].count, 5);
            assert_eq!(profile.samples[0].stack, [0x40_1000, 0x40_2000]);
            assert!(profile.maps.starts_with(b"00400000-"));
            for cut in 0..bytes.len() {
                let _ = CpuProfile::read(&bytes[..cut]);
            }
        }
    }

    #[test]
    fn a_depth_that_the_file_cannot_hold_is_not_believed() {
        let words = [0, 3, 0, 1, 0, 5, 1 << 60, 7];
        let bytes: Vec<u8> = words
            .iter()
            .flat_map(|word: &u64| word.to_le_bytes())
            .collect();
        let profile = CpuProfile::read(&bytes).unwrap();
        assert!(profile.samples.is_empty() && !profile.is_whole);
    }
}
