//! Charts in plain text, of a fixed width so that output is the same everywhere.
//!
//! ```text
//!   12 MiB │            ──────     █ a lower and an upper value, and a mark
//!          │     ──────░░░░░░░
//!          │░░░░░░░░░░░███████
//!    0 MiB └──────────────────
//! ```

use crate::text::Text;
use dumpview_model::units::grouped;
use std::env;
use std::io;
use unicode_width::UnicodeWidthStr;

/// Columns of a chart at most.
pub const WIDTH: usize = 64;
const HEIGHT: u64 = 10;

/// What charts are drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glyphs {
    /// A filled cell.
    pub full: char,
    /// A cell that is filled less.
    pub light: char,
    /// A mark.
    pub line: char,
    /// The axes: upright, corner, lying.
    pub axes: [char; 3],
    /// Nothing, little, more, much, most.
    pub shades: [char; 5],
}

impl Glyphs {
    const UNICODE: Self = Self {
        full: '█',
        light: '░',
        line: '─',
        axes: ['│', '└', '─'],
        shades: ['·', '░', '▒', '▓', '█'],
    };
    const ASCII: Self = Self {
        full: '#',
        light: ':',
        line: '-',
        axes: ['|', '+', '-'],
        shades: ['.', ':', '+', '*', '#'],
    };

    /// Those that the locale can show.
    pub fn of_locale() -> Self {
        let set = |name| {
            env::var(name)
                .ok()
                .filter(|value: &String| !value.is_empty())
        };
        let locale = set("LC_ALL")
            .or_else(|| set("LC_CTYPE"))
            .or_else(|| set("LANG"))
            .unwrap_or_default()
            .to_ascii_lowercase();
        if locale.contains("utf-8") || locale.contains("utf8") {
            Self::UNICODE
        } else {
            Self::ASCII
        }
    }
}

/// A column of an area chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Column {
    /// Filled up to here.
    pub low: u64,
    /// Filled lightly up to here.
    pub high: u64,
    /// A mark at this height.
    pub mark: Option<u64>,
}

/// Draws columns, `label` names a height, `ends` stand under the first and the last column.
pub fn area(
    out: &mut Text<'_>,
    glyphs: &Glyphs,
    columns: &[Column],
    label: &dyn Fn(u64) -> String,
    ends: (&str, &str),
) -> io::Result<()> {
    let top = columns
        .iter()
        .map(|column| column.high.max(column.low).max(column.mark.unwrap_or(0)))
        .max()
        .unwrap_or(0)
        .max(1);
    let repeat = (WIDTH / columns.len().max(1)).clamp(1, 4);
    let labels: Vec<String> = (0..=HEIGHT)
        .map(|row| match row {
            0 => label(0),
            _ if row == HEIGHT || row == HEIGHT / 2 => label(part(top, row)),
            _ => String::new(),
        })
        .collect();
    let width = labels.iter().map(|label| label.width()).max().unwrap_or(0);
    let [upright, corner, lying] = glyphs.axes;
    for row in (1..=HEIGHT).rev() {
        // The row stands for heights above `from`, up to `to`; compared as fractions of `top`.
        let reaches = |value: u64| value.saturating_mul(HEIGHT) > top.saturating_mul(row - 1);
        let within =
            |value: u64| reaches(value) && value.saturating_mul(HEIGHT) <= top.saturating_mul(row);
        let cells: String = columns
            .iter()
            .map(|column| {
                if reaches(column.low) {
                    glyphs.full
                } else if column.mark.is_some_and(within) {
                    glyphs.line
                } else if reaches(column.high) {
                    glyphs.light
                } else {
                    ' '
                }
            })
            .flat_map(|cell| std::iter::repeat_n(cell, repeat))
            .collect();
        let label = labels
            .get(usize::try_from(row).unwrap_or(0))
            .map_or("", String::as_str);
        out.line(format!("  {label:>width$} {upright}{cells}").trim_end())?;
    }
    let label = labels.first().map_or("", String::as_str);
    let cells = columns.len() * repeat;
    let axis: String = std::iter::repeat_n(lying, cells).collect();
    out.line(format_args!("  {label:>width$} {corner}{axis}"))?;
    let (left, right) = ends;
    let gap = cells.saturating_sub(left.width() + right.width()).max(2);
    out.line(format_args!("  {:width$}  {left}{:gap$}{right}", "", ""))
}

/// The height at the lower edge of a row; in 128 bits, since a wrapped counter may stand near the largest number.
fn part(top: u64, row: u64) -> u64 {
    let height = u128::from(top) * u128::from(row) / u128::from(HEIGHT);
    u64::try_from(height).unwrap_or(u64::MAX)
}

