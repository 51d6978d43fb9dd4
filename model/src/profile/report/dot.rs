//! The graph for graphviz (internal/graph/dotgraph.go).

use super::super::graph::{
    Edge, Graph, Key, Names, Node, NodeTags, Tag, sorted_edges, sorted_tags,
};
use super::super::measure::{label, percentage, scale, whole};
use super::super::names::base;
use super::Report;
use regex::Regex;
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::LazyLock;

/// Labels that are shown at a node.
const MOST_TAGS: usize = 4;

impl Report {
    /// Writes it.
    ///
    /// # Errors
    ///
    /// When `out` does not take it.
    pub fn dot(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let trimmed = self.graph();
        let mut lines = self.header(&trimmed, true);
        lines.push("\nSee https://git.io/JfYMW for how to read the graph".to_owned());
        let mapping = self.profile.mappings.first();
        let title = mapping.filter(|of| !of.file.is_empty());
        let title = title.map_or(String::new(), |of| base(&of.file).to_owned());
        let named = if title.is_empty() { "unnamed" } else { &title };
        writeln!(out, "digraph \"{named}\" {{")?;
        writeln!(out, "node [style=filled fillcolor=\"#f8f8f8\"]")?;
        let first = lines.first().map_or(String::new(), |line| escaped(line));
        let label: Vec<String> = lines.iter().map(|line| escaped(line)).collect();
        write!(
            out,
            "subgraph cluster_L {{ \"{first}\" [shape=box fontsize=16 label=\"{}\\l\"",
            label.join("\\l")
        )?;
        if !title.is_empty() {
            write!(out, " tooltip=\"{title}\"")?;
        }
        writeln!(out, "] }}")?;
        if !trimmed.graph.shown.is_empty() {
            let drawing = Drawing {
                report: self,
                graph: &trimmed.graph,
                total: self.total,
            };
            drawing.draw(out)?;
        }
        writeln!(out, "}}")
    }
}

struct Drawing<'d> {
    report: &'d Report,
    graph: &'d Graph,
    total: i64,
}

