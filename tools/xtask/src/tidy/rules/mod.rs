//! The rules, one file each: what it holds, why, and samples that it catches and lets pass.

pub(super) mod circles;
pub(super) mod directions;
pub(super) mod drawers;
pub(super) mod file_size;
pub(super) mod function_size;
pub(super) mod header;
pub(super) mod links;
pub(super) mod lints;
pub(super) mod map_files;
pub(super) mod open_ends;
pub(super) mod purity;
pub(super) mod unsafe_code;
pub(super) mod vendors;

#[cfg(test)]
mod samples;
