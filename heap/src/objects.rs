//! What a heap has to say of itself.

/// An object: its number in address order, from 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct ObjId(pub u32);

/// Objects with successive ids that have one size: a stretch of slots of one size class, usually.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Run {
    /// Id of the first.
    pub first: ObjId,
    /// How many.
    pub count: u32,
    /// Size of each, in bytes.
    pub size: u64,
}

/// The objects of a heap, by dense ids in address order.
///
/// Implementations work addresses out (a table of spans and their allocation bits) rather than keep one per object.
pub trait Objects: Sync {
    /// Number of objects; every id below it is one.
    fn len(&self) -> u32;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Address of its first byte; 0 for an id that is none.
    fn addr(&self, id: ObjId) -> u64;

    /// Its size in bytes, as the allocator rounded it; 0 for an id that is none.
    fn size(&self, id: ObjId) -> u64;

    /// The object that covers an address, interior ones included.
    fn find(&self, addr: u64) -> Option<ObjId>;

    /// Every object as runs, in id order without gaps. Passes over all sizes use this, since [`Self::size`] may
    /// cost a search.
    fn runs(&self, visit: &mut dyn FnMut(Run)) {
        for id in 0..self.len() {
            visit(Run {
                first: ObjId(id),
                count: 1,
                size: self.size(ObjId(id)),
            });
        }
    }
}
