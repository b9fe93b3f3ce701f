//! Rows in a data directory that no server uses.

use anyhow::{Result, anyhow};
use domain::{CallId, Timestamp};
use serde_json::Value;
use store::{
    DataDir, REQUESTS_FILE, REQUESTS_PER_PAGE_MAX, RequestQuery, RequestRecords, RequestRow, RequestStore,
    StatusWish,
};

use crate::arguments::RequestsWish;
use crate::local_store::LocalStore;

/// So many as are wanted.
pub(super) fn rows(dir: &DataDir, wish: &RequestsWish) -> Result<Vec<Value>> {
    let mut query = query(wish)?;
    let local = LocalStore::open(dir)?;
    let path = dir.path().join(REQUESTS_FILE);
    local.runtime.block_on(async {
        let records = RequestStore::open(&local.store, &path).await?;
        let mut rows = Vec::new();
        loop {
            query.limit = (wish.limit as usize - rows.len()).min(REQUESTS_PER_PAGE_MAX as usize) as u32;
            let page = records.look(&query).await?;
            rows.extend(page.rows.iter().map(RequestRow::json));
            query.after = page.next_after;
            if query.after.is_none() || rows.len() >= wish.limit as usize {
                break;
            }
        }
        records.close().await;
        Ok(rows)
    })
}

fn query(wish: &RequestsWish) -> Result<RequestQuery> {
    Ok(RequestQuery {
        call_id: read("--call-id", wish.call_id.as_ref(), CallId::parse)?,
        request_id: wish.request_id.clone(),
        key: wish.key.clone(),
        organisations: None,
        organisation: wish.organisation.clone(),
        project: wish.project.clone(),
        model: wish.model.clone(),
        provider: wish.provider.clone(),
        status: read("--status", wish.status.as_ref(), StatusWish::parse)?,
        from: read("--from", wish.from.as_ref(), Timestamp::parse)?,
        to: read("--to", wish.to.as_ref(), Timestamp::parse)?,
        after: read("--after", wish.after.as_ref(), CallId::parse)?,
        limit: wish.limit,
    })
}

fn read<T>(name: &str, given: Option<&String>, parse: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>> {
    let Some(given) = given else { return Ok(None) };
    parse(given)
        .map(Some)
        .ok_or_else(|| anyhow!("{name} cannot be '{given}'; see bellwether requests list --help"))
}
