//! Did somebody ask the same? Then his answer is told again, or waited for, and nobody is asked. Where nobody's answers are kept
//! this is one look at a flag.

use dialects::surface::Operation;
use domain::{Failure, Kind};
use http::HeaderMap;
use routing::{Ask, CacheRule, CacheScope, Route};
use store::KeyEntry;
use tokio::time::Instant;

use crate::cache::{AnswerName, Asked, CachePart, CacheState, Controls, Fill, Seat, Turn, decides, name_of};
use crate::call::Call;
use crate::pipeline::hit::{Hit, hit};
use crate::pipeline::patience::patience;
use crate::pipeline::permit::permit_model;
use crate::pipeline::shareable::is_shareable;
use crate::pipeline::understand::Prompt;
use crate::pipeline::wishes::Wishes;
use crate::serving::Serving;

/// A twin waits for so much of its patience, one part in this; with the rest it asks by itself.
const PATIENCE_PARTS: u32 = 2;

/// A kept answer, if there is one that the call may have. A call that goes on has its part in the cache from here on.
pub(super) async fn shared_before(
    call: &mut Call,
    serving: &Serving,
    prompt: &Prompt,
    (headers, wishes): (&HeaderMap, &Wishes<'_>),
) -> Result<Option<Hit>, Box<Failure>> {
    if !serving.cache.is_used && wishes.cache.is_none() {
        return Ok(None);
    }
    // Boxed: few calls come here where few models are cached.
    Box::pin(look(call, serving, prompt, (headers, wishes))).await
}

async fn look(
    call: &mut Call,
    serving: &Serving,
    prompt: &Prompt,
    (headers, wishes): (&HeaderMap, &Wishes<'_>),
) -> Result<Option<Hit>, Box<Failure>> {
    let controls = Controls::of(headers, wishes.cache)?;
    let found = rule_of(call, serving);
    let Some((route, rule)) = found else {
        // Of a name that nobody serves the plan says so.
        let is_refused = controls.is_only && wishes.cache.is_some() && serving.routes.knows(&call.model);
        return if is_refused { Err(not_cached()) } else { Ok(None) };
    };
    permit_model(call, &Ask { prefers: wishes.prefers, ..Ask::of(&call.model, call.is_streaming) })?;
    // A request with an idempotency key has its own answer.
    if controls.is_bypass || call.keyed.is_some() || !is_shareable(prompt, wishes) {
        return if controls.is_only { Err(not_cached()) } else { go_on(call, CacheState::Bypass, None) };
    }
    let preferred = wishes.prefers.and_then(|preferred| serving.routes.find(preferred));
    let routes = [Some(&*route), preferred.as_deref()];
    let Some(name) = name(call, serving, prompt, (headers, routes, rule)) else { return Ok(None) };
    if controls.is_refresh {
        let fill = Fill { name, rule, tells_end: tells_end(prompt), seat: None };
        return if controls.is_only {
            Err(not_cached())
        } else {
            go_on(call, CacheState::Refresh, Some(fill))
        };
    }
    if let Some(hit) = find(call, (serving, prompt, wishes), &name, (rule, controls)).await? {
        return Ok(Some(hit));
    }
    if controls.is_only {
        return Err(not_cached());
    }
    let limit = patience(serving, prompt, wishes) / PATIENCE_PARTS;
    let mut seat = call.worker.gateway.cache.seat(name);
    let began = Instant::now();
    let mut turn = seat.try_turn();
    let has_waited = turn == Turn::TooLong;
    if has_waited {
        turn = seat.wait(limit).await;
        call.waited += began.elapsed();
    }
    // Between the look and the turn another may have ended.
    if turn != Turn::TooLong
        && let Some(hit) = find(call, (serving, prompt, wishes), &name, (rule, controls)).await?
    {
        if has_waited {
            call.worker.gateway.cache.tally.count_waited();
        }
        return Ok(Some(hit));
    }
    let seat: Option<Seat> = (turn == Turn::Ours).then_some(seat);
    go_on(call, CacheState::Miss, Some(Fill { name, rule, tells_end: tells_end(prompt), seat }))
}

/// Whether an answer to it says how it came to its end: all that a model writes does.
fn tells_end(prompt: &Prompt) -> bool {
    matches!(prompt.surface.operation, Operation::Conversation | Operation::Completions)
}

/// The route of what is asked for, and how its answers are kept for the caller's key.
fn rule_of(call: &Call, serving: &Serving) -> Option<(std::sync::Arc<Route>, CacheRule)> {
    let route = serving.routes.find(&call.model)?;
    let rule = serving.cache.rule(&route, call.key.as_ref()?.id.as_str())?;
    Some((route, rule))
}

fn go_on(call: &mut Call, state: CacheState, fill: Option<Fill>) -> Result<Option<Hit>, Box<Failure>> {
    call.worker.gateway.cache.tally.count(state);
    call.cache = Some(Box::new(CachePart { state, fill }));
    Ok(None)
}

async fn find(
    call: &mut Call,
    (serving, prompt, wishes): (&Serving, &Prompt, &Wishes<'_>),
    name: &AnswerName,
    (rule, controls): (CacheRule, Controls),
) -> Result<Option<Hit>, Box<Failure>> {
    let found = call.worker.gateway.cache.find(name, call.received_at, (rule.ttl, controls.age_max));
    match found {
        Some(answer) => hit(call, (serving, prompt, wishes), answer, (*name, rule)).await,
        None => Ok(None),
    }
}

/// What the answer to a call is known by. `routes` are those of what he asks for, and of what he would like best.
fn name(
    call: &Call,
    serving: &Serving,
    prompt: &Prompt,
    (headers, routes, rule): (&HeaderMap, [Option<&Route>; 2], CacheRule),
) -> Option<AnswerName> {
    let key = call.key.as_deref()?;
    let project = key.project().as_str();
    let targets = || routes.iter().flatten().flat_map(|route| &route.targets);
    let conditions = || targets().filter_map(|target| target.condition.as_deref());
    // A route may heed any header.
    let is_heeded =
        |name: &str| conditions().any(|condition| condition.headers.iter().any(|(wanted, _)| wanted == name));
    let mut deciding: Vec<(&str, &[u8])> = headers
        .iter()
        .filter(|(name, _)| decides(name) || is_heeded(name.as_str()))
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
        .collect();
    // Those of one name stay in their order.
    deciding.sort_by_key(|(name, _)| *name);
    let is_for_keys = conditions().any(|condition| !condition.keys.is_empty() || !condition.tags.is_empty());
    Some(name_of(&Asked {
        scope: rule.scope,
        tenant: match rule.scope {
            CacheScope::Key => key.id.as_str(),
            CacheScope::Project => project,
            CacheScope::Organisation => key.organisation().as_str(),
            CacheScope::All => "",
        },
        key: (is_for_keys || is_narrowed(key)).then(|| key.id.as_str()),
        is_strict: key.is_strict(),
        revision: serving.cache.revision,
        epoch: call.worker.gateway.cache.epoch(&call.model, project),
        dialect: prompt.surface.dialect.name(),
        path: prompt.surface.path,
        headers: &deciding,
        body: &prompt.pieces,
    }))
}

/// Whether a key is not for every provider and region: then it has its answers to itself.
fn is_narrowed(key: &KeyEntry) -> bool {
    key.scopes().is_some_and(|scopes| !scopes.providers.is_any() || !scopes.regions.is_any())
}

fn not_cached() -> Box<Failure> {
    let message =
        "no answer to this request is kept, and nothing else was wanted; leave 'only' out to ask for one";
    Failure::new(Kind::NotCached, message)
}
