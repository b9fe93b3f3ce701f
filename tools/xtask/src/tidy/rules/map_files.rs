//! `lib.rs` and `mod.rs` are maps: docs, `mod`, `pub use`, and at most one list.

use crate::tidy::finding::{Finding, Rule};
use crate::tidy::tree::Tree;

/// All function bodies of a map together: enough for a look-up in its list.
const FUNCTION_LINES_IN_MAP_MAX: usize = 30;

pub(in crate::tidy) const RULE: Rule = Rule {
    name: "map-files",
    why: "a reader opens lib.rs to see what there is; code there also draws every child into a circle",
    check,
};

fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, source) in tree.rust().filter(|(file, _)| is_map(&file.path) && !file.is_test()) {
        let functions: Vec<_> =
            source.functions.iter().filter(|function| !source.is_test(function.span.start)).collect();
        let lines: usize = functions.iter().map(|function| function.lines).sum();
        if let Some(first) = functions.first().filter(|_| lines > FUNCTION_LINES_IN_MAP_MAX) {
            let what = format!("{lines} lines of functions in a map, more than {FUNCTION_LINES_IN_MAP_MAX}");
            findings.push(RULE.finding(
                &file.path,
                first.line,
                what,
                "move them to a file named for what they do",
            ));
        }
    }
    findings
}

fn is_map(path: &str) -> bool {
    path.ends_with("/lib.rs") || path.ends_with("/mod.rs")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::rules::samples;

    #[test]
    fn a_map_holds_little_code() {
        let function = |lines: usize| format!("mod a;\nfn f() {{{}}}\n", "\n".repeat(lines - 1));
        let in_test = format!("#[cfg(test)]\nmod tests {{ {} }}\n", function(60));
        samples::check(&RULE, &[("a/src/lib.rs", &function(30)), ("a/src/b.rs", &function(60))], &[]);
        samples::check(&RULE, &[("a/src/lib.rs", &in_test), ("a/tests/mod.rs", &function(60))], &[]);
        samples::check(&RULE, &[("a/src/b/mod.rs", &function(31))], &["a/src/b/mod.rs:2"]);
    }
}
