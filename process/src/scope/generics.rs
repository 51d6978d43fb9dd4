//! Real type arguments of generic functions.
//!
//! One body serves all type arguments of one GC shape. Its variables are declared with typedefs that carry an
//! index into the *dictionary*, a read-only table the caller passes as a hidden argument: the word at the
//! index is the descriptor of the real type. `.dict` is described by DWARF in `-N` builds; in optimised ones it
//! usually stands in its spill home without a DIE, so a home is tried and believed only when every typedef's
//! descriptor agrees with its stand-in in kind and size.

use super::abi::{self, Argument, Home};
use super::variables::{Context, Raw};
use crate::addr::Addr;
use crate::dwarf::{Attributes, Dwarf, go};
use crate::memory::MemoryExt;
use crate::types::{TypeRef, Types};
use gimli::constants as dw;

/// Dictionaries have fewer words than this.
const MAX_INDEX: u64 = 1 << 16;

/// A dictionary that was checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Dictionary {
    pub(super) addr: Addr,
}

/// The stand-in types of a function, each with its index in the dictionary. Parameters name the typedef that has the index;
/// captured variables name the stand-in itself.
pub(super) fn stand_ins(dwarf: &Dwarf<'_>, function: u64) -> Vec<(u64, u64)> {
    let mut found = Vec::new();
    // What breaks off is left out.
    let _ = dwarf.children_of(function, |unit, die| {
        let attributes = Attributes::new(dwarf, unit, die);
        let index = attributes.unsigned(go::DICT_INDEX);
        let target = attributes.reference(dw::DW_AT_type);
        if let (dw::DW_TAG_typedef, Some(target), Some(index)) = (die.tag(), target, index)
            && index < MAX_INDEX
        {
            found.push((target, index));
        }
    });
    found
}

/// The index in the dictionary that a type itself carries.
pub(super) fn dictionary_index(dwarf: &Dwarf<'_>, type_die: u64) -> Option<u64> {
    let (unit, die) = dwarf.die(type_die).ok()?;
    let index = Attributes::new(dwarf, unit, &die).unsigned(go::DICT_INDEX)?;
    (die.tag() == dw::DW_TAG_typedef && index < MAX_INDEX).then_some(index)
}

/// The index of a stand-in, when it stands for one type argument only.
pub(super) fn stand_in(stand_ins: &[(u64, u64)], type_die: u64) -> Option<u64> {
    let mut indexes = stand_ins
        .iter()
        .filter(|(target, _)| *target == type_die)
        .map(|(_, index)| *index);
    let only = indexes.next()?;
    indexes.next().is_none().then_some(only)
}

/// Whether a type is a stand-in, or made of one.
pub(super) fn is_shape(dwarf: &Dwarf<'_>, type_die: u64) -> bool {
    const PREFIX: &[u8] = b"go.shape.";
    let name = dwarf.name_of(type_die).unwrap_or_default();
    name.windows(PREFIX.len()).any(|part| part == PREFIX)
}

impl<'a> Context<'_, 'a> {
    /// The dictionary of this frame's function, when it has one that can be found.
    pub(super) fn dictionary(
        &self,
        all: &[Raw<'a>],
        homes: &[(Argument, Home)],
        closure: Option<Addr>,
    ) -> Option<Dictionary> {
        let wanted: Vec<(u64, u64)> = all
            .iter()
            .filter_map(|raw| {
                let stand_in = || stand_in(&self.known.stand_ins, raw.type_die);
                let index = raw.dictionary_index.or_else(stand_in)?;
                Some((index, raw.type_die))
            })
            .collect();
        let described = all.iter().find(|raw| raw.name == ".dict");
        if wanted.is_empty() && described.is_none() {
            return None;
        }
        let told = described.and_then(|raw| self.word(raw).ok());
        // A closure has its function's dictionary among what it captured.
        let captured = described
            .and_then(|raw| raw.closure_offset)
            .zip(closure)
            .and_then(|(offset, closure)| self.frame.memory.u64(closure.offset(offset)).ok());
        let spilled = homes
            .iter()
            .find(|(argument, _)| *argument == Argument::Dictionary)
            .and_then(|(_, Home::Stack(at) | Home::Spill(at))| {
                let area = abi::argument_area(self.frame.registers.arch());
                let home = self.frame.cfa?.offset(area).offset(*at);
                self.frame.memory.u64(home).ok()
            });
        captured
            .into_iter()
            .chain(told)
            .chain(spilled)
            .map(Addr)
            .find(|addr| !wanted.is_empty() && self.agrees(*addr, &wanted))
            .map(|addr| Dictionary { addr })
    }

    /// Whether every word asked of a dictionary is the descriptor of a type like its stand-in.
    fn agrees(&self, dictionary: Addr, wanted: &[(u64, u64)]) -> bool {
        dictionary.0.is_multiple_of(8)
            && wanted.iter().all(|(index, type_die)| {
                let descriptor = self.frame.memory.ptr(dictionary.offset(index * 8));
                let real = descriptor
                    .ok()
                    .filter(|addr| self.types.is_static(*addr))
                    .and_then(|addr| self.types.resolve(TypeRef::Descriptor(addr)).ok());
                let shape = self.types.resolve(TypeRef::Die(*type_die)).ok();
                real.zip(shape)
                    .is_some_and(|(real, shape)| real.size == shape.size && real.kind == shape.kind)
            })
    }

    /// A variable's type, and whether it is only a stand-in for an unknown type argument.
    pub(super) fn type_of(
        &self,
        raw: &Raw<'a>,
        dictionary: Option<&Dictionary>,
    ) -> (TypeRef, bool) {
        let declared = TypeRef::Die(raw.type_die);
        let stand_in = || {
            dictionary?;
            stand_in(&self.known.stand_ins, raw.type_die)
        };
        let Some(index) = raw.dictionary_index.or_else(stand_in) else {
            return (declared, is_shape(self.dwarf, raw.type_die));
        };
        let real = dictionary.and_then(|dictionary| {
            let word = self.frame.memory.ptr(dictionary.addr.offset(index * 8));
            Some(self.types.of_descriptor(word.ok()?))
        });
        real.map_or((declared, true), |real| (real, false))
    }
}

