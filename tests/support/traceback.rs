//! The runtime's own traceback, read in the simplest way that works for `GOTRACEBACK=crash`.
//!
//! Independent of the parsers of this project on purpose: it is the other opinion.

use std::collections::BTreeMap;

/// A frame as printed: generics as `F[...]`, `runtime.gopanic` as `panic`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Function without arguments.
    pub function: String,
    /// File as printed.
    pub file: String,
    /// Line.
    pub line: u64,
}

/// One goroutine's paragraph.
#[derive(Clone, Debug, Default)]
pub struct Goroutine {
    /// The text in brackets up to the first comma: a status, or a wait reason.
    pub state: String,
    /// Frames before the first gap.
    pub frames: Vec<Frame>,
    /// Frames after `…frames elided…`, when there was a gap.
    pub after_gap: Option<Vec<Frame>>,
    /// Function of the `created by` line, and the creator's id when printed.
    pub created_by: Option<(Frame, Option<u64>)>,
}

/// What a dying Go process wrote to stderr.
#[derive(Default)]
pub struct Traceback {
    /// By id, without the g0s (id 0).
    pub goroutines: BTreeMap<u64, Goroutine>,
    /// The goroutine of the first paragraph that is not a g0's.
    pub first: Option<u64>,
    /// `panic: …` lines, oldest first, with lines that continue them.
    pub panics: Vec<String>,
    /// Text after `fatal error: `.
    pub fatal: Option<String>,
    /// How often a fatal error was announced: of two goroutines that run at once both may do so.
    #[allow(dead_code, reason = "only the tests of deaths ask")]
    pub fatals: usize,
    /// The signal of `[signal SIGSEGV: … addr=0x0 …]`, with its address.
    pub signal: Option<(String, u64)>,
}

impl Traceback {
    /// Reads the text; what is not a traceback in it is passed over.
    pub fn parse(text: &str) -> Self {
        let mut out = Self {
            fatals: text.matches("fatal error: ").count(),
            ..Self::default()
        };
        out.head(text);
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            let Some((id, state)) = header(line) else {
                continue;
            };
            let mut g = Goroutine {
                state,
                ..Goroutine::default()
            };
            while let Some(function) = lines.next_if(|l| !l.is_empty()) {
                if function.contains("frames elided...") {
                    g.after_gap = Some(Vec::new());
                    continue;
                }
                let place = lines.peek().copied().and_then(place);
                let Some((file, line)) = place else { continue };
                lines.next();
                if let Some(creator) = function.strip_prefix("created by ") {
                    let (name, id) = match creator.split_once(" in goroutine ") {
                        Some((name, id)) => (name, id.parse().ok()),
                        None => (creator, None),
                    };
                    let function = name.to_owned();
                    g.created_by = Some((
                        Frame {
                            function,
                            file,
                            line,
                        },
                        id,
                    ));
                    continue;
                }
                let Some(open) = function.rfind('(') else {
                    continue;
                };
                let function = function[..open].to_owned();
                let frames = g.after_gap.as_mut().unwrap_or(&mut g.frames);
                frames.push(Frame {
                    function,
                    file,
                    line,
                });
            }
            if id == 0 {
                continue;
            }
            out.first.get_or_insert(id);
            // A goroutine on another thread is printed a second time by that thread, then with its frames.
            let known = out.goroutines.entry(id).or_default();
            if known.frames.is_empty() {
                *known = g;
            }
        }
        out
    }

    /// Everything before the first goroutine: why it dies.
    fn head(&mut self, text: &str) {
        let mut current: Option<String> = None;
        for line in text.lines() {
            if header(line).is_some() || line == "runtime stack:" {
                break;
            }
            if let Some(rest) = line.strip_prefix("[signal ") {
                let name = rest.split(':').next().unwrap_or_default().to_owned();
                let addr = rest
                    .split("addr=0x")
                    .nth(1)
                    .and_then(|a| u64::from_str_radix(a.split(' ').next()?, 16).ok());
                self.signal = addr.map(|a| (name, a));
                continue;
            }
            if let Some(text) = line.strip_prefix("fatal error: ") {
                self.fatal.get_or_insert(text.to_owned());
            }
            if let Some(text) = line.trim_start_matches('\t').strip_prefix("panic: ") {
                self.panics.extend(current.replace(text.to_owned()));
            } else if let Some(open) = &mut current {
                if line.is_empty() {
                    break;
                }
                open.push('\n');
                open.push_str(line.strip_prefix('\t').unwrap_or(line));
            }
        }
        self.panics.extend(current);
    }
}

/// `goroutine 7 gp=0xc000006c40 m=nil [chan receive, 2 minutes]:`, the middle since 1.23, labels since 1.26.
fn header(line: &str) -> Option<(u64, String)> {
    let rest = line.strip_prefix("goroutine ")?;
    if !rest.ends_with(':') {
        return None;
    }
    let (id, rest) = rest.split_once(' ')?;
    let (_, rest) = rest.split_once('[')?;
    let (state, _) = rest.split_once(']')?;
    let state = state.split(", ").next().unwrap_or(state);
    Some((id.parse().ok()?, state.to_owned()))
}

/// `\t/path/file.go:18 +0x5e fp=… sp=… pc=…`.
fn place(line: &str) -> Option<(String, u64)> {
    let line = line.strip_prefix('\t')?;
    let line = line.split(" +0x").next()?.split(" fp=0x").next()?;
    let (file, number) = line.rsplit_once(':')?;
    Some((file.to_owned(), number.parse().ok()?))
}
