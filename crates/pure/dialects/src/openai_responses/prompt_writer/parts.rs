//! What messages and the answers of tools are made of.

use super::writing::Writing;
use crate::canonical::{Feature, Flaw, Media, MediaKind, Part, Source, Speaker, Text};
use crate::json::writer::object;
use crate::openai_responses::citation::{is_tellable, write_citation};

/// A part that is only text.
pub(super) fn text_part(kind: &str, text: &str) -> String {
    object(|o| {
        o.text("type", kind);
        o.text("text", text);
    })
}

impl Writing<'_> {
    /// A part of a message, as JSON text. Empty texts say nothing.
    pub(super) fn part(&mut self, speaker: Speaker, part: &Part) -> Result<Option<String>, Flaw> {
        match part {
            Part::Text(text) => self.text(speaker, text),
            Part::Refusal(words) => Ok(Some(match speaker {
                Speaker::Model => object(|o| {
                    o.text("type", "refusal");
                    o.text("refusal", words);
                }),
                Speaker::User | Speaker::Instructions => text_part("input_text", words),
            })),
            Part::Media(media) if speaker == Speaker::User => self.media(media).map(Some),
            // Only users show something.
            Part::Media(media) => {
                self.losses.lose(feature(media.kind), &media.path)?;
                Ok(None)
            }
            Part::Foreign(foreign) => {
                self.refuse_strange(foreign)?;
                Ok(Some(foreign.json.clone()))
            }
            Part::Thought(_) | Part::Call(_) | Part::Outcome(_) => Ok(None),
        }
    }

    fn text(&mut self, speaker: Speaker, text: &Text) -> Result<Option<String>, Flaw> {
        if text.mark.is_some() {
            self.losses.lose(Feature::CacheMarks, "")?;
        }
        if text.text.is_empty() {
            return Ok(None);
        }
        let is_answer = speaker == Speaker::Model;
        if text.citations.iter().any(|citation| !is_answer || !is_tellable(citation)) {
            self.losses.lose(Feature::Citations, "")?;
        }
        Ok(Some(object(|o| {
            o.text("type", if is_answer { "output_text" } else { "input_text" });
            o.text("text", &text.text);
            if is_answer {
                o.list("annotations", |list| {
                    for citation in text.citations.iter().filter(|citation| is_tellable(citation)) {
                        list.object(|o| write_citation(o, citation, &text.text));
                    }
                });
            }
        })))
    }

    fn media(&mut self, media: &Media) -> Result<String, Flaw> {
        if media.mark.is_some() {
            self.losses.lose(Feature::CacheMarks, &media.path)?;
        }
        // Wherever it is kept, it is not there.
        if matches!(media.source, Source::File(_)) {
            self.losses.lose(Feature::FileId, &media.path)?;
        }
        let is_taken = match media.kind {
            MediaKind::Image => self.abilities.takes_images,
            MediaKind::Document => self.abilities.takes_documents,
            MediaKind::Audio => self.abilities.takes_audio,
            MediaKind::Video => false,
        };
        if !is_taken {
            self.losses.lose(feature(media.kind), &media.path)?;
        }
        match media.kind {
            MediaKind::Image => Ok(image(media)),
            MediaKind::Audio => self.audio(media),
            MediaKind::Document | MediaKind::Video => Ok(file(media)),
        }
    }

    fn audio(&mut self, media: &Media) -> Result<String, Flaw> {
        let Source::Inline { media_type, data } = &media.source else {
            self.losses.lose(Feature::Audio, &media.path)?;
            return Ok(file(media));
        };
        let subtype = media_type.rsplit('/').next().unwrap_or_default();
        let format = match subtype {
            "mpeg" => "mp3",
            "x-wav" | "wave" => "wav",
            other => other,
        };
        Ok(object(|o| {
            o.text("type", "input_audio");
            o.object("input_audio", |o| {
                o.text("data", data);
                o.text("format", format);
            });
        }))
    }
}

const fn feature(kind: MediaKind) -> Feature {
    match kind {
        MediaKind::Image => Feature::Image,
        MediaKind::Audio => Feature::Audio,
        MediaKind::Document => Feature::Document,
        MediaKind::Video => Feature::Video,
    }
}

fn image(media: &Media) -> String {
    object(|o| {
        o.text("type", "input_image");
        match &media.source {
            Source::File(id) => o.text("file_id", id),
            Source::Url(url) | Source::Plain(url) => o.text("image_url", url),
            Source::Inline { media_type, data } => o.text("image_url", &data_url(media_type, data)),
        }
        o.text("detail", media.detail.as_deref().unwrap_or("auto"));
    })
}

fn file(media: &Media) -> String {
    object(|o| {
        // A plain text is simply told.
        if let Source::Plain(text) = &media.source {
            o.text("type", "input_text");
            return match &media.name {
                Some(name) => o.text("text", &format!("{name}:\n\n{text}")),
                None => o.text("text", text),
            };
        }
        o.text("type", "input_file");
        match &media.source {
            Source::File(id) => o.text("file_id", id),
            Source::Url(url) | Source::Plain(url) => o.text("file_url", url),
            Source::Inline { media_type, data } => {
                o.text("filename", &file_name(media.name.as_deref(), media_type));
                o.text("file_data", &data_url(media_type, data));
            }
        }
    })
}

fn data_url(media_type: &str, data: &str) -> String {
    format!("data:{media_type};base64,{data}")
}

/// Inline files need a name, and it must say what they are.
fn file_name(name: Option<&str>, media_type: &str) -> String {
    let kind = match media_type.rsplit('/').next().unwrap_or_default() {
        "plain" => "txt",
        other => other,
    };
    match name {
        Some(name) if name.contains('.') => name.to_owned(),
        Some(name) => format!("{name}.{kind}"),
        None => format!("document.{kind}"),
    }
}
