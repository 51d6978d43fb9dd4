//! Every screen as it is drawn, at 80×24 and wide, from data that the tests make or read from a few lines of text.

use crate::ask::{Answer, Request};
use crate::canvas::Canvas;
use crate::keys::Action;
use crate::screen::{Effect, Input, Screen, Target};
use crate::screens::escapes::{EscapesScreen, SourceLine};
use crate::screens::frames::{Call, Frames, FramesScreen, Source, VariablesOf};
use crate::screens::gc::{Collections, GcScreen};
use crate::screens::memory::{Have, MemoryMap, MemoryScreen, Region};
use crate::screens::sched::{SchedScreen, Schedule};
use crate::screens::text::{Mark, TextScreen, TextSource};
use crate::screens::timeline::{Moments, TimelineScreen};
use crate::theme::{ASCII, Colors, Theme, UNICODE};
use dumpview_model::log_model::{LogModel, Parts};
use dumpview_model::value::{Address, Data, Field, Origin, Pointee, Standing, Value, Variable};
use dumpview_model::{escape, gc};
use dumpview_parsers::lines::LineReader;
use dumpview_parsers::log::LogReader;
use dumpview_view::line::Role;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::sync::Arc;

fn drawn(screen: &dyn Screen, width: u16, height: u16) -> String {
    let theme = Theme {
        colors: Colors::None,
        glyphs: UNICODE,
    };
    drawn_with(screen, width, height, &theme)
}

fn drawn_with(screen: &dyn Screen, width: u16, height: u16, theme: &Theme) -> String {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    screen.draw(&mut Canvas::new(&mut buffer, theme));
    let row = |y| {
        let row: String = (0..width).map(|x| buffer[(x, y)].symbol()).collect();
        row.trim_end().to_owned()
    };
    (0..height).map(row).collect::<Vec<_>>().join("\n")
}

/// Both sizes, and that nothing but ASCII is drawn where nothing else can be shown.
fn snapshots(name: &str, screen: &dyn Screen) {
    insta::assert_snapshot!(format!("{name}_80x22"), drawn(screen, 80, 22));
    insta::assert_snapshot!(format!("{name}_140x32"), drawn(screen, 140, 32));
    let ascii = Theme {
        colors: Colors::None,
        glyphs: ASCII,
    };
    let seen = drawn_with(screen, 80, 22, &ascii);
    assert!(seen.is_ascii(), "{seen}");
    for (width, height) in [(1, 1), (20, 5), (60, 13), (300, 90)] {
        drawn(screen, width, height);
    }
}

fn node(value: Option<Value>) -> Value {
    let next = value.map_or(
        Value::new(
            "*main.Node",
            Data::Pointer {
                addr: Address(0xc000_0100),
                pointee: Pointee::NotFollowed,
            },
        ),
        |inner| {
            Value::new(
                "*main.Node",
                Data::Pointer {
                    addr: Address(0xc000_0200),
                    pointee: Pointee::Value(Box::new(inner)),
                },
            )
        },
    );
    let field = |name: &str, value| Field {
        name: name.into(),
        value,
        embedded: false,
    };
    Value::new(
        "main.Node",
        Data::Struct {
            addr: Some(Address(0xc000_0000)),
            fields: vec![
                field("Key", Value::new("int", Data::Int(7))),
                field("Next", next),
            ],
            truncated: 0,
            shown: None,
        },
    )
}

fn variable(name: &str, value: Value) -> Variable {
    Variable {
        name: name.into(),
        ty: Arc::clone(&value.ty),
        value: Some(value),
        standing: Standing::Exact,
        addr: None,
        origin: Origin::Local,
        escaped: false,
    }
}

