//! All of it, one after the other.

use std::path::Path;

use domain::Timestamp;
use ledger::{Lsn, check_books};

use super::image::{Image, fold_tail, fold_written};
use super::report::{VerifyError, VerifyReport};
use super::{balances, payments, rating, received, walk};
use crate::database::Database;
use crate::ledger::applier::{applied, load};
use crate::ledger::journal::node_folder;
use crate::requests::RequestStore;

/// Walks the journal of a node, the database, and the rows of calls, where they are kept. A hold that is open since before
/// `opened_min` is too old.
pub async fn verify(
    folder: &Path,
    node: u32,
    database: &Database,
    rows: Option<&RequestStore>,
    opened_min: Timestamp,
) -> Result<VerifyReport, VerifyError> {
    verify_until((folder, node), database, rows, opened_min, None).await
}

/// The same, up to a record where more are written meanwhile.
pub(super) async fn verify_until(
    (folder, node): (&Path, u32),
    database: &Database,
    rows: Option<&RequestStore>,
    opened_min: Timestamp,
    until: Option<Lsn>,
) -> Result<VerifyReport, VerifyError> {
    let folder = node_folder(folder, node);
    let applied = applied(database, node).await?;
    let mut report = VerifyReport { applied: applied.lsn, ..VerifyReport::default() };
    let books = load(database).await?;
    report.accounts = books.accounts().count() as u64;
    balances::are_entries(database, &books, &mut report).await?;
    received::is_calls(database, &mut report).await?;
    payments::count_once(database, &books, &mut report).await?;
    rating::gives_again(database, rows, &mut report).await?;
    check_books(&books, opened_min).into_iter().for_each(|violation| report.found(violation));
    if !folder.exists() {
        report.unfolded = Some("there is no journal");
        return Ok(report);
    }
    let mut image = Image::of(database, node, applied.lsn).await?;
    walk::journal((&folder, node), database, until, &mut image, &mut report).await?;
    image.compare(&books, &mut report);
    match until {
        None => fold_tail(&folder, applied, books, opened_min, &mut report)?,
        Some(until) => fold_written(&folder, (applied, until), books, opened_min, &mut report)?,
    }
    Ok(report)
}
