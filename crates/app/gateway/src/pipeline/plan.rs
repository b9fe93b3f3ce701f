//! Who is asked, in what order? The decision is `routing`'s; here it is put into a caller's words.

use std::hash::{DefaultHasher, Hasher};

use dialects::surface::Operation;
use domain::{Failure, Kind, ServiceTier};
use http::HeaderMap;
use ledger::prices::{Unknown, Wanted};
use routing::{Ask, Plan, Reason, Situation, Target};

use crate::call::Call;
use crate::no_target::refused;
use crate::pipeline::needs::needed;
use crate::pipeline::permit::{is_beyond, permit_model};
use crate::pipeline::retouched::{Wish, wish};
use crate::pipeline::stored::goes_on_from;
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
    let ask = Ask {
        tokens: prompt.tokens(),
        bond: &bond,
        key: call.key.as_ref().map(|key| key.id.as_str()),
        header: &header,
        needs: &|wanted| needed(prompt, wanted),
        prefers: wishes.prefers,
        is_without_fallback: wishes.is_without_fallback,
        goes_on: goes_on.is_some(),
        ..Ask::of(&prompt.deciding.model, prompt.deciding.is_streaming)
    };
    permit_model(call, &ask)?;
    let scopes = call.key.as_ref().and_then(|key| key.scopes());
    let surface = prompt.surface;
    let offers = |target: &Target| {
        let provider = serving.provider_of(target);
        // Whoever keeps the beginning must go on with it.
        let may_go_on = goes_on.is_none_or(|goes_on| {
            provider.dialects.contains(&surface.dialect) && goes_on.may_be_kept_by(provider)
        });
        may_go_on && provider.offers(surface)
    };
    let unfit = |target: &Target| match &scopes {
        _ if !offers(target) => Some(Reason::NotOffered),
        Some(scopes) if is_beyond(scopes, serving, target) => Some(Reason::KeyScope),
        _ => None,
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
    refuse_unpriced(call, serving, prompt, &mut plan)?;
    let wish = wish(&plan, wishes);
    Ok((plan, wish))
}

/// Takes out of the order whoever has no price, where the price book says that such calls are refused.
fn refuse_unpriced(
    call: &Call,
    serving: &Serving,
    prompt: &Prompt,
    plan: &mut Plan,
) -> Result<(), Box<Failure>> {
    let book = call.worker.gateway.prices.load();
    if *book.unknown() != Unknown::Block || prompt.surface.operation == Operation::CountTokens {
        return Ok(());
    }
    let model = &*prompt.deciding.model;
    let route = plan.route.clone();
    plan.order.retain(|attempt| {
        let target = &route.targets[attempt.place];
        let provider = serving.provider_of(target);
        let model = target.model.as_deref().unwrap_or(model);
        !book.forbids(&Wanted {
            provider: provider.id(),
            kind: provider.kind,
            model,
            asked_model: model,
            service: ServiceTier::USUAL,
            at: call.received_at,
            prompt_tokens: 0,
        })
    });
    if plan.order.is_empty() {
        let message = format!(
            "the model '{model}' has no price here, and calls without a price are refused; ask the operator of this gateway"
        );
        return Err(Failure::new(Kind::Forbidden, message).with_param("model"));
    }
    Ok(())
}

/// What ties calls together: what the caller calls a session, else how the request begins.
pub(super) fn bond_of(session: Option<&str>, prompt: &Prompt) -> u64 {
    let beginning = prompt.pieces.first().map_or(&[][..], |piece| &piece[..piece.len().min(BEGINNING_BYTES)]);
    let mut hasher = DefaultHasher::new();
    hasher.write(session.map_or(beginning, str::as_bytes));
    hasher.finish()
}

/// Whether the first who is asked speaks as the caller does.
pub(crate) fn is_offered_natively(serving: &Serving, prompt: &Prompt, plan: &Plan) -> bool {
    let first = plan.order.first();
    first.is_some_and(|first| {
        serving.provider_of(plan.target(first.place)).dialects.contains(&prompt.surface.dialect)
    })
}
