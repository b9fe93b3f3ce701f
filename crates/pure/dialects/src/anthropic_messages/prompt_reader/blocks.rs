//! The content of a turn, or of a tool's result: a text, or a list of blocks.

use crate::Dialect;
use crate::anthropic_messages::{arguments, marks};
use crate::canonical::{
    Call, Citation, Flaw, Foreign, Media, MediaKind, Outcome, Part, Seal, SealForm, Source, Text, Thought,
    media,
};
use crate::json::{Fields, Item};

/// Reads a content. What is empty says nothing.
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
        block(&item, &mut parts)?;
    }
    Ok(parts)
}

fn block(item: &Item<'_>, parts: &mut Vec<Part>) -> Result<(), Flaw> {
    let mut fields = item.fields()?;
    let kind = fields.need("type")?.string()?;
    match kind.as_ref() {
        "text" => parts.extend(text(&mut fields)?),
        "image" => parts.push(medium(&mut fields, item, MediaKind::Image)?),
        "document" => {
            // It is told to the model along with the document.
            let context = fields.string("context")?;
            parts.extend(context.map(|context| Part::Text(Text::plain(context))));
            parts.push(medium(&mut fields, item, MediaKind::Document)?);
        }
        "thinking" => parts.push(thinking(&mut fields)?),
        "redacted_thinking" => {
            let blob = fields.need("data")?.string()?.into_owned();
            parts.push(thought(String::new(), Some(Seal { form: SealForm::Redacted, blob })));
        }
        "tool_use" => parts.push(call(&mut fields)?),
        "tool_result" => parts.push(outcome(&mut fields)?),
        _ => parts.push(foreign(&kind, item)),
    }
    Ok(())
}

fn text(fields: &mut Fields<'_>) -> Result<Option<Part>, Flaw> {
    let text = fields.need("text")?.string()?;
    let mark = marks::take(fields)?;
    let citations = fields.list("citations")?.unwrap_or_default();
    let citations: Result<Vec<Citation>, Flaw> =
        citations.iter().map(crate::anthropic_messages::citation::read).collect();
    let part = Text { text: text.into_owned(), mark, citations: citations? };
    Ok((!part.text.is_empty()).then_some(Part::Text(part)))
}

/// An image or a document. A source that nobody else has makes it a part of this dialect alone.
fn medium(fields: &mut Fields<'_>, item: &Item<'_>, kind: MediaKind) -> Result<Part, Flaw> {
    let place = fields.need("source")?;
    let mut source = place.fields()?;
    let source = match source.need("type")?.string()?.as_ref() {
        "base64" => {
            let data = source.need("data")?.string()?.into_owned();
            let given = source.need("media_type")?.string()?;
            let media_type = media::check(&given, &data, &place.path)?;
            if kind == MediaKind::Image && !media::is_image(&media_type, &data) {
                return Err(place.flaw(media::no_image(&media_type)));
            }
            Source::Inline { media_type, data }
        }
        "text" => Source::Plain(source.need("data")?.string()?.into_owned()),
        "url" => Source::Url(source.need("url")?.string()?.into_owned()),
        "file" => Source::File(source.need("file_id")?.string()?.into_owned()),
        "content" => match source.need("content")? {
            text if text.is_text() => Source::Plain(text.string()?.into_owned()),
            _ => return Ok(foreign("document", item)),
        },
        other => return Ok(foreign(other, item)),
    };
    Ok(Part::Media(Media {
        kind,
        source,
        name: fields.string("title")?.map(Into::into),
        detail: None,
        mark: marks::take(fields)?,
        path: item.path.clone(),
    }))
}

fn thinking(fields: &mut Fields<'_>) -> Result<Part, Flaw> {
    let text = fields.need("thinking")?.string()?.into_owned();
    // What was never signed has none to give back.
    let signature = fields.string("signature")?.filter(|signature| !signature.is_empty());
    let seal = signature.map(|blob| Seal { form: SealForm::Signature, blob: blob.into_owned() });
    Ok(thought(text, seal))
}

fn thought(text: String, seal: Option<Seal>) -> Part {
    Part::Thought(Thought { text, seal, ..Thought::default() })
}

fn call(fields: &mut Fields<'_>) -> Result<Part, Flaw> {
    let id = fields.need("id")?.string()?.into_owned();
    let name = fields.need("name")?.string()?.into_owned();
    let input = fields.take("input");
    if let Some(input) = input.as_ref().filter(|input| !input.is_object()) {
        return Err(input.misfit("an object"));
    }
    let (arguments, mark) = (arguments::read(input.as_ref()), marks::take(fields)?);
    Ok(Part::Call(Call { id, name, arguments, is_custom: false, mark }))
}

fn outcome(fields: &mut Fields<'_>) -> Result<Part, Flaw> {
    let call_id = fields.need("tool_use_id")?.string()?.into_owned();
    let parts = match fields.take("content") {
        Some(content) => read(&content)?,
        None => Vec::new(),
    };
    let is_error = fields.boolean("is_error")?.unwrap_or(false);
    Ok(Part::Outcome(Outcome { call_id, parts, is_error, is_custom: false, mark: marks::take(fields)? }))
}

fn foreign(kind: &str, item: &Item<'_>) -> Part {
    Part::Foreign(Foreign {
        dialect: Dialect::AnthropicMessages,
        kind: kind.to_owned(),
        json: item.text().to_owned(),
        path: item.path.clone(),
    })
}
