//! `POST /audio/transcriptions` and `/audio/translations`: the text is the receipt of the form.

use serde_json::{Value, json};

use crate::ask::{Ask, invalid};
use crate::media::form::Form;
use crate::media::receipt::receipt;
use crate::reply::{Body, Reply};
use crate::text::tokens_in;

/// Sound is taken to have so many bytes a second: one channel of 16 bits, 16,000 times.
const BYTES_PER_SECOND: usize = 32_000;
/// A second of sound is so many tokens.
const TOKENS_PER_SECOND: usize = 10;
/// How models begin that are billed by time.
const TIMED_MODEL: &str = "whisper";

/// Answers a form with a file of sound.
pub(super) fn answer(form: &Form, is_translation: bool, ask: &Ask<'_>) -> Result<Reply, Reply> {
    let body = form.json();
    let model = ask.model(&body)?;
    let file = form.files.iter().find(|file| file.field == "file");
    let file = file.ok_or_else(|| invalid("file", "must be a file"))?;
    if file.bytes.is_empty() {
        return Err(invalid("file", "must not be empty"));
    }
    let text = receipt(form);
    let seconds = file.bytes.len().div_ceil(BYTES_PER_SECOND);
    let usage = usage(model, seconds, &text);
    if body["stream"] == "true" && !is_translation {
        return Ok(streamed(&text, &usage, ask));
    }
    let language = body["language"].as_str().unwrap_or("english");
    match body["response_format"].as_str().unwrap_or("json") {
        "json" => Ok(Reply::json(200, json!({ "text": text, "usage": usage }))),
        "verbose_json" => Ok(Reply::json(200, verbose(&text, seconds, language, is_translation))),
        "text" => Ok(plain(format!("{text}\n"))),
        "srt" => Ok(plain(format!("1\n00:00:00,000 --> 00:00:0{},000\n{text}\n\n", seconds.min(9)))),
        "vtt" => Ok(plain(format!("WEBVTT\n\n00:00.000 --> 00:0{}.000\n{text}\n\n", seconds.min(9)))),
        _ => Err(invalid("response_format", "must be json, text, srt, verbose_json or vtt")),
    }
}

fn usage(model: &str, seconds: usize, text: &str) -> Value {
    if model.starts_with(TIMED_MODEL) {
        return json!({ "type": "duration", "seconds": seconds });
    }
    let (input, output) = (seconds * TOKENS_PER_SECOND, tokens_in(text));
    json!({
        "type": "tokens", "input_tokens": input, "output_tokens": output, "total_tokens": input + output,
        "input_token_details": { "audio_tokens": input, "text_tokens": 0 },
    })
}

fn verbose(text: &str, seconds: usize, language: &str, is_translation: bool) -> Value {
    json!({
        "task": if is_translation { "translate" } else { "transcribe" }, "language": language, "duration": seconds,
        "text": text, "usage": { "type": "duration", "seconds": seconds },
        "segments": [{
            "id": 0, "seek": 0, "start": 0.0, "end": seconds, "text": text, "tokens": [1], "temperature": 0.0,
            "avg_logprob": -0.1, "compression_ratio": 1.0, "no_speech_prob": 0.0,
        }],
    })
}

fn plain(text: String) -> Reply {
    let mut reply = Reply::json(200, Value::Null);
    "text/plain; charset=utf-8".clone_into(&mut reply.content_type);
    reply.body = Body::Text(text);
    reply
}

fn streamed(text: &str, usage: &Value, ask: &Ask<'_>) -> Reply {
    let pieces = ask.pieces(text).into_iter();
    let deltas = pieces.map(|piece| json!({ "type": "transcript.text.delta", "delta": piece }));
    let done = json!({ "type": "transcript.text.done", "text": text, "usage": usage });
    Reply::named_events(deltas.chain([done]).collect())
}
