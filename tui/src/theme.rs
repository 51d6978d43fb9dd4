//! Colours and glyphs: the only place that knows either.
//!
//! Text keeps the terminal's own foreground and background, so that dark and light both work; roles add what
//! the terminal can show. True-colour values are of middle lightness for the same reason. Without colour, roles
//! are told apart by weight, underline and reverse video.

use dumpview_view::line::Role;
use ratatui::style::{Color, Modifier, Style};

/// How many colours a terminal shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Colors {
    /// None: `NO_COLOR`, or a monochrome terminal.
    None,
    /// The sixteen that every colour terminal has.
    Sixteen,
    /// The 256 of xterm.
    Indexed,
    /// Any.
    True,
}

/// What text stands on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Background {
    /// Light text on a dark one.
    Dark,
    /// Dark text on a light one.
    Light,
}

impl Background {
    /// As terminals tell it in `COLORFGBG`: the numbers of two of the sixteen colours, the background last.
    fn of(colorfgbg: &str) -> Option<Self> {
        let (_, background) = colorfgbg.rsplit_once(';')?;
        Some(match background.parse::<u8>().ok()? {
            7 | 9..=15 => Self::Light,
            0..=6 | 8 => Self::Dark,
            _ => return None,
        })
    }
}

/// What the environment says of the terminal; a variable that is not set is `None`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Environment<'a> {
    /// `NO_COLOR`.
    pub no_color: Option<&'a str>,
    /// `COLORTERM`.
    pub colorterm: Option<&'a str>,
    /// `TERM`.
    pub term: Option<&'a str>,
    /// `COLORFGBG`.
    pub colorfgbg: Option<&'a str>,
    /// The first that is set of `LC_ALL`, `LC_CTYPE`, `LANG`.
    pub locale: Option<&'a str>,
}

impl Colors {
    /// What the terminal shows, by the variables that everyone goes by.
    pub fn of(environment: &Environment<'_>) -> Self {
        if environment.no_color.is_some_and(|value| !value.is_empty()) {
            return Self::None;
        }
        let term = environment.term.unwrap_or_default();
        let claims = environment.colorterm.unwrap_or_default();
        if claims.contains("truecolor") || claims.contains("24bit") || term.contains("direct") {
            Self::True
        } else if term.contains("256color") {
            Self::Indexed
        } else if matches!(term, "dumb" | "vt100" | "vt102" | "vt220") || term.ends_with("-mono") {
            Self::None
        } else {
            Self::Sixteen
        }
    }
}

/// Characters for lines and bars.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Glyphs {
    /// A horizontal line.
    pub horizontal: &'static str,
    /// A vertical line.
    pub vertical: &'static str,
    /// Before a closed node.
    pub closed: &'static str,
    /// Before an open node.
    pub open: &'static str,
    /// At the marked line.
    pub mark: &'static str,
    /// Where text was cut.
    pub cut: &'static str,
    /// A full cell of a bar.
    pub full: &'static str,
    /// Eighths of a cell from the left, one to seven.
    pub left: [&'static str; 7],
    /// Eighths of a cell from below, one to eight.
    pub below: [&'static str; 8],
    /// An empty cell of a bar.
    pub empty: &'static str,
    /// The left edge of a piece.
    pub edge: &'static str,
}

/// For UTF-8 terminals.
pub const UNICODE: Glyphs = Glyphs {
    horizontal: "─",
    vertical: "│",
    closed: "▸",
    open: "▾",
    mark: "▶",
    cut: "…",
    full: "█",
    left: ["▏", "▎", "▍", "▌", "▋", "▊", "▉"],
    below: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
    empty: "·",
    edge: "▏",
};

/// For the others.
pub const ASCII: Glyphs = Glyphs {
    horizontal: "-",
    vertical: "|",
    closed: "+",
    open: "-",
    mark: ">",
    cut: "~",
    full: "#",
    left: ["", "", "", "=", "=", "=", "="],
    below: ["_", "_", ".", ".", "o", "o", "O", "#"],
    empty: ".",
    edge: "|",
};

/// How things look on this terminal.
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    /// How many colours there are.
    pub colors: Colors,
    /// The characters of lines and bars.
    pub glyphs: Glyphs,
    /// What the terminal's background is, where that is known.
    pub background: Option<Background>,
}

