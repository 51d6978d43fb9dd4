//! The graph as a tree in text.

use dumpview_model::units::{grouped, plural};
use dumpview_model::waits::{Node, Tree, Waits};
use dumpview_view::{Role, Text, styled};
use std::collections::BTreeSet;
use std::io;

/// Nodes below one that are shown.
const MOST: usize = 12;
/// So deep; a chain that goes on is said to.
const DEEPEST: usize = 24;

/// Writes the first `top` trees.
pub(super) fn write(waits: &Waits, top: usize, out: &mut Text<'_>) -> io::Result<()> {
    let tree = Tree::new(waits);
    let roots = tree.roots();
    let mut shown = BTreeSet::new();
    for root in roots.iter().take(top) {
        let role = match root {
            Node::Circle(_) => Role::Alarm,
            _ => Role::Heading,
        };
        out.line(styled(role, tree.text(root)))?;
        if let Node::Object { index, .. } = root {
            shown.insert(*index);
        }
        below(
            &tree,
            &mut Way {
                nodes: vec![root.clone()],
                shown: &mut shown,
            },
            out,
        )?;
    }
    let more = roots.len().saturating_sub(top);
    if more > 0 {
        let note = format!("{} more (--top 0)", plural(more as u64, "tree"));
        out.line(styled(Role::Dim, note))?;
    }
    for why in &waits.incomplete {
        out.line(styled(Role::Warning, format_args!("incomplete: {why}")))?;
    }
    Ok(())
}

/// Where in the tree.
struct Way<'s> {
    nodes: Vec<Node>,
    /// Objects whose waiters were shown: none is twice.
    shown: &'s mut BTreeSet<usize>,
}

/// What stands below the last of the nodes that lead there.
fn below(tree: &Tree<&Waits>, way: &mut Way<'_>, out: &mut Text<'_>) -> io::Result<()> {
    let Some(last) = way.nodes.last() else {
        return Ok(());
    };
    let indent = "  ".repeat(way.nodes.len());
    if let Node::Crowd { ids, .. } = last {
        let named: Vec<String> = ids.iter().take(MOST).map(u64::to_string).collect();
        let more = match ids.len().saturating_sub(MOST) {
            0 => String::new(),
            more => format!(" and {} more", grouped(more as u64)),
        };
        let line = format!("{indent}{}{more}", named.join(", "));
        return out.line(styled(Role::Dim, line));
    }
    let children = tree.children(last);
    if !children.is_empty() && way.nodes.len() >= DEEPEST {
        return out.line(styled(Role::Dim, format_args!("{indent}and so on")));
    }
    for child in children.iter().take(MOST) {
        let text = tree.text(child);
        if let Node::Object { index, .. } = child
            && !way.shown.insert(*index)
        {
            let line = styled(Role::Plain, format_args!("{indent}{text}"));
            out.line(line.and(Role::Dim, "  (above)"))?;
            continue;
        }
        out.line(format_args!("{indent}{text}"))?;
        way.nodes.push(child.clone());
        below(tree, way, out)?;
        way.nodes.pop();
    }
    let more = children.len().saturating_sub(MOST);
    if more > 0 {
        let note = format!("{indent}and {} more", grouped(more as u64));
        out.line(styled(Role::Dim, note))?;
    }
    Ok(())
}
