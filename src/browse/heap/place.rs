//! One place of the heap, in lines of which those that name another place lead there.

use super::{Heap, analysed, doubt};
use crate::answer::Failure;
use crate::browse::Open;
use crate::commands::heap::named;
use dumpview_model::heap::{Direction, HeapPlace, HeapReference, PlaceKind, UNKNOWN_TYPE};
use dumpview_model::units::{bytes, grouped, plural};
use dumpview_model::value::text::Style;
use dumpview_model::value::{Data, Pointee, Value};
use dumpview_process::addr::Addr;
use dumpview_process::expr::Expressions;
use dumpview_process::heap::ask::ObjectFacts;
use dumpview_process::heap::types::Source;
use dumpview_process::value::Limits;
use dumpview_tui::data::heap::{Fact, Place};
use dumpview_tui::data::page::Target;
use dumpview_tui::screens::heap::name_of;
use dumpview_view::job::Job;
use dumpview_view::line::{Line, Role};

/// What is read of a value.
const LIMITS: Limits = Limits {
    depth: 3,
    len: 100,
    string: 4096,
    nodes: 5000,
};
/// References of each way that stand on the page; the others are one key away.
const MOST: usize = 20;
/// References of each way in the table of all.
const MOST_OF_ALL: usize = 100_000;

/// All there is to say about a place.
///
/// # Errors
///
/// When there is no heap, the job was stopped, or there is no such place.
pub fn place(case: Open, name: &str, job: &Job) -> Result<Place, Failure> {
    let heap = analysed(case, job)?;
    let node = named(heap, name)?;
    let mut page = if heap.heap.graph.is_object(node) {
        let asked = crate::commands::x::parse_addr(name.split_whitespace().next().unwrap_or(""));
        let offset = asked.and_then(|asked| asked.since(heap.object_addr(node)));
        let facts = heap.object(node, offset.unwrap_or(0), LIMITS);
        let facts = facts.ok_or_else(|| Failure::no_answer("the object is in no span"))?;
        of_object(heap, node, &facts)
    } else {
        of_root(case, heap, node)
    };
    page.head.extend(doubt(heap.bounds()));
    page.facts.extend(why_alive(heap, node));
    let references = heap.references(node, MOST);
    let (into, out) = (
        heap.referrers().row(node).len(),
        heap.heap.graph.out(node).len(),
    );
    for (direction, count, what) in [
        (Direction::In, into, "referred to by"),
        (Direction::Out, out, "refers to"),
    ] {
        let listed = references.iter().filter(|r| r.direction == direction);
        page.facts.extend(ends(&page.name, listed, count, what));
    }
    Ok(page)
}

/// All references of a place, as far as a table of them makes sense.
///
/// # Errors
///
/// When there is no heap, the job was stopped, or there is no such place.
pub fn references(case: Open, name: &str, job: &Job) -> Result<Vec<HeapReference>, Failure> {
    let heap = analysed(case, job)?;
    Ok(heap.references(named(heap, name)?, MOST_OF_ALL))
}

/// Who says what an object is, in words.
fn source(heap: Heap, object: u32) -> &'static str {
    match heap.labels.of(object).map(|label| label.source) {
        None => "nothing tells what it is",
        Some(Source::Header) => "type by the runtime's own word",
        Some(Source::Variable) => "type follows from a package variable",
        Some(Source::Local) => "type follows from a variable of a frame",
        Some(Source::Interface) => "type follows from an interface",
    }
}

fn of_object(heap: Heap, object: u32, facts: &ObjectFacts) -> Place {
    let ty = facts.ty.as_deref().unwrap_or(UNKNOWN_TYPE);
    let inside = match facts.offset {
        0 => String::new(),
        at => format!("  (asked for byte {at} of it)"),
    };
    let title = Line::new(Role::Heading, facts.addr.to_string())
        .and(Role::Plain, " ")
        .and(Role::Type, ty.to_owned())
        .and(Role::Dim, inside);
    let amount = match facts.retained_bytes {
        Some(kept) => format!("keeps {}, {} of its own", bytes(kept), bytes(facts.bytes)),
        None => format!("garbage of {}: nothing reaches it", bytes(facts.bytes)),
    };
    let role = if facts.reachable {
        Role::Plain
    } else {
        Role::Warning
    };
    let class = match facts.size_class {
        0 => "large object".to_owned(),
        class => format!("size class {class}"),
    };
    let scan = if facts.noscan { ", noscan" } else { "" };
    let specials = match facts.specials.join(", ") {
        none if none.is_empty() => none,
        some => format!("; has {some}"),
    };
    let slot = format!(
        "{class}{scan}, span {} {}; {}{specials}",
        facts.span,
        facts.sweep,
        source(heap, object)
    );
    let mut page = Place {
        head: vec![title, Line::new(role, amount), Line::new(Role::Dim, slot)],
        name: facts.addr.to_string(),
        verb: format!("heap object {}", facts.addr),
        facts: Vec::new(),
    };
    if let Some(value) = &facts.value {
        page.facts
            .push(Fact::heading(heading("value"), of_value(heap, value)));
    }
    if let Some(site) = &facts.site {
        let frames = site.frames.iter().map(|frame| {
            let line = Line::new(Role::Name, frame.function.clone())
                .and(Role::Dim, format!("  {}:{}", frame.file, frame.line));
            Fact::leading(line, None)
        });
        page.facts
            .push(Fact::heading(heading("allocated at"), frames.collect()));
    }
    page
}

