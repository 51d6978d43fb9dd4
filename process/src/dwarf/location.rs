//! Where a variable is at one pc: its location expression evaluated on what is known of one frame.
//!
//! Go has no callee-saved registers, so a frame that is not the innermost (and was not interrupted by a signal or
//! a preemption) knows none: a piece in a register is then *not available*, never the register of another
//! frame. Entry values are refused for the same reason. Everything else gimli's evaluation asks for is
//! answered from the frame, from memory, or with the reason why not.

use super::{Dwarf, DwarfError, MAX_REFERENCES, Slice, UnitEntry, malformed};
use crate::addr::{Addr, Bias, FileAddr};
use crate::arch::{Reg, Registers};
use crate::memory::{Memory, MemoryExt};
use gimli::{AttributeValue, EvaluationResult, Expression, Value};

/// Operations one expression may take.
const MAX_OPERATIONS: u32 = 4096;
/// Values of more bytes than this are not gathered from pieces.
const MAX_GATHERED: u64 = 1 << 16;

/// Where a value is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Location {
    /// In the process's memory, all of it.
    Memory(Addr),
    /// In registers, spill slots or constants, gathered here by rising offset.
    Pieces(Vec<Piece>),
}

/// What a location was read from: registers of the frame, and memory, mostly of the frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    /// So many bytes of memory.
    Memory(Addr, u64),
    /// A register.
    Register(Reg),
}

/// A location, and all that it stands on.
pub(crate) struct Located {
    pub(crate) location: Location,
    pub(crate) sources: Vec<Source>,
}

/// Some bytes of a value that does not stand together in memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Piece {
    /// Bytes from the start of the value.
    pub offset: u64,
    /// Size in bytes.
    pub size: u64,
    /// The bytes, `size` of them, or why they cannot be had.
    pub bytes: Result<Vec<u8>, NoLocation>,
}

/// Why there is no location.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoLocation {
    /// The compiler recorded none for this pc.
    #[error("optimized out")]
    OptimizedOut,
    /// It depends on a register that nobody saved.
    #[error("in register {0}, which this frame did not save")]
    RegisterNotSaved(String),
    /// It depends on something else that is not known here.
    #[error("{0}")]
    Unknown(&'static str),
    /// It depends on memory that cannot be read.
    #[error("{0}")]
    Unreadable(#[from] crate::memory::ReadError),
    /// DWARF could not be read.
    #[error(transparent)]
    Dwarf(#[from] DwarfError),
}

/// What is known of the frame whose variables are asked for.
#[derive(Clone, Copy)]
pub(crate) struct Site<'f> {
    pub(crate) bias: Bias,
    pub(crate) cfa: Option<Addr>,
    pub(crate) registers: &'f Registers,
    pub(crate) memory: &'f dyn Memory,
}

/// An expression that holds at the frame's pc, and where it came from.
pub(crate) struct Found<'a> {
    pub(crate) expression: Expression<Slice<'a>>,
    /// It came from a list, whose entry covers the pc: the value is there at this pc, not just its home. The first address
    /// that any entry of the list covers.
    pub(crate) listed_from: Option<FileAddr>,
}

