//! `tidy`: reads every source file and says where it breaks the house rules. The list of rules is below.
//!
//! It reads text, not types: what the compiler or clippy can see is left to them. A new rule is one
//! file in `rules/` and one line here.

mod crates;
mod exceptions;
mod finding;
mod imports;
mod rules;
mod rust_source;
mod tree;

use std::path::Path;

use anyhow::Result;

pub use finding::Finding;
use finding::Rule;
use tree::Tree;

const RULES: &[Rule] = &[
    rules::file_size::RULE,
    rules::function_size::RULE,
    rules::header::RULE,
    rules::map_files::RULE,
    rules::drawers::RULE,
    rules::directions::RULE,
    rules::circles::RULE,
    rules::purity::RULE,
    rules::vendors::RULE,
    rules::unsafe_code::RULE,
    rules::lints::RULE,
    rules::open_ends::RULE,
    rules::links::RULE,
];

/// Every finding in the house under `root` that no exception excuses.
pub fn check(root: &Path) -> Result<Vec<Finding>> {
    let tree = Tree::load(root)?;
    let findings = RULES.iter().flat_map(|rule| (rule.check)(&tree)).collect();
    exceptions::apply(&tree, findings, RULES)
}
