//! The prices of a server or a data directory as a book, for commands that reckon with them.

use anyhow::{Context, Result, anyhow};
use ledger::prices::{Book, Problem, read};

use super::ask::Ask;
use super::of_catalogue::{of_catalogue, without_mistakes};
use super::place::Place;
use crate::arguments::DataOptions;
use crate::catalog;

/// What is in force: of the running server or, without one, in the data directory.
pub(crate) fn in_force(data: &DataOptions) -> Result<Book> {
    let standing = Place::find(data)?.ask(Ask::Standing)?;
    let text = standing["text"].as_str().unwrap_or_default();
    let version = standing["version"].as_u64().and_then(|version| u32::try_from(version).ok());
    let version = version.context("the prices in force have no version")?;
    // Which kinds there are, whoever set them has checked.
    let book = read(text, &[]).map_err(|problems| told(&problems))?;
    Ok(book.numbered(version))
}

/// Every price that is known of any model, whoever is configured.
pub(crate) fn of_whole_catalogue(data: &DataOptions) -> Result<Book> {
    Ok(without_mistakes(of_catalogue(catalog::in_force(data)?.kinds())).1)
}

fn told(problems: &[Problem]) -> anyhow::Error {
    let first = problems.first().map_or_else(String::new, ToString::to_string);
    anyhow!("the prices in force cannot be read here: {first}")
}
