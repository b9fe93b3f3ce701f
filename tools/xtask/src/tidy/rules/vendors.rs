//! A vendor's name stands in its own rooms only: providers, its dialect, fixtures, tests, documents.
//!
//! Looked at are identifiers and string literals of `crates/`, word by word; comments are free, so are
//! names of dialects (`openai_chat`, `Dialect::Anthropic`), which say how to speak and not to whom.

use crate::tidy::finding::{Finding, Rule};
use crate::tidy::rust_source::{RustSource, words};
use crate::tidy::tree::{SourceFile, Tree};

/// Names as one word, lower case. Left out are those that are also plain English (together, replicate).
const VENDORS: &[&str] = &[
    "ai21",
    "anthropic",
    "anyscale",
    "azure",
    "baichuan",
    "baseten",
    "bedrock",
    "cerebras",
    "cloudflare",
    "cohere",
    "dashscope",
    "databricks",
    "deepinfra",
    "deepseek",
    "fireworks",
    "gemini",
    "google",
    "groq",
    "huggingface",
    "lmstudio",
    "minimax",
    "mistral",
    "moonshot",
    "novita",
    "nvidia",
    "ollama",
    "openai",
    "openrouter",
    "perplexity",
    "sagemaker",
    "sambanova",
    "siliconflow",
    "togetherai",
    "vertex",
    "vllm",
    "volcengine",
    "watsonx",
    "xai",
    "zhipu",
];

const DIALECTS: &str = "crates/pure/dialects/src/";
/// Folders of the dialects crate that are no dialect.
const NO_DIALECTS: &[&str] = &["canonical", "framing", "json"];
/// Where any vendor may be named: who they are, and the list of dialects.
const ROOMS: &[&str] = &["crates/pure/providers/", "crates/pure/dialects/src/lib.rs"];

pub(in crate::tidy) const RULE: Rule = Rule {
    name: "vendors",
    why: "a provider is data: a vendor's name in code is the first half of an `if` that has to be everywhere",
    check,
};

fn check(tree: &Tree) -> Vec<Finding> {
    let dialects = dialects(tree);
    let mut findings = Vec::new();
    for (file, source) in tree.rust().filter(|(file, _)| is_looked_at(file, &dialects)) {
        let mut lines: Vec<(usize, String)> = named_in_code(source, &dialects);
        lines.extend(named_in_literals(source, &dialects));
        for (at, name) in lines.into_iter().filter(|(at, _)| !source.is_test(*at)) {
            let remedy =
                "put the difference into the provider's entry (a quirk, an auth, a field) and ask for that";
            findings.push(RULE.finding(
                &file.path,
                source.line(at),
                format!("`{name}` names a vendor"),
                remedy,
            ));
        }
        if let Some(vendor) =
            vendor_among(&word_parts(file.stem())).filter(|_| !is_dialect(file.stem(), &dialects))
        {
            findings.push(RULE.finding(
                &file.path,
                1,
                format!("a file named for `{vendor}`"),
                "name it for what it does",
            ));
        }
    }
    findings
}

fn dialects(tree: &Tree) -> Vec<String> {
    let folders = tree.paths.iter().filter_map(|path| path.strip_prefix(DIALECTS)?.split_once('/'));
    let mut found: Vec<String> = folders
        .map(|(folder, _)| folder.to_owned())
        .filter(|folder| !NO_DIALECTS.contains(&folder.as_str()))
        .collect();
    found.dedup();
    found
}

fn is_looked_at(file: &SourceFile, dialects: &[String]) -> bool {
    let in_dialect = file.path.strip_prefix(DIALECTS).and_then(|rest| rest.split_once('/'));
    let is_own_room = in_dialect.is_some_and(|(folder, _)| dialects.iter().any(|dialect| dialect == folder));
    file.path.starts_with("crates/")
        && !file.is_test()
        && !is_own_room
        && !ROOMS.iter().any(|room| file.path.starts_with(room))
}

