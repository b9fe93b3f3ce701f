//! `POST /embeddings`: vectors of length 1 that depend on the text only, never on node or seed.
//!
//! Shapes from OpenAI's API reference, "The embedding object" (platform.openai.com/docs/api-reference/embeddings),
//! written by hand from that text.

use serde_json::{Value, json};

use crate::ask::{Ask, invalid};
use crate::base64;
use crate::prompt::prompts;
use crate::reply::Reply;
use crate::seed::Generator;

/// Length of a vector nobody asked otherwise for.
pub const DIMENSIONS_DEFAULT: usize = 1536;
/// Longest vector that can be asked for.
pub const DIMENSIONS_MAX: usize = 3072;
/// Most texts in one request, as the reference says.
const INPUTS_MAX: usize = 2048;

/// Embeds one or several texts.
pub(crate) fn answer(body: &Value, ask: &Ask<'_>) -> Result<Reply, Reply> {
    let model = ask.model(body)?;
    let inputs = prompts(&body["input"], INPUTS_MAX)
        .ok_or_else(|| invalid("input", &format!("must be a text or a list of 1 to {INPUTS_MAX}")))?;
    let dimensions = match &body["dimensions"] {
        Value::Null => DIMENSIONS_DEFAULT,
        wanted => wanted
            .as_u64()
            .map(|wanted| wanted as usize)
            .filter(|wanted| (1..=DIMENSIONS_MAX).contains(wanted))
            .ok_or_else(|| invalid("dimensions", &format!("must be 1 to {DIMENSIONS_MAX}")))?,
    };
    let is_base64 = match body["encoding_format"].as_str() {
        None | Some("float") => false,
        Some("base64") => true,
        Some(_) => return Err(invalid("encoding_format", "must be float or base64")),
    };
    let embeddings = inputs.iter().enumerate().map(|(index, input)| {
        let vector = expected_vector(&input.text, dimensions);
        let written = if is_base64 { json!(base64_of(&vector)) } else { json!(vector) };
        json!({ "object": "embedding", "index": index, "embedding": written })
    });
    let tokens: usize = inputs.iter().map(|input| input.tokens).sum();
    Ok(Reply::json(
        200,
        json!({
            "object": "list", "data": embeddings.collect::<Vec<_>>(), "model": model,
            "usage": { "prompt_tokens": tokens, "total_tokens": tokens },
        }),
    ))
}

/// The vector of a text.
pub fn expected_vector(text: &str, dimensions: usize) -> Vec<f32> {
    let mut generator = Generator::for_text(text.as_bytes());
    let raw: Vec<f64> = (0..dimensions).map(|_| generator.unit() - 0.5).collect();
    let length = raw.iter().map(|part| part * part).sum::<f64>().sqrt();
    raw.iter().map(|part| (part / length) as f32).collect()
}

/// Little-endian 32-bit floats in base64: what the official SDKs ask for and unpack.
fn base64_of(vector: &[f32]) -> String {
    let bytes: Vec<u8> = vector.iter().flat_map(|part| part.to_le_bytes()).collect();
    base64::encode(&bytes)
}

#[cfg(test)]
mod tests {
    use super::expected_vector;

    #[test]
    fn a_vector_has_length_one_and_depends_on_the_text() {
        let vector = expected_vector("hello", 256);
        let length = vector.iter().map(|part| part * part).sum::<f32>();
        assert!((length - 1.0).abs() < 1e-4, "{length}");
        assert_eq!(vector, expected_vector("hello", 256));
        assert_ne!(vector, expected_vector("hullo", 256));
    }
}
