//! Screens of a log.

use super::{drawn, settle, snapshots, tell};
use crate::data::OfProcess;
use crate::data::collections::{AskCollections, Collections, Collector};
use crate::data::moments::{AskTimeline, Moments};
use crate::data::page::Target;
use crate::data::schedule::{AskSchedule, Schedule};
use crate::data::text::{Direction, FindLine, Mark, TextSource};
use crate::keys::Action;
use crate::screen::{Effect, Input, Screen};
use crate::screens::gc::GcScreen;
use crate::screens::sched::SchedScreen;
use crate::screens::text::TextScreen;
use crate::screens::timeline::TimelineScreen;
use dumpview_model::gc;
use dumpview_model::log::ProcessId;
use dumpview_model::log_model::{LogModel, Parts};
use dumpview_parsers::log::LogReader;
use dumpview_view::job::{Job, Stopped};
use dumpview_view::line::Role;
use std::sync::Arc;

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
    let mut model = LogModel::new(Parts::ALL);
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
    let process = model.gc.main().expect("a process");
    let collections = Collections {
        findings: gc::findings(&model.gc, &model.unread, process),
        run: Arc::clone(process),
    };
    let data = Collector {
        of: OfProcess {
            data: Some(collections),
            id: process.id,
            number: 0,
            processes: 1,
            ended: false,
        },
        other: vec!["2026/11/21 02:23:36 started".to_owned()],
        unread: model.unread.count(),
    };
    let question = AskCollections { process: 0 };
    let mut screen = GcScreen::default();
    assert_eq!(
        screen.update(Input::Shown),
        [Effect::Ask(question.clone().into())]
    );
    tell(&mut screen, question.clone(), Collector::default());
    assert!(drawn(&screen, 80, 24).contains("no collection yet"));
    tell(&mut screen, question, data);
    snapshots("gc", &screen);
    // The newest is first, and followed while more come in.
    let effects = screen.update(Input::Act(Action::Enter));
    assert_eq!(effects, [Effect::Go(Target::text_line(6))]);
    screen.update(Input::Act(Action::NextPane));
    screen.update(Input::Act(Action::NextPane));
    assert!(drawn(&screen, 80, 24).contains("how long the world stood still"));
}

#[test]
fn the_scheduler() {
    let mut screen = SchedScreen::default();
    screen.update(Input::Shown);
    let schedule = Schedule {
        run: Arc::clone(model().sched.main().expect("a process")),
        findings: Vec::new(),
    };
    let of = OfProcess {
        data: Some(schedule),
        id: ProcessId(1),
        number: 0,
        processes: 1,
        ended: true,
    };
    tell(&mut screen, AskSchedule { process: 0 }, of);
    snapshots("sched", &screen);
    screen.update(Input::Act(Action::Bottom));
    let effects = screen.update(Input::Act(Action::Enter));
    assert_eq!(effects, [Effect::Go(Target::text_line(3))]);
}

fn timeline_screen() -> TimelineScreen {
    let timeline = model().timeline("app.log");
    let mut screen = TimelineScreen::default();
    assert_eq!(
        screen.update(Input::Shown),
        [Effect::Ask(AskTimeline.into())]
    );
    let ended = true;
    tell(&mut screen, AskTimeline, Moments { timeline, ended });
    screen
}

#[test]
fn the_timeline() {
    let mut screen = timeline_screen();
    snapshots("timeline", &screen);
    screen.update(Input::Line(4));
    assert_eq!(
        screen.update(Input::Act(Action::Enter)),
        [Effect::Go(Target::text_line(4))]
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

struct Lines(Vec<&'static str>);

impl TextSource for Lines {
    fn find(
        &self,
        text: &str,
        from: u64,
        direction: Direction,
        job: &Job,
    ) -> Result<Option<u64>, Stopped> {
        assert_eq!(direction, Direction::Forwards);
        job.advance(0, self.0.len())?;
        let word = text.to_lowercase();
        let holds = |line: &u64| self.line(*line).to_lowercase().contains(&word);
        Ok((from..self.len()).find(holds))
    }

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
    let mut screen = TextScreen::new(Arc::clone(&source), false);
    screen.update(Input::Shown);
    screen.update(Input::Line(6));
    snapshots("text", &screen);
    let effects = screen.update(Input::Search("PANIC"));
    let question = FindLine {
        source,
        text: "PANIC".to_owned(),
        from: 6,
        direction: Direction::Forwards,
        among: None,
    };
    assert_eq!(effects, [Effect::Ask(question.clone().into())]);
    settle(&mut screen, effects);
    assert_eq!(
        screen.selection().as_deref(),
        Some("panic: assignment to entry in nil map")
    );
    assert_eq!(
        tell(&mut screen, question, None),
        [Effect::Say("not found: PANIC".to_owned())]
    );
}
