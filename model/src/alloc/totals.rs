//! A sum, with the ages at which objects died.

/// Ages below this are counted one by one; from there by powers of two.
const EXACT: u32 = 16;

/// An age in collections.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Age {
    /// The number of collections, or the least that it can be.
    pub collections: u32,
    /// It is exact.
    pub exact: bool,
}

/// What a type, a size or a stack allocated.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    /// Objects allocated.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Of them, those that were freed.
    pub freed: u64,
    /// Their bytes.
    pub freed_bytes: u64,
    /// Those whose free is missing from the trace: their address was allocated again.
    pub vanished: u64,
    /// Their bytes.
    pub vanished_bytes: u64,
    /// How many died at which age, by [`slot`].
    ages: Vec<u64>,
    /// The greatest age at which one died.
    pub oldest: u32,
}

fn slot(age: u32) -> usize {
    if age < EXACT {
        age as usize
    } else {
        // 16 is 2⁴, and the slots go on.
        (12 + age.ilog2()) as usize
    }
}

fn age_of(slot: usize) -> Age {
    let slot = u32::try_from(slot).unwrap_or(u32::MAX);
    if slot < EXACT {
        Age {
            collections: slot,
            exact: true,
        }
    } else {
        Age {
            collections: 1u32.checked_shl(slot - 12).unwrap_or(u32::MAX),
            exact: false,
        }
    }
}

impl Totals {
    pub(super) fn allocate(&mut self, bytes: u64) {
        self.count += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }

    pub(super) fn free(&mut self, bytes: u64, age: u32) {
        self.freed += 1;
        self.freed_bytes = self.freed_bytes.saturating_add(bytes);
        self.oldest = self.oldest.max(age);
        let slot = slot(age);
        if self.ages.len() <= slot {
            self.ages.resize(slot + 1, 0);
        }
        if let Some(count) = self.ages.get_mut(slot) {
            *count += 1;
        }
    }

    pub(super) fn vanish(&mut self, bytes: u64) {
        self.vanished += 1;
        self.vanished_bytes = self.vanished_bytes.saturating_add(bytes);
    }

    /// Objects that live at the end of the trace.
    pub const fn live(&self) -> u64 {
        self.count - self.freed - self.vanished
    }

    /// Their bytes.
    pub const fn live_bytes(&self) -> u64 {
        self.bytes
            .saturating_sub(self.freed_bytes)
            .saturating_sub(self.vanished_bytes)
    }

    /// The age that half of the freed objects did not exceed.
    pub fn middle_age(&self) -> Option<Age> {
        let mut before = 0;
        self.ages.iter().enumerate().find_map(|(slot, count)| {
            before += count;
            (before * 2 >= self.freed && before > 0).then(|| age_of(slot))
        })
    }

    /// Objects that the first collection after their allocation found dead.
    pub fn died_at_once(&self) -> u64 {
        self.ages.iter().take(2).sum()
    }
}
