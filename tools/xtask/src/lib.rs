//! What the house checks and makes by itself. So far: `tidy`, the rules of STYLE a machine can hold.
//!
//! It builds nothing and talks to no network; the doors of the Makefile do.

pub mod tidy;
