//! Every mark of unfinished work in a comment names the issue that will finish it.

use crate::tidy::finding::{Finding, Rule};
use crate::tidy::rust_source::words;
use crate::tidy::tree::{SourceFile, Tree};

const MARKS: &[&str] = &["TODO", "FIXME", "XXX", "HACK"];

pub(in crate::tidy) const RULE: Rule = Rule {
    name: "open-ends",
    why: "a promise nobody tracks is never kept, and a reader cannot tell whether it still holds",
    check,
};

fn check(tree: &Tree) -> Vec<Finding> {
    tree.files.iter().filter(|file| file.is_code()).flat_map(check_file).collect()
}

fn check_file(file: &SourceFile) -> Vec<Finding> {
    // In Rust only comments are looked at; elsewhere the words are rare enough to look at all lines.
    let text = file.rust.as_ref().map_or(&file.text, |source| &source.comments);
    let mut findings = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !names_issue(line)) {
        if let Some((_, mark)) = words(line).find(|(_, word)| MARKS.contains(word)) {
            let what = format!("{mark} without an issue number");
            findings.push(RULE.finding(
                &file.path,
                at + 1,
                what,
                "do it now, or open an issue and write its #number here",
            ));
        }
    }
    findings
}

fn names_issue(line: &str) -> bool {
    line.match_indices('#').any(|(at, _)| line[at + 1..].starts_with(|next: char| next.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::rules::samples;

    #[test]
    fn a_mark_names_its_issue() {
        samples::check(&RULE, &[("a.rs", "\n// TODO: more\n"), ("b.py", "# FIXME\n")], &["a.rs:2", "b.py:1"]);
        samples::check(
            &RULE,
            &[("a.rs", "// TODO(#12): more\nlet a = \"TODO\";\n"), ("b.md", "TODO\n")],
            &[],
        );
    }
}
