//! How the rules' tests are told: a small house, and where the rule finds something in it.

use crate::tidy::finding::Rule;
use crate::tidy::tree::Tree;

/// Expects the rule's findings in a house of the given files to be exactly at these `path:line`s.
pub(super) fn check(rule: &Rule, files: &[(&str, &str)], expected: &[&str]) {
    let mut found: Vec<String> =
        (rule.check)(&Tree::of(files)).iter().map(|it| format!("{}:{}", it.path, it.line)).collect();
    found.sort();
    assert_eq!(found, expected, "in {:?}", files.iter().map(|(path, _)| path).collect::<Vec<_>>());
}
