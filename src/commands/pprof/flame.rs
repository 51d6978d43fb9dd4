//! The tree of calls as text, as a picture that needs nothing but a browser, and for speedscope.

use super::text::Escaping;
use dumpview_model::profile::measure::{label, percentage};
use dumpview_model::profile::{Flame, FlameNode};
use dumpview_view::json::write as write_json;
use dumpview_view::safe::markup;
use serde_json::json;
use std::collections::HashMap;
use std::io::{self, Write};

const LEFT: f64 = 10.0;
const WIDTH: f64 = 1180.0;
const TOP: usize = 60;
const ROW: usize = 17;
/// What is narrower than this, in a picture that is not zoomed, is drawn nevertheless: zooming shows it. What is less than a
/// millionth of all is not.
pub const LEAST: f64 = 1e-6;

/// So many levels are indented.
const DEEPEST: usize = 200;

/// The tree as lines, without what is less than `fraction` of all.
pub fn text(flame: &Flame, fraction: f64, out: &mut Escaping<'_>) -> io::Result<()> {
    let total = flame.nodes.first().map_or(0, FlameNode::width);
    let least = share_of(total, fraction);
    out.line(&format!("Type: {}", flame.sample_type))?;
    let heading = if flame.is_difference {
        let (before, now) = flame.sides();
        format!("{before:>10} {now:>10} {:>10}", "change")
    } else {
        format!("{:>10} {:>6} {:>10}", "cum", "cum%", "flat")
    };
    out.line(&heading)?;
    let amount = |value: i64| label(value, &flame.unit);
    for node in flame.nodes.iter().filter(|node| node.width() >= least) {
        // Deeper ones say how deep they are: what calls itself a hundred thousand times would be more blanks than names.
        let indent = match node.depth {
            depth @ ..=DEEPEST => "  ".repeat(depth),
            depth => format!("{}{depth}: ", "  ".repeat(DEEPEST)),
        };
        let numbers = if flame.is_difference {
            format!(
                "{:>10} {:>10} {:>10}",
                amount(node.before),
                amount(node.value),
                flame.change(node)
            )
        } else {
            let share = percentage(node.value, flame.total);
            format!(
                "{:>10} {share} {:>10}",
                amount(node.value),
                amount(node.own)
            )
        };
        out.line(&format!("{numbers}  {indent}{}", node.name))?;
    }
    Ok(())
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a threshold"
)]
fn share_of(total: u64, fraction: f64) -> u64 {
    (total as f64 * fraction) as u64
}

#[expect(clippy::cast_precision_loss, reason = "a place in a picture")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// A colour: of a difference red for what grew and blue for what shrank, by how much; else by the package.
fn colour(node: &FlameNode, is_difference: bool) -> String {
    if is_difference {
        let change = i128::from(node.value) - i128::from(node.before);
        let of = u64::try_from(change.unsigned_abs()).unwrap_or(u64::MAX);
        let strength = ratio(of, node.width()).min(1.0);
        let pale = 235.0 - strength * 135.0;
        return match change {
            0 => "rgb(225,225,225)".to_owned(),
            1.. => format!("rgb(240,{pale:.0},{pale:.0})"),
            _ => format!("rgb({pale:.0},{pale:.0},240)"),
        };
    }
    let package = node.name.rsplit_once('/').map_or(0, |(path, _)| path.len());
    let end = node.name.get(package..).and_then(|rest| rest.find('.'));
    let package = node
        .name
        .get(..package + end.unwrap_or(0))
        .unwrap_or_default();
    let hash = package.bytes().fold(7u32, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u32::from(byte))
    });
    format!("hsl({},65%,{}%)", 20 + hash % 40, 60 + hash / 64 % 15)
}

/// A flame graph as one file.
pub fn svg(flame: &Flame, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    picture(flame, out)
}

