//! Variables as nodes of a tree that opens lazily.
//!
//! A frame's variables arrive read to a small depth. What is below that is asked for when it is opened, by an expression
//! that leads there: `cfg.Hosts[3].Next`, or, where no path of names leads there (a map's key, a buffered element), by
//! type and address, `*(*main.Node)(0xc000012345)`. Pointers are followed as often as someone opens them, cycles
//! included, since only what is opened is read.

use super::expression::{by_address, expression, followed, followed_by};
use crate::widgets::tree::{Children, Tree};
use dumpview_model::value::text::Style;
use dumpview_model::value::{Address, Data, Origin, Pointee, Standing, Value, Variable};
use dumpview_view::line::{Line, Role};

/// Elements that are asked for at once.
const PAGE: usize = 100;
/// Bytes of a string that stand on its line.
const ON_A_LINE: usize = 80;

/// A variable, field, element, entry.
#[derive(Clone, PartialEq, Debug)]
pub struct Node {
    /// What it is called where it stands.
    pub name: String,
    /// An expression for it.
    expr: Option<String>,
    kind: Kind,
}

#[derive(Clone, PartialEq, Debug)]
enum Kind {
    /// A value that is known, as far as it was read.
    Value {
        value: Value,
        addr: Option<Address>,
        mark: Mark,
    },
    /// Something in words: a deferred call, a reason.
    Note { text: String, role: Role },
    /// More of the parent's elements, from this one on.
    More { from: usize, left: u64 },
}

/// What opening a node needs.
pub enum Opened {
    /// Nothing: its children are there.
    Known,
    /// The value of an expression, for a node.
    Ask {
        /// The node to tell.
        node: usize,
        /// The expression.
        expr: String,
        /// Elements to read.
        len: usize,
    },
    /// A string that a line has no room for: all of it, by its expression.
    Whole(String),
    /// There is no way to it, and why.
    Cannot(String),
}

/// What is said beside a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mark {
    /// Nothing.
    None,
    /// It follows from the machine code.
    Inferred,
    /// It may be old.
    Stale,
    /// It is a result.
    Result,
}

impl Mark {
    /// Before the value, where a narrow screen does not cut it off.
    const fn before(self) -> &'static str {
        match self {
            Self::Stale => "? ",
            Self::Inferred => "~ ",
            Self::None | Self::Result => "",
        }
    }

    const fn after(self) -> &'static str {
        match self {
            Self::Stale => "  (stale)",
            Self::Inferred => "  (inferred)",
            Self::Result => "  (result)",
            Self::None => "",
        }
    }
}

impl Node {
    /// As it is shown.
    pub fn line(&self) -> Line {
        match &self.kind {
            Kind::Note { text, role } => {
                let mut line = Line::default();
                if !self.name.is_empty() {
                    line.push(Role::Plain, format!("{} = ", self.name));
                }
                line.and(*role, text.clone())
            }
            Kind::More { left, .. } => Line::new(Role::Dim, format!("… {left} more (Enter)")),
            Kind::Value { value, mark, .. } => {
                let style = Style {
                    depth: 1,
                    len: 6,
                    string: ON_A_LINE,
                    ..Style::default()
                };
                let role = match &value.data {
                    Data::String { .. } => Role::Text,
                    Data::Bool(_)
                    | Data::Int(_)
                    | Data::Uint(_)
                    | Data::Float(_)
                    | Data::Complex { .. } => Role::Number,
                    Data::Unreadable(_) => Role::Warning,
                    _ => Role::Plain,
                };
                Line::plain(format!("{} = ", self.name))
                    .and(Role::Warning, mark.before())
                    .and(role, style.line(value))
                    .and(Role::Warning, mark.after())
            }
        }
    }

    /// An expression for all of it.
    pub fn whole(&self) -> Option<String> {
        match &self.kind {
            Kind::Value { value, addr, .. } => {
                self.expr.clone().or_else(|| by_address(value, *addr))
            }
            Kind::Note { .. } | Kind::More { .. } => None,
        }
    }

    /// The address on the heap that it holds; of what holds none, where it is itself.
    pub fn object(&self) -> Option<Address> {
        let Kind::Value { value, .. } = &self.kind else {
            return None;
        };
        value.leads_to().or_else(|| self.address())
    }

    /// Where it is in memory: itself, or what it points at.
    pub fn address(&self) -> Option<Address> {
        let Kind::Value { value, addr, .. } = &self.kind else {
            return None;
        };
        match &value.data {
            Data::Pointer { addr, .. } | Data::Slice { addr, .. } | Data::Map { addr, .. }
                if !addr.is_nil() =>
            {
                Some(*addr)
            }
            Data::Struct {
                addr: Some(addr), ..
            }
            | Data::Array {
                addr: Some(addr), ..
            } => Some(*addr),
            _ => *addr,
        }
    }
}

