//! A request with a lower cap on its answer: what a caller asks for who would rather have a short answer than none.

use bytes::Bytes;
use dialects::Dialect;
use dialects::openai_chat::RequestScan;
use dialects::surface::{BodyForm, Operation};

use crate::pipeline::splice::splice;
use crate::pipeline::understand::Prompt;

/// Whether a request can be given another cap: it must have an answer of tokens, and be in memory.
pub(super) fn can_be_shortened(prompt: &Prompt) -> bool {
    matches!(prompt.surface.operation, Operation::Conversation | Operation::Completions)
        && prompt.form == BodyForm::Json
        && prompt.file.is_none()
}

/// Caps the answer of a request, in place of the cap that it has. False where that cannot be said.
pub(super) fn shorten(prompt: &mut Prompt, output_tokens_max: u64) -> bool {
    let (span, text) = match &prompt.deciding.output_cap_span {
        Some(span) => (span.clone(), output_tokens_max.to_string()),
        None => {
            let behind = prompt.deciding.model_span.end;
            let name = match (prompt.surface.dialect, prompt.surface.operation) {
                (Dialect::OpenAiResponses, _) => "max_output_tokens",
                (Dialect::OpenAiChat, Operation::Conversation) => "max_completion_tokens",
                _ => "max_tokens",
            };
            (behind..behind, format!(",\"{name}\":{output_tokens_max}"))
        }
    };
    let pieces = splice(&prompt.pieces, span, Bytes::from(text));
    let mut scan = RequestScan::of(prompt.surface.dialect);
    let is_read = pieces.iter().all(|piece| scan.feed(piece).is_ok());
    let Some(mut deciding) = scan.finish().ok().filter(|_| is_read) else { return false };
    // These were settled by more than the body says.
    deciding.is_streaming = prompt.deciding.is_streaming;
    prompt.replace(pieces, deciding);
    true
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::splice;

    #[test]
    fn a_cap_is_put_behind_the_name_of_the_model() {
        let body = r#"{"model":"m","b":2}"#;
        let behind = body.find(",\"b\"").unwrap();
        let pieces = splice(&[Bytes::from(body)], behind..behind, Bytes::from(r#","max_tokens":7"#));
        assert_eq!(pieces.concat(), br#"{"model":"m","max_tokens":7,"b":2}"#);
    }
}
