//! Parts of a content.

use crate::Dialect;
use crate::canonical::{Abilities, Feature, Flaw, Foreign, Losses, Media, MediaKind, Part, Source, Text};
use crate::json::writer::{object, write_list, write_text};

/// A document must have a name.
const DOCUMENT_NAME: &str = "document.pdf";

/// One part, written.
pub(super) enum WrittenPart {
    /// Words.
    Text(String),
    /// A part's JSON text.
    Json(String),
}

/// A content: one text as a text, anything else as a list.
pub(super) fn content(parts: &[WrittenPart]) -> String {
    let mut json = String::new();
    match parts {
        [] => json.push_str("\"\""),
        [WrittenPart::Text(text)] => write_text(&mut json, text),
        parts => write_list(&mut json, |l| {
            for part in parts {
                match part {
                    WrittenPart::Text(text) => l.object(|o| {
                        o.text("type", "text");
                        o.text("text", text);
                    }),
                    WrittenPart::Json(part) => l.raw(part),
                }
            }
        }),
    }
    json
}

/// Writes what a user, or an application, says. `None` for what has no place there.
pub(super) fn said(
    part: &Part,
    abilities: &Abilities,
    losses: &mut Losses,
) -> Result<Option<WrittenPart>, Flaw> {
    match part {
        Part::Text(words) => text(words, losses),
        Part::Refusal(words) => Ok(Some(WrittenPart::Text(words.clone()))),
        Part::Media(found) => media(found, abilities, losses).map(Some),
        Part::Foreign(found) => foreign(found, losses).map(Some),
        Part::Thought(_) | Part::Call(_) | Part::Outcome(_) => Ok(None),
    }
}

pub(super) fn text(text: &Text, losses: &mut Losses) -> Result<Option<WrittenPart>, Flaw> {
    if text.mark.is_some() {
        losses.lose(Feature::CacheMarks, "")?;
    }
    if !text.citations.is_empty() {
        losses.lose(Feature::Citations, "")?;
    }
    Ok((!text.text.is_empty()).then(|| WrittenPart::Text(text.text.clone())))
}

pub(super) fn foreign(found: &Foreign, losses: &mut Losses) -> Result<WrittenPart, Flaw> {
    if found.dialect != Dialect::OpenAiChat {
        let is_kept_there = found.kind == "item_reference";
        losses.lose(if is_kept_there { Feature::State } else { Feature::UnknownPart }, &found.path)?;
    }
    Ok(WrittenPart::Json(found.json.clone()))
}

/// Writes a medium; one that cannot be carried is never left out in silence.
pub(super) fn media(media: &Media, abilities: &Abilities, losses: &mut Losses) -> Result<WrittenPart, Flaw> {
    if media.mark.is_some() {
        losses.lose(Feature::CacheMarks, &media.path)?;
    }
    if matches!(media.source, Source::File(_)) {
        losses.lose(Feature::FileId, &media.path)?;
    }
    let (is_taken, feature) = match media.kind {
        MediaKind::Image => (abilities.takes_images, Feature::Image),
        MediaKind::Audio => (abilities.takes_audio, Feature::Audio),
        MediaKind::Document => (abilities.takes_documents, Feature::Document),
        MediaKind::Video => (false, Feature::Video),
    };
    let written = match (media.kind, &media.source) {
        (MediaKind::Document, Source::Plain(text)) => return Ok(WrittenPart::Text(titled(media, text))),
        _ if !is_taken => None,
        (MediaKind::Image, Source::Inline { media_type, data }) => {
            Some(image(media, &data_uri(media_type, data)))
        }
        (MediaKind::Image, Source::Url(url)) if abilities.fetches_urls => Some(image(media, url)),
        (MediaKind::Audio, Source::Inline { media_type, data }) => audio(media_type, data),
        (MediaKind::Document, Source::Inline { media_type, data }) => {
            Some(file(media, &data_uri(media_type, data)))
        }
        _ => None,
    };
    match written {
        Some(json) => Ok(WrittenPart::Json(json)),
        None => {
            losses.lose(feature, &media.path)?;
            Ok(WrittenPart::Text(String::new()))
        }
    }
}

fn titled(media: &Media, text: &str) -> String {
    media.name.as_ref().map_or_else(|| text.to_owned(), |name| format!("{name}:\n\n{text}"))
}

fn data_uri(media_type: &str, data: &str) -> String {
    format!("data:{media_type};base64,{data}")
}

fn image(media: &Media, url: &str) -> String {
    object(|o| {
        o.text("type", "image_url");
        o.object("image_url", |o| {
            o.text("url", url);
            if let Some(detail) = &media.detail {
                o.text("detail", detail);
            }
        });
    })
}

fn audio(media_type: &str, data: &str) -> Option<String> {
    let format = match media_type {
        "audio/mpeg" | "audio/mp3" => "mp3",
        "audio/wav" | "audio/x-wav" | "audio/wave" => "wav",
        _ => return None,
    };
    Some(object(|o| {
        o.text("type", "input_audio");
        o.object("input_audio", |o| {
            o.text("data", data);
            o.text("format", format);
        });
    }))
}

fn file(media: &Media, uri: &str) -> String {
    object(|o| {
        o.text("type", "file");
        o.object("file", |o| {
            o.text("filename", media.name.as_deref().unwrap_or(DOCUMENT_NAME));
            o.text("file_data", uri);
        });
    })
}
