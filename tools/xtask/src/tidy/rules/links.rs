//! Links between our documents lead somewhere.

use crate::tidy::finding::{Finding, Rule};
use crate::tidy::tree::Tree;

pub(in crate::tidy) const RULE: Rule =
    Rule { name: "links", why: "a dead link is where a new reader gives up", check };

fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.path.ends_with(".md")) {
        for (line, target) in links(&file.text) {
            if is_outside(target) {
                continue;
            }
            let path = target.split(['#', '?']).next().unwrap_or_default();
            let resolved = resolve(&file.path, path);
            if !path.is_empty() && !resolved.as_ref().is_some_and(|path| path.is_empty() || tree.has(path)) {
                let what = format!("the link to {target} leads nowhere");
                findings.push(RULE.finding(&file.path, line, what, "mend the path, or take the link away"));
            }
        }
    }
    findings
}

/// Targets of `[text](target)` outside of code, with their lines.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut in_code_block = false;
    for (at, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code_block = !in_code_block;
        }
        if in_code_block {
            continue;
        }
        for (start, _) in line.match_indices("](") {
            let is_code = line[..start].matches('`').count() % 2 == 1;
            if let (false, Some((target, _))) = (is_code, line[start + 2..].split_once(')')) {
                // `[text](target "title")` and `[text](<target>)` are also links.
                let target = target.split(" \"").next().unwrap_or_default();
                found.push((at + 1, target.trim().trim_start_matches('<').trim_end_matches('>')));
            }
        }
    }
    found
}

fn is_outside(target: &str) -> bool {
    target.contains("://") || target.starts_with("mailto:")
}

/// A path from the root of the house; none if it leaves the house.
fn resolve(from: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = if path.starts_with('/') { Vec::new() } else { from.split('/').collect() };
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::rules::samples;

    #[test]
    fn dead_links_are_found() {
        let text = "\nsee [a](b.md) and [c](../x/) and [d](../../out.md)\n";
        samples::check(&RULE, &[("docs/a.md", text)], &["docs/a.md:2", "docs/a.md:2", "docs/a.md:2"]);
    }

    #[test]
    fn living_ones_and_code_are_not() {
        let text = "[a](b.md#part) [b](../src/) [c](#here) [d](https://x.y/z) [r](../) [t](<b.md> \"title\")\n\
                    `[e](f)` and\n```\n[g](h)\n```\n";
        samples::check(&RULE, &[("docs/a.md", text), ("docs/b.md", ""), ("src/c.rs", "")], &[]);
    }
}
