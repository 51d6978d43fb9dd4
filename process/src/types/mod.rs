//! Go types of the dead process, from two sources with one shape: DWARF and the runtime's own descriptors.

mod model;

pub use model::{FieldType, Kind, MapLayout, Shape, Type, TypeRef};
