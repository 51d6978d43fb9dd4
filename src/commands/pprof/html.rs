//! A profile as one page for a browser, to be sent to somebody who has nothing but that: what matters, the flame graph with zoom
//! and search, the functions. Nothing is fetched.

use super::flame::picture;
use dumpview_model::profile::{Flame, Report, Row, Verdict};
use dumpview_view::safe::markup;
use std::io::{self, Write};

const HEAD: &str = r#"<meta charset="utf-8">
<style>
body{font:14px/1.4 sans-serif;margin:1em;color:#222;background:#fff} h1{font-size:18px} svg{max-width:100%;height:auto}
table{border-collapse:collapse;font:12px monospace} td,th{padding:1px 8px;text-align:right} td:last-child,th:last-child{text-align:left}
li{margin:.3em 0} input{font:14px monospace;width:24em} tr:hover{background:#eee}
</style>
"#;

/// Searching in the page searches in the picture and in the table.
const SCRIPT: &str = r#"
document.getElementById("search").addEventListener("input", function () {
  var word = this.value, pattern = null;
  search(word);
  try { pattern = word ? new RegExp(word) : null; } catch (e) { return; }
  document.querySelectorAll("tr[data-n]").forEach(function (row) {
    row.style.display = pattern === null || pattern.test(row.dataset.n) ? "" : "none";
  });
});
"#;

/// What stands on the page.
pub struct Parts<'a> {
    /// What matters.
    pub judged: &'a Verdict,
    /// The tree of calls.
    pub flame: &'a Flame,
    /// Functions, in order.
    pub rows: &'a [Row],
}

/// Writes the page.
pub fn page(report: &Report, parts: &Parts<'_>, out: &mut dyn Write) -> io::Result<()> {
    let about = report.about();
    let title = markup(about.first().map_or("profile", String::as_str));
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\"><head><title>{title}</title>\n{HEAD}</head><body>\n<h1>{title}</h1>\n<p>"
    )?;
    for line in &about {
        writeln!(out, "{}<br>", markup(line))?;
    }
    writeln!(out, "Total: {}</p>\n<ul>", report.value(report.total))?;
    for of in parts
        .judged
        .of
        .iter()
        .filter(|_| !parts.judged.findings.is_empty())
    {
        writeln!(out, "<li>{}</li>", markup(of))?;
    }
    for finding in &parts.judged.findings {
        writeln!(out, "<li>{}</li>", markup(&finding.text))?;
    }
    writeln!(
        out,
        "</ul>\n<p><input id=\"search\" placeholder=\"search: a regular expression\"></p>"
    )?;
    picture(parts.flame, out)?;
    writeln!(
        out,
        "<table>\n<tr><th>flat</th><th>flat%</th><th>cum</th><th>cum%</th><th>function</th></tr>"
    )?;
    for row in parts.rows {
        let name = markup(&row.name);
        writeln!(
            out,
            "<tr data-n=\"{name}\"><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{name}</td></tr>",
            markup(&report.value(row.flat)),
            report.percent(row.flat).trim(),
            markup(&report.value(row.cum)),
            report.percent(row.cum).trim(),
        )?;
    }
    writeln!(out, "</table>\n<script>{SCRIPT}</script>\n</body></html>")
}
