use super::*;
use crate::ask::Topic;
use crate::canvas::Canvas;
use crate::data::frames::AskFrames;
use crate::data::goroutines::{AskGoroutines, Goroutine, Goroutines, Stack};
use crate::data::overview::{AskOverview, Item, Overview, Section};
use crate::keys::Key;
use crate::screens::goroutines::GoroutinesScreen;
use crate::screens::memory::MapScreen;
use crate::screens::overview::OverviewScreen;
use crate::theme::{ASCII, Colors, Theme, UNICODE};
use dumpview_view::line::{Line, Role};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

fn app() -> App {
    App::new(
        "core.44457",
        vec![
            Box::<OverviewScreen>::default(),
            Box::<GoroutinesScreen>::default(),
            Box::<MapScreen>::default(),
        ],
        ["bt", "goroutine", "goroutines", "print"]
            .map(str::to_owned)
            .into(),
    )
}

fn shown(app: &App, width: u16, height: u16, theme: &Theme) -> String {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    app.draw(&mut Canvas::new(&mut buffer, theme));
    let row = |y| {
        let row: String = (0..width).map(|x| buffer[(x, y)].symbol()).collect();
        row.trim_end().to_owned()
    };
    (0..height).map(row).collect::<Vec<_>>().join("\n")
}

const PLAIN: Theme = Theme {
    colors: Colors::None,
    glyphs: UNICODE,
    background: None,
};

fn asked(todo: &[Do]) -> Vec<(ScreenId, Request)> {
    todo.iter()
        .filter_map(|what| match what {
            Do::Ask(id, request, _) => Some((*id, request.clone())),
            _ => None,
        })
        .collect()
}

fn job(todo: &[Do]) -> Job {
    let job = |what: &Do| match what {
        Do::Ask(_, _, job) => Some(job.clone()),
        _ => None,
    };
    todo.iter().find_map(job).expect("something is asked")
}

fn answer<T: Topic>(app: &mut App, to: ScreenId, question: T, answer: T::Answer) -> Vec<Do> {
    let answer = Request::from(question).answer::<T>(Ok(answer));
    app.update(Event::Answer { to, answer })
}

fn page() -> Overview {
    Overview {
        headline: Line::new(
            Role::Alarm,
            "panic: runtime error: index out of range [5] with length 3",
        ),
        go: Some(Target::Goroutine {
            id: Some(7),
            frame: None,
        }),
        sections: vec![
            Section {
                title: "goroutine 7 [running]".to_owned(),
                items: vec![Item::leading(
                    Line::plain("  4  ")
                        .and(Role::Name, "main.pick")
                        .and(Role::Dim, "  /src/main.go:41"),
                    Target::Goroutine {
                        id: Some(7),
                        frame: Some(4),
                    },
                )],
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
        at: Standpoint {
            goroutine: Some(7),
            frame: None,
        },
        verb: "report",
        unfinished: false,
    }
}

fn goroutines() -> Goroutines {
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
            stack("main.\u{1b}[31mworker", "/src/work.go:12"),
        ],
        creators: vec!["main.main /src/main.go:20".to_owned()],
        rows: (1..=9)
            .map(|id| Goroutine {
                id,
                state: u32::from(id != 7),
                stack: u32::from(id != 7),
                creator: Some(0),
                waiting: (id != 7).then_some(id * 1_000_000_000),
                crashed: id == 7,
                ..Goroutine::default()
            })
            .collect(),
    }
}

