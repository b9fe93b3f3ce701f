//! From a request to the script of its answer: asks for the honest reply, then for what goes wrong with it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::ask::{Ask, CREATED_UNIX_S};
use crate::content::{distort, huge};
use crate::fault::Fault;
use crate::http::Request;
use crate::node::{Node, Turn};
use crate::reply::{Body, Reply};
use crate::script::{Pace, Script, Terms, script};
use crate::{chat, completions, embeddings};

/// The header by which a request asks for a fault, as in `x-simulate: cut=3`.
const DIRECTIVE_HEADER: &str = "x-simulate";

/// An answer ready to be played.
pub(crate) struct Prepared {
    pub(crate) turn: Turn,
    pub(crate) script: Script,
    /// `None` where the head is never sent.
    pub(crate) status: Option<u16>,
}

/// Prepares the answer to a request.
pub(crate) fn answer(node: &Arc<Node>, request: &Request) -> Prepared {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
    let (asked, complaint) = match asked_fault(node, request, &body) {
        Ok(asked) => (asked, None),
        Err(complaint) => (None, Some(complaint)),
    };
    let turn = node.turn(asked, request.method == "GET");
    let fault = turn.fault.as_ref().map(|fault| fault.answer.clone()).unwrap_or_default();
    let behaviour = Arc::clone(&turn.behaviour);

    let mut generator = turn.generator.clone();
    let latency = behaviour.latency_ms.sample(&mut generator);
    let first_token = behaviour.first_token_ms.sample(&mut generator);
    let mut ask = Ask {
        voice: node.voice(),
        node: node.name(),
        behaviour: &behaviour,
        huge: huge(&fault.content),
        generator,
    };
    let honest = match complaint {
        Some(complaint) => Reply::error(400, "bad_directive", &complaint),
        None => honest_reply(request, &body, &mut ask),
    };
    let mut reply = distort(honest, &fault.content);
    reply.headers.push(("x-request-id", ask.id("req_")));
    reply.headers.push(("x-simulator-node", node.name().to_owned()));

    let gaps = gaps(&reply, || behaviour.gap_ms.sample(&mut ask.generator));
    let terms = Terms { keeps_alive: request.keeps_alive, knows_chunks: request.knows_chunks };
    let script = script(&reply, &fault.wire, &Pace { latency, first_token, gaps }, terms);
    Prepared { turn, status: script.has_head().then_some(reply.status), script }
}

/// The fault that a request asks for: by header or, for requests that pass a gateway, in the `user` field.
fn asked_fault(node: &Node, request: &Request, body: &Value) -> Result<Option<Fault>, String> {
    if !node.obeys_directives() {
        return Ok(None);
    }
    match (request.header(DIRECTIVE_HEADER), body["user"].as_str()) {
        (Some(text), _) if text.starts_with('@') => Fault::asked_by(&format!("simulate{text}"), node.name()),
        (Some(text), _) => Fault::asked_by(&format!("simulate:{text}"), node.name()),
        (None, Some(user)) => Fault::asked_by(user, node.name()),
        (None, None) => Ok(None),
    }
}

/// What a provider in order would answer.
fn honest_reply(request: &Request, body: &Value, ask: &mut Ask<'_>) -> Reply {
    if let Some(refusal) = refusal(request, ask.behaviour.key.as_deref()) {
        return refusal;
    }
    let path = request.path().trim_end_matches('/');
    let is_post = request.method == "POST";
    if is_post && !body.is_object() {
        return Reply::error(400, "invalid_json", "the request body is no JSON object");
    }
    let answered = match (request.method.as_str(), path) {
        ("POST", path) if path.ends_with("/chat/completions") => chat::answer(body, ask),
        ("POST", path) if path.ends_with("/completions") => completions::answer(body, ask),
        ("POST", path) if path.ends_with("/embeddings") => embeddings::answer(body, ask),
        ("GET", path) if path.ends_with("/models") => Ok(models(&ask.behaviour.models)),
        (method, path) => {
            Err(Reply::error(404, "unknown_url", &format!("nothing answers to {method} {path} here")))
        }
    };
    answered.unwrap_or_else(|error| error)
}

/// The 401 for a wrong key, if the node demands one.
fn refusal(request: &Request, key: Option<&str>) -> Option<Reply> {
    let key = key?;
    let sent = request.header("authorization").unwrap_or_default();
    if sent.strip_prefix("Bearer ") == Some(key) {
        return None;
    }
    let problem =
        if sent.is_empty() { "no API key was sent" } else { "the API key sent is not the right one" };
    Some(Reply::error(401, "invalid_api_key", problem))
}

/// Shape from OpenAI's API reference, "The model object" (platform.openai.com/docs/api-reference/models).
fn models(names: &[String]) -> Reply {
    let list: Vec<Value> = names
        .iter()
        .map(|name| {
            json!({ "id": name, "object": "model", "created": CREATED_UNIX_S, "owned_by": "simulator" })
        })
        .collect();
    Reply::json(200, json!({ "object": "list", "data": list }))
}

/// One pause before each event but the first.
fn gaps(reply: &Reply, mut gap: impl FnMut() -> Duration) -> Vec<Duration> {
    match &reply.body {
        Body::Events(events) => events.iter().skip(1).map(|_| gap()).collect(),
        Body::Json(_) | Body::Text(_) => Vec::new(),
    }
}
