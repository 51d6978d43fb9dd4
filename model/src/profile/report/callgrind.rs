//! The graph for kcachegrind (internal/report/report.go:printCallgrind).

use super::super::graph::{Graph, Key, NodeId, sorted_edges};
use super::super::measure::{scale, whole};
use super::Report;
use crate::value::quote::escape;
use std::collections::HashMap;
use std::io::{self, Write};

/// Names are written once and then referred to.
#[derive(Default)]
struct Short {
    known: HashMap<String, usize>,
}

impl Short {
    fn of(&mut self, name: &str) -> String {
        if name.is_empty() {
            return String::new();
        }
        if let Some(known) = self.known.get(name) {
            return format!("({known})");
        }
        let number = self.known.len() + 1;
        self.known.insert(name.to_owned(), number);
        // The format has a name on each line, and no escapes.
        format!("({number}) {}", escape(name))
    }
}

/// An address, from the one before where that is shorter.
fn address(before: Option<&Key>, address: u64) -> String {
    let whole = if address == 0 {
        "0x0".to_owned()
    } else {
        format!("{address:#x}")
    };
    let Some(before) = before else {
        return whole;
    };
    if before.address == address {
        return "*".to_owned();
    }
    let relative = format!("{:+}", address.wrapping_sub(before.address).cast_signed());
    if relative.len() < whole.len() {
        relative
    } else {
        whole
    }
}

impl Report {
    /// Writes it.
    ///
    /// # Errors
    ///
    /// When `out` does not take it.
    pub fn callgrind(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let graph = self.graph().graph;
        let called = self.told_apart(&graph);
        writeln!(out, "positions: instr line")?;
        writeln!(out, "events: {}({})", self.sample_type, self.output_unit)?;
        let (mut objects, mut files, mut functions) =
            (Short::default(), Short::default(), Short::default());
        let scaled = |value| whole(scale(value, &self.sample_unit, &self.output_unit).0);
        let mut before: Option<Key> = None;
        for (_, node) in graph.iter() {
            let key = node.key;
            let same = |of: Key| (of.object, of.file, of.name) == (key.object, key.file, key.name);
            if !before.is_some_and(same) {
                writeln!(out)?;
                writeln!(out, "ob={}", objects.of(self.names.name(key.object)))?;
                writeln!(out, "fl={}", files.of(self.names.name(key.file)))?;
                writeln!(out, "fn={}", functions.of(self.names.name(key.name)))?;
            }
            let at = address(before.as_ref(), key.address);
            writeln!(out, "{at} {} {}", key.line, scaled(node.flat_value()))?;
            for (_, edge) in sorted_edges(&graph, graph.outs(node), &self.names) {
                let Some(callee) = graph.node(edge.dest) else {
                    continue;
                };
                let name = called.get(&edge.dest).map_or("", String::as_str);
                let to = callee.key;
                writeln!(out, "cfl={}", files.of(self.names.name(to.file)))?;
                writeln!(out, "cfn={}", functions.of(name))?;
                let at = address(before.as_ref(), to.address);
                writeln!(out, "calls=0 {at} {}", to.line)?;
                writeln!(out, "* * {}", scaled(edge.weight))?;
            }
            before = Some(key);
        }
        Ok(())
    }

    /// Names of nodes; of functions that have the same name in the same file, numbered ones.
    fn told_apart(&self, graph: &Graph) -> HashMap<NodeId, String> {
        let mut whole: HashMap<(u32, u32), Vec<(u32, Key)>> = HashMap::new();
        let function = |node: &super::super::graph::Node| (node.context, node.key.function());
        for (_, node) in graph.iter() {
            let known = whole.entry((node.key.file, node.key.name)).or_default();
            if !known.contains(&function(node)) {
                known.push(function(node));
            }
        }
        let names = graph.iter().map(|(id, node)| {
            let mut name = self.names.name(node.key.name).to_owned();
            if let Some(known) = whole.get(&(node.key.file, node.key.name))
                && known.len() > 1
            {
                let at = known.iter().position(|of| *of == function(node));
                name = format!("{name} [{}/{}]", at.unwrap_or(0) + 1, known.len());
            }
            (id, name)
        });
        names.collect()
    }
}
