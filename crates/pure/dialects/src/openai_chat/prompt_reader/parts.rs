//! The content of a message: a text, or a list of parts.

use crate::Dialect;
use crate::canonical::{Flaw, Foreign, Media, MediaKind, Part, Source, Text, media};
use crate::json::{Fields, Item};
use crate::openai_chat::marks;

/// Reads a content. What is empty says nothing, and other dialects refuse it.
pub(super) fn read(content: &Item<'_>) -> Result<Vec<Part>, Flaw> {
    if content.is_text() {
        let text = content.string()?;
        return Ok(if text.is_empty() { Vec::new() } else { vec![Part::Text(Text::plain(text))] });
    }
    if !content.is_list() {
        return Err(content.misfit("a string or an array"));
    }
    let mut parts = Vec::new();
    for item in content.list()? {
        parts.extend(part(&item)?);
    }
    Ok(parts)
}

fn part(item: &Item<'_>) -> Result<Option<Part>, Flaw> {
    let mut fields = item.fields()?;
    let kind = fields.need("type")?.string()?;
    let part = match kind.as_ref() {
        "text" | "input_text" | "output_text" => return text(fields),
        "refusal" => Part::Refusal(fields.need("refusal")?.string()?.into_owned()),
        "image_url" => link(&mut fields, item, "image_url", MediaKind::Image)?,
        "video_url" => link(&mut fields, item, "video_url", MediaKind::Video)?,
        "input_audio" => audio(&mut fields, item)?,
        "file" => file(&mut fields, item)?,
        _ => Part::Foreign(Foreign {
            dialect: Dialect::OpenAiChat,
            kind: kind.into_owned(),
            json: item.text().to_owned(),
            path: item.path.clone(),
        }),
    };
    Ok(Some(part))
}

fn text(mut fields: Fields<'_>) -> Result<Option<Part>, Flaw> {
    let text = fields.need("text")?.string()?;
    let mark = marks::take(&mut fields);
    let part = Text { mark, ..Text::plain(text) };
    Ok((!part.text.is_empty() || part.mark.is_some()).then_some(Part::Text(part)))
}

/// An image or a film: an object with the address, or (as some write it) the address itself.
fn link(fields: &mut Fields<'_>, item: &Item<'_>, name: &str, kind: MediaKind) -> Result<Part, Flaw> {
    let given = fields.need(name)?;
    let mut detail = None;
    let address = if given.is_text() {
        given
    } else {
        let mut given = given.fields()?;
        detail = given.string("detail")?.map(Into::into);
        given.need("url")?
    };
    let source = match address.string()?.as_ref() {
        data if data.starts_with("data:") => inline(data, &address)?,
        url => Source::Url(url.to_owned()),
    };
    if let (MediaKind::Image, Source::Inline { media_type, data }) = (kind, &source)
        && !media::is_image(media_type, data)
    {
        return Err(address.flaw(media::no_image(media_type)));
    }
    Ok(medium(kind, source, None, detail, fields, item))
}

fn audio(fields: &mut Fields<'_>, item: &Item<'_>) -> Result<Part, Flaw> {
    let mut given = fields.need("input_audio")?.fields()?;
    let data = given.need("data")?;
    let media_type = match given.need("format")?.string()?.as_ref() {
        "mp3" => "audio/mpeg".to_owned(),
        other => format!("audio/{other}"),
    };
    let source = sound(media_type, &data.string()?, &data)?;
    Ok(medium(MediaKind::Audio, source, None, None, fields, item))
}

fn file(fields: &mut Fields<'_>, item: &Item<'_>) -> Result<Part, Flaw> {
    let place = fields.need("file")?;
    let mut given = place.fields()?;
    let name = given.string("filename")?.map(Into::into);
    let source = match (given.take("file_data"), given.string("file_id")?) {
        (Some(data), _) => file_data(&data)?,
        (None, Some(id)) => Source::File(id.into_owned()),
        (None, None) => return Err(place.flaw("has neither file_data nor file_id")),
    };
    let media_type = match &source {
        Source::Inline { media_type, .. } => media_type.as_str(),
        _ => "",
    };
    let kind = if media_type.starts_with("image/") { MediaKind::Image } else { MediaKind::Document };
    Ok(medium(kind, source, name, None, fields, item))
}

/// A data URI; plain Base64 is what OpenAI takes for a PDF, too.
fn file_data(item: &Item<'_>) -> Result<Source, Flaw> {
    let data = item.string()?;
    if data.starts_with("data:") {
        return inline(&data, item);
    }
    sound("application/pdf".to_owned(), &data, item)
}

fn medium(
    kind: MediaKind,
    source: Source,
    name: Option<String>,
    detail: Option<String>,
    fields: &mut Fields<'_>,
    item: &Item<'_>,
) -> Part {
    Part::Media(Media { kind, source, name, detail, mark: marks::take(fields), path: item.path.clone() })
}

/// What a data URI holds: `data:image/png;base64,…`.
fn inline(uri: &str, item: &Item<'_>) -> Result<Source, Flaw> {
    let flaw = || item.flaw(NOT_SOUND);
    let (head, data) = uri.strip_prefix("data:").and_then(|rest| rest.split_once(',')).ok_or_else(flaw)?;
    let media_type = head.strip_suffix(";base64").ok_or_else(flaw)?;
    let media_type = media_type.split(';').next().unwrap_or_default().to_ascii_lowercase();
    sound(media_type, data, item)
}

const NOT_SOUND: &str = "is not Base64 (standard alphabet, with padding) with a media type";

/// A medium that any dialect takes, whichever way it stands here.
fn sound(media_type: String, data: &str, item: &Item<'_>) -> Result<Source, Flaw> {
    if !media::is_media_type(&media_type) || !media::is_base64(data) {
        return Err(item.flaw(NOT_SOUND));
    }
    Ok(Source::Inline { media_type, data: data.to_owned() })
}
