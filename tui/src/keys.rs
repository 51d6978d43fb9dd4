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

/// What a key does on a screen with these keys of its own.
pub fn action(own: &[&'static [Binding]], key: Key) -> Option<Action> {
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
}
