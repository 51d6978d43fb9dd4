//! Screens of a core.

use super::{asked, drawn, settle, snapshots, tell};
use crate::data::command::Form;
use crate::data::frames::{
    AskFrames, AskSource, AskValue, AskVariables, Call, Expanded, Frames, Source, VariablesOf,
};
use crate::data::goroutines::{AskGoroutines, Goroutine, Goroutines, Listed, Stack};
use crate::data::memory::{AskMemory, Have, MemoryMap, Region};
use crate::data::overview::{AskOverview, Item, Overview, Section};
use crate::data::page::{Page, Target};
use crate::keys::Action;
use crate::rows::Arrange;
use crate::screen::{Effect, Input, Screen};
use crate::screens::frames::FramesScreen;
use crate::screens::goroutines::GoroutinesScreen;
use crate::screens::memory::MapScreen;
use crate::screens::overview::OverviewScreen;
use dumpview_model::finding::{Finding, Severity};
use dumpview_model::value::{Address, Data, Field, Origin, Pointee, Standing, Value, Variable};
use dumpview_view::job::Job;
use dumpview_view::line::{Line, Role};
use std::sync::Arc;

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

const VARIABLES: AskVariables = AskVariables {
    goroutine: 7,
    frame: 1,
};
const SOURCE: AskSource = AskSource {
    goroutine: 7,
    frame: 1,
};

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
    tell(
        &mut screen,
        AskFrames(Some(7)),
        Frames {
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
        },
    );
    let string = Value::new(
        "string",
        Data::String {
            bytes: b"a\x1b[31m".to_vec(),
            len: 6,
        },
    );
    tell(
        &mut screen,
        VARIABLES,
        VariablesOf {
            goroutine: 7,
            frame: 1,
            variables: vec![variable("n", node(Some(node(None)))), variable("s", string)],
            deferred: vec!["main.cleanup".to_owned()],
            note: None,
        },
    );
    tell(
        &mut screen,
        SOURCE,
        Source {
            goroutine: 7,
            frame: 1,
            title: "/src/main.go:41".to_owned(),
            first: 36,
            marked: 41,
            lines: (36..60).map(|n| format!("\tline {n}")).collect(),
            instructions: false,
            warning: None,
        },
    );
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
    let mut value = None;
    for _ in 0..8 {
        let effects = screen.update(Input::Act(Action::Right));
        value = asked::<AskValue>(&effects);
        if value.is_some() {
            break;
        }
        screen.update(Input::Act(Action::Down));
    }
    let question = value.expect("something was left to be asked for");
    assert_eq!(question.expr, "*n.Next.Next");
    let found = Expanded {
        node: question.node,
        value: Ok(Box::new(variable(&question.expr, node(None)))),
    };
    tell(&mut screen, question.clone(), found);
    assert_eq!(drawn(&screen, 120, 30).matches("Key = 7").count(), 3);
    let why = Err("mapped but not dumped".to_owned());
    let found = Expanded {
        node: question.node,
        value: why,
    };
    tell(&mut screen, question, found);
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
    tell(&mut screen, VARIABLES, late);
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
    let mut screen = MapScreen::default();
    screen.update(Input::Shown);
    let map = MemoryMap {
        regions: vec![
            region(0x40_0000, 300, Have::File, "/usr/bin/app"),
            region(0xc0_0000_0000, 1024, Have::Dumped, "Go heap arena"),
            region(0xc0_0040_0000, 15360, Have::Reserved, "Go heap arena"),
            region(
                0x7f00_0000_0000,
                2,
                Have::Missing("mapped but not dumped"),
                "/lib/libc.so.6",
            ),
        ],
        notes: vec!["core: truncated: 4096 of 40960 bytes are missing at its end".to_owned()],
    };
    tell(&mut screen, AskMemory, map);
    snapshots("memory", &screen);
    screen.update(Input::Filter("missing"));
    assert!(drawn(&screen, 100, 24).contains("libc"));
    assert!(!drawn(&screen, 100, 24).contains("heap arena"));
    screen.update(Input::Filter("have=reserved"));
    assert!(drawn(&screen, 100, 24).contains("heap arena"));
    screen.update(Input::Filter("missing"));
    let effects = screen.update(Input::Act(Action::Enter));
    assert_eq!(
        effects,
        [Effect::Say(
            "there are no bytes: mapped but not dumped".to_owned()
        )]
    );
}

