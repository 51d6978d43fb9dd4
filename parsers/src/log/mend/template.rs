//! The one-line traces as sequences of tokens: what the runtime writes in one system call each.
//!
//! Every argument of the runtime's `print` is a write of its own (runtime/print.go, write_err.go), so anything
//! else on the same descriptor may land between two tokens, and never inside one. These tables are only for
//! lines that are not whole; once its tokens are together again, a record is read like any other.

use crate::scan::{self, Scan};

/// A token, or where to go on.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// These bytes.
    Lit(&'static str),
    /// A number, or a word that stands for one.
    Num(Form),
    /// Any words, up to the literal that follows.
    Text,
    /// The path of a package, up to the literal that follows.
    Path,
    /// The literal that follows; when it does not stand here, on at that step.
    Or(usize),
    /// On at that step.
    Jump(usize),
    /// The line's end.
    End,
}

/// What a number looks like.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    Int,
    Signed,
    Seconds,
    Millis,
    Float,
    /// A number or `nil`.
    Id,
    /// `0`, `1`, `false`, `true`.
    Flag,
}

use Form::{Flag, Float, Id, Int, Millis, Seconds, Signed};
use Step::{End, Jump, Lit, Num, Or, Path, Text};

impl Form {
    /// Takes one off.
    pub(super) fn scan(self, input: &[u8]) -> Scan<'_, ()> {
        let rest = match self {
            Int => scan::int(input)?.0,
            Signed => scan::signed(input)?.0,
            Seconds => scan::seconds(input)?.0,
            Millis => scan::millis(input)?.0,
            Float => scan::float(input)?.0,
            Id => match scan::maybe("nil", input) {
                (rest, true) => rest,
                _ => scan::signed(input)?.0,
            },
            Flag => {
                let words = ["false", "true", "0", "1"];
                match words
                    .iter()
                    .find_map(|word| input.strip_prefix(word.as_bytes()))
                {
                    Some(rest) => rest,
                    None => return scan::fail(input),
                }
            }
        };
        Ok((rest, ()))
    }
}

/// A kind of line.
#[derive(Debug)]
pub(super) struct Template {
    /// The folder of its format.
    pub format: &'static str,
    pub steps: &'static [Step],
    /// What stops before this step might be anything's words.
    pub credible: usize,
}

impl Template {
    pub(super) fn step(&self, at: usize) -> Step {
        self.steps.get(at).copied().unwrap_or(End)
    }

    /// The token that stands at the front of `rest`, of those that may come at `state`.
    pub(super) fn token(&self, state: usize, rest: &[u8]) -> Option<usize> {
        self.alternatives(state)
            .find(|&step| match self.step(step) {
                Lit(literal) => rest.starts_with(literal.as_bytes()),
                Num(form) => form.scan(rest).is_ok(),
                Text | Path => true,
                End => rest.is_empty(),
                Or(_) | Jump(_) => false,
            })
    }

    /// The literals that may come at `state`.
    pub(super) fn literals(&self, state: usize) -> impl Iterator<Item = &'static str> {
        self.alternatives(state)
            .filter_map(|step| match self.step(step) {
                Lit(literal) => Some(literal),
                _ => None,
            })
    }

    /// The step of the number that may come at `state`, and its form.
    pub(super) fn number(&self, state: usize) -> Option<(usize, Form)> {
        self.alternatives(state)
            .find_map(|step| match self.step(step) {
                Num(form) => Some((step, form)),
                _ => None,
            })
    }

    /// The tokens that may come at `state`.
    fn alternatives(&self, state: usize) -> impl Iterator<Item = usize> {
        let mut next = Some(state);
        // There are fewer forks in a row than this.
        (0..8).filter_map(move |_| {
            let at = next?;
            match self.step(at) {
                Or(other) => {
                    next = Some(other);
                    Some(at + 1)
                }
                Jump(to) => {
                    next = Some(to);
                    None
                }
                _ => {
                    next = None;
                    Some(at)
                }
            }
        })
    }
}