/// Adds a variable as a root, or below a parent.
pub fn add_variable(tree: &mut Tree<Node>, parent: Option<usize>, variable: Variable) -> usize {
    let name = variable.name.to_string();
    let mark = match (&variable.standing, variable.origin) {
        (Standing::Stale(_), _) => Mark::Stale,
        (Standing::Inferred(_), _) => Mark::Inferred,
        (_, Origin::Result) => Mark::Result,
        _ => Mark::None,
    };
    let (kind, expr) = if let Some(value) = variable.value {
        let addr = variable.addr;
        let expr = parent.is_none().then(|| name.clone());
        (Kind::Value { value, addr, mark }, expr)
    } else {
        let why = variable.standing.why().unwrap_or("not known").to_owned();
        let text = format!("{} ({why})", variable.standing.as_str().replace('_', " "));
        let role = Role::Warning;
        (Kind::Note { text, role }, None)
    };
    let children = below(&kind);
    let node = Node { name, expr, kind };
    match parent {
        None => tree.add_root(node, children),
        parent => tree.add(node, parent, children),
    }
}

/// Adds a root in words.
pub fn add_note(tree: &mut Tree<Node>, text: String) {
    let kind = Kind::Note {
        text,
        role: Role::Dim,
    };
    let node = Node {
        name: String::new(),
        expr: None,
        kind,
    };
    tree.add_root(node, Children::None);
}

/// Whether there is something to open.
fn below(kind: &Kind) -> Children {
    let opens = match kind {
        Kind::Note { .. } => false,
        Kind::More { .. } => true,
        Kind::Value { value, .. } => opens(value),
    };
    if opens {
        Children::Unknown
    } else {
        Children::None
    }
}

fn opens(value: &Value) -> bool {
    match &value.data {
        Data::Struct {
            fields, truncated, ..
        } => !fields.is_empty() || *truncated > 0,
        Data::Array { len, .. } | Data::Slice { len, .. } | Data::Map { len, .. } => *len > 0,
        Data::Pointer { addr, .. } => !addr.is_nil(),
        Data::Interface { value, .. } => value.is_some(),
        Data::Chan(chan) => !chan.elements.is_empty(),
        Data::Func { captures, .. } => !captures.is_empty(),
        Data::String { len, .. } => *len > ON_A_LINE as u64,
        _ => false,
    }
}

/// Whether opening a node needs no question.
pub fn is_known(tree: &Tree<Node>, node: usize) -> bool {
    let Some(Node {
        kind: Kind::Value { value, .. },
        ..
    }) = tree.get(node)
    else {
        return false;
    };
    opens(value) && !needs_more(value)
}

/// Whether nothing of what is below a value was read.
fn needs_more(value: &Value) -> bool {
    match &value.data {
        Data::Struct {
            fields, truncated, ..
        } => fields.is_empty() && *truncated > 0,
        Data::Array { len, elements, .. } | Data::Slice { len, elements, .. } => {
            *len > 0 && elements.is_empty()
        }
        Data::Map { len, entries, .. } => *len > 0 && entries.is_empty(),
        Data::Pointer { pointee, .. } => match pointee {
            Pointee::Value(value) => needs_more(value),
            Pointee::Cycle | Pointee::NotFollowed => true,
        },
        Data::Interface {
            value: Some(value), ..
        } => needs_more(value),
        Data::String { .. } => true,
        _ => false,
    }
}

/// Opens a node that its tree has just asked about.
pub fn open(tree: &mut Tree<Node>, node: usize) -> Opened {
    let Some(this) = tree.get(node).cloned() else {
        return Opened::Known;
    };
    tree.open(node);
    match &this.kind {
        Kind::Note { .. } => Opened::Known,
        Kind::More { from, .. } => more(tree, node, *from),
        Kind::Value { value, .. } if matches!(value.data, Data::String { .. }) => {
            tree.unask(node);
            match this.whole() {
                Some(expr) => Opened::Whole(expr),
                None => Opened::Cannot(NO_WAY.to_owned()),
            }
        }
        Kind::Value { value, addr, .. } if needs_more(value) => {
            if let Some(expr) = expression(this.expr.as_deref(), value, *addr) {
                let len = PAGE;
                return Opened::Ask { node, expr, len };
            }
            tree.set_children(node, Children::None);
            Opened::Cannot(NO_WAY.to_owned())
        }
        Kind::Value { value, .. } => {
            let children = children_of(tree, node, this.expr.as_deref(), value);
            tree.set_children(node, Children::Known(children));
            Opened::Known
        }
    }
}

