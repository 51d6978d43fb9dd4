//! Floats with their width, printed as Go's `%v` prints them.

use std::fmt;

/// A `float32` or a `float64`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Float {
    /// A `float32`: eight or nine digits are all it means.
    Single(f32),
    /// A `float64`.
    Double(f64),
}

impl Float {
    /// The number as a double; exact for both widths.
    pub fn to_f64(self) -> f64 {
        match self {
            Self::Single(f) => f64::from(f),
            Self::Double(f) => f,
        }
    }

    /// `"NaN"`, `"+Inf"`, `"-Inf"`, or `None` for a number.
    pub fn special(self) -> Option<&'static str> {
        let f = self.to_f64();
        if f.is_nan() {
            Some("NaN")
        } else if f.is_infinite() {
            Some(if f > 0.0 { "+Inf" } else { "-Inf" })
        } else {
            None
        }
    }
}

impl fmt::Display for Float {
    /// Shortest digits that give the number back; an exponent below 1e-4 and from 1e21 on, with at least
    /// two digits (`fmt/format.go`, `fmtFloat` with verb `v`).
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(word) = self.special() {
            return out.write_str(word);
        }
        let scientific = match self {
            Self::Single(f) => format!("{f:e}"),
            Self::Double(f) => format!("{f:e}"),
        };
        let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        if (-4..21).contains(&exponent) {
            return match self {
                Self::Single(f) => write!(out, "{f}"),
                Self::Double(f) => write!(out, "{f}"),
            };
        }
        let sign = if exponent < 0 { '-' } else { '+' };
        write!(out, "{digits}e{sign}{:02}", exponent.unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use super::Float::{Double, Single};

    /// Expected texts are what `fmt.Println` of Go 1.27 prints.
    #[test]
    fn floats_print_as_go_prints_them() {
        for (float, text) in [
            (Double(0.0), "0"),
            (Double(-0.0), "-0"),
            (Double(1.5), "1.5"),
            (
                Double(100_000_000_000_000_000_000.0),
                "100000000000000000000",
            ),
            (Double(1e21), "1e+21"),
            (Double(1.25e300), "1.25e+300"),
            (Double(0.0001), "0.0001"),
            (Double(0.00001), "1e-05"),
            (Double(5e-324), "5e-324"),
            (Double(f64::NAN), "NaN"),
            (Double(f64::INFINITY), "+Inf"),
            (Double(f64::NEG_INFINITY), "-Inf"),
            (Single(0.1), "0.1"),
            (Single(f32::MAX), "3.4028235e+38"),
        ] {
            assert_eq!(float.to_string(), text);
        }
    }
}
