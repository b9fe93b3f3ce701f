//! The house is tidy: every rule of `xtask::tidy` over every file, as a test like any other.
//!
//! `cargo xtask tidy` prints the same findings without the frame of a test.

use std::path::Path;

use xtask::{ROOT, tidy};

#[test]
fn the_house_is_tidy() {
    let findings = tidy::check(Path::new(ROOT)).expect("the house can be read");
    let listed: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(findings.is_empty(), "{} findings:\n{}", findings.len(), listed.join("\n"));
}