impl Drawing<'_> {
    #[expect(clippy::cast_precision_loss, reason = "as pprof computes")]
    fn draw(&self, out: &mut dyn Write) -> io::Result<()> {
        let graph = self.graph;
        let flats = graph
            .iter()
            .map(|(_, node)| node.flat_value().wrapping_abs());
        let most = flats.max().unwrap_or(0) as f64;
        let mut numbers = HashMap::new();
        let mut tagged = HashMap::new();
        let mut edges = Vec::new();
        for (number, (id, node)) in (1..).zip(graph.iter()) {
            numbers.insert(id, number);
            self.node(node, number, most, out)?;
            tagged.insert(id, self.tags(node, number, out)?);
            edges.extend(graph.outs(node));
        }
        let names = &self.report.names;
        for (_, edge) in sorted_edges(graph, edges.into_iter(), names) {
            let number = |id| numbers.get(&id).copied().unwrap_or(0);
            let has_tags = tagged.get(&edge.src).copied().unwrap_or(false);
            self.edge(edge, number(edge.src), number(edge.dest), has_tags, out)?;
        }
        Ok(())
    }

    fn percent(&self, value: i64) -> String {
        percentage(value, self.total).trim().to_owned()
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "as pprof computes"
    )]
    fn node(&self, node: &Node, number: usize, most: f64, out: &mut dyn Write) -> io::Result<()> {
        let report = self.report;
        let (flat, cum) = (node.flat_value(), node.cum_value());
        let mut label = on_lines(&node.key, &report.names);
        let mut value = report.value(flat);
        if flat == 0 {
            label.push('0');
        } else {
            label = format!("{label}{value} ({})", self.percent(flat));
        }
        if cum != flat {
            label.push_str(if flat == 0 { " " } else { "\\n" });
            value = report.value(cum);
            label = format!("{label}of {value} ({})", self.percent(cum));
        }
        let size = flat.wrapping_abs() as f64;
        let size = if most != 0.0 && flat != 0 && size <= most {
            8 + (16.0 * (size / most).sqrt()).ceil() as i64
        } else {
            8
        };
        let score = cum as f64 / self.total.wrapping_abs() as f64;
        let name = escaped(&report.name(&node.key));
        writeln!(
            out,
            "N{number} [label=\"{label}\" id=\"node{number}\" fontsize={size} shape=box tooltip=\"{name} ({value})\" color=\"{}\" fillcolor=\"{}\"]",
            colour(score, false),
            colour(score, true)
        )
    }

    /// Writes what labels a node has; whether there were any.
    fn tags(&self, node: &Node, number: usize, out: &mut dyn Write) -> io::Result<bool> {
        let Some(tags) = &node.tags else {
            return Ok(false);
        };
        let NodeTags { labels, numbers } = tags.as_ref();
        let mut any = false;
        // What those called that are not shown is theirs as well.
        let flat = self.graph.outs(node).next().is_some();
        let sorted = sorted_tags(labels.values(), flat);
        for (index, tag) in sorted.into_iter().take(MOST_TAGS).enumerate() {
            let weight = if flat {
                tag.flat_value()
            } else {
                tag.cum_value()
            };
            if weight == 0 {
                continue;
            }
            any = true;
            let weight = self.report.value(weight);
            let (name, id) = (tag.name.replace('\n', "\\l"), format!("N{number}_{index}"));
            writeln!(
                out,
                "{id} [label = \"{name}\" id=\"{id}\" fontsize=8 shape=box3d tooltip=\"{weight}\"]"
            )?;
            writeln!(
                out,
                "N{number} -> {id} [label=\" {weight}\" weight=100 tooltip=\"{weight}\" labeltooltip=\"{weight}\"]"
            )?;
            if let Some(numbers) = numbers.get(&tag.name) {
                self.numbers(numbers, flat, &id, out)?;
            }
        }
        if let Some(numbers) = numbers.get("") {
            any |= self.numbers(numbers, flat, &format!("N{number}"), out)?;
        }
        Ok(any)
    }

    fn numbers(
        &self,
        tags: &BTreeMap<String, Tag>,
        flat: bool,
        source: &str,
        out: &mut dyn Write,
    ) -> io::Result<bool> {
        let mut any = false;
        for (index, tag) in collapsed(tags, flat).iter().enumerate() {
            let (own, whole) = (tag.flat_value(), tag.cum_value());
            let is_own = flat || own == whole;
            let weight = if is_own { own } else { whole };
            if weight == 0 {
                continue;
            }
            any = true;
            let dotted = if is_own { "" } else { " style=\"dotted\"" };
            let weight = self.report.value(weight);
            let (name, id) = (tag.name.replace('\n', "\\l"), format!("N{source}_{index}"));
            writeln!(
                out,
                "{id} [label = \"{name}\" id=\"{id}\" fontsize=8 shape=box3d tooltip=\"{weight}\"]"
            )?;
            writeln!(
                out,
                "{source} -> {id} [label=\" {weight}\" weight=100 tooltip=\"{weight}\" labeltooltip=\"{weight}\"{dotted}]"
            )?;
        }
        Ok(any)
    }

    #[expect(clippy::cast_precision_loss, reason = "as pprof computes")]
    fn edge(
        &self,
        edge: &Edge,
        from: usize,
        to: usize,
        has_tags: bool,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let value = edge.value();
        let weight = self.report.value(value);
        let inline = if edge.is_inline { "\\n (inline)" } else { "" };
        write!(out, "N{from} -> N{to} [label=\" {weight}{inline}\"")?;
        if self.total != 0 {
            let part = |times: i64| {
                let part = value.wrapping_mul(times).wrapping_div(self.total);
                1 + part.wrapping_abs().min(times)
            };
            for (name, times) in [("weight", 100), ("penwidth", 5)] {
                let part = part(times);
                if part > 1 {
                    write!(out, " {name}={part}")?;
                }
            }
            let score = value as f64 / self.total.wrapping_abs() as f64;
            write!(out, " color=\"{}\"", colour(score, false))?;
        }
        let arrow = if edge.is_residual { "..." } else { "->" };
        let name = |id| {
            let node = self.graph.node(id);
            node.map_or(String::new(), |node| escaped(&self.report.name(&node.key)))
        };
        let tooltip = format!(
            "\"{} {arrow} {} ({weight})\"",
            name(edge.src),
            name(edge.dest)
        );
        write!(out, " tooltip={tooltip} labeltooltip={tooltip}")?;
        if edge.is_residual {
            write!(out, " style=\"dotted\"")?;
        }
        if has_tags {
            write!(out, " minlen=2")?;
        }
        writeln!(out, "]")
    }
}

/// Numbers as a few of them, the others joined to the nearest.
fn collapsed(tags: &BTreeMap<String, Tag>, flat: bool) -> Vec<Tag> {
    let sorted = sorted_tags(tags.values(), flat);
    if sorted.len() <= MOST_TAGS {
        return sorted.into_iter().cloned().collect();
    }
    let (first, rest) = sorted.split_at(MOST_TAGS);
    let mut groups: Vec<Vec<&Tag>> = first.iter().map(|tag| vec![*tag]).collect();
    for tag in rest {
        let distances = first.iter().map(|of| distance(tag, of));
        let mut nearest = (0, f64::INFINITY);
        for (index, distance) in distances.enumerate() {
            if distance < nearest.1 {
                nearest = (index, distance);
            }
        }
        if let Some(group) = groups.get_mut(nearest.0) {
            group.push(tag);
        }
    }
    let joined: Vec<Tag> = groups.iter().map(|group| joined(group)).collect();
    sorted_tags(joined.iter(), flat)
        .into_iter()
        .cloned()
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "as pprof computes")]
fn distance(tag: &Tag, other: &Tag) -> f64 {
    (scale(other.value, &other.unit, &tag.unit).0 - tag.value as f64).abs()
}