fn named_in_code(source: &RustSource, dialects: &[String]) -> Vec<(usize, String)> {
    source
        .words()
        .filter(|(at, word)| {
            let before = &source.code[..*at];
            // A dialect named like a vendor is meant as a dialect only where the path says so.
            let is_said_dialect = before.ends_with("Dialect::") || before.ends_with("dialects::");
            let is_dialect = is_dialect(word, dialects) && (is_said_dialect || word_parts(word).len() > 1);
            !is_dialect && vendor_among(&word_parts(word)).is_some()
        })
        .map(|(at, word)| (at, word.to_owned()))
        .collect()
}

fn named_in_literals(source: &RustSource, dialects: &[String]) -> Vec<(usize, String)> {
    words(&source.literals)
        .filter(|(_, word)| {
            let is_dialect = is_dialect(word, dialects) && word_parts(word).len() > 1;
            !is_dialect && vendor_among(&word_parts(word)).is_some()
        })
        .map(|(at, word)| (at, word.to_owned()))
        .collect()
}

/// `openai_chat`, `OPENAI_CHAT` and `OpenAiChat` are all the dialect `openai_chat`.
fn is_dialect(word: &str, dialects: &[String]) -> bool {
    let plain = |name: &str| name.replace('_', "").to_ascii_lowercase();
    dialects.iter().any(|dialect| plain(dialect) == plain(word))
}

/// The parts of an identifier in lower case: `OpenAiChat` is open, ai, chat.
fn word_parts(word: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut was_lower = false;
    for letter in word.chars() {
        if letter == '_' || (letter.is_uppercase() && was_lower) {
            parts.push(String::new());
        }
        was_lower = letter.is_lowercase() || letter.is_ascii_digit();
        if letter != '_' {
            parts.last_mut().expect("it begins with one").extend(letter.to_lowercase());
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// A vendor spelt by one part or by several in a row.
fn vendor_among(parts: &[String]) -> Option<&'static str> {
    VENDORS.iter().copied().find(|vendor| {
        (0..parts.len()).any(|from| {
            let mut rest = *vendor;
            for part in &parts[from..] {
                let Some(left) = rest.strip_prefix(part.as_str()) else { return false };
                rest = left;
                if rest.is_empty() {
                    return true;
                }
            }
            false
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::rules::samples;

    const HERE: &str = "crates/app/gateway/src/ingress.rs";

    fn check(code: &str, lines: &[usize]) {
        let dialects = [
            ("crates/pure/dialects/src/openai_chat/wire.rs", ""),
            ("crates/pure/dialects/src/anthropic/wire.rs", ""),
        ];
        let expected: Vec<String> = lines.iter().map(|line| format!("{HERE}:{line}")).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        samples::check(&RULE, &[dialects[0], dialects[1], (HERE, code)], &expected);
    }

    #[test]
    fn vendors_are_found_in_names_and_strings() {
        check("\nif name == \"openai\" {}\n", &[2]);
        check("let url = \"https://api.mistral.ai/v1\";\nlet key = \"DEEPSEEK_API_KEY\";\n", &[1, 2]);
        check("fn openai_quirk() {}\nstruct DeepSeekAuth;\nuse providers::groq;\n", &[1, 2, 3]);
        check("if name == \"anthropic\" {}\nlet anthropic = 1;\n", &[1, 2]);
    }

    #[test]
    fn dialects_comments_tests_and_look_alikes_are_fine() {
        check(
            "Dialect::OpenAiChat; openai_chat::read(); \"openai_chat\"; Dialect::Anthropic; dialects::anthropic::x",
            &[],
        );
        check("// openai\n/// As OpenAI does.\nlet coherent = xaires; // vertex\n", &[]);
        check("#[cfg(test)]\nmod tests { const A: &str = \"openai\"; }\n", &[]);
    }

    #[test]
    fn rooms_are_free_and_file_names_are_not() {
        let code = "const NAME: &str = \"openai\";";
        let rooms = [
            ("crates/pure/providers/src/openai.rs", code),
            ("crates/pure/dialects/src/lib.rs", code),
            ("crates/pure/dialects/src/openai_chat/wire.rs", code),
            ("crates/app/gateway/tests/openai.rs", code),
            ("tools/simulator/src/openai.rs", code),
        ];
        samples::check(&RULE, &rooms, &[]);
        samples::check(
            &RULE,
            &[("crates/io/upstream/src/openai.rs", "")],
            &["crates/io/upstream/src/openai.rs:1"],
        );
    }
}
