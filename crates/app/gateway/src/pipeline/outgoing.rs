//! What is sent to one target, and how its answer is to be read: the caller's own bytes where the provider speaks as he does,
//! edited in a few places if at all; else a translation.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use dialects::canonical::{Losses, Seal, SealForm, refuse_unseen};
use dialects::envelope::{self, Provenance};
use dialects::openai_chat::stream_options_with_usage;
use dialects::surface::{AnswerForm, Operation};
use dialects::translation::{BackMap, SealKeeper};
use dialects::{Dialect, Voice};
use domain::Failure;
use routing::Target;
use upstream::{Body, FileBody};

use crate::call::Call;
use crate::pipeline::count::{estimate_prompt, guess_prompt};
use crate::pipeline::flawed::flawed;
use crate::pipeline::media;
use crate::pipeline::splice::{json_string, splice};
use crate::pipeline::translated::Translator;
use crate::pipeline::understand::Prompt;
use crate::serving::{ServedProvider, Serving};

/// What the marks on envelopes are for.
const SEAL_PURPOSE: &str = "seal";

/// A request for one target.
pub(super) struct Outgoing<'p> {
    pub(super) method: &'static str,
    /// Behind the provider's base URL.
    pub(super) path: Cow<'p, str>,
    pub(super) body: Sent<'p>,
    pub(super) wanted: Wanted,
    /// What could not be carried.
    pub(super) losses: Losses,
}

/// The bytes that are sent, where they lie.
pub(super) enum Sent<'p> {
    Pieces(Cow<'p, [Bytes]>),
    File(Cow<'p, FileBody>),
}

impl Sent<'_> {
    pub(super) fn as_body(&self) -> Body<'_> {
        match self {
            Self::Pieces(pieces) => Body::Pieces(pieces),
            Self::File(file) => Body::File(file),
        }
    }
}

/// What answer is expected.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) is_stream: bool,
    /// Of an answer that is no stream.
    pub(super) form: AnswerForm,
    /// What the answer will speak.
    pub(super) dialect: Dialect,
    /// Events of this surface are a conversation's, or look like it.
    pub(super) is_conversation: bool,
    /// It is an answer to a conversation.
    pub(super) is_a_turn: bool,
    /// More than one choice, or an unknown number of them.
    pub(super) choices: Option<u64>,
    /// The caller did not ask for the usage that we ask for.
    pub(super) hides_usage: bool,
    /// The tokens of the prompt by our own count, for providers that tell none. Rough unless it is needed.
    pub(super) input_tokens: u64,
    /// What the model writes is kept for counting: this provider tells no usage.
    pub(super) keeps_said: bool,
    /// How the answer becomes one for the caller, if it does not pass as it is.
    pub(super) translator: Option<Box<Translator>>,
}

/// Writes the request for a target.
pub(super) async fn outgoing<'p>(
    call: &Call,
    serving: &Serving,
    prompt: &'p Prompt,
    target: &Target,
    is_strict: bool,
) -> Result<Outgoing<'p>, Box<Failure>> {
    let provider = serving.provider_of(target);
    let caller = prompt.surface.dialect;
    let losses = Losses::new(is_strict);
    let is_conversation = prompt.surface.operation == Operation::Conversation;
    let speaks_alike = provider.dialects.contains(&caller);
    // An envelope never reaches a provider: who finds one opens it, and writes the conversation anew.
    if is_conversation && (!speaks_alike || prompt.may_hold_envelopes()) {
        let spoken = if speaks_alike { caller } else { provider.preferred_dialect() };
        // Boxed: what translating needs is not carried along by every call.
        return Box::pin(translated(call, serving, provider, prompt, (target, spoken), losses)).await;
    }
    passed(provider, prompt, target, losses)
}

