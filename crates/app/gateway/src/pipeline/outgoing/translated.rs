//! A conversation written anew for a provider, and what turns its answer back.

use std::borrow::Cow;

use bytes::Bytes;
use dialects::canonical::{Losses, Prompt as Conversation, Seal, SealForm, refuse_unseen};
use dialects::envelope::{self, Provenance};
use dialects::surface::conversations_in;
use dialects::translation::{BackMap, SealKeeper};
use dialects::{Dialect, Voice};
use domain::Failure;
use providers::Quirks;
use routing::Target;

use super::request::{Outgoing, Sent, Wanted};
use crate::call::Call;
use crate::pipeline::count::estimate_prompt;
use crate::pipeline::flawed::flawed;
use crate::pipeline::going_on::{Approach, GoingOn};
use crate::pipeline::media;
use crate::pipeline::translated::Translator;
use crate::pipeline::understand::Prompt;
use crate::serving::{ServedProvider, Serving};

/// What the marks on envelopes are for.
const SEAL_PURPOSE: &str = "seal";

/// Writes the conversation in what the target speaks.
pub(super) async fn write<'p>(
    call: &Call,
    serving: &Serving,
    provider: &ServedProvider,
    prompt: &'p Prompt,
    (target, spoken): (&Target, Dialect),
    going_on: Option<(&GoingOn, Approach)>,
    mut losses: Losses,
) -> Result<Outgoing<'p>, Box<Failure>> {
    let caller = prompt.surface.dialect;
    let model = target.model.as_deref().unwrap_or(&prompt.deciding.model);
    let mut canonical = settled(call, serving, provider, prompt, (model, spoken), &mut losses).await?;
    if let Some((going_on, approach)) = going_on {
        going_on.add_to(&mut canonical, approach);
    }
    let to = dialects::Target {
        model,
        abilities: provider.abilities(model),
        output_tokens_default: serving.limits.output_tokens_default.into(),
    };
    let written = spoken.translator().write_prompt(&canonical, &to, &mut losses).map_err(flawed)?;
    let seal_keeper = (caller != spoken).then(|| seal_keeper(call, provider, model));
    let quirks = provider.quirks(model);
    let hides_thoughts = spoken == Dialect::OpenAiChat && quirks.hide_thoughts();
    let back_map = BackMap::new(&written, seal_keeper).with_hidden_thoughts(hides_thoughts);
    let body = adapted(written.body, quirks, spoken, &mut losses)?;
    let input_tokens = estimate_prompt(prompt);
    let voice = voice(call, prompt, model, (canonical.wants_stream_usage, input_tokens));
    let surface = conversations_in(spoken);
    let wanted = Wanted {
        is_stream: prompt.deciding.is_streaming,
        is_conversation: true,
        input_tokens,
        idle_limit: target.idle_limit(),
        total_limit: target.total_limit(),
        translator: Some(Box::new(Translator::new(spoken, caller, back_map, voice))),
        ..Wanted::whole(spoken, surface.operation, surface.answer)
    };
    let body = Sent::Pieces(Cow::Owned(vec![Bytes::from(body)]));
    Ok(Outgoing { method: "POST", path: surface.path.into(), body, wanted, losses })
}

/// What the answer says of itself.
pub(super) fn voice(
    call: &Call,
    prompt: &Prompt,
    model: &str,
    (wants_usage, input_tokens): (bool, u64),
) -> Voice {
    Voice {
        id: call.id.to_string().replace('-', ""),
        created: call.received_at.unix_seconds(),
        model: model.to_owned(),
        wants_usage,
        input_tokens,
        echo: prompt.surface.dialect.translator().echo(&prompt.pieces.concat()),
    }
}

/// The conversation as this target may see it: what it cannot look at refused, what it does not fetch fetched, envelopes
/// opened.
async fn settled(
    call: &Call,
    serving: &Serving,
    provider: &ServedProvider,
    prompt: &Prompt,
    (model, spoken): (&str, Dialect),
    losses: &mut Losses,
) -> Result<Conversation, Box<Failure>> {
    let mut conversation = prompt.canonical()?.clone();
    let abilities = provider.abilities(model);
    refuse_unseen(&conversation, abilities, losses).map_err(flawed)?;
    media::settle(&mut conversation, (abilities, spoken), &serving.private_media, &prompt.fetched).await?;
    let caller = prompt.surface.dialect;
    if caller == Dialect::AnthropicMessages && spoken != caller {
        conversation.relax_strictness(losses).map_err(flawed)?;
    }
    let tenant = call.key.as_ref().map_or("", |key| key.id.as_str());
    let here = Provenance { tenant, provider: provider.id(), model };
    let takes = |form: SealForm| form.dialect() == spoken;
    let mark = |text: &str| call.worker.gateway.hasher.mark(SEAL_PURPOSE, text);
    envelope::settle(&mut conversation, takes, here, mark, losses).map_err(flawed)?;
    Ok(conversation)
}

/// The body with what the host is odd about.
fn adapted(
    body: String,
    quirks: &Quirks,
    spoken: Dialect,
    losses: &mut Losses,
) -> Result<Vec<u8>, Box<Failure>> {
    let body = body.into_bytes();
    if spoken != Dialect::OpenAiChat {
        return Ok(body);
    }
    let adapted = providers::quirk::apply(&body, quirks, losses).map_err(flawed)?;
    Ok(adapted.unwrap_or(body))
}

/// Puts this provider's seals into envelopes for the caller.
fn seal_keeper(call: &Call, provider: &ServedProvider, model: &str) -> SealKeeper {
    let hasher = call.worker.gateway.hasher.clone();
    let tenant = call.key.as_ref().map_or(String::new(), |key| key.id.as_str().to_owned());
    let (provider, model) = (provider.id().to_owned(), model.to_owned());
    Box::new(move |seal| {
        let from = Provenance { tenant: &tenant, provider: &provider, model: &model };
        let blob = envelope::close(seal, from, |text| hasher.mark(SEAL_PURPOSE, text))?;
        Some(Seal { form: seal.form, blob })
    })
}
