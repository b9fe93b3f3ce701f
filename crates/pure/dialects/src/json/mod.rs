//! Looking into JSON bytes without building a tree.

mod block;
pub(crate) mod edit;
mod fields;
mod halves;
mod marks;
mod object_scan;
mod strings;
mod value_end;
pub mod writer;

pub(crate) use fields::value_behind;
pub use fields::{Fields, Item};
pub(crate) use halves::Halves;
pub use object_scan::{DEPTH_MAX, FIELD_BYTES_MAX, Field, Flaw, ObjectScan};
pub(crate) use strings::each_quote;
pub(crate) use value_end::ValueEnd;
