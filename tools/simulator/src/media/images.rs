//! `POST /images/generations`, `/images/edits` and `/images/variations`: always the same image, with what was asked for
//! as its revised prompt.

use serde_json::{Value, json};

use crate::ask::{Ask, CREATED_UNIX_S, invalid};
use crate::base64;
use crate::media::form::Form;
use crate::media::receipt::receipt;
use crate::reply::Reply;
use crate::text::tokens_in;

/// The image: one grey point, a PNG.
pub const EXPECTED_IMAGE: &[u8] =
    b"\x89\x50\x4e\x47\x0d\x0a\x1a\x0a\x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\x00\x01\x00\x00\x00\x01\
    \x08\x00\x00\x00\x00\x3a\x7e\x9b\x55\x00\x00\x00\x0a\x49\x44\x41\x54\x78\x9c\x63\x68\x00\x00\x00\
    \x82\x00\x81\x77\xcd\x72\xb6\x00\x00\x00\x00\x49\x45\x4e\x44\xae\x42\x60\x82";

const IMAGES_MAX: u64 = 10;
/// Tokens of an image that comes out, and of one that goes in.
const IMAGE_TOKENS: usize = 1056;
const PARTIAL_IMAGES_MAX: u64 = 3;

/// What is done to images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    Generation,
    Edit,
    Variation,
}

/// Answers a form.
pub(super) fn answer_form(deed: Deed, form: &Form, ask: &Ask<'_>) -> Result<Reply, Reply> {
    let images = form.files.iter().filter(|file| file.field == "image" || file.field == "image[]").count();
    if images == 0 {
        return Err(invalid("image", "must be a file"));
    }
    let body = form.json();
    if deed == Deed::Edit {
        prompt(&body)?;
    }
    finish(deed, &body, &receipt(form), images, ask)
}

/// Answers JSON.
pub(super) fn answer(deed: Deed, body: &Value, ask: &Ask<'_>) -> Result<Reply, Reply> {
    let prompt = prompt(body)?;
    let images = body["images"].as_array().map_or(0, Vec::len);
    if deed != Deed::Generation && images == 0 {
        return Err(invalid("images", "must be a list of at least one image"));
    }
    finish(deed, body, prompt, images, ask)
}

fn prompt(body: &Value) -> Result<&str, Reply> {
    let prompt = body["prompt"].as_str().filter(|prompt| !prompt.is_empty());
    prompt.ok_or_else(|| invalid("prompt", "must be a text"))
}

fn finish(deed: Deed, body: &Value, revised: &str, images: usize, ask: &Ask<'_>) -> Result<Reply, Reply> {
    ask.model(body)?;
    let count = number(body, "n").unwrap_or(1);
    if !(1..=IMAGES_MAX).contains(&count) {
        return Err(invalid("n", &format!("must be 1 to {IMAGES_MAX}")));
    }
    let usage = usage(tokens_in(revised), images, count as usize);
    if body["stream"] == true || body["stream"] == "true" {
        let partial = number(body, "partial_images").unwrap_or(0).min(PARTIAL_IMAGES_MAX);
        return Ok(Reply::named_events(events(deed, partial, &usage)));
    }
    let one = if body["response_format"] == "url" {
        json!({ "url": "https://images.example/simulated.png", "revised_prompt": revised })
    } else {
        json!({ "b64_json": base64::encode(EXPECTED_IMAGE), "revised_prompt": revised })
    };
    let list: Vec<Value> = (0..count).map(|_| one.clone()).collect();
    let size = body["size"].as_str().unwrap_or("1024x1024");
    Ok(Reply::json(
        200,
        json!({
            "created": CREATED_UNIX_S, "data": list, "usage": usage, "background": "opaque", "output_format": "png",
            "quality": "medium", "size": size,
        }),
    ))
}

/// A number that JSON has as one, and a form as a text.
fn number(body: &Value, name: &str) -> Option<u64> {
    body[name].as_u64().or_else(|| body[name].as_str()?.parse().ok())
}

fn usage(text: usize, images: usize, count: usize) -> Value {
    let (seen, drawn) = (images * IMAGE_TOKENS, count * IMAGE_TOKENS);
    json!({
        "input_tokens": text + seen, "input_tokens_details": { "text_tokens": text, "image_tokens": seen },
        "output_tokens": drawn, "total_tokens": text + seen + drawn,
        "output_tokens_details": { "text_tokens": 0, "image_tokens": drawn },
    })
}

fn events(deed: Deed, partial: u64, usage: &Value) -> Vec<Value> {
    let name = if deed == Deed::Edit { "image_edit" } else { "image_generation" };
    let event = |kind: &str| {
        json!({
            "type": format!("{name}.{kind}"), "b64_json": base64::encode(EXPECTED_IMAGE),
            "created_at": CREATED_UNIX_S, "size": "1024x1024", "quality": "medium", "background": "opaque",
            "output_format": "png",
        })
    };
    let mut events: Vec<Value> = (0..partial)
        .map(|index| {
            let mut partial = event("partial_image");
            partial["partial_image_index"] = index.into();
            partial
        })
        .collect();
    let mut completed = event("completed");
    completed["usage"] = usage.clone();
    events.push(completed);
    events
}
