//! OpenAI's Responses.
use crate::{ask::Ask, reply::Reply};
use serde_json::Value;
pub(crate) fn answer(_method: &str, _path: &str, _body: &Value, _ask: &mut Ask<'_>) -> Result<Reply, Reply> {
    Err(Reply::error(404, "unknown_url", "soon"))
}
