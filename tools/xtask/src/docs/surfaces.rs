//! The paths callers use, as a table.

use std::path::Path;

use anyhow::Result;
use dialects::surface::{AnswerForm, BodyForm, Operation, SURFACES, Surface};

use super::markdown::{code, table};

const INTRODUCTION: &str = "\
# Paths

    curl -s http://127.0.0.1:4000/v1/moderations -H \"Authorization: Bearer $KEY\" \\
      -H 'Content-Type: application/json' -d '{\"model\":\"omni-moderation-latest\",\"input\":\"hello\"}'

Every path below is served with and without `/v1`, takes POST, and passes the same checks, limits, log and metrics. The
model decides who answers; it may stand anywhere in the body, also last.

Conversations reach any provider, translated where he speaks another dialect, and their tokens are counted here where he does
not. All other paths pass as they are to providers that speak the dialect of the path: a model whose providers do not is
answered 400.

An upload (`form`) is kept in memory while half of the memory for bodies is free (`limits.body_memory_bytes_max`) and it is no
larger than `limits.body_bytes_max`, then in a file without a name in the data directory or `spool_dir`, which is gone when the call
ends. It may have `limits.upload_bytes_max`. Where a form is taken, JSON is taken, too. A form with two fields `model`, with
lines that end in anything but CR LF, or with anything before its first or behind its last boundary is refused: not every
server would read it as this one does.

An answer of `/v1/responses` that its provider keeps (`store`) is there for the key it was made with, for as long as this
gateway runs and remembers it (the last 50000): `GET` and `DELETE /v1/responses/{id}`, `POST /v1/responses/{id}/cancel` and
`GET /v1/responses/{id}/input_items` go to that provider, and so does a conversation that goes on from it
(`previous_response_id`). One that is not known here is answered 404 `response_not_found`; a conversation that goes on from
one goes to the first target that speaks this dialect. Where no target does, it is answered 400: send the whole conversation.

Streams of sound, text or pictures end with an event whose `type` ends in `.done` or `.completed`, or with `[DONE]`; one that
ends without is broken off. A model that streams no transcription, such as `whisper-1`, answers whole, also where a stream was
asked for. Files, batches and realtime are not served.

This page is made from the code (`crates/pure/dialects/src/surface.rs`) by `cargo xtask docs`.

";

pub(super) fn page(_: &Path) -> Result<String> {
    let headings = ["path", "for", "dialect", "body", "answer", "stream"];
    Ok(format!("{INTRODUCTION}{}", table(&headings, SURFACES.iter().map(row))))
}

fn row(surface: &Surface) -> Vec<String> {
    vec![
        code(&format!("/v1{}", surface.path)),
        purpose(surface.operation).to_owned(),
        code(surface.dialect.name()),
        match surface.body {
            BodyForm::Json => "JSON",
            BodyForm::Multipart => "form",
        }
        .to_owned(),
        match surface.answer {
            AnswerForm::Object(members) => {
                let members: Vec<_> = members.iter().map(|member| code(member)).collect();
                format!("JSON with {}", members.join(" or "))
            }
            AnswerForm::Anything => "as the provider sends it".to_owned(),
        },
        if surface.can_stream { "yes" } else { "no" }.to_owned(),
    ]
}

const fn purpose(operation: Operation) -> &'static str {
    match operation {
        Operation::Conversation => "a conversation",
        Operation::Completions => "the continuation of a text",
        Operation::Embeddings => "vectors for texts",
        Operation::CountTokens => "the tokens of a conversation",
        Operation::Moderations => "whether a text is harmful",
        Operation::Images => "pictures",
        Operation::Speech => "speech for a text",
        Operation::Transcription => "the text of a recording",
        Operation::Rerank => "documents in the order of a question",
    }
}