impl<'a> Dwarf<'a> {
    /// The location expression of a DIE's attribute that holds at `pc`.
    pub(crate) fn expression_at(
        &self,
        unit: &UnitEntry<'a>,
        value: AttributeValue<Slice<'a>>,
        pc: FileAddr,
        die: u64,
    ) -> Result<Option<Found<'a>>, DwarfError> {
        let found = |expression: Expression<Slice<'a>>, listed_from| {
            (!expression.0.is_empty()).then_some(Found {
                expression,
                listed_from,
            })
        };
        match value {
            AttributeValue::Exprloc(expression) => Ok(found(expression, None)),
            AttributeValue::Block(bytes) => Ok(found(Expression(bytes), None)),
            list => {
                let fail = |error| malformed(die, error);
                let list = self.lists().attr_locations(&unit.unit, list);
                let Some(mut list) = list.map_err(fail)? else {
                    return Ok(None);
                };
                // Empty ranges occur; of overlapping entries the first counts.
                let (mut first, mut at_pc) = (u64::MAX, None);
                while let Some(entry) = list.next().map_err(fail)? {
                    let range = entry.range;
                    if range.begin < range.end {
                        first = first.min(range.begin);
                    }
                    if at_pc.is_none() && range.begin <= pc.0 && pc.0 < range.end {
                        at_pc = Some(entry.data);
                    }
                }
                Ok(at_pc.and_then(|expression| found(expression, Some(FileAddr(first)))))
            }
        }
    }

    /// Calls `each` for every entry of a location list: first address, first address after, expression.
    pub(crate) fn entries(
        &self,
        unit: &UnitEntry<'a>,
        list: AttributeValue<Slice<'a>>,
        die: u64,
        mut each: impl FnMut(u64, u64, Expression<Slice<'a>>),
    ) -> Result<(), DwarfError> {
        let fail = |error| malformed(die, error);
        let list = self.lists().attr_locations(&unit.unit, list);
        let Some(mut list) = list.map_err(fail)? else {
            return Ok(());
        };
        while let Some(entry) = list.next().map_err(fail)? {
            if entry.range.begin < entry.range.end {
                each(entry.range.begin, entry.range.end, entry.data);
            }
        }
        Ok(())
    }

    /// Evaluates an expression to the place of a value of `size` bytes.
    pub(crate) fn locate(
        &self,
        unit: &UnitEntry<'a>,
        frame_base: Option<Expression<Slice<'a>>>,
        expression: Expression<Slice<'a>>,
        size: u64,
        site: &Site<'_>,
        die: u64,
    ) -> Result<Located, NoLocation> {
        let fail = |error| NoLocation::from(malformed(die, error));
        let mut sources = Vec::new();
        let mut evaluation = expression.evaluation(unit.unit.encoding());
        evaluation.set_max_iterations(MAX_OPERATIONS);
        let mut state = evaluation.evaluate().map_err(fail)?;
        for _ in 0..MAX_OPERATIONS {
            state = match state {
                EvaluationResult::Complete => {
                    let location = gather(evaluation.result(), size, site, &mut sources)?;
                    return Ok(Located { location, sources });
                }
                EvaluationResult::RequiresMemory { address, size, .. } => {
                    sources.push(Source::Memory(Addr(address), u64::from(size)));
                    let word = site.memory.uint(Addr(address), u64::from(size))?;
                    evaluation.resume_with_memory(Value::Generic(word))
                }
                EvaluationResult::RequiresRegister { register, .. } => {
                    sources.push(Source::Register(Reg(register.0)));
                    let value = site.register(register)?;
                    evaluation.resume_with_register(Value::Generic(value))
                }
                EvaluationResult::RequiresFrameBase => {
                    let base = self.frame_base(unit, frame_base, site, die)?;
                    evaluation.resume_with_frame_base(base)
                }
                EvaluationResult::RequiresCallFrameCfa => {
                    evaluation.resume_with_call_frame_cfa(site.cfa()?)
                }
                EvaluationResult::RequiresRelocatedAddress(address) => {
                    let address = FileAddr(address).to_process(site.bias);
                    evaluation.resume_with_relocated_address(address.0)
                }
                EvaluationResult::RequiresIndexedAddress { index, relocate } => {
                    let address = self.sections().address(&unit.unit, index).map_err(fail)?;
                    let bias = if relocate { site.bias } else { Bias(0) };
                    evaluation.resume_with_indexed_address(FileAddr(address).to_process(bias).0)
                }
                EvaluationResult::RequiresBaseType(_) => {
                    evaluation.resume_with_base_type(gimli::ValueType::Generic)
                }
                EvaluationResult::RequiresEntryValue(_) => {
                    return Err(NoLocation::Unknown(
                        "known only by a register's value at function entry, which nobody saved",
                    ));
                }
                EvaluationResult::RequiresTls(_) => {
                    return Err(NoLocation::Unknown("in thread-local storage"));
                }
                _ => {
                    return Err(NoLocation::Unknown(
                        "its location uses an operation that needs a running process",
                    ));
                }
            }
            .map_err(fail)?;
        }
        Err(NoLocation::Unknown("its location expression does not end"))
    }

    fn frame_base(
        &self,
        unit: &UnitEntry<'a>,
        expression: Option<Expression<Slice<'a>>>,
        site: &Site<'_>,
        die: u64,
    ) -> Result<u64, NoLocation> {
        // Go's is always DW_OP_call_frame_cfa; gcc may name a register, clang does.
        let Some(expression) = expression else {
            return site.cfa();
        };
        let mut operations = expression.operations(unit.unit.encoding());
        if let Ok(Some(gimli::Operation::Register { register })) = operations.next() {
            return site.register(register);
        }
        match self.locate(unit, None, expression, 8, site, die)?.location {
            Location::Memory(addr) => Ok(addr.0),
            Location::Pieces(_) => Err(NoLocation::Unknown("the frame base is not an address")),
        }
    }
}

impl Site<'_> {
    fn cfa(&self) -> Result<u64, NoLocation> {
        let unknown = NoLocation::Unknown("the frame's extent (CFA) is not known");
        self.cfa.map(|cfa| cfa.0).ok_or(unknown)
    }

    fn register(&self, register: gimli::Register) -> Result<u64, NoLocation> {
        let reg = Reg(register.0);
        self.registers.get(reg).ok_or_else(|| self.not_saved(reg))
    }

    fn not_saved(&self, reg: Reg) -> NoLocation {
        NoLocation::RegisterNotSaved(self.registers.arch().register_name(reg))
    }

    fn register_bytes(&self, reg: Reg, size: u64) -> Result<Vec<u8>, NoLocation> {
        let word = self.registers.get(reg).map(|w| w.to_le_bytes().to_vec());
        let vector = || self.registers.vector(reg).map(|v| v.to_vec());
        let mut bytes = word.or_else(vector).ok_or_else(|| self.not_saved(reg))?;
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        if size > bytes.len() {
            return Err(NoLocation::Unknown("larger than the register it is in"));
        }
        bytes.truncate(size);
        Ok(bytes)
    }
}

