//! Functions have at most 100 lines, from `fn` to the closing brace.

use crate::tidy::finding::{Finding, Rule};
use crate::tidy::tree::Tree;

const FUNCTION_LINES_MAX: usize = 100;

pub(in crate::tidy) const RULE: Rule = Rule {
    name: "function-size",
    why: "a function that fits no screen cannot be checked by reading: aim at 30 lines",
    check,
};

fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, source) in tree.rust() {
        for function in source.functions.iter().filter(|function| function.lines > FUNCTION_LINES_MAX) {
            let what =
                format!("fn {} has {} lines, more than {FUNCTION_LINES_MAX}", function.name, function.lines);
            let remedy = "keep the branches here and move what computes into functions with names";
            findings.push(RULE.finding(&file.path, function.line, what, remedy));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::rules::samples;

    #[test]
    fn one_line_too_many() {
        let function = |lines: usize| format!("\nfn long() {{{}}}\n", "\n".repeat(lines - 1));
        samples::check(&RULE, &[("a.rs", &function(100))], &[]);
        samples::check(&RULE, &[("a.rs", &function(101))], &["a.rs:2"]);
    }

    #[test]
    fn braces_in_text_do_not_count() {
        let text = format!("fn short() {{ \"{{\"; '{{'; }} // {{\n{}", "const A: u8 = 1;\n".repeat(200));
        samples::check(&RULE, &[("a.rs", &text)], &[]);
    }
}
