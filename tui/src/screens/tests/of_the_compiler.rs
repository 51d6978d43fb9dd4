//! Screens of compiler output.

use super::{asked, snapshots, tell};
use crate::data::escapes::{AskEscapes, AskSourceLine, SourceLine};
use crate::keys::Action;
use crate::screen::{Effect, Input, Screen};
use crate::screens::escapes::EscapesScreen;
use dumpview_model::escape;
use dumpview_parsers::line::LineReader;
use std::sync::Arc;

const COMPILER: &str = "\
# example.com/app\n\
./main.go:9:6: can inline pick\n\
./main.go:14:10: &Node{...} escapes to heap in newNode:\n\
./main.go:14:10:   flow: ~r0 = &{storage for &Node{...}}:\n\
./main.go:14:10:     from &Node{...} (spill) at ./main.go:14:10\n\
./main.go:14:10:     from return &Node{...} (return) at ./main.go:14:3\n\
./main.go:14:10: &Node{...} escapes to heap\n\
./main.go:20:7: x does not escape\n";

#[test]
fn escapes_with_their_reason_source_and_flow() {
    let mut collector = escape::Collector::new();
    collector.begin_input();
    let mut lines = LineReader::new();
    lines.push(COMPILER.as_bytes(), |line| {
        collector.line(line);
    });
    lines.finish(|line| {
        collector.line(line);
    });
    let mut screen = EscapesScreen::default();
    assert_eq!(
        screen.update(Input::Shown),
        [Effect::Ask(AskEscapes.into())]
    );
    tell(&mut screen, AskEscapes, Arc::new(collector.finish()));
    let effects = screen.update(Input::Act(Action::Bottom));
    let question: AskSourceLine = asked(&effects).expect("the line of the decision is asked for");
    assert_eq!(question.line, 14);
    let line = SourceLine {
        file: question.file.clone(),
        line: question.line,
        text: Some("    return &Node{Key: 7}".to_owned()),
        marked: (11, 5),
    };
    tell(&mut screen, question, line);
    snapshots("escapes", &screen);
    screen.update(Input::Act(Action::ShowAll));
    screen.update(Input::Filter("kind=does_not_escape"));
    let status = screen.status().unwrap().text();
    assert!(
        status.contains("1 decisions of 2") || status.contains("1 decision"),
        "{status}"
    );
}
