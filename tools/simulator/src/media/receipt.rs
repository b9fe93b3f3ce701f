//! What was received, as an answer repeats it.

use serde_json::{Value, json};

use crate::media::form::{File, Form};
use crate::media::sha256::sha256;

/// The fields and files of a form, as one JSON text: `{"fields": {…}, "files": [{"field", "name", "content_type",
/// "bytes", "sha256"}]}`.
pub(super) fn receipt(form: &Form) -> String {
    json!({ "fields": form.json(), "files": form.files.iter().map(file).collect::<Vec<_>>() }).to_string()
}

fn file(file: &File) -> Value {
    json!({
        "field": file.field, "name": file.name, "content_type": file.content_type, "bytes": file.bytes.len(),
        "sha256": sha256(&file.bytes),
    })
}