fn frames() -> FramesScreen {
    let call = |function: &str, runtime| Call {
        function: function.to_owned(),
        arguments: "a=1".to_owned(),
        place: "/src/main.go:41".to_owned(),
        runtime,
        ..Call::default()
    };
    let mut screen = FramesScreen::new(Some(7), None);
    screen.update(Input::Shown);
    screen.update(Input::Answer(Answer::Frames(Box::new(Frames {
        goroutine: 7,
        state: "running".to_owned(),
        creator: Some("main.main /src/main.go:12".to_owned()),
        calls: vec![
            call("runtime.gopanic", true),
            call("main.pick", false),
            call("main.main", false),
        ],
        first: 1,
        incomplete: None,
        previous: Some(1),
        next: None,
    }))));
    let string = Value::new(
        "string",
        Data::String {
            bytes: b"a\x1b[31m".to_vec(),
            len: 6,
        },
    );
    screen.update(Input::Answer(Answer::Variables(Box::new(VariablesOf {
        goroutine: 7,
        frame: 1,
        variables: vec![variable("n", node(Some(node(None)))), variable("s", string)],
        deferred: vec!["main.cleanup".to_owned()],
        note: None,
    }))));
    screen.update(Input::Answer(Answer::Source(Box::new(Source {
        goroutine: 7,
        frame: 1,
        title: "/src/main.go:41".to_owned(),
        first: 36,
        marked: 41,
        lines: (36..60).map(|n| format!("\tline {n}")).collect(),
        instructions: false,
        warning: None,
    }))));
    screen
}

#[test]
fn frames_variables_and_source() {
    let mut screen = frames();
    screen.update(Input::Act(Action::Enter));
    screen.update(Input::Act(Action::Right));
    snapshots("frames", &screen);
    assert!(!drawn(&screen, 80, 24).contains('\x1b'));
}

#[test]
fn pointers_that_were_not_followed_are_asked_for_when_they_are_opened() {
    let mut screen = frames();
    screen.update(Input::Act(Action::Enter));
    let mut asked = None;
    for _ in 0..8 {
        let effects = screen.update(Input::Act(Action::Right));
        asked = effects.into_iter().find_map(|effect| match effect {
            Effect::Ask(Request::Expand { node, expr, .. }) => Some((node, expr)),
            _ => None,
        });
        if asked.is_some() {
            break;
        }
        screen.update(Input::Act(Action::Down));
    }
    let (asked_node, expr) = asked.expect("something was left to be asked for");
    assert_eq!(expr, "*n.Next.Next");
    let value = Ok(Box::new(variable(&expr, node(None))));
    screen.update(Input::Answer(Answer::Expanded {
        node: asked_node,
        value,
    }));
    assert_eq!(drawn(&screen, 120, 30).matches("Key = 7").count(), 3);
    let why = Err("mapped but not dumped".to_owned());
    screen.update(Input::Answer(Answer::Expanded {
        node: asked_node,
        value: why,
    }));
    assert!(drawn(&screen, 120, 30).contains("cannot be read: mapped but not dumped"));
}

#[test]
fn late_answers_about_another_frame_are_not_shown() {
    let mut screen = frames();
    screen.update(Input::Act(Action::Down));
    let late = VariablesOf {
        goroutine: 7,
        frame: 1,
        note: Some("late".to_owned()),
        ..VariablesOf::default()
    };
    screen.update(Input::Answer(Answer::Variables(Box::new(late))));
    assert!(!drawn(&screen, 80, 24).contains("late"));
    assert!(drawn(&screen, 80, 24).contains("reading…"));
}

#[test]
fn the_memory_map() {
    let region = |start: u64, pages: u64, have, what: &str| Region {
        start,
        end: start + pages * 4096,
        permissions: "rw-".to_owned(),
        have,
        what: what.to_owned(),
    };
    let mut screen = MemoryScreen::default();
    screen.update(Input::Shown);
    screen.update(Input::Answer(Answer::Memory(Box::new(MemoryMap {
        regions: vec![
            region(0x40_0000, 300, Have::File, "/usr/bin/app"),
            region(0xc0_0000_0000, 1024, Have::Dumped, "Go heap arena"),
            region(
                0x7f00_0000_0000,
                2,
                Have::Missing("mapped but not dumped"),
                "/lib/libc.so.6",
            ),
        ],
        notes: vec!["core: truncated: 4096 of 40960 bytes are missing at its end".to_owned()],
    }))));
    snapshots("memory", &screen);
    screen.update(Input::Filter("missing"));
    assert!(drawn(&screen, 100, 24).contains("libc"));
    assert!(!drawn(&screen, 100, 24).contains("heap arena"));
    let effects = screen.update(Input::Act(Action::Enter));
    assert_eq!(
        effects,
        [Effect::Say(
            "there are no bytes: mapped but not dumped".to_owned()
        )]
    );
}

