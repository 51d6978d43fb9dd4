//! Channels: `runtime.hchan`, its ring buffer and its queues of waiting goroutines.

use super::maps::Laps;
use super::{Place, Reader, Sources, ValueError};
use crate::addr::Addr;
use crate::layout::FieldError;
use crate::types::{Type, TypeRef};
use dumpview_model::value::{Address, Chan, Data, Value};

/// Waiters counted per queue; a queue longer than this is not a queue.
const MAX_WAITERS: u64 = 50_000_000;

impl Sources<'_> {
    /// What `len` and `cap` of a channel give. Since Go 1.23 the channel of a timer has a buffer that the program
    /// cannot see: both are 0 (`runtime/chan.go`, `chanlen`).
    pub(crate) fn chan_counts(&self, addr: Addr) -> Result<(u64, u64), ValueError> {
        let hchan = self.structure("runtime.hchan", addr);
        let is_timer = match hchan.ptr("timer") {
            Ok(timer) => !timer.is_null(),
            Err(FieldError::NoSuchField { .. }) => false,
            Err(error) => return Err(error.into()),
        };
        if is_timer {
            return Ok((0, 0));
        }
        Ok((hchan.uint("qcount")?, hchan.uint("dataqsiz")?))
    }
}

impl Reader<'_> {
    /// A channel with its buffered elements, oldest first (`runtime/chan.go`: element `i` of the queue is
    /// at `(recvx + i) % dataqsiz`).
    pub(super) fn chan(
        &mut self,
        ty: &Type,
        elem: TypeRef,
        place: Place<'_>,
        depth: usize,
    ) -> Result<Value, ValueError> {
        let addr = place.ptr(self.sources.memory)?;
        if addr.is_null() {
            return Ok(Value::new(self.name(ty), Data::Chan(Chan::default())));
        }
        let hchan = self.sources.structure("runtime.hchan", addr);
        let element = self.sources.types.resolve(elem)?;
        let (count, size) = (hchan.uint("qcount")?, hchan.uint("dataqsiz")?);
        let elemsize = hchan.uint("elemsize")?;
        let receive_at = hchan.uint("recvx")?;
        let buffer = hchan.ptr("buf")?;
        if count > size || (size > 0 && receive_at >= size) {
            return Err(ValueError::Corrupt(format!(
                "channel {addr} holds {count} of {size} elements, next at {receive_at}"
            )));
        }
        // elemsize is 16 bits; larger elements are refused by the compiler.
        if elemsize != element.size {
            return Err(ValueError::Corrupt(format!(
                "channel {addr} has elements of {elemsize} bytes, its type of {}",
                element.size
            )));
        }
        let mut doubt =
            self.check_range("channel buffer", buffer, size.saturating_mul(elemsize))?;
        let elements = (0..self.room(depth, count))
            .map(|i| {
                let slot = receive_at.wrapping_add(i) % size.max(1);
                let at = buffer.offset(slot.wrapping_mul(elemsize));
                self.node(elem, Place::Memory(at), depth + 1)
            })
            .collect();
        let (len, cap) = self.sources.chan_counts(addr)?;
        let mut count_waiters = |queue| {
            self.waiters(addr, queue)
                .inspect_err(|error| doubt = Some(format!("{queue}: {error}")))
                .ok()
        };
        let (recv_waiters, send_waiters) = (count_waiters("recvq"), count_waiters("sendq"));
        if count > len {
            doubt = Some(
                "channel of a timer that has fired: its tick does not count in len".to_owned(),
            );
        }
        let chan = Chan {
            addr: Address(addr.0),
            len,
            cap,
            closed: hchan.uint("closed")? != 0,
            elements,
            recv_waiters,
            send_waiters,
        };
        Ok(Value {
            doubt,
            ..Value::new(self.name(ty), Data::Chan(chan))
        })
    }

    /// Length of a `waitq`: sudogs from `first` on by `next`.
    fn waiters(&self, hchan: Addr, queue: &str) -> Result<u64, ValueError> {
        let first = format!("{queue}.first");
        let first = self.sources.structure("runtime.hchan", hchan).ptr(&first)?;
        if first.is_null() {
            return Ok(0);
        }
        self.sources.shared.queue(first, || {
            let mut laps = Laps::new(MAX_WAITERS);
            let mut sudog = first;
            while !sudog.is_null() {
                laps.step(sudog)?;
                sudog = self.sources.structure("runtime.sudog", sudog).ptr("next")?;
            }
            Ok(laps.steps())
        })
    }
}
