//! Answers that a provider keeps: shown, ended and deleted there, for the key that they were made with; and conversations
//! that go on from one. Who keeps what is known since the start only.

use std::borrow::Cow;

use dialects::Dialect;
use dialects::canonical::Losses;
use dialects::stored::StoredResponse;
use dialects::surface::{AnswerForm, Operation};
use domain::{Failure, Kind};
use http::Response;
use http::request::Parts;
use routing::Plan;
use routing::health::Switch;
use store::KeyRoute;
use tokio::time::Instant;

use crate::answer::AnswerBody;
use crate::call::Call;
use crate::limiting::{Costs, ForWhom, limit, take_credential};
use crate::overload::enter;
use crate::pipeline::admit::admit_free;
use crate::pipeline::asked::Asked;
use crate::pipeline::asking::{Asking, Until};
use crate::pipeline::attempt::Answer;
use crate::pipeline::authenticate::authenticate;
use crate::pipeline::flow::Flow;
use crate::pipeline::outgoing::{Outgoing, Sent, Wanted};
use crate::pipeline::path_watch::Lateness;
use crate::pipeline::permit::permit_route;
use crate::pipeline::relay::relay;
use crate::pipeline::understand::Prompt;
use crate::pipeline::wishes::Wishes;
use crate::serving::{ServedProvider, Serving};
use crate::stored_responses::Whereabouts;

/// The answer that a conversation goes on from.
pub(crate) struct GoesOn {
    /// `None` if it is from before the start, or forgotten.
    whereabouts: Option<Whereabouts>,
}

/// What a conversation goes on from, if it is not sent whole. Another key's answer is as unknown as none.
pub(crate) fn goes_on_from(call: &Call, prompt: &Prompt) -> Result<Option<GoesOn>, Box<Failure>> {
    let Some(id) = prompt.deciding.previous_response.as_deref() else { return Ok(None) };
    if prompt.surface.dialect != Dialect::OpenAiResponses {
        return Ok(None);
    }
    let whereabouts = call.worker.gateway.stored_responses.find(id);
    match &whereabouts {
        Some(whereabouts) if !is_owner(call, whereabouts) => {
            Err(unknown(id).with_param("previous_response_id"))
        }
        _ => Ok(Some(GoesOn { whereabouts })),
    }
}

impl GoesOn {
    /// Whether a provider that keeps answers may keep this one.
    pub(crate) fn may_be_kept_by(&self, provider: &ServedProvider) -> bool {
        self.whereabouts.as_ref().is_none_or(|whereabouts| whereabouts.provider == provider.slot)
    }

    /// Leaves one provider in the plan, and puts the way by which the answer came first.
    pub(crate) fn narrow(&self, serving: &Serving, plan: &mut Plan) {
        let Some(first) = plan.order.first().map(|first| plan.target(first.place).provider) else { return };
        plan.retain(|target| target.provider == first);
        if let Some(whereabouts) = &self.whereabouts {
            let came_by = |line: u16| {
                let lines = &serving.providers[usize::from(first)].lines;
                lines.get(usize::from(line)).is_some_and(|served| served.line.id() == whereabouts.line)
            };
            plan.put_first(|target| came_by(target.line));
        }
    }
}

/// Hands a call about a kept answer to the provider that keeps it.
pub(crate) async fn serve_stored(
    mut call: Box<Call>,
    stored: StoredResponse<'_>,
    method: &'static str,
    head: &Parts,
) -> Result<Response<AnswerBody>, (Box<Call>, Box<Failure>)> {
    match ask_provider(&mut call, stored, method, head).await {
        Ok(answer) => Ok(relay(call, Asked { answer, wish: None, rescuer: None })
            .map(|relay| AnswerBody::Flowing(Flow::of(relay)))),
        Err(failure) => Err((call, failure)),
    }
}