fn of_root(case: Open, heap: Heap, node: u32) -> Place {
    let place = heap.place(node);
    let kept = heap.retained(node).unwrap_or(0);
    let mut page = Place {
        head: vec![
            Line::new(Role::Heading, place.title()),
            Line::plain(format!("a root; keeps {}", bytes(kept))),
        ],
        name: name_of(&place).unwrap_or_else(|| place.name.clone()),
        facts: Vec::new(),
        verb: String::new(),
    };
    page.verb = format!("heap tree {}", page.name);
    if let Some(variable) = &place.variable {
        let scope = case.process.scope(None);
        let expressions = Expressions {
            sources: case.process.sources(),
            scope: &scope,
        };
        let printed = expressions.print(variable, LIMITS).ok();
        if let Some(value) = printed.and_then(|variable| variable.value) {
            page.facts
                .push(Fact::heading(heading("value"), of_value(heap, &value)));
        }
    }
    if let Some(id) = place.goroutine {
        let line = Line::plain(format!("its frames and variables: goroutine {id}"));
        let go = Target::Goroutine {
            id: Some(id),
            frame: place.frame,
        };
        page.facts.push(Fact::leading(line, Some(go)));
    }
    page
}

fn heading(text: impl Into<String>) -> Line {
    Line::new(Role::Heading, text.into())
}

/// Where a place leads: a frame to its variables, others to themselves.
fn target(place: &HeapPlace) -> Option<Target> {
    match place.kind {
        PlaceKind::Goroutine | PlaceKind::Frame | PlaceKind::Registers => Some(Target::Goroutine {
            id: place.goroutine,
            frame: place.frame,
        }),
        _ => name_of(place).map(|name| Target::Place { name }),
    }
}

/// A place as it is named in a line.
fn named_in(line: Line, place: &HeapPlace) -> Line {
    match (&place.kind, &place.ty) {
        (PlaceKind::Object, ty) => line
            .and(Role::Plain, place.name.clone())
            .and(Role::Plain, " ")
            .and(Role::Type, ty.as_deref().unwrap_or(UNKNOWN_TYPE).to_owned()),
        _ => line.and(Role::Name, place.name.clone()),
    }
}

/// A shortest path from a root, and those without which the place would go.
fn why_alive(heap: Heap, node: u32) -> Vec<Fact> {
    let mut facts = Vec::new();
    if heap.heap.graph.is_object(node) {
        for path in heap.paths_to(&[node], 1).paths {
            let root = named_in(Line::default(), &path.root);
            let mut steps = vec![Fact::leading(root, target(&path.root))];
            for step in &path.steps {
                let field = step.field.as_deref().unwrap_or("?");
                let line = Line::new(Role::Dim, format!("  {field} → "));
                let mut line = named_in(line, &step.place);
                if let Some(kept) = step.retained_bytes {
                    line.push(Role::Dim, format!("  keeps {}", bytes(kept)));
                }
                steps.push(Fact::leading(line, target(&step.place)));
                if step.left_out > 0 {
                    let text = format!("    … {} more of them …", grouped(step.left_out));
                    steps.push(Fact::leading(Line::new(Role::Dim, text), None));
                }
            }
            facts.push(Fact::heading(heading("why it is alive"), steps));
        }
    }
    let above = heap.dominators_of(node);
    if !above.is_empty() {
        let each = above
            .iter()
            .map(|place| Fact::leading(named_in(Line::default(), place), target(place)));
        let words = "without each of these it would go";
        facts.push(Fact::heading(heading(words), each.collect()));
    } else if heap.dominators.is_reached(node) && heap.heap.graph.is_object(node) {
        let words = "several roots keep it, none of them alone";
        facts.push(Fact::leading(heading(words), None));
    }
    facts
}

