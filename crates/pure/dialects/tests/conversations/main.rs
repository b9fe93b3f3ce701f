//! Made-up conversations and answers, through every pair of dialects: no argument, result, word or image is lost or altered,
//! and where the bytes are cut never matters. `DIALECT_CASES` says how many of each (`make prove-dialects` for many).
#![cfg(test)]

mod answer;
mod answers;
mod facts;
mod prompts;
mod seals;
mod talk;
mod wire;

use dialects::Dialect;
use proptest::test_runner::Config;

/// How many cases of each property.
fn config() -> Config {
    let cases = std::env::var("DIALECT_CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(200);
    // Failures are told in full; nothing is written beside the tests.
    Config { cases, failure_persistence: None, ..Config::default() }
}

/// Every dialect with every other, and itself.
fn pairs() -> impl Iterator<Item = (Dialect, Dialect)> {
    Dialect::ALL.iter().flat_map(|from| Dialect::ALL.iter().map(|to| (*from, *to)))
}
