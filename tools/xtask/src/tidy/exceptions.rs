//! The places excused from a rule: tidy-exceptions.toml. The list may only shrink.
//!
//! An exception that excuses nothing is itself a finding, and so is one more than there were.

use anyhow::{Context, Result, bail};
use toml::{Table, Value};

use super::finding::{Finding, Rule};
use super::tree::Tree;

const PATH: &str = "tools/xtask/tidy-exceptions.toml";
/// How many there are. It goes down with the list, never up.
const EXCEPTIONS_MAX: usize = 0;

const RULE: Rule = Rule {
    name: "exceptions",
    why: "an exception nobody needs hides the next mistake, and a list that may grow is no rule",
    check: |_| Vec::new(),
};

struct Exception {
    rule: String,
    path: String,
}

/// Takes the excused findings out, and puts in one for each exception that is unused or too many.
pub(super) fn apply(tree: &Tree, findings: Vec<Finding>, rules: &[Rule]) -> Result<Vec<Finding>> {
    let text = tree.file(PATH).map_or("", |file| file.text.as_str());
    let exceptions = parse(text, rules)?;
    Ok(excuse(findings, &exceptions, EXCEPTIONS_MAX))
}

fn excuse(findings: Vec<Finding>, exceptions: &[Exception], count_max: usize) -> Vec<Finding> {
    let is_excused_by = |finding: &Finding, exception: &Exception| {
        finding.rule == exception.rule && finding.path == exception.path
    };
    let mut left: Vec<Finding> = Vec::new();
    for exception in exceptions {
        if !findings.iter().any(|finding| is_excused_by(finding, exception)) {
            let what = format!("the exception of {} from {} excuses nothing", exception.path, exception.rule);
            left.push(RULE.finding(PATH, 1, what, "delete it, and lower EXCEPTIONS_MAX in exceptions.rs"));
        }
    }
    if exceptions.len() != count_max {
        let what = format!("{} exceptions, where EXCEPTIONS_MAX says {count_max}", exceptions.len());
        left.push(RULE.finding(
            PATH,
            1,
            what,
            "mend the code instead of adding one; lower the number after taking one away",
        ));
    }
    let is_excused = |finding: &Finding| exceptions.iter().any(|exception| is_excused_by(finding, exception));
    left.extend(findings.into_iter().filter(|finding| !is_excused(finding)));
    left
}

fn parse(text: &str, rules: &[Rule]) -> Result<Vec<Exception>> {
    let table: Table = text.parse().with_context(|| format!("{PATH} is not TOML"))?;
    let entries = table.get("exception").and_then(Value::as_array).cloned().unwrap_or_default();
    entries
        .iter()
        .map(|entry| {
            let field = |name: &str| {
                let value = entry.get(name).and_then(Value::as_str).filter(|value| !value.is_empty());
                value.map(str::to_owned).with_context(|| format!("{PATH}: an exception has no {name}"))
            };
            let exception = Exception { rule: field("rule")?, path: field("path")? };
            field("reason")?;
            if !rules.iter().any(|rule| rule.name == exception.rule) {
                bail!("{PATH}: there is no rule {}", exception.rule);
            }
            Ok(exception)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: Rule = Rule { name: "sample", why: "a sample", check: |_| Vec::new() };

    fn finding(path: &str) -> Finding {
        SAMPLE.finding(path, 1, "what", "remedy")
    }

    fn listed(paths: &[&str]) -> Vec<Exception> {
        let entry =
            |path: &&str| format!("[[exception]]\nrule = \"sample\"\npath = \"{path}\"\nreason = \"old\"\n");
        parse(&paths.iter().map(entry).collect::<String>(), &[SAMPLE]).expect("the sample is well-formed")
    }

    #[test]
    fn an_exception_excuses_its_file_only() {
        let left = excuse(vec![finding("a.rs"), finding("a.rs"), finding("b.rs")], &listed(&["a.rs"]), 1);
        assert_eq!(left, [finding("b.rs")]);
    }

    #[test]
    fn an_unused_exception_is_a_finding() {
        let left = excuse(vec![], &listed(&["a.rs"]), 1);
        assert_eq!(left.len(), 1);
        assert!(left[0].what.contains("excuses nothing"));
    }

    #[test]
    fn the_list_may_not_grow() {
        let left = excuse(vec![finding("a.rs")], &listed(&["a.rs"]), 0);
        assert!(left[0].what.contains("EXCEPTIONS_MAX says 0"));
    }

    #[test]
    fn a_careless_entry_is_refused() {
        let refused = |text: &str| parse(text, &[SAMPLE]).is_err();
        assert!(refused("[[exception]]\nrule = \"sample\"\npath = \"a.rs\"\n"), "no reason");
        assert!(
            refused("[[exception]]\nrule = \"simple\"\npath = \"a.rs\"\nreason = \"old\"\n"),
            "unknown rule"
        );
    }
}
