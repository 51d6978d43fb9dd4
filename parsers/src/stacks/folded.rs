//! Folded stacks (`github.com/brendangregg/FlameGraph`, stackcollapse-*.pl): `main;work;step 12`, the outermost call first. Two numbers
//! are a difference (difffolded.pl): how often before, how often after.

/// A line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FoldedLine<'a> {
    /// The calls, between semicolons, the outermost first.
    pub stack: &'a str,
    /// How often it was seen before, where the line is of a difference.
    pub before: Option<i64>,
    /// How often it was seen.
    pub count: i64,
}

/// Reads a line; `None` when it is none.
pub fn folded_line(line: &str) -> Option<FoldedLine<'_>> {
    let line = line.trim_end();
    let (stack, count) = last_number(line)?;
    let (stack, before) = match last_number(stack) {
        // A call may end in a number: where no semicolon stands before it, there is but one number.
        Some((shorter, before)) if !shorter.is_empty() => (shorter, Some(before)),
        _ => (stack, None),
    };
    let is_stack = !stack.is_empty() && !stack.starts_with(char::is_whitespace);
    is_stack.then_some(FoldedLine {
        stack,
        before,
        count,
    })
}

/// The whole number at the end of a line, and what stands before it. Fractions, which some tools write, are cut off.
fn last_number(line: &str) -> Option<(&str, i64)> {
    let (before, number) = line.rsplit_once(' ')?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    Some((before.trim_end(), whole.parse().ok()?))
}

/// Whether a text that begins so consists of folded stacks: every line is one, and almost all have several calls. `is_whole`
/// says whether the last line is whole.
pub fn recognizes_folded(head: &[u8], is_whole: bool) -> bool {
    let Ok(text) = std::str::from_utf8(head).or_else(|error| {
        let (valid, _) = head.split_at(error.valid_up_to());
        std::str::from_utf8(valid)
    }) else {
        return false;
    };
    let text = if is_whole {
        text
    } else {
        text.rsplit_once('\n').map_or("", |(lines, _)| lines)
    };
    let (mut lines, mut deep) = (0usize, 0usize);
    for line in text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let Some(folded) = folded_line(line) else {
            return false;
        };
        lines += 1;
        deep += usize::from(folded.stack.contains(';'));
    }
    lines > 0 && deep * 10 >= lines * 9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_have_one_number_or_two() {
        let line = folded_line("main;work [k];f 12").unwrap();
        assert_eq!(
            (line.stack, line.before, line.count),
            ("main;work [k];f", None, 12)
        );
        let line = folded_line("main;work 3 12\r").unwrap();
        assert_eq!(
            (line.stack, line.before, line.count),
            ("main;work", Some(3), 12)
        );
        assert_eq!(folded_line("a;b 1.5").unwrap().count, 1);
        for text in [
            "",
            "12",
            "main;work",
            "main;work x",
            " main 3",
            "main 99999999999999999999",
        ] {
            assert_eq!(folded_line(text), None, "{text}");
        }
    }

    #[test]
    fn logs_are_no_stacks() {
        assert!(recognizes_folded(b"# comment\na;b 1\na;c 2\n", true));
        assert!(recognizes_folded(b"a;b 1\na;c", false));
        assert!(!recognizes_folded(b"a;b 1\na;c", true));
        assert!(!recognizes_folded(b"listening on port 8080\n", true));
        assert!(!recognizes_folded(b"", true));
        assert!(!recognizes_folded(b"\xff\xfe", true));
    }
}
