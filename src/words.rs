//! Words as people type them: what a mistyped one was meant for, how a shell takes one, what an input is called.

use std::path::Path;

/// Words less alike than this are not meant.
const ALIKE: f64 = 0.6;

/// The one of `known` that `typed` is most like, when it is like any: the first of several.
pub fn nearest<'k>(typed: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let likeness = |word: &str| {
        let (typed, word) = (typed.to_lowercase(), word.to_lowercase());
        // A word that was only begun is like the whole.
        if typed.len() > 2 && word.starts_with(&typed) {
            return 1.0;
        }
        strsim::normalized_damerau_levenshtein(&typed, &word)
    };
    let mut best: Option<(f64, &str)> = None;
    for word in known {
        let like = likeness(word);
        if like >= ALIKE && best.is_none_or(|(most, _)| like > most) {
            best = Some((like, word));
        }
    }
    best.map(|(_, word)| word)
}

/// A word as a shell takes it.
pub fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:,=%@+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// Longer words are cut in messages: whoever typed them knows them.
const LONGEST: usize = 80;

/// A word as a message repeats it.
pub fn short(word: &str) -> String {
    if word.chars().count() <= LONGEST {
        return word.to_owned();
    }
    let begin: String = word.chars().take(LONGEST).collect();
    format!("{begin}…")
}

/// Whether an input is standard input.
pub fn is_stdin(file: &Path) -> bool {
    file.as_os_str() == "-"
}

/// An input as messages name it.
pub fn name(file: &Path) -> String {
    if is_stdin(file) {
        "standard input".to_owned()
    } else {
        file.display().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_is_understood_and_another_word_is_not() {
        let verbs = ["goroutines", "gc", "heap", "timeline", "threads"];
        let of = |typed| nearest(typed, verbs);
        assert_eq!(of("gorutines"), Some("goroutines"));
        assert_eq!(of("goroutine"), Some("goroutines"));
        assert_eq!(of("gor"), Some("goroutines"));
        assert_eq!(of("haep"), Some("heap"));
        assert_eq!(of("time-line"), Some("timeline"));
        assert_eq!(of("core.44457"), None);
        assert_eq!(of("app"), None);
        assert_eq!(of(""), None);
    }
}