async fn ask_provider(
    call: &mut Call,
    stored: StoredResponse<'_>,
    method: &'static str,
    head: &Parts,
) -> Result<Answer, Box<Failure>> {
    let serving = call.worker.gateway.serving();
    let caller = authenticate(call, &serving, &head.headers)?;
    let caller = enter(caller, call, &serving).await?;
    permit_route(call, KeyRoute::Responses)?;
    let wishes = Wishes::of(&head.headers).readable()?;
    // It costs no tokens, but a request, whatever is known of the answer.
    let for_whom = ForWhom { end_user: wishes.end_user, is_batch: wishes.is_batch };
    limit(call, &serving, Costs::default(), for_whom).await?;
    let _admitted = admit_free(call, caller);
    let whereabouts = call.worker.gateway.stored_responses.find(stored.id);
    let whereabouts =
        whereabouts.filter(|whereabouts| is_owner(call, whereabouts)).ok_or_else(|| unknown(stored.id))?;
    let provider = serving.providers.iter().find(|provider| provider.slot == whereabouts.provider);
    let provider = provider.ok_or_else(|| unknown(stored.id))?.clone();
    let place = provider.lines.iter().position(|served| served.line.id() == whereabouts.line);
    let place = place.unwrap_or_default();
    let line = provider.lines.get(place).ok_or_else(|| unknown(stored.id))?;
    if line.health.switch(&whereabouts.model) == Switch::Off {
        let message = "the provider that keeps this answer is switched off by the operator";
        return Err(Failure::new(Kind::NoTarget, message));
    }
    call.model = whereabouts.model.as_ref().to_owned();
    call.provider = Some(provider.clone());
    take_credential(call, &provider, place as u16, Costs::default()).await?;
    call.attempts += 1;
    let query = head.uri.query();
    let is_stream = query.is_some_and(|query| query.split('&').any(|pair| pair == "stream=true"));
    call.is_streaming = is_stream;
    let mut sent = Outgoing {
        method,
        path: query.map_or(Cow::Borrowed(stored.path), |query| format!("{}?{query}", stored.path).into()),
        body: Sent::Pieces(Cow::Borrowed(&[])),
        wanted: wanted(is_stream),
        losses: Losses::new(false),
    };
    let limit = if is_stream { serving.timeouts.first_byte } else { serving.timeouts.answer };
    let bytes_max = serving.limits.answer_bytes_max as u64;
    let began = Instant::now();
    let lateness = Lateness::default();
    let asking = Asking {
        worker: &call.worker,
        request_id: &call.request_id,
        model: &whereabouts.model,
        provider: &provider,
        line,
        bytes_max,
        whole: None,
        heard: &call.heard,
        goes_on_after_refusal: false,
        lateness: serving.is_path_watched.then_some(&lateness),
    };
    let (until, open) =
        (Until { at: began + limit, limit, has_others: false }, call.worker.client.take(&line.line));
    let asked = asking.ask(&mut sent, &head.headers, began, until, open).await;
    let asked = asked.map_err(|unanswered| unanswered.failure);
    call.waited += began.elapsed();
    Ok(Answer {
        begun: asked.inspect_err(|failure| call.worker.shard.attempt_failed(provider.slot, failure.kind))?,
        line: line.line.id(),
        region: line.region.clone(),
        whole_until: (!is_stream).then_some(began + limit),
        idle_limit: serving.timeouts.idle,
        bytes_max,
        provider,
    })
}

/// Whatever the provider says of it: a kept answer may be a failed one, and its usage was counted when it was made.
fn wanted(is_stream: bool) -> Wanted {
    let whole = Wanted::whole(Dialect::OpenAiResponses, Operation::Conversation, AnswerForm::Anything);
    Wanted { is_stream, ..whole }
}

fn is_owner(call: &Call, whereabouts: &Whereabouts) -> bool {
    call.key.as_ref().is_some_and(|key| key.id == whereabouts.owner.id)
}

/// The same words for whatever the reason: what other keys have is nobody's business.
fn unknown(id: &str) -> Box<Failure> {
    const ID_CHARS_SHOWN: usize = 128;
    let id: String = id.chars().take(ID_CHARS_SHOWN).collect();
    let message = format!(
        "no answer '{id}' is kept for this key as far as this gateway knows; it remembers only what was made since it started"
    );
    Failure::new(Kind::UnknownResponse, message)
}
