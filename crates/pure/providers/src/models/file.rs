//! A file of the catalogue: rows, and whose they are.

use serde::Deserialize;
use toml::Spanned;

use super::check::{RowFlaw, flaws};
use super::row::{Placed, Row};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Whose the rows are that do not say it.
    #[serde(default)]
    kinds: Vec<String>,
    #[serde(default)]
    model: Vec<Spanned<Row>>,
}

/// The rows of a file, or everything that is wrong with it.
pub(super) fn read(text: &str) -> Result<Vec<Placed>, Vec<RowFlaw>> {
    let line_of = |place: usize| text[..place.min(text.len())].matches('\n').count() + 1;
    let file: File = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_of(span.start));
        vec![RowFlaw { line, name: String::new(), message: error.message().to_owned() }]
    })?;
    let rows = file.model.into_iter().map(|row| {
        let line = line_of(row.span().start);
        let mut row = row.into_inner();
        if row.kinds.is_empty() {
            row.kinds.clone_from(&file.kinds);
        }
        Placed { line, row }
    });
    let rows: Vec<Placed> = rows.collect();
    let flaws = flaws(&rows);
    if flaws.is_empty() { Ok(rows) } else { Err(flaws) }
}
