//! I9: what a call was charged is what the prices of its version give for what its row says was used.
//!
//! A row does not say the kind of its provider, nor by which name that was asked for the model: whatever of those that the
//! prices know gives the charge will do. Nor does the row of a kept answer say what it was priced by: it is not looked at.

use std::collections::{BTreeMap, BTreeSet};

use domain::{CallId, KeyId, Money, OrganisationId, ProjectId};
use ledger::Invariant;
use ledger::prices::{Book, Buyer, Rated, Sale, Seller, read};
use sqlx::{AssertSqlSafe, Row};

use super::report::{VerifyError, VerifyReport};
use crate::database::Database;
use crate::error::StoreError;
use crate::ledger::applier::{call_of, calls};
use crate::prices::PriceRecords;
use crate::requests::{REQUESTS_PER_PAGE_MAX, RequestQuery, RequestRecords, RequestRow, RequestStore};

/// What a call was charged, and by which prices.
struct Charged {
    amount: Money,
    version: u32,
}

/// See the module.
pub(super) async fn gives_again(
    database: &Database,
    rows: Option<&RequestStore>,
    report: &mut VerifyReport,
) -> Result<(), VerifyError> {
    let all: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM ledger_calls")
        .fetch_one(&database.pool)
        .await
        .map_err(StoreError::database("count the calls"))?;
    let (mut books, mut query) = (BTreeMap::new(), RequestQuery::default());
    query.limit = REQUESTS_PER_PAGE_MAX;
    if let Some(rows) = rows.filter(|_| all > 0) {
        loop {
            let page = rows.look(&query).await?;
            rate_page(database, &page.rows, &mut books, report).await?;
            query.after = page.next_after;
            if query.after.is_none() {
                break;
            }
        }
    }
    report.unrated = all.cast_unsigned().saturating_sub(report.rated);
    Ok(())
}

async fn rate_page(
    database: &Database,
    rows: &[RequestRow<'_>],
    books: &mut BTreeMap<u32, Option<Book>>,
    report: &mut VerifyReport,
) -> Result<(), StoreError> {
    let charged = charged(database, rows).await?;
    for row in rows {
        let Some(Charged { amount, version }) = charged.get(&row.call_id) else { continue };
        if !books.contains_key(version) {
            books.insert(*version, book(database, *version).await?);
        }
        let Some(Some(book)) = books.get(version) else { continue };
        let prices = prices(book, row);
        if prices.is_empty() {
            continue;
        }
        report.rated += 1;
        if !prices.contains(amount) {
            let given: Vec<String> = prices.iter().map(Money::to_string).collect();
            let (call, given) = (row.call_id, given.join(" or "));
            let what = format!("call {call} was charged {amount}, and prices {version} give {given}");
            report.found(Invariant::PricesGiveAgain.violated(what));
        }
    }
    Ok(())
}

/// What these rows' calls were charged; a start after a crash charges what is known then, which no row tells.
async fn charged(
    database: &Database,
    rows: &[RequestRow<'_>],
) -> Result<BTreeMap<CallId, Charged>, StoreError> {
    let statement = format!(
        "SELECT call_id, amount, price_version FROM ledger_calls
         WHERE is_after_crash = 0 AND price_version > 0 AND call_id IN ({})",
        calls(database.kind)
    );
    let ids: Vec<String> = rows.iter().map(|row| row.call_id.to_string()).collect();
    let found = sqlx::query(AssertSqlSafe(statement))
        .bind(serde_json::to_string(&ids).expect("ids are texts"))
        .fetch_all(&database.pool)
        .await
        .map_err(StoreError::database("look up calls"))?;
    let number = |row: &sqlx::any::AnyRow, column| -> Result<i64, StoreError> {
        row.try_get(column).map_err(StoreError::database("read the ledger"))
    };
    let charged = |row: &sqlx::any::AnyRow| {
        let version = u32::try_from(number(row, "price_version")?).unwrap_or(0);
        Ok((call_of(row)?, Charged { amount: Money::from_nano(number(row, "amount")?), version }))
    };
    found.iter().map(charged).collect()
}

async fn book(database: &Database, version: u32) -> Result<Option<Book>, StoreError> {
    let text = database.text(version).await?;
    Ok(text.and_then(|text| read(&text, &[]).ok()).map(|book| book.numbered(version)))
}

/// Every price that the book may give a row; none where it cannot be told.
fn prices(book: &Book, row: &RequestRow<'_>) -> BTreeSet<Money> {
    let mut prices = BTreeSet::new();
    // Where several shared in it, each part has a price of its own. A kept answer is charged a share of what it took once.
    let is_told = row.segments.is_empty() && !row.is_cached();
    let Some(usage) = row.usage.filter(|_| is_told) else { return prices };
    let (organisation, project, key) =
        (OrganisationId::parse(&row.organisation), ProjectId::parse(&row.project), KeyId::parse(&row.key));
    let buyer = Buyer { organisation: organisation.as_ref(), project: project.as_ref(), key: key.as_ref() };
    let kinds = book.rows().iter().filter_map(|it| match &it.seller {
        Seller::Kind(kind) => Some(&**kind),
        Seller::Any | Seller::Provider(_) => None,
    });
    let kinds: BTreeSet<&str> = kinds.chain([""]).collect();
    for kind in kinds {
        for asked_model in [&row.upstream_model, &row.model] {
            let (provider, model) = (&*row.provider, &*row.upstream_model);
            let at = row.call_id.received_at();
            let sale = Sale { provider, kind, model, asked_model, at, usage: &usage, buyer };
            match book.rate(&sale) {
                // Something that was used has no price: nothing is charged then, whatever the rest comes to.
                Rated::Priced(cost) if cost.is_unpriced => prices.insert(Money::ZERO),
                Rated::Priced(cost) => prices.insert(cost.price),
                Rated::Unpriced(_) => false,
            };
        }
    }
    prices
}