/// The rest of a container.
fn more(tree: &Tree<Node>, node: usize, from: usize) -> Opened {
    let parent = tree.parent(node).and_then(|parent| tree.get(parent));
    let Some(Node {
        expr,
        kind: Kind::Value { value, .. },
        ..
    }) = parent
    else {
        return Opened::Known;
    };
    let Some(whole) = expr.as_deref().map(|expr| followed_by(value, expr)) else {
        return Opened::Cannot(NO_WAY.to_owned());
    };
    match &followed(value).data {
        // Maps have no order to ask for a part of: all up to there are read again.
        Data::Map { .. } => Opened::Ask {
            node,
            expr: whole,
            len: from + PAGE,
        },
        Data::Slice { len, .. } | Data::Array { len, .. } => {
            let end = usize::try_from(*len).unwrap_or(usize::MAX).min(from + PAGE);
            Opened::Ask {
                node,
                expr: format!("{whole}[{from}:{end}]"),
                len: PAGE,
            }
        }
        _ => Opened::Known,
    }
}

const NO_WAY: &str = "no expression leads there: it has neither a name nor an address";

/// Nodes for what is below a value.
fn children_of(
    tree: &mut Tree<Node>,
    parent: usize,
    expr: Option<&str>,
    value: &Value,
) -> Vec<usize> {
    let mut out = Vec::new();
    match &value.data {
        Data::Struct {
            fields, truncated, ..
        } => {
            for field in fields {
                // Blank fields have no name to be asked for.
                let expr = expr
                    .filter(|_| &*field.name != "_")
                    .map(|expr| format!("{expr}.{}", field.name));
                out.push(add_value(
                    tree,
                    parent,
                    field.name.to_string(),
                    expr,
                    field.value.clone(),
                ));
            }
            if *truncated > 0 {
                out.push(note(tree, parent, format!("… {truncated} more fields")));
            }
        }
        Data::Array { elements, len, .. } | Data::Slice { elements, len, .. } => {
            elements_of(tree, parent, expr, elements, 0, *len, &mut out);
        }
        Data::Map {
            entries, truncated, ..
        } => entries_of(tree, parent, expr, entries, 0, *truncated, &mut out),
        Data::Pointer {
            pointee: Pointee::Value(inner),
            ..
        } => match &inner.data {
            // Fields are selected through a pointer as they are without it.
            Data::Struct { .. } => return children_of(tree, parent, expr, inner),
            Data::Array { .. } | Data::Slice { .. } | Data::Map { .. } => {
                let expr = expr.map(|expr| format!("(*{expr})"));
                return children_of(tree, parent, expr.as_deref(), inner);
            }
            _ => {
                let expr = expr.map(|expr| format!("(*{expr})"));
                out.push(add_value(
                    tree,
                    parent,
                    "*".to_owned(),
                    expr,
                    (**inner).clone(),
                ));
            }
        },
        Data::Interface {
            value: Some(inner), ..
        } => {
            let expr = expr.map(|expr| format!("{expr}.(data)"));
            if opens(inner) && !needs_more(inner) {
                return children_of(tree, parent, expr.as_deref(), inner);
            }
            out.push(add_value(
                tree,
                parent,
                "(data)".to_owned(),
                expr,
                (**inner).clone(),
            ));
        }
        Data::Chan(chan) => {
            for (index, element) in chan.elements.iter().enumerate() {
                out.push(add_value(
                    tree,
                    parent,
                    format!("[{index}]"),
                    None,
                    element.clone(),
                ));
            }
        }
        Data::Func { captures, .. } => {
            out.extend(
                captures
                    .iter()
                    .map(|capture| add_variable(tree, Some(parent), capture.clone())),
            );
        }
        _ => {}
    }
    out
}

fn elements_of(
    tree: &mut Tree<Node>,
    parent: usize,
    expr: Option<&str>,
    elements: &[Value],
    first: usize,
    len: u64,
    out: &mut Vec<usize>,
) {
    for (index, element) in (first..).zip(elements) {
        let expr = expr.map(|expr| format!("{expr}[{index}]"));
        out.push(add_value(
            tree,
            parent,
            format!("[{index}]"),
            expr,
            element.clone(),
        ));
    }
    let next = first + elements.len();
    let left = len.saturating_sub(next as u64);
    if left > 0 {
        out.push(more_node(tree, parent, next, left));
    }
}

