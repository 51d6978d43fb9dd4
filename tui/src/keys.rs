//! Keys: what each does and how that is said. Footer and help are printed from these tables and nowhere else.

/// A key as it is typed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Key {
    /// A character; upper case for shift.
    Char(char),
    /// A character with control.
    Ctrl(char),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift and tab.
    BackTab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Arrow.
    Up,
    /// Arrow.
    Down,
    /// Arrow.
    Left,
    /// Arrow.
    Right,
    /// Arrow with shift.
    ShiftLeft,
    /// Arrow with shift.
    ShiftRight,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// Home.
    Home,
    /// End.
    End,
    /// A function key.
    F(u8),
}

impl Key {
    /// Whether it does the same wherever one is: digits are screens, Ctrl-C and Ctrl-Z what they are in every program.
    pub const fn is_fixed(self) -> bool {
        matches!(self, Self::Char('1'..='9') | Self::Ctrl('c' | 'z'))
    }
}

/// What a key does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// To the left, or a level out.
    Left,
    /// To the right, or a level in.
    Right,
    /// One page up.
    PageUp,
    /// One page down.
    PageDown,
    /// To the first row.
    Top,
    /// To the last row.
    Bottom,
    /// Into what is selected.
    Enter,
    /// Back to where one came from.
    Back,
    /// To the next screen.
    NextScreen,
    /// To the previous screen.
    PreviousScreen,
    /// To a screen by its number, from one.
    Screen(u8),
    /// Asks for a text and searches it.
    Search,
    /// To the next place that the search finds.
    NextFound,
    /// To the previous one.
    PreviousFound,
    /// Asks for a filter.
    Filter,
    /// By the next column.
    Sort,
    /// The other way round.
    Reverse,
    /// Asks for a command.
    Command,
    /// Copies what is selected.
    Copy,
    /// Writes what is shown to a file.
    Export,
    /// Shows the keys.
    Help,
    /// Leaves.
    Quit,
    /// Leaves and ends what feeds the input.
    Interrupt,
    /// Stops the program until `fg`.
    Suspend,
    /// Draws everything anew.
    Redraw,
    /// To the one before: a goroutine, a process.
    Previous,
    /// To the one after.
    Next,
    /// Grouped or each for itself.
    Group,
    /// What is usually left out, too.
    ShowAll,
    /// Registers of the frame.
    Registers,
    /// Memory of what is selected.
    Memory,
    /// The object that is meant, on a screen of its own.
    Object,
    /// What it keeps.
    Keeps,
    /// All its references.
    References,
    /// As a picture, or as a list.
    Picture,
    /// The next pane.
    NextPane,
    /// Scrolls the lower pane up.
    ScrollUp,
    /// Scrolls the lower pane down.
    ScrollDown,
    /// Nearer.
    ZoomIn,
    /// Further away.
    ZoomOut,
    /// All of it.
    ZoomAll,
    /// Begins or ends a range at the cursor.
    Mark,
    /// To the moment on the timeline.
    ToTimeline,
    /// Follows what comes in.
    Follow,
    /// To the line of the input that it was told by.
    Line,
    /// All of what is selected, on a screen of its own.
    Whole,
    /// Breaks long lines, or cuts them off.
    Wrap,
    /// Bytes in hex, or as text.
    Hex,
    /// Opens the file of what is selected in an editor.
    Edit,
}

/// One row of a table of keys.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// The keys.
    pub keys: &'static [Key],
    /// What they do.
    pub action: Action,
    /// In the footer: one word.
    pub short: &'static str,
    /// In the help: a sentence.
    pub help: &'static str,
}

impl Binding {
    /// A row.
    pub const fn new(
        keys: &'static [Key],
        action: Action,
        short: &'static str,
        help: &'static str,
    ) -> Self {
        Self {
            keys,
            action,
            short,
            help,
        }
    }
}

use Action as A;

