//! What the house checks and makes by itself: `tidy`, the rules of STYLE a machine can hold, and `docs`, the pages of
//! reference that are made from code, with the dashboards and rules under `deploy/` that are made from shorter sources.
//!
//! It builds nothing and talks to no network; the doors of the Makefile do.

mod dashboards;
pub mod docs;
pub mod tidy;

/// Where the house stands, seen from this crate.
pub const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