/// References of one way.
fn ends<'r>(
    name: &str,
    references: impl Iterator<Item = &'r HeapReference>,
    count: usize,
    what: &str,
) -> Option<Fact> {
    if count == 0 {
        return None;
    }
    let mut facts: Vec<Fact> = references.map(reference).collect();
    if count > MOST {
        let line = Line::new(
            Role::Dim,
            format!("all of them, as a table ({})", grouped(count as u64)),
        );
        let name = name.to_owned();
        facts.push(Fact::leading(line, Some(Target::References { name })));
    }
    let title = format!("{what} {}", plural(count as u64, "place"));
    Some(Fact::heading(heading(title), facts))
}

fn reference(reference: &HeapReference) -> Fact {
    let field = reference.field.as_deref().unwrap_or("?");
    let line = match reference.direction {
        Direction::In => {
            named_in(Line::default(), &reference.place).and(Role::Dim, format!("  by {field}"))
        }
        Direction::Out => named_in(
            Line::new(Role::Dim, format!("{field} → ")),
            &reference.place,
        ),
    };
    let kept = reference.retained_bytes.map_or_else(
        || "  garbage".to_owned(),
        |kept| format!("  keeps {}", bytes(kept)),
    );
    Fact::leading(line.and(Role::Dim, kept), target(&reference.place))
}

/// What a value consists of, each part with the object that it leads to.
fn of_value(heap: Heap, value: &Value) -> Vec<Fact> {
    let parts = parts(heap, value);
    if parts.is_empty() {
        return vec![part(heap, "", value)];
    }
    parts
}

/// A named part of a value.
fn part(heap: Heap, name: &str, value: &Value) -> Fact {
    let style = Style {
        depth: 1,
        len: 6,
        string: 120,
        ..Style::default()
    };
    let role = match &value.data {
        Data::String { .. } => Role::Text,
        Data::Bool(_) | Data::Int(_) | Data::Uint(_) | Data::Float(_) | Data::Complex { .. } => {
            Role::Number
        }
        Data::Unreadable(_) => Role::Warning,
        _ => Role::Plain,
    };
    let mut line = Line::default();
    if !name.is_empty() {
        line.push(Role::Plain, format!("{name} = "));
    }
    line.push(role, style.line(value));
    Fact {
        line,
        go: value
            .leads_to()
            .filter(|addr| heap.heap.find(Addr(addr.0)).is_some())
            .map(|addr| Target::Place {
                name: addr.to_string(),
            }),
        open: false,
        below: parts(heap, value),
    }
}

/// The parts of a value.
fn parts(heap: Heap, value: &Value) -> Vec<Fact> {
    let elements = |elements: &[Value], len: u64| {
        let each = elements.iter().enumerate();
        let mut facts: Vec<Fact> = each
            .map(|(index, value)| part(heap, &format!("[{index}]"), value))
            .collect();
        more(&mut facts, elements.len(), len);
        facts
    };
    match &value.data {
        Data::Struct { fields, .. } => {
            let each = fields.iter();
            let field =
                |field: &dumpview_model::value::Field| part(heap, &field.name, &field.value);
            each.map(field).collect()
        }
        Data::Array {
            len, elements: all, ..
        }
        | Data::Slice {
            len, elements: all, ..
        } => elements(all, *len),
        Data::Chan(chan) => elements(&chan.elements, chan.len),
        Data::Map { len, entries, .. } => {
            let style = Style::default();
            let each = entries.iter();
            let entry = |(key, value): &(Value, Value)| {
                part(heap, &format!("[{}]", style.line(key)), value)
            };
            let mut facts: Vec<Fact> = each.map(entry).collect();
            more(&mut facts, entries.len(), *len);
            facts
        }
        Data::Pointer {
            pointee: Pointee::Value(value),
            ..
        }
        | Data::Interface {
            value: Some(value), ..
        } => parts(heap, value),
        Data::Func { captures, .. } => {
            let each = captures.iter();
            each.filter_map(|capture| {
                let value = capture.value.as_ref()?;
                Some(part(heap, &capture.name, value))
            })
            .collect()
        }
        _ => Vec::new(),
    }
}

/// Says how many parts are left out.
fn more(facts: &mut Vec<Fact>, shown: usize, len: u64) {
    let left = len.saturating_sub(shown as u64);
    if left > 0 {
        let text = format!("… {} more; :print has them", grouped(left));
        facts.push(Fact::leading(Line::new(Role::Dim, text), None));
    }
}
