//! Labels as bytes, to be kept and had again. What is read is believed as little as in `dumpview_heap`'s `stored`:
//! numbers in range, texts whole, nothing left over.
//!
//! A type is known by the offset of its DIE or the address of its descriptor, so what is kept holds for one executable
//! and one core.

use super::label::{Label, Labels, Role, Source, Strength};
use super::plan::TypeId;
use crate::addr::Addr;
use crate::heap::stored::{Rest, Stored, section, stored, whole};
use crate::types::TypeRef;
use dumpview_heap::{Column, numbers};

stored!(
    enum Role {
        Value,
        Backing,
        StringBytes,
        Tiny,
        MapHeader,
        MapEntries,
        MapDirectory,
        MapTable,
        MapExtra,
        Chan,
        ChanBuffer,
        Closure,
    }
);
stored!(
    enum Source {
        Header,
        Variable,
        Local,
        Interface,
    }
);
stored!(
    enum Strength {
        Part,
        Fits,
        Certain,
    }
);
stored!(struct Label { role, ty, code, source, strength });

impl Stored for TypeId {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
    }

    fn take(rest: &mut Rest) -> Option<Self> {
        u32::take(rest).map(Self)
    }
}

/// Types that only this run of the program knows are nothing to be kept: [`is_lasting`].
impl Stored for TypeRef {
    fn put(&self, out: &mut Vec<u8>) {
        let (kind, at): (u8, u64) = match self {
            Self::Die(at) => (0, *at),
            Self::Descriptor(at) => (1, at.0),
            Self::Made(_) => (u8::MAX, 0),
        };
        (kind, at).put(out);
    }

    fn take(rest: &mut Rest) -> Option<Self> {
        match <(u8, u64)>::take(rest)? {
            (0, at) => Some(Self::Die(at)),
            (1, at) => Some(Self::Descriptor(Addr(at))),
            _ => None,
        }
    }
}

/// Whether another run of the program knows the type by the same reference.
pub(in crate::heap) const fn is_lasting(ty: TypeRef) -> bool {
    !matches!(ty, TypeRef::Made(_))
}

/// Conflicts and refused witnesses, types by number, and labels by number with their words.
type Parts = ((u64, u64), Vec<TypeRef>, Vec<(Label, String)>);

impl Labels {
    /// Which label each object has.
    pub(in crate::heap) fn by_object(&self) -> &Column<u32> {
        self.numbers()
    }

    /// The labels themselves, with their types and words; `None` when one speaks of a type that only this run knows.
    pub(in crate::heap) fn to_section(&self) -> Option<Vec<u8>> {
        let types = self.types().to_vec();
        if !types.iter().all(|ty| is_lasting(*ty)) {
            return None;
        }
        let named = (0u32..).zip(self.list()).map(|(id, label)| {
            let name = self.name(super::LabelId(id)).to_owned();
            (*label, name)
        });
        let parts: Parts = ((self.conflicts, self.refused), types, named.collect());
        Some(section(&parts))
    }

    /// The labels of `objects` objects that [`Self::by_object`] and [`Self::to_section`] were made of; `None` when they
    /// were not.
    pub(in crate::heap) fn from_sections(
        objects: u32,
        by_object: &'static [u8],
        labels: &'static [u8],
    ) -> Option<Self> {
        let of = numbers::<u32>(by_object)?;
        let (counts, types, labels) = whole::<Parts>(labels)?;
        let known = of.iter().all(|number| *number as usize <= labels.len());
        let fits = of.len() == objects as usize && known;
        fits.then(|| Self::of_parts(Column::lent(of), types, labels, counts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ROLES: [Role; 4] = [Role::Value, Role::Backing, Role::Tiny, Role::Closure];

    fn labels() -> impl Strategy<Value = Labels> {
        let ty = prop_oneof![
            any::<u64>().prop_map(TypeRef::Die),
            any::<u64>().prop_map(|at| TypeRef::Descriptor(Addr(at))),
        ];
        let label = (0..4usize, 0..9u32, any::<u64>()).prop_map(|(role, ty, code)| Label {
            role: ROLES[role],
            source: Source::Local,
            strength: Strength::Fits,
            ty: TypeId(ty),
            code: Addr(code),
        });
        let objects = prop::collection::vec(prop::option::of(label), 0..40);
        let types = prop::collection::vec(ty, 0..9);
        (objects, types, ".*").prop_map(|(objects, types, word)| {
            let mut labels = Labels::for_objects(u32::try_from(objects.len()).unwrap());
            for (object, label) in (0u32..).zip(objects) {
                if let Some(label) = label {
                    labels.set(object, label);
                }
            }
            labels.settle(types, |label| format!("{word} {}", label.code.0));
            labels.conflicts = 3;
            labels
        })
    }

    /// The two sections, as a file that stays mapped has them.
    fn kept(labels: &Labels) -> (Vec<u32>, Vec<u8>) {
        let of = labels.by_object().as_slice().to_vec();
        (of, labels.to_section().expect("no type of this run"))
    }

    fn read(of: &[u32], section: &[u8]) -> Option<Labels> {
        let leaked: &'static [u32] = Vec::leak(of.to_vec());
        let objects = u32::try_from(of.len()).unwrap();
        Labels::from_sections(
            objects,
            zerocopy::IntoBytes::as_bytes(leaked),
            Vec::leak(section.to_vec()),
        )
    }

    proptest! {
        #[test]
        fn what_is_kept_is_had_again(labels in labels()) {
            let (of, section) = kept(&labels);
            let again = read(&of, &section).expect("just kept");
            prop_assert_eq!(kept(&again), (of.clone(), section.clone()));
            for object in (0u32..).take(of.len()) {
                prop_assert_eq!(again.of(object), labels.of(object));
                let name = |of: &Labels| of.id(object).map(|id| of.name(id).to_owned());
                prop_assert_eq!(name(&again), name(&labels));
                let ty = |of: &Labels| of.of(object).and_then(|label| of.type_ref(label.ty));
                prop_assert_eq!(ty(&again), ty(&labels));
            }
            prop_assert_eq!((again.conflicts, again.refused), (labels.conflicts, labels.refused));
        }

        #[test]
        fn every_object_has_a_label_that_is_there(
            labels in labels(),
            place in any::<prop::sample::Index>(),
            value in any::<u8>(),
            cut in any::<bool>(),
        ) {
            let (mut of, mut section) = kept(&labels);
            let at = place.index(of.len() + section.len());
            match at.checked_sub(of.len()) {
                None => of[at] = u32::from(value),
                Some(at) if cut => section.truncate(at),
                Some(at) => section[at] = value,
            }
            if let Some(read) = read(&of, &section) {
                for object in (0u32..).take(of.len()) {
                    prop_assert_eq!(read.id(object).is_some(), read.of(object).is_some());
                }
            }
        }
    }

    #[test]
    fn a_type_that_only_this_run_knows_is_not_kept() {
        let mut labels = Labels::for_objects(0);
        labels.settle(vec![TypeRef::Made(0)], |_| String::new());
        assert_eq!(labels.to_section(), None);
    }
}
