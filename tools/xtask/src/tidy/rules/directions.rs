//! `app -> io -> pure`, never back, never sideways in `io`: who may depend on whom, as a table.

use crate::tidy::crates::{self, Crate};
use crate::tidy::finding::{Finding, Rule};
use crate::tidy::tree::Tree;

/// The crates every row of a folder stands for.
const PURE: &[&str] = &["domain", "dialects", "providers", "routing", "limits", "ledger", "config", "alerts"];
const IO: &[&str] = &["upstream", "store", "payments", "observe", "mail"];
const ALL: &[&[&str]] = &[PURE, IO, &["imports", "gateway", "admin", "simulator"]];

/// Folder, crate, and what of ours it may use.
const TABLE: &[(&str, &str, &[&[&str]])] = &[
    ("crates/pure", "domain", &[]),
    ("crates/pure", "dialects", &[&["domain"]]),
    ("crates/pure", "providers", &[&["domain", "dialects"]]),
    ("crates/pure", "routing", &[&["domain"]]),
    ("crates/pure", "limits", &[&["domain"]]),
    ("crates/pure", "ledger", &[&["domain"]]),
    ("crates/pure", "alerts", &[&["domain"]]),
    ("crates/pure", "config", &[PURE]),
    ("crates/pure", "imports", &[PURE]),
    ("crates/io", "upstream", &[&["domain", "providers", "dialects"]]),
    ("crates/io", "store", &[&["domain", "ledger", "limits", "alerts"]]),
    ("crates/io", "payments", &[&["domain", "ledger"]]),
    ("crates/io", "observe", &[&["domain"]]),
    ("crates/io", "mail", &[&["domain"]]),
    ("crates/app", "gateway", &[PURE, IO]),
    ("crates/app", "admin", &[PURE, IO]),
    ("crates/app", "cli", ALL),
    ("tools", "simulator", &[&["domain"]]),
    ("tools", "bench", &[]),
    ("tools", "claims", &[PURE]),
    ("tools", "xtask", &[PURE]),
    ("", "fuzz", &[&["claims"]]),
];

/// The one crate tests of any other may use.
const FOR_TESTS: &str = "simulator";

pub(in crate::tidy) const RULE: Rule = Rule {
    name: "directions",
    why: "decisions that know nothing of effects can be tested in a millisecond and never form a circle",
    check,
};

fn check(tree: &Tree) -> Vec<Finding> {
    crates::all(tree).iter().flat_map(check_crate).collect()
}

fn check_crate(ours: &Crate<'_>) -> Vec<Finding> {
    let manifest = &ours.manifest.path;
    let Some((home, _, allowed)) = TABLE.iter().find(|(_, name, _)| *name == ours.name) else {
        let what = format!("crate `{}` is not in the table of directions", ours.name);
        let remedy =
            "a new crate needs a wall worth having, a decision record, and a row in rules/directions.rs";
        return vec![RULE.finding(manifest, ours.line_of("name"), what, remedy)];
    };
    let mut findings = Vec::new();
    let home = if home.is_empty() { ours.name.clone() } else { format!("{home}/{}", ours.name) };
    if ours.folder != home {
        let what = format!("crate `{}` lives in {}", ours.name, ours.folder);
        findings.push(RULE.finding(manifest, ours.line_of("name"), what, format!("move it to {home}")));
    }
    for dependency in ours.dependencies() {
        let package = dependency.package.as_str();
        let is_ours = TABLE.iter().any(|(_, name, _)| *name == package);
        let is_allowed = allowed.iter().any(|group| group.contains(&package)) && package != ours.name;
        if is_ours && !is_allowed && !(dependency.is_dev && package == FOR_TESTS) {
            let what = format!("`{}` may not use `{package}`", ours.name);
            let remedy = "move the shared type down into `domain`, or the decision up into `app`";
            findings.push(RULE.finding(manifest, dependency.line, what, remedy));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::rules::samples;

    fn check(folder: &str, rest: &str, expected_line: Option<usize>) {
        let name = folder.rsplit('/').next().expect("a path has a last part");
        let path = format!("{folder}/Cargo.toml");
        let manifest = format!("[package]\nname = \"{name}\"\n{rest}");
        let expected: Vec<String> = expected_line.iter().map(|line| format!("{path}:{line}")).collect();
        samples::check(
            &RULE,
            &[(&path, &manifest)],
            &expected.iter().map(String::as_str).collect::<Vec<_>>(),
        );
    }

    #[test]
    fn downwards_is_fine() {
        check(
            "crates/app/gateway",
            "[dependencies]\nstore.workspace = true\nrouting.workspace = true\n",
            None,
        );
        check("crates/app/cli", "[dependencies]\nsimulator.workspace = true\nserde = \"1\"\n", None);
        check("crates/pure/config", "[dependencies]\nproviders = { path = \"../providers\" }\n", None);
        check("crates/io/upstream", "[dev-dependencies]\nsimulator.workspace = true\n", None);
        check("fuzz", "[dependencies]\nclaims = { path = \"../tools/claims\" }\n", None);
    }

    #[test]
    fn upwards_and_sideways_are_not() {
        check("crates/pure/routing", "[dependencies]\ndialects.workspace = true\n", Some(4));
        check("crates/io/store", "[dependencies]\nobserve = { path = \"../observe\" }\n", Some(4));
        check("crates/app/admin", "[dependencies]\ngateway.workspace = true\n", Some(4));
        check("crates/app/gateway", "[dependencies]\nsimulator.workspace = true\n", Some(4));
        check("crates/pure/domain", "[dev-dependencies]\nproviders.workspace = true\n", Some(4));
        check(
            "crates/pure/domain",
            "[dependencies]\nmoney = { path = \"x\", package = \"ledger\" }\n",
            Some(4),
        );
        check("crates/io/observe", "[target.'cfg(unix)'.dependencies]\nstore.workspace = true\n", Some(4));
    }

    #[test]
    fn a_crate_has_a_row_and_lives_there() {
        check("crates/pure/wishes", "", Some(2));
        check("crates/io/domain", "", Some(2));
    }
}
