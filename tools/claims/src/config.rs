//! Configuration: any text is answered by a snapshot or by problems, and neither shows a secret, be it one that was read
//! from a variable or a file, or one that somebody wrote in the wrong place.

use std::path::Path;

use config::{Overrides, Problem, Sources, Stored, check};
use domain::Secret;

/// What variables and files hold.
const SECRET: &str = "sk-fetched-4d8a1c6e0b7f2935-never-shown";
/// What the text itself may hold anywhere: inputs have it in place of a key.
const PLANTED: &str = "sk-planted-9b3e7d1f5a2c4860";
const NAMES: &[&str] = &["KEY", "SECRET", "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "BELLWETHER_KEY"];

/// Claims what the head of this file says about one file.
pub fn config(text: &[u8]) {
    let text = String::from_utf8_lossy(text);
    let sources = Sources {
        text: Some(("bellwether.yaml", &text)),
        catalog: None,
        env: &|name| NAMES.contains(&name).then(|| SECRET.to_owned()),
        env_names: NAMES.iter().map(|name| (*name).to_owned()).collect(),
        read_file: &read_file,
        stored: &|_| Stored::Found(Secret::new(SECRET.to_owned())),
        overrides: Overrides::default(),
    };
    match check(&sources) {
        Ok(snapshot) => {
            assert!(!snapshot.listeners.is_empty());
            assert_hidden(SECRET, &format!("{snapshot:?}"), &text);
            snapshot.notes.iter().for_each(|note| assert_never_shown(without_path(note), &text));
        }
        Err(problems) => {
            assert!(!problems.is_empty(), "a refusal says why");
            problems.iter().for_each(|problem| assert_problem(problem, &text));
        }
    }
}

fn assert_problem(problem: &Problem, text: &str) {
    // The schema and the structs differ by a mistake of ours if one refuses what the other accepted.
    assert!(!problem.message.starts_with("cannot be used:"), "{problem}");
    assert_hidden(SECRET, &format!("{problem}{problem:?}"), text);
    // The path is left out: providers and models have the names that operators give them, and are told by those.
    let Problem { found, message, hint, .. } = problem;
    assert_never_shown(&format!("{found}\n{message}\n{hint:?}"), text);
}

/// A note may begin with a path, as a problem has one: names are told in it.
fn without_path(note: &str) -> &str {
    match note.split_once(' ') {
        Some((path, rest)) if path.contains('.') => rest,
        _ => note,
    }
}

fn assert_never_shown(shown: &str, text: &str) {
    assert_hidden(PLANTED, shown, "");
    assert_hidden(SECRET, shown, text);
}

/// A fuzzer may guess the secret and write it somewhere itself.
fn assert_hidden(secret: &str, shown: &str, text: &str) {
    assert!(!shown.contains(secret) || text.contains(secret), "a secret is shown:\n{shown}");
}

fn read_file(path: &Path) -> Result<String, String> {
    let path = path.to_string_lossy();
    if path.contains("certificate") {
        Ok("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n".to_owned())
    } else if path.contains("private") {
        Ok(format!("-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----\n"))
    } else if path.contains("secret") {
        Ok(SECRET.to_owned())
    } else {
        Err("no such file".to_owned())
    }
}