#[test]
fn screens_ask_once_and_back_leads_the_way_one_came() {
    let mut app = app();
    let todo = app.start();
    let first = asked(&todo);
    assert_eq!(first[0].1, AskOverview.into());
    let overview = first[0].0;
    answer(&mut app, overview, AskOverview, page());
    let todo = app.update(Event::Key(Key::Char('2')));
    assert_eq!(asked(&todo)[0].1, AskGoroutines.into());
    answer(&mut app, asked(&todo)[0].0, AskGoroutines, goroutines());
    assert!(
        app.update(Event::Key(Key::Char('1'))).is_empty(),
        "asked already"
    );
    let todo = app.update(Event::Key(Key::Enter));
    assert_eq!(asked(&todo)[0].1, AskFrames(Some(7)).into());
    for page in [
        Page::Overview,
        Page::Goroutines,
        Page::Overview,
        Page::Overview,
    ] {
        app.update(Event::Key(Key::Esc));
        assert_eq!(app.current().unwrap().screen.page(), page);
    }
    assert_eq!(
        app.entries.len(),
        3,
        "what was gone into is dropped on the way back"
    );
}

#[test]
fn q_leaves_and_ctrl_z_suspends() {
    let mut app = app();
    app.start();
    assert_eq!(app.update(Event::Key(Key::Ctrl('z'))), [Do::Suspend]);
    assert_eq!(
        app.update(Event::Signal(Signal::End(15))),
        [Do::End(End::Signal(15))]
    );
    assert_eq!(app.update(Event::Key(Key::Char('q'))), [Do::End(End::Quit)]);
}

#[test]
fn escape_stops_what_is_being_worked_on_before_it_leads_back() {
    let mut app = app();
    app.start();
    let todo = app.update(Event::Key(Key::Char('2')));
    let job = job(&todo);
    assert_eq!(app.update(Event::Key(Key::Esc)), []);
    assert!(job.is_stopped());
    assert!(shown(&app, 80, 24, &PLAIN).contains("stopped before it was read"));
    assert_eq!(app.current().unwrap().screen.page(), Page::Goroutines);
    app.update(Event::Key(Key::Esc));
    assert_eq!(app.current().unwrap().screen.page(), Page::Overview);
}

#[test]
fn a_page_about_an_input_that_grows_is_asked_for_again_at_its_end() {
    let mut app = app();
    let id = asked(&app.start())[0].0;
    let page = Overview {
        unfinished: true,
        ..page()
    };
    answer(&mut app, id, AskOverview, page);
    let ended = app.update(Event::Fresh { ended: true });
    assert_eq!(asked(&ended)[0].1, AskOverview.into());
}

#[test]
fn commands_complete_and_come_back_from_history() {
    let mut app = app();
    app.start();
    for key in [Key::Char(':'), Key::Char('p'), Key::Tab, Key::Char('x')] {
        app.update(Event::Key(key));
    }
    let todo = app.update(Event::Key(Key::Enter));
    let line = "print x".to_owned();
    let at = Standpoint::default();
    assert_eq!(asked(&todo)[0].1, RunCommand { line, at }.into());
    app.update(Event::Key(Key::Char(':')));
    app.update(Event::Key(Key::Up));
    assert!(shown(&app, 80, 24, &PLAIN).ends_with(":print x"));
    app.update(Event::Key(Key::Esc));
    assert!(app.prompt.is_none());
}

#[test]
fn filters_are_applied_while_they_are_typed_and_taken_back_by_escape() {
    let mut app = app();
    app.start();
    let todo = app.update(Event::Key(Key::Char('2')));
    let id = asked(&todo)[0].0;
    answer(&mut app, id, AskGoroutines, goroutines());
    app.update(Event::Key(Key::Char('t')));
    for key in "fpick".chars() {
        app.update(Event::Key(Key::Char(key)));
    }
    let seen = shown(&app, 100, 24, &PLAIN);
    assert!(seen.contains("1 of 9"), "{seen}");
    app.update(Event::Key(Key::Esc));
    assert!(shown(&app, 100, 24, &PLAIN).contains("9 of 9"));
}

#[test]
fn the_overview_at_two_sizes() {
    let mut app = app();
    let id = asked(&app.start())[0].0;
    answer(&mut app, id, AskOverview, page());
    insta::assert_snapshot!("overview_80x24", shown(&app, 80, 24, &PLAIN));
    insta::assert_snapshot!("overview_140x20", shown(&app, 140, 20, &PLAIN));
}

