//! Values that DWARF has lost and the machine code still has.
//!
//! Of every variable in scope the whole location list is handed to [`crate::flow`], which follows it through the function
//! and tells in which place of the frame the value still is, if that is certain. A value is shown when all of its parts are
//! known, each from its list or so; a part alone could make a value that never was.

use super::arrange::{Standing, Variable};
use super::known::Parts;
use super::variables::{Context, Raw};
use crate::addr::{Addr, FileAddr};
use crate::dwarf::{Location, NoLocation, Piece, Slice};
use crate::flow::{Followed, Held, Kept, Lost, Place, Point, Program, Range, Wanted};
use crate::symbols::ModuleData;
use gimli::constants as dw;
use gimli::{AttributeValue, Expression, Operation};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Constants are mostly so.
const NEVER_PLACED: &str = "the compiler gave it no place anywhere in the function";

/// Of a pointer that no stack map has.
const FREED: &str = "nothing uses it again, so that what it points to may have been freed";

/// Parts of all variables of a frame.
const MOST_PARTS: usize = 512;

/// A part of a variable: of which one, from which byte on.
pub(super) struct Part {
    pub(super) owner: u64,
    pub(super) level: usize,
    offset: u64,
    size: u8,
    followed: Followed,
}

impl Part {
    /// As it is followed.
    pub(super) fn followed(&self) -> (Followed, u8) {
        (self.followed.clone(), self.size)
    }

    /// As a piece of its variable.
    pub(super) const fn kept(&self, kept: Option<Kept>) -> (u64, u8, Option<Kept>) {
        (self.offset, self.size, kept)
    }

    /// The variable's DIE, and from which of its bytes on.
    pub(super) const fn place(&self) -> (u64, u64) {
        (self.owner, self.offset)
    }
}