/// Draws counts as bars.
pub fn bars(out: &mut Text<'_>, glyphs: &Glyphs, rows: &[(String, u64)]) -> io::Result<()> {
    const LONGEST: u64 = 44;
    let most = rows.iter().map(|row| row.1).max().unwrap_or(0).max(1);
    let names = rows.iter().map(|row| row.0.width()).max().unwrap_or(0);
    let counts: Vec<String> = rows.iter().map(|row| grouped(row.1)).collect();
    let digits = counts.iter().map(String::len).max().unwrap_or(0);
    for ((name, count), shown) in rows.iter().zip(&counts) {
        let cells = u128::from(*count) * u128::from(LONGEST) / u128::from(most);
        // Something is never nothing.
        let cells = usize::try_from(cells)
            .unwrap_or(0)
            .max(usize::from(*count > 0));
        let bar: String = std::iter::repeat_n(glyphs.full, cells).collect();
        let pad = " ".repeat(names.saturating_sub(name.width()));
        out.line(format!("  {pad}{name}  {shown:>digits$}  {bar}").trim_end())?;
    }
    Ok(())
}

/// Draws rows of shades; `thresholds` are the least values of all but the first shade.
pub fn heat(
    out: &mut Text<'_>,
    glyphs: &Glyphs,
    rows: &[(String, Vec<Option<u64>>)],
    thresholds: [u64; 4],
    ends: (&str, &str),
) -> io::Result<()> {
    let names = rows.iter().map(|row| row.0.width()).max().unwrap_or(0);
    let cells = rows.iter().map(|row| row.1.len()).max().unwrap_or(0);
    let repeat = (WIDTH / cells.max(1)).clamp(1, 4);
    let [upright, ..] = glyphs.axes;
    for (name, values) in rows {
        let cells: String = values
            .iter()
            .map(|value| match value {
                None => ' ',
                Some(value) => {
                    let level = thresholds.iter().filter(|least| value >= *least).count();
                    glyphs.shades.get(level).copied().unwrap_or(glyphs.full)
                }
            })
            .flat_map(|cell| std::iter::repeat_n(cell, repeat))
            .collect();
        let pad = " ".repeat(names.saturating_sub(name.width()));
        out.line(format!("  {pad}{name} {upright}{cells}").trim_end())?;
    }
    let (left, right) = ends;
    let gap = (cells * repeat)
        .saturating_sub(left.width() + right.width())
        .max(2);
    out.line(format_args!("  {:names$}  {left}{:gap$}{right}", "", ""))
}

/// Puts values into at most [`WIDTH`] columns of neighbours, as evenly as can be.
pub fn columns<T, C>(values: &[T], merge: impl Fn(&[T]) -> C) -> Vec<C> {
    let count = values.len().min(WIDTH);
    (0..count)
        .map(|column| {
            let from = column * values.len() / count;
            let to = (column + 1) * values.len() / count;
            merge(values.get(from..to).unwrap_or_default())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(draw: impl FnOnce(&mut Text<'_>) -> io::Result<()>) -> String {
        let lines = crate::text::lines_of(draw);
        lines.iter().map(|line| line.text() + "\n").collect()
    }

    #[test]
    fn an_area_fills_to_its_values() {
        let columns: Vec<Column> = (0..=10)
            .map(|i| Column {
                low: i / 2,
                high: i,
                mark: Some(10),
            })
            .collect();
        let text = drawn(|out| {
            area(
                out,
                &Glyphs::ASCII,
                &columns,
                &|n| format!("{n} MiB"),
                ("a", "b"),
            )
        });
        insta::assert_snapshot!(text);
    }

    #[test]
    fn bars_and_heat_show_something_for_something() {
        let rows = [
            ("< 1 ms".to_owned(), 1000),
            ("< 10 ms".to_owned(), 1),
            ("more".to_owned(), 0),
        ];
        let heat_rows = [
            ("P0".to_owned(), vec![Some(0), Some(1), Some(300)]),
            ("P1".to_owned(), vec![None, Some(2), Some(9)]),
        ];
        let text = drawn(|out| {
            bars(out, &Glyphs::ASCII, &rows)?;
            heat(
                out,
                &Glyphs::UNICODE,
                &heat_rows,
                [1, 2, 8, 32],
                ("0 s", "1 s"),
            )
        });
        insta::assert_snapshot!(text);
    }

    #[test]
    fn columns_share_values_evenly() {
        let values: Vec<u32> = (0..1000).collect();
        let sums = columns(&values, <[u32]>::len);
        assert_eq!(sums.len(), WIDTH);
        assert_eq!(sums.iter().sum::<usize>(), 1000);
        assert!(sums.iter().all(|n| (15..=16).contains(n)));
    }
}