#[test]
fn the_goroutines_at_two_sizes_with_escape_sequences_made_harmless() {
    let mut app = app();
    app.start();
    let id = asked(&app.update(Event::Key(Key::Char('2'))))[0].0;
    answer(&mut app, id, AskGoroutines, goroutines());
    let seen = shown(&app, 80, 24, &PLAIN);
    assert!(!seen.contains('\u{1b}'));
    insta::assert_snapshot!("goroutines_80x24", seen);
    app.update(Event::Key(Key::Char('t')));
    insta::assert_snapshot!("goroutines_140x20", shown(&app, 140, 20, &PLAIN));
    let ascii = Theme {
        glyphs: ASCII,
        ..PLAIN
    };
    let seen = shown(&app, 80, 24, &ascii);
    assert!(seen.is_ascii(), "{seen}");
}

#[test]
fn small_terminals_are_told_so_and_none_is_too_small_to_draw_on() {
    let mut app = app();
    let id = asked(&app.start())[0].0;
    answer(&mut app, id, AskOverview, page());
    assert!(shown(&app, 59, 15, &PLAIN).contains("60×15 are needed"));
    for (width, height) in [(1, 1), (2, 60), (60, 15), (61, 16), (300, 100)] {
        shown(&app, width, height, &PLAIN);
    }
    assert!(shown(&app, 60, 15, &PLAIN).contains("index out of range"));
}

#[test]
fn tabs_are_clicked_and_the_help_lists_every_key_of_the_screen() {
    let mut app = app();
    app.start();
    let column = 17;
    app.update(Event::Mouse(Mouse::Click(column + 12, 0)));
    assert_eq!(app.current().unwrap().screen.page(), Page::Goroutines);
    let keys = app.current().unwrap().screen.keys();
    app.update(Event::Key(Key::Char('?')));
    let seen = shown(&app, 160, 80, &PLAIN);
    for binding in keys.iter().copied().flatten().chain(keys::EVERYWHERE) {
        assert!(seen.contains(binding.help), "{}", binding.help);
    }
}

#[test]
fn work_that_takes_long_shows_how_far_it_is_and_quick_work_does_not() {
    let mut app = app();
    app.start();
    let todo = app.update(Event::Key(Key::Char('2')));
    let job = job(&todo);
    assert!(job.advance(12_000, 100_000).is_ok());
    app.update(Event::Pulse);
    assert!(shown(&app, 80, 24, &PLAIN).ends_with("q quit"));
    app.update(Event::Pulse);
    let footer = "reading goroutines: 12,000 of 100,000  Esc stops";
    assert!(shown(&app, 80, 24, &PLAIN).ends_with(footer));
    // A newer question of the same kind stops the older one.
    let ended = app.update(Event::Fresh { ended: true });
    assert!(job.is_stopped());
    let to = asked(&ended)[0].0;
    answer(&mut app, to, AskGoroutines, goroutines());
    assert!(!app.current().unwrap().jobs.is_working());
    assert!(shown(&app, 80, 24, &PLAIN).ends_with("q quit"));
}

#[test]
fn screens_that_are_left_behind_stop_what_they_wait_for() {
    let mut app = app();
    app.start();
    let todo = app.go(Target::Command {
        line: "goroutines".to_owned(),
        at: Standpoint::default(),
    });
    let job = job(&todo);
    // The first stops the work, the second goes back.
    app.update(Event::Key(Key::Esc));
    assert!(job.is_stopped());
    assert!(shown(&app, 80, 24, &PLAIN).contains("stopped"));
    app.update(Event::Key(Key::Esc));
    assert_eq!(app.entries.len(), 3);
}

#[test]
fn pages_that_an_input_lacks_are_named_and_not_shown() {
    let mut app = app();
    app.start();
    app.go(Target::text_line(7));
    assert!(shown(&app, 80, 24, &PLAIN).contains("this input has no screen Text"));
    assert_eq!(app.current().unwrap().screen.page(), Page::Overview);
}
