//! Which requests have answers that may be told to whoever asks the same: those that leave nothing behind but the bill.

use dialects::Dialect;
use dialects::json::ObjectScan;
use dialects::surface::{BodyForm, Operation};

use crate::pipeline::understand::Prompt;
use crate::pipeline::wishes::Wishes;

/// What says whether a provider keeps an answer, or goes on from one that it keeps.
const KEEPING: &[&str] = &["store", "conversation", "background", "previous_response_id"];
const STORE: usize = 0;

/// Whether the answer to a request may be told to whoever asks the same.
pub(super) fn is_shareable(prompt: &Prompt, wishes: &Wishes<'_>) -> bool {
    let is_kind = matches!(
        prompt.surface.operation,
        Operation::Conversation
            | Operation::Completions
            | Operation::Embeddings
            | Operation::Moderations
            | Operation::Rerank
    );
    // What it cost would be told of another call.
    is_kind
        && !wishes.wants_cost
        && prompt.form == BodyForm::Json
        && prompt.file.is_none()
        && !is_kept_by_provider(prompt.surface.dialect, prompt.pieces.iter().map(|piece| &**piece))
}

/// Whether a provider keeps the answer beyond the call, for its asker to come back to. Responses are kept unless their asker
/// says no; nothing else is, unless he says yes.
fn is_kept_by_provider<'p>(dialect: Dialect, pieces: impl Iterator<Item = &'p [u8]>) -> bool {
    if dialect == Dialect::AnthropicMessages {
        return false;
    }
    let mut scan = ObjectScan::new(KEEPING);
    for piece in pieces {
        if scan.feed(piece).is_err() {
            return true;
        }
    }
    let Ok(fields) = scan.finish() else { return true };
    let says = |place: usize| fields[place].as_ref().map(|field| field.text.as_deref().unwrap_or_default());
    let is_said = |place: usize| says(place).is_some_and(|said| said != b"null" && said != b"false");
    let is_stored = match says(STORE) {
        Some(b"false") => false,
        Some(b"null") | None => dialect == Dialect::OpenAiResponses,
        Some(_) => true,
    };
    is_stored || (STORE + 1..KEEPING.len()).any(is_said)
}

#[cfg(test)]
mod tests {
    use dialects::Dialect;

    use super::is_kept_by_provider;

    #[test]
    fn what_a_provider_keeps_is_its_askers_own() {
        let check = |dialect, body: &str, is_kept| {
            let pieces = body.as_bytes().chunks(7);
            assert_eq!(is_kept_by_provider(dialect, pieces), is_kept, "{dialect:?} {body}");
        };
        use Dialect::{AnthropicMessages, OpenAiChat, OpenAiResponses};
        check(OpenAiChat, r#"{"model":"m","messages":[{"store":true}]}"#, false);
        check(OpenAiChat, r#"{"model":"m","store":false}"#, false);
        check(OpenAiChat, r#"{"model":"m","store":true}"#, true);
        check(OpenAiResponses, r#"{"model":"m"}"#, true);
        check(OpenAiResponses, r#"{"model":"m","store":null}"#, true);
        check(OpenAiResponses, r#"{"model":"m","store": false}"#, false);
        check(OpenAiResponses, r#"{"store":false,"previous_response_id":"resp_1"}"#, true);
        check(OpenAiResponses, r#"{"store":false,"conversation":{"id":"c"}}"#, true);
        check(OpenAiResponses, r#"{"store":false,"background":true}"#, true);
        check(OpenAiResponses, r#"{"store":false,"background":false,"conversation":null}"#, false);
        check(AnthropicMessages, r#"{"model":"m"}"#, false);
        // Which of the two a provider reads nobody knows.
        check(OpenAiResponses, r#"{"store":false,"store":true}"#, true);
    }
}
