//! What each pass over a graph of millions of nodes costs: `cargo bench -p dumpview-heap --bench dominators`.
//!
//! The graph is that of a server full of orders: a table of orders, each with a few leaves of its own (strings), a
//! map that has groups, a customer that many share, and now and then a link to another order. Orders lie in the
//! order of allocation; `scattered` deals their ids out at random, the worst a heap can look like after weeks.
//! `DUMPVIEW_BENCH_NODES` sets the sizes (default 2000000,20000000).

#![expect(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a bench prints its figures"
)]

use dumpview_heap::{Dominators, Graph, NodeId, ObjId, Objects, Paths, Rows, Run};
use std::time::Instant;

/// Objects of one size: sizes are not what is measured.
struct Equal(u32);

impl Objects for Equal {
    fn len(&self) -> u32 {
        self.0
    }
    fn addr(&self, id: ObjId) -> u64 {
        u64::from(id.0) * 64
    }
    fn size(&self, _: ObjId) -> u64 {
        64
    }
    fn find(&self, addr: u64) -> Option<ObjId> {
        u32::try_from(addr / 64).ok().map(ObjId)
    }
    fn runs(&self, visit: &mut dyn FnMut(Run)) {
        visit(Run {
            first: ObjId(0),
            count: self.0,
            size: 64,
        });
    }
}

/// A small generator whose numbers are the same every time.
struct Lot(u64);

impl Lot {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from(((self.0 >> 32) * u64::from(limit)) >> 32).unwrap_or(0)
    }
}

/// Nodes of one order: itself, six leaves, a map with two groups that hold two leaves each.
const PER_ORDER: u32 = 14;

fn orders(nodes: u32, scattered: bool) -> (Graph, Equal) {
    let mut lot = Lot(0x9e37_79b9_7f4a_7c15);
    let count = nodes / PER_ORDER;
    let customers = count / 20 + 1;
    let total = count * PER_ORDER + customers + 1;
    let mut id: Vec<u32> = (0..total).collect();
    if scattered {
        for at in (1..total).rev() {
            id.swap(at as usize, lot.below(at + 1) as usize);
        }
    }
    let named = |n: u32| id.get(n as usize).copied().unwrap_or(0);
    let mut lists: Vec<Vec<NodeId>> = vec![Vec::new(); total as usize];
    let mut row = |from: u32, to: Vec<u32>| {
        if let Some(list) = lists.get_mut(named(from) as usize) {
            *list = to.into_iter().map(named).collect();
        }
    };
    for order in 0..count {
        let first = order * PER_ORDER;
        let mut out: Vec<u32> = (first + 1..first + 8).collect();
        out.push(count * PER_ORDER + lot.below(customers));
        if lot.below(4) == 0 {
            out.push(lot.below(count) * PER_ORDER);
        }
        row(first, out);
        row(first + 7, vec![first + 8, first + 9]);
        row(first + 8, vec![first + 10, first + 11]);
        row(first + 9, vec![first + 12, first + 13, first + 10]);
    }
    let table = total - 1;
    row(table, (0..count).map(|order| order * PER_ORDER).collect());
    let entry = named(table);
    let rows = Rows::from_lists(&lists);
    (Graph::new(rows, total, vec![entry]), Equal(total))
}

/// Peak of resident memory so far, in megabytes.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM"));
    let kilobytes = line.and_then(|l| l.split_whitespace().nth(1)?.parse::<u64>().ok());
    kilobytes.map_or("?".to_owned(), |k| format!("{}", k / 1000))
}

fn timed<T>(what: &str, nodes: u32, run: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let made = run();
    let took = start.elapsed();
    let each = took.as_nanos() as f64 / f64::from(nodes.max(1));
    println!(
        "  {what:<28} {:>8.0} ms {each:>7.1} ns a node",
        took.as_secs_f64() * 1e3
    );
    made
}

fn main() {
    let sizes = std::env::var("DUMPVIEW_BENCH_NODES").unwrap_or_default();
    let mut sizes: Vec<u32> = sizes.split(',').filter_map(|n| n.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![2_000_000, 20_000_000];
    }
    for nodes in sizes {
        for scattered in [false, true] {
            let (graph, objects) = orders(nodes, scattered);
            let order = if scattered {
                "scattered"
            } else {
                "as allocated"
            };
            println!(
                "{} nodes, {} edges, {order}",
                graph.len(),
                graph.rows().edges()
            );
            let dominators = timed("dominators and retained", nodes, || {
                Dominators::of(&graph, &objects)
            });
            assert_eq!(dominators.total(), u64::from(objects.0) * 64);
            drop(dominators);
            timed("shortest paths", nodes, || Paths::of(&graph));
            timed("rows the other way", nodes, || graph.rows().transposed());
        }
    }
    println!("peak {} MB, the making of the graph included", peak());
}
