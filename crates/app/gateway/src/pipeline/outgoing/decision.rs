//! Whether a request reaches a target as it came or translated: as it came wherever the provider speaks as the caller does.

use dialects::Dialect;
use dialects::canonical::Losses;
use dialects::surface::{Operation, Surface};
use domain::Failure;
use routing::Target;

use super::request::Outgoing;
use super::{as_it_came, rescued, translated};
use crate::call::Call;
use crate::pipeline::going_on::Approach;
use crate::pipeline::question::Question;
use crate::serving::ServedProvider;

/// How a request is written for a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writing {
    /// In the caller's own bytes, edited in a few places if at all.
    AsItCame,
    /// Read, and written anew in this dialect.
    Translated(Dialect),
}

/// Writes the request for a target.
pub(in crate::pipeline) async fn outgoing<'p>(
    call: &Call,
    question: &Question<'p>,
    target: &Target,
) -> Result<Outgoing<'p>, Box<Failure>> {
    let Question { serving, prompt, .. } = *question;
    let provider = serving.provider_of(target);
    let losses = Losses::new(question.is_strict());
    let writing = decide(prompt.surface, prompt.may_hold_envelopes(), &provider.dialects);
    if question.going_on.is_some() || question.rescue.is_some() {
        return Box::pin(rescuable(call, question, (provider, target), writing, losses)).await;
    }
    match writing {
        Writing::AsItCame => as_it_came::write(provider, prompt, target, losses),
        // Boxed: what translating needs is not carried along by every call.
        Writing::Translated(spoken) => {
            Box::pin(translated::write(call, serving, provider, prompt, (target, spoken), None, losses)).await
        }
    }
}

/// The same for an answer that may be gone on with, or goes on with another.
async fn rescuable<'p>(
    call: &Call,
    question: &Question<'p>,
    (provider, target): (&ServedProvider, &Target),
    writing: Writing,
    losses: Losses,
) -> Result<Outgoing<'p>, Box<Failure>> {
    let Question { serving, prompt, .. } = *question;
    let spoken = match writing {
        Writing::AsItCame => prompt.surface.dialect,
        Writing::Translated(spoken) => spoken,
    };
    let model = target.model.as_deref().unwrap_or(&prompt.deciding.model);
    let takes_beginnings = !question.is_without_beginning && provider.takes_beginnings(model, spoken);
    let going_on = question.going_on.map(|going_on| (going_on, going_on.approach(takes_beginnings)));
    let adds = going_on.filter(|(_, approach)| *approach != Approach::Anew);
    let mut sent = match (writing, adds) {
        (Writing::AsItCame, None) => as_it_came::write(provider, prompt, target, losses)?,
        _ => translated::write(call, serving, provider, prompt, (target, spoken), adds, losses).await?,
    };
    let of = (provider, prompt, target);
    match (going_on, question.rescue) {
        (Some((_, approach)), _) => rescued::go_on(of, approach, &mut sent.wanted),
        (None, Some(rescue)) => rescued::make_ready(call, of, rescue, &mut sent.wanted),
        (None, None) => {}
    }
    Ok(sent)
}

/// Only conversations can be translated. An envelope never reaches a provider: who finds one opens it, and writes the
/// conversation anew.
fn decide(surface: &Surface, may_hold_envelopes: bool, spoken: &[Dialect]) -> Writing {
    if surface.operation != Operation::Conversation {
        return Writing::AsItCame;
    }
    match (spoken.contains(&surface.dialect), may_hold_envelopes) {
        (true, false) => Writing::AsItCame,
        (true, true) => Writing::Translated(surface.dialect),
        // What it speaks first, others are translated into.
        (false, _) => Writing::Translated(spoken.first().copied().unwrap_or(Dialect::OpenAiChat)),
    }
}

#[cfg(test)]
mod tests {
    use dialects::Dialect::{self, AnthropicMessages, OpenAiChat, OpenAiResponses};
    use dialects::surface::{Operation, SURFACES, Surface};

    use super::{Writing, decide};

    fn surface(dialect: Dialect, operation: Operation) -> &'static Surface {
        SURFACES.iter().find(|it| it.dialect == dialect && it.operation == operation).unwrap()
    }

    #[test]
    fn whoever_speaks_alike_gets_a_conversation_as_it_came_unless_it_may_hold_envelopes() {
        let conversation = surface(OpenAiChat, Operation::Conversation);
        let both = [OpenAiResponses, OpenAiChat];
        assert_eq!(decide(conversation, false, &both), Writing::AsItCame);
        assert_eq!(decide(conversation, true, &both), Writing::Translated(OpenAiChat));
    }

    #[test]
    fn others_get_it_in_what_they_speak_first() {
        let conversation = surface(AnthropicMessages, Operation::Conversation);
        for may_hold_envelopes in [false, true] {
            let decided = |spoken: &[Dialect]| decide(conversation, may_hold_envelopes, spoken);
            assert_eq!(decided(&[OpenAiResponses, OpenAiChat]), Writing::Translated(OpenAiResponses));
            assert_eq!(decided(&[]), Writing::Translated(OpenAiChat));
        }
    }

    #[test]
    fn what_is_no_conversation_is_never_translated() {
        let embeddings = surface(OpenAiChat, Operation::Embeddings);
        assert_eq!(decide(embeddings, true, &[AnthropicMessages]), Writing::AsItCame);
    }
}
