//! Every crate obeys the workspace's lints; those with their own may differ in `unsafe_code` alone.

use toml::{Table, Value};

use crate::tidy::crates::{self, Crate};
use crate::tidy::finding::{Finding, Rule};
use crate::tidy::tree::Tree;

/// The crates with a room for `unsafe` code: the workspace forbids it, and `forbid` has no exceptions.
const WITH_OWN_LINTS: [&str; 2] = ["bench", "upstream"];

pub(in crate::tidy) const RULE: Rule = Rule {
    name: "lints",
    why: "a crate that forgets the workspace's lints is checked by none of them, and nothing says so",
    check,
};

fn check(tree: &Tree) -> Vec<Finding> {
    let workspace: Table =
        tree.file("Cargo.toml").and_then(|file| file.text.parse().ok()).unwrap_or_default();
    let house_lints = workspace.get("workspace").and_then(|it| it.get("lints")).and_then(Value::as_table);
    crates::all(tree).iter().filter_map(|ours| check_crate(ours, house_lints)).collect()
}

fn check_crate(ours: &Crate<'_>, house_lints: Option<&Table>) -> Option<Finding> {
    let lints = ours.table.get("lints").and_then(Value::as_table);
    let (is_fine, what, remedy) = if WITH_OWN_LINTS.contains(&ours.name.as_str()) {
        let is_same =
            lints.cloned().map(without_unsafe_code) == house_lints.cloned().map(without_unsafe_code);
        let remedy = "copy [workspace.lints] here; only `unsafe_code` may be `deny`";
        (is_same, "its lints differ from the workspace's", remedy)
    } else {
        let is_inherited = lints.and_then(|lints| lints.get("workspace")) == Some(&Value::Boolean(true));
        (is_inherited, "the workspace's lints are not inherited", "write `[lints]` and `workspace = true`")
    };
    (!is_fine).then(|| RULE.finding(&ours.manifest.path, 1, what, remedy))
}

fn without_unsafe_code(mut lints: Table) -> Table {
    if let Some(rust) = lints.get_mut("rust").and_then(Value::as_table_mut) {
        rust.remove("unsafe_code");
    }
    lints
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::rules::samples;

    const HOUSE: (&str, &str) =
        ("Cargo.toml", "[workspace.lints.rust]\nunsafe_code = \"forbid\"\nmissing_docs = \"warn\"\n");

    fn check(name: &str, lints: &str, is_fine: bool) {
        let manifest = format!("[package]\nname = \"{name}\"\n{lints}");
        let expected: &[&str] = if is_fine { &[] } else { &["a/Cargo.toml:1"] };
        samples::check(&RULE, &[HOUSE, ("a/Cargo.toml", &manifest)], expected);
    }

    #[test]
    fn lints_are_inherited() {
        check("domain", "[lints]\nworkspace = true\n", true);
        check("domain", "[lints]\nworkspace = false\n", false);
        check("domain", "[lints.rust]\nmissing_docs = \"warn\"\n", false);
        check("domain", "", false);
    }

    #[test]
    fn who_has_a_room_may_differ_in_one_lint() {
        check("bench", "[lints.rust]\nunsafe_code = \"deny\"\nmissing_docs = \"warn\"\n", true);
        check("upstream", "[lints.rust]\nunsafe_code = \"deny\"\nmissing_docs = \"warn\"\n", true);
        check("store", "[lints.rust]\nunsafe_code = \"deny\"\nmissing_docs = \"warn\"\n", false);
        check("bench", "[lints.rust]\nunsafe_code = \"deny\"\n", false);
    }
}
