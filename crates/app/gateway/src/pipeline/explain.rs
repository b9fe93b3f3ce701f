//! `POST /v1/explain`: the body of a request, and what would become of it. Nobody is asked.

use dialects::surface::{Surface, surface_at};
use domain::{Failure, Kind};
use http::Response;
use http::request::Parts;
use hyper::body::Incoming;
use routing::{Ask, Target};

use super::Refused;
use super::authenticate::authenticate;
use super::fitness::Fitness;
use super::needs::needed;
use super::patience::patience;
use super::permit::{permit_model, permit_route, route_of};
use super::plan::bond_of;
use super::side_effects::may_be_asked_twice;
use super::tags_of_key::TagsOfKey;
use super::understand::understand;
use super::wishes::Wishes;
use crate::answer::{AnswerBody, known};
use crate::call::Call;
use crate::explain::{Case, explained};

/// Names what is explained, where that is not chat: `/v1/explain?surface=/v1/messages`.
const SURFACE: &str = "surface=";
const SURFACE_DEFAULT: &str = "/v1/chat/completions";

/// Whether a path is this one.
pub(crate) fn is_explain(path: &str) -> bool {
    matches!(path, "/v1/explain" | "/explain")
}

/// Explains one request.
pub(crate) async fn explain(
    mut call: Box<Call>,
    head: &Parts,
    body: Incoming,
) -> Result<Response<AnswerBody>, Refused> {
    match run(&mut call, head, body).await {
        Ok(told) => Ok(known(&mut call, told)),
        Err(failure) => Err((call, failure)),
    }
}

async fn run(call: &mut Call, head: &Parts, body: Incoming) -> Result<Vec<u8>, Box<Failure>> {
    let serving = call.worker.gateway.serving();
    authenticate(call, &serving, &head.headers)?;
    let surface = surface_of(head)?;
    permit_route(call, route_of(surface))?;
    let prompt = understand(call, &serving, surface, &head.headers, body).await?;
    let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    let wishes = Wishes::of(&head.headers).readable()?;
    let bond = || Some(bond_of(wishes.session, &prompt));
    let tags = TagsOfKey::of(call.key.as_deref());
    let ask = Ask {
        tokens: prompt.tokens(),
        bond: &bond,
        key: call.key.as_ref().map(|key| key.id.as_str()),
        header: &header,
        tag: &|name| tags.get(name),
        needs: &|wanted| needed(&prompt, wanted),
        prefers: wishes.prefers,
        is_without_fallback: wishes.is_without_fallback,
        ..Ask::of(&prompt.deciding.model, prompt.deciding.is_streaming)
    };
    permit_model(call, &ask)?;
    let asked = (ask.model, call.key.as_deref(), call.received_at);
    let fitness = Fitness::of(&call.worker.gateway.prices.load(), &serving, surface, asked);
    let unfit = |target: &Target| fitness.flaw(target);
    let limit = patience(&serving, &prompt, &wishes);
    let now = call.worker.gateway.moment();
    let may_be_hedged = may_be_asked_twice(&prompt);
    let case = Case { serving: &serving, surface, ask: &ask, may_be_hedged, limit, now };
    let told = explained(&case, unfit, &mut call.worker.rng.borrow_mut())?;
    Ok(told.to_string().into_bytes())
}

fn surface_of(head: &Parts) -> Result<&'static Surface, Box<Failure>> {
    let named =
        head.uri.query().and_then(|query| query.split('&').find_map(|part| part.strip_prefix(SURFACE)));
    let path =
        named.map_or_else(|| SURFACE_DEFAULT.to_owned(), |path| path.replace("%2F", "/").replace("%2f", "/"));
    let unknown = || {
        let message = format!("nothing is served at {path}; surface is a path such as /v1/messages");
        Failure::new(Kind::BadRequest, message).with_param("surface")
    };
    surface_at(&path).ok_or_else(unknown)
}
