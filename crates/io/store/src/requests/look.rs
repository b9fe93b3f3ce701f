//! Looking through the packs, day by day, the newest first, until a page is full or so much was looked through.

use domain::CallId;
use sqlx::{AssertSqlSafe, Row};

use super::contract::{REQUESTS_PER_PAGE_MAX, RequestPage, RequestQuery};
use super::days::{day_of, table_of};
use super::pack::unpacked;
use super::row::RequestRow;
use super::wish::Wish;
use crate::database::AnyPool;

/// Packs whose marks one statement reads …
const PACKS_PER_STEP: i64 = 256;
/// … of how many packs one call reads the marks …
const MARKED_MAX: usize = 20_000;
/// … and how many it opens, before it gives what it has found.
const OPENED_MAX: usize = 2_000;

/// A page out of these days, the newest of which is the first.
pub(super) async fn page(
    pool: &AnyPool,
    days: Vec<i64>,
    query: &RequestQuery,
) -> Result<RequestPage, sqlx::Error> {
    let limit = query.limit.clamp(1, REQUESTS_PER_PAGE_MAX) as usize;
    let wish = Wish::of(query);
    let mut search = Search { wish: &wish, limit, found: Vec::new(), marked: 0, opened: 0 };
    if wish.is_vain() {
        return Ok(RequestPage::default());
    }
    let (first, last) = (day_of(wish.from.received_at()), day_of(wish.before.received_at()));
    for day in days.into_iter().filter(|day| (first..=last).contains(day)) {
        if let Some(reached) = search.through(pool, day).await? {
            return Ok(search.page(Some(reached)));
        }
    }
    Ok(search.page(None))
}

/// What is known while it is looked.
struct Search<'q> {
    wish: &'q Wish<'q>,
    limit: usize,
    /// The newest first, never more than the limit.
    found: Vec<RequestRow<'static>>,
    marked: usize,
    opened: usize,
}

/// Where a pack lies.
struct Place {
    first: String,
    last: CallId,
    may_have_some: bool,
}

impl Search<'_> {
    /// Looks through a day; tells how far it has come, if it ends here.
    async fn through(&mut self, pool: &AnyPool, day: i64) -> Result<Option<CallId>, sqlx::Error> {
        let table = table_of(day);
        let mut behind = None;
        loop {
            let places = places(pool, &table, self.wish, behind.as_ref()).await?;
            let has_more = places.len() as i64 == PACKS_PER_STEP;
            for place in places {
                // What is not seen yet is not newer than this pack's newest.
                let is_enough = self.marked >= MARKED_MAX || self.opened >= OPENED_MAX;
                // Each call gets further than the one before, however many packs lie over each other.
                let is_enough = is_enough && place.last.0.saturating_add(1) < self.wish.before.0;
                if is_enough || self.is_settled(place.last) {
                    return Ok(Some(place.last));
                }
                self.marked += 1;
                if place.may_have_some {
                    self.opened += 1;
                    self.open(&packed(pool, &table, &place).await?)?;
                }
                behind = Some((place.last, place.first));
            }
            if !has_more {
                return Ok(None);
            }
        }
    }

    fn open(&mut self, bytes: &[u8]) -> Result<(), sqlx::Error> {
        let rows = unpacked(bytes).ok_or_else(|| sqlx::Error::Decode("a pack of rows is damaged".into()))?;
        let wanted = rows.into_iter().filter(|row| self.wish.wants(row));
        self.found.extend(wanted.map(RequestRow::into_owned));
        self.found.sort_by_key(|row| std::cmp::Reverse(row.call_id));
        self.found.truncate(self.limit);
        Ok(())
    }

    /// Whether nothing that was not seen, of which this is the newest, belongs before what was found.
    fn is_settled(&self, unseen: CallId) -> bool {
        self.found.len() == self.limit && self.found.last().is_some_and(|row| row.call_id > unseen)
    }

    /// What was found; where too much would have had to be looked through, only what is newer than all that was not seen.
    fn page(mut self, reached: Option<CallId>) -> RequestPage {
        let last = self.found.last().map(|row| row.call_id);
        let next_after = match reached {
            Some(reached) if !self.is_settled(reached) => {
                self.found.retain(|row| row.call_id > reached);
                // It is looked at again, with all that is as new.
                Some(CallId(reached.0.saturating_add(1)))
            }
            Some(_) => last,
            None => last.filter(|_| self.found.len() == self.limit),
        };
        RequestPage { rows: self.found, next_after }
    }
}

/// The next packs of a day that lie within what is wanted, the newest first.
async fn places(
    pool: &AnyPool,
    table: &str,
    wish: &Wish<'_>,
    behind: Option<&(CallId, String)>,
) -> Result<Vec<Place>, sqlx::Error> {
    let statement = format!(
        "SELECT first_id, last_id, marks FROM {table}
         WHERE first_id < $1 AND last_id >= $2 AND (last_id < $3 OR (last_id = $3 AND first_id < $4))
         ORDER BY last_id DESC, first_id DESC LIMIT {PACKS_PER_STEP}"
    );
    let (last, first) = behind.cloned().unwrap_or((CallId(u128::MAX), String::new()));
    let rows = sqlx::query(AssertSqlSafe(statement))
        .bind(wish.before.to_string())
        .bind(wish.from.to_string())
        .bind(last.to_string())
        .bind(first)
        .fetch_all(pool)
        .await?;
    let place = |row: &sqlx::any::AnyRow| {
        let last: String = row.try_get("last_id")?;
        let last = CallId::parse(&last).ok_or_else(|| sqlx::Error::Decode("no id of a call".into()))?;
        let marks: Vec<u8> = row.try_get("marks")?;
        let first: String = row.try_get("first_id")?;
        // What is no id is looked into.
        let calls = CallId::parse(&first).unwrap_or_default()..=last;
        Ok(Place { first, last, may_have_some: wish.may_be_in(&marks, &calls) })
    };
    rows.iter().map(place).collect()
}

async fn packed(pool: &AnyPool, table: &str, place: &Place) -> Result<Vec<u8>, sqlx::Error> {
    let statement = format!("SELECT packed FROM {table} WHERE last_id = $1 AND first_id = $2");
    let row = sqlx::query(AssertSqlSafe(statement))
        .bind(place.last.to_string())
        .bind(&place.first)
        .fetch_one(pool)
        .await?;
    row.try_get("packed")
}
