//! The catalogue that comes with the binary, one file for each vendor. A mistake in it is found by the tests, not by users.

use std::sync::{Arc, OnceLock};

use super::catalogue::{Catalogue, Known};
use super::check::RowFlaw;
use super::file::read;
use super::row::{Placed, Row};

/// A file of `catalog/models`, read when somebody asks for it.
struct File {
    name: &'static str,
    text: &'static str,
    rows: OnceLock<Vec<Arc<Row>>>,
}

static FILES: [File; 18] = [
    file("anthropic.toml", include_str!("../../catalog/models/anthropic.toml")),
    file("ark.toml", include_str!("../../catalog/models/ark.toml")),
    file("cerebras.toml", include_str!("../../catalog/models/cerebras.toml")),
    file("cohere.toml", include_str!("../../catalog/models/cohere.toml")),
    file("dashscope.toml", include_str!("../../catalog/models/dashscope.toml")),
    file("deepseek.toml", include_str!("../../catalog/models/deepseek.toml")),
    file("fireworks.toml", include_str!("../../catalog/models/fireworks.toml")),
    file("gemini.toml", include_str!("../../catalog/models/gemini.toml")),
    file("groq.toml", include_str!("../../catalog/models/groq.toml")),
    file("minimax.toml", include_str!("../../catalog/models/minimax.toml")),
    file("mistral.toml", include_str!("../../catalog/models/mistral.toml")),
    file("moonshot.toml", include_str!("../../catalog/models/moonshot.toml")),
    file("openai.toml", include_str!("../../catalog/models/openai.toml")),
    file("perplexity.toml", include_str!("../../catalog/models/perplexity.toml")),
    file("sambanova.toml", include_str!("../../catalog/models/sambanova.toml")),
    file("together.toml", include_str!("../../catalog/models/together.toml")),
    file("xai.toml", include_str!("../../catalog/models/xai.toml")),
    file("zhipu.toml", include_str!("../../catalog/models/zhipu.toml")),
];

const fn file(name: &'static str, text: &'static str) -> File {
    File { name, text, rows: OnceLock::new() }
}

impl File {
    fn rows(&self) -> impl Iterator<Item = Arc<Row>> {
        let rows = self.rows.get_or_init(|| {
            let rows = read(self.text);
            let rows = rows.unwrap_or_else(|flaws| panic!("catalog/models/{}: {}", self.name, flaws[0]));
            rows.into_iter().map(|Placed { row, .. }| Arc::new(row)).collect()
        });
        rows.iter().cloned()
    }

    /// Whether it says in its own line of kinds that it is about this one.
    fn is_of(&self, kind: &str) -> bool {
        let kinds = self.text.lines().find(|line| line.starts_with("kinds = ["));
        kinds.is_some_and(|line| line.split('"').any(|word| word == kind))
    }
}

/// What is shipped.
pub fn shipped() -> Catalogue {
    Catalogue::of(FILES.iter().flat_map(File::rows))
}

/// What is shipped of one vendor's models: no more than that vendor's file is read.
pub fn shipped_of(kind: &str) -> Arc<Known> {
    Catalogue::of(FILES.iter().filter(|file| file.is_of(kind)).flat_map(File::rows)).of_kind(kind)
}

/// Everything that is wrong with the shipped files: each by its file's name. Successors are looked up here, where all rows
/// are at hand.
pub fn shipped_flaws() -> Vec<(&'static str, RowFlaw)> {
    let mut flaws = Vec::new();
    for File { name: file, text, .. } in &FILES {
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
