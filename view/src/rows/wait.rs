//! A wait: a goroutine, what it waits for, and who could end that.

use crate::column::{Cell, Column, Row, text};
use crate::columns;
use crate::schema::Documented;
use dumpview_model::waits::{Object, Party, Waiter, Waiting, Waits};
use std::borrow::Cow;
use std::sync::Arc;

/// One goroutine that waits for one thing; one of several that it waits for, in a `select`.
pub struct WaitRow {
    /// All waits.
    pub all: Arc<Waits>,
    /// What is waited for, by its place among them.
    pub object: usize,
    /// Who waits, by its place among those that do.
    pub waiter: usize,
}

impl WaitRow {
    /// All of them, most waited for first.
    pub fn of(all: &Arc<Waits>) -> Vec<Self> {
        let objects = all.objects.iter().enumerate();
        let rows = objects.flat_map(|(object, of)| {
            (0..of.waiters.len()).map(move |waiter| Self {
                all: Arc::clone(all),
                object,
                waiter,
            })
        });
        rows.collect()
    }

    fn object<'r>(&'r self, cell: impl FnOnce(&'r Object) -> Cell<'r>) -> Cell<'r> {
        self.all.objects.get(self.object).map_or(Cell::Null, cell)
    }

    fn waiter<'r>(&'r self, cell: impl FnOnce(&'r Waiter) -> Cell<'r>) -> Cell<'r> {
        let object = self.all.objects.get(self.object);
        let waiter = object.and_then(|object| object.waiters.get(self.waiter));
        waiter.map_or(Cell::Null, cell)
    }

    /// The surest of those that could end it.
    fn party<'r>(&'r self, cell: impl FnOnce(&'r Party) -> Cell<'r>) -> Cell<'r> {
        self.object(|of| of.parties.first().map_or(Cell::Null, cell))
    }
}

impl Documented for WaitRow {
    const ALL: &'static str = "Waits, most waited for first.";
    const ABOUT: &'static str = "A wait of a goroutine.";
}

impl Row for WaitRow {
    const KEY: &'static str = "waits";
    const ONE: &'static str = "wait";
    const COLUMNS: &'static [Column<Self>] = columns! {
        goroutine: "goroutine" Id, |r| r.waiter(|w| Cell::Count(w.goroutine)), "who waits";
        how: "waits" Text, |r| r.waiter(|w| Cell::Word(w.how.as_str())), "what it waits to do: lock, read_lock, wait, receive, send, select, read, write";
        kind: "for a" Text, |r| r.object(|of| Cell::Word(of.kind.as_str())), "what it waits for: mutex, rw_mutex, wait_group, cond, once, channel, nil_channel, file_lock, semaphore, descriptor";
        addr: "at" Address.or_null(), |r| r.object(|of| of.addr.map_or(Cell::Null, |addr| Cell::Address(addr.0))), "where that stands";
        name: "name" Text.or_null(), |r| r.object(|of| text(of.name.as_deref())), "the variable or field that it is";
        ty: Text.or_null(), |r| r.object(|of| text(of.ty.as_deref())), "its type: of a channel with what is sent";
        state: "state" Text, |r| r.object(|of| Cell::Text(Cow::Owned(of.state_words()))), "what memory says of it, in words";
        is_case: Flag, |r| r.waiter(|w| Cell::Flag(w.waiting == Waiting::OneCase)), "it is one case of a select";
        waiting_ns: "waiting" Nanos.or_null(), |r| r.waiter(|w| w.waiting_ns.map_or(Cell::Null, Cell::Count)), "for how long, at least; where the runtime recorded it";
        held_by: "held by" Id.or_null(), |r| r.party(|party| Cell::Count(party.goroutine)), "the goroutine that could end it, the surest one";
        does: Text.or_null(), |r| r.party(|party| Cell::Word(party.does.as_str())), "what that goroutine is to it: holds, holds_for_reading, is_before, will_end";
        certainty: "sure" Text.or_null(), |r| r.party(|party| Cell::Word(party.certainty.as_str())), "how sure that is: certain, probable, possible";
        place: "where" Text.or_null(), |r| r.waiter(|w| text(w.place.as_deref())), "where it waits";
    };
}
