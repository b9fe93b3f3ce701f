//! How conversations and answers look in each dialect, written by hand from the documented shapes: the translators under test
//! have no part in it.

pub(crate) mod chat;
pub(crate) mod messages;
pub(crate) mod responses;

/// A text in quotes.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// A data URI of an image.
pub(crate) fn data_uri(data: &str) -> String {
    format!("data:image/png;base64,{data}")
}

/// An event of a stream, by name where it has one.
pub(crate) fn event(name: &str, data: &str) -> String {
    if name.is_empty() { format!("data: {data}\n\n") } else { format!("event: {name}\ndata: {data}\n\n") }
}
