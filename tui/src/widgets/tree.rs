//! A tree whose nodes open one by one, and may not know their children before they are asked for.

use super::list::ListState;
use crate::canvas::Canvas;
use crate::keys::Action;
use dumpview_view::line::{Line, Role};

/// What is below a node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Children {
    /// Nothing.
    None,
    /// Something that has to be asked for.
    Unknown,
    /// It was asked for.
    Asked,
    /// These, as numbers of nodes.
    Known(Vec<usize>),
}

#[derive(Clone, Debug)]
struct Node<T> {
    value: T,
    parent: Option<usize>,
    children: Children,
    open: bool,
}

/// Nodes, and the rows that the open ones make.
#[derive(Clone, Debug)]
pub struct Tree<T> {
    nodes: Vec<Node<T>>,
    roots: Vec<usize>,
    /// Depth and node of each visible row.
    rows: Vec<(usize, usize)>,
    /// The cursor.
    pub list: ListState,
}

impl<T> Default for Tree<T> {
    fn default() -> Self {
        Self {
            nodes: Vec::new(),
            roots: Vec::new(),
            rows: Vec::new(),
            list: ListState::default(),
        }
    }
}

/// What an action did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Done {
    /// Nothing that a tree does.
    Nothing,
    /// The cursor moved, or a node opened or closed.
    Moved,
    /// The node is now to be asked for its children; see [`Tree::set_children`].
    Ask(usize),
    /// Left at a root: out of the tree.
    Out,
}

impl<T> Tree<T> {
    /// Without nodes, the cursor at the top.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Adds a root. [`Self::refresh`] makes it visible.
    pub fn add_root(&mut self, value: T, children: Children) -> usize {
        let node = self.add(value, None, children);
        self.roots.push(node);
        node
    }

    /// Adds a node that is no root; it belongs to whoever names it in [`Self::set_children`].
    pub fn add(&mut self, value: T, parent: Option<usize>, children: Children) -> usize {
        self.nodes.push(Node {
            value,
            parent,
            children,
            open: false,
        });
        self.nodes.len() - 1
    }

    /// What is below a node.
    pub fn set_children(&mut self, node: usize, children: Children) {
        if let Some(node) = self.nodes.get_mut(node) {
            node.children = children;
        }
    }

    /// Opens a node without being asked to.
    pub fn open(&mut self, node: usize) {
        if let Some(node) = self.nodes.get_mut(node) {
            node.open = true;
        }
    }

    /// Closes a node that turned out to have nothing below it to show here; it can be asked again.
    pub fn unask(&mut self, node: usize) {
        if let Some(node) = self.nodes.get_mut(node) {
            node.open = false;
            node.children = Children::Unknown;
        }
    }

    /// A node.
    pub fn get(&self, node: usize) -> Option<&T> {
        self.nodes.get(node).map(|node| &node.value)
    }

    /// A node, to be changed.
    pub fn get_mut(&mut self, node: usize) -> Option<&mut T> {
        self.nodes.get_mut(node).map(|node| &mut node.value)
    }

    /// Its parent.
    pub fn parent(&self, node: usize) -> Option<usize> {
        self.nodes.get(node)?.parent
    }

    /// What is below a node.
    pub fn children(&self, node: usize) -> Option<&Children> {
        self.nodes.get(node).map(|node| &node.children)
    }

    /// The node of the cursor.
    pub fn selected(&self) -> Option<usize> {
        self.rows.get(self.list.selected()?).map(|(_, node)| *node)
    }

    /// The visible nodes, with their depth.
    pub fn rows(&self) -> &[(usize, usize)] {
        &self.rows
    }

    /// Makes the rows anew after a change; the cursor stays on its node where that is still visible.
    pub fn refresh(&mut self) {
        let selected = self.selected();
        self.rows.clear();
        let mut pending: Vec<(usize, usize)> = self.roots.iter().rev().map(|n| (0, *n)).collect();
        while let Some((depth, node)) = pending.pop() {
            self.rows.push((depth, node));
            if let Some(Node {
                open: true,
                children: Children::Known(children),
                ..
            }) = self.nodes.get(node)
            {
                pending.extend(children.iter().rev().map(|child| (depth + 1, *child)));
            }
        }
        self.list.set_len(self.rows.len());
        if let Some(row) = selected.and_then(|node| self.row_of(node)) {
            self.list.select(row);
        }
    }

    /// The row of a visible node.
    pub fn row_of(&self, node: usize) -> Option<usize> {
        self.rows.iter().position(|(_, other)| *other == node)
    }

