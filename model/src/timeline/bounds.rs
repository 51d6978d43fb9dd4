//! A time that is known to lie between two others, both included, in nanoseconds. What was measured is never
//! one number here: a printed time was cut down, a prefix has whole seconds, a join is only as good as its anchor.

/// From `lo` to `hi`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Bounds {
    /// Not before.
    pub lo: i64,
    /// Not after.
    pub hi: i64,
}

impl Bounds {
    /// Exactly then.
    pub const fn exact(at: i64) -> Self {
        Self { lo: at, hi: at }
    }

    /// Between two times, whichever is first.
    pub fn between(a: i64, b: i64) -> Self {
        Self {
            lo: a.min(b),
            hi: a.max(b),
        }
    }

    /// The middle.
    pub fn mid(self) -> i64 {
        self.lo.midpoint(self.hi)
    }

    /// How far the truth may be from the middle.
    pub fn plus_minus(self) -> i64 {
        self.hi.saturating_sub(self.mid())
    }

    /// Both bounds moved.
    #[must_use]
    pub fn shift(self, by: i64) -> Self {
        Self {
            lo: self.lo.saturating_add(by),
            hi: self.hi.saturating_add(by),
        }
    }

    /// The sum of two uncertain times.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            lo: self.lo.saturating_add(other.lo),
            hi: self.hi.saturating_add(other.hi),
        }
    }

    /// What both allow; `None` when they contradict each other.
    pub fn and(self, other: Self) -> Option<Self> {
        let (lo, hi) = (self.lo.max(other.lo), self.hi.min(other.hi));
        (lo <= hi).then_some(Self { lo, hi })
    }
}

#[cfg(test)]
mod tests {
    use super::Bounds;

    #[test]
    fn what_two_allow() {
        let a = Bounds::between(10, 0);
        assert_eq!(a, Bounds { lo: 0, hi: 10 });
        assert_eq!((a.mid(), a.plus_minus()), (5, 5));
        assert_eq!(
            a.and(Bounds { lo: 8, hi: 20 }),
            Some(Bounds { lo: 8, hi: 10 })
        );
        assert_eq!(a.and(Bounds::exact(11)), None);
        let far = Bounds::exact(i64::MAX).plus(Bounds::exact(1));
        assert_eq!(far, Bounds::exact(i64::MAX));
    }
}
