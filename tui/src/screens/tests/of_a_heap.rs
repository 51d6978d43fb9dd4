//! Screens of the heap.

use super::{asked, drawn, settle, snapshots, tell};
use crate::data::heap::{
    Account, AccountPart, AskAccount, AskBelow, AskChanges, AskPicture, AskPlace, AskSuspects,
    AskTotals, Below, Changes, Fact, Picture, PicturePiece, Place, Totals, TotalsBy,
};
use crate::data::overview::{Item, Overview, Section};
use crate::data::page::Target;
use crate::keys::Action;
use crate::rows::{Arrange, Rows};
use crate::screen::{Effect, Input, Screen};
use crate::screens::account::MemoryScreen;
use crate::screens::heap::changes::ChangesScreen;
use crate::screens::heap::instances::{AskInstances, Instances, InstancesScreen, Which};
use crate::screens::heap::place::PlaceScreen;
use crate::screens::heap::retained::RetainedScreen;
use crate::screens::heap::totals::{RootsScreen, TypesScreen};
use crate::screens::overview::SuspectsScreen;
use dumpview_model::heap::{
    Amount, HeapBranch, HeapChange, HeapFates, HeapFound, HeapGrowth, HeapKeeper, HeapPlace,
    HeapTotal, PlaceKind,
};
use dumpview_model::value::Address;
use dumpview_view::column::Cell;
use dumpview_view::line::{Line, Role};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const LIVE: u64 = 100 << 20;

fn total(key: &str, objects: u64, bytes: u64, retained: u64) -> HeapTotal {
    HeapTotal {
        key: key.to_owned(),
        objects,
        bytes,
        retained_bytes: Some(retained),
        of: LIVE,
    }
}

fn totals() -> Totals {
    Totals {
        head: vec![Line::new(Role::Good, "agrees with the runtime's counters")],
        rows: vec![
            total("main.Session", 90_000, 20 << 20, 60 << 20),
            total("string bytes", 300_000, 30 << 20, 30 << 20),
            total("[]int backing", 7, 900, 900),
        ]
        .into(),
    }
}

#[test]
fn types_and_where_they_lead() {
    let mut screen = TypesScreen::default();
    let effects = screen.update(Input::Shown);
    assert_eq!(
        asked::<AskTotals>(&effects),
        Some(AskTotals(TotalsBy::Type))
    );
    tell(&mut screen, AskTotals(TotalsBy::Type), totals());
    snapshots("types", &screen);
    let ty = "main.Session".to_owned();
    assert_eq!(
        screen.update(Input::Act(Action::Enter)),
        [Effect::Go(Target::Instances { ty })]
    );
    let effects = screen.update(Input::Act(Action::Group));
    assert_eq!(
        asked::<AskTotals>(&effects),
        Some(AskTotals(TotalsBy::Package))
    );
}

#[test]
fn roots_lead_to_what_they_keep() {
    let mut screen = RootsScreen::default();
    screen.update(Input::Shown);
    let rows = vec![
        total("main.registry", 9, 9, 60 << 20),
        total("(kept by several)", 1, 1, 1),
    ];
    let data = Totals {
        rows: rows.into(),
        ..totals()
    };
    tell(&mut screen, AskTotals(TotalsBy::Root), data);
    let name = "main.registry".to_owned();
    assert_eq!(
        screen.update(Input::Act(Action::Enter)),
        [Effect::Go(Target::Kept { name: name.clone() })]
    );
    assert_eq!(
        screen.update(Input::Act(Action::Object)),
        [Effect::Go(Target::Place { name })]
    );
    screen.update(Input::Act(Action::Down));
    let effects = screen.update(Input::Act(Action::Enter));
    assert!(matches!(effects.as_slice(), [Effect::Say(_)]));
}

fn amount(objects: u64) -> Amount {
    let bytes = objects * 48;
    Amount { objects, bytes }
}

fn change(key: &str, [born, died, survived]: [u64; 3]) -> HeapChange {
    HeapChange {
        key: key.to_owned(),
        old: amount(died + survived),
        new: amount(born + survived),
        fates: Some(HeapFates {
            born: amount(born),
            died: amount(died),
            survived: amount(survived),
            untold: amount(0),
        }),
    }
}