fn joined(group: &[&Tag]) -> Tag {
    let [first, rest @ ..] = group else {
        return Tag::default();
    };
    if rest.is_empty() {
        return Tag {
            name: label(first.value, &first.unit),
            flat: first.flat_value(),
            cum: first.cum_value(),
            ..Tag::default()
        };
    }
    let (mut least, mut most) = (*first, *first);
    let mut sum = (*first).clone();
    for tag in rest {
        let value = |of: &Tag| whole(scale(tag.value, &tag.unit, &of.unit).0);
        if value(least) < least.value {
            least = tag;
        }
        if value(most) > most.value {
            most = tag;
        }
        sum.flat = sum.flat.wrapping_add(tag.flat);
        sum.flat_div = sum.flat_div.wrapping_add(tag.flat_div);
        sum.cum = sum.cum.wrapping_add(tag.cum);
        sum.cum_div = sum.cum_div.wrapping_add(tag.cum_div);
    }
    let (least, most) = (
        label(least.value, &least.unit),
        label(most.value, &most.unit),
    );
    Tag {
        name: format!("{least}..{most}"),
        flat: sum.flat_value(),
        cum: sum.cum_value(),
        ..Tag::default()
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\l")
}

/// A name on several lines, in the short form.
fn on_lines(key: &Key, names: &Names) -> String {
    let name = escaped(&shortened(names.name(key.name)));
    let name = name.replace("::", "\\n").replace("[...]", "[…]");
    let name = name.replace('.', "\\n");
    let file = match names.name(key.file) {
        "" => "",
        file => base(file),
    };
    let parts = key.parts(&name, file, names.name(key.object));
    format!("{}\\n", parts.join("\\n"))
}

/// Patterns of pprof that take package names and arguments away.
struct Shorten {
    anonymous: Regex,
    version: Regex,
    each: [Regex; 3],
}

static SHORTEN: LazyLock<Option<Shorten>> = LazyLock::new(|| {
    let new = |pattern: &str| Regex::new(pattern).ok();
    Some(Shorten {
        anonymous: new(r"^\(anonymous namespace\)::")?,
        version: new(r"^(.*?)/v(?:[2-9]|[1-9][0-9]+)([./].*)$")?,
        each: [
            new(r"^(?:[\w\-\.]+/)+([^.]+\..+)")?,
            new(r"^(?:[a-z]\w*\.)*([A-Z][\w\$]*\.(?:<init>|[a-z][\w\$]*(?:\$\d+)?))(?:(?:\()|$)")?,
            new(r"^(?:[_a-zA-Z]\w*::)+(_*[A-Z]\w*::~?[_a-zA-Z]\w*(?:<.*>)?)")?,
        ],
    })
});

/// A function's name without what a picture has no room for (internal/graph/graph.go:ShortenFunctionName).
pub(super) fn shortened(name: &str) -> String {
    let Some(shorten) = SHORTEN.as_ref() else {
        return name.to_owned();
    };
    let name = shorten.anonymous.replace_all(name, "");
    let name = shorten.version.replace_all(&name, "${1}${2}");
    for pattern in &shorten.each {
        let found = pattern.captures(&name);
        if let Some(short) = found.and_then(|found| found.get(1)) {
            return short.as_str().to_owned();
        }
    }
    name.into_owned()
}

/// Grey for nothing, red for what was added, green for what is gone.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "as pprof computes"
)]
fn colour(score: f64, is_background: bool) -> String {
    const SHIFT: f64 = 0.7;
    let (mut saturation, value) = if is_background {
        (0.1, 0.93)
    } else {
        (1.0, 0.7)
    };
    // Nothing of nothing is no number, and stays so: what it makes black is black in pprof's pictures too.
    let mut score = score.clamp(-1.0, 1.0);
    if score.abs() < 0.2 {
        saturation *= score.abs() / 0.2;
    }
    if score != 0.0 {
        score = score.abs().powf(1.0 - SHIFT).copysign(score);
    }
    let (red, green) = if score < 0.0 {
        (value * (1.0 + saturation * score), value)
    } else {
        (value, value * (1.0 - saturation * score))
    };
    let blue = value * (1.0 - saturation);
    let byte = |part: f64| (part * 255.0) as u8;
    format!("#{:02x}{:02x}{:02x}", byte(red), byte(green), byte(blue))
}
