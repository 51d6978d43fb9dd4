//! From where on something is a suspect.

/// What it takes; every number can be set by its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Thresholds {
    /// `heap.dominator`, `heap.shared`: percent of what lives that one owner keeps, or objects of one type without an owner.
    pub dominator_percent: u64,
    /// `heap.many-objects`: objects of one type under one owner.
    pub many_objects: u64,
    /// `heap.many-objects`: percent of what lives that those keep.
    pub many_percent: u64,
    /// `heap.list`: elements.
    pub list_length: u64,
    /// `heap.list`: percent of what lives that lists of one type keep.
    pub list_percent: u64,
    /// `heap.goroutine`, `heap.waiting-goroutines`: percent of what lives that one goroutine, one group keeps.
    pub goroutine_percent: u64,
    /// `heap.leaked-goroutines`, `heap.waiting-goroutines`: goroutines that wait at one place.
    pub leaked_goroutines: u64,
    /// `heap.leaked-goroutines`: milliseconds that they have waited; below it they are `heap.waiting-goroutines`.
    pub leaked_wait_ms: u64,
    /// `heap.leaked-goroutines`: percent of what lives that they keep together.
    pub leaked_percent: u64,
    /// `heap.http-bodies`: connections that wait for their response's body to be read or closed.
    pub http_bodies: u64,
    /// `heap.map-fill`, `heap.slice-fill`, `heap.sub-slice`, `heap.substring`: an array is wasted when it is so many
    /// times what is used of it.
    pub waste_factor: u64,
    /// The same: percent of what lives that is wasted in all.
    pub waste_percent: u64,
    /// `heap.duplicate-strings`, `heap.duplicate-bytes`: percent of what lives.
    pub duplicate_percent: u64,
    /// `heap.pool`: percent of what lives that one pool holds.
    pub pool_percent: u64,
    /// `heap.timers`: pending timers that run one function.
    pub timers: u64,
    /// `heap.finalizer-cycle`: objects that their own finalizer keeps.
    pub finalizer_cycles: u64,
    /// Nothing that keeps or wastes fewer bytes is a suspect, whatever its share.
    pub least_bytes: u64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            dominator_percent: 10,
            many_objects: 10_000,
            many_percent: 5,
            list_length: 1_000,
            list_percent: 5,
            goroutine_percent: 10,
            leaked_goroutines: 100,
            leaked_wait_ms: 60_000,
            leaked_percent: 1,
            http_bodies: 10,
            waste_factor: 4,
            waste_percent: 2,
            duplicate_percent: 1,
            pool_percent: 10,
            timers: 1_000,
            finalizer_cycles: 1,
            least_bytes: 1 << 20,
        }
    }
}

/// A setting that is none.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoThreshold {
    /// No threshold has the name.
    #[error("no threshold is called {0:?}; there are {names}", names = Thresholds::NAMES.join(", "))]
    Name(String),
    /// Not `NAME=NUMBER`.
    #[error("{0:?} is not NAME=NUMBER")]
    Form(String),
}

macro_rules! by_name {
    ($($name:ident),* $(,)?) => {
        impl Thresholds {
            /// What can be set.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];

            /// The threshold of a name.
            pub fn of(&mut self, name: &str) -> Option<&mut u64> {
                match name {
                    $(stringify!($name) => Some(&mut self.$name),)*
                    _ => None,
                }
            }
        }
    };
}

by_name! {
    dominator_percent, many_objects, many_percent, list_length, list_percent, goroutine_percent, leaked_goroutines,
    leaked_wait_ms, leaked_percent, http_bodies, waste_factor, waste_percent, duplicate_percent, pool_percent, timers,
    finalizer_cycles, least_bytes,
}

impl Thresholds {
    /// Sets one as it is typed: `list_length=100`; a hyphen may stand for the underscore.
    ///
    /// # Errors
    ///
    /// When there is no such threshold, or no number.
    pub fn set(&mut self, setting: &str) -> Result<(), NoThreshold> {
        let form = || NoThreshold::Form(setting.to_owned());
        let (name, value) = setting.split_once('=').ok_or_else(form)?;
        let value = value.trim().parse().map_err(|_| form())?;
        let name = name.trim().replace('-', "_");
        match self.of(&name) {
            Some(place) => *place = value,
            None => return Err(NoThreshold::Name(name)),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_threshold_is_set_by_its_name() {
        let mut all = Thresholds::default();
        for (value, name) in (1000..).zip(Thresholds::NAMES) {
            all.set(&format!("{name}={value}")).unwrap();
            assert_eq!(*all.of(name).unwrap(), value);
        }
        all.set("list-length = 7").unwrap();
        assert_eq!(all.list_length, 7);
        assert!(matches!(all.set("nothing=1"), Err(NoThreshold::Name(_))));
        assert!(matches!(all.set("timers"), Err(NoThreshold::Form(_))));
        assert!(matches!(all.set("timers=-1"), Err(NoThreshold::Form(_))));
    }
}
