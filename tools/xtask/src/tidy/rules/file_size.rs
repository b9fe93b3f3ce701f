//! Files have at most 600 lines.

use crate::tidy::finding::{Finding, Rule};
use crate::tidy::tree::Tree;

const FILE_LINES_MAX: usize = 600;

pub(in crate::tidy) const RULE: Rule = Rule {
    name: "file-size",
    why: "a file is read once, from the top: it holds one idea, of about 150 lines",
    check,
};

fn check(tree: &Tree) -> Vec<Finding> {
    tree.files
        .iter()
        .filter(|file| file.is_code())
        .filter_map(|file| {
            let lines = file.text.lines().count();
            let remedy = "split it by idea, or move its tests to tests.rs beside it";
            (lines > FILE_LINES_MAX).then(|| {
                RULE.finding(&file.path, lines, format!("{lines} lines, more than {FILE_LINES_MAX}"), remedy)
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::rules::samples;

    #[test]
    fn one_line_too_many() {
        let (full, over) = ("\n".repeat(600), "\n".repeat(601));
        samples::check(&RULE, &[("a.rs", &full), ("README.md", &over), ("Cargo.toml", &over)], &[]);
        samples::check(&RULE, &[("a.rs", &over), ("b.py", &over)], &["a.rs:601", "b.py:601"]);
    }
}
