//! Types that people read otherwise than their fields say: times, addresses, contexts, locks, requests.
//!
//! One registry: a file a package, in it a table of its types. A type is known by its identity, the package path
//! and the name that the executable gives it, and every reading is computed from the fields as this type names
//! them: a release that moves or renames one loses the reading, never gets a wrong one. The fields stay in the
//! tree whatever the reading says.

mod at;
mod atomic;
mod big;
mod buffers;
mod container;
mod context;
mod errors;
mod http;
mod log;
mod modules;
mod net;
mod netip;
mod os;
mod protobuf;
mod reflect;
mod sql;
mod sync;
mod sync_map;
mod text;
mod time;
mod timer;
mod url;
mod wrapper;

pub(super) use at::At;
pub(super) use wrapper::{retyped, shown_field};

use super::{Place, Reader};
use crate::types::{Shape, Type};
use dumpview_model::value::{Data, Reading};
use std::sync::Arc;

/// What a reading leaves out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Says {
    /// Nothing that people ask for: it stands in the place of the fields.
    All,
    /// Much: who asks for the value itself sees the fields too.
    Some,
    /// Who it is made of: the fields are shown on a line too, as the chain of an error.
    Chain,
}

/// What may be nil: a pointer, what an interface holds. Around it stands the `Option` of what cannot be read.
type Nilable<T> = Option<T>;

/// How a value is read.
type Read = fn(&mut Reader<'_>, &At<'_>) -> Option<String>;

/// The known types of a package: name without type arguments, and how to read it.
type Known = &'static [(&'static str, Says, Read)];

/// The registry: package path without the suffix of a major version, and its types.
const PACKAGES: &[(&str, Known)] = &[
    ("bufio", buffers::BUFIO),
    ("bytes", buffers::BYTES),
    ("container/list", container::LIST),
    ("container/ring", container::RING),
    ("context", context::CONTEXT),
    ("database/sql", sql::SQL),
    ("encoding/json", text::JSON),
    ("encoding/json/jsontext", text::JSONTEXT),
    ("errors", errors::ERRORS),
    ("fmt", errors::FMT),
    ("go/token", text::TOKEN),
    ("internal/runtime/atomic", atomic::ATOMIC),
    ("internal/sync", sync::INTERNAL),
    ("io/fs", os::FS),
    ("log/slog", log::SLOG),
    ("math/big", big::BIG),
    ("net", net::NET),
    ("net/http", http::HTTP),
    ("net/netip", netip::NETIP),
    ("net/url", url::URL),
    ("os", os::OS),
    ("os/exec", os::EXEC),
    ("os/signal", context::SIGNAL),
    ("reflect", reflect::REFLECT),
    ("regexp", text::REGEXP),
    ("runtime/debug", text::DEBUG),
    ("runtime/internal/atomic", atomic::ATOMIC),
    ("strconv", errors::STRCONV),
    ("strings", buffers::STRINGS),
    ("sync", sync::SYNC),
    ("sync/atomic", atomic::ATOMIC),
    ("syscall", os::SYSCALL),
    ("time", time::TIME),
];

/// The type's package path and its name without type arguments.
fn identity(name: &str) -> Option<(&str, &str)> {
    let plain = name.split_once('[').map_or(name, |(plain, _)| plain);
    // A path has dots, the name of a type has none.
    plain.rsplit_once('.')
}

fn registered(ty: &Type) -> Option<(Says, Read)> {
    let (package, name) = identity(&ty.name)?;
    let known = PACKAGES
        .binary_search_by(|(path, _)| (*path).cmp(package))
        .ok()
        .and_then(|at| PACKAGES.get(at))
        .map(|(_, known)| *known);
    let known = match known {
        Some(known) => known,
        None => modules::of(package, name)?,
    };
    let found = known.iter().find(|(of, ..)| *of == name)?;
    Some((found.1, found.2))
}

impl Reader<'_> {
    /// How people read a value of a well-known type.
    pub(super) fn known_reading(
        &mut self,
        ty: &Arc<Type>,
        place: Place<'_>,
        data: &Data,
    ) -> Option<Reading> {
        // What is only left over is not read as what it may have been.
        if !self.follows || matches!(data, Data::Unreadable(_)) {
            return None;
        }
        let outermost = self.readings == 0;
        if outermost {
            self.steps.set(0);
        }
        let at = At {
            ty: Arc::clone(ty),
            place,
        };
        let (text, says) = self.look_up(&at)?;
        if outermost {
            // A step costs a fraction of a node of the tree.
            self.spend(self.steps.get() / 16);
        }
        Some(match says {
            Says::All => Reading::Whole(text),
            Says::Some => Reading::Summary(text),
            Says::Chain => Reading::Beside(text),
        })
    }

    fn look_up(&mut self, at: &At<'_>) -> Option<(String, Says)> {
        if let Some((says, read)) = registered(&at.ty) {
            return Some((read(self, at)?, says));
        }
        match at.ty.shape {
            Shape::Array { .. } => Some((modules::uuid_like(self, at)?, Says::All)),
            Shape::Struct { .. } => Some((protobuf::message(self, at)?, Says::Some)),
            _ => None,
        }
    }

    /// A field by dotted path through structs that stand inside each other.
    pub(super) fn field_at<'p>(
        &self,
        ty: &Type,
        place: Place<'p>,
        path: &str,
    ) -> Option<(Arc<Type>, Place<'p>)> {
        let (first, rest) = path
            .split_once('.')
            .map_or((path, None), |(first, rest)| (first, Some(rest)));
        let Shape::Struct { fields } = &ty.shape else {
            return None;
        };
        let field = fields.iter().find(|field| field.name == first)?;
        let held = self.sources.types.resolve(field.ty).ok()?;
        let at = place.offset(field.offset);
        match rest {
            Some(rest) => self.field_at(&held, at, rest),
            None => Some((held, at)),
        }
    }
}

/// `1 waiter`, `2 waiters`.
fn count(n: u64, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::{PACKAGES, identity};

    #[test]
    fn the_registry_is_in_order() {
        assert!(PACKAGES.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn a_type_is_its_package_and_its_name() {
        assert_eq!(identity("net/http.Request"), Some(("net/http", "Request")));
        assert_eq!(
            identity("sync/atomic.Pointer[main.T]"),
            Some(("sync/atomic", "Pointer"))
        );
        assert_eq!(
            identity("gopkg.in/x.v1.T[a.B]"),
            Some(("gopkg.in/x.v1", "T"))
        );
        assert_eq!(identity("int"), None);
        assert_eq!(identity("[]net.IP"), None);
        assert_eq!(identity("*net.IP"), Some(("*net", "IP")));
    }
}
