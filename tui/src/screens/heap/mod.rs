//! The heap.
//!
//! | file | in charge of |
//! |---|---|
//! | `totals` | what there is, by type and the like; what keeps it, by root |
//! | `changes` | two moments: what was born, died and survived |
//! | `instances` | the objects of a type |
//! | `retained` | the dominator tree, as a tree and as a picture |
//! | `place` | one object or root: value, path, references |
//! | `references` | all references of a place |

pub mod changes;
pub mod instances;
pub mod place;
pub mod references;
pub mod retained;
pub mod totals;

use crate::canvas::Canvas;
use crate::data::page::Target;
use crate::keys::{Action, Binding, Key};
use crate::screen::Effect;
use dumpview_model::heap::{HeapPlace, PlaceKind};
use dumpview_view::line::Line;

/// To the object itself.
pub const OBJECT: Binding = Binding::new(
    &[Key::Char('o')],
    Action::Object,
    "object",
    "the object itself: fields, references, path to a root",
);

/// To what it keeps.
pub const KEEPS: Binding = Binding::new(
    &[Key::Char('d')],
    Action::Keeps,
    "keeps",
    "what it keeps: the dominator tree from there on",
);

/// The name by which the heap verbs know a place; none for places that have no such name.
pub fn name_of(place: &HeapPlace) -> Option<String> {
    let addr = place.addr.map(|addr| addr.to_string());
    match place.kind {
        PlaceKind::Object => addr,
        PlaceKind::Variable => place.variable.clone().or(addr),
        PlaceKind::Goroutine | PlaceKind::Registers => Some(place.name.clone()),
        PlaceKind::Frame => Some(format!(
            "goroutine {} frame {}",
            place.goroutine?, place.frame?
        )),
        _ => None,
    }
}

/// Goes where a name leads.
fn go(name: Option<String>, to: impl Fn(String) -> Target) -> Vec<Effect> {
    vec![match name {
        Some(name) => Effect::Go(to(name)),
        None => Effect::Say("this has no name to go by".to_owned()),
    }]
}

fn to_place(name: Option<String>) -> Vec<Effect> {
    go(name, |name| Target::Place { name })
}

fn to_kept(name: Option<String>) -> Vec<Effect> {
    go(name, |name| Target::Kept { name })
}

/// Draws lines above a table; gives the row after them.
fn draw_head(canvas: &mut Canvas<'_>, head: &[Line]) -> u16 {
    head.iter().fold(0, |row, line| canvas.wrapped(row, line))
}