impl<'a> Context<'_, 'a> {
    /// What the function's code tells of the parts of all variables in scope.
    pub(super) fn held(&self) -> Arc<Parts> {
        let (Some(point), Some(program)) = (self.frame.point, self.frame.program) else {
            return Arc::default();
        };
        let find = || self.find_held(point, program);
        self.known.held(point.is_interrupted(), find)
    }

    fn find_held(&self, point: &Point, program: Program<'_>) -> Parts {
        let mut parts = Vec::new();
        let mut objects = Vec::new();
        for (number, level) in self.known.levels.iter().enumerate() {
            for raw in &level.variables {
                self.parts_of(raw, number, &mut parts, &mut objects);
            }
        }
        if parts.is_empty() || parts.len() > MOST_PARTS {
            return Parts::default();
        }
        let followed: Vec<(Followed, u8)> = parts.iter().map(Part::followed).collect();
        let mut numbers = BTreeMap::new();
        let owners: Vec<usize> = parts
            .iter()
            .map(|part| {
                let next = numbers.len();
                *numbers.entry(part.owner).or_insert(next)
            })
            .collect();
        let (held, handed) = point.held(
            program,
            &Wanted {
                parts: &followed,
                owners: &owners,
                objects: &objects,
            },
        );
        Parts {
            parts: parts.into_iter().zip(held).collect(),
            handed,
        }
    }

    /// Looks for the values of variables that are not exact; `found` has each with the DIE it comes from. Those that are `doubted`
    /// have one and it is not believed.
    pub(super) fn infer(
        &self,
        held: &[(Part, Held)],
        doubted: &[u64],
        found: &mut [(u64, &mut Variable)],
    ) {
        let wanted = |variable: &Variable| match &variable.standing {
            Standing::Exact => is_incomplete(variable),
            Standing::Stale(_) | Standing::OptimizedOut(_) | Standing::Unreadable(_) => {
                !variable.escaped
            }
            Standing::Inferred(_) => false,
        };
        for (die, variable) in found.iter_mut().filter(|(_, v)| wanted(v)) {
            if doubted.contains(die) {
                continue;
            }
            let own = || held.iter().filter(|(part, _)| part.owner == *die);
            if own().any(|(part, held)| self.lags(held, part.level, variable.line)) {
                continue;
            }
            let why = "by the code: what it was last";
            let kept = |held: &Held| held.place.ok().map(Kept::At);
            let pieces = own().map(|(part, held)| part.kept(kept(held)));
            let pieces = pieces.chain(self.type_word(variable.ty, own()));
            self.assemble(variable, pieces, why);
            if let Standing::OptimizedOut(why) = &mut variable.standing {
                let lost = own().find_map(|(_, held)| held.place.err());
                *why = if own().next().is_none() {
                    NEVER_PLACED
                } else {
                    lost.map_or(why, told)
                };
            }
        }
    }

    /// The parts that a variable's list speaks of, and variables that live in memory.
    pub(super) fn parts_of(
        &self,
        raw: &Raw<'a>,
        level: usize,
        parts: &mut Vec<Part>,
        objects: &mut Vec<(i64, u64)>,
    ) {
        let size = self.types.resolve(crate::types::TypeRef::Die(raw.type_die));
        let Ok(size) = size.map(|ty| ty.size) else {
            return;
        };
        let Ok((unit, die)) = self.dwarf.die(raw.die) else {
            return;
        };
        let mut by_part: BTreeMap<(u64, u8), Followed> = BTreeMap::new();
        match die.attr_value(dw::DW_AT_location) {
            Some(AttributeValue::Exprloc(expression)) => {
                if let [(0, whole, Place::Slot(at, _))] = self.simple(expression, size).as_slice() {
                    objects.push((*at, *whole));
                }
                return;
            }
            Some(list) => {
                // What breaks off is left out.
                let _ =
                    self.dwarf
                        .entries(unit, list, raw.die, |begin, end, expression| {
                            for (offset, bytes, place) in self.simple(expression, size) {
                                let process = |addr| FileAddr(addr).to_process(self.types.bias());
                                for (offset, bytes, place) in words(offset, bytes, place) {
                                    by_part.entry((offset, bytes)).or_default().ranges.push(
                                        Range {
                                            begin: process(begin),
                                            end: process(end),
                                            place,
                                        },
                                    );
                                }
                            }
                        });
            }
            None => return,
        }
        parts.extend(by_part.into_iter().map(|((offset, size), mut followed)| {
            followed.ranges.sort_by_key(|range| range.begin);
            Part {
                owner: raw.die,
                level,
                offset,
                size,
                followed,
            }
        }));
    }

    /// The pieces of an expression that are registers or slots of the frame: offset, size, place.
    fn simple(&self, expression: Expression<Slice<'a>>, size: u64) -> Vec<(u64, u64, Place)> {
        let mut operations = expression.operations(self.unit.unit.encoding());
        let mut pieces = Vec::new();
        let mut place = None;
        let mut offset = 0;
        while let Ok(Some(operation)) = operations.next() {
            match operation {
                Operation::Register { register } => {
                    place = Some(Place::Register(crate::arch::Reg(register.0)));
                }
                Operation::FrameOffset { offset } => place = Some(Place::Slot(offset, 0)),
                Operation::CallFrameCFA => place = Some(Place::Slot(0, 0)),
                Operation::Piece { size_in_bits, .. } => {
                    let bytes = size_in_bits / 8;
                    if let Some(place) = place.take() {
                        pieces.push((offset, bytes, place));
                    }
                    offset += bytes;
                }
                _ => return Vec::new(),
            }
        }
        if let Some(place) = place {
            pieces.push((0, size, place));
        }
        pieces
    }

    /// Puts a variable together when there is a place for each of its parts: from which byte on, of how many, where.
    pub(super) fn assemble(
        &self,
        variable: &mut Variable,
        own: impl Iterator<Item = (u64, u8, Option<Kept>)>,
        why: &str,
    ) {
        let Ok(size) = self.types.resolve(variable.ty).map(|ty| ty.size) else {
            return;
        };
        let listed = match (&variable.standing, &variable.location) {
            (Standing::Exact, Some(Location::Pieces(pieces))) => pieces.as_slice(),
            _ => &[],
        };
        let mut pieces: Vec<Piece> = listed
            .iter()
            .filter(|piece| piece.bytes.is_ok())
            .cloned()
            .collect();
        let mut told: Vec<String> = Vec::new();
        let mut is_freed = false;
        for (offset, size, kept) in own {
            let known = pieces.iter().any(|piece| {
                piece.offset < offset + u64::from(size) && offset < piece.offset + piece.size
            });
            if known {
                continue;
            }
            let Some((bytes, name)) = kept.and_then(|kept| self.bytes_of(kept, size)) else {
                continue;
            };
            told.push(name);
            let word = <[u8; 8]>::try_from(bytes.as_slice()).map(u64::from_le_bytes);
            let is_left = matches!(kept, Some(Kept::Left(_) | Kept::Entered(_)));
            is_freed |= is_left && word.is_ok_and(|word| self.points_into_heap(word));
            pieces.push(Piece {
                offset,
                size: u64::from(size),
                bytes: Ok(bytes),
            });
        }
        pieces.sort_by_key(|piece| piece.offset);
        let whole = pieces.iter().try_fold(0, |end, piece| {
            (piece.offset == end).then_some(end + piece.size)
        });
        if whole != Some(size) || told.is_empty() {
            return;
        }
        variable.standing = if is_freed {
            Standing::Stale(FREED)
        } else {
            Standing::Inferred(format!("{why} is in {}", told.join(" and ")))
        };
        variable.location = Some(Location::Pieces(pieces));
    }

    /// Whether a word may be a pointer to something that the garbage collector frees: to memory that is no module's.
    pub(super) fn points_into_heap(&self, word: u64) -> bool {
        let is_there = self.frame.memory.bytes(Addr(word), 1).is_ok();
        is_there && !self.is_static(word)
    }

    /// Whether a word points into a module's own memory.
    pub(super) fn is_static(&self, word: u64) -> bool {
        let modules = self.frame.program.into_iter();
        let mut modules = modules.flat_map(|program| program.symbols.modules());
        let is_static = |data: &ModuleData| data.covers(Addr(word));
        modules.any(|module| module.data.as_ref().is_some_and(is_static))
    }

    fn bytes_of(&self, kept: Kept, size: u8) -> Option<(Vec<u8>, String)> {
        match kept {
            Kept::At(place) | Kept::Left(place) => self.bytes_at(place, size),
            Kept::Constant(value) => {
                let bytes = value.to_le_bytes().get(..usize::from(size))?.to_vec();
                Some((bytes, "the code itself".to_owned()))
            }
            Kept::Entered(reg) => {
                let word = self.frame.entered?.entered(reg)?;
                let bytes = word.to_le_bytes().get(..usize::from(size))?.to_vec();
                let name = self.frame.registers.arch().register_name(reg);
                let told = format!("{name} at the call, which the caller's frame still tells");
                Some((bytes, told))
            }
        }
    }

    /// The bytes in a place, and what it is called.
    fn bytes_at(&self, place: Place, size: u8) -> Option<(Vec<u8>, String)> {
        match place {
            Place::Slot(at, _) => {
                let addr = self.frame.cfa?.offset_signed(at);
                let bytes = self.frame.memory.bytes(addr, u64::from(size)).ok()?;
                Some((bytes.into_owned(), format!("the frame's slot at {addr}")))
            }
            Place::Register(reg) => {
                let registers = self.frame.registers;
                let mut bytes = registers
                    .get(reg)
                    .map(|word| word.to_le_bytes().to_vec())
                    .or_else(|| registers.vector(reg).map(|vector| vector.to_vec()))?;
                bytes.truncate(usize::from(size));
                let name = || registers.arch().register_name(reg);
                Some((bytes, self.told_unsaved(reg).unwrap_or_else(name)))
            }
        }
    }
}

