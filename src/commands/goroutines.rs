//! `goroutines`: all of them, filtered, or grouped by identical stacks.

mod facts;
mod filter;
mod groups;

pub use facts::{GoroutineDoc, describe, first_user_call};

use crate::answer::{Answer, Failure};
use crate::cli::GoroutinesFlags;
use crate::session::Session;
use crate::text::{Role, Text, duration, styled};
use dumpview_tui::safe_text::safe;
use facts::Facts;
use filter::Filter;
use groups::Group;
use serde::Serialize;
use std::io;

/// The answer, in one of its two shapes.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Goroutines {
    /// One row each.
    List {
        /// The rows.
        goroutines: Vec<GoroutineDoc>,
        /// How many were left out because they are the runtime's own.
        system_hidden: usize,
    },
    /// One row for each distinct stack and state.
    Groups {
        /// The rows, most goroutines first.
        groups: Vec<Group>,
        /// How many were left out because they are the runtime's own.
        system_hidden: usize,
    },
}

/// Lists goroutines.
///
/// # Errors
///
/// When there is no list of them, or the filter cannot be understood.
pub fn goroutines(session: &Session<'_>, flags: &GoroutinesFlags) -> Result<Goroutines, Failure> {
    let filter = flags.filter.as_deref().map(Filter::parse).transpose()?;
    let all = session.process.goroutines().map_err(Failure::no_answer)?;
    let facts = Facts::new(session);
    let wanted: Vec<_> = all
        .list()
        .iter()
        .filter(|g| flags.system || !facts.is_system(g))
        .collect();
    let system_hidden = all.list().len() - wanted.len();
    let mut wanted = wanted;
    wanted.sort_by_key(|g| g.id);
    let stacks = session.process.stacks(&wanted);
    let described = facts::Described::new(session, &facts, &wanted, &stacks);
    let chosen: Vec<usize> = (0..wanted.len())
        .filter(|index| {
            filter
                .as_ref()
                .is_none_or(|filter| filter.matches(&described, *index))
        })
        .collect();
    if flags.group {
        return Ok(Goroutines::Groups {
            groups: groups::group(&described, &chosen),
            system_hidden,
        });
    }
    let goroutines = chosen
        .iter()
        .filter_map(|index| described.document(*index, flags.with_stacks))
        .collect();
    Ok(Goroutines::List {
        goroutines,
        system_hidden,
    })
}

impl Answer for Goroutines {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        let hidden = match self {
            Self::List {
                goroutines,
                system_hidden,
            } => {
                for goroutine in goroutines {
                    row(goroutine, out)?;
                }
                out.line(styled(
                    Role::Dim,
                    format_args!("{} goroutines", goroutines.len()),
                ))?;
                system_hidden
            }
            Self::Groups {
                groups,
                system_hidden,
            } => {
                for group in groups {
                    group.text(out)?;
                }
                let total: usize = groups.iter().map(|g| g.count).sum();
                let stacks = groups.len();
                out.line(styled(
                    Role::Dim,
                    format_args!("{total} goroutines in {stacks} groups"),
                ))?;
                system_hidden
            }
        };
        if *hidden > 0 {
            let note = format_args!("{hidden} of the runtime's own are not shown (--system)");
            out.line(styled(Role::Dim, note))?;
        }
        Ok(())
    }
}

/// One goroutine on one line, its frames below when it has them.
fn row(g: &GoroutineDoc, out: &mut Text<'_>) -> io::Result<()> {
    let mark = if g.crashed { "* " } else { "  " };
    let mut line = format!("{mark}goroutine {} [{}", g.id, g.state());
    if let Some(ns) = g.waiting_ns {
        line.push_str(", ");
        line.push_str(&duration(ns));
    }
    if g.locked_to_thread {
        line.push_str(", locked to thread");
    }
    line.push(']');
    let place = g.location.as_ref().map_or_else(String::new, |place| {
        format!(
            " {} {}:{}",
            safe(&place.function),
            safe(&place.file),
            place.line
        )
    });
    let labels: Vec<String> = g
        .labels
        .iter()
        .map(|(k, v)| format!("{}={}", safe(k), safe(v)))
        .collect();
    let labels = if labels.is_empty() {
        String::new()
    } else {
        format!(" {{{}}}", labels.join(", "))
    };
    out.line(format_args!("{line}{place}{labels}"))?;
    if let Some(frames) = &g.frames {
        for frame in frames {
            super::bt::short_frame(frame, "      ", out)?;
        }
    }
    Ok(())
}
