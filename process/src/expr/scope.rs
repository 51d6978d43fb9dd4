//! Where names come from: a frame's variables and the packages' variables and constants.

use super::Storage;
use crate::addr::Addr;
use crate::dwarf::NoLocation;
use crate::scope::Ambiguous;
use crate::types::TypeRef;
use dumpview_model::value::Standing;

/// The names an expression can use.
pub trait Scope: Send + Sync {
    /// A variable visible in the frame, captured ones included; `None` without a frame or such a variable.
    fn local(&self, name: &str) -> Option<Local>;

    /// A package's variable or constant. `package` is an import path, or its last element where that is
    /// unambiguous.
    ///
    /// # Errors
    ///
    /// When several packages are meant, or the name exists and cannot be used.
    fn global(&self, package: &str, name: &str) -> Result<Option<Global>, NameError>;

    /// Import path of the frame's package, in which unqualified names are looked up.
    fn package(&self) -> Option<&str>;

    /// Whether the process has a package of this import path.
    fn is_package(&self, path: &str) -> bool;
}

/// Why a package's name cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// Several packages have it.
    #[error(transparent)]
    Ambiguous(#[from] Ambiguous),
    /// It is a variable, and where it stands is not known.
    #[error("{name}: {why}")]
    NoPlace {
        /// Its full name.
        name: String,
        /// Why.
        why: NoLocation,
    },
}

/// A frame's variable.
#[derive(Clone, Debug)]
pub struct Local {
    /// Type; of the variable itself, not of the pointer, when it escaped.
    pub ty: TypeRef,
    /// Where it is; `None` when it cannot be had.
    pub storage: Option<Storage>,
    /// How far to trust it, or why it cannot be had.
    pub standing: Standing,
}

/// What a package declares.
#[derive(Clone, PartialEq, Debug)]
pub enum Global {
    /// A variable.
    Variable {
        /// Its type.
        ty: TypeRef,
        /// Where it stands.
        addr: Addr,
    },
    /// An integer constant, of a type when it was declared with one.
    Constant {
        /// Its type.
        ty: Option<TypeRef>,
        /// Its value.
        value: i128,
    },
}