/// The picture, with names and the few lines that zoom and search.
pub fn picture(flame: &Flame, out: &mut dyn Write) -> io::Result<()> {
    let total = flame.nodes.first().map_or(0, FlameNode::width);
    let nodes = flame.nodes.iter();
    let shown = |node: &&FlameNode| ratio(node.width(), total) >= LEAST;
    let depth = nodes.clone().filter(shown).map(|node| node.depth).max();
    let height = TOP + (depth.unwrap_or(0) + 2) * ROW;
    let title = markup(&format!("{} ({})", flame.sample_type, flame.unit));
    writeln!(
        out,
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 {height}" width="1200" height="{height}" font-family="monospace" font-size="12">
<style>g.f{{cursor:pointer}} g.f:hover rect{{stroke:#000}} .b{{cursor:pointer;fill:#555}}</style>
<rect width="100%" height="100%" fill="#fdfdf8"/>
<text x="600" y="20" text-anchor="middle" font-size="16">{title}</text>
<text id="reset" class="b" x="10" y="20">reset zoom</text>
<text id="found" class="b" x="1190" y="20" text-anchor="end">search</text>
<text id="details" x="10" y="42"> </text>"##
    )?;
    // Where the next node of each depth begins.
    let mut next: Vec<u64> = vec![0];
    for node in nodes {
        let start = next.get(node.depth).copied().unwrap_or(0);
        next.truncate(node.depth + 1);
        if let Some(next) = next.last_mut() {
            *next = start.saturating_add(node.width());
        }
        next.push(start);
        if !shown(&node) {
            continue;
        }
        let amount = label(node.value, &flame.unit);
        let told = if flame.is_difference {
            let (before, now) = flame.sides();
            format!(
                "{} {before}, {amount} {now}, {}",
                label(node.before, &flame.unit),
                flame.change(node)
            )
        } else {
            format!("{amount}, {}", percentage(node.value, flame.total).trim())
        };
        let name = markup(&node.name);
        let (x, width) = (
            LEFT + ratio(start, total) * WIDTH,
            ratio(node.width(), total) * WIDTH,
        );
        let y = TOP + node.depth * ROW;
        writeln!(
            out,
            r#"<g class="f" data-x="{start}" data-w="{}" data-d="{}" data-n="{name}"><title>{name}: {}</title><rect x="{x:.2}" y="{y}" width="{width:.2}" height="16" rx="1" fill="{}"/><text x="{:.2}" y="{}"></text></g>"#,
            node.width(),
            node.depth,
            markup(&told),
            colour(node, flame.is_difference),
            x + 3.0,
            y + 12,
        )?;
    }
    writeln!(
        out,
        "<script><![CDATA[\n{}]]></script>\n</svg>",
        include_str!("flame.js")
    )
}

/// Stacks as `speedscope.app` opens them (its file-format-schema.json). Weights there are never negative: of a difference what is
/// more and what is less are two profiles of the file, which together have all of it.
pub fn speedscope(flame: &Flame, out: &mut dyn Write) -> io::Result<()> {
    let mut frames: Vec<serde_json::Value> = Vec::new();
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let (mut more, mut less) = (Weighed::default(), Weighed::default());
    let mut stack: Vec<usize> = Vec::new();
    // The first node is the whole, and no call.
    for node in flame.nodes.iter().skip(1) {
        let number = *numbers.entry(&node.name).or_insert_with(|| {
            frames.push(json!({ "name": node.name }));
            frames.len() - 1
        });
        stack.truncate(node.depth.saturating_sub(1));
        stack.push(number);
        match node.own.saturating_sub(node.own_before) {
            0 => {}
            own @ 1.. => more.add(&stack, own),
            own => less.add(&stack, own.saturating_neg()),
        }
    }
    let kind = &flame.sample_type;
    let profiles = if flame.is_difference {
        vec![
            more.profile(&format!("{kind}: what is more"), &flame.unit),
            less.profile(&format!("{kind}: what is less"), &flame.unit),
        ]
    } else {
        vec![more.profile(kind, &flame.unit)]
    };
    let document = json!({
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "exporter": "dumpview",
        "shared": { "frames": frames },
        "profiles": profiles,
    });
    write_json(&mut *out, &document)?;
    writeln!(out)
}

/// Stacks with what each of them weighs.
#[derive(Default)]
struct Weighed {
    samples: Vec<Vec<usize>>,
    weights: Vec<i64>,
}

impl Weighed {
    fn add(&mut self, stack: &[usize], weight: i64) {
        self.samples.push(stack.to_vec());
        self.weights.push(weight);
    }

    fn profile(self, name: &str, unit: &str) -> serde_json::Value {
        let weights = self.weights.iter();
        let sum = weights.fold(0i64, |sum, weight| sum.saturating_add(*weight));
        let unit = match unit {
            unit @ ("nanoseconds" | "microseconds" | "milliseconds" | "seconds" | "bytes") => unit,
            _ => "none",
        };
        json!({
            "type": "sampled",
            "name": name,
            "unit": unit,
            "startValue": 0,
            "endValue": sum,
            "samples": self.samples,
            "weights": self.weights,
        })
    }
}