fn changes() -> Changes {
    let keeper = |root: &str, objects| HeapKeeper {
        root: root.to_owned(),
        kept: amount(objects),
        path: None,
    };
    Changes {
        head: vec![Line::plain("live: 1,000 objects, 48 KiB, then 3,400")],
        rows: vec![
            change("main.Session", [2500, 100, 900]),
            change("string bytes", [10, 20, 30]),
        ]
        .into(),
        growth: vec![HeapGrowth {
            ty: "main.Session".to_owned(),
            born: amount(2500),
            keepers: vec![
                keeper("main.registry", 2490),
                keeper("(kept by several)", 10),
            ],
            elsewhere: amount(0),
        }]
        .into(),
    }
}

#[test]
fn what_changed_leads_to_what_is_new_and_to_who_keeps_it() {
    let mut screen = ChangesScreen::default();
    let effects = screen.update(Input::Shown);
    let question = AskChanges(TotalsBy::Type);
    assert_eq!(asked::<AskChanges>(&effects), Some(question.clone()));
    tell(&mut screen, question, changes());
    snapshots("changes", &screen);
    let ty = "main.Session".to_owned();
    assert_eq!(
        screen.update(Input::Act(Action::Enter)),
        [Effect::Go(Target::Born { ty })]
    );
    let name = "main.registry".to_owned();
    let kept = [Effect::Go(Target::Kept { name })];
    assert_eq!(screen.update(Input::Act(Action::Keeps)), kept);
    screen.update(Input::Act(Action::Down));
    let effects = screen.update(Input::Act(Action::Keeps));
    assert!(matches!(effects.as_slice(), [Effect::Say(_)]));
    // By root, a row is what keeps.
    screen.update(Input::Act(Action::Group));
    let effects = screen.update(Input::Act(Action::Group));
    let question = AskChanges(TotalsBy::Root);
    assert_eq!(asked::<AskChanges>(&effects), Some(question.clone()));
    let rows = vec![change("main.registry", [2490, 0, 900])];
    let data = Changes {
        rows: rows.into(),
        ..changes()
    };
    tell(&mut screen, question, data);
    screen.update(Input::Act(Action::Top));
    assert_eq!(screen.update(Input::Act(Action::Enter)), kept);
}

/// Objects of which it is counted how many are made.
struct Counted(AtomicUsize);

impl Rows<HeapFound> for Arc<Counted> {
    fn len(&self) -> usize {
        2_000_000
    }

    fn row(&self, index: usize) -> Option<HeapFound> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Some(HeapFound {
            addr: Address(0xc000_0000 + index as u64 * 16),
            ty: "main.Order".into(),
            bytes: 16,
            retained_bytes: Some(index as u64),
            value: None,
        })
    }

    fn cell(&self, index: usize, column: &'static str) -> Option<Cell<'static>> {
        (column == "retained_bytes").then(|| Cell::Count(index as u64))
    }
}

#[test]
fn of_millions_of_objects_those_that_are_seen_are_made() {
    let rows = Arc::new(Counted(AtomicUsize::new(0)));
    let mut screen = InstancesScreen::of(Instances::of("main.Order".to_owned()));
    screen.update(Input::Shown);
    let ty = "main.Order".to_owned();
    let which = Which::Live;
    let question = AskInstances { ty, which };
    let effects = tell(&mut screen, question, Arc::new(Arc::clone(&rows)));
    assert_eq!(effects.len(), 1, "sorting them is asked for");
    assert!(matches!(&effects[..], [Effect::Ask(r)] if r.about::<Arrange<HeapFound>>().is_some()));
    let rest = settle(&mut screen, effects);
    assert!(rest.is_empty());
    assert_eq!(rows.0.load(Ordering::Relaxed), 0, "sorting makes none");
    snapshots("instances", &screen);
    for action in [Action::Down, Action::PageDown, Action::Bottom, Action::Top] {
        rows.0.store(0, Ordering::Relaxed);
        screen.update(Input::Act(action));
        drawn(&screen, 100, 40);
        assert!(rows.0.load(Ordering::Relaxed) < 60, "{action:?}");
    }
}

