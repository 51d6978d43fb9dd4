//! Quantities as people say them. JSON keeps the exact numbers.

/// Bytes in IEC units: `512 B`, `1.4 GiB`.
#[expect(clippy::cast_precision_loss, reason = "shown with two digits")]
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut value = n as f64;
    let mut shown = None;
    for unit in UNITS {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        shown = Some(unit);
    }
    shown.map_or_else(|| format!("{n} B"), |unit| format!("{value:.1} {unit}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_those_a_person_would_say() {
        assert_eq!(bytes(512), "512 B");
        assert_eq!(bytes(1_503_238_553), "1.4 GiB");
    }
}
