//! Which path is answered by what, in JSON or as a form.

use serde_json::Value;

use crate::ask::{Ask, invalid};
use crate::http::Request;
use crate::media::form::Form;
use crate::media::images::{self, Deed};
use crate::media::{audio, moderations, rerank, speech};
use crate::reply::Reply;

const FORM: &str = "multipart/form-data";

/// Answers a POST request, if its path is one of these.
pub(crate) fn answer(request: &Request, body: &Value, ask: &mut Ask<'_>) -> Option<Result<Reply, Reply>> {
    let parts: Vec<&str> = request.path().trim_matches('/').rsplit('/').take(2).collect();
    let content_type = request.header("content-type").unwrap_or_default();
    let form = || Form::read(content_type, &request.body).map_err(|problem| invalid("body", &problem));
    let is_form = content_type.starts_with(FORM);
    let deed = match parts.as_slice() {
        ["generations", "images"] => Some(Deed::Generation),
        ["edits", "images"] => Some(Deed::Edit),
        ["variations", "images"] => Some(Deed::Variation),
        _ => None,
    };
    Some(match (parts.as_slice(), deed) {
        (_, Some(deed)) if is_form => form().and_then(|form| images::answer_form(deed, &form, ask)),
        (_, Some(deed)) => images::answer(deed, body, ask),
        (["transcriptions", "audio"], _) => form().and_then(|form| audio::answer(&form, false, ask)),
        (["translations", "audio"], _) => form().and_then(|form| audio::answer(&form, true, ask)),
        (["speech", "audio"], _) => speech::answer(body, ask),
        (["moderations", ..], _) => moderations::answer(body, ask),
        (["rerank", ..], _) => rerank::answer(body, ask),
        _ => return None,
    })
}
