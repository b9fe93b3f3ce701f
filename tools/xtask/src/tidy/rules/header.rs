//! Every Rust file opens with `//!`: what it is for, and what it does not do.

use crate::tidy::finding::{Finding, Rule};
use crate::tidy::tree::Tree;

pub(in crate::tidy) const RULE: Rule =
    Rule { name: "header", why: "the first line tells a reader whether to read the second", check };

fn check(tree: &Tree) -> Vec<Finding> {
    tree.rust()
        .filter(|(file, _)| file.text.lines().next().and_then(header_text).is_none_or(is_placeholder))
        .map(|(file, _)| {
            let remedy = "open with `//!` and say what this is for, and what it deliberately does not do";
            RULE.finding(&file.path, 1, "no header", remedy)
        })
        .collect()
}

fn header_text(line: &str) -> Option<&str> {
    line.strip_prefix("//!").map(str::trim)
}

fn is_placeholder(text: &str) -> bool {
    text.is_empty() || text.starts_with('(')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::rules::samples;

    #[test]
    fn a_header_says_something() {
        samples::check(&RULE, &[("a.rs", "//! Counts.\n"), ("b.py", "import os\n")], &[]);
        for bad in
            ["", "// Counts.\n", "use std::fs;\n//! Counts.\n", "//!\n//! Counts.\n", "//! (being written)\n"]
        {
            samples::check(&RULE, &[("a.rs", bad)], &["a.rs:1"]);
        }
    }
}
