//! `crates/pure` decides and does nothing: no async, no sockets, no files, no clock, no threads.

use crate::tidy::crates;
use crate::tidy::finding::{Finding, Rule};
use crate::tidy::tree::Tree;

/// Crates that do things.
const EFFECTS: &[&str] = &[
    "axum",
    "futures",
    "getrandom",
    "hyper",
    "hyper-util",
    "rand",
    "redis",
    "reqwest",
    "rustls",
    "socket2",
    "sqlx",
    "tokio",
    "tokio-rustls",
    "tokio-util",
    "tower",
];
/// Paths of std that do things.
const EFFECT_PATHS: &[&str] = &[
    "std::fs",
    "std::process",
    "std::thread",
    "std::io::stdin",
    "std::net::TcpStream",
    "std::net::TcpListener",
    "std::net::UdpSocket",
    "std::env::var",
    "Instant::now",
    "SystemTime::now",
];

pub(in crate::tidy) const RULE: Rule = Rule {
    name: "purity",
    why: "pure code takes `now`, `rng` and text as arguments: so a day of failover is tested in a millisecond",
    check,
};

const REMEDY: &str = "take what is needed as an argument, or do it in `io` and decide here";

fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for ours in crates::all(tree).iter().filter(|it| it.folder.starts_with("crates/pure/")) {
        for dependency in ours.dependencies().iter().filter(|it| !it.is_dev) {
            if EFFECTS.contains(&dependency.package.as_str()) {
                let what = format!("a pure crate depends on `{}`", dependency.package);
                findings.push(RULE.finding(&ours.manifest.path, dependency.line, what, REMEDY));
            }
        }
        for (file, source) in tree.rust().filter(|(file, _)| ours.has_source(&file.path) && !file.is_test()) {
            let async_words =
                source.words().filter(|(_, word)| *word == "async").map(|(at, _)| (at, "async"));
            let paths = EFFECT_PATHS.iter().flat_map(|path| source.code.match_indices(path));
            for (at, found) in async_words.chain(paths).filter(|(at, _)| !source.is_test(*at)) {
                let what = format!("`{found}` in pure code");
                findings.push(RULE.finding(&file.path, source.line(at), what, REMEDY));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::rules::samples;

    const MANIFEST: (&str, &str) = ("crates/pure/routing/Cargo.toml", "[package]\nname = \"routing\"\n");

    fn check(text: &str, expected: &[&str]) {
        samples::check(&RULE, &[MANIFEST, ("crates/pure/routing/src/plan.rs", text)], expected);
    }

    #[test]
    fn effects_are_found() {
        check("\nasync fn plan() {}\n", &["crates/pure/routing/src/plan.rs:2"]);
        check(
            "use std::fs;\nlet now = Instant::now();",
            &["crates/pure/routing/src/plan.rs:1", "crates/pure/routing/src/plan.rs:2"],
        );
        let manifest = "[package]\nname = \"routing\"\n[dependencies]\ntokio.workspace = true\n";
        samples::check(&RULE, &[(MANIFEST.0, manifest)], &["crates/pure/routing/Cargo.toml:4"]);
    }

    #[test]
    fn talk_of_effects_and_tests_are_fine() {
        check("// async\nlet a = \"std::fs\";\n#[cfg(test)]\nmod tests { use std::fs; }\n", &[]);
        samples::check(
            &RULE,
            &[
                ("crates/io/store/Cargo.toml", "[package]\nname = \"store\"\n"),
                ("crates/io/store/src/a.rs", "use std::fs;"),
            ],
            &[],
        );
    }
}