    /// Moves, opens, closes.
    pub fn act(&mut self, action: Action) -> Done {
        if self.list.act(action) {
            return Done::Moved;
        }
        let Some(selected) = self.selected() else {
            return match action {
                Action::Left => Done::Out,
                _ => Done::Nothing,
            };
        };
        let Some(node) = self.nodes.get_mut(selected) else {
            return Done::Nothing;
        };
        match action {
            Action::Left if node.open => {
                node.open = false;
                self.refresh();
                Done::Moved
            }
            Action::Left => match node.parent.and_then(|parent| self.row_of(parent)) {
                Some(row) => {
                    self.list.select(row);
                    Done::Moved
                }
                None => Done::Out,
            },
            Action::Right | Action::Enter => self.toggle(selected, action == Action::Enter),
            _ => Done::Nothing,
        }
    }

    /// Opens a node, or with `close` closes an open one.
    pub fn toggle(&mut self, selected: usize, close: bool) -> Done {
        let Some(node) = self.nodes.get_mut(selected) else {
            return Done::Nothing;
        };
        match (&node.children, node.open) {
            (Children::None, _) => Done::Nothing,
            (Children::Unknown, _) => {
                node.children = Children::Asked;
                node.open = true;
                self.refresh();
                Done::Ask(selected)
            }
            (_, false) => {
                node.open = true;
                self.refresh();
                Done::Moved
            }
            (_, true) if close => {
                node.open = false;
                self.refresh();
                Done::Moved
            }
            (Children::Known(_), true) => {
                self.list.step(1);
                Done::Moved
            }
            (Children::Asked, true) => Done::Moved,
        }
    }

    /// The mark that says whether a node opens, or is open.
    pub fn mark(&self, node: usize, glyphs: &crate::theme::Glyphs) -> &'static str {
        match self.nodes.get(node) {
            None => " ",
            Some(node) => match (&node.children, node.open) {
                (Children::None, _) => " ",
                (_, false) => glyphs.closed,
                (_, true) => glyphs.open,
            },
        }
    }

    /// A node as it stands in a row: indented, with a mark that says whether it opens.
    pub fn row(
        &self,
        index: usize,
        canvas_glyphs: &crate::theme::Glyphs,
        line: impl Fn(&T) -> Line,
    ) -> Line {
        let Some((depth, number)) = self.rows.get(index) else {
            return Line::default();
        };
        let Some(node) = self.nodes.get(*number) else {
            return Line::default();
        };
        let mark = self.mark(*number, canvas_glyphs);
        let mut row = Line::plain("  ".repeat(*depth)).and(Role::Dim, format!("{mark} "));
        row.spans.extend(line(&node.value).spans);
        if node.open && node.children == Children::Asked {
            row.push(Role::Dim, "  …");
        }
        row
    }

    /// Draws the visible rows.
    pub fn draw(&self, canvas: &mut Canvas<'_>, focused: bool, line: impl Fn(&T) -> Line) {
        let glyphs = &canvas.theme().glyphs;
        self.list
            .draw(canvas, focused, |index| self.row(index, glyphs, &line));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(tree: &Tree<&'static str>) -> Vec<&'static str> {
        tree.rows()
            .iter()
            .map(|(_, n)| *tree.get(*n).unwrap())
            .collect()
    }

    #[test]
    fn nodes_open_when_asked_and_close_again() {
        let mut tree = Tree::default();
        let a = tree.add_root("a", Children::Unknown);
        tree.add_root("b", Children::None);
        tree.refresh();
        assert_eq!(tree.act(Action::Right), Done::Ask(a));
        assert_eq!(tree.act(Action::Right), Done::Moved, "asked once only");
        let child = tree.add("a.x", Some(a), Children::None);
        tree.set_children(a, Children::Known(vec![child]));
        tree.refresh();
        assert_eq!(words(&tree), ["a", "a.x", "b"]);
        tree.act(Action::Down);
        assert_eq!(tree.act(Action::Left), Done::Moved, "to the parent");
        assert_eq!(tree.selected(), Some(a));
        assert_eq!(tree.act(Action::Left), Done::Moved, "closes");
        assert_eq!(words(&tree), ["a", "b"]);
        assert_eq!(tree.act(Action::Left), Done::Out);
        assert_eq!(tree.act(Action::Enter), Done::Moved, "known by now");
        assert_eq!(words(&tree), ["a", "a.x", "b"]);
    }
}
