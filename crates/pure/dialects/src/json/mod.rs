//! Looking into JSON bytes without building a tree.

mod block;
mod fields;
mod object_scan;
mod strings;
pub mod writer;

pub use fields::{Fields, Item};
pub use object_scan::{DEPTH_MAX, FIELD_BYTES_MAX, Field, Flaw, ObjectScan};
