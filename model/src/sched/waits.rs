//! The goroutines of a sample with `scheddetail=1`, counted by what they do.

use super::sample::{Sample, g_status};
use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::Arc;

/// Wait reasons told apart; the runtime has about fifty.
const MAX_REASONS: usize = 256;

/// Goroutines that do the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "sched-goroutine-count")]
pub struct Count {
    /// Status, in the runtime's word.
    pub status: &'static str,
    /// What they wait for; empty for those that do not wait.
    pub reason: String,
    /// How many goroutines.
    pub count: u64,
}

/// The last goroutine table (`scheddetail=1`), counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "sched-waits")]
pub struct Waits {
    /// Line of the sample, from 1.
    pub line: u64,
    /// Its time, in milliseconds as printed.
    pub millis: u64,
    /// Goroutines neither dead nor kept for reuse.
    pub alive: u64,
    /// By what they do, most first.
    pub counts: Vec<Count>,
    /// Goroutines that were not told apart: too many kinds.
    pub other: u64,
}

impl Waits {
    /// Counts the goroutines of a sample; `None` when it has no table of them.
    pub(super) fn of(sample: &Sample) -> Option<Self> {
        let detail = sample.detail.as_ref()?;
        let mut counts: FxHashMap<(u32, &Arc<str>), u64> = FxHashMap::default();
        let mut alive = 0;
        let mut other = 0;
        for g in &detail.gs {
            let status = g.status & 0xfff;
            if !matches!(status, 0 | 6 | 11) {
                alive += 1;
            }
            if counts.len() < MAX_REASONS || counts.contains_key(&(status, &g.reason)) {
                *counts.entry((status, &g.reason)).or_insert(0) += 1;
            } else {
                other += 1;
            }
        }
        let mut counts: Vec<Count> = counts
            .into_iter()
            .map(|((status, reason), count)| Count {
                status: g_status(status),
                // What a goroutine that does not wait waited for last says nothing.
                reason: if status == 4 {
                    reason.to_string()
                } else {
                    String::new()
                },
                count,
            })
            .collect();
        counts.sort_by(|a, b| (a.status, &a.reason).cmp(&(b.status, &b.reason)));
        counts.dedup_by(|later, kept| {
            let same = later.status == kept.status && later.reason == kept.reason;
            if same {
                kept.count += later.count;
            }
            same
        });
        counts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.reason.cmp(&b.reason)));
        Some(Self {
            line: sample.place.line,
            millis: sample.millis,
            alive,
            counts,
            other: other + detail.left_out,
        })
    }
}
