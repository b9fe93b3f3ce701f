//! `POST /audio/speech`: sound that depends on the text and the voice only.

use serde_json::{Value, json};

use crate::ask::{Ask, invalid};
use crate::base64;
use crate::reply::{Body, Reply};
use crate::seed::Generator;
use crate::text::tokens_in;

/// Most characters that are read aloud.
const INPUT_CHARACTERS_MAX: usize = 4096;
/// Numbers of eight bytes for a token.
const NUMBERS_PER_TOKEN: usize = 16;
/// Bytes in one event of a stream.
const EVENT_BYTES: usize = 512;

/// Formats, their media types, and how such files begin.
const FORMATS: &[(&str, &str, &[u8])] = &[
    ("mp3", "audio/mpeg", b"ID3"),
    ("opus", "audio/opus", b"OggS"),
    ("aac", "audio/aac", b"\xff\xf1"),
    ("flac", "audio/flac", b"fLaC"),
    ("wav", "audio/wav", b"RIFF"),
    ("pcm", "audio/pcm", b""),
];

/// The sound of a text, in a voice and a format.
pub fn expected_speech(input: &str, voice: &str, format: &str) -> Vec<u8> {
    let begin = FORMATS.iter().find(|(name, ..)| *name == format).map_or(&b""[..], |(.., begin)| begin);
    let mut generator = Generator::for_text(format!("{voice}/{input}").as_bytes());
    let mut bytes = begin.to_vec();
    for _ in 0..tokens_in(input) * NUMBERS_PER_TOKEN {
        bytes.extend(generator.next_u64().to_be_bytes());
    }
    bytes
}

/// Reads a text aloud.
pub(super) fn answer(body: &Value, ask: &Ask<'_>) -> Result<Reply, Reply> {
    ask.model(body)?;
    let input = body["input"].as_str().filter(|input| !input.is_empty());
    let input = input.ok_or_else(|| invalid("input", "must be a text"))?;
    if input.chars().count() > INPUT_CHARACTERS_MAX {
        return Err(invalid("input", &format!("must have at most {INPUT_CHARACTERS_MAX} characters")));
    }
    let voice = body["voice"].as_str().or_else(|| body["voice"]["id"].as_str());
    let voice = voice.ok_or_else(|| invalid("voice", "must be the name of a voice"))?;
    let format = body["response_format"].as_str().unwrap_or("mp3");
    let known = FORMATS.iter().find(|(name, ..)| *name == format);
    let (_, content_type, _) = known.ok_or_else(|| invalid("response_format", "is no format of sound"))?;
    let sound = expected_speech(input, voice, format);
    if body["stream_format"] == "sse" {
        let deltas = sound
            .chunks(EVENT_BYTES)
            .map(|part| json!({ "type": "speech.audio.delta", "audio": base64::encode(part) }));
        let (input, output) = (tokens_in(input), sound.len() / EVENT_BYTES);
        let usage = json!({ "input_tokens": input, "output_tokens": output, "total_tokens": input + output });
        let done = json!({ "type": "speech.audio.done", "usage": usage });
        return Ok(Reply::named_events(deltas.chain([done]).collect()));
    }
    let mut reply = Reply::json(200, Value::Null);
    (*content_type).clone_into(&mut reply.content_type);
    reply.body = Body::Bytes(sound);
    Ok(reply)
}