/// Go 1.19 writes the first piece of a slice argument twice: four pieces for three words.
fn without_repeated(
    mut pieces: Vec<gimli::Piece<Slice<'_>>>,
    size: u64,
) -> Vec<gimli::Piece<Slice<'_>>> {
    let bits = |pieces: &[gimli::Piece<Slice<'_>>]| -> u64 {
        let sizes = pieces.iter().map(|piece| piece.size_in_bits.unwrap_or(0));
        sizes.fold(0, u64::saturating_add)
    };
    while bits(&pieces) > size.saturating_mul(8) {
        let same = |pair: &[gimli::Piece<Slice<'_>>]| {
            pair.first()
                .map(|piece| (piece.size_in_bits, &piece.location))
                == pair
                    .last()
                    .map(|piece| (piece.size_in_bits, &piece.location))
        };
        let Some(at) = pieces.windows(2).position(same) else {
            break;
        };
        pieces.remove(at);
    }
    pieces
}

/// Puts the pieces of a finished evaluation together.
fn gather(
    pieces: Vec<gimli::Piece<Slice<'_>>>,
    size: u64,
    site: &Site<'_>,
    sources: &mut Vec<Source>,
) -> Result<Location, NoLocation> {
    if let [only] = pieces.as_slice()
        && only
            .size_in_bits
            .is_none_or(|bits| bits == size.saturating_mul(8))
        && let gimli::Location::Address { address } = only.location
    {
        sources.push(Source::Memory(Addr(address), size));
        return Ok(Location::Memory(Addr(address)));
    }
    if size > MAX_GATHERED {
        return Err(NoLocation::Unknown("too large to be gathered from pieces"));
    }
    let pieces = without_repeated(pieces, size);
    let mut out = Vec::with_capacity(pieces.len().min(MAX_REFERENCES));
    let mut offset = 0u64;
    let mut first_error = None;
    let mut available = false;
    for piece in pieces {
        let bits = piece.size_in_bits.unwrap_or(size.saturating_mul(8));
        if bits % 8 != 0 || piece.bit_offset.is_some_and(|at| at != 0) {
            return Err(NoLocation::Unknown("in pieces that are not whole bytes"));
        }
        let piece_size = (bits / 8).min(size.saturating_sub(offset));
        if piece_size == 0 {
            continue;
        }
        let bytes = match piece.location {
            gimli::Location::Empty => Err(NoLocation::OptimizedOut),
            gimli::Location::Register { register } => {
                let bytes = site.register_bytes(Reg(register.0), piece_size);
                if bytes.is_ok() {
                    sources.push(Source::Register(Reg(register.0)));
                }
                bytes
            }
            gimli::Location::Address { address } => {
                sources.push(Source::Memory(Addr(address), piece_size));
                let bytes = site.memory.bytes(Addr(address), piece_size);
                bytes
                    .map(std::borrow::Cow::into_owned)
                    .map_err(NoLocation::from)
            }
            gimli::Location::Value { value } => constant(value, piece_size),
            gimli::Location::Bytes { value } => Ok(cut(value.slice(), piece_size)),
            gimli::Location::ImplicitPointer { .. } => Err(NoLocation::Unknown(
                "a pointer to something that has no place",
            )),
        };
        available |= bytes.is_ok();
        if let Err(why) = &bytes {
            first_error.get_or_insert_with(|| why.clone());
        }
        out.push(Piece {
            offset,
            size: piece_size,
            bytes,
        });
        offset += piece_size;
    }
    if !available && size > 0 {
        return Err(first_error.unwrap_or(NoLocation::OptimizedOut));
    }
    Ok(Location::Pieces(out))
}

fn constant(value: Value, size: u64) -> Result<Vec<u8>, NoLocation> {
    let word = match value {
        Value::Generic(v) | Value::U64(v) => v,
        Value::I64(v) => v.cast_unsigned(),
        Value::F64(v) => v.to_bits(),
        Value::F32(v) => u64::from(v.to_bits()),
        other => other
            .to_u64(u64::MAX)
            .map_err(|_| NoLocation::Unknown("a constant of another form"))?,
    };
    if size > 8 {
        return Err(NoLocation::Unknown("a constant shorter than its type"));
    }
    Ok(cut(&word.to_le_bytes(), size))
}

fn cut(bytes: &[u8], size: u64) -> Vec<u8> {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    bytes.get(..size).unwrap_or(bytes).to_vec()
}
