//! A message as the compiler prints it: the way back from a record to its line.
//!
//! What a record leaves out (an inlinable function's body, the rest of a remark) is not printed again.

use super::{Inlining, Message, Position, Step};
use bstr::BStr;
use std::fmt::{self, Display, Formatter};

impl Display for Position<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", BStr::new(self.file))?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if self.column > 0 {
            write!(f, ":{}", self.column)?;
        }
        Ok(())
    }
}

impl Display for Step<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flow {
                destination,
                source,
            } => write!(
                f,
                "  flow: {} ← {}:",
                BStr::new(destination),
                BStr::new(source)
            ),
            Self::From {
                expression,
                why,
                position,
            } => {
                write!(f, "    from {} ({})", BStr::new(expression), BStr::new(why))?;
                match position {
                    Some(position) => write!(f, " at {position}"),
                    None => Ok(()),
                }
            }
            Self::Truncated => f.write_str(
                "  warning: truncated explanation due to assignment cycle; see golang.org/issue/35518",
            ),
        }
    }
}

impl Display for Inlining<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Can { function, cost } => {
                write!(f, "can inline {}", BStr::new(function))?;
                match cost {
                    Some(cost) => write!(f, " with cost {cost} as: func() {{ }}"),
                    None => Ok(()),
                }
            }
            Self::Cannot { function, reason } => write!(
                f,
                "cannot inline {}: {}",
                BStr::new(function),
                BStr::new(reason)
            ),
            Self::Call { function } => write!(f, "inlining call to {}", BStr::new(function)),
            Self::Big { function } => write!(
                f,
                "function {} considered 'big'; reducing max cost of inlinees",
                BStr::new(function)
            ),
            Self::Note => f.write_str("should inline"),
        }
    }
}

impl Display for Message<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::EscapesToHeap { expression } => {
                write!(f, "{} escapes to heap", BStr::new(expression))
            }
            Self::MovedToHeap { name } => write!(f, "moved to heap: {}", BStr::new(name)),
            Self::DoesNotEscape {
                function: None,
                expression,
            } => write!(f, "{} does not escape", BStr::new(expression)),
            Self::DoesNotEscape {
                function: Some(function),
                expression,
            } => write!(
                f,
                "{} {} does not escape",
                BStr::new(function),
                BStr::new(expression)
            ),
            Self::LeakingParam { param } => write!(f, "leaking param: {}", BStr::new(param)),
            Self::LeakingParamContent { param } => {
                write!(f, "leaking param content: {}", BStr::new(param))
            }
            Self::LeakingParamToResult {
                param,
                result,
                level,
            } => write!(
                f,
                "leaking param: {} to result {} level={level}",
                BStr::new(param),
                BStr::new(result)
            ),
            Self::LeakingClosureReference { name } => {
                write!(f, "leaking closure reference {}", BStr::new(name))
            }
            Self::EscapeTitle {
                expression,
                function,
            } => {
                write!(f, "{} escapes to heap", BStr::new(expression))?;
                match function {
                    Some(function) => write!(f, " in {}:", BStr::new(function)),
                    None => f.write_str(":"),
                }
            }
            Self::LeakTitle {
                param,
                destination,
                function,
                derefs,
            } => {
                write!(
                    f,
                    "parameter {} leaks to {}",
                    BStr::new(param),
                    BStr::new(destination)
                )?;
                if let Some(function) = function {
                    write!(f, " for {}", BStr::new(function))?;
                }
                write!(f, " with derefs={derefs}:")
            }
            Self::Step(step) => step.fmt(f),
            Self::Inlining(inlining) => inlining.fmt(f),
            Self::Capture {
                function,
                by_reference,
                name,
            } => write!(
                f,
                "{} capturing by {}: {} (addr=false assign=false width=8)",
                BStr::new(function),
                if *by_reference { "ref" } else { "value" },
                BStr::new(name)
            ),
            Self::ZeroCopy => f.write_str("zero-copy string->[]byte conversion"),
            Self::BoundsCheck { slice: true } => f.write_str("Found IsSliceInBounds"),
            Self::BoundsCheck { slice: false } => f.write_str("Found IsInBounds"),
            other => write!(f, "{}", other.category().name()),
        }
    }
}
