//! Images and documents. What cannot be carried is never left out in silence.

use crate::anthropic_messages::marks::Marks;
use crate::canonical::media::{decode, sniff};
use crate::canonical::{Abilities, Feature, Flaw, Losses, Media, MediaKind, Source};
use crate::json::writer::{ObjectWriter, object};

/// The images there are; one that is declared as another is refused.
const IMAGES: &[&str] = &["image/jpeg", "image/png", "image/gif", "image/webp"];
const PDF: &str = "application/pdf";

/// Writes a medium.
pub(super) fn write(
    media: &Media,
    abilities: &Abilities,
    marks: &mut Marks,
    losses: &mut Losses,
) -> Result<Option<String>, Flaw> {
    if media.detail.is_some() {
        losses.lose(Feature::ImageDetail, &media.path)?;
    }
    let (kind, is_taken, feature) = match media.kind {
        MediaKind::Image => ("image", abilities.takes_images, Feature::Image),
        MediaKind::Document => ("document", abilities.takes_documents, Feature::Document),
        MediaKind::Audio => ("audio", false, Feature::Audio),
        MediaKind::Video => ("video", false, Feature::Video),
    };
    // The ids of another provider's files mean nothing.
    let feature = if matches!(media.source, Source::File(_)) { Feature::FileId } else { feature };
    let source = source(media, abilities).filter(|source| is_taken || source.is_words);
    let Some(source) = source else {
        losses.lose(feature, &media.path)?;
        return Ok(None);
    };
    Ok(Some(object(|o| {
        o.text("type", kind);
        o.raw("source", &source.json);
        if let Some(name) = media.name.as_ref().filter(|_| media.kind == MediaKind::Document) {
            o.text("title", name);
        }
        marks.write(media.mark.as_ref(), o);
    })))
}

/// A source, written.
struct WrittenSource {
    json: String,
    /// Any model can read it.
    is_words: bool,
}

fn source(media: &Media, abilities: &Abilities) -> Option<WrittenSource> {
    let written = |fill: &dyn Fn(&mut ObjectWriter<'_>)| {
        Some(WrittenSource { json: object(|o| fill(o)), is_words: false })
    };
    match (media.kind, &media.source) {
        (MediaKind::Image, Source::Inline { media_type, data }) => {
            let media_type = sniff(data).unwrap_or(media_type);
            if !IMAGES.contains(&media_type) {
                return None;
            }
            written(&|o| inline(media_type, data, o))
        }
        (MediaKind::Document, Source::Inline { media_type, data }) => {
            if sniff(data) == Some(PDF) || media_type == PDF {
                return written(&|o| inline(PDF, data, o));
            }
            let text = media_type.starts_with("text/").then(|| decode(data)).flatten()?;
            Some(words(&String::from_utf8(text).ok()?))
        }
        (MediaKind::Document, Source::Plain(text)) => Some(words(text)),
        (MediaKind::Image | MediaKind::Document, Source::Url(url)) if abilities.fetches_urls => {
            written(&|o| {
                o.text("type", "url");
                o.text("url", url);
            })
        }
        _ => None,
    }
}

fn inline(media_type: &str, data: &str, o: &mut ObjectWriter<'_>) {
    o.text("type", "base64");
    o.text("media_type", media_type);
    o.text("data", data);
}

fn words(text: &str) -> WrittenSource {
    let json = object(|o| {
        o.text("type", "text");
        o.text("media_type", "text/plain");
        o.text("data", text);
    });
    WrittenSource { json, is_words: true }
}
