//! A terminal's screen as a picture.

use std::fmt::Write;

const CELL: (f64, f64) = (8.4, 18.0);
const MARGIN: f64 = 10.0;

/// The colours of a terminal whose program sets none.
#[derive(Clone, Copy)]
pub struct Ground {
    pub background: &'static str,
    pub foreground: &'static str,
}

pub const DARK: Ground = Ground {
    background: "#1c1f26",
    foreground: "#d6d8dd",
};
pub const LIGHT: Ground = Ground {
    background: "#fbfbf8",
    foreground: "#24292f",
};

/// What a run of cells looks like.
#[derive(Clone, PartialEq)]
struct Look {
    foreground: String,
    background: String,
    bold: bool,
    underline: bool,
    dim: bool,
}

fn color(color: vt100::Color, otherwise: &str) -> String {
    const NAMED: [&str; 16] = [
        "#000000", "#d73a49", "#3f9b4f", "#b58200", "#4c7fcf", "#a85cb8", "#1b93a5", "#d6d8dd",
        "#6b7280", "#ff6b6b", "#6fd37f", "#e5c07b", "#7aa2f7", "#c678dd", "#56d4dd", "#ffffff",
    ];
    match color {
        vt100::Color::Default => otherwise.to_owned(),
        vt100::Color::Idx(n @ 0..16) => NAMED[usize::from(n)].to_owned(),
        // A cube of six levels each, and then greys.
        vt100::Color::Idx(n @ 16..232) => {
            let level = |step: u8| match (n - 16) / step % 6 {
                0 => 0,
                level => 55 + 40 * level,
            };
            format!("#{:02x}{:02x}{:02x}", level(36), level(6), level(1))
        }
        vt100::Color::Idx(n) => {
            let grey = 8 + 10 * (n - 232);
            format!("#{grey:02x}{grey:02x}{grey:02x}")
        }
        vt100::Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
    }
}

fn look(cell: &vt100::Cell, ground: Ground) -> Look {
    let foreground = color(cell.fgcolor(), ground.foreground);
    let background = color(cell.bgcolor(), ground.background);
    let (foreground, background) = if cell.inverse() {
        (background, foreground)
    } else {
        (foreground, background)
    };
    Look {
        foreground,
        background,
        bold: cell.bold(),
        underline: cell.underline(),
        dim: cell.dim(),
    }
}

/// The screen as SVG.
pub fn svg(screen: &vt100::Screen, ground: Ground) -> String {
    let paper = ground.background;
    let (rows, columns) = (screen.size().0.get(), screen.size().1.get());
    let width = f64::from(columns) * CELL.0 + 2.0 * MARGIN;
    let height = f64::from(rows) * CELL.1 + 2.0 * MARGIN;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.1} {height:.1}\" font-family=\"ui-monospace, \
         'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{paper}\"/>\n"
    );
    for row in 0..rows {
        let mut column = 0;
        while column < columns {
            let start = column;
            let Some(first) = screen.cell(row, column) else {
                break;
            };
            let this = look(first, ground);
            let mut text = String::new();
            while let Some(cell) = screen
                .cell(row, column)
                .filter(|cell| look(cell, ground) == this)
            {
                if !cell.is_wide_continuation() {
                    text.push_str(if cell.has_contents() {
                        cell.contents()
                    } else {
                        " "
                    });
                }
                column += 1;
            }
            run(&mut out, row, start, column - start, &text, (&this, ground));
        }
    }
    out.push_str("</svg>\n");
    out
}

fn run(
    out: &mut String,
    row: u16,
    column: u16,
    cells: u16,
    text: &str,
    (look, ground): (&Look, Ground),
) {
    let x = MARGIN + f64::from(column) * CELL.0;
    let y = MARGIN + f64::from(row) * CELL.1;
    let width = f64::from(cells) * CELL.0;
    if look.background != ground.background {
        let _ = writeln!(
            out,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{:.1}\" fill=\"{}\"/>",
            CELL.1, look.background
        );
    }
    if text.trim().is_empty() && !look.underline {
        return;
    }
    let escaped = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let mut style = String::new();
    if look.bold {
        style.push_str(" font-weight=\"bold\"");
    }
    if look.underline {
        style.push_str(" text-decoration=\"underline\"");
    }
    if look.dim {
        style.push_str(" opacity=\"0.6\"");
    }
    let _ = writeln!(
        out,
        "<text x=\"{x:.1}\" y=\"{:.1}\" textLength=\"{width:.1}\" lengthAdjust=\"spacingAndGlyphs\" xml:space=\"preserve\" \
         fill=\"{}\"{style}>{escaped}</text>",
        y + CELL.1 * 0.75,
        look.foreground
    );
}