fn place(kind: PlaceKind, name: &str, ty: Option<&str>) -> HeapPlace {
    HeapPlace {
        kind,
        name: name.to_owned(),
        addr: (kind == PlaceKind::Object).then_some(Address(0xc000_1000)),
        ty: ty.map(str::to_owned),
        goroutine: None,
        frame: None,
        variable: (kind == PlaceKind::Variable).then(|| name.to_owned()),
    }
}

fn branch(place: HeapPlace, retained: u64, children: u64, folded: u64) -> HeapBranch {
    HeapBranch {
        depth: 0,
        place,
        bytes: 48,
        retained_bytes: retained,
        of: LIVE,
        children,
        folded,
    }
}

fn piece(depth: usize, name: &str, retained: u64) -> PicturePiece {
    PicturePiece {
        depth,
        name: name.to_owned(),
        retained_bytes: retained,
        bytes: 1 << 20,
        objects: 9000,
        go: Some(Target::Instances {
            ty: name.to_owned(),
        }),
    }
}

#[test]
fn the_dominator_tree_opens_and_is_a_picture() {
    let mut screen = RetainedScreen::default();
    let effects = screen.update(Input::Shown);
    let question = asked::<AskBelow>(&effects).unwrap();
    let registry = place(PlaceKind::Variable, "main.registry", None);
    let folded = place(PlaceKind::Object, "349 runtime.g", Some("runtime.g"));
    let below = Below {
        node: question.node,
        place: None,
        branches: vec![
            branch(registry, 60 << 20, 1, 0),
            branch(folded, 1 << 20, 0, 349),
        ],
        head: Vec::new(),
    };
    tell(&mut screen, question, below);
    let effects = screen.update(Input::Act(Action::Enter));
    let question = asked::<AskBelow>(&effects).unwrap();
    assert_eq!(question.place.as_deref(), Some("main.registry"));
    let object = place(PlaceKind::Object, "0xc0001000", Some("[]main.Session"));
    let below = Below {
        node: question.node,
        branches: vec![branch(object, 59 << 20, 5, 0)],
        ..Below::default()
    };
    let effects = tell(&mut screen, question, below);
    let next = asked::<AskBelow>(&effects).unwrap();
    let at_once = "one place below another says nothing by itself";
    assert_eq!(next.place.as_deref(), Some("0xc0001000"), "{at_once}");
    snapshots("retained", &screen);
    screen.update(Input::Act(Action::Bottom));
    let ty = "runtime.g".to_owned();
    assert_eq!(
        screen.update(Input::Act(Action::Enter)),
        [Effect::Go(Target::Instances { ty })]
    );

    let effects = screen.update(Input::Act(Action::Picture));
    let question = asked::<AskPicture>(&effects).unwrap();
    let picture = Picture {
        live: LIVE,
        pieces: vec![
            piece(0, "all that lives", LIVE),
            piece(1, "main.registry", 60 << 20),
            piece(2, "[]main.Session backing", 59 << 20),
            piece(3, "main.Session", 40 << 20),
            piece(1, "goroutines", 30 << 20),
            piece(1, "main.tiny", 1 << 10),
        ],
    };
    tell(&mut screen, question, picture);
    snapshots("picture", &screen);
    screen.update(Input::Act(Action::Down));
    screen.update(Input::Act(Action::Enter));
    assert!(!drawn(&screen, 80, 22).contains("goroutines"), "zoomed in");
    assert_eq!(screen.update(Input::Act(Action::Back)), []);
    assert!(drawn(&screen, 80, 22).contains("goroutines"), "and out");
    screen.update(Input::Act(Action::Back));
    assert!(drawn(&screen, 80, 22).contains("PLACE"), "the tree again");
}