fn entries_of(
    tree: &mut Tree<Node>,
    parent: usize,
    expr: Option<&str>,
    entries: &[(Value, Value)],
    first: usize,
    truncated: u64,
    out: &mut Vec<usize>,
) {
    let style = Style {
        depth: 1,
        len: 4,
        string: 60,
        ..Style::default()
    };
    for (key, value) in entries {
        let name = style.line(key);
        let simple = match &key.data {
            Data::String { bytes, len } => bytes.len() as u64 == *len,
            Data::Int(_) | Data::Uint(_) | Data::Bool(_) => key.reading.is_none(),
            _ => false,
        };
        let expr = expr
            .filter(|_| simple)
            .map(|expr| format!("{expr}[{name}]"));
        out.push(add_value(
            tree,
            parent,
            format!("[{name}]"),
            expr,
            value.clone(),
        ));
    }
    if truncated > 0 {
        out.push(more_node(tree, parent, first + entries.len(), truncated));
    }
}

fn more_node(tree: &mut Tree<Node>, parent: usize, from: usize, left: u64) -> usize {
    let node = Node {
        name: String::new(),
        expr: None,
        kind: Kind::More { from, left },
    };
    tree.add(node, Some(parent), Children::Unknown)
}

fn add_value(
    tree: &mut Tree<Node>,
    parent: usize,
    name: String,
    expr: Option<String>,
    value: Value,
) -> usize {
    let kind = Kind::Value {
        value,
        addr: None,
        mark: Mark::None,
    };
    let children = below(&kind);
    tree.add(Node { name, expr, kind }, Some(parent), children)
}

fn note(tree: &mut Tree<Node>, parent: usize, text: String) -> usize {
    let kind = Kind::Note {
        text,
        role: Role::Dim,
    };
    tree.add(
        Node {
            name: String::new(),
            expr: None,
            kind,
        },
        Some(parent),
        Children::None,
    )
}

/// Takes the answer to [`Opened::Ask`].
pub fn expanded(tree: &mut Tree<Node>, node: usize, answer: Result<Box<Variable>, String>) {
    let read = answer.and_then(|variable| {
        variable.value.ok_or_else(|| match variable.standing.why() {
            Some(why) => why.to_owned(),
            None => "it could not be read".to_owned(),
        })
    });
    let value = match read {
        Ok(value) => value,
        Err(why) => {
            let child = note(tree, node, format!("cannot be read: {why}"));
            tree.set_children(node, Children::Known(vec![child]));
            return;
        }
    };
    let Some(this) = tree.get(node).cloned() else {
        return;
    };
    match this.kind {
        Kind::More { from, left } => {
            let Some(parent) = tree.parent(node) else {
                return;
            };
            let expr = tree.get(parent).and_then(|parent| parent.expr.clone());
            let mut added = Vec::new();
            match &followed(&value).data {
                Data::Map {
                    entries, truncated, ..
                } => {
                    let new = entries.get(from..).unwrap_or_default();
                    entries_of(
                        tree,
                        parent,
                        expr.as_deref(),
                        new,
                        from,
                        *truncated,
                        &mut added,
                    );
                }
                Data::Slice { elements, .. } | Data::Array { elements, .. } => {
                    let len = from as u64 + left;
                    elements_of(
                        tree,
                        parent,
                        expr.as_deref(),
                        elements,
                        from,
                        len,
                        &mut added,
                    );
                }
                _ => {}
            }
            let Some(Children::Known(mut siblings)) = tree.children(parent).cloned() else {
                return;
            };
            siblings.retain(|sibling| *sibling != node);
            siblings.extend(added);
            tree.set_children(parent, Children::Known(siblings));
        }
        Kind::Value { value: old, .. } => {
            // What was read is what the pointer leads to, or the thing itself to a greater depth.
            let expr = match (&old.data, this.expr.as_deref()) {
                (Data::Pointer { .. }, Some(expr))
                    if !matches!(value.data, Data::Struct { .. }) =>
                {
                    Some(format!("(*{expr})"))
                }
                (Data::Interface { .. }, Some(expr)) => Some(format!("{expr}.(data)")),
                (_, expr) => expr.map(str::to_owned),
            };
            let mut children = children_of(tree, node, expr.as_deref(), &value);
            if children.is_empty() {
                children.push(add_value(tree, node, "*".to_owned(), expr, value));
            }
            tree.set_children(node, Children::Known(children));
        }
        Kind::Note { .. } => {}
    }
}
