//! Who is asked, in what order? The decision is `routing`'s; here it is put into a caller's words.

use std::hash::{DefaultHasher, Hasher};

use domain::Failure;
use http::HeaderMap;
use routing::{Ask, Plan, Reason, Situation, Target};

use crate::call::Call;
use crate::limiting::{expected, prefer_room};
use crate::no_target::refused;
use crate::pipeline::fitness::Fitness;
use crate::pipeline::needs::needed;
use crate::pipeline::permit::permit_model;
use crate::pipeline::retouched::{Wish, wish};
use crate::pipeline::stored::goes_on_from;
use crate::pipeline::tags_of_key::TagsOfKey;
use crate::pipeline::understand::Prompt;
use crate::pipeline::wishes::Wishes;
use crate::serving::Serving;

/// Requests that are alike in so many bytes begin alike.
const BEGINNING_BYTES: usize = 1024;

/// The order of attempts and what of the answer is to be changed, or a 404 that names what the caller may have meant.
pub(crate) fn plan(
    call: &Call,
    serving: &Serving,
    prompt: &Prompt,
    (headers, wishes): (&HeaderMap, &Wishes<'_>),
) -> Result<(Plan, Option<Wish>), Box<Failure>> {
    let goes_on = goes_on_from(call, prompt)?;
    let goes_on = goes_on.as_ref();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bond = || Some(bond_of(wishes.session, prompt));
    let tags = TagsOfKey::of(call.key.as_deref());
    let ask = Ask {
        tokens: prompt.tokens(),
        bond: &bond,
        key: call.key.as_ref().map(|key| key.id.as_str()),
        header: &header,
        tag: &|name| tags.get(name),
        needs: &|wanted| needed(prompt, wanted),
        prefers: wishes.prefers,
        is_without_fallback: wishes.is_without_fallback,
        goes_on: goes_on.is_some(),
        ..Ask::of(&prompt.deciding.model, prompt.deciding.is_streaming)
    };
    permit_model(call, &ask)?;
    let surface = prompt.surface;
    let asked = (ask.model, call.key.as_deref(), call.received_at);
    let fitness = Fitness::of(&call.worker.gateway.prices.load(), serving, surface, asked);
    // Whoever keeps the beginning must go on with it.
    let may_go_on = |target: &Target| {
        let provider = serving.provider_of(target);
        goes_on.is_none_or(|goes_on| {
            provider.dialects.contains(&surface.dialect) && goes_on.may_be_kept_by(provider)
        })
    };
    let unfit = |target: &Target| {
        if may_go_on(target) { fitness.flaw(target) } else { Some(Reason::NotOffered) }
    };
    let situation = Situation {
        routes: &serving.routes,
        health: &serving.health,
        attempts_max: serving.limits.attempts_max,
        now: call.worker.gateway.moment_of(call.received),
    };
    let planned = routing::plan(&situation, &ask, unfit, &mut call.worker.rng.borrow_mut());
    let mut plan = planned.map_err(|none| refused(none, &ask, prompt.surface.path, goes_on.is_some()))?;
    if let Some(goes_on) = goes_on {
        goes_on.narrow(serving, &mut plan);
    }
    prefer_room(&call.worker.gateway, serving, &mut plan, expected(prompt));
    let wish = wish(&plan, wishes);
    Ok((plan, wish))
}

/// What ties calls together: what the caller calls a session, else how the request begins.
pub(super) fn bond_of(session: Option<&str>, prompt: &Prompt) -> u64 {
    let beginning = prompt.pieces.first().map_or(&[][..], |piece| &piece[..piece.len().min(BEGINNING_BYTES)]);
    tie(session.map_or(beginning, str::as_bytes))
}

/// What ties together the calls that say this.
pub(crate) fn tie(said: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(said);
    hasher.finish()
}

/// Whether the first who is asked speaks as the caller does.
pub(crate) fn is_offered_natively(serving: &Serving, prompt: &Prompt, plan: &Plan) -> bool {
    let first = plan.order.first();
    first.is_some_and(|first| {
        serving.provider_of(plan.target(first.place)).dialects.contains(&prompt.surface.dialect)
    })
}