fn some_goroutines() -> Goroutines {
    let stack = |function: &str, place: &str| Stack {
        function: function.to_owned(),
        place: place.to_owned(),
        calls: vec![
            ("runtime.gopark".to_owned(), "/go/proc.go:9".to_owned()),
            (function.to_owned(), place.to_owned()),
        ],
        runtime: 1,
        incomplete: None,
    };
    Goroutines {
        states: vec!["running".to_owned(), "chan receive".to_owned()],
        stacks: vec![
            stack("main.pick", "/src/main.go:41"),
            stack("main.worker", "/src/work.go:12"),
        ],
        creators: vec!["main.main /src/main.go:20".to_owned()],
        rows: (1..=9)
            .map(|id| Goroutine {
                id,
                state: u32::from(id != 7),
                stack: u32::from(id != 7),
                creator: Some(0),
                waiting: (id != 7).then_some(id * 1_000_000_000),
                labels: (id == 3).then(|| "user=\u{1b}[31mx".into()),
                crashed: id == 7,
                system: id == 2,
            })
            .collect(),
    }
}

fn goroutines() -> GoroutinesScreen {
    let mut screen = GoroutinesScreen::default();
    screen.update(Input::Shown);
    tell(&mut screen, AskGoroutines, some_goroutines());
    screen
}

#[test]
fn goroutines_grouped_and_each() {
    let mut screen = goroutines();
    snapshots("goroutines", &screen);
    // A group is gone into, and back.
    screen.update(Input::Act(Action::Enter));
    snapshots("goroutines_of_a_group", &screen);
    assert_eq!(
        screen.update(Input::Act(Action::Enter)),
        [Effect::Go(Target::Goroutine {
            id: Some(1),
            frame: None
        })]
    );
    assert_eq!(screen.update(Input::Act(Action::Back)), []);
    assert!(drawn(&screen, 80, 24).contains("COUNT*"));
    assert_eq!(screen.update(Input::Act(Action::Back)), [Effect::Back]);
}

#[test]
fn tables_are_filtered_in_the_language_of_filters_or_by_words() {
    let mut screen = goroutines();
    screen.update(Input::Act(Action::Group));
    screen.update(Input::Act(Action::ShowAll));
    let mut left = |filter: &str| {
        let said = screen.update(Input::Filter(filter));
        let status = screen.status().unwrap().text();
        let (_, count) = status.rsplit_once("  ").unwrap_or(("", &status));
        (count.to_owned(), said)
    };
    assert_eq!(left("waiting_ns>=8s"), ("2 of 9".to_owned(), Vec::new()));
    assert_eq!(left("chan receive worker").0, "8 of 9");
    assert_eq!(left("id=7 or id<3").0, "3 of 9");
    assert_eq!(left("gopark").0, "9 of 9");
    // Half a condition keeps what is shown and says what is missing.
    let (count, said) = left("id=");
    assert_eq!(count, "9 of 9");
    assert_eq!(
        said,
        [Effect::Say("a value is missing after id=".to_owned())]
    );
    assert_eq!(left("").0, "9 of 9");
}

