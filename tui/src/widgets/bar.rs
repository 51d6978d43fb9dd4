//! Horizontal bars: one quantity of a whole, or parts side by side.

use crate::geometry::cells;
use crate::theme::Glyphs;
use dumpview_view::line::{Line, Role};

/// A bar of `part` of `whole` in `width` cells, to an eighth of a cell where the glyphs allow.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a picture of a share; both ends are clamped"
)]
pub fn share(glyphs: &Glyphs, part: u64, whole: u64, width: u16, role: Role) -> Line {
    let eighths = if whole == 0 {
        0
    } else {
        let share = (part as f64 / whole as f64).clamp(0.0, 1.0);
        // What there is is never drawn as nothing.
        ((share * f64::from(width) * 8.0).round() as usize).max(usize::from(part > 0))
    };
    let full = (eighths / 8).min(usize::from(width));
    let mut line = Line::new(role, glyphs.full.repeat(full));
    if let Some(partial) = (eighths % 8).checked_sub(1)
        && full < usize::from(width)
    {
        line.push(role, glyphs.left.get(partial).copied().unwrap_or_default());
    }
    line
}

/// Cells for parts of a whole: each part that is there has at least one, and together they fill `width`.
pub fn parts(sizes: &[u64], width: u16) -> Vec<u16> {
    let total: u128 = sizes.iter().map(|size| u128::from(*size)).sum();
    if total == 0 {
        return vec![0; sizes.len()];
    }
    let mut out: Vec<u16> = sizes
        .iter()
        .map(|size| {
            let exact = u128::from(*size) * u128::from(width) / total;
            cells(usize::try_from(exact).unwrap_or(usize::MAX)).max(u16::from(*size > 0))
        })
        .collect();
    // Rounding leaves a few cells over or short: the largest part takes them.
    if let Some(largest) = (0..sizes.len()).max_by_key(|index| sizes.get(*index)) {
        let others: u16 = out
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != largest)
            .map(|(_, cells)| *cells)
            .fold(0, u16::saturating_add);
        if let Some(cells) = out.get_mut(largest) {
            *cells = width.saturating_sub(others).max(1);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::{ASCII, UNICODE};

    #[test]
    fn shares_round_to_eighths_and_something_is_never_nothing() {
        let bar = |part| share(&UNICODE, part, 16, 2, Role::Plain).text();
        assert_eq!(bar(0), "");
        assert_eq!(bar(1), "▏");
        assert_eq!(bar(8), "█");
        assert_eq!(bar(9), "█▏");
        assert_eq!(bar(16), "██");
        assert_eq!(bar(99), "██");
        assert_eq!(share(&ASCII, 1, 0, 4, Role::Plain).text(), "");
    }

    #[test]
    fn parts_fill_the_width_and_small_ones_are_seen() {
        assert_eq!(parts(&[1_000_000, 1, 0], 10), [9, 1, 0]);
        assert_eq!(parts(&[1, 1, 1], 10).iter().sum::<u16>(), 10);
        assert_eq!(parts(&[0, 0], 10), [0, 0]);
    }
}
