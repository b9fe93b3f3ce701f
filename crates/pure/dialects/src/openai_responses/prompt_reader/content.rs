//! What messages and the answers of tools are made of.

use super::extras::foreign;
use crate::canonical::{CacheMark, Citation, Flaw, Media, MediaKind, Part, Source, Text, media};
use crate::json::{Fields, Item};
use crate::openai_responses::citation::read_citation;

/// Reads the content of a message: a text or a list of parts.
pub(super) fn read_content(item: &Item<'_>) -> Result<Vec<Part>, Flaw> {
    if item.is_text() {
        return Ok(vec![Part::Text(Text::plain(item.string()?))]);
    }
    if !item.is_list() {
        return Err(item.misfit("a string or an array"));
    }
    item.list()?.iter().map(read_part).collect()
}

/// Reads what a tool answered: a text, a list of parts, or what some write that is neither.
pub(super) fn read_output(item: &Item<'_>) -> Result<Vec<Part>, Flaw> {
    if item.is_object() {
        return Ok(vec![Part::Text(Text::plain(item.text()))]);
    }
    read_content(item)
}

fn read_part(item: &Item<'_>) -> Result<Part, Flaw> {
    let mut fields = item.fields()?;
    let kind = fields.need("type")?.string()?;
    match &*kind {
        "input_text" | "output_text" | "text" => read_text(&mut fields),
        "refusal" => Ok(Part::Refusal(fields.need("refusal")?.string()?.into_owned())),
        "input_image" => read_image(item, &mut fields),
        "input_file" => read_file(item, &mut fields),
        "input_audio" => read_audio(item, &mut fields),
        kind => Ok(foreign(item, kind)),
    }
}

fn read_text(fields: &mut Fields<'_>) -> Result<Part, Flaw> {
    let text = fields.need("text")?.string()?.into_owned();
    let annotations = fields.list("annotations")?.unwrap_or_default();
    let citations: Vec<Citation> = annotations.iter().filter_map(read_citation).collect();
    Ok(Part::Text(Text { text, mark: read_mark(fields)?, citations }))
}

fn read_mark(fields: &mut Fields<'_>) -> Result<Option<CacheMark>, Flaw> {
    let Some(mut mark) = fields.fields("prompt_cache_breakpoint")? else { return Ok(None) };
    Ok(Some(CacheMark { ttl: owned(&mut mark, "ttl")? }))
}

fn owned(fields: &mut Fields<'_>, name: &str) -> Result<Option<String>, Flaw> {
    Ok(fields.string(name)?.map(std::borrow::Cow::into_owned))
}

fn read_image(item: &Item<'_>, fields: &mut Fields<'_>) -> Result<Part, Flaw> {
    let source = match (owned(fields, "image_url")?, owned(fields, "file_id")?) {
        (Some(url), _) => picture(inline(&url, item)?, item)?.unwrap_or(Source::Url(url)),
        (None, Some(id)) => Source::File(id),
        (None, None) => return Err(item.flaw("needs an 'image_url' or a 'file_id'")),
    };
    // `auto` is what every provider does anyway.
    let detail = owned(fields, "detail")?.filter(|detail| detail != "auto");
    let mark = read_mark(fields)?;
    let (kind, path) = (MediaKind::Image, item.path.clone());
    Ok(Part::Media(Media { kind, source, name: None, detail, mark, path }))
}

fn picture(source: Option<Source>, item: &Item<'_>) -> Result<Option<Source>, Flaw> {
    match &source {
        Some(Source::Inline { media_type, data }) if !media::is_image(media_type, data) => {
            Err(item.flaw(media::no_image(media_type)))
        }
        _ => Ok(source),
    }
}

fn read_file(item: &Item<'_>, fields: &mut Fields<'_>) -> Result<Part, Flaw> {
    let name = owned(fields, "filename")?;
    let source = match (owned(fields, "file_data")?, owned(fields, "file_url")?, owned(fields, "file_id")?) {
        (Some(text), ..) => in_data(&text, item)?,
        (None, Some(url), _) => Source::Url(url),
        (None, None, Some(id)) => Source::File(id),
        (None, None, None) => return Err(item.flaw("needs 'file_data', a 'file_url' or a 'file_id'")),
    };
    let mark = read_mark(fields)?;
    let (kind, path) = (MediaKind::Document, item.path.clone());
    Ok(Part::Media(Media { kind, source, name, detail: None, mark, path }))
}

fn read_audio(item: &Item<'_>, fields: &mut Fields<'_>) -> Result<Part, Flaw> {
    let Some(mut audio) = fields.fields("input_audio")? else {
        return Err(item.flaw("needs an 'input_audio'"));
    };
    let data = audio.need("data")?.string()?;
    let source = checked(&format!("audio/{}", audio.need("format")?.string()?), &data, item)?;
    let (kind, path) = (MediaKind::Audio, item.path.clone());
    Ok(Part::Media(Media { kind, source, name: None, detail: None, mark: None, path }))
}

/// A file is a `data:` address, or just Base64: then it is what such files nearly always are.
fn in_data(text: &str, item: &Item<'_>) -> Result<Source, Flaw> {
    match inline(text, item)? {
        Some(source) => Ok(source),
        None => checked("application/pdf", text, item),
    }
}

/// What stands behind a `data:` address; `None` if it is another address, or none.
fn inline(url: &str, item: &Item<'_>) -> Result<Option<Source>, Flaw> {
    let Some(uri) = url.strip_prefix("data:") else { return Ok(None) };
    let Some((media_type, data)) = uri.split_once(";base64,") else {
        return Err(item.flaw("has a data URI that is not Base64 with a media type"));
    };
    let media_type = media_type.split(';').next().unwrap_or_default();
    checked(media_type, data, item).map(Some)
}

fn checked(media_type: &str, data: &str, item: &Item<'_>) -> Result<Source, Flaw> {
    Ok(Source::Inline { media_type: media::check(media_type, data, &item.path)?, data: data.to_owned() })
}
