//! What is where at one step: symbols of registers, slots, and of what is followed by name.

use super::token::{Key, Token, UNKNOWN};
use crate::addr::Addr;
use crate::arch::{Arch, Reg};

/// General registers, then vector registers.
pub(super) const REGISTERS: usize = 65;
/// Slots that one function is followed in.
const MOST_SLOTS: usize = 2048;
/// Where a register stands in a state.
pub(super) fn index(reg: Reg) -> Option<usize> {
    match usize::from(reg.0) {
        n @ 0..=32 => Some(n),
        n @ 64..=95 => Some(n - 31),
        _ => None,
    }
}

/// The register that stands there in a state.
pub(super) fn register(index: u8) -> Reg {
    let index = u16::from(index);
    Reg(if index <= 32 { index } else { index + 31 })
}

/// Registers of integer arguments and results, in their order.
pub(super) const fn arguments(arch: Arch) -> &'static [u16] {
    match arch {
        Arch::Amd64 => &[0, 3, 2, 5, 4, 8, 9, 10, 11],
        Arch::Arm64 => &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    }
}

/// What is where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct State {
    pub(super) registers: [Token; REGISTERS],
    /// By offset and size, without overlaps.
    pub(super) slots: Vec<(i64, u8, Token)>,
    /// Of what is followed by name, see [`Followed`].
    pub(super) names: Vec<Token>,
}

/// Something that is said to be in a place while the pc is in a range: a part of a variable. It is a place more, that holds
/// what was said to be its last.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Followed {
    /// By rising address.
    pub ranges: Vec<Range>,
}

/// Where a part of a variable is said to be from one address to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Range {
    /// First address.
    pub begin: Addr,
    /// First address after.
    pub end: Addr,
    /// The place.
    pub place: Place,
}

/// A place that holds a part of a variable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// The low bytes of a register.
    Register(Reg),
    /// So many bytes of the frame, from an offset from the CFA on.
    Slot(i64, u8),
}

impl Default for State {
    fn default() -> Self {
        Self {
            registers: [UNKNOWN; REGISTERS],
            slots: Vec::new(),
            names: Vec::new(),
        }
    }
}

impl State {
    /// Registers with their symbols, and slots by offset and size.
    pub(super) fn places(&self) -> impl Iterator<Item = (Place, Token)> {
        let registers = (0u8..).zip(&self.registers);
        let registers = registers.map(|(at, token)| (Place::Register(register(at)), *token));
        let slots = self
            .slots
            .iter()
            .map(|(at, bytes, token)| (Place::Slot(*at, *bytes), *token));
        slots.chain(registers)
    }

    /// What stands in a place by its key.
    pub(super) fn at(&self, key: Key) -> Token {
        match key {
            Key::Register(number) => self.registers.get(usize::from(number)).copied(),
            Key::Slot(at, bytes) => self.slot(at, bytes),
            Key::Name(number) => self.names.get(number as usize).copied(),
        }
        .unwrap_or(UNKNOWN)
    }

    /// What stands in a place.
    pub(super) fn held(&self, place: Place) -> Token {
        match place {
            Place::Register(reg) => self.register(reg),
            Place::Slot(at, bytes) => self.slot(at, bytes).unwrap_or(UNKNOWN),
        }
    }

    pub(super) fn register(&self, reg: Reg) -> Token {
        index(reg)
            .and_then(|at| self.registers.get(at))
            .copied()
            .unwrap_or(UNKNOWN)
    }

    pub(super) fn set_register(&mut self, reg: Reg, token: Token) {
        if let Some(register) = index(reg).and_then(|at| self.registers.get_mut(at)) {
            *register = token;
        }
    }

    /// What stands in exactly these bytes.
    pub(super) fn slot(&self, at: i64, bytes: u8) -> Option<Token> {
        let place = self.slots.binary_search_by_key(&at, |slot| slot.0).ok()?;
        self.slots
            .get(place)
            .filter(|slot| slot.1 == bytes)
            .map(|slot| slot.2)
    }

    /// Keeps the slots whose offset `is` tells.
    pub(super) fn keep(&mut self, is: impl Fn(i64) -> bool) {
        self.slots.retain(|(at, ..)| is(*at));
    }

    pub(super) fn overlaps(&self, at: i64, bytes: u64) -> bool {
        let end = at.saturating_add_unsigned(bytes);
        self.slots
            .iter()
            .any(|(start, size, _)| *start < end && start + i64::from(*size) > at)
    }

    /// Nothing is known of these bytes.
    pub(super) fn forget(&mut self, at: i64, bytes: u64) {
        let end = at.saturating_add_unsigned(bytes);
        self.slots
            .retain(|(start, size, _)| *start >= end || start + i64::from(*size) <= at);
    }

    pub(super) fn put(&mut self, at: i64, bytes: u8, token: Token) {
        match self.slots.binary_search_by_key(&at, |slot| slot.0) {
            Ok(place) => {
                if let Some(slot) = self.slots.get_mut(place) {
                    *slot = (at, bytes, token);
                }
            }
            Err(place) if self.slots.len() < MOST_SLOTS => {
                self.slots.insert(place, (at, bytes, token));
            }
            Err(_) => {}
        }
    }

    /// Makes unknown what holds a symbol that `is` tells.
    pub(super) fn drop_if(&mut self, is: impl Fn(Token) -> bool) {
        for register in &mut self.registers {
            if is(*register) {
                *register = UNKNOWN;
            }
        }
        self.slots.retain(|(.., token)| !is(*token));
        for name in &mut self.names {
            if is(*name) {
                *name = UNKNOWN;
            }
        }
    }
}