impl Theme {
    /// The theme of a terminal.
    pub fn of(environment: &Environment<'_>) -> Self {
        let utf8 = environment.locale.is_some_and(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        });
        Self {
            colors: Colors::of(environment),
            glyphs: if utf8 { UNICODE } else { ASCII },
            background: environment.colorfgbg.and_then(Background::of),
        }
    }

    /// Whether characters beyond ASCII may be shown.
    pub fn is_ascii(&self) -> bool {
        self.glyphs == ASCII
    }

    /// A colour by what the terminal can show: ANSI name, xterm index, RGB.
    fn color(&self, ansi: Color, index: u8, (r, g, b): (u8, u8, u8)) -> Style {
        match self.colors {
            Colors::None => Style::new(),
            // The light ones are for a dark background.
            Colors::Sixteen if self.background == Some(Background::Light) => {
                Style::new().fg(match ansi {
                    Color::LightBlue => Color::Blue,
                    Color::LightRed => Color::Red,
                    other => other,
                })
            }
            Colors::Sixteen => Style::new().fg(ansi),
            Colors::Indexed => Style::new().fg(Color::Indexed(index)),
            Colors::True => Style::new().fg(Color::Rgb(r, g, b)),
        }
    }

    /// How a role looks.
    pub fn style(&self, role: Role) -> Style {
        match role {
            Role::Plain => Style::new(),
            Role::Dim => Style::new().add_modifier(Modifier::DIM),
            Role::Heading => Style::new().add_modifier(Modifier::BOLD),
            Role::Alarm => self
                .color(Color::Red, 160, (0xd7, 0x3a, 0x49))
                .add_modifier(Modifier::BOLD),
            Role::Warning => self
                .color(Color::Yellow, 136, (0xb5, 0x82, 0x00))
                .add_modifier(Modifier::BOLD),
            Role::Good => self.color(Color::Green, 71, (0x3f, 0x9b, 0x4f)),
            Role::Name => self.color(Color::Cyan, 37, (0x1b, 0x93, 0xa5)),
            // Of sixteen, plain blue cannot be read on black.
            Role::Type => self.color(Color::LightBlue, 68, (0x4c, 0x7f, 0xcf)),
            Role::Number => self.color(Color::Magenta, 133, (0xa8, 0x5c, 0xb8)),
            Role::Text => self.color(Color::Green, 71, (0x3f, 0x9b, 0x4f)),
            Role::Key => Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
            Role::Series(n) => self.series(n),
        }
    }

    fn series(&self, n: u8) -> Style {
        match n % 8 {
            0 => self.color(Color::LightBlue, 68, (0x4c, 0x7f, 0xcf)),
            1 => self.color(Color::Green, 71, (0x3f, 0x9b, 0x4f)),
            2 => self.color(Color::Yellow, 136, (0xb5, 0x82, 0x00)),
            3 => self.color(Color::Red, 160, (0xd7, 0x3a, 0x49)),
            4 => self.color(Color::Magenta, 133, (0xa8, 0x5c, 0xb8)),
            5 => self.color(Color::Cyan, 37, (0x1b, 0x93, 0xa5)),
            6 => self.color(Color::LightRed, 173, (0xd0, 0x87, 0x5c)),
            _ => Style::new().add_modifier(Modifier::DIM),
        }
    }

    /// The selected row, of the pane that has the keyboard or of another.
    ///
    /// Where the background is known, the row keeps its colours on one that is a little lighter or darker.
    pub fn selected(&self, focused: bool) -> Style {
        let quiet = match (self.background, self.colors) {
            (None, _) | (_, Colors::None | Colors::Sixteen) => None,
            (Some(Background::Dark), _) => Some(Color::Indexed(238)),
            (Some(Background::Light), _) => Some(Color::Indexed(253)),
        };
        match (quiet, focused) {
            (Some(quiet), true) => Style::new().bg(quiet).add_modifier(Modifier::BOLD),
            // Reversed colours would make a patchwork of the row.
            (None, true) => Style::new()
                .fg(Color::Reset)
                .bg(Color::Reset)
                .add_modifier(Modifier::REVERSED),
            (_, false) => Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
        }
    }

    /// What a search found.
    pub fn found(&self) -> Style {
        Style::new().add_modifier(Modifier::UNDERLINED | Modifier::BOLD)
    }

    /// The bars at the top and the bottom.
    pub fn bar(&self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_get_the_colours_they_have() {
        let of = |no_color, colorterm, term| {
            Colors::of(&Environment {
                no_color,
                colorterm,
                term,
                ..Environment::default()
            })
        };
        assert_eq!(of(None, None, Some("xterm")), Colors::Sixteen);
        assert_eq!(of(None, None, Some("screen-256color")), Colors::Indexed);
        assert_eq!(of(None, Some("truecolor"), Some("xterm")), Colors::True);
        assert_eq!(
            of(Some("1"), Some("truecolor"), Some("xterm")),
            Colors::None
        );
        assert_eq!(of(Some(""), None, Some("xterm")), Colors::Sixteen);
        assert_eq!(of(None, None, Some("vt100")), Colors::None);
    }

    #[test]
    fn without_colour_no_role_has_one_and_the_important_ones_still_differ() {
        let theme = Theme {
            colors: Colors::None,
            glyphs: ASCII,
            background: None,
        };
        let roles = [
            Role::Plain,
            Role::Dim,
            Role::Heading,
            Role::Alarm,
            Role::Warning,
            Role::Name,
            Role::Key,
        ];
        assert!(roles.iter().all(|role| theme.style(*role).fg.is_none()));
        assert_ne!(theme.style(Role::Alarm), theme.style(Role::Plain));
        assert_ne!(theme.style(Role::Key), theme.style(Role::Plain));
    }

    #[test]
    fn a_selected_row_keeps_its_colours_where_the_background_is_known() {
        let of = |colorfgbg| {
            Theme::of(&Environment {
                term: Some("xterm-256color"),
                colorfgbg,
                ..Environment::default()
            })
        };
        assert_eq!(of(Some("15;0")).background, Some(Background::Dark));
        assert_eq!(of(Some("0;default;15")).background, Some(Background::Light));
        assert_eq!(of(Some("nonsense")).background, None);
        let reversed = |theme: Theme| {
            let style = theme.selected(true);
            style.add_modifier.contains(Modifier::REVERSED)
        };
        assert!(reversed(of(None)) && !reversed(of(Some("15;0"))));
    }

    #[test]
    fn glyphs_go_by_the_locale() {
        let of = |locale| {
            Theme::of(&Environment {
                locale,
                ..Environment::default()
            })
        };
        assert!(!of(Some("de_DE.UTF-8")).is_ascii());
        assert!(!of(Some("C.utf8")).is_ascii());
        assert!(of(Some("C")).is_ascii());
        assert!(of(None).is_ascii());
    }
}
