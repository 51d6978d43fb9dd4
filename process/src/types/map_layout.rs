//! Where the entries of a map stand in memory: in buckets up to Go 1.23, in groups since.

/// How a map's memory is laid out; all sizes in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MapLayout {
    /// `runtime.hmap` with buckets of eight (up to Go 1.23, and `GOEXPERIMENT=noswissmap` in 1.24–1.25).
    Hmap {
        /// Distance between keys in a bucket.
        key_slot: u64,
        /// Distance between elements in a bucket.
        elem_slot: u64,
        /// Size of a bucket, overflow pointer included.
        bucket: u64,
        /// Keys are stored as pointers.
        indirect_key: bool,
        /// Elements are stored as pointers.
        indirect_elem: bool,
    },
    /// `internal/runtime/maps.Map` (since Go 1.24): groups of a control word and eight slots.
    Swiss {
        /// Size of a group.
        group: u64,
        /// From the group's start to its first key.
        keys: u64,
        /// Distance between keys.
        key_stride: u64,
        /// From the group's start to its first element.
        elems: u64,
        /// Distance between elements.
        elem_stride: u64,
        /// Keys are stored as pointers.
        indirect_key: bool,
        /// Elements are stored as pointers.
        indirect_elem: bool,
    },
    /// The source does not say; entries cannot be shown.
    Unknown,
}

/// Slots of a bucket (`abi.OldMapBucketCount`, `bucketCnt` before) and of a group (`abi.SwissMapGroupSlots`).
pub const SLOTS: u64 = 8;

/// Where keys, elements and the way on stand in a bucket or group; bytes from its start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entries {
    /// Size of the bucket or group.
    pub stride: u64,
    /// The keys.
    pub keys: Slots,
    /// The elements.
    pub elems: Slots,
    /// The pointer to the bucket that holds what this one had no room for.
    pub overflow: Option<u64>,
}

/// Eight keys, or eight elements.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slots {
    /// Where the first one stands.
    pub first: u64,
    /// From one to the next.
    pub distance: u64,
    /// Bytes of one, padding included.
    pub size: u64,
    /// Pointers to them stand there.
    pub indirect: bool,
}

impl Slots {
    /// Where the slot of a number stands.
    pub const fn at(&self, number: u64) -> u64 {
        self.first.wrapping_add(number.wrapping_mul(self.distance))
    }

    /// The number of the slot that a byte belongs to, and how far behind its start it stands.
    pub fn slot_of(&self, byte: u64) -> Option<(u64, u64)> {
        let from = byte.checked_sub(self.first)?;
        let number = from.checked_div(self.distance)?;
        let offset = from % self.distance;
        (number < SLOTS && offset < self.size).then_some((number, offset))
    }
}

impl MapLayout {
    /// Where entries stand; `None` when it is not known, or cannot be.
    pub fn entries(&self) -> Option<Entries> {
        match *self {
            Self::Hmap {
                key_slot,
                elem_slot,
                bucket,
                indirect_key,
                indirect_elem,
            } => {
                let keys = Slots {
                    first: SLOTS,
                    distance: key_slot,
                    size: key_slot,
                    indirect: indirect_key,
                };
                let elems = Slots {
                    first: key_slot.checked_mul(SLOTS)?.checked_add(SLOTS)?,
                    distance: elem_slot,
                    size: elem_slot,
                    indirect: indirect_elem,
                };
                Some(Entries {
                    stride: bucket,
                    keys,
                    elems,
                    overflow: Some(bucket.checked_sub(8)?),
                })
            }
            Self::Swiss {
                group,
                keys,
                key_stride,
                elems,
                elem_stride,
                indirect_key,
                indirect_elem,
            } => {
                // Key and element of a slot stand side by side, or all keys before all elements.
                let apart = elems.checked_sub(keys)?;
                let (key_size, elem_size) = if key_stride == elem_stride && apart < key_stride {
                    (apart, elem_stride - apart)
                } else {
                    (key_stride, elem_stride)
                };
                let keys = Slots {
                    first: keys,
                    distance: key_stride,
                    size: key_size,
                    indirect: indirect_key,
                };
                let elems = Slots {
                    first: elems,
                    distance: elem_stride,
                    size: elem_size,
                    indirect: indirect_elem,
                };
                Some(Entries {
                    stride: group,
                    keys,
                    elems,
                    overflow: None,
                })
            }
            Self::Unknown => None,
        }
    }
}
