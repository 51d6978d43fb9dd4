//! Who waits for whom.

use super::{snapshots, tell};
use crate::data::page::Target;
use crate::data::waits::AskWaits;
use crate::keys::Action;
use crate::screen::{Effect, Input, Screen};
use crate::screens::waits::WaitsScreen;
use dumpview_model::value::Address;
use dumpview_model::waits::{
    Certainty, Does, How, Object, ObjectKind, Party, Waiter, Waiting, Waits,
};
use std::sync::Arc;

fn waiter(goroutine: u64, how: How, place: &str) -> Waiter {
    Waiter {
        goroutine,
        how,
        waiting: Waiting::Alone,
        waiting_ns: None,
        place: Some(place.into()),
    }
}

fn mutex(addr: u64, name: &str, waiters: Vec<Waiter>, (holder, at): (u64, &str)) -> Object {
    let mut object = Object::new(ObjectKind::Mutex, Some(Address(addr)));
    object.name = Some(name.to_owned());
    object.state.locked = Some(true);
    object.waiters = waiters;
    object.parties = vec![Party {
        goroutine: holder,
        does: Does::Holds,
        certainty: Certainty::Probable,
        evidence: Vec::new(),
        frame: Some(3),
        place: Some(at.to_owned()),
    }];
    object
}

/// Fifty behind one that sleeps, two that wait for each other, a channel that nobody is known to send on.
fn waits() -> Arc<Waits> {
    let want = "main.(*pool).want locks.go:35 [sync.Mutex.Lock]";
    let step = "main.(*ring).step locks.go:66 [sync.Mutex.Lock]";
    let crowd = (20..70).map(|id| waiter(id, How::Lock, want)).collect();
    let mut channel = Object::new(ObjectKind::Channel, Some(Address(0xc0_0001_0000)));
    channel.ty = Some("chan int".to_owned());
    channel.state.queued = Some(0);
    channel.state.capacity = Some(0);
    channel.waiters = vec![waiter(
        80,
        How::Receive,
        "main.work jobs.go:9 [chan receive]",
    )];
    let waits = Waits {
        objects: vec![
            mutex(
                0x5d_2f60,
                "main.shared.mu",
                crowd,
                (17, "main.nap locks.go:21 [sleep]"),
            ),
            mutex(
                0xc0_0000_1000,
                "a.mu in frame 3 of goroutine 8",
                vec![waiter(7, How::Lock, step)],
                (8, step),
            ),
            mutex(
                0xc0_0000_2000,
                "b.mu in frame 3 of goroutine 7",
                vec![waiter(8, How::Lock, step)],
                (7, step),
            ),
            channel,
        ],
        ..Waits::default()
    };
    Arc::new(waits.settled(&|_| Some("main.nap locks.go:21 [sleep]".to_owned())))
}

fn shown() -> WaitsScreen {
    let mut screen = WaitsScreen::default();
    screen.update(Input::Shown);
    tell(&mut screen, AskWaits, waits());
    screen
}

#[test]
fn goroutines_stand_above_what_they_have_and_who_waits_for_that() {
    snapshots("waits", &shown());
}

#[test]
fn enter_leads_to_the_frames_of_a_goroutine_and_opens_what_is_none() {
    let mut screen = shown();
    screen.update(Input::Search("goroutine 17"));
    let go = screen.update(Input::Act(Action::Enter));
    let target = |id| {
        Effect::Go(Target::Goroutine {
            id: Some(id),
            frame: None,
        })
    };
    assert_eq!(go, [target(17)]);
    screen.update(Input::Search("50 goroutines wait to lock it"));
    assert_eq!(screen.update(Input::Act(Action::Enter)), []);
    screen.update(Input::Act(Action::Down));
    assert_eq!(screen.update(Input::Act(Action::Enter)), [target(20)]);
    screen.update(Input::Search("holds sync.Mutex main.shared.mu"));
    assert_eq!(screen.update(Input::Act(Action::Object)), [target(17)]);
}