/// The caller's own bytes, with the target's name of the model, usage asked for, and what the host is odd about.
fn passed<'p>(
    provider: &ServedProvider,
    prompt: &'p Prompt,
    target: &Target,
    mut losses: Losses,
) -> Result<Outgoing<'p>, Box<Failure>> {
    let surface = prompt.surface;
    let is_stream = prompt.deciding.is_streaming;
    let is_chat = surface.dialect == Dialect::OpenAiChat
        && matches!(surface.operation, Operation::Conversation | Operation::Completions);
    let asks_usage = is_chat && is_stream && !prompt.deciding.wants_stream_usage;
    let mut body = sent(prompt, target, asks_usage);
    let quirks = provider.quirks(target.model.as_deref().unwrap_or(&prompt.deciding.model));
    if let Sent::Pieces(pieces) = &body
        && is_chat
        && !quirks.is_empty()
    {
        let whole = match pieces.as_ref() {
            [only] => only.clone(),
            several => Bytes::from(several.concat()),
        };
        let quirky = providers::quirk::apply(&whole, quirks, &mut losses).map_err(flawed)?;
        if let Some(quirky) = quirky {
            body = Sent::Pieces(Cow::Owned(vec![Bytes::from(quirky)]));
        }
    }
    let is_conversation = surface.operation == Operation::Conversation;
    let keeps_said = is_conversation && provider.tells_no_usage.load(Ordering::Relaxed);
    let choices = match surface.operation {
        // It may be asked for several prompts at once, which nobody counts: only the end mark ends it.
        Operation::Completions => Some(u64::MAX),
        _ => (prompt.deciding.choices != 1).then_some(prompt.deciding.choices),
    };
    let wanted = Wanted {
        is_stream,
        form: surface.answer,
        dialect: surface.dialect,
        is_conversation: matches!(surface.operation, Operation::Conversation | Operation::Completions),
        is_a_turn: is_conversation,
        choices,
        hides_usage: asks_usage,
        input_tokens: if keeps_said { estimate_prompt(prompt) } else { guess_prompt(prompt) },
        keeps_said,
        translator: None,
    };
    Ok(Outgoing { method: "POST", path: surface.path.into(), body, wanted, losses })
}

/// The body as the target gets it, wherever it lies.
fn sent<'p>(prompt: &'p Prompt, target: &Target, asks_usage: bool) -> Sent<'p> {
    let Some(spooled) = &prompt.file else { return Sent::Pieces(edited(prompt, target, asks_usage)) };
    let deciding = &prompt.deciding;
    let name = target.model.as_deref().filter(|name| **name != *deciding.model);
    Sent::File(match name {
        Some(name) => {
            let span = deciding.model_span.start as u64..deciding.model_span.end as u64;
            Cow::Owned(spooled.body.replaced(span, prompt.form.written(name)))
        }
        None => Cow::Borrowed(&spooled.body),
    })
}

/// The body with the target's own model name, where that differs from what the caller wrote, and with usage asked for.
fn edited<'p>(prompt: &'p Prompt, target: &Target, asks_usage: bool) -> Cow<'p, [Bytes]> {
    let deciding = &prompt.deciding;
    let name = target.model.as_deref().filter(|name| **name != *deciding.model);
    if name.is_none() && !asks_usage {
        return Cow::Borrowed(&prompt.pieces);
    }
    let mut model = prompt.form.written(name.unwrap_or(&deciding.model));
    let mut pieces = Cow::Borrowed(prompt.pieces.as_slice());
    if asks_usage {
        match &deciding.stream_options_span {
            Some(span) => {
                let given = bytes_of(&prompt.pieces, span.clone());
                let options = Bytes::from(stream_options_with_usage(Some(&given)));
                // The later of the two places first: the earlier one stays where it is.
                if span.start > deciding.model_span.start {
                    pieces = Cow::Owned(splice(&pieces, span.clone(), options));
                } else {
                    pieces = Cow::Owned(splice(&pieces, deciding.model_span.clone(), model));
                    return Cow::Owned(splice(&pieces, span.clone(), options));
                }
            }
            None => {
                let options = stream_options_with_usage(None);
                model = Bytes::from([model.as_ref(), b",\"stream_options\":", options.as_bytes()].concat());
            }
        }
    }
    Cow::Owned(splice(&pieces, deciding.model_span.clone(), model))
}

