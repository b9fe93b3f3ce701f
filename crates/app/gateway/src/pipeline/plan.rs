//! Who is asked, in what order? The decision is `routing`'s; here it is put into a caller's words.

use std::hash::{DefaultHasher, Hasher};

use domain::{Failure, Kind};
use http::HeaderMap;
use routing::{Ask, NoTarget, Plan, Reason, Retired, Situation, Target};

use crate::call::Call;
use crate::pipeline::needs::needed;
use crate::pipeline::stored::GoesOn;
use crate::pipeline::understand::Prompt;
use crate::serving::Serving;

/// Ties the requests of one session to one target, where the policy is to do so.
const SESSION: &str = "x-bellwether-session";
/// The model that a caller would like best.
const PREFER: &str = "x-bellwether-prefer";
/// Set to `off` by a caller who has a chain of his own.
const FALLBACK: &str = "x-bellwether-fallback";
/// Requests that are alike in so many bytes begin alike.
const BEGINNING_BYTES: usize = 1024;

/// The order of attempts, or a 404 that names what the caller may have meant.
pub(crate) fn plan(
    call: &Call,
    serving: &Serving,
    prompt: &Prompt,
    headers: &HeaderMap,
    goes_on: Option<&GoesOn>,
) -> Result<Plan, Box<Failure>> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bond = || Some(bond_of(header(SESSION), prompt));
    let ask = Ask {
        tokens: prompt.tokens(),
        bond: &bond,
        key: call.key.as_ref().map(|key| key.id.as_str()),
        header: &header,
        needs: &|wanted| needed(prompt, wanted),
        prefers: header(PREFER),
        is_without_fallback: header(FALLBACK).is_some_and(|value| value.eq_ignore_ascii_case("off")),
        goes_on: goes_on.is_some(),
        ..Ask::of(&prompt.deciding.model, prompt.deciding.is_streaming)
    };
    permit(call, &ask)?;
    let surface = prompt.surface;
    let offers = |target: &Target| {
        let provider = serving.provider_of(target);
        // Whoever keeps the beginning must go on with it.
        let may_go_on = goes_on.is_none_or(|goes_on| {
            provider.dialects.contains(&surface.dialect) && goes_on.may_be_kept_by(provider)
        });
        may_go_on && provider.offers(surface)
    };
    let unfit = |target: &Target| (!offers(target)).then_some(Reason::NotOffered);
    let situation = Situation {
        routes: &serving.routes,
        health: &serving.health,
        attempts_max: serving.limits.attempts_max,
        now: call.worker.gateway.moment(),
    };
    let planned = routing::plan(&situation, &ask, unfit, &mut call.worker.rng.borrow_mut());
    let mut plan = planned.map_err(|none| refused(none, &ask, prompt, goes_on))?;
    if let Some(goes_on) = goes_on {
        goes_on.narrow(serving, &mut plan);
    }
    Ok(plan)
}

/// Whether the caller's key is for what he asks for, and for what he would like best. What an operator's chain leads to
/// from there is the operator's.
fn permit(call: &Call, ask: &Ask<'_>) -> Result<(), Box<Failure>> {
    let Some(key) = &call.key else { return Ok(()) };
    let refused = |model: &str, of: &str| {
        let message =
            format!("this key may not use the model '{model}'{of}; GET /v1/models lists what it may");
        Failure::new(Kind::Forbidden, message)
    };
    if !key.allows(ask.model) {
        return Err(refused(ask.model, "").with_param("model"));
    }
    match ask.prefers {
        Some(preferred) if !key.allows(preferred) => Err(refused(preferred, &format!(" of {PREFER}"))),
        _ => Ok(()),
    }
}

/// What ties calls together: what the caller calls a session, else how the request begins.
fn bond_of(session: Option<&str>, prompt: &Prompt) -> u64 {
    let beginning = prompt.pieces.first().map_or(&[][..], |piece| &piece[..piece.len().min(BEGINNING_BYTES)]);
    let mut hasher = DefaultHasher::new();
    hasher.write(session.map_or(beginning, str::as_bytes));
    hasher.finish()
}

fn refused(none: NoTarget, ask: &Ask<'_>, prompt: &Prompt, goes_on: Option<&GoesOn>) -> Box<Failure> {
    let model = ask.model;
    match none {
        NoTarget::UnknownName { nearest } => {
            let hint = match nearest.as_slice() {
                [] => "GET /v1/models lists the names there are".to_owned(),
                names => format!("did you mean {}?", names.join(", ")),
            };
            let message = format!("the model '{model}' is not known here; {hint}");
            Failure::new(Kind::UnknownModel, message).with_param("model")
        }
        NoTarget::Retired(Retired { since, successor }) => {
            let instead = successor.map_or_else(String::new, |name| format!("; ask for '{name}' instead"));
            let message = format!("the model '{model}' is retired since {since}{instead}");
            Failure::new(Kind::UnknownModel, message).with_param("model")
        }
        NoTarget::UnknownPreference { nearest } => {
            let hint = match nearest.as_slice() {
                [] => "GET /v1/models lists the names there are".to_owned(),
                names => format!("did you mean {}?", names.join(", ")),
            };
            let preferred = ask.prefers.unwrap_or_default();
            let message = format!("the model '{preferred}' of {PREFER} is not known here; {hint}");
            Failure::new(Kind::UnknownModel, message)
        }
        NoTarget::Busy { wait } => {
            let message = format!("all who serve the model '{model}' have asked for patience");
            Failure::new(Kind::UpstreamBusy, message).with_retry_after(wait)
        }
        NoTarget::SwitchedOff => {
            let message = format!("all who serve the model '{model}' are switched off by the operator");
            Failure::new(Kind::NoTarget, message)
        }
        NoTarget::Condition => {
            let message = format!("nobody serves the model '{model}' for a request like this one");
            Failure::new(Kind::NoTarget, message)
        }
        NoTarget::Unable(what) => {
            let message = format!("nobody who serves the model '{model}' can do this: {what}");
            Failure::new(Kind::BadRequest, message).with_param("model")
        }
        NoTarget::NotOffered if goes_on.is_some() => {
            let message = format!(
                "no provider of the model '{model}' keeps the answer that this goes on from; \
                 leave out previous_response_id and send the whole conversation"
            );
            Failure::new(Kind::BadRequest, message).with_param("previous_response_id")
        }
        NoTarget::NotOffered => {
            let message = format!("no provider of the model '{model}' offers {}", prompt.surface.path);
            Failure::new(Kind::BadRequest, message).with_param("model")
        }
    }
}

/// Whether the first who is asked speaks as the caller does.
pub(crate) fn is_offered_natively(serving: &Serving, prompt: &Prompt, plan: &Plan) -> bool {
    let first = plan.order.first();
    first.is_some_and(|first| {
        serving.provider_of(plan.target(first.place)).dialects.contains(&prompt.surface.dialect)
    })
}
