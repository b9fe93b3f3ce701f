//! `multipart/form-data` (RFC 7578, framed as RFC 2046, section 5.1, says): which field stands where. Files pass by, and
//! nothing of them is kept.

mod flaw;
mod parameters;
mod part_head;
mod scan;
mod sizes;

pub use flaw::MultipartFlaw;
pub use parameters::{Boundary, boundary_of};
pub use scan::MultipartScan;
pub use sizes::{HEAD_BYTES_MAX, PARTS_MAX};
