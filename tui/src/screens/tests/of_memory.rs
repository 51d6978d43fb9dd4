//! Screens of memory statistics and of traced allocations.

use super::{drawn, snapshots, tell};
use crate::data::OfProcess;
use crate::data::page::Target;
use crate::data::statistics::{Allocations, AskAllocations, AskStatistics, Statistics};
use crate::keys::Action;
use crate::screen::{Effect, Input, Screen};
use crate::screens::alloc::AllocScreen;
use crate::screens::memstats::MemstatsScreen;
use dumpview_model::alloc::{self, By};
use dumpview_model::log_model::{LogModel, Parts};
use dumpview_model::memstats;
use dumpview_parsers::log::LogReader;
use dumpview_view::rows::{Allocation, MemorySnapshot};

const STATISTICS: &str = "\
2026/11/21 02:34:47 msg=memstats alloc=57497872 sys=68069656 heap_objects=15217 num_gc=4\n\
2026/11/21 02:34:57 msg=memstats alloc=114307672 sys=127449384 heap_objects=30251 num_gc=5\n\
2026/11/21 02:35:07 msg=memstats alloc=95026640 sys=161626408 heap_objects=25232 num_gc=6\n\
2026/11/21 02:35:27 msg=memstats alloc=137051808 sys=183056680 heap_objects=33038 num_gc=8\n";

/// Two objects of a type, one of which is freed after a collection, and one without a type.
const TRACE: &str = "\
tracealloc(0xc000016020, 0x10, main.item)\n\
goroutine 1 [running]:\n\
runtime.mallocgc(0x10, 0x5131a0, 0x1)\n\
\t/go/src/runtime/malloc.go:1288 +0x7a6 fp=0x7f60 sp=0x7f58 pc=0x4112a6\n\
main.make(...)\n\
\t/src/main.go:12 +0x7a6 fp=0x7f80 sp=0x7f70 pc=0x4112b6\n\
\n\
tracealloc(0xc000016040, 0x10, main.item)\n\
goroutine 1 [running]:\n\
runtime.mallocgc(0x10, 0x5131a0, 0x1)\n\
\t/go/src/runtime/malloc.go:1288 +0x7a6 fp=0x7f60 sp=0x7f58 pc=0x4112a6\n\
main.make(...)\n\
\t/src/main.go:12 +0x7a6 fp=0x7f80 sp=0x7f70 pc=0x4112b6\n\
\n\
tracegc()\n\
end tracegc\n\
tracefree(0xc000016020, 0x10)\n\
goroutine 2 [running]:\n\
runtime.systemstack_switch()\n\
\t/go/src/runtime/asm_amd64.s:459 +0x2 fp=0x7f60 sp=0x7f58 pc=0x4112a6\n\
\n";

fn model(log: &str) -> LogModel {
    let mut model = LogModel::new(Parts::ALL);
    let mut reader = LogReader::new();
    reader.push(log.as_bytes(), &mut |record| {
        model.record(&record, &mut |_| {});
    });
    reader.finish(&mut |record| model.record(&record, &mut |_| {}));
    model.finish(|_| String::new(), &mut |_| {});
    model
}

#[test]
fn memory_statistics() {
    let model = model(STATISTICS);
    let process = model.memory.processes().next().expect("a process");
    let rows = process.snapshots.iter().map(|snapshot| MemorySnapshot {
        source: "app.log".to_owned(),
        process: 1,
        time: None,
        snapshot: snapshot.clone(),
    });
    let data = OfProcess {
        data: Some(Statistics {
            snapshots: rows.collect(),
            count: process.count,
            findings: memstats::findings(process),
        }),
        id: process.id,
        number: 0,
        processes: 1,
        ended: true,
    };
    let question = AskStatistics { process: 0 };
    let mut screen = MemstatsScreen::default();
    let asked = screen.update(Input::Shown);
    assert_eq!(asked, [Effect::Ask(question.clone().into())]);
    tell(&mut screen, question.clone(), OfProcess::default());
    assert!(drawn(&screen, 80, 24).contains("no memory statistics yet"));
    tell(&mut screen, question, data);
    snapshots("memstats", &screen);
    // The newest is first.
    assert_eq!(
        screen.update(Input::Act(Action::Enter)),
        [Effect::Go(Target::text_line(4))]
    );
    screen.update(Input::Act(Action::NextPane));
    let fields = drawn(&screen, 80, 24);
    assert!(fields.contains("what line 4 says"), "{fields}");
    screen.update(Input::Act(Action::Down));
    let fields = drawn(&screen, 80, 24);
    assert!(fields.contains("what line 3 says"), "{fields}");
    assert!(fields.contains("154.1 MiB"), "{fields}");
}

#[test]
fn allocations() {
    let model = model(TRACE);
    let process = model.alloc.processes.first().expect("a process");
    let data = |by| {
        let rows = process.rows(by).into_iter();
        let sizes = process.rows(By::Size).into_iter();
        OfProcess {
            data: Some(Allocations {
                rows: rows.map(|row| Allocation::new(1, by, row)).collect(),
                by,
                all: process.all.clone(),
                sizes: sizes
                    .map(|row| (row.key.parse().unwrap(), row.totals.clone()))
                    .collect(),
                collections: process.collections,
                findings: alloc::findings(process),
            }),
            id: process.id,
            number: 0,
            processes: 1,
            ended: true,
        }
    };
    let question = |by| AskAllocations { process: 0, by };
    let mut screen = AllocScreen::default();
    assert_eq!(
        screen.update(Input::Shown),
        [Effect::Ask(question(By::Type).into())]
    );
    tell(&mut screen, question(By::Type), data(By::Type));
    snapshots("alloc", &screen);
    let record = |text: &str| {
        Effect::Go(Target::FindText {
            text: text.to_owned(),
        })
    };
    let enter = |screen: &mut AllocScreen| screen.update(Input::Act(Action::Enter));
    assert_eq!(enter(&mut screen), [record("main.item")]);
    assert_eq!(
        screen.update(Input::Act(Action::Group)),
        [Effect::Ask(question(By::Size).into())]
    );
    tell(&mut screen, question(By::Size), data(By::Size));
    assert_eq!(enter(&mut screen), [record(", 0x10")]);
    screen.update(Input::Act(Action::Group));
    tell(&mut screen, question(By::Stack), data(By::Stack));
    screen.update(Input::Act(Action::NextPane));
    let sum = drawn(&screen, 80, 24);
    for said in ["what became of main.make", "1 object", "/src/main.go:12"] {
        assert!(sum.contains(said), "{said} in\n{sum}");
    }
    assert!(screen.file().is_some());
}
