//! `unsafe` stands in one file of the product and one of the tools, which say why.

use crate::tidy::finding::{Finding, Rule};
use crate::tidy::tree::Tree;

/// The only files that may hold `unsafe` code.
const ROOMS: &[&str] = &["crates/io/upstream/src/tcp_info.rs", "tools/bench/src/poll.rs"];

pub(in crate::tidy) const RULE: Rule = Rule {
    name: "unsafe-code",
    why: "one `unsafe` block voids what the compiler proves about every line around it",
    check,
};

fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, source) in tree.rust().filter(|(file, _)| !ROOMS.contains(&file.path.as_str())) {
        for (at, _) in source.words().filter(|(_, word)| *word == "unsafe") {
            let remedy = "use a safe crate; a new room for `unsafe` needs a decision record and a line in rules/unsafe_code.rs";
            findings.push(RULE.finding(&file.path, source.line(at), "`unsafe` outside its room", remedy));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::rules::samples;

    #[test]
    fn unsafe_has_its_rooms() {
        let code = "fn f() {\n    unsafe { g() }\n}\n";
        samples::check(&RULE, &[("crates/io/upstream/src/a.rs", code)], &["crates/io/upstream/src/a.rs:2"]);
        samples::check(&RULE, &[("tools/bench/src/poll.rs", code)], &[]);
        samples::check(&RULE, &[("crates/io/upstream/src/tcp_info.rs", code)], &[]);
        samples::check(&RULE, &[("a.rs", "// unsafe\nlet unsafe_code = \"unsafe\";\n")], &[]);
    }
}