/// Steps are counted at the right where something goes there.
pub(super) static TEMPLATES: [Template; 13] = [
    Template {
        format: "gctrace",
        credible: 7,
        #[rustfmt::skip]
        steps: &[
            Lit("gc "), Num(Int), Lit(" @"), Num(Seconds), Lit("s "), Num(Int), Lit("%"),
            Or(9), Lit(" (checking for goroutine leaks)"),
            Lit(": "), Num(Millis), Lit("+"), Num(Millis), Lit("+"), Num(Millis),       // 9
            Or(20), Lit("+"), Num(Millis), Lit("+"), Num(Millis),                       // 15
            Lit(" ms clock, "), Num(Millis), Lit("+"), Num(Millis),                     // 20
            Or(29), Lit("+"), Num(Millis), Lit("+"), Num(Millis),                       // 24
            Lit("/"), Num(Millis), Lit("/"), Num(Millis), Lit("+"), Num(Millis),        // 29
            Lit(" ms cpu, "), Num(Int), Lit("->"), Num(Int), Lit("->"), Num(Int),       // 35
            Lit(" MB, "), Num(Int), Lit(" MB goal, "), Num(Int),                        // 41
            Or(50), Lit(" MB stacks, "), Num(Int), Lit(" MB globals, "), Num(Int),      // 45
            Lit(" P"), Or(53), Lit(" (forced)"), End,                                   // 50
        ],
    },
    Template {
        format: "gctrace",
        credible: 5,
        #[rustfmt::skip]
        steps: &[
            Lit("gc"), Num(Int), Lit("("), Num(Int), Lit("): "), Num(Int), Lit("+"), Num(Int), Lit("+"),
            Num(Int), Lit("+"), Num(Int), Lit(" us, "), Num(Int), Lit(" -> "), Num(Int), Lit(" MB, "),
            Num(Int), Lit(" ("), Num(Int), Lit("-"), Num(Int), Lit(") objects,"), Lit(" "), Num(Int),
            Or(29), Lit(" goroutines,"), Lit(" "), Num(Int),                            // 25
            Lit("/"), Num(Int), Lit("/"), Num(Int), Lit(" sweeps, "),                   // 29
            Num(Int), Lit("("), Num(Int), Lit(") handoff, "), Num(Int), Lit("("), Num(Int), Lit(") steal, "),
            Num(Int), Lit("/"), Num(Int), Lit("/"), Num(Int), Lit(" yields"), End,
        ],
    },
    Template {
        format: "gctrace",
        credible: 2,
        #[rustfmt::skip]
        steps: &[
            Lit("scan: "), Or(4), Lit("total "), Jump(10),
            Lit("class "), Or(8), Lit("L "), Jump(10),                                  // 4
            Num(Int), Lit("B "),                                                        // 8
            Num(Int), Or(23), Lit("+"), Num(Int), Lit("+"), Num(Int), Lit("="), Num(Int), // 10
            Lit(" objs"), Lit(", "), Num(Int), Lit("+"), Jump(25),                      // 18
            Lit(" objs"), End,                                                          // 23
            Num(Int), Lit("="), Num(Int), Lit(" spans"), End,                           // 25
        ],
    },
    Template {
        format: "scavtrace",
        credible: 3,
        #[rustfmt::skip]
        steps: &[
            Lit("scav "), Num(Int), Or(8), Lit(" KiB work (bg), "), Num(Int), Lit(" KiB work (eager), "),
            Num(Int), Jump(13),
            Lit(" KiB work, "), Num(Int), Lit(" KiB total, "), Num(Int), Jump(15),      // 8
            Lit(" KiB now, "), Num(Int),                                                // 13
            Lit("% util"), Or(18), Lit(" (forced)"),                                    // 15
            Or(20), Lit(" [controller reset]"), End,                                    // 18
        ],
    },
    Template {
        format: "pacertrace",
        credible: 1,
        #[rustfmt::skip]
        steps: &[
            Lit("pacer: assist ratio="), Num(Float), Lit(" (scan "), Num(Int), Lit(" MB in "), Num(Int),
            Lit("->"), Num(Int), Lit(" MB)"), Lit(" workers="), Num(Int), Lit("+"), Num(Float), End,
        ],
    },
    Template {
        format: "pacertrace",
        credible: 1,
        #[rustfmt::skip]
        steps: &[
            Lit("pacer: sweep done at heap size "), Num(Int), Lit("MB; allocated "), Num(Int),
            Lit("MB during sweep; swept "), Num(Int), Lit(" pages at "), Num(Float), Lit(" pages/byte"), End,
        ],
    },
    Template {
        format: "pacertrace",
        credible: 3,
        #[rustfmt::skip]
        steps: &[
            Lit("pacer: "), Num(Signed), Lit("% CPU ("), Num(Signed), Lit(" exp.) for "), Num(Int), Lit("+"),
            Num(Int), Lit("+"), Num(Int), Lit(" B work ("), Num(Int), Lit(" B exp.) "), Lit("in "), Num(Int),
            Lit(" B -> "), Num(Int), Lit(" B (∆goal "), Num(Signed), Lit(", cons/mark "), Num(Float), Lit(")"),
            Or(24), Lit("[controller reset]"), End,                                     // 22
        ],
    },
    Template {
        format: "inittrace",
        credible: 5,
        #[rustfmt::skip]
        steps: &[
            Lit("init "), Path, Lit(" @"), Num(Millis), Lit(" ms, "), Num(Millis), Lit(" ms clock, "), Num(Int),
            Lit(" bytes, "), Num(Int), Lit(" allocs"), End,
        ],
    },
    Template {
        format: "checkfinalizers",
        credible: 1,
        #[rustfmt::skip]
        steps: &[
            Lit("checkfinalizers: queue:"), Lit(" "), Num(Int), Lit(" "), Lit("finalizers +"), Lit(" "),
            Num(Int), Lit(" "), Lit("cleanups"), End,
        ],
    },
    Template {
        format: "schedtrace",
        credible: 3,
        #[rustfmt::skip]
        steps: &[
            Lit("SCHED "), Num(Int), Lit("ms: gomaxprocs="), Num(Int), Lit(" idleprocs="), Num(Int),
            Lit(" threads="), Num(Int),
            Or(11), Lit(" spinningthreads="), Num(Int),                                 // 8
            Or(14), Lit(" needspinning="), Num(Int),                                    // 11
            Lit(" idlethreads="), Num(Int), Lit(" runqueue="), Num(Int),                // 14
            Or(28), Lit(" gcwaiting="), Num(Flag), Lit(" nmidlelocked="), Num(Signed), Lit(" stopwait="),
            Num(Signed), Lit(" sysmonwait="), Num(Flag), End,                           // 24
            Lit(" "), Or(44), Lit("[ "), Num(Int),                                      // 28
            Or(35), Lit(" ]"), Jump(37),                                                // 32
            Lit(" "), Jump(31),                                                         // 35
            Lit(" schedticks=[ "), Num(Int), Lit(" "),                                  // 37
            Or(43), Lit("]"), End, Jump(38),                                            // 40
            Lit("["), Num(Int),                                                         // 44
            Or(49), Lit("]"), End,                                                      // 46
            Lit(" "), Jump(45),                                                         // 49
        ],
    },
    Template {
        format: "schedtrace",
        credible: 3,
        #[rustfmt::skip]
        steps: &[
            Lit("  P"), Num(Int), Lit(": status="), Num(Int), Lit(" schedtick="), Num(Int), Lit(" syscalltick="),
            Num(Int), Lit(" m="), Num(Id), Lit(" runqsize="), Num(Int), Or(15), Lit("/"), Num(Int),
            Lit(" gfreecnt="), Num(Int), Or(20), Lit(" timerslen="), Num(Int), End,     // 15
        ],
    },
    Template {
        format: "schedtrace",
        credible: 3,
        #[rustfmt::skip]
        steps: &[
            Lit("  M"), Num(Int), Lit(": p="), Num(Id), Lit(" curg="), Num(Id), Lit(" mallocing="), Num(Signed),
            Lit(" throwing="), Num(Signed), Lit(" preemptoff="), Text, Lit(" locks="), Num(Signed),
            Lit(" dying="), Num(Signed),
            Or(19), Lit(" helpgc="), Num(Signed),                                       // 16
            Lit(" spinning="), Num(Flag),                                               // 19
            Or(24), Lit(" blocked="), Num(Flag),                                        // 21
            Lit(" lockedg="), Num(Id), End,                                             // 24
        ],
    },
    Template {
        format: "schedtrace",
        credible: 3,
        #[rustfmt::skip]
        steps: &[
            Lit("  G"), Num(Int), Lit(": status="), Num(Int), Lit("("), Text, Lit(") m="), Num(Id),
            Lit(" lockedm="), Num(Id), End,
        ],
    },
];