/// Keys that do the same everywhere. What has no short word is not in the footer.
pub const EVERYWHERE: &[Binding] = &[
    Binding::new(&[Key::Up, Key::Char('k')], A::Up, "", "one row up"),
    Binding::new(&[Key::Down, Key::Char('j')], A::Down, "", "one row down"),
    Binding::new(
        &[Key::Left, Key::Char('h')],
        A::Left,
        "",
        "to the left; in a tree: close, or to the parent",
    ),
    Binding::new(
        &[Key::Right, Key::Char('l')],
        A::Right,
        "",
        "to the right; in a tree: open",
    ),
    Binding::new(
        &[Key::PageUp, Key::Ctrl('b'), Key::Ctrl('u')],
        A::PageUp,
        "",
        "one page up",
    ),
    Binding::new(
        &[
            Key::PageDown,
            Key::Ctrl('f'),
            Key::Ctrl('d'),
            Key::Char(' '),
        ],
        A::PageDown,
        "",
        "one page down",
    ),
    Binding::new(&[Key::Char('g'), Key::Home], A::Top, "", "to the first row"),
    Binding::new(
        &[Key::Char('G'), Key::End],
        A::Bottom,
        "",
        "to the last row",
    ),
    Binding::new(
        &[Key::Esc, Key::Backspace],
        A::Back,
        "back",
        "back to where you came from; stops what is being worked on",
    ),
    Binding::new(&[Key::Tab], A::NextScreen, "", "to the next screen"),
    Binding::new(
        &[Key::BackTab],
        A::PreviousScreen,
        "",
        "to the previous screen",
    ),
    Binding::new(
        &[Key::Char('/')],
        A::Search,
        "search",
        "search; an empty search forgets the last one",
    ),
    Binding::new(
        &[Key::Char('n')],
        A::NextFound,
        "",
        "to the next place found",
    ),
    Binding::new(
        &[Key::Char('N')],
        A::PreviousFound,
        "",
        "to the previous place found",
    ),
    Binding::new(
        &[Key::Char(':')],
        A::Command,
        "command",
        "a command, as with -x on the command line; Tab completes",
    ),
    Binding::new(
        &[Key::Char('y')],
        A::Copy,
        "",
        "copy what is selected (by OSC 52, also over ssh)",
    ),
    Binding::new(
        &[Key::Char('e')],
        A::Export,
        "",
        "write what is shown to a file: text; JSON or CSV for a name that ends in .json or .csv",
    ),
    Binding::new(
        &[Key::Char('E')],
        A::Edit,
        "",
        "the file that the selected line names, at its line, in $VISUAL or $EDITOR",
    ),
    Binding::new(
        &[Key::Char('?'), Key::F(1)],
        A::Help,
        "help",
        "the keys of this screen",
    ),
    Binding::new(
        &[Key::Char('q')],
        A::Quit,
        "quit",
        "leave; a program whose pipe is read goes on, and what it writes is passed on",
    ),
    Binding::new(
        &[Key::Ctrl('c')],
        A::Interrupt,
        "",
        "leave, and end the program whose pipe is read",
    ),
    Binding::new(&[Key::Ctrl('z')], A::Suspend, "", "suspend; fg comes back"),
    Binding::new(&[Key::Ctrl('l')], A::Redraw, "", "draw everything anew"),
];

/// A key as the footer and the help spell it.
pub fn name(key: Key) -> String {
    match key {
        Key::Char(' ') => "Space".to_owned(),
        Key::Char(c) => c.to_string(),
        Key::Ctrl(c) => format!("Ctrl-{}", c.to_ascii_uppercase()),
        Key::Enter => "Enter".to_owned(),
        Key::Esc => "Esc".to_owned(),
        Key::Tab => "Tab".to_owned(),
        Key::BackTab => "Shift-Tab".to_owned(),
        Key::Backspace => "Backspace".to_owned(),
        Key::Delete => "Delete".to_owned(),
        Key::Up => "Up".to_owned(),
        Key::Down => "Down".to_owned(),
        Key::Left => "Left".to_owned(),
        Key::Right => "Right".to_owned(),
        Key::ShiftLeft => "Shift-Left".to_owned(),
        Key::ShiftRight => "Shift-Right".to_owned(),
        Key::PageUp => "PgUp".to_owned(),
        Key::PageDown => "PgDn".to_owned(),
        Key::Home => "Home".to_owned(),
        Key::End => "End".to_owned(),
        Key::F(n) => format!("F{n}"),
    }
}

/// A key by its name, as [`name`] spells it.
pub fn named(text: &str) -> Option<Key> {
    let mut chars = text.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        return (!c.is_control()).then_some(Key::Char(c));
    }
    if let Some(c) = text.strip_prefix("Ctrl-") {
        let mut chars = c.chars();
        return match (chars.next(), chars.next()) {
            (Some(c), None) if c.is_ascii_alphabetic() => Some(Key::Ctrl(c.to_ascii_lowercase())),
            _ => None,
        };
    }
    let numbered = (1..=12).map(Key::F);
    let others = [
        Key::Char(' '),
        Key::Enter,
        Key::Esc,
        Key::Tab,
        Key::BackTab,
        Key::Backspace,
        Key::Delete,
        Key::Up,
        Key::Down,
        Key::Left,
        Key::Right,
        Key::ShiftLeft,
        Key::ShiftRight,
        Key::PageUp,
        Key::PageDown,
        Key::Home,
        Key::End,
    ];
    others
        .into_iter()
        .chain(numbered)
        .find(|key| name(*key) == text)
}

