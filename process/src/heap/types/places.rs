//! Where the runtime's own structures keep what types flow through, by release.

use crate::layout::{Field, Layouts};

/// Places in the structures of maps and channels; what a release does not have is `None` or 0.
#[derive(Default)]
pub(super) struct Places {
    pub hmap: Option<(Field, Field, Field)>,
    pub hmap_size: u64,
    pub map: Option<(Field, Field)>,
    pub map_size: u64,
    pub groups: Option<Field>,
    pub table_size: u64,
    pub buffer: Option<Field>,
    pub chan_size: u64,
    pub elemtype: Option<Field>,
    /// `hchan.sendq.first`, `sudog.next`, `sudog.elem`.
    pub senders: Option<(Field, Field, Field)>,
}

impl Places {
    pub fn of(layouts: &dyn Layouts) -> Self {
        let field = |of: &str, path: &str| layouts.field(of, path);
        let size = |of: &str| layouts.size_of(of).unwrap_or(0);
        let hmap = |path| field("runtime.hmap", path);
        let map = |path| field("internal/runtime/maps.Map", path);
        Self {
            hmap: hmap("buckets")
                .zip(hmap("oldbuckets"))
                .zip(hmap("extra"))
                .map(|((now, old), extra)| (now, old, extra)),
            hmap_size: size("runtime.hmap"),
            map: map("dirPtr").zip(map("dirLen")),
            map_size: size("internal/runtime/maps.Map"),
            groups: field("internal/runtime/maps.table", "groups.data")
                .or_else(|| field("internal/runtime/maps.table", "groups")),
            table_size: size("internal/runtime/maps.table"),
            buffer: field("runtime.hchan", "buf"),
            chan_size: size("runtime.hchan"),
            elemtype: field("runtime.hchan", "elemtype"),
            senders: field("runtime.hchan", "sendq.first")
                .zip(field("runtime.sudog", "next"))
                .zip(field("runtime.sudog", "elem.vu").or_else(|| field("runtime.sudog", "elem")))
                .map(|((first, next), elem)| (first, next, elem)),
        }
    }
}
