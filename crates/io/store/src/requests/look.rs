//! Looking through the rows, day by day, the newest first, until a page is full or so much was looked through.

use domain::CallId;
use sqlx::{AnyPool, AssertSqlSafe, Row};

use super::columns::{names, read};
use super::contract::{REQUESTS_PER_PAGE_MAX, RequestPage, RequestQuery};
use super::days::{day_of, first_id, table_of};
use super::row::RequestRow;

/// Rows that one statement looks through …
const ROWS_PER_STEP: u32 = 20_000;
/// … and how many such steps one call takes before it gives what it has found.
const STEPS_MAX: u32 = 25;

/// Conditions, and what stands in their places.
#[derive(Clone, Default)]
struct Conditions {
    text: String,
    values: Vec<Value>,
}

#[derive(Clone)]
enum Value {
    Text(String),
    Number(i64),
}

impl Conditions {
    /// Each `?` stands for the next value.
    fn and(&mut self, condition: &str, values: impl IntoIterator<Item = Value>) {
        self.text.push_str(" AND ");
        let mut parts = condition.split('?');
        self.text.push_str(parts.next().unwrap_or_default());
        for (part, value) in parts.zip(values) {
            self.values.push(value);
            self.text.push_str(&format!("${}{part}", self.values.len()));
        }
    }
}

/// A page out of these days, the newest of which is the first.
pub(super) async fn page(
    pool: &AnyPool,
    days: Vec<i64>,
    query: &RequestQuery,
) -> Result<RequestPage, sqlx::Error> {
    let limit = query.limit.clamp(1, REQUESTS_PER_PAGE_MAX) as usize;
    let mut page = RequestPage::default();
    if query.organisations.as_ref().is_some_and(Vec::is_empty) {
        return Ok(page);
    }
    let mut before = before(query);
    let first_day = query.from.map(day_of);
    let mut steps = 0;
    for day in days {
        let is_in = before.is_none_or(|before| day <= day_of(before.received_at()))
            && first_day.is_none_or(|first| day >= first)
            && query.call_id.is_none_or(|id| day == day_of(id.received_at()));
        if !is_in {
            continue;
        }
        loop {
            let wanted = limit - page.rows.len();
            let found = step(pool, query, day, before, wanted).await?;
            before = found.last().map(|row| row.call_id).or(before);
            let is_full = found.len() == wanted;
            page.rows.extend(found);
            if is_full {
                page.next_after = before;
                return Ok(page);
            }
            // The step has found all there is within its reach: is there more of the day?
            let Some(reached) = reached(pool, query, day, before).await? else { break };
            before = Some(reached);
            steps += 1;
            if steps == STEPS_MAX {
                page.next_after = before;
                return Ok(page);
            }
        }
    }
    Ok(page)
}

/// The id that all wanted ones are before.
fn before(query: &RequestQuery) -> Option<CallId> {
    [query.to.map(first_id), query.after].into_iter().flatten().min()
}

/// What an index helps with: it narrows what has to be looked through.
fn narrowed(query: &RequestQuery, before: Option<CallId>) -> Conditions {
    let mut all = Conditions::default();
    let text = |text: &str| [Value::Text(text.to_owned())];
    if let Some(before) = before {
        all.and("call_id < ?", text(&before.to_string()));
    }
    if let Some(from) = query.from {
        all.and("call_id >= ?", text(&first_id(from).to_string()));
    }
    if let Some(id) = query.call_id {
        all.and("call_id = ?", text(&id.to_string()));
    }
    if let Some(id) = &query.request_id {
        // In two words, as the index is only for those who have an id of their own.
        if CallId::parse(id).is_some() {
            all.and(
                "(call_id = ? OR (request_id = ? AND request_id <> call_id))",
                [text(id), text(id)].concat(),
            );
        } else {
            all.and("request_id = ? AND request_id <> call_id", text(id));
        }
    }
    if let Some(key) = &query.key {
        all.and("key_id = ?", text(key));
    }
    if let Some(organisation) = &query.organisation {
        all.and("organisation_id = ?", text(organisation));
    }
    if let Some(organisations) = &query.organisations {
        let places = vec!["?"; organisations.len()].join(", ");
        let ids = organisations.iter().map(|id| Value::Text(id.as_str().to_owned()));
        all.and(&format!("organisation_id IN ({places})"), ids);
    }
    all
}

/// What each row has to be looked at for.
fn filtered(query: &RequestQuery, all: &mut Conditions) {
    let text = |text: &str| Value::Text(text.to_owned());
    if let Some(project) = &query.project {
        all.and("project_id = ?", [text(project)]);
    }
    if let Some(model) = &query.model {
        all.and("(model = ? OR upstream_model = ?)", [text(model), text(model)]);
    }
    if let Some(provider) = &query.provider {
        all.and("provider = ?", [text(provider)]);
    }
    if let Some(status) = query.status {
        let (first, behind) = status.range();
        all.and("status >= ? AND status < ?", [Value::Number(first), Value::Number(behind)]);
    }
}

/// The wanted ones among the next rows of a day.
async fn step(
    pool: &AnyPool,
    query: &RequestQuery,
    day: i64,
    before: Option<CallId>,
    wanted: usize,
) -> Result<Vec<RequestRow<'static>>, sqlx::Error> {
    let mut all = narrowed(query, before);
    let (table, names, inner) = (table_of(day), names(), all.text.clone());
    all.text.clear();
    filtered(query, &mut all);
    let outer = &all.text;
    let statement = format!(
        "SELECT {names} FROM (SELECT {names} FROM {table} WHERE 1 = 1{inner} ORDER BY call_id DESC LIMIT {ROWS_PER_STEP}) AS looked
         WHERE 1 = 1{outer} ORDER BY call_id DESC LIMIT {wanted}"
    );
    let rows = bound(statement, all.values).fetch_all(pool).await?;
    rows.iter().map(read).collect()
}

/// The last row that such a step looked at, if there are rows behind it.
async fn reached(
    pool: &AnyPool,
    query: &RequestQuery,
    day: i64,
    before: Option<CallId>,
) -> Result<Option<CallId>, sqlx::Error> {
    let Conditions { text, values } = narrowed(query, before);
    let (table, behind) = (table_of(day), ROWS_PER_STEP - 1);
    let statement = format!(
        "SELECT call_id FROM {table} WHERE 1 = 1{text} ORDER BY call_id DESC LIMIT 1 OFFSET {behind}"
    );
    let row = bound(statement, values).fetch_optional(pool).await?;
    let id = row.map(|row| row.try_get::<String, _>("call_id")).transpose()?;
    Ok(id.and_then(|id| CallId::parse(&id)))
}

fn bound(
    statement: String,
    values: Vec<Value>,
) -> sqlx::query::Query<'static, sqlx::Any, sqlx::any::AnyArguments> {
    let query = sqlx::query(AssertSqlSafe(statement));
    values.into_iter().fold(query, |query, value| match value {
        Value::Text(text) => query.bind(text),
        Value::Number(number) => query.bind(number),
    })
}
