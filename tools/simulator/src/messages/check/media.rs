//! Checks of images and documents: what they are said to be is what their first bytes show.

use serde_json::Value;

use crate::base64;
use crate::messages::refuse::{Checked, demand};

/// Media types of images, and how such files begin.
const IMAGES: &[(&str, &[u8])] = &[
    ("image/jpeg", b"\xff\xd8\xff"),
    ("image/png", b"\x89PNG\r\n\x1a\n"),
    ("image/gif", b"GIF8"),
    ("image/webp", b"RIFF"),
];

/// Checks an image.
pub(super) fn check_image(block: &Value, at: &str) -> Checked {
    let source = &block["source"];
    let at = format!("{at}.source");
    match source["type"].as_str() {
        Some("base64") => {
            let media_type = source["media_type"].as_str().unwrap_or_default();
            let known = IMAGES.iter().any(|(known, _)| *known == media_type);
            demand(known, || {
                format!("{at}.media_type: {} is no media type of an image", source["media_type"])
            })?;
            let bytes = decoded(source, &at)?;
            let seen = IMAGES.iter().find(|(_, begin)| bytes.starts_with(begin)).map(|(name, _)| *name);
            demand(seen == Some(media_type), || match seen {
                Some(seen) => format!("{at}: said to be {media_type}, but the bytes appear to be {seen}"),
                None => format!("{at}: Could not process image"),
            })
        }
        Some("url") => check_url(source, &at),
        Some("file") => demand(source["file_id"].is_string(), || format!("{at}.file_id: Field required")),
        _ => demand(false, || format!("{at}.type: must be base64, url or file")),
    }
}

/// Checks a document.
pub(super) fn check_document(block: &Value, at: &str) -> Checked {
    let source = &block["source"];
    let at = format!("{at}.source");
    let is_type = |expected: &str| source["media_type"] == expected;
    match source["type"].as_str() {
        Some("base64") => {
            demand(is_type("application/pdf"), || format!("{at}.media_type: must be application/pdf"))?;
            let bytes = decoded(source, &at)?;
            demand(bytes.starts_with(b"%PDF"), || format!("{at}: The PDF specified was not valid."))
        }
        Some("text") => {
            demand(is_type("text/plain"), || format!("{at}.media_type: must be text/plain"))?;
            demand(source["data"].is_string(), || format!("{at}.data: Field required"))
        }
        Some("url") => check_url(source, &at),
        Some("file") => demand(source["file_id"].is_string(), || format!("{at}.file_id: Field required")),
        Some("content") => demand(source["content"].is_string() || source["content"].is_array(), || {
            format!("{at}.content: Field required")
        }),
        _ => demand(false, || format!("{at}.type: must be base64, text, url, file or content")),
    }
}

fn check_url(source: &Value, at: &str) -> Checked {
    let url = source["url"].as_str().unwrap_or_default();
    demand(url.starts_with("https://") || url.starts_with("http://"), || {
        format!("{at}.url: Only HTTPS URLs are supported.")
    })
}

fn decoded(source: &Value, at: &str) -> Result<Vec<u8>, crate::reply::Reply> {
    let bytes = source["data"].as_str().and_then(base64::decode).unwrap_or_default();
    demand(!bytes.is_empty(), || format!("{at}.data: invalid base64 data"))?;
    Ok(bytes)
}
