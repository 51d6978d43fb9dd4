//! The budget that the values of many stacks share: however deep is asked, no more is read than it allows, and every stack keeps
//! its frames.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod live;

use dumpview_process::image::{CoreFile, Executable, NoFiles, SectionArena};
use dumpview_process::mapped::OpenOptions;
use dumpview_process::postmortem::{Backtrace, BacktraceOptions, Locals, Postmortem};
use dumpview_process::process::Process;
use dumpview_process::value::Limits;
use live::Go;

/// A thousand goroutines, each with a tree of a thousand nodes in a variable.
const CROWD: &str = r#"package main

import (
	"runtime/debug"
	"time"
)

type node struct {
	name        string
	left, right *node
}

func grow(depth int) *node {
	if depth == 0 {
		return nil
	}
	return &node{name: "leaf", left: grow(depth - 1), right: grow(depth - 1)}
}

//go:noinline
func hold(tree *node, gate chan *node) {
	gate <- tree
	println(tree.name)
}

func main() {
	debug.SetTraceback("crash")
	gate := make(chan *node)
	tree := grow(10)
	for range make([]int, 1000) {
		go hold(tree, gate)
	}
	time.Sleep(200 * time.Millisecond)
	panic(tree.name)
}
"#;

/// Values in a stack, those inside others among them.
fn values(stack: &Backtrace) -> usize {
    fn count(value: &serde_json::Value) -> usize {
        match value {
            serde_json::Value::Object(map) => {
                usize::from(map.contains_key("kind")) + map.values().map(count).sum::<usize>()
            }
            serde_json::Value::Array(list) => list.iter().map(count).sum(),
            _ => 0,
        }
    }
    let frames = serde_json::to_value(&stack.frames).unwrap();
    count(&frames)
}

#[test]
fn a_thousand_stacks_read_no_more_than_their_budget() {
    const BUDGET: usize = 20_000;
    let Some(go) = Go::from_env() else {
        eprintln!("skipped: DUMPVIEW_GO is not set");
        return;
    };
    let releases = live::releases();
    let release = releases.last().unwrap();
    let exe = go.build(release, "crowd", CROWD, &[], &[]);
    let died = live::die(&exe, "amd64", &[]).unwrap();
    let file = std::fs::read(&exe).unwrap();
    let arena = SectionArena::default();
    let core = CoreFile::parse(&died.core).unwrap();
    let exe = Executable::parse(&file, &arena).unwrap();
    let process = Process::open(&core, Some(&exe), &NoFiles, OpenOptions::default());
    let dead = Postmortem::new(process);
    let mut options = BacktraceOptions::arguments(100, 1000);
    options.locals = Locals::All;
    options.limits = Limits::asked(50, 1000);

    let ids: Vec<_> = dead
        .process
        .goroutines()
        .unwrap()
        .list()
        .iter()
        .map(|g| g.id)
        .collect();
    assert!(ids.len() >= 1000, "{} goroutines", ids.len());
    let (mut left, mut shown, mut variables, mut frames) = (BUDGET, 0, 0, 0);
    for id in &ids {
        let at = dead.at(Some(*id)).unwrap();
        let stack = dead.backtrace_within(&at, options, &mut left);
        frames += stack.frames.len();
        let all = stack.frames.iter();
        variables += all
            .map(|f| f.args.len() + f.locals.as_ref().map_or(0, Vec::len))
            .sum::<usize>();
        shown += values(&stack);
    }
    // Without it one stack alone has a thousand nodes of three values each.
    assert!(shown >= BUDGET / 4, "{shown} values");
    assert!(
        shown <= BUDGET + variables,
        "{shown} values of {variables} variables"
    );
    assert_eq!(left, 0);
    assert!(frames >= 3 * ids.len(), "{frames} frames");
}
