//! Small sets of things that have names: what a flag takes, what JSON says, what a list is headed with.

/// One of a set whose members are named.
pub trait Word: Copy + Send + Sync + 'static {
    /// All of them, in the order in which they are shown.
    const ALL: &'static [Self];

    /// Its name, on the command line and in JSON.
    fn as_str(self) -> &'static str;

    /// What it is, in a few words.
    fn about(self) -> &'static str;
}

/// The one of this name.
pub fn named<T: Word>(name: &str) -> Option<T> {
    T::ALL.iter().copied().find(|word| word.as_str() == name)
}

/// All names, as a message lists them.
pub fn names<T: Word>() -> String {
    let names: Vec<&str> = T::ALL.iter().map(|word| word.as_str()).collect();
    names.join(", ")
}

/// Makes an enum of names: `Variant = "name" "what it is"`. The order is that of [`Word::ALL`](crate::word::Word::ALL).
#[macro_export]
macro_rules! words {
    ($(#[$of:meta])* pub enum $set:ident {
        $($(#[$doc:meta])* $variant:ident = $name:literal $about:literal,)*
    }) => {
        $(#[$of])*
        pub enum $set {
            $($(#[$doc])* $variant,)*
        }

        impl $set {
            /// All of them, in the order in which they are shown.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name, on the command line and in JSON.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// What it is, in a few words.
            pub const fn about(self) -> &'static str {
                match self {
                    $(Self::$variant => $about,)*
                }
            }
        }

        impl $crate::word::Word for $set {
            const ALL: &'static [Self] = Self::ALL;

            fn as_str(self) -> &'static str {
                self.as_str()
            }

            fn about(self) -> &'static str {
                self.about()
            }
        }
    };
}
