//! Where words come from. Of places within documents only the words and the title have a meaning elsewhere.

use crate::canonical::{Citation, Flaw};
use crate::json::Item;
use crate::json::writer::{ObjectWriter, object};

/// Reads one, of whatever kind.
pub(super) fn read(item: &Item<'_>) -> Result<Citation, Flaw> {
    let mut fields = item.fields()?;
    let url = match fields.string("url")? {
        Some(url) => Some(url),
        None => fields.string("source")?,
    };
    let title = match fields.string("title")? {
        Some(title) => Some(title),
        None => fields.string("document_title")?,
    };
    Ok(Citation {
        url: url.map(Into::into),
        title: title.map(Into::into),
        quote: fields.string("cited_text")?.map(Into::into),
        span: None,
    })
}

/// Writes one: of a page, or else of a document of which nothing but its words is known.
pub(super) fn write(citation: &Citation) -> String {
    let quote = citation.quote.as_deref().unwrap_or_default();
    object(|o| match &citation.url {
        Some(url) => {
            o.text("type", "web_search_result_location");
            o.text("cited_text", quote);
            o.text("encrypted_index", "");
            o.text_or_null("title", citation.title.as_deref());
            o.text("url", url);
        }
        None => in_document(citation, quote, o),
    })
}

fn in_document(citation: &Citation, quote: &str, o: &mut ObjectWriter<'_>) {
    o.text("type", "char_location");
    o.text("cited_text", quote);
    o.whole("document_index", 0);
    o.text_or_null("document_title", citation.title.as_deref());
    o.whole("start_char_index", 0);
    o.whole("end_char_index", quote.chars().count() as u64);
}

#[cfg(test)]
mod tests {
    use super::{read, write};
    use crate::canonical::Citation;
    use crate::json::Item;

    #[test]
    fn what_is_written_reads_back() {
        let some = |text: &str| Some(text.to_owned());
        for citation in [
            Citation { url: some("https://a.example/"), title: some("A"), quote: some("words"), span: None },
            Citation { url: None, title: some("B"), quote: some("w\u{f6}rds"), span: None },
        ] {
            let json = write(&citation);
            assert_eq!(read(&Item::of_body(json.as_bytes()).unwrap()).unwrap(), citation);
        }
    }
}
