//! From a request to the script of its answer: asks for the honest reply, then for what goes wrong with it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::ask::{Ask, CREATED_UNIX_S};
use crate::content::{deviations, distort, huge};
use crate::dialect::Dialect;
use crate::fault::Fault;
use crate::http::Request;
use crate::node::{Node, Turn};
use crate::reply::{Body, Reply};
use crate::script::{Pace, Script, Terms, script};
use crate::text::Voice;
use crate::{chat, completions, embeddings, media, messages, responses};

/// The header by which a request asks for a fault, as in `x-simulate: cut=3`.
const DIRECTIVE_HEADER: &str = "x-simulate";
/// The header by which a request names the scenario it plays.
const SCENARIO_HEADER: &str = "x-simulate-scenario";

/// An answer ready to be played.
pub(crate) struct Prepared {
    pub(crate) turn: Turn,
    pub(crate) script: Script,
    /// `None` where the head is never sent.
    pub(crate) status: Option<u16>,
    /// What it would say of its tokens if nothing went wrong.
    pub(crate) usage: Option<Value>,
}

/// Prepares the answer to a request.
pub(crate) fn answer(node: &Arc<Node>, request: &Request) -> Prepared {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
    let (asked, complaint) = match asked_fault(node, request, &body) {
        Ok(asked) => (asked, None),
        Err(complaint) => (None, Some(complaint)),
    };
    let is_question = request.method == "GET" || request.path().ends_with("tokens");
    let turn = node.turn(asked, is_question);
    let fault = turn.fault.as_ref().map(|fault| fault.answer.clone()).unwrap_or_default();
    let behaviour = Arc::clone(&turn.behaviour);

    let mut generator = turn.generator.clone();
    let latency = behaviour.latency_ms.sample(&mut generator);
    let latency = if turn.work.is_some() { latency } else { Duration::ZERO };
    let first_token = behaviour.first_token_ms.sample(&mut generator);
    let mut ask = Ask {
        voice: node.voice(),
        node: node.name(),
        behaviour: &behaviour,
        huge: huge(&fault.content),
        deviations: deviations(&fault.content),
        scenario: request.header(SCENARIO_HEADER).map(str::to_owned),
        memory: node.memory(),
        generator,
    };
    let dialect = Dialect::of(request);
    let honest = match complaint {
        Some(complaint) => dialect.refuse(400, "bad_directive", &complaint),
        None => honest_reply(request, &body, dialect, &mut ask),
    };
    let usage = honest.usage().cloned();
    let mut reply = distort(honest, &fault.content, dialect);
    let id_header = if dialect == Dialect::Messages { "request-id" } else { "x-request-id" };
    reply.headers.push((id_header, ask.id("req_")));
    reply.headers.push(("x-simulator-node", node.name().to_owned()));

    let gaps = gaps(&reply, || behaviour.gap_ms.sample(&mut ask.generator));
    let terms = Terms { keeps_alive: request.keeps_alive, knows_chunks: request.knows_chunks };
    let script = script(&reply, &fault.wire, &Pace { latency, first_token, gaps }, terms);
    Prepared { turn, status: script.has_head().then_some(reply.status), script, usage }
}

/// The fault that a request asks for: by header or, for requests that pass a gateway, in the field that names
/// the user.
fn asked_fault(node: &Node, request: &Request, body: &Value) -> Result<Option<Fault>, String> {
    if !node.obeys_directives() {
        return Ok(None);
    }
    let user = body["user"].as_str().or_else(|| body["metadata"]["user_id"].as_str());
    match (request.header(DIRECTIVE_HEADER), user) {
        (Some(text), _) if text.starts_with('@') => Fault::asked_by(&format!("simulate{text}"), node.name()),
        (Some(text), _) => Fault::asked_by(&format!("simulate:{text}"), node.name()),
        (None, Some(user)) => Fault::asked_by(user, node.name()),
        (None, None) => Ok(None),
    }
}

/// What a provider in order would answer.
fn honest_reply(request: &Request, body: &Value, dialect: Dialect, ask: &mut Ask<'_>) -> Reply {
    if let Some(refusal) = refusal(request, dialect, ask) {
        return refusal;
    }
    let path = request.path().trim_end_matches('/');
    let method = request.method.as_str();
    if dialect == Dialect::Responses {
        return responses::answer(method, path, body, ask).unwrap_or_else(|error| error);
    }
    if method == "POST"
        && let Some(answered) = media::answer(request, body, ask)
    {
        return answered.unwrap_or_else(|error| error);
    }
    if method == "POST" && !body.is_object() {
        return dialect.refuse(400, "invalid_json", "the request body is no JSON object");
    }
    let answered = match (method, path) {
        ("POST", path) if path.ends_with("/messages") => messages::answer(body, ask),
        ("POST", path) if path.ends_with("/messages/count_tokens") => messages::count(body, ask),
        ("POST", path) if path.ends_with("/chat/completions") => chat::answer(body, ask),
        ("POST", path) if path.ends_with("/completions") => completions::answer(body, ask),
        ("POST", path) if path.ends_with("/embeddings") => embeddings::answer(body, ask),
        ("GET", path) if path.ends_with("/models") => Ok(match dialect {
            Dialect::Messages => messages::models(&ask.behaviour.models),
            _ => models(&ask.behaviour.models),
        }),
        (method, path) => {
            Err(dialect.refuse(404, "unknown_url", &format!("nothing answers to {method} {path} here")))
        }
    };
    answered.unwrap_or_else(|error| error)
}

/// The refusal of a request without the right key, or without what its dialect demands in every head.
fn refusal(request: &Request, dialect: Dialect, ask: &Ask<'_>) -> Option<Reply> {
    let bearer = request.header("authorization").and_then(|sent| sent.strip_prefix("Bearer "));
    let sent = match dialect {
        Dialect::Messages => request.header("x-api-key").or(bearer),
        Dialect::Chat | Dialect::Responses => bearer,
    };
    // The demo stands behind a gateway that needs no key for it.
    let demands_any = dialect == Dialect::Messages && ask.voice == Voice::Counting;
    let problem = match (ask.behaviour.key.as_deref(), sent) {
        (Some(key), Some(sent)) if sent == key => None,
        (None, None) if !demands_any => None,
        (None, Some(_)) => None,
        (_, None) if dialect == Dialect::Messages => Some("x-api-key header is required"),
        (_, None) => Some("no API key was sent"),
        (Some(_), Some(_)) => Some("the API key sent is not the right one"),
    };
    if let Some(problem) = problem {
        return Some(dialect.refuse(401, "invalid_api_key", problem));
    }
    let has_version = !demands_any || request.header("anthropic-version").is_some();
    (!has_version).then(|| dialect.refuse(400, "", "anthropic-version: header is required"))
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
        Body::Json(_) | Body::Text(_) | Body::Bytes(_) => Vec::new(),
    }
}