fn bytes_of(pieces: &[Bytes], span: Range<usize>) -> Vec<u8> {
    pieces.iter().flat_map(|piece| piece.iter().copied()).skip(span.start).take(span.len()).collect()
}

async fn translated<'p>(
    call: &Call,
    serving: &Serving,
    provider: &ServedProvider,
    prompt: &'p Prompt,
    (target, spoken): (&Target, Dialect),
    mut losses: Losses,
) -> Result<Outgoing<'p>, Box<Failure>> {
    let caller = prompt.surface.dialect;
    let model = target.model.as_deref().unwrap_or(&prompt.deciding.model);
    let mut canonical = prompt.canonical()?.clone();
    let hasher = &call.worker.gateway.hasher;
    let tenant = call.key.as_ref().map_or("", |key| key.id.as_str());
    let here = Provenance { tenant, provider: provider.id(), model };
    let mark = |text: &str| hasher.mark(SEAL_PURPOSE, text);
    refuse_unseen(&canonical, provider.abilities(model), &mut losses).map_err(flawed)?;
    let takes = |form: SealForm| form.dialect() == spoken;
    media::settle(&mut canonical, provider.abilities(model), &serving.private_media, &prompt.fetched).await?;
    envelope::settle(&mut canonical, takes, here, mark, &mut losses).map_err(flawed)?;
    let to = dialects::Target {
        model,
        abilities: provider.abilities(model),
        output_tokens_default: serving.limits.output_tokens_default.into(),
    };
    let written = spoken.translator().write_prompt(&canonical, &to, &mut losses).map_err(flawed)?;
    let mut body = written.body.clone().into_bytes();
    if spoken == Dialect::OpenAiChat
        && let Some(quirky) =
            providers::quirk::apply(&body, provider.quirks(model), &mut losses).map_err(flawed)?
    {
        body = quirky;
    }
    let input_tokens = estimate_prompt(prompt);
    let voice = Voice {
        id: call.id.to_string().replace('-', ""),
        created: call.received_at.unix_seconds(),
        model: model.to_owned(),
        wants_usage: canonical.wants_stream_usage,
        input_tokens,
        echo: caller.translator().echo(&prompt.pieces.concat()),
    };
    let seal_keeper = (caller != spoken).then(|| seal_keeper(call, provider, model));
    let hides_thoughts = spoken == Dialect::OpenAiChat && provider.quirks(model).hide_thoughts();
    let back_map = BackMap::new(&written, seal_keeper).with_hidden_thoughts(hides_thoughts);
    let translator = Box::new(Translator::new(spoken, caller, back_map, voice));
    let wanted = Wanted {
        is_stream: prompt.deciding.is_streaming,
        form: answer_form(spoken),
        dialect: spoken,
        is_conversation: true,
        is_a_turn: true,
        choices: None,
        hides_usage: false,
        input_tokens,
        keeps_said: false,
        translator: Some(translator),
    };
    Ok(Outgoing {
        method: "POST",
        path: conversation_path(spoken).into(),
        body: Sent::Pieces(Cow::Owned(vec![Bytes::from(body)])),
        wanted,
        losses,
    })
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

/// Where conversations of a dialect are held.
fn conversation_path(dialect: Dialect) -> &'static str {
    conversation_surface(dialect).path
}

fn answer_form(dialect: Dialect) -> AnswerForm {
    conversation_surface(dialect).answer
}

fn conversation_surface(dialect: Dialect) -> &'static dialects::surface::Surface {
    let is_meant = |surface: &&dialects::surface::Surface| {
        surface.operation == Operation::Conversation && surface.dialect == dialect
    };
    dialects::surface::SURFACES.iter().find(is_meant).expect("every dialect has a surface for conversations")
}

/// A model's name as it stands in a body of that form.
trait WrittenName {
    fn written(self, name: &str) -> Bytes;
}

impl WrittenName for dialects::surface::BodyForm {
    fn written(self, name: &str) -> Bytes {
        match self {
            Self::Json => json_string(name),
            Self::Multipart => Bytes::copy_from_slice(name.as_bytes()),
        }
    }
}
