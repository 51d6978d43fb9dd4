//! GitHub workflow commands: `::notice file=…,line=…,col=…,title=…::message`.

use super::{Report, sarif};
use dumpview_view::safe::safe;
use std::io::{self, Write};

/// Escapes the message of a command, for the command and for whoever sees it in a terminal or a log.
fn data(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(safe).collect();
    lines.join("\n").replace('%', "%25").replace('\n', "%0A")
}

/// Escapes a property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for decision in report.findings() {
        let analysis = report.analysis;
        let file = analysis.text(decision.place.file).replace('\\', "/");
        // A finding in no file of the repository has no line to stand at.
        if file.starts_with('<') {
            continue;
        }
        let title = decision.kind().about();
        writeln!(
            out,
            "::warning file={},line={},col={},title={}::{}",
            property(file.strip_prefix("./").unwrap_or(&file)),
            decision.place.line,
            decision.place.column.max(1),
            property(title),
            data(&sarif::message(report, decision))
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{data, property};

    #[test]
    fn commands_cannot_be_broken_out_of() {
        assert_eq!(data("100%\n::error::x"), "100%25%0A::error::x");
        assert_eq!(property("a:b,c"), "a%3Ab%2Cc");
    }
}