/// What can be given other keys, by the names that the user's settings use. Ctrl-C and Ctrl-Z do what they do in every
/// program, and digits are screens.
pub const ACTIONS: &[(&str, Action)] = &[
    ("up", A::Up),
    ("down", A::Down),
    ("left", A::Left),
    ("right", A::Right),
    ("page-up", A::PageUp),
    ("page-down", A::PageDown),
    ("top", A::Top),
    ("bottom", A::Bottom),
    ("enter", A::Enter),
    ("back", A::Back),
    ("next-screen", A::NextScreen),
    ("previous-screen", A::PreviousScreen),
    ("search", A::Search),
    ("next-found", A::NextFound),
    ("previous-found", A::PreviousFound),
    ("filter", A::Filter),
    ("sort", A::Sort),
    ("reverse", A::Reverse),
    ("command", A::Command),
    ("copy", A::Copy),
    ("export", A::Export),
    ("edit", A::Edit),
    ("whole", A::Whole),
    ("help", A::Help),
    ("quit", A::Quit),
    ("redraw", A::Redraw),
];

/// Other keys for actions, as the user wants them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Keymap {
    own: Vec<(Action, Vec<Key>)>,
}

impl Keymap {
    /// Gives an action these keys in place of those that it has.
    pub fn set(&mut self, action: Action, keys: Vec<Key>) {
        self.own.retain(|(other, _)| *other != action);
        self.own.push((action, keys));
    }

    /// The keys of a row of a table.
    pub fn keys<'k>(&'k self, binding: &'k Binding) -> &'k [Key] {
        let own = self.own.iter().find(|(of, _)| *of == binding.action);
        own.map_or(binding.keys, |(_, keys)| keys)
    }

    /// What a key does on a screen with these keys of its own.
    pub fn action(&self, screen: &[&'static [Binding]], key: Key) -> Option<Action> {
        let own = self.own.iter().find(|(_, keys)| keys.contains(&key));
        if let Some((action, _)) = own {
            return Some(*action);
        }
        let found = action(screen, key)?;
        // It was given other keys.
        (!self.own.iter().any(|(of, _)| *of == found)).then_some(found)
    }
}

/// What a key does on a screen with these keys of its own.
fn action(own: &[&'static [Binding]], key: Key) -> Option<Action> {
    if let Key::Char(digit @ '1'..='9') = key {
        return digit
            .to_digit(10)
            .and_then(|n| u8::try_from(n).ok())
            .map(Action::Screen);
    }
    own.iter()
        .copied()
        .flatten()
        .chain(EVERYWHERE)
        .find(|binding| binding.keys.contains(&key))
        .map(|binding| binding.action)
}

/// All of what is selected, for the tables of screens.
pub const WHOLE: Binding = Binding::new(
    &[Key::Char('p')],
    A::Whole,
    "",
    "all of what is selected, with nothing cut off; a string or bytes: as text or in hex",
);

/// Enter, for the tables of screens.
pub const ENTER: &[Key] = &[Key::Enter];

/// Keys of screens whose rows were told by lines of a log that several processes may have written.
pub const OF_A_LOG: &[Binding] = &[
    Binding::new(
        &[Key::Char(']')],
        A::Next,
        "",
        "the next process, when several wrote to the input",
    ),
    Binding::new(&[Key::Char('[')], A::Previous, "", "the previous process"),
    Binding::new(
        &[Key::Char('t')],
        A::ToTimeline,
        "timeline",
        "to the row's moment on the timeline",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_in_the_table_twice() {
        let keys: Vec<Key> = EVERYWHERE.iter().flat_map(|b| b.keys).copied().collect();
        for (at, key) in keys.iter().enumerate() {
            assert!(!keys[..at].contains(key), "{}", name(*key));
        }
    }

    #[test]
    fn a_screens_own_keys_come_first_and_digits_are_screens() {
        const OWN: &[Binding] = &[Binding::new(&[Key::Char('n')], A::Mark, "", "")];
        assert_eq!(action(&[OWN], Key::Char('n')), Some(A::Mark));
        assert_eq!(action(&[], Key::Char('n')), Some(A::NextFound));
        assert_eq!(action(&[], Key::Char('3')), Some(A::Screen(3)));
        assert_eq!(action(&[], Key::F(9)), None);
    }

    #[test]
    fn names_of_keys_are_read_as_they_are_spelled() {
        for key in EVERYWHERE.iter().flat_map(|binding| binding.keys) {
            assert_eq!(named(&name(*key)), Some(*key));
        }
        for wrong in ["", "Ctrl-", "Ctrl-ab", "F13", "escape", "\x1b"] {
            assert_eq!(named(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn keys_of_ones_own_take_the_place_of_those_that_were() {
        let mut map = Keymap::default();
        map.set(A::Quit, vec![Key::Char('Q'), Key::F(10)]);
        assert_eq!(map.action(&[], Key::F(10)), Some(A::Quit));
        assert_eq!(map.action(&[], Key::Char('q')), None);
        assert_eq!(map.action(&[], Key::Char('e')), Some(A::Export));
        map.set(A::Redraw, vec![Key::Char('e')]);
        assert_eq!(map.action(&[], Key::Char('e')), Some(A::Redraw));
        let quit = EVERYWHERE.iter().find(|b| b.action == A::Quit).unwrap();
        assert_eq!(map.keys(quit), [Key::Char('Q'), Key::F(10)]);
    }
}
