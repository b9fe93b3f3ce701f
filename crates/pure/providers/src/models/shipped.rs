//! The catalogue that comes with the binary, one file for each vendor. A mistake in it is found by the tests, not by users.

use std::sync::{Arc, LazyLock};

use super::catalogue::{Catalogue, Known};
use super::check::RowFlaw;
use super::file::read;
use super::row::Placed;

/// Each file by its name in `catalog/models`.
const FILES: &[(&str, &str)] = &[
    ("anthropic.toml", include_str!("../../catalog/models/anthropic.toml")),
    ("ark.toml", include_str!("../../catalog/models/ark.toml")),
    ("cerebras.toml", include_str!("../../catalog/models/cerebras.toml")),
    ("cohere.toml", include_str!("../../catalog/models/cohere.toml")),
    ("dashscope.toml", include_str!("../../catalog/models/dashscope.toml")),
    ("deepseek.toml", include_str!("../../catalog/models/deepseek.toml")),
    ("fireworks.toml", include_str!("../../catalog/models/fireworks.toml")),
    ("gemini.toml", include_str!("../../catalog/models/gemini.toml")),
    ("groq.toml", include_str!("../../catalog/models/groq.toml")),
    ("minimax.toml", include_str!("../../catalog/models/minimax.toml")),
    ("mistral.toml", include_str!("../../catalog/models/mistral.toml")),
    ("moonshot.toml", include_str!("../../catalog/models/moonshot.toml")),
    ("openai.toml", include_str!("../../catalog/models/openai.toml")),
    ("perplexity.toml", include_str!("../../catalog/models/perplexity.toml")),
    ("sambanova.toml", include_str!("../../catalog/models/sambanova.toml")),
    ("together.toml", include_str!("../../catalog/models/together.toml")),
    ("xai.toml", include_str!("../../catalog/models/xai.toml")),
    ("zhipu.toml", include_str!("../../catalog/models/zhipu.toml")),
];

static SHIPPED: LazyLock<Catalogue> = LazyLock::new(|| {
    let rows = FILES.iter().flat_map(|(name, text)| {
        read(text).unwrap_or_else(|flaws| panic!("catalog/models/{name}: {}", flaws[0]))
    });
    Catalogue::of(rows.map(|Placed { row, .. }| row))
});

/// What is shipped.
pub fn shipped() -> &'static Catalogue {
    &SHIPPED
}

/// What is shipped of one vendor's models: reads no more than that vendor's file, and keeps nothing.
pub fn shipped_of(kind: &str) -> Arc<Known> {
    let quoted = format!("\"{kind}\"");
    let is_meant = |text: &str| {
        let kinds = text.lines().find(|line| line.starts_with("kinds = ["));
        kinds.is_some_and(|line| line.contains(&quoted))
    };
    let texts = FILES.iter().filter(|(_, text)| is_meant(text));
    let rows = texts.flat_map(|(_, text)| read(text).unwrap_or_default());
    Catalogue::of(rows.map(|Placed { row, .. }| row)).of_kind(kind)
}

/// Everything that is wrong with the shipped files: each by its file's name. Successors are looked up here, where all rows
/// are at hand.
pub fn shipped_flaws() -> Vec<(&'static str, RowFlaw)> {
    let mut flaws = Vec::new();
    for (file, text) in FILES {
        let rows = match read(text) {
            Ok(rows) => rows,
            Err(found) => {
                flaws.extend(found.into_iter().map(|flaw| (*file, flaw)));
                continue;
            }
        };
        let serves = |name: &str| rows.iter().any(|Placed { row, .. }| row.name == *name && row.is_served());
        for Placed { line, row } in &rows {
            let message = match &row.successor {
                None if row.is_served() => continue,
                None => "is retired and names no successor".to_owned(),
                Some(successor) if serves(successor) => continue,
                Some(successor) => format!("its successor '{successor}' is not served"),
            };
            flaws.push((*file, RowFlaw { line: *line, name: row.name.clone(), message }));
        }
    }
    flaws
}
