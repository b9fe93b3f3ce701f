//! `bellwether requests`: from the running server through its admin API, or from the data directory when none runs.

use anyhow::{Result, bail};
use serde_json::Value;
use store::DataDir;

use super::{local, shown};
use crate::admin_client::AdminClient;
use crate::arguments::{DataOptions, RequestsCommand, RequestsWish};
use crate::environment;
use crate::say::say;

/// Pages that are asked for at most: one may be short, or empty, where much had to be looked through.
const PAGES_MAX: usize = 1000;

/// Carries one verb out and prints its outcome.
pub(crate) fn run(data: &DataOptions, command: RequestsCommand) -> Result<()> {
    match command {
        RequestsCommand::List { wish, json } => {
            let rows = rows(data, &wish)?;
            say(&if json {
                serde_json::json!({ "requests": rows }).to_string()
            } else {
                shown::listed(&rows)
            });
        }
        RequestsCommand::Show { id, json } => {
            let by_call = RequestsWish { call_id: Some(id.clone()), limit: 1, ..RequestsWish::default() };
            let by_request =
                RequestsWish { request_id: Some(id.clone()), limit: 10, ..RequestsWish::default() };
            let mut found =
                if domain::CallId::parse(&id).is_some() { rows(data, &by_call)? } else { Vec::new() };
            if found.is_empty() {
                found = rows(data, &by_request)?;
            }
            let Some(row) = found.first() else {
                bail!(
                    "no row of a call has the id '{id}'; rows are written within a second, and kept as long as requests.keep_days says"
                )
            };
            say(&if json { row.to_string() } else { shown::one(row) });
        }
    }
    Ok(())
}

/// So many as are wanted, page by page.
fn rows(data: &DataOptions, wish: &RequestsWish) -> Result<Vec<Value>> {
    let path = environment::data_dir(data)?;
    let Some(server) = AdminClient::find_in(path.clone())? else {
        if !path.exists() {
            bail!("there is no data directory {}; say --data-dir DIR", path.display());
        }
        return local::rows(&DataDir::create(path)?, wish);
    };
    let mut rows = Vec::new();
    let mut after = wish.after.clone();
    for _ in 0..PAGES_MAX {
        let query = wish.query((wish.limit as usize - rows.len()) as u32, after.as_deref());
        let page = server.ask("GET", &format!("/admin/v1/requests?{query}"), None)?;
        let Some(listed) = page["requests"].as_array() else {
            bail!("the server listed no requests: is it a Bellwether of this version?")
        };
        rows.extend_from_slice(listed);
        match page["next_after"].as_str() {
            Some(next) if rows.len() < wish.limit as usize => after = Some(next.to_owned()),
            _ => break,
        }
    }
    Ok(rows)
}
