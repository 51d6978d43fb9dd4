//! The lines above a report.

use super::super::graph::Trimmed;
use super::super::measure::{label, percentage, scale, whole};
use super::super::names::base;
use super::Report;
use crate::units::civil;

impl Report {
    /// What is known of the profile (internal/report/report.go:ProfileLabels).
    pub fn about(&self) -> Vec<String> {
        let profile = &self.profile;
        let mut lines = Vec::new();
        if let Some(mapping) = profile.mappings.first() {
            if !mapping.file.is_empty() {
                lines.push(format!("File: {}", base(&mapping.file)));
            }
            if !mapping.build_id.is_empty() {
                lines.push(format!("Build ID: {}", mapping.build_id));
            }
        }
        let comments = profile.comments.iter();
        let comments = comments.filter(|line| !line.starts_with('#'));
        lines.extend(comments.flat_map(|comment| comment.split('\n').map(str::to_owned)));
        if !self.sample_type.is_empty() {
            lines.push(format!("Type: {}", self.sample_type));
        }
        if !profile.doc_url.is_empty() {
            lines.push(format!("Doc: {}", profile.doc_url));
        }
        if profile.time_nanos != 0 {
            let (date, time, _) = civil(profile.time_nanos);
            lines.push(format!("Time: {date} {time} UTC"));
        }
        if profile.duration_nanos != 0 {
            let duration = label(profile.duration_nanos, "nanoseconds");
            let (nanos, unit) = scale(self.total, &self.sample_unit, "nanoseconds");
            let ratio = if unit == "ns" && nanos != 0.0 {
                let share = percentage(whole(nanos), profile.duration_nanos);
                format!("({share})")
            } else {
                String::new()
            };
            let total = self.value(self.total);
            lines.push(format!(
                "Duration: {duration}, Total samples = {total} {ratio}"
            ));
        }
        lines
    }

    /// What is known of the profile and of what a report shows of it.
    pub fn header(&self, of: &Trimmed, full: bool) -> Vec<String> {
        let mut lines = if full || !self.options.compact_labels {
            self.about()
        } else {
            Vec::new()
        };
        if !self.filters.is_empty() {
            lines.push("Active filters:".to_owned());
            lines.extend(self.filters.iter().map(|filter| {
                let cut = filter.floor_char_boundary(MOST_OF_FILTER);
                match filter.get(..cut) {
                    Some(short) if cut < filter.len() => format!("   {short}…"),
                    _ => format!("   {filter}"),
                }
            }));
        }
        let shown_total = of.graph.shown_total();
        let (shown, total) = (self.value(shown_total), self.value(self.total));
        let share = self.percent(shown_total);
        let share = share.trim();
        lines.push(format!(
            "Showing nodes accounting for {shown}, {share} of {total} total"
        ));
        if self.total != 0 {
            if of.dropped_nodes > 0 {
                let least = self.share(self.options.nodefraction);
                lines.push(dropped(of.dropped_nodes, "node", "cum", &least));
            }
            if full && of.dropped_edges > 0 {
                let least = self.share(self.options.edgefraction);
                lines.push(dropped(of.dropped_edges, "edge", "freq", &least));
            }
            let nodes = of.graph.shown.len();
            if nodes > 0 && nodes < of.nodes {
                lines.push(format!("Showing top {nodes} nodes out of {}", of.nodes));
            }
        }
        lines
    }

    #[expect(clippy::cast_precision_loss, reason = "as pprof computes")]
    fn share(&self, fraction: f64) -> String {
        self.value(whole(self.total as f64 * fraction).wrapping_abs())
    }
}

/// Filters are cut after so many bytes.
const MOST_OF_FILTER: usize = 80;

fn dropped(count: usize, what: &str, by: &str, least: &str) -> String {
    let plural = if count > 1 { "s" } else { "" };
    format!("Dropped {count} {what}{plural} ({by} <= {least})")
}
