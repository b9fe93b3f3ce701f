//! A request that is only described, as an operator asks about it.

use std::collections::BTreeMap;
use std::sync::Arc;

use dialects::surface::{Surface, surface_at};
use domain::{Failure, KeyId, Kind};
use http::{HeaderMap, HeaderName, HeaderValue};
use ledger::prices::Book;
use routing::{Ask, Capabilities, Capability, Moment, Rng, Target};
use serde::Deserialize;
use serde_json::Value;
use store::KeyDirectory;

use super::told::{Case, explained};
use crate::clock::wall_clock;
use crate::no_target::PREFER;
use crate::pipeline::{
    Fitness, TagsOfKey, Wishes, has_no_side_effects, route_of, tie, usual_patience, within_callers,
};
use crate::serving::Serving;

/// What would be asked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    model: String,
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    output_tokens: u64,
    #[serde(default)]
    stream: bool,
    #[serde(default)]
    needs: Vec<String>,
    /// The id of a caller's key.
    key: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    prefer: Option<String>,
    #[serde(default)]
    no_fallback: bool,
    surface: Option<String>,
}

/// What would become of the request that a question describes.
pub(crate) fn answer(
    (serving, keys, prices): (&Serving, &KeyDirectory, &Arc<Book>),
    now: Moment,
    question: Value,
) -> Result<Value, Box<Failure>> {
    let bad = |why: String| Failure::new(Kind::BadRequest, why);
    let mut question: Question = serde_json::from_value(question).map_err(|error| bad(error.to_string()))?;
    let path = question.surface.as_deref().unwrap_or("/v1/chat/completions");
    let surface: &'static Surface =
        surface_at(path).ok_or_else(|| bad(format!("nothing is served at {path}")).with_param("surface"))?;
    let needed = question
        .needs
        .iter()
        .map(|name| {
            let known = || Capability::all().map(Capability::name).collect::<Vec<_>>().join(", ");
            let unknown = || bad(format!("{name} is nothing to need; known are {}", known()));
            Capability::of_name(name).ok_or_else(|| unknown().with_param("needs"))
        })
        .collect::<Result<Capabilities, _>>()?;
    let headers = head_of(&std::mem::take(&mut question.headers))?;
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let wishes = Wishes::of(&headers).readable()?;
    let needs = |wanted: Capabilities| needed.and(wanted);
    let tokens = question.prompt_tokens.saturating_add(question.output_tokens);
    let key = question.key.as_deref().and_then(KeyId::parse).and_then(|id| keys.find_by_id(&id));
    let tags = TagsOfKey::of(key.as_deref());
    let ask = Ask {
        tokens,
        key: question.key.as_deref(),
        header: &header,
        tag: &|name| tags.get(name),
        needs: &needs,
        bond: &|| wishes.session.map(|session| tie(session.as_bytes())),
        prefers: question.prefer.as_deref().or(wishes.prefers),
        is_without_fallback: question.no_fallback || wishes.is_without_fallback,
        ..Ask::of(&question.model, question.stream && surface.can_stream)
    };
    let usual = usual_patience(&serving.timeouts, surface.operation, ask.is_streaming, || tokens);
    let limit = within_callers(usual, &wishes);
    let asked = (question.model.as_str(), key.as_deref(), wall_clock());
    let fitness = Fitness::of(prices, serving, surface, asked);
    if let Some(scopes) = fitness.scopes() {
        let route = route_of(surface);
        let refused = |what: &str| Failure::new(Kind::Forbidden, format!("the key may not use {what}"));
        if !scopes.routes.allow(route) {
            return Err(refused(&format!("the route {}", route.name())).with_param("surface"));
        }
        if !scopes.models.allow(&question.model) {
            return Err(refused(&format!("the model '{}'", question.model)).with_param("model"));
        }
        if let Some(preferred) = ask.prefers.filter(|preferred| !scopes.models.allow(preferred)) {
            return Err(refused(&format!("the model '{preferred}' of {PREFER}")).with_param("prefer"));
        }
    }
    let unfit = |target: &Target| fitness.flaw(target);
    let may_be_hedged = has_no_side_effects(surface.operation);
    explained(&Case { serving, surface, ask: &ask, may_be_hedged, limit, now }, unfit, &mut Rng::new(1))
}

/// The headers that the request would have, as the head of a call has them.
fn head_of(described: &BTreeMap<String, String>) -> Result<HeaderMap, Box<Failure>> {
    let mut headers = HeaderMap::with_capacity(described.len());
    for (name, value) in described {
        let bad = |why: &str| {
            let message = format!("{name:?}: {value:?} is no header of a request: {why}");
            Failure::new(Kind::BadRequest, message).with_param("headers")
        };
        let known =
            HeaderName::try_from(name.as_str()).map_err(|_| bad("a name has letters, digits and hyphens"))?;
        let value = HeaderValue::from_str(value).map_err(|_| bad("a value is one line of text"))?;
        headers.append(known, value);
    }
    Ok(headers)
}