#[test]
fn headings_sort_and_the_cursor_stays_on_its_row() {
    let mut screen = goroutines();
    screen.update(Input::Act(Action::Group));
    let heading = drawn(&screen, 100, 30);
    let column = heading.lines().next().unwrap().find("WAITING").unwrap();
    let column = u16::try_from(column).unwrap();
    screen.update(Input::Click { column, row: 0 });
    let first = |screen: &GoroutinesScreen| {
        let seen = drawn(screen, 100, 30);
        seen.lines().nth(1).unwrap().trim().to_owned()
    };
    assert!(first(&screen).starts_with("9  chan receive"));
    // Again: the other way round; who did not wait comes first.
    screen.update(Input::Click { column, row: 0 });
    assert!(first(&screen).contains("running"));
    screen.update(Input::Act(Action::Down));
    let before = screen.standpoint();
    screen.update(Input::Filter("chan"));
    assert_eq!(screen.standpoint(), before);
    let again = drawn(&screen, 100, 30).contains("WAITING*");
    assert!(again);
}

#[test]
fn what_a_table_shows_is_written_as_text_json_and_csv() {
    let mut screen = goroutines();
    screen.update(Input::Act(Action::Group));
    screen.update(Input::Filter("waiting_ns>7s"));
    let export = screen.export().unwrap();
    let written = |form| {
        let mut out = Vec::new();
        let rows = export.shown.print(form, &mut out).unwrap();
        assert_eq!(rows, Some(2));
        String::from_utf8(out).unwrap()
    };
    insta::assert_snapshot!("export_text", written(Form::Text));
    let json: serde_json::Value = serde_json::from_str(&written(Form::Json)).unwrap();
    assert_eq!(json["goroutines"][1]["id"], 9);
    assert_eq!(json["goroutines"][0]["stack"][3], "/src/work.go:12");
    let csv = written(Form::Csv);
    assert!(csv.starts_with("count,id,state,waiting_ns,"), "{csv}");
    assert_eq!(csv.lines().count(), 3);
}

#[test]
fn the_overview() {
    let mut screen = OverviewScreen::default();
    assert_eq!(
        screen.update(Input::Shown),
        [Effect::Ask(AskOverview.into())]
    );
    assert!(drawn(&screen, 80, 24).contains("opening…"));
    let finding = Finding::new("gc.x", Severity::Warning, "a finding in a sentence");
    let page = Overview {
        headline: Line::new(Role::Alarm, "panic: index out of range [5] with length 3"),
        go: Some(Target::Goroutine {
            id: Some(7),
            frame: None,
        }),
        sections: vec![
            Section {
                title: "findings".to_owned(),
                items: vec![Item::finding(&finding, Some(Target::text_line(12)))],
            },
            Section {
                title: "2 goroutines".to_owned(),
                items: vec![Item {
                    line: Line::new(Role::Number, "       2  ").and(Role::Plain, "chan receive"),
                    share: Some((1, 2)),
                    short: None,
                    go: Some(Target::Filtered {
                        page: Page::Goroutines,
                        filter: "chan receive".to_owned(),
                    }),
                }],
            },
        ],
        ..Overview::default()
    };
    tell(&mut screen, AskOverview, page);
    snapshots("overview", &screen);
    screen.update(Input::Act(Action::Down));
    assert_eq!(
        screen.update(Input::Act(Action::Enter)),
        [Effect::Go(Target::text_line(12))]
    );
}

#[test]
fn a_million_goroutines_are_filtered_and_drawn_without_delay() {
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
    let effects = tell(&mut screen, AskGoroutines, data);
    settle(&mut screen, effects);
    let effects = screen.update(Input::Act(Action::Group));
    settle(&mut screen, effects);
    assert!(drawn(&screen, 80, 24).contains("main.worker"));
    let effects = screen.update(Input::Filter("odd"));
    settle(&mut screen, effects);
    let seen = drawn(&screen, 80, 24);
    assert!(
        seen.contains("777777") && !seen.contains("main.worker"),
        "{seen}"
    );
    // Work on so many is done elsewhere, and given up when nobody waits.
    let job = Job::new("");
    let effects = screen.update(Input::Act(Action::Sort));
    let [Effect::Ask(request)] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert!(request.long().is_some());
    job.stop();
    let mut answer = request.alone(&job).unwrap();
    let given_up = answer.about::<Arrange<Listed>>().unwrap();
    assert_eq!(given_up.err().as_deref(), Some("stopped"));
}