const LOG: &str = "\
2026/11/21 02:23:36 started\n\
gc 1 @0.039s 2%: 0.054+19+0.028 ms clock, 0.10+0.33/3.5/1.1+0.056 ms cpu, 3->4->2 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P\n\
SCHED 100ms: gomaxprocs=2 idleprocs=0 threads=6 spinningthreads=0 needspinning=0 idlethreads=2 runqueue=3 [4 0]\n\
gc 2 @0.186s 3%: 0.18+48+0.061 ms clock, 0.37+0.33/3.5/1.1+0.12 ms cpu, 40->50->20 MB, 45 MB goal, 0 MB stacks, 0 MB globals, 2 P\n\
SCHED 200ms: gomaxprocs=2 idleprocs=1 threads=7 spinningthreads=1 needspinning=0 idlethreads=3 runqueue=0 [0 1]\n\
gc 3 @0.405s 3%: 2.1+90+0.50 ms clock, 4.2+0.33/3.5/1.1+1.0 ms cpu, 38->41->30 MB, 40 MB goal, 0 MB stacks, 0 MB globals, 2 P (forced)\n\
gc 4 broken\n\
panic: assignment to entry in nil map\n\
\n\
goroutine 1 [running]:\n\
main.main()\n\
\t/src/main.go:8 +0x1d\n\
exit status 2\n";

fn model() -> LogModel {
    let mut model = LogModel::new(Parts::OVERVIEW);
    let mut reader = LogReader::new();
    reader.push(LOG.as_bytes(), &mut |record| {
        model.record(&record, &mut |_| {});
    });
    reader.finish(&mut |record| model.record(&record, &mut |_| {}));
    model.finish(|_| String::new(), &mut |_| {});
    model
}

#[test]
fn the_collector() {
    let model = model();
    let data = |model: &LogModel| Collections {
        run: model.gc.main().cloned(),
        number: 0,
        runs: 1,
        findings: model.gc.main().map_or_else(Vec::new, |process| {
            gc::findings(&model.gc, &model.unread, process)
        }),
        other: vec!["2026/11/21 02:23:36 started".to_owned()],
        unrecognized: model.unread.count(),
        ended: false,
    };
    let mut screen = GcScreen::default();
    assert_eq!(
        screen.update(Input::Shown),
        [Effect::Ask(Request::Collections { run: 0 })]
    );
    screen.update(Input::Answer(Answer::Collections(Box::default())));
    assert!(drawn(&screen, 80, 24).contains("no collection yet"));
    screen.update(Input::Answer(Answer::Collections(Box::new(data(&model)))));
    snapshots("gc", &screen);
    // The newest is first, and followed while more come in.
    let effects = screen.update(Input::Act(Action::Enter));
    assert_eq!(effects, [Effect::Go(Target::TextLine(6))]);
    screen.update(Input::Act(Action::NextPane));
    screen.update(Input::Act(Action::NextPane));
    assert!(drawn(&screen, 80, 24).contains("how long the world stood still"));
}

#[test]
fn the_scheduler() {
    let mut screen = SchedScreen::default();
    screen.update(Input::Shown);
    screen.update(Input::Answer(Answer::Schedule(Box::new(Schedule {
        run: model().sched.main().cloned(),
        number: 0,
        runs: 1,
        findings: Vec::new(),
        ended: true,
    }))));
    snapshots("sched", &screen);
    screen.update(Input::Act(Action::Bottom));
    let effects = screen.update(Input::Act(Action::Enter));
    assert_eq!(effects, [Effect::Go(Target::TextLine(3))]);
}

fn timeline_screen() -> TimelineScreen {
    let timeline = model().timeline("app.log");
    let mut screen = TimelineScreen::default();
    assert_eq!(
        screen.update(Input::Shown),
        [Effect::Ask(Request::Timeline)]
    );
    let ended = true;
    screen.update(Input::Answer(Answer::Timeline(Box::new(Moments {
        timeline,
        ended,
    }))));
    screen
}

#[test]
fn the_timeline() {
    let mut screen = timeline_screen();
    snapshots("timeline", &screen);
    screen.update(Input::Line(4));
    assert_eq!(
        screen.update(Input::Act(Action::Enter)),
        [Effect::Go(Target::TextLine(4))]
    );
    // Nearer, and back to all of it.
    let all = screen.status();
    screen.update(Input::Act(Action::ZoomIn));
    assert_ne!(screen.status(), all);
    screen.update(Input::Act(Action::ZoomAll));
    assert_eq!(screen.status(), all);
}

