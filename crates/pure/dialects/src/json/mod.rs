//! Looking into JSON bytes without building a tree.

mod block;
mod object_scan;
mod strings;

pub use object_scan::{DEPTH_MAX, FIELD_BYTES_MAX, Field, Flaw, ObjectScan};