/// Why there is no value, in words.
const fn told(lost: Lost) -> &'static str {
    match lost {
        Lost::Unknown => "its list has ended, and what it was last depends on the way taken",
        Lost::Constant => "its list has ended; it was a constant last and may have become another",
        Lost::Shared => "its list has ended, and another variable has the value that it had last",
        Lost::NextRound => "its list has ended; it counts the rounds of a loop",
        Lost::Unread => {
            "its list has ended, and nothing that the function reads again holds what it was last"
        }
    }
}

pub(super) fn is_incomplete(variable: &Variable) -> bool {
    matches!(&variable.location, Some(Location::Pieces(pieces)) if pieces.iter().any(|piece| matches!(piece.bytes, Err(NoLocation::OptimizedOut | NoLocation::RegisterNotSaved(_)))))
}

/// A piece in words of at most eight bytes.
fn words(offset: u64, bytes: u64, place: Place) -> Vec<(u64, u8, Place)> {
    match place {
        Place::Register(_) if bytes <= 8 => {
            vec![(offset, u8::try_from(bytes).unwrap_or(8), place)]
        }
        Place::Slot(at, _) if matches!(bytes, 1 | 2 | 4 | 8) => {
            let bytes = u8::try_from(bytes).unwrap_or(8);
            vec![(offset, bytes, Place::Slot(at, bytes))]
        }
        Place::Slot(at, _) if bytes.is_multiple_of(8) && bytes <= 64 => (0..bytes / 8)
            .map(|word| {
                let by = i64::try_from(word * 8).unwrap_or(0);
                (offset + word * 8, 8, Place::Slot(at + by, 8))
            })
            .collect(),
        _ => Vec::new(),
    }
}