#[test]
fn a_range_of_the_timeline_has_its_figures() {
    let mut screen = timeline_screen();
    screen.update(Input::Act(Action::Top));
    screen.update(Input::Act(Action::Mark));
    screen.update(Input::Act(Action::Bottom));
    let seen = drawn(&screen, 140, 30);
    assert!(
        seen.contains("3 cycles, world stopped 2.9 ms in all, at most 2.6 ms"),
        "{seen}"
    );
    assert!(seen.contains("heap 2.0 MiB to 50.0 MiB"), "{seen}");
    assert_eq!(
        screen.update(Input::Act(Action::Back)),
        [],
        "forgets the range first"
    );
    assert_eq!(screen.update(Input::Act(Action::Back)), [Effect::Back]);
}

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
    assert_eq!(screen.update(Input::Shown), [Effect::Ask(Request::Escapes)]);
    screen.update(Input::Answer(Answer::Escapes(Arc::new(collector.finish()))));
    let effects = screen.update(Input::Act(Action::Bottom));
    let asked = effects.into_iter().find_map(|effect| match effect {
        Effect::Ask(Request::SourceLine { file, line, .. }) => Some((file, line)),
        _ => None,
    });
    let (file, line) = asked.expect("the line of the decision is asked for");
    assert_eq!(line, 14);
    screen.update(Input::Answer(Answer::SourceLine(SourceLine {
        file,
        line,
        text: Some("    return &Node{Key: 7}".to_owned()),
        marked: (11, 5),
    })));
    snapshots("escapes", &screen);
    screen.update(Input::Act(Action::ShowAll));
    screen.update(Input::Filter("kind:does_not_escape"));
    let status = screen.status().unwrap().text();
    assert!(
        status.contains("1 decisions of 2") || status.contains("1 decision"),
        "{status}"
    );
}

struct Lines(Vec<&'static str>);

impl TextSource for Lines {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn line(&self, index: u64) -> String {
        usize::try_from(index)
            .ok()
            .and_then(|i| self.0.get(i))
            .copied()
            .unwrap_or_default()
            .to_owned()
    }

    fn mark(&self, index: u64) -> Option<Mark> {
        self.line(index).starts_with("gc ").then_some(Mark {
            letter: 'g',
            name: "collector",
            role: Role::Series(1),
        })
    }
}

#[test]
fn the_raw_lines() {
    let source: Arc<dyn TextSource> = Arc::new(Lines(LOG.lines().collect()));
    let mut screen = TextScreen::new(source, false);
    screen.update(Input::Shown);
    screen.update(Input::Line(6));
    snapshots("text", &screen);
    let effects = screen.update(Input::Search("PANIC"));
    let text = "PANIC".to_owned();
    let request = Request::FindLine {
        text,
        from: 6,
        backwards: false,
    };
    assert_eq!(effects, [Effect::Ask(request)]);
    screen.update(Input::Answer(Answer::FoundLine(Some(7))));
    assert_eq!(
        screen.selection().as_deref(),
        Some("panic: assignment to entry in nil map")
    );
    assert_eq!(
        screen.update(Input::Answer(Answer::FoundLine(None))),
        [Effect::Say("not found: PANIC".to_owned())]
    );
}

#[test]
fn a_million_goroutines_are_filtered_and_drawn_without_delay() {
    use crate::screens::goroutines::{Goroutine, Goroutines, GoroutinesScreen, Stack};
    let stack = |function: &str| Stack {
        function: function.to_owned(),
        calls: vec![(function.to_owned(), "/a.go:1".to_owned())],
        ..Stack::default()
    };
    let rows = (1..=1_000_000u64).map(|id| Goroutine {
        id,
        stack: u32::from(id == 777_777),
        ..Goroutine::default()
    });
    let data = Goroutines {
        states: vec!["select".to_owned()],
        stacks: vec![stack("main.worker"), stack("main.odd")],
        creators: Vec::new(),
        rows: rows.collect(),
    };
    let mut screen = GoroutinesScreen::default();
    screen.update(Input::Shown);
    screen.update(Input::Answer(Answer::Goroutines(Box::new(data))));
    screen.update(Input::Act(Action::Group));
    assert!(drawn(&screen, 80, 24).contains("main.worker"));
    screen.update(Input::Filter("odd"));
    let seen = drawn(&screen, 80, 24);
    assert!(
        seen.contains("777777") && !seen.contains("main.worker"),
        "{seen}"
    );
}
