//! Where words come from, as annotations of a text.

use crate::canonical::Citation;
use crate::json::Item;
use crate::json::writer::ObjectWriter;

/// Reads an annotation that names a page; those that name a file kept at the provider mean nothing elsewhere.
pub(super) fn read_citation(item: &Item<'_>) -> Option<Citation> {
    let mut fields = item.fields().ok()?;
    if fields.string("type").ok()??.as_ref() != "url_citation" {
        return None;
    }
    let mut text = |name| Some(fields.string(name).ok()??.into_owned());
    let (url, title) = (text("url"), text("title"));
    let span = fields.whole("start_index").ok().flatten().zip(fields.whole("end_index").ok().flatten());
    Some(Citation { url, title, quote: None, span })
}

/// Whether it can be written: an annotation needs a page.
pub(super) fn is_tellable(citation: &Citation) -> bool {
    citation.url.is_some()
}

/// Writes it. Where no span is told, it belongs to all of the text.
pub(super) fn write_citation(o: &mut ObjectWriter<'_>, citation: &Citation, text: &str) {
    let (start, end) = citation.span.unwrap_or((0, text.chars().count() as u64));
    o.text("type", "url_citation");
    o.text("url", citation.url.as_deref().unwrap_or_default());
    o.text("title", citation.title.as_deref().unwrap_or_default());
    o.whole("start_index", start);
    o.whole("end_index", end);
}