/// Which parameter of an instantiated function is the dictionary: the first, in methods the one after the
/// receiver (in Go 1.19 before it); `None` for functions that take none, closures in generic functions among them.
pub(super) fn dictionary_position(name: &[u8], types: &Types<'_>) -> Option<usize> {
    let is_method = takes_dictionary(name)?;
    Some(usize::from(is_method && !types.is_release(19)))
}

/// Whether a function with this linker name takes a dictionary, and if so, whether it is a method.
///
/// `main.sum[go.shape.int]` and `main.(*Stack[go.shape.int]).Push` do; `main.sum[go.shape.int].func1` does not.
fn takes_dictionary(name: &[u8]) -> Option<bool> {
    if name.starts_with(b"type:.") || name.starts_with(b"type..") {
        // Generated hash and equality functions of types that happen to have brackets.
        return None;
    }
    let open = name.iter().position(|b| *b == b'[')?;
    let mut depth = 0usize;
    let mut after = Vec::new();
    for byte in name.get(open..)? {
        match byte {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => after.push(*byte),
            _ => {}
        }
    }
    if after.is_empty() {
        return Some(false);
    }
    let method = after.strip_prefix(b")").unwrap_or(&after);
    let method = method.strip_prefix(b".")?;
    let is_numbered = |prefix: &[u8]| {
        method
            .strip_prefix(prefix)
            .is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_digit))
    };
    let is_closure = [&b"func"[..], b"gowrap", b"deferwrap"]
        .iter()
        .any(|prefix| is_numbered(prefix));
    let is_nested = method.iter().any(|b| matches!(b, b'.' | b'-'));
    (!is_closure && !is_nested).then_some(true)
}

#[cfg(test)]
mod tests {
    use super::takes_dictionary;

    #[test]
    fn functions_and_methods_take_dictionaries_and_closures_do_not() {
        assert_eq!(takes_dictionary(b"main.sum[go.shape.int]"), Some(false));
        assert_eq!(
            takes_dictionary(b"a/b.F[[]go.shape.int,x.Y[z]]"),
            Some(false)
        );
        assert_eq!(
            takes_dictionary(b"main.(*Stack[go.shape.int]).Push"),
            Some(true)
        );
        assert_eq!(
            takes_dictionary(b"main.Stack[go.shape.int].Len"),
            Some(true)
        );
        assert_eq!(
            takes_dictionary(b"main.(*T[go.shape.int]).M[go.shape.int]"),
            Some(true)
        );
        assert_eq!(takes_dictionary(b"main.sum[go.shape.int].func1"), None);
        assert_eq!(
            takes_dictionary(b"main.(*Stack[go.shape.int]).Push.func2"),
            None
        );
        assert_eq!(
            takes_dictionary(b"main.(*Stack[go.shape.int]).Push-fm"),
            None
        );
        assert_eq!(takes_dictionary(b"type:.eq.[2]main.T"), None);
        assert_eq!(takes_dictionary(b"main.plain"), None);
    }
}
