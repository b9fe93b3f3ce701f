//! Nothing is named like a drawer: no crate, folder or file.

use crate::tidy::crates;
use crate::tidy::finding::{Finding, Rule};
use crate::tidy::tree::{Tree, extension};

const DRAWERS: &[&str] = &[
    "common",
    "core",
    "helper",
    "helpers",
    "manager",
    "managers",
    "misc",
    "shared",
    "types",
    "util",
    "utilities",
    "utils",
];

pub(in crate::tidy) const RULE: Rule = Rule {
    name: "drawers",
    why: "such a name says nothing of what is inside, so it has no door and everything moves in",
    check,
};

const REMEDY: &str = "name it for the one thing it holds, or move what is inside to where it is used";

fn check(tree: &Tree) -> Vec<Finding> {
    let files = tree.paths.iter().filter(|path| is_ours(path)).filter_map(|path| {
        let drawer = path.split('/').map(name_only).find(|name| is_drawer(name))?;
        Some(RULE.finding(path, 1, format!("`{drawer}` is a drawer's name"), REMEDY))
    });
    let crates =
        crates::all(tree).into_iter().filter(|it| it.name.split(['-', '_']).any(is_drawer)).map(|it| {
            RULE.finding(
                &it.manifest.path,
                it.line_of("name"),
                format!("crate `{}` has a drawer's name", it.name),
                REMEDY,
            )
        });
    files.chain(crates).collect()
}

/// Files others wrote the names of, such as fixtures, are not ours to name.
fn is_ours(path: &str) -> bool {
    matches!(extension(path), "rs" | "py" | "sh" | "ts" | "tsx" | "js" | "mjs" | "css" | "sql")
        && !path.split('/').any(|folder| folder == "fixtures")
}

fn name_only(component: &str) -> &str {
    component.split('.').next().unwrap_or_default()
}

fn is_drawer(name: &str) -> bool {
    DRAWERS.contains(&name.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::rules::samples;

    #[test]
    fn drawers_are_found_as_file_folder_and_crate() {
        let files = [("a/src/utils.rs", ""), ("b/common/x.py", ""), ("web/Helpers.ts", "")];
        samples::check(&RULE, &files, &["a/src/utils.rs:1", "b/common/x.py:1", "web/Helpers.ts:1"]);
        samples::check(&RULE, &[("c/Cargo.toml", "[package]\nname = \"our-core\"\n")], &["c/Cargo.toml:2"]);
    }

    #[test]
    fn a_name_that_only_contains_one_is_fine() {
        let files = [("a/src/score.rs", ""), ("a/src/core_pinning.rs", ""), ("docs/types.md", "")];
        samples::check(&RULE, &files, &[]);
    }
}