#[test]
fn an_object_and_its_links() {
    let mut screen = PlaceScreen::new("0xc0001000".to_owned());
    let effects = screen.update(Input::Shown);
    let question = asked::<AskPlace>(&effects).unwrap();
    let to = |name: &str| {
        Some(Target::Place {
            name: name.to_owned(),
        })
    };
    let cart = Fact {
        line: Line::plain("Cart = *main.Cart {…}"),
        go: to("0xc0002000"),
        open: false,
        below: vec![Fact::leading(Line::plain("Total = 17"), None)],
    };
    let facts = vec![
        Fact::heading(
            Line::new(Role::Heading, "value"),
            vec![Fact::leading(Line::plain("ID = 7"), None), cart],
        ),
        Fact::heading(
            Line::new(Role::Heading, "why it is alive"),
            vec![Fact::leading(
                Line::plain("main.registry"),
                to("main.registry"),
            )],
        ),
    ];
    let data = Place {
        head: vec![
            Line::plain("0xc0001000 main.Session"),
            Line::plain("keeps 4.1 KiB"),
        ],
        name: "0xc0001000".to_owned(),
        verb: "heap object 0xc0001000".to_owned(),
        facts,
    };
    tell(&mut screen, question, data);
    snapshots("object", &screen);
    screen.update(Input::Act(Action::Down));
    screen.update(Input::Act(Action::Right));
    assert!(drawn(&screen, 80, 22).contains("Total = 17"), "it opens");
    let go = to("0xc0002000").map(Effect::Go);
    assert_eq!(
        Some(screen.update(Input::Act(Action::Enter))),
        go.map(|go| vec![go])
    );
    screen.update(Input::Filter("registry"));
    assert!(!drawn(&screen, 80, 22).contains("ID = 7"));
    assert_eq!(screen.update(Input::Act(Action::Back)), []);
    assert!(
        drawn(&screen, 80, 22).contains("ID = 7"),
        "the filter is gone"
    );
    let name = "0xc0001000".to_owned();
    assert_eq!(
        screen.update(Input::Act(Action::Keeps)),
        [Effect::Go(Target::Kept { name })]
    );
}

#[test]
fn suspects_and_what_was_stopped() {
    let mut screen = SuspectsScreen::default();
    screen.update(Input::Shown);
    screen.update(Input::Stopped);
    assert!(drawn(&screen, 80, 22).contains("stopped"));
    let effects = screen.update(Input::Shown);
    let question = asked::<AskSuspects>(&effects).expect("asked again");
    let name = "main.registry".to_owned();
    let go = Target::Kept { name };
    let page = Overview {
        headline: Line::new(Role::Heading, "1 suspect among 100 MiB that live"),
        go: Some(go.clone()),
        sections: vec![Section {
            title: "60 MiB  heap.dominator".to_owned(),
            items: vec![Item::leading(
                Line::plain("main.registry keeps 60 MiB"),
                go.clone(),
            )],
        }],
        ..Overview::default()
    };
    tell(&mut screen, question, page);
    snapshots("suspects", &screen);
    assert_eq!(screen.update(Input::Act(Action::Enter)), [Effect::Go(go)]);
}

#[test]
fn where_every_byte_is() {
    let mut screen = MemoryScreen::default();
    let effects = screen.update(Input::Shown);
    let question = asked::<AskAccount>(&effects).unwrap();
    let part = |name, bytes, what: &str, reserved| AccountPart {
        name,
        bytes,
        of: 100 << 20,
        reserved,
        what: what.to_owned(),
    };
    let account = Account {
        head: vec![Line::plain("700 MiB mapped: 90 MiB in the core")],
        parts: vec![
            part("live", 60 << 20, "objects that are reachable", false),
            part("garbage", 40 << 20, "objects that nothing reaches", false),
            part("reserved", 600 << 20, "reserved by the runtime", true),
        ],
        checks: vec![Line::plain("  ok   bytes of spans")],
    };
    tell(&mut screen, question, account);
    snapshots("account", &screen);
    let effects = screen.update(Input::Act(Action::Group));
    assert!(asked::<crate::data::memory::AskMemory>(&effects).is_some());
}
