//! How much of a form is read.

/// Most parts of a form.
pub const PARTS_MAX: usize = 1024;
/// Longest head of a part.
pub const HEAD_BYTES_MAX: usize = 16 * 1024;
