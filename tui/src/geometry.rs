//! Places on the screen, in cells.

/// A rectangle.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Area {
    /// First column.
    pub x: u16,
    /// First row.
    pub y: u16,
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

impl Area {
    /// From the origin.
    pub const fn of_size(width: u16, height: u16) -> Self {
        Self {
            x: 0,
            y: 0,
            width,
            height,
        }
    }

    /// Whether a cell is in it.
    pub const fn contains(&self, column: u16, row: u16) -> bool {
        column >= self.x
            && row >= self.y
            && column - self.x < self.width
            && row - self.y < self.height
    }

    /// Rows from `top` on, at most `height` of them.
    pub fn rows(&self, top: u16, height: u16) -> Self {
        let top = top.min(self.height);
        Self {
            y: self.y + top,
            height: height.min(self.height - top),
            ..*self
        }
    }

    /// Columns from `left` on, at most `width` of them.
    pub fn columns(&self, left: u16, width: u16) -> Self {
        let left = left.min(self.width);
        Self {
            x: self.x + left,
            width: width.min(self.width - left),
            ..*self
        }
    }
}

/// A count as cells; what does not fit into a screen is the largest screen.
pub fn cells(n: usize) -> u16 {
    u16::try_from(n).unwrap_or(u16::MAX)
}
